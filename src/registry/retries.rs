//! May a call that failed be sent again?
//!
//! A budget of its own beside the registry's: retries are a tenth of the calls at the most, over ten seconds, so that a
//! registry that fails isn't asked twice as much for it. A few are always allowed, or a quiet office would have none. Pure:
//! the time is an argument. Whether a failure is worth another try is `Failure`'s to say; that each look-up has one retry, the
//! climb's.

use std::time::{Duration, Instant};

use super::window::Window;

/// Over how long retries are counted.
const OVER: Duration = Duration::from_secs(10);

/// States how much may be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// Of a hundred calls, how many.
    pub percent: u8,
    /// How many in ten seconds in any case.
    pub at_least: u32,
}

/// Keeps the budget of retries.
#[derive(Debug)]
pub(super) struct Retries {
    terms: Terms,
    sent: Window,
}

impl Retries {
    pub fn new(terms: Terms) -> Self {
        Self {
            terms,
            sent: Window::new(OVER),
        }
    }

    /// Counts a call that is sent for the first time.
    pub fn sent(&mut self, now: Instant) {
        self.sent.call(now);
    }

    /// Spends a retry, if there is one.
    pub fn spend(&mut self, now: Instant) -> bool {
        let counts = self.sent.counts(now);
        let share = counts.calls.saturating_mul(u64::from(self.terms.percent)) / 100;
        let is_there = counts.marked < share.max(u64::from(self.terms.at_least));
        if is_there {
            self.sent.mark(now);
        }
        is_there
    }
}

#[cfg(test)]
mod tests;
