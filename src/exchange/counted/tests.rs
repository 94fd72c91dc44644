//! Does each refused call count where it should, and does the documentation say the same?

use std::time::Duration;

use super::*;
use crate::auth::{Scope, Unauthenticated};
use crate::domain::field::Fields;
use crate::domain::problem::Code;
use crate::limits::{Exceeded, Limit, Size};
use crate::policy::Denied;
use crate::registry::{Outage, Rejection};
use crate::{audit, idempotency};

const DOCUMENT: &str = include_str!("../../../docs/limits.md");

fn exceeded(limit: Limit) -> Cause {
    Cause::Exceeded(Exceeded {
        limit,
        of: Size::UNTOLD,
        retry_after: Duration::ZERO,
    })
}

/// Every way to be refused, by where it counts.
fn table() -> [(Counted, &'static str, Vec<Cause>); 5] {
    let retry_after = Duration::ZERO;
    [
        (
            Counted::Authentications,
            "failed authentications",
            vec![
                Unauthenticated::Missing.into(),
                Unauthenticated::Invalid.into(),
                Unauthenticated::Expired.into(),
                Unauthenticated::NotBound.into(),
                Unauthenticated::KeysUnavailable { retry_after }.into(),
            ],
        ),
        (
            Counted::Refusals,
            "refused",
            vec![
                Denied::ClientUnknown.into(),
                Denied::ClientSuspended.into(),
                Denied::ClientExpired.into(),
                Denied::ScopeMissing(Scope::Checks).into(),
                Denied::OfficerRequired.into(),
                Denied::UnitNotPermitted.into(),
                Denied::ProcedureUnknown.into(),
                Denied::ProcedureNotLicensed.into(),
                Denied::FieldNotPermitted(Fields::NONE).into(),
                Cause::IdempotencyMismatch,
                Cause::IdempotencyConflict,
                Cause::Edge(Code::MalformedRequest),
                Cause::Edge(Code::InvalidRequest),
            ],
        ),
        (
            Counted::Nowhere,
            "nowhere",
            vec![
                exceeded(Limit::Officer),
                exceeded(Limit::Subject),
                exceeded(Limit::Guesses),
                exceeded(Limit::Burst),
                exceeded(Limit::Concurrency),
                exceeded(Limit::Day),
                exceeded(Limit::Month),
                exceeded(Limit::Uncounted),
                Failure::BudgetExhausted { retry_after }.into(),
                Failure::Maintenance.into(),
                Cause::Audit(audit::Unavailable),
            ],
        ),
        (
            Counted::Calls,
            "rates and quotas",
            vec![
                Failure::Unavailable(Outage::Connect).into(),
                Failure::Timeout.into(),
                Failure::Rejected(Rejection::Officer).into(),
                Failure::Protocol("not XML").into(),
            ],
        ),
        (
            Counted::CallsAndGuesses,
            "rates, quotas and guesses",
            vec![Cause::NotCached],
        ),
    ]
}

#[test]
fn each_refusal_counts_where_the_documentation_says() {
    for (counted, word, causes) in table() {
        for cause in causes {
            assert_eq!(cause.counted(), counted, "{cause:?}");
            let row = format!("| `{}` | {word} |", cause.code().as_str());
            assert!(DOCUMENT.contains(&row), "{row} isn't in docs/limits.md");
        }
    }
}

#[test]
fn a_store_that_fails_before_the_limits_counts_like_any_refusal() {
    let cause = Cause::Idempotency(idempotency::Unavailable);
    assert_eq!(cause.counted(), Counted::Refusals);
}
