//! How is a confirmation told, and how is one shown to us?
//!
//! The forms of `/v1/confirmations`. Each is written, and described for the OpenAPI document, from one and the same struct.

use serde::Serialize;
use utoipa::ToSchema;

use super::moment::Moment;
use super::request::code_fault;
use crate::confirmations::{self, DisclosedFact, FactResult, State, Verdict};
use crate::domain::context::Dossier;
use crate::http::faults::{Faults, Pointer, members, parsed, required, text};
use crate::http::json::Json;

/// What the client reads of a confirmation that it was given.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct Confirmation {
    /// 128 random bits in base64url.
    id: String,
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    revoked_at: Option<Moment>,
    #[schema(value_type = String, format = DateTime)]
    issued_at: Moment,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Moment,
    procedure: String,
    dossier: String,
    /// The officer's agency.
    unit: String,
    /// The officer's account: the beginning of a keyed hash, as on the page.
    officer: String,
    channel: Box<str>,
    /// The call that asked.
    transaction_id: String,
    facts: Vec<Fact>,
    legal_ground: Vec<String>,
    /// The SHA-256 of the credential as it was issued, in hexadecimal digits.
    sha256: String,
    document_url: String,
    public_url: String,
}

/// A fact that was looked up.
#[derive(Serialize, ToSchema)]
#[schema(as = ConfirmedFact)]
pub(in crate::http) struct Fact {
    role: String,
    fact: String,
    result: ConfirmedResult,
    /// The papers that it replaces.
    replaces: Vec<String>,
}

/// What became of it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(rename_all = "snake_case")]
pub(in crate::http) enum ConfirmedResult {
    Match,
    Elsewhere,
}

/// Whether the confirmation holds.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ConfirmationStatus, rename_all = "snake_case")]
pub(in crate::http) enum Status {
    Valid,
    Expired,
    Revoked,
}

/// What a credential is worth.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct ConfirmationVerdict {
    result: CredentialResult,
    /// Why it is invalid, in one word; `data_changed` where it was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    /// The facts that the credential discloses, while it is valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    facts: Option<Vec<Fact>>,
    /// For which procedure, unless the credential is invalid; so with the members that follow.
    #[serde(skip_serializing_if = "Option::is_none")]
    procedure: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dossier: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    issued_at: Option<Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Moment>,
}

/// Whether the credential holds.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(rename_all = "snake_case")]
pub(in crate::http) enum CredentialResult {
    Valid,
    Expired,
    Revoked,
    Invalid,
}

/// A credential that somebody shows.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body; `verification` reads it")]
pub(in crate::http) struct VerifyConfirmation {
    /// The SD-JWT with the disclosures that are shown.
    credential: String,
    /// The dossier that it is shown for.
    #[schema(pattern = "^[A-Za-z0-9./_-]{1,64}$")]
    dossier: Option<String>,
}

/// The members of a body of `POST /v1/confirmations/verify`.
pub(in crate::http) const VERIFICATION: [&str; 2] = ["credential", "dossier"];

/// Reads a body of `POST /v1/confirmations/verify`.
pub(in crate::http) fn verification(
    body: &Json<'_>,
    faults: &mut Faults,
) -> Option<(String, Option<Dossier>)> {
    let root = Pointer::Root;
    let [credential, dossier] = members(body, &root, VERIFICATION, faults)?;
    let at_credential = root.member("credential");
    let credential = required(credential, &at_credential, faults)
        .and_then(|json| text(json, &at_credential, faults))
        .map(str::to_owned);
    let at_dossier = root.member("dossier");
    let dossier = dossier.map(|json| parsed(json, &at_dossier, faults, code_fault));
    Some((credential?, dossier.flatten()))
}

impl Confirmation {
    /// Writes a confirmation.
    pub fn of(confirmation: &confirmations::Confirmation) -> Self {
        let content = &confirmation.content;
        Self {
            id: confirmation.id.to_string(),
            status: match confirmation.state {
                State::Valid => Status::Valid,
                State::Expired => Status::Expired,
                State::Revoked => Status::Revoked,
            },
            revoked_at: confirmation.revoked_at.map(Moment),
            issued_at: Moment(content.issued_at()),
            expires_at: Moment(content.expires_at()),
            procedure: content.procedure.clone(),
            dossier: content.dossier.clone(),
            unit: content.unit.clone(),
            officer: content.officer.clone(),
            channel: content.channel.clone(),
            transaction_id: content.transaction_id.clone(),
            facts: content.facts.iter().map(|fact| Fact::of(&fact.into())).collect(),
            legal_ground: content.legal_ground.clone(),
            sha256: content.digest.clone(),
            document_url: confirmation.document_url.clone(),
            public_url: confirmation.public_url.clone(),
        }
    }
}

impl Fact {
    fn of(fact: &DisclosedFact) -> Self {
        Self {
            role: fact.role.clone(),
            fact: fact.fact.clone(),
            result: match fact.result {
                FactResult::Match => ConfirmedResult::Match,
                FactResult::Elsewhere => ConfirmedResult::Elsewhere,
            },
            replaces: fact.replaces.clone(),
        }
    }
}

impl ConfirmationVerdict {
    /// Writes a verdict.
    pub fn of(verdict: Verdict) -> Self {
        let (state, presented) = match verdict {
            Verdict::Ours(state, presented) => (state, presented),
            Verdict::Invalid(flaw) => return Self::invalid(flaw.as_str()),
        };
        let facts = presented.facts.iter().map(Fact::of).collect();
        Self {
            result: match state {
                State::Valid => CredentialResult::Valid,
                State::Expired => CredentialResult::Expired,
                State::Revoked => CredentialResult::Revoked,
            },
            // What has changed, a move or a death, is nobody's business here.
            reason: (state == State::Revoked).then_some("data_changed"),
            facts: (state == State::Valid).then_some(facts),
            procedure: Some(presented.procedure),
            dossier: Some(presented.dossier),
            unit: Some(presented.unit),
            issued_at: Some(Moment(presented.issued_at)),
            expires_at: Some(Moment(presented.expires_at)),
        }
    }

    fn invalid(reason: &'static str) -> Self {
        Self {
            result: CredentialResult::Invalid,
            reason: Some(reason),
            facts: None,
            procedure: None,
            dossier: None,
            unit: None,
            issued_at: None,
            expires_at: None,
        }
    }
}
