//! Who lives in the invented country?
//!
//! A population of any size that takes no memory: a person and the household are a pure function of the seed and
//! the number. `numbering` turns numbers into places and back, `shapes` says which households there are,
//! `names` and `households` draw the rest.
//! Always true: what `person` tells is found again by its own number, old number and household.
//! Deliberately absent: the personas and every change; the register lays those over it.
//! A number that nobody carries is `None`, never an error.

use std::ops::Range;

use crate::chance::{Chance, key, permute, unpermute};
use crate::person::Person;
use crate::territory::Territory;

pub mod households;
pub mod names;
pub mod numbering;
pub mod peoples;
pub mod shapes;

use numbering::Numbering;

const OLD_NUMBERS: u64 = 1_000_000_000;

// Labels of the draws; the numbering uses those below 10, the households 10 to 19.
const OLD_NUMBER: u64 = 20;
const HAS_OLD_NUMBER: u64 = 21;
const SAMPLE: u64 = 22;

/// The procedural population.
#[derive(Debug)]
pub struct Population {
    seed: u64,
    numbering: Numbering,
    territory: Territory,
}

impl Population {
    /// Prepares a population; nothing is made before it is asked for.
    pub fn new(seed: u64, size: u64) -> Self {
        Self {
            seed,
            numbering: Numbering::new(seed, size),
            territory: Territory::load(),
        }
    }

    /// Counts the people.
    pub fn size(&self) -> u64 {
        self.numbering.population()
    }

    /// Finds a person by the twelve-digit number.
    pub fn by_pin(&self, pin: &str) -> Option<Person> {
        self.person(self.numbering.index_of(pin)?)
    }

    /// Finds a person by the nine-digit number of before.
    pub fn by_old_number(&self, old_number: &str) -> Option<Person> {
        let number: u64 = old_number.parse().ok()?;
        let index = unpermute(key(self.seed, &[OLD_NUMBER]), OLD_NUMBERS, number);
        self.person(index)
            .filter(|person| person.old_id_number.as_deref() == Some(old_number))
    }

    /// Draws those with these places in a shuffled line of everyone; different places, different people.
    pub fn sample(&self, seed: u64, places: Range<u64>) -> impl Iterator<Item = Person> + '_ {
        let order = key(self.seed, &[SAMPLE, seed]);
        let places = places.start..places.end.min(self.size());
        places.filter_map(move |place| self.person(permute(order, self.size(), place)))
    }

    fn old_number(&self, index: u64, year: i16) -> Option<String> {
        let mut chance = Chance::new(self.seed, &[HAS_OLD_NUMBER, index]);
        if year > 2002 || !chance.percent(80) {
            return None;
        }
        let number = permute(key(self.seed, &[OLD_NUMBER]), OLD_NUMBERS, index);
        // Those that begin with 999 belong to the personas.
        (number < 999_000_000).then(|| format!("{number:09}"))
    }
}

#[cfg(test)]
mod tests;
