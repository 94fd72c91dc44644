//! Has this caller asked too much?
//!
//! Third gate of the road: takes a `Grant`, gives an `Admission`. Limits are checked narrowest first (officer, client burst
//! and rate, concurrency, day, month), so a refused call spends nothing wider; when a later gate refuses,
//! `Admission::give_back` returns what the earlier ones took. An admission that is dropped counts as spent: the caller that
//! hangs up doesn't ask for free. Counters live in this process; the day's and month's calls are read back at the start
//! from the audit store, where each row that spent was counted in its own transaction. Knows nothing of HTTP.

mod bucket;
mod calendar;
mod quota;
pub mod redis;
pub mod shared;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use jiff::Timestamp;

use crate::clock::{Clock, Steady};
use crate::domain::client::ClientId;
use crate::domain::pin::Pin;
use crate::policy::Grant;
use crate::policy::clients::{Allowance, Client};
use bucket::{Bucket, KeyedBuckets};
pub use calendar::{Day, day_of};
use quota::Quota;

/// Is one of the limits, by the name that callers see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Limit {
    /// Calls a second of one officer.
    Officer,
    /// Calls of the client in a short time.
    Burst,
    /// Calls of the client under way at once.
    Concurrency,
    /// Calls of the client in a calendar day.
    Day,
    /// Calls of the client in a calendar month.
    Month,
    /// Calls that were refused before the limits.
    Refused,
}

impl Limit {
    /// Gives the name that headers, problems and metrics use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Officer => "officer",
            Self::Burst => "burst",
            Self::Concurrency => "concurrency",
            Self::Day => "day",
            Self::Month => "month",
            Self::Refused => "refused",
        }
    }
}

/// Says which limit refused the call, and when it is worth trying again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the limit {} is used up", limit.as_str())]
pub struct Exceeded {
    /// The limit.
    pub limit: Limit,
    /// How long to wait.
    pub retry_after: Duration,
}

/// Tells where the caller stands against the limit that it is nearest to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remaining {
    /// The limit.
    pub limit: Limit,
    /// Calls left.
    pub calls: u64,
    /// Time until the limit is whole again.
    pub resets_in: Duration,
}

/// States what is the same for all clients.
#[derive(Debug, Clone, Copy)]
pub struct Config {
    /// Calls a second that a client may have refused before the limits.
    pub refused_per_second: u32,
    /// Officers whose buckets are kept at once.
    pub officers_kept: usize,
}

/// Holds how much of a quota was spent before this process started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spent {
    /// Calls in the day.
    pub day: u64,
    /// Calls in the month.
    pub month: u64,
}

#[derive(Debug)]
struct Counters {
    allowance: Allowance,
    burst: Bucket,
    refused: Bucket,
    under_way: AtomicU32,
    quota: Quota,
}

/// Holds the counters of every client and officer.
#[derive(Debug)]
pub struct Limits {
    clients: BTreeMap<ClientId, Arc<Counters>>,
    officers: KeyedBuckets,
    /// The refusals of clients that have an issuer's token and no registration, all together.
    unregistered: Bucket,
}

impl Limits {
    /// Makes the counters; `spent` tells what each client had used when the process started.
    #[must_use]
    pub fn new<'c>(
        config: Config,
        clients: impl IntoIterator<Item = &'c Arc<Client>>,
        spent: &BTreeMap<ClientId, Spent>,
        clock: &Arc<dyn Clock>,
    ) -> Self {
        let (steady, now) = (Steady::new(Arc::clone(clock)), clock.now());
        let refused = || Bucket::new(config.refused_per_second, config.refused_per_second, &steady);
        let counters = |client: &Client| Counters {
            allowance: client.allowance,
            burst: Bucket::new(client.allowance.rate_per_second, client.allowance.burst, &steady),
            refused: refused(),
            under_way: AtomicU32::new(0),
            quota: Quota::new(spent.get(&client.id).copied().unwrap_or_default(), now),
        };
        let clients = clients
            .into_iter()
            .map(|client| (client.id.clone(), Arc::new(counters(client))))
            .collect();
        Self {
            clients,
            unregistered: refused(),
            officers: KeyedBuckets::new(config.officers_kept, steady.clone()),
        }
    }

    /// Admits the call, or says which limit is used up.
    ///
    /// # Errors
    /// `Exceeded`: nothing was spent then.
    pub fn admit(&self, grant: &Grant, now: Timestamp) -> Result<Admission, Exceeded> {
        let client = grant.client();
        let counters = self.counters(&client.id)?;
        let allowance = counters.allowance;
        let officer = self
            .officers
            .bucket(&client.id, grant.officer(), allowance.officer_per_second);
        let officer_left = officer.take(Limit::Officer)?;
        let burst_left = counters
            .burst
            .take(Limit::Burst)
            .inspect_err(|_| officer.give_back())?;
        let taken = Taken {
            officer,
            counters: Arc::clone(counters),
        };
        let places_left = taken.enter().inspect_err(|_| taken.return_buckets())?;
        let quota = match counters.quota.take(&allowance, now) {
            Ok(left) => left,
            Err(exceeded) => {
                taken.leave();
                taken.return_buckets();
                return Err(exceeded);
            }
        };
        let second = Duration::from_secs(1);
        let refill = refill(&allowance);
        let standings = [
            (
                Remaining {
                    limit: Limit::Officer,
                    calls: officer_left,
                    resets_in: second,
                },
                u64::from(allowance.officer_per_second),
            ),
            (
                Remaining {
                    limit: Limit::Burst,
                    calls: burst_left,
                    resets_in: refill,
                },
                u64::from(allowance.burst),
            ),
            (
                Remaining {
                    limit: Limit::Concurrency,
                    calls: places_left,
                    resets_in: second,
                },
                u64::from(allowance.concurrency),
            ),
            (quota.day, allowance.per_day),
            (quota.month, allowance.per_month),
        ];
        Ok(Admission {
            nearest: nearest(standings),
            taken: Some((taken, quota.spent_on)),
        })
    }

    /// Admits a client that reads its own registration: only its burst and rate count.
    ///
    /// # Errors
    /// `Exceeded` where they are used up.
    pub fn admit_reading(&self, client: &Client) -> Result<Remaining, Exceeded> {
        let counters = self.counters(&client.id)?;
        let calls = counters.burst.take(Limit::Burst)?;
        Ok(Remaining {
            limit: Limit::Burst,
            calls,
            resets_in: refill(&counters.allowance),
        })
    }

    /// Counts a call that was refused before the limits; clients that aren't registered share one count.
    ///
    /// # Errors
    /// `Exceeded` where the client has too many of them.
    pub fn count_refusal(&self, client: &ClientId) -> Result<(), Exceeded> {
        let refused = self
            .clients
            .get(client)
            .map_or(&self.unregistered, |counters| &counters.refused);
        refused.take(Limit::Refused).map(|_| ())
    }

    /// Finds the client's counters; one without any was registered after they were made, and may ask in a second.
    fn counters(&self, client: &ClientId) -> Result<&Arc<Counters>, Exceeded> {
        self.clients.get(client).ok_or(Exceeded {
            limit: Limit::Burst,
            retry_after: Duration::from_secs(1),
        })
    }

    /// Forgets officers who haven't called for a while; run it now and then.
    pub fn trim(&self) {
        self.officers.trim();
    }
}

