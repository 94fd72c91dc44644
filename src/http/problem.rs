//! What does a caller hear of a refusal?
//!
//! The last stop of every call that gets no answer: takes a refusal, gives a problem document (RFC 9457) with the headers
//! that belong to it. Here stands the one match from a code to its status, and it has no wildcard: a new code doesn't
//! compile until somebody has decided whose side it lies on. Texts are constant and come from the locales; nothing of
//! a call but its id goes into a document, and a fault of ours says nothing at all of its cause.

#![deny(clippy::wildcard_enum_match_arm)]

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, HttpResponseBuilder};
use serde::Serialize;
use serde_json::Value;

use super::arrival::Arrival;
use super::faults::Faults;
use super::headers::limits::{RATE_LIMIT, RATE_LIMIT_POLICY, rate_limit, rate_limit_policy, whole_seconds};
use super::texts::{Language, Missing, Texts};
use crate::domain::problem::Code;
use crate::exchange::{Cause, Refusal};
use crate::limits::{Exceeded, Limit, Remaining};
use crate::policy::Denied;
use crate::registry::{Failure, Rejection};

/// Tells whose side a failure lies on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Caller,
    Gateway,
    Registry,
}

impl Source {
    /// Gives the word that the API uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Caller => "caller",
            Self::Gateway => "gateway",
            Self::Registry => "registry",
        }
    }
}

/// Holds what is the same for every problem of one code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Facts {
    pub status: StatusCode,
    pub source: Source,
    /// Whether the same call, repeated later, may get an answer.
    pub retryable: bool,
}

/// Tells what a code means on the wire.
pub(super) fn facts(code: Code) -> Facts {
    use Source::{Caller, Gateway, Registry};
    let (status, source, retryable) = match code {
        Code::MalformedRequest => (StatusCode::BAD_REQUEST, Caller, false),
        Code::TokenMissing | Code::TokenInvalid | Code::TokenExpired | Code::TokenNotBound => {
            (StatusCode::UNAUTHORIZED, Caller, false)
        }
        Code::ClientUnknown
        | Code::ClientSuspended
        | Code::ClientExpired
        | Code::ScopeMissing
        | Code::OfficerRequired
        | Code::ProcedureUnknown
        | Code::ProcedureNotLicensed
        | Code::FieldNotPermitted
        | Code::UnitNotPermitted => (StatusCode::FORBIDDEN, Caller, false),
        Code::NotFound => (StatusCode::NOT_FOUND, Caller, false),
        Code::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, Caller, false),
        Code::NotAcceptable => (StatusCode::NOT_ACCEPTABLE, Caller, false),
        Code::RequestTimeout => (StatusCode::REQUEST_TIMEOUT, Caller, true),
        Code::BodyTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, Caller, false),
        Code::UnsupportedMediaType => (StatusCode::UNSUPPORTED_MEDIA_TYPE, Caller, false),
        Code::HeadersTooLarge => (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, Caller, false),
        Code::IdempotencyConflict => (StatusCode::CONFLICT, Caller, true),
        Code::InvalidRequest | Code::IdempotencyMismatch => (StatusCode::UNPROCESSABLE_ENTITY, Caller, false),
        Code::RateLimited
        | Code::QuotaExhausted
        | Code::GuessBudgetExhausted
        | Code::SubjectLimit
        | Code::RegistryBudgetExhausted => (StatusCode::TOO_MANY_REQUESTS, Caller, true),
        Code::InternalError => (StatusCode::INTERNAL_SERVER_ERROR, Gateway, false),
        Code::RegistryProtocolError | Code::RegistryRejected => (StatusCode::BAD_GATEWAY, Registry, false),
        Code::RegistryUnavailable | Code::Maintenance => (StatusCode::SERVICE_UNAVAILABLE, Registry, true),
        Code::Overloaded | Code::AuditUnavailable | Code::KeysUnavailable => {
            (StatusCode::SERVICE_UNAVAILABLE, Gateway, true)
        }
        Code::RegistryTimeout => (StatusCode::GATEWAY_TIMEOUT, Registry, true),
        Code::NotCached => (StatusCode::GATEWAY_TIMEOUT, Gateway, false),
    };
    Facts {
        status,
        source,
        retryable,
    }
}

/// Writes problem documents.
#[derive(Debug)]
pub(super) struct Problems {
    texts: Texts,
    types: String,
    are_for_operators: bool,
}

