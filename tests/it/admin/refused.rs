//! What is refused at the operators' edge, and is everything that is wrong told at once?

use serde_json::{Value, json};

use super::*;

#[actix_web::test]
async fn everything_that_is_wrong_is_told_at_once_and_changes_nothing() {
    let gateway = Gateway::start().await;
    let operator = gateway.operator("operator");
    let mut bad = registration();
    for (member, value) in [
        ("id", json!("another")),
        ("name", json!("")),
        ("units", json!(["H57.12", 7])),
        ("procedures", json!(["1.001193", "9.999999"])),
        ("fields", json!(["shoe_size"])),
        ("scopes", json!("citizens.verify")),
        ("status", json!("paused")),
        ("valid_until", json!("2025-01-01T00:00:00+07:00")),
        ("colour", json!("red")),
        ("reason", json!("asked by 001090000001")),
    ] {
        bad[member] = value;
    }
    bad["limits"]["per_day"] = json!("many");
    bad["limits"]["burst"] = json!(99_999_999_999_u64);
    let refused = operator.put("/clients/other", &bad).await;
    refused.must_be(422, "invalid_request");
    let mut errors: Vec<(String, String)> = refused.body["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| {
            (
                error["pointer"].as_str().unwrap().to_owned(),
                error["code"].as_str().unwrap().to_owned(),
            )
        })
        .collect();
    errors.sort();
    let expected = [
        ("/colour", "unknown_member"),
        ("/fields/0", "format"),
        ("/id", "conflict"),
        ("/limits/burst", "range"),
        ("/limits/per_day", "wrong_type"),
        ("/name", "length"),
        ("/procedures/1", "conflict"),
        ("/reason", "format"),
        ("/scopes", "wrong_type"),
        ("/status", "format"),
        ("/units/1", "wrong_type"),
        ("/valid_until", "conflict"),
    ];
    let told: Vec<(&str, &str)> = errors
        .iter()
        .map(|(at, code)| (at.as_str(), code.as_str()))
        .collect();
    assert_eq!(told, expected);
    let expected = said(
        "operator",
        "client.put",
        Some("other"),
        "refused",
        Some("invalid_request"),
        None,
    );
    assert_eq!(row(&gateway, &refused).await, expected);

    let mut contrary = limits(5);
    for (member, figure) in [
        ("per_month", json!(4)),
        ("burst", json!(1)),
        ("officer_burst", json!(7)),
        ("failed", json!({"per_person": 0})),
        ("concurrency", json!(0)),
    ] {
        contrary[member] = figure;
    }
    let expected = [
        ("/failed/per_person", "range"),
        ("/concurrency", "range"),
        ("/officer_burst", "conflict"),
        ("/burst", "conflict"),
        ("/per_month", "conflict"),
    ];
    let refused = operator.put("/limits/demo", &contrary).await;
    refused.must_be(422, "invalid_request");
    assert_eq!(places(&refused), expected);
    let mut registered = registration();
    registered["limits"] = contrary;
    let refused = operator.put("/clients/other", &registered).await;
    let below = |(place, code): &(&str, &'static str)| (format!("/limits{place}"), *code);
    let expected: Vec<_> = expected.iter().map(below).collect();
    let told = places(&refused);
    assert!(
        told.iter()
            .zip(&expected)
            .all(|(told, expected)| told.0 == expected.0 && told.1 == expected.1)
    );
    assert_eq!(told.len(), 5, "{told:?}");
    let mut wrong = limits(5);
    wrong["burst"] = json!(-1);
    wrong["per_day"] = json!(1.5);
    wrong["concurrency"] = json!("512");
    let refused = operator.put("/limits/demo", &wrong).await;
    let mut told = places(&refused);
    told.sort();
    assert_eq!(
        told,
        [
            ("/burst", "range"),
            ("/concurrency", "wrong_type"),
            ("/per_day", "range")
        ]
    );
    assert!(
        refused.text("/advice").contains("errors"),
        "what an operator does next"
    );
    assert!(!refused.text("/advice").contains("công dân"));
    let refused = operator.put("/limits/demo", &json!({"per_day": 5})).await;
    let missing = refused.body["errors"].as_array().unwrap();
    assert_eq!(missing.len(), 5, "{missing:?}");
    assert!(missing.iter().all(|error| error["code"] == "required"));
    let refused = operator
        .post("/clients/demo/suspend", &json!({"because": "of that"}))
        .await;
    refused.must_be(422, "invalid_request");
    operator
        .put("/limits/demo", &json!([]))
        .await
        .must_be(422, "invalid_request");

    let listed = operator.get("/clients").await;
    assert_eq!(listed.body["clients"].as_array().unwrap().len(), 1);
    assert_eq!(listed.body["clients"][0]["changes"], json!([]));
    gateway
        .officer(OFFICER)
        .verify(&asked())
        .await
        .must_be(200, "confirmed");
    gateway.finish().await;
}

fn places(answer: &Answer) -> Vec<(&str, &str)> {
    let errors = answer.body["errors"].as_array().unwrap().iter();
    errors
        .map(|error| {
            (
                error["pointer"].as_str().unwrap(),
                error["code"].as_str().unwrap(),
            )
        })
        .collect()
}

#[actix_web::test]
async fn who_names_another_host_finds_nothing_there() {
    let gateway = Gateway::builder()
        .setting("operations.hosts", "ops.example.vn")
        .start()
        .await;
    let operator = gateway.operator("operator");
    let port = gateway.operations().rsplit(':').next().unwrap().to_owned();
    for (host, status) in [
        (format!("127.0.0.1:{port}"), 200),
        (format!("localhost:{port}"), 200),
        ("ops.example.vn".to_owned(), 200),
        (format!("evil.example:{port}"), 404),
        (format!("127.0.0.1.evil.example:{port}"), 404),
    ] {
        let answer = operator.get_as("/clients", &host).await;
        assert_eq!(answer.status, status, "{host}");
        if status == 404 {
            answer.must_be(404, "not_found");
            assert!(answer.text("/advice").contains("operations.hosts"));
        }
        let url = format!("{}/livez", gateway.operations());
        let alive = gateway.http.get(url).header("Host", host).send().await.unwrap();
        assert_eq!(alive.status(), 200, "what machines ask is for whoever reaches it");
    }
    gateway.finish().await;
}

#[actix_web::test]
async fn what_is_no_address_or_no_json_is_refused_like_at_the_api() {
    let gateway = Gateway::start().await;
    let operator = gateway.operator("operator");
    operator.get("/nothing").await.must_be(404, "not_found");
    let refused = operator.delete("/clients", &Value::Null).await;
    refused.must_be(405, "method_not_allowed");
    assert_eq!(refused.header("allow"), "GET, HEAD");
    let refused = operator.post("/clients/demo", &Value::Null).await;
    assert_eq!(refused.header("allow"), "GET, HEAD, PUT, DELETE");
    let url = format!("{}/admin/openapi.json", gateway.operations());
    let description: Value =
        serde_json::from_slice(&gateway.http.get(url).send().await.unwrap().bytes().await.unwrap()).unwrap();
    assert_eq!(description["openapi"], "3.1.0");
    let body = format!("{}/admin/v1/clients/demo/suspend", gateway.api());
    let at_the_api = gateway.http.post(body).send().await.unwrap();
    assert_eq!(at_the_api.status(), 404, "the API's own listener has none of it");
    gateway.finish().await;
}
