//! Whom of the people in one answer did we ask for?
//!
//! The registry answers with one person or nobody, but collections of two have been seen. Pure. One alone is taken as
//! the registry's word: whether it is the person named is for `matching` to say. Of several only that one is taken whose
//! number, name and birth date are those of the query; if none is, nobody was found, and if two are, the answer can't be
//! read, since picking one would be a guess.

use crate::domain::birth_date::BirthDate;
use crate::domain::household::Household;
use crate::domain::pin::IdNumber;
use crate::domain::record::Record;
use crate::matching::{NameForm, written_for_registry};

use super::failure::Failure;
use super::ladder::Query;

/// Chooses the person whom the query meant.
pub(super) fn choose(people: Vec<Record>, query: &Query) -> Result<Option<Record>, Failure> {
    if people.len() <= 1 {
        return Ok(people.into_iter().next());
    }
    let mut meant = people.into_iter().filter(|person| is_meant(person, query));
    match (meant.next(), meant.next()) {
        (Some(_), Some(_)) => Err(Failure::Protocol("more than one person answers the query")),
        (only, _) => Ok(only),
    }
}

/// Chooses the household of the person whom the query meant; of several, the one that lists the person.
pub(super) fn choose_household(
    households: Vec<Household>,
    query: &Query,
) -> Result<Option<Household>, Failure> {
    if households.len() <= 1 {
        return Ok(households.into_iter().next());
    }
    let lists = |household: &Household| {
        household
            .members
            .iter()
            .any(|member| query.number == IdNumber::Pin(member.pin))
    };
    let mut meant = households.into_iter().filter(lists);
    match (meant.next(), meant.next()) {
        (Some(_), Some(_)) => Err(Failure::Protocol("more than one household answers the query")),
        (only, _) => Ok(only),
    }
}

fn is_meant(person: &Record, query: &Query) -> bool {
    let has_number = match query.number {
        IdNumber::Pin(pin) => person.pin == pin || person.cancelled_numbers.contains(&pin),
        IdNumber::Old(old) => person.old_id_number == Some(old),
    };
    let folded = |name| written_for_registry(name, NameForm::FoldedNoSpaces);
    has_number
        && folded(&person.full_name) == folded(&query.full_name)
        && may_be_same(&person.date_of_birth, &query.date_of_birth)
}

/// Tells whether two dates agree as far as both are known.
fn may_be_same(one: &BirthDate, other: &BirthDate) -> bool {
    if let (BirthDate::Day(one), BirthDate::Day(other)) = (one, other) {
        return one == other;
    }
    one.year() == other.year()
        && one
            .month()
            .zip(other.month())
            .is_none_or(|(one, other)| one == other)
}

#[cfg(test)]
mod tests;
