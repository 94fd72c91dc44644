//! Which system asks, and from which office?
//!
//! Two names that stand in tokens, in the register of clients, in every audit row and in the registry's messages. They
//! are cloned on every call, hence shared. Neither may look like a person's number: both are printed and logged.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::context::holds_personal_number;

/// Says that a text can't be such a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a name of this kind")]
pub struct Malformed;

fn name(text: &str, longest: usize) -> Result<Arc<str>, Malformed> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    if text.is_empty() || text.len() > longest || !text.bytes().all(allowed) || holds_personal_number(text) {
        return Err(Malformed);
    }
    Ok(text.into())
}

/// Names a calling system (`client_id`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientId(Arc<str>);

impl ClientId {
    /// Gives the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ClientId {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        name(text, 64).map(Self)
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Names an agency by its electronic identifier (Decision 20/2020/QĐ-TTg), such as `H57.12`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UnitCode(Arc<str>);

impl UnitCode {
    /// Gives the code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for UnitCode {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        name(text, 35).map(Self)
    }
}

impl fmt::Display for UnitCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
