//! How many officers of one client asked about this number today?
//!
//! Many officers who ask about one person are one who is looked for. Counted by the number as given and the Vietnamese
//! calendar day, whoever the person is and whether there is one. A call that is given back counts for nobody, unless other
//! gateways have been told of it; then its officer stays counted until midnight.

use std::num::NonZeroU32;

use crate::sealing::Pseudonym;

use super::calendar::Day;

#[derive(Debug)]
struct Officer {
    number: u64,
    /// Calls that weren't given back.
    calls: u32,
    is_told: bool,
}

/// Holds the officers who asked about one number in a day.
#[derive(Debug, Default)]
pub struct Officers {
    day: Day,
    here: Vec<Officer>,
    /// Those who asked through other gateways only.
    elsewhere: Vec<Pseudonym>,
}

/// Says that too many officers asked already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMany;

impl Officers {
    /// Counts a call of an officer; `hash` gives the officer as other gateways would tell of them.
    pub fn enter(
        &mut self,
        officer: u64,
        today: Day,
        most: u32,
        parted_from: Option<NonZeroU32>,
        hash: impl FnOnce(Day) -> Option<Pseudonym>,
    ) -> Result<(), TooMany> {
        self.move_on(today);
        if let Some(known) = self.here.iter_mut().find(|known| known.number == officer) {
            known.calls = known.calls.saturating_add(1);
            return Ok(());
        }
        let hash = if self.elsewhere.is_empty() {
            None
        } else {
            hash(self.day)
        };
        let told_elsewhere = hash.and_then(|hash| self.elsewhere.iter().position(|other| *other == hash));
        match told_elsewhere {
            Some(at) => {
                self.elsewhere.swap_remove(at);
            }
            None if self.count() >= self.most(most, parted_from) => return Err(TooMany),
            None => {}
        }
        // As a rule one officer asks about a person, and there are many persons.
        self.here.reserve_exact(1);
        self.here.push(Officer {
            number: officer,
            calls: 1,
            is_told: told_elsewhere.is_some(),
        });
        Ok(())
    }

    /// Takes a call back that was counted on that day.
    pub fn leave(&mut self, officer: u64, day: Day) {
        if day != self.day {
            return;
        }
        if let Some(known) = self.here.iter_mut().find(|known| known.number == officer) {
            known.calls = known.calls.saturating_sub(1);
        }
        self.here.retain(|known| known.calls > 0 || known.is_told);
    }

    /// Gives the day that is counted, which is a later one than today's after a clock was set back.
    pub fn day(&self) -> Day {
        self.day
    }

    /// Tells whether anybody asked today.
    pub fn have_weight(&self, today: Day) -> bool {
        self.day >= today && self.count() > 0
    }

    /// Gives the officers whom other gateways haven't been told of, by their numbers.
    pub fn tell(&self) -> Vec<u64> {
        let untold = self.here.iter().filter(|known| !known.is_told);
        untold.map(|known| known.number).collect()
    }

    /// Hears who asked that day through any gateway; `hash` gives an officer as they are told of.
    pub fn hear(&mut self, day: Day, members: Vec<Pseudonym>, hash: impl Fn(u64) -> Pseudonym) {
        if day != self.day {
            return;
        }
        self.elsewhere = members;
        for known in &mut self.here {
            let own = hash(known.number);
            if let Some(at) = self.elsewhere.iter().position(|other| *other == own) {
                self.elsewhere.swap_remove(at);
                known.is_told = true;
            }
        }
    }

    fn count(&self) -> usize {
        self.here.len().saturating_add(self.elsewhere.len())
    }

    /// Gives how many there may be: of those left by what all gateways know, a part where these can't agree.
    fn most(&self, most: u32, parted_from: Option<NonZeroU32>) -> usize {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let Some(gateways) = parted_from else {
            return most;
        };
        let untold = self.here.iter().filter(|known| !known.is_told).count();
        let agreed = self.count().saturating_sub(untold);
        let gateways = usize::try_from(gateways.get()).unwrap_or(usize::MAX);
        agreed.saturating_add(most.saturating_sub(agreed).div_ceil(gateways))
    }

    fn move_on(&mut self, today: Day) {
        // A clock that was set back doesn't begin a day anew.
        if today > self.day {
            self.day = today;
            self.here.clear();
            self.elsewhere.clear();
        }
    }
}

#[cfg(test)]
mod tests;
