//! What does a caller get for everything that can go wrong at the registry?
//!
//! The table `registry_faults.csv`, line by line, over mutual TLS as in production: each fault against what is held when the
//! call comes, with verify and with lookup. Of every answer it is demanded that it comes within the deadline, that an outage
//! is never "nobody", that nothing is an internal error, and that there is a row; and once the fault is gone, that the next
//! call finds the registry by itself.

use std::time::{Duration, Instant};

use dancu::clock::{Clock as _, SystemClock};
use futures_util::future::join_all;
use serde_json::{Map, Value, json};

use crate::clients::Answer;
use crate::gateway::Gateway;
use crate::records::people;

const OFFICER: &str = "001090000001";
/// Takes an older record while the registry is down, for a day.
const BIRTH: &str = "1.001193";
/// Takes none.
const MARRIAGE: &str = "1.000894";

const ATTEMPT: Duration = Duration::from_millis(500);
const DEADLINE: Duration = Duration::from_millis(1_300);
/// What a call may take beside the registry's part, on a machine that is busy with other tests.
const LEEWAY: Duration = Duration::from_secs(2);

/// What is held when the call comes, in the order of the table's columns, with the procedure that it is for.
const HELD: [(&str, &str); 4] = [
    ("cold", BIRTH),
    ("fresh", BIRTH),
    ("stale allowed", BIRTH),
    ("stale not allowed", MARRIAGE),
];

/// Is one line of the table.
pub struct Line {
    pub fault: Value,
    pub expected: [&'static str; 4],
    pub steps: Vec<&'static str>,
}

/// Reads the table.
pub fn table() -> Vec<Line> {
    let lines = include_str!("registry_faults.csv")
        .lines()
        .filter(|line| !line.starts_with('#'));
    lines.skip(1).map(Line::read).collect()
}

impl Line {
    fn read(line: &'static str) -> Self {
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        let [kind, settings, cold, fresh, allowed, refused, steps] = cells[..] else {
            panic!("cells of {line}")
        };
        let mut fault = Map::from_iter([
            ("service".to_owned(), json!("registry")),
            ("kind".to_owned(), json!(kind)),
        ]);
        for setting in settings.split_whitespace() {
            let (name, value) = setting.split_once('=').unwrap();
            fault.insert(
                name.to_owned(),
                value
                    .parse::<u64>()
                    .map_or_else(|_| json!(value), |number| json!(number)),
            );
        }
        let steps = steps.split_whitespace().collect();
        Self {
            fault: Value::Object(fault),
            expected: [cold, fresh, allowed, refused],
            steps,
        }
    }

