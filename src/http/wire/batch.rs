//! How are the lines of a batch and of its results written?
//!
//! Reads the line that says for which work, and the rows, as strictly as a verification is read: the same parsers. A result is
//! kept as the answer's own bytes, or as what is needed to write the problem document anew in the reader's language; the
//! first byte says which.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::moment::Moment;
use super::person::{claims, subject};
use super::request::{code_fault, context};
use crate::batches::{Asked, GREATEST_ROW, Misread, Told};
use crate::domain::context::{Channel, Context, Malformed};
use crate::domain::problem::Code;
use crate::exchange::{Cause, Refusal};
use crate::http::faults::{Fault, Faults, Kind, Pointer, members, required};
use crate::http::json::Json;
use crate::http::problem::Problems;
use crate::http::texts::Language;
use crate::registry::{Failure, Rejection};

/// The members of the first line.
pub(in crate::http) const FIRST: [&str; 1] = ["context"];

/// The members of a row.
pub(in crate::http) const ROW: [&str; 3] = ["row", "subject", "claims"];

/// The parameters of a table.
const PARAMETERS: [&str; 2] = ["procedure", "dossier"];

/// Stands for a row of a table that has too few or too many cells; no line of JSON begins so.
pub(in crate::http) const WRONG_COLUMNS: &[u8] = b"#";

/// Reads for which work a batch is, from its first line.
pub(in crate::http) fn context_of_line(
    line: &Json<'_>,
    at: &Pointer<'_>,
    faults: &mut Faults,
) -> Option<Context> {
    let [sent] = members(line, at, FIRST, faults)?;
    context(sent, &at.member("context"), faults)
}

/// Reads for which work a table is, from the query.
pub(in crate::http) fn context_of_query(pairs: &[(String, String)], faults: &mut Faults) -> Option<Context> {
    let root = Pointer::Root;
    if pairs.iter().any(|(name, _)| !PARAMETERS.contains(&name.as_str())) {
        faults.add(&root, Kind::UnknownMember);
    }
    let procedure = parameter(pairs, "procedure", faults);
    let dossier = parameter(pairs, "dossier", faults);
    Some(Context {
        procedure: procedure?,
        dossier: dossier?,
        // Nobody stands at a counter with a table.
        channel: Channel::Online,
    })
}

fn parameter<T: std::str::FromStr<Err = Malformed>>(
    pairs: &[(String, String)],
    name: &str,
    faults: &mut Faults,
) -> Option<T> {
    let mut given = pairs.iter().filter(|(given, _)| given == name);
    let read = match (given.next(), given.next()) {
        (None, _) => Err(Kind::Required),
        (Some((_, text)), None) => text.parse().map_err(code_fault),
        (Some(_), Some(_)) => Err(Kind::Duplicate),
    };
    read.map_err(|kind| faults.add(&Pointer::Root.member(name), kind))
        .ok()
}

/// Reads the number of a row, and nothing else of it.
pub(in crate::http) fn row_number(line: &Json<'_>, at: &Pointer<'_>, faults: &mut Faults) -> Option<u32> {
    let Json::Object(sent) = line else {
        faults.add(at, Kind::NotObject);
        return None;
    };
    let at = at.member("row");
    let mut numbers = sent.iter().filter(|(name, _)| name == "row");
    let number = match (numbers.next(), numbers.next()) {
        (None, _) => Err(Kind::Required),
        (Some(_), Some(_)) => Err(Kind::Duplicate),
        (Some((_, Json::Number(Some(number)))), None) => u32::try_from(*number)
            .ok()
            .filter(|number| (1..=GREATEST_ROW).contains(number))
            .ok_or(Kind::RowNumber),
        (Some((_, Json::Number(None))), None) => Err(Kind::RowNumber),
        (Some(_), None) => Err(Kind::NotNumber),
    };
    number.map_err(|kind| faults.add(&at, kind)).ok()
}

/// Reads a row when it is asked, as of the time at which it came.
pub(in crate::http) fn read_row(content: &[u8], received_at: Timestamp) -> Result<Asked, Misread> {
    let mut faults = Faults::default();
    match asked(content, received_at, &mut faults) {
        Some(asked) if faults.is_empty() => Ok(asked),
        Some(_) | None => Err(misread(&faults)),
    }
}

fn asked(content: &[u8], received_at: Timestamp, faults: &mut Faults) -> Option<Asked> {
    let root = Pointer::Root;
    if content == WRONG_COLUMNS {
        faults.add(&root, Kind::ColumnCount);
        return None;
    }
    let Ok(json) = Json::read(content) else {
        faults.add(&root, Kind::NotJson);
        return None;
    };
    let today = Moment(received_at).day();
    let [_, sent_subject, sent_claims] = members(&json, &root, ROW, faults)?;
    let at_subject = root.member("subject");
    let who = required(sent_subject, &at_subject, faults)
        .and_then(|json| subject(json, &at_subject, today, faults));
    let claimed = sent_claims.map(|json| claims(json, &root.member("claims"), today, faults));
    Some(Asked {
        subject: who?,
        claims: claimed.unwrap_or_default(),
    })
}

