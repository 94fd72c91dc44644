//! For which work is a person looked up?
//!
//! No dossier, no look-up: every call about a person names the administrative procedure (thủ tục hành chính), the dossier
//! (mã hồ sơ) and the channel on which the citizen came (Decree 104/2022, art. 14; Law 91/2025/QH15, art. 3: processing
//! bound to a purpose). A dossier code may stand in logs, so it must not hold a number of a person.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Says why a text can't be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Empty or too long.
    #[error("wrong length")]
    Length,
    /// A character outside the allowed ones.
    #[error("character not allowed")]
    Charset,
    /// A run of exactly 9 or 12 digits, which could be a person's number.
    #[error("holds what could be a person's number")]
    PersonalNumber,
}

/// Tells whether the text has a run of exactly 9 or 12 digits, which could be a person's number.
#[must_use]
pub fn holds_personal_number(text: &str) -> bool {
    text.split(|letter: char| !letter.is_ascii_digit())
        .any(|run| run.len() == 9 || run.len() == 12)
}

fn plain(text: &str, longest: usize, allowed: fn(u8) -> bool) -> Result<Box<str>, Malformed> {
    if text.is_empty() || text.len() > longest {
        return Err(Malformed::Length);
    }
    if !text.bytes().all(allowed) {
        return Err(Malformed::Charset);
    }
    if holds_personal_number(text) {
        Err(Malformed::PersonalNumber)
    } else {
        Ok(text.into())
    }
}

/// Holds the code of an administrative procedure, such as `1.001193`; kept as text, trailing zeros and all.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProcedureCode(Box<str>);

impl ProcedureCode {
    /// Gives the code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ProcedureCode {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        plain(text, 20, |byte| byte.is_ascii_digit() || byte == b'.').map(Self)
    }
}

impl fmt::Display for ProcedureCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Holds the code of a dossier.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Dossier(Box<str>);

impl Dossier {
    /// Gives the code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Dossier {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        plain(text, 64, |byte| {
            byte.is_ascii_alphanumeric() || b"._/-".contains(&byte)
        })
        .map(Self)
    }
}

/// Holds the id of one call, the caller's own or ours: safe to log and to echo.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// Makes an id of our own from a random number: letters only, so that it can't be taken for a person's number.
    #[must_use]
    pub fn of_random(number: u128) -> Self {
        let mut letters = [0; 32];
        for (pair, byte) in letters.as_chunks_mut().0.iter_mut().zip(number.to_be_bytes()) {
            *pair = [b'a' + (byte >> 4), b'a' + (byte & 0xf)];
        }
        Self(std::str::from_utf8(&letters).unwrap_or_default().into())
    }

    /// Gives the id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RequestId {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        plain(text, 64, |byte| {
            byte.is_ascii_alphanumeric() || b"._-".contains(&byte)
        })
        .map(|text| Self(text.into()))
    }
}

/// Tells how the citizen came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Channel {
    /// Trực tiếp: at the counter.
    Counter,
    /// Trực tuyến: through the portal.
    Online,
    /// Online with an officer's help.
    Assisted,
    /// Qua dịch vụ bưu chính: by post.
    Post,
}

/// Names the work for which a person is looked up.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Context {
    /// The administrative procedure.
    pub procedure: ProcedureCode,
    /// The dossier.
    pub dossier: Dossier,
    /// How the citizen came.
    pub channel: Channel,
}
