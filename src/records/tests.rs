//! Is what was kept found again by who may share it, and by nobody else?

use super::*;
use crate::policy::tests::sample::{known, record, subject};
use crate::sealing::{Label, MasterSecret};

const HOUR: Duration = Duration::from_secs(3_600);

fn records() -> Records {
    let config = Config {
        capacity: 1_000,
        lifetime: 24 * HOUR,
        absent_lifetime: Duration::from_secs(30),
        second_level: false,
    };
    let secret = MasterSecret::new(&[7; 32]).unwrap();
    Records::new(
        config,
        Names::new(&secret, Label::Cache).unwrap(),
        Pseudonyms::new(&secret, Label::Cache).unwrap(),
    )
}

fn held(record: Record) -> Arc<Held> {
    Arc::new(Held::new(record, at(0), "one-stop".parse().unwrap(), Uuid::max()))
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_787_000_000 + second).unwrap()
}

fn pin(digits: &str) -> Pin {
    digits.parse().unwrap()
}

fn number(digits: &str) -> IdNumber {
    subject(digits, "A", "1990").number
}

#[test]
fn a_record_is_found_by_its_number_and_its_scope() {
    let records = records();
    let own = Sharing::Within("1.004222");
    let kept = held(record());
    records.keep(&records.key(&known(), Sharing::Shared), &kept);
    let found = |subject: &Subject, sharing| {
        let found = records.find(&records.key(subject, sharing));
        found.is_some_and(|found| Arc::ptr_eq(&found, &kept))
    };
    let other_name = subject("100190000001", "TRẦN VĂN KHÁC", "1991");
    let other_number = subject("100190000002", "NGUYỄN THỊ MẪU", "1990-04-12");
    assert!(found(&known(), Sharing::Shared));
    assert!(
        !found(&other_name, Sharing::Shared),
        "the register hasn't been asked by this name yet"
    );
    records.keep(&records.key(&other_name, Sharing::Shared), &kept);
    assert!(
        found(&other_name, Sharing::Shared),
        "whether the name fits is for the caller to see"
    );
    assert!(found(&known(), Sharing::Shared), "the first name is still good");
    assert!(!found(&other_number, Sharing::Shared));
    assert!(
        !found(&known(), own),
        "a procedure that doesn't share has records of its own"
    );
    records.keep(&records.key(&known(), own), &kept);
    assert!(found(&known(), own));
    assert!(!found(&known(), Sharing::Within("1.004194")));
}

#[test]
fn what_is_fetched_anew_answers_every_name_that_the_register_has_answered() {
    let records = records();
    let by = |name| records.key(&subject("100190000001", name, "1990-04-12"), Sharing::Shared);
    let [first, second] = [by("NGUYỄN THỊ MẪU"), by("NGUYỄN THỊ MẬN")];
    records.keep(&first, &held(record()));
    let anew = held(record());
    records.keep(&second, &anew);
    for key in [&first, &second] {
        assert!(records.find(key).is_some_and(|found| Arc::ptr_eq(&found, &anew)));
    }
    records.keep_absent(&first, at(1));
    assert!(records.find(&first).is_none(), "answered with nobody since");
    assert!(records.find(&second).is_some());
}

#[test]
fn who_is_held_under_the_number_in_force_alone_has_no_links() {
    let records = records();
    let plain = Record {
        old_id_number: None,
        cancelled_numbers: Box::default(),
        ..record()
    };
    let person = records.alias(&number("100190000001"));
    records.keep(&records.key(&known(), Sharing::Shared), &held(plain.clone()));
    assert!(records.links.of(&person).is_empty());
    records.keep(&records.key(&known(), Sharing::Within("1.004222")), &held(plain));
    assert_eq!(records.links.of(&person).len(), 1);
}

#[test]
fn what_is_forgotten_is_gone_from_its_own_scope_alone() {
    let records = records();
    let [shared, own] = [Sharing::Shared, Sharing::Within("1.004222")].map(|it| records.key(&known(), it));
    for key in [&shared, &own] {
        records.keep(key, &held(record()));
    }
    records.forget(&shared);
    assert!(records.find(&shared).is_none());
    assert!(records.find(&own).is_some());
}

