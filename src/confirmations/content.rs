//! What is kept of a confirmation, so that its page can be written again?
//!
//! The content of one row, sealed for its place: what the page says, and the digest that ties it to the credential. The
//! credential itself isn't kept. Nothing personal stands in it, yet which dossier needed which facts is nobody else's business.

use aws_lc_rs::digest::{SHA256, digest};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::issue::{Bilingual, ConfirmedFact};
use super::{Id, Issue};
use crate::domain::context::Channel;

/// Is what a confirmation says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// The officer's agency.
    pub unit: String,
    /// The officer's account: the keyed hash of the audit log, shortened.
    pub officer: String,
    /// The administrative procedure.
    pub procedure: String,
    /// What the procedure is called.
    pub procedure_name: Bilingual,
    /// The dossier.
    pub dossier: String,
    /// How the citizen came.
    pub channel: Box<str>,
    /// The call that asked.
    pub transaction_id: String,
    /// The facts.
    pub facts: Vec<ConfirmedFact>,
    /// The rules of law on which the look-up rests.
    pub legal_ground: Vec<String>,
    /// The SHA-256 of the credential as it was issued, in hexadecimal digits.
    pub digest: String,
    pub(super) issued_second: i64,
    pub(super) expires_second: i64,
}

impl Content {
    /// Gathers what is to be kept.
    pub(super) fn of(issue: &Issue, expires_at: Timestamp, credential: &str) -> Self {
        Self {
            unit: issue.unit.to_string(),
            officer: shortened(&issue.officer.to_string()),
            procedure: issue.procedure.to_string(),
            procedure_name: issue.procedure_name.clone(),
            dossier: issue.dossier.as_str().to_owned(),
            channel: channel(issue.channel).into(),
            transaction_id: issue.transaction_id.to_string(),
            facts: issue.facts.clone(),
            legal_ground: issue.legal_ground.clone(),
            digest: hex(digest(&SHA256, credential.as_bytes()).as_ref()),
            issued_second: issue.issued_at.as_second(),
            expires_second: expires_at.as_second(),
        }
    }

    /// Gives when it was issued.
    #[must_use]
    pub fn issued_at(&self) -> Timestamp {
        Timestamp::from_second(self.issued_second).unwrap_or_default()
    }

    /// Gives when it ends.
    #[must_use]
    pub fn expires_at(&self) -> Timestamp {
        Timestamp::from_second(self.expires_second).unwrap_or_default()
    }
}

/// Names the place for which a confirmation's content is sealed.
pub(super) fn place(id: Id) -> String {
    format!("confirmations|content|{id}")
}

/// Gives the beginning of a keyed hash in groups, none of which could be taken for a person's number.
fn shortened(pseudonym: &str) -> String {
    let (version, hash) = pseudonym.split_once(':').unwrap_or(("", pseudonym));
    let mut short = version.to_owned();
    for (place, letter) in hash.chars().take(12).enumerate() {
        if place % 4 == 0 {
            short.push(if place == 0 { ':' } else { '-' });
        }
        short.push(letter);
    }
    short
}

fn channel(channel: Channel) -> &'static str {
    match channel {
        Channel::Counter => "counter",
        Channel::Online => "online",
        Channel::Assisted => "assisted",
        Channel::Post => "post",
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
