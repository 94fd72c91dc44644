use jiff::Timestamp;

use super::*;
use crate::domain::record::Status;

fn person(pin: &str, name: &str, born: &str) -> Record {
    Record {
        pin: pin.parse().unwrap(),
        old_id_number: Some("999000001".parse().unwrap()),
        cancelled_numbers: ["100190000101".parse().unwrap()].into(),
        full_name: name.parse().unwrap(),
        date_of_birth: born.parse().unwrap(),
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
        as_of: Timestamp::UNIX_EPOCH,
    }
}

fn query(number: IdNumber, born: &str) -> Query {
    Query {
        form: "plain",
        number,
        full_name: "nguyen thi mau".parse().unwrap(),
        name_form: NameForm::Upper,
        date_of_birth: born.parse().unwrap(),
    }
}

fn by_pin(pin: &str) -> IdNumber {
    IdNumber::Pin(pin.parse().unwrap())
}

fn mau() -> Record {
    person("100190000001", "NGUYỄN THỊ MẪU", "1990-04-12")
}

fn other() -> Record {
    person("100190000002", "NGUYỄN THỊ MẪU", "1990-04-13")
}

#[test]
fn takes_one_alone_and_nobody_as_they_are() {
    let query = query(by_pin("100190000009"), "1990");
    assert_eq!(choose(vec![], &query), Ok(None));
    assert_eq!(choose(vec![mau()], &query), Ok(Some(mau())));
}

#[test]
fn finds_the_person_meant_by_any_of_the_numbers() {
    for number in [
        by_pin("100190000001"),
        by_pin("100190000101"),
        IdNumber::Old("999000001".parse().unwrap()),
    ] {
        let query = query(number, "1990-04-12");
        assert_eq!(choose(vec![other(), mau()], &query), Ok(Some(mau())));
    }
}

#[test]
fn takes_nobody_where_none_fits() {
    let by_number = query(by_pin("100190000009"), "1990-04-12");
    assert_eq!(choose(vec![mau(), other()], &by_number), Ok(None));
    let by_date = query(by_pin("100190000001"), "1991");
    assert_eq!(choose(vec![mau(), other()], &by_date), Ok(None));
    let named = person("100190000001", "TRẦN VĂN MẪU", "1990-04-12");
    let by_name = query(by_pin("100190000001"), "1990-04-12");
    assert_eq!(choose(vec![named, other()], &by_name), Ok(None));
}

#[test]
fn guesses_between_nobody() {
    let query = query(IdNumber::Old("999000001".parse().unwrap()), "1990");
    assert!(matches!(
        choose(vec![mau(), other()], &query),
        Err(Failure::Protocol(_))
    ));
}

#[test]
fn dates_agree_as_far_as_both_are_known() {
    let agree = |one: &str, other: &str| may_be_same(&one.parse().unwrap(), &other.parse().unwrap());
    assert!(agree("1990-04-12", "1990-04-12") && !agree("1990-04-12", "1990-04-13"));
    assert!(agree("1990-04-12", "1990-04") && !agree("1990-05-12", "1990-04"));
    assert!(agree("1990", "1990-04-12") && !agree("1990", "1991-04-12"));
}
