//! `/v1/batches`: many people at once.
//!
//! Handing a batch in, how it stands, its results, giving it up. A body is read as it comes and goes on row by row, so that
//! none ever stands in memory; what can't be read ends the whole, with the place where it stands. Results are read and
//! written page by page. Refusals from authentication on are recorded by the exchange; who hangs up while sending leaves
//! nothing but the row of a call that couldn't be read.

mod lines;
mod sending;
mod table;

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::web::{Bytes, Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse, rt};
use futures_util::Stream;
use futures_util::stream;
use serde::Serialize;
use std::collections::BTreeMap;
use uuid::Uuid;

use super::arrival::Arrival;
use super::asking::{Desk, Refused, ok};
use super::caller::authenticate;
use super::headers::media::{accepts_json, accepts_lines};
use super::problem::Problems;
use super::texts::Language;
use super::wire::batch;
use crate::audit::Operation;
use crate::auth::{Caller, Scope};
use crate::batches::store::{Standing, Status, Unavailable};
use crate::batches::{Batches, Form, Taken, Told};
use crate::domain::problem::Code;
use crate::exchange::{Call, Handled};

/// The word for calls about batches in the audit log: they ask about nobody; each row has a word of its own.
const OPERATION: Operation = Operation::Read;

/// How many results are read at once.
const PAGE: u32 = 200;

/// Holds what the edge must know of batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most bytes of a body.
    pub body: u64,
    /// The fewest bytes a second that one may come with, on average.
    pub least_per_second: u64,
}

/// Gives the form in which the API reads rows and writes results.
#[must_use]
pub fn batch_form() -> Form {
    Form {
        read: batch::read_row,
        write: super::wire::reply::write,
        answered: batch::answered,
        refused: batch::refused,
    }
}

/// Answers `POST /v1/batches`.
pub(super) async fn hand_in(
    desk: Data<Desk>,
    batches: Data<Batches>,
    limits: Data<Limits>,
    arrival: Arrival,
    request: HttpRequest,
    payload: Payload,
) -> HttpResponse {
    let (problems, arrived) = (Arc::clone(&desk.problems), arrival.clone());
    // Runs to its end whoever hangs up: what came of the body is discarded then, and recorded.
    let handing_in = rt::spawn(async move {
        let handed = sending::hand_in(
            &desk,
            &batches,
            *limits.get_ref(),
            &arrival.call,
            &request,
            payload,
        )
        .await;
        desk.respond(&arrival, handed.map(taken))
    });
    handing_in
        .await
        .unwrap_or_else(|_| problems.refuse(&arrived, Code::InternalError))
}

fn taken(taken: Taken) -> HttpResponse {
    let mut response = ok(&taken.client, taken.nearest.as_ref());
    response
        .status(StatusCode::ACCEPTED)
        .insert_header((header::LOCATION, format!("/v1/batches/{}", taken.id)));
    response.json(Queued {
        id: taken.id.to_string(),
        status: Status::Queued.as_str(),
    })
}

#[derive(Serialize)]
struct Queued {
    id: String,
    status: &'static str,
}

/// Answers `GET /v1/batches/{id}`.
pub(super) async fn show(
    desk: Data<Desk>,
    batches: Data<Batches>,
    arrival: Arrival,
    request: HttpRequest,
    id: Path<String>,
) -> HttpResponse {
    let call = &arrival.call;
    let shown = async {
        let caller = admitted(&desk, call, &request, accepts_json).await?;
        let (id, standing) = found(&desk, &batches, call, &caller, &id).await?;
        shown(&desk, (call, &caller), id, &standing, Handled::Shown).await
    };
    desk.respond(&arrival, shown.await)
}

/// Answers `DELETE /v1/batches/{id}`.
pub(super) async fn cancel(
    desk: Data<Desk>,
    batches: Data<Batches>,
    arrival: Arrival,
    request: HttpRequest,
    id: Path<String>,
) -> HttpResponse {
    let call = &arrival.call;
    let cancelled = async {
        let caller = admitted(&desk, call, &request, accepts_json).await?;
        let (id, before) = found(&desk, &batches, call, &caller, &id).await?;
        if batches.cancel(id, &caller).await.is_err() {
            return Err(unavailable(&desk, call, &caller).await);
        }
        let (id, standing) = found(&desk, &batches, call, &caller, &id.to_string()).await?;
        // What had ended before was given up by nobody now.
        let handled = match (before.ended_at, standing.status) {
            (None, Status::Cancelled) => Handled::Cancelled,
            _ => Handled::Shown,
        };
        shown(&desk, (call, &caller), id, &standing, handled).await
    };
    desk.respond(&arrival, cancelled.await)
}

