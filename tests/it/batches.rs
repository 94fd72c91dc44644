//! Does every row of a batch come to one result, whatever happens meanwhile, and does nothing of a refused one stay?
//!
//! Ground truth comes from the mock registry's control port. `batches/intake.rs` holds what is refused as a whole.

mod intake;
mod outages;
mod unread;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::time::Duration;

use dancu::cli::audit::Verdict;
use dancu::clock::Clock as _;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::ConnectOptions as _;
use sqlx::sqlite::SqliteConnectOptions;

use crate::clients::{Answer, Role, context, p01};
use crate::gateway::{CLIENT, Gateway};

pub const BATCHES: &str = "/v1/batches";
const LINES: &str = "application/x-ndjson";

/// Draws people as callers name them.
pub async fn people(gateway: &Gateway, count: usize) -> Vec<Value> {
    let drawn = gateway.known(&format!("sample?count={count}&seed=7")).await;
    let named = |person: &Value| {
        json!({
            "pin": person["pin"],
            "full_name": person["full_name"],
            "date_of_birth": person["date_of_birth"],
        })
    };
    let people: Vec<_> = drawn["people"].as_array().unwrap().iter().map(named).collect();
    assert_eq!(people.len(), count);
    people
}

/// Writes a batch about these people, numbered from 1.
pub fn batch(people: &[Value]) -> String {
    let rows = people.iter().enumerate().map(|(place, person)| {
        let row = json!({"row": place + 1, "subject": person});
        format!("{row}\n")
    });
    format!("{}\n{}", json!({"context": context()}), rows.collect::<String>())
}

/// Hands a batch in; the canary watches for some of its people.
pub async fn hand_in(role: &Role<'_>, gateway: &Gateway, body: &str) -> Answer {
    for line in body.lines().skip(1).take(20) {
        if let Ok(row) = serde_json::from_str(line) {
            gateway.canary.watch_question(&row);
        }
    }
    role.clone()
        .header("Content-Type", LINES)
        .post_bytes(BATCHES, body.as_bytes().to_vec())
        .await
}

#[track_caller]
fn taken_on(answer: &Answer) -> String {
    assert_eq!(answer.status, 202, "{:#}", answer.body);
    let id = answer.text("/id").to_owned();
    assert_eq!(answer.text("/status"), "queued");
    assert_eq!(answer.header("location"), format!("{BATCHES}/{id}"));
    id
}

async fn standing(role: &Role<'_>, id: &str) -> Value {
    let answer = role.get(&format!("{BATCHES}/{id}")).await;
    assert_eq!(answer.status, 200, "{:#}", answer.body);
    answer.body
}

/// Tells whether every batch that hasn't ended is put off, so that nothing of any is under way.
async fn is_put_off(gateway: &Gateway) -> bool {
    let options = SqliteConnectOptions::new()
        .filename(gateway.database())
        .read_only(true);
    let mut store = options.connect().await.unwrap();
    let others: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM batches WHERE status IN ('queued', 'running') AND retry_at <= ?",
    )
    .bind(gateway.clock.now().as_microsecond())
    .fetch_one(&mut store)
    .await
    .unwrap();
    others == 0
}

/// Sets the clock ahead once all that is under way has come to its end: what is, would be too late.
pub async fn set_ahead(gateway: &Gateway, by: Duration) {
    if is_put_off(gateway).await {
        gateway.advance(by);
    }
}

/// Waits for a batch's end, as long as there is progress.
async fn done(gateway: &Gateway, role: &Role<'_>, id: &str) -> Value {
    loop {
        let before = standing(role, id).await;
        if before["status"] == "done" {
            return before;
        }
        let asked = Cell::new(0);
        gateway
            .wait_for("progress", async || {
                asked.set(asked.get() + 1);
                // A busy machine may have put the batch off, by a clock that stands still unless somebody sets it.
                if asked.get() % 400 == 0 {
                    gateway.advance(Duration::from_secs(10));
                }
                standing(role, id).await != before
            })
            .await;
    }
}

async fn progressed(gateway: &Gateway, role: &Role<'_>, id: &str, rows: u64) {
    gateway
        .wait_for("rows to be done", async || {
            standing(role, id).await["done"].as_u64().unwrap() >= rows
        })
        .await;
}

