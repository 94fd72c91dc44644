//! Is a claimed fact so, according to the register?
//!
//! One verdict for each claim. Codes compare as the values behind them, never as text; a fact that the register doesn't
//! hold is neither true nor false; a record under review vouches for nothing. Whether the caller may know a verdict
//! is decided elsewhere: `NotPermitted` is never given here.

use jiff::civil::Date;

use super::residence;
use super::{Difference, Differences};
use crate::domain::address::Address;
use crate::domain::claim::Claim;
use crate::domain::field::{AddressPart, Field};
use crate::domain::record::{Record, Status};
use crate::domain::territory::Territory;

/// Tells whether a claimed fact is so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClaimResult {
    /// It is so.
    Match,
    /// It may be so: what differs says why it can't be told.
    Close,
    /// It isn't so.
    Mismatch,
    /// The register holds no such fact.
    NotHeld,
    /// The register is verifying the record.
    UnderReview,
    /// The caller may not ask; given by whoever knows the licence.
    NotPermitted,
}

impl ClaimResult {
    /// Gives the word that the API uses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Match => "match",
            Self::Close => "close",
            Self::Mismatch => "mismatch",
            Self::NotHeld => "not_held",
            Self::UnderReview => "under_review",
            Self::NotPermitted => "not_permitted",
        }
    }
}

/// Holds the verdict on one claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClaimVerdict {
    /// The verdict.
    pub result: ClaimResult,
    /// What differs.
    pub differences: Differences,
}

impl ClaimVerdict {
    /// Makes a verdict with nothing to add.
    #[must_use]
    pub fn plain(result: ClaimResult) -> Self {
        Self {
            result,
            differences: Differences::NONE,
        }
    }

    /// Lowers a match: the difference leaves at best close.
    pub(super) fn lowered_by(mut self, difference: Difference) -> Self {
        if self.result == ClaimResult::Match {
            self.result = ClaimResult::Close;
        }
        self.differences.insert(difference);
        self
    }
}

/// Judges one claim against the record; `today` dates the codes of an address that doesn't say its own day.
#[must_use]
pub fn claim(claim: &Claim, record: &Record, territory: &Territory, today: Date) -> ClaimVerdict {
    if record.status == Status::UnderReview {
        return ClaimVerdict::plain(ClaimResult::UnderReview);
    }
    match claim {
        Claim::Sex(claimed) => known(record.sex, |held| *claimed == Some(held)),
        Claim::Ethnicity(claimed) => known(record.ethnicity, |held| *claimed == held),
        Claim::Religion(claimed) => known(record.religion, |held| *claimed == held),
        Claim::Nationality(claimed) => known(record.nationality, |held| *claimed == held),
        Claim::MaritalStatus(claimed) => known(record.marital_status, |held| *claimed == held),
        Claim::HeadOfHousehold(claimed) => known(record.head_of_household, |held| *claimed == held),
        Claim::OldIdNumber(claimed) => known(record.old_id_number, |held| *claimed == held),
        Claim::Address(kind, claimed) => record
            .address(*kind)
            .map_or(ClaimVerdict::plain(ClaimResult::NotHeld), |held| {
                residence::address(claimed, held, territory, today)
            }),
        Claim::Held(field) => known(is_held(*field, record).then_some(()), |()| true),
    }
}

fn is_held(field: Field, record: &Record) -> bool {
    match field {
        Field::Pin | Field::FullName | Field::DateOfBirth => true,
        Field::Sex => record.sex.is_some(),
        Field::Ethnicity => record.ethnicity.is_some(),
        Field::Religion => record.religion.is_some(),
        Field::Nationality => record.nationality.is_some(),
        Field::MaritalStatus => record.marital_status.is_some(),
        Field::HeadOfHousehold => record.head_of_household.is_some(),
        Field::OldIdNumber => record.old_id_number.is_some(),
        Field::Address(kind, part) => record.address(kind).is_some_and(|address| has(address, part)),
    }
}

fn has(address: &Address, part: AddressPart) -> bool {
    match part {
        AddressPart::Province => address.province.is_some(),
        AddressPart::Commune => address.commune.is_some(),
        AddressPart::Detail => address.detail.is_some(),
    }
}

fn known<T: Copy>(held: Option<T>, is_so: impl FnOnce(T) -> bool) -> ClaimVerdict {
    ClaimVerdict::plain(match held {
        None => ClaimResult::NotHeld,
        Some(held) if is_so(held) => ClaimResult::Match,
        Some(_) => ClaimResult::Mismatch,
    })
}

#[cfg(test)]
mod tests;
