//! What does a permitted question release from the record?
//!
//! A `Grant` is the proof that a question was authorized; it carries what later gates must know: who pays (limits), in
//! whose name the registry is asked, how old a record may be, and which fields may leave. Its two ways out, `verdicts`
//! and `release`, apply the identity gate before anything else.

mod household;

use std::sync::Arc;

use jiff::civil::Date;

use super::Denied;
use super::clients::Client;
use super::disclosure::{Disclosure, Facts, Outcome, Value, Warning};
use super::procedures::Procedure;
use crate::domain::address::Address;
use crate::domain::claim::Claim;
use crate::domain::client::UnitCode;
use crate::domain::codes::TableCode;
use crate::domain::field::{AddressPart, Field, Fields};
use crate::domain::labels::CodeTables;
use crate::domain::pin::{IdNumber, Pin};
use crate::domain::record::{Record, Status};
use crate::domain::subject::Subject;
use crate::domain::territory::Territory;
use crate::matching::{self, ClaimResult, ClaimVerdict, Identity, IdentityResult};

pub use household::fields_of_predicate;

/// Proves that a question about a person was authorized.
#[derive(Debug, Clone)]
pub struct Grant {
    client: Arc<Client>,
    officer: Option<Pin>,
    unit: UnitCode,
    procedure: Arc<Procedure>,
    permitted: Fields,
    tables: Tables,
}

/// Holds the tables that turn codes into words and places.
#[derive(Debug, Clone)]
pub struct Tables {
    /// The territory, by date.
    pub territory: Arc<Territory>,
    /// Ethnic groups and religions.
    pub codes: Arc<CodeTables>,
}

impl Grant {
    pub(super) fn new(
        client: Arc<Client>,
        officer: Option<Pin>,
        unit: UnitCode,
        procedure: Arc<Procedure>,
        tables: Tables,
    ) -> Self {
        let permitted = client.fields.intersection(procedure.fields);
        Self {
            client,
            officer,
            unit,
            procedure,
            permitted,
            tables,
        }
    }

    /// Gives the registration of the calling system.
    #[must_use]
    pub fn client(&self) -> &Arc<Client> {
        &self.client
    }

    /// Gives the officer in whose name the registry is asked; nobody where a system asks for itself, which only batches may.
    #[must_use]
    pub fn officer(&self) -> Option<&Pin> {
        self.officer.as_ref()
    }

    /// Gives the officer's agency.
    #[must_use]
    pub fn unit(&self) -> &UnitCode {
        &self.unit
    }

    /// Gives the procedure, with its rules on freshness.
    #[must_use]
    pub fn procedure(&self) -> &Arc<Procedure> {
        &self.procedure
    }

    /// Gives the fields that may be released.
    #[must_use]
    pub fn permitted(&self) -> Fields {
        self.permitted
    }

    /// Tells whether every field may be released.
    ///
    /// # Errors
    /// Names those that may not.
    pub fn covers(&self, asked: Fields) -> Result<(), Denied> {
        let refused = asked.without(self.permitted);
        if refused.is_empty() {
            Ok(())
        } else {
            Err(Denied::FieldNotPermitted(refused))
        }
    }

    /// Tells of each claim whether it is so.
    #[must_use]
    pub fn verdicts(
        &self,
        subject: &Subject,
        claims: &[Claim],
        record: Option<&Record>,
        today: Date,
    ) -> Disclosure {
        let Some((identity, record)) = identify(subject, record) else {
            return no_match(Facts::Verdicts(Vec::new()));
        };
        let verdicts: Vec<_> = claims
            .iter()
            .map(|claim| (claim.name(), self.verdict(claim, record, today)))
            .collect();
        let outcome = outcome(
            identity.result,
            record.status,
            verdicts.iter().map(|(_, verdict)| verdict.result),
        );
        Disclosure::new(
            outcome,
            identity,
            Facts::Verdicts(verdicts),
            Some(record.status),
            warnings(subject, record),
        )
    }

    /// Gives the values of the fields asked for.
    ///
    /// # Errors
    /// `FieldNotPermitted` where a field lies outside the grant; then nothing is released.
    pub fn release(
        &self,
        subject: &Subject,
        fields: Fields,
        record: Option<&Record>,
    ) -> Result<Disclosure, Denied> {
        self.covers(fields)?;
        let Some((identity, record)) = identify(subject, record) else {
            return Ok(no_match(Facts::Attributes(Vec::new())));
        };
        let mut warnings = warnings(subject, record);
        let status = Some(record.status);
        if identity.result == IdentityResult::Close && !self.client.accept_close_identity {
            warnings.push(Warning::NotPermitted);
            return Ok(Disclosure::new(
                outcome(identity.result, record.status, std::iter::empty()),
                identity,
                Facts::Attributes(Vec::new()),
                status,
                warnings,
            ));
        }
        let attributes: Vec<_> = fields
            .iter()
            .map(|field| (field, self.value(field, record)))
            .collect();
        let held = attributes.iter().map(|(_, value)| match value {
            Some(_) => ClaimResult::Match,
            None => ClaimResult::NotHeld,
        });
        let outcome = outcome(identity.result, record.status, held);
        Ok(Disclosure::new(
            outcome,
            identity,
            Facts::Attributes(attributes),
            status,
            warnings,
        ))
    }

