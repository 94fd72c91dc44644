//! What has changed in the population register since we looked?
//!
//! The registry signs each change, numbers it, pushes it to us and shows it in a feed. A change in its turn is applied: what
//! is held of the person is let go of, the person's confirmations end, the change is entered in the audit log, and only
//! then its number is kept, durably; a gateway that dies in between applies it once more, which does the same again. One that comes early is left to the feed,
//! which brings what is missing before it; one that came already is acknowledged and ignored. The feed is read at the start,
//! on a timer and when something is missing, so that a lost push is made good. Stands on the exchange and knows nothing
//! of HTTP. On failure nothing is counted as applied, and the feed is read again; readiness shows it if that lasts.

mod event;
mod keys;
mod signature;
mod store;

use std::sync::{Arc, Mutex as Slot, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use tokio::runtime::Handle;
use tokio::sync::{Mutex, Notify};

use crate::clock::Clock;
use crate::confirmations::{self, Confirmations, Reason};
use crate::domain::pin::IdNumber;
use crate::exchange::Exchange;
use crate::registry::{Failure, Feed};
use event::{Event, Kind, Sequence};
use keys::Keys;

pub use event::Unreadable;
pub use store::{Store, Unavailable};

/// How soon a feed that failed is read again; the pause doubles from there, up to the usual one.
const FIRST_RETRY: Duration = Duration::from_secs(1);

/// So many of the usual pauses without a page make the feed degraded.
const LONG: u32 = 3;

/// States how the registry is followed.
#[derive(Debug, Clone, Copy)]
pub struct Config {
    /// How often the feed is read without being asked for.
    pub every: Duration,
}

/// Tells what became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Received {
    /// It was its turn, and it is applied.
    Applied,
    /// It was applied before.
    AlreadyKnown,
    /// Others are missing before it; the feed will bring them, and it.
    Early,
}

/// Says why an event isn't applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// It is no signed message at all.
    #[error("no compact JWS")]
    Malformed,
    /// It isn't signed by the registry, or not as an event.
    #[error("not signed by the registry as an event")]
    NotSigned,
    /// It can't be judged, since the registry's keys can't be had.
    #[error("the registry's keys aren't known")]
    KeysUnavailable,
    /// The registry signed it, and yet it can't be read.
    #[error("signed, but unreadable")]
    Unreadable(Vec<Unreadable>),
    /// It couldn't be entered in the audit log or in the store.
    #[error("the event couldn't be recorded")]
    Unrecorded,
}

impl From<confirmations::Unavailable> for Rejected {
    fn from(_: confirmations::Unavailable) -> Self {
        Self::Unrecorded
    }
}

impl From<Unavailable> for Rejected {
    fn from(_: Unavailable) -> Self {
        Self::Unrecorded
    }
}

