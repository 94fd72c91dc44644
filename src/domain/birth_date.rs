//! How exactly is a birth date known?
//!
//! Older people are held by year, some by year and month; a form that demands a full date makes them unfindable. So a
//! birth date keeps the precision it was given in, and nothing ever fills in the first of January.
//! Dates print as `***`: a birth date is personal.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;

/// The earliest birth year that can be meant.
pub const EARLIEST_YEAR: i16 = 1870;

/// Says why a text is no birth date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// The text isn't `YYYY-MM-DD`, `YYYY-MM` or `YYYY`, or names no day of the calendar.
    #[error("not a date of the form YYYY-MM-DD, YYYY-MM or YYYY")]
    Format,
    /// The year can't be that of a living or recently dead person.
    #[error("out of range")]
    Range,
}

/// Holds a birth date in the precision in which it is known.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum BirthDate {
    /// Day, month and year.
    Day(Date),
    /// Month and year.
    Month {
        /// The year.
        year: i16,
        /// The month, 1–12.
        month: i8,
    },
    /// The year alone.
    Year(i16),
}

impl BirthDate {
    /// Gives the year, which is always known.
    #[must_use]
    pub fn year(&self) -> i16 {
        match self {
            Self::Day(date) => date.year(),
            Self::Month { year, .. } | Self::Year(year) => *year,
        }
    }

    /// Gives the month where it is known.
    #[must_use]
    pub fn month(&self) -> Option<i8> {
        match self {
            Self::Day(date) => Some(date.month()),
            Self::Month { month, .. } => Some(*month),
            Self::Year(_) => None,
        }
    }

    /// Tells whether even the earliest day meant lies after `today`.
    #[must_use]
    pub fn is_after(&self, today: Date) -> bool {
        let earliest = (self.year(), self.month().unwrap_or(1));
        match self {
            Self::Day(date) => *date > today,
            Self::Month { .. } | Self::Year(_) => earliest > (today.year(), today.month()),
        }
    }

    /// Writes the date in the API's form, for the wire and for keyed hashes only.
    #[must_use]
    pub fn expose(&self) -> String {
        match self {
            Self::Day(date) => date.to_string(),
            Self::Month { year, month } => format!("{year:04}-{month:02}"),
            Self::Year(year) => format!("{year:04}"),
        }
    }
}

fn number(text: &str, length: usize) -> Result<i16, Malformed> {
    if text.len() != length || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Malformed::Format);
    }
    text.parse().map_err(|_| Malformed::Format)
}

impl FromStr for BirthDate {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let mut parts = text.split('-');
        let year = number(parts.next().unwrap_or_default(), 4)?;
        let month = parts.next().map(|part| number(part, 2)).transpose()?;
        let day = parts.next().map(|part| number(part, 2)).transpose()?;
        if parts.next().is_some() {
            return Err(Malformed::Format);
        }
        let month = month
            .map(i8::try_from)
            .transpose()
            .map_err(|_| Malformed::Format)?;
        let day = day.map(i8::try_from).transpose().map_err(|_| Malformed::Format)?;
        let date = match (month, day) {
            (None, _) => Self::Year(year),
            (Some(month), None) if (1..=12).contains(&month) => Self::Month { year, month },
            (Some(_), None) => return Err(Malformed::Format),
            (Some(month), Some(day)) => {
                Self::Day(Date::new(year, month, day).map_err(|_| Malformed::Format)?)
            }
        };
        if year < EARLIEST_YEAR {
            Err(Malformed::Range)
        } else {
            Ok(date)
        }
    }
}

impl fmt::Debug for BirthDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BirthDate(***)")
    }
}

#[cfg(test)]
mod tests;