/// Reads the results, by row.
async fn results(role: &Role<'_>, id: &str) -> BTreeMap<u64, Value> {
    let answer = role.get(&format!("{BATCHES}/{id}/results")).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, LINES));
    let text = String::from_utf8(answer.bytes).unwrap();
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let numbers: Vec<_> = lines.iter().map(|line| line["row"].as_u64().unwrap()).collect();
    assert!(numbers.is_sorted_by(|one, next| one < next), "{numbers:?}");
    numbers.into_iter().zip(lines).collect()
}

/// Gives the audit rows of a batch's rows.
async fn rows_of_batches(gateway: &Gateway) -> Vec<Value> {
    let mut rows = gateway.rows().await;
    rows.retain(|row| row["operation"] == "batch_row");
    rows
}

async fn slow_registry(gateway: &Gateway, delay_ms: u64) {
    let fault = json!([{"service": "registry", "operation": "037", "kind": "delay", "delay_ms": delay_ms}]);
    gateway.fault(fault).await;
}

#[actix_web::test]
async fn two_thousand_rows_have_their_results_their_counts_and_their_rows_in_the_log() {
    let gateway = Gateway::builder().population(4_000).start().await;
    let mut people = people(&gateway, 2_000).await;
    people[10]["full_name"] = json!("Người Không Có Thật");
    people[20]["pin"] = json!("12345");
    people[30].as_object_mut().unwrap().remove("date_of_birth");
    let system = gateway.client(CLIENT).scope("batches");
    let handed_in = hand_in(&system, &gateway, &batch(&people)).await;
    let id = taken_on(&handed_in);

    let standing = done(&gateway, &system, &id).await;
    assert_eq!(
        standing,
        json!({
            "id": id, "status": "done", "rows": 2_000, "done": 2_000,
            "counts": {"confirmed": 1_997, "no_match": 1, "refused": 2},
        })
    );
    let results = results(&system, &id).await;
    assert_eq!(results.len(), 2_000);
    assert_eq!(results[&1]["answer"]["outcome"], "confirmed");
    assert_eq!(results[&11]["answer"]["outcome"], "no_match");
    assert_eq!(results[&21]["problem"]["errors"][0]["pointer"], "/subject/pin");
    assert_eq!(results[&31]["problem"]["errors"][0]["code"], "required");

    let rows = rows_of_batches(&gateway).await;
    assert_eq!(rows.len(), 2_000);
    assert!(
        rows.iter()
            .all(|row| row["officer"].is_null() && row["unit"] == "H57.12")
    );
    let receipt = results[&1]["answer"]["receipt"].as_str().unwrap();
    let verdict = gateway.verify_log(Some(receipt)).await;
    assert!(matches!(verdict, Verdict::Sound(_)), "{verdict:?}");
    let accepted = gateway.rows().await;
    let accepted: Vec<_> = accepted
        .iter()
        .filter(|row| row["outcome"] == "accepted")
        .collect();
    assert_eq!(accepted.len(), 1);
    assert_eq!(
        (
            &accepted[0]["operation"],
            &accepted[0]["count"],
            &accepted[0]["batch"]
        ),
        (&json!("read"), &json!(2_000), &json!(id))
    );
    // The batch spent its own quota and nothing of the calls'.
    let officer = gateway.officer("001090000001");
    let answer = officer
        .verify(&crate::clients::question(&p01(), &json!({})))
        .await;
    assert!(
        !answer.header("ratelimit").contains("\"day\""),
        "{}",
        answer.header("ratelimit")
    );
    gateway.finish().await;
}

