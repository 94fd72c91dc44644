//! How is an entry written down, byte for byte?
//!
//! Takes an `Entry`, gives the row's canonical body: JSON with the contract's names in the contract's order, without
//! spaces, times in `+07:00` with six decimals. These bytes are hashed, stored and exported as they are, and never
//! written anew from parsed values, so the hash can't depend on a serializer's version.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use super::entry::{Entry, Step};
use super::store::Kept;
use crate::domain::client::{ClientId, UnitCode};
use crate::domain::context::{Dossier, ProcedureCode};
use crate::domain::local_time;
use crate::domain::operator::{OperatorName, Reason};
use crate::sealing::{Pseudonym, Written};

/// Room for nearly every body, so that writing one down needs no second allocation.
const USUAL_LENGTH: usize = 1_024;

/// Holds an entry as it will be stored, before its place in the log is known.
#[derive(Debug, Clone)]
pub struct Row {
    /// The canonical JSON.
    pub body: String,
    /// When, in microseconds since 1970; repeats the body for indexes.
    pub time: i64,
    /// About whom; repeats the body for indexes.
    pub person: Option<String>,
    /// Whose quota of which day the call counts in.
    pub spent: Option<(ClientId, Date)>,
}

impl Row {
    /// Writes an entry down; nothing if it can't be written as JSON, which no entry is known to do.
    #[must_use]
    pub fn of(entry: &Entry) -> Option<Self> {
        let spender = entry.client.as_ref().filter(|_| entry.spent);
        Some(Self {
            body: body(entry)?,
            time: entry.time.as_microsecond(),
            person: entry.person.map(|person| person.to_string()),
            spent: spender.map(|client| (client.clone(), local_time::day(entry.time))),
        })
    }
}

fn body(entry: &Entry) -> Option<String> {
    let mut body = Body::begin();
    body.time("{\"time\":\"", entry.time);
    let id = &mut Uuid::encode_buffer();
    body.word(
        "\",\"transaction_id\":",
        Some(entry.transaction_id.hyphenated().encode_lower(id)),
    );
    body.word(",\"request_id\":", Some(entry.request_id.as_str()));
    body.word(",\"client\":", entry.client.as_ref().map(ClientId::as_str));
    body.hashed(",\"officer\":", entry.officer);
    body.word(",\"unit\":", entry.unit.as_ref().map(UnitCode::as_str));
    body.word(
        ",\"procedure\":",
        entry.procedure.as_ref().map(ProcedureCode::as_str),
    );
    body.word(",\"dossier\":", entry.dossier.as_ref().map(Dossier::as_str));
    body.word(",\"operation\":", Some(entry.operation.as_str()));
    body.hashed(",\"subject\":", entry.subject);
    body.hashed(",\"person\":", entry.person);
    body.list(",\"fields\":", entry.fields.iter(), |body, field| {
        body.word("", Some(field.as_str()));
        Some(())
    })?;
    body.word(",\"outcome\":", Some(entry.outcome));
    body.word(",\"problem\":", entry.problem);
    body.word(",\"source\":", entry.source);
    body.text(",\"registry_request\":", entry.registry_request.as_deref())?;
    body.list(",\"steps\":", entry.steps.iter(), Body::step)?;
    body.number(",\"duration_ms\":", entry.duration_ms);
    if let Some(count) = entry.count {
        body.number(",\"count\":", count.into());
    }
    if let Some(batch) = entry.batch {
        let id = &mut Uuid::encode_buffer();
        body.word(",\"batch\":", Some(batch.hyphenated().encode_lower(id)));
    }
    if let Some(act) = &entry.act {
        body.word(",\"operator\":", act.operator.as_ref().map(OperatorName::as_str));
        body.word(",\"action\":", Some(act.action));
        body.text(",\"reason\":", act.reason.as_ref().map(Reason::as_str))?;
    }
    Some(body.end())
}

/// Is a JSON object in the making, its members in the order in which they are added, each with its name as it stands
/// there. A row is written for every call: hence no serializer, and no second look at words that hold nothing to escape.
struct Body(String);

impl Body {
    fn begin() -> Self {
        Self(String::with_capacity(USUAL_LENGTH))
    }

    fn end(mut self) -> String {
        self.0.push('}');
        self.0
    }

    fn time(&mut self, name: &str, time: Timestamp) {
        self.0.push_str(name);
        local_time::push_microseconds(&mut self.0, time);
    }

    /// Adds what our own types hold to letters, digits and `._/:-`.
    fn word(&mut self, name: &str, word: Option<&str>) {
        self.0.push_str(name);
        match word {
            Some(word) => {
                self.0.push('"');
                self.0.push_str(word);
                self.0.push('"');
            }
            None => self.0.push_str("null"),
        }
    }

    /// Adds what somebody else wrote.
    fn text(&mut self, name: &str, text: Option<&str>) -> Option<()> {
        let is_plain = |text: &str| {
            text.bytes()
                .all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\')
        };
        match text {
            Some(text) if !is_plain(text) => {
                self.0.push_str(name);
                self.0.push_str(&serde_json::to_string(text).ok()?);
            }
            plain => self.word(name, plain),
        }
        Some(())
    }

    fn hashed(&mut self, name: &str, pseudonym: Option<Pseudonym>) {
        let written = pseudonym.map(|pseudonym| pseudonym.written());
        self.word(name, written.as_ref().map(Written::as_str));
    }

    fn number(&mut self, name: &str, number: u64) {
        self.0.push_str(name);
        self.0.push_str(&number.to_string());
    }

    fn list<T>(
        &mut self,
        name: &str,
        items: impl Iterator<Item = T>,
        write: fn(&mut Self, T) -> Option<()>,
    ) -> Option<()> {
        self.0.push_str(name);
        self.0.push('[');
        for (place, item) in items.enumerate() {
            self.0.push_str(if place == 0 { "" } else { "," });
            write(self, item)?;
        }
        self.0.push(']');
        Some(())
    }

    fn step(&mut self, step: &Step) -> Option<()> {
        self.word("{\"form\":", Some(step.form));
        self.text(",\"registry_request\":", Some(&step.registry_request))?;
        self.word(",\"result\":", Some(step.result));
        self.0.push('}');
        Some(())
    }
}

/// Gives the line that is exported: the body's members, then `index` and `leaf`; nothing if the body is no JSON object.
pub(super) fn exported(kept: &Kept) -> Option<String> {
    let members = kept.body.strip_suffix('}')?;
    let leaf = URL_SAFE_NO_PAD.encode(&kept.leaf);
    Some(format!(r#"{members},"index":{},"leaf":"{leaf}"}}"#, kept.index))
}

/// Tells whether the columns that repeat the body for indexes say the same as the body.
pub(super) fn agrees(kept: &Kept) -> bool {
    let Ok(Repeated { time, person }) = serde_json::from_str(&kept.body) else {
        return false;
    };
    let stated: Option<Timestamp> = time.parse().ok();
    stated.map(Timestamp::as_microsecond) == Some(kept.time) && person == kept.person.as_deref()
}

#[derive(serde::Deserialize)]
struct Repeated<'a> {
    time: &'a str,
    person: Option<&'a str>,
}

#[cfg(test)]
mod tests;
