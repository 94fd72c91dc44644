//! How many calls have been spent in this calendar day, or month?
//!
//! A count that moves on with Viet Nam's calendar. Exact within the process; what was spent before it started is handed in,
//! what other gateways spend is heard of. A call that is given back counts again only if its day or month is still running.
//! A clock that was set back gives no day twice. The end of the period is worked out once, when it begins.

use std::num::NonZeroU32;
use std::time::Duration;

use jiff::Timestamp;

use super::calendar::{Day, day_of, end_of_day, end_of_month};

/// Is a stretch of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// From midnight to midnight.
    Day,
    /// From the first day to the last.
    Month,
}

impl Period {
    /// Gives the day on which the period begins that `now` lies in.
    pub fn beginning(self, now: Timestamp) -> Day {
        match self {
            Self::Day => day_of(now),
            Self::Month => day_of(now).first_of_month(),
        }
    }

    fn end(self, beginning: Day, now: Timestamp) -> Timestamp {
        match self {
            Self::Day => end_of_day(beginning, now),
            Self::Month => end_of_month(beginning, now),
        }
    }
}

/// Counts the calls of a period.
#[derive(Debug)]
pub struct Quota {
    period: Period,
    begins: Day,
    ends: Timestamp,
    /// Spent as far as all gateways know, or spent before the start.
    agreed: u64,
    /// What the shared count is never below.
    floor: u64,
    untold: i64,
    telling: i64,
}

impl Quota {
    /// Starts with what was spent before.
    pub fn new(period: Period, spent: u64, now: Timestamp) -> Self {
        let begins = period.beginning(now);
        Self {
            period,
            begins,
            ends: period.end(begins, now),
            agreed: spent,
            floor: spent,
            untold: 0,
            telling: 0,
        }
    }

    /// Starts another of the very same period, which is a later one than today's after a clock was set back.
    pub fn beside(&self) -> Self {
        Self {
            period: self.period,
            begins: self.begins,
            ends: self.ends,
            agreed: 0,
            floor: 0,
            untold: 0,
            telling: 0,
        }
    }

    /// Moves on to the period that `now` lies in.
    pub fn move_on(&mut self, now: Timestamp) {
        if now >= self.ends {
            *self = Self::new(self.period, 0, now);
        }
    }

    /// Tells whether another call may be spent.
    pub fn has_left(&self, most: u64, parted_from: Option<NonZeroU32>) -> bool {
        self.used() < self.most(most, parted_from)
    }

    /// Spends a call.
    pub fn spend(&mut self) {
        self.untold = self.untold.saturating_add(1);
    }

    /// Gives a call back that was spent in the period that began on that day.
    pub fn give_back(&mut self, begun: Day) {
        if begun == self.begins {
            self.untold = self.untold.saturating_sub(1);
        }
    }

    /// Counts what has been spent.
    pub fn used(&self) -> u64 {
        self.agreed
            .saturating_add_signed(self.telling.saturating_add(self.untold))
    }

    /// Gives the day on which the period began, which is a later one than today's after a clock was set back.
    pub fn begins(&self) -> Day {
        self.begins
    }

    /// Gives the moment when the period ends.
    pub fn ends(&self) -> Timestamp {
        self.ends
    }

    /// Tells how long it is until the period ends.
    pub fn ends_in(&self, now: Timestamp) -> Duration {
        Duration::try_from(self.ends.duration_since(now)).unwrap_or_default()
    }

    /// Gives what other gateways must be told, and what they can't know better.
    pub fn tell(&mut self) -> (i64, u64) {
        self.telling = self.telling.saturating_add(self.untold);
        self.untold = 0;
        (self.telling, self.floor)
    }

    /// Hears what all have spent in the period that began on that day, what was told included; gives how much of it is news.
    pub fn hear(&mut self, begun: Day, total: u64) -> u64 {
        if begun != self.begins {
            return 0;
        }
        let known = self.agreed.saturating_add_signed(self.telling);
        self.telling = 0;
        self.agreed = total;
        self.floor = 0;
        total.saturating_sub(known)
    }

    /// Has the shared count made up for, should it have been lost while it couldn't be reached.
    pub fn make_up(&mut self) {
        self.floor = self.floor.max(self.agreed);
    }

    /// Gives how many there may be: of those left by what all gateways know, a part where these can't agree.
    fn most(&self, most: u64, parted_from: Option<NonZeroU32>) -> u64 {
        parted_from.map_or(most, |gateways| {
            let left = most.saturating_sub(self.agreed);
            self.agreed
                .saturating_add(left.div_ceil(u64::from(gateways.get())))
        })
    }
}

#[cfg(test)]
mod tests;
