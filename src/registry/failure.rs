//! Why did the registry give no answer, and what can be done about it?
//!
//! The one error of this gate. Its variants are what the rest of the road treats differently: an outage may be answered
//! from an older record and is shared by all who wait, a refusal concerns only the one who asked, a protocol error is
//! never retried. Its texts are constants: nothing of what was sent or received can stand in them.
//! That nobody was found is no failure and isn't here.

use std::time::Duration;

/// Says why the registry gave no usable answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// No answer came, or one that says no more than that something broke.
    #[error("the registry can't be reached: {0}")]
    Unavailable(Outage),
    /// No whole answer came in time.
    #[error("the registry didn't answer in time")]
    Timeout,
    /// The registry said that it is under maintenance.
    #[error("the registry is under maintenance")]
    Maintenance,
    /// The registry answered and refused.
    #[error("the registry refused the call: {0}")]
    Rejected(Rejection),
    /// What came isn't what was agreed.
    #[error("the registry's answer can't be read: {0}")]
    Protocol(&'static str),
    /// The client's part of the budget of registry calls is spent; nothing was sent.
    #[error("the budget of registry calls is spent")]
    BudgetExhausted {
        /// When the next call may be made.
        retry_after: Duration,
    },
    /// The gateways can't agree on the budget that they share; nothing was sent.
    #[error("the shared budget of registry calls can't be reached")]
    BudgetApart,
    /// The registry has failed so often that it is left alone for a while; nothing was sent.
    #[error("the registry fails and is left alone for a while")]
    CircuitOpen {
        /// When it is tried again.
        retry_after: Duration,
    },
    /// As many calls are under way as the registry bears; nothing was sent.
    #[error("as many calls to the registry are under way as it bears")]
    BulkheadFull {
        /// When to come back.
        retry_after: Duration,
    },
}

/// Tells how the registry was out of reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Outage {
    /// No connection, or no trust in the one who answered.
    #[error("no connection")]
    Connect,
    /// The connection broke before the answer was whole.
    #[error("connection cut")]
    Reset,
    /// A server's error status without a reason.
    #[error("error status")]
    Status,
    /// A fault that names no reason.
    #[error("fault without a reason")]
    Fault,
    /// The gateway is shutting down.
    #[error("call abandoned")]
    Abandoned,
}

/// Tells what the registry refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// The unit's quota is spent.
    #[error("quota")]
    Quota,
    /// The unit has no licence for this procedure and service.
    #[error("licence")]
    Licence,
    /// The officer isn't known or not allowed.
    #[error("officer")]
    Officer,
    /// The request itself.
    #[error("request")]
    Request,
    /// The gateway's own credentials, its clock included.
    #[error("credentials")]
    Credentials,
}

/// Tells on whose side a failure lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The calling client, its officer or its unit.
    Caller,
    /// This gateway.
    Gateway,
    /// The registry, or the way to it.
    Registry,
}

impl Failure {
    /// Tells on whose side it lies.
    #[must_use]
    pub fn side(self) -> Side {
        match self {
            Self::Unavailable(_)
            | Self::Timeout
            | Self::Maintenance
            | Self::Protocol(_)
            | Self::CircuitOpen { .. } => Side::Registry,
            Self::Rejected(Rejection::Quota | Rejection::Licence | Rejection::Officer) => Side::Caller,
            Self::Rejected(Rejection::Request | Rejection::Credentials)
            | Self::BudgetExhausted { .. }
            | Self::BudgetApart
            | Self::BulkheadFull { .. } => Side::Gateway,
        }
    }

    /// Tells whether the same call may fare better a moment later.
    #[must_use]
    pub fn is_retryable(self) -> bool {
        match self {
            Self::Unavailable(Outage::Abandoned) => false,
            Self::Unavailable(_) | Self::Timeout => true,
            Self::Maintenance
            | Self::Rejected(_)
            | Self::Protocol(_)
            | Self::BudgetExhausted { .. }
            | Self::BudgetApart
            | Self::CircuitOpen { .. }
            | Self::BulkheadFull { .. } => false,
        }
    }

    /// Tells whether it is the same for whoever asks, so that all who wait for one call share it and the registry counts as
    /// sick; what is left concerns the one who asked.
    #[must_use]
    pub fn concerns_everybody(self) -> bool {
        match self {
            Self::Unavailable(_)
            | Self::Timeout
            | Self::Maintenance
            | Self::Protocol(_)
            | Self::Rejected(Rejection::Credentials)
            | Self::BudgetApart
            | Self::CircuitOpen { .. }
            | Self::BulkheadFull { .. } => true,
            Self::Rejected(_) | Self::BudgetExhausted { .. } => false,
        }
    }

    /// Tells whether the registry can't be asked now, and may be asked again later.
    #[must_use]
    pub fn is_outage(self) -> bool {
        match self {
            Self::Unavailable(_)
            | Self::Timeout
            | Self::Maintenance
            | Self::BudgetApart
            | Self::CircuitOpen { .. }
            | Self::BulkheadFull { .. } => true,
            Self::Rejected(_) | Self::Protocol(_) | Self::BudgetExhausted { .. } => false,
        }
    }

    /// Tells whether an older record may answer, where the procedure bears it: in an outage, and where nobody can read what came.
    /// Who waits at the counter is no better off with a page of HTML than with none.
    #[must_use]
    pub fn leaves_older_records(self) -> bool {
        self.is_outage() || matches!(self, Self::Protocol(_))
    }

    /// Gives the word for audit steps and metrics.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Unavailable(_) => "unavailable",
            Self::Timeout => "timeout",
            Self::Maintenance => "maintenance",
            Self::Rejected(Rejection::Quota) => "rejected_quota",
            Self::Rejected(Rejection::Licence) => "rejected_licence",
            Self::Rejected(Rejection::Officer) => "rejected_officer",
            Self::Rejected(Rejection::Request) => "rejected_request",
            Self::Rejected(Rejection::Credentials) => "rejected_credentials",
            Self::Protocol(_) => "protocol",
            Self::BudgetExhausted { .. } => "budget_exhausted",
            Self::BudgetApart => "budget_apart",
            Self::CircuitOpen { .. } => "circuit_open",
            Self::BulkheadFull { .. } => "bulkhead_full",
        }
    }
}
