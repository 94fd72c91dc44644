//! Do we already hold what the register said of this person, fresh enough for this call?
//!
//! Beside the road, between limits and registry. Holds the unfiltered record of each person and household, never a verdict: matching
//! and release run for every call, so a change of policy needs no purge. Keys are keyed hashes; neither numbers nor
//! names stand in them. A person takes one entry, under the number asked about; `links` lead to it from the others. How old a
//! record may be is the call's matter (`freshness`), not the cache's: moka's own expiry is only a bound on memory. A record
//! answers only triples that the register itself found it by (`triples`). Nobody found is held apart, briefly, by the whole
//! triple, so that a corrected name is asked for at once. Concurrent misses for one triple make one registry call (`flights`).
//! What is held may be shared with other gateways (`second_level`). Knows no gate, no HTTP.

mod changes;
mod flights;
pub mod freshness;
mod homes;
mod links;
pub mod second_level;
mod triples;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use foldhash::fast::RandomState as Hasher;
use jiff::Timestamp;
use moka::Entry;
use moka::ops::compute::Op;
use moka::sync::Cache;
use uuid::Uuid;

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
use links::Links;
pub use second_level::{Heard, SecondLevel};
use triples::Triples;

/// How many names of one person are followed; who is asked about in more ways loses the oldest.
const MOST_NAMES: usize = 64;

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
    pub record: T,
    /// When it did.
    pub fetched_at: Timestamp,
    /// For which client.
    pub fetched_by: ClientId,
    /// By which request (`MaYeuCau`).
    pub registry_request: Uuid,
    /// What the log calls the person, once it was written there.
    pub logged_as: OnceLock<Pseudonym>,
    /// The triples that the register itself answered with it.
    triples: Triples,
}

impl<T> Held<T> {
    /// Begins the story of what the register has just answered.
    #[must_use]
    pub fn new(record: T, fetched_at: Timestamp, fetched_by: ClientId, registry_request: Uuid) -> Self {
        Self {
            record,
            fetched_at,
            fetched_by,
            registry_request,
            logged_as: OnceLock::new(),
            triples: Triples::default(),
        }
    }
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

impl OtherNumbers {
    /// Reads them out of a record, if it is of whom this number names.
    fn told_by(record: &Record, number: &IdNumber) -> Option<Self> {
        let old = record.old_id_number.map(IdNumber::Old);
        let (other, replacing) = match number {
            IdNumber::Pin(pin) if *pin == record.pin => (old, None),
            IdNumber::Pin(pin) if record.cancelled_numbers.contains(pin) => (old, Some(record.pin)),
            number if old.as_ref() == Some(number) => (Some(IdNumber::Pin(record.pin)), None),
            _ => return None,
        };
        Some(Self { other, replacing })
    }
}

/// Holds the records.
#[derive(Debug)]
pub struct Records {
    /// Names what is held here, and in the second level.
    names: Names,
    /// Hashes what outlasts the cache.
    hash: Pseudonyms,
    found: Cache<Pseudonym, Arc<Held>, Hasher>,
    /// The households of those found, and that somebody has none.
    homes: Cache<Pseudonym, Home, Hasher>,
    absent: Cache<Pseudonym, Timestamp, Hasher>,
    /// Where else something is held of a person than under the number asked about.
    links: Links,
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
            homes: Cache::builder()
                .max_capacity(config.capacity)
                .time_to_live(config.lifetime)
                .build_with_hasher(Hasher::default()),
            absent: Cache::builder()
                .max_capacity(config.capacity)
                .time_to_live(config.absent_lifetime)
                .build_with_hasher(Hasher::default()),
            links: Links::default(),
            changes: Changes::new(config.capacity, config.absent_lifetime),
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
            number: match sharing {
                // The name by which a change tells of the person: most records are found by it without a link.
                Sharing::Shared => self.alias(&subject.number),
                Sharing::Within(procedure) => self.names.of(&["person", procedure, number]),
            },
            triple: self.names.of(&["triple", scope, number, &name, &born]),
        }
    }

    /// Finds the record of a triple that the register has answered before; whether it still fits is for the caller to see.
    ///
    /// Our matching accepts more than the register finds (any order of words, a year for a day). Answered from the cache,
    /// such a triple would tell who is in it, so each triple is the register's to answer first.
    #[must_use]
    pub fn find(&self, key: &Key) -> Option<Arc<Held>> {
        self.found
            .get(&key.number)
            .filter(|held| held.triples.hold(&key.triple))
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

    /// Gives the other numbers of the person, as far as records that are held tell them.
    #[must_use]
    pub fn other_numbers(&self, number: &IdNumber) -> OtherNumbers {
        self.held_of(&self.alias(number))
            .filter_map(|held| Some((held.fetched_at, OtherNumbers::told_by(&held.record, number)?)))
            .max_by_key(|(fetched_at, _)| *fetched_at)
            .map(|(_, numbers)| numbers)
            .unwrap_or_default()
    }

    /// Keeps what the register answered.
    pub fn keep(&self, key: &Key, held: &Arc<Held>) {
        self.absent.invalidate(&key.triple);
        // One after the other with whatever else comes of this number, so that no triple is lost or comes back.
        self.found.entry(key.number).and_upsert_with(|before| {
            let before = before.map(Entry::into_value);
            if let Some(before) = before.filter(|before| !Arc::ptr_eq(before, held)) {
                let (fetched_before, now) = (before.fetched_at, held.fetched_at);
                held.triples
                    .add_those_of(&before.triples, fetched_before, now, self.lifetime);
            }
            held.triples.add(key.triple, held.fetched_at);
            Arc::clone(held)
        });
        for person in self.names_of(&held.record) {
            self.link(person, key.number);
        }
    }

    /// Lets go of a record that the register no longer answers with.
    pub fn forget(&self, key: &Key) {
        self.forget_name(&key.number);
    }

    /// Remembers for a short while that nobody was found.
    pub fn keep_absent(&self, key: &Key, asked_at: Timestamp) {
        self.found.entry(key.number).and_compute_with(|held| {
            if let Some(held) = held {
                held.value().triples.remove(&key.triple);
            }
            Op::Nop
        });
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
        self.homes.run_pending_tasks();
        self.absent.run_pending_tasks();
        self.changes.trim();
        self.links
            .sweep(|name| self.found.contains_key(name) || self.homes.contains_key(name));
    }

    /// Gives the records of a person whom this number names, or has named.
    fn held_of(&self, person: &Pseudonym) -> impl Iterator<Item = Arc<Held>> {
        let names = self.links.of(person);
        std::iter::once(*person)
            .chain(names)
            .filter_map(|name| self.found.get(&name))
    }

    /// Follows what is held under a name as this person's; lets go of what is followed no longer.
    fn link(&self, person: Pseudonym, name: Pseudonym) {
        if person != name
            && let Some(unfollowed) = self.links.add(person, name)
        {
            self.forget_name(&unfollowed);
        }
    }

    fn forget_name(&self, name: &Pseudonym) {
        self.found.invalidate(name);
        self.homes.invalidate(name);
    }

    /// Names the person by each number that the record tells.
    fn names_of(&self, record: &Record) -> Vec<Pseudonym> {
        let pins = record.cancelled_numbers.iter().chain([&record.pin]);
        let pins = pins.copied().map(IdNumber::Pin);
        let numbers = pins.chain(record.old_id_number.map(IdNumber::Old));
        numbers.map(|number| self.alias(&number)).collect()
    }

    fn alias(&self, number: &IdNumber) -> Pseudonym {
        self.names.of(&["alias", number.expose()])
    }
}

#[cfg(test)]
mod tests;
