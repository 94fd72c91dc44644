//! What does a permitted question release of a household?
//!
//! The two ways out of a household's record, `predicates` and `members`, and `checked`, the verdicts within a check. All stand
//! behind the same identity gate; an identity that is only close opens none of them, unless the licence says so. A list of
//! members is released only for procedures that need the whole list.

use jiff::civil::Date;

use super::{Grant, identify, no_match, outcome, warnings};
use crate::domain::address::Address;
use crate::domain::claim::Claim;
use crate::domain::field::{AddressPart, Field, Fields};
use crate::domain::household::{Household, Member, ResidenceKind};
use crate::domain::predicate::{Predicate, PredicateResult, PredicateVerdict};
use crate::domain::record::{Record, Status};
use crate::domain::subject::Subject;
use crate::matching::{self, ClaimResult, ClaimVerdict, Identity, IdentityResult, Naming};
use crate::policy::Denied;
use crate::policy::disclosure::{Disclosure, Facts, Listed, Value, Warning};

impl Grant {
    /// Tells whether the subject is named well enough for anything beyond the identity to be shown.
    #[must_use]
    pub fn shows(&self, subject: &Subject, record: &Record) -> bool {
        self.opens(matching::identity(subject, record))
    }

    fn opens(&self, identity: Identity) -> bool {
        match identity.result {
            IdentityResult::Match => true,
            IdentityResult::Close => self.client.accept_close_identity,
            IdentityResult::NoMatch => false,
        }
    }

    /// Tells whether a list of members with these fields may be released.
    ///
    /// # Errors
    /// Names the fields that may not; all of them where the procedure needs no list.
    pub fn covers_members(&self, asked: Fields) -> Result<(), Denied> {
        if !self.procedure.needs_household_list {
            return Err(Denied::FieldNotPermitted(asked));
        }
        self.covers(asked)
    }

    /// Tells of each claim whether it is so, within a check: a close identity gets no verdict.
    #[must_use]
    pub fn checked(
        &self,
        subject: &Subject,
        claims: &[Claim],
        record: Option<&Record>,
        today: Date,
    ) -> Disclosure {
        match identify(subject, record) {
            Some((identity, record)) if !self.opens(identity) => {
                let closed = ClaimVerdict::plain(ClaimResult::NotPermitted);
                let verdicts = claims.iter().map(|claim| (claim.name(), closed)).collect();
                closely_named(subject, identity, record, Facts::Verdicts(verdicts))
            }
            Some(_) | None => self.verdicts(subject, claims, record, today),
        }
    }

    /// Tells of each predicate whether it is so, in the order asked.
    #[must_use]
    pub fn predicates(
        &self,
        subject: &Subject,
        predicates: &[Predicate],
        record: Option<&Record>,
        household: Option<&Household>,
    ) -> Disclosure {
        let Some((identity, record)) = identify(subject, record) else {
            return no_match(Facts::Predicates(Vec::new()));
        };
        if !self.opens(identity) {
            return closely_named(subject, identity, record, Facts::Predicates(Vec::new()));
        }
        let verdicts: Vec<_> = predicates
            .iter()
            .map(|asked| (asked.name(), self.predicate(asked, record, household)))
            .collect();
        let results = verdicts.iter().map(|(_, verdict)| as_claim(verdict.result));
        Disclosure::new(
            outcome(identity.result, record.status, results),
            identity,
            Facts::Predicates(verdicts),
            Some(record.status),
            warnings(subject, record),
        )
    }

    fn predicate(
        &self,
        asked: &Predicate,
        record: &Record,
        household: Option<&Household>,
    ) -> PredicateVerdict {
        // Of the procedures only those that name a residence need one; who heads a household is the licence's matter.
        let most = match asked {
            Predicate::ResidesIn { .. } => self.permitted,
            _ => self.client.fields,
        };
        if !fields_of_predicate(asked).without(most).is_empty() {
            return PredicateVerdict::NOT_PERMITTED;
        }
        let naming = if self.client.accept_close_identity {
            Naming::Close
        } else {
            Naming::Exact
        };
        matching::predicate(asked, record, household, naming, &self.tables.territory)
    }

