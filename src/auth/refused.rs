//! Was this very token refused before?
//!
//! Who sends a bad token mostly sends it again, and a signature is the dearest thing that a stranger can have us check. A
//! refused token is remembered by the SHA-256 of its text, with the key that it was judged by: while the issuer still
//! publishes that key the judgement can't change. Never remembered is what time or another fetch of keys would change: a
//! token that isn't valid yet, an unknown `kid`, keys that can't be had. Bounded in number and in time, so that a flood
//! of different tokens pushes out nothing but itself; verified tokens are held elsewhere.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use moka::sync::Cache;

use super::Unauthenticated;
use super::keys::Key;
use super::remembered::TokenHash;
use super::tokens::Rejected;

/// The most refused tokens that are remembered.
const MOST: u64 = 100_000;

/// How long one is remembered at the most.
const LIFETIME: Duration = Duration::from_mins(1);

#[derive(Clone)]
struct Judgement {
    told: Unauthenticated,
    holds_from: Timestamp,
    key: Arc<Key>,
}

/// Holds the refused tokens of late.
pub(super) struct RefusedTokens(Cache<TokenHash, Judgement>);

impl RefusedTokens {
    pub(super) fn new() -> Self {
        Self(Cache::builder().max_capacity(MOST).time_to_live(LIFETIME).build())
    }

    /// Gives the refusal that a token was told, where it still holds; `in_force` tells whether a key is still the issuer's.
    pub(super) fn get(
        &self,
        hash: &TokenHash,
        now: Timestamp,
        in_force: impl FnOnce(&Key) -> bool,
    ) -> Option<Unauthenticated> {
        let judgement = self.0.get(hash)?;
        // A clock that was set back may have given an expired token its time again.
        (now >= judgement.holds_from && in_force(&judgement.key)).then_some(judgement.told)
    }

    /// Remembers a refusal, unless its time will make another thing of it.
    pub(super) fn insert(&self, hash: TokenHash, rejected: Rejected, key: Arc<Key>) {
        if let Some(holds_from) = rejected.holds_from {
            let told = rejected.told;
            self.0.insert(
                hash,
                Judgement {
                    told,
                    holds_from,
                    key,
                },
            );
        }
    }
}
