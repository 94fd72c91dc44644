//! By which name is something found again in a cache, quickly?
//!
//! SipHash-2-4 of 128 bits under a key derived from the master secret: a keyed function made for short texts, a tenth of the
//! work of a keyed SHA-256. For names that live as long as a cache entry; what is stored for good is named by a
//! pseudonym. Who doesn't know the key can neither find a person's name nor make two texts meet in one.

use std::fmt;
use std::hash::Hasher as _;
use std::num::NonZeroU8;

use siphasher::sip128::{Hasher128 as _, SipHasher24};

use super::{Label, MasterSecret, NoKey, Pseudonym, Purpose};

/// Gives names under one key.
#[derive(Clone)]
pub struct Names {
    version: NonZeroU8,
    key: SipHasher24,
}

impl Names {
    /// Derives the key for a use.
    ///
    /// # Errors
    /// `Refused` when the cryptographic library fails.
    pub fn new(secret: &MasterSecret, label: Label) -> Result<Self, NoKey> {
        let derived = secret.derive(Purpose::Name, label)?;
        let (key, _) = derived.split_first_chunk::<16>().ok_or(NoKey::Refused)?;
        Ok(Self {
            version: secret.version,
            key: SipHasher24::new_with_key(key),
        })
    }

    /// Gives the name of the parts in a row, each with its length, so that no others run together to the same.
    #[must_use]
    pub fn of(&self, parts: &[&str]) -> Pseudonym {
        let mut hasher = self.key;
        for part in parts {
            hasher.write_usize(part.len());
            hasher.write(part.as_bytes());
        }
        Pseudonym {
            version: self.version,
            hash: hasher.finish128().as_bytes(),
        }
    }
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Names(k{}, ***)", self.version)
    }
}
