//! In which limits does a refused call count?
//!
//! The one table of it, a match without a wildcard: a new way to fail doesn't compile until somebody has decided. Whoever
//! refuses before the limits draws on the bucket of refusals; what a later gate refuses costs nothing, because nobody
//! outside was asked; what the registry was asked for is spent, whatever became of it. A guess counts as wrong wherever
//! the caller may have learnt that it was: an outage teaches nothing, an empty cache may.

use super::Cause;
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
            Self::Exceeded(_) | Self::Audit(_) => Counted::Nowhere,
            Self::Registry(failure) => match failure {
                Failure::BudgetExhausted { .. } | Failure::Maintenance => Counted::Nowhere,
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

#[cfg(test)]
mod tests;
