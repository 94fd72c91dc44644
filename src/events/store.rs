//! What must a store be able to do for the registry's events?
//!
//! The port that `stores` implements: to keep the number of the last change applied. Always true of an implementation: what
//! `keep` took is what `last` gives, also after a loss of power, and it never goes back, though several gateways keep theirs.

use futures_util::future::BoxFuture;

/// Says that the store can't do it; the details are in the store's own log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the store of the registry's events does not answer")]
pub struct Unavailable;

/// Keeps the number of the last change applied.
pub trait Store: Send + Sync {
    /// Gives the number kept; zero at first.
    fn last(&self) -> BoxFuture<'_, Result<u64, Unavailable>>;

    /// Keeps a number, durably.
    fn keep(&self, sequence: u64) -> BoxFuture<'_, Result<(), Unavailable>>;
}