/// Answers `GET /v1/batches/{id}/results`.
pub(super) async fn results(
    desk: Data<Desk>,
    batches: Data<Batches>,
    arrival: Arrival,
    request: HttpRequest,
    id: Path<String>,
) -> HttpResponse {
    let call = &arrival.call;
    let streamed = async {
        let caller = admitted(&desk, call, &request, accepts_lines).await?;
        let (id, _) = found(&desk, &batches, call, &caller, &id).await?;
        let reading = desk.exchange.batch(call, &caller, id, Handled::Fetched).await?;
        let mut response = ok(&reading.client, Some(&reading.nearest));
        response.insert_header((
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/x-ndjson"),
        ));
        let problems = Arc::clone(&desk.problems);
        let pages = pages(batches.into_inner(), id, problems, arrival.language);
        Ok(response.streaming(pages))
    };
    desk.respond(&arrival, streamed.await)
}

/// Lets the caller in that may ask about batches, and reads the answer's form.
async fn admitted(
    desk: &Desk,
    call: &Call,
    request: &HttpRequest,
    accepts: fn(&header::HeaderMap) -> bool,
) -> Result<Caller, Refused> {
    let caller = authenticate(&desk.exchange, call, request).await?;
    desk.exchange
        .check_scope(call, &caller, OPERATION, Scope::Batches)
        .await?;
    if accepts(request.headers()) {
        Ok(caller)
    } else {
        let code = Code::NotAcceptable;
        Err(desk.turn_away(call, &caller, OPERATION, code, None).await)
    }
}

/// Finds the client's own batch; another's doesn't exist for this one.
async fn found(
    desk: &Desk,
    batches: &Batches,
    call: &Call,
    caller: &Caller,
    id: &str,
) -> Result<(Uuid, Standing), Refused> {
    let found = match Uuid::parse_str(id) {
        Ok(id) => batches
            .find(id, caller)
            .await
            .map(|standing| standing.map(|standing| (id, standing))),
        Err(_) => Ok(None),
    };
    match found {
        Ok(Some(found)) => Ok(found),
        Ok(None) => Err(desk
            .turn_away(call, caller, OPERATION, Code::NotFound, None)
            .await),
        Err(Unavailable) => Err(unavailable(desk, call, caller).await),
    }
}

async fn unavailable(desk: &Desk, call: &Call, caller: &Caller) -> Refused {
    desk.turn_away(call, caller, OPERATION, Code::AuditUnavailable, None)
        .await
}

async fn shown(
    desk: &Desk,
    (call, caller): (&Call, &Caller),
    id: Uuid,
    standing: &Standing,
    handled: Handled,
) -> Result<HttpResponse, Refused> {
    let reading = desk.exchange.batch(call, caller, id, handled).await?;
    Ok(ok(&reading.client, Some(&reading.nearest)).json(Shown {
        id: id.to_string(),
        status: standing.status.as_str(),
        rows: standing.rows,
        done: standing.done,
        counts: &standing.counts,
        reason: standing.reason.as_deref(),
    }))
}

#[derive(Serialize)]
struct Shown<'a> {
    id: String,
    status: &'static str,
    rows: u64,
    done: u64,
    counts: &'a BTreeMap<String, u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

/// Writes the results page by page, as fast as they are taken off.
fn pages(
    batches: Arc<Batches>,
    id: Uuid,
    problems: Arc<Problems>,
    language: Language,
) -> impl Stream<Item = Result<Bytes, Unavailable>> {
    stream::try_unfold(Some(0), move |after| {
        let (batches, problems) = (Arc::clone(&batches), Arc::clone(&problems));
        async move {
            let Some(after) = after else { return Ok(None) };
            let page = batches.results(id, after, PAGE).await?;
            let Some(Told { row, .. }) = page.last() else {
                return Ok(None);
            };
            let is_last = page.len() < usize::try_from(PAGE).unwrap_or(usize::MAX);
            let next = (!is_last).then_some(*row);
            let mut text = Vec::new();
            for told in &page {
                batch::write_line(&mut text, told, &problems, language);
            }
            Ok(Some((Bytes::from(text), next)))
        }
    })
}
