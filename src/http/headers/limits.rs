//! Where does the caller stand against its limits?
//!
//! Writes `RateLimit-Policy`, `RateLimit` (the IETF draft's structured fields) and `Retry-After`. All names are constant
//! words, so the text is put together by hand; a test reads it back as structured fields. Limits that would tell about
//! other people (`subject`, `guess`) or other clients (`registry`) never appear.

use std::fmt::Write as _;
use std::time::Duration;

use crate::limits::{Remaining, policies};
use crate::policy::clients::Allowance;

/// The policies' header.
pub(in crate::http) const RATE_LIMIT_POLICY: &str = "ratelimit-policy";

/// The header of the policy nearest to its limit.
pub(in crate::http) const RATE_LIMIT: &str = "ratelimit";

/// Lists the limits with their sizes.
pub(in crate::http) fn rate_limit_policy(allowance: &Allowance) -> String {
    let mut text = String::with_capacity(128);
    for (limit, size, window) in policies(allowance) {
        if !text.is_empty() {
            text.push_str(", ");
        }
        // Writing to a string can't fail.
        let _ = write!(text, "\"{}\";q={size}", limit.as_str());
        if let Some(seconds) = window {
            let _ = write!(text, ";w={seconds}");
        }
    }
    text
}

/// Tells what is left of the limit that the caller is nearest to, and when it is whole again.
pub(in crate::http) fn rate_limit(nearest: &Remaining) -> String {
    format!(
        "\"{}\";r={};t={}",
        nearest.limit.as_str(),
        nearest.calls,
        whole_seconds(nearest.resets_in)
    )
}

/// Gives whole seconds, rounded up, so that nobody comes back too early.
pub(in crate::http) fn whole_seconds(duration: Duration) -> u64 {
    duration
        .as_secs()
        .saturating_add(u64::from(duration.subsec_nanos() > 0))
}

#[cfg(test)]
mod tests;
