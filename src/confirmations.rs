//! What does an officer put into the dossier to prove that the register was asked, and does it still hold?
//!
//! Stands behind the exchange: takes what a finished check has established and gives a credential for machines (SD-JWT VC), a
//! page for people (PDF) and an address for everybody; later, reads, checks and revokes them. Always true: what is given out is
//! kept first, what was revoked stays so, a place in a status list is drawn at random, and no name or number of a person is in
//! any of it. Deliberately absent: any decision, and any fetch of what a credential names. On failure: `Unavailable`, and
//! nothing was confirmed, or nothing is said about it.

mod addresses;
mod content;
mod credential;
mod document;
mod id;
mod issue;
mod keys;
mod metadata;
mod status_list;
pub mod store;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::clock::Clock;
use crate::domain::client::ClientId;
use crate::domain::context::Dossier;
use crate::domain::pin::{IdNumber, Pin};
use crate::sealing::{Pseudonym, Pseudonyms, Sealer};
use addresses::Addresses;
use document::Press;
use store::{Entered, Place, Row, Standing, Store};

pub use content::Content;
pub use credential::{DisclosedFact, Flaw, Presented};
pub use document::{Phrase, Unreadable, Wording};
pub use id::{Id, MalformedId};
pub use issue::{Bilingual, ConfirmedFact, FactResult, Issue, Issued, Named, Reason, State};
pub use keys::{IssuerKeys, KeyRejected};
pub use status_list::TTL;
pub use store::Unavailable;

/// How long a confirmation holds where nothing is known of it.
pub const USUAL_VALIDITY: Duration = Duration::from_secs(30 * 24 * 3600);

/// How long a confirmation is still known after its end, so that the address behind its code says what became of it.
const KEPT_AFTER_END: SignedDuration = SignedDuration::from_hours(24 * 30);

/// How long a signed status list is given again; a revocation here ends it at once.
const LIST_KEPT_FOR: SignedDuration = SignedDuration::from_secs(5);

/// How often a place is drawn before giving up; the list is at most half full.
const DRAWS: usize = 64;

/// Says that a random number, a seal or a signature can't be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the cryptographic library fails")]
struct NotDrawn;

impl From<NotDrawn> for Unavailable {
    fn from(failed: NotDrawn) -> Self {
        tracing::error!(%failed, "a confirmation can't be made");
        Self
    }
}

/// Names what [`Confirmations`] are made of.
#[expect(missing_docs, reason = "each part is documented where it is made")]
pub struct Parts {
    pub store: Arc<dyn Store>,
    pub keys: IssuerKeys,
    /// Where callers and citizens find this gateway.
    pub public_url: String,
    pub wording: Wording,
    pub pseudonyms: Pseudonyms,
    pub sealer: Sealer,
    pub clock: Arc<dyn Clock>,
}

/// Issues, reads, checks and revokes confirmations.
pub struct Confirmations {
    store: Arc<dyn Store>,
    keys: ArcSwap<IssuerKeys>,
    at: Addresses,
    press: Press,
    pseudonyms: Pseudonyms,
    sealer: Sealer,
    clock: Arc<dyn Clock>,
    lists: Mutex<Lists>,
}

/// Holds the status lists that were signed a moment ago.
#[derive(Default)]
struct Lists {
    /// Counts revocations: a list that was read before one isn't kept after it.
    revocations: u64,
    signed: BTreeMap<u32, (Timestamp, Arc<str>)>,
}

/// Is a confirmation as its client reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmation {
    /// Its name.
    pub id: Id,
    /// Whether it holds.
    pub state: State,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// What it says.
    pub content: Content,
    /// Where its client finds the page for the dossier.
    pub document_url: String,
    /// Where everybody sees whether it still holds.
    pub public_url: String,
}

/// Tells what a shown credential is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is ours, and this is how it stands.
    Ours(State, Presented),
    /// It isn't, or not for this.
    Invalid(Flaw),
}

impl Confirmations {
    /// Joins the parts.
    ///
    /// # Errors
    /// When the type for the page can't be read.
    pub fn new(parts: Parts) -> Result<Self, Unreadable> {
        Ok(Self {
            store: parts.store,
            keys: ArcSwap::from_pointee(parts.keys),
            at: Addresses::new(&parts.public_url),
            press: Press::new(parts.wording)?,
            pseudonyms: parts.pseudonyms,
            sealer: parts.sealer,
            clock: parts.clock,
            lists: Mutex::default(),
        })
    }

    /// Signs with other keys from now on; what the earlier ones signed is still ours as far as they are among these.
    pub fn sign_with(&self, keys: IssuerKeys) {
        self.keys.store(Arc::new(keys));
        self.lists().signed.clear();
    }

