//! What is a confirmation called?
//!
//! 128 random bits, written in base64url: nobody can guess the address behind a QR code from another one, or count how
//! many there are.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::NotDrawn;

/// Names one confirmation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id([u8; 16]);

/// Says that a text names no confirmation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the id of a confirmation")]
pub struct MalformedId;

impl Id {
    /// Draws a new one.
    pub(super) fn draw() -> Result<Self, NotDrawn> {
        let mut bits = [0; 16];
        aws_lc_rs::rand::fill(&mut bits).map_err(|_| NotDrawn)?;
        Ok(Self(bits))
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl FromStr for Id {
    type Err = MalformedId;

    fn from_str(text: &str) -> Result<Self, MalformedId> {
        // Strict: no padding and no stray bits at the end, so that one confirmation has one address.
        let bits = URL_SAFE_NO_PAD.decode(text).map_err(|_| MalformedId)?;
        bits.try_into().map(Self).map_err(|_| MalformedId)
    }
}
