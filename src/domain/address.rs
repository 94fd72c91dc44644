//! How does an address name a place, when the codes of places changed meaning?
//!
//! Since 1 July 2025 a province has two digits of a new list and a commune five digits that often meant another place
//! before (Decision 19/2025/QĐ-TTg). A code without a date is therefore not a place: a claim carries the day as of
//! which it is to be read, a held address carries the list that it was written in. Text detail is kept as given.
//! Addresses print as `***`.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;

/// Says that a text isn't of the form of its code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a code of this form")]
pub struct MalformedCode;

fn digits<const N: usize>(text: &str) -> Result<[u8; N], MalformedCode> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(MalformedCode);
    }
    text.as_bytes().try_into().map_err(|_| MalformedCode)
}

/// Holds a two-digit province code of the list of before or since 1 July 2025.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProvinceCode([u8; 2]);

impl ProvinceCode {
    /// Gives the two digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl FromStr for ProvinceCode {
    type Err = MalformedCode;

    fn from_str(text: &str) -> Result<Self, MalformedCode> {
        digits(text).map(Self)
    }
}

/// Holds a five-digit commune code of the list of before or since 1 July 2025.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CommuneCode([u8; 5]);

impl CommuneCode {
    /// Gives the five digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl FromStr for CommuneCode {
    type Err = MalformedCode;

    fn from_str(text: &str) -> Result<Self, MalformedCode> {
        digits(text).map(Self)
    }
}

/// Tells which of a person's addresses is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AddressKind {
    /// Nơi đăng ký khai sinh.
    PlaceOfBirthRegistration,
    /// Quê quán.
    PlaceOfOrigin,
    /// Nơi thường trú.
    PermanentResidence,
    /// Nơi ở hiện tại.
    CurrentResidence,
    /// Nơi tạm trú.
    TemporaryResidence,
}

impl AddressKind {
    /// Lists every kind.
    pub const ALL: [Self; 5] = [
        Self::PlaceOfBirthRegistration,
        Self::PlaceOfOrigin,
        Self::PermanentResidence,
        Self::CurrentResidence,
        Self::TemporaryResidence,
    ];

    /// Gives the name that the API uses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PlaceOfBirthRegistration => "place_of_birth_registration",
            Self::PlaceOfOrigin => "place_of_origin",
            Self::PermanentResidence => "permanent_residence",
            Self::CurrentResidence => "current_residence",
            Self::TemporaryResidence => "temporary_residence",
        }
    }
}

/// Tells in which list the codes of a held address are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CodeSet {
    /// The 63 provinces with districts, in use until 30 June 2025.
    Before2025,
    /// The 34 provinces without districts, in use since 1 July 2025.
    Since2025,
}

/// Holds an address as the register gave it.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    /// The list in which the codes are written.
    pub code_set: CodeSet,
    /// The province.
    pub province: Option<ProvinceCode>,
    /// The commune, ward or special zone.
    pub commune: Option<CommuneCode>,
    /// The text of house, street, hamlet; it may already hold the whole address.
    pub detail: Option<Box<str>>,
}

/// Holds an address as a caller claims it.
#[derive(Clone, PartialEq, Eq)]
pub struct AddressClaim {
    /// The province.
    pub province: ProvinceCode,
    /// The commune, ward or special zone.
    pub commune: Option<CommuneCode>,
    /// The text of house, street, hamlet.
    pub detail: Option<String>,
    /// The day as of which the codes are to be read; the day of the call where it is left out.
    pub as_of: Option<Date>,
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address(***)")
    }
}

impl fmt::Debug for AddressClaim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AddressClaim(***)")
    }
}
