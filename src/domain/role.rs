//! In which role does somebody stand in a procedure, and what must be known of each?
//!
//! A birth is registered by a declarant, of a mother and a father: the law asks something else of each. A role is filled by
//! one person at the most, and names no one. Which roles a procedure has is the catalogue's knowledge.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::fact::{Fact, FactSource};
use super::paper::Paper;

/// Says that a text can't name a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a role's name")]
pub struct MalformedRole;

/// Names a role: `father`, `declarant`, `deceased`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoleName(Arc<str>);

impl RoleName {
    /// Gives the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RoleName {
    type Err = MalformedRole;

    fn from_str(text: &str) -> Result<Self, MalformedRole> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
        if text.is_empty() || text.len() > 32 || !text.bytes().all(allowed) {
            return Err(MalformedRole);
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for RoleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Tells what the procedure takes for granted of who fills a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// That the person lives: a record that says otherwise stands against it.
    Living,
    /// That the person has died. The register may not know yet, for it learns of the death by this procedure.
    Deceased,
}

impl Expected {
    /// Gives the word that the catalogue uses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Living => "living",
            Self::Deceased => "deceased",
        }
    }
}

impl FromStr for Expected {
    type Err = MalformedRole;

    fn from_str(text: &str) -> Result<Self, MalformedRole> {
        [Self::Living, Self::Deceased]
            .into_iter()
            .find(|expected| expected.as_str() == text)
            .ok_or(MalformedRole)
    }
}

/// Is one fact that a procedure needs of a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NeededFact {
    /// What must be known.
    pub fact: Fact,
    /// The papers that nobody may ask for where it is known.
    pub replaces: Vec<Paper>,
    /// The database from which the law takes it.
    pub source: FactSource,
}

/// Is one role of a procedure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Its name.
    pub name: RoleName,
    /// Whether somebody must fill it.
    pub required: bool,
    /// What is taken for granted of who fills it.
    pub expects: Expected,
    /// What must be known. A fact that names another role falls away where nobody fills that one.
    pub facts: Vec<NeededFact>,
}

#[cfg(test)]
mod tests;
