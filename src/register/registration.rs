//! What may be said of a client, and what is wrong with it?
//!
//! A registration as it stands in the clients' file, in an operator's request and in the store: texts and figures that
//! nobody has judged yet. `judged` is the one place where they are, wherever they come from: it gives the client, or every
//! objection, each with its member. Knows neither TOML nor HTTP; who reads the one or the other words the objections.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::context::ProcedureCode;
use crate::domain::field::Field;
use crate::policy::clients::{Allowance, Client, Contradiction, Guesses, Narrowing, Rate, Status};

/// The most letters that a client's name may have.
const LONGEST_NAME: usize = 200;

/// Is a client as it is written down.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "each member is that of `Client`")]
pub struct Registration {
    pub id: String,
    pub name: String,
    pub province_code: String,
    pub units: Vec<String>,
    pub procedures: Vec<String>,
    pub fields: Vec<String>,
    pub scopes: Vec<String>,
    #[serde(default)]
    pub thumbprints: Vec<String>,
    #[serde(default)]
    pub accept_close_identity: bool,
    pub status: String,
    pub valid_from: String,
    pub valid_until: String,
    pub limits: Limits,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub procedure_limits: BTreeMap<String, ProcedureLimits>,
}

/// Is how much of its limits a client may use for one procedure, as it is written down.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "each member is that of `Narrowing`")]
pub struct ProcedureLimits {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_per_second: Option<u32>,
    /// Twice the rate where it isn't stated, but not above the client's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub burst: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_day: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_month: Option<u64>,
}

/// Is how much a client may ask, as it is written down.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "each member is that of `Allowance`")]
pub struct Limits {
    pub officer_per_second: u32,
    /// Twice the rate where it isn't stated.
    pub officer_burst: Option<u32>,
    #[serde(default = "officers_per_subject")]
    pub officers_per_subject: u32,
    #[serde(default)]
    pub failed: Failed,
    pub rate_per_second: u32,
    pub burst: u32,
    pub concurrency: u32,
    pub per_day: u64,
    pub per_month: u64,
    #[serde(default = "registry_weight")]
    pub registry_weight: u32,
    #[serde(default = "batch_rows_per_day")]
    pub batch_rows_per_day: u64,
}

/// Is how many calls may fail to name the person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(missing_docs, reason = "each member is that of `Guesses`")]
pub struct Failed {
    pub per_officer: u32,
    pub per_person: u32,
    pub per_client: u32,
}

impl Default for Failed {
    fn default() -> Self {
        let Guesses {
            per_officer,
            per_person,
            per_client,
        } = Guesses::default();
        Self {
            per_officer,
            per_person,
            per_client,
        }
    }
}

fn officers_per_subject() -> u32 {
    20
}

fn registry_weight() -> u32 {
    1
}

fn batch_rows_per_day() -> u64 {
    100_000
}

