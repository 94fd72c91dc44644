//! Who looks after the gateway, and what does that person say about why?
//!
//! An operator's name and reason stand in the audit log in clear, and outlive both. So neither may look like a person's
//! number, and a reason is one short line.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::client;
use super::context::{Malformed, holds_personal_number};

/// The most letters that a line of an operator's may have.
const LONGEST_LINE: usize = 300;

/// Names an operator, or the gateway's own files, which change things too.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OperatorName(Arc<str>);

impl OperatorName {
    /// Names the files of the configuration, in whose name a reload is recorded; no operator can be called so.
    #[must_use]
    pub fn of_files() -> Self {
        Self("file".into())
    }

    /// Gives the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for OperatorName {
    type Err = client::Malformed;

    fn from_str(text: &str) -> Result<Self, client::Malformed> {
        let name: client::ClientId = text.parse()?;
        if text == "file" {
            return Err(client::Malformed);
        }
        Ok(Self(name.as_str().into()))
    }
}

impl fmt::Display for OperatorName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Says why an operator does something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason(Box<str>);

impl Reason {
    /// Gives the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Reason {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        Ok(Self(line(text)?.into()))
    }
}

/// Reads what an operator writes in one line.
pub(super) fn line(text: &str) -> Result<&str, Malformed> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > LONGEST_LINE {
        return Err(Malformed::Length);
    }
    if text.chars().any(char::is_control) {
        return Err(Malformed::Charset);
    }
    if holds_personal_number(text) {
        return Err(Malformed::PersonalNumber);
    }
    Ok(text)
}

#[cfg(test)]
mod tests;
