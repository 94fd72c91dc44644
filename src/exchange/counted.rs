//! In which limits does a refused call count?
//!
//! The one table of it, a match without a wildcard: a new way to fail doesn't compile until somebody has decided. Whoever
//! refuses before the limits draws on the bucket of refusals; what a later gate refuses costs nothing, because nobody
//! outside was asked; what the registry was asked for is spent, whatever became of it. A guess counts as wrong wherever
//! the caller may have learnt that it was: an outage teaches nothing, an empty cache may.

use super::Cause;
use crate::domain::predicate::Reason;
use crate::limits::Gate;
use crate::policy::Disclosure;
use crate::policy::disclosure::{Facts, Outcome};
use crate::registry::Failure;

/// Names the limits that a refused call counts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Counted {
    /// The rate of failed authentications, which is everybody's.
    Authentications,
    /// The client's bucket of refusals.
    Refusals,
    /// None.
    Nowhere,
    /// Rates and quotas.
    Calls,
    /// Rates, quotas and the budgets of wrong guesses.
    CallsAndGuesses,
}

impl Cause {
    /// Tells in which limits the call counts.
    pub(super) fn counted(&self) -> Counted {
        match self {
            Self::Unauthenticated(_) => Counted::Authentications,
            Self::Denied(_)
            | Self::IdempotencyMismatch
            | Self::IdempotencyConflict
            | Self::Idempotency(_)
            | Self::Edge(_) => Counted::Refusals,
            // An operator is no client, and has no limits.
            Self::RoleMissing(_) | Self::Exceeded(_) | Self::BatchQuota { .. } | Self::Audit(_) => {
                Counted::Nowhere
            }
            Self::Maintenance(_) => Counted::Nowhere,
            Self::Registry(failure) => match failure {
                Failure::BudgetExhausted { .. }
                | Failure::BudgetApart
                | Failure::CircuitOpen { .. }
                | Failure::BulkheadFull { .. }
                | Failure::Maintenance => Counted::Nowhere,
                Failure::Unavailable(_) | Failure::Timeout | Failure::Rejected(_) | Failure::Protocol(_) => {
                    Counted::Calls
                }
            },
            // Spent like a hit: a cache that is asked without end is asked too much as well. Whether it holds nobody of
            // the number, or somebody of another name, isn't told; who tries names on it is guessing.
            Self::NotCached => Counted::CallsAndGuesses,
        }
    }
}

/// Tells what an answer says of the identity gates: that of the person asked about, and those of whoever else was named.
///
/// Who names somebody who isn't there may have guessed the name, and the answer tells the one from the other.
pub(super) fn gate(disclosure: &Disclosure) -> Gate {
    let names_a_stranger = match disclosure.facts() {
        Facts::Predicates(verdicts) => verdicts
            .iter()
            .any(|(_, verdict)| verdict.reason == Reason::NoSuchMember),
        Facts::Verdicts(_) | Facts::Attributes(_) | Facts::Members(_) => false,
    };
    match disclosure.outcome() {
        Outcome::NoMatch => Gate::Failed,
        Outcome::Confirmed | Outcome::Differs | Outcome::Incomplete | Outcome::Inactive
            if names_a_stranger =>
        {
            Gate::Failed
        }
        Outcome::Confirmed | Outcome::Differs | Outcome::Incomplete | Outcome::Inactive => Gate::Passed,
    }
}

#[cfg(test)]
mod tests;
