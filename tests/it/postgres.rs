//! Is the gateway the same on PostgreSQL, and are several on one database one gateway?
//!
//! The stores alone are judged in `stores`; here the whole road runs on them, restarted, cut off, and with a second gateway
//! beside the first.

use std::time::Duration;

use dancu::cli::audit::Verdict;
use dancu::clock::{Clock as _, SystemClock};
use serde_json::{Value, json};

use crate::clients::{fields_of, p01, question};
use crate::gateway::Gateway;
use crate::postgres_server::Server;

const OFFICER: &str = "001090000001";

/// Where the gateways of one cluster are reached, whichever of them answers and on whatever port; it stands in confirmations.
const PUBLIC_URL: &str = "https://dancu.example.vn";

/// Calls a day; so few that it is what callers are told of.
const LIMIT: u64 = 50;

fn asked() -> Value {
    question(&p01(), &json!({"sex": "female"}))
}

fn birth() -> Value {
    json!({
        "context": {"procedure": "1.001193", "dossier": "000.00.12.H57-260822-0001", "channel": "counter"},
        "subjects": [{"role": "mother", "subject": p01()}],
    })
}

/// Ends the gateways and searches what the database holds for personal data.
async fn finish(server: &Server, gateways: impl IntoIterator<Item = Gateway>) {
    for mut gateway in gateways {
        gateway.stop().await;
        gateway.canary.heard("the database", &server.dump("dancu"));
        gateway.finish().await;
    }
}

#[actix_web::test]
async fn the_whole_road_runs_on_postgresql_and_goes_on_after_a_restart() {
    let Some(server) = Server::start() else { return };
    let builder = Gateway::builder()
        .setting("api.public_url", PUBLIC_URL)
        .limits(&[("per_day", LIMIT)]);
    let mut gateway = builder.on_postgres(&server).start().await;
    let officer = gateway.officer(OFFICER);
    let first = officer
        .clone()
        .header("Idempotency-Key", "k-1")
        .verify(&asked())
        .await;
    first.must_be(200, "confirmed");
    officer
        .lookup(&fields_of(&p01(), &["sex"]))
        .await
        .must_be(200, "confirmed");
    let check = officer.post("/v1/checks", &birth()).await;
    assert_eq!(check.status, 200, "{}", check.body);
    assert_eq!(check.body["decision"], "paper_not_required", "{}", check.body);
    let credential = json!({"credential": check.body["confirmation"]["credential"]});
    let again = officer
        .clone()
        .header("Idempotency-Key", "k-1")
        .verify(&asked())
        .await;
    assert_eq!((again.status, &again.bytes), (200, &first.bytes));
    let left = left_of_the_day(&gateway).await;

    gateway.restart().await;
    let officer = gateway.officer(OFFICER);
    assert_eq!(
        left_of_the_day(&gateway).await,
        left - 1,
        "a restart gives no day back"
    );
    let again = officer
        .clone()
        .header("Idempotency-Key", "k-1")
        .verify(&asked())
        .await;
    assert_eq!((again.status, &again.bytes), (200, &first.bytes));
    let read = officer.get(&format!("/v1/checks/{}", check.text("/id"))).await;
    assert_eq!(read.body["decision"], "paper_not_required", "{}", read.body);
    let verified = officer.post("/v1/confirmations/verify", &credential).await;
    assert_eq!(verified.body["result"], "valid", "{}", verified.body);
    let verdict = gateway.verify_log(Some(first.text("/receipt"))).await;
    assert!(matches!(verdict, Verdict::Sound(_)), "{verdict:?}");
    finish(&server, [gateway]).await;
}

/// Makes a call and gives what it is told of the day's quota.
async fn left_of_the_day(gateway: &Gateway) -> u64 {
    let answer = gateway.officer(OFFICER).verify(&asked()).await;
    answer.must_be(200, "confirmed");
    let told = answer.header("ratelimit").to_owned();
    let (_, rest) = told.split_once("\"day\";r=").unwrap_or_else(|| panic!("{told}"));
    rest.split(';').next().unwrap().parse().unwrap()
}

