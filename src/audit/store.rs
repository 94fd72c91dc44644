//! What must a store be able to do for the audit log?
//!
//! The port that `stores` implements (SQLite and PostgreSQL), in two halves, so that who only reads can't be given
//! a way to write. Object-safe by boxed futures: one allocation a batch is nothing beside its disk flush.
//! Always true of an implementation: a batch is durable as a whole when `append` returns, or not at all, or (a connection
//! lost while committing) unknown, after which the writer asks `held` before it goes on.

use futures_util::future::BoxFuture;
use jiff::civil::Date;

use super::checkpoint::Checkpoint;
use super::receipt::LogName;
use super::row::Row;
use super::tree::{Frontier, Hash};
use crate::domain::client::ClientId;

/// Says why the store can't do it; the details are in the store's own log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The store may not be written to.
    #[error("the store is read-only")]
    ReadOnly,
    /// There is no room left.
    #[error("the store is full")]
    Full,
    /// What the store holds isn't what was put there.
    #[error("the store is damaged")]
    Corrupt,
    /// The store belongs to another log.
    #[error("the store holds another log")]
    OtherLog,
    /// The store can't be reached, or answers with an error of another kind.
    #[error("the store does not answer")]
    Unreachable,
}

/// Holds what is to become durable together.
#[derive(Debug, Default)]
pub struct Batch {
    /// The place of the first row; the others follow without a gap.
    pub first: u64,
    /// The rows with their leaf hashes.
    pub rows: Vec<(Row, Hash)>,
    /// What the rows add to the clients' day counts.
    pub usage: Vec<Usage>,
    /// The checkpoint over everything up to and with these rows, if one is due.
    pub signed: Option<Signed>,
}

/// Holds a checkpoint with the tree's edge from which the log goes on after a restart.
#[derive(Debug, Clone)]
pub struct Signed {
    /// The checkpoint.
    pub checkpoint: Checkpoint,
    /// The edge of the tree that the checkpoint commits to.
    pub frontier: Frontier,
}

/// Tells where the stored log stands.
#[derive(Debug, Clone, Default)]
pub struct Held {
    /// Whose log it is; nobody's before the first start.
    pub log: Option<LogName>,
    /// How many rows there are.
    pub rows: u64,
    /// The tree's edge at the newest checkpoint.
    pub frontier: Frontier,
    /// The newest checkpoint's note with the size that it is filed under, read before the rows were counted.
    pub newest: Option<(u64, String)>,
}

/// Holds a row as it was found in the store, trusted in nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The row's place.
    pub index: u64,
    /// The column that repeats the body's time.
    pub time: i64,
    /// The column that repeats the body's person.
    pub person: Option<String>,
    /// The stored leaf hash.
    pub leaf: Vec<u8>,
    /// The canonical JSON.
    pub body: String,
}

/// Tells how many calls count in a client's quotas of a calendar day in Viet Nam.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usage {
    /// The client.
    pub client: ClientId,
    /// The day.
    pub day: Date,
    /// The calls.
    pub calls: u64,
}

/// Tells whose usage is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    /// That of all clients.
    Everyone,
    /// That of one.
    Client(ClientId),
}

/// Gives out what the log holds.
pub trait Archive: Send + Sync + 'static {
    /// Tells where the stored log stands.
    fn held(&self) -> BoxFuture<'_, Result<Held, Failure>>;

    /// Gives up to `limit` rows from the place `from` on, in order, of a time in `[since, until)` (microseconds).
    fn rows(
        &self,
        from: u64,
        times: std::ops::Range<i64>,
        limit: u32,
    ) -> BoxFuture<'_, Result<Vec<Kept>, Failure>>;

    /// Gives up to `limit` stored checkpoints of `size` rows or more, smallest first, with the size that they are filed under.
    fn checkpoints(&self, size: u64, limit: u32) -> BoxFuture<'_, Result<Vec<(u64, String)>, Failure>>;

    /// Gives the usage of the days from `first` to `last`.
    fn usage(&self, whose: Whose, first: Date, last: Date) -> BoxFuture<'_, Result<Vec<Usage>, Failure>>;
}

/// Takes the log's rows.
pub trait Store: Archive {
    /// Makes the store this log's own for good; `OtherLog` if it is another's.
    fn claim<'a>(&'a self, log: &'a LogName) -> BoxFuture<'a, Result<(), Failure>>;

    /// Makes a batch durable as a whole; an empty one leaves nothing and fails where rows would.
    fn append(&self, batch: Batch) -> BoxFuture<'_, Result<(), Failure>>;
}
