//! How does the gateway commit itself to all rows so far, in a form that others can check and keep?
//!
//! A checkpoint is a short text (C2SP tlog-checkpoint: the log's name, the count of rows, the tree's root) signed as a C2SP
//! signed note with Ed25519. Standard tools can check it with the verifier key `<log>+<key id>+<key>`. A log whose key was
//! changed has several: the newest signs, and what the earlier ones signed still counts.
//! Always true: a `Checkpoint` was signed by a key of the log's; there is no other way to get one.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest;
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::receipt::LogName;
use super::tree::Hash;

/// The signature type of Ed25519 in signed notes.
const ED25519_TYPE: u8 = 1;
type KeyId = [u8; 4];

/// Says that a text can't be used as the log's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an Ed25519 key of a log")]
pub struct KeyRejected;

/// Says that a note isn't a checkpoint signed by the log's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a checkpoint signed with the log's key")]
pub struct Forged;

/// Holds a signed commitment to the first `size` rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    size: u64,
    root: Hash,
    note: String,
    signed_by: VerifierKey,
}

impl Checkpoint {
    /// Gives how many rows it covers.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Gives the root of the tree of these rows.
    #[must_use]
    pub fn root(&self) -> &Hash {
        &self.root
    }

    /// Gives the signed note, as it is stored and published.
    #[must_use]
    pub fn note(&self) -> &str {
        &self.note
    }

    /// Gives the key that signed it.
    #[must_use]
    pub fn signed_by(&self) -> &VerifierKey {
        &self.signed_by
    }
}

/// Signs the checkpoints of one log.
pub struct Signer {
    key: Ed25519KeyPair,
    public: VerifierKey,
    verifier: Verifier,
}

impl Signer {
    /// Takes the log's key from a PKCS#8 document (DER).
    ///
    /// # Errors
    /// When it holds no Ed25519 key.
    pub fn from_pkcs8(log: LogName, document: &[u8]) -> Result<Self, KeyRejected> {
        let key = Ed25519KeyPair::from_pkcs8_maybe_unchecked(document).map_err(|_| KeyRejected)?;
        Self::new(log, key)
    }

    /// Takes the log's key from its 32-byte seed.
    ///
    /// # Errors
    /// When the seed hasn't 32 bytes.
    pub fn from_seed(log: LogName, seed: &[u8]) -> Result<Self, KeyRejected> {
        Self::from_seeds(log, [seed])
    }

    /// Takes the log's keys from their seeds: the first signs, what the others signed counts.
    ///
    /// # Errors
    /// When there is none, or one hasn't 32 bytes.
    pub fn from_seeds<'a>(
        log: LogName,
        seeds: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<Self, KeyRejected> {
        let mut seeds = seeds.into_iter();
        let pair = |seed| Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| KeyRejected);
        let mut signer = Self::new(log, pair(seeds.next().ok_or(KeyRejected)?)?)?;
        for seed in seeds {
            let earlier = VerifierKey::of(signer.log(), &pair(seed)?)?;
            signer.verifier.keys.push(earlier);
        }
        Ok(signer)
    }

    fn new(log: LogName, key: Ed25519KeyPair) -> Result<Self, KeyRejected> {
        let public = VerifierKey::of(&log, &key)?;
        Ok(Self {
            verifier: Verifier {
                log,
                keys: vec![public.clone()],
            },
            key,
            public,
        })
    }

    /// Gives the name of the log.
    #[must_use]
    pub fn log(&self) -> &LogName {
        &self.verifier.log
    }

    /// Gives what others need to check the checkpoints.
    #[must_use]
    pub fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// Signs the root of the first `size` rows.
    #[must_use]
    pub fn sign(&self, size: u64, root: Hash) -> Checkpoint {
        let log = self.log();
        let text = format!("{log}\n{size}\n{}\n", STANDARD.encode(root));
        let mut signature = self.public.id().to_vec();
        signature.extend_from_slice(self.key.sign(text.as_bytes()).as_ref());
        Checkpoint {
            size,
            root,
            note: format!("{text}\n— {log} {}\n", STANDARD.encode(signature)),
            signed_by: self.public.clone(),
        }
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({}, ***)", self.public)
    }
}

/// Checks the checkpoints of one log, against each of its keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verifier {
    log: LogName,
    keys: Vec<VerifierKey>,
}

