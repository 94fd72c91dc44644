//! By when must the citizen be told?
//!
//! Resolution 66.7/2025/NQ-CP, art. 8: where data can't be used, the notice goes out no later than 08 working hours after
//! the system received an online dossier, and within 01 working day for one handed in or sent. Hours are counted from
//! the minute of receipt, within office hours. The day of receipt isn't counted in a term of days (Civil Code
//! 91/2015/QH13, art. 147 khoản 2), so "01 working day" ends with the next working day; at the close of its office hours
//! rather than at midnight (art. 148 khoản 6), since a closed office tells nobody anything. Pure: the calendar comes from
//! `config`. A year that the calendar doesn't know makes a deadline early, never late, and never fails.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::{SignedDuration, Timestamp};

use crate::domain::context::Channel;
use crate::domain::local_time::{self, VIET_NAM};

/// What an online dossier's notice may take, in office hours.
const ONLINE: SignedDuration = SignedDuration::from_hours(8);

/// The most days that are looked at for a working one; [`Calendar::new`] sees to it that far fewer do.
const MOST_DAYS: usize = 366;

/// The most days in a row on which nobody may work.
const LONGEST_REST: usize = 31;

/// The holidays that have the same date every year (Labour Code 45/2019/QH14, art. 112), for years that aren't listed.
const FIXED: [(i8, i8); 4] = [(1, 1), (4, 30), (5, 1), (9, 2)];

/// Is a stretch of the day in which the office is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opening {
    /// When it opens.
    pub from: Time,
    /// When it closes.
    pub to: Time,
}

/// Holds what is announced for one year.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Year {
    /// Days off beside the weekly rest.
    pub days_off: BTreeSet<Date>,
    /// Days of weekly rest that are worked in place of others.
    pub days_worked: BTreeSet<Date>,
    /// Whether some of it wasn't announced yet when it was written.
    pub is_provisional: bool,
}

/// Says what contradicts itself in a calendar.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Contradiction {
    /// There are no office hours, or a stretch ends before it begins or overlaps the one before.
    #[error("office_hours must be stretches of the day in order, each ending after it begins")]
    Hours,
    /// Every day of the week is one of rest.
    #[error("weekly_rest leaves no day to work")]
    NoWorkingDay,
    /// A day stands under another year than its own.
    #[error("{0} stands under another year")]
    OtherYear(Date),
    /// A day is off and worked.
    #[error("{0} is both off and worked")]
    OffAndWorked(Date),
    /// A day is named as worked in place of another, and is no day of weekly rest.
    #[error("{0} would be worked anyway")]
    WorkedAnyway(Date),
    /// Nobody works for longer than any arrangement of holidays allows.
    #[error("from {0} on there is no working day for more than {LONGEST_REST} days")]
    LongRest(Date),
}

/// Knows when offices are open.
#[derive(Clone, PartialEq, Eq)]
pub struct Calendar {
    hours: Vec<Opening>,
    weekly_rest: Vec<Weekday>,
    years: BTreeMap<i16, Year>,
}

impl Calendar {
    /// Makes the calendar.
    ///
    /// # Errors
    /// Everything in it that contradicts itself.
    pub fn new(
        hours: Vec<Opening>,
        weekly_rest: Vec<Weekday>,
        years: BTreeMap<i16, Year>,
    ) -> Result<Self, Vec<Contradiction>> {
        let calendar = Self {
            hours,
            weekly_rest,
            years,
        };
        let found = calendar.contradictions();
        if found.is_empty() {
            Ok(calendar)
        } else {
            Err(found)
        }
    }

