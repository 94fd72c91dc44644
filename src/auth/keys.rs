//! Which of the keys that the issuer publishes may verify a token, and with which algorithm?
//!
//! Pure: reads a JWK set (RFC 7517) into prepared keys, found by `kid`. A key is kept only for the algorithms that its
//! own kind, curve, `alg`, `use` and `key_ops` allow; so a token's header picks at most among what the issuer meant. A
//! key that doesn't fit is passed over, as the issuer may publish others for other purposes; symmetric keys and keys
//! shown with their private part are never taken. A text that is no set, or a set without one usable key, is refused
//! as a whole.

use std::collections::HashMap;
use std::str::FromStr;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyOperations, PublicKeyUse};
use serde::Deserialize;

/// The most keys that an issuer may publish.
const MOST_KEYS: usize = 100;

/// The shortest RSA modulus that is trusted, in bits.
const SHORTEST_RSA: usize = 2048;

/// Names a signature algorithm that may be allowed; there is no symmetric one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PSS with SHA-256.
    Ps256,
}

/// Says that a text names no algorithm that may be allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not one of ES256, EdDSA, RS256, PS256")]
pub struct UnknownAlgorithm;

impl Algorithm {
    /// Lists every algorithm.
    pub const ALL: [Self; 4] = [Self::Es256, Self::EdDsa, Self::Rs256, Self::Ps256];

    /// Gives the algorithm's registered name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
        }
    }

    pub(super) fn from_header(algorithm: jsonwebtoken::Algorithm) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|candidate| candidate.for_library() == algorithm)
    }

    pub(super) fn for_library(self) -> jsonwebtoken::Algorithm {
        match self {
            Self::Es256 => jsonwebtoken::Algorithm::ES256,
            Self::EdDsa => jsonwebtoken::Algorithm::EdDSA,
            Self::Rs256 => jsonwebtoken::Algorithm::RS256,
            Self::Ps256 => jsonwebtoken::Algorithm::PS256,
        }
    }
}

impl FromStr for Algorithm {
    type Err = UnknownAlgorithm;

    fn from_str(text: &str) -> Result<Self, UnknownAlgorithm> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.as_str() == text)
            .ok_or(UnknownAlgorithm)
    }
}

/// Holds one key of the issuer, ready to verify.
#[derive(Debug)]
pub(super) struct Key {
    kid: String,
    public: AlgorithmParameters,
    algorithms: Vec<Algorithm>,
    decoding: DecodingKey,
}

impl Key {
    pub(super) fn allows(&self, algorithm: Algorithm) -> bool {
        self.algorithms.contains(&algorithm)
    }

    pub(super) fn decoding(&self) -> &DecodingKey {
        &self.decoding
    }

    fn is_same_as(&self, other: &Self) -> bool {
        self.public == other.public && self.algorithms == other.algorithms
    }

    fn from_jwk(raw: &serde_json::Value, allowed: &[Algorithm]) -> Option<Self> {
        if raw.get("d").is_some() || raw.get("k").is_some() {
            return None;
        }
        let jwk = Jwk::deserialize(raw).ok()?;
        let for_signatures = matches!(jwk.common.public_key_use, None | Some(PublicKeyUse::Signature));
        let for_verifying = jwk
            .common
            .key_operations
            .as_ref()
            .is_none_or(|operations| operations.contains(&KeyOperations::Verify));
        let stated = jwk.common.key_algorithm;
        let algorithms: Vec<_> = fitting(&jwk.algorithm)
            .iter()
            .copied()
            .filter(|algorithm| allowed.contains(algorithm))
            .filter(|algorithm| stated.is_none_or(|stated| stated == algorithm.for_library().into()))
            .collect();
        if !for_signatures || !for_verifying || algorithms.is_empty() {
            return None;
        }
        Some(Self {
            decoding: DecodingKey::from_jwk(&jwk).ok()?,
            kid: jwk.common.key_id?,
            public: jwk.algorithm,
            algorithms,
        })
    }
}

/// Gives the algorithms that a key of this kind, curve and size can serve.
fn fitting(public: &AlgorithmParameters) -> &'static [Algorithm] {
    match public {
        AlgorithmParameters::EllipticCurve(point)
            if point.curve == EllipticCurve::P256 && length(&point.x) == 32 && length(&point.y) == 32 =>
        {
            &[Algorithm::Es256]
        }
        AlgorithmParameters::OctetKeyPair(point)
            if point.curve == EllipticCurve::Ed25519 && length(&point.x) == 32 =>
        {
            &[Algorithm::EdDsa]
        }
        AlgorithmParameters::RSA(numbers) if bits(&numbers.n) >= SHORTEST_RSA => {
            &[Algorithm::Rs256, Algorithm::Ps256]
        }
        _ => &[],
    }
}

fn length(text: &str) -> usize {
    URL_SAFE_NO_PAD.decode(text).map_or(0, |bytes| bytes.len())
}

fn bits(text: &str) -> usize {
    let bytes = URL_SAFE_NO_PAD.decode(text).unwrap_or_default();
    let mut significant = bytes.iter().skip_while(|byte| **byte == 0);
    let Some(first) = significant.next() else {
        return 0;
    };
    let first_bits = 8_usize.saturating_sub(first.leading_zeros() as usize);
    significant.count().saturating_mul(8).saturating_add(first_bits)
}

/// Says that a text gives no key to verify tokens with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NoUsableKeys;

/// Holds the keys that the issuer published at one moment.
#[derive(Debug)]
pub(super) struct KeySet(HashMap<String, Arc<Key>>);

impl KeySet {
    /// Reads a JWK set; of two keys of one name the first counts.
    pub(super) fn from_json(json: &[u8], allowed: &[Algorithm]) -> Result<Self, NoUsableKeys> {
        #[derive(Deserialize)]
        struct Published {
            keys: Vec<serde_json::Value>,
        }
        let published: Published = serde_json::from_slice(json).map_err(|_| NoUsableKeys)?;
        if published.keys.len() > MOST_KEYS {
            return Err(NoUsableKeys);
        }
        let mut keys = HashMap::new();
        for key in published
            .keys
            .iter()
            .filter_map(|raw| Key::from_jwk(raw, allowed))
        {
            keys.entry(key.kid.clone()).or_insert_with(|| Arc::new(key));
        }
        if keys.is_empty() {
            return Err(NoUsableKeys);
        }
        Ok(Self(keys))
    }

    pub(super) fn named(&self, kid: &str) -> Option<&Arc<Key>> {
        self.0.get(kid)
    }

    /// Tells whether the set still has this key: the same name for the same material.
    pub(super) fn holds(&self, key: &Key) -> bool {
        self.named(&key.kid).is_some_and(|held| held.is_same_as(key))
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests;
