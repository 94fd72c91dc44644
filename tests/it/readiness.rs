//! Could an answer be given, and what do operators see of it?
//!
//! `/livez`, `/readyz` and `/metrics` of a gateway whose surroundings fail one by one and come back; and the graceful stop.
//! What fails does so for real: the issuer and the registry by the mock services' faults, the audit store by a trigger in
//! its own file.

use std::collections::BTreeSet;
use std::time::Duration;

use dancu::cli::audit::Verdict;
use futures_util::future::join_all;
use serde_json::{Value, json};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Connection as _, Executor as _};

use crate::clients::{p01, question};
use crate::gateway::{CLIENT, Gateway};
use crate::records::people;

const OFFICER: &str = "001090000001";

/// Gives status and body of `/readyz`.
async fn readiness(gateway: &Gateway) -> (u16, Value) {
    let answer = gateway
        .http
        .get(format!("{}/readyz", gateway.operations()))
        .send()
        .await
        .unwrap();
    let status = answer.status().as_u16();
    (
        status,
        serde_json::from_str(&answer.text().await.unwrap()).unwrap(),
    )
}

fn ready() -> (u16, Value) {
    (200, json!({"status": "ready"}))
}

fn degraded(what: &str) -> (u16, Value) {
    (200, json!({"status": "degraded", "degraded": [what]}))
}

fn unready(what: &str) -> (u16, Value) {
    (503, json!({"status": "unready", "unready": [what]}))
}

async fn becomes(gateway: &Gateway, expected: (u16, Value)) {
    gateway
        .wait_for(&expected.1.to_string(), async || {
            readiness(gateway).await == expected
        })
        .await;
}

fn asked() -> Value {
    question(&p01(), &json!({}))
}

fn keys_unavailable() -> Value {
    json!({"service": "issuer", "operation": "jwks", "kind": "status", "status": 503})
}

#[actix_web::test]
async fn a_healthy_gateway_is_alive_and_ready() {
    let gateway = Gateway::start().await;
    let alive = gateway
        .http
        .get(format!("{}/livez", gateway.operations()))
        .send()
        .await
        .unwrap();
    assert_eq!(
        (alive.status().as_u16(), alive.text().await.unwrap().as_str()),
        (200, "ok\n")
    );
    assert_eq!(readiness(&gateway).await, ready());
    gateway.finish().await;
}

#[actix_web::test]
async fn without_any_key_of_the_issuer_nobody_is_answered() {
    let gateway = Gateway::builder().fault(keys_unavailable()).start_unready().await;
    assert_eq!(readiness(&gateway).await, unready("issuer_keys"));
    let answer = gateway.officer(OFFICER).verify(&asked()).await;
    answer.must_be(503, "keys_unavailable");
    let row = gateway.rows_of(answer.text("/transaction_id")).await.remove(0);
    assert_eq!(
        (&row["operation"], &row["problem"]),
        (&json!("authentication"), &json!("keys_unavailable"))
    );
    gateway.no_faults().await;
    becomes(&gateway, ready()).await;
    gateway
        .officer(OFFICER)
        .verify(&asked())
        .await
        .must_be(200, "confirmed");
    gateway.finish().await;
}

#[actix_web::test]
async fn an_issuer_that_goes_down_later_is_borne_for_a_day() {
    let gateway = Gateway::builder()
        .setting("auth.keys_refreshed_every", "1s")
        .start()
        .await;
    gateway
        .officer(OFFICER)
        .verify(&asked())
        .await
        .must_be(200, "confirmed");
    gateway.fault(keys_unavailable()).await;
    becomes(&gateway, degraded("issuer_keys")).await;
    gateway
        .officer(OFFICER)
        .verify(&asked())
        .await
        .must_be(200, "confirmed");
    gateway
        .officer("001090000002")
        .verify(&asked())
        .await
        .must_be(200, "confirmed");
    gateway.advance(Duration::from_secs(24 * 3_600));
    assert_eq!(readiness(&gateway).await, unready("issuer_keys"));
    gateway
        .officer(OFFICER)
        .verify(&asked())
        .await
        .must_be(503, "keys_unavailable");
    gateway.no_faults().await;
    becomes(&gateway, ready()).await;
    gateway
        .officer(OFFICER)
        .verify(&asked())
        .await
        .must_be(200, "confirmed");
    gateway.finish().await;
}

