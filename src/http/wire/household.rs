//! What is asked of a household, for which work?
//!
//! Reads the bodies of the calls about a person's household. Each type of predicate has members of its own, and no other.
//! Whoever else is named is named like the subject, and is somebody else.

use jiff::civil::Date;

use super::person::{day, subject, word};
use super::request::{Asking, context, fields};
use crate::domain::address::{AddressKind, MalformedCode};
use crate::domain::field::{Field, Fields};
use crate::domain::household::{Relationship, ResidenceKind};
use crate::domain::predicate::Predicate;
use crate::domain::subject::Subject;
use crate::exchange::Asked;
use crate::http::faults::{Faults, Kind, Pointer, list, members, parsed, required};
use crate::http::json::Json;

/// The members of a body of `POST /v1/households/verify`.
pub(in crate::http) const VERIFY: [&str; 3] = ["subject", "predicates", "context"];

/// The members of a body of `POST /v1/households/lookup`.
pub(in crate::http) const LOOKUP: [&str; 3] = ["subject", "fields", "context"];

/// The most predicates of one call.
pub(in crate::http) const MOST_PREDICATES: usize = 20;

/// The most members that a household can be asked to have.
pub(in crate::http) const MOST_MEMBERS: u64 = 1_000;

/// The types of predicates.
#[derive(Clone, Copy)]
enum Type {
    SameHousehold,
    HeadOfHousehold,
    Relationship,
    ResidesIn,
    MemberCount,
}

const TYPES: [(&str, Type); 5] = [
    ("same_household", Type::SameHousehold),
    ("head_of_household", Type::HeadOfHousehold),
    ("relationship", Type::Relationship),
    ("resides_in", Type::ResidesIn),
    ("member_count", Type::MemberCount),
];

/// Reads a body of `POST /v1/households/verify`.
pub(in crate::http) fn verify(body: &Json<'_>, today: Date, faults: &mut Faults) -> Option<Asking> {
    let root = Pointer::Root;
    let [sent_subject, sent_predicates, sent_context] = members(body, &root, VERIFY, faults)?;
    let who = who(sent_subject, &root, today, faults);
    let at = root.member("predicates");
    let predicates = required(sent_predicates, &at, faults)
        .and_then(|json| predicates(json, &at, who.as_ref(), today, faults));
    let context = context(sent_context, &root.member("context"), faults);
    Some(Asking {
        subject: who?,
        asked: Asked::Household(predicates?),
        context: context?,
    })
}

/// Reads a body of `POST /v1/households/lookup`.
pub(in crate::http) fn lookup(body: &Json<'_>, today: Date, faults: &mut Faults) -> Option<Asking> {
    let root = Pointer::Root;
    let [sent_subject, sent_fields, sent_context] = members(body, &root, LOOKUP, faults)?;
    let who = who(sent_subject, &root, today, faults);
    let at = root.member("fields");
    let asked = required(sent_fields, &at, faults).and_then(|json| fields(json, &at, faults));
    if asked.is_some_and(|asked| !asked.without(of_members()).is_empty()) {
        faults.add(&at, Kind::NotOfMembers);
    }
    let context = context(sent_context, &root.member("context"), faults);
    Some(Asking {
        subject: who?,
        asked: Asked::HouseholdLookup(asked?),
        context: context?,
    })
}

/// Gives the fields that the register's list of a household has of its members.
pub(in crate::http) fn of_members() -> Fields {
    let is_of_members = |field: &Field| match field {
        Field::Pin | Field::FullName | Field::DateOfBirth | Field::Sex | Field::HeadOfHousehold => true,
        Field::Address(kind, _) => {
            matches!(
                kind,
                AddressKind::PermanentResidence | AddressKind::TemporaryResidence
            )
        }
        Field::Ethnicity
        | Field::Religion
        | Field::Nationality
        | Field::MaritalStatus
        | Field::OldIdNumber => false,
    };
    Field::all().filter(is_of_members).collect()
}

fn who(sent: Option<&Json<'_>>, root: &Pointer<'_>, today: Date, faults: &mut Faults) -> Option<Subject> {
    let at = root.member("subject");
    required(sent, &at, faults).and_then(|json| subject(json, &at, today, faults))
}

fn predicates(
    json: &Json<'_>,
    at: &Pointer<'_>,
    who: Option<&Subject>,
    today: Date,
    faults: &mut Faults,
) -> Option<Vec<Predicate>> {
    let items = list(json, at, faults)?;
    if items.is_empty() || items.len() > MOST_PREDICATES {
        faults.add(at, Kind::PredicateCount);
        return None;
    }
    let read: Vec<_> = items
        .iter()
        .enumerate()
        .map(|(index, item)| Reader { who, today, faults }.predicate(item, &at.item(index)))
        .collect();
    read.into_iter().collect()
}

