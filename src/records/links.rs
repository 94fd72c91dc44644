//! Where is something held of a person, other than under the number itself?
//!
//! Most people are asked about by their number in force, under whose name their record is held: they have no row here. Rows
//! lead from each other number of a person, and from each member of a household, to the names under which something is held, so
//! that a change finds all of it, and an old number the number in force. Only keyed hashes stand here. A row goes when
//! nothing is held any more where it leads: one shard after the other is swept, which costs less than hearing of every entry that goes.

use std::collections::HashMap;
use std::hash::BuildHasher as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Hasher, MOST_NAMES};
use crate::sealing::Pseudonym;

const SHARDS: usize = 256;

/// How many are swept at once: of a million people a shard has some thousand rows, and whoever needs one waits for it.
const SWEPT: usize = 4;

/// Leads from people to names.
#[derive(Debug)]
pub(super) struct Links {
    shards: Vec<Mutex<HashMap<Pseudonym, Names, Hasher>>>,
    hasher: Hasher,
    next_to_sweep: AtomicUsize,
}

#[derive(Debug)]
enum Names {
    One(Pseudonym),
    /// In the order in which they came.
    Several(Box<[Pseudonym]>),
}

impl Names {
    fn as_slice(&self) -> &[Pseudonym] {
        match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::Several(names) => names,
        }
    }

    fn of(names: Vec<Pseudonym>) -> Option<Self> {
        match names.as_slice() {
            [] => None,
            [name] => Some(Self::One(*name)),
            _ => Some(Self::Several(names.into())),
        }
    }
}

impl Default for Links {
    fn default() -> Self {
        let hasher = Hasher::default();
        let shard = || Mutex::new(HashMap::with_hasher(hasher.clone()));
        Self {
            shards: (0..SHARDS).map(|_| shard()).collect(),
            hasher,
            next_to_sweep: AtomicUsize::new(0),
        }
    }
}

impl Links {
    /// Adds a name to a person's and gives the one that is followed no longer.
    pub fn add(&self, person: Pseudonym, name: Pseudonym) -> Option<Pseudonym> {
        let mut shard = self.shard(&person)?;
        let known = shard.get(&person).map(Names::as_slice).unwrap_or_default();
        if known.last() == Some(&name) {
            return None;
        }
        let mut names: Vec<_> = known.iter().copied().filter(|known| *known != name).collect();
        let dropped = (names.len() >= MOST_NAMES).then(|| names.remove(0));
        names.push(name);
        if let Some(names) = Names::of(names) {
            shard.insert(person, names);
        }
        dropped
    }

    /// Gives the names of a person.
    pub fn of(&self, person: &Pseudonym) -> Vec<Pseudonym> {
        let shard = self.shard(person);
        let names = shard.as_ref().and_then(|shard| shard.get(person));
        names.map(|names| names.as_slice().to_vec()).unwrap_or_default()
    }

    /// Takes out the names of a person.
    pub fn remove(&self, person: &Pseudonym) -> Vec<Pseudonym> {
        let names = self.shard(person).and_then(|mut shard| shard.remove(person));
        names.map(|names| names.as_slice().to_vec()).unwrap_or_default()
    }

    /// Lets go, in a few shards after the other, of rows that lead to nothing; run it every second or so.
    pub fn sweep(&self, is_held: impl Fn(&Pseudonym) -> bool) {
        let from = self.next_to_sweep.fetch_add(SWEPT, Ordering::Relaxed) % SHARDS;
        for shard in self.shards.iter().skip(from).take(SWEPT) {
            lock(shard).retain(|_, names| {
                if names.as_slice().iter().all(&is_held) {
                    return true;
                }
                let held = names.as_slice().iter().copied().filter(&is_held).collect();
                Names::of(held).map(|held| *names = held).is_some()
            });
        }
    }

    fn shard(&self, person: &Pseudonym) -> Option<MutexGuard<'_, HashMap<Pseudonym, Names, Hasher>>> {
        // Not the bits by which the maps themselves choose a place.
        let hash = self.hasher.hash_one(person) >> 32;
        let at = usize::try_from(hash).unwrap_or_default() % SHARDS;
        self.shards.get(at).map(lock)
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