/// Says why the feed couldn't be read to its end.
#[derive(Debug, thiserror::Error)]
enum Interrupted {
    #[error(transparent)]
    Feed(#[from] Failure),
    #[error(transparent)]
    Event(#[from] Rejected),
}

/// Names on whom a change has its effects.
#[expect(missing_docs, reason = "each part is documented where it is made")]
pub struct Effects {
    pub exchange: Arc<Exchange>,
    pub confirmations: Arc<Confirmations>,
}

/// Follows the registry.
pub struct Events {
    feed: Feed,
    keys: Keys,
    store: Arc<dyn Store>,
    effects: Effects,
    every: ArcSwap<Duration>,
    runtime: Handle,
    clock: Arc<dyn Clock>,
    /// The number of the last change applied; held while one is being applied, so that they go one by one.
    last: Mutex<u64>,
    missing: Notify,
    failing_since: Slot<Option<Instant>>,
}

impl Events {
    /// Begins where the store says that the last run ended; reads nothing yet.
    ///
    /// # Errors
    /// A store that can't be read.
    pub async fn new(
        config: Config,
        feed: Feed,
        store: Arc<dyn Store>,
        effects: Effects,
        runtime: Handle,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Unavailable> {
        let last = store.last().await?;
        Ok(Self {
            keys: Keys::new(feed.clone(), Arc::clone(&clock)),
            feed,
            store,
            effects,
            every: ArcSwap::from_pointee(config.every),
            runtime,
            clock,
            last: Mutex::new(last),
            missing: Notify::new(),
            failing_since: Slot::default(),
        })
    }

    /// Takes a pushed event; whoever pushes it may go away, what has begun is finished.
    ///
    /// # Errors
    /// Why it isn't applied.
    pub async fn receive(self: &Arc<Self>, message: Vec<u8>) -> Result<Received, Rejected> {
        let events = Arc::clone(self);
        let taking = async move { events.take_pushed(&message).await };
        self.runtime
            .spawn(taking)
            .await
            .unwrap_or(Err(Rejected::Unrecorded))
    }

    /// Reads the feed as often as this from the next time on.
    pub fn adjust(&self, config: Config) {
        self.every.store(Arc::new(config.every));
    }

    fn every(&self) -> Duration {
        **self.every.load()
    }

    /// Reads the feed over and over; never ends.
    pub async fn follow(&self) {
        let mut retry = FIRST_RETRY;
        loop {
            match self.catch_up().await {
                Ok(()) => {
                    retry = FIRST_RETRY;
                    self.enter_health(true);
                    // Woken early where a push shows that something is missing.
                    let _ = tokio::time::timeout(self.every(), self.missing.notified()).await;
                }
                Err(interrupted) => {
                    tracing::warn!(upstream.name = "registry", cause = %interrupted, "the change feed wasn't read to its end");
                    self.enter_health(false);
                    tokio::time::sleep(retry.min(self.every())).await;
                    retry = retry.saturating_mul(2);
                }
            }
        }
    }

    /// Tells whether the feed has been failing for long.
    #[must_use]
    pub fn is_behind(&self) -> bool {
        let since = *self.failing_since.lock().unwrap_or_else(PoisonError::into_inner);
        since.is_some_and(|since| {
            self.clock.steady().saturating_duration_since(since) >= self.every().saturating_mul(LONG)
        })
    }

    fn enter_health(&self, is_read: bool) {
        let mut since = self.failing_since.lock().unwrap_or_else(PoisonError::into_inner);
        *since = if is_read {
            None
        } else {
            since.or_else(|| Some(self.clock.steady()))
        };
    }

    async fn take_pushed(&self, message: &[u8]) -> Result<Received, Rejected> {
        let claims = self.keys.verified(message).await?;
        let sequence =
            Sequence::of(&claims).ok_or_else(|| Rejected::Unreadable(vec![Unreadable::Sequence]))?;
        let mut last = self.last.lock().await;
        if sequence.0 <= *last {
            return Ok(Received::AlreadyKnown);
        }
        // Read before its turn is looked at, so that what can't be read is told whenever it comes.
        let event = Event::read(sequence, &claims).map_err(Rejected::Unreadable)?;
        if sequence.0 > last.saturating_add(1) {
            self.missing.notify_one();
            return Ok(Received::Early);
        }
        self.apply(&event, &mut last).await?;
        Ok(Received::Applied)
    }

    /// Applies whatever the feed has beyond the last change.
    async fn catch_up(&self) -> Result<(), Interrupted> {
        loop {
            let after = *self.last.lock().await;
            let page = self.feed.changes(after).await?;
            for message in &page.events {
                self.take_from_feed(message.as_bytes()).await?;
            }
            if *self.last.lock().await == after {
                return Ok(());
            }
        }
    }

    /// Takes an event in the feed's order, which knows no gaps that could be filled: where numbers are missing, they are
    /// older than what the registry still shows.
    async fn take_from_feed(&self, message: &[u8]) -> Result<(), Rejected> {
        let claims = self.keys.verified(message).await?;
        let sequence =
            Sequence::of(&claims).ok_or_else(|| Rejected::Unreadable(vec![Unreadable::Sequence]))?;
        let mut last = self.last.lock().await;
        if sequence.0 <= *last {
            return Ok(());
        }
        match Event::read_leniently(sequence, &claims) {
            Ok(event) => self.apply(&event, &mut last).await,
            Err(unreadable) => {
                // Those behind it mustn't wait for it; what is held of its person heals by its lifetime.
                tracing::error!(
                    event.seq = sequence.0,
                    ?unreadable,
                    "passed over an event that the registry signed"
                );
                self.store.keep(sequence.0).await?;
                *last = sequence.0;
                Ok(())
            }
        }
    }

    async fn apply(&self, event: &Event, last: &mut u64) -> Result<(), Rejected> {
        let Effects {
            exchange,
            confirmations,
        } = &self.effects;
        let person = event.new_pin.unwrap_or(event.pin);
        let numbers = [event.pin, person].map(IdNumber::Pin);
        exchange.forget_person(&numbers);
        exchange.tell_others().await;
        for number in &numbers {
            let confirmed = confirmations.person(number);
            confirmations.revoke_of(confirmed, reason(event.kind)).await?;
        }
        exchange
            .enter_change(event.kind.as_str(), event.pin, person)
            .await
            .map_err(|_| Rejected::Unrecorded)?;
        self.store.keep(event.sequence.0).await?;
        *last = event.sequence.0;
        tracing::debug!(
            event.seq = event.sequence.0,
            event.kind = event.kind.as_str(),
            "applied a change"
        );
        Ok(())
    }
}

/// Gives the reason for which a person's confirmations end. What was corrected isn't told, so it may be what was confirmed; the
/// same goes for a change that we have no name for.
fn reason(kind: Kind) -> Reason {
    match kind {
        Kind::Moved => Reason::Moved,
        Kind::Died => Reason::Died,
        Kind::Replaced => Reason::Replaced,
        Kind::Corrected | Kind::Other => Reason::Corrected,
    }
}

#[cfg(test)]
mod tests;
