//! Is the registry asked as seldom as may be, and never too seldom?
//!
//! What is held, for whom and for how long, told by the mock registry's own count of calls; many who ask for one person at
//! once; the ladder of lawful forms. Time is the gateway's own clock, set ahead by hand.

mod coalescing;

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::clients::{Answer, p01, question};
use crate::gateway::{CLIENT, Gateway};

const OFFICER: &str = "001090000001";
/// One whom the mock registry doesn't know.
const STRANGER: &str = "001090007000";

const BIRTH: &str = "1.001193";
const MARRIAGE: &str = "1.000894";
const DEATH: &str = "1.000656";
const RESIDENCE: &str = "1.004222";
const ALLOWANCE: &str = "1.001776";

const MINUTE: Duration = Duration::from_secs(60);

fn minutes(count: u32) -> Duration {
    MINUTE * count
}

/// Asks about a person for the work of a procedure.
fn asked(subject: &Value, procedure: &str) -> Value {
    let mut body = question(subject, &json!({}));
    body["context"]["procedure"] = json!(procedure);
    body
}

/// The same person under a name that isn't theirs.
fn misnamed(subject: &Value) -> Value {
    let mut subject = subject.clone();
    subject["full_name"] = json!("Trương Quốc Khác");
    subject
}

/// Draws people of the register.
pub async fn people(gateway: &Gateway, count: usize) -> Vec<Value> {
    let sample = gateway.known(&format!("sample?count={count}&seed=11")).await;
    let subject = |person: &Value| json!({"pin": person["pin"], "full_name": person["full_name"], "date_of_birth": person["date_of_birth"]});
    sample["people"].as_array().unwrap().iter().map(subject).collect()
}

/// Has a call made that its caller doesn't wait for; returns when the registry has been asked.
async fn hung_up(gateway: &Gateway, officer: &str, body: &Value) {
    let before = gateway.registry_calls().await;
    gateway.canary.watch_question(body);
    let token = gateway.officer(officer).token().await.unwrap();
    let request = gateway.http.post(format!("{}/v1/citizens/verify", gateway.api()));
    let request = request
        .header("Authorization", format!("Bearer {token}"))
        .header("Content-Type", "application/json");
    let caller = actix_web::rt::spawn(request.body(body.to_string()).send());
    gateway
        .wait_for("the registry to be asked", async || {
            gateway.registry_calls().await > before
        })
        .await;
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());
}

/// Has ten officers ask the same, so many calls in all, at once.
async fn crowd(gateway: &Gateway, body: &Value, calls: usize) -> Vec<Answer> {
    let officers: Vec<_> = (1..=10)
        .map(|number| gateway.officer(&format!("0010900000{number:02}")))
        .collect();
    for officer in &officers {
        officer.token().await.unwrap();
    }
    join_all((0..calls).map(|call| officers[call % officers.len()].verify(body))).await
}

fn slow(delay_ms: u64) -> Value {
    json!({"service": "registry", "operation": "037", "kind": "delay", "delay_ms": delay_ms, "count": 1})
}

async fn patient() -> Gateway {
    let builder = Gateway::builder()
        .setting("registry.attempt_timeout", "20s")
        .setting("registry.deadline", "25s")
        .setting("api.shutdown_timeout", "25s");
    builder.start().await
}

