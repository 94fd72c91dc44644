//! Does one person's answer that can't be read hold nobody else up, and is an outage of that kind nobody's own?

use std::time::Duration;

use serde_json::{Value, json};
use sqlx::ConnectOptions as _;
use sqlx::sqlite::SqliteConnectOptions;

use super::{
    batch, hand_in, is_put_off, people, progressed, results, rows_of_batches, set_ahead, standing, taken_on,
};
use crate::clients::question;
use crate::gateway::{CLIENT, Gateway};

/// More than a row rests whose answer can't be read.
const RESTED: Duration = Duration::from_secs(11);

fn page_of_html() -> Value {
    json!({"service": "registry", "operation": "037", "kind": "html_200"})
}

async fn unread_for(gateway: &Gateway, person: &Value) {
    let mut fault = page_of_html();
    fault["pin"] = person["pin"].clone();
    gateway.fault(fault).await;
}

async fn refused(gateway: &Gateway) -> usize {
    let rows = rows_of_batches(gateway).await;
    rows.iter().filter(|row| row["outcome"] == "refused").count()
}

/// Counts the rows of which it is kept that their answer couldn't be read.
async fn kept_as_unread(gateway: &Gateway) -> i64 {
    let options = SqliteConnectOptions::new()
        .filename(gateway.database())
        .read_only(true);
    let mut store = options.connect().await.unwrap();
    sqlx::query_scalar("SELECT count(*) FROM batch_rows WHERE unread")
        .fetch_one(&mut store)
        .await
        .unwrap()
}

async fn nothing_is_done(gateway: &Gateway, id: &str) {
    let stands = standing(&gateway.client(CLIENT), id).await;
    assert_eq!(
        (&stands["status"], &stands["done"]),
        (&json!("running"), &json!(0))
    );
}

/// Sets the clock ahead until a batch has ended, and tells how.
async fn ended(gateway: &Gateway, id: &str) -> Value {
    gateway
        .wait_for("the batch to end", async || {
            set_ahead(gateway, RESTED).await;
            let standing = standing(&gateway.client(CLIENT), id).await;
            standing["status"] != "running"
        })
        .await;
    standing(&gateway.client(CLIENT), id).await
}

#[actix_web::test]
async fn it_comes_last_and_ends_with_its_own_problem() {
    let gateway = Gateway::start().await;
    let people = people(&gateway, 60).await;
    for row in [0, 1, 30] {
        unread_for(&gateway, &people[row]).await;
    }
    let id = taken_on(&hand_in(&gateway.client(CLIENT), &gateway, &batch(&people)).await);
    progressed(&gateway, &gateway.client(CLIENT), &id, 57).await;
    let ended = ended(&gateway, &id).await;
    assert_eq!(
        (&ended["status"], &ended["counts"]),
        (&json!("done"), &json!({"confirmed": 57, "refused": 3})),
        "{ended}"
    );
    let results = results(&gateway.client(CLIENT), &id).await;
    for row in [1, 2, 31] {
        let problem = &results[&row]["problem"];
        assert_eq!(problem["code"], "registry_protocol_error", "{problem}");
    }
    gateway.finish().await;
}

#[actix_web::test]
async fn what_could_not_be_read_once_is_read_the_next_time() {
    let gateway = Gateway::start().await;
    let people = people(&gateway, 30).await;
    let mut once = page_of_html();
    once["count"] = json!(1);
    gateway.fault(once).await;
    let id = taken_on(&hand_in(&gateway.client(CLIENT), &gateway, &batch(&people)).await);
    progressed(&gateway, &gateway.client(CLIENT), &id, 29).await;
    assert_eq!(
        standing(&gateway.client(CLIENT), &id).await["status"],
        "running",
        "it rests"
    );
    let ended = ended(&gateway, &id).await;
    assert_eq!(ended["counts"], json!({"confirmed": 30}));
    assert_eq!(refused(&gateway).await, 1);
    gateway.finish().await;
}

#[actix_web::test]
async fn a_page_in_every_answer_s_place_is_nobody_s_own() {
    let gateway = Gateway::start().await;
    let people = people(&gateway, 5).await;
    gateway.fault(page_of_html()).await;
    let id = taken_on(&hand_in(&gateway.client(CLIENT), &gateway, &batch(&people)).await);
    // Each row is tried several times over.
    gateway
        .wait_for("many tries", async || {
            set_ahead(&gateway, RESTED).await;
            refused(&gateway).await >= 20
        })
        .await;
    nothing_is_done(&gateway, &id).await;
    gateway.no_faults().await;
    let ended = ended(&gateway, &id).await;
    assert_eq!(ended["counts"], json!({"confirmed": 5}));
    gateway.finish().await;
}

#[actix_web::test]
async fn who_was_answered_while_it_was_under_way_is_no_proof_against_it() {
    let gateway = Gateway::builder()
        .setting("registry.attempt_timeout", "4s")
        .start()
        .await;
    let people = people(&gateway, 2).await;
    let mut late = page_of_html();
    late["pin"] = people[0]["pin"].clone();
    late["delay_ms"] = json!(2_000);
    gateway.fault(late).await;
    let id = taken_on(&hand_in(&gateway.client(CLIENT), &gateway, &batch(&people[..1])).await);
    gateway
        .wait_for("the row to be asked about", async || {
            gateway.metrics().await.contains("dancu_registry_in_flight 1")
        })
        .await;
    gateway.advance(Duration::from_millis(100));
    let officer = gateway.officer("001090000001");
    officer
        .verify(&question(&people[1], &json!({})))
        .await
        .must_be(200, "confirmed");
    gateway.advance(Duration::from_millis(100));
    assert_eq!(refused(&gateway).await, 0, "it is under way");
    // From now on nobody is answered.
    gateway.fault(page_of_html()).await;
    gateway
        .wait_for("more tries", async || {
            set_ahead(&gateway, RESTED).await;
            refused(&gateway).await >= 3
        })
        .await;
    nothing_is_done(&gateway, &id).await;
    gateway.no_faults().await;
    assert_eq!(ended(&gateway, &id).await["counts"], json!({"confirmed": 1}));
    gateway.finish().await;
}

#[actix_web::test]
async fn rows_that_can_never_be_read_end_with_the_batch_and_do_not_fail_it() {
    let shorter = Gateway::builder().setting("batches.give_up_after", "2h");
    let gateway = shorter.start().await;
    let people = people(&gateway, 3).await;
    gateway.fault(page_of_html()).await;
    let id = taken_on(&hand_in(&gateway.client(CLIENT), &gateway, &batch(&people)).await);
    gateway
        .wait_for("each to be tried", async || {
            set_ahead(&gateway, RESTED).await;
            kept_as_unread(&gateway).await == 3
        })
        .await;
    gateway
        .wait_for("it to be put off", async || is_put_off(&gateway).await)
        .await;
    gateway.advance(Duration::from_secs(3 * 3_600));
    let ended = ended(&gateway, &id).await;
    assert_eq!(
        (&ended["status"], &ended["counts"]),
        (&json!("done"), &json!({"refused": 3})),
        "{ended}"
    );
    gateway.finish().await;
}
