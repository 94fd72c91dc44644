//! What is confirmed, for whom, and what does the caller get?
//!
//! The values that cross the border of `confirmations`. A check that took the paper off the counter hands in an [`Issue`];
//! names for people come with it, since they are the catalogue's. No value here can name a person: subjects and officer
//! are keyed hashes, and what a fact says is only that it is so.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Id;
use crate::domain::client::{ClientId, UnitCode};
use crate::domain::context::{Channel, Dossier, ProcedureCode};
use crate::sealing::Pseudonym;

/// Is a text in the languages of the page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bilingual {
    /// In Vietnamese.
    pub vi: String,
    /// In English, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub en: Option<String>,
}

/// Is a word of the API with what people call it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// The word that the API uses, such as `permanent_residence`.
    pub word: String,
    /// What people call it.
    pub name: Bilingual,
}

/// Tells what became of a fact; one that isn't so has no confirmation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FactResult {
    /// The register holds it as it was stated.
    Match,
    /// The law takes it from another database.
    Elsewhere,
}

impl FactResult {
    /// Gives the word that the API uses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Match => "match",
            Self::Elsewhere => "elsewhere",
        }
    }
}

/// Is one fact that was looked up, with the papers that nobody may ask for any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfirmedFact {
    /// Whose fact it is: `father`, `applicant`, …
    pub role: Named,
    /// Which fact.
    pub fact: Named,
    /// What became of it.
    pub result: FactResult,
    /// The papers that it replaces.
    pub replaces: Vec<Named>,
}

/// Is what a finished check has established.
#[derive(Debug, Clone)]
pub struct Issue {
    /// The system that asked; nobody else may read the confirmation.
    pub client: ClientId,
    /// The officer's agency.
    pub unit: UnitCode,
    /// The officer, as the audit log has them.
    pub officer: Pseudonym,
    /// The administrative procedure.
    pub procedure: ProcedureCode,
    /// What the procedure is called.
    pub procedure_name: Bilingual,
    /// The dossier.
    pub dossier: Dossier,
    /// How the citizen came.
    pub channel: Channel,
    /// The call that asked.
    pub transaction_id: Uuid,
    /// When the register's answers were judged.
    pub issued_at: Timestamp,
    /// How long the confirmation holds, unless something changes.
    pub valid_for: Duration,
    /// Everybody about whom something is confirmed, by `Confirmations::person`.
    pub subjects: Vec<Pseudonym>,
    /// The facts.
    pub facts: Vec<ConfirmedFact>,
    /// The rules of law on which the look-up rests, as they are cited.
    pub legal_ground: Vec<String>,
}

/// Is an issued confirmation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    /// Its name.
    pub id: Id,
    /// When it ends.
    pub expires_at: Timestamp,
    /// The credential, an SD-JWT with every disclosure.
    pub credential: String,
    /// Where its client finds the page for the dossier.
    pub document_url: String,
    /// Where everybody sees whether it still holds.
    pub public_url: String,
}

/// Tells why a confirmation was revoked; kept for operators, never told outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The person moved.
    Moved,
    /// The person died.
    Died,
    /// The register corrected the record.
    Corrected,
    /// The person's number was replaced.
    Replaced,
    /// A later look-up found another record.
    FoundChanged,
}

impl Reason {
    /// Gives the word that is stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Moved => "moved",
            Self::Died => "died",
            Self::Corrected => "corrected",
            Self::Replaced => "replaced",
            Self::FoundChanged => "found_changed",
        }
    }
}

/// Tells whether a confirmation holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It holds.
    Valid,
    /// Its time is over.
    Expired,
    /// What it confirms has changed.
    Revoked,
}

impl State {
    /// Gives the word that the API uses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}