    fn verdict(&self, claim: &Claim, record: &Record, today: Date) -> ClaimVerdict {
        if fields_of(claim).without(self.permitted).is_empty() {
            matching::claim(claim, record, &self.tables.territory, today)
        } else {
            ClaimVerdict::plain(ClaimResult::NotPermitted)
        }
    }

    fn value(&self, field: Field, record: &Record) -> Option<Value> {
        if record.status == Status::UnderReview {
            return None;
        }
        let text = |text: &str| Value::Text(text.to_owned());
        let worded = |code: &str, label: &str| Value::Coded {
            code: code.to_owned(),
            label: Some(label.to_owned()),
        };
        match field {
            Field::Pin => Some(text(record.pin.expose())),
            Field::FullName => Some(text(record.full_name.expose())),
            Field::DateOfBirth => Some(Value::Text(record.date_of_birth.expose())),
            Field::Sex => record.sex.map(|sex| worded(sex.as_str(), sex.label())),
            Field::Ethnicity => record
                .ethnicity
                .map(|code| coded(code, self.tables.codes.ethnic_group(code))),
            Field::Religion => record
                .religion
                .map(|code| coded(code, self.tables.codes.religion(code))),
            Field::Nationality => record.nationality.map(|country| text(country.as_str())),
            Field::MaritalStatus => record
                .marital_status
                .map(|status| worded(status.as_str(), status.label())),
            Field::HeadOfHousehold => record.head_of_household.map(Value::Flag),
            Field::OldIdNumber => record.old_id_number.map(|number| text(number.expose())),
            Field::Address(kind, part) => record
                .address(kind)
                .and_then(|address| self.address(address, part)),
        }
    }

    fn address(&self, address: &Address, part: AddressPart) -> Option<Value> {
        let territory = &self.tables.territory;
        match part {
            AddressPart::Province => address.province.map(|code| Value::Coded {
                code: code.as_str().to_owned(),
                label: territory.province_name(code, address.code_set).map(str::to_owned),
            }),
            AddressPart::Commune => address.commune.map(|code| Value::Coded {
                code: code.as_str().to_owned(),
                label: territory.commune_name(code, address.code_set).map(str::to_owned),
            }),
            AddressPart::Detail => address
                .detail
                .as_deref()
                .map(|detail| Value::Text(detail.to_owned())),
        }
    }
}

fn coded(code: TableCode, label: Option<&str>) -> Value {
    Value::Coded {
        code: code.padded(),
        label: label.map(str::to_owned),
    }
}

/// Names the fields that a verdict on the claim would tell about.
#[must_use]
pub fn fields_of(claim: &Claim) -> Fields {
    let field = match claim {
        Claim::Sex(_) => Field::Sex,
        Claim::Ethnicity(_) => Field::Ethnicity,
        Claim::Religion(_) => Field::Religion,
        Claim::Nationality(_) => Field::Nationality,
        Claim::MaritalStatus(_) => Field::MaritalStatus,
        Claim::HeadOfHousehold(_) => Field::HeadOfHousehold,
        Claim::OldIdNumber(_) => Field::OldIdNumber,
        Claim::Held(field) => *field,
        Claim::Address(kind, address) => {
            let parts = [
                Some(AddressPart::Province),
                address.commune.map(|_| AddressPart::Commune),
                address.detail.as_ref().map(|_| AddressPart::Detail),
            ];
            return parts
                .into_iter()
                .flatten()
                .map(|part| Field::Address(*kind, part))
                .collect();
        }
    };
    field.into()
}

/// Passes the identity gate, or not.
fn identify<'r>(subject: &Subject, record: Option<&'r Record>) -> Option<(Identity, &'r Record)> {
    let record = record?;
    let identity = matching::identity(subject, record);
    (identity.result != IdentityResult::NoMatch).then_some((identity, record))
}

/// Is the one answer to a failed identity gate, whatever made it fail.
fn no_match(facts: Facts) -> Disclosure {
    Disclosure::new(Outcome::NoMatch, Identity::NO_MATCH, facts, None, Vec::new())
}

/// Sums up, the weightiest first; a record under review confirms nothing.
fn outcome(
    identity: IdentityResult,
    status: Status,
    results: impl Iterator<Item = ClaimResult> + Clone,
) -> Outcome {
    let differs = |result| matches!(result, ClaimResult::Close | ClaimResult::Mismatch);
    if matches!(status, Status::Deceased | Status::Cancelled) {
        Outcome::Inactive
    } else if identity == IdentityResult::Close || results.clone().any(differs) {
        Outcome::Differs
    } else if status == Status::UnderReview || results.clone().any(|result| result != ClaimResult::Match) {
        Outcome::Incomplete
    } else {
        Outcome::Confirmed
    }
}

fn warnings(subject: &Subject, record: &Record) -> Vec<Warning> {
    let replaced =
        matches!(&subject.number, IdNumber::Pin(asked) if record.cancelled_numbers.contains(asked));
    let disagrees = record.pin.disagrees_with(record.sex, record.date_of_birth.year());
    let found = [
        (replaced, Warning::NumberReplaced),
        (disagrees, Warning::PinStructureMismatch),
        (record.status == Status::UnderReview, Warning::UnderReview),
    ];
    found
        .into_iter()
        .filter_map(|(is_so, warning)| is_so.then_some(warning))
        .collect()
}

#[cfg(test)]
mod tests;
