use actix_web::http::StatusCode;
use actix_web::middleware::from_fn;
use actix_web::test::{TestRequest, call_service, init_service, read_body_json};
use actix_web::{App, HttpResponse, web};
use serde_json::Value;

use std::time::Duration;

use super::*;
use crate::clock::SystemClock;

async fn answer(most_under_way: usize, request: TestRequest) -> ServiceResponse<BoxBody> {
    let problems = Arc::new(Problems::new("https://dancu.example").unwrap());
    let door = Arc::new(Door::new(
        problems,
        Box::new(|_| ()),
        Arc::new(SystemClock),
        Shedding::new(most_under_way, Duration::from_secs(1)),
        Arc::default(),
    ));
    let passed = move |request: ServiceRequest, next: Next<BoxBody>| {
        let door = Arc::clone(&door);
        async move { door.pass(request, next).await }
    };
    let seen = |arrival: Arrival| async move {
        HttpResponse::Ok().body(arrival.call.request_id.as_str().to_owned())
    };
    let scope = web::scope("")
        .wrap(from_fn(passed))
        .default_service(web::to(seen));
    call_service(
        &init_service(App::new().service(scope)).await,
        request.to_request(),
    )
    .await
}

fn header(response: &ServiceResponse<BoxBody>, name: &str) -> String {
    response.headers().get(name).unwrap().to_str().unwrap().to_owned()
}

#[actix_web::test]
async fn every_answer_carries_the_ids_of_its_call() {
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let request = TestRequest::get()
        .insert_header((X_REQUEST_ID, "abc"))
        .insert_header((TRACEPARENT, format!("00-{trace}-00f067aa0ba902b7-01")));
    let response = answer(1, request).await;
    assert_eq!(header(&response, X_REQUEST_ID), "abc");
    assert!(header(&response, TRACEPARENT).contains(trace));
    assert_eq!(header(&response, "x-content-type-options"), "nosniff");
    let response = answer(
        1,
        TestRequest::get().insert_header((X_REQUEST_ID, "001190000001")),
    )
    .await;
    assert!(
        header(&response, X_REQUEST_ID)
            .bytes()
            .all(|byte| byte.is_ascii_lowercase())
    );
}

#[actix_web::test]
async fn too_many_requests_at_once_are_shed() {
    let response = answer(0, TestRequest::get().insert_header((X_REQUEST_ID, "abc"))).await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(header(&response, "retry-after"), "1");
    assert_eq!(header(&response, X_REQUEST_ID), "abc");
    let document: Value = read_body_json(response).await;
    assert_eq!(document["code"], "overloaded");
}

#[actix_web::test]
async fn headers_have_a_bound() {
    let filling = "x".repeat(MOST_HEADER_BYTES);
    let response = answer(1, TestRequest::get().insert_header(("x-filling", filling))).await;
    assert_eq!(response.status(), StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    let document: Value = read_body_json(response).await;
    assert_eq!(document["code"], "headers_too_large");
}

#[actix_web::test]
async fn the_language_is_the_callers() {
    let response = answer(0, TestRequest::get().insert_header(("accept-language", "en"))).await;
    assert_eq!(header(&response, "content-language"), "en");
    let document: Value = read_body_json(response).await;
    assert_eq!(document["title"], "The gateway is overloaded");
}
