//! Which keys does the issuer publish today?
//!
//! Fetches the issuer's JWK set, keeps it, and fetches it again: on a timer, and when a token names a `kid` that isn't
//! known, at most once per configured pause and never twice at a time. Whoever waits for a running fetch shares its
//! outcome; a caller that goes away doesn't stop it. A fetch that fails or brings nothing usable leaves the old keys
//! in force, until they are older than configured: then nobody can be let in. Fetches run on one runtime, since pooled
//! connections live on the one that opened them. Deliberately absent: any address but the configured one; redirects
//! aren't followed.

use std::error::Error as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::{ArcSwap, ArcSwapOption};
use jiff::Timestamp;
use reqwest::StatusCode;
use tokio::runtime::Handle;
use tokio::sync::{Mutex, OwnedMutexGuard, Semaphore};

use super::keys::{Key, KeySet};
use super::{Config, Misconfigured, Unauthenticated};
use crate::clock::Clock;

/// The largest JWK set that is read, in bytes.
const LARGEST: usize = 256 * 1024;

/// The most calls that wait for a fetch because of an unknown `kid`; whoever comes then is told to come again.
const MOST_WAITING: usize = 256;

/// How soon a failed fetch is tried again; the pause doubles from there.
const FIRST_RETRY: Duration = Duration::from_secs(1);

/// The longest pause before it: readiness follows an issuer that is back within seconds.
const LONGEST_RETRY: Duration = Duration::from_secs(4);

/// Tells how well the issuer's keys are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeysState {
    /// No fetch has succeeded yet: no token can be judged.
    NeverFetched,
    /// The last fetches succeeded.
    Fresh,
    /// Fetches fail; the keys of that moment are still in force.
    Stale {
        /// When the keys were fetched.
        since: Timestamp,
    },
    /// Fetches have failed for so long that the keys are no longer trusted: no token can be judged.
    Lapsed {
        /// When the keys were fetched.
        since: Timestamp,
    },
}

/// Says why the issuer's keys couldn't be fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchFailed {
    /// The issuer can't be reached, or not in time.
    #[error("the issuer can't be reached")]
    Unreachable(#[source] reqwest::Error),
    /// The issuer answered with an error.
    #[error("the issuer answered {0}")]
    Refused(StatusCode),
    /// The answer is larger than any JWK set.
    #[error("the issuer's answer is too large")]
    TooLarge,
    /// The answer is no JWK set, or none of its keys can be used.
    #[error("the issuer's answer holds no usable key")]
    NoUsableKeys,
    /// The process is stopping.
    #[error("the fetch was abandoned")]
    Abandoned,
}

struct Fetched {
    keys: KeySet,
    at: Timestamp,
}

/// Holds the time of the last fetch that an unknown `kid` set off; locked while a fetch runs.
type Flight = Option<Instant>;

/// Is how the keys are fetched and kept.
struct Reach {
    config: Config,
    client: reqwest::Client,
}

impl Reach {
    fn new(config: Config) -> Result<Self, Misconfigured> {
        let client = client(&config).map_err(Misconfigured::TrustAnchors)?;
        Ok(Self { config, client })
    }
}

/// Keeps the issuer's keys.
pub(super) struct KeySource {
    reach: ArcSwap<Reach>,
    runtime: Handle,
    clock: Arc<dyn Clock>,
    current: ArcSwapOption<Fetched>,
    flight: Arc<Mutex<Flight>>,
    waiting: Semaphore,
}

impl KeySource {
    pub(super) fn new(config: Config, runtime: Handle, clock: Arc<dyn Clock>) -> Result<Self, Misconfigured> {
        Ok(Self {
            reach: ArcSwap::from_pointee(Reach::new(config)?),
            runtime,
            clock,
            current: ArcSwapOption::empty(),
            flight: Arc::default(),
            waiting: Semaphore::new(MOST_WAITING),
        })
    }

    /// Fetches and keeps the same issuer's keys in another way from now on.
    pub(super) fn adjust(&self, config: Config) -> Result<(), Misconfigured> {
        let before = self.reach.load();
        let config = Config {
            issuer: before.config.issuer.clone(),
            audience: before.config.audience.clone(),
            algorithms: before.config.algorithms.clone(),
            jwks_url: before.config.jwks_url.clone(),
            remembered_tokens: before.config.remembered_tokens,
            ..config
        };
        self.reach.store(Arc::new(Reach::new(config)?));
        Ok(())
    }

    pub(super) fn state(&self, now: Timestamp) -> KeysState {
        let Some(since) = self.current.load().as_ref().map(|fetched| fetched.at) else {
            return KeysState::NeverFetched;
        };
        if is_older(since, self.reach.load().config.keys_kept_for, now) {
            KeysState::Lapsed { since }
        } else if is_older(
            since,
            self.reach.load().config.keys_refreshed_every.saturating_mul(2),
            now,
        ) {
            KeysState::Stale { since }
        } else {
            KeysState::Fresh
        }
    }

    /// Tells whether the key is still one of the issuer's, as far as can be known.
    pub(super) fn holds(&self, key: &Key, now: Timestamp) -> bool {
        let current = self.current.load();
        current
            .as_ref()
            .is_some_and(|fetched| self.is_in_force(fetched, now) && fetched.keys.holds(key))
    }

