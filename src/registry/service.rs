//! Which services does the registry offer us, and how does each speak?
//!
//! A service is its code, the way a query to it is written, the way its answer is read, whom of several it meant, and a breaker
//! of its own, since one may fail while the other answers. What is the same for all of them (signature, budget, deadline, retries) knows only this.

use std::sync::Arc;

use jiff::Timestamp;

use super::breaker::Circuit;
use super::choice;
use super::failure::Failure;
use super::ladder::Query;
use super::wire::answer::{self, Told};
use super::wire::{self, Heading};
use crate::domain::household::Household;
use crate::domain::record::Record;

/// What operators know the look-ups of people by.
pub(super) const LOOKUPS: &str = "lookup";

/// Is one service, which answers with `T`s.
pub(super) struct Service<T> {
    /// What operators know it by.
    pub operation: &'static str,
    /// Whether it is worth asking.
    pub circuit: Arc<Circuit>,
    /// `MaTichHop`.
    pub integration: String,
    /// Writes a query's envelope.
    pub write: fn(&Heading<'_>, &Query) -> String,
    /// Reads an answer; the time stands in where the registry states none.
    pub read: fn(&[u8], Timestamp) -> Result<Told<T>, Failure>,
    /// Chooses the one that the query meant.
    pub choose: fn(Vec<T>, &Query) -> Result<Option<T>, Failure>,
}

impl Service<Record> {
    /// Is the service that answers with a person's record.
    pub fn of_people(integration: String, circuit: Arc<Circuit>) -> Self {
        Self {
            operation: LOOKUPS,
            circuit,
            integration,
            write: wire::lookup,
            read: answer::read,
            choose: choice::choose,
        }
    }
}

impl Service<Household> {
    /// Is the service that answers with a person's household.
    pub fn of_households(integration: String, circuit: Arc<Circuit>) -> Self {
        Self {
            operation: "household",
            circuit,
            integration,
            write: wire::household,
            read: answer::read_household,
            choose: choice::choose_household,
        }
    }
}
