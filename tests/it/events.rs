//! Does the gateway follow what changes in the register: pushed, polled, missed, forged, and over a restart?
//!
//! The mock registry signs its own events; what is forged is signed here, by another key of the same name.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use serde_json::{Value, json};

use crate::clients::{Answer, p01, question};
use crate::confirmations;
use crate::gateway::Gateway;

const OFFICER: &str = "001090000001";
const P01: &str = "100190000001";

/// Has something happen to a person, which the registry tells of in its feed.
async fn patch(gateway: &Gateway, pin: &str, what: Value) {
    gateway
        .control(Method::PATCH, &format!("persons/{pin}"), what)
        .await;
}

pub fn moved() -> Value {
    json!({"move": {"province_code": "79", "commune_code": "26740", "detail": "SỐ 1"}})
}

/// Gives the registry's own signed events.
pub async fn events(gateway: &Gateway) -> Vec<String> {
    let url = format!("{}/dancu/changes", gateway.mocks().registry_url());
    let page: Value =
        serde_json::from_str(&gateway.http.get(url).send().await.unwrap().text().await.unwrap()).unwrap();
    page["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event.as_str().unwrap().to_owned())
        .collect()
}

pub async fn push(gateway: &Gateway, event: &str) -> Answer {
    push_as(gateway, "application/jwt", event.as_bytes().to_vec()).await
}

async fn push_as(gateway: &Gateway, content_type: &str, body: Vec<u8>) -> Answer {
    let registry = gateway.anonymous().header("Content-Type", content_type);
    registry.post_bytes("/events/registry", body).await
}

/// Lets a stranger sign with the name of the registry's key.
fn forged(payload: &Value) -> String {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let header = json!({"typ": "registry-event+jwt", "alg": "ES256", "kid": "registry-events-1"});
    let [header, payload] = [header, payload.clone()].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    let input = format!("{header}.{payload}");
    let signature = pair.sign(&SystemRandom::new(), input.as_bytes()).unwrap();
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// Lives in the commune of before the move?
fn asked() -> Value {
    question(
        &p01(),
        &json!({"permanent_residence": {"province_code": "25", "commune_code": "09106"}}),
    )
}

/// Gives the rows of changes that were applied.
async fn applied(gateway: &Gateway) -> Vec<Value> {
    let mut rows = gateway.rows().await;
    rows.retain(|row| row["operation"] == "admin");
    rows
}

#[actix_web::test]
async fn a_pushed_move_is_applied_once_and_the_next_call_asks_anew() {
    let gateway = Gateway::start().await;
    let officer = gateway.officer(OFFICER);
    officer.verify(&asked()).await.must_be(200, "confirmed");
    officer.verify(&asked()).await.must_be(200, "confirmed");
    assert_eq!(
        gateway.registry_calls().await,
        1,
        "the second came from the cache"
    );
    patch(&gateway, P01, moved()).await;
    let event = events(&gateway).await.remove(0);
    for _ in 0..2 {
        assert_eq!(push(&gateway, &event).await.status, 204);
    }
    let answer = officer.verify(&asked()).await;
    answer.must_be(200, "differs");
    assert_eq!(answer.text("/claims/permanent_residence/result"), "mismatch");
    let rows = applied(&gateway).await;
    assert_eq!(rows.len(), 1, "{rows:#?}");
    let verified = gateway.rows_of(answer.text("/transaction_id")).await.remove(0);
    assert_eq!(
        (&rows[0]["outcome"], &rows[0]["person"], &rows[0]["client"]),
        (&json!("moved"), &verified["person"], &Value::Null)
    );
    gateway.finish().await;
}

#[actix_web::test]
async fn a_forged_event_changes_nothing_and_is_recorded() {
    let gateway = Gateway::start().await;
    gateway
        .officer(OFFICER)
        .verify(&asked())
        .await
        .must_be(200, "confirmed");
    let payload = json!({"seq": 1, "type": "moved", "pin": P01, "at": "2026-11-22T10:00:00+07:00"});
    let answer = push(&gateway, &forged(&payload)).await;
    answer.must_be(401, "token_invalid");
    let row = gateway.rows_of(answer.text("/transaction_id")).await.remove(0);
    assert_eq!(
        (&row["operation"], &row["problem"]),
        (&json!("authentication"), &json!("token_invalid"))
    );
    let again = gateway.officer(OFFICER).verify(&asked()).await;
    assert_eq!(again.text("/source/from"), "cache");
    assert!(applied(&gateway).await.is_empty());
    gateway.finish().await;
}

#[actix_web::test]
async fn what_is_no_event_is_refused_by_its_kind() {
    let gateway = Gateway::start().await;
    push(&gateway, "no message")
        .await
        .must_be(400, "malformed_request");
    push_as(&gateway, "application/json", b"{}".to_vec())
        .await
        .must_be(415, "unsupported_media_type");
    push_as(&gateway, "application/jwt", vec![b'a'; 70_000])
        .await
        .must_be(413, "body_too_large");
    let token = gateway.officer(OFFICER).token().await.unwrap();
    push(&gateway, &token).await.must_be(401, "token_invalid");
    gateway.finish().await;
}

#[actix_web::test]
async fn an_event_that_comes_early_brings_those_before_it() {
    let gateway = Gateway::start().await;
    patch(&gateway, P01, moved()).await;
    patch(&gateway, P01, json!({"correct": {"marital_status": "single"}})).await;
    patch(&gateway, P01, json!({"replace_number": true})).await;
    let events = events(&gateway).await;
    assert_eq!(push(&gateway, &events[2]).await.status, 202);
    gateway
        .wait_for("the feed", async || applied(&gateway).await.len() == 3)
        .await;
    let outcomes: Vec<_> = applied(&gateway)
        .await
        .iter()
        .map(|row| row["outcome"].clone())
        .collect();
    assert_eq!(outcomes, [json!("moved"), json!("corrected"), json!("replaced")]);
    for event in &events {
        assert_eq!(push(&gateway, event).await.status, 204);
    }
    assert_eq!(applied(&gateway).await.len(), 3, "each once");
    gateway.finish().await;
}

#[actix_web::test]
async fn the_feed_brings_what_nobody_pushed_also_after_a_restart() {
    let mut gateway = Gateway::builder()
        .setting("registry.changes_every", "20ms")
        .start()
        .await;
    let officer = gateway.officer(OFFICER);
    officer.verify(&asked()).await.must_be(200, "confirmed");
    patch(&gateway, P01, moved()).await;
    gateway
        .wait_for("the feed", async || applied(&gateway).await.len() == 1)
        .await;
    officer.verify(&asked()).await.must_be(200, "differs");
    gateway.restart().await;
    patch(&gateway, P01, json!({"die": {"on": "2026-11-01"}})).await;
    gateway
        .wait_for("the feed", async || applied(&gateway).await.len() == 2)
        .await;
    assert_eq!(applied(&gateway).await[1]["outcome"], "died");
    gateway.finish().await;
}

#[actix_web::test]
async fn without_the_registry_s_keys_nothing_is_judged_and_nothing_lost() {
    let gateway = Gateway::start().await;
    gateway
        .fault(json!({"service": "registry", "operation": "jwks", "kind": "status", "status": 503}))
        .await;
    patch(&gateway, P01, moved()).await;
    let event = events(&gateway).await.remove(0);
    push(&gateway, &event).await.must_be(503, "keys_unavailable");
    gateway.no_faults().await;
    gateway.advance(std::time::Duration::from_secs(31));
    assert_eq!(push(&gateway, &event).await.status, 204);
    assert_eq!(applied(&gateway).await.len(), 1);
    gateway.finish().await;
}

#[actix_web::test]
async fn a_look_up_under_way_keeps_nothing_from_before_the_change() {
    let gateway = Gateway::start().await;
    gateway
        .fault(json!({"service": "registry", "operation": "037", "kind": "delay", "delay_ms": 1_000, "count": 1}))
        .await;
    let officer = gateway.officer(OFFICER);
    let before = asked();
    let changing = async {
        gateway
            .wait_for("the look-up", async || gateway.registry_calls().await == 1)
            .await;
        patch(&gateway, P01, moved()).await;
        let event = events(&gateway).await.remove(0);
        assert_eq!(push(&gateway, &event).await.status, 204);
    };
    let (asked_before, ()) = tokio::join!(officer.verify(&before), changing);
    asked_before.must_be(200, "confirmed");
    officer.verify(&asked()).await.must_be(200, "differs");
    gateway.finish().await;
}

#[actix_web::test]
async fn a_move_ends_what_was_confirmed_of_the_person() {
    let gateway = confirmations::gateway().await;
    let issued = confirmations::issue(&gateway).await;
    let path = format!("/v1/confirmations/{}", issued.id);
    let status = async || {
        let answer = confirmations::officer(&gateway).get(&path).await;
        answer.text("/status").to_owned()
    };
    assert_eq!(status().await, "valid");
    let correction = json!({"correct": {"marital_status": "single"}});
    patch(&gateway, "100050000005", correction).await;
    patch(&gateway, confirmations::FATHER, moved()).await;
    let events = events(&gateway).await;
    assert_eq!(push(&gateway, &events[0]).await.status, 204);
    assert_eq!(status().await, "valid", "somebody else's change");
    assert_eq!(push(&gateway, &events[1]).await.status, 204);
    assert_eq!(status().await, "revoked");
    gateway.finish().await;
}