#[actix_web::test]
async fn a_registry_that_is_down_degrades_and_its_next_answer_heals() {
    let gateway = Gateway::start().await;
    let people = people(&gateway, 3).await;
    let verify = async |person: &Value| {
        gateway
            .officer(OFFICER)
            .verify(&question(person, &json!({})))
            .await
    };
    verify(&people[0]).await.must_be(200, "confirmed");
    gateway
        .fault(json!({"service": "registry", "kind": "status", "status": 502}))
        .await;
    verify(&people[1]).await.must_be(503, "registry_unavailable");
    verify(&people[2]).await.must_be(503, "registry_unavailable");
    assert_eq!(readiness(&gateway).await, degraded("registry"));
    verify(&people[0]).await.must_be(200, "confirmed");
    gateway.no_faults().await;
    verify(&people[1]).await.must_be(200, "confirmed");
    assert_eq!(readiness(&gateway).await, ready());
    gateway.finish().await;
}

/// Opens the gateway's store beside it.
async fn store(gateway: &Gateway) -> SqliteConnection {
    SqliteConnectOptions::new()
        .filename(gateway.folder().join("dancu.db"))
        .connect()
        .await
        .unwrap()
}

#[actix_web::test]
async fn without_the_audit_store_nothing_is_told_and_it_heals_by_itself() {
    let gateway = Gateway::start().await;
    gateway
        .officer(OFFICER)
        .verify(&asked())
        .await
        .must_be(200, "confirmed");
    let mut store = store(&gateway).await;
    let broken = "CREATE TRIGGER broken BEFORE INSERT ON audit_rows BEGIN SELECT RAISE(ABORT, 'broken'); END";
    store.execute(broken).await.unwrap();
    let before = gateway.rows().await.len();
    // The first is a cached answer, the second a refusal, the third no answer at all: none goes out without its row.
    let held = gateway.officer(OFFICER).verify(&asked()).await;
    held.must_be(503, "audit_unavailable");
    assert!(held.body.get("outcome").is_none() && held.body.get("identity").is_none());
    gateway
        .client(CLIENT)
        .verify(&asked())
        .await
        .must_be(503, "audit_unavailable");
    gateway
        .anonymous()
        .verify(&asked())
        .await
        .must_be(503, "audit_unavailable");
    gateway
        .client(CLIENT)
        .get("/v1/client")
        .await
        .must_be(503, "audit_unavailable");
    assert_eq!(readiness(&gateway).await, unready("audit_store"));
    assert_eq!(gateway.rows().await.len(), before);
    store.execute("DROP TRIGGER broken").await.unwrap();
    store.close().await.unwrap();
    becomes(&gateway, ready()).await;
    let healed = gateway.officer(OFFICER).verify(&asked()).await;
    healed.must_be(200, "confirmed");
    let verdict = gateway.verify_log(Some(healed.text("/receipt"))).await;
    assert!(matches!(verdict, Verdict::Sound(_)), "{verdict:?}");
    gateway.finish().await;
}

/// Reads a sample of the metrics; zero where there is none yet.
fn sample(metrics: &str, name: &str) -> f64 {
    let line = metrics
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.map_or(0.0, |value| value.parse().unwrap())
}

