//! Who may call, as the register's file has it?
//!
//! Each entry is read and turned into typed parts for itself, so that every mistake of the file comes together, named by its
//! client. What an entry says must fit the catalogue: a licence for a procedure that isn't there is a mistake.

use std::collections::BTreeSet;
use std::path::Path;
use std::str::FromStr;

use serde::Deserialize;

use super::catalogue::{Codes, entry_mistake, one_line};
use super::reader::Reader;
use crate::policy::clients::{Client, Clients, Contradiction};
use crate::register::{Objection, Registration, Wrong};

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
    let entry: Registration = match entry.try_into() {
        Ok(entry) => entry,
        Err(error) => {
            part.mistake("", &entry_mistake(&error));
            return None;
        }
    };
    let judged = entry.judged(&|code| catalogue.and_then(|catalogue| catalogue.objection(code.as_str())));
    let objections = match judged {
        Ok(client) => return Some(client),
        Err(objections) => objections,
    };
    for objection in &objections {
        part.mistake(objection.member, &worded(objection));
    }
    None
}

/// Says what is wrong, and what would be right.
fn worded(objection: &Objection) -> String {
    let allowed = match objection.wrong {
        Wrong::Name => "letters, digits, dots, dashes and underscores, without a run of 9 or 12 digits",
        Wrong::Title => "a name of 200 letters at the most",
        Wrong::Province => "two digits",
        Wrong::ProcedureForm => "codes such as 1.001193",
        Wrong::Field => "a field path such as permanent_residence.commune_code",
        Wrong::Scope => {
            "some of citizens.verify, citizens.lookup, households.verify, households.lookup, checks, batches"
        }
        Wrong::Thumbprint => "SHA-256 hashes in base64url",
        Wrong::Time => "an RFC 3339 time",
        Wrong::Status => return "must be active, suspended or expired".to_owned(),
        Wrong::Term => return "not after valid_from".to_owned(),
        Wrong::Limits(figure, why) => return format!("{} {}", figure.replace('/', "."), contradicted(why)),
        Wrong::Procedure(why) | Wrong::Narrowing(why) => return format!("{} {why}", objection.text),
    };
    format!("{:?} must be {allowed}", objection.text)
}

fn contradicted(why: Contradiction) -> &'static str {
    match why {
        Contradiction::Nought => "must be above zero; to stop a client, suspend it",
        Contradiction::BurstBelowRate => "must not be below its rate",
        Contradiction::MonthBelowDay => "must not be below per_day",
    }
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
}
