//! What does the machine-readable confirmation say, and is one that somebody shows ours?
//!
//! An SD-JWT VC (RFC 9901, `typ` `dc+sd-jwt`): procedure, dossier, unit, end and place in the status list stand open; each
//! fact is a disclosure of its own behind a salt of 128 bits, among decoys, so that a credential without disclosures doesn't
//! even tell how many facts there were. Reading is pure: it takes our key and addresses, believes nothing that the credential
//! names, and tells what is wrong by one word. Whether it still holds is for the store.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::addresses::Addresses;
use super::issue::{ConfirmedFact, FactResult};
use super::keys::{IssuerKeys, Unopened};
use super::store::Place;
use super::{Issue, NotDrawn};

/// The type in the credential's header.
pub(super) const TYPE: &str = "dc+sd-jwt";

/// Facts and decoys together come in multiples of this.
const PADDED_TO: usize = 8;

/// The most disclosures that are looked at.
const MOST_DISCLOSURES: usize = 500;

/// Is a fact as the credential discloses it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DisclosedFact {
    /// Whose fact it is.
    pub role: String,
    /// Which fact.
    pub fact: String,
    /// What became of it.
    pub result: FactResult,
    /// The papers that it replaces.
    pub replaces: Vec<String>,
}

impl From<&ConfirmedFact> for DisclosedFact {
    fn from(fact: &ConfirmedFact) -> Self {
        Self {
            role: fact.role.word.clone(),
            fact: fact.fact.word.clone(),
            result: fact.result,
            replaces: fact.replaces.iter().map(|paper| paper.word.clone()).collect(),
        }
    }
}

/// Tells why a credential isn't ours, or not for this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// It isn't an SD-JWT.
    Malformed,
    /// Its header states another type.
    WrongTyp,
    /// It is signed in a way that we don't sign.
    WrongAlgorithm,
    /// It is signed with a key that isn't ours.
    UnknownKey,
    /// Its signature doesn't fit.
    Signature,
    /// Somebody else issued it.
    ForeignIssuer,
    /// It is another kind of credential.
    WrongVct,
    /// It names a status list that isn't ours.
    ForeignStatusList,
    /// A disclosure that it never had, or one shown twice.
    Disclosure,
    /// It comes with a proof of a holder, which ours have none of.
    KeyBinding,
    /// It was made for another dossier.
    OtherDossier,
    /// It is signed by us and was never given out.
    NotIssued,
}

impl Flaw {
    /// Gives the word that the API uses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::WrongTyp => "wrong_typ",
            Self::WrongAlgorithm => "wrong_algorithm",
            Self::UnknownKey => "unknown_key",
            Self::Signature => "signature",
            Self::ForeignIssuer => "foreign_issuer",
            Self::WrongVct => "wrong_vct",
            Self::ForeignStatusList => "foreign_status_list",
            Self::Disclosure => "disclosure",
            Self::KeyBinding => "key_binding",
            Self::OtherDossier => "other_dossier",
            Self::NotIssued => "not_issued",
        }
    }
}

impl From<Unopened> for Flaw {
    fn from(unopened: Unopened) -> Self {
        match unopened {
            Unopened::Malformed => Self::Malformed,
            Unopened::Type => Self::WrongTyp,
            Unopened::Algorithm => Self::WrongAlgorithm,
            Unopened::Key => Self::UnknownKey,
            Unopened::Signature => Self::Signature,
        }
    }
}

/// Is what a credential of ours says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presented {
    /// The administrative procedure.
    pub procedure: String,
    /// The dossier.
    pub dossier: String,
    /// The agency whose officer asked.
    pub unit: String,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// The facts that were disclosed, in the order in which they were shown.
    pub facts: Vec<DisclosedFact>,
    pub(super) place: Place,
}

#[derive(Deserialize)]
struct Payload {
    iss: String,
    vct: String,
    iat: i64,
    exp: i64,
    status: Status,
    procedure: String,
    dossier: String,
    unit: String,
    facts: Vec<Hidden>,
    _sd_alg: String,
}

#[derive(Deserialize)]
struct Status {
    status_list: Listed,
}

#[derive(Deserialize)]
struct Listed {
    idx: u32,
    uri: String,
}

#[derive(Deserialize)]
struct Hidden {
    #[serde(rename = "...")]
    digest: String,
}

