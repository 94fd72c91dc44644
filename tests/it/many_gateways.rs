//! Do gateways that share a Redis share what they hold, let go of it together, and answer without it?
//!
//! Two gateways in this process, of the same secrets, each with a store of its own, over a real Redis that is killed, frozen,
//! emptied and filled with nonsense. The registry's own count of calls tells who asked whom.

use std::sync::Arc;
use std::time::Duration;

use dancu::clock::{Clock as _, ManualClock};
use dancu::domain::pin::{IdNumber, Pin};
use dancu::domain::record::{Record, Status};
use dancu::domain::subject::Subject;
use dancu::fleet::{self, Fleet};
use dancu::records::{self, Heard, Held, Records, SecondLevel, Sharing};
use dancu::sealing::{Label, MasterSecret, Names, Pseudonyms, Sealer};
use futures_util::future::join_all;
use jiff::Timestamp;
use redis::Commands as _;
use reqwest::Method;
use secrecy::SecretString;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::clients::{Answer, fields_of, p01, question};
use crate::events::{events, moved, push};
use crate::gateway::{Builder, Gateway};
use crate::records::people;
use crate::redis_server::RedisServer;

const OFFICER: &str = "001090000001";
const P01: &str = "100190000001";
const RECORDS: &str = "dancu:record:*";

fn sharing(redis: &RedisServer) -> Builder {
    Gateway::builder()
        .setting("redis.url_file", redis.url_file().to_str().unwrap())
        .setting("records.second_level", "true")
        .setting("registry.budget_when_apart", "share")
}

/// Starts two gateways, which both know that there are two.
async fn two(redis: &RedisServer) -> Gateway {
    let mut gateway = sharing(redis).start().await;
    gateway.start_another().await;
    gateway
        .wait_for("both to be there", async || {
            redis.connection().zcard::<_, u64>("dancu:gateways").unwrap() == 2
        })
        .await;
    gateway
}

async fn verify(gateway: &Gateway, body: &Value) -> Answer {
    gateway.officer(OFFICER).verify(body).await
}

async fn wait_for_records(gateway: &Gateway, redis: &RedisServer, count: usize) {
    gateway
        .wait_for("records to be shared", async || {
            redis.keys(RECORDS).len() == count
        })
        .await;
}

/// Ends gateways and server, and has the canary search the server's memory too.
async fn finish(gateway: Gateway, redis: RedisServer) {
    gateway.canary.heard_bytes("redis", &redis.dump());
    gateway.finish().await;
}

fn asked() -> Value {
    question(
        &p01(),
        &json!({"permanent_residence": {"province_code": "25", "commune_code": "09106"}}),
    )
}

fn is_degraded(readiness: &Value) -> bool {
    let degraded = readiness["degraded"].as_array();
    readiness["status"] == "degraded" && degraded.is_some_and(|parts| parts.contains(&json!("redis")))
}

async fn readiness(gateway: &Gateway) -> Value {
    let answer = gateway
        .http
        .get(format!("{}/readyz", gateway.operations()))
        .send();
    serde_json::from_str(&answer.await.unwrap().text().await.unwrap()).unwrap()
}

/// Counts the look-ups in the second level that went that way.
async fn second_level(gateway: &Gateway, result: &str) -> u64 {
    let name = format!("dancu_second_level_lookups_total{{result=\"{result}\"}} ");
    let metrics = gateway.metrics().await;
    let line = metrics.lines().find_map(|line| line.strip_prefix(&name));
    line.map_or(0, |count| count.parse().unwrap())
}

#[actix_web::test]
async fn what_one_gateway_was_told_the_other_needs_not_ask() {
    let Some(redis) = RedisServer::start() else { return };
    let mut gateway = two(&redis).await;
    verify(&gateway, &asked()).await.must_be(200, "confirmed");
    wait_for_records(&gateway, &redis, 1).await;
    let fetched = gateway.rows().await.remove(0);
    gateway.turn();
    gateway.advance(Duration::from_secs(60));
    let answer = verify(&gateway, &asked()).await;
    answer.must_be(200, "confirmed");
    assert!(answer.header("cache-status").starts_with("dancu; hit; ttl="));
    assert_eq!(answer.text("/source/from"), "cache");
    let age: u64 = answer.header("age").parse().unwrap();
    assert!((60..120).contains(&age), "the record's own age: {age}");
    assert_eq!(gateway.registry_calls().await, 1);
    let row = gateway.rows().await.remove(0);
    assert_eq!(
        (&row["registry_request"], &row["steps"]),
        (&fetched["registry_request"], &json!([]))
    );
    assert_eq!(
        (
            second_level(&gateway, "hit").await,
            second_level(&gateway, "miss").await
        ),
        (1, 0)
    );
    // From now on it is in the first level.
    verify(&gateway, &asked()).await.must_be(200, "confirmed");
    assert_eq!(second_level(&gateway, "hit").await, 1);
    // Whose name is not quite so is still the registry's to answer first.
    let mut misnamed = asked();
    misnamed["subject"]["full_name"] = json!("Nguyễn Thị Khác");
    verify(&gateway, &misnamed).await.must_be(200, "no_match");
    assert!(gateway.registry_calls().await > 1);
    wait_for_records(&gateway, &redis, 1).await;
    finish(gateway, redis).await;
}

