//! Is a registry that fails left alone, one that is slow not overrun, and is it found again by itself?
//!
//! The breaker, the room for calls, the budget of retries and the watch, on the whole gateway: what callers, checks and batches
//! get meanwhile, and what `/readyz` and the metrics say. The pure rules are tested beside their code.

use std::time::Duration;

use dancu::clock::{Clock as _, SystemClock};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::batches::{BATCHES, batch, hand_in};
use crate::clients::{Answer, question};
use crate::gateway::{CLIENT, Gateway};
use crate::records::people;

const OFFICER: &str = "001090000001";
const READY: &str = "ready";

async fn verify(gateway: &Gateway, person: &Value) -> Answer {
    gateway
        .officer(OFFICER)
        .verify(&question(person, &json!({})))
        .await
}

fn outage() -> Value {
    json!({"service": "registry", "operation": "037", "kind": "status", "status": 502})
}

/// Tells whether `/readyz` sees the gateway degraded by the registry.
async fn is_missed(gateway: &Gateway) -> bool {
    let said = gateway.readiness().await;
    let words = said["degraded"].as_array();
    words.is_some_and(|words| words.contains(&json!("registry")))
}

/// Starts a gateway whose breaker opens after six calls, for a clock that a test sets.
async fn touchy() -> Gateway {
    Gateway::builder()
        .setting("registry.breaker_calls", "6")
        .start()
        .await
}

/// Has the breaker open; three people are asked about, each of them twice.
async fn opened(gateway: &Gateway, people: &[Value]) {
    gateway.fault(outage()).await;
    for person in people.iter().take(3) {
        verify(gateway, person).await.must_be(503, "registry_unavailable");
    }
}

#[actix_web::test]
async fn while_the_breaker_is_open_nobody_asks_the_registry_and_everybody_is_told_at_once() {
    let gateway = touchy().await;
    let people = people(&gateway, 8).await;
    let (held, stale, asked) = (&people[0], &people[1], &people[2..]);
    verify(&gateway, stale).await.must_be(200, "confirmed");
    gateway.advance(Duration::from_secs(2 * 3_600));
    verify(&gateway, held).await.must_be(200, "confirmed");
    opened(&gateway, asked).await;

    let before = gateway.registry_calls().await;
    let refused = verify(&gateway, &asked[3]).await;
    refused.must_be(503, "registry_unavailable");
    let retry_after: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=5).contains(&retry_after), "{retry_after}");
    let row = gateway.rows_of(refused.text("/transaction_id")).await.remove(0);
    assert_eq!(
        (&row["problem"], row["steps"].as_array().map_or(0, Vec::len)),
        (&json!("registry_unavailable"), 0)
    );
    let from = |answer: &Answer| answer.text("/source/from").to_owned();
    assert_eq!(from(&verify(&gateway, held).await), "cache");
    assert_eq!(from(&verify(&gateway, stale).await), "stale_cache");
    assert_eq!(gateway.registry_calls().await, before, "nobody asked it");
    assert!(is_missed(&gateway).await);
    let metrics = gateway.metrics().await;
    for line in [
        "dancu_registry_circuit{operation=\"lookup\",state=\"open\"} 1",
        "dancu_registry_circuit{operation=\"household\",state=\"closed\"} 1",
        "dancu_registry_calls_withheld_total{reason=\"circuit_open\"} 3",
        "dancu_registry_in_flight 0",
    ] {
        assert!(metrics.contains(line), "{line} in {metrics}");
    }

    // Half open, a probe that fails opens it again; those that are answered close it.
    gateway.advance(Duration::from_secs(5));
    verify(&gateway, &asked[3])
        .await
        .must_be(503, "registry_unavailable");
    let probes = gateway.registry_calls().await - before;
    assert_eq!(
        probes, 1,
        "the probe alone; its second try found the breaker open again"
    );
    gateway.no_faults().await;
    verify(&gateway, &asked[3])
        .await
        .must_be(503, "registry_unavailable");
    gateway.advance(Duration::from_secs(5));
    for person in &asked[..3] {
        verify(&gateway, person).await.must_be(200, "confirmed");
    }
    assert!(!is_missed(&gateway).await);
    let metrics = gateway.metrics().await;
    assert!(metrics.contains("dancu_registry_circuit{operation=\"lookup\",state=\"closed\"} 1"));
    gateway.finish().await;
}

