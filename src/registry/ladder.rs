//! In which other lawful forms is a person asked for, when the first query finds nobody?
//!
//! A wrong spelling and a missing person look the same to the registry's caller, so the gateway climbs: the name in other
//! forms, the other number, the replacing number, the year alone. Pure. The steps follow from the form of the request
//! alone, never from what is held about the person: an alias step without an alias sends the plain query again, so that
//! neither the count of calls nor their time tells whether an alias is known.

use std::num::NonZeroUsize;

use crate::domain::birth_date::BirthDate;
use crate::domain::name::FullName;
use crate::domain::pin::{IdNumber, Pin};
use crate::domain::subject::Subject;
use crate::matching::{NameForm, Rotation, rotated, with_i_and_y_swapped, written_for_registry};

/// Holds what is known about a person's other numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Aliases {
    /// The old number of a person asked for by PIN, or the PIN of one asked for by the old number.
    pub other_number: Option<IdNumber>,
    /// The PIN that took the place of a cancelled one.
    pub replacing: Option<Pin>,
}

/// Is one query to the registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Query {
    /// The step's name in the audit.
    pub form: &'static str,
    pub number: IdNumber,
    pub full_name: FullName,
    pub name_form: NameForm,
    pub date_of_birth: BirthDate,
}

/// Lists the queries in the order in which they are sent, the plain one first, no more than `cap`.
pub(super) fn queries(
    subject: &Subject,
    aliases: &Aliases,
    configured: NameForm,
    cap: NonZeroUsize,
) -> Vec<Query> {
    let plain = Query {
        form: "plain",
        number: subject.number,
        full_name: subject.full_name.clone(),
        name_form: configured,
        date_of_birth: subject.date_of_birth,
    };
    let mut steps = vec![plain.clone()];
    steps.extend(name_steps(&plain));
    steps.push(Query {
        form: "other_number",
        number: aliases.other_number.unwrap_or(plain.number),
        ..plain.clone()
    });
    steps.push(Query {
        form: "replacing_number",
        number: aliases.replacing.map_or(plain.number, IdNumber::Pin),
        ..plain.clone()
    });
    // The wire knows no month without a day: such a date went out as its year from the start.
    if matches!(plain.date_of_birth, BirthDate::Day(_)) {
        steps.push(Query {
            form: "year_only",
            date_of_birth: BirthDate::Year(plain.date_of_birth.year()),
            ..plain
        });
    }
    steps.truncate(cap.get());
    steps
}

/// Gives the one query for a person in the registry's own words.
pub(super) fn in_own_words(subject: &Subject, configured: NameForm) -> Query {
    Query {
        form: "household",
        number: subject.number,
        full_name: subject.full_name.clone(),
        name_form: configured,
        date_of_birth: subject.date_of_birth,
    }
}

/// Gives the plain query with the name in other forms, leaving out those that are written like an earlier one.
fn name_steps(plain: &Query) -> Vec<Query> {
    let folded = match plain.name_form {
        NameForm::AsGiven | NameForm::Upper => NameForm::FoldedNoSpaces,
        form @ (NameForm::Folded | NameForm::FoldedNoSpaces) => form,
    };
    let candidates = [
        Query {
            form: "folded",
            name_form: folded,
            ..plain.clone()
        },
        Query {
            form: "i_y",
            full_name: with_i_and_y_swapped(&plain.full_name),
            ..plain.clone()
        },
        Query {
            form: "first_word_last",
            full_name: rotated(&plain.full_name, Rotation::FirstWordLast),
            ..plain.clone()
        },
        Query {
            form: "last_word_first",
            full_name: rotated(&plain.full_name, Rotation::LastWordFirst),
            ..plain.clone()
        },
    ];
    let mut written = vec![written_for_registry(&plain.full_name, plain.name_form)];
    let mut steps = Vec::new();
    for candidate in candidates {
        let text = written_for_registry(&candidate.full_name, candidate.name_form);
        if !written.contains(&text) {
            written.push(text);
            steps.push(candidate);
        }
    }
    steps
}

#[cfg(test)]
mod tests;
