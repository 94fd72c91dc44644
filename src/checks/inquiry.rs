//! What is asked of the register about one person in a role, and what does its answer say of each fact?
//!
//! Between the catalogue's facts and the exchange's questions, both ways. A fact that the dossier claims is compared; one
//! that it doesn't is only to be held. What another database holds is asked of nobody and answered `elsewhere`. Whoever
//! can't be named gets one answer for every fact, and so does whoever is only nearly named: nothing is told by the rest.

use crate::domain::address::AddressKind;
use crate::domain::claim::Claim;
use crate::domain::fact::Fact;
use crate::domain::field::Fields;
use crate::domain::pin::Pin;
use crate::domain::predicate::{Predicate, PredicateResult};
use crate::domain::record::Status;
use crate::domain::role::{Expected, NeededFact, Role, RoleName};
use crate::domain::subject::Subject;
use crate::exchange::{Cause, Outcome, Refusal};
use crate::matching::{ClaimResult, ClaimVerdict, Differences, IdentityResult};
use crate::policy::disclosure::{Disclosure, Facts};
use crate::policy::fields_of;
use crate::registry::Side;

use super::decision::{Finding, Verdict};
use super::filling::{Filling, exclude_each_other, implied, is_about, is_asked_here};

/// Tells how one fact is found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// By the gate that every question passes.
    Identity,
    /// By the claim in this place.
    Claim(usize),
    /// By the predicate in this place.
    Predicate(usize),
    /// Not here.
    Elsewhere,
}

/// Is what is asked about one person.
#[derive(Debug, Clone)]
pub(super) struct Inquiry<'p> {
    role: &'p Role,
    subject: Subject,
    claims: Vec<Claim>,
    predicates: Vec<Predicate>,
    ways: Vec<(&'p NeededFact, Way)>,
}

/// Is what came of the questions about one person; nothing where the registry couldn't be asked.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Answers<'a> {
    /// The answer about the person.
    pub person: Option<&'a Disclosure>,
    /// The answer about the household, if that was asked.
    pub household: Option<&'a Disclosure>,
}

impl<'p> Inquiry<'p> {
    /// Makes the questions about who fills a role; the others are needed for facts between two.
    pub fn new(role: &'p Role, filling: &Filling, all: &[Filling]) -> Self {
        let mut inquiry = Self {
            role,
            subject: filling.subject.clone(),
            claims: Vec::new(),
            predicates: Vec::new(),
            ways: Vec::new(),
        };
        for needed in &role.facts {
            if let Some(way) = inquiry.way(needed, filling, all) {
                inquiry.ways.push((needed, way));
            }
        }
        inquiry
    }

    /// Finds how a fact is found out; a fact between two falls away where nobody fills the other role.
    fn way(&mut self, needed: &NeededFact, filling: &Filling, all: &[Filling]) -> Option<Way> {
        if !is_asked_here(needed.source) {
            return Some(Way::Elsewhere);
        }
        let other = |name: &RoleName| all.iter().find(|filling| filling.role == *name);
        let predicate = match &needed.fact {
            Fact::Identity => return Some(Way::Identity),
            Fact::SameHousehold { with } => Predicate::SameHousehold(other(with)?.subject.clone()),
            Fact::Relationship { to, is } => Predicate::Relationship {
                person: other(to)?.subject.clone(),
                // The catalogue says what the person is to the other, the question what the other is to the person.
                is: is.reversed(),
            },
            // Whatever the number: that the register holds it is what spares the paper.
            Fact::MemberCount | Fact::HouseholdMembers => Predicate::MemberCount {
                at_least: Some(1),
                at_most: None,
            },
            fact => {
                let claimed = filling.claims.iter().find(|claim| is_about(claim, fact)).cloned();
                let said = claimed.or_else(|| implied(self.role, fact));
                let Some(claim) = said.or_else(|| fact.field().map(Claim::Held)) else {
                    return Some(Way::Elsewhere);
                };
                self.claims.push(claim);
                return Some(Way::Claim(self.claims.len().saturating_sub(1)));
            }
        };
        self.predicates.push(predicate);
        Some(Way::Predicate(self.predicates.len().saturating_sub(1)))
    }

    /// Gives the role.
    pub fn role(&self) -> &Role {
        self.role
    }

    /// Gives the person.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// Gives what is claimed of the person.
    pub fn claims(&self) -> &[Claim] {
        &self.claims
    }

