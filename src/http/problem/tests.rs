use std::sync::Arc;
use std::time::Duration;

use actix_web::body::MessageBody as _;
use uuid::Uuid;

use super::*;
use crate::auth::{Scope, Unauthenticated};
use crate::domain::field::Field;
use crate::http::faults::{Kind, Pointer};
use crate::limits::Size;

fn problems() -> Problems {
    Problems::new("https://dancu.example/").unwrap()
}

fn refusal(cause: Cause) -> Refusal {
    Refusal {
        transaction_id: Uuid::nil(),
        cause,
        client: None,
        nearest: None,
    }
}

fn respond(cause: Cause) -> (HttpResponse, Value) {
    let response = problems().respond(Language::Vi, &refusal(cause.clone()), None);
    let document = problems().document(Language::Vi, &refusal(cause), None);
    (response, document)
}

fn header(response: &HttpResponse, name: &str) -> Option<String> {
    response
        .headers()
        .get(name)
        .map(|value| value.to_str().unwrap().to_owned())
}

#[test]
fn every_code_has_the_status_of_the_contract() {
    let contract = [
        (400, "malformed_request"),
        (401, "token_missing token_invalid token_expired token_not_bound"),
        (
            403,
            "client_unknown client_suspended client_expired scope_missing officer_required procedure_unknown \
             procedure_not_licensed field_not_permitted unit_not_permitted",
        ),
        (404, "not_found"),
        (405, "method_not_allowed"),
        (406, "not_acceptable"),
        (408, "request_timeout"),
        (413, "body_too_large"),
        (415, "unsupported_media_type"),
        (431, "headers_too_large"),
        (409, "idempotency_conflict"),
        (422, "invalid_request idempotency_mismatch"),
        (
            429,
            "rate_limited quota_exhausted guess_budget_exhausted subject_limit registry_budget_exhausted",
        ),
        (500, "internal_error"),
        (502, "registry_protocol_error registry_rejected"),
        (
            503,
            "registry_unavailable overloaded maintenance audit_unavailable keys_unavailable",
        ),
        (504, "registry_timeout not_cached"),
    ];
    let expected: Vec<_> = contract
        .iter()
        .flat_map(|(status, codes)| codes.split(' ').map(move |code| (code, *status)))
        .collect();
    assert_eq!(expected.len(), Code::ALL.len());
    for code in Code::ALL {
        assert!(
            expected.contains(&(code.as_str(), facts(code).status.as_u16())),
            "{code:?}"
        );
    }
}

#[test]
fn an_outage_is_never_the_callers_and_may_be_repeated() {
    for code in [
        Code::RegistryUnavailable,
        Code::RegistryTimeout,
        Code::Maintenance,
    ] {
        assert_eq!(
            (facts(code).source, facts(code).retryable),
            (Source::Registry, true),
            "{code:?}"
        );
    }
    for code in Code::ALL {
        let Facts { status, source, .. } = facts(code);
        assert_eq!(status.is_client_error(), source == Source::Caller, "{code:?}");
    }
}

#[test]
fn a_document_has_every_member_of_the_contract() {
    let (response, document) = respond(Cause::Edge(Code::RegistryUnavailable));
    assert_eq!(
        header(&response, "content-type").unwrap(),
        "application/problem+json"
    );
    assert_eq!(header(&response, "content-language").unwrap(), "vi");
    assert_eq!(header(&response, "vary").unwrap(), "Accept-Language");
    assert_eq!(header(&response, "cache-control").unwrap(), "no-store");
    let members: Vec<_> = document.as_object().unwrap().keys().map(String::as_str).collect();
    let mut expected = [
        "type",
        "title",
        "status",
        "detail",
        "code",
        "source",
        "advice",
        "retryable",
        "transaction_id",
    ];
    expected.sort_unstable();
    let mut members = members;
    members.sort_unstable();
    assert_eq!(members, expected);
    assert_eq!(
        document["type"],
        "https://dancu.example/problems/registry_unavailable"
    );
    assert_eq!(document["status"], 503);
    let body = response.into_body().try_into_bytes().unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&body).unwrap(), document);
}

#[test]
fn faults_are_told_in_the_callers_language() {
    let mut faults = Faults::default();
    faults.add(&Pointer::Root.member("subject").member("pin"), Kind::PinLength);
    let refused = refusal(Cause::Edge(Code::InvalidRequest));
    let told = |language| problems().document(language, &refused, Some(&faults))["errors"].clone();
    let error =
        |detail: &str| serde_json::json!([{"pointer": "/subject/pin", "code": "length", "detail": detail}]);
    assert_eq!(
        told(Language::Vi),
        error("Số định danh cá nhân phải có đúng 12 chữ số.")
    );
    assert_eq!(
        told(Language::En),
        error("A personal identification number has exactly 12 digits.")
    );
    let unrecorded = refusal(Cause::Edge(Code::AuditUnavailable));
    assert!(
        problems()
            .document(Language::Vi, &unrecorded, Some(&faults))
            .get("errors")
            .is_none()
    );
}

