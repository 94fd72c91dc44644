//! How are failed authentications recorded without letting a flood of them fill the log?
//!
//! Each has its own row up to so many a second; beyond that they are only counted, and the second's count is written as
//! one row when the next second's first call comes, or at the latest when the composition root's tick asks for it.

use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

/// Tells what to write for a failed authentication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct ToWrite {
    /// A row for this call itself.
    pub own_row: bool,
    /// A row that stands for so many earlier calls.
    pub summary_of: Option<u32>,
}

#[derive(Debug, Default)]
struct Second {
    second: i64,
    rows: u32,
    counted: u32,
}

/// Counts failed authentications by the second.
#[derive(Debug)]
pub(super) struct TurnedAway {
    rows_per_second: u32,
    current: Mutex<Second>,
}

impl TurnedAway {
    pub fn new(rows_per_second: u32) -> Self {
        Self {
            rows_per_second,
            current: Mutex::default(),
        }
    }

    /// Enters one failed authentication.
    pub fn enter(&self, now: Timestamp) -> ToWrite {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let summary_of = current.turn(now);
        let own_row = current.rows < self.rows_per_second;
        if own_row {
            current.rows = current.rows.saturating_add(1);
        } else {
            current.counted = current.counted.saturating_add(1);
        }
        ToWrite { own_row, summary_of }
    }

    /// Asks for the count of a second that is over.
    pub fn flush(&self, now: Timestamp) -> Option<u32> {
        self.current
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .turn(now)
    }
}

impl Second {
    fn turn(&mut self, now: Timestamp) -> Option<u32> {
        // A call that waited for the issuer's keys may come with an older second.
        if now.as_second() <= self.second {
            return None;
        }
        let counted = self.counted;
        *self = Self {
            second: now.as_second(),
            rows: 0,
            counted: 0,
        };
        (counted > 0).then_some(counted)
    }
}

#[cfg(test)]
mod tests;
