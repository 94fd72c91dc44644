//! Can the gateways agree, and what does each do if they can't?
//!
//! A gateway that has heard nothing from the meeting place for a while is apart. Then each limit follows its configured
//! rule: a part of it for each gateway that was last known, so that together they keep it, or nothing at all. A gateway that
//! was never told of a meeting place is alone and has all of every limit. Places under way are divided always: they are
//! counted where the calls are.

use std::num::NonZeroU32;

use super::guesses::Budget;
use super::rate::Rate;

/// Says what a gateway does with a limit while it can't agree with the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenApart {
    /// Refuses every call that the limit would have to count; of guesses, every one after the first that failed.
    Refuse,
    /// Keeps to its own part.
    Share,
}

/// Holds the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Of failed guesses.
    pub guesses: WhenApart,
    /// Of rates, of officers and of clients.
    pub rates: WhenApart,
    /// Of what is counted by day and month, the officers of a number included.
    pub quotas: WhenApart,
}

/// Tells how a gateway stands to the others at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// How many gateways there are, this one included.
    pub gateways: NonZeroU32,
    /// Whether they can't agree.
    pub is_apart: bool,
    /// Whether nobody has a second wrong guess while they can't.
    pub is_strict: bool,
}

impl Link {
    /// Is how a lone gateway stands.
    pub const ALONE: Self = Self {
        gateways: NonZeroU32::MIN,
        is_apart: false,
        is_strict: false,
    };

    /// Gives what is to be kept of a rate.
    pub fn rate(self, rate: Rate) -> Rate {
        if self.is_apart {
            rate.shared_among(self.gateways)
        } else {
            rate
        }
    }

    /// Gives what is to be kept of a budget of guesses; one is left to each gateway at the least.
    pub fn guesses(self, budget: Budget) -> Budget {
        if !self.is_apart {
            return budget;
        }
        Budget {
            limit: (budget.limit / self.gateways).max(1),
            ..budget
        }
    }

    /// Gives what is kept of it once a guess has failed: where it must be, that was the only one, until the lock-out is over.
    pub fn failed_guesses(self, budget: Budget) -> Budget {
        if self.is_apart && self.is_strict {
            return Budget { limit: 1, ..budget };
        }
        self.guesses(budget)
    }

    /// Gives the places under way that are this gateway's.
    pub fn places(self, all: u32) -> u32 {
        all.div_ceil(self.gateways.get())
    }

    /// Gives the gateways among whom what is left of a quota is divided, where they can't agree.
    pub fn quotas_parted_from(self) -> Option<NonZeroU32> {
        self.is_apart.then_some(self.gateways)
    }
}
