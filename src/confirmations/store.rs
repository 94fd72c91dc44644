//! What must be kept of a confirmation?
//!
//! The port that `stores` implements. A row holds ids, keyed hashes and times in clear, and what was confirmed sealed.
//! Always true: no two rows share a place in a status list, and what a method has returned is durable.

use futures_util::future::BoxFuture;
use jiff::Timestamp;

use super::{Id, Reason};
use crate::domain::client::ClientId;
use crate::sealing::Pseudonym;

/// Says that confirmations can't be kept or read now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the store of confirmations fails")]
pub struct Unavailable;

/// Is a place in a status list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The list's number, from 1.
    pub list: u32,
    /// The bit in it.
    pub index: u32,
}

/// Is a new row.
#[derive(Debug, Clone)]
pub struct Row {
    /// The confirmation's name.
    pub id: Id,
    /// Who may read it.
    pub client: ClientId,
    /// Its place in the status lists.
    pub place: Place,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// The keyed hashes of everybody whom it is about.
    pub subjects: Vec<Pseudonym>,
    /// What was confirmed, sealed.
    pub sealed: Vec<u8>,
}

/// Tells what became of a new row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entered {
    /// It is kept.
    Kept,
    /// Its place in the list is another's.
    PlaceTaken,
}

/// Tells until when a confirmation holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// Is a row that is kept.
#[derive(Debug, Clone)]
pub struct Held {
    /// Who may read it.
    pub client: String,
    /// Until when it holds.
    pub standing: Standing,
    /// What was confirmed, sealed.
    pub sealed: Vec<u8>,
}

/// Tells which status list is being filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Filling {
    /// Its number, from 1.
    pub list: u32,
    /// Places that were ever given in it.
    pub given: u32,
}

/// Keeps confirmations. Times are the caller's.
pub trait Store: Send + Sync + 'static {
    /// Tells which list is being filled.
    fn filling(&self) -> BoxFuture<'_, Result<Filling, Unavailable>>;

    /// Enters a row, unless its place is taken.
    fn enter(&self, row: Row) -> BoxFuture<'_, Result<Entered, Unavailable>>;

    /// Finds a row by its name.
    fn find(&self, id: Id) -> BoxFuture<'_, Result<Option<Held>, Unavailable>>;

    /// Finds out how the confirmation at a place stands.
    fn standing(&self, place: Place) -> BoxFuture<'_, Result<Option<Standing>, Unavailable>>;

    /// Revokes what is in force about a person, and counts it.
    fn revoke(
        &self,
        person: Pseudonym,
        reason: Reason,
        now: Timestamp,
    ) -> BoxFuture<'_, Result<u64, Unavailable>>;

    /// Tells whether anything in force about a person was confirmed when they lived elsewhere: without this hash beside theirs.
    fn lived_elsewhere(
        &self,
        person: Pseudonym,
        living: Pseudonym,
        now: Timestamp,
    ) -> BoxFuture<'_, Result<bool, Unavailable>>;

    /// Lists the revoked places of a list.
    fn revoked(&self, list: u32) -> BoxFuture<'_, Result<Vec<u32>, Unavailable>>;

    /// Removes some of what ended before a time, and counts it.
    fn clean(&self, before: Timestamp) -> BoxFuture<'_, Result<u64, Unavailable>>;
}