/// Tells how long an empty burst takes to fill.
fn refill(allowance: &Allowance) -> Duration {
    Duration::from_secs(u64::from(
        allowance.burst.div_ceil(allowance.rate_per_second.max(1)),
    ))
}

fn nearest(standings: [(Remaining, u64); 5]) -> Remaining {
    let [first, rest @ ..] = standings;
    let is_nearer = |(candidate, of): (Remaining, u64), (best, best_of): (Remaining, u64)| {
        u128::from(candidate.calls) * u128::from(best_of) < u128::from(best.calls) * u128::from(of)
    };
    rest.into_iter()
        .fold(first, |best, candidate| {
            if is_nearer(candidate, best) {
                candidate
            } else {
                best
            }
        })
        .0
}

#[derive(Debug)]
struct Taken {
    officer: Arc<Bucket>,
    counters: Arc<Counters>,
}

impl Taken {
    /// Takes a place among the calls under way and tells how many are left once this call has ended.
    fn enter(&self) -> Result<u64, Exceeded> {
        let most = self.counters.allowance.concurrency;
        let entered = self
            .counters
            .under_way
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |now| {
                (now < most).then(|| now.saturating_add(1))
            });
        let refused = Exceeded {
            limit: Limit::Concurrency,
            retry_after: Duration::from_secs(1),
        };
        entered
            .map(|others| u64::from(most.saturating_sub(others)))
            .map_err(|_| refused)
    }

    fn leave(&self) {
        let left = |now: u32| Some(now.saturating_sub(1));
        // The closure always gives a value, so the update can't fail.
        let _ = self
            .counters
            .under_way
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, left);
    }

    fn return_buckets(&self) {
        self.officer.give_back();
        self.counters.burst.give_back();
    }
}

/// Proves that a call was admitted; holds its place among those under way.
#[derive(Debug)]
pub struct Admission {
    nearest: Remaining,
    taken: Option<(Taken, Day)>,
}

impl Admission {
    /// Tells where the caller stands against the limit that it is nearest to.
    #[must_use]
    pub fn nearest(&self) -> Remaining {
        self.nearest
    }

    /// Returns what the call took, because a later gate refused it.
    pub fn give_back(mut self) {
        if let Some((taken, day)) = self.taken.take() {
            taken.return_buckets();
            taken.counters.quota.give_back(day);
            taken.leave();
        }
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        if let Some((taken, _)) = self.taken.take() {
            taken.leave();
        }
    }
}

/// Names the limits of a client with their sizes, for the headers: name, size and, for a moving window, its seconds.
#[must_use]
pub fn policies(allowance: &Allowance) -> [(Limit, u64, Option<u64>); 5] {
    let refill = refill(allowance).as_secs();
    [
        (Limit::Officer, u64::from(allowance.officer_per_second), Some(1)),
        (Limit::Burst, u64::from(allowance.burst), Some(refill)),
        (Limit::Concurrency, u64::from(allowance.concurrency), None),
        (Limit::Day, allowance.per_day, None),
        (Limit::Month, allowance.per_month, None),
    ]
}

/// Gives the officer's key: the number itself, kept in memory only.
pub(crate) type OfficerKey = (ClientId, Pin);

#[cfg(test)]
mod tests;