    /// Gives the keyed hash under which a person's confirmations are found again.
    #[must_use]
    pub fn person(&self, number: &IdNumber) -> Pseudonym {
        self.pseudonyms.of_number(number)
    }

    /// Gives the keyed hash that stands beside a person's for where they lived when it was confirmed.
    #[must_use]
    pub fn living(&self, pin: &Pin, residence: Pseudonym) -> Pseudonym {
        let person = self.person(&IdNumber::Pin(*pin));
        self.pseudonyms.of(&format!("living|{person}|{residence}"))
    }

    /// Revokes what is in force about a person who is found to live elsewhere now, and counts it.
    ///
    /// # Errors
    /// When it can't be revoked.
    pub async fn found(&self, pin: &Pin, residence: Pseudonym) -> Result<u64, Unavailable> {
        let (person, living) = (self.person(&IdNumber::Pin(*pin)), self.living(pin, residence));
        if self
            .store
            .lived_elsewhere(person, living, self.clock.now())
            .await?
        {
            return self.revoke_of(person, Reason::FoundChanged).await;
        }
        Ok(0)
    }

    /// Confirms what was established; durable when it returns.
    ///
    /// # Errors
    /// When it can't be kept; then nothing was confirmed.
    pub async fn issue(&self, issue: Issue) -> Result<Issued, Unavailable> {
        let id = Id::draw()?;
        let issued_at = whole_second(issue.issued_at);
        let expires_at = issued_at
            .saturating_add(issue.valid_for)
            .unwrap_or(Timestamp::MAX);
        for _ in 0..DRAWS {
            let place = self.free_place().await?;
            let credential = credential::compose(&issue, expires_at, place, &self.keys.load(), &self.at)?;
            let content = Content::of(&issue, expires_at, &credential);
            let row = Row {
                id,
                client: issue.client.clone(),
                place,
                issued_at,
                expires_at,
                subjects: issue.subjects.clone(),
                sealed: self.seal(id, &content)?,
            };
            if self.store.enter(row).await? == Entered::Kept {
                return Ok(Issued {
                    id,
                    expires_at,
                    credential,
                    document_url: self.at.document(id),
                    public_url: self.at.public(id),
                });
            }
        }
        tracing::error!("no free place was found in the status list");
        Err(Unavailable)
    }

    async fn free_place(&self) -> Result<Place, Unavailable> {
        let filling = self.store.filling().await?;
        let is_full = filling.given >= status_list::GIVEN_AT_MOST;
        Ok(Place {
            list: filling.list.saturating_add(u32::from(is_full)),
            index: status_list::draw()?,
        })
    }

    /// Revokes whatever is in force about a person, and counts it; durable when it returns.
    ///
    /// # Errors
    /// When it can't be entered.
    pub async fn revoke_of(&self, person: Pseudonym, reason: Reason) -> Result<u64, Unavailable> {
        let revoked = self.store.revoke(person, reason, self.clock.now()).await?;
        if revoked > 0 {
            let mut lists = self.lists();
            lists.revocations = lists.revocations.wrapping_add(1);
            lists.signed.clear();
        }
        Ok(revoked)
    }

    /// Reads a confirmation that the client was given; nothing where there is none, or it is another's.
    ///
    /// # Errors
    /// When it can't be read.
    pub async fn read(&self, id: Id, client: &ClientId) -> Result<Option<Confirmation>, Unavailable> {
        let Some(held) = self
            .store
            .find(id)
            .await?
            .filter(|held| held.client == client.as_str())
        else {
            return Ok(None);
        };
        Ok(Some(Confirmation {
            id,
            state: self.state(held.standing),
            revoked_at: held.standing.revoked_at,
            content: self.open(id, &held.sealed)?,
            document_url: self.at.document(id),
            public_url: self.at.public(id),
        }))
    }

    /// Draws the page for the dossier, off the threads that serve connections.
    ///
    /// # Errors
    /// When it can't be drawn.
    pub async fn draw(&self, confirmation: &Confirmation) -> Result<Vec<u8>, Unavailable> {
        let (press, content) = (self.press.clone(), confirmation.content.clone());
        let (public_url, state) = (confirmation.public_url.clone(), confirmation.state);
        let drawing = tokio::task::spawn_blocking(move || press.draw(&content, &public_url, state));
        drawing.await.ok().and_then(Result::ok).ok_or_else(|| {
            tracing::error!("the page of a confirmation can't be drawn");
            Unavailable
        })
    }

    /// Reads a confirmation's page for the dossier.
    ///
    /// # Errors
    /// When it can't be read or drawn.
    pub async fn document(&self, id: Id, client: &ClientId) -> Result<Option<Vec<u8>>, Unavailable> {
        match self.read(id, client).await? {
            Some(confirmation) => self.draw(&confirmation).await.map(Some),
            None => Ok(None),
        }
    }

