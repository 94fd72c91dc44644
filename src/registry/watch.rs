//! Is the registry there while nobody asks it?
//!
//! Readiness must follow the fact within seconds, also at night. When the last word of the registry is older than a moment, it is
//! asked for the keys with which it signs its changes: that costs nothing, is about nobody, needs no permit, and goes over
//! the same connection, certificates and credentials as look-ups. Any answer but a server's error counts: a registry without such
//! keys is there as well. What is found counts until the next word, and says nothing to the breaker: look-ups alone move it.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use super::Registry;
use super::failure::Failure;

/// How often it is seen whether the last word is old.
const TICK: Duration = Duration::from_millis(250);

/// The longest that an answer is waited for.
const LONGEST: Duration = Duration::from_secs(2);

impl Registry {
    /// Asks the registry whether it is there whenever nobody else has for a while; never ends.
    pub async fn keep_watched(&self) {
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            self.watch().await;
        }
    }

    async fn watch(&self) {
        let inner = self.way.load_full();
        if !inner.health.is_silent(inner.watched_every, inner.clock.steady()) {
            return;
        }
        let asking = inner.client.is_there(inner.clock.now());
        let within = LONGEST.min(inner.attempt_timeout);
        let found = tokio::time::timeout(within, asking).await;
        let is_there =
            !matches!(found.unwrap_or(Err(Failure::Timeout)), Err(failure) if failure.concerns_everybody());
        if inner.health.watched(is_there, inner.clock.steady()) {
            match is_there {
                true => tracing::info!(upstream.name = "registry", "it is there again"),
                false => tracing::warn!(upstream.name = "registry", "it isn't there"),
            }
        }
    }
}
