//! How old may the record behind an answer be, as the caller has it; and how old is it?
//!
//! Reads the request's `Cache-Control` (RFC 9111 §5.2.1) and writes `Cache-Status` (RFC 9211) and `Age`. A directive that
//! is unknown or can't be read counts as not sent; where one stands twice, the later decides.

use std::time::Duration;

use actix_web::http::header::{CACHE_CONTROL, HeaderMap, HeaderName, HeaderValue};

use super::combined;
use crate::exchange::{CacheUse, Source};
use crate::records::freshness::Wanted;

/// Reads what the caller accepts.
pub(in crate::http) fn wanted(headers: &HeaderMap) -> Wanted {
    let mut wanted = Wanted::default();
    if !headers.contains_key(CACHE_CONTROL) {
        return wanted;
    }
    for directive in combined(headers, CACHE_CONTROL).split(',') {
        let (name, argument) = match directive.split_once('=') {
            Some((name, argument)) => (name.trim(), Some(argument.trim().trim_matches('"'))),
            None => (directive.trim(), None),
        };
        match (name.to_ascii_lowercase().as_str(), argument) {
            ("no-cache", None) => wanted.no_cache = true,
            ("only-if-cached", None) => wanted.only_if_cached = true,
            ("max-stale", None) => wanted.max_stale = Some(Duration::MAX),
            ("max-stale", Some(seconds)) => wanted.max_stale = duration(seconds).or(wanted.max_stale),
            ("max-age", Some(seconds)) => wanted.max_age = duration(seconds).or(wanted.max_age),
            _ => {}
        }
    }
    wanted
}

fn duration(digits: &str) -> Option<Duration> {
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // More seconds than can be counted are as many as can be (RFC 9111 §1.2.2).
    Some(Duration::from_secs(digits.parse().unwrap_or(u64::MAX)))
}

/// The header that tells how the cache took part.
pub(in crate::http) const CACHE_STATUS: HeaderName = HeaderName::from_static("cache-status");

/// Tells how the cache took part.
pub(in crate::http) fn cache_status(source: &Source) -> HeaderValue {
    let constant = HeaderValue::from_static;
    let told = |before: &str, seconds: u64, after: &str| {
        let mut text = String::with_capacity(64);
        text.push_str(before);
        text.push_str(&seconds.to_string());
        text.push_str(after);
        // Constant words and a number.
        HeaderValue::try_from(text).unwrap_or_else(|_| constant("dancu"))
    };
    match source.cache {
        CacheUse::Hit(Some(seconds)) => told("dancu; hit; ttl=", seconds, ""),
        CacheUse::Hit(None) => constant("dancu; hit"),
        CacheUse::Miss => constant("dancu; fwd=miss"),
        CacheUse::Collapsed => constant("dancu; fwd=miss; collapsed"),
        CacheUse::Forced => constant("dancu; fwd=request"),
        CacheUse::Stale(Some(seconds)) => told("dancu; hit; ttl=-", seconds, "; detail=registry-unavailable"),
        CacheUse::Stale(None) => constant("dancu; hit; detail=registry-unavailable"),
    }
}

#[cfg(test)]
mod tests;
