//! Who asks, what, and what became of it?
//!
//! Each thread has an officer and a kept connection, draws what it asks from its own chance, and writes every call down under the
//! request id that it sent: answered, cut off, or given up by the caller. While there is no gateway the threads wait for one.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex};
use std::time::Duration;

use dancu::clock::{Clock as _, SystemClock};
use serde_json::{Value, json};

use super::ledger::OWN_CALL;
use crate::connection::{Answer, Connection};
use crate::gateway::Gateway;
use crate::personal::officer;
use crate::program::PATIENCE;
use crate::surroundings::Surroundings;

/// How many people are asked about.
const PEOPLE: usize = 200;
/// Of them, whose records are mostly held.
const KNOWN: usize = 20;

/// Draws numbers from a seed.
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64, number: usize) -> Self {
        let number = u64::try_from(number).unwrap();
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(number + 1))
    }

    /// Draws a number below this (splitmix64).
    pub fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed ^ (mixed >> 31)) % u64::try_from(end).unwrap()).unwrap()
    }
}

/// Is a kind of call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Hit,
    Miss,
    Lookup,
    Household,
    Check,
    Keyed,
    Batch,
    BadInput,
    Forged,
    HungUp,
    Dawdling,
}

/// Each kind as often as it is drawn of a hundred.
const SHARES: [(Kind, usize); 10] = [
    (Kind::Hit, 40),
    (Kind::Miss, 16),
    (Kind::Lookup, 9),
    (Kind::Household, 7),
    (Kind::Check, 5),
    (Kind::Keyed, 7),
    (Kind::Batch, 1),
    (Kind::BadInput, 6),
    (Kind::Forged, 6),
    (Kind::HungUp, 3),
];

/// Is what became of a call.
#[derive(Debug)]
pub enum Fate {
    Answered(u16, Value),
    /// The connection broke before the answer was whole.
    Broken,
    /// The caller didn't wait.
    GivenUp,
}

impl Fate {
    /// Says it in a word or two.
    pub fn word(&self) -> String {
        match self {
            Self::Answered(status, body) => {
                let told = ["code", "outcome", "decision", "status"]
                    .iter()
                    .find_map(|member| body[*member].as_str());
                format!("{status} {}", told.unwrap_or_default())
            }
            Self::Broken => "cut off".to_owned(),
            Self::GivenUp => "given up".to_owned(),
        }
    }
}

/// Is a call as its caller saw it.
#[derive(Debug)]
pub struct Call {
    pub kind: Kind,
    pub request_id: String,
    pub took: Duration,
    pub fate: Fate,
}

/// Is where the gateway is reached, while there is one.
#[derive(Default)]
pub struct Place {
    address: Mutex<Option<String>>,
    changed: Condvar,
}

impl Place {
    pub fn is(&self, address: Option<&str>) {
        *self.address.lock().unwrap() = address.map(str::to_owned);
        self.changed.notify_all();
    }

    /// Waits for a gateway, not for long.
    fn get(&self) -> Option<String> {
        let address = self.address.lock().unwrap();
        let (address, _) = self
            .changed
            .wait_timeout_while(address, Duration::from_millis(100), |address| address.is_none())
            .unwrap();
        address.clone()
    }
}

/// Is everybody who asks.
pub struct Callers {
    pub place: Place,
    tokens: Vec<String>,
    people: Vec<Value>,
}

impl Callers {
    pub fn new(around: &Surroundings, threads: usize, seconds: u64) -> Self {
        let signed_in = (0..=threads).map(|number| around.token_for(&officer(number), seconds + 600));
        Self {
            place: Place::default(),
            tokens: signed_in.collect(),
            people: around.people(PEOPLE),
        }
    }