#[actix_web::test]
async fn without_postgresql_nothing_is_told_and_it_heals_by_itself() {
    let Some(mut server) = Server::start() else { return };
    let builder = Gateway::builder().setting("store.timeout", "1s");
    let gateway = builder.on_postgres(&server).start().await;
    let verify = async || gateway.officer(OFFICER).verify(&asked()).await;
    verify().await.must_be(200, "confirmed");
    server.crash();
    // A cached answer, a refusal, and who isn't known at all: none goes out without its row.
    let held = verify().await;
    held.must_be(503, "audit_unavailable");
    assert!(held.body.get("outcome").is_none() && held.body.get("identity").is_none());
    let anonymous = gateway.anonymous().verify(&asked()).await;
    anonymous.must_be(503, "audit_unavailable");
    let readiness = async || {
        let url = format!("{}/readyz", gateway.operations());
        let answer = gateway.http.get(url).send().await.unwrap();
        let status = answer.status().as_u16();
        let told: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        (status, told)
    };
    let (status, told) = readiness().await;
    assert_eq!((status, &told["unready"]), (503, &json!(["audit_store"])));
    server.go_on();
    gateway
        .wait_for("the store to heal", async || readiness().await.0 == 200)
        .await;
    verify().await.must_be(200, "confirmed");
    let rows = gateway.rows().await;
    assert_eq!(rows.len(), 2, "{rows:#?}");
    finish(&server, [gateway]).await;
}

#[actix_web::test]
async fn two_gateways_on_one_database_are_one() {
    let Some(server) = Server::start() else { return };
    let builder = Gateway::builder()
        .setting("api.public_url", PUBLIC_URL)
        .limits(&[("per_day", LIMIT)]);
    let one = builder.on_postgres(&server).start().await;
    let two = one.beside("dancu-2").await;
    let keyed = async |gateway: &Gateway, key: &str| {
        let officer = gateway.officer(OFFICER).header("Idempotency-Key", key);
        officer.verify(&asked()).await
    };
    let first = keyed(&one, "k-1").await;
    first.must_be(200, "confirmed");
    let replayed = keyed(&two, "k-1").await;
    assert_eq!((replayed.status, &replayed.bytes), (200, &first.bytes));
    let back = keyed(&two, "k-2").await;
    assert_eq!(keyed(&one, "k-2").await.bytes, back.bytes);
    assert!(
        back.text("/receipt").starts_with("dancu-2."),
        "{}",
        back.text("/receipt")
    );

    // A check is read, and its confirmation verified and revoked, at either.
    let check = one.officer(OFFICER).post("/v1/checks", &birth()).await;
    assert_eq!(check.body["decision"], "paper_not_required", "{}", check.body);
    let read = two
        .officer(OFFICER)
        .get(&format!("/v1/checks/{}", check.text("/id")))
        .await;
    assert_eq!(read.body["confirmation"], check.body["confirmation"]);
    let credential = json!({"credential": check.body["confirmation"]["credential"]});
    let holds = async |gateway: &Gateway| {
        let answer = gateway
            .officer(OFFICER)
            .post("/v1/confirmations/verify", &credential)
            .await;
        answer.text("/result").to_owned()
    };
    assert_eq!(holds(&two).await, "valid");
    let number = p01()["pin"].as_str().unwrap().parse().unwrap();
    let person = two
        .confirmations()
        .person(&dancu::domain::pin::IdNumber::Pin(number));
    let revoked = two
        .confirmations()
        .revoke_of(person, dancu::confirmations::Reason::Moved)
        .await;
    assert_eq!(revoked, Ok(1));
    assert_eq!(holds(&one).await, "revoked");

    for (gateway, receipt) in [(&one, &first), (&two, &back)] {
        let verdict = gateway.verify_log(Some(receipt.text("/receipt"))).await;
        assert!(matches!(verdict, Verdict::Sound(_)), "{verdict:?}");
        let rows = gateway.rows().await;
        assert!(
            rows.iter().enumerate().all(|(place, row)| row["index"] == place),
            "{rows:#?}"
        );
    }
    // What both have spent of the day is what a gateway that starts now begins with.
    let spent = |log: &str| -> u64 {
        let sum = format!("SELECT sum(calls) FROM audit_usage WHERE log = '{log}'");
        server.sql("dancu", &sum).trim().parse().unwrap()
    };
    let (by_one, by_two) = (spent("dancu"), spent("dancu-2"));
    assert!(by_one >= 2 && by_two >= 1, "{by_one}, {by_two}");
    let three = one.beside("dancu-3").await;
    assert_eq!(left_of_the_day(&three).await, LIMIT - by_one - by_two - 1);
    finish(&server, [three, two, one]).await;
}

