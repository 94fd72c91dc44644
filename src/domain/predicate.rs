//! What may be asked of a person's household, and how is it answered?
//!
//! Questions with a yes or a no: nothing of the household is shown. "Not held" is neither, and each result says by a word of
//! a closed list why it came out so. Whoever else is named in a question is named like any subject, by number, name and
//! birth date.

use std::fmt;

use jiff::civil::Date;

use super::address::CommuneCode;
use super::household::{Relationship, ResidenceKind};
use super::subject::Subject;

/// Is one question about a person's household or residence.
#[derive(Clone, PartialEq, Eq)]
pub enum Predicate {
    /// Whether that person is registered in the subject's household.
    SameHousehold(Subject),
    /// Whether the subject heads the household.
    HeadOfHousehold,
    /// Whether that person is this to the subject: `Child` asks whether the person is the subject's child.
    Relationship {
        /// The person.
        person: Subject,
        /// What the person is to the subject.
        is: Relationship,
    },
    /// Whether the subject lives in a commune.
    ResidesIn {
        /// The commune, by a code of today.
        commune: CommuneCode,
        /// The day since when at the latest; left out, only today counts.
        since: Option<Date>,
        /// In which way.
        kind: ResidenceKind,
    },
    /// Whether so many are registered in the household.
    MemberCount {
        /// No fewer than this.
        at_least: Option<u64>,
        /// No more than this.
        at_most: Option<u64>,
    },
}

impl Predicate {
    /// Gives the word that the API uses.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::SameHousehold(_) => "same_household",
            Self::HeadOfHousehold => "head_of_household",
            Self::Relationship { .. } => "relationship",
            Self::ResidesIn { .. } => "resides_in",
            Self::MemberCount { .. } => "member_count",
        }
    }

    /// Tells whether the person's own record answers it without the household's.
    #[must_use]
    pub fn is_of_person_alone(&self) -> bool {
        matches!(
            self,
            Self::ResidesIn {
                kind: ResidenceKind::Current,
                ..
            }
        )
    }
}

impl fmt::Debug for Predicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Predicate({}(***))", self.name())
    }
}

/// Is the answer to a predicate in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PredicateResult {
    /// It is so.
    True,
    /// It isn't so.
    False,
    /// The register doesn't hold what would tell.
    NotHeld,
    /// The register is verifying the record.
    UnderReview,
    /// The caller may not ask; given by whoever knows the licence.
    NotPermitted,
}

impl PredicateResult {
    /// Gives the word that the API uses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::True => "true",
            Self::False => "false",
            Self::NotHeld => "not_held",
            Self::UnderReview => "under_review",
            Self::NotPermitted => "not_permitted",
        }
    }
}

/// Says why a predicate's result is as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// The register holds it so.
    Held,
    /// The commune code named another place before 1 July 2025 and was read as today's.
    ReadAsOfToday,
    /// The register holds the address in codes of before 1 July 2025.
    OldTerritoryCode,
    /// Nobody in the household has this number, name and birth date together.
    NoSuchMember,
    /// Another member is the head.
    AnotherIsHead,
    /// The person is something else to the subject.
    AnotherRelationship,
    /// The residence is in another commune.
    AnotherCommune,
    /// The residence began later.
    BeganLater,
    /// More or fewer are registered.
    AnotherCount,
    /// The register holds no household of the subject.
    NoHousehold,
    /// The register names no head.
    NoHead,
    /// Neither of the two is the head, and the register holds relations to the head only.
    RelationToHeadOnly,
    /// The register doesn't say what the member is to the head.
    RelationshipNotHeld,
    /// The person is named by an old number, and the household lists none.
    NamedByOldNumber,
    /// The register holds no residence of this kind.
    NoSuchResidence,
    /// The register holds no commune of the residence.
    CommuneNotHeld,
    /// The commune code is none of today's, and no table says where its territory went.
    AbolishedCommuneCode,
    /// The register doesn't say when the residence began.
    SinceNotHeld,
    /// The register dates the residence from 1 July 2025, when communes were merged: that is no move, and what was before
    /// isn't held.
    ReformIsNoMove,
    /// The register is verifying the record.
    UnderReview,
    /// The licence doesn't cover it.
    FieldNotPermitted,
}

impl Reason {
    /// Lists every reason.
    pub const ALL: [Self; 21] = [
        Self::Held,
        Self::ReadAsOfToday,
        Self::OldTerritoryCode,
        Self::NoSuchMember,
        Self::AnotherIsHead,
        Self::AnotherRelationship,
        Self::AnotherCommune,
        Self::BeganLater,
        Self::AnotherCount,
        Self::NoHousehold,
        Self::NoHead,
        Self::RelationToHeadOnly,
        Self::RelationshipNotHeld,
        Self::NamedByOldNumber,
        Self::NoSuchResidence,
        Self::CommuneNotHeld,
        Self::AbolishedCommuneCode,
        Self::SinceNotHeld,
        Self::ReformIsNoMove,
        Self::UnderReview,
        Self::FieldNotPermitted,
    ];

    /// Gives the word that the API uses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::ReadAsOfToday => "read_as_of_today",
            Self::OldTerritoryCode => "old_territory_code",
            Self::NoSuchMember => "no_such_member",
            Self::AnotherIsHead => "another_is_head",
            Self::AnotherRelationship => "another_relationship",
            Self::AnotherCommune => "another_commune",
            Self::BeganLater => "began_later",
            Self::AnotherCount => "another_count",
            Self::NoHousehold => "no_household",
            Self::NoHead => "no_head",
            Self::RelationToHeadOnly => "relation_to_head_only",
            Self::RelationshipNotHeld => "relationship_not_held",
            Self::NamedByOldNumber => "named_by_old_number",
            Self::NoSuchResidence => "no_such_residence",
            Self::CommuneNotHeld => "commune_not_held",
            Self::AbolishedCommuneCode => "abolished_commune_code",
            Self::SinceNotHeld => "since_not_held",
            Self::ReformIsNoMove => "reform_is_no_move",
            Self::UnderReview => "under_review",
            Self::FieldNotPermitted => "field_not_permitted",
        }
    }
}

/// Holds the answer to one predicate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PredicateVerdict {
    /// The result.
    pub result: PredicateResult,
    /// Why.
    pub reason: Reason,
}

impl PredicateVerdict {
    /// The answer to whoever may not ask.
    pub const NOT_PERMITTED: Self = Self {
        result: PredicateResult::NotPermitted,
        reason: Reason::FieldNotPermitted,
    };
}
