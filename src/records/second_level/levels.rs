//! How are the two levels one cache?
//!
//! What is found in the second level comes into the first, where freshness, triple and identity are judged as ever; what the
//! registry brought goes into both. The age is the record's own, whoever fetched it and wherever it is held. A change takes
//! out of both levels, here and at every other gateway, whatever is held of the person; a look-up that a change has
//! overtaken is shared with nobody.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::hearing::Word;
use super::{Entry, Heard, SecondLevel};
use crate::domain::household::Household;
use crate::domain::pin::Pin;
use crate::records::{Held, Home, Key, Records};

impl Records {
    /// Adds a second level, which other gateways share.
    #[must_use]
    pub fn with_second_level(self, second: SecondLevel) -> Self {
        Self {
            second: Some(Arc::new(second)),
            ..self
        }
    }

    /// Tells whether there is a second level.
    #[must_use]
    pub fn has_second_level(&self) -> bool {
        self.second.is_some()
    }

    /// Gives the moment at which a look-up begins that may be shared; `None` where it may not.
    #[must_use]
    pub fn heard(&self) -> Option<Heard> {
        self.second.as_ref().and_then(|second| second.heard())
    }

    /// Brings the record of a triple from the second level into the first, if it is there and no older than what is held.
    pub async fn recall(&self, key: &Key, now: Timestamp) {
        let Some(second) = &self.second else { return };
        let begun = self.moment();
        let Some(held) = second.find_record(key.triple).await else {
            return;
        };
        if self.rest_of(held.fetched_at, now).is_none() {
            return;
        }
        let held = match self.found.get(&key.number) {
            Some(own) if own.fetched_at >= held.fetched_at => own,
            _ => Arc::new(held),
        };
        self.keep(key, &held);
        // What a change has overtaken meanwhile is gone again, which is all there is to it.
        let _ = self.follow(key, &held.record, begun);
    }

    /// Brings a household from the second level into the first, if it is there and no older than what is held.
    pub async fn recall_home(&self, key: &Key, pin: &Pin, now: Timestamp) {
        let Some(second) = &self.second else { return };
        let begun = self.moment();
        let Some(home) = second.find_home(key.number).await else {
            return;
        };
        let own = self.find_home(key, now);
        let is_newer = own.is_none_or(|own| own.fetched_at < home.fetched_at);
        if !is_newer || self.rest_of(home.fetched_at, now).is_none() {
            return;
        }
        let home = Arc::new(home);
        self.keep_home(key, &home);
        let _ = self.follow_home(key, pin, home.record.as_ref(), begun);
    }

    /// Shares what the registry has just brought, for whoever runs this to its end; nothing without a second level.
    pub fn share(
        &self,
        key: &Key,
        held: &Arc<Held>,
        begun: Option<Heard>,
        now: Timestamp,
    ) -> Option<impl Future<Output = ()> + Send + use<>> {
        let second = Arc::clone(self.second.as_ref()?);
        let entry = Entry {
            name: key.triple,
            people: self.pins_of(&held.record),
            residence: Some(self.residence(&held.record)),
            begun: begun?,
            lifetime: self.rest_of(held.fetched_at, now)?,
        };
        let held = Arc::clone(held);
        Some(async move { second.keep_record(entry, &held).await })
    }

    /// Shares the household that the registry has just brought; that there is none isn't shared.
    pub fn share_home(
        &self,
        key: &Key,
        pin: &Pin,
        home: &Home,
        begun: Option<Heard>,
        now: Timestamp,
    ) -> Option<impl Future<Output = ()> + Send + use<>> {
        let second = Arc::clone(self.second.as_ref()?);
        let household: Option<&Household> = home.record.as_ref();
        let entry = Entry {
            name: key.number,
            people: self.pins_at_home(pin, Some(household?)),
            residence: None,
            begun: begun?,
            lifetime: self.rest_of(home.fetched_at, now)?,
        };
        let home = Arc::clone(home);
        Some(async move { second.keep_home(entry, &home).await })
    }

    /// Takes out of the second level what the registry no longer answers with.
    pub fn unshare(&self, key: &Key) -> Option<impl Future<Output = ()> + Send + use<>> {
        let second = Arc::clone(self.second.as_ref()?);
        let name = key.triple;
        Some(async move { second.forget(name).await })
    }

    /// Waits until the other gateways have been told of every change up to now, or can't be told now; then they are told later.
    pub async fn tell_others(&self) {
        if let Some(second) = &self.second {
            let _ = second.tell().await;
        }
    }

    /// Keeps in step with the other gateways; never ends, unless there is no second level.
    pub async fn keep_in_step(&self) {
        let Some(second) = &self.second else { return };
        let hearing = second.keep_hearing(|word| match word {
            Word::Changed(people) => self.forget_changed(people),
            Word::Missed => self.forget_everybody(),
        });
        futures_util::future::join(hearing, second.keep_telling()).await;
    }

    /// Gives how long something may still be held, if at all.
    fn rest_of(&self, fetched_at: Timestamp, now: Timestamp) -> Option<Duration> {
        let age = Duration::try_from(now.duration_since(fetched_at)).unwrap_or_default();
        self.lifetime.checked_sub(age).filter(|rest| !rest.is_zero())
    }
}
