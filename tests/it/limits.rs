//! Who asked too much, and what are they told?
//!
//! Small limits, a clock set by hand, and headers read back as the structured fields that they are. What one gate refuses
//! costs nothing at the others.

use std::time::Duration;

use dancu::clock::Clock as _;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, ToSpan as _};
use serde_json::{Value, json};
use sfv::{BareItem, List, ListEntry, Parser};

use crate::clients::{Answer, fields_of, p01, question};
use crate::gateway::{CLIENT, Gateway};

const OFFICER: &str = "001090000001";

fn asked() -> Value {
    question(&p01(), &json!({"sex": "female"}))
}

/// A `RateLimit` or `RateLimit-Policy` header: each policy with its parameters.
fn read(answer: &Answer, header: &str) -> Vec<(String, Vec<(String, i64)>)> {
    let list: List = Parser::new(answer.header(header)).parse().unwrap();
    let entries = list.into_iter().map(|entry| {
        let ListEntry::Item(item) = entry else {
            panic!("{header} holds a list")
        };
        let BareItem::String(name) = item.bare_item else {
            panic!("{header} holds no string")
        };
        let number = |value: BareItem| match value {
            BareItem::Integer(number) => i64::from(number),
            other => panic!("{header} holds {other:?}"),
        };
        let parameters = item
            .params
            .into_iter()
            .filter(|(key, _)| key.as_str() != "qu")
            .map(|(key, value)| (key.to_string(), number(value)))
            .collect();
        (name.to_string(), parameters)
    });
    entries.collect()
}

/// The policy nearest to its limit, what remains of it and when it is whole again.
fn nearest(answer: &Answer) -> (String, i64, i64) {
    let mut policies = read(answer, "ratelimit");
    assert_eq!(policies.len(), 1);
    let (name, parameters) = policies.remove(0);
    let [(r, remaining), (t, seconds)] = &parameters[..] else {
        panic!("{parameters:?}")
    };
    assert_eq!((r.as_str(), t.as_str()), ("r", "t"));
    (name, *remaining, *seconds)
}

/// Demands a 429 that names the policy and says when to come back.
fn must_be_limited(answer: &Answer, code: &str, policy: &str) -> u64 {
    answer.must_be(429, code);
    assert_eq!(answer.body["violated-policies"], json!([policy]));
    assert_eq!(answer.body["retryable"], true);
    let (name, remaining, _) = nearest(answer);
    assert_eq!((name.as_str(), remaining), (policy, 0));
    let seconds = answer.header("retry-after").parse().unwrap();
    assert!(seconds >= 1);
    seconds
}

async fn row_says(gateway: &Gateway, answer: &Answer, problem: &str) {
    let rows = gateway.rows_of(answer.text("/transaction_id")).await;
    assert_eq!(rows.len(), 1);
    assert_eq!(
        (rows[0]["outcome"].as_str(), rows[0]["problem"].as_str()),
        (Some("refused"), Some(problem))
    );
}

#[actix_web::test]
async fn the_headers_tell_every_policy_and_the_nearest_goes_down() {
    let gateway = Gateway::builder().limits(&[("per_day", 20)]).start().await;
    let officer = gateway.officer(OFFICER);
    for spent in 1..=5 {
        let answer = officer.verify(&asked()).await;
        answer.must_be(200, "confirmed");
        let (name, remaining, seconds) = nearest(&answer);
        assert_eq!((name.as_str(), remaining), ("day", 20 - spent));
        assert!((1..=24 * 3600).contains(&seconds));
        let policies = read(&answer, "ratelimit-policy");
        let sizes: Vec<_> = policies
            .iter()
            .map(|(name, sizes)| (name.as_str(), sizes[0].1))
            .collect();
        let expected = [
            ("officer", 200),
            ("burst", 4_000),
            ("concurrency", 512),
            ("day", 20),
            ("month", 20_000_000),
        ];
        assert_eq!(sizes, expected);
        for (name, parameters) in policies {
            let has_window = parameters.iter().any(|(key, _)| key == "w");
            assert_eq!(
                has_window,
                ["officer", "burst"].contains(&name.as_str()),
                "{name}"
            );
        }
    }
    gateway.finish().await;
}

#[actix_web::test]
async fn an_officer_who_asks_too_fast_waits_alone() {
    let gateway = Gateway::builder()
        .limits(&[("officer_per_second", 1)])
        .start()
        .await;
    let officer = gateway.officer(OFFICER);
    let mut limited = None;
    // At one a second, two in a row can only both pass where a second went by between them.
    for _ in 0..50 {
        let answer = officer.verify(&asked()).await;
        if answer.status == 429 {
            limited = Some(answer);
            break;
        }
    }
    let limited = limited.unwrap();
    let seconds = must_be_limited(&limited, "rate_limited", "officer");
    row_says(&gateway, &limited, "rate_limited").await;
    gateway
        .officer("001090000002")
        .verify(&asked())
        .await
        .must_be(200, "confirmed");
    gateway.advance(Duration::from_secs(seconds));
    officer.verify(&asked()).await.must_be(200, "confirmed");
    let metrics = gateway.metrics().await;
    assert!(
        metrics.contains("dancu_limit_refusals_total{limit=\"officer\",client=\"demo\"} 1"),
        "{metrics}"
    );
    gateway.finish().await;
}

