//! How many calls are left in this calendar day and month?
//!
//! Two counters of one client that move on with the calendar. They are exact within the process; what was spent before it
//! started is handed in. A call that is given back counts again only if its day is still running.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use super::calendar::{Day, day_of, until_end_of_day, until_end_of_month};
use super::{Exceeded, Limit, Remaining, Spent};
use crate::policy::clients::Allowance;

#[derive(Debug, Clone, Copy)]
struct Counts {
    day: Day,
    spent: Spent,
}

impl Counts {
    fn moved_on(&mut self, today: Day) {
        if today <= self.day {
            // A clock that was set back doesn't give a day twice.
            return;
        }
        if today.first_of_month() != self.day.first_of_month() {
            self.spent.month = 0;
        }
        self.spent.day = 0;
        self.day = today;
    }
}

/// Holds what a client has spent of its calendar quotas.
#[derive(Debug)]
pub struct Quota(Mutex<Counts>);

/// Tells what is left after a call.
#[derive(Debug, Clone, Copy)]
pub struct Left {
    /// The day that the call was spent on, which is a later one than today's after a clock was set back.
    pub spent_on: Day,
    /// Of the day.
    pub day: Remaining,
    /// Of the month.
    pub month: Remaining,
}

impl Quota {
    /// Starts with what was spent before.
    pub fn new(spent: Spent, now: Timestamp) -> Self {
        Self(Mutex::new(Counts {
            day: day_of(now),
            spent,
        }))
    }

    /// Spends one call, or says which quota is used up.
    pub fn take(&self, allowance: &Allowance, now: Timestamp) -> Result<Left, Exceeded> {
        let mut counts = self.lock();
        counts.moved_on(day_of(now));
        let (day_ends, month_ends) = (
            until_end_of_day(counts.day, now),
            until_end_of_month(counts.day, now),
        );
        if counts.spent.day >= allowance.per_day {
            return Err(Exceeded {
                limit: Limit::Day,
                retry_after: day_ends,
            });
        }
        if counts.spent.month >= allowance.per_month {
            return Err(Exceeded {
                limit: Limit::Month,
                retry_after: month_ends,
            });
        }
        counts.spent.day = counts.spent.day.saturating_add(1);
        counts.spent.month = counts.spent.month.saturating_add(1);
        let left = |limit, of: u64, spent, resets_in: Duration| Remaining {
            limit,
            calls: of.saturating_sub(spent),
            resets_in,
        };
        Ok(Left {
            spent_on: counts.day,
            day: left(Limit::Day, allowance.per_day, counts.spent.day, day_ends),
            month: left(Limit::Month, allowance.per_month, counts.spent.month, month_ends),
        })
    }

    /// Tells what is spent.
    pub fn spent(&self, now: Timestamp) -> Spent {
        let mut counts = self.lock();
        counts.moved_on(day_of(now));
        counts.spent
    }

    /// Returns a call that was spent on that day.
    pub fn give_back(&self, day: Day) {
        let mut counts = self.lock();
        if day == counts.day {
            counts.spent.day = counts.spent.day.saturating_sub(1);
        }
        if day.first_of_month() == counts.day.first_of_month() {
            counts.spent.month = counts.spent.month.saturating_sub(1);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