    /// Asks one thing after the other until it is over.
    pub fn ask_until(&self, number: usize, mut chance: Chance, over: &AtomicBool) -> Vec<Call> {
        let (mut calls, mut kept) = (Vec::new(), None);
        while !over.load(Ordering::Relaxed) {
            let Some(address) = self.place.get() else { continue };
            let Some(mut connection) = kept.take().or_else(|| Connection::open(&address).ok()) else {
                continue;
            };
            let request_id = format!("soak-{number}-{}", calls.len());
            let kind = drawn(&mut chance);
            let begun = SystemClock.steady();
            let fate = if kind == Kind::HungUp {
                self.hang_up(&address, number, &request_id, &mut chance)
            } else {
                let asked = self.ask(&mut connection, kind, number, &request_id, &mut chance);
                match asked {
                    Some(answer) => {
                        if answer.leaves_open() {
                            kept = Some(connection);
                        }
                        Fate::Answered(answer.status, answer.json())
                    }
                    None => Fate::Broken,
                }
            };
            let took = SystemClock.steady().duration_since(begun);
            calls.push(Call {
                kind,
                request_id,
                took,
                fate,
            });
        }
        calls
    }

    fn ask(
        &self,
        connection: &mut Connection,
        kind: Kind,
        number: usize,
        request_id: &str,
        chance: &mut Chance,
    ) -> Option<Answer> {
        let (path, body) = self.question(kind, chance);
        let token = self.bearer(kind, number);
        let key = format!("key-{number}-{}", chance.below(40));
        let is_batch = kind == Kind::Batch;
        let mut headers = vec![
            ("Authorization", token.as_str()),
            (
                "Content-Type",
                if is_batch {
                    "application/x-ndjson"
                } else {
                    "application/json"
                },
            ),
            ("X-Request-Id", request_id),
        ];
        match kind {
            Kind::Miss => headers.push(("Cache-Control", "no-cache")),
            Kind::Keyed => headers.push(("Idempotency-Key", &key)),
            _ => {}
        }
        connection.ask("POST", path, &headers, &body).ok()
    }

    fn bearer(&self, kind: Kind, number: usize) -> String {
        let token = &self.tokens[number];
        let Some((signed, _)) = token.rsplit_once('.').filter(|_| kind == Kind::Forged) else {
            return format!("Bearer {token}");
        };
        format!("Bearer {signed}.{}", "A".repeat(86))
    }

    fn question(&self, kind: Kind, chance: &mut Chance) -> (&'static str, String) {
        let person = match kind {
            Kind::Hit => &self.people[chance.below(KNOWN)],
            _ => &self.people[chance.below(PEOPLE)],
        };
        let about = |member: &str, asked: Value| {
            let mut body = json!({"subject": person, "context": context()});
            body[member] = asked;
            body.to_string()
        };
        match kind {
            Kind::Lookup => (
                "/v1/citizens/lookup",
                about("fields", json!(["full_name", "permanent_residence.commune_code"])),
            ),
            Kind::Household => {
                let predicates = json!([{"type": "member_count", "at_least": 1}]);
                ("/v1/households/verify", about("predicates", predicates))
            }
            Kind::Check => {
                let subjects = json!([{"role": "mother", "subject": person}]);
                (
                    "/v1/checks",
                    json!({"context": context(), "subjects": subjects}).to_string(),
                )
            }
            Kind::Batch => {
                let rows = (1..=5).map(|row| {
                    let person = &self.people[chance.below(PEOPLE)];
                    json!({"row": row, "subject": person}).to_string()
                });
                let rows: Vec<_> = rows.collect();
                let first = json!({"context": context()});
                ("/v1/batches", format!("{first}\n{}\n", rows.join("\n")))
            }
            Kind::BadInput => {
                let bad = [
                    "{\"subject\":".to_owned(),
                    about("bogus", json!(1)),
                    json!({"subject": {"pin": "12345", "full_name": "A", "date_of_birth": "x"}, "claims": {}, "context": context()}).to_string(),
                    "[]".to_owned(),
                ];
                ("/v1/citizens/verify", bad[chance.below(bad.len())].clone())
            }
            // The body of a key is the same each time, so that it is repeated and not refused.
            Kind::Keyed => {
                let body = json!({"subject": self.people[0], "claims": {}, "context": context()});
                ("/v1/citizens/verify", body.to_string())
            }
            _ => ("/v1/citizens/verify", about("claims", json!({}))),
        }
    }

