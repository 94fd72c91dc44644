//! Can somebody be found by trying?
//!
//! The demo's own budgets, which other tests have widened. Guesses in a row, from one officer and from twenty, are stopped and
//! have named nobody; what is said of a failure is the same whatever its cause, to the byte. Times are printed only: on a
//! busy machine they prove nothing.

use std::time::Duration;

use dancu::clock::{Clock as _, SystemClock};
use serde_json::{Value, json};

use crate::clients::{Answer, p01, question};
use crate::gateway::{CLIENT, Gateway};

/// How many guesses in a row; the budgets stop them long before.
const GUESSES: usize = 10_000;
/// How many pairs of failures are compared.
const PAIRS: usize = 2_000;
/// The most look-ups that one question makes.
const STEPS: u64 = 6;

/// A gateway with the budgets that the demo's client has.
async fn gateway() -> Gateway {
    Gateway::builder().client(CLIENT, &[]).start().await
}

/// A guess: the numbers of a province in order, with a name and a day that many have.
fn guess(number: usize) -> Value {
    let subject = json!({
        "pin": format!("10019{:07}", number),
        "full_name": "Nguyễn Thị Hoa",
        "date_of_birth": "1990-01-01",
    });
    question(&subject, &json!({}))
}

fn wrong_name() -> Value {
    let mut subject = p01();
    subject["full_name"] = json!("Nguyễn Thị Mận");
    subject
}

/// Sends guesses through officers in turn; tells how many were answered, and demands that the rest were stopped.
async fn guess_all(
    gateway: &Gateway,
    guesses: usize,
    officers: usize,
    body: impl Fn(usize) -> Value,
) -> usize {
    let officers: Vec<_> = (0..officers)
        .map(|number| gateway.officer(&format!("0010900001{number:02}")))
        .collect();
    let mut answered = 0;
    for number in 0..guesses {
        let answer = officers[number % officers.len()].verify(&body(number)).await;
        if answer.status == 200 {
            assert_eq!(answer.told(), "no_match", "{}", answer.body);
            answered += 1;
        } else if answer.told() == "rate_limited" {
            // Not what is tested; a second later it is a guess again.
            gateway.advance(Duration::from_millis(100));
        } else {
            answer.must_be(429, "guess_budget_exhausted");
            assert_eq!(answer.body["violated-policies"], json!([]));
            assert!(!answer.header_names().contains(&"ratelimit".to_owned()));
        }
    }
    answered
}

#[actix_web::test]
async fn one_officer_who_tries_numbers_in_order_is_stopped() {
    let gateway = gateway().await;
    let answered = guess_all(&gateway, GUESSES, 1, guess).await;
    assert_eq!(answered, 30);
    assert!(gateway.registry_calls().await <= 30 * STEPS);
    // A colleague goes on.
    gateway
        .officer("001090000099")
        .verify(&question(&p01(), &json!({})))
        .await
        .must_be(200, "confirmed");
    gateway.finish().await;
}

#[actix_web::test]
async fn twenty_officers_who_try_together_are_stopped() {
    let gateway = gateway().await;
    let answered = guess_all(&gateway, GUESSES, 20, guess).await;
    assert_eq!(answered, 600);
    assert!(gateway.registry_calls().await <= 600 * STEPS);
    gateway.finish().await;
}

#[actix_web::test]
async fn names_tried_on_one_person_lock_the_pair_and_say_nothing_of_whether_there_is_one() {
    let names = ["Mận", "Mai", "Lan", "Hoa", "Hà", "Hồng"];
    let tried = |pin: &'static str| {
        move |number: usize| {
            let name = format!("Trần Thị {}", names[number % names.len()]);
            question(
                &json!({"pin": pin, "full_name": name, "date_of_birth": "1990-04-12"}),
                &json!({}),
            )
        }
    };
    let mut locked = Vec::new();
    for pin in ["100190000001", "100190099999"] {
        let gateway = gateway().await;
        let answered = guess_all(&gateway, 100, 20, tried(pin)).await;
        assert_eq!(answered, 10, "the budget is the pair's, whoever asks");
        let answer = gateway.officer("001090000100").verify(&tried(pin)(0)).await;
        answer.must_be(429, "guess_budget_exhausted");
        let seconds: u64 = answer.header("retry-after").parse().unwrap();
        assert!((3_000..=3_600).contains(&seconds), "{seconds}");
        locked.push(countable(&answer));
        // Somebody else can still be asked about, and in an hour this one as well.
        gateway
            .officer("001090000100")
            .verify(&guess(7))
            .await
            .must_be(200, "no_match");
        gateway.advance(Duration::from_secs(seconds));
        gateway.signed_in.forget();
        gateway
            .officer("001090000100")
            .verify(&tried(pin)(0))
            .await
            .must_be(200, "no_match");
        gateway.finish().await;
    }
    assert_eq!(locked[0], locked[1]);
}

