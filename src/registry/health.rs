//! How has the registry been answering?
//!
//! What readiness and metrics show: the last good and the last bad call, how many failed in a row, what was found when nobody
//! called, how the breakers and the room for calls stand, counts of each result and of elements that could not be read.
//! Written after each call and by `watch`, read by the operations side; decides nothing here. Refusals that concern one caller count as answers: a spent quota is no sign of a sick registry.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::breaker::State;
use super::bulkhead::Room;
use super::failure::Failure;
use super::service::LOOKUPS;

/// Is what the observer is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Observed {
    /// A call with its result and duration.
    Called(&'static str, Duration),
    /// A call that wasn't sent: `circuit_open`, `bulkhead_full`, or a retry without a budget, `retry_budget`.
    Withheld(&'static str),
}

/// Is told of each call, and of each that wasn't sent.
pub type Observer = Arc<dyn Fn(Observed) + Send + Sync>;

/// After so many calls in a row without an answer the registry counts as degraded.
const DEGRADED_AFTER: u32 = 3;

/// Holds how the registry has been answering.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Health {
    /// When it last answered.
    pub last_answer: Option<Timestamp>,
    /// When it last failed to.
    pub last_failure: Option<Timestamp>,
    /// Whether the last call was told that it is under maintenance.
    pub is_in_maintenance: bool,
    /// How many calls in a row got no answer.
    pub failures_in_a_row: u32,
    /// The calls so far by result.
    pub results: BTreeMap<&'static str, u64>,
    /// The elements that could not be read so far.
    pub unread: BTreeMap<&'static str, u64>,
    /// How each operation's breaker stands.
    pub circuits: Vec<(&'static str, State)>,
    /// How the room for calls is used.
    pub room: Room,
    /// What the last calls took on average, each new one weighing an eighth.
    pub latency: Option<Duration>,
    /// Whether the registry wasn't there when it was last asked by nobody's call.
    pub is_gone: bool,
}

impl Health {
    /// Tells whether the registry is out of order, until its next answer.
    #[must_use]
    pub fn is_degraded(&self) -> bool {
        let is_open = |(_, state): &(_, State)| *state == State::Open;
        self.is_failing() || self.is_gone || self.circuits.iter().any(is_open)
    }

    /// Tells whether several calls in a row got no answer.
    #[must_use]
    pub fn is_failing(&self) -> bool {
        self.failures_in_a_row >= DEGRADED_AFTER
    }

    /// Tells how the breaker of people's look-ups stands.
    #[must_use]
    pub fn lookups(&self) -> State {
        let of_lookups = self.circuits.iter().find(|(operation, _)| *operation == LOOKUPS);
        of_lookups.map_or(State::Closed, |(_, state)| *state)
    }

    fn enter(&mut self, result: &'static str, failure: Option<Failure>, now: Timestamp) {
        let count = self.results.entry(result).or_default();
        *count = count.saturating_add(1);
        self.is_in_maintenance = failure == Some(Failure::Maintenance);
        if failure.is_some_and(Failure::concerns_everybody) {
            self.last_failure = Some(now);
            self.failures_in_a_row = self.failures_in_a_row.saturating_add(1);
        } else {
            self.last_answer = Some(now);
            self.failures_in_a_row = 0;
            self.is_gone = false;
        }
    }

    fn took(&mut self, took: Duration) {
        self.latency = Some(match self.latency {
            Some(before) => (before.saturating_mul(7).saturating_add(took)) / 8,
            None => took,
        });
    }
}

/// Keeps the health of one registry.
#[derive(Default)]
pub(super) struct Monitor(Mutex<Held>);

#[derive(Default)]
struct Held {
    health: Health,
    /// When the registry was last heard of, or found to be gone.
    last_word: Option<Instant>,
}

/// Is a call that has ended.
pub(super) struct Entry {
    pub result: &'static str,
    pub failure: Option<Failure>,
    pub took: Duration,
}

impl Monitor {
    pub(super) fn enter(&self, entry: &Entry, now: Timestamp, steady: Instant) {
        let mut held = self.held();
        held.last_word = Some(steady);
        held.health.took(entry.took);
        held.health.enter(entry.result, entry.failure, now);
    }

    /// Tells whether nothing was heard of the registry for so long.
    pub(super) fn is_silent(&self, this_long: Duration, now: Instant) -> bool {
        let is_old = |word: Instant| now.saturating_duration_since(word) >= this_long;
        self.held().last_word.is_none_or(is_old)
    }

    /// Enters what was found when nobody called; tells whether that is new.
    pub(super) fn watched(&self, is_there: bool, now: Instant) -> bool {
        let mut held = self.held();
        held.last_word = Some(now);
        if is_there {
            held.health.failures_in_a_row = 0;
        }
        let was_gone = std::mem::replace(&mut held.health.is_gone, !is_there);
        was_gone == is_there
    }

    pub(super) fn enter_unread(&self, elements: &[&'static str]) {
        if elements.is_empty() {
            return;
        }
        let mut held = self.held();
        for element in elements {
            let count = held.health.unread.entry(element).or_default();
            *count = count.saturating_add(1);
        }
    }

    pub(super) fn copy(&self) -> Health {
        self.held().health.clone()
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
