//! How many of the last seconds' calls were of a kind?
//!
//! Counts calls, and of them those that are marked, over a sliding window kept in tenths. Pure: the time is an argument. What
//! is older than the window is let go of at the next look; it holds eleven small numbers at the most, whatever comes.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Into how many parts the window is cut.
const PARTS: u32 = 10;

/// Holds how many there were.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Counts {
    pub calls: u64,
    pub marked: u64,
}

/// Counts over a sliding window.
#[derive(Debug, Clone)]
pub(super) struct Window {
    length: Duration,
    parts: VecDeque<(Instant, Counts)>,
}

impl Window {
    pub fn new(length: Duration) -> Self {
        Self {
            length,
            parts: VecDeque::new(),
        }
    }

    /// Counts a call.
    pub fn call(&mut self, now: Instant) {
        self.enter(now, |counts| counts.calls = counts.calls.saturating_add(1));
    }

    /// Counts a mark; it is no call of its own.
    pub fn mark(&mut self, now: Instant) {
        self.enter(now, |counts| counts.marked = counts.marked.saturating_add(1));
    }

    /// Gives what is in the window.
    pub fn counts(&mut self, now: Instant) -> Counts {
        self.let_go(now);
        let sum = |sum: Counts, (_, part): &(Instant, Counts)| Counts {
            calls: sum.calls.saturating_add(part.calls),
            marked: sum.marked.saturating_add(part.marked),
        };
        self.parts.iter().fold(Counts::default(), sum)
    }

    /// Begins anew.
    pub fn clear(&mut self) {
        self.parts.clear();
    }

    fn let_go(&mut self, now: Instant) {
        while let Some((begun, _)) = self.parts.front()
            && now.saturating_duration_since(*begun) >= self.length
        {
            self.parts.pop_front();
        }
    }

    fn enter(&mut self, now: Instant, count: impl FnOnce(&mut Counts)) {
        self.let_go(now);
        let part = self.length / PARTS;
        match self.parts.back_mut() {
            Some((begun, counts)) if now.saturating_duration_since(*begun) < part => count(counts),
            _ => {
                let mut counts = Counts::default();
                count(&mut counts);
                self.parts.push_back((now, counts));
            }
        }
    }
}
