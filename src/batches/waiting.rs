//! Why does a batch stand still, for how long, and what does it wait for?
//!
//! What a refused row says of all the others, and what is known of the registry between the rounds. Pure. Who waits for the
//! registry isn't tried while that is known to be away, and at once when it is back; only where nothing is known of it (it is
//! there, and answers no look-up) it is tried, longer apart each time. Whatever else is in the way is waited for by its own
//! time. What concerns a row alone has nobody wait; of an answer that can't be read it shows with time whose trouble it is: it is
//! the row's own, and its result, where others were answered between its tries, and everybody's where nobody was.

use std::time::Duration;

use jiff::Timestamp;

use super::store::{Open, Way};
use crate::domain::problem::Code;
use crate::exchange::{Cause, Reach};
use crate::limits::Limit;
use crate::registry::{Failure, Rejection};

/// The longest that a batch stands still before a row is tried again.
const LONGEST: Duration = Duration::from_secs(300);
/// The same, where one row goes ahead to find out about the registry: it costs little.
const LONGEST_FOR_REGISTRY: Duration = Duration::from_secs(60);
const SHORTEST: Duration = Duration::from_secs(1);

/// How long a row rests whose answer couldn't be read.
const REST: Duration = Duration::from_secs(10);

/// Is why a batch stands still, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pause {
    pub code: Code,
    pub awaits: Awaited,
}

/// Is what a batch waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Awaited {
    /// That the registry answers.
    Registry,
    /// A time that was told.
    Time(Duration),
    /// Something of which nothing is heard until it is tried.
    Unheard,
}

impl Pause {
    pub fn unheard(code: Code) -> Self {
        let awaits = Awaited::Unheard;
        Self { code, awaits }
    }

    /// Gives how long the batch is let alone that has stood still for so long; where that wasn't told, the longer the longer.
    pub fn length(self, stood: Duration) -> Duration {
        match self.awaits {
            Awaited::Registry => (stood / 4).clamp(SHORTEST, LONGEST_FOR_REGISTRY),
            Awaited::Time(time) => time,
            Awaited::Unheard => (stood / 4).clamp(SHORTEST, LONGEST),
        }
    }
}

/// Tells whether a refusal is none of the row's own, so that the row is to be asked again and all others wait with it.
pub(super) fn pause_for(cause: &Cause) -> Option<Pause> {
    let awaits = match cause {
        Cause::Registry(failure) => match failure {
            Failure::Unavailable(_)
            | Failure::Timeout
            | Failure::Maintenance
            | Failure::CircuitOpen { .. }
            // Neither ours nor the row's: a page in an answer's place.
            | Failure::Protocol(_) => Awaited::Registry,
            Failure::BudgetExhausted { retry_after } => Awaited::Time(*retry_after),
            // The unit's own allotment at the registry, and our credentials, aren't the row's either.
            Failure::BudgetApart
            | Failure::BulkheadFull { .. }
            | Failure::Rejected(Rejection::Quota | Rejection::Credentials) => Awaited::Unheard,
            Failure::Rejected(Rejection::Licence | Rejection::Officer | Rejection::Request) => return None,
        },
        // Who is named wrongly again and again is this row's own trouble; all other limits are everybody's.
        Cause::Exceeded(exceeded) if exceeded.limit == Limit::Person && !exceeded.is_of_open_guesses() => {
            return None;
        }
        Cause::Exceeded(exceeded) => Awaited::Time(exceeded.retry_after),
        // Operators may open the way again before the time that they said.
        Cause::Maintenance(_) => Awaited::Registry,
        Cause::Audit(_) | Cause::Idempotency(_) => Awaited::Unheard,
        Cause::Unauthenticated(_)
        | Cause::Denied(_)
        | Cause::IdempotencyMismatch
        | Cause::IdempotencyConflict
        | Cause::BatchQuota { .. }
        | Cause::RoleMissing(_)
        | Cause::NotCached
        | Cause::Edge(_) => return None,
    };
    let code = cause.code();
    Some(Pause { code, awaits })
}

/// Tells whether what came is an answer that can't be read.
pub(super) fn is_unread(cause: &Cause) -> bool {
    matches!(cause, Cause::Registry(Failure::Protocol(_)))
}

/// Is what follows for a batch from an answer to a row of it that can't be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unread {
    /// It is this row's result.
    Refuses,
    /// The row is asked about later, after the others.
    Waits,
    /// All others wait with it.
    StandsStill,
}

impl Unread {
    /// Judges by when the row was asked about before, if it couldn't be read then either; by when the registry last gave anybody
    /// an answer; whether the batch has been tried for long enough; and what is known of the registry.
    pub fn judge(
        before: Option<Timestamp>,
        answered_at: Option<Timestamp>,
        is_overdue: bool,
        reach: Reach,
    ) -> Self {
        match before {
            Some(before) if is_overdue || answered_at.is_some_and(|answered| answered >= before) => {
                Self::Refuses
            }
            None if reach == Reach::There => Self::Waits,
            Some(_) | None => Self::StandsStill,
        }
    }
}

/// Chooses among a batch's rows those that are asked about in a round, or tells how long all of them rest.
pub(super) fn chosen(
    mut rows: Vec<Open>,
    goes_ahead: bool,
    is_overdue: bool,
    now: Timestamp,
) -> Result<Vec<Open>, Duration> {
    let all_are_unread = rows.iter().all(|open| open.unread_at.is_some());
    if goes_ahead && !(is_overdue && all_are_unread) {
        rows.truncate(1);
    }
    if is_overdue {
        return Ok(rows);
    }
    let rest = |open: &Open| {
        let rested = Duration::try_from(now.duration_since(open.unread_at?)).unwrap_or_default();
        Some(REST.saturating_sub(rested)).filter(|rest| !rest.is_zero())
    };
    let shortest = rows.iter().filter_map(rest).min();
    rows.retain(|open| rest(open).is_none());
    match shortest {
        Some(rest) if rows.is_empty() => Err(rest),
        _ => Ok(rows),
    }
}

/// Remembers since when the registry is known to be there.
#[derive(Debug)]
pub(super) struct Heard {
    last: Reach,
    /// Since when it isn't sure to be back; nothing where it is.
    missed_at: Option<Timestamp>,
    back_at: Timestamp,
}

impl Default for Heard {
    fn default() -> Self {
        Self {
            last: Reach::There,
            missed_at: None,
            back_at: Timestamp::MIN,
        }
    }
}

impl Heard {
    /// Enters what is known now, and when the registry last answered a look-up.
    ///
    /// It is back where it was away and isn't any more. Where look-ups failed, only an answer to one says that they don't any
    /// more: that something is there which tells its keys doesn't.
    pub fn enter(&mut self, reach: Reach, answered_at: Option<Timestamp>, now: Timestamp) {
        let was = std::mem::replace(&mut self.last, reach);
        if reach != Reach::There {
            self.missed_at.get_or_insert(now);
            return;
        }
        let answered_since = |missed| answered_at.is_some_and(|answered| answered >= missed);
        if was == Reach::Away || self.missed_at.is_some_and(answered_since) {
            self.back_at = now;
            self.missed_at = None;
        }
    }

    /// Gives which batches may be gone on with that wait; `overdue` are those with nothing done since then.
    pub fn way(&self, overdue: Timestamp) -> Way {
        match self.last {
            Reach::Away => Way::Closed { overdue },
            Reach::There | Reach::Doubtful => Way::Open { since: self.back_at },
        }
    }
}

#[cfg(test)]
mod tests;