#[actix_web::test]
async fn a_quiet_gateway_sees_that_the_database_is_gone_and_back() {
    let Some(mut server) = Server::start() else { return };
    let gateway = Gateway::builder().on_postgres(&server).start().await;
    let becomes = async |word: &str| {
        let begun = SystemClock.steady();
        gateway
            .wait_for(word, async || gateway.readiness().await["status"] == word)
            .await;
        SystemClock.steady().saturating_duration_since(begun)
    };
    server.crash();
    let missed = becomes("unready").await;
    assert_eq!(gateway.readiness().await["unready"], json!(["audit_store"]));
    server.go_on();
    let found = becomes("ready").await;
    server.freeze();
    let silent = becomes("unready").await;
    server.thaw();
    let heard = becomes("ready").await;
    // On a quiet machine each takes less than five seconds; a busy one has some more.
    for took in [missed, found, silent, heard] {
        assert!(
            took < Duration::from_secs(8),
            "{missed:?} {found:?} {silent:?} {heard:?}"
        );
    }
    gateway
        .officer(OFFICER)
        .verify(&asked())
        .await
        .must_be(200, "confirmed");
    finish(&server, [gateway]).await;
}

#[actix_web::test]
async fn checks_that_wait_are_ended_once_by_whichever_gateway() {
    let Some(server) = Server::start() else { return };
    // The clock is set ahead faster than a check is tried, so a check is longer in hand than usually.
    let builder = Gateway::builder()
        .setting("registry.deadline", "300s")
        .setting("api.shutdown_timeout", "300s");
    let one = builder.on_postgres(&server).start().await;
    let two = one.beside("dancu-2").await;
    one.fault(json!({"service": "registry", "kind": "status", "status": 503}))
        .await;
    let mut ids = Vec::new();
    for number in 0..12 {
        let gateway = if number % 2 == 0 { &one } else { &two };
        let check = gateway.officer(OFFICER).post("/v1/checks", &birth()).await;
        assert_eq!(check.status, 202, "{}", check.body);
        ids.push(check.text("/id").to_owned());
    }
    one.no_faults().await;
    let ended = async |id: &str| {
        let read = two.officer(OFFICER).get(&format!("/v1/checks/{id}")).await;
        (read.body["decision"] != "pending").then(|| read.body.clone())
    };
    for id in &ids {
        one.wait_for("a check to end", async || {
            // Both look after what waits in the same time.
            one.advance(Duration::from_secs(1));
            two.signed_in.forget();
            ended(id).await.is_some()
        })
        .await;
    }
    let mut decided = 0;
    for gateway in [&one, &two] {
        let rows = gateway.rows().await;
        decided += rows
            .iter()
            .filter(|row| row["outcome"] == "paper_not_required")
            .count();
    }
    assert_eq!(decided, ids.len(), "each was decided once");
    let confirmed = server.sql("dancu", "SELECT count(*) FROM confirmations");
    assert_eq!(confirmed.trim(), ids.len().to_string(), "and confirmed once");
    finish(&server, [two, one]).await;
}
