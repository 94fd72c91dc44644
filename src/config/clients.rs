//! Who may call, as the register's file has it?
//!
//! Each entry is read and turned into typed parts for itself, so that every mistake of the file comes together, named by its
//! client. What an entry says must fit the catalogue: a licence for a procedure that isn't there is a mistake.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::str::FromStr;

use jiff::Timestamp;
use serde::Deserialize;

use super::catalogue::{Codes, entry_mistake, fields, one_line};
use super::reader::Reader;
use crate::auth::{Scopes, Thumbprint};
use crate::domain::context::ProcedureCode;
use crate::policy::clients::{Allowance, Client, Clients, Guesses, Narrowing, Rate, Status};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    name: String,
    province_code: String,
    units: Vec<String>,
    procedures: Vec<String>,
    fields: Vec<String>,
    scopes: Vec<String>,
    #[serde(default)]
    thumbprints: Vec<String>,
    #[serde(default)]
    accept_close_identity: bool,
    status: String,
    valid_from: String,
    valid_until: String,
    limits: Limits,
    #[serde(default)]
    procedure_limits: BTreeMap<String, ProcedureLimits>,
}

/// How much of the limits for one procedure.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProcedureLimits {
    rate_per_second: Option<u32>,
    /// Twice the rate where it isn't stated, but not above the client's own.
    burst: Option<u32>,
    per_day: Option<u64>,
    per_month: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Limits {
    officer_per_second: u32,
    /// Twice the rate where it isn't stated.
    officer_burst: Option<u32>,
    #[serde(default = "officers_per_subject")]
    officers_per_subject: u32,
    #[serde(default)]
    failed: Failed,
    rate_per_second: u32,
    burst: u32,
    concurrency: u32,
    per_day: u64,
    per_month: u64,
    #[serde(default = "registry_weight")]
    registry_weight: u32,
    #[serde(default = "batch_rows_per_day")]
    batch_rows_per_day: u64,
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

/// How many calls may fail to name the person.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Failed {
    per_officer: u32,
    per_person: u32,
    per_client: u32,
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Register {
    #[serde(default)]
    client: Vec<toml::Value>,
}

/// Reads the register that `clients_file` names.
pub fn read(reader: &mut Reader, catalogue: Option<&Codes>) -> Option<Clients> {
    let path = reader.path("clients_file")?;
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => {
            reader.mistake("clients_file", format!("{}: {}", path.display(), error.kind()));
            return None;
        }
    };
    let register: Register = match toml::from_str(&text) {
        Ok(register) => register,
        Err(error) => {
            reader.mistake(&path.display().to_string(), one_line(&error, &text));
            return None;
        }
    };
    let mut ids = BTreeSet::new();
    let mut entries = Vec::new();
    for entry in register.client {
        let id = entry.get("id").and_then(toml::Value::as_str).map(str::to_owned);
        if let Some(id) = id.filter(|id| !ids.insert(id.clone())) {
            reader.mistake(&format!("{}: client {id}", path.display()), "is registered twice");
        }
        entries.push(client(reader, &path, entry, catalogue));
    }
    let entries: Option<Vec<Client>> = entries.into_iter().collect();
    // The one mistake that `new` finds was noted above.
    Clients::new(entries?).ok()
}

fn client(reader: &mut Reader, path: &Path, entry: toml::Value, catalogue: Option<&Codes>) -> Option<Client> {
    let id = entry.get("id").and_then(toml::Value::as_str).unwrap_or("(no id)");
    let mut part = Part {
        reader,
        at: format!("{}: client {id}", path.display()),
    };
    let entry: Entry = match entry.try_into() {
        Ok(entry) => entry,
        Err(error) => {
            part.mistake("", &entry_mistake(&error));
            return None;
        }
    };
    let code = "letters, digits, dots, dashes and underscores, without a run of 9 or 12 digits";
    let id = part.one("id", &entry.id, code);
    let province = part.one("province_code", &entry.province_code, "two digits");
    let units = part.all("units", &entry.units, code);
    let procedures = part.all("procedures", &entry.procedures, "codes such as 1.001193");
    let fields = fields(&mut part, &entry.fields);
    let known =
        "some of citizens.verify, citizens.lookup, households.verify, households.lookup, checks, batches";
    let scopes: Option<Scopes> = part
        .all("scopes", &entry.scopes, known)
        .map(Vec::into_iter)
        .map(Iterator::collect);
    let thumbprints: Option<Vec<Thumbprint>> =
        part.all("thumbprints", &entry.thumbprints, "SHA-256 hashes in base64url");
    let status = part.status(&entry.status);
    let valid_from: Option<Timestamp> = part.one("valid_from", &entry.valid_from, "an RFC 3339 time");
    let valid_until: Option<Timestamp> = part.one("valid_until", &entry.valid_until, "an RFC 3339 time");
    if valid_from
        .zip(valid_until)
        .is_some_and(|(from, until)| until <= from)
    {
        part.mistake("valid_until", "not after valid_from");
    }
    let allowance = part.allowance(&entry.limits);
    let procedures: Option<BTreeSet<ProcedureCode>> = procedures.map(Vec::into_iter).map(Iterator::collect);
    part.in_catalogue(procedures.as_ref(), catalogue);
    let procedure_limits = part.narrowings(&entry.procedure_limits, procedures.as_ref(), allowance.as_ref());
    Some(Client {
        id: id?,
        name: entry.name,
        province: province?,
        units: units?.into_iter().collect(),
        procedures: procedures?,
        fields: fields?,
        scopes: scopes?,
        allowance: allowance?,
        procedure_limits: procedure_limits?,
        thumbprints: thumbprints?,
        accept_close_identity: entry.accept_close_identity,
        status: status?,
        valid_from: valid_from?,
        valid_until: valid_until?,
    })
}

