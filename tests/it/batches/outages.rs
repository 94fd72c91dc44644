//! Is the registry left alone while it is known to be away, and does a batch go on as soon as it is back?
//!
//! What a batch costs meanwhile is counted in the audit log, and what it asks at the registry's own count. That time passed
//! without a try is shown by a batch of another client, which comes later and is tried.

use std::time::Duration;

use serde_json::{Value, json};
use sqlx::ConnectOptions as _;
use sqlx::sqlite::SqliteConnectOptions;

use super::{
    batch, hand_in, is_put_off, people, progressed, rows_of_batches, set_ahead, slow_registry, standing,
    taken_on,
};
use crate::clients::question;
use crate::gateway::{Builder, CLIENT, Gateway};

const NEIGHBOUR: &str = "neighbour";
const HOUR: Duration = Duration::from_secs(3_600);

fn outage() -> Value {
    json!({"service": "registry", "kind": "status", "status": 503})
}

fn watched() -> Builder {
    Gateway::builder()
        .client(NEIGHBOUR, &[])
        .setting("registry.watched_every", "1s")
}

/// Takes the registry away, and waits until that is known though nobody called.
async fn taken_away(gateway: &Gateway) {
    gateway.fault(outage()).await;
    gateway
        .wait_for("the registry to be missed", async || {
            gateway.readiness().await["degraded"] == json!(["registry"])
        })
        .await;
}

/// Counts the refused rows of a client's batches.
async fn refused(gateway: &Gateway, client: &str) -> usize {
    let rows = rows_of_batches(gateway).await;
    let refused = |row: &&Value| row["client"] == client && row["outcome"] == "refused";
    rows.iter().filter(refused).count()
}

/// Counts a client's batches that stand still.
async fn put_off(gateway: &Gateway, client: &str) -> i64 {
    let options = SqliteConnectOptions::new()
        .filename(gateway.database())
        .read_only(true);
    let mut store = options.connect().await.unwrap();
    sqlx::query_scalar("SELECT count(*) FROM batches WHERE client = ? AND retry_at > progressed")
        .bind(client)
        .fetch_one(&mut store)
        .await
        .unwrap()
}

/// Waits until a batch has been tried in vain, and has been put off for that.
async fn tried(gateway: &Gateway, client: &str) {
    gateway
        .wait_for("a row to be tried", async || {
            refused(gateway, client).await > 0 && put_off(gateway, client).await > 0
        })
        .await;
}

/// Waits until a batch is done; nobody sets the clock ahead.
async fn ends(gateway: &Gateway, client: &str, id: &str) {
    gateway
        .wait_for("the batch to be done", async || {
            standing(&gateway.client(client), id).await["status"] == "done"
        })
        .await;
}

#[actix_web::test]
async fn what_waits_is_not_tried_while_the_registry_is_away_and_goes_on_when_it_is_back() {
    let gateway = watched().start().await;
    let people = people(&gateway, 40).await;
    taken_away(&gateway).await;
    let (first, second) = (&people[..20], &people[20..]);
    let waiting = taken_on(&hand_in(&gateway.client(CLIENT), &gateway, &batch(first)).await);
    tried(&gateway, CLIENT).await;
    gateway.advance(HOUR);
    let newcomer = taken_on(&hand_in(&gateway.client(NEIGHBOUR), &gateway, &batch(second)).await);
    tried(&gateway, NEIGHBOUR).await;
    gateway.advance(HOUR);
    assert_eq!(
        standing(&gateway.client(CLIENT), &waiting).await["done"],
        json!(0)
    );
    assert_eq!(
        gateway.registry_calls().await,
        4,
        "one row of each batch, sent twice"
    );

    gateway.no_faults().await;
    ends(&gateway, CLIENT, &waiting).await;
    ends(&gateway, NEIGHBOUR, &newcomer).await;
    for client in [CLIENT, NEIGHBOUR] {
        assert_eq!(refused(&gateway, client).await, 1, "one went ahead");
    }
    gateway.finish().await;
}

#[actix_web::test]
async fn it_is_given_up_after_its_time_though_nobody_tried() {
    let gateway = watched().setting("batches.give_up_after", "2h").start().await;
    let people = people(&gateway, 5).await;
    taken_away(&gateway).await;
    let id = taken_on(&hand_in(&gateway.client(CLIENT), &gateway, &batch(&people)).await);
    tried(&gateway, CLIENT).await;
    gateway.advance(HOUR * 3);
    gateway
        .wait_for("the end", async || {
            standing(&gateway.client(CLIENT), &id).await["status"] == "failed"
        })
        .await;
    let failed = standing(&gateway.client(CLIENT), &id).await;
    let reason = failed["reason"].as_str().unwrap();
    assert!(
        ["registry_unavailable", "registry_timeout"].contains(&reason),
        "{failed}"
    );
    assert_eq!(refused(&gateway, CLIENT).await, 2, "the first try and the last");
    gateway.finish().await;
}

