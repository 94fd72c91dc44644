//! Does everybody named stand in a role of the procedure, and everybody needed?
//!
//! Holds what a caller sent against the catalogue, before anybody is looked up: a role is filled by one person at the most,
//! those that are required are filled, and what is claimed of somebody is something that the procedure needs. Pure; every
//! mistake is found in one go. Knows no person: that two roles name the same one is told from the numbers as given.

use crate::domain::address::AddressKind;
use crate::domain::claim::Claim;
use crate::domain::fact::{Fact, FactSource};
use crate::domain::role::{Expected, Role, RoleName};
use crate::domain::subject::Subject;
use crate::policy::procedures::Procedure;

/// Is one person in one role, with what the dossier says of them.
#[derive(Debug, Clone)]
pub struct Filling {
    /// The role.
    pub role: RoleName,
    /// The person.
    pub subject: Subject,
    /// What is claimed.
    pub claims: Vec<Claim>,
}

/// Says what doesn't fit the procedure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misfit {
    /// The procedure has no such role.
    UnknownRole,
    /// The role was filled before.
    RoleTwice,
    /// A role that must be filled isn't.
    RoleMissing,
    /// The same person stands in another role that excludes this one.
    SamePerson,
    /// The procedure doesn't need what is claimed, by its name in the API.
    ClaimNotNeeded(&'static str),
}

/// Is a misfit in its place: the person by their place in the list, or the list itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Misplaced {
    /// Who, or nobody in particular.
    pub subject: Option<usize>,
    /// What.
    pub misfit: Misfit,
}

/// Roles whose holder acts, owns or leads, and may at the same time be somebody whom the dossier is about.
const ACTING: [&str; 7] = [
    "applicant",
    "declarant",
    "head",
    "holder",
    "owner",
    "representative",
    "requester",
];

/// Roles that say what somebody is to another person, who can't be the same one.
const TO_ANOTHER: [&str; 5] = ["carer", "dependant", "guest", "spouse", "ward"];

/// The role that may be anybody's of the household.
const HEAD: &str = "head";

/// Finds for each person the role that they stand in.
///
/// # Errors
/// Everything that doesn't fit.
pub fn fill<'p>(procedure: &'p Procedure, fillings: &[Filling]) -> Result<Vec<&'p Role>, Vec<Misplaced>> {
    let mut found = Vec::new();
    let mut roles = Vec::with_capacity(fillings.len());
    for (index, filling) in fillings.iter().enumerate() {
        let mut misfit = |misfit| {
            found.push(Misplaced {
                subject: Some(index),
                misfit,
            });
        };
        let Some(role) = procedure.role(&filling.role) else {
            misfit(Misfit::UnknownRole);
            continue;
        };
        let before = fillings.iter().take(index);
        if before.clone().any(|other| other.role == filling.role) {
            misfit(Misfit::RoleTwice);
        }
        let excludes = |other: &&Filling| {
            other.subject.number == filling.subject.number
                && procedure
                    .role(&other.role)
                    .is_some_and(|other| exclude_each_other(role, other))
        };
        if before.clone().any(|other| excludes(&other)) {
            misfit(Misfit::SamePerson);
        }
        for claim in &filling.claims {
            if !role
                .facts
                .iter()
                .any(|needed| is_asked_here(needed.source) && is_about(claim, &needed.fact))
            {
                misfit(Misfit::ClaimNotNeeded(claim.name()));
            }
        }
        roles.push(role);
    }
    let is_filled = |role: &Role| fillings.iter().any(|filling| filling.role == role.name);
    for _ in procedure
        .roles
        .iter()
        .filter(|role| role.required && !is_filled(role))
    {
        found.push(Misplaced {
            subject: None,
            misfit: Misfit::RoleMissing,
        });
    }
    if found.is_empty() { Ok(roles) } else { Err(found) }
}

/// Gives what somebody claims who is named in a role and says nothing of the fact: whoever stands as the head of a household
/// is said to be its head.
pub(super) fn implied(role: &Role, fact: &Fact) -> Option<Claim> {
    (role.name.as_str() == HEAD && *fact == Fact::HeadOfHousehold).then_some(Claim::HeadOfHousehold(true))
}

/// Tells whether the population database is the one to ask.
pub(super) fn is_asked_here(source: FactSource) -> bool {
    source == FactSource::Population
}

/// Tells whether two roles can't be the same person's: nobody is mother and father, or declares their own death.
pub(super) fn exclude_each_other(one: &Role, other: &Role) -> bool {
    if one.name == other.name {
        // That the role is filled twice is said already.
        return false;
    }
    let is_either = |names: &[&str]| {
        [one, other]
            .iter()
            .any(|role| names.contains(&role.name.as_str()))
    };
    let is_of_the_other = |one: &Role, other: &Role| {
        let mut named = one.facts.iter().filter_map(|needed| needed.fact.other_role());
        named.any(|role| *role == other.name)
    };
    let is_dead = |role: &Role| role.expects == Expected::Deceased;
    if is_dead(one) || is_dead(other) || is_of_the_other(one, other) || is_of_the_other(other, one) {
        return true;
    }
    !is_either(&[HEAD]) && (is_either(&TO_ANOTHER) || !is_either(&ACTING))
}

/// Tells whether a claim is about the fact.
pub(super) fn is_about(claim: &Claim, fact: &Fact) -> bool {
    match claim {
        Claim::Sex(_) => *fact == Fact::Sex,
        Claim::Ethnicity(_) => *fact == Fact::Ethnicity,
        Claim::Nationality(_) => *fact == Fact::Nationality,
        Claim::OldIdNumber(_) => *fact == Fact::OldIdNumber,
        Claim::HeadOfHousehold(_) => *fact == Fact::HeadOfHousehold,
        Claim::Address(AddressKind::PermanentResidence, _) => *fact == Fact::PermanentResidence,
        Claim::Address(AddressKind::CurrentResidence, _) => *fact == Fact::CurrentResidence,
        Claim::Address(AddressKind::TemporaryResidence, _) => *fact == Fact::TemporaryResidence,
        // Origin, religion and the like replace no paper; marital status is the civil-status database's.
        Claim::Address(..) | Claim::Religion(_) | Claim::MaritalStatus(_) | Claim::Held(_) => false,
    }
}

#[cfg(test)]
mod tests;
