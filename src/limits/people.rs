//! What is counted of one officer, and of one person asked about?
//!
//! The two kinds of counters of which there is no end, and the third that watches for somebody whom guesses from everywhere
//! are aimed at. Each is kept by client; the watch alone is for all clients together, and locks nobody.

use std::time::Duration;

use super::Moment;
use super::guesses::{Budget, Guesses};
use super::rate::{Bucket, Rate};
use super::subjects::Officers;
use super::table::{Counter, Needed};
use crate::policy::clients::{self, Allowance};

/// Counts an officer's calls.
#[derive(Debug, Default)]
pub struct Officer {
    /// Calls in a short time.
    pub rate: Bucket,
    /// Failed guesses.
    pub guesses: Guesses,
    /// Whether it will be told to other gateways anyway.
    pub is_touched: bool,
}

impl Counter for Officer {
    fn needed(&self, now: Moment) -> Needed {
        if self.is_touched || self.guesses.have_weight(now.steady) {
            Needed::Yes
        } else if self.rate.is_spare(now.steady) {
            Needed::No
        } else {
            Needed::IfRoom
        }
    }
}

/// Counts the calls of a client about one number.
#[derive(Debug, Default)]
pub struct Person {
    /// Who asked today.
    pub officers: Officers,
    /// Failed guesses.
    pub guesses: Guesses,
    /// Whether it will be told to other gateways anyway.
    pub is_touched: bool,
}

impl Counter for Person {
    fn needed(&self, now: Moment) -> Needed {
        if self.is_touched || self.guesses.have_weight(now.steady) {
            Needed::Yes
        } else if self.officers.have_weight(now.today()) {
            Needed::IfRoom
        } else {
            Needed::No
        }
    }
}

/// For how long failures of all clients about one number are added up.
const WATCHED: u64 = 3_600_000_000_000;

/// Counts the failures of all clients about one number.
#[derive(Debug, Default)]
pub struct Watch {
    until: u64,
    failures: u32,
}

impl Watch {
    /// Counts a failure; tells whether it is the one that makes them too many, which it is once an hour at the most.
    pub fn fail(&mut self, too_many: u32, now: u64) -> bool {
        if self.until <= now {
            *self = Self {
                until: now.saturating_add(WATCHED),
                failures: 0,
            };
        }
        self.failures = self.failures.saturating_add(1);
        self.failures == too_many
    }
}

impl Counter for Watch {
    fn needed(&self, now: Moment) -> Needed {
        if self.until <= now.steady {
            Needed::No
        } else {
            Needed::IfRoom
        }
    }
}

/// Gives the rate of one officer.
pub fn officer_rate(allowance: &Allowance) -> Rate {
    Rate::of(clients::Rate {
        per_second: allowance.officer_per_second,
        burst: allowance.officer_burst,
    })
}

/// Gives the budget of one officer's failed guesses.
pub fn officer_budget(allowance: &Allowance) -> Budget {
    Budget {
        window: Duration::from_secs(600),
        limit: allowance.guesses.per_officer,
    }
}

/// Gives the budget of a client's failed guesses about one number.
pub fn person_budget(allowance: &Allowance) -> Budget {
    Budget {
        window: Duration::from_secs(3600),
        limit: allowance.guesses.per_person,
    }
}