    /// Tells what a credential is worth that somebody shows, perhaps for a dossier.
    ///
    /// # Errors
    /// When it is ours, and the store can't say how it stands.
    pub async fn verify(&self, credential: &str, dossier: Option<&Dossier>) -> Result<Verdict, Unavailable> {
        let presented = match credential::read(credential, &self.keys.load(), &self.at) {
            Ok(presented) => presented,
            Err(flaw) => return Ok(Verdict::Invalid(flaw)),
        };
        if dossier.is_some_and(|dossier| dossier.as_str() != presented.dossier) {
            return Ok(Verdict::Invalid(Flaw::OtherDossier));
        }
        let standing = self.store.standing(presented.place).await?;
        Ok(match standing {
            Some(standing) if standing.expires_at == presented.expires_at => {
                Verdict::Ours(self.state(standing), presented)
            }
            // Its row has been cleaned away, and its place may be another's by now.
            _ if presented.expires_at <= self.clock.now() => Verdict::Ours(State::Expired, presented),
            _ => Verdict::Invalid(Flaw::NotIssued),
        })
    }

    /// Tells everybody who has the address whether a confirmation holds; nothing where there is none.
    ///
    /// # Errors
    /// When the store can't say.
    pub async fn public_state(&self, id: Id) -> Result<Option<State>, Unavailable> {
        let held = self.store.find(id).await?;
        Ok(held.map(|held| self.state(held.standing)))
    }

    /// Gives a status list, signed; nothing where no place of it was ever given.
    ///
    /// # Errors
    /// When the store can't say what was revoked.
    pub async fn status_list(&self, list: u32) -> Result<Option<Arc<str>>, Unavailable> {
        let now = self.clock.now();
        if let Some(kept) = self.kept_list(list, now) {
            return Ok(Some(kept));
        }
        let revocations = self.lists().revocations;
        if list == 0 || list > self.store.filling().await?.list {
            return Ok(None);
        }
        let revoked = self.store.revoked(list).await?;
        let signed: Arc<str> =
            status_list::compose(&revoked, &self.at.status_list(list), now, &self.keys.load())?.into();
        let mut lists = self.lists();
        if lists.revocations == revocations {
            lists.signed.insert(list, (now, Arc::clone(&signed)));
        }
        Ok(Some(signed))
    }

    fn lists(&self) -> MutexGuard<'_, Lists> {
        self.lists.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn kept_list(&self, list: u32, now: Timestamp) -> Option<Arc<str>> {
        let mut lists = self.lists();
        lists.signed.retain(|_, (since, _)| {
            let age = now.duration_since(*since);
            (SignedDuration::ZERO..LIST_KEPT_FOR).contains(&age)
        });
        lists.signed.get(&list).map(|(_, signed)| Arc::clone(signed))
    }

    /// Lets go of what ended long ago; run it now and then.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn clean(&self) -> Result<u64, Unavailable> {
        let before = self.clock.now().saturating_sub(KEPT_AFTER_END);
        self.store.clean(before.unwrap_or(Timestamp::MIN)).await
    }

    /// Gives the keys under which everybody can check what we sign, as a JWK set.
    #[must_use]
    pub fn published_keys(&self) -> Value {
        self.keys.load().published()
    }

    /// Gives what a verifier of credentials looks up about their issuer.
    #[must_use]
    pub fn issuer_metadata(&self) -> Value {
        metadata::issuer(&self.at)
    }

    /// Gives what a verifier of credentials looks up about their type.
    #[must_use]
    pub fn type_metadata(&self) -> Value {
        metadata::credential_type(&self.at)
    }

    fn state(&self, standing: Standing) -> State {
        if standing.revoked_at.is_some() {
            State::Revoked
        } else if standing.expires_at <= self.clock.now() {
            State::Expired
        } else {
            State::Valid
        }
    }

    fn seal(&self, id: Id, content: &Content) -> Result<Vec<u8>, NotDrawn> {
        let json = serde_json::to_vec(content).map_err(|_| NotDrawn)?;
        self.sealer
            .seal(&json, content::place(id).as_bytes())
            .map_err(|_| NotDrawn)
    }

    fn open(&self, id: Id, sealed: &[u8]) -> Result<Content, Unavailable> {
        let opened = self.sealer.open(sealed, content::place(id).as_bytes());
        let content = opened.ok().and_then(|json| serde_json::from_slice(&json).ok());
        content.ok_or_else(|| {
            tracing::error!("a kept confirmation does not open");
            Unavailable
        })
    }
}

/// Cuts a time to its second, which is as fine as a credential tells it.
fn whole_second(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}

#[cfg(test)]
mod tests;
