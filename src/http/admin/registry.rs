//! `/admin/v1/registry`: how is the way to the registry, and may it be asked?
//!
//! Shows the maintenance, how the last calls went and the budget; closes and opens the way, which the register keeps, so that
//! it counts on every gateway of the store and after a restart.

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::desk::{Desk, ok};
use super::wire::{RegistryShown, maintenance};
use crate::http::arrival::Arrival;

/// Answers `GET /admin/v1/registry`.
pub(super) async fn show(desk: Data<Desk>, arrival: Arrival, request: HttpRequest) -> HttpResponse {
    let answered = async {
        let acting = desk.seeing(&arrival, &request, "registry.show", None).await?;
        let view = desk.register.view();
        let now = arrival.call.received_at;
        let shown = RegistryShown::of(view.maintenance.as_ref(), desk.exchange.health(), now);
        desk.show(&arrival, &acting, &shown).await
    };
    desk.respond(&arrival, answered.await)
}

/// Answers `PUT /admin/v1/registry`.
pub(super) async fn put(
    desk: Data<Desk>,
    arrival: Arrival,
    request: HttpRequest,
    payload: Payload,
) -> HttpResponse {
    let answered = async {
        let now = arrival.call.received_at;
        let action = ("registry.put", None);
        let (acting, what) = desk
            .asked((&arrival, &request), payload, action, |_, json, faults| {
                maintenance(json, now, faults)
            })
            .await?;
        desk.make(&arrival, acting, what).await?;
        let view = desk.register.view();
        let shown = RegistryShown::of(view.maintenance.as_ref(), desk.exchange.health(), now);
        Ok(ok().json(shown))
    };
    desk.respond(&arrival, answered.await)
}
