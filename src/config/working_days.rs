//! On which days are offices open, as the calendar's file has it?
//!
//! Reads `checks.working_days_file`, or the calendar that is compiled in. Every mistake of the file comes together; whether
//! what it says is possible is for `checks::working_time`.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, Time, Weekday};
use serde::Deserialize;

use super::catalogue::one_line;
use super::reader::Reader;
use crate::checks::working_time::{Calendar, Opening, Year};

const SHIPPED: &str = include_str!("../../config/working-days.toml");

/// The most days that one entry of `days_off` may span.
const LONGEST: usize = 31;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    office_hours: Vec<Span>,
    weekly_rest: Vec<String>,
    #[serde(default)]
    year: Vec<Announced>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Span {
    from: String,
    to: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Announced {
    year: i16,
    days_off: Vec<Off>,
    #[serde(default)]
    days_worked: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Off {
    from: String,
    to: String,
    #[expect(dead_code, reason = "for who reads the file")]
    name: String,
    #[serde(default)]
    provisional: bool,
}

/// Reads the calendar.
pub fn read(reader: &mut Reader) -> Option<Calendar> {
    let key = "checks.working_days_file";
    let (name, text) = match reader.optional_path(key) {
        None => ("working-days.toml".to_owned(), SHIPPED.to_owned()),
        Some(path) => match std::fs::read_to_string(&path) {
            Ok(text) => (path.display().to_string(), text),
            Err(error) => {
                reader.mistake(key, format!("{}: {}", path.display(), error.kind()));
                return None;
            }
        },
    };
    let file: File = match toml::from_str(&text) {
        Ok(file) => file,
        Err(error) => {
            reader.mistake(&name, one_line(&error, &text));
            return None;
        }
    };
    Part { reader, at: &name }.calendar(file)
}

struct Part<'r> {
    reader: &'r mut Reader,
    at: &'r str,
}

impl Part<'_> {
    fn calendar(&mut self, file: File) -> Option<Calendar> {
        let hours: Vec<_> = file.office_hours.iter().map(|span| self.opening(span)).collect();
        let rest: Vec<_> = file.weekly_rest.iter().map(|name| self.weekday(name)).collect();
        let mut years = BTreeMap::new();
        let mut is_whole = true;
        for announced in file.year {
            let number = announced.year;
            let Some(year) = self.year(announced) else {
                is_whole = false;
                continue;
            };
            if years.insert(number, year).is_some() {
                self.mistake(&format!("year {number}"), "stands twice");
                is_whole = false;
            }
        }
        let (hours, rest): (Option<Vec<_>>, Option<Vec<_>>) =
            (hours.into_iter().collect(), rest.into_iter().collect());
        let (hours, rest) = (hours?, rest?);
        let made = Calendar::new(hours, rest, years).map_err(|found| {
            for contradiction in found {
                self.reader.mistake(self.at, contradiction.to_string());
            }
        });
        made.ok().filter(|_| is_whole)
    }

    fn mistake(&mut self, member: &str, what: &str) {
        self.reader.mistake(&format!("{}: {member}", self.at), what);
    }

    fn opening(&mut self, span: &Span) -> Option<Opening> {
        let (from, to): (Result<Time, _>, Result<Time, _>) = (span.from.parse(), span.to.parse());
        let opening = from.ok().zip(to.ok()).map(|(from, to)| Opening { from, to });
        if opening.is_none() {
            self.mistake("office_hours", "must be times such as 07:30");
        }
        opening
    }

    fn weekday(&mut self, name: &str) -> Option<Weekday> {
        let day = Weekday::Monday
            .cycle_forward()
            .take(WEEK.len())
            .zip(WEEK)
            .find_map(|(day, known)| (known == name).then_some(day));
        if day.is_none() {
            self.mistake("weekly_rest", "must be days such as saturday");
        }
        day
    }

    fn year(&mut self, announced: Announced) -> Option<Year> {
        let member = format!("year {}", announced.year);
        let mut days_off = Some(BTreeSet::new());
        for off in &announced.days_off {
            let days = self.days(&member, off);
            days_off = days_off.zip(days).map(|(mut all, days)| {
                all.extend(days);
                all
            });
        }
        let worked: Vec<_> = announced
            .days_worked
            .iter()
            .map(|text| self.day(&member, text))
            .collect();
        Some(Year {
            is_provisional: announced.days_off.iter().any(|off| off.provisional),
            days_off: days_off?,
            days_worked: worked.into_iter().collect::<Option<_>>()?,
        })
    }

    fn days(&mut self, member: &str, off: &Off) -> Option<Vec<Date>> {
        let (from, to) = (self.day(member, &off.from), self.day(member, &off.to));
        let (from, to) = (from?, to?);
        let days: Vec<Date> = std::iter::successors(Some(from), |day| day.tomorrow().ok())
            .take_while(|day| *day <= to)
            .take(LONGEST.saturating_add(1))
            .collect();
        if days.is_empty() || days.len() > LONGEST {
            self.mistake(
                member,
                "days_off must end on or after its first day, and within a month",
            );
            return None;
        }
        Some(days)
    }

    fn day(&mut self, member: &str, text: &str) -> Option<Date> {
        let day = text.parse().ok();
        if day.is_none() {
            self.mistake(member, "days must be written like 2026-02-16");
        }
        day
    }
}

const WEEK: [&str; 7] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

#[cfg(test)]
mod tests;
