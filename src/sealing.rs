//! How is a person recognised again, and an answer kept, without either being readable to who holds the store?
//!
//! Stands beside the road: cache, audit, limits and idempotency each derive their own keys here from one master secret
//! (HKDF-SHA-256, a label for each use), so that no use can recognise or open what another one wrote. A 12-digit number
//! has so little entropy that a plain hash is undone in seconds; only the secret makes it a pseudonym.
//! Keys can't be printed and never leave this module. Knows nothing of files: `config` has read the secret.
//! On failure: text that was tampered with, or sealed for another place, doesn't open.

mod names;
mod pseudonym;
mod sealer;

use std::fmt;
use std::num::NonZeroU8;

use aws_lc_rs::hkdf;
use zeroize::Zeroizing;

pub use names::Names;
pub use pseudonym::{MalformedPseudonym, Pseudonym, Pseudonyms, Written};
pub use sealer::{Sealer, Unopenable};

/// The fewest bytes that a master secret may have.
pub const SHORTEST_SECRET: usize = 32;

/// Says why no key could be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoKey {
    /// The master secret has fewer than 32 bytes.
    #[error("the secret is shorter than {SHORTEST_SECRET} bytes")]
    TooShort,
    /// The cryptographic library refused.
    #[error("the key could not be derived")]
    Refused,
}

/// Names for what a derived key is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Label {
    /// Records in the second-level cache and their names.
    Cache,
    /// People and officers in audit rows.
    Audit,
    /// People and officers as keys of counters.
    Limits,
    /// Repeated calls and their kept answers.
    Idempotency,
    /// People whom confirmations are about, and what these say.
    Confirmations,
    /// Checks, and what waits with them.
    Checks,
    /// Batches, their rows and results.
    Batches,
}

impl Label {
    fn as_str(self) -> &'static str {
        match self {
            Self::Cache => "cache",
            Self::Audit => "audit",
            Self::Limits => "limits",
            Self::Idempotency => "idempotency",
            Self::Confirmations => "confirmations",
            Self::Checks => "checks",
            Self::Batches => "batches",
        }
    }
}

/// Holds the secret from which every key is derived, with the version that stored pseudonyms name.
pub struct MasterSecret {
    version: NonZeroU8,
    bytes: Zeroizing<Vec<u8>>,
}

impl MasterSecret {
    /// Takes the secret's bytes as the first version.
    ///
    /// # Errors
    /// `TooShort` under 32 bytes.
    pub fn new(bytes: &[u8]) -> Result<Self, NoKey> {
        Self::of_version(NonZeroU8::MIN, bytes)
    }

    /// Takes the secret's bytes under the version that it has in the sequence of secrets.
    ///
    /// # Errors
    /// `TooShort` under 32 bytes.
    pub fn of_version(version: NonZeroU8, bytes: &[u8]) -> Result<Self, NoKey> {
        if bytes.len() < SHORTEST_SECRET {
            return Err(NoKey::TooShort);
        }
        Ok(Self {
            version,
            bytes: Zeroizing::new(bytes.to_vec()),
        })
    }

    fn derive(&self, purpose: Purpose, label: Label) -> Result<Zeroizing<[u8; 32]>, NoKey> {
        let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, b"dancu");
        let mut key = Zeroizing::new([0; 32]);
        salt.extract(&self.bytes)
            .expand(
                &[purpose.as_bytes(), label.as_str().as_bytes()],
                hkdf::HKDF_SHA256,
            )
            .and_then(|derived| derived.fill(&mut *key))
            .map_err(|_| NoKey::Refused)?;
        Ok(key)
    }
}

impl fmt::Debug for MasterSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterSecret(k{}, ***)", self.version)
    }
}

/// Keeps keys for hashing, for naming and for sealing apart, even under the same label.
#[derive(Clone, Copy)]
enum Purpose {
    Hash,
    Name,
    Seal,
}

impl Purpose {
    fn as_bytes(self) -> &'static [u8] {
        match self {
            Self::Hash => b"hash:",
            Self::Name => b"name:",
            Self::Seal => b"seal:",
        }
    }
}

#[cfg(test)]
mod tests;
