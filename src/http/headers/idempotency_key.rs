//! Which key did the caller give to a call that it may have to repeat?
//!
//! 1–64 visible ASCII characters; as a quoted string, which the IETF draft asks for, or bare, as most send it: both are the
//! same key. Unlike other headers, one that can't be read is refused: its sender would repeat the call in the belief that
//! nothing is done twice.

use actix_web::http::header::HeaderMap;

use crate::idempotency::{Key, MalformedKey};

/// The header's name.
pub(in crate::http) const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// Reads the key, where there is one.
pub(in crate::http) fn idempotency_key(headers: &HeaderMap) -> Result<Option<Key>, MalformedKey> {
    let mut lines = headers.get_all(IDEMPOTENCY_KEY);
    match (lines.next(), lines.next()) {
        (None, _) => Ok(None),
        (Some(line), None) => line.to_str().map_err(|_| MalformedKey)?.trim().parse().map(Some),
        (Some(_), Some(_)) => Err(MalformedKey),
    }
}

#[cfg(test)]
mod tests;
