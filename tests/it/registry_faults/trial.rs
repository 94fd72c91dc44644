//! How is one line of the table tried?
//!
//! A gateway gets what each cell says is held, then the fault for everybody whom a cell is
//! about, then the calls: those of one kind at the same time, one kind after the other. Time is set ahead between the kinds, so
//! that what one provoked in the gateway doesn't decide about the next.

use std::time::{Duration, Instant};

use dancu::clock::{Clock as _, SystemClock};
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{Line, shown, with};
use crate::batches::{batch, hand_in};
use crate::clients::Answer;
use crate::gateway::Gateway;

pub const OFFICER: &str = "001090000001";
/// Takes an older record while the registry is down, for a day.
const BIRTH: &str = "1.001193";
/// Takes none.
const MARRIAGE: &str = "1.000894";

/// What one call to the registry and a whole look-up may take: little where the fault is that nothing comes, and plenty where
/// something does, so that a machine that is busy with other tests turns nothing into a timeout.
const IMPATIENT: [Duration; 2] = [Duration::from_millis(1_000), Duration::from_millis(2_600)];
const PATIENT: [Duration; 2] = [Duration::from_secs(12), Duration::from_secs(25)];
/// What a call may take beside the registry's part, on a machine that is busy with other tests.
const LEEWAY: Duration = Duration::from_secs(3);
/// Longer than anything in the gateway remembers how calls to the registry went.
const CALMED: Duration = Duration::from_secs(11);

/// What is held when the call comes, in the order of the table's columns, with the procedure that it is for.
const HELD: [(&str, &str); 4] = [
    ("cold", BIRTH),
    ("fresh", BIRTH),
    ("stale allowed", BIRTH),
    ("stale not allowed", MARRIAGE),
];
const FRESH: usize = 1;
const STALE: usize = 2;

/// A client for each state: the batches of one client wait for each other.
const BATCHING: [&str; 3] = ["batch-cold", "batch-fresh", "batch-stale"];

/// Is a call about one person or household.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Single {
    Verify,
    Lookup,
    Household,
    /// The same, with the fault at the household's service alone.
    Home,
}

const SINGLES: [Single; 4] = [Single::Verify, Single::Lookup, Single::Household, Single::Home];

impl Single {
    fn path(self) -> &'static str {
        match self {
            Self::Verify => "/v1/citizens/verify",
            Self::Lookup => "/v1/citizens/lookup",
            Self::Household | Self::Home => "/v1/households/verify",
        }
    }

    fn operation(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Lookup => "lookup",
            Self::Household | Self::Home => "household_verify",
        }
    }

    fn body(self, person: &Value, procedure: &str) -> Value {
        let asked = match self {
            Self::Verify => ("claims", json!({})),
            Self::Lookup => ("fields", json!(["full_name"])),
            Self::Household | Self::Home => ("predicates", json!([{"type": "member_count", "at_least": 1}])),
        };
        with(
            &json!({"subject": person, "context": context(procedure)}),
            asked.0,
            &asked.1,
        )
    }
}

/// Is a line under trial.
pub struct Trial<'l> {
    line: &'l Line,
    deadline: Duration,
    gateway: Gateway,
    people: Vec<Value>,
    wrong: Vec<String>,
}

impl<'l> Trial<'l> {
    /// Runs every cell of a line and names those that came out otherwise.
    pub async fn run(line: &'l Line) -> Vec<String> {
        let [attempt, deadline] = if line.steps.contains(&"timeout") {
            IMPATIENT
        } else {
            PATIENT
        };
        let gateway = over_tls(attempt, deadline).await;
        let people = everybody(&gateway).await;
        let mut trial = Self {
            line,
            deadline,
            gateway,
            people,
            wrong: Vec::new(),
        };
        trial.prepare().await;
        for (place, single) in SINGLES.iter().enumerate() {
            // A handshake knows nothing of services.
            if *single != Single::Home || line.kind() != "expired_certificate" {
                trial.ask_singly(*single, place * HELD.len()).await;
                trial.gateway.advance(CALMED);
            }
        }
        let handed_in = trial.hand_batches_in().await;
        trial.gateway.advance(CALMED);
        trial.check().await;
        trial.recover(&handed_in).await;
        trial.gateway.finish().await;
        trial.wrong
    }

    fn checked(&self, state: usize) -> &Value {
        &self.people[16 + state]
    }

