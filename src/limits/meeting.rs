//! Where do gateways meet that run in one process?
//!
//! The port's rules, word for word, over a map in memory, with the injected clock as the shared one. Several gateways of a
//! rehearsal share it, and the tests measure every other meeting place by it. Holds what hasn't expired.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;

use super::shared::{Heard, Reply, STRIKES_KEPT, Shared, Spending, Standing, Told, Unavailable};
use crate::clock::Clock;
use crate::sealing::Pseudonym;

#[derive(Debug)]
enum Counter {
    /// The theoretical arrival time.
    Rate(Instant),
    Count {
        total: u64,
        expires: Instant,
    },
    Members {
        members: BTreeSet<Pseudonym>,
        expires: Instant,
    },
    Strikes {
        failures: VecDeque<Instant>,
        locked_until: Instant,
        strikes: u32,
        expires: Instant,
    },
}

/// Is a meeting place in memory.
pub struct Meeting {
    counters: Mutex<HashMap<Pseudonym, Counter>>,
    gateways: u32,
    clock: Arc<dyn Clock>,
}

impl Meeting {
    /// Opens a meeting place for so many gateways.
    #[must_use]
    pub fn new(gateways: u32, clock: Arc<dyn Clock>) -> Self {
        Self {
            counters: Mutex::default(),
            gateways,
            clock,
        }
    }

    fn enter(&self, told: &[Told]) -> Vec<Heard> {
        let now = self.clock.steady();
        let mut counters = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
        let heard = told.iter().map(|told| merge(&mut counters, told, now)).collect();
        // Doubling before each sweep, so that sweeping costs no more than entering did.
        if counters.len() == counters.capacity() {
            counters.retain(|_, counter| counter.expires() > now);
        }
        heard
    }
}

impl Shared for Meeting {
    fn exchange<'a>(&'a self, told: &'a [Told]) -> BoxFuture<'a, Result<Reply, Unavailable>> {
        let heard = self.enter(told);
        let reply = Reply {
            heard,
            gateways: self.gateways,
        };
        Box::pin(std::future::ready(Ok(reply)))
    }
}

impl Counter {
    fn expires(&self) -> Instant {
        match self {
            Self::Rate(arrival) => *arrival,
            Self::Count { expires, .. } | Self::Members { expires, .. } | Self::Strikes { expires, .. } => {
                *expires
            }
        }
    }
}

fn merge(counters: &mut HashMap<Pseudonym, Counter>, told: &Told, now: Instant) -> Heard {
    let counter = counters
        .entry(told.name)
        .and_modify(|counter| {
            if counter.expires() <= now {
                *counter = fresh(&told.spending, now);
            }
        })
        .or_insert_with(|| fresh(&told.spending, now));
    match (counter, &told.spending) {
        (Counter::Rate(arrival), Spending::Rate { period_ns, taken, .. }) => {
            let by = Duration::from_nanos(period_ns.saturating_mul(taken.unsigned_abs()));
            *arrival = if *taken > 0 {
                after((*arrival).max(now), by)
            } else {
                arrival.checked_sub(by).unwrap_or(now).max(now)
            };
            let ahead = arrival.saturating_duration_since(now).as_nanos();
            Heard::Rate {
                ahead_ns: u64::try_from(ahead).unwrap_or(u64::MAX),
            }
        }
        (
            Counter::Count { total, expires },
            Spending::Count {
                expires_in,
                taken,
                floor,
            },
        ) => {
            *total = (*total).max(*floor).saturating_add_signed(*taken);
            *expires = after(now, *expires_in);
            Heard::Count { total: *total }
        }
        (
            Counter::Members { members, expires },
            Spending::Members {
                expires_in,
                members: told,
            },
        ) => {
            members.extend(told);
            *expires = after(now, *expires_in);
            Heard::Members {
                members: members.iter().copied().collect(),
            }
        }
        (counter @ Counter::Strikes { .. }, spending @ Spending::Strikes { .. }) => {
            strike(counter, spending, now)
        }
        // One name of two kinds can't be; whoever says so begins anew.
        (counter, spending) => {
            *counter = fresh(spending, now);
            merge(counters, told, now)
        }
    }
}

fn strike(counter: &mut Counter, spending: &Spending, now: Instant) -> Heard {
    let (
        Counter::Strikes {
            failures,
            locked_until,
            strikes,
            expires,
        },
        Spending::Strikes {
            window,
            limit,
            longest,
            failed,
        },
    ) = (counter, spending)
    else {
        return Heard::Strikes(Standing::default());
    };
    failures.retain(|failed| after(*failed, *window) > now);
    if after(*locked_until, STRIKES_KEPT) <= now {
        *strikes = 0;
    }
    for _ in 0..*failed {
        failures.push_back(now);
    }
    let failed = u32::try_from(failures.len()).unwrap_or(u32::MAX);
    if *locked_until <= now && failed >= *limit {
        failures.clear();
        let longer = 2_u32.saturating_pow(*strikes);
        *locked_until = after(now, window.saturating_mul(longer).min(*longest));
        *strikes = strikes.saturating_add(1);
    }
    *expires = after(now, *window).max(after(*locked_until, STRIKES_KEPT));
    Heard::Strikes(Standing {
        failures: u32::try_from(failures.len()).unwrap_or(u32::MAX),
        locked_for: locked_until.saturating_duration_since(now),
        strikes: *strikes,
    })
}

fn fresh(spending: &Spending, now: Instant) -> Counter {
    match spending {
        Spending::Rate { .. } => Counter::Rate(now),
        Spending::Count { expires_in, .. } => Counter::Count {
            total: 0,
            expires: after(now, *expires_in),
        },
        Spending::Members { expires_in, .. } => Counter::Members {
            members: BTreeSet::new(),
            expires: after(now, *expires_in),
        },
        Spending::Strikes { window, .. } => Counter::Strikes {
            failures: VecDeque::new(),
            locked_until: now,
            strikes: 0,
            expires: after(now, *window),
        },
    }
}

fn after(moment: Instant, duration: Duration) -> Instant {
    moment.checked_add(duration).unwrap_or(moment)
}