    fn contradictions(&self) -> Vec<Contradiction> {
        let mut found = Vec::new();
        let is_ordered = |pair: &[Opening]| matches!(pair, [one, next] if one.to <= next.from);
        let are_stretches = self.hours.iter().all(|open| open.from < open.to);
        if self.hours.is_empty() || !are_stretches || !self.hours.windows(2).all(is_ordered) {
            found.push(Contradiction::Hours);
        }
        let mut week = Weekday::Monday.cycle_forward().take(7);
        if week.all(|day| self.weekly_rest.contains(&day)) {
            found.push(Contradiction::NoWorkingDay);
        }
        for (number, year) in &self.years {
            for day in year.days_off.union(&year.days_worked) {
                if day.year() != *number {
                    found.push(Contradiction::OtherYear(*day));
                }
            }
            found.extend(
                year.days_off
                    .intersection(&year.days_worked)
                    .map(|day| Contradiction::OffAndWorked(*day)),
            );
            let needless = |day: &&Date| !self.weekly_rest.contains(&day.weekday());
            found.extend(
                year.days_worked
                    .iter()
                    .filter(needless)
                    .map(|day| Contradiction::WorkedAnyway(*day)),
            );
        }
        if found.is_empty() {
            found.extend(self.long_rest());
        }
        found
    }

    fn long_rest(&self) -> Option<Contradiction> {
        let every_day_off = self.years.values().flat_map(|year| &year.days_off);
        every_day_off
            .copied()
            .find(|day| !days_from(*day).take(LONGEST_REST).any(|day| self.is_worked(day)))
            .map(Contradiction::LongRest)
    }

    /// Tells whether offices are open on a day.
    #[must_use]
    pub fn is_worked(&self, day: Date) -> bool {
        let is_rest = self.weekly_rest.contains(&day.weekday());
        match self.years.get(&day.year()) {
            Some(year) => year.days_worked.contains(&day) || !(is_rest || year.days_off.contains(&day)),
            None => !is_rest && !FIXED.contains(&(day.month(), day.day())),
        }
    }

    /// Tells whether the days off of a year are listed.
    #[must_use]
    pub fn knows(&self, year: i16) -> bool {
        self.years.contains_key(&year)
    }

    /// Tells whether the days off of a year are listed, and some of them not announced.
    #[must_use]
    pub fn is_provisional(&self, year: i16) -> bool {
        self.years.get(&year).is_some_and(|year| year.is_provisional)
    }

    /// Gives the moment by which the notice must go out for a dossier received then and in this way.
    #[must_use]
    pub fn deadline(&self, channel: Channel, received_at: Timestamp) -> Timestamp {
        match channel {
            Channel::Online => self.after(ONLINE, received_at),
            Channel::Counter | Channel::Assisted | Channel::Post => self.close_of_next_day(received_at),
        }
    }

    /// Gives the moment at which so much office time has passed.
    fn after(&self, span: SignedDuration, received_at: Timestamp) -> Timestamp {
        let received = VIET_NAM.to_datetime(received_at);
        let mut left = span;
        for day in days_from(received.date())
            .take(MOST_DAYS)
            .filter(|day| self.is_worked(*day))
        {
            for open in &self.hours {
                let (opens, closes) = (day.to_datetime(open.from), day.to_datetime(open.to));
                let begins = opens.max(received);
                let stretch = closes.duration_since(begins);
                if stretch >= left && closes > begins {
                    return moment(begins.saturating_add(left), received_at);
                }
                left = left.saturating_sub(stretch.max(SignedDuration::ZERO));
            }
        }
        received_at
    }

    fn close_of_next_day(&self, received_at: Timestamp) -> Timestamp {
        let received = local_time::day(received_at);
        let next = days_from(received)
            .skip(1)
            .take(MOST_DAYS)
            .find(|day| self.is_worked(*day));
        let closes = self.hours.last().map(|open| open.to);
        next.zip(closes).map_or(received_at, |(day, time)| {
            moment(day.to_datetime(time), received_at)
        })
    }
}

impl fmt::Debug for Calendar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Calendar({:?})", self.years.keys())
    }
}

/// Gives the calendar day in Viet Nam.
#[must_use]
pub fn day_of(moment: Timestamp) -> Date {
    local_time::day(moment)
}

fn days_from(first: Date) -> impl Iterator<Item = Date> {
    std::iter::successors(Some(first), |day| day.tomorrow().ok())
}

fn moment(at: DateTime, or: Timestamp) -> Timestamp {
    VIET_NAM.to_timestamp(at).unwrap_or(or)
}

#[cfg(test)]
mod tests;
