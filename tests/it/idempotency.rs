//! May a call be repeated without being done twice?
//!
//! The same key with the same body brings the same bytes, in a row of its own, for 24 hours and over a restart; it spends
//! nothing and asks nobody. With another body it is a mistake, while the first runs a conflict.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::clients::{p01, question};
use crate::gateway::Gateway;

const OFFICER: &str = "001090000001";

fn asked() -> Value {
    question(&p01(), &json!({"sex": "female"}))
}

#[actix_web::test]
async fn a_repeated_call_brings_the_same_bytes_and_spends_nothing() {
    let gateway = Gateway::builder().limits(&[("per_day", 10)]).start().await;
    let officer = gateway.officer(OFFICER);
    let keyed = officer.clone().header("Idempotency-Key", "k-1");
    let first = keyed.verify(&asked()).await;
    first.must_be(200, "confirmed");
    for key in ["k-1", "\"k-1\""] {
        let again = officer
            .clone()
            .header("Idempotency-Key", key)
            .verify(&asked())
            .await;
        assert_eq!((again.status, &again.bytes), (200, &first.bytes));
        assert_ne!(again.header("x-request-id"), first.header("x-request-id"));
    }
    let rows = gateway.rows().await;
    let told: Vec<_> = rows
        .iter()
        .map(|row| (row["operation"].as_str(), row["outcome"].as_str()))
        .collect();
    let replayed = (Some("replay"), Some("replayed"));
    assert_eq!(told, [(Some("verify"), Some("confirmed")), replayed, replayed]);
    assert_eq!(rows[1]["subject"], rows[0]["subject"]);
    assert_ne!(rows[1]["transaction_id"], rows[0]["transaction_id"]);
    let next = officer.verify(&asked()).await;
    assert!(
        next.header("ratelimit").starts_with("\"day\";r=8;"),
        "{}",
        next.header("ratelimit")
    );
    assert_eq!(gateway.registry_calls().await, 1);
    gateway.finish().await;
}

#[actix_web::test]
async fn a_key_is_its_officer_s_and_its_client_s_and_its_route_s() {
    let gateway = Gateway::builder().client("other", &[]).start().await;
    let key = ("Idempotency-Key", "shared");
    let first = gateway
        .officer(OFFICER)
        .header(key.0, key.1)
        .verify(&asked())
        .await;
    let colleague = gateway
        .officer("001090000002")
        .header(key.0, key.1)
        .verify(&asked())
        .await;
    let elsewhere = gateway
        .client("other")
        .officer(OFFICER)
        .header(key.0, key.1)
        .verify(&asked())
        .await;
    let lookup = crate::clients::fields_of(&p01(), &["sex"]);
    let looked_up = gateway
        .officer(OFFICER)
        .header(key.0, key.1)
        .lookup(&lookup)
        .await;
    for answer in [&first, &colleague, &elsewhere, &looked_up] {
        answer.must_be(200, "confirmed");
    }
    let ids =
        [&first, &colleague, &elsewhere, &looked_up].map(|answer| answer.text("/transaction_id").to_owned());
    assert_eq!(std::collections::BTreeSet::from(ids).len(), 4);
    gateway.finish().await;
}

#[actix_web::test]
async fn a_key_with_another_body_is_a_mistake() {
    let gateway = Gateway::start().await;
    let keyed = gateway.officer(OFFICER).header("Idempotency-Key", "k-1");
    keyed.verify(&asked()).await.must_be(200, "confirmed");
    let other = keyed.verify(&question(&p01(), &json!({"sex": "male"}))).await;
    other.must_be(422, "idempotency_mismatch");
    let rows = gateway.rows_of(other.text("/transaction_id")).await;
    assert_eq!(rows[0]["problem"], "idempotency_mismatch");
    keyed.verify(&asked()).await.must_be(200, "confirmed");
    gateway.finish().await;
}

#[actix_web::test]
async fn a_refused_call_leaves_its_key_free() {
    let gateway = Gateway::start().await;
    let keyed = gateway.officer(OFFICER).header("Idempotency-Key", "k-1");
    gateway
        .fault(json!({"service": "registry", "kind": "soap_fault", "code": "LICENCE"}))
        .await;
    keyed.verify(&asked()).await.must_be(502, "registry_rejected");
    gateway.no_faults().await;
    keyed.verify(&asked()).await.must_be(200, "confirmed");
    gateway.finish().await;
}

#[actix_web::test]
async fn calls_at_once_run_once() {
    let gateway = Gateway::start().await;
    gateway
        .fault(json!({"service": "registry", "kind": "delay", "delay_ms": 300}))
        .await;
    let keyed = gateway.officer(OFFICER).header("Idempotency-Key", "k-1");
    keyed.token().await;
    let body = asked();
    let answers = join_all((0..10).map(|_| keyed.verify(&body))).await;
    let given: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
    assert!(!given.is_empty());
    assert!(given.iter().all(|answer| answer.bytes == given[0].bytes));
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        answer.must_be(409, "idempotency_conflict");
    }
    assert_eq!(gateway.registry_calls().await, 1);
    assert_eq!(gateway.rows().await.len(), 10);
    gateway.finish().await;
}

#[actix_web::test]
async fn an_answer_is_kept_for_a_day_and_over_a_restart() {
    let mut gateway = Gateway::start().await;
    let ask = async |gateway: &Gateway| {
        gateway
            .officer(OFFICER)
            .header("Idempotency-Key", "k-1")
            .verify(&asked())
            .await
    };
    let first = ask(&gateway).await;
    first.must_be(200, "confirmed");
    gateway.restart().await;
    assert_eq!(ask(&gateway).await.bytes, first.bytes);
    gateway.advance(Duration::from_secs(24 * 3600 - 600));
    assert_eq!(ask(&gateway).await.bytes, first.bytes);
    gateway.advance(Duration::from_secs(1_200));
    // The keys of a day ago are over too, unless they were fetched again since.
    gateway.restart().await;
    let anew = ask(&gateway).await;
    anew.must_be(200, "confirmed");
    assert_ne!(anew.text("/transaction_id"), first.text("/transaction_id"));
    gateway.finish().await;
}

#[actix_web::test]
async fn who_may_no_longer_ask_gets_no_repetition() {
    let gateway = Gateway::start().await;
    let key = ("Idempotency-Key", "k-1");
    gateway
        .officer(OFFICER)
        .header(key.0, key.1)
        .verify(&asked())
        .await
        .must_be(200, "confirmed");
    let unscoped = gateway
        .officer(OFFICER)
        .scope("citizens.lookup")
        .header(key.0, key.1);
    unscoped.verify(&asked()).await.must_be(403, "scope_missing");
    let elsewhere = gateway.officer(OFFICER).unit("H99.1").header(key.0, key.1);
    elsewhere
        .verify(&asked())
        .await
        .must_be(403, "unit_not_permitted");
    gateway.finish().await;
}