    /// Gives what is asked about the household; nothing where nothing need be.
    pub fn predicates(&self) -> &[Predicate] {
        &self.predicates
    }

    /// Names the fields without which the facts can't be answered.
    pub fn fields(&self) -> Fields {
        let claimed = self.claims.iter().flat_map(|claim| fields_of(claim).iter());
        let needed = self.ways.iter().filter(|(_, way)| *way != Way::Elsewhere);
        let held = needed.flat_map(|(needed, _)| needed.fact.fields().iter());
        claimed.chain(held).collect()
    }

    /// Says of each fact what the answers say.
    pub fn findings(&self, answers: Answers<'_>, accepts_close: bool) -> Vec<Finding> {
        let gate = gate(self.role.expects, answers.person, accepts_close);
        self.ways
            .iter()
            .map(|(needed, way)| {
                let found = match way {
                    Way::Elsewhere => Found::plain(Verdict::Elsewhere, needed.source.as_str()),
                    Way::Identity => gate.identity.clone(),
                    Way::Claim(place) => gate
                        .others
                        .clone()
                        .unwrap_or_else(|| self.claimed(*place, answers)),
                    Way::Predicate(place) => gate
                        .others
                        .clone()
                        .unwrap_or_else(|| held_together(*place, answers)),
                };
                Finding {
                    role: self.role.name.clone(),
                    fact: needed.fact.clone(),
                    verdict: found.verdict,
                    reason: found.reason,
                    differences: found.differences,
                    replaces: needed.replaces.clone(),
                }
            })
            .collect()
    }

    fn claimed(&self, place: usize, answers: Answers<'_>) -> Found {
        let verdicts = match answers.person.map(Disclosure::facts) {
            Some(Facts::Verdicts(verdicts)) => verdicts.as_slice(),
            _ => &[],
        };
        let (Some(claim), Some((_, verdict))) = (self.claims.get(place), verdicts.get(place)) else {
            return Found::UNAVAILABLE;
        };
        compared(claim, *verdict)
    }
}

/// Is what was found of one fact.
#[derive(Debug, Clone)]
struct Found {
    verdict: Verdict,
    reason: &'static str,
    differences: Vec<&'static str>,
}

impl Found {
    /// The registry can't be asked.
    const UNAVAILABLE: Self = Self::plain(Verdict::Unavailable, "registry_unavailable");

    const fn plain(verdict: Verdict, reason: &'static str) -> Self {
        Self {
            verdict,
            reason,
            differences: Vec::new(),
        }
    }
}

/// Is what the identity gate says of the identity, and of every other fact where it lets none through.
struct Gate {
    identity: Found,
    others: Option<Found>,
}

fn gate(expects: Expected, person: Option<&Disclosure>, accepts_close: bool) -> Gate {
    let shut = |identity: Found, others: Found| Gate {
        identity,
        others: Some(others),
    };
    let Some(person) = person else {
        return shut(Found::UNAVAILABLE, Found::UNAVAILABLE);
    };
    match person.identity().result {
        IdentityResult::NoMatch => {
            let nobody = Found::plain(Verdict::NoMatch, "no_match");
            shut(nobody.clone(), nobody)
        }
        IdentityResult::Close => Gate {
            identity: Found {
                verdict: Verdict::Close,
                reason: "close_identity",
                differences: words(person.identity().differences),
            },
            // The advice to type the name as on the card goes with the reason.
            others: (!accepts_close).then(|| Found::plain(Verdict::NotPermitted, "close_identity")),
        },
        IdentityResult::Match => Gate {
            identity: Found {
                differences: words(person.identity().differences),
                ..standing(expects, person.status())
            },
            others: None,
        },
    }
}

/// Judges a named person by what became of them.
fn standing(expects: Expected, status: Option<Status>) -> Found {
    match (expects, status) {
        (_, Some(Status::UnderReview)) => Found::plain(Verdict::UnderReview, "under_review"),
        (Expected::Living, Some(Status::Active)) => Found::plain(Verdict::Match, "held"),
        (Expected::Living, Some(Status::Deceased)) => Found::plain(Verdict::Mismatch, "deceased"),
        // Declared missing by a court: nobody can be asked for a paper, and nothing is confirmed of them.
        (_, Some(Status::Missing)) => Found::plain(Verdict::Mismatch, "missing"),
        (Expected::Living, Some(Status::Cancelled)) => Found::plain(Verdict::Mismatch, "cancelled"),
        (Expected::Deceased, Some(Status::Deceased | Status::Cancelled)) => {
            Found::plain(Verdict::Match, "inactive")
        }
        // The register learns of the death by this very procedure.
        (Expected::Deceased, Some(Status::Active)) => Found::plain(Verdict::Match, "not_yet_inactive"),
        (_, None) => Found::UNAVAILABLE,
    }
}

