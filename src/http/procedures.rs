//! `/v1/procedures`: what does each procedure need to know of whom?
//!
//! Shows the catalogue, the same to every caller: what the law asks for is no secret, and a licence is shown by `/v1/client`.
//! Nothing personal, and each call has its audit row (`read`) all the same. The whole list is
//! written once for each catalogue that comes in force.

use std::sync::Arc;

use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use arc_swap::ArcSwap;

use super::arrival::Arrival;
use super::asking::{Desk, Refused, ok};
use super::caller::authenticate;
use super::faults::{Faults, Pointer};
use super::headers::media::accepts_json;
use super::wire::catalogue::{Listed, Shown};
use super::wire::request::code_fault;
use crate::audit::Operation;
use crate::domain::context::ProcedureCode;
use crate::domain::problem::Code;
use crate::policy::procedures::Catalogue;

/// Holds the list of all procedures as it is served.
#[derive(Debug)]
pub(super) struct Listing(ArcSwap<Written>);

#[derive(Debug)]
struct Written {
    of: Arc<Catalogue>,
    list: Bytes,
}

impl Listing {
    /// Writes the list.
    pub fn new(catalogue: &Arc<Catalogue>) -> Self {
        Self(ArcSwap::from_pointee(written(catalogue)))
    }

    /// Gives the list of this catalogue, written anew where it is another one than before.
    fn list(&self, catalogue: &Arc<Catalogue>) -> Bytes {
        let held = self.0.load();
        if Arc::ptr_eq(&held.of, catalogue) {
            return held.list.clone();
        }
        let written = Arc::new(written(catalogue));
        self.0.store(Arc::clone(&written));
        written.list.clone()
    }
}

fn written(catalogue: &Arc<Catalogue>) -> Written {
    let listed = Listed::of(catalogue.iter().map(AsRef::as_ref));
    // Text and numbers alone: there is nothing in it that could fail to be written.
    let list = serde_json::to_vec(&listed).unwrap_or_default().into();
    Written {
        of: Arc::clone(catalogue),
        list,
    }
}

/// Answers `GET /v1/procedures`.
pub(super) async fn list(
    desk: Data<Desk>,
    listing: Data<Listing>,
    arrival: Arrival,
    request: HttpRequest,
) -> HttpResponse {
    desk.respond(&arrival, show_all(&desk, &listing, &arrival, &request).await)
}

async fn show_all(
    desk: &Desk,
    listing: &Listing,
    arrival: &Arrival,
    request: &HttpRequest,
) -> Result<HttpResponse, Refused> {
    let call = &arrival.call;
    let caller = authenticate(&desk.exchange, call, request).await?;
    if !accepts_json(request.headers()) {
        return Err(desk
            .turn_away(call, &caller, Operation::Read, Code::NotAcceptable, None)
            .await);
    }
    let reading = desk.exchange.client(call, &caller).await?;
    Ok(ok(&reading.client, Some(&reading.nearest)).body(listing.list(&desk.exchange.catalogue())))
}

/// Answers `GET /v1/procedures/{code}`.
pub(super) async fn one(
    desk: Data<Desk>,
    arrival: Arrival,
    request: HttpRequest,
    code: Path<String>,
) -> HttpResponse {
    desk.respond(&arrival, show_one(&desk, &arrival, &request, &code).await)
}

async fn show_one(
    desk: &Desk,
    arrival: &Arrival,
    request: &HttpRequest,
    code: &str,
) -> Result<HttpResponse, Refused> {
    let call = &arrival.call;
    let caller = authenticate(&desk.exchange, call, request).await?;
    if !accepts_json(request.headers()) {
        return Err(desk
            .turn_away(call, &caller, Operation::Read, Code::NotAcceptable, None)
            .await);
    }
    let code: ProcedureCode = match code.parse() {
        Ok(code) => code,
        Err(malformed) => {
            let mut faults = Faults::default();
            faults.add(&Pointer::Root.member("code"), code_fault(malformed));
            return Err(desk
                .turn_away(call, &caller, Operation::Read, Code::InvalidRequest, Some(faults))
                .await);
        }
    };
    let reading = desk.exchange.procedure(call, &caller, &code).await?;
    Ok(ok(&reading.client, Some(&reading.nearest)).json(Shown::of(&reading.shown)))
}

#[cfg(test)]
mod tests;
