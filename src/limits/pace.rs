//! How fast do the quotas go, and when will they run out?
//!
//! The rate of the last hour, weighted so that a call counts for less the longer ago it was. Calls are added up by the minute,
//! hence the road of a call sees one addition. Nothing is known of the time before the process started.

use jiff::{SignedDuration, Timestamp};

const MINUTE: u64 = 60_000_000_000;
/// What a call weighs a minute later: e⁻¹ after an hour.
const FADING: f64 = 0.983_471_453_821_617;

/// Measures how fast calls come.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    minute: u64,
    in_minute: i64,
    /// Calls of the whole minutes before, faded.
    before: f64,
    /// Whole minutes that were watched, faded in the same way.
    watched: f64,
    since: u64,
}

impl Pace {
    /// Starts watching.
    pub fn starting(now: u64) -> Self {
        Self {
            minute: now / MINUTE,
            in_minute: 0,
            before: 0.0,
            watched: 0.0,
            since: now,
        }
    }

    /// Counts calls; fewer than none are those given back.
    pub fn count(&mut self, calls: i64, now: u64) {
        self.move_on(now);
        self.in_minute = self.in_minute.saturating_add(calls);
    }

    /// Gives the calls a second, once they have been watched for a minute.
    pub fn per_second(&self, now: u64) -> Option<f64> {
        let mut here = *self;
        here.move_on(now);
        if now.saturating_sub(self.since) < MINUTE {
            return None;
        }
        let part = (now % MINUTE) as f64 / MINUTE as f64;
        let calls = (here.before + here.in_minute as f64).max(0.0);
        Some(calls / (here.watched + part) / 60.0)
    }

    fn move_on(&mut self, now: u64) {
        let minutes = (now / MINUTE).saturating_sub(self.minute);
        if minutes == 0 {
            return;
        }
        let faded = FADING.powi(i32::try_from(minutes).unwrap_or(i32::MAX));
        let in_first = if self.minute == self.since / MINUTE {
            (MINUTE - self.since % MINUTE) as f64 / MINUTE as f64
        } else {
            1.0
        };
        self.before = (self.before + self.in_minute as f64) * faded;
        // The minutes between, in which nothing came, were watched as well.
        let between = (FADING - faded) / (1.0 - FADING);
        self.watched = (self.watched + in_first) * faded + between;
        self.in_minute = 0;
        self.minute = now / MINUTE;
    }
}

/// Tells when what is left will have run out; nothing where that isn't before it is whole again.
pub fn exhausted_at(
    remaining: u64,
    per_second: f64,
    now: Timestamp,
    resets_at: Timestamp,
) -> Option<Timestamp> {
    if remaining == 0 {
        return Some(now);
    }
    let seconds = remaining as f64 / per_second;
    let left = resets_at.duration_since(now).as_secs_f64();
    // At a pace of nought `seconds` is infinite.
    if seconds.is_nan() || seconds >= left {
        return None;
    }
    let at = SignedDuration::try_from_secs_f64(seconds).ok()?;
    now.checked_add(at).ok()
}

#[cfg(test)]
mod tests;
