//! Which keyed hash stands for a text?
//!
//! HMAC-SHA-256 truncated to 16 bytes, written `k<version>:<hex>`: the version names the master secret, so that rows of
//! before a change of secret can still be told apart. Numbers of persons and of officers are hashed apart: an
//! officer who looks up herself doesn't show as such to who only reads the log. The key schedule is computed once.

use std::fmt;
use std::num::NonZeroU8;
use std::str::FromStr;

use aws_lc_rs::hmac;

use super::{Label, MasterSecret, NoKey, Purpose};
use crate::domain::pin::{IdNumber, Pin};

const LENGTH: usize = 16;
const HEX: &[u8; 16] = b"0123456789abcdef";

/// Stands for a text that must not be shown.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pseudonym {
    version: NonZeroU8,
    hash: [u8; LENGTH],
}

/// Says that a text isn't `k<version>:<32 hex digits>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a pseudonym")]
pub struct MalformedPseudonym;

impl fmt::Display for Pseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut hex = [0; 2 * LENGTH];
        for (pair, byte) in hex.as_chunks_mut().0.iter_mut().zip(self.hash) {
            let digit = |nibble: u8| HEX.get(usize::from(nibble)).copied().unwrap_or_default();
            *pair = [digit(byte >> 4), digit(byte & 0xf)];
        }
        write!(
            f,
            "k{}:{}",
            self.version,
            std::str::from_utf8(&hex).unwrap_or_default()
        )
    }
}

impl fmt::Debug for Pseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Pseudonym {
    type Err = MalformedPseudonym;

    fn from_str(text: &str) -> Result<Self, MalformedPseudonym> {
        let (version, hex) = text
            .strip_prefix('k')
            .and_then(|rest| rest.split_once(':'))
            .ok_or(MalformedPseudonym)?;
        let version: NonZeroU8 = version.parse().map_err(|_| MalformedPseudonym)?;
        let (pairs, []) = hex.as_bytes().as_chunks::<2>() else {
            return Err(MalformedPseudonym);
        };
        let bytes: Option<Vec<u8>> = pairs.iter().map(byte_of).collect();
        let hash = bytes
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or(MalformedPseudonym)?;
        let pseudonym = Self { version, hash };
        // One text for one pseudonym: `k01:` and capital digits would be second names for the same thing.
        if pseudonym.to_string() == text {
            Ok(pseudonym)
        } else {
            Err(MalformedPseudonym)
        }
    }
}

fn byte_of(&[high, low]: &[u8; 2]) -> Option<u8> {
    let high = char::from(high).to_digit(16)?;
    let low = char::from(low).to_digit(16)?;
    u8::try_from(high * 16 + low).ok()
}

/// Gives pseudonyms under one key.
#[derive(Clone)]
pub struct Pseudonyms {
    version: NonZeroU8,
    key: hmac::Key,
}

impl Pseudonyms {
    /// Derives the key for a use.
    ///
    /// # Errors
    /// `Refused` when the cryptographic library fails.
    pub fn new(secret: &MasterSecret, label: Label) -> Result<Self, NoKey> {
        let key = secret.derive(Purpose::Hash, label)?;
        Ok(Self {
            version: secret.version,
            key: hmac::Key::new(hmac::HMAC_SHA256, &*key),
        })
    }

    /// Gives the pseudonym of a person's number, of whichever kind.
    #[must_use]
    pub fn of_number(&self, number: &IdNumber) -> Pseudonym {
        self.of_parts(&[b"number:", number.expose().as_bytes()])
    }

    /// Gives the pseudonym of an officer's number.
    #[must_use]
    pub fn of_officer(&self, officer: &Pin) -> Pseudonym {
        self.of_parts(&[b"officer:", officer.expose().as_bytes()])
    }

    /// Gives the pseudonym of any other text; the caller's prefix keeps kinds of text apart.
    #[must_use]
    pub fn of(&self, text: &str) -> Pseudonym {
        self.of_parts(&[b"text:", text.as_bytes()])
    }

    /// Gives the pseudonym of the parts in a row; the caller sees to it that no other parts run together to the same.
    #[must_use]
    pub(crate) fn of_parts(&self, parts: &[&[u8]]) -> Pseudonym {
        let mut context = hmac::Context::with_key(&self.key);
        for part in parts {
            context.update(part);
        }
        let mut hash = [0; LENGTH];
        for (to, from) in hash.iter_mut().zip(context.sign().as_ref()) {
            *to = *from;
        }
        Pseudonym {
            version: self.version,
            hash,
        }
    }
}

impl fmt::Debug for Pseudonyms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pseudonyms(k{}, ***)", self.version)
    }
}
