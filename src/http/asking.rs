//! How does a request become a question, and its outcome an answer?
//!
//! The road of every call about a person, as far as HTTP knows it: authentication, scope, body, question, answer. The
//! server drops the work of a caller who hangs up; what is then under way with the exchange goes on by itself, and who
//! goes away while sending the body is recorded all the same (`Sending`). A panic becomes an answer that says nothing.
//! Every refusal from authentication on is the exchange's, which records it; this module decides only whether a body can
//! be read.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::{self, HeaderValue};
use actix_web::web::{Bytes, Payload};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use futures_util::FutureExt as _;

use super::arrival::Arrival;
use super::body;
use super::caller::authenticate;
use super::faults::{Faults, Kind, Pointer};
use super::headers::freshness::{CACHE_STATUS, cache_status, wanted};
use super::headers::idempotency_key::idempotency_key;
use super::headers::limits::{Policies, RATE_LIMIT, RATE_LIMIT_POLICY, rate_limit, rate_limit_policy};
use super::headers::media::{accepts_json, is_json};
use super::json::Json;
use super::problem::Problems;
use super::texts::Language;
use super::wire::moment::Moment;
use super::wire::reply;
use super::wire::request::Read;
use crate::audit::Operation;
use crate::auth::{Caller, Scope};
use crate::domain::problem::Code;
use crate::exchange::{CacheUse, Call, Exchange, Outcome, Question, Refusal, Repeatable, Source, Within};
use crate::limits::Remaining;
use crate::policy::clients::Client;
use crate::policy::disclosure;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// Describes one kind of call about a person.
#[derive(Debug, Clone, Copy)]
pub(super) struct Service {
    /// The word for it in the audit log.
    pub operation: Operation,
    /// The scope that it needs.
    pub scope: Scope,
    /// The reader of its body.
    pub read: Read,
}

/// Takes questions to the exchange and brings answers back.
pub(super) struct Desk {
    pub exchange: Arc<Exchange>,
    pub problems: Arc<Problems>,
    pub body_within: Duration,
    pub policies: Policies,
}

/// Is a refused call with what was wrong with its body.
pub(super) struct Refused {
    refusal: Refusal,
    faults: Option<Faults>,
}

impl Refused {
    /// Joins a refusal with what was wrong.
    pub fn with(refusal: Refusal, faults: Option<Faults>) -> Self {
        Self { refusal, faults }
    }

    /// Writes the document of the refusal.
    pub fn document(&self, problems: &Problems, language: Language) -> HttpResponse {
        problems.respond(language, &self.refusal, self.faults.as_ref())
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self {
            refusal,
            faults: None,
        }
    }
}

/// Says why no question could be read.
enum Unread {
    Edge(Code),
    Invalid(Faults),
}

impl From<Code> for Unread {
    fn from(code: Code) -> Self {
        Self::Edge(code)
    }
}

impl Desk {
    /// Takes one call about a person all the way.
    pub async fn ask(
        &self,
        arrival: Arrival,
        request: HttpRequest,
        payload: Payload,
        service: Service,
    ) -> HttpResponse {
        // Boxed, since the server moves what a handler gives it several times.
        let answering = Box::pin(self.answer(&arrival.call, &request, payload, service));
        match AssertUnwindSafe(answering).catch_unwind().await {
            Ok(answered) => self.respond(&arrival, answered),
            Err(_) => self.problems.refuse(&arrival, Code::InternalError),
        }
    }

    /// Gives the answer, or the document of the refusal.
    pub fn respond(&self, arrival: &Arrival, answered: Result<HttpResponse, Refused>) -> HttpResponse {
        answered.unwrap_or_else(|refused| refused.document(&self.problems, arrival.language))
    }

    async fn answer(
        &self,
        call: &Call,
        request: &HttpRequest,
        payload: Payload,
        service: Service,
    ) -> Result<HttpResponse, Refused> {
        let Service {
            operation,
            scope,
            read,
        } = service;
        let caller = authenticate(&self.exchange, call, request).await?;
        self.exchange.check_scope(call, &caller, operation, scope).await?;
        let sending = Sending::of(self, call, &caller, operation);
        let sent = self.body(request, payload).await;
        sending.end();
        match sent.and_then(|body| question(call, request, body, read)) {
            Ok(question) => {
                let outcome = self
                    .exchange
                    .answer(call.clone(), caller, question, reply::write)
                    .await?;
                Ok(self.answered(outcome))
            }
            Err(Unread::Edge(code)) => {
                Err(Box::pin(self.turn_away(call, &caller, operation, code, None)).await)
            }
            Err(Unread::Invalid(faults)) => {
                let code = Code::InvalidRequest;
                Err(Box::pin(self.turn_away(call, &caller, operation, code, Some(faults))).await)
            }
        }
    }

