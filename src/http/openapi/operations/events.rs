//! What can the registry send, and what is it answered?
//!
//! The description of the one address that the registry calls; everybody else needs a token or asks for nobody.

use serde_json::{Value, json};

use super::{ANYWHERE, answer_headers, common_parameters, responses};
use crate::domain::problem::Code;
use crate::http::problem::Problems;

const CODES: &[Code] = &[
    Code::MalformedRequest,
    Code::TokenInvalid,
    Code::RequestTimeout,
    Code::BodyTooLarge,
    Code::UnsupportedMediaType,
    Code::InvalidRequest,
    Code::AuditUnavailable,
    Code::KeysUnavailable,
    Code::InternalError,
];

/// Describes `POST /events/registry`.
pub(in crate::http) fn receive(problems: &Problems) -> Value {
    let empty =
        |description: &str| json!({"description": description, "headers": answer_headers(&["Traceparent"])});
    let mut responses = responses(problems, Value::Null, &[ANYWHERE, CODES]);
    if let Value::Object(responses) = &mut responses {
        responses.remove("200");
        responses.insert("204".to_owned(), empty("The change is applied, now or before."));
        responses.insert(
            "202".to_owned(),
            empty("Changes before it are missing; the feed is being read, and brings this one too."),
        );
    }
    json!({
        "operationId": "receiveRegistryEvent",
        "tags": ["registry"],
        "summary": "The registry tells of a change",
        "description": "A compact JWS of the registry's, `typ` `registry-event+jwt`, ES256, by a key of its \
                        `/dancu/jwks.json`; the signature is the credential. Payload: `seq`, `type` (`moved`, `died`, \
                        `corrected`, `replaced`), `pin`, `new_pin` where replaced, `at`. What is held of the person is let \
                        go of. A `seq` at or below the last is acknowledged and ignored.",
        "security": [],
        "parameters": common_parameters(),
        "requestBody": {
            "required": true,
            "content": {"application/jwt": {"schema": {"type": "string"}, "example": "eyJ0eXAiOiJyZWdpc3RyeS1ldmVudCtqd3QiLCJhbGciOiJFUzI1NiIsImtpZCI6ImsxIn0.e30.c2lnbmF0dXJl"}},
        },
        "responses": responses,
    })
}
