//! What shape do checks have, as the OpenAPI document tells it?
//!
//! Descriptions only, as in `wire::schemas`; the tests hold what is read and written to what stands here.

#![expect(dead_code, reason = "only the schemas of these types are used")]

use utoipa::ToSchema;

use crate::http::wire::schemas::{Claims, Context, Difference, Subject};

/// A dossier's people in their roles.
#[derive(ToSchema)]
pub(in crate::http) struct CheckRequest {
    context: Context,
    /// When the dossier came in, not in the future; now if left out.
    #[schema(format = DateTime)]
    received_at: Option<String>,
    /// Who stands in which role of the procedure; see `GET /v1/procedures/{code}`.
    #[schema(min_items = 1, max_items = 16)]
    subjects: Vec<CheckSubject>,
}

/// One person in one role.
#[derive(ToSchema)]
pub(in crate::http) struct CheckSubject {
    #[schema(pattern = "^[a-z_]{1,32}$", example = "mother")]
    role: String,
    subject: Subject,
    /// What the dossier says of facts that the procedure needs of the role; a fact that isn't claimed is only to be held.
    claims: Option<Claims>,
}

/// The decision on a dossier, with what it rests on.
#[derive(ToSchema)]
pub(in crate::http) struct CheckReply {
    /// The check's name, for `GET /v1/checks/{id}`.
    id: String,
    decision: CheckDecision,
    facts: Vec<CheckedFact>,
    /// The papers that may be asked for, each for one fact; empty unless `supplement_required`.
    supplement: Vec<SupplementedFact>,
    /// By when the citizen must be told, in working time; absent on `paper_not_required`.
    #[schema(format = DateTime)]
    deadline: Option<String>,
    /// The other lawful ways, where the registry couldn't be asked.
    other_ways: Option<Vec<OtherWay>>,
    confirmation: Option<CheckConfirmation>,
    pending: Option<CheckPending>,
    /// Our id of the call that asked.
    transaction_id: String,
    #[schema(format = DateTime)]
    answered_at: String,
}

/// `pending`: the registry can't be asked; it is tried again by itself until the deadline.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(in crate::http) enum CheckDecision {
    PaperNotRequired,
    SupplementRequired,
    Pending,
}

/// One fact of one role.
#[derive(ToSchema)]
pub(in crate::http) struct CheckedFact {
    #[schema(example = "mother")]
    role: String,
    #[schema(example = "permanent_residence")]
    fact: String,
    result: FactResult,
    /// Why, in a word: `held`, `as_claimed`, `read_as_of_today` (a commune code without its day), `civil_status`, …
    #[schema(example = "held")]
    reason: String,
    differences: Vec<Difference>,
}

/// `elsewhere`: the law takes it from another database; it never decides. `unavailable`: the registry can't be asked.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(in crate::http) enum FactResult {
    Match,
    Close,
    Mismatch,
    NotHeld,
    NoMatch,
    UnderReview,
    NotPermitted,
    Elsewhere,
    Unavailable,
}

/// A paper to ask for: any one of those named.
#[derive(ToSchema)]
pub(in crate::http) struct SupplementedFact {
    role: String,
    fact: String,
    #[schema(min_items = 1, example = json!(["identity_card", "residence_confirmation"]))]
    any_one_of: Vec<String>,
    /// The article that allows asking, in force on the day.
    legal_ground: String,
    /// The procedure by which the citizen has the data put right.
    #[schema(example = "1.010039")]
    correction_procedure: String,
}

/// A way of Decree 104/2022, art. 14(2).
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(in crate::http) enum OtherWay {
    Vneid,
    CardQrOrChip,
}

/// What goes into the dossier in place of the papers.
#[derive(ToSchema)]
pub(in crate::http) struct CheckConfirmation {
    id: String,
    #[schema(format = DateTime)]
    expires_at: String,
    /// An SD-JWT VC with all disclosures.
    credential: String,
    document_url: String,
    public_url: String,
}

/// What is told of a check that waits.
#[derive(ToSchema)]
pub(in crate::http) struct CheckPending {
    /// Proof that the check was asked for: a place in the log under a signed checkpoint.
    receipt: String,
    #[schema(format = DateTime)]
    retry_at: String,
}