    /// Names the faults to set; one that is limited to so many calls is set for each person anew.
    fn faults(&self, people: &[Value]) -> Vec<Value> {
        match self.fault["kind"].as_str() {
            Some("none") => Vec::new(),
            // The handshake knows nobody's number.
            Some("expired_certificate") => vec![self.fault.clone()],
            _ => people
                .iter()
                .map(|person| with(&self.fault, "pin", &person["pin"]))
                .collect(),
        }
    }
}

/// Adds a member to an object.
pub fn with(object: &Value, name: &str, value: &Value) -> Value {
    let mut object = object.clone();
    object[name] = value.clone();
    object
}

/// Verifies or looks up, measured.
async fn ask(gateway: &Gateway, is_lookup: bool, person: &Value, procedure: &str) -> (Answer, Duration) {
    let context =
        json!({"procedure": procedure, "dossier": "000.00.12.H57-260822-0001", "channel": "counter"});
    let officer = gateway.officer(OFFICER);
    let begun: Instant = SystemClock.steady();
    let answer = if is_lookup {
        officer
            .lookup(&json!({"subject": person, "fields": ["full_name"], "context": context}))
            .await
    } else {
        officer
            .verify(&json!({"subject": person, "claims": {}, "context": context}))
            .await
    };
    (answer, SystemClock.steady().saturating_duration_since(begun))
}

/// Writes an answer as the table does.
pub fn shown(answer: &Answer) -> String {
    let words = if answer.status == 200 {
        [answer.text("/source/from"), ""]
    } else {
        [answer.told(), answer.text("/reason")]
    };
    format!("{} {} {}", answer.status, words[0], words[1])
        .trim_end()
        .to_owned()
}

/// Starts a gateway that is impatient with the registry.
pub async fn over_tls() -> Gateway {
    let milliseconds = |duration: Duration| format!("{}ms", duration.as_millis());
    Gateway::builder()
        .registry_over_tls()
        .setting("registry.attempt_timeout", &milliseconds(ATTEMPT))
        .setting("registry.connect_timeout", &milliseconds(ATTEMPT))
        .setting("registry.deadline", &milliseconds(DEADLINE))
        // Each call shakes hands anew, so that the certificate counts every time.
        .setting("registry.idle_connections", "0")
        .start()
        .await
}

#[actix_web::test]
async fn every_fault_gets_its_answer_in_time() {
    let gateway = over_tls().await;
    let table = table();
    let people = people(&gateway, table.len() * HELD.len() * 2).await;
    let of_line: Vec<_> = people.chunks(HELD.len() * 2).collect();
    let of_state = |line: usize, state: usize| &of_line[line][state * 2..=state * 2 + 1];

    for states in [&[2, 3][..], &[1]] {
        if states == [1] {
            gateway.advance(Duration::from_secs(2 * 3_600));
        }
        for line in 0..table.len() {
            let of_states = states.iter().flat_map(|state| of_state(line, *state));
            let answers = join_all(of_states.map(|person| ask(&gateway, false, person, BIRTH))).await;
            answers
                .iter()
                .for_each(|(answer, _)| answer.must_be(200, "confirmed"));
        }
    }
    let mut wrong = Vec::new();
    for (index, line) in table.iter().enumerate() {
        for fault in line.faults(of_line[index]) {
            gateway.fault(fault).await;
        }
        let asked = HELD.iter().enumerate().flat_map(|(state, (_, procedure))| {
            let [verified, looked_up] = of_state(index, state) else {
                panic!("two people for each state")
            };
            [
                ask(&gateway, false, verified, procedure),
                ask(&gateway, true, looked_up, procedure),
            ]
        });
        let answers = join_all(asked).await;
        let rows = gateway.rows().await;
        for (place, (answer, took)) in answers.iter().enumerate() {
            let (state, service) = (place / 2, ["verify", "lookup"][place % 2]);
            let mut rows = rows
                .iter()
                .filter(|row| row["transaction_id"] == answer.text("/transaction_id"));
            let row = rows.next().unwrap();
            let results: Vec<_> = row["steps"]
                .as_array()
                .unwrap()
                .iter()
                .map(|step| step["result"].as_str().unwrap())
                .collect();
            let (got, expected) = (shown(answer), line.expected[state]);
            let in_time = *took < DEADLINE + LEEWAY;
            let told_truly = answer.told() != "no_match" && answer.status != 500;
            let steps = if state == 1 {
                Vec::new()
            } else {
                line.steps.clone()
            };
            let is_row_right = results == steps && row["operation"] == service && rows.next().is_none();
            if got != expected || !in_time || !told_truly || !is_row_right {
                wrong.push(format!(
                    "{} {service} {}: {got}, {results:?}, {took:?}",
                    line.fault, HELD[state].0
                ));
            }
        }
        gateway.no_faults().await;
        let recovered = ask(&gateway, false, &of_line[index][0], MARRIAGE).await.0;
        if recovered.told() != "confirmed" {
            wrong.push(format!("{}: not recovered: {}", line.fault, shown(&recovered)));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    gateway.finish().await;
}

#[actix_web::test]
async fn a_registry_that_nobody_can_reach_is_an_outage() {
    // Nobody listens on a port that was just given back.
    let gone = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let gateway = Gateway::builder()
        .setting("registry.url", &format!("http://{gone}/dancu"))
        .start()
        .await;
    let person = people(&gateway, 1).await.remove(0);
    let (answer, _) = ask(&gateway, false, &person, BIRTH).await;
    assert_eq!(shown(&answer), "503 registry_unavailable");
    gateway.finish().await;
}
