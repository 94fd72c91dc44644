//! What time is it?
//!
//! The one caller of the system's clocks. Everything pure takes `now` as an argument; only loops and gates that stand at
//! the edge hold a `Clock`. Tests hand in a `ManualClock`, so that expiry and calendar need no waiting.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use jiff::Timestamp;

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

/// Is a clock that runs on from the system's, set ahead by hand; for tests and rehearsals.
#[derive(Debug, Default)]
pub struct ManualClock {
    ahead: Mutex<Duration>,
}

impl ManualClock {
    /// Sets the clock ahead.
    pub fn advance(&self, by: Duration) {
        let mut ahead = self
            .ahead
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        *ahead = ahead.saturating_add(by);
    }

    fn ahead(&self) -> Duration {
        *self
            .ahead
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        let now = SystemClock.now();
        now.checked_add(self.ahead()).unwrap_or(now)
    }

    fn steady(&self) -> Instant {
        let now = SystemClock.steady();
        now.checked_add(self.ahead()).unwrap_or(now)
    }
}