#[actix_web::test]
async fn a_table_is_a_batch_too_and_an_officer_may_stand_for_it() {
    let gateway = Gateway::start().await;
    let table = "\u{feff}pin,old_id_number,full_name,date_of_birth\r\n\
                 100190000001,,\"Nguyễn Thị Mẫu\",1990-04-12\r\n\
                 ,,Nguyễn Thị Mẫu,1990-04-12\r\n\
                 too,few\r\n";
    gateway.canary.watch_question(&p01());
    let officer = gateway.officer("001090000001").scope("batches");
    let path = format!("{BATCHES}?procedure=1.001193&dossier=000.00.12.H57-260822-0001");
    let handed_in = officer
        .clone()
        .header("Content-Type", "text/csv; charset=UTF-8")
        .post_bytes(&path, table.as_bytes().to_vec())
        .await;
    let id = taken_on(&handed_in);
    let standing = done(&gateway, &officer, &id).await;
    assert_eq!(standing["counts"], json!({"confirmed": 1, "refused": 2}));
    let results = results(&officer, &id).await;
    assert_eq!(results[&2]["problem"]["errors"][0]["pointer"], "/subject");
    assert_eq!(results[&3]["problem"]["errors"][0]["code"], "length");
    let rows = rows_of_batches(&gateway).await;
    assert_eq!(rows.len(), 3);
    assert!(rows.iter().all(|row| row["officer"].is_string()));
    gateway.finish().await;
}

#[actix_web::test]
async fn a_batch_is_its_client_s_alone_and_ends_when_that_says_so() {
    let gateway = Gateway::builder().client("neighbour", &[]).start().await;
    slow_registry(&gateway, 50).await;
    let people = people(&gateway, 400).await;
    let system = gateway.client(CLIENT);
    let id = taken_on(&hand_in(&system, &gateway, &batch(&people)).await);
    progressed(&gateway, &system, &id, 1).await;

    let (path, neighbour) = (format!("{BATCHES}/{id}"), gateway.client("neighbour"));
    for strange in [&path, &format!("{path}/results"), &format!("{BATCHES}/none")] {
        neighbour.get(strange).await.must_be(404, "not_found");
    }
    neighbour
        .call(Method::DELETE, &path, |request| request)
        .await
        .must_be(404, "not_found");
    gateway
        .client(CLIENT)
        .scope("checks")
        .get(&path)
        .await
        .must_be(403, "scope_missing");

    let cancelled = system.call(Method::DELETE, &path, |request| request).await;
    assert_eq!(cancelled.text("/status"), "cancelled", "{:#}", cancelled.body);
    let done = cancelled.body["done"].as_u64().unwrap();
    assert!((1..400).contains(&done), "{done}");
    let results = results(&system, &id).await;
    assert_eq!(u64::try_from(results.len()).unwrap(), done);
    let again = system.call(Method::DELETE, &path, |request| request).await;
    assert_eq!(again.body, cancelled.body);
    let handled: Vec<Value> = gateway.rows().await;
    let handled = handled.iter().filter(|row| row["batch"] == id.as_str());
    let words: Vec<_> = handled.map(|row| row["outcome"].as_str().unwrap()).collect();
    assert_eq!(words.first(), Some(&"accepted"));
    assert_eq!(
        words[words.len() - 3..],
        ["cancelled", "results", "read"],
        "who gave it up, and that it was given up once"
    );
    gateway.finish().await;
}

#[actix_web::test]
async fn the_rows_of_a_day_are_a_quota_of_their_own_over_restarts() {
    let limits = "{ officer_per_second = 100, rate_per_second = 2_000, burst = 4_000, concurrency = 512, \
                  per_day = 1_000_000, per_month = 20_000_000, batch_rows_per_day = 25 }";
    let mut gateway = Gateway::builder()
        .client(CLIENT, &[("limits", limits)])
        .start()
        .await;
    let people = people(&gateway, 20).await;
    let id = taken_on(&hand_in(&gateway.client(CLIENT), &gateway, &batch(&people)).await);
    gateway.restart().await;
    let system = gateway.client(CLIENT);
    let refused = hand_in(&system, &gateway, &batch(&people)).await;
    refused.must_be(429, "quota_exhausted");
    assert_eq!(refused.body["rows_left"], 5);
    assert_eq!(refused.body["violated-policies"], json!([]));
    taken_on(&hand_in(&system, &gateway, &batch(&people[..5])).await);
    hand_in(&system, &gateway, &batch(&people[..1]))
        .await
        .must_be(429, "quota_exhausted");
    done(&gateway, &system, &id).await;
    gateway.advance(Duration::from_secs(24 * 3600));
    let tomorrow = gateway.client(CLIENT);
    taken_on(&hand_in(&tomorrow, &gateway, &batch(&people)).await);
    gateway.finish().await;
}

