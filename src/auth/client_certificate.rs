//! Which certificate is meant?
//!
//! A certificate is named by the SHA-256 of its DER form, written in base64url (`x5t#S256`, RFC 8705): in tokens that
//! are bound to it, in the register of clients, and on the connection that showed it. Whether a certificate descends
//! from the right CA was settled in the handshake; here only names are compared, and in constant time.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::{constant_time, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Says that a text is no thumbprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a SHA-256 thumbprint in base64url")]
pub struct MalformedThumbprint;

/// Names a certificate by the SHA-256 of its DER form.
#[derive(Clone, Copy)]
pub struct Thumbprint([u8; digest::SHA256_OUTPUT_LEN]);

impl Thumbprint {
    /// Computes the thumbprint of a certificate.
    #[must_use]
    pub fn of(der: &[u8]) -> Self {
        Self(super::sha256(der))
    }
}

impl PartialEq for Thumbprint {
    fn eq(&self, other: &Self) -> bool {
        constant_time::verify_slices_are_equal(&self.0, &other.0).is_ok()
    }
}

impl Eq for Thumbprint {}

impl FromStr for Thumbprint {
    type Err = MalformedThumbprint;

    fn from_str(text: &str) -> Result<Self, MalformedThumbprint> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| MalformedThumbprint)?;
        bytes.try_into().map(Self).map_err(|_| MalformedThumbprint)
    }
}

impl fmt::Display for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Thumbprint({self})")
    }
}

#[cfg(test)]
mod tests;
