//! How is a moment written?
//!
//! RFC 3339 in Viet Nam's official time, `+07:00` the whole year, to the millisecond at most: what a reader at a counter
//! there would have on the wall, and the same text on every machine.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::fmt::temporal::DateTimePrinter;
use jiff::tz::{Offset, TimeZone};
use serde::{Serialize, Serializer};

const VIET_NAM: Offset = Offset::constant(7);
const PRINTER: DateTimePrinter = DateTimePrinter::new();

/// Is a time as the API writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::http) struct Moment(pub Timestamp);

impl Moment {
    /// Gives the calendar day in Viet Nam.
    pub fn day(self) -> Date {
        TimeZone::fixed(VIET_NAM).to_datetime(self.0).date()
    }
}

impl Moment {
    fn written(self) -> String {
        let to_the_millisecond = Timestamp::from_millisecond(self.0.as_millisecond()).unwrap_or(self.0);
        PRINTER.timestamp_with_offset_to_string(&to_the_millisecond, VIET_NAM)
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written())
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.written())
    }
}

#[cfg(test)]
mod tests;
