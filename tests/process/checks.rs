//! Does every check that waits for the registry come to one end, however the gateway died?

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::connection::{Answer, Connection, ask};
use crate::gateway::{Gateway, audit, rows};
use crate::program::PATIENCE;
use crate::surroundings::Surroundings;

const HOUSEHOLDS: usize = 50;

#[test]
fn killed_while_fifty_households_wait_it_loses_none_and_ends_each_once() {
    let around = Surroundings::new();
    let token = around.token();
    let bodies: Vec<String> = around
        .questions(HOUSEHOLDS)
        .iter()
        .map(|text| birth(text))
        .collect();

    let gateway = Gateway::start(&around, &[]);
    faults(
        &around,
        "PUT",
        &json!([{"service": "registry", "kind": "status", "status": 503}]),
    );
    let mut connection = Connection::open(&gateway.api).unwrap();
    let ids: Vec<String> = bodies
        .iter()
        .map(|body| {
            let answer = call(&mut connection, &token, "POST", "/v1/checks", body);
            assert_eq!(answer.status, 202, "{answer:?}");
            answer.json()["id"].as_str().unwrap().to_owned()
        })
        .collect();
    kill(gateway);

    // The registry is back, and the gateway dies again as soon as the first has ended.
    faults(&around, "DELETE", &Value::Null);
    let gateway = Gateway::start(&around, &[("DANCU__CHECKS__RETRY_EVERY", "200ms")]);
    let mut ends: BTreeMap<String, Value> = BTreeMap::new();
    let mut connection = Connection::open(&gateway.api).unwrap();
    while ends.is_empty() {
        ends = ended(&mut connection, &token, &ids);
    }
    kill(gateway);

    let gateway = Gateway::start(&around, &[("DANCU__CHECKS__RETRY_EVERY", "200ms")]);
    let mut connection = Connection::open(&gateway.api).unwrap();
    let clock = dancu::clock::SystemClock;
    let start = dancu::clock::Clock::steady(&clock);
    let mut last = ended(&mut connection, &token, &ids);
    while last.len() < HOUSEHOLDS {
        let waited = dancu::clock::Clock::steady(&clock).duration_since(start);
        assert!(waited < PATIENCE, "only {} have ended", last.len());
        last = ended(&mut connection, &token, &ids);
    }
    for (id, end) in &ends {
        assert_eq!(last.get(id), Some(end), "an end changed");
    }
    for end in last.values() {
        assert_eq!(end["decision"], "paper_not_required", "{end:#}");
    }
    gateway.stop().expect(0);
    audit(&around, "verify", &[]).expect(0);
    let rows = rows(&around, &[]);
    for end in last.values() {
        let of_check = |row: &&Value| row["transaction_id"] == end["transaction_id"];
        assert!(
            rows.iter()
                .filter(of_check)
                .any(|row| row["outcome"] == "paper_not_required"),
            "an end has no row"
        );
    }
    println!(
        "{HOUSEHOLDS} checks over two kills, {} had ended before the second",
        ends.len()
    );
}

/// Asks for a birth registration about the person of a question.
fn birth(question: &str) -> String {
    let question: Value = serde_json::from_str(question).unwrap();
    json!({
        "context": question["context"],
        "subjects": [{"role": "mother", "subject": question["subject"]}],
    })
    .to_string()
}

fn call(connection: &mut Connection, token: &str, method: &str, path: &str, body: &str) -> Answer {
    let bearer = format!("Bearer {token}");
    let headers = [
        ("Authorization", bearer.as_str()),
        ("Content-Type", "application/json"),
    ];
    connection.ask(method, path, &headers, body).unwrap()
}

/// Gives the checks that have ended.
fn ended(connection: &mut Connection, token: &str, ids: &[String]) -> BTreeMap<String, Value> {
    let read = |id: &String| {
        let answer = call(connection, token, "GET", &format!("/v1/checks/{id}"), "");
        assert_eq!(answer.status, 200, "{id} is lost: {answer:?}");
        (id.clone(), answer.json())
    };
    let all: Vec<_> = ids.iter().map(read).collect();
    all.into_iter()
        .filter(|(_, check)| check["decision"] != "pending")
        .collect()
}

fn faults(around: &Surroundings, method: &str, faults: &Value) {
    let url = format!("http://{}/_mock/faults", around.control());
    let json = [("Content-Type", "application/json")];
    let set = ask(method, &url, &json, &faults.to_string()).unwrap();
    assert!((200..300).contains(&set.status), "{set:?}");
}

fn kill(gateway: Gateway) {
    gateway.program.signal("KILL");
    assert_eq!(gateway.program.end(PATIENCE).signal, Some(9));
}
