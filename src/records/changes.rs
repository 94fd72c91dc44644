//! What must not be answered any more once the registry has told of a change?
//!
//! The registry tells of a person by PIN; records are held under keyed hashes of the numbers asked about. So each number leads to
//! the names under which something is held (`links`), and a change lets go of all of them, what was asked in vain included.
//! A look-up that was under way when the change was told may bring what was so before it:
//! each takes the moment at which it begins, and what it brings is let go of again if its person has changed since. Only as
//! many changes are remembered as look-ups can overlap; beyond them every look-up counts as overtaken. Nothing here asks
//! whose change it was, and whoever tells of one twice only has the person asked for anew.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use moka::sync::Cache;

use super::{Key, MOST_NAMES, OtherNumbers, Records};
use crate::domain::address::AddressKind;
use crate::domain::household::Household;
use crate::domain::pin::{IdNumber, Pin};
use crate::domain::record::Record;
use crate::sealing::Pseudonym;

/// How many changes are remembered for the look-ups under way: more than come in during the longest of them.
const REMEMBERED: usize = 16 * 1024;

/// Is the moment at which a look-up begins, counted in changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(u64);

/// The addresses at which somebody can be said to live.
const RESIDENCES: [AddressKind; 3] = [
    AddressKind::PermanentResidence,
    AddressKind::CurrentResidence,
    AddressKind::TemporaryResidence,
];

/// Remembers the latest changes, and by which names each person was asked about in vain.
#[derive(Debug)]
pub(super) struct Changes {
    told: AtomicU64,
    latest: Mutex<VecDeque<(Moment, Pseudonym)>>,
    /// The moment before which anybody may have changed.
    everybody: AtomicU64,
    asked_in_vain: Cache<Pseudonym, Arc<[Key]>>,
}

impl Changes {
    pub(super) fn new(capacity: u64, absent_lifetime: Duration) -> Self {
        Self {
            told: AtomicU64::new(0),
            latest: Mutex::default(),
            everybody: AtomicU64::new(0),
            asked_in_vain: Cache::builder()
                .max_capacity(capacity)
                .time_to_live(absent_lifetime)
                .build(),
        }
    }

    fn moment(&self) -> Moment {
        Moment(self.told.load(Ordering::SeqCst))
    }

    fn enter(&self, people: &[Pseudonym]) {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        for person in people {
            let moment = Moment(self.told.load(Ordering::SeqCst).saturating_add(1));
            latest.push_back((moment, *person));
            self.told.store(moment.0, Ordering::SeqCst);
        }
        while latest.len() > REMEMBERED {
            latest.pop_front();
        }
    }

    fn enter_everybody(&self) {
        let _changes = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        let told = self.told.load(Ordering::SeqCst).saturating_add(1);
        self.everybody.store(told, Ordering::SeqCst);
        self.told.store(told, Ordering::SeqCst);
    }

    fn has_changed(&self, people: &[Pseudonym], since: Moment) -> bool {
        if self.moment() == since {
            return false;
        }
        let latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        let is_forgotten = latest
            .front()
            .is_some_and(|(oldest, _)| oldest.0 > since.0.saturating_add(1));
        is_forgotten
            || since.0 < self.everybody.load(Ordering::SeqCst)
            || latest
                .iter()
                .rev()
                .take_while(|(moment, _)| *moment > since)
                .any(|(_, changed)| people.contains(changed))
    }

    pub(super) fn trim(&self) {
        self.asked_in_vain.run_pending_tasks();
    }
}

/// Adds a name to a person's and gives the one that is followed no longer.
fn follow(names: &Cache<Pseudonym, Arc<[Key]>>, person: Pseudonym, name: Key) -> Option<Key> {
    let mut dropped = None;
    names.entry(person).and_upsert_with(|entry| {
        let known = entry.map(|entry| entry.into_value()).unwrap_or_default();
        let mut kept: Vec<_> = known.iter().copied().filter(|known| *known != name).collect();
        dropped = (kept.len() >= MOST_NAMES).then(|| kept.remove(0));
        kept.push(name);
        kept.into()
    });
    dropped
}

impl Records {
    /// Gives the moment at which a look-up begins; to be taken before the registry is asked.
    #[must_use]
    pub fn moment(&self) -> Moment {
        self.changes.moment()
    }

    /// Gives a keyed hash of where the person lives, and whether: what a confirmation for a dossier rests on.
    #[must_use]
    pub fn residence(&self, record: &Record) -> Pseudonym {
        let mut parts = vec![record.status.as_str()];
        for kind in RESIDENCES {
            let address = record.address(kind);
            let province = address.and_then(|address| address.province.as_ref());
            let commune = address.and_then(|address| address.commune.as_ref());
            let detail = address.and_then(|address| address.detail.as_deref());
            parts.extend([
                province.map_or("", |code| code.as_str()),
                commune.map_or("", |code| code.as_str()),
                detail.unwrap_or_default(),
            ]);
        }
        self.hash.of(&format!("residence|{}", parts.join("|")))
    }

    /// Lets go of what is held of the person and says something else of residence or status than this record does.
    pub fn forget_outdated(&self, record: &Record) {
        let residence = self.residence(record);
        let person = self.alias(&IdNumber::Pin(record.pin));
        for name in std::iter::once(person).chain(self.links.of(&person)) {
            let is_outdated = self.found.get(&name).is_some_and(|held| {
                held.record.pin == record.pin && self.residence(&held.record) != residence
            });
            if is_outdated {
                self.forget_name(&name);
            }
        }
    }