/// Reads the parts of one entry and names it in what is wrong with them.
pub(super) struct Part<'r> {
    pub reader: &'r mut Reader,
    pub at: String,
}

impl Part<'_> {
    pub fn mistake(&mut self, member: &str, what: &str) {
        let at = if member.is_empty() {
            self.at.clone()
        } else {
            format!("{}: {member}", self.at)
        };
        self.reader.mistake(&at, what);
    }

    pub fn one<T: FromStr>(&mut self, member: &str, text: &str, allowed: &str) -> Option<T> {
        let value = text.parse().ok();
        if value.is_none() {
            self.mistake(member, &format!("{text:?} must be {allowed}"));
        }
        value
    }

    pub fn all<T: FromStr>(&mut self, member: &str, texts: &[String], allowed: &str) -> Option<Vec<T>> {
        let values: Vec<Option<T>> = texts.iter().map(|text| self.one(member, text, allowed)).collect();
        values.into_iter().collect()
    }

    fn status(&mut self, text: &str) -> Option<Status> {
        match text {
            "active" => Some(Status::Active),
            "suspended" => Some(Status::Suspended),
            "expired" => Some(Status::Expired),
            _ => {
                self.mistake("status", "must be active, suspended or expired");
                None
            }
        }
    }

    fn allowance(&mut self, limits: &Limits) -> Option<Allowance> {
        let Failed {
            per_officer,
            per_person,
            per_client,
        } = limits.failed;
        let allowance = Allowance {
            officer_per_second: limits.officer_per_second,
            officer_burst: limits
                .officer_burst
                .unwrap_or(limits.officer_per_second.saturating_mul(2)),
            officers_per_subject: limits.officers_per_subject,
            guesses: Guesses {
                per_officer,
                per_person,
                per_client,
            },
            rate_per_second: limits.rate_per_second,
            burst: limits.burst,
            concurrency: limits.concurrency,
            per_day: limits.per_day,
            per_month: limits.per_month,
            registry_weight: limits.registry_weight,
            batch_rows_per_day: limits.batch_rows_per_day,
        };
        match allowance.objection() {
            None => Some(allowance),
            Some(objection) => {
                self.mistake("limits", objection);
                None
            }
        }
    }

    /// Reads the limits for single procedures, each of which must be licensed and no wider than the client's own.
    fn narrowings(
        &mut self,
        stated: &BTreeMap<String, ProcedureLimits>,
        licensed: Option<&BTreeSet<ProcedureCode>>,
        own: Option<&Allowance>,
    ) -> Option<BTreeMap<ProcedureCode, Narrowing>> {
        let (licensed, own) = (licensed?, own?);
        let mut read = BTreeMap::new();
        let mut is_whole = true;
        for (code, limits) in stated {
            let member = format!("procedure_limits.\"{code}\"");
            let narrowing = limits.narrowing(own);
            let known = code.parse().ok().filter(|code| licensed.contains(code));
            let objection = match (&known, &narrowing) {
                (None, _) => Some("isn't one of the licensed procedures"),
                (Some(_), None) => Some("a burst needs a rate_per_second"),
                (Some(_), Some(narrowing)) => narrowing.objection(own),
            };
            match (objection, known, narrowing) {
                (None, Some(code), Some(narrowing)) => {
                    read.insert(code, narrowing);
                }
                (objection, ..) => {
                    self.mistake(&member, objection.unwrap_or_default());
                    is_whole = false;
                }
            }
        }
        is_whole.then_some(read)
    }

    fn in_catalogue(&mut self, licensed: Option<&BTreeSet<ProcedureCode>>, catalogue: Option<&Codes>) {
        let (Some(licensed), Some(catalogue)) = (licensed, catalogue) else {
            return;
        };
        for code in licensed {
            if let Some(objection) = catalogue.objection(code.as_str()) {
                self.mistake("procedures", &format!("{code} {objection}"));
            }
        }
    }
}