/// Is a problem as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    transaction_id: String,
    code: String,
    reason: Option<String>,
    /// Pointer and key of each fault.
    faults: Vec<(String, String)>,
}

const ANSWER: u8 = b'a';
const PROBLEM: u8 = b'p';

fn misread(faults: &Faults) -> Misread {
    let pairs: Vec<_> = faults
        .iter()
        .map(|fault| (fault.pointer.as_str(), fault.kind.key()))
        .collect();
    // Pairs of texts: writing into memory can't fail.
    Misread(serde_json::to_vec(&pairs).unwrap_or_default())
}

/// Writes down an answer for later.
pub(in crate::http) fn answered(body: &[u8]) -> Vec<u8> {
    let mut kept = Vec::with_capacity(body.len().saturating_add(1));
    kept.push(ANSWER);
    kept.extend_from_slice(body);
    kept
}

/// Writes down a refusal for later.
pub(in crate::http) fn refused(refusal: &Refusal, misread: Option<&Misread>) -> Vec<u8> {
    let faults = misread.and_then(|Misread(pairs)| serde_json::from_slice(pairs).ok());
    let kept = Kept {
        transaction_id: refusal.transaction_id.to_string(),
        code: refusal.cause.code().as_str().to_owned(),
        reason: rejection(&refusal.cause).map(|rejection| rejection.to_string()),
        faults: faults.unwrap_or_default(),
    };
    let mut written = vec![PROBLEM];
    // Texts and an id: writing into memory can't fail.
    let _ = serde_json::to_writer(&mut written, &kept);
    written
}

fn rejection(cause: &Cause) -> Option<Rejection> {
    if let Cause::Registry(Failure::Rejected(rejection)) = cause {
        Some(*rejection)
    } else {
        None
    }
}

const REJECTIONS: [Rejection; 5] = [
    Rejection::Quota,
    Rejection::Licence,
    Rejection::Officer,
    Rejection::Request,
    Rejection::Credentials,
];

/// Writes a line of the results.
pub(in crate::http) fn write_line(text: &mut Vec<u8>, told: &Told, problems: &Problems, language: Language) {
    text.extend_from_slice(format!("{{\"row\":{},", told.row).as_bytes());
    match told.result.split_first() {
        Some((&ANSWER, body)) => {
            text.extend_from_slice(b"\"answer\":");
            text.extend_from_slice(body);
        }
        Some((_, kept)) => push_problem(text, kept, problems, language),
        None => push_problem(text, &[], problems, language),
    }
    text.extend_from_slice(b"}\n");
}

fn push_problem(text: &mut Vec<u8>, kept: &[u8], problems: &Problems, language: Language) {
    text.extend_from_slice(b"\"problem\":");
    text.extend_from_slice(problem(kept, problems, language).to_string().as_bytes());
}

/// Writes a problem in the reader's language.
fn problem(kept: &[u8], problems: &Problems, language: Language) -> Value {
    let kept: Option<Kept> = serde_json::from_slice(kept).ok();
    let transaction_id = kept
        .as_ref()
        .and_then(|kept| Uuid::parse_str(&kept.transaction_id).ok())
        .unwrap_or_default();
    let (cause, faults) = kept.map_or((Cause::Edge(Code::InternalError), Faults::default()), |kept| {
        (cause(&kept), faults(kept.faults))
    });
    let refusal = Refusal {
        transaction_id,
        cause,
        client: None,
        nearest: None,
    };
    problems.document(language, &refusal, Some(&faults))
}

fn cause(kept: &Kept) -> Cause {
    let rejected = REJECTIONS
        .into_iter()
        .find(|rejection| kept.reason.as_deref() == Some(rejection.to_string().as_str()));
    if let Some(rejection) = rejected {
        return Cause::Registry(Failure::Rejected(rejection));
    }
    let code = Code::ALL.into_iter().find(|code| code.as_str() == kept.code);
    Cause::Edge(code.unwrap_or(Code::InternalError))
}

fn faults(pairs: Vec<(String, String)>) -> Faults {
    let fault = |(pointer, key): (String, String)| {
        Some(Fault {
            pointer,
            kind: Kind::of_key(&key)?,
        })
    };
    Faults::of(pairs.into_iter().filter_map(fault).collect())
}

#[cfg(test)]
mod tests;
