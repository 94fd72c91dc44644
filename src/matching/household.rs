//! Is it so of a person's household and residence?
//!
//! Holds one predicate against the person's record and the household's. True and false are said only of what the register
//! itself tells; the rest is "not held", with the reason. A relation is known to the head alone. Whoever else is named must
//! be named wholly, by number, name and birth date of one member's entry: whichever part fails, the answer is the one
//! for a person who isn't there. Communes compare as places of today: a merger on 1 July 2025 moved nobody, and what
//! became of an abolished commune no table tells, so nothing is made of it but its province.

use jiff::civil::Date;

use super::{Identity, IdentityResult, birth_date, full_name};
use crate::domain::address::{Address, CodeSet, CommuneCode, ProvinceCode};
use crate::domain::household::{Household, Member, Relationship, ResidenceKind, Standing};
use crate::domain::pin::{IdNumber, Pin};
use crate::domain::predicate::{Predicate, PredicateResult, PredicateVerdict, Reason};
use crate::domain::record::{Record, Status};
use crate::domain::subject::Subject;
use crate::domain::territory::{Place, REFORM, Reading, Territory};

/// Tells how well whoever else is named must be named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Naming {
    /// Another way to write the same is enough, nothing else.
    Exact,
    /// What is only close is enough too; the licence says so.
    Close,
}

/// Judges one predicate against the person's record and household.
#[must_use]
pub fn predicate(
    asked: &Predicate,
    record: &Record,
    household: Option<&Household>,
    naming: Naming,
    territory: &Territory,
) -> PredicateVerdict {
    if record.status == Status::UnderReview {
        return verdict(PredicateResult::UnderReview, Reason::UnderReview);
    }
    if let Predicate::ResidesIn { commune, since, kind } = asked {
        return resides_in(
            *commune,
            *since,
            &Stay::of(record, household, *kind, territory),
            territory,
        );
    }
    let Some(household) = household else {
        return not_held(Reason::NoHousehold);
    };
    match asked {
        Predicate::SameHousehold(person) => match named(person, household, naming) {
            Ok(_) => is(Reason::Held),
            Err(Reason::NoSuchMember) => isnt(Reason::NoSuchMember),
            Err(reason) => not_held(reason),
        },
        Predicate::HeadOfHousehold => match household.head {
            None => not_held(Reason::NoHead),
            Some(head) if bears(record, head) => is(Reason::Held),
            Some(_) => isnt(Reason::AnotherIsHead),
        },
        Predicate::Relationship { person, is: asked } => match named(person, household, naming) {
            Ok(member) => relationship(*asked, record, member, household),
            Err(reason) => not_held(reason),
        },
        Predicate::MemberCount { at_least, at_most } => count(household, *at_least, *at_most),
        Predicate::ResidesIn { .. } => not_held(Reason::NoSuchResidence),
    }
}

fn verdict(result: PredicateResult, reason: Reason) -> PredicateVerdict {
    PredicateVerdict { result, reason }
}

fn is(reason: Reason) -> PredicateVerdict {
    verdict(PredicateResult::True, reason)
}

fn isnt(reason: Reason) -> PredicateVerdict {
    verdict(PredicateResult::False, reason)
}

fn not_held(reason: Reason) -> PredicateVerdict {
    verdict(PredicateResult::NotHeld, reason)
}

fn bears(record: &Record, number: Pin) -> bool {
    record.pin == number || record.cancelled_numbers.contains(&number)
}

/// Finds the entry of whoever is named; which part of a name failed is never told.
fn named<'h>(person: &Subject, household: &'h Household, naming: Naming) -> Result<&'h Member, Reason> {
    let IdNumber::Pin(pin) = person.number else {
        return Err(Reason::NamedByOldNumber);
    };
    let passes = |member: &&Member| {
        member.pin == pin
            && match (identity(person, member).result, naming) {
                (IdentityResult::Match, _) | (IdentityResult::Close, Naming::Close) => true,
                (IdentityResult::Close, Naming::Exact) | (IdentityResult::NoMatch, _) => false,
            }
    };
    household.members.iter().find(passes).ok_or(Reason::NoSuchMember)
}

fn identity(person: &Subject, member: &Member) -> Identity {
    let date = birth_date(person.date_of_birth, member.date_of_birth);
    let name = full_name(&person.full_name, &member.full_name);
    if date.result == IdentityResult::NoMatch || name.result == IdentityResult::NoMatch {
        return Identity::NO_MATCH;
    }
    Identity::but_for(name.differences.union(date.differences))
}

fn relationship(
    asked: Relationship,
    record: &Record,
    member: &Member,
    household: &Household,
) -> PredicateVerdict {
    let Some(head) = household.head else {
        return not_held(Reason::NoHead);
    };
    let held = if bears(record, head) {
        to_head(member)
    } else if member.pin == head {
        let own = household.members.iter().find(|own| bears(record, own.pin));
        own.and_then(to_head).map(Relationship::reversed)
    } else {
        return not_held(Reason::RelationToHeadOnly);
    };
    match held {
        None => not_held(Reason::RelationshipNotHeld),
        Some(held) if held == asked => is(Reason::Held),
        Some(_) => isnt(Reason::AnotherRelationship),
    }
}

