//! Do we already hold the household of this person?
//!
//! The same cache for the household service: unfiltered, under keyed hashes of their own, by the number in force of the
//! person that it was fetched for, in the scope of the same procedures. Only who has passed the identity gate at the
//! person's own record comes here, so there is no triple to know. That a person has no household is held too, as briefly
//! as that nobody was found. A change of any member lets go of it.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::{Held, Key, Records, Sharing};
use crate::domain::household::Household;
use crate::domain::pin::Pin;

/// Is a household, or that there is none, with the story of its fetching.
pub type Home = Arc<Held<Option<Household>>>;

impl Records {
    /// Names the household of the person with this number.
    #[must_use]
    pub fn key_of_home(&self, pin: &Pin, sharing: Sharing<'_>) -> Key {
        let name = self.names.of(&["household", sharing.scope(), pin.expose()]);
        Key {
            number: name,
            triple: name,
        }
    }

    /// Finds the household; that there is none counts only for a short while.
    #[must_use]
    pub fn find_home(&self, key: &Key, now: Timestamp) -> Option<Home> {
        let home = self.homes.get(&key.number)?;
        let age = Duration::try_from(now.duration_since(home.fetched_at)).unwrap_or_default();
        (home.record.is_some() || age < self.absent_lifetime).then_some(home)
    }

    /// Keeps what the register answered.
    pub fn keep_home(&self, key: &Key, home: &Home) {
        self.homes.insert(key.number, Arc::clone(home));
    }
}

#[cfg(test)]
mod tests;