#[test]
fn keys_differ_by_scope_number_name_and_birth_date_but_not_by_writing() {
    let records = records();
    let key = |number, name, born, sharing| records.key(&subject(number, name, born), sharing);
    let plain = records.key(&known(), Sharing::Shared);
    let (pin, name, born) = ("100190000001", "NGUYỄN THỊ MẪU", "1990-04-12");
    let table = [
        (
            "another number",
            key("100190000002", name, born, Sharing::Shared),
            false,
            false,
        ),
        (
            "an old number",
            key("999000001", name, born, Sharing::Shared),
            false,
            false,
        ),
        (
            "another name",
            key(pin, "NGUYỄN THỊ MẬN", born, Sharing::Shared),
            true,
            false,
        ),
        (
            "another day",
            key(pin, name, "1990-04-13", Sharing::Shared),
            true,
            false,
        ),
        (
            "another precision",
            key(pin, name, "1990-04", Sharing::Shared),
            true,
            false,
        ),
        (
            "a procedure of its own",
            key(pin, name, born, Sharing::Within("1.004222")),
            false,
            false,
        ),
        (
            "another case",
            key(pin, "Nguyễn Thị Mẫu", born, Sharing::Shared),
            true,
            true,
        ),
    ];
    for (why, other, same_number, same_triple) in table {
        assert_eq!(other.number == plain.number, same_number, "{why}: number");
        assert_eq!(other.triple == plain.triple, same_triple, "{why}: triple");
    }
    assert_ne!(plain.number, plain.triple);
}

#[test]
fn nothing_readable_stands_in_a_key() {
    let text = format!("{:?}", records().key(&known(), Sharing::Shared));
    for personal in ["100190000001", "NGUYỄN", "nguyen", "mau", "1990"] {
        assert!(!text.to_lowercase().contains(personal), "{personal}");
    }
}

#[test]
fn another_secret_makes_other_keys() {
    let other = MasterSecret::new(&[8; 32]).unwrap();
    let config = Config {
        capacity: 1,
        lifetime: HOUR,
        absent_lifetime: HOUR,
        second_level: false,
    };
    let others = Records::new(
        config,
        Names::new(&other, Label::Cache).unwrap(),
        Pseudonyms::new(&other, Label::Cache).unwrap(),
    );
    assert_ne!(
        records().key(&known(), Sharing::Shared),
        others.key(&known(), Sharing::Shared)
    );
}

#[test]
fn nobody_is_remembered_for_a_short_while_and_for_the_whole_triple() {
    let records = records();
    let key = |name| records.key(&subject("100190000001", name, "1990-04-12"), Sharing::Shared);
    let wrong = key("NGUYỄN THỊ MẬN");
    records.keep_absent(&wrong, at(0));
    let table = [
        ("at once", at(0), Some(at(0))),
        ("just before it lapses", at(29), Some(at(0))),
        ("when it lapses", at(30), None),
        ("long after", at(86_400), None),
        ("the clock was set back", at(-5), Some(at(0))),
    ];
    for (why, now, expected) in table {
        assert_eq!(records.absent_since(&wrong, now), expected, "{why}");
    }
    assert_eq!(
        records.absent_since(&key("NGUYỄN THỊ MẪU"), at(0)),
        None,
        "a corrected name is asked for"
    );
    assert!(records.find(&wrong).is_none());
}

#[test]
fn a_record_that_comes_ends_the_absence() {
    let records = records();
    let key = records.key(&known(), Sharing::Shared);
    records.keep_absent(&key, at(0));
    records.keep(&key, &held(record()));
    assert_eq!(records.absent_since(&key, at(1)), None);
}

#[test]
fn an_answer_teaches_the_other_numbers_of_its_person() {
    let records = records();
    let learnt = |digits: &str| {
        let numbers = records.other_numbers(&number(digits));
        (numbers.other, numbers.replacing)
    };
    assert_eq!(learnt("100190000001"), (None, None), "nothing is known before");
    records.keep(&records.key(&known(), Sharing::Shared), &held(record()));
    let (new, old) = (number("100190000001"), number("999000001"));
    let table = [
        ("the PIN", "100190000001", (Some(old), None)),
        ("the old number", "999000001", (Some(new), None)),
        (
            "the cancelled PIN",
            "100190000101",
            (Some(old), Some(pin("100190000001"))),
        ),
        ("a stranger", "100190000002", (None, None)),
    ];
    for (why, digits, expected) in table {
        assert_eq!(learnt(digits), expected, "{why}");
    }
    let without_old = Record {
        old_id_number: None,
        ..record()
    };
    records.keep(&records.key(&known(), Sharing::Shared), &held(without_old));
    assert_eq!(learnt("100190000001"), (None, None), "the latest answer counts");
}

#[test]
fn only_so_many_people_are_held() {
    let config = Config {
        capacity: 10,
        lifetime: HOUR,
        absent_lifetime: HOUR,
        second_level: false,
    };
    let secret = MasterSecret::new(&[7; 32]).unwrap();
    let records = Records::new(
        config,
        Names::new(&secret, Label::Cache).unwrap(),
        Pseudonyms::new(&secret, Label::Cache).unwrap(),
    );
    let kept = held(record());
    for person in 0..100 {
        let subject = subject(&format!("1001900{person:05}"), "A", "1990");
        records.keep(&records.key(&subject, Sharing::Shared), &kept);
    }
    records.trim();
    assert!(records.people_held() <= 10);
}
