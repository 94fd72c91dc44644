//! Who is asked about?
//!
//! The three identifying claims together, as the registry itself demands: a number, the full name and the birth date. Who
//! can't give all three can't ask, so there is no subject with a part missing.

use super::birth_date::BirthDate;
use super::name::FullName;
use super::pin::IdNumber;

/// Names a person by number, full name and birth date.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Subject {
    /// The personal identification number, or the old identity-card number.
    pub number: IdNumber,
    /// The full name as the caller has it.
    pub full_name: FullName,
    /// The birth date in the precision that the caller has.
    pub date_of_birth: BirthDate,
}