#[actix_web::test]
async fn a_check_waits_for_the_breaker_and_ends_by_itself() {
    let gateway = touchy().await;
    let people = people(&gateway, 4).await;
    opened(&gateway, &people).await;
    let before = gateway.registry_calls().await;
    let officer = gateway.officer(OFFICER);
    let context =
        json!({"procedure": "1.001193", "dossier": "000.00.12.H57-260822-0001", "channel": "counter"});
    let body = json!({"context": context, "subjects": [{"role": "mother", "subject": people[3]}]});
    let check = officer.post("/v1/checks", &body).await;
    assert_eq!((check.status, check.text("/decision")), (202, "pending"));
    assert_eq!(gateway.registry_calls().await, before);
    gateway.no_faults().await;
    let path = format!("/v1/checks/{}", check.text("/id"));
    gateway
        .wait_for("the check to end", async || {
            gateway.advance(Duration::from_secs(1));
            officer.get(&path).await.text("/decision") != "pending"
        })
        .await;
    gateway.finish().await;
}

#[actix_web::test]
async fn rows_of_a_batch_wait_for_the_breaker_and_none_fails() {
    let gateway = touchy().await;
    let people = people(&gateway, 33).await;
    opened(&gateway, &people).await;
    let before = gateway.registry_calls().await;
    let role = gateway.client(CLIENT);
    let taken_on = hand_in(&role, &gateway, &batch(&people[3..])).await;
    assert_eq!(taken_on.status, 202, "{:#}", taken_on.body);
    let path = format!("{BATCHES}/{}", taken_on.text("/id"));
    gateway
        .wait_for("a row to be refused", async || {
            let metrics = gateway.metrics().await;
            metrics.contains("operation=\"batch_row\",result=\"registry_unavailable\"")
        })
        .await;
    let standing = role.get(&path).await.body;
    assert_eq!(
        (&standing["done"], &standing["failed"]),
        (&json!(0), &json!(null))
    );
    assert_eq!(gateway.registry_calls().await, before);
    gateway.no_faults().await;
    gateway
        .wait_for("the batch to be done", async || {
            gateway.advance(Duration::from_secs(1));
            role.get(&path).await.body["status"] == "done"
        })
        .await;
    let results = role.get(&format!("{path}/results")).await;
    let text = String::from_utf8(results.bytes).unwrap();
    let confirmed = text.lines().filter(|line| line.contains("\"confirmed\"")).count();
    assert_eq!((text.lines().count(), confirmed), (30, 30), "{text}");
    gateway.finish().await;
}

#[actix_web::test]
async fn a_slow_registry_is_not_overrun_and_who_finds_no_room_is_told_so() {
    let gateway = Gateway::builder()
        .setting("registry.in_flight_least", "2")
        .setting("registry.in_flight_most", "2")
        .setting("registry.in_flight_wait", "50ms")
        .start()
        .await;
    let people = people(&gateway, 8).await;
    gateway.officer(OFFICER).token().await.unwrap();
    gateway
        .fault(json!({"service": "registry", "operation": "037", "kind": "delay", "delay_ms": 1_000}))
        .await;
    let answers = join_all(people.iter().map(|person| verify(&gateway, person))).await;
    let (answered, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert_eq!((answered.len(), refused.len()), (2, 6));
    for refusal in &refused {
        refusal.must_be(503, "overloaded");
        assert_eq!(
            (refusal.text("/source"), refusal.header("retry-after")),
            ("gateway", "1")
        );
    }
    assert_eq!(gateway.registry_calls().await, 2);
    gateway.no_faults().await;
    verify(&gateway, &people[7]).await.must_be(200, "confirmed");
    gateway.finish().await;
}

#[actix_web::test]
async fn readiness_follows_a_registry_that_nobody_asks() {
    let gateway = Gateway::builder()
        .setting("registry.watched_every", "2s")
        .start()
        .await;
    assert_eq!(gateway.readiness().await["status"], READY);
    for kind in ["reset", "hang", "status"] {
        let begun = SystemClock.steady();
        gateway.fault(json!({"service": "registry", "kind": kind})).await;
        gateway
            .wait_for("the registry to be missed", async || is_missed(&gateway).await)
            .await;
        let missed = SystemClock.steady().saturating_duration_since(begun);
        gateway.no_faults().await;
        let begun = SystemClock.steady();
        gateway
            .wait_for("the registry to be found", async || {
                gateway.readiness().await["status"] == READY
            })
            .await;
        let found = SystemClock.steady().saturating_duration_since(begun);
        // On a quiet machine both take less than five seconds; a busy one has some more.
        assert!(
            missed.max(found) < Duration::from_secs(8),
            "{kind}: {missed:?}, {found:?}"
        );
    }
    assert_eq!(gateway.registry_calls().await, 0, "that cost nothing");
    gateway.finish().await;
}
