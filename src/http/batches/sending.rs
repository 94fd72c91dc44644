//! How is the body of a batch taken in, piece by piece?
//!
//! Chooses the reader by the media type, hands each piece that comes to it and each row that it finds to `batches`. Three
//! bounds hold: the size of the whole, the time that the next piece may take, and the least that must come a second; a body
//! that is cut off is no body. The
//! hash of all that came stands for it where the call has a key.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::error::PayloadError;
use actix_web::http::header::{CONTENT_LENGTH, HeaderMap};
use actix_web::rt::time::{sleep, timeout};
use actix_web::web::{Bytes, Payload, Query};
use aws_lc_rs::digest::{Context as Hash, SHA256};
use futures_util::StreamExt as _;
use tokio::time::timeout_at;

use super::lines::Lines;
use super::table::Table;
use super::{Limits, OPERATION};
use crate::auth::{Caller, Scope};
use crate::batches::{Batches, Reception, Taken, Untaken};
use crate::domain::context::Context;
use crate::domain::problem::Code;
use crate::exchange::{Call, Refusal, Repeatable};
use crate::http::asking::{Desk, Refused};
use crate::http::caller::authenticate;
use crate::http::faults::{Faults, Kind, Pointer};
use crate::http::headers::idempotency_key::idempotency_key;
use crate::http::headers::media::{BatchBody, accepts_json, batch_body};
use crate::http::wire::batch;
use crate::idempotency::Key;

/// Is what a reader finds in a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// For which work, which comes before all rows.
    Context(Context),
    /// A row with its number.
    Row {
        /// The place of the row's line, for what is wrong with it as a whole.
        line: usize,
        /// The caller's number.
        row: u32,
        /// The row, to be read when it is asked.
        content: Vec<u8>,
    },
}

/// Reads a body of one of the two forms.
enum Reader {
    Lines(Lines),
    Table(Box<Table>),
}

impl Reader {
    fn feed(&mut self, piece: &[u8], found: &mut Vec<Found>) -> Result<(), Faulty> {
        match self {
            Self::Lines(lines) => lines.feed(piece, found),
            Self::Table(table) => table.feed(piece, found),
        }
    }

    fn end(&mut self, found: &mut Vec<Found>) -> Result<(), Faulty> {
        match self {
            Self::Lines(lines) => lines.end(found),
            Self::Table(table) => table.end(found),
        }
    }
}

/// Says why a body can't be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Faulty {
    /// It isn't of the form that it says.
    Malformed,
    /// Something in it is wrong.
    Invalid(Faults),
}

impl Faulty {
    /// Names one fault.
    pub fn at(at: &Pointer<'_>, kind: Kind) -> Self {
        let mut faults = Faults::default();
        faults.add(at, kind);
        Self::Invalid(faults)
    }
}

/// Is why a batch isn't taken in.
enum Ended {
    /// A gate has refused it, and recorded that.
    Refused(Refusal),
    /// It can't be read or kept.
    Untaken(Code, Option<Faults>),
}

impl From<Code> for Ended {
    fn from(code: Code) -> Self {
        Self::Untaken(code, None)
    }
}

impl From<Faulty> for Ended {
    fn from(faulty: Faulty) -> Self {
        match faulty {
            Faulty::Malformed => Code::MalformedRequest.into(),
            Faulty::Invalid(faults) => Self::Untaken(Code::InvalidRequest, Some(faults)),
        }
    }
}

/// Takes a batch in and on.
pub(super) async fn hand_in(
    desk: &Desk,
    batches: &Batches,
    limits: Limits,
    call: &Call,
    request: &HttpRequest,
    payload: Payload,
) -> Result<Taken, Refused> {
    let caller = authenticate(&desk.exchange, call, request).await?;
    desk.exchange
        .check_scope(call, &caller, OPERATION, Scope::Batches)
        .await?;
    let mut incoming = Incoming {
        batches,
        call,
        caller: &caller,
        within: desk.body_within,
        least_per_second: limits.least_per_second,
        most: limits.body,
        hash: Hash::new(&SHA256),
        reception: None,
    };
    let taken = incoming.take_in(request, payload).await;
    let (reception, hash) = (incoming.reception, incoming.hash);
    match (taken, reception) {
        (Ok(key), Some(reception)) => {
            let repeatable = key.map(|key| Repeatable {
                key,
                body: Bytes::copy_from_slice(hash.finish().as_ref()),
            });
            let taken_on = batches.take_on(call, &caller, reception, repeatable.as_ref());
            taken_on.await.map_err(Refused::from)
        }
        (Ok(_), None) => Err(turn_away(desk, call, &caller, Code::InvalidRequest, None).await),
        (Err(Ended::Refused(refusal)), _) => Err(refusal.into()),
        (Err(Ended::Untaken(code, faults)), Some(reception)) => {
            let refusal = batches.give_up(call, reception, code).await;
            Err(Refused::with(refusal, faults))
        }
        (Err(Ended::Untaken(code, faults)), None) => Err(turn_away(desk, call, &caller, code, faults).await),
    }
}

