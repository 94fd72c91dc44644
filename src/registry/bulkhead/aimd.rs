//! How many calls does the registry bear at the same time?
//!
//! Finds out by itself, as congestion control does: while calls are quick and the limit is what holds others back, it is
//! raised a little (additive increase; by half until it was cut for the first time); when most of them take several times as long
//! as the quickest of the last minute, or some time out, it is cut by a part (multiplicative decrease). A change is judged only by calls that began after it, or a slow
//! registry's old calls would cut it to nothing. Pure: the times are arguments. An outage that comes quickly says nothing about
//! how much is borne; that is the breaker's.

use std::time::{Duration, Instant};

/// How long calls are watched before the limit is changed.
const ROUND: Duration = Duration::from_millis(100);

/// How many calls must have ended in a round that is judged.
const LEAST_JUDGED: u32 = 5;

/// With how many it begins, if so many are allowed.
const FIRST: u32 = 128;

/// What a good round adds, once the limit has been cut.
const STEP: u32 = 4;

/// What is left of the limit after a round of slow calls, in tenths.
const LEFT_WHEN_SLOW: u32 = 7;

/// What is left of it after a round in which one of ten calls or more timed out.
const LEFT_WHEN_LATE: u32 = 5;

/// How many times as long as the quickest a call may take before it is slow.
const SLOW: u32 = 3;

/// What is quicker than this is never slow.
const NEVER_SLOW: Duration = Duration::from_millis(100);

/// For how long the quickest call is remembered: for one to two of these.
const REMEMBERED: Duration = Duration::from_secs(30);

/// States between what the limit moves.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// The fewest calls at the same time.
    pub least: u32,
    /// The most.
    pub most: u32,
}

/// Is what a call that ended tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ended {
    /// When it was sent.
    pub begun: Instant,
    /// How long it took; nothing where it timed out.
    pub took: Option<Duration>,
    /// Whether others were held back, or it was the last that wasn't.
    pub was_full: bool,
}

/// Holds the limit.
#[derive(Debug)]
pub(super) struct Aimd {
    terms: Terms,
    limit: u32,
    changed_at: Instant,
    /// Whether it was cut before: from then on it is raised with care.
    was_cut: bool,
    round: Round,
    quickest: Quickest,
}

#[derive(Debug, Clone, Copy, Default)]
struct Round {
    calls: u32,
    slow: u32,
    late: u32,
    was_full: bool,
    most_at_once: u32,
}

impl Aimd {
    /// Begins with more than most registries need, and less than breaks one.
    pub fn new(terms: Terms, now: Instant) -> Self {
        Self {
            terms,
            limit: FIRST.clamp(terms.least.max(1), terms.most.max(terms.least).max(1)),
            changed_at: now,
            was_cut: false,
            round: Round::default(),
            quickest: Quickest::new(now),
        }
    }

    /// Gives how many calls may be under way at the same time.
    pub fn limit(&self) -> u32 {
        self.limit
    }

    /// Gives what the quickest call of the last minute took.
    pub fn quickest(&self) -> Option<Duration> {
        self.quickest.get()
    }

    /// Enters a call that ended while so many, itself included, were under way.
    pub fn enter(&mut self, ended: Ended, at_once: u32, now: Instant) {
        if let Some(took) = ended.took {
            self.quickest.enter(took, now);
        }
        if ended.begun < self.changed_at {
            return;
        }
        let slow_from = self.quickest.get().map_or(NEVER_SLOW, |quickest| {
            quickest.saturating_mul(SLOW).max(NEVER_SLOW)
        });
        let round = &mut self.round;
        round.calls = round.calls.saturating_add(1);
        match ended.took {
            None => round.late = round.late.saturating_add(1),
            Some(took) if took > slow_from => round.slow = round.slow.saturating_add(1),
            Some(_) => {}
        }
        round.was_full |= ended.was_full;
        round.most_at_once = round.most_at_once.max(at_once);
        let is_over = now.saturating_duration_since(self.changed_at) >= ROUND && round.calls >= LEAST_JUDGED;
        if is_over {
            self.judge(now);
        }
    }

    fn judge(&mut self, now: Instant) {
        let round = std::mem::take(&mut self.round);
        let is_late = round.late.saturating_mul(10) >= round.calls;
        let is_slow = round.slow.saturating_mul(2) > round.calls;
        // Of a limit that nobody came near, a part would still be more than is borne.
        let used = self.limit.min(round.most_at_once.max(1));
        let limit = match (is_late, is_slow, round.was_full) {
            (true, ..) => used.saturating_mul(LEFT_WHEN_LATE) / 10,
            (false, true, _) => used.saturating_mul(LEFT_WHEN_SLOW) / 10,
            (false, false, true) if self.was_cut => self.limit.saturating_add(STEP),
            (false, false, true) => self.limit.saturating_add(self.limit / 2),
            (false, false, false) => self.limit,
        };
        self.was_cut |= is_late || is_slow;
        let least = self.terms.least.max(1);
        self.limit = limit.clamp(least, self.terms.most.max(least));
        self.changed_at = now;
    }
}

/// Remembers the quickest call of the last minute.
#[derive(Debug)]
struct Quickest {
    since: Instant,
    now: Option<Duration>,
    before: Option<Duration>,
}

impl Quickest {
    fn new(now: Instant) -> Self {
        Self {
            since: now,
            now: None,
            before: None,
        }
    }

    fn enter(&mut self, took: Duration, now: Instant) {
        if now.saturating_duration_since(self.since) >= REMEMBERED {
            (self.before, self.now, self.since) = (self.now, None, now);
        }
        self.now = Some(self.now.map_or(took, |quickest| quickest.min(took)));
    }

    fn get(&self) -> Option<Duration> {
        match (self.now, self.before) {
            (Some(now), Some(before)) => Some(now.min(before)),
            (one, other) => one.or(other),
        }
    }
}

#[cfg(test)]
mod tests;
