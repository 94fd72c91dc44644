//! What shape have the bodies about households?
//!
//! Descriptions only, like those around them.

use utoipa::ToSchema;

use super::{Attribute, Context, Identity, Outcome, Source, Status, Subject, Warning};
use std::collections::BTreeMap;

/// Questions about a person's household and residence.
#[derive(ToSchema)]
pub(in crate::http) struct HouseholdVerifyRequest {
    subject: Subject,
    #[schema(min_items = 1, max_items = 20)]
    predicates: Vec<Predicate>,
    context: Context,
}

/// A question with a yes or a no; each type has members of its own, and no other may stand there.
#[derive(ToSchema)]
pub(in crate::http) struct Predicate {
    r#type: PredicateType,
    /// With `same_household` and `relationship`: somebody else than the subject, named wholly.
    person: Option<Subject>,
    /// With `relationship`: what the person is to the subject; `child` asks whether the person is the subject's child.
    relationship: Option<Relationship>,
    /// With `resides_in`: a commune by its code of today.
    #[schema(pattern = "^[0-9]{5}$", example = "09106")]
    commune_code: Option<String>,
    /// With `resides_in`: the day since when at the latest, not in the future; left out, only today counts.
    #[schema(format = Date, example = "2024-01-01")]
    since: Option<String>,
    /// With `resides_in`: `permanent` if left out.
    kind: Option<ResidenceKind>,
    /// With `member_count`: at least one of the two bounds. Everybody counts who is registered, for a time or permanently.
    #[schema(minimum = 1, maximum = 1000, example = 2)]
    at_least: Option<u64>,
    /// With `member_count`: not below `at_least`.
    #[schema(minimum = 1, maximum = 1000, example = 8)]
    at_most: Option<u64>,
}

/// What is asked.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(in crate::http) enum PredicateType {
    SameHousehold,
    HeadOfHousehold,
    Relationship,
    ResidesIn,
    MemberCount,
}

/// What somebody is to the subject.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(in crate::http) enum Relationship {
    Spouse,
    Child,
    Parent,
    Sibling,
    Grandchild,
    Grandparent,
    Other,
}

/// In which way somebody lives at a place (thường trú, tạm trú, nơi ở hiện tại).
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(in crate::http) enum ResidenceKind {
    Permanent,
    Temporary,
    Current,
}

/// The answers about a household.
#[derive(ToSchema)]
pub(in crate::http) struct HouseholdVerifyReply {
    /// Our id of the call.
    transaction_id: String,
    outcome: Outcome,
    identity: Identity,
    /// In the order asked; empty on `no_match` and where the identity is only close.
    predicates: Vec<PredicateVerdict>,
    status: Option<Status>,
    warnings: Vec<Warning>,
    source: Source,
    #[schema(format = DateTime)]
    answered_at: String,
    /// Proof that the call stands in the tamper-evident log.
    receipt: String,
}

/// Whether a predicate is so, and why.
#[derive(ToSchema)]
pub(in crate::http) struct PredicateVerdict {
    r#type: PredicateType,
    result: PredicateResult,
    reason: PredicateReason,
}

/// `not_held`: the register doesn't hold what would tell. `not_permitted`: the licence doesn't cover it.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(in crate::http) enum PredicateResult {
    True,
    False,
    NotHeld,
    UnderReview,
    NotPermitted,
}

/// Why. `read_as_of_today`: the code named another place before 1 July 2025. `no_such_member`: nobody in the household has this
/// number, name and birth date together. `reform_is_no_move`: the register dates the residence from the merger of the communes.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(in crate::http) enum PredicateReason {
    Held,
    ReadAsOfToday,
    OldTerritoryCode,
    NoSuchMember,
    AnotherIsHead,
    AnotherRelationship,
    AnotherCommune,
    BeganLater,
    AnotherCount,
    NoHousehold,
    NoHead,
    RelationToHeadOnly,
    RelationshipNotHeld,
    NamedByOldNumber,
    NoSuchResidence,
    CommuneNotHeld,
    AbolishedCommuneCode,
    SinceNotHeld,
    ReformIsNoMove,
    UnderReview,
    FieldNotPermitted,
}

/// A question who belongs to a person's household.
#[derive(ToSchema)]
pub(in crate::http) struct HouseholdLookupRequest {
    subject: Subject,
    /// Field paths, of those that the register's list of a household has; the bare name of an address stands for its parts.
    #[schema(min_items = 1, max_items = 25, example = json!(["full_name", "date_of_birth"]))]
    fields: Vec<String>,
    context: Context,
}

/// The members of a household.
#[derive(ToSchema)]
pub(in crate::http) struct HouseholdLookupReply {
    /// Our id of the call.
    transaction_id: String,
    outcome: Outcome,
    identity: Identity,
    /// Empty on `no_match`, where the identity is only close, and where the register holds no household.
    members: Vec<HouseholdMember>,
    status: Option<Status>,
    warnings: Vec<Warning>,
    source: Source,
    #[schema(format = DateTime)]
    answered_at: String,
    /// Proof that the call stands in the tamper-evident log.
    receipt: String,
}

/// One member of a household.
#[derive(ToSchema)]
pub(in crate::http) struct HouseholdMember {
    /// What the member is to the head of the household; null where the register doesn't say.
    #[schema(required = true)]
    relationship: Option<Standing>,
    attributes: BTreeMap<String, Attribute>,
}

/// How somebody stands to the head of the household.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(in crate::http) enum Standing {
    Head,
    Spouse,
    Child,
    Parent,
    Sibling,
    Grandchild,
    Grandparent,
    Other,
}
