//! What goes on while the registry may not be asked, what do callers hear, and does it end when it should?
//!
//! Operators close the way to the registry, over a restart and for every gateway of the store; and the registry itself says that
//! it is under maintenance. The registry's own count tells that nothing was sent.

use std::time::Duration;

use dancu::clock::Clock as _;
use reqwest::Method;
use serde_json::{Value, json};

use crate::batches::{BATCHES, batch, hand_in, set_ahead};
use crate::clients::{Answer, context, p01, question};
use crate::gateway::{CLIENT, Gateway};
use crate::postgres_server::Server;
use crate::records::people;

const OFFICER: &str = "001090000001";
/// Takes an older record while the registry is down, for a day.
const BIRTH: &str = "1.001193";
/// Takes none.
const MARRIAGE: &str = "1.000894";
const PUBLIC_URL: &str = "https://dancu.example.vn";

fn asked(subject: &Value) -> Value {
    question(subject, &json!({}))
}

fn for_procedure(procedure: &str) -> Value {
    let mut question = asked(&p01());
    question["context"]["procedure"] = json!(procedure);
    question
}

fn on(message: &Value) -> Value {
    json!({"maintenance": {"on": true, "message": message}, "reason": "kế hoạch tháng 8"})
}

fn off() -> Value {
    json!({"maintenance": {"on": false}})
}

async fn close(gateway: &Gateway, body: &Value) -> Answer {
    let answer = gateway.operator("operator").put("/registry", body).await;
    assert_eq!(answer.status, 200, "{:#}", answer.body);
    answer
}

fn names_maintenance(readiness: &Value) -> bool {
    let degraded = readiness["degraded"].as_array();
    degraded.is_some_and(|parts| parts.contains(&json!("maintenance")))
}

async fn row(gateway: &Gateway, answer: &Answer) -> Value {
    let mut rows = gateway.rows().await;
    rows.retain(|row| row["request_id"] == answer.header("x-request-id"));
    assert_eq!(rows.len(), 1, "{rows:#?}");
    rows.remove(0)
}

#[actix_web::test]
async fn what_is_held_goes_on_and_everybody_else_hears_what_operators_say() {
    let gateway = Gateway::start().await;
    let officer = gateway.officer(OFFICER);
    let stranger = people(&gateway, 1).await.remove(0);
    for procedure in [BIRTH, MARRIAGE] {
        officer
            .verify(&for_procedure(procedure))
            .await
            .must_be(200, "confirmed");
    }
    let before = gateway.registry_calls().await;
    let message = json!({"vi": "Cơ sở dữ liệu bảo trì đến 6 giờ sáng mai.", "en": "Under maintenance until 6 tomorrow."});
    let mut body = on(&message);
    let until = gateway.clock.now() + Duration::from_secs(4 * 3600);
    body["maintenance"]["until"] = json!(until.to_string());
    let closed = close(&gateway, &body).await;
    assert_eq!(closed.body["maintenance"]["on"], true, "{:#}", closed.body);
    assert_eq!(
        closed.text("/maintenance/message/vi"),
        message["vi"].as_str().unwrap()
    );
    assert_eq!(closed.text("/maintenance/set_by"), "operator");
    assert_eq!(closed.text("/maintenance/reason"), "kế hoạch tháng 8");
    let told = row(&gateway, &closed).await;
    assert_eq!(
        (
            &told["operation"],
            &told["action"],
            &told["outcome"],
            &told["reason"]
        ),
        (
            &json!("admin"),
            &json!("registry.put"),
            &json!("maintenance_on"),
            &json!("kế hoạch tháng 8")
        ),
        "{told:#}"
    );
    assert_eq!(gateway.readiness().await["degraded"], json!(["maintenance"]));

    let held = officer.verify(&for_procedure(BIRTH)).await;
    held.must_be(200, "confirmed");
    assert_eq!(held.text("/source/from"), "cache");
    let refused = officer.verify(&asked(&stranger)).await;
    refused.must_be(503, "maintenance");
    assert_eq!(refused.text("/detail"), message["vi"].as_str().unwrap());
    let seconds: u64 = refused.header("retry-after").parse().unwrap();
    // A little later by chance, so that not all come back at once.
    assert!((4 * 3600 - 120..=4 * 3600 + 30).contains(&seconds), "{seconds}");
    assert_eq!(refused.body["retryable"], true);
    let english = officer
        .clone()
        .header("Accept-Language", "en")
        .verify(&asked(&stranger))
        .await;
    assert_eq!(english.text("/detail"), "Under maintenance until 6 tomorrow.");
    let refusal = gateway.rows_of(refused.text("/transaction_id")).await.remove(0);
    assert_eq!(
        (&refusal["outcome"], &refusal["problem"], &refusal["steps"]),
        (&json!("refused"), &json!("maintenance"), &json!([]))
    );

    gateway.advance(Duration::from_secs(2 * 3600));
    let officer = gateway.officer(OFFICER);
    let stale = officer.verify(&for_procedure(BIRTH)).await;
    stale.must_be(200, "confirmed");
    assert_eq!(stale.text("/source/from"), "stale_cache");
    officer
        .verify(&for_procedure(MARRIAGE))
        .await
        .must_be(503, "maintenance");
    assert_eq!(gateway.registry_calls().await, before, "nothing was sent");

    // It is over by itself.
    gateway.advance(Duration::from_secs(2 * 3600));
    let officer = gateway.officer(OFFICER);
    officer
        .verify(&for_procedure(MARRIAGE))
        .await
        .must_be(200, "confirmed");
    assert!(!names_maintenance(&gateway.readiness().await));
    let seen = gateway.operator("viewer").get("/registry").await;
    assert_eq!(
        seen.body["maintenance"],
        json!({"on": false, "said_by_registry": false})
    );
    assert!(seen.body["answering"]["results"]["record"].as_u64().unwrap() > 0);
    gateway.finish().await;
}

