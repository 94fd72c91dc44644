//! With which keys does the single sign-on sign, and which may still be trusted?
//!
//! One key per algorithm, made when first needed (an RSA key takes a while), and those of the generation before.
//! Always true: a token's `kid` is in the key set until the second rotation after it, or the first that drops
//! the old keys. Deliberately absent: what a token says.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::Ed25519KeyPair;
use jsonwebtoken::jwk::{Jwk, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256, RsaKeySize};
use serde_json::{Value, json};
use uuid::Uuid;

/// The algorithms that the issuer can sign with.
pub const ALGORITHMS: [Algorithm; 4] = [
    Algorithm::ES256,
    Algorithm::EdDSA,
    Algorithm::RS256,
    Algorithm::PS256,
];

/// Why no signature came about.
#[derive(Debug, thiserror::Error)]
pub enum KeyFailure {
    /// The key couldn't be made.
    #[error("the signing key could not be made")]
    Making,
    /// The claims couldn't be signed.
    #[error("the claims could not be signed")]
    Signing(#[from] jsonwebtoken::errors::Error),
}

/// A private key with its public half.
pub struct SigningKey {
    id: String,
    algorithm: Algorithm,
    private: EncodingKey,
    public: Value,
}

impl SigningKey {
    /// Makes a P-256 key.
    pub fn es256(id: &str) -> Result<Self, KeyFailure> {
        Self::make(id, Algorithm::ES256)
    }

    /// Makes a key for an algorithm.
    pub fn make(id: &str, algorithm: Algorithm) -> Result<Self, KeyFailure> {
        let private = match algorithm {
            Algorithm::ES256 => {
                let pair = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(|_| KeyFailure::Making)?;
                EncodingKey::from_ec_der(pair.serialized_der())
            }
            Algorithm::EdDSA => {
                let pair = Ed25519KeyPair::generate_pkcs8v1(&SystemRandom::new());
                EncodingKey::from_ed_der(pair.map_err(|_| KeyFailure::Making)?.as_ref())
            }
            Algorithm::RS256 | Algorithm::PS256 => {
                let pair = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048);
                EncodingKey::from_rsa_pem(pair.map_err(|_| KeyFailure::Making)?.serialize_pem().as_bytes())?
            }
            _ => return Err(KeyFailure::Making),
        };
        let mut public = Jwk::from_encoding_key(&private, algorithm)?;
        public.common.key_id = Some(id.to_owned());
        public.common.public_key_use = Some(PublicKeyUse::Signature);
        public.common.key_algorithm = Some(KeyAlgorithm::from(algorithm));
        let public = serde_json::to_value(&public).map_err(|_| KeyFailure::Making)?;
        Ok(Self {
            id: id.to_owned(),
            algorithm,
            private,
            public,
        })
    }

    /// Returns the algorithm.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Returns the public half as a JWK.
    pub fn public(&self) -> &Value {
        &self.public
    }

    /// Signs claims; the header gets this key's id.
    pub fn sign(&self, mut header: Header, claims: &Value) -> Result<String, KeyFailure> {
        header.alg = self.algorithm;
        header.kid = Some(self.id.clone());
        Ok(jsonwebtoken::encode(&header, claims, &self.private)?)
    }
}

/// The issuer's keys, now and before.
pub struct KeyRing {
    ring: Mutex<Ring>,
}

#[derive(Default)]
struct Ring {
    generation: u32,
    current: Vec<Arc<SigningKey>>,
    before: Vec<Arc<SigningKey>>,
}

impl KeyRing {
    /// Makes the first key.
    pub fn new() -> Result<Self, KeyFailure> {
        let ring = Self {
            ring: Mutex::default(),
        };
        ring.rotate(true)?;
        Ok(ring)
    }

    /// Returns the current key of an algorithm, making it if need be.
    pub fn key(&self, algorithm: Algorithm) -> Result<Arc<SigningKey>, KeyFailure> {
        let generation = {
            let ring = self.lock();
            if let Some(key) = ring.current.iter().find(|key| key.algorithm == algorithm) {
                return Ok(Arc::clone(key));
            }
            ring.generation
        };
        // Made outside the lock: everyone else goes on while an RSA key is searched for.
        let key = Arc::new(SigningKey::make(&key_id(algorithm, generation), algorithm)?);
        let mut ring = self.lock();
        if let Some(first) = ring.current.iter().find(|key| key.algorithm == algorithm) {
            return Ok(Arc::clone(first));
        }
        ring.current.push(Arc::clone(&key));
        Ok(key)
    }

    /// Begins a new generation; the one before stays in the key set unless `drop_old`.
    pub fn rotate(&self, drop_old: bool) -> Result<String, KeyFailure> {
        let generation = self.lock().generation.saturating_add(1);
        let id = key_id(Algorithm::ES256, generation);
        let key = Arc::new(SigningKey::es256(&id)?);
        let mut ring = self.lock();
        ring.generation = generation;
        let before = std::mem::replace(&mut ring.current, vec![key]);
        ring.before = if drop_old { Vec::new() } else { before };
        Ok(id)
    }

    /// Writes the key set.
    pub fn key_set(&self) -> Value {
        let ring = self.lock();
        let keys: Vec<&Value> = ring
            .current
            .iter()
            .chain(&ring.before)
            .map(|key| key.public())
            .collect();
        json!({"keys": keys})
    }

    fn lock(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// The random end keeps a restarted issuer from giving a new key an old key's name.
fn key_id(algorithm: Algorithm, generation: u32) -> String {
    let end = Uuid::new_v4().simple().to_string();
    format!("{algorithm:?}-{generation}-{}", end.get(..8).unwrap_or_default()).to_lowercase()
}
