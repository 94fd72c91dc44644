//! What can each address be asked, and what can it answer?
//!
//! One function for each described row of the route table. An operation lists every answer that it can give: its 200
//! and, by status, every code that can arise on its road, each with an example document.

pub(in crate::http) mod catalogue;
pub(in crate::http) mod checks;
pub(in crate::http) mod confirmations;
pub(in crate::http) mod events;
pub(in crate::http) mod households;

use serde_json::{Map, Value, json};

use super::examples;
use crate::domain::problem::Code;
use crate::http::problem::{Problems, facts};

/// What any address can answer.
const ANYWHERE: &[Code] = &[Code::Overloaded, Code::HeadersTooLarge];

/// What any address that needs a token can answer.
const WITH_TOKEN: &[Code] = &[
    Code::TokenMissing,
    Code::TokenInvalid,
    Code::TokenExpired,
    Code::TokenNotBound,
    Code::ClientUnknown,
    Code::ClientSuspended,
    Code::ClientExpired,
    Code::UnitNotPermitted,
    Code::NotAcceptable,
    Code::RateLimited,
    Code::InternalError,
    Code::AuditUnavailable,
    Code::KeysUnavailable,
];

/// What a question about a person can also answer.
const ABOUT_A_PERSON: &[Code] = &[
    Code::MalformedRequest,
    Code::ScopeMissing,
    Code::OfficerRequired,
    Code::ProcedureUnknown,
    Code::ProcedureNotLicensed,
    Code::RequestTimeout,
    Code::IdempotencyConflict,
    Code::BodyTooLarge,
    Code::UnsupportedMediaType,
    Code::InvalidRequest,
    Code::IdempotencyMismatch,
    Code::QuotaExhausted,
    Code::GuessBudgetExhausted,
    Code::SubjectLimit,
    Code::RegistryBudgetExhausted,
    Code::RegistryProtocolError,
    Code::RegistryRejected,
    Code::RegistryUnavailable,
    Code::Maintenance,
    Code::RegistryTimeout,
    Code::NotCached,
];

/// Describes `POST /v1/citizens/verify`.
pub(in crate::http) fn verify(problems: &Problems) -> Value {
    let replies = [
        ("confirmed", examples::confirmed()),
        ("no_match", examples::no_match("claims")),
    ];
    json!({
        "operationId": "verifyCitizen",
        "tags": ["citizens"],
        "summary": "Is this the person, and are these claims so?",
        "description": "Scope `citizens.verify`. Tells of each claim whether it is so, without showing what the register holds.",
        "security": [{"bearer": []}, {"bearer": [], "certificate": []}],
        "parameters": person_parameters(),
        "requestBody": body("VerifyRequest", examples::verify_request()),
        "responses": responses(
            problems,
            person_answer("VerifyReply", &replies),
            &[ANYWHERE, WITH_TOKEN, ABOUT_A_PERSON],
        ),
    })
}

/// Describes `POST /v1/citizens/lookup`.
pub(in crate::http) fn lookup(problems: &Problems) -> Value {
    let replies = [
        ("confirmed", examples::released()),
        ("no_match", examples::no_match("attributes")),
    ];
    json!({
        "operationId": "lookupCitizen",
        "tags": ["citizens"],
        "summary": "What does the register hold about this person?",
        "description": "Scope `citizens.lookup`. Releases the fields asked for if all of them are licensed, otherwise none.",
        "security": [{"bearer": []}, {"bearer": [], "certificate": []}],
        "parameters": person_parameters(),
        "requestBody": body("LookupRequest", examples::lookup_request()),
        "responses": responses(
            problems,
            person_answer("LookupReply", &replies),
            &[ANYWHERE, WITH_TOKEN, ABOUT_A_PERSON, &[Code::FieldNotPermitted]],
        ),
    })
}