/// What the member is to the head; nobody is anything to oneself.
fn to_head(member: &Member) -> Option<Relationship> {
    match member.standing {
        Some(Standing::ToHead(relationship)) => Some(relationship),
        Some(Standing::Head) | None => None,
    }
}

fn count(household: &Household, at_least: Option<u64>, at_most: Option<u64>) -> PredicateVerdict {
    let members = u64::try_from(household.members.len()).unwrap_or(u64::MAX);
    let is_enough = at_least.is_none_or(|least| members >= least);
    let is_not_too_many = at_most.is_none_or(|most| members <= most);
    if is_enough && is_not_too_many {
        is(Reason::Held)
    } else {
        isnt(Reason::AnotherCount)
    }
}

/// Is a residence of one kind, as far as both records tell.
struct Stay<'r> {
    address: Option<&'r Address>,
    since: Option<Date>,
}

impl<'r> Stay<'r> {
    /// Takes the place from the person's record; the household's, which knows the day, counts where it is the same place,
    /// or where the person's names none.
    fn of(
        record: &'r Record,
        household: Option<&'r Household>,
        kind: ResidenceKind,
        territory: &Territory,
    ) -> Self {
        let own = record.address(kind.address());
        let own_since = match kind {
            ResidenceKind::Temporary => record.temporary_since,
            ResidenceKind::Permanent | ResidenceKind::Current => None,
        };
        let entry = household.and_then(|household| {
            let member = household
                .members
                .iter()
                .find(|member| bears(record, member.pin))?;
            (member.kind == Some(kind)).then_some((household.address.as_ref(), member.since))
        });
        match (own, entry) {
            (Some(own), Some((Some(home), since))) if is_same_place(own, home, territory) => Self {
                address: Some(own),
                since: own_since.or(since),
            },
            (None, Some((address, since))) => Self { address, since },
            (address, _) => Self {
                address,
                since: own_since,
            },
        }
    }
}

fn is_same_place(one: &Address, other: &Address, territory: &Territory) -> bool {
    let place = |address| reading(address, territory).and_then(Reading::place);
    let codes = |address: &Address| (address.code_set, address.province, address.commune);
    codes(one) == codes(other) || place(one).is_some_and(|place_of_one| place(other) == Some(place_of_one))
}

fn reading(address: &Address, territory: &Territory) -> Option<Reading> {
    territory.reading(address.province, address.commune, address.code_set)
}

fn resides_in(
    commune: CommuneCode,
    since: Option<Date>,
    stay: &Stay<'_>,
    territory: &Territory,
) -> PredicateVerdict {
    let Some(address) = stay.address else {
        return not_held(Reason::NoSuchResidence);
    };
    let place = lives_in(commune, address, territory);
    if place.result != PredicateResult::True {
        return place;
    }
    let Some(since) = since else { return place };
    match stay.since {
        None => not_held(Reason::SinceNotHeld),
        Some(held) if held <= since => {
            let was_another = territory.commune_name(commune, CodeSet::Before2025).is_some();
            if since < REFORM && was_another && place.reason == Reason::Held {
                is(Reason::ReadAsOfToday)
            } else {
                place
            }
        }
        Some(held) if held == REFORM && since < REFORM => not_held(Reason::ReformIsNoMove),
        Some(_) => isnt(Reason::BeganLater),
    }
}

/// Compares as places of today, whatever the day.
fn lives_in(commune: CommuneCode, held: &Address, territory: &Territory) -> PredicateVerdict {
    // A commune that is newer than our tables has the same code on both sides.
    if held.code_set == CodeSet::Since2025 && held.commune == Some(commune) {
        return is(Reason::Held);
    }
    let asked = territory
        .reading(None, Some(commune), CodeSet::Since2025)
        .and_then(Reading::place);
    let Some(asked) = asked else {
        return not_held(Reason::AbolishedCommuneCode);
    };
    match reading(held, territory) {
        None => not_held(Reason::CommuneNotHeld),
        Some(Reading::Current(known)) => compared(asked, known, Reason::Held),
        Some(Reading::Mapped(known)) => compared(asked, known, Reason::OldTerritoryCode),
        Some(Reading::Uncertain(province)) => by_province(asked.province, province),
    }
}

fn compared(asked: Place, known: Place, reason: Reason) -> PredicateVerdict {
    match known.commune {
        _ if asked.province != known.province => isnt(Reason::AnotherCommune),
        None => not_held(Reason::CommuneNotHeld),
        Some(held) if asked.commune == Some(held) => is(reason),
        Some(_) => isnt(Reason::AnotherCommune),
    }
}

/// All that old codes without a place of today still tell is that another province is another commune.
fn by_province(asked: ProvinceCode, known: Option<ProvinceCode>) -> PredicateVerdict {
    match known {
        Some(known) if known != asked => isnt(Reason::AnotherCommune),
        Some(_) | None => not_held(Reason::OldTerritoryCode),
    }
}

#[cfg(test)]
mod tests;
