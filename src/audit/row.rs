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
use serde::ser::{Serialize, SerializeSeq, Serializer};
use uuid::Uuid;

use super::entry::{Entry, Step};
use super::store::Kept;
use crate::domain::client::ClientId;
use crate::domain::field::Fields;
use crate::sealing::Pseudonym;

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
        let mut body = Vec::with_capacity(USUAL_LENGTH);
        serde_json::to_writer(&mut body, &Body::of(entry)).ok()?;
        let body = String::from_utf8(body).ok()?;
        let spender = entry.client.as_ref().filter(|_| entry.spent);
        Some(Self {
            body,
            time: entry.time.as_microsecond(),
            person: entry.person.map(|person| person.to_string()),
            spent: spender.map(|client| (client.clone(), local_day(entry.time))),
        })
    }
}

#[derive(serde::Serialize)]
struct Body<'a> {
    time: String,
    transaction_id: Id,
    request_id: &'a str,
    client: Option<&'a str>,
    officer: Option<Hashed>,
    unit: Option<&'a str>,
    procedure: Option<&'a str>,
    dossier: Option<&'a str>,
    operation: &'static str,
    subject: Option<Hashed>,
    person: Option<Hashed>,
    #[serde(serialize_with = "names")]
    fields: Fields,
    outcome: &'static str,
    problem: Option<&'static str>,
    source: Option<&'static str>,
    registry_request: Option<&'a str>,
    steps: Vec<StepBody<'a>>,
    duration_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u32>,
}

#[derive(serde::Serialize)]
struct StepBody<'a> {
    form: &'static str,
    registry_request: &'a str,
    result: &'static str,
}

impl<'a> Body<'a> {
    fn of(entry: &'a Entry) -> Self {
        let step = |step: &'a Step| StepBody {
            form: step.form,
            registry_request: &step.registry_request,
            result: step.result,
        };
        Self {
            time: PRINTER.timestamp_with_offset_to_string(&entry.time, VIET_NAM),
            transaction_id: Id(entry.transaction_id),
            request_id: entry.request_id.as_str(),
            client: entry.client.as_ref().map(ClientId::as_str),
            officer: entry.officer.map(Hashed),
            unit: entry.unit.as_ref().map(|unit| unit.as_str()),
            procedure: entry.procedure.as_ref().map(|code| code.as_str()),
            dossier: entry.dossier.as_ref().map(|code| code.as_str()),
            operation: entry.operation.as_str(),
            subject: entry.subject.map(Hashed),
            person: entry.person.map(Hashed),
            fields: entry.fields,
            outcome: entry.outcome,
            problem: entry.problem,
            source: entry.source,
            registry_request: entry.registry_request.as_deref(),
            steps: entry.steps.iter().map(step).collect(),
            duration_ms: entry.duration_ms,
            count: entry.count,
        }
    }
}

struct Id(Uuid);

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.hyphenated().encode_lower(&mut Uuid::encode_buffer()))
    }
}

struct Hashed(Pseudonym);

impl Serialize for Hashed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.written().as_str())
    }
}

fn names<S: Serializer>(fields: &Fields, serializer: S) -> Result<S::Ok, S::Error> {
    let mut list = serializer.serialize_seq(None)?;
    for field in fields.iter() {
        list.serialize_element(field.as_str())?;
    }
    list.end()
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