#[actix_web::test]
async fn names_tried_on_another_member_of_the_household_are_guesses_too() {
    let gateway = gateway().await;
    let officer = gateway.officer("001090000001");
    let asked = |name: &str| {
        json!({
            "subject": {"pin": "100080000017", "full_name": "Trần Văn Chủ", "date_of_birth": "1980-05-01"},
            "predicates": [{"type": "same_household", "person":
                {"pin": "100184000018", "full_name": name, "date_of_birth": "1984-08-08"}}],
            "context": {"procedure": "1.001193", "dossier": "000.00.12.H57-260822-0001", "channel": "counter"},
        })
    };
    let ask = async |name: &str| officer.post("/v1/households/verify", &asked(name)).await;
    for _ in 0..20 {
        let right = ask("Nguyễn Thị Thành Viên").await;
        assert_eq!(
            right.body["predicates"][0]["result"], "true",
            "naming rightly costs nothing"
        );
    }
    for tried in 0..10 {
        let wrong = ask("Nguyễn Thị Mận").await;
        assert_eq!(wrong.body["predicates"][0]["reason"], "no_such_member", "{tried}");
    }
    ask("Nguyễn Thị Thành Viên")
        .await
        .must_be(429, "guess_budget_exhausted");
    gateway.finish().await;
}

/// What can be counted of an answer: the body without its own ids and times, and the headers' names and sizes.
fn countable(answer: &Answer) -> (Value, Vec<String>, u16) {
    let mut body = answer.body.clone();
    // Each gateway of these tests has a port of its own, which stands in the type; the code says the same.
    for member in ["transaction_id", "answered_at", "receipt", "type"] {
        body[member] = Value::Null;
    }
    if body["source"].is_object() {
        body["source"]["as_of"] = Value::Null;
    }
    let mut names = answer.header_names();
    names.sort();
    (body, names, answer.status)
}

#[expect(clippy::print_stdout, reason = "a time is told, not judged")]
#[actix_web::test]
async fn the_kinds_of_failure_differ_in_nothing_that_can_be_counted() {
    let gateway = Gateway::builder()
        .limits(&[("officer_per_second", 100_000), ("burst", 100_000)])
        .start()
        .await;
    let officer = gateway.officer("001090000001");
    let body = |subject: &Value| question(subject, &json!({"sex": "female"}));
    // Whoever there is stands in the cache: what isn't told from it mustn't show either.
    officer.verify(&body(&p01())).await.must_be(200, "confirmed");
    let mut wrong_day = p01();
    wrong_day["date_of_birth"] = json!("1990-04-13");
    let mut took: [Vec<f64>; 2] = [Vec::new(), Vec::new()];
    let mut calls: [Vec<u64>; 2] = [Vec::new(), Vec::new()];
    let mut seen = Vec::new();
    for pair in 0..PAIRS {
        let unknown = json!({
            "pin": format!("10019009{pair:04}"),
            "full_name": "Nguyễn Thị Mận",
            "date_of_birth": "1990-04-12",
        });
        let held = if pair % 2 == 0 {
            wrong_name()
        } else {
            wrong_day.clone()
        };
        for (kind, subject) in [unknown, held].iter().enumerate() {
            // So that each asks the register, which is what an unknown number's first question does.
            gateway.advance(Duration::from_secs(60));
            let before = gateway.registry_calls().await;
            let begun = SystemClock.steady();
            let answer = officer.verify(&body(subject)).await;
            took[kind].push(SystemClock.steady().duration_since(begun).as_secs_f64());
            answer.must_be(200, "no_match");
            calls[kind].push(gateway.registry_calls().await - before);
            seen.push(countable(&answer));
        }
    }
    assert!(seen.windows(2).all(|pair| pair[0] == pair[1]));
    assert_eq!(calls[0], calls[1]);
    println!(
        "effect size in time over {PAIRS} pairs: {:.3} (nothing below 0.2 is seen by one look)",
        effect(&took)
    );
    gateway.finish().await;
}

/// Cohen's d of two samples.
fn effect([one, other]: &[Vec<f64>; 2]) -> f64 {
    let mean = |sample: &[f64]| sample.iter().sum::<f64>() / sample.len() as f64;
    let variance = |sample: &[f64]| {
        let centre = mean(sample);
        sample.iter().map(|value| (value - centre).powi(2)).sum::<f64>() / (sample.len() - 1) as f64
    };
    (mean(one) - mean(other)) / f64::midpoint(variance(one), variance(other)).sqrt()
}
