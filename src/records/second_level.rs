//! Does another gateway hold what the register said of this person?
//!
//! The second level of the record cache: records of all gateways that share a Redis, off by default. Asked on a miss of the
//! first level before the registry is, within the lead of a flight; written after a fetch. Redis sees keyed hashes and sealed
//! texts (AES-256-GCM, the record's name as its place), never a number, a name or a word of a record. Who was found is
//! shared; that nobody was found isn't. Whatever goes wrong (away, slow, foreign text, another secret) is a miss, never an
//! error. Changes of the register go by a stream that every gateway reads (`hearing`), not by Redis' own tracking of keys:
//! that tells of keys that change, and a first level also holds people of whom Redis no longer has, or never had, any key.

mod hearing;
mod levels;
mod scripts;
mod text;

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use redis::{AsyncCommands as _, Script};
use tokio::sync::Notify;
use uuid::Uuid;

use super::Held;
use crate::clock::Clock;
use crate::domain::household::Household;
use crate::domain::record::Record;
use crate::fleet::{Fleet, Unreachable};
use crate::sealing::{Pseudonym, Sealer};
use text::Text;

/// How many names of one person are followed in Redis; who is asked about in more ways loses one.
const MOST_NAMES: usize = 64;

/// How long a change keeps look-ups of before it from being shared: longer than any look-up takes.
const OVERTAKES_FOR: Duration = Duration::from_secs(120);

/// How many changes the stream holds for gateways that have been away.
const CHANGES_KEPT: usize = 65_536;

/// How many changes wait here while Redis is away.
const MOST_UNTOLD: usize = 1_000_000;

/// Is told how each look-up in the second level went, and how long it took.
pub type Observer = Arc<dyn Fn(&'static str, Duration) + Send + Sync>;

/// Is the place in the stream of changes up to which a gateway has heard, in one life of that stream.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Heard {
    /// The stream's random name; empty while it holds nothing.
    life: String,
    /// The number of the last change.
    number: u64,
}

/// Holds records for all gateways of a fleet.
pub struct SecondLevel {
    fleet: Arc<Fleet>,
    sealer: Sealer,
    observer: Observer,
    clock: Arc<dyn Clock>,
    /// Stands in what this gateway tells, so that it knows its own word again.
    name: String,
    keep: Script,
    change: Script,
    last: Script,
    /// Nothing until the stream has been read for the first time.
    heard: Mutex<Option<Heard>>,
    /// Changes that the others weren't told yet.
    untold: Mutex<VecDeque<Vec<Pseudonym>>>,
    has_untold: Notify,
    /// Held while telling, so that changes are told in their order.
    telling: tokio::sync::Mutex<()>,
}

/// Names what is to be shared: under which name, for whom, and since when it was looked for.
pub(super) struct Entry {
    pub(super) name: Pseudonym,
    /// Everybody whose change ends it.
    pub(super) people: Vec<Pseudonym>,
    /// Where the person lives; what is held of the same person and says otherwise is outdated. None for a household.
    pub(super) residence: Option<Pseudonym>,
    pub(super) begun: Heard,
    pub(super) lifetime: Duration,
}

impl SecondLevel {
    /// Makes the second level of a fleet; `sealer` must be of the cache's own label.
    #[must_use]
    pub fn new(fleet: Arc<Fleet>, sealer: Sealer, observer: Observer, clock: Arc<dyn Clock>) -> Self {
        Self {
            fleet,
            sealer,
            observer,
            clock,
            name: Uuid::new_v4().simple().to_string(),
            keep: Script::new(scripts::KEEP),
            change: Script::new(scripts::CHANGE),
            last: Script::new(scripts::LAST),
            heard: Mutex::default(),
            untold: Mutex::default(),
            has_untold: Notify::new(),
            telling: tokio::sync::Mutex::default(),
        }
    }

    pub(super) async fn find_record(&self, name: Pseudonym) -> Option<Held<Record>> {
        self.find(name, text::read_record).await
    }

    pub(super) async fn find_home(&self, name: Pseudonym) -> Option<Held<Option<Household>>> {
        self.find(name, text::read_home).await
    }

    pub(super) async fn keep_record(&self, entry: Entry, held: &Held<Record>) {
        self.write(entry, &text::write_record(held)).await;
    }

    pub(super) async fn keep_home(&self, entry: Entry, home: &Held<Option<Household>>) {
        self.write(entry, &text::write_home(home)).await;
    }

    /// Lets go of one record.
    pub(super) async fn forget(&self, name: Pseudonym) {
        let mut connection = self.fleet.connection();
        // Where it can't be reached, the record's lifetime ends it.
        let _ = self.fleet.ask(connection.unlink::<_, ()>(record_key(name))).await;
    }

    /// Gives the moment from which changes can be seen to have overtaken a look-up; none before the stream was read.
    pub(super) fn heard(&self) -> Option<Heard> {
        locked(&self.heard).clone()
    }

    async fn find<T>(&self, name: Pseudonym, read: fn(&[u8]) -> Option<Held<T>>) -> Option<Held<T>> {
        let begun = self.clock.steady();
        let mut connection = self.fleet.connection();
        let key = record_key(name);
        let sealed = self.fleet.ask(connection.get::<_, Option<Vec<u8>>>(&key)).await;
        let (result, held) = match sealed {
            Ok(Some(sealed)) => {
                let opened = self.sealer.open(&sealed, key.as_bytes()).map(Text::new);
                match opened.ok().and_then(|text| read(text.as_ref())) {
                    Some(held) => ("hit", Some(held)),
                    None => ("unreadable", None),
                }
            }
            Ok(None) => ("miss", None),
            Err(Unreachable) => ("failed", None),
        };
        (self.observer)(result, self.clock.steady().saturating_duration_since(begun));
        held
    }

    async fn write(&self, entry: Entry, text: &Text) {
        let key = record_key(entry.name);
        let Ok(sealed) = self.sealer.seal(text.as_ref(), key.as_bytes()) else {
            return;
        };
        let residence = entry.residence.map(|residence| residence.to_string());
        let mut keeping = self.keep.key(scripts::CHANGES);
        keeping
            .arg(&entry.begun.life)
            .arg(entry.begun.number)
            .arg(entry.name.to_string())
            .arg(sealed)
            .arg(u64::try_from(entry.lifetime.as_millis()).unwrap_or(u64::MAX))
            .arg(residence.unwrap_or_default())
            .arg(MOST_NAMES);
        for person in &entry.people {
            keeping.arg(person.to_string());
        }
        let mut connection = self.fleet.connection();
        // What can't be shared is looked up by the next gateway itself.
        let _ = self
            .fleet
            .ask(keeping.invoke_async::<bool>(&mut connection))
            .await;
    }
}

fn record_key(name: Pseudonym) -> String {
    format!("{}{name}", scripts::RECORD)
}

fn locked<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for SecondLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecondLevel")
            .field("heard", &self.heard())
            .finish_non_exhaustive()
    }
}