#[actix_web::test]
async fn it_outlives_a_restart_and_ends_when_it_is_taken_down() {
    let mut gateway = Gateway::start().await;
    close(&gateway, &on(&json!({"vi": "Nâng cấp hệ thống."}))).await;
    gateway.restart().await;
    let officer = gateway.officer(OFFICER);
    let refused = officer.verify(&asked(&p01())).await;
    refused.must_be(503, "maintenance");
    assert_eq!(
        (refused.text("/detail"), refused.header("retry-after")),
        ("Nâng cấp hệ thống.", "30")
    );
    // What isn't written in English is the usual there.
    let english = officer
        .clone()
        .header("Accept-Language", "en")
        .verify(&asked(&p01()))
        .await;
    assert!(english.text("/detail").starts_with("The use of the National"));
    // Refused by a gate before the registry: nothing of the limits is spent.
    let used = gateway.operator("viewer").get("/limits/demo").await;
    assert_eq!(used.body["used"]["day"], 0);

    let opened = close(&gateway, &off()).await;
    let told = row(&gateway, &opened).await;
    assert_eq!(told["outcome"], "maintenance_off");
    officer.verify(&asked(&p01())).await.must_be(200, "confirmed");
    gateway.restart().await;
    gateway
        .officer(OFFICER)
        .verify(&asked(&p01()))
        .await
        .must_be(200, "confirmed");
    gateway.finish().await;
}

#[actix_web::test]
async fn checks_and_batches_wait_for_its_end() {
    let gateway = Gateway::start().await;
    let officer = gateway.officer(OFFICER);
    close(&gateway, &on(&json!({"vi": "Bảo trì."}))).await;
    let birth = json!({"context": context(), "subjects": [{"role": "mother", "subject": p01()}]});
    let waiting = officer.post("/v1/checks", &birth).await;
    assert_eq!((waiting.status, waiting.text("/decision")), (202, "pending"));
    let rows = people(&gateway, 3).await;
    let taken = hand_in(&officer, &gateway, &batch(&rows)).await;
    assert_eq!(taken.status, 202, "{:#}", taken.body);
    let standing = format!("{BATCHES}/{}", taken.text("/id"));
    gateway
        .wait_for("the batch to be refused", async || {
            let rows = gateway.rows().await;
            rows.iter()
                .any(|row| row["operation"] == "batch_row" && row["problem"] == "maintenance")
        })
        .await;
    assert_eq!(officer.get(&standing).await.body["done"], 0);
    assert_eq!(gateway.registry_calls().await, 0);
    gateway.advance(Duration::from_secs(3_600));

    let officer = gateway.officer(OFFICER);
    close(&gateway, &off()).await;
    let check = format!("/v1/checks/{}", waiting.text("/id"));
    gateway
        .wait_for("both to end", async || {
            set_ahead(&gateway, Duration::from_secs(5)).await;
            let decision = officer.get(&check).await;
            let batch = officer.get(&standing).await;
            decision.text("/decision") == "paper_not_required" && batch.text("/status") == "done"
        })
        .await;
    let mut refused = gateway.rows().await;
    refused.retain(|row| row["operation"] == "batch_row" && row["outcome"] == "refused");
    assert_eq!(refused.len(), 1, "one row found out for all");
    gateway.finish().await;
}