#[test]
fn refusals_name_what_would_help() {
    let (response, document) = respond(Cause::Denied(Denied::ScopeMissing(Scope::CitizensLookup)));
    assert_eq!(document["scope"], "citizens.lookup");
    let challenge = header(&response, "www-authenticate").unwrap();
    assert_eq!(
        challenge,
        "Bearer realm=\"dancu\", error=\"insufficient_scope\", scope=\"citizens.lookup\""
    );
    let fields = [Field::Sex, Field::Religion].into_iter().collect();
    let (_, document) = respond(Cause::Denied(Denied::FieldNotPermitted(fields)));
    assert_eq!(document["fields"], serde_json::json!(["sex", "religion"]));
    let reasons = [
        (Rejection::Quota, "quota"),
        (Rejection::Licence, "licence"),
        (Rejection::Officer, "officer"),
        (Rejection::Request, "request"),
        (Rejection::Credentials, "request"),
    ];
    for (rejection, reason) in reasons {
        let (response, document) = respond(Cause::Registry(Failure::Rejected(rejection)));
        assert_eq!(
            (response.status().as_u16(), &document["reason"]),
            (502, &Value::from(reason))
        );
    }
}

#[test]
fn a_bad_token_is_challenged() {
    let challenge = |failed| header(&respond(Cause::Unauthenticated(failed)).0, "www-authenticate");
    assert_eq!(
        challenge(Unauthenticated::Missing).unwrap(),
        "Bearer realm=\"dancu\""
    );
    for failed in [
        Unauthenticated::Invalid,
        Unauthenticated::Expired,
        Unauthenticated::NotBound,
    ] {
        let challenge = challenge(failed).unwrap();
        assert!(
            challenge.starts_with("Bearer realm=\"dancu\", error=\"invalid_token\", error_description=\"")
        );
        assert!(challenge.is_ascii());
    }
    assert_eq!(
        challenge(Unauthenticated::KeysUnavailable {
            retry_after: Duration::ZERO
        }),
        None
    );
}

#[test]
fn a_limited_caller_is_told_when_to_come_back() {
    let exceeded = |limit, retry_after| {
        Cause::Exceeded(Exceeded {
            limit,
            of: Size::UNTOLD,
            retry_after,
        })
    };
    let (response, document) = respond(exceeded(Limit::Burst, Duration::from_millis(1200)));
    assert_eq!(header(&response, "retry-after").unwrap(), "2");
    assert_eq!(document["violated-policies"], serde_json::json!(["burst"]));
    let (response, document) = respond(exceeded(Limit::Refused, Duration::ZERO));
    assert_eq!(header(&response, "retry-after").unwrap(), "1");
    assert_eq!(document["violated-policies"], serde_json::json!([]));
    let budget = Cause::Registry(Failure::BudgetExhausted {
        retry_after: Duration::from_secs(1),
    });
    assert_eq!(respond(budget).1["violated-policies"], serde_json::json!([]));
    for code in [
        Code::Overloaded,
        Code::AuditUnavailable,
        Code::KeysUnavailable,
        Code::Maintenance,
    ] {
        assert!(
            header(&respond(Cause::Edge(code)).0, "retry-after").is_some(),
            "{code:?}"
        );
    }
    assert_eq!(
        header(&respond(Cause::Edge(Code::InternalError)).0, "retry-after"),
        None
    );
}

#[test]
fn headers_say_where_a_known_client_stands() {
    let client = Arc::new(crate::http::openapi::tests::client());
    let limited = |cause, nearest| {
        let refusal = Refusal {
            transaction_id: Uuid::nil(),
            cause,
            client: Some(Arc::clone(&client)),
            nearest,
        };
        problems().respond(Language::En, &refusal, None)
    };
    let exceeded = Exceeded {
        limit: Limit::Day,
        of: Size {
            calls: 60,
            seconds: None,
        },
        retry_after: Duration::from_secs(60),
    };
    let response = limited(exceeded.into(), None);
    assert!(
        header(&response, "ratelimit-policy")
            .unwrap()
            .starts_with("\"officer\";q=")
    );
    assert_eq!(header(&response, "ratelimit").unwrap(), "\"day\";r=0;t=60");
    let nearest = Remaining {
        limit: Limit::Burst,
        of: Size {
            calls: 7,
            seconds: Some(2),
        },
        calls: 3,
        resets_in: Duration::from_secs(2),
    };
    let response = limited(Cause::NotCached, Some(nearest));
    assert_eq!(header(&response, "ratelimit").unwrap(), "\"burst\";r=3;t=2");
    let response = limited(Cause::Denied(Denied::OfficerRequired), None);
    assert_eq!(header(&response, "ratelimit"), None);
}
