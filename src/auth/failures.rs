//! How many bad tokens may one address still have us check?
//!
//! Every address has an allowance of failed authentications, refilled steadily. Only failures spend it, and only who sends
//! a token that isn't known yet is asked for it: remembered tokens pass whatever their address has done, so callers who
//! share an address with a forger go on. It is looked at before any signature is checked. An IPv6 address counts as its
//! /64, which one machine has for itself. Bounded: beyond so many spenders at a time newcomers go uncounted, since who
//! has that many addresses isn't held up by counting them. Pure but for its table: time is handed in.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The most addresses that are counted at a time.
const MOST: usize = 100_000;

/// For how long an address may spend ahead: what it may fail at once.
const AHEAD: Duration = Duration::from_secs(1);

/// Counts failed authentications by address.
pub(super) struct Failures {
    /// How long it takes until one failure is made good.
    interval: Duration,
    /// Until when each address has spent.
    spent_until: Mutex<HashMap<IpAddr, Instant>>,
}

impl Failures {
    /// Allows each address so many failures a second.
    pub(super) fn new(per_second: NonZeroU32) -> Self {
        Self {
            interval: AHEAD / per_second.get(),
            spent_until: Mutex::default(),
        }
    }

    /// Tells how long an address must wait until another token of its own is looked at; nothing where it needn't.
    pub(super) fn must_wait(&self, address: IpAddr, now: Instant) -> Option<Duration> {
        let until = *self.table().get(&network(address))?;
        let ahead = until.saturating_duration_since(now).saturating_add(self.interval);
        ahead.checked_sub(AHEAD).filter(|wait| !wait.is_zero())
    }

    /// Counts a failure.
    pub(super) fn count(&self, address: IpAddr, now: Instant) {
        let mut table = self.table();
        let address = network(address);
        if table.len() >= MOST && !table.contains_key(&address) {
            table.retain(|_, until| *until > now);
            if table.len() >= MOST {
                return;
            }
        }
        let until = table.entry(address).or_insert(now);
        *until = (*until).max(now).checked_add(self.interval).unwrap_or(now);
    }

    fn table(&self) -> MutexGuard<'_, HashMap<IpAddr, Instant>> {
        self.spent_until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives the address that stands for all of its owner's.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests;