#[actix_web::test]
async fn a_caller_who_wants_only_what_is_held_gets_what_another_gateway_holds() {
    let Some(redis) = RedisServer::start() else { return };
    let mut gateway = two(&redis).await;
    let only_if_cached = async |gateway: &Gateway| {
        let officer = gateway.officer(OFFICER).header("Cache-Control", "only-if-cached");
        officer.verify(&asked()).await
    };
    only_if_cached(&gateway).await.must_be(504, "not_cached");
    verify(&gateway, &asked()).await.must_be(200, "confirmed");
    wait_for_records(&gateway, &redis, 1).await;
    gateway.turn();
    only_if_cached(&gateway).await.must_be(200, "confirmed");
    // What is older than the caller wants isn't taken from anywhere.
    gateway.advance(Duration::from_secs(60));
    let officer = gateway.officer(OFFICER).header("Cache-Control", "max-age=30");
    officer.verify(&asked()).await.must_be(200, "confirmed");
    assert_eq!(gateway.registry_calls().await, 2);
    finish(gateway, redis).await;
}

#[actix_web::test]
async fn a_household_is_shared_too() {
    let Some(redis) = RedisServer::start() else { return };
    let mut gateway = two(&redis).await;
    let body = json!({
        "subject": p01(),
        "predicates": [{"type": "member_count", "at_least": 1}],
        "context": {"procedure": "1.001193", "dossier": "000.00.12.H57-260822-0001", "channel": "counter"},
    });
    for _ in 0..2 {
        let answer = gateway
            .officer(OFFICER)
            .post("/v1/households/verify", &body)
            .await;
        assert_eq!(answer.status, 200, "{:?}", answer.body);
        wait_for_records(&gateway, &redis, 2).await;
        gateway.turn();
    }
    assert_eq!(
        (gateway.registry_calls().await, gateway.household_calls().await),
        (1, 1)
    );
    finish(gateway, redis).await;
}

#[actix_web::test]
async fn a_change_told_to_one_gateway_reaches_the_other() {
    let Some(redis) = RedisServer::start() else { return };
    let mut gateway = two(&redis).await;
    let [someone] = people(&gateway, 1).await.try_into().unwrap();
    let unconcerned = question(&someone, &json!({}));
    for _ in 0..2 {
        verify(&gateway, &asked()).await.must_be(200, "confirmed");
        verify(&gateway, &unconcerned).await.must_be(200, "confirmed");
        wait_for_records(&gateway, &redis, 2).await;
        gateway.turn();
    }
    assert_eq!(gateway.registry_calls().await, 2);
    // Redis need not hold the person any more for the other gateway to let go of them.
    let mut connection = redis.connection();
    for key in redis.keys(RECORDS) {
        connection.del::<_, ()>(key).unwrap();
    }
    gateway
        .control(Method::PATCH, &format!("persons/{P01}"), moved())
        .await;
    let event = events(&gateway).await.remove(0);
    assert_eq!(push(&gateway, &event).await.status, 204);
    verify(&gateway, &asked()).await.must_be(200, "differs");
    gateway.turn();
    gateway
        .wait_for("the other gateway to have heard", async || {
            verify(&gateway, &asked()).await.text("/outcome") == "differs"
        })
        .await;
    let calls = gateway.registry_calls().await;
    verify(&gateway, &unconcerned).await.must_be(200, "confirmed");
    assert_eq!(
        gateway.registry_calls().await,
        calls,
        "who hasn't changed is still held"
    );
    finish(gateway, redis).await;
}