/// Describes `GET /v1/fields`.
pub(in crate::http) fn fields(problems: &Problems) -> Value {
    json!({
        "operationId": "listFields",
        "tags": ["caller"],
        "summary": "Which fields may the caller look up for a procedure?",
        "security": [{"bearer": []}, {"bearer": [], "certificate": []}],
        "parameters": [
            {"name": "procedure", "in": "query", "required": true, "description": "Code of the administrative procedure.",
             "schema": {"type": "string", "pattern": "^[0-9.]{1,20}$"}, "example": "1.001193"},
            parameter("XRequestId"), parameter("Traceparent"), parameter("AcceptLanguage"),
        ],
        "responses": responses(
            problems,
            caller_answer("FieldList", &examples::fields()),
            &[ANYWHERE, WITH_TOKEN, &[Code::ProcedureUnknown, Code::ProcedureNotLicensed, Code::InvalidRequest]],
        ),
    })
}

/// Describes `GET /v1/client`.
pub(in crate::http) fn client(problems: &Problems) -> Value {
    json!({
        "operationId": "showClient",
        "tags": ["caller"],
        "summary": "How is the caller registered?",
        "security": [{"bearer": []}, {"bearer": [], "certificate": []}],
        "parameters": common_parameters(),
        "responses": responses(problems, caller_answer("Registration", &examples::registration()), &[ANYWHERE, WITH_TOKEN]),
    })
}

/// Describes `GET /v1/quota`.
pub(in crate::http) fn quota(problems: &Problems) -> Value {
    json!({
        "operationId": "showQuota",
        "tags": ["caller"],
        "summary": "How much may the caller still ask?",
        "security": [{"bearer": []}, {"bearer": [], "certificate": []}],
        "parameters": common_parameters(),
        "responses": responses(problems, caller_answer("Quota", &examples::quota()), &[ANYWHERE, WITH_TOKEN]),
    })
}

/// Describes `GET /problems`.
pub(in crate::http) fn problems(problems: &Problems) -> Value {
    json!({
        "operationId": "listProblems",
        "tags": ["documentation"],
        "summary": "All problem codes, as a bilingual page",
        "security": [],
        "responses": responses(problems, page(), &[ANYWHERE]),
    })
}

/// Describes `GET /problems/{code}`.
pub(in crate::http) fn problem(problems: &Problems) -> Value {
    json!({
        "operationId": "showProblem",
        "tags": ["documentation"],
        "summary": "One problem code, as a bilingual page",
        "security": [],
        "parameters": [{
            "name": "code", "in": "path", "required": true, "schema": {"type": "string"}, "example": "registry_unavailable"
        }],
        "responses": responses(problems, page(), &[ANYWHERE, &[Code::NotFound]]),
    })
}

/// Describes `GET /openapi.json`.
pub(in crate::http) fn itself(problems: &Problems) -> Value {
    let answer = json!({
        "description": "This document.",
        "headers": answer_headers(&["Traceparent", "Cacheable"]),
        "content": {"application/json": {"schema": {"type": "object"}}},
    });
    json!({
        "operationId": "showOpenApi",
        "tags": ["documentation"],
        "summary": "This document",
        "security": [],
        "responses": responses(problems, answer, &[ANYWHERE]),
    })
}

fn body(schema: &str, example: Value) -> Value {
    json!({
        "required": true,
        "description": "JSON in UTF-8, at most 64 KiB; unknown members are refused.",
        "content": {"application/json": {"schema": reference(schema), "example": example}},
    })
}

fn person_answer(schema: &str, replies: &[(&str, Value)]) -> Value {
    let shown: Map<_, _> = replies
        .iter()
        .map(|(name, reply)| ((*name).to_owned(), json!({"value": reply})))
        .collect();
    let headers = [
        "Traceparent",
        "CacheStatus",
        "Age",
        "CacheControl",
        "RateLimitPolicy",
        "RateLimit",
    ];
    json!({
        "description": "An answer; `outcome` says which. Recorded before it was sent.",
        "headers": answer_headers(&headers),
        "content": {"application/json": {"schema": reference(schema), "examples": shown}},
    })
}