    fn answered(&self, outcome: Outcome) -> HttpResponse {
        let mut response = HttpResponse::Ok();
        response
            .insert_header((header::CONTENT_TYPE, JSON))
            .insert_header((header::CACHE_CONTROL, NO_STORE));
        if let Some(nearest) = &outcome.nearest {
            if let Some(policy) = self.policies.header(&outcome.client, nearest) {
                response.insert_header((RATE_LIMIT_POLICY, policy));
            }
            response.insert_header((RATE_LIMIT, rate_limit(nearest)));
        }
        if let Some(answer) = &outcome.told {
            let is_no_match = answer.disclosure.outcome() == disclosure::Outcome::NoMatch;
            // Nobody is told from the headers either why there was no match.
            let source = if is_no_match {
                Source {
                    age: 0,
                    cache: CacheUse::Miss,
                    ..answer.source
                }
            } else {
                answer.source
            };
            response
                .insert_header((CACHE_STATUS, cache_status(&source)))
                .insert_header((header::AGE, HeaderValue::from(source.age)));
        }
        response.body(outcome.body)
    }

    /// Has a call recorded and refused that can't be read.
    pub async fn turn_away(
        &self,
        call: &Call,
        caller: &Caller,
        operation: Operation,
        code: Code,
        faults: Option<Faults>,
    ) -> Refused {
        let refusal = self.exchange.turn_away(call, caller, operation, code).await;
        Refused { refusal, faults }
    }

    async fn body(&self, request: &HttpRequest, payload: Payload) -> Result<Bytes, Unread> {
        let headers = request.headers();
        if !accepts_json(headers) {
            return Err(Code::NotAcceptable.into());
        }
        let body = body::read(request, payload, self.body_within).await?;
        if !body.is_empty() && !is_json(headers) {
            return Err(Code::UnsupportedMediaType.into());
        }
        Ok(body)
    }
}

/// Sees to it that a caller who goes away while sending the body is recorded: the work is dropped then, and this with it.
struct Sending<'c> {
    desk: &'c Desk,
    call: &'c Call,
    caller: &'c Caller,
    operation: Operation,
    is_over: bool,
}

impl<'c> Sending<'c> {
    fn of(desk: &'c Desk, call: &'c Call, caller: &'c Caller, operation: Operation) -> Self {
        Self {
            desk,
            call,
            caller,
            operation,
            is_over: false,
        }
    }

    fn end(mut self) {
        self.is_over = true;
    }
}

impl Drop for Sending<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            let (call, caller) = (self.call.clone(), self.caller.clone());
            self.desk.exchange.left(call, caller, self.operation);
        }
    }
}

fn question(call: &Call, request: &HttpRequest, body: Bytes, read: Read) -> Result<Question, Unread> {
    let headers = request.headers();
    let mut faults = Faults::default();
    let json = Json::read(&body).map_err(|_| Code::MalformedRequest)?;
    let key = idempotency_key(headers).unwrap_or_else(|_| {
        faults.add(&Pointer::Root, Kind::IdempotencyKeyForm);
        None
    });
    let asking = read(&json, Moment(call.received_at).day(), &mut faults);
    drop(json);
    match asking {
        Some(asking) if faults.is_empty() => Ok(Question {
            subject: asking.subject,
            asked: asking.asked,
            within: Within::Call,
            context: asking.context,
            wanted: wanted(headers),
            repeatable: key.map(|key| Repeatable { key, body }),
        }),
        Some(_) | None => Err(Unread::Invalid(faults)),
    }
}

/// Begins an answer in JSON that nobody may store.
pub(super) fn ok(client: &Client, nearest: Option<&Remaining>) -> HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response
        .insert_header((header::CONTENT_TYPE, JSON))
        .insert_header((header::CACHE_CONTROL, NO_STORE));
    if let Some(nearest) = nearest {
        response
            .insert_header((
                RATE_LIMIT_POLICY,
                rate_limit_policy(&client.allowance, Some(nearest)),
            ))
            .insert_header((RATE_LIMIT, rate_limit(nearest)));
    }
    response
}
