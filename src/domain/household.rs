//! Who is registered together, and how does each stand to the head of the household (chủ hộ)?
//!
//! What the register's household service answers, unfiltered like a record. It holds each member's relation to the head
//! and nothing between two others, so nothing between two others is ever made of it; nor is a relation in a household
//! evidence of parentage or marriage, which are civil-status facts (Resolution 66.7/2025/NQ-CP, art. 4(2)). An empty
//! element means "not held" and becomes `None`. Whatever names a person or a household prints as `***`.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;

use super::address::{Address, AddressKind};
use super::birth_date::BirthDate;
use super::codes::Sex;
use super::name::FullName;
use super::pin::Pin;

/// Holds the register's own id of a household, which means nothing outside it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct HouseholdId(String);

impl HouseholdId {
    /// Takes the id as the register gave it.
    #[must_use]
    pub fn held(text: String) -> Self {
        Self(text)
    }

    /// Hands out the text, for keyed hashes only.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for HouseholdId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HouseholdId(***)")
    }
}

/// Tells what one person is to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Relationship {
    /// Vợ, chồng.
    Spouse,
    /// Con.
    Child,
    /// Cha, mẹ.
    Parent,
    /// Anh, chị, em.
    Sibling,
    /// Cháu.
    Grandchild,
    /// Ông, bà.
    Grandparent,
    /// Any other: an in-law, an aunt, a lodger.
    Other,
}

impl Relationship {
    /// Lists every relationship.
    pub const ALL: [Self; 7] = [
        Self::Spouse,
        Self::Child,
        Self::Parent,
        Self::Sibling,
        Self::Grandchild,
        Self::Grandparent,
        Self::Other,
    ];

    /// Gives the word that the API uses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Spouse => "spouse",
            Self::Child => "child",
            Self::Parent => "parent",
            Self::Sibling => "sibling",
            Self::Grandchild => "grandchild",
            Self::Grandparent => "grandparent",
            Self::Other => "other",
        }
    }
}

impl Relationship {
    /// Tells what the second is to the first, where the first is this to the second.
    #[must_use]
    pub fn reversed(self) -> Self {
        match self {
            Self::Spouse => Self::Spouse,
            Self::Child => Self::Parent,
            Self::Parent => Self::Child,
            Self::Sibling => Self::Sibling,
            Self::Grandchild => Self::Grandparent,
            Self::Grandparent => Self::Grandchild,
            Self::Other => Self::Other,
        }
    }
}

/// Tells how a member stands to the head.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// Is the head.
    Head,
    /// Is this to the head.
    ToHead(Relationship),
}

impl Standing {
    /// Gives the word that the API uses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Head => "head",
            Self::ToHead(relationship) => relationship.as_str(),
        }
    }
}

/// Tells in which way somebody lives at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ResidenceKind {
    /// Thường trú.
    Permanent,
    /// Tạm trú.
    Temporary,
    /// Nơi ở hiện tại.
    Current,
}

impl ResidenceKind {
    /// Lists every kind.
    pub const ALL: [Self; 3] = [Self::Permanent, Self::Temporary, Self::Current];

    /// Gives the word that the API uses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Permanent => "permanent",
            Self::Temporary => "temporary",
            Self::Current => "current",
        }
    }

    /// Gives the address of a record that is of this kind.
    #[must_use]
    pub fn address(self) -> AddressKind {
        match self {
            Self::Permanent => AddressKind::PermanentResidence,
            Self::Temporary => AddressKind::TemporaryResidence,
            Self::Current => AddressKind::CurrentResidence,
        }
    }
}

/// Is one person's entry in a household.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The number in force.
    pub pin: Pin,
    /// The full name.
    pub full_name: FullName,
    /// The birth date in the precision in which it is held.
    pub date_of_birth: BirthDate,
    /// Giới tính.
    pub sex: Option<Sex>,
    /// How the member stands to the head.
    pub standing: Option<Standing>,
    /// In which way the member lives here: permanently or for a time.
    pub kind: Option<ResidenceKind>,
    /// The day on which that began.
    pub since: Option<Date>,
}

/// Holds everything that the register answered about one household.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Household {
    /// The register's own id.
    pub id: HouseholdId,
    /// The head; unknown where the register names none, or two.
    pub head: Option<Pin>,
    /// Everybody who is registered here, for a time or permanently.
    pub members: Vec<Member>,
    /// Where the household is registered.
    pub address: Option<Address>,
    /// The register's own time of the data (`ThoiDiemDuLieu`).
    pub as_of: Timestamp,
}