fn caller_answer(schema: &str, example: &Value) -> Value {
    json!({
        "description": "The caller's own view.",
        "headers": answer_headers(&["Traceparent", "CacheControl", "RateLimitPolicy", "RateLimit"]),
        "content": {"application/json": {"schema": reference(schema), "example": example}},
    })
}

fn page() -> Value {
    json!({
        "description": "A page in Vietnamese and English.",
        "headers": answer_headers(&["Traceparent", "Cacheable", "ContentSecurityPolicy", "ReferrerPolicy"]),
        "content": {"text/html": {"schema": {"type": "string"}}},
    })
}

/// Adds a response for each status that the codes have.
fn responses(problems: &Problems, answer: Value, codes: &[&[Code]]) -> Value {
    let mut all = Map::from_iter([("200".to_owned(), answer)]);
    for code in codes.iter().copied().flatten().copied() {
        let status = facts(code).status.as_u16();
        let response = all.entry(status.to_string()).or_insert_with(|| refusal(status));
        if let Some(Value::Object(shown)) =
            response.pointer_mut("/content/application~1problem+json/examples")
        {
            shown.insert(
                code.as_str().to_owned(),
                json!({"value": examples::problem(problems, code)}),
            );
        }
    }
    Value::Object(all)
}

fn refusal(status: u16) -> Value {
    let special: &[&str] = match status {
        401 => &["WWWAuthenticate"],
        403 => &["WWWAuthenticate", "RateLimitPolicy", "RateLimit"],
        429 | 503 => &["RetryAfter", "RateLimitPolicy", "RateLimit"],
        502 | 504 => &["RateLimitPolicy", "RateLimit"],
        _ => &[],
    };
    let headers = [
        &["Traceparent", "CacheControl", "ContentLanguage", "Vary"],
        special,
    ]
    .concat();
    json!({
        "description": "Refused; `code` says why.",
        "headers": answer_headers(&headers),
        "content": {"application/problem+json": {"schema": reference("Problem"), "examples": {}}},
    })
}

fn reference(schema: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{schema}")})
}

fn parameter(name: &str) -> Value {
    json!({"$ref": format!("#/components/parameters/{name}")})
}

fn common_parameters() -> Value {
    json!([
        parameter("XRequestId"),
        parameter("Traceparent"),
        parameter("AcceptLanguage")
    ])
}

fn person_parameters() -> Value {
    json!([
        parameter("XRequestId"),
        parameter("Traceparent"),
        parameter("AcceptLanguage"),
        parameter("IdempotencyKey"),
        parameter("CacheControl"),
    ])
}

