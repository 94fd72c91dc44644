//! May the registry be asked at all?
//!
//! The gate between the records and the way to the registry, which operators close by a notice (`register`). While it is
//! closed nothing is sent: what is held goes on answering, stale records too where the procedure bears them, checks and
//! batches wait, and everybody else hears what the operators say. It opens by itself when the notice's time is over. What the
//! registry says of itself is a failure like others and isn't known here.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use jiff::Timestamp;

use super::fetch::Upstream;
use super::{Cause, Exchange};
use crate::domain::maintenance::Notice;
use crate::registry::{Answer, Found, Step, by_chance};

/// When to come back where nobody knows how long it takes.
pub(super) const COME_BACK: Duration = Duration::from_secs(30);

/// Is a call that was refused because of a notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announced {
    /// What operators say.
    pub notice: Arc<Notice>,
    /// When it is worth trying again.
    pub retry_after: Duration,
}

/// Holds the notice that is in force.
#[derive(Debug, Default)]
pub(super) struct Maintenance(ArcSwapOption<Notice>);

impl Maintenance {
    fn put(&self, notice: Option<Arc<Notice>>) {
        self.0.store(notice);
    }

    /// Gives the notice that holds at a time.
    pub(super) fn at(&self, now: Timestamp) -> Option<Arc<Notice>> {
        self.0.load_full().filter(|notice| notice.holds(now))
    }
}

impl Announced {
    /// Says what a notice says at a time; whom it names an hour come back a little after it, by `chance`, and not all at once.
    fn of(notice: Arc<Notice>, now: Timestamp, chance: impl FnOnce(Duration) -> Duration) -> Self {
        let left = notice
            .until
            .and_then(|until| Duration::try_from(until.duration_since(now)).ok());
        let retry_after = left.map_or(COME_BACK, |left| left.saturating_add(chance(spread(left))));
        Self { notice, retry_after }
    }
}

/// Gives the longest that is added to the time that is left.
fn spread(left: Duration) -> Duration {
    (left / 5).clamp(Duration::from_secs(1), COME_BACK)
}

impl Upstream {
    /// Tells whether operators have closed the way to the registry.
    pub(super) fn is_closed(&self) -> bool {
        self.maintenance.at(self.clock.now()).is_some()
    }

    /// Asks the registry, unless operators have closed the way to it: then what they say now is why.
    pub(super) async fn unless_closed<T>(
        &self,
        asking: impl Future<Output = Found<T>>,
    ) -> (Result<Option<Answer<T>>, Cause>, Vec<Step>) {
        let now = self.clock.now();
        if let Some(notice) = self.maintenance.at(now) {
            let announced = Announced::of(notice, now, by_chance);
            return (Err(Cause::Maintenance(announced)), Vec::new());
        }
        let Found { outcome, steps } = asking.await;
        (outcome.map_err(Cause::Registry), steps)
    }
}

impl Exchange {
    /// Closes the way to the registry by a notice, or opens it, for the next look-up on.
    pub fn announce_maintenance(&self, notice: Option<Arc<Notice>>) {
        self.upstream.maintenance.put(notice);
    }
}

#[cfg(test)]
mod tests;
