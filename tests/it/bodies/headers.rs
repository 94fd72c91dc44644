//! What do headers and addresses get that can't be used?

use super::*;

#[actix_web::test]
async fn headers_say_how_the_body_is_to_be_read() {
    let gateway = start().await;
    let officer = gateway.officer(OFFICER);
    let body = question(&p01(), &json!({}));
    let with = |name: &str, value: &str| officer.clone().header(name, value);
    let cases: [(Role<'_>, u16, &str); 8] = [
        (with("Content-Type", "text/plain"), 415, "unsupported_media_type"),
        (
            with("Content-Type", "application/json; charset=windows-1258"),
            415,
            "unsupported_media_type",
        ),
        (with("Content-Encoding", "gzip"), 415, "unsupported_media_type"),
        (with("Accept", "text/html"), 406, "not_acceptable"),
        (with("Accept", "application/json;q=0"), 406, "not_acceptable"),
        (with("Idempotency-Key", &"k".repeat(65)), 422, "invalid_request"),
        (with("Idempotency-Key", "has space"), 422, "invalid_request"),
        (with("Idempotency-Key", ""), 422, "invalid_request"),
    ];
    for (role, status, code) in cases {
        let answer = role.verify(&body).await;
        answer.must_be(status, code);
        has_one_row(&gateway, &answer).await;
    }
    for (name, value) in [
        ("Content-Type", "application/json; charset=UTF-8"),
        ("Accept", "*/*"),
    ] {
        with(name, value).verify(&body).await.must_be(200, "confirmed");
    }
    gateway.finish().await;
}

#[actix_web::test]
async fn what_isn_t_there_is_told_without_a_row() {
    let gateway = start().await;
    let officer = gateway.officer(OFFICER);
    officer
        .get("/v1/citizens/verify")
        .await
        .must_be(405, "method_not_allowed");
    let answer = officer
        .call(Method::DELETE, "/v1/client", |request| request)
        .await;
    answer.must_be(405, "method_not_allowed");
    assert_eq!(answer.header("allow"), "GET, HEAD");
    officer.get("/v1/nothing").await.must_be(404, "not_found");
    officer.get("/v2/citizens/verify").await.must_be(404, "not_found");
    officer.get("/problems/nothing").await.must_be(404, "not_found");
    officer
        .clone()
        .header("X-Padding", &"p".repeat(20_000))
        .get("/v1/client")
        .await
        .must_be(431, "headers_too_large");
    assert_eq!(gateway.rows().await.len(), 0);
    gateway.finish().await;
}

#[actix_web::test]
async fn ids_are_echoed_if_they_are_harmless() {
    let gateway = start().await;
    let body = question(&p01(), &json!({}));
    let with = |id: &str| gateway.officer(OFFICER).header("X-Request-Id", id);
    let answer = with("dossier-42.1").verify(&body).await;
    assert_eq!(answer.header("x-request-id"), "dossier-42.1");
    assert_eq!(
        gateway.rows_of(answer.text("/transaction_id")).await[0]["request_id"],
        "dossier-42.1"
    );
    for harmful in [
        "100190000001",
        "x-999000001",
        "with space",
        "<script>",
        &"x".repeat(65),
    ] {
        let answer = with(harmful).verify(&body).await;
        answer.must_be(200, "confirmed");
        assert_ne!(answer.header("x-request-id"), harmful);
    }
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let answer = gateway
        .officer(OFFICER)
        .header("traceparent", trace)
        .verify(&body)
        .await;
    assert!(
        answer
            .header("traceparent")
            .starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-")
    );
    assert_ne!(answer.header("traceparent"), trace);
    gateway.finish().await;
}