/// Each header with its name on the wire, what it tells, and an example.
const ANSWER_HEADERS: [(&str, &str, &str, &str); 16] = [
    (
        "XRequestId",
        "X-Request-Id",
        "The caller's id of the call, or ours.",
        "dossier-42.1",
    ),
    (
        "Traceparent",
        "traceparent",
        "W3C trace context of our part of the call.",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-a1f05f0d2c9b7e1a-01",
    ),
    (
        "NoSniff",
        "X-Content-Type-Options",
        "The content is of the type that is stated.",
        "nosniff",
    ),
    (
        "CacheStatus",
        "Cache-Status",
        "How the record cache took part (RFC 9211); `fwd=miss` on every `no_match`. Absent on a repeated answer.",
        "dancu; hit; ttl=41",
    ),
    (
        "Age",
        "Age",
        "Seconds since the register gave the record; rounded up to the hour where another client fetched it.",
        "19",
    ),
    (
        "CacheControl",
        "Cache-Control",
        "No answer may be stored.",
        "no-store",
    ),
    (
        "Cacheable",
        "Cache-Control",
        "How long a copy may serve; nothing personal stands in it.",
        "max-age=300",
    ),
    (
        "ContentSecurityPolicy",
        "Content-Security-Policy",
        "The page loads nothing from elsewhere.",
        "default-src 'none'",
    ),
    (
        "ContentDisposition",
        "Content-Disposition",
        "The name under which the page is kept.",
        "inline; filename=\"confirmation.pdf\"",
    ),
    (
        "ReferrerPolicy",
        "Referrer-Policy",
        "Links don't tell where they were followed.",
        "no-referrer",
    ),
    (
        "RateLimitPolicy",
        "RateLimit-Policy",
        "The caller's limits.",
        "\"burst\";q=4000;w=2, \"day\";q=1000000",
    ),
    (
        "RateLimit",
        "RateLimit",
        "The limit that the caller is nearest to.",
        "\"day\";r=19998;t=3600",
    ),
    (
        "RetryAfter",
        "Retry-After",
        "Seconds after which the call may be repeated.",
        "5",
    ),
    (
        "WWWAuthenticate",
        "WWW-Authenticate",
        "How to come with a better token (RFC 6750); on 403 only where a scope is missing.",
        "Bearer realm=\"dancu\"",
    ),
    (
        "ContentLanguage",
        "Content-Language",
        "The language of the texts.",
        "vi",
    ),
    ("Vary", "Vary", "Texts vary with the language.", "Accept-Language"),
];

fn answer_headers(extra: &[&str]) -> Value {
    let named = |key: &str| ANSWER_HEADERS.into_iter().find(|(name, ..)| *name == key);
    let headers: Map<_, _> = ["XRequestId", "NoSniff"]
        .iter()
        .chain(extra)
        .filter_map(|key| named(key))
        .map(|(key, wire, ..)| {
            (
                wire.to_owned(),
                json!({"$ref": format!("#/components/headers/{key}")}),
            )
        })
        .collect();
    Value::Object(headers)
}

/// Gives the headers that responses refer to.
pub(in crate::http) fn component_headers() -> Value {
    let headers: Map<_, _> = ANSWER_HEADERS
        .into_iter()
        .map(|(key, _, description, example)| {
            (
                key.to_owned(),
                json!({"description": description, "schema": {"type": "string"}, "example": example}),
            )
        })
        .collect();
    Value::Object(headers)
}

/// Gives the parameters that operations refer to.
pub(in crate::http) fn component_parameters() -> Value {
    let header = |name: &str, description: &str, schema: Value, example: &str| {
        json!({
            "name": name,
            "in": "header",
            "required": false,
            "description": description,
            "schema": schema,
            "example": example,
        })
    };
    json!({
        "XRequestId": header(
            "X-Request-Id",
            "Echoed if it is plain and holds no run of exactly 9 or 12 digits, otherwise replaced.",
            json!({"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"}),
            "dossier-42.1",
        ),
        "Traceparent": header(
            "traceparent",
            "W3C trace context; the trace goes on to the register.",
            json!({"type": "string"}),
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        ),
        "AcceptLanguage": header(
            "Accept-Language",
            "`vi` (default) or `en`, for human text; codes never change with it.",
            json!({"type": "string"}),
            "en",
        ),
        "IdempotencyKey": header(
            "Idempotency-Key",
            "1–64 visible ASCII characters, quoted or not: the same key with the same body gets the same answer for 24 hours.",
            json!({"type": "string", "minLength": 1, "maxLength": 66}),
            "8e03978e-40d5-43dd-bc93-6894a57f9324",
        ),
        "CacheControl": header(
            "Cache-Control",
            "The age of the record that the caller accepts (RFC 9111): `no-cache`, `max-age=N`, `max-stale[=N]`, \
             `only-if-cached`; of one that stands twice the later decides. The procedure's own ceiling still holds.",
            json!({"type": "string"}),
            "max-age=60",
        ),
    })
}
