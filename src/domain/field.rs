//! Which single facts can be released, and how are sets of them written down?
//!
//! A licence, a procedure and a request each name a set of fields; what is released is their intersection. Sets are
//! one machine word, so that deciding costs nothing and can't allocate.

use std::fmt;
use std::str::FromStr;

use super::address::AddressKind;

/// Tells which part of an address is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AddressPart {
    /// The province's code.
    Province,
    /// The commune's code.
    Commune,
    /// The text.
    Detail,
}

/// Is one fact that can be released.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    /// The number in force, which matters where the caller asked by another one.
    Pin,
    /// Họ, chữ đệm và tên.
    FullName,
    /// Ngày, tháng, năm sinh.
    DateOfBirth,
    /// Giới tính.
    Sex,
    /// Dân tộc.
    Ethnicity,
    /// Tôn giáo.
    Religion,
    /// Quốc tịch.
    Nationality,
    /// Tình trạng hôn nhân.
    MaritalStatus,
    /// Whether the person is the head of the household.
    HeadOfHousehold,
    /// Số chứng minh nhân dân.
    OldIdNumber,
    /// A part of one of the five addresses.
    Address(AddressKind, AddressPart),
}

const SIMPLE: [(Field, &str); 10] = [
    (Field::Pin, "pin"),
    (Field::FullName, "full_name"),
    (Field::DateOfBirth, "date_of_birth"),
    (Field::Sex, "sex"),
    (Field::Ethnicity, "ethnicity"),
    (Field::Religion, "religion"),
    (Field::Nationality, "nationality"),
    (Field::MaritalStatus, "marital_status"),
    (Field::HeadOfHousehold, "head_of_household"),
    (Field::OldIdNumber, "old_id_number"),
];

const PARTS: [(AddressPart, &str); 3] = [
    (AddressPart::Province, "province_code"),
    (AddressPart::Commune, "commune_code"),
    (AddressPart::Detail, "detail"),
];

/// Says that a text names no field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a field")]
pub struct UnknownField;

impl Field {
    /// Lists every field in the order in which it is documented.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..).map_while(Self::at)
    }

    /// Gives the field's path, as the API writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Address(kind, part) => address_path(kind, part),
            simple => simple.name(),
        }
    }

    /// Gives the name of the claim that the field belongs to: the path, or of an address what stands before the dot.
    #[must_use]
    pub fn name(self) -> &'static str {
        if let Self::Address(kind, _) = self {
            return kind.as_str();
        }
        let name = SIMPLE
            .into_iter()
            .find_map(|(other, name)| (other == self).then_some(name));
        name.unwrap_or_default()
    }

    /// Gives the field at a place in the order in which fields are documented.
    fn at(position: usize) -> Option<Self> {
        if let Some((field, _)) = SIMPLE.get(position) {
            return Some(*field);
        }
        let beyond = position - SIMPLE.len();
        let kind = AddressKind::ALL.get(beyond / PARTS.len())?;
        let (part, _) = PARTS.get(beyond % PARTS.len())?;
        Some(Self::Address(*kind, *part))
    }

    /// Gives the field's place in the order in which fields are documented.
    fn position(self) -> u32 {
        match self {
            Self::Pin => 0,
            Self::FullName => 1,
            Self::DateOfBirth => 2,
            Self::Sex => 3,
            Self::Ethnicity => 4,
            Self::Religion => 5,
            Self::Nationality => 6,
            Self::MaritalStatus => 7,
            Self::HeadOfHousehold => 8,
            Self::OldIdNumber => 9,
            Self::Address(kind, part) => 10 + 3 * (kind as u32) + part as u32,
        }
    }
}

fn address_path(kind: AddressKind, part: AddressPart) -> &'static str {
    let [province, commune, detail] = match kind {
        AddressKind::PlaceOfBirthRegistration => [
            "place_of_birth_registration.province_code",
            "place_of_birth_registration.commune_code",
            "place_of_birth_registration.detail",
        ],
        AddressKind::PlaceOfOrigin => [
            "place_of_origin.province_code",
            "place_of_origin.commune_code",
            "place_of_origin.detail",
        ],
        AddressKind::PermanentResidence => [
            "permanent_residence.province_code",
            "permanent_residence.commune_code",
            "permanent_residence.detail",
        ],
        AddressKind::CurrentResidence => [
            "current_residence.province_code",
            "current_residence.commune_code",
            "current_residence.detail",
        ],
        AddressKind::TemporaryResidence => [
            "temporary_residence.province_code",
            "temporary_residence.commune_code",
            "temporary_residence.detail",
        ],
    };
    match part {
        AddressPart::Province => province,
        AddressPart::Commune => commune,
        AddressPart::Detail => detail,
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Field {
    type Err = UnknownField;

    fn from_str(text: &str) -> Result<Self, UnknownField> {
        if let Some((kind, part)) = text.split_once('.') {
            let kind = AddressKind::ALL
                .into_iter()
                .find(|candidate| candidate.as_str() == kind);
            let part = PARTS
                .into_iter()
                .find_map(|(candidate, name)| (name == part).then_some(candidate));
            return kind
                .zip(part)
                .map(|(kind, part)| Self::Address(kind, part))
                .ok_or(UnknownField);
        }
        SIMPLE
            .into_iter()
            .find_map(|(field, name)| (name == text).then_some(field))
            .ok_or(UnknownField)
    }
}

/// Holds a set of fields.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Fields(u32);

impl Fields {
    /// Gives the empty set.
    pub const NONE: Self = Self(0);

    /// Tells whether the field belongs to the set.
    #[must_use]
    pub fn contains(self, field: Field) -> bool {
        self.0 & (1 << field.position()) != 0
    }

    /// Gives the fields that belong to both.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Gives the fields of this set that the other lacks.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Tells whether there is none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Gives the fields that belong to either.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Lists the fields in the order in which they are documented.
    pub fn iter(self) -> impl Iterator<Item = Field> {
        let mut left = self.0;
        std::iter::from_fn(move || {
            let field = Field::at(usize::try_from(left.trailing_zeros()).ok()?)?;
            left &= left - 1;
            Some(field)
        })
    }
}

impl From<Field> for Fields {
    fn from(field: Field) -> Self {
        Self(1 << field.position())
    }
}

impl FromIterator<Field> for Fields {
    fn from_iter<I: IntoIterator<Item = Field>>(fields: I) -> Self {
        Self(
            fields
                .into_iter()
                .fold(0, |bits, field| bits | (1 << field.position())),
        )
    }
}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries(self.iter().map(|field| field.to_string()))
            .finish()
    }
}

#[cfg(test)]
mod tests;
