//! What time is it?
//!
//! The one caller of the system's clocks. Everything pure takes `now` as an argument; only loops and gates that stand at
//! the edge hold a `Clock`. Tests hand in a `ManualClock`, so that expiry and calendar need no waiting.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

/// Tells the time of day, and a steady time for durations.
pub trait Clock: Send + Sync + 'static {
    /// Gives the time of day.
    fn now(&self) -> Timestamp;

    /// Gives a time that never goes back, to measure durations with.
    fn steady(&self) -> Instant;
}

/// Is the system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the system's clocks"
    )]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the system's clocks"
    )]
    fn steady(&self) -> Instant {
        Instant::now()
    }
}

/// Is the moment by which an answer must have come: made once when a call comes in, and handed on to whatever is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(Instant);

/// Says that the deadline came first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the deadline came first")]
pub struct Late;

impl Deadline {
    /// Gives the moment so long after another.
    #[must_use]
    pub fn after(begun: Instant, within: Duration) -> Self {
        Self(begun.checked_add(within).unwrap_or(begun))
    }

    /// Gives a later one.
    #[must_use]
    pub fn later(self, by: Duration) -> Self {
        Self::after(self.0, by)
    }

    /// Tells how much time is left.
    #[must_use]
    pub fn left(self, clock: &dyn Clock) -> Duration {
        self.0.saturating_duration_since(clock.steady())
    }

    /// Waits for what is done, until then; it is dropped when the time is over.
    ///
    /// # Errors
    /// `Late` where it wasn't done in time.
    pub async fn bound<F: Future>(self, clock: &dyn Clock, work: F) -> Result<F::Output, Late> {
        tokio::time::timeout(self.left(clock), work)
            .await
            .map_err(|_| Late)
    }
}

/// Counts the time since it was made, by the injected clock, as governor wants it.
#[derive(Clone)]
pub struct Steady {
    clock: Arc<dyn Clock>,
    start: Instant,
}

impl Steady {
    /// Starts counting.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let start = clock.steady();
        Self { clock, start }
    }
}

impl governor::clock::Clock for Steady {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.clock.steady().saturating_duration_since(self.start)
    }
}

impl fmt::Debug for Steady {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Steady")
    }
}

/// Is a clock that is set by hand, for tests and rehearsals: it runs on from the system's, or stands still.
#[derive(Debug, Default)]
pub struct ManualClock {
    stopped_at: Option<(Timestamp, Instant)>,
    ahead: Mutex<Ahead>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Ahead {
    of_day: SignedDuration,
    steady: Duration,
}

impl ManualClock {
    /// Makes a clock that stands at this moment until it is set or advanced.
    #[must_use]
    pub fn stopped_at(now: Timestamp) -> Self {
        Self {
            stopped_at: Some((now, SystemClock.steady())),
            ahead: Mutex::default(),
        }
    }

    /// Sets both times ahead.
    pub fn advance(&self, by: Duration) {
        let mut ahead = self.ahead();
        ahead.steady = ahead.steady.saturating_add(by);
        let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
        ahead.of_day = ahead.of_day.saturating_add(by);
    }

    /// Sets the time of day alone, ahead or back, as an operator or a time server does.
    pub fn set(&self, to: Timestamp) {
        let now = self.of_day();
        self.ahead().of_day = to.duration_since(now);
    }

    fn ahead(&self) -> MutexGuard<'_, Ahead> {
        self.ahead.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn of_day(&self) -> Timestamp {
        self.stopped_at.map_or_else(|| SystemClock.now(), |(now, _)| now)
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        let now = self.of_day();
        now.checked_add(self.ahead().of_day).unwrap_or(now)
    }

    fn steady(&self) -> Instant {
        let steady = self
            .stopped_at
            .map_or_else(|| SystemClock.steady(), |(_, steady)| steady);
        steady.checked_add(self.ahead().steady).unwrap_or(steady)
    }
}
