//! Is this caller one of the systems connected to the registry, and is the call fresh?
//!
//! Checks the header authentication of the national exchange: `Authorization: Basic base64(user:sha256hex(path +
//! user + timestamp + secret))` with a timestamp no further than 300 s from the registry's clock, the exchange's
//! client name and the API key. Seconds and milliseconds are both taken, as callers in the field send both.
//! Always true: a call that passes carried the secret's proof for this very path and moment.
//! Deliberately absent: replays within the window are not noticed, as in the original as far as anyone knows.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The credentials of one connected system.
#[derive(Clone)]
pub struct Credentials {
    /// The account.
    pub user: String,
    /// The shared secret.
    pub secret: String,
    /// Value of the header `ApiKey`.
    pub api_key: String,
    /// Value of the header `X-Road-Client`.
    pub x_road_client: String,
}

/// What of a call's headers counts for authentication.
#[derive(Debug, Clone, Copy, Default)]
pub struct Presented<'a> {
    /// `Authorization`.
    pub authorization: &'a str,
    /// `Timestamp`.
    pub timestamp: &'a str,
    /// `ApiKey`.
    pub api_key: &'a str,
    /// `X-Road-Client`.
    pub x_road_client: &'a str,
}

/// Why a caller isn't let in.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Stranger {
    /// The timestamp is missing, unreadable or out of the window.
    #[error("timestamp outside the window of 300 seconds")]
    Timestamp,
    /// The signature doesn't fit.
    #[error("signature does not match")]
    Signature,
    /// Unknown client name or API key.
    #[error("unknown X-Road-Client or ApiKey")]
    Client,
}

const WINDOW_SECONDS: u64 = 300;

impl Credentials {
    /// Checks a call to `path` at `now` (seconds since 1970).
    pub fn check(&self, path: &str, presented: Presented<'_>, now: i64) -> Result<(), Stranger> {
        if presented.api_key != self.api_key || presented.x_road_client != self.x_road_client {
            return Err(Stranger::Client);
        }
        let stamped: i64 = presented.timestamp.parse().map_err(|_| Stranger::Timestamp)?;
        let seconds = if stamped > 100_000_000_000 {
            stamped / 1000
        } else {
            stamped
        };
        if seconds.abs_diff(now) > WINDOW_SECONDS {
            return Err(Stranger::Timestamp);
        }
        let sent = presented
            .authorization
            .strip_prefix("Basic ")
            .and_then(|encoded| STANDARD.decode(encoded).ok())
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .ok_or(Stranger::Signature)?;
        let due = format!("{}:{}", self.user, self.proof(path, presented.timestamp));
        if sent == due {
            Ok(())
        } else {
            Err(Stranger::Signature)
        }
    }

    fn proof(&self, path: &str, timestamp: &str) -> String {
        let signed = format!("{path}{}{timestamp}{}", self.user, self.secret);
        digest(&SHA256, signed.as_bytes())
            .as_ref()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

#[cfg(test)]
mod tests;
