//! What can operators see and change while the gateway runs, who may, and does it leave its row?
//!
//! The whole gateway over HTTP. A change counts for the very next call, remembered token or not, also after a restart.

mod refused;

use std::time::Duration;

use dancu::clock::Clock as _;
use dancu::register::{Change, Store as _, What};
use dancu::stores::sqlite::Sqlite;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::clients::{Answer, p01, question};
use crate::gateway::{CLIENT, Gateway};
use crate::operators::Operator;

const OFFICER: &str = "001090000001";

fn asked() -> Value {
    question(&p01(), &json!({}))
}

fn limits(per_day: u64) -> Value {
    json!({"officer_per_second": 100, "rate_per_second": 2_000, "burst": 4_000, "concurrency": 512,
        "per_day": per_day, "per_month": 20_000_000})
}

fn registration() -> Value {
    json!({"name": "Một cửa thứ hai", "province_code": "46", "units": ["H57.12"], "procedures": ["1.001193"],
        "fields": ["full_name"], "scopes": ["citizens.verify"], "status": "active",
        "valid_from": "2026-01-01T00:00:00+07:00", "valid_until": "2036-01-01T00:00:00+07:00", "limits": limits(1_000)})
}

/// Gives operator, action, client, outcome, problem and reason of the call's one row.
async fn row(gateway: &Gateway, answer: &Answer) -> Value {
    let mut rows = gateway.rows().await;
    let request = answer.header("x-request-id").to_owned();
    rows.retain(|row| row["request_id"] == request);
    assert_eq!(rows.len(), 1, "{rows:#?}");
    let row = rows.remove(0);
    let told = [
        "operation",
        "operator",
        "action",
        "client",
        "outcome",
        "problem",
        "reason",
    ];
    for member in [
        "officer",
        "unit",
        "procedure",
        "dossier",
        "subject",
        "person",
        "source",
        "registry_request",
    ] {
        assert_eq!(row[member], Value::Null, "{row:#}");
    }
    Value::Object(
        told.iter()
            .map(|name| ((*name).to_owned(), row[*name].clone()))
            .collect(),
    )
}

fn said(
    operator: &str,
    action: &str,
    client: Option<&str>,
    outcome: &str,
    problem: Option<&str>,
    reason: Option<&str>,
) -> Value {
    json!({"operation": "admin", "operator": operator, "action": action, "client": client, "outcome": outcome,
        "problem": problem, "reason": reason})
}

#[actix_web::test]
async fn a_suspended_client_is_refused_on_its_very_next_call_and_resumed_on_the_one_after() {
    let mut gateway = Gateway::start().await;
    let (officer, operator) = (gateway.officer(OFFICER), gateway.operator("operator"));
    officer.verify(&asked()).await.must_be(200, "confirmed");
    officer.verify(&asked()).await.must_be(200, "confirmed");

    let reason = json!({"reason": "hết hạn hợp đồng"});
    let suspended = operator.post("/clients/demo/suspend", &reason).await;
    assert_eq!((suspended.status, suspended.text("/status")), (200, "suspended"));
    assert_eq!(suspended.text("/changes/0/operator"), "operator");
    assert_eq!(suspended.text("/changes/0/part"), "suspension");
    assert_eq!(suspended.text("/changes/0/reason"), "hết hạn hợp đồng");
    officer.verify(&asked()).await.must_be(403, "client_suspended");
    let expected = said(
        "operator",
        "client.suspend",
        Some(CLIENT),
        "suspended",
        None,
        Some("hết hạn hợp đồng"),
    );
    assert_eq!(row(&gateway, &suspended).await, expected);
    let ready = gateway.readiness().await;
    assert_eq!(ready["changed_clients"], json!([CLIENT]), "{ready}");

    gateway.restart().await;
    let (officer, operator) = (gateway.officer(OFFICER), gateway.operator("operator"));
    officer.verify(&asked()).await.must_be(403, "client_suspended");
    let resumed = operator.post("/clients/demo/resume", &Value::Null).await;
    assert_eq!((resumed.status, resumed.text("/status")), (200, "active"));
    officer.verify(&asked()).await.must_be(200, "confirmed");

    let reverted = operator.delete("/clients/demo/changes", &Value::Null).await;
    assert_eq!((reverted.status, &reverted.body["changes"]), (200, &json!([])));
    assert!(gateway.readiness().await.get("changed_clients").is_none());
    let again = operator.delete("/clients/demo/changes", &Value::Null).await;
    again.must_be(404, "not_found");
    gateway.finish().await;
}

