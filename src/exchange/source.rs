//! Where did a record come from, how old is it, and what may be told of that?
//!
//! The words for an answer's source and for the cache's part in it, and the one place that judges a held record's age against
//! what the call wants and the procedure bears. Pure: holds nothing, asks nobody. Who else fetched a record isn't told: of
//! another client's record age and time are given to the hour.

use std::time::Duration;

use jiff::Timestamp;

use super::Admitted;
use crate::records::Held;
use crate::records::freshness::{Ceiling, Use, Wanted, judge};

const HOUR: u64 = 3600;

/// Tells where a record came from, in the contract's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    /// The registry was asked.
    Registry,
    /// The cache held it, fresh.
    Cache,
    /// The cache held it, stale, and the registry was down.
    StaleCache,
}

impl From {
    /// Gives the word that the API uses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Registry => "registry",
            Self::Cache => "cache",
            Self::StaleCache => "stale_cache",
        }
    }
}

/// Tells how the cache took part, for `Cache-Status` (RFC 9211).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheUse {
    /// It answered; fresh for so many seconds yet, which is told only to the client that fetched the record.
    Hit(Option<u64>),
    /// It held nothing that would do.
    Miss,
    /// It held nothing, and another call's look-up served this one too.
    Collapsed,
    /// The request demanded the registry.
    Forced,
    /// It answered though stale for so many seconds.
    Stale(Option<u64>),
}

impl CacheUse {
    /// Gives the word for metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hit(_) => "hit",
            Self::Miss => "miss",
            Self::Collapsed => "collapsed",
            Self::Forced => "forced",
            Self::Stale(_) => "stale",
        }
    }
}

/// Tells where the record behind an answer came from and how old it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// Where it came from.
    pub from: From,
    /// The register's own time of the data.
    pub as_of: Timestamp,
    /// Seconds since the registry gave it.
    pub age: u64,
    /// How the cache took part.
    pub cache: CacheUse,
}

/// Tells whether a fresh record is sought, or an older one because the registry is down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wants {
    Fresh,
    Stale,
}

pub(super) fn ceiling(admitted: &Admitted) -> Ceiling {
    let procedure = admitted.grant.procedure();
    Ceiling {
        max_age: procedure.max_age,
        stale_for: procedure.stale_for,
    }
}

pub(super) fn age_at(now: Timestamp, then: Timestamp) -> Duration {
    Duration::try_from(now.duration_since(then)).unwrap_or_default()
}

/// Tells where a held record comes from, if it may answer the call.
pub(super) fn source_of<T>(
    held: &Held<T>,
    as_of: Timestamp,
    admitted: &Admitted,
    wants: Wants,
) -> Option<Source> {
    let age = age_at(admitted.call.received_at, held.fetched_at);
    let own = held.fetched_by == admitted.grant.client().id;
    let told = |seconds| own.then_some(seconds);
    let (from, cache) = match (judge(age, admitted.question.wanted, ceiling(admitted)), wants) {
        (Use::Fresh(seconds), _) => (From::Cache, CacheUse::Hit(told(seconds))),
        (Use::IfRegistryDown(seconds), Wants::Stale) => (From::StaleCache, CacheUse::Stale(told(seconds))),
        (Use::IfRegistryDown(_), Wants::Fresh) | (Use::Never, _) => return None,
    };
    let (age, as_of) = told_age(age, as_of, own);
    Some(Source {
        from,
        as_of,
        age,
        cache,
    })
}

/// Tells that the registry was just asked.
pub(super) fn source_fetched(as_of: Timestamp, wanted: Wanted, collapsed: bool) -> Source {
    let cache = match (wanted.no_cache, collapsed) {
        (true, _) => CacheUse::Forced,
        (false, true) => CacheUse::Collapsed,
        (false, false) => CacheUse::Miss,
    };
    Source {
        from: From::Registry,
        as_of,
        age: 0,
        cache,
    }
}

/// Gives age and data time as the caller may know them: to the hour where another client fetched the record, since the
/// moment itself would tell who else deals with this person.
fn told_age(age: Duration, as_of: Timestamp, own: bool) -> (u64, Timestamp) {
    let seconds = age.as_secs();
    if own {
        return (seconds, as_of);
    }
    let hour = i64::try_from(HOUR).unwrap_or(i64::MAX);
    let floor = as_of.as_second().div_euclid(hour).saturating_mul(hour);
    (
        // Not even the first second is told apart.
        seconds.max(1).div_ceil(HOUR).saturating_mul(HOUR),
        Timestamp::from_second(floor).unwrap_or(as_of),
    )
}

#[cfg(test)]
mod tests;