    fn in_a_batch(&self, state: usize) -> &Value {
        &self.people[19 + state]
    }

    /// Has held what the cells say, and sets the fault.
    async fn prepare(&self) {
        let gateway = &self.gateway;
        for states in [&[STALE, 3][..], &[FRESH]] {
            if states == [FRESH] {
                gateway.advance(Duration::from_secs(2 * 3_600));
            }
            for (place, single) in SINGLES.iter().enumerate() {
                for state in states {
                    let body = single.body(&self.people[place * HELD.len() + state], BIRTH);
                    let answer = gateway.officer(OFFICER).post(single.path(), &body).await;
                    answer.must_be(200, "confirmed");
                }
            }
            let state = states[0];
            let body = Single::Verify.body(self.checked(state), BIRTH);
            gateway
                .officer(OFFICER)
                .verify(&body)
                .await
                .must_be(200, "confirmed");
            let body = Single::Verify.body(self.in_a_batch(state), BIRTH);
            let batching = gateway.client(BATCHING[state]).officer(OFFICER);
            batching.verify(&body).await.must_be(200, "confirmed");
        }
        gateway.advance(CALMED);
        match self.line.kind() {
            "none" => {}
            // The handshake knows nobody's number.
            "expired_certificate" => gateway.fault(self.line.fault.clone()).await,
            _ => {
                for (place, person) in self.people.iter().enumerate() {
                    let fault = with(&self.line.fault, "pin", &person["pin"]);
                    let is_home = (12..16).contains(&place);
                    let fault = if is_home {
                        with(&fault, "operation", &json!("045"))
                    } else {
                        fault
                    };
                    gateway.fault(fault).await;
                }
            }
        }
    }

    async fn ask_singly(&mut self, single: Single, first: usize) {
        let counted = self.registry_calls().await;
        let asked = HELD.iter().enumerate().map(|(state, (_, procedure))| {
            let body = single.body(&self.people[first + state], procedure);
            let officer = self.gateway.officer(OFFICER);
            async move {
                let begun: Instant = SystemClock.steady();
                let answer = officer.post(single.path(), &body).await;
                (answer, SystemClock.steady().saturating_duration_since(begun))
            }
        });
        let answers = join_all(asked).await;
        let counted = self.registry_calls().await - counted;
        let mut steps_taken = 0;
        for (state, (answer, took)) in answers.iter().enumerate() {
            let rows = self.gateway.rows_of(answer.text("/transaction_id")).await;
            let results = rows.first().map(steps_of).unwrap_or_default();
            steps_taken += results.len();
            let expected = self.line.single[state];
            let mut found = Vec::new();
            if shown(answer) != expected {
                found.push(format!("{}, not {expected}", shown(answer)));
            }
            if *took >= self.deadline + LEEWAY {
                found.push(format!("took {took:?}"));
            }
            if answer.told() == "no_match" || answer.status == 500 {
                found.push("an outage told as something else".to_owned());
            }
            if !is_cache_status(answer.header("cache-status"), expected) {
                found.push(format!("Cache-Status: {}", answer.header("cache-status")));
            }
            if !self.are_steps(single, state, &results) {
                found.push(format!("steps {results:?}"));
            }
            if !is_row_of(&rows, single, answer) {
                found.push(format!("rows {rows:?}"));
            }
            let cell = format!("{single:?} {}", HELD[state].0);
            self.found(&cell, found);
        }
        // A call that never got through the handshake isn't the registry's to count.
        let arrive = self.line.kind() != "expired_certificate";
        if counted != if arrive { steps_taken } else { 0 } {
            let found = format!("{counted} calls counted by the registry, {steps_taken} in the rows");
            self.found(&format!("{single:?}"), vec![found]);
        }
    }

    /// Tells whether those are the steps of such a call. A household's come after the person's, which may have failed as well.
    fn are_steps(&self, single: Single, state: usize, results: &[String]) -> bool {
        let line = &self.line.steps;
        let is = |expected: &[&str]| results == expected;
        match (single, state) {
            (_, FRESH) => is(&[]),
            (Single::Verify | Single::Lookup, _) => is(line),
            (Single::Household, STALE) => results.starts_with(&owned(line)),
            (Single::Household, _) if self.line.single[0].starts_with("200") => {
                results.starts_with(&owned(line)) && results.last().is_some_and(|last| last == "record")
            }
            (Single::Household, _) => is(line),
            (Single::Home, _) => is(&[&["record"], &line[..]].concat()),
        }
    }