#[actix_web::test]
async fn a_change_while_redis_is_away_is_told_when_it_is_back() {
    let Some(mut redis) = RedisServer::start() else {
        return;
    };
    let mut gateway = two(&redis).await;
    for _ in 0..2 {
        verify(&gateway, &asked()).await.must_be(200, "confirmed");
        wait_for_records(&gateway, &redis, 1).await;
        gateway.turn();
    }
    redis.kill();
    gateway
        .control(Method::PATCH, &format!("persons/{P01}"), moved())
        .await;
    let event = events(&gateway).await.remove(0);
    assert_eq!(
        push(&gateway, &event).await.status,
        204,
        "a change counts without Redis"
    );
    verify(&gateway, &asked()).await.must_be(200, "differs");
    gateway.turn();
    verify(&gateway, &asked()).await.must_be(200, "confirmed");
    redis.start_again();
    gateway
        .wait_for("the other gateway to have heard", async || {
            verify(&gateway, &asked()).await.text("/outcome") == "differs"
        })
        .await;
    finish(gateway, redis).await;
}

#[actix_web::test]
async fn what_a_change_has_overtaken_is_shared_with_nobody() {
    let Some(redis) = RedisServer::start() else { return };
    let fleet = async || {
        let url = SecretString::from(redis.url());
        let config = fleet::Config::new(&url, None, Duration::from_secs(5)).unwrap();
        Arc::new(Fleet::join(config).await.unwrap())
    };
    let [reader, teller] = [records(fleet().await), records(fleet().await)];
    let clock = ManualClock::default();
    let pin: Pin = P01.parse().unwrap();
    let numbers = [IdNumber::Pin(pin)];
    let subject = Subject {
        number: numbers[0],
        full_name: "Nguyễn Thị Mẫu".parse().unwrap(),
        date_of_birth: "1990-04-12".parse().unwrap(),
    };
    let key = reader.key(&subject, Sharing::Shared);
    let held = Arc::new(held(&subject, pin, clock.now()));
    assert_eq!(
        reader.heard(),
        None,
        "nothing is shared before the changes were read"
    );
    let until_heard = async |until: &dyn Fn() -> bool| {
        let mut hearing = Box::pin(reader.keep_in_step());
        let mut looks = tokio::time::interval(Duration::from_millis(1));
        while !until() {
            futures_util::future::select(&mut hearing, Box::pin(looks.tick())).await;
        }
    };
    until_heard(&|| reader.heard().is_some()).await;
    let before = reader.heard();
    let share = async |begun: Option<Heard>| {
        reader.share(&key, &held, begun, clock.now()).unwrap().await;
        redis.keys(RECORDS).len()
    };
    // The registry has told the other gateway, and this one has looked since before that and hasn't heard.
    teller.forget_person(&numbers);
    teller.tell_others().await;
    assert_eq!(reader.heard(), before);
    assert_eq!(share(before.clone()).await, 0);
    // A look-up that begins once the change was heard is shared.
    until_heard(&|| reader.heard() != before).await;
    assert_eq!(share(reader.heard()).await, 1);
    assert_eq!(
        share(before).await,
        1,
        "what was overtaken replaces nothing either"
    );
    // And gone with the next change, whoever tells.
    teller.forget_person(&numbers);
    teller.tell_others().await;
    assert_eq!(redis.keys(RECORDS).len(), 0);
}

fn records(fleet: Arc<Fleet>) -> Records {
    let config = records::Config {
        capacity: 10,
        lifetime: Duration::from_secs(3600),
        absent_lifetime: Duration::from_secs(30),
        second_level: true,
    };
    let secret = MasterSecret::new(&[7; 32]).unwrap();
    let sealer = Sealer::new(&secret, Label::Cache).unwrap();
    let clock = Arc::new(ManualClock::default());
    Records::new(
        config,
        Names::new(&secret, Label::Cache).unwrap(),
        Pseudonyms::new(&secret, Label::Cache).unwrap(),
    )
    .with_second_level(SecondLevel::new(fleet, sealer, Arc::new(|_, _| ()), clock))
}

fn held(subject: &Subject, pin: Pin, fetched_at: Timestamp) -> Held {
    let record = Record {
        pin,
        old_id_number: None,
        cancelled_numbers: Box::default(),
        full_name: subject.full_name.clone(),
        date_of_birth: subject.date_of_birth,
        sex: None,
        ethnicity: None,
        religion: None,
        nationality: None,
        marital_status: None,
        head_of_household: None,
        place_of_birth_registration: None,
        place_of_origin: None,
        permanent_residence: None,
        current_residence: None,
        temporary_residence: None,
        temporary_since: None,
        status: Status::Active,
        as_of: fetched_at,
    };
    Held::new(record, fetched_at, "demo".parse().unwrap(), Uuid::nil())
}