/// Signs what was established as a credential with all its disclosures.
pub(super) fn compose(
    issue: &Issue,
    expires_at: Timestamp,
    place: Place,
    key: &IssuerKeys,
    at: &Addresses,
) -> Result<String, NotDrawn> {
    let mut digests = Vec::new();
    let mut disclosures = String::new();
    for fact in &issue.facts {
        let disclosure = disclosure(&fact.into())?;
        digests.push(digest_of(disclosure.as_bytes()));
        disclosures.push_str(&disclosure);
        disclosures.push('~');
    }
    while digests.is_empty() || digests.len() % PADDED_TO != 0 {
        digests.push(digest_of(&salt()?));
    }
    // In the order of the digests, which is no order: which of them are decoys can't be seen.
    digests.sort();
    let hidden: Vec<_> = digests.into_iter().map(|digest| json!({"...": digest})).collect();
    let payload = json!({
        "iss": at.issuer(),
        "vct": at.credential_type(),
        "iat": issue.issued_at.as_second(),
        "exp": expires_at.as_second(),
        "status": {"status_list": {"idx": place.index, "uri": at.status_list(place.list)}},
        "procedure": issue.procedure.as_str(),
        "dossier": issue.dossier.as_str(),
        "unit": issue.unit.as_str(),
        "facts": hidden,
        "_sd_alg": "sha-256",
    });
    let signed = key.sign(TYPE, &payload).map_err(|_| NotDrawn)?;
    Ok(format!("{signed}~{disclosures}"))
}

/// Reads a credential that somebody shows.
pub(super) fn read(text: &str, key: &IssuerKeys, at: &Addresses) -> Result<Presented, Flaw> {
    let mut parts = text.split('~');
    let signed = parts.next().ok_or(Flaw::Malformed)?;
    let shown: Vec<_> = parts.collect();
    // Even without a disclosure a tilde ends it; what stands behind the last one proves a holder.
    let (last, disclosures) = shown.split_last().ok_or(Flaw::Malformed)?;
    if !last.is_empty() {
        return Err(Flaw::KeyBinding);
    }
    if disclosures.len() > MOST_DISCLOSURES {
        return Err(Flaw::Malformed);
    }
    let payload: Payload = serde_json::from_value(key.open(TYPE, signed)?).map_err(|_| Flaw::Malformed)?;
    if payload.iss != at.issuer() {
        return Err(Flaw::ForeignIssuer);
    }
    if payload.vct != at.credential_type() {
        return Err(Flaw::WrongVct);
    }
    let listed = payload.status.status_list;
    let list = at.list_at(&listed.uri).ok_or(Flaw::ForeignStatusList)?;
    if payload._sd_alg != "sha-256" {
        return Err(Flaw::Malformed);
    }
    let second = |second| Timestamp::from_second(second).map_err(|_| Flaw::Malformed);
    Ok(Presented {
        issued_at: second(payload.iat)?,
        expires_at: second(payload.exp)?,
        facts: disclosed(payload.facts, disclosures)?,
        procedure: payload.procedure,
        dossier: payload.dossier,
        unit: payload.unit,
        place: Place {
            list,
            index: listed.idx,
        },
    })
}

/// Opens the disclosures, each of which must be one of those that the signature covers, and none twice.
fn disclosed(hidden: Vec<Hidden>, disclosures: &[&str]) -> Result<Vec<DisclosedFact>, Flaw> {
    let mut hidden: Vec<_> = hidden.into_iter().map(|hidden| hidden.digest).collect();
    let mut facts = Vec::with_capacity(disclosures.len());
    for disclosure in disclosures {
        let digest = digest_of(disclosure.as_bytes());
        let found = hidden
            .iter()
            .position(|hidden| *hidden == digest)
            .ok_or(Flaw::Disclosure)?;
        hidden.swap_remove(found);
        let json = URL_SAFE_NO_PAD.decode(disclosure).map_err(|_| Flaw::Disclosure)?;
        let (_, fact): (String, DisclosedFact) =
            serde_json::from_slice(&json).map_err(|_| Flaw::Disclosure)?;
        facts.push(fact);
    }
    Ok(facts)
}

fn disclosure(fact: &DisclosedFact) -> Result<String, NotDrawn> {
    let salted: Value = json!([URL_SAFE_NO_PAD.encode(salt()?), fact]);
    Ok(URL_SAFE_NO_PAD.encode(salted.to_string()))
}

fn salt() -> Result<[u8; 16], NotDrawn> {
    let mut salt = [0; 16];
    aws_lc_rs::rand::fill(&mut salt).map_err(|_| NotDrawn)?;
    Ok(salt)
}

fn digest_of(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, bytes))
}

#[cfg(test)]
mod tests;
