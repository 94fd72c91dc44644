//! Where does the caller stand against its limits?
//!
//! Writes `RateLimit-Policy`, `RateLimit` (the IETF draft's structured fields) and `Retry-After`. All names are constant
//! words, so the text is put together by hand; a test reads it back as structured fields. Limits that would tell about
//! other people (`subject`, `guess`) or other clients (`registry`) never appear.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use actix_web::http::header::{HeaderName, HeaderValue};

use crate::domain::client::ClientId;
use crate::limits::{Limit, Remaining, Size, policies};
use crate::policy::clients::{Allowance, Client};

/// The policies' header.
pub(in crate::http) const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// The header of the policy nearest to its limit.
pub(in crate::http) const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// Remembers the policies' header of each client, which is the same for nearly all of its calls.
#[derive(Debug, Default)]
pub(in crate::http) struct Policies(RwLock<HashMap<ClientId, Told>>);

#[derive(Debug)]
struct Told {
    allowance: Allowance,
    of: Size,
    limit: Limit,
    header: HeaderValue,
}

impl Policies {
    /// Gives the header for a call of the client's.
    pub fn header(&self, client: &Client, nearest: &Remaining) -> Option<HeaderValue> {
        let is_so = |told: &&Told| {
            told.allowance == client.allowance && told.of == nearest.of && told.limit == nearest.limit
        };
        let read = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(told) = read.get(&client.id).filter(is_so) {
            return Some(told.header.clone());
        }
        drop(read);
        // Made of constant words and numbers.
        let header = HeaderValue::try_from(rate_limit_policy(&client.allowance, Some(nearest))).ok()?;
        let told = Told {
            allowance: client.allowance,
            of: nearest.of,
            limit: nearest.limit,
            header: header.clone(),
        };
        let mut write = self.0.write().unwrap_or_else(PoisonError::into_inner);
        write.insert(client.id.clone(), told);
        Some(header)
    }
}

/// Lists the limits with their sizes; the nearest one's is that which it has for this call, since a procedure can have its own.
pub(in crate::http) fn rate_limit_policy(allowance: &Allowance, nearest: Option<&Remaining>) -> String {
    let mut text = String::with_capacity(160);
    for (limit, size) in policies(allowance) {
        if !text.is_empty() {
            text.push_str(", ");
        }
        let told = nearest.filter(|nearest| nearest.limit == limit);
        let Size { calls, seconds } = told.map_or(size, |nearest| nearest.of);
        push_item(&mut text, limit, "q", calls);
        if let Some(seconds) = seconds {
            push_parameter(&mut text, "w", u64::from(seconds));
        }
        if limit == Limit::Concurrency {
            text.push_str(";qu=\"concurrent-requests\"");
        }
    }
    text
}

/// Tells what is left of the limit that the caller is nearest to, and when it is whole again.
pub(in crate::http) fn rate_limit(nearest: &Remaining) -> String {
    let mut text = String::with_capacity(48);
    push_item(&mut text, nearest.limit, "r", nearest.calls);
    push_parameter(&mut text, "t", whole_seconds(nearest.resets_in));
    text
}

/// Writes a limit with its first parameter. Every answer has these headers, hence no formatting machinery.
fn push_item(text: &mut String, limit: Limit, name: &str, value: u64) {
    text.push('"');
    text.push_str(limit.as_str());
    text.push('"');
    push_parameter(text, name, value);
}

fn push_parameter(text: &mut String, name: &str, value: u64) {
    text.push(';');
    text.push_str(name);
    text.push('=');
    text.push_str(&value.to_string());
}

/// Gives whole seconds, rounded up, so that nobody comes back too early.
pub(in crate::http) fn whole_seconds(duration: Duration) -> u64 {
    duration
        .as_secs()
        .saturating_add(u64::from(duration.subsec_nanos() > 0))
}

#[cfg(test)]
mod tests;