#[actix_web::test]
async fn who_may_have_missed_a_change_lets_go_of_everything() {
    let Some(mut redis) = RedisServer::start() else {
        return;
    };
    let gateway = two(&redis).await;
    // A change, so that the stream has a life that can end.
    gateway
        .control(Method::PATCH, &format!("persons/{P01}"), moved())
        .await;
    let event = events(&gateway).await.remove(0);
    assert_eq!(push(&gateway, &event).await.status, 204);
    verify(&gateway, &asked()).await.must_be(200, "differs");
    let calls = gateway.registry_calls().await;
    verify(&gateway, &asked()).await.must_be(200, "differs");
    assert_eq!(gateway.registry_calls().await, calls);
    redis.kill();
    redis.start_again();
    gateway
        .wait_for("all to be let go of", async || {
            verify(&gateway, &asked()).await.header("cache-status") == "dancu; fwd=miss"
        })
        .await;
    finish(gateway, redis).await;
}

#[actix_web::test]
async fn a_day_s_calls_are_counted_together() {
    let Some(redis) = RedisServer::start() else { return };
    let mut gateway = sharing(&redis).limits(&[("per_day", 40)]).start().await;
    gateway.start_another().await;
    let mut answered = 0;
    for _ in 0..2 {
        for _ in 0..20 {
            verify(&gateway, &asked()).await.must_be(200, "confirmed");
            answered += 1;
        }
        let spent = answered.to_string();
        gateway
            .wait_for("both to know", async || {
                let mut connection = redis.connection();
                let counts = redis.keys("dancu:limit:count:*");
                counts
                    .iter()
                    .all(|key| connection.get::<_, String>(key).unwrap() == spent)
                    && counts.len() == 2
            })
            .await;
        gateway.turn();
    }
    // The first gateway has answered twenty itself, and hears of the other's at its next exchange: alone it would answer as many more.
    let mut over = 0;
    while verify(&gateway, &asked()).await.status == 200 {
        over += 1;
        let told = (answered + over).to_string();
        gateway
            .wait_for("it to be told", async || {
                let counts = redis.keys("dancu:limit:count:*");
                let mut connection = redis.connection();
                counts
                    .iter()
                    .all(|key| connection.get::<_, String>(key).unwrap() == told)
            })
            .await;
    }
    assert!(over <= 5, "{over} beyond the day's forty");
    let refused = verify(&gateway, &asked()).await;
    refused.must_be(429, "quota_exhausted");
    finish(gateway, redis).await;
}

#[actix_web::test]
async fn nobody_sees_redis_die() {
    let Some(mut redis) = RedisServer::start() else {
        return;
    };
    let gateway = two(&redis).await;
    let people = people(&gateway, 60).await;
    let ask = async |people: &[Value]| {
        let bodies: Vec<_> = people.iter().map(|person| question(person, &json!({}))).collect();
        let answers = join_all(bodies.iter().map(|body| verify(&gateway, body))).await;
        answers.iter().for_each(|answer| answer.must_be(200, "confirmed"));
    };
    ask(&people[..20]).await;
    let (_, ()) = futures_util::future::join(ask(&people[20..40]), async { redis.kill() }).await;
    gateway
        .wait_for("it to be seen", async || is_degraded(&readiness(&gateway).await))
        .await;
    ask(&people[40..]).await;
    ask(&people).await;
    redis.start_again();
    gateway
        .wait_for("it to be back", async || {
            readiness(&gateway).await == json!({"status": "ready"})
        })
        .await;
    // What was fetched meanwhile wasn't shared; what is fetched now is.
    let officer = gateway.officer(OFFICER).header("Cache-Control", "no-cache");
    gateway
        .wait_for("records to be shared again", async || {
            officer
                .verify(&question(&people[0], &json!({})))
                .await
                .must_be(200, "confirmed");
            !redis.keys(RECORDS).is_empty()
        })
        .await;
    finish(gateway, redis).await;
}

#[actix_web::test]
async fn a_redis_that_answers_nobody_holds_nobody_up_for_long() {
    let Some(redis) = RedisServer::start() else { return };
    let gateway = sharing(&redis).setting("redis.timeout", "200ms").start().await;
    let people = people(&gateway, 4).await;
    verify(&gateway, &question(&people[0], &json!({})))
        .await
        .must_be(200, "confirmed");
    redis.freeze();
    let begun = gateway.clock.steady();
    for person in &people[1..] {
        verify(&gateway, &question(person, &json!({})))
            .await
            .must_be(200, "confirmed");
    }
    let took = gateway.clock.steady().saturating_duration_since(begun);
    assert!(took < Duration::from_secs(10), "{took:?}");
    gateway
        .wait_for("it to be seen", async || is_degraded(&readiness(&gateway).await))
        .await;
    redis.thaw();
    gateway
        .wait_for("it to be back", async || {
            readiness(&gateway).await == json!({"status": "ready"})
        })
        .await;
    finish(gateway, redis).await;
}

