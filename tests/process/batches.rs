//! Does every row of a batch have one result, however often the gateway died in the middle?

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::connection::{Answer, Connection, ask};
use crate::gateway::{Gateway, audit, rows};
use crate::program::PATIENCE;
use crate::surroundings::Surroundings;

const ROWS: usize = 400;
const KILLS: usize = 5;

/// What `batches.at_once` is unless it is set.
const AT_ONCE: usize = 8;

#[test]
fn killed_five_times_halfway_every_row_has_one_result_and_the_counts_are_exact() {
    let around = Surroundings::new();
    let token = around.token();
    around.fault("delay", 20);
    let batch = batch(&around.questions(ROWS));
    let mut gateway = Gateway::start(&around, &[]);
    let mut connection = Connection::open(&gateway.api).unwrap();
    let taken = call(&mut connection, &token, "POST", "/v1/batches", &batch);
    assert_eq!(taken.status, 202, "{taken:?}");
    let id = taken.json()["id"].as_str().unwrap().to_owned();
    for kill in 1..=KILLS {
        until_done(&mut connection, &token, &id, kill * ROWS / (KILLS + 2));
        gateway.program.signal("KILL");
        assert_eq!(gateway.program.end(PATIENCE).signal, Some(9));
        gateway = Gateway::start(&around, &[]);
        connection = Connection::open(&gateway.api).unwrap();
    }
    no_faults(&around);
    let standing = until_done(&mut connection, &token, &id, ROWS);
    assert_eq!(
        (&standing["status"], &standing["counts"]),
        (&json!("done"), &json!({"confirmed": ROWS})),
        "{standing:#}"
    );
    let results = call(
        &mut connection,
        &token,
        "GET",
        &format!("/v1/batches/{id}/results"),
        "",
    );
    assert_eq!(results.status, 200);
    let results = String::from_utf8(results.body).unwrap();
    let results: Vec<Value> = results
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let numbers: Vec<_> = results.iter().map(|line| line["row"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=u64::try_from(ROWS).unwrap()).collect::<Vec<_>>());
    gateway.stop().expect(0);

    audit(&around, "verify", &[]).expect(0);
    let mut recorded: BTreeMap<String, usize> = BTreeMap::new();
    for row in rows(&around, &[]) {
        if row["operation"] == "batch_row" {
            *recorded
                .entry(row["transaction_id"].as_str().unwrap().to_owned())
                .or_default() += 1;
        }
    }
    let told: BTreeSet<String> = results
        .iter()
        .map(|line| line["answer"]["transaction_id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(told.len(), ROWS);
    assert_eq!(recorded.keys().cloned().collect::<BTreeSet<_>>(), told);
    let extra = recorded.values().sum::<usize>() - ROWS;
    // Those that were being asked, and those whose results were being written, when it was killed.
    assert!(extra <= KILLS * 2 * AT_ONCE, "{extra}");
    println!("{ROWS} rows over {KILLS} kills: {extra} asked again, each under its first id");
}

/// Makes one batch of questions for one dossier.
pub fn batch(questions: &[String]) -> String {
    let questions: Vec<Value> = questions
        .iter()
        .map(|text| serde_json::from_str(text).unwrap())
        .collect();
    let rows = questions.iter().enumerate().map(|(place, question)| {
        let row = json!({"row": place + 1, "subject": question["subject"], "claims": question["claims"]});
        format!("{row}\n")
    });
    format!(
        "{}\n{}",
        json!({"context": questions[0]["context"]}),
        rows.collect::<String>()
    )
}

fn call(connection: &mut Connection, token: &str, method: &str, path: &str, body: &str) -> Answer {
    let bearer = format!("Bearer {token}");
    let headers = [
        ("Authorization", bearer.as_str()),
        ("Content-Type", "application/x-ndjson"),
    ];
    connection.ask(method, path, &headers, body).unwrap()
}

/// Waits until so many rows are done and gives the standing.
fn until_done(connection: &mut Connection, token: &str, id: &str, rows: usize) -> Value {
    let clock = dancu::clock::SystemClock;
    let start = dancu::clock::Clock::steady(&clock);
    loop {
        let answer = call(connection, token, "GET", &format!("/v1/batches/{id}"), "");
        assert_eq!(answer.status, 200, "the batch is lost: {answer:?}");
        let standing = answer.json();
        if standing["done"].as_u64().unwrap() >= u64::try_from(rows).unwrap() {
            return standing;
        }
        let waited = dancu::clock::Clock::steady(&clock).duration_since(start);
        assert!(waited < 4 * PATIENCE, "{standing:#}");
    }
}

fn no_faults(around: &Surroundings) {
    let url = format!("http://{}/_mock/faults", around.control());
    let cleared = ask("DELETE", &url, &[], "").unwrap();
    assert!((200..300).contains(&cleared.status), "{cleared:?}");
}
