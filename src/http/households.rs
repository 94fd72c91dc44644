//! `/v1/households`: is this so of the person's household, and who belongs to it?
//!
//! The two calls about a household. They differ from those about one person in what is asked; the road is the same
//! (`asking`).

use std::sync::Arc;

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::arrival::Arrival;
use super::asking::{Desk, Service};
use super::wire::household;
use crate::audit::Operation;
use crate::auth::Scope;

const VERIFY: Service = Service {
    operation: Operation::HouseholdVerify,
    scope: Scope::HouseholdsVerify,
    read: household::verify,
};

const LOOKUP: Service = Service {
    operation: Operation::HouseholdLookup,
    scope: Scope::HouseholdsLookup,
    read: household::lookup,
};

/// Answers `POST /v1/households/verify`.
pub(super) async fn verify(
    desk: Data<Desk>,
    arrival: Arrival,
    request: HttpRequest,
    payload: Payload,
) -> HttpResponse {
    Arc::clone(&desk).ask(arrival, request, payload, VERIFY).await
}

/// Answers `POST /v1/households/lookup`.
pub(super) async fn lookup(
    desk: Data<Desk>,
    arrival: Arrival,
    request: HttpRequest,
    payload: Payload,
) -> HttpResponse {
    Arc::clone(&desk).ask(arrival, request, payload, LOOKUP).await
}
