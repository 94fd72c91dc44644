//! Is this the person, and is what was claimed so?
//!
//! Stands between the register's record and what is released: takes what a caller claimed and what the register
//! holds, gives verdicts with the kinds of difference found. Pure: no clock, no I/O, no request. "Close" is never
//! "yes": whatever isn't the same name, date or place written another way is close at best, and the kinds say why.
//! The identifying claims stand or fall together, and a failed one tells nothing, not even which it was. What a
//! caller may see of a verdict is deliberately not decided here. The rules for integrators stand in `docs/matching.md`.

mod claims;
mod dates;
mod differences;
mod household;
mod letters;
mod names;
mod residence;
mod written;

use crate::domain::pin::IdNumber;
use crate::domain::record::Record;
use crate::domain::subject::Subject;

pub use claims::{ClaimResult, ClaimVerdict, claim};
pub use dates::birth_date;
pub use differences::{Difference, Differences};
pub use household::{Naming, predicate};
pub use names::full_name;
pub use written::{NameForm, Rotation, folded_key, rotated, with_i_and_y_swapped, written_for_registry};

/// Tells whether an identifying claim names the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdentityResult {
    /// The same, however it is written.
    Match,
    /// Near enough to be explained, too far to release anything on it.
    Close,
    /// Not the person, or not nameable as such.
    NoMatch,
}

impl IdentityResult {
    /// Gives the word that the API uses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Match => "match",
            Self::Close => "close",
            Self::NoMatch => "no_match",
        }
    }
}

/// Holds the verdict on an identifying claim, or on all of them together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// The verdict.
    pub result: IdentityResult,
    /// What differs; always empty where nothing matches.
    pub differences: Differences,
}

impl Identity {
    /// The one answer to whoever can't name the person.
    pub const NO_MATCH: Self = Self {
        result: IdentityResult::NoMatch,
        differences: Differences::NONE,
    };

    /// Judges what agrees but for these differences: some are no more than another way to write the same.
    fn but_for(differences: Differences) -> Self {
        let result = if differences.are_all_of_writing() {
            IdentityResult::Match
        } else {
            IdentityResult::Close
        };
        Self { result, differences }
    }
}

/// Judges number, full name and birth date together against the record that the register gave.
#[must_use]
pub fn identity(subject: &Subject, record: &Record) -> Identity {
    if !names_by_number(subject.number, record) {
        return Identity::NO_MATCH;
    }
    let date = birth_date(subject.date_of_birth, record.date_of_birth);
    if date.result == IdentityResult::NoMatch {
        return Identity::NO_MATCH;
    }
    let name = full_name(&subject.full_name, &record.full_name);
    if name.result == IdentityResult::NoMatch {
        return Identity::NO_MATCH;
    }
    Identity::but_for(name.differences.union(date.differences))
}

fn names_by_number(number: IdNumber, record: &Record) -> bool {
    match number {
        IdNumber::Pin(pin) => record.pin == pin || record.cancelled_numbers.contains(&pin),
        IdNumber::Old(old) => record.old_id_number == Some(old),
    }
}

#[cfg(test)]
mod tests;