fn steps(row: &Value) -> Vec<&str> {
    row["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["form"].as_str().unwrap())
        .collect()
}

fn results(row: &Value) -> Vec<&str> {
    row["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["result"].as_str().unwrap())
        .collect()
}

/// Reads `ttl` and `Age` of a hit.
fn ttl_and_age(answer: &Answer) -> (i64, i64) {
    let status = answer.header("cache-status");
    let ttl = status
        .strip_prefix("dancu; hit; ttl=")
        .unwrap_or_else(|| panic!("no hit of one's own: {status}"));
    let ttl = ttl.split(';').next().unwrap_or_default().parse().unwrap();
    (ttl, answer.header("age").parse().unwrap())
}

#[actix_web::test]
async fn a_held_record_answers_until_its_age_is_over() {
    let gateway = Gateway::start().await;
    let body = asked(&p01(), BIRTH);
    let verify = async || gateway.officer(OFFICER).verify(&body).await;

    let first = verify().await;
    assert_eq!(
        (first.header("cache-status"), first.header("age")),
        ("dancu; fwd=miss", "0")
    );
    assert_eq!(
        (first.text("/source/from"), &first.body["source"]["age"]),
        ("registry", &json!(0))
    );

    gateway.advance(minutes(10));
    let second = verify().await;
    let (ttl, age) = ttl_and_age(&second);
    assert!(
        (600..660).contains(&age) && (3_599..=3_600).contains(&(ttl + age)),
        "ttl {ttl}, age {age}"
    );
    assert_eq!(
        (second.text("/source/from"), &second.body["source"]["age"]),
        ("cache", &json!(age))
    );
    assert_eq!(second.text("/source/as_of"), first.text("/source/as_of"));

    gateway.advance(minutes(49));
    assert!(ttl_and_age(&verify().await).1 >= 59 * 60);
    assert_eq!(gateway.registry_calls().await, 1);
    gateway.advance(minutes(2));
    assert_eq!(verify().await.header("cache-status"), "dancu; fwd=miss");
    assert_eq!(gateway.registry_calls().await, 2);
    gateway.finish().await;
}

#[actix_web::test]
async fn a_request_may_ask_for_less_age_and_never_for_more() {
    let gateway = Gateway::start().await;
    let body = asked(&p01(), BIRTH);
    let with = async |directives: &str| {
        let before = gateway.registry_calls().await;
        let answer = gateway
            .officer(OFFICER)
            .header("Cache-Control", directives)
            .verify(&body)
            .await;
        (answer, gateway.registry_calls().await - before)
    };
    let (nothing_held, calls) = with("only-if-cached").await;
    nothing_held.must_be(504, "not_cached");
    assert_eq!(calls, 0);
    let row = gateway
        .rows_of(nothing_held.text("/transaction_id"))
        .await
        .remove(0);
    assert_eq!(
        (row["outcome"].as_str(), row["problem"].as_str()),
        (Some("refused"), Some("not_cached"))
    );

    gateway
        .officer(OFFICER)
        .verify(&body)
        .await
        .must_be(200, "confirmed");
    gateway.advance(minutes(10));
    for (directives, status, expected_calls) in [
        ("only-if-cached", "dancu; hit", 0),
        ("max-age=900", "dancu; hit", 0),
        ("max-age=86400", "dancu; hit", 0),
        ("max-stale=60", "dancu; hit", 0),
        ("max-age=oben", "dancu; hit", 0),
        ("max-age=60, max-stale=86400", "dancu; fwd=miss", 1),
    ] {
        let (answer, calls) = with(directives).await;
        answer.must_be(200, "confirmed");
        assert!(
            answer.header("cache-status").starts_with(status),
            "{directives}: {}",
            answer.header("cache-status")
        );
        assert_eq!(calls, expected_calls, "{directives}");
    }
    let (shorter, _) = with("max-age=900").await;
    assert!(ttl_and_age(&shorter).0 <= 900);
    let (forced, calls) = with("no-cache").await;
    assert_eq!(
        (forced.header("cache-status"), forced.header("age"), calls),
        ("dancu; fwd=request", "0", 1)
    );
    let (contradictory, calls) = with("no-cache, only-if-cached").await;
    contradictory.must_be(504, "not_cached");
    assert_eq!(calls, 0);

    gateway.advance(minutes(61));
    let (_, calls) = with("max-age=86400").await;
    assert_eq!(calls, 1, "no request raises the procedure's ceiling");
    gateway.advance(minutes(61));
    with("only-if-cached, max-stale")
        .await
        .0
        .must_be(504, "not_cached");
    gateway.finish().await;
}

#[actix_web::test]
async fn an_older_record_answers_only_where_procedure_and_request_bear_it() {
    let gateway = Gateway::start().await;
    gateway
        .officer(OFFICER)
        .verify(&asked(&p01(), BIRTH))
        .await
        .must_be(200, "confirmed");
    gateway.advance(minutes(120));
    gateway
        .fault(json!({"service": "registry", "kind": "status", "status": 503}))
        .await;
    let with = async |procedure: &str, directives: &str| {
        let role = gateway.officer(OFFICER);
        let role = if directives.is_empty() {
            role
        } else {
            role.header("Cache-Control", directives)
        };
        role.verify(&asked(&p01(), procedure)).await
    };
    for directives in ["", "max-stale", "max-stale=4000", "max-age=600, max-stale=7000"] {
        let answer = with(BIRTH, directives).await;
        answer.must_be(200, "confirmed");
        assert_eq!(answer.text("/source/from"), "stale_cache", "{directives}");
        assert!(
            answer
                .header("cache-status")
                .ends_with("; detail=registry-unavailable"),
            "{directives}"
        );
        let (ttl, age) = ttl_and_age(&answer);
        let fresh_for = if directives.starts_with("max-age") {
            600
        } else {
            3_600
        };
        assert!(
            (7_200..7_260).contains(&age) && (0..=1).contains(&(age + ttl - fresh_for)),
            "ttl {ttl}, age {age}"
        );
        let row = gateway.rows_of(answer.text("/transaction_id")).await.remove(0);
        assert_eq!(
            (row["source"].as_str(), results(&row)),
            (Some("stale_cache"), vec!["unavailable", "unavailable"])
        );
    }
    for directives in [
        "max-stale=3000",
        "max-stale=0",
        "max-age=600",
        "max-age=600, max-stale=60",
        "no-cache",
    ] {
        with(BIRTH, directives).await.must_be(503, "registry_unavailable");
    }
    with(MARRIAGE, "max-stale")
        .await
        .must_be(503, "registry_unavailable");
    gateway
        .officer(OFFICER)
        .verify(&asked(&misnamed(&p01()), BIRTH))
        .await
        .must_be(503, "registry_unavailable");
    gateway.finish().await;
}

#[actix_web::test]
async fn each_procedure_has_its_own_ceiling_and_says_whether_it_shares() {
    let gateway = Gateway::start().await;
    let people = people(&gateway, 2).await;
    let calls_for = async |person: &Value, procedure: &str| {
        let before = gateway.registry_calls().await;
        gateway
            .officer(OFFICER)
            .verify(&asked(person, procedure))
            .await
            .must_be(200, "confirmed");
        gateway.registry_calls().await - before
    };
    assert_eq!(calls_for(&people[0], BIRTH).await, 1);
    assert_eq!(
        calls_for(&people[0], MARRIAGE).await,
        0,
        "the two share their records"
    );
    assert_eq!(
        calls_for(&people[0], RESIDENCE).await,
        1,
        "it takes nobody else's record"
    );
    assert_eq!(
        calls_for(&people[0], RESIDENCE).await,
        1,
        "nor an earlier one of its own"
    );
    gateway.advance(minutes(20));
    assert_eq!(calls_for(&people[0], BIRTH).await, 0);
    assert_eq!(
        calls_for(&people[0], MARRIAGE).await,
        1,
        "its ceiling is a quarter of an hour"
    );

    assert_eq!(calls_for(&people[1], RESIDENCE).await, 1);
    assert_eq!(
        calls_for(&people[1], BIRTH).await,
        1,
        "nobody gets its records either"
    );
    gateway.finish().await;
}

#[actix_web::test]
async fn another_client_learns_the_age_to_the_hour_only() {
    let gateway = Gateway::builder().client("neighbour", &[]).start().await;
    let body = asked(&p01(), ALLOWANCE);
    let first = gateway.officer(OFFICER).verify(&body).await;
    first.must_be(200, "confirmed");
    let neighbour = async || gateway.client("neighbour").officer(OFFICER).verify(&body).await;
    for (ahead, age) in [(0, "3600"), (59, "3600"), (2, "7200")] {
        gateway.advance(minutes(ahead));
        let answer = neighbour().await;
        answer.must_be(200, "confirmed");
        assert_eq!(
            (answer.header("cache-status"), answer.header("age")),
            ("dancu; hit", age)
        );
        assert_eq!(answer.body["source"]["age"].to_string(), age);
        assert!(
            answer.text("/source/as_of").contains(":00:00"),
            "{}",
            answer.text("/source/as_of")
        );
    }
    assert!(ttl_and_age(&gateway.client(CLIENT).officer(OFFICER).verify(&body).await).1 >= 3_660);
    assert_eq!(gateway.registry_calls().await, 1);
    gateway.finish().await;
}

#[actix_web::test]
async fn a_wrong_name_costs_and_shows_the_same_whoever_is_held() {
    let gateway = Gateway::start().await;
    let people = people(&gateway, 2).await;
    gateway
        .officer(OFFICER)
        .verify(&asked(&people[0], BIRTH))
        .await
        .must_be(200, "confirmed");
    let unknown = json!({"pin": "001190999999", "full_name": "Trương Quốc Khác", "date_of_birth": people[0]["date_of_birth"]});
    let mut shown = BTreeSet::new();
    for (whose, subject) in [
        ("held", misnamed(&people[0])),
        ("not held", misnamed(&people[1])),
        ("nobody's", unknown),
    ] {
        let before = gateway.registry_calls().await;
        let answer = gateway.officer(OFFICER).verify(&asked(&subject, BIRTH)).await;
        answer.must_be(200, "no_match");
        assert_eq!(
            (answer.header("cache-status"), answer.header("age")),
            ("dancu; fwd=miss", "0"),
            "{whose}"
        );
        let row = gateway.rows_of(answer.text("/transaction_id")).await.remove(0);
        let calls = usize::try_from(gateway.registry_calls().await - before).unwrap();
        assert_eq!(calls, steps(&row).len(), "{whose}");
        let mut body = answer.body.clone();
        for changing in ["transaction_id", "answered_at", "receipt"] {
            body[changing] = json!(null);
        }
        body["source"]["as_of"] = json!(null);
        shown.insert(format!("{body} {:?} {:?}", answer.header_names(), steps(&row)));

        let again = gateway.officer(OFFICER).verify(&asked(&subject, BIRTH)).await;
        assert_eq!(
            (again.header("cache-status"), again.header("age")),
            ("dancu; fwd=miss", "0"),
            "{whose}"
        );
        assert_eq!(again.text("/source/as_of"), again.text("/answered_at"), "{whose}");
        assert_eq!(
            gateway.registry_calls().await,
            before + u64::try_from(calls).unwrap(),
            "{whose}: asked again"
        );
    }
    assert_eq!(shown.len(), 1, "{shown:#?}");
    gateway.finish().await;
}

#[actix_web::test]
async fn nobody_found_is_remembered_for_that_name_alone_and_briefly() {
    let gateway = Gateway::start().await;
    let person = people(&gateway, 1).await.remove(0);
    let calls_for = async |subject: &Value, outcome: &str| {
        let before = gateway.registry_calls().await;
        gateway
            .officer(OFFICER)
            .verify(&asked(subject, BIRTH))
            .await
            .must_be(200, outcome);
        gateway.registry_calls().await - before
    };
    let ladder = calls_for(&misnamed(&person), "no_match").await;
    assert!(ladder > 1);
    assert_eq!(calls_for(&misnamed(&person), "no_match").await, 0);
    assert_eq!(
        calls_for(&person, "confirmed").await,
        1,
        "the name put right is asked for at once"
    );
    assert_eq!(calls_for(&misnamed(&person), "no_match").await, 0);
    gateway.advance(Duration::from_secs(31));
    assert_eq!(calls_for(&misnamed(&person), "no_match").await, ladder);
    gateway.finish().await;
}

#[actix_web::test]
async fn a_name_corrected_in_the_register_is_found_at_once() {
    let gateway = Gateway::start().await;
    let mut person = people(&gateway, 1).await.remove(0);
    gateway
        .officer(OFFICER)
        .verify(&asked(&person, BIRTH))
        .await
        .must_be(200, "confirmed");
    let corrected = json!({"correct": {"full_name": "TRƯƠNG QUỐC KHÁC"}, "silent": true});
    let path = format!("persons/{}", person["pin"].as_str().unwrap());
    gateway.control(Method::PATCH, &path, corrected).await;
    person["full_name"] = json!("Trương Quốc Khác");
    let answer = gateway.officer(OFFICER).verify(&asked(&person, BIRTH)).await;
    answer.must_be(200, "confirmed");
    assert_eq!(answer.header("cache-status"), "dancu; fwd=miss");
    assert_eq!(gateway.registry_calls().await, 2);
    gateway.finish().await;
}

#[actix_web::test]
async fn the_ladder_finds_a_rotated_name_and_says_how() {
    let gateway = Gateway::start().await;
    let mut subject = p01();
    subject["full_name"] = json!("Thị Mẫu Nguyễn");
    let answer = gateway.officer(OFFICER).verify(&asked(&subject, BIRTH)).await;
    answer.must_be(200, "differs");
    assert_eq!(answer.text("/identity/result"), "close");
    assert!(
        answer.body["identity"]["differences"]
            .as_array()
            .unwrap()
            .contains(&json!("word_order"))
    );
    let row = gateway.rows_of(answer.text("/transaction_id")).await.remove(0);
    assert_eq!(steps(&row), ["plain", "first_word_last", "last_word_first"]);
    assert_eq!(results(&row), ["empty", "empty", "record"]);
    assert_eq!(row["registry_request"], row["steps"][2]["registry_request"]);
    assert_eq!(gateway.registry_calls().await, 3);
    gateway.finish().await;
}

#[actix_web::test]
async fn the_ladder_is_no_longer_than_the_setting() {
    let gateway = Gateway::builder()
        .setting("registry.ladder_queries", "3")
        .start()
        .await;
    gateway
        .officer(OFFICER)
        .verify(&asked(&misnamed(&p01()), BIRTH))
        .await
        .must_be(200, "no_match");
    assert_eq!(gateway.registry_calls().await, 3);
    gateway.finish().await;
}

#[actix_web::test]
async fn a_budget_that_ends_on_the_ladder_is_no_answer() {
    let builder = Gateway::builder()
        .setting("registry.calls_per_second", "1")
        .setting("registry.calls_at_once", "3");
    let gateway = builder.start().await;
    let answer = gateway
        .officer(OFFICER)
        .verify(&asked(&misnamed(&p01()), BIRTH))
        .await;
    answer.must_be(429, "registry_budget_exhausted");
    assert_eq!(
        answer.body["violated-policies"],
        json!([]),
        "the registry's budget is nobody's policy"
    );
    let row = gateway.rows_of(answer.text("/transaction_id")).await.remove(0);
    assert_eq!(row["problem"], "registry_budget_exhausted");
    assert!(
        results(&row).len() >= 3 && results(&row).iter().all(|result| *result == "empty"),
        "{row}"
    );
    gateway.advance(MINUTE);
    gateway
        .officer(OFFICER)
        .verify(&asked(&p01(), BIRTH))
        .await
        .must_be(200, "confirmed");
    gateway.finish().await;
}