    /// Tells whether the registry has told of a change of anybody whom these numbers name.
    #[must_use]
    pub fn have_changed(&self, numbers: &[IdNumber], since: Moment) -> bool {
        let people: Vec<_> = numbers.iter().map(|number| self.alias(number)).collect();
        self.changes.has_changed(&people, since)
    }

    /// Tells whether the record that was just kept may stay; it is gone again where the registry has told of a change since
    /// the look-up began.
    #[must_use]
    pub fn follow(&self, key: &Key, record: &Record, begun: Moment) -> bool {
        self.stays(key, &self.pins_of(record), begun)
    }

    /// Follows that nobody was found, under each number by which the registry was asked; tells whether that may stay.
    #[must_use]
    pub fn follow_nobody(&self, key: &Key, number: &IdNumber, others: &OtherNumbers, begun: Moment) -> bool {
        let others = [others.other, others.replacing.map(IdNumber::Pin)];
        let numbers = others.into_iter().flatten().chain([*number]);
        let people: Vec<_> = numbers.map(|number| self.alias(&number)).collect();
        for person in &people {
            if let Some(unfollowed) = follow(&self.changes.asked_in_vain, *person, *key) {
                self.let_go(&unfollowed);
            }
        }
        self.stays(key, &people, begun)
    }

    fn stays(&self, key: &Key, people: &[Pseudonym], begun: Moment) -> bool {
        let is_overtaken = self.changes.has_changed(people, begun);
        if is_overtaken {
            self.let_go(key);
        }
        !is_overtaken
    }

    /// Lets go of everything that is held of the people whom these numbers name, by whichever number they were asked about.
    pub fn forget_person(&self, numbers: &[IdNumber]) {
        let people = numbers.iter().map(|number| self.alias(number)).collect();
        let people = self.with_other_numbers(people);
        if let Some(second) = &self.second {
            second.enter_change(people.clone());
        }
        self.let_go_of(&people);
    }

    /// Lets go of everything that is held of the people of whom another gateway tells.
    pub(super) fn forget_changed(&self, people: Vec<Pseudonym>) {
        self.let_go_of(&self.with_other_numbers(people));
    }

    /// Lets go of everything, and of what look-ups under way will bring.
    pub(super) fn forget_everybody(&self) {
        self.changes.enter_everybody();
        self.found.invalidate_all();
        self.homes.invalidate_all();
        // Links stay: they may lead to what was kept since, and those that lead nowhere are swept.
        self.absent.invalidate_all();
    }

    /// Adds the other numbers of the same people, as far as they are known here.
    fn with_other_numbers(&self, mut people: Vec<Pseudonym>) -> Vec<Pseudonym> {
        for person in people.clone() {
            for held in self.held_of(&person) {
                let names = self.names_of(&held.record);
                // An entry may have got another record since the link to it was made.
                if names.contains(&person) {
                    people.extend(names);
                }
            }
        }
        people.sort_unstable();
        people.dedup();
        people
    }

    fn let_go_of(&self, people: &[Pseudonym]) {
        // First the change, then what is held: whoever keeps something in between sees the change.
        self.changes.enter(people);
        for person in people {
            self.forget_name(person);
            for name in self.links.remove(person) {
                self.forget_name(&name);
            }
            let in_vain = self.changes.asked_in_vain.remove(person);
            for key in in_vain.iter().flat_map(|keys| keys.iter()) {
                self.let_go(key);
            }
        }
    }

    /// Tells whether the registry has told of no change of this person since a look-up began.
    #[must_use]
    pub fn is_current(&self, record: &Record, begun: Moment) -> bool {
        !self.changes.has_changed(&self.pins_of(record), begun)
    }

    /// Follows the household that was just kept for `pin`, under each of its members; tells whether it may stay.
    #[must_use]
    pub fn follow_home(&self, key: &Key, pin: &Pin, home: Option<&Household>, begun: Moment) -> bool {
        for person in self.pins_at_home(pin, home) {
            self.link(person, key.number);
        }
        let is_current = self.is_current_home(pin, home, begun);
        if !is_current {
            self.let_go(key);
        }
        is_current
    }

    /// Tells whether the registry has told of no change of anybody in this household since a look-up began.
    #[must_use]
    pub fn is_current_home(&self, pin: &Pin, home: Option<&Household>, begun: Moment) -> bool {
        !self.changes.has_changed(&self.pins_at_home(pin, home), begun)
    }

    pub(super) fn pins_at_home(&self, pin: &Pin, home: Option<&Household>) -> Vec<Pseudonym> {
        let members = home.iter().flat_map(|home| &home.members);
        let others = members.map(|member| &member.pin).filter(|other| *other != pin);
        [pin]
            .into_iter()
            .chain(others)
            .map(|pin| self.alias(&IdNumber::Pin(*pin)))
            .collect()
    }

    pub(super) fn pins_of(&self, record: &Record) -> Vec<Pseudonym> {
        let pins = record.cancelled_numbers.iter().chain([&record.pin]);
        pins.map(|pin| self.alias(&IdNumber::Pin(*pin))).collect()
    }

    fn let_go(&self, key: &Key) {
        self.forget(key);
        self.absent.invalidate(&key.triple);
    }
}

#[cfg(test)]
mod tests;
