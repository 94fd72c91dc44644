//! By which triples has the register itself answered with this record?
//!
//! Stands in the record, so that a person takes one entry of the cache and a hit one look-up. Most are known by one triple, which
//! takes no allocation; further ones each keep the time at which the register last answered them.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use super::MOST_NAMES;
use crate::sealing::Pseudonym;

/// Holds the triples of one record.
#[derive(Debug, Default)]
pub(super) struct Triples(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    /// The one that this record was fetched by.
    latest: Option<Pseudonym>,
    earlier: Option<Box<Earlier>>,
}

#[derive(Debug, Default)]
struct Earlier(Vec<(Pseudonym, Timestamp)>);

impl Triples {
    /// Tells whether the register has answered this triple.
    pub fn hold(&self, triple: &Pseudonym) -> bool {
        let known = self.lock();
        known.latest.as_ref() == Some(triple)
            || known
                .earlier
                .as_ref()
                .is_some_and(|earlier| earlier.0.iter().any(|(other, _)| other == triple))
    }

    /// Adds a triple that the register has answered with the record that was fetched at that time.
    pub fn add(&self, triple: Pseudonym, fetched_at: Timestamp) {
        let mut known = self.lock();
        if known.latest == Some(triple) {
            return;
        }
        if let Some(latest) = known.latest.replace(triple) {
            known.earlier.get_or_insert_default().0.push((latest, fetched_at));
        }
        known.forget_earlier(|(other, _)| *other == triple);
    }

    /// Adds those of the record that stood here before, as far as the register has answered them in this lifetime.
    pub fn add_those_of(&self, before: &Self, fetched_before: Timestamp, now: Timestamp, lifetime: Duration) {
        let (latest, mut triples) = {
            let before = before.lock();
            let earlier = before.earlier.as_ref().map(|earlier| earlier.0.clone());
            (before.latest, earlier.unwrap_or_default())
        };
        triples.extend(latest.map(|latest| (latest, fetched_before)));
        triples.retain(|(_, answered_at)| {
            let age = Duration::try_from(now.duration_since(*answered_at)).unwrap_or_default();
            age < lifetime
        });
        if triples.is_empty() {
            return;
        }
        let mut known = self.lock();
        known.earlier.get_or_insert_default().0.extend(triples);
        let latest = known.latest;
        known.forget_earlier(|(other, _)| Some(*other) == latest);
    }

    /// Takes a triple away that the register no longer answers.
    pub fn remove(&self, triple: &Pseudonym) {
        let mut known = self.lock();
        known.latest = known.latest.filter(|latest| latest != triple);
        known.forget_earlier(|(other, _)| other == triple);
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// Forgets those, and the oldest of more than are held of one person.
    fn forget_earlier(&mut self, is_forgotten: impl Fn(&(Pseudonym, Timestamp)) -> bool) {
        let Some(Earlier(triples)) = self.earlier.as_deref_mut() else {
            return;
        };
        triples.retain(|triple| !is_forgotten(triple));
        let too_many = triples.len().saturating_sub(MOST_NAMES);
        triples.drain(..too_many);
        if triples.is_empty() {
            self.earlier = None;
        }
    }
}

#[cfg(test)]
mod tests;
