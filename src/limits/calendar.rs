//! Which calendar day is it in Viet Nam?
//!
//! Quotas run by the days and months of the country's own clock, which has been UTC+7 without summer time since 1975, on every
//! machine and whatever its local time zone is.

use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, ToSpan as _};
use std::time::Duration;

/// The offset of Viet Nam's official time.
pub const VIET_NAM: Offset = Offset::constant(7);

/// Names a calendar day.
pub type Day = Date;

/// Gives the calendar day in Viet Nam.
#[must_use]
pub fn day_of(now: Timestamp) -> Day {
    VIET_NAM.to_datetime(now).date()
}

/// Gives the moment when the day is over.
pub fn end_of_day(day: Day, now: Timestamp) -> Timestamp {
    start_of(day.checked_add(1.day()), now)
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