/// Tells what is wrong with a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// The id, or a unit's code.
    Name,
    /// The name for people is empty or too long.
    Title,
    /// The province's code.
    Province,
    /// The form of a procedure's code.
    ProcedureForm,
    /// Nobody can hold a licence for the procedure; why, in English.
    Procedure(&'static str),
    /// The limits for a procedure don't go with the client's; how, in English.
    Narrowing(&'static str),
    /// A field's path.
    Field,
    /// A scope.
    Scope,
    /// A certificate's hash.
    Thumbprint,
    /// The word for the status.
    Status,
    /// The form of a time.
    Time,
    /// The end isn't after the beginning.
    Term,
    /// A figure of the limits can't be; which, and why.
    Limits(&'static str, Contradiction),
}

/// Is one thing that is wrong with a registration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objection {
    /// The member.
    pub member: &'static str,
    /// Which item of it, where it is a list.
    pub item: Option<usize>,
    /// What was written there.
    pub text: String,
    /// What is wrong.
    pub wrong: Wrong,
}

/// Tells why nobody can hold a licence for a procedure; nothing where one may.
pub type Licensable<'a> = &'a dyn Fn(&ProcedureCode) -> Option<&'static str>;

impl Registration {
    /// Makes a client of it.
    ///
    /// # Errors
    /// Everything that is wrong.
    pub fn judged(&self, licensable: Licensable<'_>) -> Result<Client, Vec<Objection>> {
        let mut judging = Judging::default();
        let id = judging.one("id", &self.id, Wrong::Name);
        if self.name.trim().is_empty() || self.name.chars().count() > LONGEST_NAME {
            judging.object("name", None, &self.name, Wrong::Title);
        }
        let province = judging.one("province_code", &self.province_code, Wrong::Province);
        let units = judging.all("units", &self.units, Wrong::Name);
        let procedures: Option<Vec<ProcedureCode>> =
            judging.all("procedures", &self.procedures, Wrong::ProcedureForm);
        let fields: Option<Vec<Field>> = judging.all("fields", &self.fields, Wrong::Field);
        let scopes = judging.all("scopes", &self.scopes, Wrong::Scope);
        let thumbprints = judging.all("thumbprints", &self.thumbprints, Wrong::Thumbprint);
        let status = judging.status(&self.status);
        let valid_from: Option<Timestamp> = judging.one("valid_from", &self.valid_from, Wrong::Time);
        let valid_until: Option<Timestamp> = judging.one("valid_until", &self.valid_until, Wrong::Time);
        if valid_from
            .zip(valid_until)
            .is_some_and(|(from, until)| until <= from)
        {
            judging.object("valid_until", None, &self.valid_until, Wrong::Term);
        }
        let allowance = self
            .limits
            .judged()
            .map_err(|objections| judging.objections.extend(objections));
        for (item, code) in procedures.iter().flatten().enumerate() {
            if let Some(why) = licensable(code) {
                judging.object("procedures", Some(item), code.as_str(), Wrong::Procedure(why));
            }
        }
        let procedure_limits = self.narrowings(procedures.as_deref(), allowance.as_ref().ok(), &mut judging);
        let client = || {
            Some(Client {
                id: id?,
                name: self.name.clone(),
                province: province?,
                units: units?.into_iter().collect(),
                procedures: procedures?.into_iter().collect::<BTreeSet<_>>(),
                fields: fields?.into_iter().collect(),
                scopes: scopes?.into_iter().collect(),
                allowance: allowance.ok()?,
                procedure_limits,
                thumbprints: thumbprints?,
                accept_close_identity: self.accept_close_identity,
                status: status?,
                valid_from: valid_from?,
                valid_until: valid_until?,
            })
        };
        match client() {
            Some(client) if judging.objections.is_empty() => Ok(client),
            _ => Err(judging.objections),
        }
    }

    /// Reads the limits for single procedures, each of which must be licensed and no wider than the client's own.
    fn narrowings(
        &self,
        licensed: Option<&[ProcedureCode]>,
        own: Option<&Allowance>,
        judging: &mut Judging,
    ) -> BTreeMap<ProcedureCode, Narrowing> {
        let mut read = BTreeMap::new();
        // Without what they are measured by there is an objection already.
        let Some((licensed, own)) = licensed.zip(own) else {
            return read;
        };
        for (code, limits) in &self.procedure_limits {
            let known = code.parse().ok().filter(|code| licensed.contains(code));
            let why = match (known, limits.narrowing(own)) {
                (None, _) => "isn't one of the licensed procedures",
                (Some(_), None) => "has a burst without a rate_per_second",
                (Some(known), Some(narrowing)) => match narrowing.objection(own) {
                    Some(why) => why,
                    None => {
                        read.insert(known, narrowing);
                        continue;
                    }
                },
            };
            judging.object("procedure_limits", None, code, Wrong::Narrowing(why));
        }
        read
    }
}

impl ProcedureLimits {
    /// Gives the figures; nothing where there is a burst without a rate.
    fn narrowing(&self, own: &Allowance) -> Option<Narrowing> {
        let rate = match (self.rate_per_second, self.burst) {
            (Some(per_second), burst) => Some(Rate {
                per_second,
                burst: burst.unwrap_or(per_second.saturating_mul(2).min(own.burst)),
            }),
            (None, None) => None,
            (None, Some(_)) => return None,
        };
        Some(Narrowing {
            rate,
            per_day: self.per_day,
            per_month: self.per_month,
        })
    }
}

impl Limits {
    /// Makes an allowance of it.
    ///
    /// # Errors
    /// Every figure that can't be.
    pub fn judged(&self) -> Result<Allowance, Vec<Objection>> {
        let Failed {
            per_officer,
            per_person,
            per_client,
        } = self.failed;
        let allowance = Allowance {
            officer_per_second: self.officer_per_second,
            officer_burst: self
                .officer_burst
                .unwrap_or(self.officer_per_second.saturating_mul(2)),
            officers_per_subject: self.officers_per_subject,
            guesses: Guesses {
                per_officer,
                per_person,
                per_client,
            },
            rate_per_second: self.rate_per_second,
            burst: self.burst,
            concurrency: self.concurrency,
            per_day: self.per_day,
            per_month: self.per_month,
            registry_weight: self.registry_weight,
            batch_rows_per_day: self.batch_rows_per_day,
        };
        let objections = allowance.objections();
        if objections.is_empty() {
            return Ok(allowance);
        }
        let objection = |(figure, why)| Objection {
            member: "limits",
            item: None,
            text: String::new(),
            wrong: Wrong::Limits(figure, why),
        };
        Err(objections.into_iter().map(objection).collect())
    }
}

#[derive(Default)]
struct Judging {
    objections: Vec<Objection>,
}

impl Judging {
    fn object(&mut self, member: &'static str, item: Option<usize>, text: &str, wrong: Wrong) {
        self.objections.push(Objection {
            member,
            item,
            text: text.to_owned(),
            wrong,
        });
    }

    fn one<T: FromStr>(&mut self, member: &'static str, text: &str, wrong: Wrong) -> Option<T> {
        let value = text.parse().ok();
        if value.is_none() {
            self.object(member, None, text, wrong);
        }
        value
    }

    fn all<T: FromStr>(&mut self, member: &'static str, texts: &[String], wrong: Wrong) -> Option<Vec<T>> {
        let mut values = Vec::with_capacity(texts.len());
        for (item, text) in texts.iter().enumerate() {
            match text.parse() {
                Ok(value) => values.push(value),
                Err(_) => self.object(member, Some(item), text, wrong),
            }
        }
        (values.len() == texts.len()).then_some(values)
    }

    fn status(&mut self, text: &str) -> Option<Status> {
        let known = [Status::Active, Status::Suspended, Status::Expired];
        let status = known.into_iter().find(|status| status.as_str() == text);
        if status.is_none() {
            self.object("status", None, text, Wrong::Status);
        }
        status
    }
}

#[cfg(test)]
mod tests;