#[actix_web::test]
async fn an_outage_halfway_has_the_rows_wait_and_not_fail() {
    let gateway = Gateway::start().await;
    slow_registry(&gateway, 30).await;
    let people = people(&gateway, 300).await;
    let system = gateway.client(CLIENT);
    let id = taken_on(&hand_in(&system, &gateway, &batch(&people)).await);
    progressed(&gateway, &system, &id, 1).await;
    gateway
        .fault(json!([{"service": "registry", "kind": "status", "status": 503}]))
        .await;
    let refused = async || {
        let rows = rows_of_batches(&gateway).await;
        rows.iter().filter(|row| row["outcome"] == "refused").count()
    };
    gateway
        .wait_for("the outage to be met", async || refused().await > 0)
        .await;
    let stands = standing(&system, &id).await;
    assert_eq!(stands["status"], "running");
    assert_eq!(stands["counts"].get("refused"), None, "{stands}");
    // Not a row of the log for each row of the batch: it stands still.
    gateway.advance(Duration::from_secs(60));
    let system = gateway.client(CLIENT);
    gateway
        .wait_for("another try", async || refused().await > 8)
        .await;
    assert!(refused().await < 40, "{}", refused().await);
    gateway.no_faults().await;
    // The pause that it is at may have begun just now.
    gateway
        .wait_for("the batch to go on", async || {
            gateway.advance(Duration::from_secs(10));
            standing(&system, &id).await["done"].as_u64() > stands["done"].as_u64()
        })
        .await;
    let standing = done(&gateway, &system, &id).await;
    assert_eq!(standing["counts"], json!({"confirmed": 300}));
    assert_eq!(results(&system, &id).await.len(), 300);
    gateway.finish().await;
}

#[actix_web::test]
async fn an_outage_without_an_end_ends_the_batch_and_says_why() {
    // Shorter than the issuer's keys are kept, which are out of reach of a clock that is set ahead.
    let shorter = Gateway::builder().setting("batches.give_up_after", "2h");
    let gateway = shorter.start().await;
    gateway
        .fault(json!([{"service": "registry", "kind": "status", "status": 503}]))
        .await;
    let people = people(&gateway, 5).await;
    let id = taken_on(&hand_in(&gateway.client(CLIENT), &gateway, &batch(&people)).await);
    gateway
        .wait_for("the outage to be met", async || {
            !rows_of_batches(&gateway).await.is_empty()
        })
        .await;
    gateway
        .wait_for("it to be put off", async || is_put_off(&gateway).await)
        .await;
    gateway.advance(Duration::from_secs(3 * 3600));
    let system = gateway.client(CLIENT);
    gateway
        .wait_for("the end", async || {
            standing(&system, &id).await["status"] == "failed"
        })
        .await;
    let failed = standing(&system, &id).await;
    assert_eq!(failed["done"], json!(0));
    // The last try is over in whichever way its deadline, which the advanced clock cuts short, leaves it.
    let reason = failed["reason"].as_str().unwrap();
    assert!(
        ["registry_unavailable", "registry_timeout"].contains(&reason),
        "{failed}"
    );
    assert!(results(&system, &id).await.is_empty());
    gateway.finish().await;
}

#[actix_web::test]
async fn a_batch_whose_request_does_not_open_any_more_ends_and_says_so() {
    let shorter = Gateway::builder().setting("batches.give_up_after", "2h");
    let gateway = shorter.start().await;
    let fault = json!([{"service": "registry", "kind": "status", "status": 503}]);
    gateway.fault(fault).await;
    let people = people(&gateway, 5).await;
    let id = taken_on(&hand_in(&gateway.client(CLIENT), &gateway, &batch(&people)).await);
    let put_off = async || is_put_off(&gateway).await;
    gateway.wait_for("it to be put off", put_off).await;
    // As if it had been sealed with a key that is gone.
    let options = SqliteConnectOptions::new()
        .filename(gateway.database())
        .busy_timeout(Duration::from_secs(10));
    let mut store = options.connect().await.unwrap();
    sqlx::query("UPDATE batches SET request = x'00'")
        .execute(&mut store)
        .await
        .unwrap();
    gateway.no_faults().await;
    gateway.advance(Duration::from_secs(3_600));
    let known = async || is_put_off(&gateway).await;
    gateway.wait_for("it to be put off again", known).await;
    let system = gateway.client(CLIENT);
    assert_eq!(standing(&system, &id).await["status"], "running");
    gateway.advance(Duration::from_secs(2 * 3_600));
    gateway
        .wait_for("the end", async || {
            standing(&system, &id).await["status"] == "failed"
        })
        .await;
    let failed = standing(&system, &id).await;
    assert_eq!(
        (&failed["done"], &failed["reason"]),
        (&json!(0), &json!("internal_error"))
    );
    gateway.finish().await;
}

