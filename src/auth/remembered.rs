//! Was this very token verified before?
//!
//! Checking a signature costs more than the rest of a cached call, so a verified token is remembered by the SHA-256 of
//! its text. What is remembered is who the caller is, never that the call may pass: expiry, the key's presence in
//! today's set and the certificate are looked at again on every call (see ADR-0003). Only verified tokens enter, so
//! that nobody without one can push others out. Losing an entry costs one signature check.

use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_lc_rs::digest;
use foldhash::fast::RandomState as Hasher;
use moka::Expiry;
use moka::sync::Cache;

use super::caller::Caller;
use super::keys::Key;

/// Stands for a token's text.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct TokenHash([u8; digest::SHA256_OUTPUT_LEN]);

impl TokenHash {
    pub(super) fn of(token: &[u8]) -> Self {
        Self(super::sha256(token))
    }
}

/// Holds what a verified token said, and which key proved it.
#[derive(Clone)]
pub(super) struct Remembered {
    pub(super) caller: Caller,
    pub(super) key: Arc<Key>,
    /// The token's remaining time when it was verified: how long the memory is worth its place.
    pub(super) remaining: Duration,
}

/// Holds the verified tokens of late.
pub(super) struct RememberedTokens(Cache<TokenHash, Remembered, Hasher>);

impl RememberedTokens {
    pub(super) fn new(capacity: u64) -> Self {
        Self(
            Cache::builder()
                .max_capacity(capacity)
                .expire_after(WithTheToken)
                .build_with_hasher(Hasher::default()),
        )
    }

    pub(super) fn get(&self, hash: &TokenHash) -> Option<Remembered> {
        self.0.get(hash)
    }

    pub(super) fn insert(&self, hash: TokenHash, remembered: Remembered) {
        self.0.insert(hash, remembered);
    }
}

/// Frees the memory when the token's time is over; expiry itself is judged by our own clock.
struct WithTheToken;

impl Expiry<TokenHash, Remembered> for WithTheToken {
    fn expire_after_create(&self, _: &TokenHash, value: &Remembered, _: Instant) -> Option<Duration> {
        Some(value.remaining)
    }
}
