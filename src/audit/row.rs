//! How is an entry written down, byte for byte?
//!
//! Takes an `Entry`, gives the row's canonical body: JSON with the contract's names in the contract's order, without
//! spaces, times in `+07:00` with six decimals. These bytes are hashed, stored and exported as they are, and never
//! written anew from parsed values, so the hash can't depend on a serializer's version.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::fmt::temporal::DateTimePrinter;
use jiff::tz::Offset;
use uuid::Uuid;

use super::entry::{Entry, Step};
use super::store::Kept;
use crate::domain::client::{ClientId, UnitCode};
use crate::domain::context::{Dossier, ProcedureCode};
use crate::domain::operator::{OperatorName, Reason};
use crate::sealing::{Pseudonym, Written};

/// Viet Nam's time of day, without summer time since 1975.
const VIET_NAM: Offset = Offset::constant(7);
const PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(6));

/// Room for nearly every body, so that writing one down needs no second allocation.
const USUAL_LENGTH: usize = 1_024;

/// Gives the calendar day in Viet Nam.
#[must_use]
pub fn local_day(time: Timestamp) -> Date {
    VIET_NAM.to_datetime(time).date()
}

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
            spent: spender.map(|client| (client.clone(), local_day(entry.time))),
        })
    }
}

fn body(entry: &Entry) -> Option<String> {
    let mut body = Body::begin();
    let time = PRINTER.timestamp_with_offset_to_string(&entry.time, VIET_NAM);
    body.text("time", &time)?;
    let id = &mut Uuid::encode_buffer();
    body.text(
        "transaction_id",
        entry.transaction_id.hyphenated().encode_lower(id),
    )?;
    body.text("request_id", entry.request_id.as_str())?;
    body.optional("client", entry.client.as_ref().map(ClientId::as_str))?;
    body.hashed("officer", entry.officer)?;
    body.optional("unit", entry.unit.as_ref().map(UnitCode::as_str))?;
    body.optional("procedure", entry.procedure.as_ref().map(ProcedureCode::as_str))?;
    body.optional("dossier", entry.dossier.as_ref().map(Dossier::as_str))?;
    body.text("operation", entry.operation.as_str())?;
    body.hashed("subject", entry.subject)?;
    body.hashed("person", entry.person)?;
    body.list("fields", entry.fields.iter(), |body, field| {
        body.value(field.as_str())
    })?;
    body.text("outcome", entry.outcome)?;
    body.optional("problem", entry.problem)?;
    body.optional("source", entry.source)?;
    body.optional("registry_request", entry.registry_request.as_deref())?;
    body.list("steps", entry.steps.iter(), Body::step)?;
    body.number("duration_ms", entry.duration_ms);
    if let Some(count) = entry.count {
        body.number("count", count.into());
    }
    if let Some(batch) = entry.batch {
        body.text(
            "batch",
            batch.hyphenated().encode_lower(&mut Uuid::encode_buffer()),
        )?;
    }
    if let Some(act) = &entry.act {
        body.optional("operator", act.operator.as_ref().map(OperatorName::as_str))?;
        body.text("action", act.action)?;
        body.optional("reason", act.reason.as_ref().map(Reason::as_str))?;
    }
    Some(body.end())
}

/// Is a JSON object in the making, its members in the order in which they are added.
///
/// A row is written for every call, and nearly every text in one stands in JSON as it is: that is seen at a glance, and
/// only what isn't so goes to the library.
struct Body(String);

impl Body {
    fn begin() -> Self {
        Self(String::with_capacity(USUAL_LENGTH))
    }

    fn end(mut self) -> String {
        self.0.push('}');
        self.0
    }

    fn name(&mut self, name: &str) {
        self.0.push(if self.0.is_empty() { '{' } else { ',' });
        self.0.push('"');
        self.0.push_str(name);
        self.0.push_str("\":");
    }

    fn value(&mut self, text: &str) -> Option<()> {
        let stands_as_it_is = |byte: u8| byte >= b' ' && byte != b'"' && byte != b'\\';
        if text.bytes().all(stands_as_it_is) {
            self.0.push('"');
            self.0.push_str(text);
            self.0.push('"');
        } else {
            self.0.push_str(&serde_json::to_string(text).ok()?);
        }
        Some(())
    }

    fn text(&mut self, name: &str, text: &str) -> Option<()> {
        self.name(name);
        self.value(text)
    }

    fn optional(&mut self, name: &str, text: Option<&str>) -> Option<()> {
        self.name(name);
        match text {
            Some(text) => self.value(text)?,
            None => self.0.push_str("null"),
        }
        Some(())
    }

    fn hashed(&mut self, name: &str, pseudonym: Option<Pseudonym>) -> Option<()> {
        let written = pseudonym.map(|pseudonym| pseudonym.written());
        self.optional(name, written.as_ref().map(Written::as_str))
    }

    fn number(&mut self, name: &str, number: u64) {
        self.name(name);
        self.0.push_str(&number.to_string());
    }

    fn list<T>(
        &mut self,
        name: &str,
        items: impl Iterator<Item = T>,
        write: fn(&mut Self, T) -> Option<()>,
    ) -> Option<()> {
        self.name(name);
        self.0.push('[');
        for (place, item) in items.enumerate() {
            self.0.push_str(if place == 0 { "" } else { "," });
            write(self, item)?;
        }
        self.0.push(']');
        Some(())
    }

    fn step(&mut self, step: &Step) -> Option<()> {
        let mut inner = Self::begin();
        inner.text("form", step.form)?;
        inner.text("registry_request", &step.registry_request)?;
        inner.text("result", step.result)?;
        self.0.push_str(&inner.end());
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
