//! What is known of a caller whose token was verified?
//!
//! The proof that later gates ask for: there is no other way to make one than to verify a token (tests apart). It is
//! cloned on every call, hence shared. What stands here comes from the token alone, never from a request's body;
//! whether the client is registered, licensed or suspended is for `policy`. The officer prints as `***`.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use jiff::Timestamp;

use super::Unauthenticated;
use super::client_certificate::Thumbprint;
use super::scopes::{Scope, Scopes};
use crate::domain::client::{ClientId, UnitCode};
use crate::domain::pin::Pin;
use crate::sealing::Pseudonym;

/// Proves that a token was verified, and tells what it says.
#[derive(Debug, Clone)]
pub struct Caller(Arc<Verified>);

#[derive(Debug)]
pub(super) struct Verified {
    pub(super) client: ClientId,
    pub(super) officer: Option<Pin>,
    pub(super) unit: Option<UnitCode>,
    pub(super) scopes: Scopes,
    pub(super) bound_to: Option<Thumbprint>,
    pub(super) expires_at: Timestamp,
    pub(super) refused_from: Timestamp,
    pub(super) officer_logged_as: OnceLock<Pseudonym>,
}

impl Caller {
    pub(super) fn new(verified: Verified) -> Self {
        Self(Arc::new(verified))
    }

    /// Gives the calling system; every token that is let in so far names one.
    #[must_use]
    pub fn client_id(&self) -> &ClientId {
        &self.0.client
    }

    /// Gives the officer at the counter, unless the system calls for itself.
    #[must_use]
    pub fn officer(&self) -> Option<&Pin> {
        self.0.officer.as_ref()
    }

    /// Gives what the log calls the officer, hashed once for each token.
    pub fn officer_logged_as(&self, hash: impl FnOnce(&Pin) -> Pseudonym) -> Option<Pseudonym> {
        let officer = self.0.officer.as_ref()?;
        Some(*self.0.officer_logged_as.get_or_init(|| hash(officer)))
    }

    /// Gives the officer's agency.
    #[must_use]
    pub fn unit(&self) -> Option<&UnitCode> {
        self.0.unit.as_ref()
    }

    /// Tells whether the token carries the scope.
    #[must_use]
    pub fn holds(&self, scope: Scope) -> bool {
        self.0.scopes.contains(scope)
    }

    /// Gives every scope that the token carries and we know.
    #[must_use]
    pub fn scopes(&self) -> Scopes {
        self.0.scopes
    }

    /// Tells whether the token is bound to the certificate of this connection.
    #[must_use]
    pub fn is_bound(&self) -> bool {
        self.0.bound_to.is_some()
    }

    /// Gives the certificate that the token is bound to, and that the connection has shown.
    #[must_use]
    pub fn certificate(&self) -> Option<&Thumbprint> {
        self.0.bound_to.as_ref()
    }

    /// Gives the end of the token's time.
    #[must_use]
    pub fn expires_at(&self) -> Timestamp {
        self.0.expires_at
    }

    pub(super) fn is_expired(&self, now: Timestamp) -> bool {
        now >= self.0.refused_from
    }

    pub(super) fn remaining(&self, now: Timestamp) -> Duration {
        Duration::try_from(self.0.refused_from.duration_since(now)).unwrap_or_default()
    }

    /// Refuses the call where the token is bound and the connection didn't show the certificate.
    pub(super) fn must_hold(&self, certificate: Option<&Thumbprint>) -> Result<(), Unauthenticated> {
        match (&self.0.bound_to, certificate) {
            (None, _) => Ok(()),
            (Some(bound_to), Some(shown)) if bound_to == shown => Ok(()),
            (Some(_), _) => Err(Unauthenticated::NotBound),
        }
    }
}

#[cfg(test)]
mod tests;