    /// Hands a batch of one row in for each state and sees what becomes of it while the fault lasts.
    async fn hand_batches_in(&mut self) -> Vec<(usize, String)> {
        let mut waiting = Vec::new();
        for (state, client) in BATCHING.iter().enumerate() {
            let person = self.in_a_batch(state).clone();
            let system = self.gateway.client(client);
            let handed_in = hand_in(&system, &self.gateway, &batch(&[person])).await;
            assert_eq!(handed_in.status, 202, "{:#}", handed_in.body);
            waiting.push((state, handed_in.text("/id").to_owned()));
        }
        for (state, id) in &waiting {
            let expected = self.line.batch[*state];
            let path = format!("/v1/batches/{id}");
            let system = self.gateway.client(BATCHING[*state]);
            if expected == "waits" {
                let gateway = &self.gateway;
                let is_tried = async || {
                    gateway.rows().await.iter().any(|row| {
                        row["operation"] == "batch_row"
                            && row["client"] == BATCHING[*state]
                            && row["outcome"] == "refused"
                            && steps_of(row).starts_with(&owned(&self.line.steps))
                    })
                };
                gateway.wait_for("the row to be tried", is_tried).await;
                let standing = system.get(&path).await.body;
                if standing["status"] != "running" || standing["done"] != 0 {
                    self.found(BATCHING[*state], vec![standing.to_string()]);
                }
                continue;
            }
            self.wait_until_done(*state, id).await;
            let result = self.result(*state, id).await;
            let got = told_of_row(&result);
            if got != expected {
                self.found(BATCHING[*state], vec![format!("{got}, not {expected}: {result}")]);
            }
        }
        waiting
    }

    async fn wait_until_done(&self, state: usize, id: &str) {
        let what = format!("{} in {}", self.line.fault, BATCHING[state]);
        self.gateway
            .wait_for(&what, async || {
                let system = self.gateway.client(BATCHING[state]);
                system.get(&format!("/v1/batches/{id}")).await.text("/status") == "done"
            })
            .await;
    }

    async fn result(&self, state: usize, id: &str) -> Value {
        let system = self.gateway.client(BATCHING[state]);
        let answer = system.get(&format!("/v1/batches/{id}/results")).await;
        serde_json::from_slice(&answer.bytes).unwrap_or_default()
    }

    async fn check(&mut self) {
        for (state, (held, procedure)) in HELD.iter().enumerate().take(3) {
            let body = json!({
                "context": context(procedure),
                "subjects": [{"role": "mother", "subject": self.checked(state)}],
            });
            let begun: Instant = SystemClock.steady();
            let answer = self.gateway.officer(OFFICER).post("/v1/checks", &body).await;
            let took = SystemClock.steady().saturating_duration_since(begun);
            let got = match (answer.status, answer.text("/decision")) {
                (200, "paper_not_required") => "no paper".to_owned(),
                (202, "pending") => "pending".to_owned(),
                _ => shown(&answer),
            };
            let expected = self.line.check[state];
            let mut found = Vec::new();
            if got != expected {
                found.push(format!("{got}, not {expected}: {}", answer.body));
            }
            if took >= self.deadline + LEEWAY {
                found.push(format!("took {took:?}"));
            }
            let rows = self.gateway.rows_of(answer.text("/transaction_id")).await;
            let outcomes: Vec<_> = rows.iter().map(|row| row["outcome"].as_str().unwrap()).collect();
            let is_right = match expected {
                "no paper" => outcomes == ["confirmed", "paper_not_required"],
                "pending" => outcomes == ["refused", "pending"],
                problem => outcomes == ["refused"] && problem.contains(rows[0]["problem"].as_str().unwrap()),
            };
            let steps = rows.first().map(steps_of).unwrap_or_default();
            let steps_expected = if state == FRESH {
                Vec::new()
            } else {
                owned(&self.line.steps)
            };
            if !is_right || steps != steps_expected {
                found.push(format!("rows {rows:?}"));
            }
            self.found(&format!("check {held}"), found);
        }
    }

