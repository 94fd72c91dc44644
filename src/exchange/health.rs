//! How are the gateway's surroundings?
//!
//! What readiness decides from and metrics show, read at the moment of asking; and whether a person's look-up has a chance, for
//! work that nobody waits for and that rather isn't tried than refused. Knows of no call, and keeps nobody from asking.

use jiff::Timestamp;

use super::Exchange;
use crate::auth::KeysState;
use crate::registry;
use crate::registry::breaker::State;
use crate::registry::budget::Class;
use crate::telemetry::Gauges;

/// Tells how the gateway's surroundings are.
#[derive(Debug)]
pub struct Health {
    /// The issuer's keys.
    pub keys: KeysState,
    /// The registry, as its answers were.
    pub registry: registry::Health,
    /// Whether operators say that the registry may not be asked.
    pub is_closed: bool,
    /// Whether Redis answers, where the gateway has one.
    pub redis: Option<bool>,
    /// Whether the audit store takes rows.
    pub audit: bool,
    /// Rows that wait to be written.
    pub audit_queued: usize,
    /// People in the cache.
    pub records_held: u64,
    /// Whether the limits can't be agreed on with other gateways.
    pub limits_apart: bool,
    /// The budget of registry calls.
    pub budget: registry::budget::Standing,
}

/// Tells whether a person's look-up has a chance, as far as that is known without one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Nothing speaks against it.
    There,
    /// The last look-ups failed, or the breaker lets only a few pass to find out.
    Doubtful,
    /// None: operators have closed the way, the breaker is open, or nobody is there.
    Away,
}

impl Reach {
    fn of(is_closed: bool, registry: &registry::Health) -> Self {
        let lookups = registry.lookups();
        if is_closed || registry.is_gone || lookups == State::Open {
            Self::Away
        } else if registry.is_failing() || lookups == State::HalfOpen {
            Self::Doubtful
        } else {
            Self::There
        }
    }
}

impl Exchange {
    /// Tells whether a person's look-up has a chance now.
    #[must_use]
    pub fn reach(&self) -> Reach {
        Reach::of(self.upstream.is_closed(), &self.upstream.health())
    }

    /// Tells when the registry last gave anybody an answer that could be read.
    #[must_use]
    pub fn registry_answered_at(&self) -> Option<Timestamp> {
        self.upstream.health().last_answer
    }
}

impl Health {
    /// Gives what metrics show of it.
    #[must_use]
    pub fn gauges(&self) -> Gauges {
        let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        let room = &self.registry.room;
        let states = [State::Closed, State::Open, State::HalfOpen];
        let circuits = self.registry.circuits.iter().flat_map(|(operation, now)| {
            states
                .iter()
                .map(move |state| (*operation, state.as_str(), state == now))
        });
        Gauges {
            audit_queued: count(self.audit_queued),
            records_held: self.records_held,
            in_flight: room.in_flight.into(),
            in_flight_limit: room.limit.into(),
            waiting_for_room: [
                (Class::Interactive.as_str(), count(room.waiting)),
                (Class::Batch.as_str(), count(room.batches_waiting)),
            ],
            circuits: circuits.collect(),
        }
    }
}

#[cfg(test)]
mod tests;
