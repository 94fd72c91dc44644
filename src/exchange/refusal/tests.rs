//! Has every refusal its code, and is told when to come again where that is known?

use super::*;
use crate::auth::Scope;
use crate::domain::field::Fields;
use crate::registry::{Outage, Rejection};

const SECOND: Duration = Duration::from_secs(1);

fn exceeded(limit: Limit) -> Cause {
    Cause::Exceeded(Exceeded {
        limit,
        retry_after: 7 * SECOND,
    })
}

fn keys_unavailable() -> Cause {
    let retry_after = 3 * SECOND;
    Unauthenticated::KeysUnavailable { retry_after }.into()
}

fn budget_exhausted() -> Cause {
    let retry_after = 2 * SECOND;
    Failure::BudgetExhausted { retry_after }.into()
}

#[test]
fn every_cause_has_its_code_its_pause_and_its_price() {
    let (none, seven, five) = (None, Some(7), Some(5));
    // The cause, its code, the seconds to wait, and whether what earlier gates took goes back.
    let table: [(Cause, &str, Option<u64>, bool); 37] = [
        (Unauthenticated::Missing.into(), "token_missing", none, true),
        (Unauthenticated::Invalid.into(), "token_invalid", none, true),
        (Unauthenticated::Expired.into(), "token_expired", none, true),
        (Unauthenticated::NotBound.into(), "token_not_bound", none, true),
        (keys_unavailable(), "keys_unavailable", Some(3), true),
        (Denied::ClientUnknown.into(), "client_unknown", none, true),
        (Denied::ClientSuspended.into(), "client_suspended", none, true),
        (Denied::ClientExpired.into(), "client_expired", none, true),
        (Denied::TokenNotBound.into(), "token_not_bound", none, true),
        (
            Denied::ScopeMissing(Scope::Checks).into(),
            "scope_missing",
            none,
            true,
        ),
        (Denied::OfficerRequired.into(), "officer_required", none, true),
        (Denied::UnitNotPermitted.into(), "unit_not_permitted", none, true),
        (Denied::ProcedureUnknown.into(), "procedure_unknown", none, true),
        (
            Denied::ProcedureNotLicensed.into(),
            "procedure_not_licensed",
            none,
            true,
        ),
        (
            Denied::FieldNotPermitted(Fields::NONE).into(),
            "field_not_permitted",
            none,
            true,
        ),
        (Cause::IdempotencyMismatch, "idempotency_mismatch", none, true),
        (Cause::IdempotencyConflict, "idempotency_conflict", none, true),
        (exceeded(Limit::Officer), "rate_limited", seven, true),
        (exceeded(Limit::Burst), "rate_limited", seven, true),
        (exceeded(Limit::Concurrency), "rate_limited", seven, true),
        (exceeded(Limit::Refused), "rate_limited", seven, true),
        (exceeded(Limit::Day), "quota_exhausted", seven, true),
        (exceeded(Limit::Month), "quota_exhausted", seven, true),
        (
            Failure::Unavailable(Outage::Connect).into(),
            "registry_unavailable",
            five,
            false,
        ),
        (
            Failure::Unavailable(Outage::Abandoned).into(),
            "registry_unavailable",
            five,
            false,
        ),
        (Failure::Timeout.into(), "registry_timeout", five, false),
        (Failure::Maintenance.into(), "maintenance", five, true),
        (
            Failure::Rejected(Rejection::Quota).into(),
            "registry_rejected",
            none,
            false,
        ),
        (
            Failure::Rejected(Rejection::Licence).into(),
            "registry_rejected",
            none,
            false,
        ),
        (
            Failure::Rejected(Rejection::Officer).into(),
            "registry_rejected",
            none,
            false,
        ),
        (
            Failure::Rejected(Rejection::Request).into(),
            "registry_rejected",
            none,
            false,
        ),
        (
            Failure::Rejected(Rejection::Credentials).into(),
            "registry_rejected",
            none,
            false,
        ),
        (
            Failure::Protocol("not XML").into(),
            "registry_protocol_error",
            none,
            false,
        ),
        (budget_exhausted(), "registry_budget_exhausted", Some(2), true),
        (Failure::BudgetApart.into(), "overloaded", Some(5), true),
        (Cause::NotCached, "not_cached", none, false),
        (Cause::Edge(Code::InvalidRequest), "invalid_request", none, true),
    ];
    for (cause, code, retry_after, is_of_a_gate) in table {
        assert_eq!(cause.code().as_str(), code, "{cause:?}");
        assert_eq!(
            cause.retry_after().map(|pause| pause.as_secs()),
            retry_after,
            "{cause:?}"
        );
        assert_eq!(cause.is_of_a_gate(), is_of_a_gate, "{cause:?}");
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
