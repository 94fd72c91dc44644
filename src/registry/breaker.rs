//! Is the registry worth asking at this moment?
//!
//! A circuit breaker, one for each operation. Closed, everybody passes. When enough of the last seconds' calls were outages it
//! opens: nobody passes, so that who asks is told at once and a registry that struggles is left alone. After a while it is
//! half open: a few probes pass, and what becomes of them closes or opens it. The state machine is pure, over the time and
//! what became of calls; what became of one that began under another state counts for nothing. A refusal or an empty answer
//! is an answer. A passage that is dropped unsettled, since its call was, gives its place back.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::window::Window;

/// How long who finds all probes under way is told to wait.
const PROBED_FOR: Duration = Duration::from_secs(1);

/// States when the breaker opens, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// Over how long calls are counted.
    pub window: Duration,
    /// From how many calls in it on their share of outages counts.
    pub least_calls: u32,
    /// Of a hundred calls, how many outages open it.
    pub failed_percent: u8,
    /// How long it stays open; up to a fifth longer, by chance.
    pub open_for: Duration,
    /// How many probes must be answered before it closes.
    pub probes: u32,
}

impl Terms {
    /// Gives the longest that is added to `open_for` by chance, so that many gateways don't probe at once.
    pub(super) fn spread(&self) -> Duration {
        self.open_for / 5
    }
}

/// Names how a breaker stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Everybody passes.
    Closed,
    /// Nobody does.
    Open,
    /// A few do, to find out.
    HalfOpen,
}

impl State {
    /// Gives the word for operators.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half_open",
        }
    }
}

/// Tells what a call says of the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// It answers, whatever it says.
    Answered,
    /// It is out of reach, or doesn't answer in time.
    Failed,
    /// Nothing: the call was given up, or had too little time.
    Nothing,
}

/// Is the right to make one call, of the state in which it was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pass {
    era: u64,
}

#[derive(Debug, Clone, Copy)]
enum Position {
    Closed,
    Open { until: Instant },
    HalfOpen { under_way: u32, answered: u32 },
}

/// Is the state machine of one operation.
#[derive(Debug)]
pub(super) struct Breaker {
    terms: Terms,
    position: Position,
    /// Each change of state begins a new one.
    era: u64,
    /// Calls while it is closed; the outages are marked.
    calls: Window,
}

impl Breaker {
    pub fn new(terms: Terms) -> Self {
        Self {
            terms,
            position: Position::Closed,
            era: 0,
            calls: Window::new(terms.window),
        }
    }

    /// Lets a call pass, or tells when to come back.
    pub fn admit(&mut self, now: Instant) -> Result<Pass, Duration> {
        if let Position::Open { until } = self.position {
            let left = until.saturating_duration_since(now);
            if !left.is_zero() {
                return Err(left);
            }
            self.turn(Position::HalfOpen {
                under_way: 0,
                answered: 0,
            });
        }
        if let Position::HalfOpen { under_way, answered } = &mut self.position {
            if under_way.saturating_add(*answered) >= self.terms.probes.max(1) {
                return Err(PROBED_FOR);
            }
            *under_way = under_way.saturating_add(1);
        }
        Ok(Pass { era: self.era })
    }

    /// Enters what became of a call; one that opens the breaker does so for `open_for` and `spread`. Tells of a new state.
    pub fn settle(&mut self, pass: Pass, told: Told, now: Instant, spread: Duration) -> Option<State> {
        if pass.era != self.era {
            return None;
        }
        match (&mut self.position, told) {
            (Position::Closed, Told::Answered) => {
                self.calls.call(now);
                None
            }
            (Position::Closed, Told::Failed) => {
                self.calls.call(now);
                self.calls.mark(now);
                if self.is_failing(now) {
                    self.open(now, spread)
                } else {
                    None
                }
            }
            (Position::HalfOpen { under_way, answered }, Told::Answered) => {
                *under_way = under_way.saturating_sub(1);
                *answered = answered.saturating_add(1);
                if *answered >= self.terms.probes {
                    self.close()
                } else {
                    None
                }
            }
            (Position::HalfOpen { .. }, Told::Failed) => self.open(now, spread),
            (Position::HalfOpen { under_way, .. }, Told::Nothing) => {
                *under_way = under_way.saturating_sub(1);
                None
            }
            (Position::Closed, Told::Nothing) | (Position::Open { .. }, _) => None,
        }
    }

    /// Tells how it stands; one whose time is over is half open, though nobody has probed yet.
    pub fn state(&self, now: Instant) -> State {
        match self.position {
            Position::Closed => State::Closed,
            Position::Open { until } if now < until => State::Open,
            Position::Open { .. } | Position::HalfOpen { .. } => State::HalfOpen,
        }
    }

    fn is_failing(&mut self, now: Instant) -> bool {
        let counts = self.calls.counts(now);
        let share = counts.calls.saturating_mul(u64::from(self.terms.failed_percent));
        counts.calls >= u64::from(self.terms.least_calls) && counts.marked.saturating_mul(100) >= share
    }

    fn open(&mut self, now: Instant, spread: Duration) -> Option<State> {
        let rest = self.terms.open_for.saturating_add(spread);
        let until = now.checked_add(rest).unwrap_or(now);
        self.turn(Position::Open { until });
        Some(State::Open)
    }

    fn close(&mut self) -> Option<State> {
        self.turn(Position::Closed);
        Some(State::Closed)
    }

    fn turn(&mut self, position: Position) {
        self.position = position;
        self.era = self.era.wrapping_add(1);
        self.calls.clear();
    }
}

/// Shares one operation's breaker between all its calls.
#[derive(Debug)]
pub(super) struct Circuit(Mutex<Breaker>);

impl Circuit {
    pub fn new(terms: Terms) -> Self {
        Self(Mutex::new(Breaker::new(terms)))
    }

    /// Lets a call pass, or tells when to come back.
    pub fn admit(&self, now: Instant) -> Result<Passage<'_>, Duration> {
        let pass = self.held().admit(now)?;
        Ok(Passage {
            circuit: self,
            pass: Some(pass),
            given_at: now,
        })
    }

    /// Tells how it stands.
    pub fn state(&self, now: Instant) -> State {
        self.held().state(now)
    }

    /// Gives the longest that chance adds to the time for which it is open.
    pub fn spread(&self) -> Duration {
        self.held().terms.spread()
    }

    fn held(&self) -> MutexGuard<'_, Breaker> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Is a call's passage, to be settled once.
#[derive(Debug)]
pub(super) struct Passage<'c> {
    circuit: &'c Circuit,
    pass: Option<Pass>,
    given_at: Instant,
}

impl Passage<'_> {
    /// Enters what became of the call; tells of a new state.
    pub fn settle(mut self, told: Told, now: Instant, spread: Duration) -> Option<State> {
        let pass = self.pass.take()?;
        self.circuit.held().settle(pass, told, now, spread)
    }
}

impl Drop for Passage<'_> {
    fn drop(&mut self) {
        if let Some(pass) = self.pass.take() {
            // That nothing came of it changes no time.
            self.circuit
                .held()
                .settle(pass, Told::Nothing, self.given_at, Duration::ZERO);
        }
    }
}

#[cfg(test)]
mod tests;
