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
