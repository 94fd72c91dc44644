//! May this operator do this, and what exactly is asked?
//!
//! The road of every call of an operator as far as HTTP knows it: token, role, form, body. Whatever refuses goes through the
//! exchange, so that it is recorded with the operator's name and what was tried, on whom. What is read comes as typed values,
//! and everything that is wrong with a body at once.

use std::sync::Arc;
use std::time::Duration;

use actix_web::web::{Bytes, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use crate::auth::{Operators, Role};
use crate::domain::client::ClientId;
use crate::domain::operator::Reason;
use crate::domain::problem::Code;
use crate::exchange::{Acting, Cause, Exchange, Refusal};
use crate::http::arrival::Arrival;
use crate::http::asking::Refused;
use crate::http::body;
use crate::http::caller::authorization;
use crate::http::faults::Faults;
use crate::http::headers::media::{accepts_json, is_json};
use crate::http::json::Json;
use crate::http::problem::Problems;
use crate::register::{Register, What};

/// Who may see.
const SEEING: &[Role] = &[Role::Viewer, Role::Operator];

/// Who may change.
const CHANGING: &[Role] = &[Role::Operator];

/// Takes what operators ask to the register.
pub(in crate::http) struct Desk {
    pub exchange: Arc<Exchange>,
    pub register: Arc<Register>,
    pub operators: Arc<Operators>,
    pub problems: Arc<Problems>,
    pub body_within: Duration,
}

impl Desk {
    /// Gives the answer, or the document of the refusal.
    pub fn respond(&self, arrival: &Arrival, answered: Result<HttpResponse, Refused>) -> HttpResponse {
        answered.unwrap_or_else(|refused| refused.document(&self.problems, arrival.language))
    }

    /// Lets an operator in who wants to see something, and records it; `id` is the client, where it is about one.
    pub async fn seeing(
        &self,
        arrival: &Arrival,
        request: &HttpRequest,
        action: &'static str,
        id: Option<&str>,
    ) -> Result<Acting, Refused> {
        self.let_in(arrival, request, action, SEEING, id).await
    }

    async fn let_in(
        &self,
        arrival: &Arrival,
        request: &HttpRequest,
        action: &'static str,
        roles: &'static [Role],
        id: Option<&str>,
    ) -> Result<Acting, Refused> {
        let call = &arrival.call;
        let recognized = self.operators.recognize(authorization(request), call.received_at);
        let operator = match recognized {
            Ok(operator) => operator,
            Err(failed) => {
                let refusal = self.exchange.turn_away_operator(call, action, failed).await;
                return Err(refusal.into());
            }
        };
        let client: Option<ClientId> = id.and_then(|id| id.parse().ok());
        let is_named = id.is_none() || client.is_some();
        let acting = Acting {
            operator: operator.name.clone(),
            action,
            client,
            reason: None,
        };
        let missing = roles.first().filter(|_| !operator.has_one_of(roles));
        if let Some(role) = missing {
            return Err(self
                .refuse(arrival, &acting, Cause::RoleMissing(*role))
                .await
                .into());
        }
        if !accepts_json(request.headers()) {
            return Err(self.turn_away(arrival, &acting, Code::NotAcceptable).await);
        }
        if !is_named {
            return Err(self.turn_away(arrival, &acting, Code::NotFound).await);
        }
        Ok(acting)
    }

    /// Records that an operator has seen something, and shows it.
    pub async fn show<T: Serialize>(
        &self,
        arrival: &Arrival,
        acting: &Acting,
        seen: &T,
    ) -> Result<HttpResponse, Refused> {
        self.exchange.record_act(&arrival.call, acting, "read").await?;
        Ok(ok().json(seen))
    }

    /// Lets an operator in who wants to change something, and reads what, with the reason.
    pub async fn asked<T>(
        &self,
        (arrival, request): (&Arrival, &HttpRequest),
        payload: Payload,
        (action, id): (&'static str, Option<&str>),
        read: impl FnOnce(&Acting, &Json<'_>, &mut Faults) -> Option<(T, Option<Reason>)>,
    ) -> Result<(Acting, T), Refused> {
        let mut acting = self.let_in(arrival, request, action, CHANGING, id).await?;
        let reading = |json: &Json<'_>, faults: &mut Faults| read(&acting, json, faults);
        let (wanted, reason) = self.read(arrival, &acting, request, payload, reading).await?;
        acting.reason = reason;
        Ok((acting, wanted))
    }

    /// Makes a change.
    pub async fn make(&self, arrival: &Arrival, acting: Acting, what: What) -> Result<(), Refused> {
        Ok(self.register.change(&arrival.call, acting, what).await?)
    }

    /// Records that an operator's call can't be read, or is about nobody.
    pub async fn turn_away(&self, arrival: &Arrival, acting: &Acting, code: Code) -> Refused {
        self.refuse(arrival, acting, Cause::Edge(code)).await.into()
    }

    /// Records that an operator's body isn't in order, and tells everything that is wrong with it.
    pub async fn object(&self, arrival: &Arrival, acting: &Acting, faults: Faults) -> Refused {
        let refusal = self
            .refuse(arrival, acting, Cause::Edge(Code::InvalidRequest))
            .await;
        Refused::with(refusal, Some(faults))
    }

    async fn refuse(&self, arrival: &Arrival, acting: &Acting, cause: Cause) -> Refusal {
        self.exchange.refuse_act(&arrival.call, acting, cause).await
    }

    /// Reads the body and what stands in it; `read` notes what is wrong.
    async fn read<T>(
        &self,
        arrival: &Arrival,
        acting: &Acting,
        request: &HttpRequest,
        payload: Payload,
        read: impl FnOnce(&Json<'_>, &mut Faults) -> Option<T>,
    ) -> Result<T, Refused> {
        let body = match self.body(request, payload).await {
            Ok(body) => body,
            Err(code) => return Err(self.turn_away(arrival, acting, code).await),
        };
        // A body that is left out says nothing, as an empty object does.
        let text = if body.is_empty() {
            b"{}".as_slice()
        } else {
            body.as_ref()
        };
        let mut faults = Faults::default();
        let value = match Json::read(text) {
            Ok(json) => read(&json, &mut faults),
            Err(_) => return Err(self.turn_away(arrival, acting, Code::MalformedRequest).await),
        };
        match value {
            Some(value) if faults.is_empty() => Ok(value),
            _ => Err(self.object(arrival, acting, faults).await),
        }
    }

    async fn body(&self, request: &HttpRequest, payload: Payload) -> Result<Bytes, Code> {
        let body = body::read(request, payload, self.body_within).await?;
        if !body.is_empty() && !is_json(request.headers()) {
            return Err(Code::UnsupportedMediaType);
        }
        Ok(body)
    }
}

/// Begins an answer that nobody may store.
pub(super) fn ok() -> actix_web::HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response.insert_header((actix_web::http::header::CACHE_CONTROL, "no-store"));
    response
}
