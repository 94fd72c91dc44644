//! Which roles has a procedure, and do they fit together?
//!
//! Reads the roles of one entry. What would make a check impossible or unlawful is a mistake: a role that stands twice, a fact
//! about a role that there isn't, a fact that its database doesn't hold, a paper that never proved it, a field that the
//! procedure wasn't given.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::Part;
use crate::domain::fact::{Fact, FactSource};
use crate::domain::field::{Field, Fields};
use crate::domain::paper::Paper;
use crate::domain::role::{Expected, NeededFact, Role, RoleName};

/// Is a role as a file has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    name: String,
    required: bool,
    expects: Option<String>,
    facts: Vec<Needed>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Needed {
    fact: String,
    #[serde(default)]
    replaces: Vec<String>,
    source: Option<String>,
}

/// Reads the roles of a procedure that was given these fields.
pub fn read(
    part: &mut Part<'_>,
    entries: &[Entry],
    fields: Option<Fields>,
    needs_household_list: bool,
) -> Option<Vec<Role>> {
    let roles: Vec<Option<Role>> = entries
        .iter()
        .map(|entry| role(part, entry, fields.unwrap_or_else(|| Field::all().collect())))
        .collect();
    let roles: Vec<Role> = roles.into_iter().collect::<Option<_>>()?;
    let names = names(part, &roles);
    for role in &roles {
        partners(part, role, &names);
    }
    if !roles.iter().any(|role| role.required) {
        part.mistake("role", "none is required: a check could ask about nobody");
    }
    household_list(part, &roles, fields, needs_household_list);
    Some(roles)
}

fn names(part: &mut Part<'_>, roles: &[Role]) -> BTreeSet<RoleName> {
    let mut names = BTreeSet::new();
    for role in roles {
        if !names.insert(role.name.clone()) {
            part.mistake(&at(role.name.as_str()), "stands twice");
        }
    }
    names
}

fn role(part: &mut Part<'_>, entry: &Entry, fields: Fields) -> Option<Role> {
    let member = at(&entry.name);
    let name = part.one("role.name", &entry.name, "1 to 32 small letters and underscores");
    let expects = match &entry.expects {
        Some(text) => part.one(&format!("{member}.expects"), text, "living or deceased"),
        None => Some(Expected::Living),
    };
    let facts: Vec<Option<NeededFact>> = entry
        .facts
        .iter()
        .map(|needed| fact(part, &member, needed, fields))
        .collect();
    if facts.is_empty() {
        part.mistake(&member, "needs no fact: leave the role out");
    }
    let facts: Vec<NeededFact> = facts.into_iter().collect::<Option<_>>()?;
    let mut seen = BTreeSet::new();
    for NeededFact { fact, .. } in &facts {
        if !seen.insert(fact) {
            part.mistake(&member, &format!("{fact} stands twice"));
        }
    }
    Some(Role {
        name: name?,
        required: entry.required,
        expects: expects?,
        facts,
    })
}

fn fact(part: &mut Part<'_>, role: &str, needed: &Needed, fields: Fields) -> Option<NeededFact> {
    let member = format!("{role}.{}", needed.fact);
    let known = "a fact such as identity, permanent_residence, same_household_with_head or marriage";
    let fact: Option<Fact> = part.one(&format!("{role}.facts"), &needed.fact, known);
    let papers = "kinds of paper such as identity_card or residence_confirmation";
    let replaces: Option<Vec<Paper>> = part.all(&format!("{member}.replaces"), &needed.replaces, papers);
    let sources = FactSource::ALL.map(FactSource::as_str).join(", ");
    let source = match &needed.source {
        Some(text) => part.one(&format!("{member}.source"), text, &format!("one of {sources}")),
        None => Some(FactSource::Population),
    };
    let (fact, replaces, source) = (fact?, replaces?, source?);
    if source != fact.source() {
        let owner = fact.source().as_str();
        part.mistake(
            &member,
            &format!("the law takes it from {owner}, not from {}", source.as_str()),
        );
    }
    let lacking = fact.fields().without(fields);
    if !lacking.is_empty() {
        part.mistake(
            &member,
            &format!("needs {lacking:?}, which `fields` doesn't name"),
        );
    }
    for paper in replaces.iter().filter(|paper| !paper.proved(&fact)) {
        part.mistake(&member, &format!("a {} never proved it", paper.as_str()));
    }
    Some(NeededFact {
        fact,
        replaces,
        source,
    })
}

/// Checks that every fact about two people has both.
fn partners(part: &mut Part<'_>, role: &Role, names: &BTreeSet<RoleName>) {
    for NeededFact { fact, .. } in &role.facts {
        let Some(other) = fact.other_role() else { continue };
        let member = format!("{}.{fact}", at(role.name.as_str()));
        if !names.contains(other) {
            part.mistake(&member, &format!("there is no role {other}"));
        } else if *other == role.name {
            part.mistake(&member, "a role can't be held against itself");
        }
    }
}

/// Checks that the list of members is looked up where it is needed, nowhere else, and has something to show.
fn household_list(part: &mut Part<'_>, roles: &[Role], fields: Option<Fields>, is_allowed: bool) {
    let mut facts = roles.iter().flat_map(|role| &role.facts);
    let is_needed = facts.any(|needed| needed.fact == Fact::HouseholdMembers);
    if is_needed != is_allowed {
        part.mistake(
            "needs_household_list",
            "must be true where a role needs household_members, and nowhere else",
        );
    }
    if is_allowed && fields.is_some_and(|fields| !fields.contains(Field::FullName)) {
        part.mistake(
            "needs_household_list",
            "`fields` lacks full_name: the list would name nobody",
        );
    }
}

fn at(role: &str) -> String {
    format!("role {role}")
}
