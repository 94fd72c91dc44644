//! How is a moment written?
//!
//! RFC 3339 in Viet Nam's official time, `+07:00` the whole year, to the millisecond at most: what a reader at a counter
//! there would have on the wall, and the same text on every machine.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Serialize, Serializer};

use crate::domain::local_time;

/// Is a time as the API writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::http) struct Moment(pub Timestamp);

impl Moment {
    /// Gives the calendar day in Viet Nam.
    pub fn day(self) -> Date {
        local_time::day(self.0)
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&local_time::written(self.0))
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&local_time::written(self.0))
    }
}

#[cfg(test)]
mod tests;
