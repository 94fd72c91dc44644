//! Do we already hold what the register said of this person, fresh enough for this call?
//!
//! Beside the road, between limits and registry. Holds the unfiltered record of each person and household, never a verdict: matching
//! and release run for every call, so a change of policy needs no purge. Keys are keyed hashes; neither numbers nor
//! names stand in them. How old a record may be is the call's matter (`freshness`), not the cache's: moka's own expiry
//! is only a bound on memory. A record answers only triples that the register itself found it by. Nobody found is held
//! apart, briefly, by the whole triple, so that a corrected name is asked for at once. Concurrent misses for one triple
//! make one registry call (`flights`). What is held may be shared with other gateways (`second_level`). Knows no gate, no HTTP.

mod changes;
mod flights;
pub mod freshness;
mod homes;
pub mod second_level;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use foldhash::fast::RandomState as Hasher;
use jiff::Timestamp;
use moka::sync::Cache;

use crate::domain::client::ClientId;
use crate::domain::pin::{IdNumber, Pin};
use crate::domain::record::Record;
use crate::domain::subject::Subject;
use crate::matching;
use crate::sealing::{Names, Pseudonym, Pseudonyms};
use changes::Changes;
pub use changes::Moment;
pub use flights::{Flight, Flights, Joined, Lead};
pub use homes::Home;
pub use second_level::{Heard, SecondLevel};

/// States how much is held and for how long.
#[derive(Debug, Clone, Copy)]
pub struct Config {
    /// People held at once.
    pub capacity: u64,
    /// How long a record is held at the most, fresh or stale.
    pub lifetime: Duration,
    /// How long it is remembered that nobody was found.
    pub absent_lifetime: Duration,
    /// Whether what is held is shared with other gateways.
    pub second_level: bool,
}

/// Holds a record with the story of its fetching.
#[derive(Debug)]
pub struct Held<T = Record> {
    /// What the register answered.
    pub record: Arc<T>,
    /// When it did.
    pub fetched_at: Timestamp,
    /// For which client.
    pub fetched_by: ClientId,
    /// By which request (`MaYeuCau`).
    pub registry_request: String,
    /// What the log calls the person, once it was written there.
    pub logged_as: OnceLock<Pseudonym>,
}

/// Tells between whom a record may be shared: among the procedures that share, or within one of those that don't.
#[derive(Debug, Clone, Copy)]
pub enum Sharing<'p> {
    /// Among all procedures that share their records.
    Shared,
    /// Within this procedure only.
    Within(&'p str),
}

impl Sharing<'_> {
    fn scope(&self) -> &str {
        match self {
            Self::Shared => "",
            Self::Within(procedure) => procedure,
        }
    }
}

/// Names a record in the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    number: Pseudonym,
    triple: Pseudonym,
}

/// Holds the other numbers under which a person is known, learnt from earlier answers.
#[derive(Debug, Clone, Copy, Default)]
pub struct OtherNumbers {
    /// The PIN of an old number, or the old number of a PIN.
    pub other: Option<IdNumber>,
    /// The PIN that replaced a cancelled one.
    pub replacing: Option<Pin>,
}

/// Holds the records.
#[derive(Debug)]
pub struct Records {
    /// Names what is held here, and in the second level.
    names: Names,
    /// Hashes what outlasts the cache.
    hash: Pseudonyms,
    found: Cache<Pseudonym, Arc<Held>, Hasher>,
    /// The triples that the register itself answered with a record.
    known_as: Cache<Pseudonym, (), Hasher>,
    /// The households of those found, and that somebody has none.
    homes: Cache<Pseudonym, Home, Hasher>,
    absent: Cache<Pseudonym, Timestamp, Hasher>,
    other_numbers: Cache<Pseudonym, OtherNumbers, Hasher>,
    changes: Changes,
    lifetime: Duration,
    absent_lifetime: Duration,
    second: Option<Arc<SecondLevel>>,
}