#[actix_web::test]
async fn limits_count_from_the_next_call_and_what_was_used_stays_used() {
    let mut gateway = Gateway::start().await;
    let (officer, operator) = (gateway.officer(OFFICER), gateway.operator("operator"));
    for _ in 0..3 {
        officer.verify(&asked()).await.must_be(200, "confirmed");
    }
    let before = gateway.operator("viewer").get("/limits/demo").await;
    assert_eq!(before.body["used"], json!({"day": 3, "month": 3, "under_way": 0}));
    assert_eq!(before.text("/set_by"), "file");

    let mut lowered = limits(4);
    lowered["reason"] = json!("a trial");
    let set = operator.put("/limits/demo", &lowered).await;
    assert_eq!(
        (set.status, set.text("/set_by"), set.text("/reason")),
        (200, "operator", "a trial")
    );
    assert_eq!(set.body["limits"]["per_day"], 4);
    assert_eq!(set.body["remaining"]["day"], 1);
    officer.verify(&asked()).await.must_be(200, "confirmed");
    officer.verify(&asked()).await.must_be(429, "quota_exhausted");

    gateway.restart().await;
    let (officer, operator) = (gateway.officer(OFFICER), gateway.operator("operator"));
    officer.verify(&asked()).await.must_be(429, "quota_exhausted");
    operator.put("/limits/demo", &limits(5)).await;
    officer.verify(&asked()).await.must_be(200, "confirmed");
    officer.verify(&asked()).await.must_be(429, "quota_exhausted");
    let listed = operator.get("/limits").await;
    assert_eq!(listed.body["limits"][0]["used"]["day"], 5, "{:#}", listed.body);
    gateway.finish().await;
}

#[actix_web::test]
async fn a_client_is_registered_replaced_removed_and_given_back_to_the_file() {
    let gateway = Gateway::builder().stranger("second").start().await;
    let operator = gateway.operator("operator");
    let second = gateway.client("second").officer(OFFICER);
    second.verify(&asked()).await.must_be(403, "client_unknown");

    let made = operator.put("/clients/second", &registration()).await;
    assert_eq!(made.status, 201, "{:#}", made.body);
    assert_eq!(
        (made.text("/id"), &made.body["in_file"]),
        ("second", &json!(false))
    );
    let expected = said("operator", "client.put", Some("second"), "registered", None, None);
    assert_eq!(row(&gateway, &made).await, expected);
    second.verify(&asked()).await.must_be(200, "confirmed");

    let mut narrower = registration();
    narrower["procedures"] = json!([]);
    narrower["id"] = json!("second");
    assert_eq!(operator.put("/clients/second", &narrower).await.status, 200);
    second
        .verify(&asked())
        .await
        .must_be(403, "procedure_not_licensed");

    // What is shown can be put again, as it is.
    let shown = operator.get("/clients/second").await.body;
    assert_eq!(
        (&shown["in_file"], shown["changes"].as_array().unwrap().len()),
        (&json!(false), 1)
    );
    assert_eq!(operator.put("/clients/second", &shown).await.status, 200);

    let removed = operator
        .delete("/clients/second", &json!({"reason": "moved to another gateway"}))
        .await;
    assert_eq!((removed.status, removed.bytes.len()), (204, 0));
    second.verify(&asked()).await.must_be(403, "client_unknown");
    for missing in [
        "/clients/second",
        "/limits/second",
        "/clients/no.such",
        "/clients/001090000002",
    ] {
        operator.get(missing).await.must_be(404, "not_found");
    }
    operator
        .post("/clients/second/suspend", &Value::Null)
        .await
        .must_be(404, "not_found");

    operator.delete("/clients/demo", &Value::Null).await;
    gateway
        .officer(OFFICER)
        .verify(&asked())
        .await
        .must_be(403, "client_unknown");
    let listed = operator.get("/clients").await;
    assert_eq!(listed.body["clients"], json!([]));
    assert_eq!(listed.body["removed"][1]["reason"], "moved to another gateway");
    let back = operator.delete("/clients/demo/changes", &Value::Null).await;
    assert_eq!((back.status, back.text("/id")), (200, CLIENT));
    gateway
        .officer(OFFICER)
        .verify(&asked())
        .await
        .must_be(200, "confirmed");
    gateway.finish().await;
}

