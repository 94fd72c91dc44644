//! Does every answer that a client holds have its row, however the gateway died?

use std::collections::BTreeMap;

use serde_json::Value;

use crate::gateway::{Gateway, audit, rows};
use crate::load;
use crate::personal::officer;
use crate::postgres_server::Server;
use crate::program::PATIENCE;
use crate::surroundings::{Surroundings, persona};

const ROUNDS: usize = 20;

#[test]
fn killed_twenty_times_under_load_it_loses_no_row_of_an_answer() {
    killed_under_load(&Surroundings::new(), ROUNDS);
}

#[test]
fn killed_on_postgresql_it_loses_none_either_and_has_its_log_again_at_once() {
    let Some(server) = Server::start() else { return };
    let around = Surroundings::new();
    around.on_postgres(&server);
    killed_under_load(&around, 5);
}

fn killed_under_load(around: &Surroundings, rounds: usize) {
    let tokens: Vec<String> = (0..8).map(|number| around.token_of(&officer(number))).collect();
    let questions = around.questions(64);
    let mut held: Vec<Value> = Vec::new();
    for round in 0..rounds {
        let gateway = Gateway::start(around, &[]);
        // Another moment each time: while records are fetched, and when all come from the cache.
        let after = 1 + round * 13;
        let seen = load::until_gone(&gateway.api, &tokens, &questions, after, || {
            gateway.program.signal("KILL")
        });
        assert_eq!(gateway.program.end(PATIENCE).signal, Some(9));
        assert!(seen.others.is_empty(), "round {round}: {:?}", seen.others);
        held.extend(seen.answers);

        let verified = audit(around, "verify", &[]).expect(0);
        assert!(
            verified.out.starts_with("sound: "),
            "round {round}: {}",
            verified.out
        );
        let last = held.last().and_then(|answer| answer["receipt"].as_str()).unwrap();
        audit(around, "verify", &["--receipt", last]).expect(0);
        assert_all_have_rows(&held, &rows(around, &[]), round);
    }
    println!("{rounds} kills, {} answers, each with its row", held.len());
}

fn assert_all_have_rows(held: &[Value], rows: &[Value], round: usize) {
    for (index, row) in rows.iter().enumerate() {
        assert_eq!(row["index"], index, "round {round}: a gap");
    }
    let by_transaction: BTreeMap<&str, &Value> = rows
        .iter()
        .map(|row| (row["transaction_id"].as_str().unwrap(), row))
        .collect();
    assert_eq!(
        by_transaction.len(),
        rows.len(),
        "round {round}: a transaction id came twice"
    );
    for answer in held {
        let transaction = answer["transaction_id"].as_str().unwrap();
        let row = by_transaction
            .get(transaction)
            .unwrap_or_else(|| panic!("round {round}: no row for {transaction}"));
        let receipt = format!("dancu.{}.{}", row["index"], row["leaf"].as_str().unwrap());
        assert_eq!(answer["receipt"], receipt.as_str(), "round {round}");
        assert_eq!(answer["outcome"], row["outcome"], "round {round}");
    }
}

#[test]
fn what_was_spent_of_the_day_outlives_a_kill() {
    let around = Surroundings::new();
    around.client_limits("officer_per_second = 100, rate_per_second = 100, burst = 100, concurrency = 10, per_day = 4, per_month = 100");
    let token = around.token();
    let mut told = Vec::new();
    for _ in 0..2 {
        let gateway = Gateway::start(&around, &[]);
        for _ in 0..3 {
            let answer = gateway.verify(&token, &persona()).unwrap();
            told.push((
                answer.status,
                answer.json()["code"].as_str().unwrap_or("").to_owned(),
            ));
        }
        gateway.program.signal("KILL");
        gateway.program.end(PATIENCE);
    }
    let spent = told.iter().filter(|(status, _)| *status == 200).count();
    assert_eq!(spent, 4, "{told:?}");
    assert!(
        told.iter()
            .skip(4)
            .all(|(status, code)| (*status, code.as_str()) == (429, "quota_exhausted")),
        "{told:?}"
    );
}