    /// Takes the fault away: the next call finds the registry, and what waited ends by itself.
    async fn recover(&mut self, handed_in: &[(usize, String)]) {
        self.gateway.no_faults().await;
        self.gateway.advance(CALMED);
        let body = Single::Verify.body(&self.people[0], MARRIAGE);
        let answer = self.gateway.officer(OFFICER).verify(&body).await;
        if shown(&answer) != "200 registry" && shown(&answer) != "200 cache" {
            self.found("afterwards", vec![shown(&answer)]);
        }
        for (state, id) in handed_in {
            if self.line.batch[*state] != "waits" {
                continue;
            }
            let ended = async || {
                // The pause that it is at may have begun just now.
                self.gateway.advance(Duration::from_secs(2));
                let system = self.gateway.client(BATCHING[*state]);
                system.get(&format!("/v1/batches/{id}")).await.text("/status") == "done"
            };
            self.gateway.wait_for("the batch to go on", ended).await;
            let got = told_of_row(&self.result(*state, id).await);
            if got != "registry" {
                self.found(BATCHING[*state], vec![format!("afterwards {got}")]);
            }
        }
    }

    async fn registry_calls(&self) -> usize {
        let calls = self.gateway.registry_calls().await + self.gateway.household_calls().await;
        usize::try_from(calls).unwrap()
    }

    fn found(&mut self, cell: &str, found: Vec<String>) {
        let fault = &self.line.fault;
        let found = found.into_iter().map(|found| format!("{fault} {cell}: {found}"));
        self.wrong.extend(found);
    }
}

/// Starts a gateway that gives the registry so much time.
async fn over_tls(attempt: Duration, deadline: Duration) -> Gateway {
    let milliseconds = |duration: Duration| format!("{}ms", duration.as_millis());
    let builder = Gateway::builder()
        .registry_over_tls()
        .setting("registry.attempt_timeout", &milliseconds(attempt))
        .setting("registry.connect_timeout", &milliseconds(attempt))
        .setting("registry.deadline", &milliseconds(deadline))
        .setting("api.shutdown_timeout", "60s")
        // Each call shakes hands anew, so that the certificate counts every time.
        .setting("registry.idle_connections", "0");
    let builder = BATCHING
        .iter()
        .fold(builder, |builder, id| builder.client(id, &[]));
    builder.start().await
}

/// Draws the people whom the cells are about: alive, and with a place where they live.
async fn everybody(gateway: &Gateway) -> Vec<Value> {
    let sample = gateway.known("sample?count=120&seed=11").await;
    let named = |person: &Value| json!({"pin": person["pin"], "full_name": person["full_name"], "date_of_birth": person["date_of_birth"]});
    let people: Vec<Value> = sample["people"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|person| {
            person["status"] == "active" && person["permanent_residence"]["commune_code"].is_string()
        })
        .map(named)
        .take(22)
        .collect();
    assert_eq!(people.len(), 22);
    people
}

fn context(procedure: &str) -> Value {
    json!({"procedure": procedure, "dossier": "000.00.12.H57-260822-0001", "channel": "counter"})
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn steps_of(row: &Value) -> Vec<String> {
    let steps = row["steps"].as_array().unwrap().iter();
    steps
        .map(|step| step["result"].as_str().unwrap().to_owned())
        .collect()
}

/// Tells whether a call with this cell has that `Cache-Status`.
fn is_cache_status(header: &str, cell: &str) -> bool {
    match cell {
        "200 registry" => header == "dancu; fwd=miss",
        "200 cache" => header.starts_with("dancu; hit; ttl=") && !header.contains("detail"),
        "200 stale_cache" => {
            header.starts_with("dancu; hit; ttl=-") && header.ends_with("; detail=registry-unavailable")
        }
        _ => header.is_empty(),
    }
}

/// Tells whether there is one row, and it says what the caller was told.
fn is_row_of(rows: &[Value], single: Single, answer: &Answer) -> bool {
    let [row] = rows else { return false };
    let outcome = if answer.status == 200 {
        answer.text("/outcome")
    } else {
        "refused"
    };
    let word = |member: &str| row[member].as_str().unwrap_or_default();
    let are_equal = word("operation") == single.operation() && word("outcome") == outcome;
    are_equal && word("problem") == answer.text("/code") && word("source") == answer.text("/source/from")
}

/// Writes a row's result as the table does.
fn told_of_row(result: &Value) -> String {
    let text = |pointer: &str| {
        result
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    if result["answer"].is_object() {
        return text("/answer/source/from").to_owned();
    }
    let status = &result["problem"]["status"];
    format!("{status} {} {}", text("/problem/code"), text("/problem/reason"))
        .trim_end()
        .to_owned()
}