#[actix_web::test]
async fn each_role_may_what_it_is_for_and_nobody_else_anything() {
    let gateway = Gateway::start().await;
    let addresses: [(&str, &str, Value, &str, u16); 12] = [
        ("GET", "/clients", Value::Null, "viewer", 200),
        ("GET", "/clients/demo", Value::Null, "viewer", 200),
        ("GET", "/limits", Value::Null, "viewer", 200),
        ("GET", "/limits/demo", Value::Null, "viewer", 200),
        ("PUT", "/limits/demo", limits(9), "operator", 200),
        ("PUT", "/clients/other", registration(), "operator", 201),
        ("POST", "/clients/demo/suspend", Value::Null, "operator", 200),
        ("POST", "/clients/demo/resume", Value::Null, "operator", 200),
        ("DELETE", "/clients/other", Value::Null, "operator", 204),
        ("DELETE", "/clients/demo/changes", Value::Null, "operator", 200),
        ("GET", "/registry", Value::Null, "viewer", 200),
        (
            "PUT",
            "/registry",
            json!({"maintenance": {"on": false}}),
            "operator",
            200,
        ),
    ];
    for (method, path, body, role, status) in addresses {
        let call = async |who: Operator<'_>| who.call(method.parse().unwrap(), path, &body).await;
        for (who, code) in [
            ("auditor", "scope_missing"),
            ("viewer", "scope_missing"),
            ("expired", "token_expired"),
        ] {
            if who == role {
                continue;
            }
            let refused = call(gateway.operator(who)).await;
            let is_expired = who == "expired";
            refused.must_be(if is_expired { 401 } else { 403 }, code);
            let challenge = refused.header("www-authenticate");
            if is_expired {
                assert!(challenge.contains("invalid_token"), "{challenge}");
            } else {
                let scope = format!("error=\"insufficient_scope\", scope=\"{role}\"");
                assert!(challenge.ends_with(&scope), "{challenge}");
                assert_eq!(refused.text("/scope"), role);
            }
        }
        for (authorization, code) in [
            (None, "token_missing"),
            (Some("Basic b3BlcmF0b3I6eA=="), "token_missing"),
            (Some("Bearer not-a-token-of-anybody"), "token_invalid"),
        ] {
            call(Operator::saying(&gateway, authorization))
                .await
                .must_be(401, code);
        }
        let token = gateway.officer(OFFICER).token().await.unwrap();
        call(Operator::with(&gateway, &token))
            .await
            .must_be(401, "token_invalid");
        assert_eq!(
            call(gateway.operator("operator")).await.status,
            status,
            "{method} {path}"
        );
        // Seconds apart, so that every failed sign-in has its own row.
        gateway.advance(Duration::from_secs(2));
    }
    let rows = gateway.rows().await;
    let of = |operator: &str, outcome: &str| {
        let is_of = |row: &&Value| row["operator"] == operator && row["outcome"] == outcome;
        rows.iter().filter(is_of).count()
    };
    assert_eq!((of("auditor", "refused"), of("viewer", "refused")), (12, 7));
    assert_eq!(of("operator", "read"), 5);
    let unknown: Vec<&Value> = rows
        .iter()
        .filter(|row| row["operation"] == "authentication")
        .collect();
    assert_eq!(
        unknown.len(),
        60,
        "expired, three bad credentials, and a token of the issuer's"
    );
    assert!(
        unknown
            .iter()
            .all(|row| row["operator"].is_null() && row["action"].is_string())
    );
    gateway.finish().await;
}

#[actix_web::test]
async fn failed_sign_ins_of_operators_are_recorded_at_a_bounded_rate() {
    let gateway = Gateway::start().await;
    let stranger = Operator::with(&gateway, "guessed");
    for _ in 0..40 {
        stranger.get("/clients").await.must_be(401, "token_invalid");
    }
    gateway.advance(Duration::from_secs(2));
    stranger.get("/clients").await.must_be(401, "token_invalid");
    let rows = gateway.rows().await;
    let failed: Vec<&Value> = rows
        .iter()
        .filter(|row| row["operation"] == "authentication")
        .collect();
    let counted: u64 = failed.iter().map(|row| row["count"].as_u64().unwrap_or(1)).sum();
    assert_eq!(counted, 41, "none is forgotten");
    assert!(failed.len() < 41, "and not each has a row: {}", failed.len());
    gateway.finish().await;
}

