//! What does a caller get for everything that can go wrong at the registry?
//!
//! The table `registry_faults.csv`, cell by cell, over mutual TLS as in production: each fault against what is held when the
//! call comes, for every kind of call. Of every answer it is demanded that it comes within the deadline, that an outage is
//! never "nobody", that nothing is an internal error, and that there is a row that says the same; and once the fault is gone,
//! that the next call finds the registry, and what waited ends by itself. Each line has a gateway of its own, so that none
//! carries what another left behind; a kind of fault is one test, so that they run side by side.

mod trial;

use serde_json::{Map, Value, json};

use crate::clients::Answer;
use crate::gateway::Gateway;
use crate::records::people;
use trial::Trial;

/// Is one line of the table.
pub struct Line {
    pub fault: Value,
    /// By what is held: nothing, fresh, stale and allowed, stale and not.
    pub single: [&'static str; 4],
    pub check: [&'static str; 3],
    pub batch: [&'static str; 3],
    pub steps: Vec<&'static str>,
}

/// Reads the table.
fn table() -> impl Iterator<Item = Line> {
    let lines = include_str!("registry_faults.csv")
        .lines()
        .filter(|line| !line.starts_with('#'));
    lines.skip(1).map(Line::read)
}

impl Line {
    fn read(line: &'static str) -> Self {
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        let [kind, settings, a, b, c, d, e, f, g, h, i, j, steps] = cells[..] else {
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
        Self {
            fault: Value::Object(fault),
            single: [a, b, c, d],
            check: [e, f, g],
            batch: [h, i, j],
            steps: steps.split_whitespace().collect(),
        }
    }

    pub fn kind(&self) -> &str {
        self.fault["kind"].as_str().unwrap()
    }
}

/// Adds a member to an object.
pub fn with(object: &Value, name: &str, value: &Value) -> Value {
    let mut object = object.clone();
    object[name] = value.clone();
    object
}

/// Writes an answer as the table does.
fn shown(answer: &Answer) -> String {
    let words = if answer.status == 200 {
        [answer.text("/source/from"), ""]
    } else {
        [answer.told(), answer.text("/reason")]
    };
    format!("{} {} {}", answer.status, words[0], words[1])
        .trim_end()
        .to_owned()
}

/// Runs every line of a kind of fault.
async fn every_line_of(kind: &str) {
    let mut wrong = Vec::new();
    for line in table().filter(|line| line.kind() == kind) {
        wrong.extend(Trial::run(&line).await);
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

macro_rules! a_test_for_each_kind {
    ($($kind:ident)*) => {
        $(
            #[actix_web::test]
            async fn $kind() {
                every_line_of(stringify!($kind)).await;
            }
        )*

        const KINDS: &[&str] = &[$(stringify!($kind)),*];
    };
}

a_test_for_each_kind! {
    none delay hang slow_drip reset truncate status html_200 empty wrong_namespace soap_fault bom two_records split_name
    expired_certificate
}

#[test]
fn no_line_is_left_out() {
    let left_out: Vec<_> = table().filter(|line| !KINDS.contains(&line.kind())).collect();
    assert!(left_out.is_empty(), "{}", left_out[0].fault);
    for kind in KINDS {
        assert!(table().any(|line| line.kind() == *kind), "{kind} has no line");
    }
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
    let asked = crate::clients::question(&person, &json!({}));
    let answer = gateway.officer(trial::OFFICER).verify(&asked).await;
    assert_eq!(shown(&answer), "503 registry_unavailable");
    gateway.finish().await;
}
