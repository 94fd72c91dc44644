//! `/v1/citizens`: is this the person, and what does the register hold?
//!
//! The two calls about one person. They differ in their scope and in how their bodies are read; the road is the same
//! (`asking`).

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::arrival::Arrival;
use super::asking::{Desk, Service};
use super::wire::request;
use crate::audit::Operation;
use crate::auth::Scope;

const VERIFY: Service = Service {
    operation: Operation::Verify,
    scope: Scope::CitizensVerify,
    read: request::verify,
};

const LOOKUP: Service = Service {
    operation: Operation::Lookup,
    scope: Scope::CitizensLookup,
    read: request::lookup,
};

/// Answers `POST /v1/citizens/verify`.
pub(super) async fn verify(
    desk: Data<Desk>,
    arrival: Arrival,
    request: HttpRequest,
    payload: Payload,
) -> HttpResponse {
    desk.ask(arrival, request, payload, VERIFY).await
}

/// Answers `POST /v1/citizens/lookup`.
pub(super) async fn lookup(
    desk: Data<Desk>,
    arrival: Arrival,
    request: HttpRequest,
    payload: Payload,
) -> HttpResponse {
    desk.ask(arrival, request, payload, LOOKUP).await
}
