//! What becomes of a person and the household when the control port moves, corrects or buries somebody?
//!
//! Each patch is read as one event of civil life. A head who moves takes the household along; a member who moves
//! founds a household of one; whoever dies leaves the household, and the spouse or the next in it becomes its
//! head; a new number keeps the structure and is one that nobody carries.
//! Always true: afterwards the household and its members' records agree.
//! Deliberately absent: effects on relatives' own records; the real registry doesn't follow them up either.
//! A patch that names an unknown field or a value that can't be is refused whole.

use jiff::civil::Date;

use super::{Overlay, Register};
use crate::person::{
    Address, BirthDate, Household, MaritalStatus, Member, Person, Relation, ResidenceKind, Sex, Status,
    TemporaryResidence,
};

/// One change of one person.
#[derive(Debug, Clone)]
pub enum Patch {
    /// A new permanent residence.
    Move(Address),
    /// The death.
    Die(Date),
    /// Corrected fields.
    Correct(Vec<Correction>),
    /// A new number.
    ReplaceNumber,
}

/// One corrected field.
#[derive(Debug, Clone)]
pub enum Correction {
    /// The whole name.
    FullName(String),
    /// The birth date.
    Birth(BirthDate),
    /// The sex.
    Sex(Sex),
    /// The ethnic group's code.
    Ethnicity(String),
    /// The religion's code.
    Religion(String),
    /// The nationality, or nothing.
    Nationality(Option<String>),
    /// The marital status, or nothing.
    MaritalStatus(Option<MaritalStatus>),
    /// The number of before, or nothing.
    OldIdNumber(Option<String>),
    /// The record's status.
    Status(Status),
    /// Where the person lives now.
    CurrentResidence(Address),
    /// The permanent residence, without moving the household.
    PermanentResidence(Address),
    /// The temporary residence, or nothing.
    TemporaryResidence(Option<TemporaryResidence>),
}

/// Why a patch was refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Refused {
    /// Nobody carries the number.
    #[error("nobody carries this number")]
    Nobody,
    /// No number is left in this year of this prefix.
    #[error("no number is left for this prefix, sex and year")]
    NoNumberLeft,
    /// The household can't be found; a fault of the mock.
    #[error("the person's household is missing")]
    NoHousehold,
}

impl Patch {
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Move(_) => "moved",
            Self::Die(_) => "died",
            Self::Correct(_) => "corrected",
            Self::ReplaceNumber => "replaced",
        }
    }
}

/// Lists those who move along with a head; each of them has moved, and the register tells so of each.
pub(super) fn moved_along(
    register: &Register,
    overlay: &Overlay,
    person: &Person,
    patch: &Patch,
) -> Vec<String> {
    let household = register.lived_in(overlay, &person.household);
    let (Patch::Move(_), Some(household)) = (patch, household) else {
        return Vec::new();
    };
    let is_head = household.head().is_some_and(|head| head.pin == person.pin);
    let others = household
        .members
        .iter()
        .filter(|member| is_head && member.pin != person.pin);
    others.map(|member| member.pin.clone()).collect()
}

pub(super) fn apply(
    register: &Register,
    overlay: &mut Overlay,
    mut person: Person,
    patch: Patch,
    today: Date,
) -> Result<Person, Refused> {
    let mut household = register
        .lived_in(overlay, &person.household)
        .ok_or(Refused::NoHousehold)?;
    match patch {
        Patch::Move(address) => return Ok(move_to(register, overlay, person, household, &address, today)),
        Patch::Die(_) => {
            person.status = Status::Deceased;
            leave(&mut household, &person.pin);
        }
        Patch::Correct(corrections) => {
            for correction in corrections {
                correct(overlay, &mut person, correction);
            }
            refresh(&mut household, &person.pin, &person);
        }
        Patch::ReplaceNumber => {
            let number = free_number(register, overlay, &person).ok_or(Refused::NoNumberLeft)?;
            let cancelled = std::mem::replace(&mut person.pin, number);
            overlay.people.remove(&cancelled);
            overlay.successors.insert(cancelled.clone(), person.pin.clone());
            if let Some(old_number) = &person.old_id_number {
                overlay.old_numbers.insert(old_number.clone(), person.pin.clone());
            }
            refresh(&mut household, &cancelled, &person);
            person.cancelled_pins.push(cancelled);
        }
    }
    overlay.households.insert(household.id.clone(), household);
    overlay.people.insert(person.pin.clone(), person.clone());
    Ok(person)
}

