//! How has the registry been answering?
//!
//! What readiness and metrics show: the last good and the last bad call, how many failed in a row, counts of each result
//! and of elements that could not be read. Written after each call, read by the operations side; decides nothing
//! here. Refusals that concern one caller count as answers: a spent quota is no sign of a sick registry.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use super::failure::Failure;

/// Is told the result and the duration of each call.
pub type Observer = Arc<dyn Fn(&'static str, Duration) + Send + Sync>;

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
}

impl Health {
    /// Tells whether the registry is out of order, until its next answer.
    #[must_use]
    pub fn is_degraded(&self) -> bool {
        self.failures_in_a_row >= DEGRADED_AFTER
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
        }
    }
}

/// Keeps the health of one registry.
#[derive(Default)]
pub(super) struct Monitor(Mutex<Health>);

impl Monitor {
    pub(super) fn enter(&self, result: &'static str, failure: Option<Failure>, now: Timestamp) {
        self.held().enter(result, failure, now);
    }

    pub(super) fn enter_unread(&self, elements: &[&'static str]) {
        if elements.is_empty() {
            return;
        }
        let mut held = self.held();
        for element in elements {
            let count = held.unread.entry(element).or_default();
            *count = count.saturating_add(1);
        }
    }

    pub(super) fn copy(&self) -> Health {
        self.held().clone()
    }

    fn held(&self) -> std::sync::MutexGuard<'_, Health> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
