//! What does the exchange do when nobody asks it anything?
//!
//! It tells how it is, goes by other settings, and keeps keys, limits, records and the watch over the registry going. Each of
//! these is one part's own work; whoever runs the program has it done from here, and knows none of the parts.

use super::{Exchange, Health, Upstream};
use crate::auth;
use crate::limits;
use crate::limits::agreement::Exchanged;
use crate::limits::shared::Unavailable;

impl Exchange {
    /// Writes the count of failed authentications that have no row of their own; run it every second, and at the end.
    pub async fn flush_turned_away(&self) {
        if let Some(calls) = self.turned_away.flush(self.clock.now()) {
            self.record_turned_away(calls).await;
        }
    }

    /// Tells whether the issuer's keys, the registry and the audit store are in order.
    #[must_use]
    pub fn health(&self) -> Health {
        Health {
            keys: self.authenticator.keys_state(),
            registry: self.upstream.health(),
            is_closed: self.upstream.is_closed(),
            redis: self.fleet.as_ref().map(|fleet| fleet.is_reachable()),
            audit: self.audit.healthy(),
            audit_queued: self.audit.queued(),
            records_held: self.upstream.people_held(),
            limits_apart: self.limits.is_apart(),
            budget: self.upstream.budget(),
        }
    }

    /// Gives the way to the registry, which can be changed while it is used.
    #[must_use]
    pub fn upstream(&self) -> &Upstream {
        &self.upstream
    }

    /// Asks the registry whether it is there whenever nobody else has for a while; never ends.
    pub async fn keep_registry_watched(&self) {
        self.upstream.keep_registry_watched().await;
    }

    /// Goes by other settings of limits and of the way to the issuer from now on; what must be known from the start stays.
    ///
    /// # Errors
    /// The CA certificates can't be used; nothing changes then.
    pub fn adjust(&self, limits: limits::Config, auth: auth::Config) -> Result<(), auth::Misconfigured> {
        self.authenticator.adjust(auth)?;
        self.limits.adjust(limits);
        Ok(())
    }

    /// Keeps the issuer's keys fresh; never ends.
    pub async fn keep_keys_fresh(&self) {
        self.authenticator.keep_keys_fresh().await;
    }

    /// Keeps the limits in agreement with other gateways; never ends where there are any.
    pub async fn keep_limits_together(&self) {
        let observe = |exchanged| {
            if let Some(word) = word_of(exchanged) {
                self.metrics.limits_exchanged(word);
            }
        };
        self.limits.keep_together(observe).await;
    }

    /// Keeps the records in step with those of other gateways; never ends, unless there are none.
    pub async fn keep_in_step(&self) {
        self.upstream.keep_in_step().await;
    }

    /// Waits until every call that asked the registry has ended with its entry.
    pub async fn drain(&self) {
        self.upstream.drain().await;
    }

    /// Lets go of limits and records that nobody needs any more; run it now and then.
    pub fn trim(&self) {
        self.limits.trim();
        self.upstream.trim();
    }
}

/// Gives the word for metrics.
fn word_of(exchanged: Result<Exchanged, Unavailable>) -> Option<&'static str> {
    match exchanged {
        Ok(Exchanged::Agreed(_)) => Some("agreed"),
        Ok(Exchanged::Idle) => None,
        Err(Unavailable) => Some("failed"),
    }
}