#[actix_web::test]
async fn a_suspended_client_s_batch_waits_until_the_suspension_is_lifted() {
    let mut gateway = Gateway::start().await;
    slow_registry(&gateway, 30).await;
    let people = people(&gateway, 300).await;
    let id = taken_on(&hand_in(&gateway.client(CLIENT), &gateway, &batch(&people)).await);
    progressed(&gateway, &gateway.client(CLIENT), &id, 1).await;
    gateway.suspend_clients();
    gateway.restart().await;
    let held = rows_of_batches(&gateway).await.len();
    gateway.advance(Duration::from_secs(600));
    gateway
        .client(CLIENT)
        .get(&format!("{BATCHES}/{id}"))
        .await
        .must_be(403, "client_suspended");
    assert_eq!(
        rows_of_batches(&gateway).await.len(),
        held,
        "nobody was asked about"
    );
    gateway.reinstate_clients();
    gateway.restart().await;
    gateway.no_faults().await;
    gateway.advance(Duration::from_secs(600));
    let standing = done(&gateway, &gateway.client(CLIENT), &id).await;
    assert_eq!(standing["counts"], json!({"confirmed": 300}));
    gateway.finish().await;
}

#[actix_web::test]
async fn a_restart_in_the_middle_asks_about_nobody_twice() {
    let mut gateway = Gateway::start().await;
    slow_registry(&gateway, 20).await;
    let people = people(&gateway, 300).await;
    let id = taken_on(&hand_in(&gateway.client(CLIENT), &gateway, &batch(&people)).await);
    for at_least in [20, 60, 100] {
        progressed(&gateway, &gateway.client(CLIENT), &id, at_least).await;
        gateway.restart().await;
    }
    gateway.no_faults().await;
    let standing = done(&gateway, &gateway.client(CLIENT), &id).await;
    assert_eq!(standing["counts"], json!({"confirmed": 300}));
    assert_eq!(results(&gateway.client(CLIENT), &id).await.len(), 300);
    let rows = rows_of_batches(&gateway).await;
    assert_eq!(rows.len(), 300, "a stop waits for what is under way");
    gateway.finish().await;
}

#[actix_web::test]
async fn clients_take_turns() {
    let gateway = Gateway::builder().client("neighbour", &[]).start().await;
    slow_registry(&gateway, 20).await;
    let people = people(&gateway, 600).await;
    let (first, second) = (gateway.client(CLIENT), gateway.client("neighbour"));
    let long = taken_on(&hand_in(&first, &gateway, &batch(&people[..500])).await);
    progressed(&gateway, &first, &long, 1).await;
    let short = taken_on(&hand_in(&second, &gateway, &batch(&people[500..])).await);
    done(&gateway, &second, &short).await;
    let standing = standing(&first, &long).await;
    assert_eq!(
        standing["status"], "running",
        "who came later didn't wait for the end: {standing}"
    );
    gateway.finish().await;
}

#[actix_web::test]
async fn results_are_there_for_their_time_and_then_gone() {
    let gateway = Gateway::start().await;
    let people = people(&gateway, 3).await;
    let id = taken_on(&hand_in(&gateway.client(CLIENT), &gateway, &batch(&people)).await);
    done(&gateway, &gateway.client(CLIENT), &id).await;
    gateway.advance(Duration::from_secs(71 * 3600));
    assert_eq!(results(&gateway.client(CLIENT), &id).await.len(), 3);
    gateway.advance(Duration::from_secs(2 * 3600));
    let path = format!("{BATCHES}/{id}");
    gateway.client(CLIENT).get(&path).await.must_be(404, "not_found");
    gateway
        .wait_for("the rows to be removed", async || {
            intake::kept(&gateway).await == 0
        })
        .await;
    gateway.finish().await;
}
