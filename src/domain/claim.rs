//! What may a caller claim about a person, to be told whether it is so?
//!
//! One variant for each claim of the API. A claim has the type of the fact that it is held against, so that matching
//! never compares text with a code. Claims print without their values.

use std::fmt;

use super::address::{AddressClaim, AddressKind};
use super::codes::{Country, MaritalStatus, Sex, TableCode};
use super::field::Field;
use super::pin::OldIdNumber;

/// Holds one claimed fact.
#[derive(Clone, PartialEq, Eq)]
pub enum Claim {
    /// Giới tính; `None` claims that the sex is unknown.
    Sex(Option<Sex>),
    /// Dân tộc.
    Ethnicity(TableCode),
    /// Tôn giáo.
    Religion(TableCode),
    /// Quốc tịch.
    Nationality(Country),
    /// Tình trạng hôn nhân.
    MaritalStatus(MaritalStatus),
    /// Whether the person is the head of the household (chủ hộ).
    HeadOfHousehold(bool),
    /// Số chứng minh nhân dân.
    OldIdNumber(OldIdNumber),
    /// One of the five addresses.
    Address(AddressKind, AddressClaim),
    /// That the register holds the fact, whatever it is; a check asks so, a caller can't.
    Held(Field),
}

impl Claim {
    /// Gives the name that the API uses.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Sex(_) => "sex",
            Self::Ethnicity(_) => "ethnicity",
            Self::Religion(_) => "religion",
            Self::Nationality(_) => "nationality",
            Self::MaritalStatus(_) => "marital_status",
            Self::HeadOfHousehold(_) => "head_of_household",
            Self::OldIdNumber(_) => "old_id_number",
            Self::Address(kind, _) => kind.as_str(),
            Self::Held(field) => field.name(),
        }
    }
}

impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Claim({}=***)", self.name())
    }
}
