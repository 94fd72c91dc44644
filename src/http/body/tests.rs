use actix_web::FromRequest as _;
use actix_web::test::TestRequest;

use super::*;

const SOON: Duration = Duration::from_secs(60);

async fn payload_of(bytes: Vec<u8>) -> Payload {
    let (request, mut payload) = TestRequest::post().set_payload(bytes).to_http_parts();
    Payload::from_request(&request, &mut payload).await.unwrap()
}

#[actix_web::test]
async fn a_body_has_a_bound() {
    let request = TestRequest::post().to_http_request();
    let most = read(&request, payload_of(vec![b' '; MOST_BYTES]).await, SOON).await;
    assert_eq!(most.unwrap().len(), MOST_BYTES);
    let more = read(&request, payload_of(vec![b' '; MOST_BYTES + 1]).await, SOON).await;
    assert_eq!(more, Err(Code::BodyTooLarge));
    assert!(
        read(&request, payload_of(Vec::new()).await, SOON)
            .await
            .unwrap()
            .is_empty()
    );
}

#[actix_web::test]
async fn an_announced_size_that_is_too_large_is_believed() {
    let request = TestRequest::post().insert_header((CONTENT_LENGTH, "65537"));
    assert_eq!(
        read(&request.to_http_request(), payload_of(Vec::new()).await, SOON).await,
        Err(Code::BodyTooLarge)
    );
}

#[actix_web::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let never = futures_util::stream::pending::<Result<Bytes, PayloadError>>();
    let mut payload = actix_web::dev::Payload::Stream {
        payload: never.boxed_local(),
    };
    let request = TestRequest::post().to_http_request();
    let payload = Payload::from_request(&request, &mut payload).await.unwrap();
    assert_eq!(
        read(&request, payload, Duration::ZERO).await,
        Err(Code::RequestTimeout)
    );
}
