//! `/v1/confirmations`: what was confirmed to this client, and is what somebody shows worth anything?
//!
//! The calls of systems, with a token and the scope `checks`; each has its audit row (`read`). A confirmation of another client
//! is one that doesn't exist. What everybody may see without a token is in `public`.

pub(super) mod public;

use actix_web::http::header;
use actix_web::web::{Bytes, Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::arrival::Arrival;
use super::asking::{Desk, Refused, ok};
use super::body;
use super::caller::authenticate;
use super::faults::Faults;
use super::headers::media::{accepts_json, accepts_pdf, is_json};
use super::json::Json;
use super::wire::confirmation::{Confirmation as Told, ConfirmationVerdict, verification};
use crate::audit::Operation;
use crate::auth::{Caller, Scope};
use crate::confirmations::{Confirmation, Confirmations};
use crate::domain::context::Dossier;
use crate::domain::problem::Code;
use crate::exchange::Reading;

/// Answers `GET /v1/confirmations/{id}`.
pub(super) async fn show(
    desk: Data<Desk>,
    confirmations: Data<Confirmations>,
    arrival: Arrival,
    request: HttpRequest,
    id: Path<String>,
) -> HttpResponse {
    let visit = Visit::new(&desk, &confirmations, &arrival, &request);
    desk.respond(&arrival, visit.show(&id).await)
}

/// Answers `GET /v1/confirmations/{id}/document`.
pub(super) async fn document(
    desk: Data<Desk>,
    confirmations: Data<Confirmations>,
    arrival: Arrival,
    request: HttpRequest,
    id: Path<String>,
) -> HttpResponse {
    let visit = Visit::new(&desk, &confirmations, &arrival, &request);
    desk.respond(&arrival, visit.document(&id).await)
}

/// Answers `POST /v1/confirmations/verify`.
pub(super) async fn verify(
    desk: Data<Desk>,
    confirmations: Data<Confirmations>,
    arrival: Arrival,
    request: HttpRequest,
    payload: Payload,
) -> HttpResponse {
    let visit = Visit::new(&desk, &confirmations, &arrival, &request);
    desk.respond(&arrival, visit.verify(payload).await)
}

/// Is one call with all that it meets.
struct Visit<'c> {
    desk: &'c Desk,
    confirmations: &'c Confirmations,
    arrival: &'c Arrival,
    request: &'c HttpRequest,
}

impl<'c> Visit<'c> {
    fn new(
        desk: &'c Desk,
        confirmations: &'c Confirmations,
        arrival: &'c Arrival,
        request: &'c HttpRequest,
    ) -> Self {
        Self {
            desk,
            confirmations,
            arrival,
            request,
        }
    }

    async fn show(&self, id: &str) -> Result<HttpResponse, Refused> {
        let caller = self.enter().await?;
        if !accepts_json(self.request.headers()) {
            return Err(self.turn_away(&caller, Code::NotAcceptable).await);
        }
        let confirmation = self.find(&caller, id).await?;
        let reading = self.record(&caller).await?;
        Ok(ok(&reading.client, Some(&reading.nearest)).json(Told::of(&confirmation)))
    }

    async fn document(&self, id: &str) -> Result<HttpResponse, Refused> {
        let caller = self.enter().await?;
        if !accepts_pdf(self.request.headers()) {
            return Err(self.turn_away(&caller, Code::NotAcceptable).await);
        }
        let confirmation = self.find(&caller, id).await?;
        let reading = self.record(&caller).await?;
        let Ok(page) = self.confirmations.draw(&confirmation).await else {
            return Err(self.turn_away(&caller, Code::InternalError).await);
        };
        let name = format!("inline; filename=\"confirmation-{}.pdf\"", confirmation.id);
        Ok(ok(&reading.client, Some(&reading.nearest))
            .insert_header((header::CONTENT_TYPE, "application/pdf"))
            .insert_header((header::CONTENT_DISPOSITION, name))
            .body(page))
    }

    async fn verify(&self, payload: Payload) -> Result<HttpResponse, Refused> {
        let caller = self.enter().await?;
        let (credential, dossier) = match self.shown(payload).await {
            Ok(shown) => shown,
            Err((code, faults)) => {
                let call = &self.arrival.call;
                let operation = Operation::Read;
                return Err(self.desk.turn_away(call, &caller, operation, code, faults).await);
            }
        };
        let Ok(verdict) = self.confirmations.verify(&credential, dossier.as_ref()).await else {
            return Err(self.turn_away(&caller, Code::AuditUnavailable).await);
        };
        let reading = self.record(&caller).await?;
        Ok(ok(&reading.client, Some(&reading.nearest)).json(ConfirmationVerdict::of(verdict)))
    }

    async fn enter(&self) -> Result<Caller, Refused> {
        let (exchange, call) = (&self.desk.exchange, &self.arrival.call);
        let caller = authenticate(exchange, call, self.request).await?;
        exchange
            .check_scope(call, &caller, Operation::Read, Scope::Checks)
            .await?;
        Ok(caller)
    }

    async fn find(&self, caller: &Caller, id: &str) -> Result<Confirmation, Refused> {
        let found = match id.parse() {
            Ok(id) => self.confirmations.read(id, caller.client_id()).await,
            Err(_) => Ok(None),
        };
        match found {
            Ok(Some(confirmation)) => Ok(confirmation),
            Ok(None) => Err(self.turn_away(caller, Code::NotFound).await),
            // It lies in the store of the audit log, without which nothing can be answered.
            Err(_) => Err(self.turn_away(caller, Code::AuditUnavailable).await),
        }
    }

    /// Has the client's rate counted and the call entered in the log.
    async fn record(&self, caller: &Caller) -> Result<Reading<()>, Refused> {
        Ok(self.desk.exchange.client(&self.arrival.call, caller).await?)
    }

    async fn turn_away(&self, caller: &Caller, code: Code) -> Refused {
        let call = &self.arrival.call;
        self.desk
            .turn_away(call, caller, Operation::Read, code, None)
            .await
    }

    async fn shown(&self, payload: Payload) -> Result<(String, Option<Dossier>), (Code, Option<Faults>)> {
        let body = self.body(payload).await.map_err(|code| (code, None))?;
        let json = Json::read(&body).map_err(|_| (Code::MalformedRequest, None))?;
        let mut faults = Faults::default();
        match verification(&json, &mut faults) {
            Some(shown) if faults.is_empty() => Ok(shown),
            Some(_) | None => Err((Code::InvalidRequest, Some(faults))),
        }
    }

    async fn body(&self, payload: Payload) -> Result<Bytes, Code> {
        let headers = self.request.headers();
        if !accepts_json(headers) {
            return Err(Code::NotAcceptable);
        }
        let body = body::read(self.request, payload, self.desk.body_within).await?;
        if body.is_empty() || is_json(headers) {
            Ok(body)
        } else {
            Err(Code::UnsupportedMediaType)
        }
    }
}
