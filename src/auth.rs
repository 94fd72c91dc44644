//! Who calls?
//!
//! The first gate of the road: takes the `Authorization` header and the connection's certificate, gives a [`Caller`],
//! the proof that a token of our issuer was verified in this call. A token is a signed access token (RFC 9068); it may
//! be bound to a client certificate (RFC 8705), which is compared on every call, remembered token or not.
//! Deliberately absent: what the caller may do (`policy`), HTTP's status codes, files, and every other way to sign in.
//! On failure: closed. Only keys that the issuer publishes itself count; while it is down the last ones are kept for a
//! bounded time, afterwards nobody is let in and the failure says that it isn't the caller's.

mod caller;
mod client_certificate;
mod failures;
mod key_source;
mod keys;
mod operators;
mod refused;
mod remembered;
mod scopes;
mod tokens;

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use aws_lc_rs::digest;
use tokio::runtime::Handle;

use crate::clock::Clock;

pub use caller::Caller;
pub use client_certificate::{MalformedThumbprint, Thumbprint};
pub use key_source::{FetchFailed, KeysState};
pub use keys::{Algorithm, UnknownAlgorithm};
pub use operators::{MalformedHash, Operator, Operators, Role, TokenDigest, UnknownRole};
pub use scopes::{Scope, Scopes, UnknownScope};

use failures::Failures;
use key_source::KeySource;
use refused::RefusedTokens;
use remembered::{Remembered, RememberedTokens, TokenHash};
use tokens::TokenRules;

/// Says why a call has no caller; the texts are constant and tell nothing of the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unauthenticated {
    /// There is no bearer token.
    #[error("no access token was given")]
    Missing,
    /// The token isn't one that our issuer made for us.
    #[error("the access token is not valid")]
    Invalid,
    /// The token was ours, its time is over.
    #[error("the access token has expired")]
    Expired,
    /// The token demands a client certificate that this connection didn't show.
    #[error("the access token is bound to another certificate than the connection's")]
    NotBound,
    /// The issuer's keys aren't known, so no token can be judged.
    #[error("the issuer's keys are not available")]
    KeysUnavailable {
        /// When asking again may help.
        retry_after: Duration,
    },
    /// The address has sent so many tokens that weren't valid that no other is looked at for now.
    #[error("too many tokens from this address were not valid")]
    TooManyFailures {
        /// When another token is looked at.
        retry_after: Duration,
    },
}

impl Unauthenticated {
    /// Tells whether it was the token's fault, and so counts against the address that it came from.
    fn is_a_failure(self) -> bool {
        match self {
            Self::Invalid | Self::Expired | Self::NotBound => true,
            Self::Missing | Self::KeysUnavailable { .. } | Self::TooManyFailures { .. } => false,
        }
    }
}

/// Says why the gate can't be built from its settings.
#[derive(Debug, thiserror::Error)]
pub enum Misconfigured {
    /// No algorithm is allowed, so that no token could ever pass.
    #[error("no signature algorithm is allowed")]
    NoAlgorithm,
    /// The CA certificates for the issuer's host can't be read, or the system has none.
    #[error("the trust anchors for the issuer's keys can't be used")]
    TrustAnchors(#[source] reqwest::Error),
}

/// Holds what must be known of the issuer, and how long things are kept.
#[derive(Debug, Clone)]
pub struct Config {
    /// The `iss` that a token must have.
    pub issuer: String,
    /// The `aud` that a token must have, alone or among others.
    pub audience: String,
    /// The signature algorithms that are let in.
    pub algorithms: Vec<Algorithm>,
    /// How far the issuer's clock may differ from ours.
    pub leeway: Duration,
    /// Where the issuer publishes its keys.
    pub jwks_url: reqwest::Url,
    /// The CA certificates (PEM) that the issuer's host must descend from; the system's where left out.
    pub jwks_ca: Option<Vec<u8>>,
    /// How long one fetch of the keys may take.
    pub fetch_timeout: Duration,
    /// How often the keys are fetched without being asked for.
    pub keys_refreshed_every: Duration,
    /// How long after an unknown `kid` had the keys fetched no other `kid` can.
    pub unknown_kid_pause: Duration,
    /// How long the last keys are good while the issuer is down.
    pub keys_kept_for: Duration,
    /// How many verified tokens are remembered at most.
    pub remembered_tokens: u64,
    /// How many tokens that aren't valid one address may send a second before its other unknown ones are refused unread.
    pub failed_per_address: NonZeroU32,
}

impl Config {
    /// Gives the usual settings for an issuer.
    #[must_use]
    pub fn new(issuer: &str, audience: &str, jwks_url: reqwest::Url) -> Self {
        Self {
            issuer: issuer.to_owned(),
            audience: audience.to_owned(),
            algorithms: Algorithm::ALL.to_vec(),
            leeway: Duration::from_secs(30),
            jwks_url,
            jwks_ca: None,
            fetch_timeout: Duration::from_secs(5),
            keys_refreshed_every: Duration::from_secs(300),
            unknown_kid_pause: Duration::from_secs(30),
            keys_kept_for: Duration::from_hours(24),
            remembered_tokens: 100_000,
            failed_per_address: NonZeroU32::MIN.saturating_add(99),
        }
    }

    /// Tells whether the issuer's keys can be fetched by these settings, as far as these decide it.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        key_source::client(self).is_ok()
    }
}

