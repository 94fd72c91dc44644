//! What must a store be able to do for the register?
//!
//! The port that `stores` implements. A change is kept in two steps: first as intended, then, once it is in the audit log,
//! as in force under the next number. Always true of an implementation: what was kept survives a loss of power; numbers
//! grow by one in the order in which they can be seen, so that `since` misses nothing, on however many gateways.

use futures_util::future::BoxFuture;
use uuid::Uuid;

use super::Change;

/// Says that the store can't do it; the details are in the store's own log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the store of the register does not answer")]
pub struct Unavailable;

/// Is a change in force, with its number.
#[derive(Debug, Clone, PartialEq)]
pub struct Numbered {
    /// The number.
    pub number: u64,
    /// The change.
    pub change: Change,
}

/// Keeps what operators have changed.
pub trait Store: Send + Sync {
    /// Keeps a change that isn't in force yet, durably; `gateway` names the one that intends it.
    fn intend<'a>(&'a self, gateway: &'a str, change: &'a Change) -> BoxFuture<'a, Result<(), Unavailable>>;

    /// Gives an intended change the next number; one that has a number keeps it, one that isn't kept stays away.
    fn put_in_force(&self, transaction_id: Uuid) -> BoxFuture<'_, Result<(), Unavailable>>;

    /// Lets go of an intended change; one that is in force stays.
    fn give_up(&self, transaction_id: Uuid) -> BoxFuture<'_, Result<(), Unavailable>>;

    /// Gives what that gateway intended and never ended, oldest first.
    fn intended<'a>(&'a self, gateway: &'a str) -> BoxFuture<'a, Result<Vec<Change>, Unavailable>>;

    /// Gives what came in force after that number, in order.
    fn since(&self, number: u64) -> BoxFuture<'_, Result<Vec<Numbered>, Unavailable>>;
}
