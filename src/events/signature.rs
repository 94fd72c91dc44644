//! Did the registry sign this, and as an event?
//!
//! Pure: takes a compact JWS and a key of the registry's. One type, one algorithm: `registry-event+jwt` and ES256. An
//! extension that must be understood is refused, and no key is ever taken from the message itself (RFC 8725).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use serde_json::Value;

use super::Rejected;
use super::event::Claims;

/// The longest message that is looked at, in bytes.
const LONGEST: usize = 8 * 1024;

/// The most keys that are read of a key set.
const MOST_KEYS: usize = 100;

/// Holds a key of the registry's.
pub(super) struct Key {
    pub(super) kid: String,
    decoding: DecodingKey,
}

/// Reads a JWK set (RFC 7517); what isn't an ES256 key for signatures is passed over.
pub(super) fn read_keys(json: &[u8]) -> Vec<Key> {
    #[derive(Deserialize)]
    struct Published {
        keys: Vec<Value>,
    }
    let published: Option<Published> = serde_json::from_slice(json).ok();
    let keys = published.map(|set| set.keys).unwrap_or_default();
    keys.iter().take(MOST_KEYS).filter_map(key).collect()
}

fn key(raw: &Value) -> Option<Key> {
    // A key that is shown with its private part is nobody's.
    if raw.get("d").is_some() {
        return None;
    }
    let jwk = Jwk::deserialize(raw).ok()?;
    let AlgorithmParameters::EllipticCurve(point) = &jwk.algorithm else {
        return None;
    };
    let length = |text: &str| URL_SAFE_NO_PAD.decode(text).map_or(0, |bytes| bytes.len());
    let is_p256 = point.curve == EllipticCurve::P256 && length(&point.x) == 32 && length(&point.y) == 32;
    let for_signatures = matches!(jwk.common.public_key_use, None | Some(PublicKeyUse::Signature));
    let of_es256 = jwk
        .common
        .key_algorithm
        .is_none_or(|stated| stated == Algorithm::ES256.into());
    if !is_p256 || !for_signatures || !of_es256 {
        return None;
    }
    Some(Key {
        decoding: DecodingKey::from_jwk(&jwk).ok()?,
        kid: jwk.common.key_id?,
    })
}

/// Reads from the header of a message with which key it says that it is signed; nothing of it is trusted yet.
pub(super) fn named_key(message: &[u8]) -> Result<String, Rejected> {
    if message.len() > LONGEST {
        return Err(Rejected::Malformed);
    }
    let header = jsonwebtoken::decode_header(message).map_err(|_| Rejected::Malformed)?;
    let extended = header.crit.is_some() || header.extras.inner().contains_key("b64");
    let brings_a_key =
        header.jwk.is_some() || header.jku.is_some() || header.x5u.is_some() || header.x5c.is_some();
    let is_event = header.typ.is_some_and(|typ| is_event(&typ));
    if extended || brings_a_key || !is_event || header.alg != Algorithm::ES256 {
        return Err(Rejected::NotSigned);
    }
    header.kid.ok_or(Rejected::NotSigned)
}

/// Compares as media types are compared, the prefix `application/` being optional.
fn is_event(typ: &str) -> bool {
    ["registry-event+jwt", "application/registry-event+jwt"]
        .iter()
        .any(|name| typ.eq_ignore_ascii_case(name))
}

/// Verifies the signature and gives what was signed.
pub(super) fn verify(message: &[u8], key: &Key) -> Result<Claims, Rejected> {
    let mut validation = Validation::new(Algorithm::ES256);
    // An event is good for ever: its number tells whether it is new.
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    jsonwebtoken::decode::<Claims>(message, &key.decoding, &validation)
        .map(|decoded| decoded.claims)
        .map_err(|_| Rejected::NotSigned)
}