#[actix_web::test]
async fn what_was_intended_when_the_gateway_died_is_recorded_and_counts_at_the_next_start() {
    let mut gateway = Gateway::start().await;
    let change = Change {
        transaction_id: Uuid::now_v7(),
        client: Some(CLIENT.parse().unwrap()),
        what: What::Suspended,
        operator: "an.nguyen".parse().unwrap(),
        reason: Some("sự cố".parse().unwrap()),
        at: gateway.clock.now(),
    };
    let file = gateway.folder().join("dancu.db");
    gateway
        .restart_after(async || {
            let store = Sqlite::open(&file).await.unwrap();
            store.intend("dancu", &change).await.unwrap();
            let of_another = Change {
                transaction_id: Uuid::now_v7(),
                what: What::Removed,
                ..change.clone()
            };
            store.intend("another-gateway", &of_another).await.unwrap();
            store.close().await;
        })
        .await;
    gateway
        .officer(OFFICER)
        .verify(&asked())
        .await
        .must_be(403, "client_suspended");
    let rows = gateway.rows_of(&change.transaction_id.to_string()).await;
    assert_eq!(rows.len(), 1, "{rows:#?}");
    assert_eq!(
        (
            &rows[0]["operator"],
            &rows[0]["action"],
            &rows[0]["outcome"],
            &rows[0]["reason"]
        ),
        (
            &json!("an.nguyen"),
            &json!("client.suspend"),
            &json!("suspended"),
            &json!("sự cố")
        )
    );
    gateway.restart().await;
    assert_eq!(
        gateway.rows_of(&change.transaction_id.to_string()).await.len(),
        1,
        "ended once"
    );
    gateway.finish().await;
}

#[actix_web::test]
async fn what_another_gateway_of_the_same_store_changed_counts_here_within_a_second_or_two() {
    let gateway = Gateway::start().await;
    let officer = gateway.officer(OFFICER);
    officer.verify(&asked()).await.must_be(200, "confirmed");
    let store = rusqlite::Connection::open(gateway.folder().join("dancu.db")).unwrap();
    let insert = "INSERT INTO register_changes VALUES (?1, ?2, 'another', 'demo', ?3, NULL, 'an', NULL, 0)";
    let change = |number: i64, what: &str| {
        let values = (Uuid::now_v7().to_string(), number, what);
        assert_eq!(store.execute(insert, values).unwrap(), 1);
    };
    change(1, "suspended");
    gateway
        .wait_for("the suspension", async || {
            officer.verify(&asked()).await.status == 403
        })
        .await;
    // Our own change comes after it, and counts at once.
    let resumed = gateway
        .operator("operator")
        .post("/clients/demo/resume", &Value::Null)
        .await;
    assert_eq!(resumed.text("/status"), "active");
    officer.verify(&asked()).await.must_be(200, "confirmed");
    change(3, "suspended");
    gateway
        .wait_for("the second suspension", async || {
            officer.verify(&asked()).await.status == 403
        })
        .await;
    gateway.finish().await;
}

#[actix_web::test]
async fn a_change_that_cannot_be_recorded_is_not_made() {
    let mut gateway = Gateway::start().await;
    let officer = gateway.officer(OFFICER);
    officer.verify(&asked()).await.must_be(200, "confirmed");
    let held = rusqlite::Connection::open(gateway.folder().join("dancu.db")).unwrap();
    held.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let refused = gateway
        .operator("operator")
        .post("/clients/demo/suspend", &Value::Null)
        .await;
    refused.must_be(503, "audit_unavailable");
    held.execute_batch("ROLLBACK").unwrap();
    gateway
        .wait_for("the store", async || officer.verify(&asked()).await.status == 200)
        .await;
    gateway.restart().await;
    gateway
        .officer(OFFICER)
        .verify(&asked())
        .await
        .must_be(200, "confirmed");
    assert!(gateway.readiness().await.get("changed_clients").is_none());
    gateway.finish().await;
}