#[derive(Serialize)]
struct Document<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    detail: &'a str,
    code: &'static str,
    source: &'static str,
    advice: &'a str,
    retryable: bool,
    transaction_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<Vec<Fault<'a>>>,
    #[serde(rename = "violated-policies", skip_serializing_if = "Option::is_none")]
    violated_policies: Option<Vec<&'static str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fields: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rows_left: Option<u64>,
}

#[derive(Serialize)]
struct Fault<'a> {
    pointer: &'a str,
    code: &'static str,
    detail: &'a str,
}

impl Problems {
    /// Makes the writer; `public_url` is where the pages of the codes are found.
    pub fn new(public_url: &str) -> Result<Self, Missing> {
        Ok(Self {
            texts: Texts::load()?,
            types: format!("{}/problems/", public_url.trim_end_matches('/')),
            are_for_operators: false,
        })
    }

    /// Makes one that advises operators and not officers.
    pub fn for_operators(public_url: &str) -> Result<Self, Missing> {
        Ok(Self {
            are_for_operators: true,
            ..Self::new(public_url)?
        })
    }

    /// Gives the texts.
    pub fn texts(&self) -> &Texts {
        &self.texts
    }

    /// Answers a call that the edge itself refuses.
    pub fn refuse(&self, arrival: &Arrival, code: Code) -> HttpResponse {
        let refusal = Refusal {
            transaction_id: arrival.call.transaction_id,
            cause: Cause::Edge(code),
            client: None,
            nearest: None,
        };
        self.respond(arrival.language, &refusal, None)
    }

    /// Answers a call whose body the edge itself refuses.
    pub fn refuse_body(&self, arrival: &Arrival, faults: &Faults) -> HttpResponse {
        let refusal = Refusal {
            transaction_id: arrival.call.transaction_id,
            cause: Cause::Edge(Code::InvalidRequest),
            client: None,
            nearest: None,
        };
        self.respond(arrival.language, &refusal, Some(faults))
    }

    /// Answers a refused call; `faults` say what was wrong with its body.
    pub fn respond(&self, language: Language, refusal: &Refusal, faults: Option<&Faults>) -> HttpResponse {
        let status = facts(refusal.cause.code()).status;
        let mut response = HttpResponse::build(status);
        response
            .insert_header((header::CONTENT_TYPE, "application/problem+json"))
            .insert_header((header::CONTENT_LANGUAGE, language.tag()))
            .insert_header((header::VARY, "Accept-Language"))
            .insert_header((header::CACHE_CONTROL, "no-store"));
        self.challenge(&mut response, &refusal.cause, status);
        limits(&mut response, refusal, status);
        response.json(self.written(language, refusal, faults))
    }

    /// Gives a refusal's document as JSON.
    pub fn document(&self, language: Language, refusal: &Refusal, faults: Option<&Faults>) -> Value {
        serde_json::to_value(self.written(language, refusal, faults)).unwrap_or_default()
    }

    fn written<'a>(
        &'a self,
        language: Language,
        refusal: &'a Refusal,
        faults: Option<&'a Faults>,
    ) -> Document<'a> {
        let code = refusal.cause.code();
        let facts = facts(code);
        let texts = self.texts.problem(language, code);
        let errors = faults.filter(|_| code == Code::InvalidRequest).map(|faults| {
            let told = |fault: &'a super::faults::Fault| Fault {
                pointer: &fault.pointer,
                code: fault.kind.code(),
                detail: self.texts.fault(language, fault.kind),
            };
            faults.iter().map(told).collect()
        });
        Document {
            r#type: format!("{}{}", self.types, code.as_str()),
            title: &texts.title,
            status: facts.status.as_u16(),
            detail: announced(&refusal.cause, language).unwrap_or(&texts.detail),
            code: code.as_str(),
            source: facts.source.as_str(),
            advice: texts
                .operators
                .as_ref()
                .filter(|_| self.are_for_operators)
                .unwrap_or(&texts.advice),
            retryable: facts.retryable,
            transaction_id: refusal.transaction_id.to_string(),
            errors,
            violated_policies: (facts.status == StatusCode::TOO_MANY_REQUESTS)
                .then(|| violated(&refusal.cause).into_iter().map(Limit::as_str).collect()),
            reason: reason(&refusal.cause),
            scope: missing_scope(&refusal.cause),
            fields: refused_fields(&refusal.cause),
            rows_left: rows_left(&refusal.cause),
        }
    }

    /// Says how to come with a better token (RFC 6750 §3).
    fn challenge(&self, response: &mut HttpResponseBuilder, cause: &Cause, status: StatusCode) {
        let code = cause.code();
        let challenge = if let Some(scope) = missing_scope(cause) {
            format!("Bearer realm=\"dancu\", error=\"insufficient_scope\", scope=\"{scope}\"")
        } else if code == Code::TokenMissing {
            "Bearer realm=\"dancu\"".to_owned()
        } else if status == StatusCode::UNAUTHORIZED {
            // The description is for developers; RFC 6750 allows ASCII only.
            let description = &self.texts.problem(Language::En, code).title;
            format!("Bearer realm=\"dancu\", error=\"invalid_token\", error_description=\"{description}\"")
        } else {
            return;
        };
        response.insert_header((header::WWW_AUTHENTICATE, challenge));
    }
}

