//! Who is in the registry just now, and what has changed since the start?
//!
//! Lays the personas and every change of the control port over the procedural population. The registry service
//! asks it by number; the control port shows and patches it; each change that isn't silent is numbered for the
//! feed and handed to whoever listens.
//! Always true: a number that was replaced leads to its successor; nobody's number is ever given out again.
//! Deliberately absent: matching of names (the registry service does that) and any wire form.
//! A patch that makes no sense is refused with a sentence and changes nothing.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use jiff::Timestamp;
use tokio::sync::mpsc::UnboundedSender;

use crate::clock::vietnamese_day;
use crate::person::{Household, Person};
use crate::personas::{self, Persona};
use crate::population::Population;

mod patch;

pub use patch::{Correction, Patch, Refused};

/// Everyone in the registry.
#[derive(Debug)]
pub struct Register {
    population: Population,
    personas: Vec<Persona>,
    overlay: RwLock<Overlay>,
    listener: Option<UnboundedSender<Change>>,
    first_change: u64,
}

/// One numbered change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its place in the feed.
    pub seq: u64,
    /// `moved`, `died`, `corrected` or `replaced`.
    pub kind: &'static str,
    /// The number that the person carried before the change.
    pub pin: String,
    /// The number that replaced it.
    pub new_pin: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// The records that a number leads to.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The record asked for.
    pub person: Person,
    /// Other records that the registry wrongly keeps beside it.
    pub twins: Vec<Person>,
}

#[derive(Debug, Default)]
struct Overlay {
    people: HashMap<String, Person>,
    households: HashMap<String, Household>,
    successors: HashMap<String, String>,
    old_numbers: HashMap<String, String>,
    twins: HashMap<String, String>,
    changes: Vec<Change>,
    households_made: u64,
}

impl Register {
    /// Fills a register whose changes are counted from `first_change`; `listener` hears each change that isn't silent.
    pub fn new(population: Population, first_change: u64, listener: Option<UnboundedSender<Change>>) -> Self {
        let cast = personas::cast();
        let mut overlay = Overlay::default();
        for person in cast.people {
            for cancelled in &person.cancelled_pins {
                overlay.successors.insert(cancelled.clone(), person.pin.clone());
            }
            if let Some(old_number) = &person.old_id_number {
                overlay.old_numbers.insert(old_number.clone(), person.pin.clone());
            }
            overlay.people.insert(person.pin.clone(), person);
        }
        for household in cast.households {
            overlay.households.insert(household.id.clone(), household);
        }
        overlay.twins = cast.twins.into_iter().collect();
        Self {
            population,
            personas: cast.personas,
            overlay: RwLock::new(overlay),
            listener,
            first_change,
        }
    }

    /// Lists the personas.
    pub fn personas(&self) -> &[Persona] {
        &self.personas
    }

    /// Finds a person by a number in force or a cancelled one.
    pub fn by_pin(&self, pin: &str) -> Option<Person> {
        self.seen(&self.read(), pin)
    }

    /// Finds all records that a number leads to.
    pub fn found(&self, pin: &str) -> Option<Found> {
        let overlay = self.read();
        let person = self.seen(&overlay, pin)?;
        let twins = overlay
            .twins
            .get(&person.pin)
            .and_then(|twin| self.seen(&overlay, twin))
            .into_iter()
            .collect();
        Some(Found { person, twins })
    }

    /// Finds all records that a nine-digit number leads to.
    pub fn found_by_old_number(&self, old_number: &str) -> Option<Found> {
        let changed = self.read().old_numbers.get(old_number).cloned();
        let pin = changed.or_else(|| Some(self.population.by_old_number(old_number)?.pin))?;
        // The number may have been taken away from its person since.
        self.found(&pin)
            .filter(|found| found.person.old_id_number.as_deref() == Some(old_number))
    }

    /// Finds a household.
    pub fn household(&self, id: &str) -> Option<Household> {
        self.lived_in(&self.read(), id)
    }

    /// Draws different people by their places in a shuffled line, as they are now.
    pub fn sample(&self, seed: u64, places: Range<u64>) -> Vec<Person> {
        let overlay = self.read();
        self.population
            .sample(seed, places)
            .map(|person| self.seen(&overlay, &person.pin).unwrap_or(person))
            .collect()
    }

    /// Lists up to `most` changes after a sequence number.
    pub fn changes_after(&self, seq: u64, most: usize) -> Vec<Change> {
        let overlay = self.read();
        overlay
            .changes
            .iter()
            .skip_while(|change| change.seq <= seq)
            .take(most)
            .cloned()
            .collect()
    }

    /// Changes a person; tells the listener unless `silent`.
    pub fn patch(&self, pin: &str, patch: Patch, silent: bool, now: Timestamp) -> Result<Person, Refused> {
        let mut overlay = self.write();
        let before = self.seen(&overlay, pin).ok_or(Refused::Nobody)?;
        let kind = patch.kind();
        let along = patch::moved_along(self, &overlay, &before, &patch);
        let after = patch::apply(self, &mut overlay, before.clone(), patch, vietnamese_day(now))?;
        if !silent {
            let new_pin = (after.pin != before.pin).then(|| after.pin.clone());
            self.tell(&mut overlay, kind, before.pin, new_pin, now);
            for pin in along {
                self.tell(&mut overlay, kind, pin, None, now);
            }
        }
        Ok(after)
    }

    // Numbers a change and tells it.
    fn tell(
        &self,
        overlay: &mut Overlay,
        kind: &'static str,
        pin: String,
        new_pin: Option<String>,
        at: Timestamp,
    ) {
        let seq = u64::try_from(overlay.changes.len())
            .unwrap_or(u64::MAX)
            .saturating_add(self.first_change);
        let change = Change {
            seq,
            kind,
            pin,
            new_pin,
            at,
        };
        overlay.changes.push(change.clone());
        if let Some(listener) = &self.listener {
            // A listener that is gone has stopped with the services; nobody misses the event.
            drop(listener.send(change));
        }
    }

    fn seen(&self, overlay: &Overlay, pin: &str) -> Option<Person> {
        let mut current = pin;
        while let Some(successor) = overlay.successors.get(current) {
            current = successor;
        }
        overlay
            .people
            .get(current)
            .cloned()
            .or_else(|| self.population.by_pin(current))
    }

    fn lived_in(&self, overlay: &Overlay, id: &str) -> Option<Household> {
        overlay
            .households
            .get(id)
            .cloned()
            .or_else(|| self.population.household(Population::household_number(id)?))
    }

    fn is_free(&self, overlay: &Overlay, pin: &str) -> bool {
        !overlay.successors.contains_key(pin) && self.seen(overlay, pin).is_none()
    }

    fn read(&self) -> RwLockReadGuard<'_, Overlay> {
        self.overlay.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Overlay> {
        self.overlay.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
