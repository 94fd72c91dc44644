//! Is there a token left in this bucket?
//!
//! Governor's GCRA, with the one thing that it lacks: a token can be given back when a later gate refuses the call. What
//! is given back is lent out again before it is forgotten with the next second, so over any window a bucket admits at most
//! its burst plus rate × window calls that went on, and one second's returned calls on top of those admitted.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
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
    /// Second of the clock in the upper half, tokens given back in that second in the lower.
    returned: AtomicU64,
}

impl Bucket {
    /// Makes a full bucket.
    pub fn new(per_second: u32, burst: u32, clock: &Steady) -> Self {
        let quota = Quota::per_second(NonZeroU32::new(per_second).unwrap_or(NonZeroU32::MIN))
            .allow_burst(NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN));
        let limiter = RateLimiter::direct_with_clock(quota, clock.clone()).with_middleware();
        Self {
            limiter,
            clock: clock.clone(),
            returned: AtomicU64::new(0),
        }
    }

    /// Takes a token and tells how many are left.
    pub fn take(&self, limit: Limit) -> Result<u64, Exceeded> {
        match self.limiter.check() {
            Ok(state) => Ok(u64::from(state.remaining_burst_capacity())),
            Err(_) if self.take_returned() => Ok(0),
            Err(refused) => Err(Exceeded {
                limit,
                retry_after: refused.wait_time_from(self.clock.now()),
            }),
        }
    }

    /// Gives a token back.
    pub fn give_back(&self) {
        self.change_returned(|tokens| tokens.checked_add(1));
    }

    fn take_returned(&self) -> bool {
        self.change_returned(|tokens| tokens.checked_sub(1))
    }

    fn change_returned(&self, change: impl Fn(u32) -> Option<u32>) -> bool {
        let second = self.clock.now().as_secs() & u64::from(u32::MAX);
        let changed = |held: u64| {
            let tokens = if held >> 32 == second {
                u32::try_from(held & u64::from(u32::MAX)).unwrap_or(0)
            } else {
                0
            };
            change(tokens).map(|tokens| second << 32 | u64::from(tokens))
        };
        self.returned
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, changed)
            .is_ok()
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
