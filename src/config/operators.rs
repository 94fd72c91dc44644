//! Who may use the operations listener, as the operators' file has it?
//!
//! Without a file there are no operators, and everything that needs one is refused. The file holds the hashes of the tokens
//! and no token. Every mistake comes with the others, named by its operator.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Deserialize;

use super::catalogue::{entry_mistake, one_line};
use super::clients::Part;
use super::reader::Reader;
use crate::auth::{Operator, Role, TokenDigest};
use crate::domain::operator::OperatorName;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    operator: Vec<toml::Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    token_sha256: String,
    roles: Vec<String>,
    expires: String,
}

/// Reads the file that `operators_file` names.
pub fn read(reader: &mut Reader) -> Option<Vec<Operator>> {
    let Some(path) = reader.optional_path("operators_file") else {
        return Some(Vec::new());
    };
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => {
            reader.mistake("operators_file", format!("{}: {}", path.display(), error.kind()));
            return None;
        }
    };
    let file: File = match toml::from_str(&text) {
        Ok(file) => file,
        Err(error) => {
            reader.mistake(&path.display().to_string(), one_line(&error, &text));
            return None;
        }
    };
    let mut names = BTreeSet::new();
    let mut operators = Vec::new();
    for entry in file.operator {
        let name = entry
            .get("name")
            .and_then(toml::Value::as_str)
            .unwrap_or("(no name)");
        let mut part = Part {
            at: format!("{}: operator {name}", path.display()),
            reader,
        };
        if !names.insert(name.to_owned()) {
            part.mistake("", "is named twice");
        }
        operators.push(operator(&mut part, entry));
    }
    let operators: Vec<Operator> = operators.into_iter().collect::<Option<_>>()?;
    let mut tokens = operators.iter().map(|operator| operator.token.to_string());
    let mut seen = BTreeSet::new();
    if !tokens.all(|token| seen.insert(token)) {
        reader.mistake(&path.display().to_string(), "two operators have the same token");
    }
    Some(operators)
}

fn operator(part: &mut Part<'_>, entry: toml::Value) -> Option<Operator> {
    let entry: Entry = match entry.try_into() {
        Ok(entry) => entry,
        Err(error) => {
            part.mistake("", &entry_mistake(&error));
            return None;
        }
    };
    let plain =
        "letters, digits, dots, dashes and underscores, without a run of 9 or 12 digits, and not \"file\"";
    let name: Option<OperatorName> = part.one("name", &entry.name, plain);
    // Not quoted: a token put there by mistake mustn't stand in an error.
    let token: Option<TokenDigest> = entry.token_sha256.parse().ok();
    if token.is_none() {
        part.mistake(
            "token_sha256",
            "must be the SHA-256 of the token in 64 hexadecimal digits: dancu operator-token",
        );
    }
    let roles: Option<Vec<Role>> = part.all("roles", &entry.roles, "viewer, operator or auditor");
    if entry.roles.is_empty() {
        part.mistake("roles", "must name at least one of viewer, operator and auditor");
    }
    let expires: Option<Timestamp> = part.one("expires", &entry.expires, "an RFC 3339 time");
    Some(Operator {
        name: name?,
        token: token?,
        roles: roles?,
        expires: expires?,
    })
}