#[actix_web::test]
async fn a_client_s_burst_is_shared_by_its_officers() {
    let gateway = Gateway::builder()
        .limits(&[("rate_per_second", 1), ("burst", 3)])
        .start()
        .await;
    let mut limited = None;
    for number in 1..=50 {
        let answer = gateway
            .officer(&format!("0010900000{number:02}"))
            .verify(&asked())
            .await;
        if answer.status == 429 {
            assert!(number > 3);
            limited = Some(answer);
            break;
        }
    }
    let seconds = must_be_limited(&limited.unwrap(), "rate_limited", "burst");
    let own_view = gateway.client(CLIENT).get("/v1/client").await;
    assert!([200, 429].contains(&own_view.status));
    gateway.advance(Duration::from_secs(seconds + 1));
    gateway
        .officer(OFFICER)
        .verify(&asked())
        .await
        .must_be(200, "confirmed");
    gateway.finish().await;
}

#[actix_web::test]
async fn a_day_s_quota_ends_at_midnight_in_viet_nam_and_outlives_a_restart() {
    let mut gateway = Gateway::builder().limits(&[("per_day", 3)]).start().await;
    // Well before the next midnight, so that the day can't end by itself.
    let to_next = |gateway: &Gateway| {
        let now = gateway.clock.now().to_zoned(TimeZone::fixed(jiff::tz::offset(7)));
        let midnight = now.start_of_day().unwrap().checked_add(1.day()).unwrap();
        Duration::try_from(midnight.timestamp().duration_since(now.timestamp())).unwrap()
    };
    let until_midnight = to_next(&gateway);
    gateway.advance(until_midnight + Duration::from_secs(60));
    for left in [2, 1] {
        let answer = gateway.officer(OFFICER).verify(&asked()).await;
        answer.must_be(200, "confirmed");
        assert_eq!(nearest(&answer).1, left);
    }
    gateway.restart().await;
    let answer = gateway.officer(OFFICER).verify(&asked()).await;
    answer.must_be(200, "confirmed");
    assert_eq!(nearest(&answer).1, 0);
    let limited = gateway.officer(OFFICER).verify(&asked()).await;
    let seconds = must_be_limited(&limited, "quota_exhausted", "day");
    let until_midnight = to_next(&gateway);
    assert!(
        seconds.abs_diff(until_midnight.as_secs()) <= 2,
        "{seconds} instead of {until_midnight:?}"
    );
    row_says(&gateway, &limited, "quota_exhausted").await;
    // A reading isn't a question.
    assert_eq!(gateway.client(CLIENT).get("/v1/client").await.status, 200);
    gateway.advance(until_midnight + Duration::from_secs(1));
    let answer = gateway.officer(OFFICER).verify(&asked()).await;
    answer.must_be(200, "confirmed");
    assert_eq!(nearest(&answer).1, 2);
    gateway.finish().await;
}

#[actix_web::test]
async fn a_month_s_quota_is_the_last_to_end() {
    let gateway = Gateway::builder()
        .limits(&[("per_day", 2), ("per_month", 2)])
        .start()
        .await;
    let officer = gateway.officer(OFFICER);
    let now = gateway.clock.now().to_zoned(TimeZone::fixed(jiff::tz::offset(7)));
    let next_month = now
        .last_of_month()
        .unwrap()
        .start_of_day()
        .unwrap()
        .checked_add(1.day())
        .unwrap();
    let to_it: SignedDuration = next_month.timestamp().duration_since(now.timestamp());
    gateway.advance(Duration::try_from(to_it).unwrap() + Duration::from_secs(60));
    for _ in 0..2 {
        officer.verify(&asked()).await.must_be(200, "confirmed");
    }
    officer.verify(&asked()).await.must_be(429, "quota_exhausted");
    gateway.advance(Duration::from_secs(24 * 3600));
    must_be_limited(&officer.verify(&asked()).await, "quota_exhausted", "month");
    gateway.finish().await;
}

