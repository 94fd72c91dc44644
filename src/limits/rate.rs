//! May another call come at this rate?
//!
//! One integer: the theoretical arrival time of the next call (GCRA). It runs ahead of now by a period for each call, and
//! what it may be ahead is the burst. So the calls that go on never exceed, over any window, the burst and the rate times the
//! window; a call that is given back later moves it back by its period, but never before now, so that no bucket becomes
//! more than full. Times are steady nanoseconds of this process. A period is rounded up: never faster than allowed.

use std::num::NonZeroU32;
use std::time::Duration;

use crate::policy::clients::Rate as Figures;

/// Is a rate in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Between two calls in the long run.
    pub period: u64,
    /// Calls at once after a pause.
    pub burst: u32,
}

impl Rate {
    /// Takes the figures of an allowance.
    pub fn of(figures: Figures) -> Self {
        Self {
            period: 1_000_000_000_u64.div_ceil(u64::from(figures.per_second.max(1))),
            burst: figures.burst.max(1),
        }
    }

    /// Gives the part of one among so many gateways that can't agree.
    pub fn shared_among(self, gateways: NonZeroU32) -> Self {
        Self {
            period: self.period.saturating_mul(u64::from(gateways.get())),
            burst: self.burst.div_ceil(gateways.get()),
        }
    }
}

/// Is a bucket that fills at a rate.
#[derive(Debug, Clone, Copy, Default)]
pub struct Bucket {
    arrival: u64,
    untold: i64,
    telling: i64,
    /// That of the latest call, so that a changed rate is seen.
    period: u64,
    /// The latest time that anybody came with: who read the clock, stood still and comes after others comes no earlier.
    seen: u64,
}

impl Bucket {
    /// Takes a call, or tells how long to wait.
    pub fn take(&mut self, rate: Rate, now: u64) -> Result<(), Duration> {
        self.seen = self.seen.max(now);
        let now = self.seen;
        self.adapt(rate, now);
        self.wait(rate, now)?;
        self.arrival = self.arrival.max(now).saturating_add(rate.period);
        self.untold = self.untold.saturating_add(1);
        Ok(())
    }

    /// Tells how long to wait, where it must be waited.
    pub fn wait(&self, rate: Rate, now: u64) -> Result<(), Duration> {
        let most = rate
            .period
            .saturating_mul(u64::from(rate.burst.saturating_sub(1)));
        match self.ahead(now).checked_sub(most) {
            None | Some(0) => Ok(()),
            Some(wait) => Err(Duration::from_nanos(wait)),
        }
    }

    /// Gives a call back.
    pub fn give_back(&mut self, rate: Rate, now: u64) {
        self.arrival = self
            .arrival
            .saturating_sub(rate.period)
            .max(now.min(self.arrival));
        self.untold = self.untold.saturating_sub(1);
    }

    /// Counts the calls that could come at once.
    pub fn left(&self, rate: Rate, now: u64) -> u64 {
        let whole = rate.period.saturating_mul(u64::from(rate.burst));
        whole.saturating_sub(self.ahead(now)) / rate.period.max(1)
    }

    /// Tells how long it takes until the bucket is full.
    pub fn full_in(&self, now: u64) -> Duration {
        Duration::from_nanos(self.ahead(now))
    }

    /// Tells whether a new bucket would say the same, and nothing is left to be told.
    pub fn is_spare(&self, now: u64) -> bool {
        self.arrival <= now && self.untold == 0 && self.telling == 0
    }

    /// Gives what other gateways must be told, until they have heard it.
    pub fn tell(&mut self) -> i64 {
        self.telling = self.telling.saturating_add(self.untold);
        self.untold = 0;
        self.telling
    }

    /// Hears where the bucket stands with everybody's calls, those told included.
    pub fn hear(&mut self, rate: Rate, ahead: u64, now: u64) {
        self.telling = 0;
        self.period = rate.period;
        let since = self.untold.unsigned_abs().saturating_mul(rate.period);
        let heard = now.saturating_add(ahead);
        self.arrival = if self.untold < 0 {
            heard.saturating_sub(since).max(now)
        } else {
            heard.saturating_add(since)
        };
    }

    /// Has as many calls spent as before, at the rate of now: a raised limit helps at once.
    pub fn adapt(&mut self, rate: Rate, now: u64) {
        let before = std::mem::replace(&mut self.period, rate.period);
        if before == rate.period || before == 0 {
            return;
        }
        let spent = self.ahead(now).div_ceil(before);
        self.arrival = now.saturating_add(spent.saturating_mul(rate.period));
    }

    fn ahead(&self, now: u64) -> u64 {
        self.arrival.saturating_sub(now.max(self.seen))
    }
}

#[cfg(test)]
mod tests;