impl Records {
    /// Makes an empty cache; `names` and `hash` must be of the label that is the cache's own.
    #[must_use]
    pub fn new(config: Config, names: Names, hash: Pseudonyms) -> Self {
        Self {
            names,
            hash,
            found: Cache::builder()
                .max_capacity(config.capacity)
                .time_to_live(config.lifetime)
                .build_with_hasher(Hasher::default()),
            known_as: Cache::builder()
                .max_capacity(config.capacity)
                .time_to_live(config.lifetime)
                .build_with_hasher(Hasher::default()),
            homes: Cache::builder()
                .max_capacity(config.capacity)
                .time_to_live(config.lifetime)
                .build_with_hasher(Hasher::default()),
            absent: Cache::builder()
                .max_capacity(config.capacity)
                .time_to_live(config.absent_lifetime)
                .build_with_hasher(Hasher::default()),
            other_numbers: Cache::builder()
                .max_capacity(config.capacity)
                .time_to_live(config.lifetime)
                .build_with_hasher(Hasher::default()),
            changes: Changes::new(config.capacity, config.lifetime, config.absent_lifetime),
            lifetime: config.lifetime,
            absent_lifetime: config.absent_lifetime,
            second: None,
        }
    }

    /// Names the record that the subject would have.
    #[must_use]
    pub fn key(&self, subject: &Subject, sharing: Sharing<'_>) -> Key {
        let scope = sharing.scope();
        let number = subject.number.expose();
        let name = matching::folded_key(&subject.full_name);
        let born = subject.date_of_birth.expose();
        Key {
            number: self.names.of(&["person", scope, number]),
            triple: self.names.of(&["triple", scope, number, &name, &born]),
        }
    }

    /// Finds the record of a triple that the register has answered before; whether it still fits is for the caller to see.
    ///
    /// Our matching accepts more than the register finds (any order of words, a year for a day). Answered from the cache,
    /// such a triple would tell who is in it, so each triple is the register's to answer first.
    #[must_use]
    pub fn find(&self, key: &Key) -> Option<Arc<Held>> {
        self.known_as.get(&key.triple)?;
        self.found.get(&key.number)
    }

    /// Finds whoever is held of the triple's number, under whatever name; never to be answered from.
    #[must_use]
    pub fn of_number(&self, key: &Key) -> Option<Arc<Held>> {
        self.found.get(&key.number)
    }

    /// Tells when the register was last asked for this triple and found nobody, if that is recent enough to count.
    #[must_use]
    pub fn absent_since(&self, key: &Key, now: Timestamp) -> Option<Timestamp> {
        let asked = self.absent.get(&key.triple)?;
        let age = Duration::try_from(now.duration_since(asked)).unwrap_or_default();
        (age < self.absent_lifetime).then_some(asked)
    }

    /// Gives the other numbers of the person, as far as earlier answers told them.
    #[must_use]
    pub fn other_numbers(&self, number: &IdNumber) -> OtherNumbers {
        self.other_numbers.get(&self.alias(number)).unwrap_or_default()
    }

    /// Keeps what the register answered.
    pub fn keep(&self, key: &Key, held: &Arc<Held>) {
        self.absent.invalidate(&key.triple);
        self.found.insert(key.number, Arc::clone(held));
        self.known_as.insert(key.triple, ());
        let record = &held.record;
        let (pin, old) = (IdNumber::Pin(record.pin), record.old_id_number.map(IdNumber::Old));
        self.other_numbers.insert(
            self.alias(&pin),
            OtherNumbers {
                other: old,
                replacing: None,
            },
        );
        if let Some(old) = &old {
            self.other_numbers.insert(
                self.alias(old),
                OtherNumbers {
                    other: Some(pin),
                    replacing: None,
                },
            );
        }
        for cancelled in &record.cancelled_numbers {
            let numbers = OtherNumbers {
                other: old,
                replacing: Some(record.pin),
            };
            self.other_numbers
                .insert(self.alias(&IdNumber::Pin(*cancelled)), numbers);
        }
    }

    /// Lets go of a record that the register no longer answers with.
    pub fn forget(&self, key: &Key) {
        self.found.invalidate(&key.number);
        self.homes.invalidate(&key.number);
        self.known_as.invalidate(&key.triple);
    }

    /// Remembers for a short while that nobody was found.
    pub fn keep_absent(&self, key: &Key, asked_at: Timestamp) {
        self.known_as.invalidate(&key.triple);
        self.absent.insert(key.triple, asked_at);
    }

    /// Counts the people held.
    #[must_use]
    pub fn people_held(&self) -> u64 {
        self.found.entry_count()
    }

    /// Lets go of what is past its lifetime.
    pub fn trim(&self) {
        self.found.run_pending_tasks();
        self.known_as.run_pending_tasks();
        self.homes.run_pending_tasks();
        self.absent.run_pending_tasks();
        self.other_numbers.run_pending_tasks();
        self.changes.trim();
    }

    fn alias(&self, number: &IdNumber) -> Pseudonym {
        self.names.of(&["alias", number.expose()])
    }
}

#[cfg(test)]
mod tests;
