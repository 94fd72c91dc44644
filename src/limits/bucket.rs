//! Is there a token left in this bucket?
//!
//! Governor's GCRA, with the one thing that it lacks: a token can be given back when a later gate refuses the call. Tokens
//! given back are lent out again when governor has none; what would make the bucket more than full is let go. So over any
//! window a bucket admits at most its burst plus rate × window calls that went on, and one. Calls that cross in the same
//! instant may lose a returned token.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use governor::clock::Clock as _;
use governor::middleware::StateInformationMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use moka::policy::EvictionPolicy;
use moka::sync::Cache;

use super::{Exceeded, Limit, OfficerKey};
use crate::clock::Steady;
use crate::domain::client::ClientId;
use crate::domain::pin::Pin;

type Limiter = RateLimiter<NotKeyed, InMemoryState, Steady, StateInformationMiddleware>;

/// How long an officer who doesn't call is remembered; longer than any bucket takes to fill.
const OFFICER_KEPT: Duration = Duration::from_secs(600);

/// Is a bucket of tokens that fills at a steady rate.
#[derive(Debug)]
pub struct Bucket {
    limiter: Limiter,
    clock: Steady,
    burst: u32,
    returned: AtomicU32,
}

impl Bucket {
    /// Makes a full bucket.
    pub fn new(per_second: u32, burst: u32, clock: &Steady) -> Self {
        let [per_second, burst] = [per_second, burst].map(|n| NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN));
        let quota = Quota::per_second(per_second).allow_burst(burst);
        let limiter = RateLimiter::direct_with_clock(quota, clock.clone()).with_middleware();
        Self {
            limiter,
            clock: clock.clone(),
            burst: burst.get(),
            returned: AtomicU32::new(0),
        }
    }

    /// Takes a token and tells how many are left.
    pub fn take(&self, limit: Limit) -> Result<u64, Exceeded> {
        match self.limiter.check() {
            Ok(state) => {
                let left = state.remaining_burst_capacity();
                let room = self.burst.saturating_sub(left).saturating_sub(1);
                let returned = self.returned.fetch_min(room, Ordering::Relaxed).min(room);
                Ok(u64::from(left.saturating_add(returned)))
            }
            Err(refused) => self.take_returned().ok_or_else(|| Exceeded {
                limit,
                retry_after: refused.wait_time_from(self.clock.now()),
            }),
        }
    }

    /// Gives a token back.
    pub fn give_back(&self) {
        self.change_returned(|tokens| (tokens < self.burst).then(|| tokens.saturating_add(1)));
    }

    fn take_returned(&self) -> Option<u64> {
        self.change_returned(|tokens| tokens.checked_sub(1))
            .map(|held| u64::from(held.saturating_sub(1)))
    }

    fn change_returned(&self, change: impl Fn(u32) -> Option<u32>) -> Option<u32> {
        self.returned
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, change)
            .ok()
    }
}

/// Holds a bucket for each officer of each client, as many as fit.
#[derive(Debug)]
pub struct KeyedBuckets {
    buckets: Cache<OfficerKey, Arc<Bucket>>,
    clock: Steady,
}

impl KeyedBuckets {
    /// Makes room for so many officers.
    pub fn new(kept: usize, clock: Steady) -> Self {
        let capacity = u64::try_from(kept).unwrap_or(u64::MAX);
        // LRU, since a newcomer that TinyLFU turns away would start with a full bucket on every call.
        let buckets = Cache::builder()
            .max_capacity(capacity)
            .eviction_policy(EvictionPolicy::lru())
            .time_to_idle(OFFICER_KEPT)
            .build();
        Self { buckets, clock }
    }

    /// Finds or makes the officer's bucket.
    pub fn bucket(&self, client: &ClientId, officer: &Pin, per_second: u32) -> Arc<Bucket> {
        let make = || Arc::new(Bucket::new(per_second, per_second, &self.clock));
        self.buckets.get_with((client.clone(), *officer), make)
    }

    /// Lets go of officers who haven't called for a while.
    pub fn trim(&self) {
        self.buckets.run_pending_tasks();
    }
}

#[cfg(test)]
mod tests;
