//! The three identifying claims together, with the record that the other tests of matching use too.

use std::hint::black_box;

use super::*;
use crate::domain::birth_date::BirthDate;
use crate::domain::name::FullName;
use crate::domain::record::Status;

/// Gives the record of an invented person of whom little is held.
pub(super) fn record() -> Record {
    Record {
        pin: "100190000001".parse().unwrap(),
        old_id_number: Some("999000001".parse().unwrap()),
        cancelled_numbers: ["100190000101".parse().unwrap()].into(),
        full_name: FullName::held("NGUYỄN THỊ MẪU").unwrap(),
        date_of_birth: "1990-04-12".parse().unwrap(),
        sex: None,
        ethnicity: None,
        religion: None,
        nationality: None,
        marital_status: None,
        head_of_household: None,
        place_of_birth_registration: None,
        place_of_origin: None,
        permanent_residence: None,
        current_residence: None,
        temporary_residence: None,
        temporary_since: None,
        status: Status::Active,
        as_of: jiff::Timestamp::UNIX_EPOCH,
    }
}

fn subject(number: &str, name: &str, born: &str) -> Subject {
    let number = number
        .parse()
        .map(IdNumber::Pin)
        .unwrap_or_else(|_| IdNumber::Old(number.parse().unwrap()));
    Subject {
        number,
        full_name: name.parse().unwrap(),
        date_of_birth: born.parse().unwrap(),
    }
}

fn judged(number: &str, name: &str, born: &str) -> (&'static str, String) {
    let verdict = identity(&subject(number, name, born), &record());
    let kinds: Vec<_> = verdict.differences.iter().map(Difference::as_str).collect();
    (verdict.result.as_str(), kinds.join(" "))
}

#[test]
fn all_three_or_nothing() {
    let table = [
        ("100190000001", "NGUYỄN THỊ MẪU", "1990-04-12", "match", ""),
        ("100190000001", "Nguyễn Thị Mẫu", "1990-04-12", "match", "case"),
        ("100190000101", "Nguyễn Thị Mẫu", "1990-04-12", "match", "case"),
        ("999000001", "Nguyễn Thị Mẫu", "1990-04-12", "match", "case"),
        (
            "100190000001",
            "Nguyen Thi Mau",
            "1990-04-12",
            "close",
            "case diacritics",
        ),
        (
            "100190000001",
            "NGUYỄN THỊ MẪU",
            "1990",
            "close",
            "date_precision",
        ),
        (
            "100190000001",
            "Nguyen Thi Mau",
            "1990-04",
            "close",
            "case diacritics date_precision",
        ),
        ("100190000002", "NGUYỄN THỊ MẪU", "1990-04-12", "no_match", ""),
        ("999000002", "NGUYỄN THỊ MẪU", "1990-04-12", "no_match", ""),
        ("100190000001", "NGUYỄN THỊ MÂU", "1990-04-12", "no_match", ""),
        ("100190000001", "nguyễn thị mẫu", "1990-04-13", "no_match", ""),
        ("100190000001", "Nguyen Thi Mau", "1991", "no_match", ""),
    ];
    for (number, name, born, result, kinds) in table {
        assert_eq!(
            judged(number, name, born),
            (result, kinds.to_owned()),
            "{number} {name} {born}"
        );
    }
}

#[test]
fn a_birth_date_counts_as_far_as_both_know_it() {
    let table = [
        ("1990-04-12", "1990-04-12", IdentityResult::Match),
        ("1990-04", "1990-04", IdentityResult::Match),
        ("1950", "1950", IdentityResult::Match),
        ("1950", "1950-01-01", IdentityResult::Close),
        ("1950-01-01", "1950", IdentityResult::Close),
        ("1950-03", "1950", IdentityResult::Close),
        ("1990-04", "1990-04-12", IdentityResult::Close),
        ("1990-04-12", "1990-04", IdentityResult::Close),
        ("1990-05", "1990-04-12", IdentityResult::NoMatch),
        ("1990-04-12", "1990-12-04", IdentityResult::NoMatch),
        ("1990-04", "1990-05", IdentityResult::NoMatch),
        ("1950", "1951", IdentityResult::NoMatch),
        ("1951", "1950-01-01", IdentityResult::NoMatch),
    ];
    for (claimed, held, result) in table {
        let verdict = birth_date(claimed.parse().unwrap(), held.parse().unwrap());
        assert_eq!(verdict.result, result, "{claimed} / {held}");
        assert_eq!(verdict.differences.is_empty(), result != IdentityResult::Close);
    }
}

#[test]
fn differences_are_listed_in_the_contract_s_order() {
    let all: Differences = Difference::ALL.into_iter().rev().collect();
    assert!(all.iter().eq(Difference::ALL));
    assert_eq!(
        format!("{all:?}"),
        "{\"case\", \"spacing\", \"tone_position\", \"unicode_form\", \"diacritics\", \"i_y\", \"word_order\", \
         \"date_precision\", \"old_territory_code\", \"detail_text\"}"
    );
    assert!(Differences::default().is_empty());
}

/// Prints what one verdict costs; asserts nothing, since machines differ.
#[test]
#[expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a measurement is to be read by a person"
)]
fn what_a_verdict_costs() {
    let record = record();
    for name in [
        "NGUYỄN THỊ MẪU",
        "Nguyễn Thị Mẫu",
        "Nguyen Thi Mau",
        "Mẫu Nguyễn Thị",
        "Trần Văn Đức",
    ] {
        let subject = subject("100190000001", name, "1990-04-12");
        let rounds = 20_000_u32;
        let start = std::time::Instant::now();
        for _ in 0..rounds {
            black_box(identity(black_box(&subject), black_box(&record)));
        }
        println!("identity of {name}: {:?}", start.elapsed() / rounds);
        let start = std::time::Instant::now();
        for _ in 0..rounds {
            black_box(black_box(name).parse::<FullName>().is_ok());
        }
        println!("reading {name}: {:?}", start.elapsed() / rounds);
    }
    let _ = "1990".parse::<BirthDate>();
}
