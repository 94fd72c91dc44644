//! What did the register hold about a person, at which moment?
//!
//! The whole answer, unfiltered: what of it a caller may see is decided afterwards, for each call (`policy`). An
//! empty element of the register means "not held" and becomes `None`, never a default.

use jiff::Timestamp;
use jiff::civil::Date;

use super::address::{Address, AddressKind};
use super::birth_date::BirthDate;
use super::codes::{Country, MaritalStatus, Sex, TableCode};
use super::name::FullName;
use super::pin::{OldIdNumber, Pin};

/// Tells what became of the person or of the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// Alive, as far as the register knows.
    Active,
    /// Đã chết.
    Deceased,
    /// Mất tích: declared missing by a court.
    Missing,
    /// The number was cancelled and no other took its place.
    Cancelled,
    /// The record is locked while the register verifies it.
    UnderReview,
}

impl Status {
    /// Gives the word that the API uses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Deceased => "deceased",
            Self::Missing => "missing",
            Self::Cancelled => "cancelled",
            Self::UnderReview => "under_review",
        }
    }
}

/// Holds everything that the register answered about one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The number in force.
    pub pin: Pin,
    /// The number of the old identity card, where held.
    pub old_id_number: Option<OldIdNumber>,
    /// Earlier numbers of the same person that were cancelled.
    pub cancelled_numbers: Box<[Pin]>,
    /// The full name.
    pub full_name: FullName,
    /// The birth date in the precision in which it is held.
    pub date_of_birth: BirthDate,
    /// Giới tính.
    pub sex: Option<Sex>,
    /// Dân tộc.
    pub ethnicity: Option<TableCode>,
    /// Tôn giáo.
    pub religion: Option<TableCode>,
    /// Quốc tịch.
    pub nationality: Option<Country>,
    /// Tình trạng hôn nhân.
    pub marital_status: Option<MaritalStatus>,
    /// Whether the person is the head of the household; unknown where the register names no head.
    pub head_of_household: Option<bool>,
    /// Nơi đăng ký khai sinh.
    pub place_of_birth_registration: Option<Address>,
    /// Quê quán.
    pub place_of_origin: Option<Address>,
    /// Nơi thường trú.
    pub permanent_residence: Option<Address>,
    /// Nơi ở hiện tại.
    pub current_residence: Option<Address>,
    /// Nơi tạm trú.
    pub temporary_residence: Option<Address>,
    /// The day on which that began.
    pub temporary_since: Option<Date>,
    /// What became of the person or the number.
    pub status: Status,
    /// The register's own time of the data (`ThoiDiemDuLieu`).
    pub as_of: Timestamp,
}

impl Record {
    /// Gives one of the five addresses.
    #[must_use]
    pub fn address(&self, kind: AddressKind) -> Option<&Address> {
        match kind {
            AddressKind::PlaceOfBirthRegistration => self.place_of_birth_registration.as_ref(),
            AddressKind::PlaceOfOrigin => self.place_of_origin.as_ref(),
            AddressKind::PermanentResidence => self.permanent_residence.as_ref(),
            AddressKind::CurrentResidence => self.current_residence.as_ref(),
            AddressKind::TemporaryResidence => self.temporary_residence.as_ref(),
        }
    }
}
