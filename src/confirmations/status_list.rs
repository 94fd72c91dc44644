//! Which confirmations were revoked, told without telling which one is asked about?
//!
//! A Token Status List: one bit for each place of a list, packed with zlib and signed (`typ` `statuslist+jwt`). Whoever holds
//! a credential fetches the whole list and looks at its own bit, so nobody learns from the fetch which person is meant.
//! Pure: takes the revoked places and the time. Places are given out at random; a list is left when half of it was given, so
//! that drawing one that is free stays quick.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::NotDrawn;
use super::keys::IssuerKeys;

/// The type in the list's header.
pub(super) const TYPE: &str = "statuslist+jwt";

/// How many places a list has.
pub(super) const PLACES: u32 = 1 << 17;

/// How many places are given out before the next list is begun.
pub(super) const GIVEN_AT_MOST: u32 = PLACES / 2;

/// How long who holds a copy may go by it: what a revocation takes to reach everybody.
pub const TTL: SignedDuration = SignedDuration::from_mins(5);

/// How long a copy is worth anything at all.
const LIFETIME: SignedDuration = SignedDuration::from_hours(1);

/// Draws a place.
pub(super) fn draw() -> Result<u32, NotDrawn> {
    let mut bytes = [0; 4];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| NotDrawn)?;
    // The number of places is a power of two: no place is likelier than another.
    Ok(u32::from_be_bytes(bytes) % PLACES)
}

/// Signs a list.
pub(super) fn compose(
    revoked: &[u32],
    address: &str,
    now: Timestamp,
    key: &IssuerKeys,
) -> Result<String, NotDrawn> {
    let ends = now.saturating_add(LIFETIME).unwrap_or(now);
    let payload = json!({
        "sub": address,
        "iat": now.as_second(),
        "exp": ends.as_second(),
        "ttl": TTL.as_secs(),
        "status_list": {"bits": 1, "lst": URL_SAFE_NO_PAD.encode(packed(revoked)?)},
    });
    key.sign(TYPE, &payload).map_err(|_| NotDrawn)
}

fn packed(revoked: &[u32]) -> Result<Vec<u8>, NotDrawn> {
    let mut bits = vec![0_u8; PLACES.div_ceil(8).try_into().unwrap_or(usize::MAX)];
    for index in revoked {
        let byte = usize::try_from(index / 8)
            .ok()
            .and_then(|byte| bits.get_mut(byte));
        if let Some(byte) = byte {
            // The lowest bit of a byte is its first place.
            *byte |= 1 << (index % 8);
        }
    }
    let mut packing = ZlibEncoder::new(Vec::new(), Compression::best());
    packing.write_all(&bits).map_err(|_| NotDrawn)?;
    packing.finish().map_err(|_| NotDrawn)
}

#[cfg(test)]
mod tests;