#[actix_web::test]
async fn metrics_tell_of_the_work_and_of_nobody() {
    let gateway = Gateway::builder()
        .limits(&[("officer_per_second", 3)])
        .start()
        .await;
    let verify = async |officer: &str| gateway.officer(officer).verify(&asked()).await;
    verify(OFFICER).await.must_be(200, "confirmed");
    verify(OFFICER).await.must_be(200, "confirmed");
    let eager: Vec<_> = join_all((0..12).map(|_| verify("001090000002"))).await;
    let refused = eager.iter().filter(|answer| answer.status == 429).count();
    assert!(refused > 0);
    gateway
        .anonymous()
        .verify(&asked())
        .await
        .must_be(401, "token_missing");
    gateway
        .fault(json!({"service": "registry", "kind": "soap_fault", "code": "QUOTA"}))
        .await;
    let forced = gateway
        .officer("001090000003")
        .header("Cache-Control", "no-cache")
        .verify(&asked())
        .await;
    forced.must_be(502, "registry_rejected");

    let metrics = gateway.metrics().await;
    let of = |result: &str| {
        sample(
            &metrics,
            &format!("dancu_requests_total{{operation=\"verify\",result=\"{result}\",client=\"demo\"}}"),
        )
    };
    let refused_count = f64::from(u32::try_from(refused).unwrap());
    assert_eq!(
        (of("confirmed"), of("rate_limited"), of("registry_rejected")),
        (14.0 - refused_count, refused_count, 1.0)
    );
    for (name, value) in [
        (
            "dancu_requests_total{operation=\"authentication\",result=\"token_missing\",client=\"\"}",
            1.0,
        ),
        ("dancu_request_duration_seconds_count{operation=\"verify\"}", 15.0),
        ("dancu_cache_lookups_total{result=\"miss\"}", 2.0),
        ("dancu_cache_lookups_total{result=\"hit\"}", 13.0 - refused_count),
        ("dancu_registry_calls_total{result=\"record\"}", 1.0),
        ("dancu_registry_calls_total{result=\"rejected_quota\"}", 1.0),
        ("dancu_registry_call_duration_seconds_count", 2.0),
        (
            "dancu_limit_refusals_total{limit=\"officer\",client=\"demo\"}",
            refused_count,
        ),
        ("dancu_audit_queue_rows", 0.0),
    ] {
        assert_eq!(sample(&metrics, name), value, "{name} in {metrics}");
    }
    assert!(
        metrics.contains("# TYPE dancu_audit_queue_rows gauge") && metrics.contains("dancu_cached_people")
    );
    assert!(metrics.ends_with("# EOF\n"));
    let labels: BTreeSet<_> = metrics
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| Some(line.split_once('{')?.1.split_once('}')?.0))
        .flat_map(|labels| {
            labels
                .split(',')
                .filter_map(|label| Some(label.split_once('=')?.0))
        })
        .collect();
    assert_eq!(
        labels,
        BTreeSet::from(["class", "client", "le", "limit", "operation", "result", "state"])
    );
    gateway.finish().await;
}

#[actix_web::test]
async fn a_stop_lets_waiting_calls_end_with_their_rows() {
    let mut gateway = Gateway::start().await;
    let people = people(&gateway, 8).await;
    let token = gateway.officer(OFFICER).token().await.unwrap();
    gateway
        .fault(json!({"service": "registry", "kind": "delay", "delay_ms": 1_500}))
        .await;
    let calls: Vec<_> = people
        .iter()
        .map(|person| {
            let body = question(person, &json!({}));
            gateway.canary.watch_question(&body);
            let request = gateway.http.post(format!("{}/v1/citizens/verify", gateway.api()));
            let request = request.header("Authorization", format!("Bearer {token}"));
            let request = request
                .header("Content-Type", "application/json")
                .body(body.to_string());
            actix_web::rt::spawn(request.send())
        })
        .collect();
    gateway
        .wait_for("all to wait for the registry", async || {
            gateway.registry_calls().await == 8
        })
        .await;
    let (http, api, operations) = (gateway.http.clone(), gateway.api(), gateway.operations());
    let watching = async {
        let draining = loop {
            let answer = http.get(format!("{operations}/readyz")).send().await.unwrap();
            if answer.status() == 503 {
                break answer.text().await.unwrap();
            }
        };
        let newcomer = http.get(format!("{api}/openapi.json")).send().await;
        (draining, newcomer.is_err())
    };
    let ((), (draining, is_closed)) = futures_util::future::join(gateway.stop(), watching).await;
    let told: Value = serde_json::from_str(&draining).unwrap();
    assert_eq!(told, json!({"status": "unready", "unready": ["draining"]}));
    assert!(is_closed, "a stopping gateway takes no new connection");
    let mut transactions = BTreeSet::new();
    for call in calls {
        let answer = call.await.unwrap().unwrap();
        assert_eq!(answer.status(), 200);
        let body: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        assert_eq!(body["outcome"], "confirmed");
        transactions.insert(body["transaction_id"].to_string());
    }
    let rows = gateway.rows().await;
    let recorded: BTreeSet<_> = rows.iter().map(|row| row["transaction_id"].to_string()).collect();
    assert_eq!((rows.len(), recorded), (8, transactions));
    gateway.finish().await;
}
