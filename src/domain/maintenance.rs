//! What do operators tell callers while the registry may not be asked?
//!
//! A notice is in force until its end, where it has one, and until it is taken down in any case. Its message goes into public
//! answers and outlives them, so it is one short line in each language, and nothing that may be a person's number.

use std::str::FromStr;

use jiff::Timestamp;

use super::context::Malformed;
use super::operator::line;

/// Is one line of text for everybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words(Box<str>);

impl Words {
    /// Gives the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Words {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        Ok(Self(line(text)?.into()))
    }
}

/// Is what callers read; those who read English are told the usual where it isn't written for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// In Vietnamese.
    pub vi: Words,
    /// In English.
    pub en: Option<Words>,
}

/// Says that the registry may not be asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notice {
    /// What callers read in the place of the usual.
    pub message: Option<Message>,
    /// When it is over by itself.
    pub until: Option<Timestamp>,
}

impl Notice {
    /// Tells whether it holds at a time.
    #[must_use]
    pub fn holds(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

#[cfg(test)]
mod tests;