struct Reader<'r> {
    who: Option<&'r Subject>,
    today: Date,
    faults: &'r mut Faults,
}

impl Reader<'_> {
    fn predicate(&mut self, json: &Json<'_>, at: &Pointer<'_>) -> Option<Predicate> {
        let named = match json {
            Json::Object(sent) => sent
                .iter()
                .find(|(name, _)| name == "type")
                .map(|(_, value)| value),
            _ => None,
        };
        let Some(named) = named else {
            // Says whether it is no object, or one without a type.
            let [named] = members(json, at, ["type"], self.faults)?;
            required(named, &at.member("type"), self.faults);
            return None;
        };
        match word(
            named,
            &at.member("type"),
            self.faults,
            &TYPES,
            Kind::PredicateWord,
        )? {
            Type::SameHousehold => {
                let [_, person] = members(json, at, ["type", "person"], self.faults)?;
                self.person(person, at).map(Predicate::SameHousehold)
            }
            Type::HeadOfHousehold => {
                let [_] = members(json, at, ["type"], self.faults)?;
                Some(Predicate::HeadOfHousehold)
            }
            Type::Relationship => self.relationship(json, at),
            Type::ResidesIn => self.resides_in(json, at),
            Type::MemberCount => self.member_count(json, at),
        }
    }

    /// Reads somebody else than the subject, as far as the numbers tell.
    fn person(&mut self, sent: Option<&Json<'_>>, at: &Pointer<'_>) -> Option<Subject> {
        let at = at.member("person");
        let person =
            required(sent, &at, self.faults).and_then(|json| subject(json, &at, self.today, self.faults))?;
        if self.who.is_some_and(|who| who.number == person.number) {
            self.faults.add(&at, Kind::SamePerson);
            return None;
        }
        Some(person)
    }

    fn relationship(&mut self, json: &Json<'_>, at: &Pointer<'_>) -> Option<Predicate> {
        let [_, person, sent] = members(json, at, ["type", "person", "relationship"], self.faults)?;
        let person = self.person(person, at);
        let at = at.member("relationship");
        let words = Relationship::ALL.map(|relationship| (relationship.as_str(), relationship));
        let is = required(sent, &at, self.faults)
            .and_then(|json| word(json, &at, self.faults, &words, Kind::RelationshipWord));
        Some(Predicate::Relationship {
            person: person?,
            is: is?,
        })
    }

    fn resides_in(&mut self, json: &Json<'_>, at: &Pointer<'_>) -> Option<Predicate> {
        let [_, commune, since, kind] =
            members(json, at, ["type", "commune_code", "since", "kind"], self.faults)?;
        let at_commune = at.member("commune_code");
        let commune = required(commune, &at_commune, self.faults).and_then(|json| {
            parsed(json, &at_commune, self.faults, |_: MalformedCode| {
                Kind::CommuneCodeForm
            })
        });
        let since = match since {
            Some(json) => day(json, &at.member("since"), self.today, self.faults).map(Some),
            None => Some(None),
        };
        let words = ResidenceKind::ALL.map(|kind| (kind.as_str(), kind));
        let kind = match kind {
            Some(json) => word(json, &at.member("kind"), self.faults, &words, Kind::ResidenceWord),
            // What residence means where nothing else is said (Law on Residence 68/2020/QH14, art. 11).
            None => Some(ResidenceKind::Permanent),
        };
        Some(Predicate::ResidesIn {
            commune: commune?,
            since: since?,
            kind: kind?,
        })
    }

    fn member_count(&mut self, json: &Json<'_>, at: &Pointer<'_>) -> Option<Predicate> {
        let [_, least, most] = members(json, at, ["type", "at_least", "at_most"], self.faults)?;
        if least.is_none() && most.is_none() {
            self.faults.add(at, Kind::BoundRequired);
            return None;
        }
        let least = self.bound(least, &at.member("at_least"));
        let most = self.bound(most, &at.member("at_most"));
        let (at_least, at_most) = (least?, most?);
        if at_least.zip(at_most).is_some_and(|(least, most)| least > most) {
            self.faults.add(at, Kind::BoundsConflict);
            return None;
        }
        Some(Predicate::MemberCount { at_least, at_most })
    }

    /// Gives `Some(None)` for what was left out and `None` for what was wrong.
    fn bound(&mut self, sent: Option<&Json<'_>>, at: &Pointer<'_>) -> Option<Option<u64>> {
        let Some(json) = sent else { return Some(None) };
        let Json::Number(number) = json else {
            self.faults.add(at, Kind::NotNumber);
            return None;
        };
        let bound = number.filter(|number| (1..=MOST_MEMBERS).contains(number));
        if bound.is_none() {
            self.faults.add(at, Kind::BoundRange);
        }
        bound.map(Some)
    }
}

#[cfg(test)]
mod tests;
