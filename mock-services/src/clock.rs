//! What time is it for the mock services?
//!
//! The one seam through which time enters; a test may bring its own clock, and the control port may shift the
//! hour that registry and issuer believe in.
//! Always true: all services of one start share one [`ServiceClock`]. Deliberately absent: sleeping.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp, Zoned};

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Returns this moment.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the seam through which the time comes in"
    )]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A clock and the shift that the control port has set.
#[derive(Clone)]
pub struct ServiceClock {
    base: Arc<dyn Clock>,
    offset_seconds: Arc<AtomicI64>,
}

impl ServiceClock {
    /// Starts without a shift.
    pub fn new(base: Arc<dyn Clock>) -> Self {
        Self {
            base,
            offset_seconds: Arc::new(AtomicI64::new(0)),
        }
    }

    /// Returns the shifted moment.
    pub fn now(&self) -> Timestamp {
        let shift = SignedDuration::from_secs(self.offset_seconds.load(Ordering::Relaxed));
        self.base.now().saturating_add(shift).unwrap_or(Timestamp::MAX)
    }

    /// Sets the shift.
    pub fn shift(&self, seconds: i64) {
        self.offset_seconds.store(seconds, Ordering::Relaxed);
    }
}

/// Writes a moment in Viet Nam's zone, to the second.
pub fn vietnamese(moment: Timestamp) -> String {
    there(moment).strftime("%Y-%m-%dT%H:%M:%S+07:00").to_string()
}

/// Tells the day on Viet Nam's calendar.
pub fn vietnamese_day(moment: Timestamp) -> Date {
    there(moment).date()
}

fn there(moment: Timestamp) -> Zoned {
    moment.to_zoned(TimeZone::fixed(Offset::constant(7)))
}