/// Tells an admitted or limited caller where it stands, and everybody when to come back.
fn limits(response: &mut HttpResponseBuilder, refusal: &Refusal, status: StatusCode) {
    let is_limited = status == StatusCode::TOO_MANY_REQUESTS;
    if let Some(client) = refusal
        .client
        .as_ref()
        .filter(|_| is_limited || refusal.nearest.is_some())
    {
        let nearest = refusal.nearest.or_else(|| used_up(&refusal.cause));
        response.insert_header((
            RATE_LIMIT_POLICY,
            rate_limit_policy(&client.allowance, nearest.as_ref()),
        ));
        if let Some(nearest) = nearest {
            response.insert_header((RATE_LIMIT, rate_limit(&nearest)));
        }
    }
    if is_limited || status == StatusCode::SERVICE_UNAVAILABLE {
        let seconds = refusal.cause.retry_after().map_or(1, whole_seconds).max(1);
        response.insert_header((header::RETRY_AFTER, HeaderValue::from(seconds)));
    }
}

/// Names the limit that refused, if it is one of those that callers see.
fn violated(cause: &Cause) -> Option<Limit> {
    if let Cause::Exceeded(Exceeded { limit, .. }) = cause {
        Some(*limit).filter(|limit| limit.is_told())
    } else {
        None
    }
}

fn used_up(cause: &Cause) -> Option<Remaining> {
    let limit = violated(cause)?;
    let Cause::Exceeded(Exceeded { of, retry_after, .. }) = cause else {
        return None;
    };
    Some(Remaining {
        limit,
        of: *of,
        calls: 0,
        resets_in: *retry_after,
    })
}

fn reason(cause: &Cause) -> Option<&'static str> {
    let Cause::Registry(Failure::Rejected(rejection)) = cause else {
        return None;
    };
    Some(match rejection {
        Rejection::Quota => "quota",
        Rejection::Licence => "licence",
        Rejection::Officer => "officer",
        // Our own credentials are part of the request that we made.
        Rejection::Request | Rejection::Credentials => "request",
    })
}

fn missing_scope(cause: &Cause) -> Option<&'static str> {
    match cause {
        Cause::Denied(Denied::ScopeMissing(scope)) => Some(scope.as_str()),
        Cause::RoleMissing(role) => Some(role.as_str()),
        Cause::BatchQuota { .. }
        | Cause::Unauthenticated(_)
        | Cause::Denied(_)
        | Cause::IdempotencyMismatch
        | Cause::IdempotencyConflict
        | Cause::Idempotency(_)
        | Cause::Exceeded(_)
        | Cause::Registry(_)
        | Cause::Maintenance(_)
        | Cause::NotCached
        | Cause::Audit(_)
        | Cause::Edge(_) => None,
    }
}

/// Gives what operators say of a maintenance, where they say it in that language.
fn announced(cause: &Cause, language: Language) -> Option<&str> {
    let Cause::Maintenance(announced) = cause else {
        return None;
    };
    let message = announced.notice.message.as_ref()?;
    match language {
        Language::Vi => Some(message.vi.as_str()),
        Language::En => message.en.as_ref().map(|words| words.as_str()),
    }
}

fn rows_left(cause: &Cause) -> Option<u64> {
    if let Cause::BatchQuota { left, .. } = cause {
        Some(*left)
    } else {
        None
    }
}

fn refused_fields(cause: &Cause) -> Option<Vec<String>> {
    let Cause::Denied(Denied::FieldNotPermitted(fields)) = cause else {
        return None;
    };
    Some(fields.iter().map(|field| field.to_string()).collect())
}

#[cfg(test)]
mod tests;
