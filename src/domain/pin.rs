//! What is a personal identification number (số định danh cá nhân), and what may be read from its digits?
//!
//! Twelve ASCII digits, nothing more (Law on Identity 26/2023/QH15, art. 12): no text of law defines a check digit. The
//! fourth digit tells century and sex, the next two the year (Decree 137/2015, art. 13), but registrars make
//! mistakes and people have their sex or year corrected, so the structure is a hint and never decides.
//! The number can't be printed: the only way out is `expose`, which the registry's wire and the keyed hashes call.

use std::fmt;
use std::str::FromStr;

use super::codes::Sex;

/// Says why a text is no identification number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// The text hasn't the exact count of characters.
    #[error("wrong length")]
    Length,
    /// The text holds something else than the ASCII digits 0–9.
    #[error("not ASCII digits")]
    Charset,
}

fn digits<const N: usize>(text: &str) -> Result<[u8; N], Malformed> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Malformed::Charset);
    }
    text.as_bytes().try_into().map_err(|_| Malformed::Length)
}

/// Holds a 12-digit personal identification number.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Pin([u8; 12]);

impl Pin {
    /// Hands out the digits, for the registry's wire and for keyed hashes only.
    #[must_use]
    pub fn expose(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Tells whether the digits for sex and year disagree with what the register holds.
    #[must_use]
    pub fn disagrees_with(&self, sex: Option<Sex>, year: i16) -> bool {
        let [_, _, _, century_and_sex, tens, ones, ..] =
            self.0.map(|digit| i16::from(digit.saturating_sub(b'0')));
        let stated_year = 1900 + 100 * (century_and_sex / 2) + 10 * tens + ones;
        let stated_sex = if century_and_sex % 2 == 0 {
            Sex::Male
        } else {
            Sex::Female
        };
        stated_year != year || sex.is_some_and(|held| held != stated_sex)
    }
}

impl FromStr for Pin {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        digits(text).map(Self)
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(***)")
    }
}

/// Holds a 9-digit number of an old identity card (chứng minh nhân dân), neither unique nor always held.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct OldIdNumber([u8; 9]);

impl OldIdNumber {
    /// Hands out the digits, for the registry's wire and for keyed hashes only.
    #[must_use]
    pub fn expose(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl FromStr for OldIdNumber {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        digits(text).map(Self)
    }
}

impl fmt::Debug for OldIdNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OldIdNumber(***)")
    }
}

/// Names a person by whichever number the caller has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IdNumber {
    /// The personal identification number.
    Pin(Pin),
    /// The number of an old identity card.
    Old(OldIdNumber),
}

impl IdNumber {
    /// Hands out the digits, for the registry's wire and for keyed hashes only.
    #[must_use]
    pub fn expose(&self) -> &str {
        match self {
            Self::Pin(pin) => pin.expose(),
            Self::Old(old) => old.expose(),
        }
    }
}

#[cfg(test)]
mod tests;
