//! Is there a token left in the bucket of refused calls?
//!
//! Governor's GCRA, for what is local to this gateway and never given back: calls that no limit has seen. It takes no lock and
//! so costs a flood of refusals next to nothing.

use std::num::NonZeroU32;

use governor::clock::Clock as _;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

use super::{Exceeded, Limit};
use crate::clock::Steady;

type Limiter = RateLimiter<NotKeyed, InMemoryState, Steady, NoOpMiddleware<std::time::Duration>>;

/// Is a bucket of tokens that fills at a steady rate.
#[derive(Debug)]
pub struct Bucket {
    limiter: Limiter,
    clock: Steady,
}

impl Bucket {
    /// Makes a full bucket.
    pub fn new(per_second: u32, burst: u32, clock: &Steady) -> Self {
        let [per_second, burst] = [per_second, burst].map(|n| NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN));
        let quota = Quota::per_second(per_second).allow_burst(burst);
        Self {
            limiter: RateLimiter::direct_with_clock(quota, clock.clone()),
            clock: clock.clone(),
        }
    }

    /// Takes a token.
    pub fn take(&self) -> Result<(), Exceeded> {
        self.limiter
            .check()
            .map_err(|refused| Exceeded::untold(Limit::Refused, refused.wait_time_from(self.clock.now())))
    }
}
