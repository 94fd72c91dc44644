//! `/v1/client` and `/v1/fields`: what may this caller do?
//!
//! A caller's view of its own registration. Reads nothing about any person, asks the registry nothing; each call has its
//! audit row (`read`) all the same.

use std::collections::BTreeSet;

use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::arrival::Arrival;
use super::asking::{Desk, Refused, ok};
use super::caller::authenticate;
use super::faults::{Faults, Kind, Pointer};
use super::headers::media::accepts_json;
use super::wire::moment::Moment;
use super::wire::request::code_fault;
use crate::audit::Operation;
use crate::domain::context::ProcedureCode;
use crate::domain::problem::Code;
use crate::policy::clients::Client;

/// Answers `GET /v1/client`.
pub(super) async fn client(desk: Data<Desk>, arrival: Arrival, request: HttpRequest) -> HttpResponse {
    desk.respond(&arrival, show_client(&desk, &arrival, &request).await)
}

async fn show_client(desk: &Desk, arrival: &Arrival, request: &HttpRequest) -> Result<HttpResponse, Refused> {
    let call = &arrival.call;
    let caller = authenticate(&desk.exchange, call, request).await?;
    if !accepts_json(request.headers()) {
        return Err(desk
            .turn_away(call, &caller, Operation::Read, Code::NotAcceptable, None)
            .await);
    }
    let reading = desk.exchange.client(call, &caller).await?;
    Ok(ok(&reading.client, Some(&reading.nearest)).json(Registration::of(&reading.client)))
}

/// Answers `GET /v1/fields`.
pub(super) async fn fields(desk: Data<Desk>, arrival: Arrival, request: HttpRequest) -> HttpResponse {
    desk.respond(&arrival, show_fields(&desk, &arrival, &request).await)
}

async fn show_fields(desk: &Desk, arrival: &Arrival, request: &HttpRequest) -> Result<HttpResponse, Refused> {
    let call = &arrival.call;
    let caller = authenticate(&desk.exchange, call, request).await?;
    if !accepts_json(request.headers()) {
        return Err(desk
            .turn_away(call, &caller, Operation::Read, Code::NotAcceptable, None)
            .await);
    }
    let procedure = match procedure(request.query_string()) {
        Ok(procedure) => procedure,
        Err(faults) => {
            return Err(desk
                .turn_away(call, &caller, Operation::Read, Code::InvalidRequest, Some(faults))
                .await);
        }
    };
    let reading = desk.exchange.fields(call, &caller, &procedure).await?;
    let fields = reading.shown.iter().map(|field| field.to_string()).collect();
    Ok(ok(&reading.client, Some(&reading.nearest)).json(FieldList { fields }))
}

/// Reads the one parameter; a pointer names it as if the query were an object.
fn procedure(query: &str) -> Result<ProcedureCode, Faults> {
    let mut faults = Faults::default();
    let pairs = Query::<Vec<(String, String)>>::from_query(query)
        .map(Query::into_inner)
        .unwrap_or_default();
    let at = Pointer::Root.member("procedure");
    let (known, unknown): (Vec<_>, Vec<_>) = pairs.into_iter().partition(|(name, _)| name == "procedure");
    if !unknown.is_empty() {
        faults.add(&Pointer::Root, Kind::UnknownMember);
    }
    let procedure = match known.as_slice() {
        [] => Err(Kind::Required),
        [(_, text)] => text.parse().map_err(code_fault),
        _ => Err(Kind::Duplicate),
    };
    match procedure {
        Ok(procedure) if faults.is_empty() => Ok(procedure),
        Ok(_) => Err(faults),
        Err(kind) => {
            faults.add(&at, kind);
            Err(faults)
        }
    }
}

#[derive(Serialize)]
struct FieldList {
    fields: Vec<String>,
}

/// Is a registration as its client sees it.
#[derive(Serialize)]
pub(super) struct Registration<'a> {
    client_id: &'a str,
    name: &'a str,
    status: &'static str,
    province_code: &'a str,
    units: BTreeSet<&'a str>,
    procedures: BTreeSet<&'a str>,
    fields: Vec<String>,
    scopes: Vec<&'static str>,
    accept_close_identity: bool,
    certificate_bound: bool,
    valid_from: Moment,
    valid_until: Moment,
}

impl<'a> Registration<'a> {
    /// Shows a registration.
    pub fn of(client: &'a Client) -> Self {
        Self {
            client_id: client.id.as_str(),
            name: &client.name,
            status: client.status.as_str(),
            province_code: client.province.as_str(),
            units: client.units.iter().map(|unit| unit.as_str()).collect(),
            procedures: client.procedures.iter().map(ProcedureCode::as_str).collect(),
            fields: client.fields.iter().map(|field| field.to_string()).collect(),
            scopes: client.scopes.iter().map(|scope| scope.as_str()).collect(),
            accept_close_identity: client.accept_close_identity,
            certificate_bound: client.needs_certificate(),
            valid_from: Moment(client.valid_from),
            valid_until: Moment(client.valid_until),
        }
    }
}

#[cfg(test)]
mod tests;
