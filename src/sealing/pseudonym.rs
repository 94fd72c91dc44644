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
/// `k`, three digits of a version at the most, a colon and the hash.
const LONGEST: usize = 1 + 3 + 1 + 2 * LENGTH;
const HEX: &[u8; 16] = b"0123456789abcdef";

/// Stands for a text that must not be shown.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pseudonym {
    pub(super) version: NonZeroU8,
    pub(super) hash: [u8; LENGTH],
}

/// Says that a text isn't `k<version>:<32 hex digits>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a pseudonym")]
pub struct MalformedPseudonym;

/// Is a pseudonym as it is written, without an allocation: three stand in every audit row.
#[derive(Debug, Clone, Copy)]
pub struct Written {
    bytes: [u8; LONGEST],
    length: usize,
}

impl Written {
    fn push(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(self.length) {
            *place = byte;
            self.length += 1;
        }
    }

    /// Gives the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let written = self.bytes.get(..self.length).unwrap_or_default();
        std::str::from_utf8(written).unwrap_or_default()
    }
}

impl Pseudonym {
    /// Writes it down.
    #[must_use]
    pub fn written(&self) -> Written {
        let mut written = Written {
            bytes: [0; LONGEST],
            length: 0,
        };
        let digit = |number: u8| HEX.get(usize::from(number)).copied().unwrap_or_default();
        written.push(b'k');
        let version = self.version.get();
        for (digits_above, place) in [(version / 100, version / 100), (version / 10, version / 10 % 10)] {
            if digits_above > 0 {
                written.push(digit(place));
            }
        }
        written.push(digit(version % 10));
        written.push(b':');
        for byte in self.hash {
            written.push(digit(byte >> 4));
            written.push(digit(byte & 0xf));
        }
        written
    }
}

impl fmt::Display for Pseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.written().as_str())
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
