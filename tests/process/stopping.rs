//! Does the gateway end as it was told to: with every accepted call answered, and within its time?

use std::collections::BTreeSet;
use std::time::Duration;

use crate::connection::{self, Connection};
use crate::gateway::{Gateway, audit, rows, verify};
use crate::load;
use crate::personal::officer;
use crate::program::PATIENCE;
use crate::surroundings::{Surroundings, persona};

/// What a busy machine may take on top of the deadlines.
const SLACK: Duration = Duration::from_secs(5);

#[test]
fn under_load_no_answer_is_cut_and_every_row_is_written() {
    let around = Surroundings::new();
    let tokens: Vec<String> = (0..8).map(|number| around.token_of(&officer(number))).collect();
    let questions = around.questions(64);
    // With the log at its most talkative: even that must hold nothing personal.
    let variables = [
        ("DANCU__API__SHUTDOWN_TIMEOUT", "4s"),
        ("DANCU__REGISTRY__DEADLINE", "4s"),
        ("DANCU__TELEMETRY__LOG", "trace"),
    ];
    let gateway = Gateway::start(&around, &variables);
    let seen = load::until_gone(&gateway.api, &tokens, &questions, 200, || {
        gateway.program.signal("TERM")
    });
    gateway.program.end(PATIENCE).expect(0);
    println!(
        "{} answers, {} connections closed without one",
        seen.answers.len(),
        seen.closed
    );
    assert_eq!(seen.cuts, Vec::<String>::new());
    assert!(seen.others.is_empty(), "{:?}", seen.others);

    let rows = rows(&around, &[]);
    let rows: BTreeSet<&str> = rows
        .iter()
        .map(|row| row["transaction_id"].as_str().unwrap())
        .collect();
    let answers: BTreeSet<&str> = seen
        .answers
        .iter()
        .map(|answer| answer["transaction_id"].as_str().unwrap())
        .collect();
    assert_eq!(answers.len(), seen.answers.len());
    // An accepted call is one that has a row: each of them was answered.
    assert_eq!(rows, answers);
    let verified = audit(&around, "verify", &[]).expect(0);
    assert!(
        verified.out.contains(", 0 rows since the last one"),
        "{}",
        verified.out
    );
}

#[test]
fn a_slow_call_in_flight_gets_its_answer() {
    let around = Surroundings::new();
    let token = around.token();
    let gateway = Gateway::start(&around, &[]);
    around.fault("delay", 1_500);
    let mut connection = Connection::open(&gateway.api).unwrap();
    let asking = std::thread::spawn(move || verify(&mut connection, &token, &persona()));
    wait_until_struck(&around);
    gateway.program.signal("TERM");
    let answer = asking.join().unwrap().unwrap();
    assert_eq!(
        (answer.status, answer.json()["outcome"].as_str()),
        (200, Some("confirmed"))
    );
    gateway.program.end(PATIENCE).expect(0);
    assert_eq!(rows(&around, &[]).len(), 1);
}

#[test]
fn a_hanging_registry_and_a_second_signal_do_not_hold_it_up() {
    let around = Surroundings::new();
    let token = around.token();
    let variables = [
        ("DANCU__API__SHUTDOWN_TIMEOUT", "2s"),
        ("DANCU__REGISTRY__ATTEMPT_TIMEOUT", "1500ms"),
        ("DANCU__REGISTRY__DEADLINE", "1500ms"),
    ];
    let gateway = Gateway::start(&around, &variables);
    around.fault("hang", 60_000);
    let mut connection = Connection::open(&gateway.api).unwrap();
    let asking = std::thread::spawn(move || verify(&mut connection, &token, &persona()));
    wait_until_struck(&around);
    gateway.program.signal("TERM");
    gateway.program.signal("TERM");
    gateway.program.end(Duration::from_secs(2) + SLACK).expect(0);
    // The call's own deadline comes first, so that it has its answer, and its row.
    let answer = asking.join().unwrap().unwrap();
    assert_eq!(
        (answer.status, answer.json()["code"].as_str()),
        (504, Some("registry_timeout"))
    );
    assert_eq!(rows(&around, &[]).len(), 1);
}

#[test]
fn idle_connections_do_not_hold_it_up() {
    let around = Surroundings::new();
    let variables = [
        ("DANCU__API__SHUTDOWN_TIMEOUT", "1s"),
        ("DANCU__REGISTRY__ATTEMPT_TIMEOUT", "1s"),
        ("DANCU__REGISTRY__DEADLINE", "1s"),
    ];
    let gateway = Gateway::start(&around, &variables);
    let mut idle = Vec::new();
    for (address, path) in [(&gateway.api, "/openapi.json"), (&gateway.operations, "/metrics")] {
        let mut connection = Connection::open(address).unwrap();
        assert_eq!(connection.ask("GET", path, &[], "").unwrap().status, 200);
        idle.push(connection);
        // One that never says anything.
        idle.push(Connection::open(address).unwrap());
    }
    gateway.program.signal("TERM");
    gateway.program.end(Duration::from_secs(1) + SLACK).expect(0);
    drop(idle);
}

fn wait_until_struck(around: &Surroundings) {
    connection::until(around.control(), "/_mock/stats", |answer| {
        answer.json()["faults"][0]["struck"].as_u64().unwrap_or(0) > 0
    });
}