impl Verifier {
    /// Takes a log's keys.
    ///
    /// # Errors
    /// When there is none, or one is another log's.
    pub fn new(log: LogName, keys: Vec<VerifierKey>) -> Result<Self, KeyRejected> {
        let are_its_own = !keys.is_empty() && keys.iter().all(|key| key.log == log);
        are_its_own.then_some(Self { log, keys }).ok_or(KeyRejected)
    }

    /// Gives the name of the log.
    #[must_use]
    pub fn log(&self) -> &LogName {
        &self.log
    }

    /// Gives the keys, the newest first.
    #[must_use]
    pub fn keys(&self) -> &[VerifierKey] {
        &self.keys
    }

    /// Reads a note and checks that a key of the log's signed it.
    ///
    /// # Errors
    /// `Forged` when it is anything else than a checkpoint of this log, signed by a key of its.
    pub fn open(&self, note: &str) -> Result<Checkpoint, Forged> {
        let (text, signatures) = note.rsplit_once("\n\n").ok_or(Forged)?;
        let text = format!("{text}\n");
        let mut lines = text.lines();
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
            return Err(Forged);
        };
        let size: u64 = size.parse().map_err(|_| Forged)?;
        let root = STANDARD.decode(root).map_err(|_| Forged)?;
        let root = root.try_into().map_err(|_| Forged)?;
        // Other signatures beside ours, of witnesses, are allowed.
        let has_signed = |key: &&VerifierKey| signatures.lines().any(|line| key.signed(&text, line));
        let signed_by = self.keys.iter().find(has_signed).ok_or(Forged)?;
        if origin != self.log.as_str() {
            return Err(Forged);
        }
        Ok(Checkpoint {
            size,
            root,
            note: note.to_owned(),
            signed_by: signed_by.clone(),
        })
    }
}

/// Is the public half of one key of a log's; prints and reads as a signed-note verifier key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    log: LogName,
    public: [u8; 32],
}

impl VerifierKey {
    fn of(log: &LogName, key: &Ed25519KeyPair) -> Result<Self, KeyRejected> {
        let public = key.public_key().as_ref().try_into().map_err(|_| KeyRejected)?;
        Ok(Self {
            log: log.clone(),
            public,
        })
    }

    /// Gives the name of the log that it belongs to.
    #[must_use]
    pub fn log(&self) -> &LogName {
        &self.log
    }

    fn signed(&self, text: &str, line: &str) -> bool {
        let named = line
            .strip_prefix("— ")
            .and_then(|rest| rest.strip_prefix(self.log.as_str()));
        let Some(encoded) = named.and_then(|rest| rest.strip_prefix(' ')) else {
            return false;
        };
        let Ok(bytes) = STANDARD.decode(encoded) else {
            return false;
        };
        let Some((id, signature)) = bytes.split_first_chunk::<4>() else {
            return false;
        };
        let key = UnparsedPublicKey::new(&ED25519, &self.public);
        *id == self.id() && key.verify(text.as_bytes(), signature).is_ok()
    }

    fn id(&self) -> KeyId {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(self.log.as_str().as_bytes());
        context.update(&[b'\n', ED25519_TYPE]);
        context.update(&self.public);
        let hash = context.finish();
        hash.as_ref().first_chunk().copied().unwrap_or_default()
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = [[ED25519_TYPE].as_slice(), &self.public].concat();
        let id = u32::from_be_bytes(self.id());
        write!(f, "{}+{id:08x}+{}", self.log, STANDARD.encode(key))
    }
}

impl FromStr for VerifierKey {
    type Err = KeyRejected;

    fn from_str(text: &str) -> Result<Self, KeyRejected> {
        let mut parts = text.splitn(3, '+');
        let (Some(log), Some(_), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(KeyRejected);
        };
        let key = STANDARD.decode(key).map_err(|_| KeyRejected)?;
        let Some((&ED25519_TYPE, public)) = key.split_first() else {
            return Err(KeyRejected);
        };
        let verifier = Self {
            log: log.parse().map_err(|_| KeyRejected)?,
            public: public.try_into().map_err(|_| KeyRejected)?,
        };
        // The key id in the middle guards against a key pasted in part.
        if verifier.to_string() == text {
            Ok(verifier)
        } else {
            Err(KeyRejected)
        }
    }
}

#[cfg(test)]
mod tests;
