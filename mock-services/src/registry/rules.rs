//! May this unit's officer ask this, for this procedure?
//!
//! The registry's own licences: by default every unit of the national form is licensed for everything, and the
//! officers 001090000001 to 001090000999 are known; a system that asks for itself stands under its own account in the
//! officer's place. The control port narrows it.
//! Always true: a refusal says which of licence, officer, quota, request or maintenance it was.
//! Deliberately absent: the gateway's own rules; the two are meant to be able to disagree.

use serde::{Deserialize, Serialize};

use super::request::{Operation, Request};

/// What the registry demands; settable through `PUT /_mock/registry/rules`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rules {
    /// Combinations that have no licence; a member left out stands for any.
    pub deny: Vec<Denied>,
    /// How many calls a unit has; no end if left out.
    pub quota_per_unit: Option<u64>,
    /// Whether only the known officers may ask.
    pub officers_only_known: bool,
    /// Whether the order of the request's fields counts.
    pub strict_order: bool,
    /// Whether the registry is under maintenance.
    pub maintenance: bool,
    /// Whether answers are to be fetched by `GetRequestResult`, and after how long they are ready.
    pub late_answers_ms: Option<u64>,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            deny: Vec::new(),
            quota_per_unit: None,
            officers_only_known: true,
            strict_order: true,
            maintenance: false,
            late_answers_ms: None,
        }
    }
}

/// One combination without a licence.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Denied {
    /// The procedure's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub procedure: Option<String>,
    /// The agency's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// `037`, `003` or `045`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
}

/// Why a call is refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Refusal {
    /// `LICENCE`.
    #[error("the procedure, unit or service is not licensed")]
    Licence,
    /// `OFFICER`.
    #[error("the officer is not known")]
    Officer,
    /// `QUOTA`.
    #[error("the unit has used up its quota")]
    Quota,
    /// `REQUEST`.
    #[error("the request cannot be read: {0}")]
    Request(String),
    /// `MAINTENANCE`.
    #[error("the registry is under maintenance")]
    Maintenance,
}

impl Refusal {
    /// Returns the code in the fault's detail.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Licence => "LICENCE",
            Self::Officer => "OFFICER",
            Self::Quota => "QUOTA",
            Self::Request(_) => "REQUEST",
            Self::Maintenance => "MAINTENANCE",
        }
    }

    /// Returns whose fault it is, as SOAP wants to know.
    pub fn side(&self) -> &'static str {
        match self {
            Self::Maintenance => "Server",
            Self::Licence | Self::Officer | Self::Quota | Self::Request(_) => "Client",
        }
    }
}

impl Rules {
    /// Decides on a request that could be read.
    pub fn admit(&self, request: &Request) -> Result<(), Refusal> {
        if self.maintenance {
            return Err(Refusal::Maintenance);
        }
        if !is_unit(&request.unit) || self.deny.iter().any(|denied| denied.concerns(request)) {
            return Err(Refusal::Licence);
        }
        let is_a_system = !request.account.is_empty() && request.officer == request.account;
        if self.officers_only_known && !is_a_system && !is_known_officer(&request.officer) {
            return Err(Refusal::Officer);
        }
        Ok(())
    }
}

impl Denied {
    fn concerns(&self, request: &Request) -> bool {
        let is =
            |wanted: &Option<String>, given: &str| wanted.as_deref().is_none_or(|wanted| wanted == given);
        let is_question = request.operation != Operation::Result;
        is_question
            && is(&self.procedure, &request.procedure)
            && is(&self.unit, &request.unit)
            && is(&self.operation, request.operation.name())
    }
}

// The national form of an agency's code: `H57`, `H57.12`, `H57.12.3`.
fn is_unit(unit: &str) -> bool {
    let mut parts = unit.split('.');
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let province = parts.next().and_then(|first| first.strip_prefix('H'));
    province.is_some_and(|digits| digits.len() == 2 && is_number(digits)) && parts.all(is_number)
}

fn is_known_officer(officer: &str) -> bool {
    officer.len() == 12
        && officer
            .strip_prefix("001090000")
            .and_then(|serial| serial.parse::<u16>().ok())
            .is_some_and(|serial| (1..=999).contains(&serial))
}

#[cfg(test)]
mod tests;
