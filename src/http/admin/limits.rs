//! `/admin/v1/limits`: how much may each client ask, how much has it asked, and what do operators make of it?
//!
//! Shows what is in force and what is used of it; sets limits, which the register puts over the file. What a client has used
//! is counted by `limits` and stays counted, whatever the limit becomes.

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::desk::{Desk, ok};
use super::wire::{LimitsShown, limits_with_reason};
use crate::domain::problem::Code;
use crate::exchange::Acting;
use crate::http::arrival::Arrival;
use crate::register::{Registered, What};

/// Answers `GET /admin/v1/limits`.
pub(super) async fn list(desk: Data<Desk>, arrival: Arrival, request: HttpRequest) -> HttpResponse {
    let answered = async {
        let acting = desk.seeing(&arrival, &request, "limits.list", None).await?;
        let view = desk.register.view();
        let all: Vec<_> = view
            .clients
            .values()
            .map(|entry| shown(&desk, &arrival, entry))
            .collect();
        desk.show(&arrival, &acting, &serde_json::json!({ "limits": all }))
            .await
    };
    desk.respond(&arrival, answered.await)
}

/// Answers `GET /admin/v1/limits/{id}`.
pub(super) async fn show(
    desk: Data<Desk>,
    arrival: Arrival,
    request: HttpRequest,
    id: Path<String>,
) -> HttpResponse {
    let answered = async {
        let acting = desk.seeing(&arrival, &request, "limits.show", Some(&id)).await?;
        match found(&desk, &acting) {
            Some(entry) => {
                let seen = shown(&desk, &arrival, &entry);
                desk.show(&arrival, &acting, &seen).await
            }
            None => Err(desk.turn_away(&arrival, &acting, Code::NotFound).await),
        }
    };
    desk.respond(&arrival, answered.await)
}

/// Answers `PUT /admin/v1/limits/{id}`.
pub(super) async fn put(
    desk: Data<Desk>,
    arrival: Arrival,
    request: HttpRequest,
    payload: Payload,
    id: Path<String>,
) -> HttpResponse {
    let answered = async {
        let action = ("limits.put", Some(id.as_str()));
        let (acting, limits) = desk
            .asked((&arrival, &request), payload, action, |acting, json, faults| {
                let narrowings: Vec<_> = found(&desk, acting)
                    .map(|entry| entry.client.procedure_limits.values().copied().collect())
                    .unwrap_or_default();
                limits_with_reason(json, &narrowings, faults)
            })
            .await?;
        desk.make(&arrival, acting.clone(), What::Limited(Box::new(limits)))
            .await?;
        match found(&desk, &acting) {
            Some(entry) => Ok(ok().json(shown(&desk, &arrival, &entry))),
            // Removed by somebody else between the change and now.
            None => Err(desk.turn_away(&arrival, &acting, Code::NotFound).await),
        }
    };
    desk.respond(&arrival, answered.await)
}

fn found(desk: &Desk, acting: &Acting) -> Option<Registered> {
    let view = desk.register.view();
    acting
        .client
        .as_ref()
        .and_then(|id| view.clients.get(id))
        .cloned()
}

fn shown(desk: &Desk, arrival: &Arrival, entry: &Registered) -> LimitsShown {
    let usage = desk.exchange.usage(&entry.client.id, &arrival.call);
    LimitsShown::of(entry, &usage, desk.register.view().read_at)
}
