//! `POST /events/registry`: what does the registry tell us of its own accord?
//!
//! Takes a pushed event, whose signature is its credential, to `events` and says what became of it: 204 for one that is
//! applied, now or before, 202 for one that has to wait for those before it. One that nobody can vouch for is recorded as a
//! failed authentication; one that is signed and can't be read is told where, without a word of what stood there.

use actix_web::http::header::{CONTENT_TYPE, HeaderMap};
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::arrival::Arrival;
use super::asking::Desk;
use super::body;
use super::faults::{Faults, Kind, Pointer};
use crate::domain::problem::Code;
use crate::events::{Events, Received, Rejected, Unreadable};

/// Answers `POST /events/registry`.
pub(super) async fn receive(
    desk: Data<Desk>,
    events: Data<Events>,
    arrival: Arrival,
    request: HttpRequest,
    payload: Payload,
) -> HttpResponse {
    if !is_jwt(request.headers()) {
        return desk.problems.refuse(&arrival, Code::UnsupportedMediaType);
    }
    let message = match body::read(&request, payload, desk.body_within).await {
        Ok(message) => message,
        Err(code) => return desk.problems.refuse(&arrival, code),
    };
    match events.into_inner().receive(message.trim_ascii().to_vec()).await {
        Ok(Received::Applied | Received::AlreadyKnown) => HttpResponse::NoContent().finish(),
        Ok(Received::Early) => HttpResponse::Accepted().finish(),
        Err(Rejected::Malformed) => desk.problems.refuse(&arrival, Code::MalformedRequest),
        Err(Rejected::NotSigned) => turn_away(&desk, &arrival, Code::TokenInvalid).await,
        Err(Rejected::KeysUnavailable) => turn_away(&desk, &arrival, Code::KeysUnavailable).await,
        Err(Rejected::Unrecorded) => desk.problems.refuse(&arrival, Code::AuditUnavailable),
        Err(Rejected::Unreadable(members)) => {
            let faults = faults(&members);
            desk.problems.refuse_body(&arrival, &faults)
        }
    }
}

async fn turn_away(desk: &Desk, arrival: &Arrival, code: Code) -> HttpResponse {
    let refusal = desk.exchange.turn_away_event(&arrival.call, code).await;
    desk.respond(arrival, Err(refusal.into()))
}

/// Tells whether the body is said to be a signed message, which is plain ASCII and never packed.
fn is_jwt(headers: &HeaderMap) -> bool {
    let mut types = headers
        .get_all(CONTENT_TYPE)
        .map(|line| line.to_str().unwrap_or_default());
    let (Some(sent), None) = (types.next(), types.next()) else {
        return false;
    };
    let essence = sent
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    essence
        .strip_prefix("application/")
        .is_some_and(|kind| kind == "jwt" || kind == "jose" || kind.ends_with("+jwt"))
}

fn faults(members: &[Unreadable]) -> Faults {
    let mut faults = Faults::default();
    for member in members {
        let kind = match member {
            Unreadable::Sequence | Unreadable::Type | Unreadable::At => Kind::EventMember,
            Unreadable::Pin | Unreadable::NewPin => Kind::PinLength,
        };
        faults.add(&Pointer::Root.member(member.as_str()), kind);
    }
    faults
}

#[cfg(test)]
mod tests;
