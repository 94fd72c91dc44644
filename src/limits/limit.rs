//! Which limits are there, how large are they, and what is said of one that is used up?
//!
//! The vocabulary of this gate, which problems, headers and metrics share. Some limits are told to callers; those that would
//! tell of other people or other clients never are.

use std::time::Duration;

use super::guesses::SECOND;
use super::rate::Rate;
use super::table::Full;

/// Is one of the limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Limit {
    /// Calls a second of one officer.
    Officer,
    /// Officers of the client who asked about one number today.
    Subject,
    /// Calls that failed to name their person.
    Guesses,
    /// Rows of batches that failed to name this very person.
    Person,
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
    /// None: the call can't be counted, since the gateways can't agree or all places for counters are taken.
    Uncounted,
}

impl Limit {
    /// Gives the name that metrics use, and headers and problems where the limit is told.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Officer => "officer",
            Self::Subject => "subject",
            Self::Guesses | Self::Person => "guess",
            Self::Burst => "burst",
            Self::Concurrency => "concurrency",
            Self::Day => "day",
            Self::Month => "month",
            Self::Refused => "refused",
            Self::Uncounted => "uncounted",
        }
    }

    /// Tells whether callers are told where they stand against it; the rest would tell of other people.
    #[must_use]
    pub fn is_told(self) -> bool {
        match self {
            Self::Officer | Self::Burst | Self::Concurrency | Self::Day | Self::Month => true,
            Self::Subject | Self::Guesses | Self::Person | Self::Refused | Self::Uncounted => false,
        }
    }
}

/// Is how large a limit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Calls.
    pub calls: u64,
    /// Seconds in which they may come; nothing where a calendar says, or where it is calls at once.
    pub seconds: Option<u32>,
}

impl Size {
    /// Is the size of what callers aren't told of.
    pub const UNTOLD: Self = Self {
        calls: 0,
        seconds: None,
    };

    pub(super) fn of(calls: u64) -> Self {
        Self { calls, seconds: None }
    }

    pub(super) fn of_rate(rate: Rate) -> Self {
        let whole = Duration::from_nanos(rate.period.saturating_mul(u64::from(rate.burst)));
        Self {
            calls: u64::from(rate.burst),
            // The period is rounded up; that must not make a second more.
            seconds: u32::try_from(whole.saturating_sub(Duration::from_millis(1)).as_secs() + 1).ok(),
        }
    }
}

/// Says which limit refused the call, and when it is worth trying again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the limit {} is used up", limit.as_str())]
pub struct Exceeded {
    /// The limit.
    pub limit: Limit,
    /// How large it is.
    pub of: Size,
    /// How long to wait.
    pub retry_after: Duration,
}

impl Exceeded {
    pub(super) fn new(limit: Limit, of: Size, retry_after: Duration) -> Self {
        Self {
            limit,
            of,
            retry_after,
        }
    }

    /// Tells whether nobody has guessed wrongly, and only too many calls are under way that could.
    #[must_use]
    pub fn is_of_open_guesses(&self) -> bool {
        matches!(self.limit, Limit::Guesses | Limit::Person) && self.retry_after == SECOND
    }

    pub(super) fn untold(limit: Limit, retry_after: Duration) -> Self {
        Self::new(limit, Size::UNTOLD, retry_after)
    }

    /// A call that can't be counted.
    pub(super) fn uncounted() -> Self {
        Self::untold(Limit::Uncounted, Duration::from_secs(1))
    }
}

impl From<Full> for Exceeded {
    fn from(Full: Full) -> Self {
        Self::uncounted()
    }
}

/// Tells where the caller stands against a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remaining {
    /// The limit.
    pub limit: Limit,
    /// How large it is.
    pub of: Size,
    /// Calls left.
    pub calls: u64,
    /// Time until the limit is whole again.
    pub resets_in: Duration,
}
