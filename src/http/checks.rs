//! `/v1/checks`: may a paper be asked for?
//!
//! The call about a whole dossier, and the reading of its answer again. Refusals from authentication on are recorded by the
//! exchange; what doesn't fit the procedure comes back with the place in the body where it stands.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse, rt};
use tokio::task::JoinError;
use uuid::Uuid;

use super::arrival::Arrival;
use super::asking::{Desk, Refused, ok};
use super::body;
use super::caller::authenticate;
use super::faults::{Faults, Kind, Pointer};
use super::headers::freshness::wanted;
use super::headers::idempotency_key::idempotency_key;
use super::headers::media::{accepts_json, is_json};
use super::json::Json;
use super::wire::check;
use crate::audit::Operation;
use crate::auth::Scope;
use crate::checks::{self, Asking, Checks, Told};
use crate::domain::problem::Code;
use crate::exchange::{Call, Repeatable};

/// Says why no request could be read.
type Unread = (Code, Option<Faults>);

/// Answers `POST /v1/checks`.
pub(super) async fn check(
    desk: Data<Desk>,
    checks: Data<Checks>,
    arrival: Arrival,
    request: HttpRequest,
    payload: Payload,
) -> HttpResponse {
    let (problems, arrived) = (Arc::clone(&desk.problems), arrival.clone());
    detached(async move {
        let answered = answer(&desk, &checks, &arrival.call, &request, payload).await;
        desk.respond(&arrival, answered)
    })
    .await
    .unwrap_or_else(|_| problems.refuse(&arrived, Code::InternalError))
}

/// Runs to its end what a caller who hangs up must not stop; fails only where it panicked.
async fn detached<T: 'static>(work: impl Future<Output = T> + 'static) -> Result<T, JoinError> {
    rt::spawn(work).await
}

async fn answer(
    desk: &Desk,
    checks: &Checks,
    call: &Call,
    request: &HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Refused> {
    let operation = Operation::Check;
    let caller = authenticate(&desk.exchange, call, request).await?;
    desk.exchange
        .check_scope(call, &caller, operation, Scope::Checks)
        .await?;
    match asking(desk, call, request, payload).await {
        Ok(asking) => checks
            .check(call, &caller, asking)
            .await
            .map(answered)
            .map_err(refused),
        Err((code, faults)) => Err(desk.turn_away(call, &caller, operation, code, faults).await),
    }
}

async fn asking(desk: &Desk, call: &Call, request: &HttpRequest, payload: Payload) -> Result<Asking, Unread> {
    let headers = request.headers();
    if !accepts_json(headers) {
        return Err((Code::NotAcceptable, None));
    }
    let body = body::read(request, payload, desk.body_within)
        .await
        .map_err(|code| (code, None))?;
    if !body.is_empty() && !is_json(headers) {
        return Err((Code::UnsupportedMediaType, None));
    }
    let json = Json::read(&body).map_err(|_| (Code::MalformedRequest, None))?;
    let mut faults = Faults::default();
    let key = idempotency_key(headers).unwrap_or_else(|_| {
        faults.add(&Pointer::Root, Kind::IdempotencyKeyForm);
        None
    });
    let read = check::request(&json, call.received_at, &mut faults);
    drop(json);
    match read {
        Some(read) if faults.is_empty() => Ok(Asking {
            request: read,
            wanted: wanted(headers),
            repeatable: key.map(|key| Repeatable {
                key,
                body: body.clone(),
            }),
            body,
        }),
        Some(_) | None => Err((Code::InvalidRequest, Some(faults))),
    }
}

fn refused(refused: checks::Refused) -> Refused {
    let faults = (!refused.misplaced.is_empty()).then(|| check::faults(&refused.misplaced));
    Refused::with(refused.refusal, faults)
}

fn answered(told: Told) -> HttpResponse {
    let mut response = ok(&told.client, told.nearest.as_ref());
    if told.is_pending {
        response.status(StatusCode::ACCEPTED);
    }
    response.body(told.body)
}

/// Answers `GET /v1/checks/{id}`.
pub(super) async fn show(
    desk: Data<Desk>,
    checks: Data<Checks>,
    arrival: Arrival,
    request: HttpRequest,
    id: Path<String>,
) -> HttpResponse {
    desk.respond(&arrival, read(&desk, &checks, &arrival.call, &request, &id).await)
}

async fn read(
    desk: &Desk,
    checks: &Checks,
    call: &Call,
    request: &HttpRequest,
    id: &str,
) -> Result<HttpResponse, Refused> {
    let operation = Operation::Read;
    let caller = authenticate(&desk.exchange, call, request).await?;
    desk.exchange
        .check_scope(call, &caller, operation, Scope::Checks)
        .await?;
    if !accepts_json(request.headers()) {
        return Err(desk
            .turn_away(call, &caller, operation, Code::NotAcceptable, None)
            .await);
    }
    let found = match Uuid::parse_str(id) {
        Ok(id) => checks.read(id, &caller).await,
        Err(_) => Ok(None),
    };
    match found {
        Ok(Some(body)) => {
            let reading = desk.exchange.client(call, &caller).await?;
            Ok(ok(&reading.client, Some(&reading.nearest)).body(body))
        }
        // Another client's check doesn't exist for this one.
        Ok(None) => Err(desk
            .turn_away(call, &caller, operation, Code::NotFound, None)
            .await),
        Err(checks::kept::Unavailable) => Err(desk
            .turn_away(call, &caller, operation, Code::AuditUnavailable, None)
            .await),
    }
}

/// Gives the form in which the API writes checks, for those that are gone on with when their caller has left.
#[must_use]
pub fn form() -> checks::Form {
    checks::Form {
        read: check::read_again,
        write: check::write,
    }
}