fn move_to(
    register: &Register,
    overlay: &mut Overlay,
    mut person: Person,
    mut household: Household,
    address: &Address,
    today: Date,
) -> Person {
    let is_head = household.head().is_some_and(|head| head.pin == person.pin);
    if is_head {
        household.address = address.clone();
        for member in &mut household.members {
            member.since = today;
            if let Some(mut other) = register.seen(overlay, &member.pin) {
                settle(&mut other, address);
                overlay.people.insert(other.pin.clone(), other);
            }
        }
        settle(&mut person, address);
    } else {
        leave(&mut household, &person.pin);
        overlay.households_made = overlay.households_made.saturating_add(1);
        let id = format!("HGM-{:010}", overlay.households_made);
        settle(&mut person, address);
        let founder = member_of_one(&person, today);
        overlay.households.insert(
            id.clone(),
            Household {
                id: id.clone(),
                address: address.clone(),
                members: vec![founder],
            },
        );
        person.household = id;
    }
    overlay.households.insert(household.id.clone(), household);
    overlay.people.insert(person.pin.clone(), person.clone());
    person
}

fn settle(person: &mut Person, address: &Address) {
    person.permanent_residence = Some(address.clone());
    if person.temporary_residence.is_none() {
        person.current_residence = Some(address.clone());
    }
}

fn member_of_one(person: &Person, today: Date) -> Member {
    Member {
        pin: person.pin.clone(),
        full_name: person.full_name.clone(),
        birth: person.birth,
        sex: person.sex,
        relation: Relation::Head,
        kind: ResidenceKind::Permanent,
        since: today,
    }
}

fn leave(household: &mut Household, pin: &str) {
    let was_head = household.head().is_some_and(|head| head.pin == pin);
    household.members.retain(|member| member.pin != pin);
    if !was_head {
        return;
    }
    let is_spouse = |member: &&mut Member| matches!(member.relation, Relation::Wife | Relation::Husband);
    let has_spouse = household
        .members
        .iter_mut()
        .find(|member| is_spouse(member))
        .is_some_and(|spouse| {
            spouse.relation = Relation::Head;
            true
        });
    for (at, member) in household.members.iter_mut().enumerate() {
        if has_spouse {
            // The couple's children stay children; everyone else was the late head's kin.
            if !matches!(
                member.relation,
                Relation::Head | Relation::Child | Relation::Grandchild
            ) {
                member.relation = Relation::Other;
            }
        } else {
            member.relation = if at == 0 { Relation::Head } else { Relation::Other };
        }
    }
}

fn refresh(household: &mut Household, pin: &str, person: &Person) {
    if let Some(member) = household.members.iter_mut().find(|member| member.pin == pin) {
        member.pin.clone_from(&person.pin);
        member.full_name.clone_from(&person.full_name);
        member.birth = person.birth;
        member.sex = person.sex;
    }
}

fn correct(overlay: &mut Overlay, person: &mut Person, correction: Correction) {
    match correction {
        Correction::FullName(name) => person.full_name = name.to_uppercase(),
        Correction::Birth(birth) => person.birth = birth,
        Correction::Sex(sex) => person.sex = sex,
        Correction::Ethnicity(code) => person.ethnicity = code,
        Correction::Religion(code) => person.religion = code,
        Correction::Nationality(code) => person.nationality = code,
        Correction::MaritalStatus(status) => person.marital_status = status,
        Correction::OldIdNumber(number) => {
            if let Some(number) = &number {
                overlay.old_numbers.insert(number.clone(), person.pin.clone());
            }
            person.old_id_number = number;
        }
        Correction::Status(status) => person.status = status,
        Correction::CurrentResidence(address) => person.current_residence = Some(address),
        Correction::PermanentResidence(address) => person.permanent_residence = Some(address),
        Correction::TemporaryResidence(residence) => person.temporary_residence = residence,
    }
}

fn free_number(register: &Register, overlay: &Overlay, person: &Person) -> Option<String> {
    let prefix = person.pin.get(0..3)?;
    let year = person.birth.year();
    let century = year.checked_sub(1900)?.checked_div(100)?.checked_mul(2)?;
    let digit = century.checked_add(i16::from(person.sex == Sex::Female))?;
    let first: u64 = person.pin.get(6..12)?.parse().ok()?;
    (1..1_000_000_u64)
        .map(|step| first.saturating_add(step.saturating_mul(100)) % 1_000_000)
        .map(|serial| format!("{prefix}{digit}{:02}{serial:06}", year.rem_euclid(100)))
        .find(|number| register.is_free(overlay, number))
}