fn compared(claim: &Claim, verdict: ClaimVerdict) -> Found {
    let is_claimed = !matches!(claim, Claim::Held(_));
    let (result, reason) = match verdict.result {
        ClaimResult::Match if is_claimed => (Verdict::Match, "as_claimed"),
        ClaimResult::Match => (Verdict::Match, "held"),
        ClaimResult::Close => (Verdict::Close, "differs"),
        ClaimResult::Mismatch => (Verdict::Mismatch, "differs"),
        ClaimResult::NotHeld => (Verdict::NotHeld, "not_held"),
        ClaimResult::UnderReview => (Verdict::UnderReview, "under_review"),
        ClaimResult::NotPermitted => (Verdict::NotPermitted, "field_not_permitted"),
    };
    let is_read = matches!(
        verdict.result,
        ClaimResult::Match | ClaimResult::Close | ClaimResult::Mismatch
    );
    Found {
        verdict: result,
        // A code without its day is read in today's list, and that is said.
        reason: if is_read && is_undated(claim) {
            "read_as_of_today"
        } else {
            reason
        },
        differences: words(verdict.differences),
    }
}

fn is_undated(claim: &Claim) -> bool {
    matches!(
        claim,
        Claim::Address(
            AddressKind::PermanentResidence | AddressKind::CurrentResidence | AddressKind::TemporaryResidence,
            address
        ) if address.as_of.is_none() && address.commune.is_some()
    )
}

fn held_together(place: usize, answers: Answers<'_>) -> Found {
    let verdicts = match answers.household.map(Disclosure::facts) {
        Some(Facts::Predicates(verdicts)) => verdicts.as_slice(),
        _ => &[],
    };
    let Some((_, verdict)) = verdicts.get(place) else {
        return Found::UNAVAILABLE;
    };
    let result = match verdict.result {
        PredicateResult::True => Verdict::Match,
        PredicateResult::False => Verdict::Mismatch,
        PredicateResult::NotHeld => Verdict::NotHeld,
        PredicateResult::UnderReview => Verdict::UnderReview,
        PredicateResult::NotPermitted => Verdict::NotPermitted,
    };
    Found::plain(result, verdict.reason.as_str())
}

fn words(differences: Differences) -> Vec<&'static str> {
    differences.iter().map(|difference| difference.as_str()).collect()
}

/// Sees to it that nobody stands in two roles that exclude each other, by whichever of their numbers.
///
/// That they gave the same number is refused before anybody is asked; that two numbers are one person's is found out here.
pub(super) fn tell_people_apart(findings: &mut [Finding], people: &[(&Role, Pin)]) {
    let is_twice = |role: &RoleName| {
        let mut own = people.iter().filter(|(own, _)| own.name == *role);
        own.any(|(own, pin)| {
            let mut others = people.iter().filter(|(_, other)| other == pin);
            others.any(|(other, _)| exclude_each_other(own, other))
        })
    };
    for finding in findings
        .iter_mut()
        .filter(|finding| finding.fact == Fact::Identity)
    {
        if is_twice(&finding.role) {
            (finding.verdict, finding.reason) = (Verdict::Mismatch, "same_person");
        }
    }
}

/// Gives the answer to one question; nothing where the registry can't be asked.
///
/// # Errors
/// A refusal that isn't an outage: it is the whole call's.
pub(super) fn answered(asked: Result<Outcome, Refusal>) -> Result<Option<Outcome>, Refusal> {
    match asked {
        Ok(outcome) => Ok(Some(outcome)),
        Err(refusal) if is_outage(&refusal.cause) => Ok(None),
        Err(refusal) => Err(refusal),
    }
}

/// Tells whether the registry can't be asked, or answers what nobody can read, so that the citizen's dossier waits and isn't
/// refused.
fn is_outage(cause: &Cause) -> bool {
    match cause {
        Cause::Maintenance(_) => true,
        Cause::Registry(failure) => failure.is_outage() || failure.side() == Side::Registry,
        _ => false,
    }
}

#[cfg(test)]
mod tests;
