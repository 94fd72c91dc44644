//! With which key does the gateway sign what it confirms?
//!
//! One P-256 key (ES256), derived by HKDF from the signing seed under a label of its own, so that no file of keys is added
//! and the log's Ed25519 key isn't used for two things. Its name is its own thumbprint (RFC 7638). Beside it stand those that
//! signed before, and that will: they are published too, and open what they signed. A compact JWS is made and opened here,
//! with the type that it is for: one that was signed for another purpose never opens.

use std::fmt;

use aws_lc_rs::agreement::{ECDH_P256, PrivateKey};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hkdf;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use zeroize::Zeroizing;

const LABEL: &[u8] = b"confirmations:es256:";

/// Says that no key could be derived from the seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no key can be derived from the seed")]
pub struct KeyRejected;

/// Says why a compact JWS doesn't open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unopened {
    /// It isn't a compact JWS.
    Malformed,
    /// It was made for something else.
    Type,
    /// Another algorithm, or demands that aren't known.
    Algorithm,
    /// Another key's name.
    Key,
    /// The signature doesn't fit.
    Signature,
}

#[derive(Serialize, Deserialize)]
struct Header {
    alg: String,
    typ: Option<String>,
    kid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    crit: Option<Value>,
}

/// Signs what the gateway confirms, and opens what it has confirmed.
#[derive(Debug)]
pub struct IssuerKeys {
    signing: IssuerKey,
    others: Vec<IssuerKey>,
}

impl IssuerKeys {
    /// Derives the keys from the gateway's signing seeds: the first signs.
    ///
    /// # Errors
    /// When there is none, or the cryptographic library refuses.
    pub fn from_seeds<'a>(seeds: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, KeyRejected> {
        let mut keys = seeds.into_iter().map(IssuerKey::from_seed);
        Ok(Self {
            signing: keys.next().ok_or(KeyRejected)??,
            others: keys.collect::<Result<_, _>>()?,
        })
    }

    /// Gives the JWK set under which the world finds the keys, the one that signs first.
    #[must_use]
    pub fn published(&self) -> Value {
        let keys: Vec<Value> = self.all().map(IssuerKey::published).collect();
        json!({"keys": keys})
    }

    /// Signs a payload as a compact JWS of that type.
    pub(super) fn sign(&self, typ: &str, payload: &Value) -> Result<String, KeyRejected> {
        self.signing.sign(typ, payload)
    }

    /// Opens a compact JWS of that type, and gives its payload.
    pub(super) fn open(&self, typ: &str, text: &str) -> Result<Value, Unopened> {
        let (signed, signature) = text.rsplit_once('.').ok_or(Unopened::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(Unopened::Malformed)?;
        let header: Header = read(header)?;
        if header.typ.as_deref() != Some(typ) {
            return Err(Unopened::Type);
        }
        if header.alg != "ES256" || header.crit.is_some() {
            return Err(Unopened::Algorithm);
        }
        let mut keys = self.all();
        let named = keys.find(|key| header.kid.as_ref() == Some(&key.kid));
        let key = named.ok_or(Unopened::Key)?;
        key.verify(signed.as_bytes(), signature)?;
        read(payload)
    }

    fn all(&self) -> impl Iterator<Item = &IssuerKey> {
        std::iter::once(&self.signing).chain(&self.others)
    }
}

/// Is one key.
struct IssuerKey {
    pair: EcdsaKeyPair,
    kid: String,
    x: String,
    y: String,
}

impl IssuerKey {
    fn from_seed(seed: &[u8]) -> Result<Self, KeyRejected> {
        // Not every 32 bytes are a scalar of the curve; one that isn't turns up once in 2³² seeds.
        (0..=u8::MAX)
            .find_map(|attempt| Self::derived(seed, attempt))
            .ok_or(KeyRejected)
    }

    fn derived(seed: &[u8], attempt: u8) -> Option<Self> {
        let mut scalar = Zeroizing::new([0; 32]);
        hkdf::Salt::new(hkdf::HKDF_SHA256, b"dancu")
            .extract(seed)
            .expand(&[LABEL, &[attempt]], hkdf::HKDF_SHA256)
            .and_then(|derived| derived.fill(&mut *scalar))
            .ok()?;
        let private = PrivateKey::from_private_key(&ECDH_P256, &*scalar).ok()?;
        let public = private.compute_public_key().ok()?;
        let public = public.as_ref();
        let pair =
            EcdsaKeyPair::from_private_key_and_public_key(&ECDSA_P256_SHA256_FIXED_SIGNING, &*scalar, public)
                .ok()?;
        // Uncompressed: a 4, then both coordinates.
        let (x, y) = public.get(1..)?.split_at_checked(32)?;
        let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
        let thumbprint = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        let kid = URL_SAFE_NO_PAD.encode(digest(&SHA256, thumbprint.as_bytes()));
        Some(Self { pair, kid, x, y })
    }

    fn published(&self) -> Value {
        let Self { kid, x, y, .. } = self;
        json!({"kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": kid, "alg": "ES256", "use": "sig"})
    }

    fn sign(&self, typ: &str, payload: &Value) -> Result<String, KeyRejected> {
        let header = json!({"alg": "ES256", "typ": typ, "kid": self.kid});
        let (header, payload) = (header.to_string(), payload.to_string());
        let text = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header),
            URL_SAFE_NO_PAD.encode(payload)
        );
        let signature = self
            .pair
            .sign(&SystemRandom::new(), text.as_bytes())
            .map_err(|_| KeyRejected)?;
        Ok(format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    fn verify(&self, signed: &[u8], signature: &str) -> Result<(), Unopened> {
        let signature = URL_SAFE_NO_PAD
            .decode(signature)
            .map_err(|_| Unopened::Malformed)?;
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, self.pair.public_key().as_ref())
            .verify(signed, &signature)
            .map_err(|_| Unopened::Signature)
    }
}

fn read<T: for<'de> Deserialize<'de>>(part: &str) -> Result<T, Unopened> {
    let json = URL_SAFE_NO_PAD.decode(part).map_err(|_| Unopened::Malformed)?;
    serde_json::from_slice(&json).map_err(|_| Unopened::Malformed)
}

impl fmt::Debug for IssuerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IssuerKey({}, ***)", self.kid)
    }
}

#[cfg(test)]
mod tests;
