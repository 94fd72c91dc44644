//! How many wrong guesses are left?
//!
//! Counts calls that failed to name their person. A call opens a guess before anybody is asked and closes it when the gate
//! has passed or failed, so that guesses sent side by side can't slip through. When the limit is reached within the window,
//! the one who guessed is locked out: for the window, then twice as long each time, a day at the most; a day after the last
//! lock-out has ended, the earlier ones are forgotten. Times are steady nanoseconds, so a clock that is set opens nothing.
//! What other gateways have heard of counts for a whole window from when we heard it: rather too long than too short.

use std::collections::VecDeque;
use std::time::Duration;

use super::shared::{STRIKES_KEPT, Standing};

/// The longest lock-out.
pub const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// How long to wait where others' open guesses take what is left.
pub const SECOND: Duration = Duration::from_secs(1);

/// States how many guesses may fail in how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// How long a failure counts.
    pub window: Duration,
    /// How many failures make a lock-out.
    pub limit: u32,
}

/// Counts guesses of one officer, or about one person, or of one client.
#[derive(Debug, Default)]
pub struct Guesses {
    open: u32,
    /// Most never fail.
    past: Option<Box<Past>>,
}

#[derive(Debug, Default)]
struct Past {
    failures: VecDeque<u64>,
    untold: u32,
    telling: u32,
    elsewhere: u32,
    elsewhere_until: u64,
    locked_until: u64,
    strikes: u32,
    /// When all of this has no weight any more.
    over: u64,
}

impl Past {
    fn forget(&mut self, budget: Budget, now: u64) {
        let window = nanoseconds(budget.window);
        while self
            .failures
            .front()
            .is_some_and(|failed| failed.saturating_add(window) <= now)
        {
            self.failures.pop_front();
        }
        if self.elsewhere_until <= now {
            self.elsewhere = 0;
        }
        if self.strikes > 0 && self.locked_until.saturating_add(nanoseconds(STRIKES_KEPT)) <= now {
            self.strikes = 0;
        }
    }

    fn failed(&self) -> u32 {
        count(self.failures.len()).saturating_add(self.elsewhere)
    }

    fn strike_if_due(&mut self, budget: Budget, now: u64) {
        if self.locked_until > now || self.failed() < budget.limit {
            return;
        }
        let longer = 2_u32.saturating_pow(self.strikes);
        let lock = budget.window.saturating_mul(longer).min(LONGEST);
        self.failures.clear();
        self.elsewhere = 0;
        self.locked_until = now.saturating_add(nanoseconds(lock));
        self.strikes = self.strikes.saturating_add(1);
    }

    fn remember_until(&mut self, budget: Budget, now: u64) {
        let failures_end = now.saturating_add(nanoseconds(budget.window));
        let strikes_end = self.locked_until.saturating_add(nanoseconds(STRIKES_KEPT));
        self.over = failures_end.max(if self.strikes > 0 { strikes_end } else { 0 });
    }
}

impl Guesses {
    /// Opens a guess, or tells how long to wait.
    pub fn open(&mut self, budget: Budget, now: u64) -> Result<(), Duration> {
        let failed = match &mut self.past {
            None => 0,
            Some(past) => {
                past.forget(budget, now);
                if let Some(wait) = past.locked_until.checked_sub(now).filter(|wait| *wait > 0) {
                    return Err(Duration::from_nanos(wait));
                }
                past.failed()
            }
        };
        if failed.saturating_add(self.open) >= budget.limit {
            return Err(SECOND);
        }
        self.open = self.open.saturating_add(1);
        Ok(())
    }

    /// Opens a guess only while no more than half of the budget has failed; otherwise tells when the oldest failure is over.
    pub fn open_of_half(&mut self, budget: Budget, now: u64) -> Result<(), Duration> {
        if let Some(past) = &mut self.past {
            past.forget(budget, now);
            if past.failed() >= (budget.limit / 2).max(1) {
                let window = nanoseconds(budget.window);
                let oldest = past.failures.front().map(|failed| failed.saturating_add(window));
                let over = oldest.unwrap_or(past.elsewhere_until).saturating_sub(now);
                return Err(Duration::from_nanos(over).max(SECOND));
            }
        }
        self.open(budget, now)
    }

    /// Closes a guess that wasn't one: the gate passed, or nobody could be asked.
    pub fn close(&mut self) {
        self.open = self.open.saturating_sub(1);
    }

    /// Closes a guess that failed.
    pub fn fail(&mut self, budget: Budget, now: u64) {
        self.close();
        let past = self.past.get_or_insert_default();
        past.forget(budget, now);
        past.failures.push_back(now);
        past.untold = past.untold.saturating_add(1);
        past.strike_if_due(budget, now);
        past.remember_until(budget, now);
    }

    /// Tells whether forgetting this would give somebody a guess more.
    pub fn have_weight(&self, now: u64) -> bool {
        self.open > 0
            || self
                .past
                .as_ref()
                .is_some_and(|past| past.over > now || past.untold > 0 || past.telling > 0)
    }

    /// Gives the failures that other gateways must be told, until they have heard of them.
    pub fn tell(&mut self) -> u32 {
        self.past.as_mut().map_or(0, |past| {
            past.telling = past.telling.saturating_add(past.untold);
            past.untold = 0;
            past.telling
        })
    }

    /// Hears of everybody's failures, those told included.
    pub fn hear(&mut self, heard: Standing, budget: Budget, now: u64) {
        let is_clean = heard.failures == 0 && heard.strikes == 0 && heard.locked_for.is_zero();
        if is_clean && self.past.is_none() {
            return;
        }
        let past = self.past.get_or_insert_default();
        past.telling = 0;
        past.forget(budget, now);
        if heard.strikes > past.strikes {
            // Somebody's failure elsewhere was the last one; all before it are paid for.
            while past.failures.len() > usize::try_from(past.untold).unwrap_or(usize::MAX) {
                past.failures.pop_front();
            }
            past.strikes = heard.strikes;
        }
        let told = count(past.failures.len()).saturating_sub(past.untold);
        past.elsewhere = heard.failures.saturating_sub(told);
        past.elsewhere_until = now.saturating_add(nanoseconds(budget.window));
        let locked_until = now.saturating_add(nanoseconds(heard.locked_for));
        past.locked_until = past.locked_until.max(if heard.locked_for.is_zero() {
            0
        } else {
            locked_until
        });
        past.strike_if_due(budget, now);
        past.remember_until(budget, now);
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
