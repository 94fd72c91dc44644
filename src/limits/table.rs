//! Where are the counters of officers and persons, of whom there is no end?
//!
//! A bounded table in shards, each behind a lock that is held for a look-up and a few additions. Two generations make it
//! forget the least recently used without a list: what is used moves to the young one; when that is full, what is left of
//! the old one goes. Two things never go at the bound: what a caller could gain by being forgotten (a lock-out, a failed
//! guess, an open one), and what has yet to be told to other gateways. If these alone fill a shard, a newcomer is refused.

use std::collections::HashMap;
use std::hash::BuildHasher as _;
use std::mem;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use foldhash::fast::RandomState;

/// Hashes in a few nanoseconds, in every process otherwise.
pub type Hasher = RandomState;

use super::Moment;
use super::key::Key;

const SHARDS: usize = 64;

/// Says that a table holds as many as it may, and that none of them may be forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

/// Tells how much a counter is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needed {
    /// It says what a new one would say.
    No,
    /// It counts something that is forgotten where room is short.
    IfRoom,
    /// It must not be forgotten.
    Yes,
}

/// Is what such a table holds.
pub trait Counter {
    /// Tells how much it is needed.
    fn needed(&self, now: Moment) -> Needed;
}

#[derive(Debug)]
struct Shard<V> {
    young: HashMap<Key, V, RandomState>,
    old: HashMap<Key, V, RandomState>,
    touched: Vec<Key>,
}

/// Holds a counter for each key, as many as fit.
#[derive(Debug)]
pub struct Table<V> {
    shards: Vec<Mutex<Shard<V>>>,
    hasher: RandomState,
    /// How many a generation of a shard holds.
    most: usize,
    next_to_sweep: AtomicUsize,
}

impl<V: Counter + Default> Table<V> {
    /// Makes room for about so many.
    pub fn new(kept: usize) -> Self {
        let hasher = RandomState::default();
        let shard = || {
            Mutex::new(Shard {
                young: HashMap::with_hasher(hasher.clone()),
                old: HashMap::with_hasher(hasher.clone()),
                touched: Vec::new(),
            })
        };
        Self {
            shards: (0..SHARDS).map(|_| shard()).collect(),
            most: kept.div_ceil(2 * SHARDS).max(1),
            hasher,
            next_to_sweep: AtomicUsize::new(0),
        }
    }

    /// Works on a key's counter, which is made if there is none.
    pub fn with<R>(&self, key: Key, now: Moment, work: impl FnOnce(&mut V) -> R) -> Result<R, Full> {
        let mut shard = self.shard(key).ok_or(Full)?;
        if let Some(counter) = shard.young.get_mut(&key) {
            return Ok(work(counter));
        }
        let counter = shard.old.remove(&key);
        if shard.young.len() >= self.most && !shard.grow_old(self.most, now) && counter.is_none() {
            return Err(Full);
        }
        Ok(work(
            shard
                .young
                .entry(key)
                .insert_entry(counter.unwrap_or_default())
                .get_mut(),
        ))
    }

    /// Works on a key's counter, if there is one.
    pub fn with_known<R>(&self, key: Key, work: impl FnOnce(&mut V) -> R) -> Option<R> {
        let mut shard = self.shard(key)?;
        let Shard { young, old, .. } = &mut *shard;
        young.get_mut(&key).or_else(|| old.get_mut(&key)).map(work)
    }

    /// Remembers that a counter has something to tell.
    pub fn touch(&self, key: Key) {
        if let Some(mut shard) = self.shard(key) {
            shard.touched.push(key);
        }
    }

    /// Gives every key that was touched since this was last asked.
    pub fn touched(&self) -> Vec<Key> {
        let mut all = Vec::new();
        for shard in &self.shards {
            all.append(&mut lock(shard).touched);
        }
        all
    }

    /// Lets go, in one shard after the other, of what isn't needed any more; run it every second or so.
    pub fn trim(&self, now: Moment) {
        let at = self.next_to_sweep.fetch_add(1, Ordering::Relaxed) % SHARDS;
        if let Some(shard) = self.shards.get(at) {
            let mut shard = lock(shard);
            shard.young.retain(|_, counter| counter.needed(now) != Needed::No);
            shard.old.retain(|_, counter| counter.needed(now) != Needed::No);
        }
    }

    /// Counts what is held.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        let shards = self.shards.iter().map(lock);
        shards.map(|shard| shard.young.len() + shard.old.len()).sum()
    }

    fn shard(&self, key: Key) -> Option<MutexGuard<'_, Shard<V>>> {
        // Not the bits by which the maps themselves choose a place.
        let hash = self.hasher.hash_one(key) >> 32;
        let at = usize::try_from(hash).unwrap_or_default() % SHARDS;
        self.shards.get(at).map(lock)
    }
}

impl<V: Counter> Shard<V> {
    /// Makes the young generation the old one; tells whether there is room for another counter now.
    fn grow_old(&mut self, most: usize, now: Moment) -> bool {
        let mut leaving = mem::replace(&mut self.old, mem::take(&mut self.young));
        leaving.retain(|_, counter| counter.needed(now) == Needed::Yes);
        let has_room = leaving.len() < most;
        self.young = leaving;
        has_room
    }
}

fn lock<V>(shard: &Mutex<Shard<V>>) -> MutexGuard<'_, Shard<V>> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