#[actix_web::test]
async fn what_is_wrong_with_a_notice_is_told_at_once() {
    let gateway = Gateway::start().await;
    let operator = gateway.operator("operator");
    let table = [
        (json!({}), vec!["/maintenance required"]),
        (json!({"maintenance": {}}), vec!["/maintenance/on required"]),
        (
            json!({"maintenance": {"on": "yes", "ende": 1}}),
            vec!["/maintenance/ende unknown_member", "/maintenance/on wrong_type"],
        ),
        (
            json!({"maintenance": {"on": true, "message": {"vi": "về số 999000001"}, "until": "2026-01-01T00:00:00+07:00"}}),
            vec!["/maintenance/message/vi format", "/maintenance/until range"],
        ),
        (
            json!({"maintenance": {"on": true, "message": {"en": "two\nlines"}, "until": "soon"}}),
            vec![
                "/maintenance/message/vi required",
                "/maintenance/message/en charset",
                "/maintenance/until format",
            ],
        ),
        (
            json!({"maintenance": {"on": true, "message": {"vi": "ố".repeat(301)}}}),
            vec!["/maintenance/message/vi length"],
        ),
        (
            json!({"maintenance": {"on": false, "message": {"vi": "Bảo trì."}}}),
            vec!["/maintenance/message conflict"],
        ),
    ];
    for (body, expected) in table {
        let refused = operator.put("/registry", &body).await;
        refused.must_be(422, "invalid_request");
        let errors = refused.body["errors"].as_array().unwrap();
        let word = |error: &Value, name: &str| error[name].as_str().unwrap().to_owned();
        let told: Vec<_> = errors
            .iter()
            .map(|error| format!("{} {}", word(error, "pointer"), word(error, "code")))
            .collect();
        assert_eq!(told, expected, "{body}");
    }
    for (who, method) in [
        ("viewer", Method::PUT),
        ("auditor", Method::PUT),
        ("auditor", Method::GET),
    ] {
        let refused = gateway.operator(who).call(method, "/registry", &off()).await;
        refused.must_be(403, "scope_missing");
    }
    assert_eq!(
        gateway.operator("viewer").get("/registry").await.body["maintenance"],
        json!({"on": false, "said_by_registry": false})
    );
    gateway.finish().await;
}

#[actix_web::test]
async fn nobody_tries_names_on_who_is_held_meanwhile() {
    let gateway = Gateway::builder().client(CLIENT, &[]).start().await;
    let officer = gateway.officer(OFFICER);
    let stranger = people(&gateway, 1).await.remove(0);
    officer.verify(&asked(&p01())).await.must_be(200, "confirmed");
    close(&gateway, &on(&json!({"vi": "Bảo trì."}))).await;
    for number in 0..10 {
        let mut wrong = p01();
        wrong["full_name"] = json!(format!("Nguyễn Thị {}", ["An", "Bình", "Chi"][number % 3]));
        officer.verify(&asked(&wrong)).await.must_be(503, "maintenance");
        // Who asks about somebody else guesses nothing.
        officer
            .verify(&asked(&stranger))
            .await
            .must_be(503, "maintenance");
    }
    officer
        .verify(&asked(&p01()))
        .await
        .must_be(429, "guess_budget_exhausted");
    officer
        .verify(&asked(&stranger))
        .await
        .must_be(503, "maintenance");
    gateway.finish().await;
}

#[actix_web::test]
async fn the_registrys_own_word_is_heard_and_forgotten_with_its_next_answer() {
    let gateway = Gateway::start().await;
    let officer = gateway.officer(OFFICER);
    gateway
        .fault(json!({"service": "registry", "kind": "soap_fault", "code": "MAINTENANCE"}))
        .await;
    let refused = officer.verify(&asked(&p01())).await;
    refused.must_be(503, "maintenance");
    assert_eq!(refused.header("retry-after"), "30");
    assert_eq!(gateway.readiness().await["degraded"], json!(["maintenance"]));
    let seen = gateway.operator("viewer").get("/registry").await;
    assert_eq!(
        seen.body["maintenance"],
        json!({"on": false, "said_by_registry": true})
    );
    gateway.no_faults().await;
    officer.verify(&asked(&p01())).await.must_be(200, "confirmed");
    assert!(gateway.readiness().await.get("degraded").is_none());
    gateway.finish().await;
}

#[actix_web::test]
async fn it_reaches_every_gateway_of_the_store() {
    let Some(server) = Server::start() else { return };
    let builder = Gateway::builder().setting("api.public_url", PUBLIC_URL);
    let one = builder.on_postgres(&server).start().await;
    let two = one.beside("dancu-2").await;
    close(&one, &on(&json!({"vi": "Bảo trì cả hai."}))).await;
    two.wait_for("the notice", async || {
        two.readiness().await["degraded"] == json!(["maintenance"])
    })
    .await;
    let refused = two.officer(OFFICER).verify(&asked(&p01())).await;
    refused.must_be(503, "maintenance");
    assert_eq!(refused.text("/detail"), "Bảo trì cả hai.");
    close(&two, &off()).await;
    one.wait_for("its end", async || {
        one.officer(OFFICER).verify(&asked(&p01())).await.status == 200
    })
    .await;
    for mut gateway in [two, one] {
        gateway.stop().await;
        gateway.canary.heard("the database", &server.dump("dancu"));
        gateway.finish().await;
    }
}
