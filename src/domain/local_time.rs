//! What time is it in Viet Nam, and how is that written?
//!
//! Official time is +07:00 the whole year, everywhere in the country. Times stand in every audit row and every answer, so
//! the usual ones are written digit by digit; years that need more or fewer than four digits go to the library, whose
//! form (RFC 3339) is the same.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::fmt::temporal::DateTimePrinter;
use jiff::tz::Offset;

/// Viet Nam's time, without summer time since 1975.
pub const VIET_NAM: Offset = Offset::constant(7);

/// Room for `2026-11-22T00:30:00.123456+07:00`.
const USUAL_LENGTH: usize = 32;

/// Gives the calendar day in Viet Nam.
#[must_use]
pub fn day(time: Timestamp) -> Date {
    VIET_NAM.to_datetime(time).date()
}

/// Writes a time with six decimals.
pub fn push_microseconds(text: &mut String, time: Timestamp) {
    let local = VIET_NAM.to_datetime(time);
    if is_usual(local) {
        push_second(text, local);
        text.push('.');
        push_digits(text, fraction(local, 1_000), 6);
        text.push_str("+07:00");
    } else {
        let printer = DateTimePrinter::new().precision(Some(6));
        text.push_str(&printer.timestamp_with_offset_to_string(&time, VIET_NAM));
    }
}

/// Writes a time to the millisecond, with no more decimals than it needs.
pub fn push_milliseconds(text: &mut String, time: Timestamp) {
    let local = VIET_NAM.to_datetime(time);
    if !is_usual(local) {
        let time = Timestamp::from_millisecond(time.as_millisecond()).unwrap_or(time);
        text.push_str(&DateTimePrinter::new().timestamp_with_offset_to_string(&time, VIET_NAM));
        return;
    }
    push_second(text, local);
    match fraction(local, 1_000_000) {
        0 => {}
        thousandths if thousandths.is_multiple_of(100) => {
            text.push('.');
            push_digits(text, thousandths / 100, 1);
        }
        thousandths if thousandths.is_multiple_of(10) => {
            text.push('.');
            push_digits(text, thousandths / 10, 2);
        }
        thousandths => {
            text.push('.');
            push_digits(text, thousandths, 3);
        }
    }
    text.push_str("+07:00");
}

/// Gives a time as it is written to the millisecond.
#[must_use]
pub fn written(time: Timestamp) -> String {
    let mut text = String::with_capacity(USUAL_LENGTH);
    push_milliseconds(&mut text, time);
    text
}

fn is_usual(local: DateTime) -> bool {
    (1970..=9999).contains(&local.year())
}

fn push_second(text: &mut String, local: DateTime) {
    let two = |text: &mut String, before: char, part: i8| {
        text.push(before);
        push_digits(text, u32::from(part.unsigned_abs()), 2);
    };
    push_digits(text, u32::from(local.year().unsigned_abs()), 4);
    two(text, '-', local.month());
    two(text, '-', local.day());
    two(text, 'T', local.hour());
    two(text, ':', local.minute());
    two(text, ':', local.second());
}

fn fraction(local: DateTime, nanoseconds: u32) -> u32 {
    local.subsec_nanosecond().unsigned_abs() / nanoseconds
}

fn push_digits(text: &mut String, number: u32, count: u32) {
    for place in (0..count).rev() {
        let digit = number / 10_u32.pow(place) % 10;
        text.push(char::from_digit(digit, 10).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests;
