//! `/v1/quota`: how much may this caller still ask?
//!
//! Where the client stands against each of its limits, with a forecast for day and month. Costs a call of the burst, this one
//! included in what it shows, and has its audit row (`read`). Limits that would tell of other people (officers of a
//! number, wrong guesses) or of other clients (the registry's budget) aren't shown.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::arrival::Arrival;
use super::asking::{Desk, Refused, ok};
use super::caller::authenticate;
use super::headers::media::accepts_json;
use super::wire::moment::Moment;
use crate::audit::Operation;
use crate::domain::problem::Code;
use crate::limits::Standing;

/// Answers `GET /v1/quota`.
pub(super) async fn quota(desk: Data<Desk>, arrival: Arrival, request: HttpRequest) -> HttpResponse {
    desk.respond(&arrival, show(&desk, &arrival, &request).await)
}

async fn show(desk: &Desk, arrival: &Arrival, request: &HttpRequest) -> Result<HttpResponse, Refused> {
    let call = &arrival.call;
    let caller = authenticate(&desk.exchange, call, request).await?;
    if !accepts_json(request.headers()) {
        return Err(desk
            .turn_away(call, &caller, Operation::Read, Code::NotAcceptable, None)
            .await);
    }
    let reading = desk.exchange.quota(call, &caller).await?;
    Ok(ok(&reading.client, Some(&reading.nearest)).json(Quota::of(&reading.shown)))
}

/// Is where a client stands, as it is shown.
#[derive(Serialize)]
pub(super) struct Quota<'a> {
    policies: Vec<Policy<'a>>,
}

#[derive(Serialize)]
struct Policy<'a> {
    name: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    procedure: Option<&'a str>,
    limit: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    window_seconds: Option<u32>,
    used: u64,
    remaining: u64,
    resets_at: Moment,
    exhausted_at_forecast: Option<Moment>,
}

impl<'a> Quota<'a> {
    /// Shows standings.
    pub fn of(standings: &'a [Standing]) -> Self {
        let policy = |standing: &'a Standing| Policy {
            name: standing.limit.as_str(),
            procedure: standing.procedure.as_ref().map(|code| code.as_str()),
            limit: standing.of.calls,
            window_seconds: standing.of.seconds,
            used: standing.used,
            remaining: standing.remaining,
            resets_at: Moment(standing.resets_at),
            exhausted_at_forecast: standing.exhausted_at.map(Moment),
        };
        Self {
            policies: standings.iter().map(policy).collect(),
        }
    }
}
