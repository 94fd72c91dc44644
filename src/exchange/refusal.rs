//! Why did a call get no answer?
//!
//! Gathers the refusals of all gates. Each has one code of the contract, and only one of them, by a match without a
//! wildcard: a new way to fail doesn't compile until it has a code.

use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use super::maintenance::{Announced, COME_BACK};
use crate::audit;
use crate::auth::{Role, Unauthenticated};
use crate::domain::problem::Code;
use crate::idempotency;
use crate::limits::{Exceeded, Limit, Remaining};
use crate::policy::Denied;
use crate::policy::clients::Client;
use crate::registry::Failure;

/// Is what made the call fail.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(
    missing_docs,
    reason = "each variant is the refusal of the gate that it names"
)]
pub enum Cause {
    #[error(transparent)]
    Unauthenticated(#[from] Unauthenticated),
    #[error(transparent)]
    Denied(#[from] Denied),
    #[error("the idempotency key stands for another body")]
    IdempotencyMismatch,
    #[error("the call with this idempotency key is still running")]
    IdempotencyConflict,
    #[error(transparent)]
    Idempotency(#[from] idempotency::Unavailable),
    #[error(transparent)]
    Exceeded(#[from] Exceeded),
    #[error(transparent)]
    Registry(#[from] Failure),
    #[error("operators say that the registry is under maintenance")]
    Maintenance(Announced),
    #[error("no record is held, and the registry may not be asked")]
    NotCached,
    #[error(transparent)]
    Audit(#[from] audit::Unavailable),
    /// The operator lacks the role.
    #[error("the operator lacks the role")]
    RoleMissing(Role),
    /// The client's day has no room for so many rows of a batch.
    #[error("the client's rows of batches for this day are used up")]
    BatchQuota {
        /// The rows that are left.
        left: u64,
        /// When the next day begins.
        resets_in: Duration,
    },
    /// The edge couldn't read the call.
    #[error("the call can't be read")]
    Edge(Code),
}

impl Cause {
    /// Gives the code that the caller is told.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::Unauthenticated(failed) => match failed {
                Unauthenticated::Missing => Code::TokenMissing,
                Unauthenticated::Invalid => Code::TokenInvalid,
                Unauthenticated::Expired => Code::TokenExpired,
                Unauthenticated::NotBound => Code::TokenNotBound,
                Unauthenticated::KeysUnavailable { .. } => Code::KeysUnavailable,
                Unauthenticated::TooManyFailures { .. } => Code::RateLimited,
            },
            Self::Denied(denied) => code_of_denial(denied),
            Self::IdempotencyMismatch => Code::IdempotencyMismatch,
            Self::IdempotencyConflict => Code::IdempotencyConflict,
            // Both live in the one store; without it nothing can be answered.
            Self::Idempotency(_) | Self::Audit(_) => Code::AuditUnavailable,
            // Who is merely busy isn't told of mistyped names.
            Self::Exceeded(exceeded) if exceeded.is_of_open_guesses() => Code::RateLimited,
            Self::Exceeded(exceeded) => match exceeded.limit {
                Limit::Officer | Limit::Burst | Limit::Concurrency | Limit::Refused => Code::RateLimited,
                Limit::Subject => Code::SubjectLimit,
                Limit::Guesses | Limit::Person => Code::GuessBudgetExhausted,
                Limit::Day | Limit::Month => Code::QuotaExhausted,
                Limit::Uncounted => Code::Overloaded,
            },
            Self::BatchQuota { .. } => Code::QuotaExhausted,
            Self::Registry(failure) => code_of_failure(*failure),
            Self::Maintenance(_) => Code::Maintenance,
            Self::NotCached => Code::NotCached,
            Self::RoleMissing(_) => Code::ScopeMissing,
            Self::Edge(code) => *code,
        }
    }

    /// Tells whether the call got as far as the registry, or the way to it, and no further.
    pub(super) fn is_of_the_registry(&self) -> bool {
        matches!(self, Self::Registry(_) | Self::Maintenance(_))
    }

    /// Tells whether it is the same for whoever asks, so that all who wait for one look-up share it.
    pub(super) fn concerns_everybody(&self) -> bool {
        match self {
            Self::Registry(failure) => failure.concerns_everybody(),
            other => matches!(other, Self::Maintenance(_)),
        }
    }

    /// Tells whether an older record may answer, where the procedure bears it.
    pub(super) fn leaves_older_records(&self) -> bool {
        match self {
            Self::Registry(failure) => failure.leaves_older_records(),
            other => matches!(other, Self::Maintenance(_)),
        }
    }

    /// Tells when it is worth trying again, where that is known.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Unauthenticated(
                Unauthenticated::KeysUnavailable { retry_after }
                | Unauthenticated::TooManyFailures { retry_after },
            ) => Some(*retry_after),
            Self::Exceeded(exceeded) => Some(exceeded.retry_after),
            Self::BatchQuota { resets_in, .. } => Some(*resets_in),
            Self::Registry(
                Failure::BudgetExhausted { retry_after }
                | Failure::CircuitOpen { retry_after }
                | Failure::BulkheadFull { retry_after },
            ) => Some(*retry_after),
            Self::Maintenance(announced) => Some(announced.retry_after),
            Self::Registry(Failure::Maintenance) => Some(COME_BACK),
            Self::Registry(failure) if failure.is_outage() => Some(Duration::from_secs(5)),
            Self::Audit(_) | Self::Idempotency(_) => Some(Duration::from_secs(1)),
            Self::Unauthenticated(_)
            | Self::Denied(_)
            | Self::IdempotencyMismatch
            | Self::IdempotencyConflict
            | Self::Registry(_)
            | Self::NotCached
            | Self::RoleMissing(_)
            | Self::Edge(_) => None,
        }
    }
}

fn code_of_denial(denied: &Denied) -> Code {
    match denied {
        Denied::ClientUnknown => Code::ClientUnknown,
        Denied::ClientSuspended => Code::ClientSuspended,
        Denied::ClientExpired => Code::ClientExpired,
        Denied::TokenNotBound => Code::TokenNotBound,
        Denied::ScopeMissing(_) => Code::ScopeMissing,
        Denied::OfficerRequired => Code::OfficerRequired,
        Denied::UnitNotPermitted => Code::UnitNotPermitted,
        Denied::ProcedureUnknown => Code::ProcedureUnknown,
        Denied::ProcedureNotLicensed => Code::ProcedureNotLicensed,
        Denied::FieldNotPermitted(_) => Code::FieldNotPermitted,
    }
}

fn code_of_failure(failure: Failure) -> Code {
    match failure {
        Failure::Unavailable(_) | Failure::CircuitOpen { .. } => Code::RegistryUnavailable,
        Failure::Timeout => Code::RegistryTimeout,
        Failure::Maintenance => Code::Maintenance,
        Failure::Rejected(_) => Code::RegistryRejected,
        Failure::Protocol(_) => Code::RegistryProtocolError,
        Failure::BudgetExhausted { .. } => Code::RegistryBudgetExhausted,
        Failure::BudgetApart | Failure::BulkheadFull { .. } => Code::Overloaded,
    }
}

/// Is a refused call, with all that its caller is told around it.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// Our id of the call.
    pub transaction_id: Uuid,
    /// What made it fail.
    pub cause: Cause,
    /// The client, where it is known.
    pub client: Option<Arc<Client>>,
    /// Where the client stands, if it was admitted.
    pub nearest: Option<Remaining>,
}

#[cfg(test)]
mod tests;