    /// Gives the values of the fields asked for, of everybody in the household.
    ///
    /// # Errors
    /// `FieldNotPermitted` where the procedure needs no list or a field lies outside the grant; then nothing is released.
    pub fn members(
        &self,
        subject: &Subject,
        fields: Fields,
        record: Option<&Record>,
        household: Option<&Household>,
    ) -> Result<Disclosure, Denied> {
        self.covers_members(fields)?;
        let Some((identity, record)) = identify(subject, record) else {
            return Ok(no_match(Facts::Members(Vec::new())));
        };
        if !self.opens(identity) {
            let facts = Facts::Members(Vec::new());
            return Ok(closely_named(subject, identity, record, facts));
        }
        let members: Vec<_> = household
            .filter(|_| record.status != Status::UnderReview)
            .iter()
            .flat_map(|home| {
                home.members
                    .iter()
                    .map(|member| self.listed(member, home, fields))
            })
            .collect();
        let is_whole = |listed: &Listed| {
            listed.standing.is_some() && listed.attributes.iter().all(|(_, value)| value.is_some())
        };
        let held = if !members.is_empty() && members.iter().all(is_whole) {
            ClaimResult::Match
        } else {
            ClaimResult::NotHeld
        };
        Ok(Disclosure::new(
            outcome(identity.result, record.status, [held].into_iter()),
            identity,
            Facts::Members(members),
            Some(record.status),
            warnings(subject, record),
        ))
    }

    fn listed(&self, member: &Member, household: &Household, fields: Fields) -> Listed {
        Listed {
            standing: member.standing,
            attributes: fields
                .iter()
                .map(|field| (field, self.value_of_member(field, member, household)))
                .collect(),
        }
    }

    fn value_of_member(&self, field: Field, member: &Member, household: &Household) -> Option<Value> {
        match field {
            Field::Pin => Some(Value::Text(member.pin.expose().to_owned())),
            Field::FullName => Some(Value::Text(member.full_name.expose().to_owned())),
            Field::DateOfBirth => Some(Value::Text(member.date_of_birth.expose())),
            Field::Sex => member.sex.map(|sex| Value::Coded {
                code: sex.as_str().to_owned(),
                label: Some(sex.label().to_owned()),
            }),
            Field::HeadOfHousehold => household.head.map(|head| Value::Flag(head == member.pin)),
            Field::Address(kind, part) => {
                let is_here = member.kind.map(ResidenceKind::address) == Some(kind);
                let address: Option<&Address> = household.address.as_ref().filter(|_| is_here);
                address.and_then(|address| self.address(address, part))
            }
            Field::Ethnicity
            | Field::Religion
            | Field::Nationality
            | Field::MaritalStatus
            | Field::OldIdNumber => None,
        }
    }
}

/// Is the answer to who is named only nearly: that it is near, and nothing else.
fn closely_named(subject: &Subject, identity: Identity, record: &Record, facts: Facts) -> Disclosure {
    let mut warnings = warnings(subject, record);
    warnings.push(Warning::NotPermitted);
    Disclosure::new(
        outcome(identity.result, record.status, std::iter::empty()),
        identity,
        facts,
        Some(record.status),
        warnings,
    )
}

fn as_claim(result: PredicateResult) -> ClaimResult {
    match result {
        PredicateResult::True => ClaimResult::Match,
        PredicateResult::False => ClaimResult::Mismatch,
        PredicateResult::NotHeld => ClaimResult::NotHeld,
        PredicateResult::UnderReview => ClaimResult::UnderReview,
        PredicateResult::NotPermitted => ClaimResult::NotPermitted,
    }
}

/// Names the fields that a verdict on the predicate would tell about; who else lives there is no field of the person.
#[must_use]
pub fn fields_of_predicate(predicate: &Predicate) -> Fields {
    let field = match predicate {
        Predicate::HeadOfHousehold => Some(Field::HeadOfHousehold),
        Predicate::ResidesIn { kind, .. } => Some(Field::Address(kind.address(), AddressPart::Commune)),
        Predicate::SameHousehold(_) | Predicate::Relationship { .. } | Predicate::MemberCount { .. } => None,
    };
    field.into_iter().collect()
}

#[cfg(test)]
mod tests;
