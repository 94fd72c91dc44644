//! By what is an officer or a person recognised again?
//!
//! In this process, by their number as an integer, which hashes in a few nanoseconds and never leaves memory; between
//! gateways, by a keyed hash, so that who reads the meeting place learns nobody's number. The kinds of counters and the
//! clients are kept apart in both. An old number and a personal one are never the same key.

use crate::domain::client::ClientId;
use crate::domain::context::ProcedureCode;
use crate::domain::pin::{IdNumber, Pin};
use crate::sealing::{Pseudonym, Pseudonyms};

use super::calendar::Day;

/// Is somebody as one client names them: an officer of it, or a person it asks about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    /// The client's number in this process; nought for all clients together.
    pub client: u32,
    /// The digits.
    pub number: u64,
}

/// Keeps the numbers of old cards apart from personal numbers, which have twelve digits.
const OLD: u64 = 1_000_000_000_000;

/// Gives an officer's number.
pub fn of_officer(officer: &Pin) -> u64 {
    integer(officer.expose())
}

/// Gives the number of whoever is asked about.
pub fn of_number(number: &IdNumber) -> u64 {
    match number {
        IdNumber::Pin(pin) => integer(pin.expose()),
        IdNumber::Old(old) => OLD.saturating_add(integer(old.expose())),
    }
}

fn integer(digits: &str) -> u64 {
    digits.bytes().fold(0, |number: u64, digit| {
        number
            .wrapping_mul(10)
            .wrapping_add(u64::from(digit.wrapping_sub(b'0')))
    })
}

/// Is what a counter counts, for its name. A rate is named by its period too: debts of another rate say nothing of this one.
#[derive(Debug, Clone, Copy)]
pub enum Counted<'c> {
    /// An officer's calls.
    OfficerRate(u64, u64),
    /// An officer's failed guesses.
    OfficerGuesses(u64),
    /// Who asked about a number that day.
    Officers(u64, Day),
    /// Failed guesses about a number.
    PersonGuesses(u64),
    /// The client's calls.
    Rate(u64),
    /// The client's failed guesses.
    Guesses,
    /// The client's calls that day.
    Day(Day),
    /// The client's calls in the month that begins that day.
    Month(Day),
    /// Its calls for a procedure.
    ProcedureRate(&'c ProcedureCode, u64),
    /// Its calls for a procedure that day.
    ProcedureDay(&'c ProcedureCode, Day),
    /// Its calls for a procedure in the month that begins that day.
    ProcedureMonth(&'c ProcedureCode, Day),
}

/// Names a counter as all gateways do.
pub fn named(pseudonyms: &Pseudonyms, client: &ClientId, counted: Counted<'_>) -> Pseudonym {
    let (kind, about): (&[u8], String) = match counted {
        Counted::OfficerRate(number, period) => (b"officer-rate:", format!("{number}:{period}")),
        Counted::OfficerGuesses(number) => (b"officer-guesses:", number.to_string()),
        Counted::Officers(number, day) => (b"officers:", format!("{number}:{day}")),
        Counted::PersonGuesses(number) => (b"person-guesses:", number.to_string()),
        Counted::Rate(period) => (b"rate:", period.to_string()),
        Counted::Guesses => (b"guesses:", String::new()),
        Counted::Day(day) => (b"day:", day.to_string()),
        Counted::Month(first) => (b"month:", first.to_string()),
        Counted::ProcedureRate(code, period) => (b"procedure-rate:", format!("{code}:{period}")),
        Counted::ProcedureDay(code, day) => (b"procedure-day:", format!("{code}:{day}")),
        Counted::ProcedureMonth(code, first) => (b"procedure-month:", format!("{code}:{first}")),
    };
    // A client's id holds no colon, so no two names run together.
    pseudonyms.of_parts(&[kind, client.as_str().as_bytes(), b":", about.as_bytes()])
}

/// Stands for an officer among those who asked about one number, and nowhere else.
pub fn member(pseudonyms: &Pseudonyms, counter: &Pseudonym, officer: u64) -> Pseudonym {
    pseudonyms.of_parts(&[
        b"member:",
        counter.written().as_str().as_bytes(),
        b":",
        &officer.to_be_bytes(),
    ])
}
