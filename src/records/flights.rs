//! Is somebody already asking the registry for this?
//!
//! The first to miss leads and asks; the others wait for what it brings. What concerns the leader alone (a refusal about its
//! officer, unit or procedure, or its going away) never lands: the lead is dropped, and each waiter makes its own call.
//! Nobody waits for a dead flight, and nobody who comes after a landing joins it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::Key;
use crate::sealing::Pseudonym;

type Waiting<T> = watch::Receiver<Option<T>>;

/// Holds the calls under way, each of which brings a `T`.
#[derive(Debug)]
pub struct Flights<T>(Mutex<HashMap<Pseudonym, Waiting<T>>>);

/// Tells what to do about a miss.
#[derive(Debug)]
pub enum Joined<T> {
    /// Ask the registry and land the result.
    Lead(Lead<T>),
    /// Wait for what another brings.
    Wait(Flight<T>),
}

/// Is a call under way that somebody else leads.
#[derive(Debug)]
pub struct Flight<T>(Waiting<T>);

impl<T: Clone> Flight<T> {
    /// Waits for what the call brings; `None` means: ask for yourself.
    pub async fn landing(mut self) -> Option<T> {
        self.0
            .wait_for(Option::is_some)
            .await
            .ok()
            .and_then(|landed| landed.clone())
    }
}

/// Is the duty to land what the registry answers, or to drop it.
#[derive(Debug)]
pub struct Lead<T> {
    key: Pseudonym,
    flights: Arc<Flights<T>>,
    landing: watch::Sender<Option<T>>,
}

impl<T> Lead<T> {
    /// Hands the result to all who wait, and ends the flight.
    pub fn land(self, brought: T) {
        self.landing.send_replace(Some(brought));
    }
}

impl<T> Drop for Lead<T> {
    fn drop(&mut self) {
        // The entry is this lead's own: nobody replaces it while it stands.
        self.flights.lock().remove(&self.key);
    }
}

impl<T> Default for Flights<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Flights<T> {
    /// Joins the call under way for the triple, or leads a new one.
    #[must_use]
    pub fn join(self: &Arc<Self>, key: &Key) -> Joined<T> {
        let mut under_way = self.lock();
        if let Some(waiting) = under_way.get(&key.triple) {
            return Joined::Wait(Flight(waiting.clone()));
        }
        let (landing, waiting) = watch::channel(None);
        under_way.insert(key.triple, waiting);
        Joined::Lead(Lead {
            key: key.triple,
            flights: Arc::clone(self),
            landing,
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Pseudonym, Waiting<T>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
