//! Has every refusal its code, and is told when to come again where that is known?

use super::*;
use crate::auth::Scope;
use crate::domain::field::Fields;
use crate::limits::Size;
use crate::registry::{Outage, Rejection};

const SECOND: Duration = Duration::from_secs(1);

fn exceeded(limit: Limit) -> Cause {
    Cause::Exceeded(Exceeded {
        limit,
        of: Size::UNTOLD,
        retry_after: 7 * SECOND,
    })
}

fn keys_unavailable() -> Cause {
    let retry_after = 3 * SECOND;
    Unauthenticated::KeysUnavailable { retry_after }.into()
}

fn too_many_failures() -> Cause {
    let retry_after = SECOND;
    Unauthenticated::TooManyFailures { retry_after }.into()
}

fn budget_exhausted() -> Cause {
    let retry_after = 2 * SECOND;
    Failure::BudgetExhausted { retry_after }.into()
}

#[test]
fn every_cause_has_its_code_and_its_pause() {
    let (none, seven, five) = (None, Some(7), Some(5));
    // The cause, its code, and the seconds to wait.
    let table: [(Cause, &str, Option<u64>); 42] = [
        (Unauthenticated::Missing.into(), "token_missing", none),
        (Unauthenticated::Invalid.into(), "token_invalid", none),
        (Unauthenticated::Expired.into(), "token_expired", none),
        (Unauthenticated::NotBound.into(), "token_not_bound", none),
        (keys_unavailable(), "keys_unavailable", Some(3)),
        (too_many_failures(), "rate_limited", Some(1)),
        (Denied::ClientUnknown.into(), "client_unknown", none),
        (Denied::ClientSuspended.into(), "client_suspended", none),
        (Denied::ClientExpired.into(), "client_expired", none),
        (Denied::TokenNotBound.into(), "token_not_bound", none),
        (Denied::ScopeMissing(Scope::Checks).into(), "scope_missing", none),
        (Cause::RoleMissing(Role::Operator), "scope_missing", none),
        (Denied::OfficerRequired.into(), "officer_required", none),
        (Denied::UnitNotPermitted.into(), "unit_not_permitted", none),
        (Denied::ProcedureUnknown.into(), "procedure_unknown", none),
        (
            Denied::ProcedureNotLicensed.into(),
            "procedure_not_licensed",
            none,
        ),
        (
            Denied::FieldNotPermitted(Fields::NONE).into(),
            "field_not_permitted",
            none,
        ),
        (Cause::IdempotencyMismatch, "idempotency_mismatch", none),
        (Cause::IdempotencyConflict, "idempotency_conflict", none),
        (exceeded(Limit::Officer), "rate_limited", seven),
        (exceeded(Limit::Burst), "rate_limited", seven),
        (exceeded(Limit::Concurrency), "rate_limited", seven),
        (exceeded(Limit::Refused), "rate_limited", seven),
        (exceeded(Limit::Subject), "subject_limit", seven),
        (exceeded(Limit::Guesses), "guess_budget_exhausted", seven),
        (exceeded(Limit::Uncounted), "overloaded", seven),
        (exceeded(Limit::Day), "quota_exhausted", seven),
        (exceeded(Limit::Month), "quota_exhausted", seven),
        (
            Failure::Unavailable(Outage::Connect).into(),
            "registry_unavailable",
            five,
        ),
        (
            Failure::Unavailable(Outage::Abandoned).into(),
            "registry_unavailable",
            five,
        ),
        (Failure::Timeout.into(), "registry_timeout", five),
        (Failure::Maintenance.into(), "maintenance", Some(30)),
        (
            Failure::Rejected(Rejection::Quota).into(),
            "registry_rejected",
            none,
        ),
        (
            Failure::Rejected(Rejection::Licence).into(),
            "registry_rejected",
            none,
        ),
        (
            Failure::Rejected(Rejection::Officer).into(),
            "registry_rejected",
            none,
        ),
        (
            Failure::Rejected(Rejection::Request).into(),
            "registry_rejected",
            none,
        ),
        (
            Failure::Rejected(Rejection::Credentials).into(),
            "registry_rejected",
            none,
        ),
        (
            Failure::Protocol("not XML").into(),
            "registry_protocol_error",
            none,
        ),
        (budget_exhausted(), "registry_budget_exhausted", Some(2)),
        (Failure::BudgetApart.into(), "overloaded", Some(5)),
        (Cause::NotCached, "not_cached", none),
        (Cause::Edge(Code::InvalidRequest), "invalid_request", none),
    ];
    for (cause, code, retry_after) in table {
        assert_eq!(cause.code().as_str(), code, "{cause:?}");
        assert_eq!(
            cause.retry_after().map(|pause| pause.as_secs()),
            retry_after,
            "{cause:?}"
        );
    }
}

#[test]
fn without_the_store_nothing_can_be_answered_whoever_needed_it() {
    for cause in [
        Cause::Audit(audit::Unavailable),
        Cause::Idempotency(idempotency::Unavailable),
    ] {
        assert_eq!(cause.code(), Code::AuditUnavailable);
        assert_eq!(cause.retry_after(), Some(SECOND));
    }
}