#[actix_web::test]
async fn a_gateway_starts_without_redis_and_finds_it_later() {
    let Some(mut redis) = RedisServer::start() else {
        return;
    };
    redis.kill();
    let gateway = sharing(&redis).start().await;
    assert!(is_degraded(&readiness(&gateway).await));
    // Who never heard of the others doesn't know its part of the budget.
    verify(&gateway, &asked()).await.must_be(503, "overloaded");
    redis.start_again();
    gateway
        .wait_for("it to be there", async || {
            readiness(&gateway).await == json!({"status": "ready"})
        })
        .await;
    verify(&gateway, &asked()).await.must_be(200, "confirmed");
    finish(gateway, redis).await;
}

#[actix_web::test]
async fn nonsense_in_redis_is_a_miss() {
    let Some(redis) = RedisServer::start() else { return };
    let mut gateway = two(&redis).await;
    let [person, other] = people(&gateway, 2).await.try_into().unwrap();
    let body = question(&person, &json!({}));
    verify(&gateway, &body).await.must_be(200, "confirmed");
    wait_for_records(&gateway, &redis, 1).await;
    let key = redis.keys(RECORDS).remove(0);
    verify(&gateway, &question(&other, &json!({})))
        .await
        .must_be(200, "confirmed");
    wait_for_records(&gateway, &redis, 2).await;
    let other_key = redis
        .keys(RECORDS)
        .into_iter()
        .find(|known| *known != key)
        .unwrap();
    let mut connection = redis.connection();
    let sealed: Vec<u8> = connection.get(&key).unwrap();
    let of_another: Vec<u8> = connection.get(&other_key).unwrap();
    let mut changed = sealed.clone();
    *changed.last_mut().unwrap() ^= 1;
    let table = [
        Vec::new(),
        b"{}".to_vec(),
        vec![1; 4_096],
        sealed[..sealed.len() / 2].to_vec(),
        changed,
        // Sealed by a gateway, but for another person: it mustn't answer for this one.
        of_another,
    ];
    gateway.turn();
    let calls = gateway.registry_calls().await;
    for (times, nonsense) in (1_u64..).zip(&table) {
        connection.set::<_, _, ()>(&key, nonsense).unwrap();
        let officer = gateway.officer(OFFICER).header("Cache-Control", "max-age=30");
        // The one asked before is too old by now, so the second level is asked.
        gateway.advance(Duration::from_secs(60));
        let answer = officer.lookup(&fields_of(&person, &["full_name"])).await;
        answer.must_be(200, "confirmed");
        assert_eq!(
            answer.body["attributes"]["full_name"]["value"],
            person["full_name"]
        );
        assert_eq!(gateway.registry_calls().await, calls + times);
        assert_eq!(second_level(&gateway, "unreadable").await, times);
        gateway
            .wait_for("the nonsense to be replaced", async || {
                redis.connection().get::<_, Vec<u8>>(&key).unwrap() != *nonsense
            })
            .await;
    }
    // A value of another type is an error of the command, not of the connection.
    connection.del::<_, ()>(&key).unwrap();
    connection.rpush::<_, _, ()>(&key, "nonsense").unwrap();
    gateway.advance(Duration::from_secs(60));
    let officer = gateway.officer(OFFICER).header("Cache-Control", "max-age=30");
    officer.verify(&body).await.must_be(200, "confirmed");
    assert!(
        !is_degraded(&readiness(&gateway).await),
        "an error of a command isn't one of the server"
    );
    finish(gateway, redis).await;
}

#[actix_web::test]
async fn a_gateway_of_other_secrets_reads_nothing() {
    let Some(redis) = RedisServer::start() else { return };
    let gateway = sharing(&redis).start().await;
    verify(&gateway, &asked()).await.must_be(200, "confirmed");
    wait_for_records(&gateway, &redis, 1).await;
    let stranger = sharing(&redis).start().await;
    verify(&stranger, &asked()).await.must_be(200, "confirmed");
    assert_eq!(stranger.registry_calls().await, 1);
    assert_eq!(second_level(&stranger, "hit").await, 0);
    assert_eq!(second_level(&stranger, "miss").await, 1);
    stranger.finish().await;
    finish(gateway, redis).await;
}