    /// Sends a whole question and goes away without waiting, sooner or later.
    fn hang_up(&self, address: &str, number: usize, request_id: &str, chance: &mut Chance) -> Fate {
        let (path, body) = self.question(Kind::Miss, chance);
        let token = self.bearer(Kind::Miss, number);
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: gateway\r\nAuthorization: {token}\r\nContent-Type: application/json\r\nCache-Control: no-cache\r\nX-Request-Id: {request_id}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        if let Ok(mut stream) = TcpStream::connect(address) {
            let _ = stream.write_all(head.as_bytes());
            let _ = stream.write_all(body.as_bytes());
            let pause = 1 + u64::try_from(chance.below(30)).unwrap();
            stream
                .set_read_timeout(Some(Duration::from_millis(pause)))
                .unwrap();
            let _ = stream.read(&mut [0; 1]);
        }
        Fate::GivenUp
    }

    /// Sends half a head or half a body and waits to be cut off, again and again.
    pub fn dawdle_until(&self, over: &AtomicBool) -> Vec<Call> {
        let mut calls = Vec::new();
        while !over.load(Ordering::Relaxed) {
            let Some(address) = self.place.get() else { continue };
            let Ok(mut stream) = TcpStream::connect(&address) else {
                continue;
            };
            let request_id = format!("soak-slow-{}", calls.len());
            let token = self.bearer(Kind::Hit, self.tokens.len() - 1);
            let half = if calls.len().is_multiple_of(2) {
                "POST /v1/citizens/verify HTTP/1.1\r\nHost: gat".to_owned()
            } else {
                format!(
                    "POST /v1/citizens/verify HTTP/1.1\r\nHost: gateway\r\nAuthorization: {token}\r\nContent-Type: application/json\r\nX-Request-Id: {request_id}\r\nContent-Length: 500\r\n\r\n{{\"subject\":"
                )
            };
            let begun = SystemClock.steady();
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            let _ = stream.write_all(half.as_bytes());
            let mut heard = Vec::new();
            let _ = stream.read_to_end(&mut heard);
            let took = SystemClock.steady().duration_since(begun);
            calls.push(Call {
                kind: Kind::Dawdling,
                request_id,
                took,
                fate: Fate::GivenUp,
            });
        }
        calls
    }

    /// Waits until every batch that was taken on, and every check that was put off, has ended.
    pub fn finish_batches(&self, gateway: &Gateway, calls: &[Call]) {
        let mut open: BTreeSet<String> = calls
            .iter()
            .filter_map(|call| match (&call.fate, call.kind) {
                (Fate::Answered(202, body), Kind::Batch) => {
                    Some(format!("/v1/batches/{}", body["id"].as_str()?))
                }
                (Fate::Answered(202, body), Kind::Check) => {
                    Some(format!("/v1/checks/{}", body["id"].as_str()?))
                }
                _ => None,
            })
            .collect();
        let token = self.bearer(Kind::Hit, self.tokens.len() - 1);
        let headers = [("Authorization", token.as_str()), ("X-Request-Id", OWN_CALL)];
        let begun = SystemClock.steady();
        let mut kept: Option<Connection> = None;
        while let Some(path) = open.first().cloned() {
            let waited = SystemClock.steady().duration_since(begun);
            assert!(waited < PATIENCE * 2, "{} have not ended, {path}", open.len());
            let connection = kept.get_or_insert_with(|| Connection::open(&gateway.api).unwrap());
            let Ok(answer) = connection.ask("GET", &path, &headers, "") else {
                kept = None;
                continue;
            };
            let told = answer.json();
            let has_ended = ["done", "failed"].iter().any(|status| told["status"] == *status)
                || told["decision"]
                    .as_str()
                    .is_some_and(|decision| decision != "pending");
            if has_ended {
                open.remove(&path);
            } else {
                super::wait(Duration::from_millis(50));
            }
        }
    }
}

fn drawn(chance: &mut Chance) -> Kind {
    let mut drawn = chance.below(100);
    for (kind, share) in SHARES {
        if drawn < share {
            return kind;
        }
        drawn -= share;
    }
    Kind::Hit
}

fn context() -> Value {
    json!({"procedure": "1.001193", "dossier": "000.00.12.H57-260822-0001", "channel": "counter"})
}