#[actix_web::test]
async fn where_look_ups_alone_fail_one_row_goes_ahead_and_others_answers_end_the_wait() {
    let gateway = Gateway::builder()
        .setting("registry.breaker_calls", "6")
        .start()
        .await;
    let people = people(&gateway, 40).await;
    let ask = async |person: &Value| {
        let officer = gateway.officer("001090000001");
        officer.verify(&question(person, &json!({}))).await
    };
    let mut look_ups_fail = outage();
    look_ups_fail["operation"] = json!("037");
    gateway.fault(look_ups_fail).await;
    for person in &people[..3] {
        ask(person).await.must_be(503, "registry_unavailable");
    }
    let id = taken_on(&hand_in(&gateway.client(CLIENT), &gateway, &batch(&people[5..])).await);
    tried(&gateway, CLIENT).await;
    // Half open, it may be asked: a single row does so, and finds it as it was.
    gateway.advance(HOUR);
    gateway
        .wait_for("another try", async || refused(&gateway, CLIENT).await == 2)
        .await;
    gateway.no_faults().await;
    // Half open again: the batch tried a moment ago, and others find out that it answers.
    gateway.advance(Duration::from_secs(5));
    for person in &people[..3] {
        ask(person).await.must_be(200, "confirmed");
    }
    ends(&gateway, CLIENT, &id).await;
    let standing = standing(&gateway.client(CLIENT), &id).await;
    assert_eq!(standing["counts"], json!({"confirmed": 35}));
    assert_eq!(refused(&gateway, CLIENT).await, 2);
    gateway.finish().await;
}

#[actix_web::test]
async fn a_registry_that_tells_its_keys_and_answers_nobody_lets_nobody_go_on() {
    const NEWCOMER: &str = "newcomer";
    let gateway = watched()
        .client(NEWCOMER, &[])
        .setting("registry.watched_every", "100ms")
        .setting("registry.breaker_calls", "1000")
        .start()
        .await;
    let people = people(&gateway, 41).await;
    let page = json!({"service": "registry", "operation": "037", "kind": "html_200"});
    gateway.fault(page).await;
    let mut ids = Vec::new();
    for (client, rows) in [(CLIENT, &people[..20]), (NEIGHBOUR, &people[20..40])] {
        let id = taken_on(&hand_in(&gateway.client(client), &gateway, &batch(rows)).await);
        tried(&gateway, client).await;
        ids.push((client, id));
    }
    let tries = async || {
        [
            refused(&gateway, CLIENT).await,
            refused(&gateway, NEIGHBOUR).await,
        ]
    };
    let waiting = async || is_put_off(&gateway).await;
    gateway.wait_for("both to wait", waiting).await;
    // Who has waited for an hour tries once a minute.
    let before = tries().await;
    gateway.advance(HOUR);
    gateway
        .wait_for("another try", async || {
            let now = tries().await;
            now[0] > before[0] && now[1] > before[1]
        })
        .await;
    gateway.wait_for("both to wait again", waiting).await;
    let before = tries().await;
    gateway
        .wait_for("it to be there again, as far as its keys tell", async || {
            let readiness = gateway.readiness().await;
            let degraded = readiness["degraded"].as_array().cloned().unwrap_or_default();
            !degraded.contains(&json!("registry"))
        })
        .await;
    // Who comes now is tried: so the others would have been.
    let newcomer = batch(&people[40..]);
    let newcomer = taken_on(&hand_in(&gateway.client(NEWCOMER), &gateway, &newcomer).await);
    tried(&gateway, NEWCOMER).await;
    assert_eq!(tries().await, before);
    ids.push((NEWCOMER, newcomer));

    gateway.no_faults().await;
    gateway
        .officer("001090000001")
        .verify(&question(&people[0], &json!({})))
        .await
        .must_be(200, "confirmed");
    for (client, id) in ids {
        gateway
            .wait_for("the end", async || {
                set_ahead(&gateway, Duration::from_secs(11)).await;
                standing(&gateway.client(client), &id).await["status"] == "done"
            })
            .await;
    }
    gateway.finish().await;
}

#[actix_web::test]
async fn a_batch_that_has_gone_on_has_not_stood_still() {
    let gateway = Gateway::start().await;
    let people = people(&gateway, 20).await;
    let spent = json!({"service": "registry", "kind": "soap_fault", "code": "QUOTA"});
    gateway.fault(spent.clone()).await;
    let id = taken_on(&hand_in(&gateway.client(CLIENT), &gateway, &batch(&people)).await);
    tried(&gateway, CLIENT).await;
    let before = refused(&gateway, CLIENT).await;
    gateway.advance(HOUR);
    gateway
        .wait_for("another try", async || refused(&gateway, CLIENT).await > before)
        .await;
    gateway
        .wait_for("it to be put off for that", async || is_put_off(&gateway).await)
        .await;
    // From here on it is one row's alone, in the middle of a round.
    gateway.no_faults().await;
    let mut of_one = spent;
    of_one["pin"] = people[9]["pin"].clone();
    gateway.fault(of_one).await;
    gateway.advance(Duration::from_secs(300));
    let system = gateway.client(CLIENT);
    progressed(&gateway, &system, &id, 8).await;
    gateway.no_faults().await;
    // It stands still for a second or two, not for as long as one that has stood for an hour.
    ends(&gateway, CLIENT, &id).await;
    gateway.finish().await;
}

#[actix_web::test]
async fn one_person_s_outage_holds_nobody_else_up() {
    let gateway = Gateway::start().await;
    slow_registry(&gateway, 10).await;
    let people = people(&gateway, 200).await;
    let mut of_one = outage();
    of_one["pin"] = people[0]["pin"].clone();
    gateway.fault(of_one).await;
    let id = taken_on(&hand_in(&gateway.client(CLIENT), &gateway, &batch(&people)).await);
    progressed(&gateway, &gateway.client(CLIENT), &id, 199).await;
    gateway.no_faults().await;
    gateway
        .wait_for("the last one", async || {
            set_ahead(&gateway, Duration::from_secs(10)).await;
            standing(&gateway.client(CLIENT), &id).await["status"] == "done"
        })
        .await;
    gateway.finish().await;
}