/// Turns tokens into callers.
pub struct Authenticator {
    rules: ArcSwap<TokenRules>,
    keys: Arc<KeySource>,
    remembered: RememberedTokens,
    refused: RefusedTokens,
    failures: Failures,
    clock: Arc<dyn Clock>,
}

impl Authenticator {
    /// Makes the gate; the issuer's keys are fetched on `runtime`, whichever thread asks for them.
    ///
    /// Nothing is fetched yet: that is for [`keep_keys_fresh`](Self::keep_keys_fresh), or for the first token.
    ///
    /// # Errors
    /// Fails on settings with which no token could ever be verified.
    pub fn new(config: Config, runtime: Handle, clock: Arc<dyn Clock>) -> Result<Self, Misconfigured> {
        if config.algorithms.is_empty() {
            return Err(Misconfigured::NoAlgorithm);
        }
        Ok(Self {
            rules: ArcSwap::from_pointee(TokenRules::new(&config)),
            remembered: RememberedTokens::new(config.remembered_tokens),
            refused: RefusedTokens::new(),
            failures: Failures::new(config.failed_per_address),
            keys: Arc::new(KeySource::new(config, runtime, Arc::clone(&clock))?),
            clock,
        })
    }

    /// Goes by other settings from now on, as far as they say how the issuer's keys are fetched and kept, and how far its
    /// clock may be off. Whose tokens are let in, of what kind, and where the keys are, stays.
    ///
    /// # Errors
    /// The CA certificates can't be used; everything stays then.
    pub fn adjust(&self, config: Config) -> Result<(), Misconfigured> {
        let leeway = config.leeway;
        self.keys.adjust(config)?;
        self.rules.store(Arc::new(self.rules.load().with_leeway(leeway)));
        Ok(())
    }

    /// Finds out who calls, from the `Authorization` header, the certificate that the connection showed, and the address
    /// that it came from, where that is known.
    ///
    /// # Errors
    /// Fails unless the token is one that our issuer made for us, is in its time, and isn't bound to anything that the
    /// connection can't show.
    pub async fn authenticate(
        &self,
        authorization: Option<&[u8]>,
        certificate: Option<&Thumbprint>,
        source: Option<IpAddr>,
    ) -> Result<Caller, Unauthenticated> {
        let token = tokens::bearer(authorization)?;
        let hash = TokenHash::of(token);
        let caller = match self.recall(&hash)? {
            Some(caller) => caller,
            // Boxed: its future is far larger than what a token that is known needs.
            None => Box::pin(self.examine(token, hash, source)).await?,
        };
        caller.must_hold(certificate)?;
        Ok(caller)
    }

    /// Tells how well the issuer's keys are known.
    #[must_use]
    pub fn keys_state(&self) -> KeysState {
        self.keys.state(self.clock.now())
    }

    /// Fetches the issuer's keys now.
    ///
    /// # Errors
    /// Fails where the issuer gave no usable keys; the old ones stay.
    pub async fn refresh_keys(&self) -> Result<(), FetchFailed> {
        self.keys.refresh().await
    }

    /// Fetches the issuer's keys again and again, sooner after a failure; never ends.
    pub async fn keep_keys_fresh(&self) {
        self.keys.keep_fresh().await;
    }

    fn recall(&self, hash: &TokenHash) -> Result<Option<Caller>, Unauthenticated> {
        let Some(remembered) = self.remembered.get(hash) else {
            return Ok(None);
        };
        let now = self.clock.now();
        if remembered.caller.is_expired(now) {
            return Err(Unauthenticated::Expired);
        }
        let in_force = self.keys.holds(&remembered.key, now);
        Ok(in_force.then(|| remembered.caller.clone()))
    }

    /// Judges a token that isn't known; what a flood of bad ones costs is bounded before any signature is checked.
    async fn examine(
        &self,
        token: &[u8],
        hash: TokenHash,
        source: Option<IpAddr>,
    ) -> Result<Caller, Unauthenticated> {
        let now = self.clock.now();
        if let Some(told) = self.refused.get(&hash, now, |key| self.keys.holds(key, now)) {
            return Err(told);
        }
        let Some(source) = source else {
            return self.verify(token, hash).await;
        };
        if let Some(retry_after) = self.failures.must_wait(source, self.clock.steady()) {
            return Err(Unauthenticated::TooManyFailures { retry_after });
        }
        let verified = self.verify(token, hash).await;
        if verified.as_ref().is_err_and(|failed| failed.is_a_failure()) {
            self.failures.count(source, self.clock.steady());
        }
        verified
    }

    async fn verify(&self, token: &[u8], hash: TokenHash) -> Result<Caller, Unauthenticated> {
        let header = tokens::read_header(token)?;
        let key = self.keys.find(&header.kid).await?;
        let now = self.clock.now();
        let caller = match self.rules.load().verify(token, header.algorithm, &key, now) {
            Ok(caller) => caller,
            Err(rejected) => {
                self.refused.insert(hash, rejected, key);
                return Err(rejected.told);
            }
        };
        let remembered = Remembered {
            remaining: caller.remaining(now),
            caller: caller.clone(),
            key,
        };
        self.remembered.insert(hash, remembered);
        Ok(caller)
    }
}

fn sha256(bytes: &[u8]) -> [u8; digest::SHA256_OUTPUT_LEN] {
    let mut hash = [0; digest::SHA256_OUTPUT_LEN];
    hash.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    hash
}

#[cfg(test)]
mod tests;