#[actix_web::test]
async fn what_the_registry_s_budget_refuses_is_given_back() {
    let gateway = Gateway::builder()
        .limits(&[("per_day", 10)])
        .setting("registry.calls_per_second", "1")
        .setting("registry.calls_at_once", "1")
        .start()
        .await;
    let officer = gateway.officer(OFFICER);
    let unknown = |number: usize| {
        let pin = format!("1001900{number:05}");
        question(
            &json!({"pin": pin, "full_name": "Nguyễn Thị Mẫu", "date_of_birth": "1990-04-12"}),
            &json!({}),
        )
    };
    officer.verify(&asked()).await.must_be(200, "confirmed");
    let mut refused = None;
    for number in 90_000..90_050 {
        let answer = officer.verify(&unknown(number)).await;
        if answer.status == 429 {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.unwrap();
    refused.must_be(429, "registry_budget_exhausted");
    // The budget is everybody's: no header may tell of it.
    assert!(
        read(&refused, "ratelimit-policy")
            .iter()
            .all(|(name, _)| name != "registry")
    );
    row_says(&gateway, &refused, "registry_budget_exhausted").await;
    let spent_before = 10 - nearest(&refused).1;
    // A cached answer needs no budget, and what the refused call took is there again.
    let answer = officer.verify(&asked()).await;
    answer.must_be(200, "confirmed");
    assert_eq!(answer.header("cache-status").split(';').nth(1), Some(" hit"));
    assert_eq!(10 - nearest(&answer).1, spent_before);
    gateway.finish().await;
}

#[actix_web::test]
async fn what_policy_refuses_spends_nothing_of_the_day() {
    let gateway = Gateway::builder().limits(&[("per_day", 10)]).start().await;
    let officer = gateway.officer(OFFICER);
    let refused = officer.lookup(&fields_of(&p01(), &["marital_status"])).await;
    refused.must_be(403, "field_not_permitted");
    officer.verify(&json!({})).await.must_be(422, "invalid_request");
    officer
        .clone()
        .header("Cache-Control", "only-if-cached")
        .verify(&asked())
        .await
        .must_be(504, "not_cached");
    let answer = officer.verify(&asked()).await;
    // Asking the cache alone is asking: only that call and this one count.
    assert_eq!(nearest(&answer), ("day".to_owned(), 8, nearest(&answer).2));
    gateway.finish().await;
}

#[actix_web::test]
async fn who_has_too_much_refused_is_limited_too() {
    let gateway = Gateway::builder()
        .setting("limits.refused_per_second", "1")
        .start()
        .await;
    let officer = gateway.officer(OFFICER);
    let mut limited = None;
    for _ in 0..50 {
        let answer = officer.verify(&json!({})).await;
        if answer.status == 429 {
            limited = Some(answer);
            break;
        }
        answer.must_be(422, "invalid_request");
    }
    let limited = limited.unwrap();
    limited.must_be(429, "rate_limited");
    row_says(&gateway, &limited, "rate_limited").await;
    officer.verify(&asked()).await.must_be(200, "confirmed");
    gateway.finish().await;
}

#[actix_web::test]
async fn too_many_officers_about_one_number_are_told_so_and_nothing_of_the_others() {
    let gateway = Gateway::builder()
        .limits(&[("officers_per_subject", 2)])
        .start()
        .await;
    for officer in ["001090000001", "001090000002", "001090000001"] {
        gateway
            .officer(officer)
            .verify(&asked())
            .await
            .must_be(200, "confirmed");
    }
    let refused = gateway.officer("001090000003").verify(&asked()).await;
    refused.must_be(429, "subject_limit");
    assert_eq!(refused.body["violated-policies"], json!([]));
    assert!(!refused.header_names().contains(&"ratelimit".to_owned()));
    row_says(&gateway, &refused, "subject_limit").await;
    gateway.finish().await;
}

#[actix_web::test]
async fn a_caller_sees_what_it_has_used_and_what_is_left() {
    let gateway = Gateway::builder().limits(&[("per_day", 10)]).start().await;
    let officer = gateway.officer(OFFICER);
    for _ in 0..4 {
        officer.verify(&asked()).await.must_be(200, "confirmed");
    }
    let answer = officer.get("/v1/quota").await;
    assert_eq!(answer.status, 200);
    let policies = answer.body["policies"].as_array().unwrap();
    let names: Vec<_> = policies
        .iter()
        .map(|policy| policy["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["officer", "burst", "concurrency", "day", "month"]);
    let day = &policies[3];
    assert_eq!(
        (&day["limit"], &day["used"], &day["remaining"]),
        (&json!(10), &json!(4), &json!(6))
    );
    assert!(day.get("window_seconds").is_none());
    assert_eq!(policies[1]["window_seconds"], 2);
    assert!(
        day["resets_at"].as_str().unwrap().ends_with("T00:00:00+07:00"),
        "{day}"
    );
    assert_eq!(policies[4]["used"], 4, "reading spends nothing of the month");
    gateway.finish().await;
}
