//! Which calendar day is it in Viet Nam?
//!
//! Quotas run by the days and months of the country's own clock, which has been UTC+7 without summer time since 1975, on every
//! machine and whatever its local time zone is.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use std::time::Duration;

use crate::domain::local_time::VIET_NAM;
pub use crate::domain::local_time::day as day_of;

/// Names a calendar day.
pub type Day = Date;

/// Gives the moment when the day is over.
pub fn end_of_day(day: Day, now: Timestamp) -> Timestamp {
    start_of(day.checked_add(1.day()), now)
}

/// Tells how long it is until the day is over.
#[must_use]
pub fn until_end_of_day(day: Day, now: Timestamp) -> Duration {
    Duration::try_from(end_of_day(day, now).duration_since(now)).unwrap_or_default()
}

/// Gives the moment when the day's month is over.
pub fn end_of_month(day: Day, now: Timestamp) -> Timestamp {
    start_of(day.last_of_month().checked_add(1.day()), now)
}

fn start_of(day: Result<Date, jiff::Error>, now: Timestamp) -> Timestamp {
    let zone = TimeZone::fixed(VIET_NAM);
    let start = day
        .and_then(|day| day.to_zoned(zone))
        .map(|start| start.timestamp());
    // Beyond year 9999 there is no next day; an hour is as good as any.
    start
        .or_else(|_| now.checked_add(Duration::from_secs(3600)))
        .unwrap_or(Timestamp::MAX)
}
