//! With which keys does the registry sign its events today?
//!
//! Fetches the registry's key set when a message names a key that isn't known, at most once in a pause and never twice at a
//! time, and again when the set is old, so that a key that was withdrawn is trusted no longer. While the registry is down
//! the last set is good for a day. Without a set nothing can be judged.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use super::Rejected;
use super::event::Claims;
use super::signature::{Key, named_key, read_keys, verify};
use crate::clock::Clock;
use crate::registry::Feed;

/// An unknown key has the set fetched at most once in this time.
const PAUSE: Duration = Duration::from_secs(30);

/// A set that is older is fetched again before it is used.
const FRESH_FOR: Duration = Duration::from_secs(3_600);

/// How long the last set is good while it can't be fetched.
const KEPT_FOR: Duration = Duration::from_secs(24 * 3_600);

/// Keeps the registry's keys.
pub(super) struct Keys {
    feed: Feed,
    clock: Arc<dyn Clock>,
    // Locked while a fetch runs: whoever comes meanwhile waits for what it brings.
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    keys: Vec<Arc<Key>>,
    fetched: Option<Instant>,
    tried: Option<Instant>,
}

impl Keys {
    pub(super) fn new(feed: Feed, clock: Arc<dyn Clock>) -> Self {
        Self {
            feed,
            clock,
            state: Mutex::default(),
        }
    }

    /// Gives what the registry signed with this message.
    pub(super) async fn verified(&self, message: &[u8]) -> Result<Claims, Rejected> {
        let kid = named_key(message)?;
        let key = self.find(&kid).await?;
        verify(message, &key)
    }

    async fn find(&self, kid: &str) -> Result<Arc<Key>, Rejected> {
        let mut state = self.state.lock().await;
        let now = self.clock.steady();
        let is_within = |moment: Option<Instant>, time| {
            moment.is_some_and(|moment| now.saturating_duration_since(moment) < time)
        };
        let known = state.named(kid);
        let is_good = known.is_some() && is_within(state.fetched, FRESH_FOR);
        if !is_good && !is_within(state.tried, PAUSE) {
            state.tried = Some(now);
            match self.feed.keys().await {
                Ok(json) => state.replace(&json, now),
                Err(failure) => {
                    tracing::warn!(upstream.name = "registry", %failure, "the keys of the change feed weren't fetched");
                }
            }
        }
        if !is_within(state.fetched, KEPT_FOR) {
            return Err(Rejected::KeysUnavailable);
        }
        state.named(kid).ok_or(Rejected::NotSigned)
    }
}

impl State {
    fn named(&self, kid: &str) -> Option<Arc<Key>> {
        self.keys.iter().find(|key| key.kid == kid).cloned()
    }

    fn replace(&mut self, json: &[u8], now: Instant) {
        let keys = read_keys(json);
        if keys.is_empty() {
            tracing::warn!(
                upstream.name = "registry",
                "the key set of the change feed holds no usable key"
            );
            return;
        }
        self.keys = keys.into_iter().map(Arc::new).collect();
        self.fetched = Some(now);
    }
}