    /// Finds the key of that name, having the keys fetched where it isn't known.
    pub(super) async fn find(self: &Arc<Self>, kid: &str) -> Result<Arc<Key>, Unauthenticated> {
        if let Some(key) = self.known(kid) {
            return Ok(key);
        }
        let Ok(waiting) = self.waiting.try_acquire() else {
            return Err(Unauthenticated::KeysUnavailable {
                retry_after: FIRST_RETRY,
            });
        };
        self.refresh_for(kid).await;
        drop(waiting);
        if let Some(key) = self.known(kid) {
            return Ok(key);
        }
        match self.state(self.clock.now()) {
            KeysState::Fresh | KeysState::Stale { .. } => Err(Unauthenticated::Invalid),
            KeysState::NeverFetched | KeysState::Lapsed { .. } => Err(Unauthenticated::KeysUnavailable {
                retry_after: self.reach.load().config.unknown_kid_pause,
            }),
        }
    }

    /// Fetches the keys, once a running fetch has ended.
    pub(super) async fn refresh(self: &Arc<Self>) -> Result<(), FetchFailed> {
        let flight = Arc::clone(&self.flight).lock_owned().await;
        self.fetch(flight).await
    }

    pub(super) async fn keep_fresh(self: &Arc<Self>) {
        let mut retry = FIRST_RETRY;
        loop {
            let pause = match self.refresh().await {
                Ok(()) => {
                    retry = FIRST_RETRY;
                    self.reach.load().config.keys_refreshed_every
                }
                Err(_) => {
                    let pause = retry
                        .min(LONGEST_RETRY)
                        .min(self.reach.load().config.keys_refreshed_every);
                    retry = pause.saturating_mul(2);
                    pause
                }
            };
            tokio::time::sleep(pause).await;
        }
    }

    fn is_in_force(&self, fetched: &Fetched, now: Timestamp) -> bool {
        !is_older(fetched.at, self.reach.load().config.keys_kept_for, now)
    }

    fn known(&self, kid: &str) -> Option<Arc<Key>> {
        let current = self.current.load();
        let fetched = current.as_ref()?;
        if !self.is_in_force(fetched, self.clock.now()) {
            return None;
        }
        fetched.keys.named(kid).cloned()
    }

    async fn refresh_for(self: &Arc<Self>, kid: &str) {
        let mut flight = Arc::clone(&self.flight).lock_owned().await;
        let now = self.clock.steady();
        let too_soon = flight.is_some_and(|last| {
            now.saturating_duration_since(last) < self.reach.load().config.unknown_kid_pause
        });
        // The fetch that was waited for may have brought the key.
        if too_soon || self.known(kid).is_some() {
            return;
        }
        *flight = Some(now);
        // A failure is logged where it happens, and shows in what is known afterwards.
        self.fetch(flight).await.ok();
    }

    /// Fetches on the runtime of the fetches. The lock goes along, so that it is held until the fetch has ended
    /// even when the caller who set it off has gone away.
    async fn fetch(self: &Arc<Self>, flight: OwnedMutexGuard<Flight>) -> Result<(), FetchFailed> {
        let source = Arc::clone(self);
        let fetching = self.runtime.spawn(async move {
            let outcome = source.replace().await;
            drop(flight);
            outcome
        });
        fetching.await.unwrap_or(Err(FetchFailed::Abandoned))
    }

    async fn replace(&self) -> Result<(), FetchFailed> {
        match self.download().await {
            Ok(keys) => {
                tracing::debug!(keys = keys.len(), "fetched the issuer's keys");
                let at = self.clock.now();
                self.current.store(Some(Arc::new(Fetched { keys, at })));
                Ok(())
            }
            Err(failure) => {
                let causes = causes(&failure);
                tracing::warn!(upstream.name = "issuer", %failure, causes, "the issuer's keys weren't fetched");
                Err(failure)
            }
        }
    }

    async fn download(&self) -> Result<KeySet, FetchFailed> {
        let unreachable = |error: reqwest::Error| FetchFailed::Unreachable(error.without_url());
        let reach = self.reach.load_full();
        let request = reach.client.get(reach.config.jwks_url.clone());
        let mut response = request.send().await.map_err(unreachable)?;
        if response.status() != StatusCode::OK {
            return Err(FetchFailed::Refused(response.status()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
            if body.len().saturating_add(chunk.len()) > LARGEST {
                return Err(FetchFailed::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        KeySet::from_json(&body, &reach.config.algorithms).map_err(|_| FetchFailed::NoUsableKeys)
    }
}

fn causes(failure: &FetchFailed) -> String {
    let mut texts = Vec::new();
    let mut next = failure.source();
    while let Some(cause) = next {
        texts.push(cause.to_string());
        next = cause.source();
    }
    texts.join(": ")
}

fn is_older(since: Timestamp, age: Duration, now: Timestamp) -> bool {
    // A clock that was set back makes nothing older.
    Duration::try_from(now.duration_since(since)).is_ok_and(|passed| passed >= age)
}

pub(super) fn client(config: &Config) -> Result<reqwest::Client, reqwest::Error> {
    let builder = reqwest::Client::builder()
        .timeout(config.fetch_timeout)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy();
    let builder = match &config.jwks_ca {
        Some(pem) => builder.tls_certs_only(reqwest::Certificate::from_pem_bundle(pem)?),
        // Without TLS there is nothing to trust, and a host without a CA store must do.
        None if config.jwks_url.scheme() == "http" => builder.tls_certs_only([]),
        None => builder,
    };
    builder.build()
}
