//! What can the addresses of confirmations be asked, and what can they answer?
//!
//! As in `operations`: one function for each row. What everybody may fetch is described with its media type and no more,
//! since its form is another standard's.

use serde_json::{Value, json};

use super::{ANYWHERE, WITH_TOKEN, answer_headers, body, common_parameters, parameter, reference, responses};
use crate::domain::problem::Code;
use crate::http::openapi::examples;
use crate::http::problem::Problems;

/// What an address for holders of the scope can also answer.
const WITH_SCOPE: &[Code] = &[Code::ScopeMissing];

/// What a body can be answered with.
const WITH_BODY: &[Code] = &[
    Code::MalformedRequest,
    Code::RequestTimeout,
    Code::BodyTooLarge,
    Code::UnsupportedMediaType,
    Code::InvalidRequest,
];

const LIMITED: [&str; 4] = ["Traceparent", "CacheControl", "RateLimitPolicy", "RateLimit"];

/// Describes `POST /v1/confirmations/verify`.
pub(in crate::http) fn verify(problems: &Problems) -> Value {
    let answer = json!({
        "description": "What the credential is worth.",
        "headers": answer_headers(&LIMITED),
        "content": {"application/json": {
            "schema": reference("ConfirmationVerdict"), "example": examples::credential_verdict(),
        }},
    });
    json!({
        "operationId": "verifyConfirmation",
        "tags": ["confirmations"],
        "summary": "Is this credential ours, and does it still hold?",
        "description": "Scope `checks`. Accepts only what this gateway signed and gave out, and fetches nothing that the credential names.",
        "security": [{"bearer": []}, {"bearer": [], "certificate": []}],
        "parameters": common_parameters(),
        "requestBody": body("VerifyConfirmation", examples::shown_credential()),
        "responses": responses(problems, answer, &[ANYWHERE, WITH_TOKEN, WITH_SCOPE, WITH_BODY]),
    })
}

/// Describes `GET /v1/confirmations/{id}`.
pub(in crate::http) fn show(problems: &Problems) -> Value {
    let answer = json!({
        "description": "The confirmation; `status` says whether it holds.",
        "headers": answer_headers(&LIMITED),
        "content": {"application/json": {"schema": reference("Confirmation"), "example": examples::confirmation()}},
    });
    json!({
        "operationId": "showConfirmation",
        "tags": ["confirmations"],
        "summary": "What was confirmed to this client?",
        "description": "Scope `checks`. Another client's confirmation is `not_found`.",
        "security": [{"bearer": []}, {"bearer": [], "certificate": []}],
        "parameters": with_id(),
        "responses": responses(problems, answer, &[ANYWHERE, WITH_TOKEN, WITH_SCOPE, &[Code::NotFound]]),
    })
}

/// Describes `GET /v1/confirmations/{id}/document`.
pub(in crate::http) fn document(problems: &Problems) -> Value {
    let headers = [&LIMITED[..], &["ContentDisposition"]].concat();
    let answer = json!({
        "description": "One page of PDF/A in Vietnamese and English. Names no citizen and no officer.",
        "headers": answer_headers(&headers),
        "content": {"application/pdf": {"schema": {"type": "string"}}},
    });
    json!({
        "operationId": "showConfirmationDocument",
        "tags": ["confirmations"],
        "summary": "The page for the dossier",
        "description": "Scope `checks`. Another client's confirmation is `not_found`.",
        "security": [{"bearer": []}, {"bearer": [], "certificate": []}],
        "parameters": with_id(),
        "responses": responses(problems, answer, &[ANYWHERE, WITH_TOKEN, WITH_SCOPE, &[Code::NotFound]]),
    })
}

/// Describes `GET /v1/status-lists/{list}`.
pub(in crate::http) fn status_list(problems: &Problems) -> Value {
    let answer = json!({
        "description": "A Token Status List, signed; a copy serves for its `ttl`.",
        "headers": answer_headers(&["Traceparent", "Cacheable"]),
        "content": {"application/statuslist+jwt": {"schema": {"type": "string"}}},
    });
    json!({
        "operationId": "showStatusList",
        "tags": ["confirmations"],
        "summary": "Which confirmations were revoked?",
        "security": [],
        "parameters": [{
            "name": "list", "in": "path", "required": true, "schema": {"type": "integer", "minimum": 1}, "example": 1
        }],
        "responses": responses(problems, answer, &[ANYWHERE, &[Code::NotFound, Code::AuditUnavailable]]),
    })
}

/// Describes `GET /c/{id}`.
pub(in crate::http) fn page(problems: &Problems) -> Value {
    let page = |description: &str| {
        json!({
            "description": description,
            "headers": answer_headers(&["Traceparent", "CacheControl", "ContentSecurityPolicy", "ReferrerPolicy"]),
            "content": {"text/html": {"schema": {"type": "string"}}},
        })
    };
    let valid = page("A page in Vietnamese and English: valid or not valid, and nothing else.");
    let mut all = responses(problems, valid, &[ANYWHERE, &[Code::AuditUnavailable]]);
    if let Value::Object(all) = &mut all {
        all.insert(
            "404".to_owned(),
            page("There is no confirmation at this address."),
        );
    }
    json!({
        "operationId": "showConfirmationPage",
        "tags": ["confirmations"],
        "summary": "The page behind the code on a document",
        "security": [],
        "parameters": [id()],
        "responses": all,
    })
}

/// Describes `GET /.well-known/jwks.json`.
pub(in crate::http) fn keys(problems: &Problems) -> Value {
    published(
        problems,
        "showKeys",
        "The keys that sign credentials and status lists",
    )
}

/// Describes `GET /.well-known/jwt-vc-issuer`.
pub(in crate::http) fn issuer(problems: &Problems) -> Value {
    published(
        problems,
        "showIssuer",
        "The issuer of credentials, as SD-JWT VC looks it up",
    )
}

/// Describes `GET /vct/residence-check`.
pub(in crate::http) fn credential_type(problems: &Problems) -> Value {
    published(
        problems,
        "showCredentialType",
        "The type of the credentials, as SD-JWT VC looks it up",
    )
}

fn published(problems: &Problems, operation: &str, summary: &str) -> Value {
    let answer = json!({
        "description": summary,
        "headers": answer_headers(&["Traceparent", "Cacheable"]),
        "content": {"application/json": {"schema": {"type": "object", "additionalProperties": true}}},
    });
    json!({
        "operationId": operation,
        "tags": ["confirmations"],
        "summary": summary,
        "security": [],
        "responses": responses(problems, answer, &[ANYWHERE]),
    })
}

fn id() -> Value {
    json!({
        "name": "id", "in": "path", "required": true, "description": "The confirmation's id.",
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{22}$"}, "example": examples::CONFIRMATION,
    })
}

fn with_id() -> Value {
    json!([
        id(),
        parameter("XRequestId"),
        parameter("Traceparent"),
        parameter("AcceptLanguage")
    ])
}
