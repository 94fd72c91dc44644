//! `/admin/v1/clients`: who is registered, and what operators make of it?
//!
//! Each handler lets the operator in, reads, has the register make the change, and shows the client as it then is.

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::desk::{Desk, ok};
use super::wire::{Listed, Shown, reason_alone, registration};
use crate::domain::problem::Code;
use crate::exchange::Acting;
use crate::http::arrival::Arrival;
use crate::http::asking::Refused;
use crate::register::What;

/// Answers `GET /admin/v1/clients`.
pub(super) async fn list(desk: Data<Desk>, arrival: Arrival, request: HttpRequest) -> HttpResponse {
    let answered = async {
        let acting = desk.seeing(&arrival, &request, "clients.list", None).await?;
        desk.show(&arrival, &acting, &Listed::of(&desk.register.view()))
            .await
    };
    desk.respond(&arrival, answered.await)
}

/// Answers `GET /admin/v1/clients/{id}`.
pub(super) async fn show(
    desk: Data<Desk>,
    arrival: Arrival,
    request: HttpRequest,
    id: Path<String>,
) -> HttpResponse {
    let answered = async {
        let acting = desk.seeing(&arrival, &request, "client.show", Some(&id)).await?;
        let view = desk.register.view();
        match acting.client.as_ref().and_then(|id| view.clients.get(id)) {
            Some(entry) => desk.show(&arrival, &acting, &Shown::of(entry)).await,
            None => Err(desk.turn_away(&arrival, &acting, Code::NotFound).await),
        }
    };
    desk.respond(&arrival, answered.await)
}

/// Answers `PUT /admin/v1/clients/{id}`.
pub(super) async fn put(
    desk: Data<Desk>,
    arrival: Arrival,
    request: HttpRequest,
    payload: Payload,
    id: Path<String>,
) -> HttpResponse {
    let answered = async {
        let judge = |registration: &_| desk.register.judge(registration).map(|_| ());
        let action = ("client.put", Some(id.as_str()));
        let (acting, wanted) = desk
            .asked((&arrival, &request), payload, action, |_, json, faults| {
                registration(json, &id, &judge, faults)
            })
            .await?;
        let is_new = acting
            .client
            .as_ref()
            .is_some_and(|id| !desk.register.view().clients.contains_key(id));
        let what = What::Registered(Box::new(wanted));
        desk.make(&arrival, acting.clone(), what).await?;
        let mut response = ok();
        if is_new {
            response.status(actix_web::http::StatusCode::CREATED);
        }
        Ok(shown(&desk, &acting, response))
    };
    desk.respond(&arrival, answered.await)
}

/// Answers `DELETE /admin/v1/clients/{id}`.
pub(super) async fn remove(
    desk: Data<Desk>,
    arrival: Arrival,
    request: HttpRequest,
    payload: Payload,
    id: Path<String>,
) -> HttpResponse {
    changed(&desk, &arrival, &request, payload, (&id, What::Removed)).await
}

/// Answers `POST /admin/v1/clients/{id}/suspend`.
pub(super) async fn suspend(
    desk: Data<Desk>,
    arrival: Arrival,
    request: HttpRequest,
    payload: Payload,
    id: Path<String>,
) -> HttpResponse {
    changed(&desk, &arrival, &request, payload, (&id, What::Suspended)).await
}

/// Answers `POST /admin/v1/clients/{id}/resume`.
pub(super) async fn resume(
    desk: Data<Desk>,
    arrival: Arrival,
    request: HttpRequest,
    payload: Payload,
    id: Path<String>,
) -> HttpResponse {
    changed(&desk, &arrival, &request, payload, (&id, What::Resumed)).await
}

/// Answers `DELETE /admin/v1/clients/{id}/changes`.
pub(super) async fn revert(
    desk: Data<Desk>,
    arrival: Arrival,
    request: HttpRequest,
    payload: Payload,
    id: Path<String>,
) -> HttpResponse {
    changed(&desk, &arrival, &request, payload, (&id, What::Reverted)).await
}

/// Makes a change that says all by itself, but for its reason.
async fn changed(
    desk: &Desk,
    arrival: &Arrival,
    request: &HttpRequest,
    payload: Payload,
    (id, what): (&str, What),
) -> HttpResponse {
    let answered: Result<HttpResponse, Refused> = async {
        let action = (what.action(), Some(id));
        let (acting, ()) = desk
            .asked((arrival, request), payload, action, |_, json, faults| {
                Some(((), reason_alone(json, faults)?))
            })
            .await?;
        desk.make(arrival, acting.clone(), what).await?;
        Ok(shown(desk, &acting, ok()))
    }
    .await;
    desk.respond(arrival, answered)
}

/// Shows the client as it is now, or that there is none.
fn shown(desk: &Desk, acting: &Acting, mut response: actix_web::HttpResponseBuilder) -> HttpResponse {
    let view = desk.register.view();
    match acting.client.as_ref().and_then(|id| view.clients.get(id)) {
        Some(entry) => response.json(Shown::of(entry)),
        None => response.status(actix_web::http::StatusCode::NO_CONTENT).finish(),
    }
}
