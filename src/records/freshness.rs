//! May a record of this age answer this call?
//!
//! Pure. Two parties have a say: the procedure's catalogue entry (a ceiling that no request can raise, and whether an older
//! record will do while the registry is down) and the request's `Cache-Control` (RFC 9111 §5.2.1), which can only ask
//! for more.

use std::time::Duration;

/// Holds what the request said about the age that it accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wanted {
    /// `no-cache`: ask the registry.
    pub no_cache: bool,
    /// `max-age`: no older than this.
    pub max_age: Option<Duration>,
    /// `max-stale`: past its freshness by no more than this.
    pub max_stale: Option<Duration>,
    /// `only-if-cached`: don't ask the registry.
    pub only_if_cached: bool,
}

/// Holds what the procedure allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ceiling {
    /// The age up to which a record is fresh.
    pub max_age: Duration,
    /// How much older it may be while the registry is down, where that will do at all.
    pub stale_for: Option<Duration>,
}

/// Tells how a record of some age may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// It answers the call; it stays fresh for so many seconds.
    Fresh(u64),
    /// It answers only if the registry can't be asked; it has been stale for so many seconds.
    IfRegistryDown(u64),
    /// It doesn't answer.
    Never,
}

/// Decides on a record of the given age.
#[must_use]
pub fn judge(age: Duration, wanted: Wanted, ceiling: Ceiling) -> Use {
    let fresh_for = wanted
        .max_age
        .map_or(ceiling.max_age, |asked| asked.min(ceiling.max_age));
    if age <= fresh_for && !wanted.no_cache {
        return Use::Fresh(fresh_for.saturating_sub(age).as_secs());
    }
    // A caller who names an age without `max-stale` wants nothing older (RFC 9111 §5.2.1.1).
    let caller_bears = match (wanted.max_stale, wanted.max_age) {
        (Some(asked), _) => asked,
        (None, Some(_)) => Duration::ZERO,
        (None, None) => Duration::MAX,
    };
    let stale_for = ceiling.stale_for.unwrap_or_default().min(caller_bears);
    let stale_by = age.saturating_sub(fresh_for);
    if !wanted.no_cache && ceiling.stale_for.is_some() && stale_by <= stale_for && stale_for > Duration::ZERO
    {
        Use::IfRegistryDown(stale_by.as_secs())
    } else {
        Use::Never
    }
}

#[cfg(test)]
mod tests;
