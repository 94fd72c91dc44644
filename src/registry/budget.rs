//! May one more call go to the registry now?
//!
//! Stands right before the wire: one `Permit` is one call, spent by sending it and good for nothing else; it can't be
//! copied or kept. The budget is the registry's patience with this gateway as a whole, so retries and the steps of the
//! ladder pay like first queries do. Runs on the injected clock. When it is spent nothing is sent and the caller
//! learns when to come back.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::Clock as _;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

use crate::clock::{Clock, Steady};

/// Is the right to make one call.
#[derive(Debug)]
#[must_use = "a permit is spent whether used or not"]
pub struct Permit(());

/// Says that no call may be made now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the budget of registry calls is spent")]
pub struct Exhausted {
    /// When the next call may be made.
    pub retry_after: Duration,
}

/// Hands out permits, so many a second and so many at once.
#[derive(Clone)]
pub struct Budget {
    limiter: Arc<RateLimiter<NotKeyed, InMemoryState, Steady, NoOpMiddleware<Duration>>>,
    clock: Steady,
}

impl Budget {
    /// Makes a full budget.
    #[must_use]
    pub fn new(per_second: NonZeroU32, burst: NonZeroU32, clock: Arc<dyn Clock>) -> Self {
        let clock = Steady::new(clock);
        let quota = Quota::per_second(per_second).allow_burst(burst);
        Self {
            limiter: Arc::new(RateLimiter::direct_with_clock(quota, clock.clone())),
            clock,
        }
    }

    /// Takes one permit, or says when there will be one.
    pub fn take(&self) -> Result<Permit, Exhausted> {
        self.limiter.check().map(Permit).map_err(|until| Exhausted {
            retry_after: until.wait_time_from(self.clock.now()),
        })
    }
}

#[cfg(test)]
mod tests;
