//! Was this very call made before, and what was it answered?
//!
//! Stands between policy and limits: takes the caller's key with the call, gives leave to run it or the answer kept.
//! Always true: key and body are stored as keyed hashes and the answer sealed for its place, nothing in clear; an answer
//! is durable before it goes out; a key belongs to one client, officer and route. A run that never ends lapses with its
//! deadline, and a run that ends after it lapsed keeps nothing. Deliberately absent: which answers deserve to be kept.
//! On failure: `Unavailable`, and the call isn't run, since it might be the second time.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::domain::client::ClientId;
use crate::sealing::{Label, MasterSecret, NoKey, Pseudonym, Pseudonyms, Sealer};

/// How long an answer is kept.
pub const KEPT_FOR: SignedDuration = SignedDuration::from_hours(24);

/// Says that repeated calls can't be told from new ones now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("repeated calls can't be recognised")]
pub struct Unavailable;

/// Says that a text can't be an idempotency key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an idempotency key has 1–64 visible ASCII characters")]
pub struct MalformedKey;

/// Holds the caller's key; quoted or not, it is the same.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(Box<str>);

impl FromStr for Key {
    type Err = MalformedKey;

    fn from_str(text: &str) -> Result<Self, MalformedKey> {
        let bare = text
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'))
            .unwrap_or(text);
        if bare.is_empty() || bare.len() > 64 || !bare.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(MalformedKey);
        }
        Ok(Self(bare.into()))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(***)")
    }
}

/// Names a call: who makes it, where, under which key, with which body.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    /// The calling system.
    pub client: &'a ClientId,
    /// The officer, as in the audit row.
    pub officer: Option<Pseudonym>,
    /// The route, as in the route table.
    pub route: &'a str,
    /// The caller's key.
    pub key: &'a Key,
    /// The body, byte for byte.
    pub body: &'a [u8],
}

/// Tells what to do with a call.
pub enum Begun {
    /// Run it, and hand this back with the answer.
    Run(Running),
    /// Give the kept answer again.
    Replay(Vec<u8>),
    /// Refuse it: the key was used with another body.
    Mismatch,
    /// Refuse it: the first call is still running.
    Conflict,
}

impl fmt::Debug for Begun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Run(_) => "Run",
            Self::Replay(_) => "Replay(***)",
            Self::Mismatch => "Mismatch",
            Self::Conflict => "Conflict",
        })
    }
}

/// Is the leave to run a call; given back by `complete` or `abandon`, or it lapses with its deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Running {
    /// The call's name.
    pub scope: Pseudonym,
    /// This run's own name, so that a run that lapsed can't overwrite the next one.
    pub run: Uuid,
}

/// Tells what the store found under a call's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// Nothing in force; the run was entered.
    Entered,
    /// Another run in force, with the keyed hash of its body as text and its sealed answer once there is one.
    Other {
        /// The keyed hash of the body.
        body: String,
        /// The sealed answer.
        answer: Option<Vec<u8>>,
    },
}

/// Keeps runs and sealed answers; the port that `stores` implements. Times are the caller's.
pub trait Store: Send + Sync + 'static {
    /// Enters a run unless one is in force, and removes some of what has expired.
    fn begin(
        &self,
        running: Running,
        body: Pseudonym,
        now: Timestamp,
        deadline: Timestamp,
    ) -> BoxFuture<'_, Result<Found, Unavailable>>;

    /// Keeps the answer of a run that is still the one entered.
    fn complete(
        &self,
        running: Running,
        sealed: Vec<u8>,
        expires: Timestamp,
    ) -> BoxFuture<'_, Result<(), Unavailable>>;

    /// Forgets a run that is still the one entered.
    fn abandon(&self, running: Running) -> BoxFuture<'_, Result<(), Unavailable>>;
}

/// Recognises repeated calls.
#[derive(Clone)]
pub struct Idempotency {
    store: Arc<dyn Store>,
    pseudonyms: Pseudonyms,
    sealer: Arc<Sealer>,
}

impl Idempotency {
    /// Derives the keys: pseudonyms from one secret, seals from the other (they may be the same).
    ///
    /// # Errors
    /// When the cryptographic library fails.
    pub fn new(
        store: Arc<dyn Store>,
        pseudonym: &MasterSecret,
        sealing: &MasterSecret,
    ) -> Result<Self, NoKey> {
        Ok(Self {
            store,
            pseudonyms: Pseudonyms::new(pseudonym, Label::Idempotency)?,
            sealer: Arc::new(Sealer::new(sealing, Label::Idempotency)?),
        })
    }

    /// Asks whether to run a call; the leave to run lapses at `deadline`.
    ///
    /// # Errors
    /// When the store fails, or a kept answer doesn't open.
    pub async fn begin(
        &self,
        call: Call<'_>,
        now: Timestamp,
        deadline: Timestamp,
    ) -> Result<Begun, Unavailable> {
        let running = Running {
            scope: self.scope(call),
            run: Uuid::new_v4(),
        };
        let body = self.pseudonyms.of_parts(&[b"body:", call.body]);
        match self.store.begin(running, body, now, deadline).await? {
            Found::Entered => Ok(Begun::Run(running)),
            Found::Other { body: other, .. } if other != body.to_string() => Ok(Begun::Mismatch),
            Found::Other { answer: None, .. } => Ok(Begun::Conflict),
            Found::Other {
                answer: Some(sealed), ..
            } => {
                let opened = self.sealer.open(&sealed, place(running.scope).as_bytes());
                opened.map(Begun::Replay).map_err(|_| {
                    tracing::error!("a kept answer does not open");
                    Unavailable
                })
            }
        }
    }

    /// Keeps the answer for 24 hours; durable when it returns. A run that lapsed keeps nothing.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn complete(&self, running: Running, answer: &[u8], now: Timestamp) -> Result<(), Unavailable> {
        let sealed = self
            .sealer
            .seal(answer, place(running.scope).as_bytes())
            .map_err(|_| Unavailable)?;
        let expires = now.checked_add(KEPT_FOR).map_err(|_| Unavailable)?;
        self.store.complete(running, sealed, expires).await
    }

    /// Forgets a run whose answer isn't kept, so that the key can be used again.
    ///
    /// # Errors
    /// When the store fails; the run then lapses with its deadline.
    pub async fn abandon(&self, running: Running) -> Result<(), Unavailable> {
        self.store.abandon(running).await
    }

    fn scope(&self, call: Call<'_>) -> Pseudonym {
        let officer = call
            .officer
            .map_or_else(String::new, |officer| officer.to_string());
        // No part but the last can hold the separator: names and routes are plain, keys are visible ASCII.
        self.pseudonyms.of_parts(&[
            b"call:",
            call.client.as_str().as_bytes(),
            b"\n",
            officer.as_bytes(),
            b"\n",
            call.route.as_bytes(),
            b"\n",
            call.key.0.as_bytes(),
        ])
    }
}

fn place(scope: Pseudonym) -> String {
    format!("idempotency|answer|{scope}")
}

#[cfg(test)]
mod tests;