async fn turn_away(desk: &Desk, call: &Call, caller: &Caller, code: Code, faults: Option<Faults>) -> Refused {
    desk.turn_away(call, caller, OPERATION, code, faults).await
}

/// Is a batch on its way in.
struct Incoming<'c> {
    batches: &'c Batches,
    call: &'c Call,
    caller: &'c Caller,
    within: Duration,
    least_per_second: u64,
    most: u64,
    hash: Hash,
    reception: Option<Reception>,
}

impl Incoming<'_> {
    /// Takes the whole body in and gives the call's key.
    async fn take_in(&mut self, request: &HttpRequest, mut payload: Payload) -> Result<Option<Key>, Ended> {
        let headers = request.headers();
        if !accepts_json(headers) {
            return Err(Code::NotAcceptable.into());
        }
        let form = batch_body(headers).ok_or(Code::UnsupportedMediaType)?;
        let announced = announced(headers);
        if announced.is_some_and(|announced| announced > self.most) {
            return Err(Code::BodyTooLarge.into());
        }
        let key =
            idempotency_key(headers).map_err(|_| Faulty::at(&Pointer::Root, Kind::IdempotencyKeyForm))?;
        let mut found = Vec::new();
        let mut reader = match form {
            BatchBody::Lines => Reader::Lines(Lines::default()),
            BatchBody::Table => {
                let query = request.query_string();
                // What the query says belongs to what is asked for under a key.
                self.hash.update(query.as_bytes());
                self.hash.update(b"\n");
                found.push(Found::Context(context(query)?));
                Reader::Table(Box::default())
            }
        };
        self.enter(&mut found).await?;
        let mut size = 0_u64;
        let mut whole_until = sleep(self.within).deadline();
        loop {
            let piece = timeout(self.within, payload.next());
            let next = timeout_at(whole_until, piece).await.and_then(|piece| piece);
            let Some(piece) = next.map_err(|_| Code::RequestTimeout)? else {
                break;
            };
            let piece = piece.map_err(|failed| match failed {
                PayloadError::Overflow => Code::BodyTooLarge,
                _ => Code::MalformedRequest,
            })?;
            let length = u64::try_from(piece.len()).unwrap_or(u64::MAX);
            size = size.saturating_add(length);
            whole_until += worth(length, self.least_per_second);
            if size > self.most {
                return Err(Code::BodyTooLarge.into());
            }
            self.hash.update(&piece);
            reader.feed(&piece, &mut found)?;
            self.enter(&mut found).await?;
        }
        reader.end(&mut found)?;
        self.enter(&mut found).await?;
        if self
            .reception
            .as_ref()
            .is_none_or(|reception| reception.rows() == 0)
        {
            return Err(Faulty::at(&Pointer::Root, Kind::RowCount).into());
        }
        Ok(key)
    }

    /// Hands on what was found.
    async fn enter(&mut self, found: &mut Vec<Found>) -> Result<(), Ended> {
        for found in found.drain(..) {
            match (found, &mut self.reception) {
                (Found::Context(context), reception) => {
                    let opened = self.batches.open(self.call, self.caller, context).await;
                    *reception = Some(opened.map_err(Ended::Refused)?);
                }
                (Found::Row { line, row, content }, Some(reception)) => {
                    let taken = self.batches.take(reception, row, &content).await;
                    taken.map_err(|untaken| ended(untaken, line))?;
                }
                // No reader gives a row before the work that it is for.
                (Found::Row { .. }, None) => return Err(Code::MalformedRequest.into()),
            }
        }
        Ok(())
    }
}

fn ended(untaken: Untaken, line: usize) -> Ended {
    let root = Pointer::Root;
    match untaken {
        Untaken::Twice => Faulty::at(&root.item(line).member("row"), Kind::RowTwice).into(),
        Untaken::TooMany => Faulty::at(&root, Kind::RowCount).into(),
        Untaken::Unavailable => Code::AuditUnavailable.into(),
    }
}

/// Gives the time that so many bytes may take.
fn worth(bytes: u64, least_per_second: u64) -> Duration {
    Duration::from_micros(bytes.saturating_mul(1_000_000) / least_per_second.max(1))
}

fn announced(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Reads the work from the query; pointers name its parameters as if it were an object.
fn context(query: &str) -> Result<Context, Faulty> {
    let mut faults = Faults::default();
    let pairs = Query::<Vec<(String, String)>>::from_query(query)
        .map(Query::into_inner)
        .unwrap_or_default();
    let context = batch::context_of_query(&pairs, &mut faults);
    context
        .filter(|_| faults.is_empty())
        .ok_or(Faulty::Invalid(faults))
}

#[cfg(test)]
mod tests;
