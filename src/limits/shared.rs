//! What do several gateways tell each other, so that they keep one limit together?
//!
//! The port behind which they meet. A call never waits for it: each gateway counts by itself and now and then tells, for each
//! counter that it touched, what was spent *here* since it last told; the reply says where the counter stands with everybody's
//! spending in it. So limits are overshot by no more than what the other gateways admit between two exchanges. What is told
//! is never refused: what was spent is spent, and an overshoot is paid off before the next call is admitted.
//! Names are keyed hashes; no number of a person or officer goes out. An exchange that fails may or may not have been
//! counted, and is told again: in doubt too much is counted, never too little.

use std::time::Duration;

use futures_util::future::BoxFuture;

use crate::sealing::Pseudonym;

/// Is where gateways meet. All of one exchange is one round trip; each entry is merged on its own, in any order of gateways.
pub trait Shared: Send + Sync + 'static {
    /// Adds what was spent here, and gives as many standings as were told, in the same order and of the same kinds.
    fn exchange<'a>(&'a self, told: &'a [Told]) -> BoxFuture<'a, Result<Reply, Unavailable>>;
}

/// Says that the gateways can't agree now. Why is for whoever implements the port to log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the shared limits can't be reached")]
pub struct Unavailable;

/// Is what was spent here of one counter since it was last told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Names the counter, the same in every gateway; of a calendar's counter, its day or month is part of the name.
    pub name: Pseudonym,
    /// What was spent.
    pub spending: Spending,
}

/// Is spending of one of the four kinds of counters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spending {
    /// Calls against a rate, kept as the theoretical arrival time (GCRA).
    ///
    /// `taken > 0`: `arrival = max(arrival, now) + taken · period`. `taken ≤ 0` (given back, or only asked):
    /// `arrival = max(arrival − |taken| · period, now)`. `now` is the shared clock's. The counter may be forgotten
    /// once `arrival ≤ now`.
    Rate {
        /// Nanoseconds between two calls in the long run.
        period_ns: u64,
        /// Calls at once after a pause; no part of the rule, but a bound on how long the counter must be kept.
        burst: u32,
        /// Calls, less those given back.
        taken: i64,
    },
    /// Calls in a calendar day or month: `total = max(total, floor) + taken`, never below nought.
    Count {
        /// After which time nobody asks for the counter any more.
        expires_in: Duration,
        /// Calls, less those given back.
        taken: i64,
        /// What is known to have been spent, even if the shared count was lost.
        floor: u64,
    },
    /// Distinct officers who asked about one number in a day: `members = members ∪ told`.
    Members {
        /// After which time nobody asks for the counter any more.
        expires_in: Duration,
        /// Those who are new here. Hashes that are good within this counter only: officers can't be followed from one to another.
        members: Vec<Pseudonym>,
    },
    /// Failed guesses, with lock-outs that grow.
    ///
    /// In this order, `now` being the shared clock's: 1. failures older than `window` are let go; 2. `strikes` become 0 if
    /// the last lock-out ended [`STRIKES_KEPT`] ago or longer; 3. `failed` failures are entered at `now`; 4. if there is no
    /// lock-out and at least `limit` failures stand, all failures are let go, the lock-out lasts
    /// `min(window · 2^strikes, longest)` from `now`, and then `strikes += 1`.
    Strikes {
        /// How long a failure counts.
        window: Duration,
        /// How many failures make a strike.
        limit: u32,
        /// The longest lock-out.
        longest: Duration,
        /// Failures here.
        failed: u32,
    },
}

/// After how long without a lock-out the earlier ones are forgotten.
pub const STRIKES_KEPT: Duration = Duration::from_secs(24 * 3600);

/// Is where all told counters stand, everybody's spending included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The standings, in the order told.
    pub heard: Vec<Heard>,
    /// How many gateways exchange at present, this one included; when they can't, each goes on with its part of the limits.
    pub gateways: u32,
}

/// Is where one counter stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// Of a rate.
    Rate {
        /// The theoretical arrival time less the shared clock's now; nought where the bucket is full.
        ahead_ns: u64,
    },
    /// Of a calendar's count.
    Count {
        /// Calls of all gateways.
        total: u64,
    },
    /// Of the distinct officers.
    Members {
        /// All of them, those just told included.
        members: Vec<Pseudonym>,
    },
    /// Of failed guesses.
    Strikes {
        /// Failures within the window.
        failures: u32,
        /// How much longer the lock-out lasts; nought where there is none.
        locked_for: Duration,
        /// How many lock-outs there have been lately, one that lasts included.
        strikes: u32,
    },
}
