//! Is nothing answered from before a change, however it was asked and whenever it came?

use super::*;
use crate::domain::subject::Subject;
use crate::policy::tests::sample::{known, record, subject};
use crate::records::{Config, Held, Sharing};
use crate::sealing::{Label, MasterSecret, Names, Pseudonyms};
use jiff::Timestamp;
use uuid::Uuid;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn records() -> Records {
    let config = Config {
        capacity: 1_000,
        lifetime: Duration::from_secs(3_600),
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
    Arc::new(Held::new(record, NOW, "one-stop".parse().unwrap(), Uuid::max()))
}

fn pin(digits: &str) -> IdNumber {
    IdNumber::Pin(digits.parse().unwrap())
}

/// Brings a record from the registry as a look-up does.
fn bring(records: &Records, subject: &Subject, sharing: Sharing<'_>, begun: Moment) -> bool {
    let (key, held) = (records.key(subject, sharing), held(record()));
    records.keep(&key, &held);
    records.follow(&key, &held.record, begun)
}

fn is_held(records: &Records, subject: &Subject, sharing: Sharing<'_>) -> bool {
    records.find(&records.key(subject, sharing)).is_some()
}

fn absent(records: &Records, subject: &Subject, begun: Moment) -> bool {
    let key = records.key(subject, Sharing::Shared);
    let others = records.other_numbers(&subject.number);
    records.keep_absent(&key, NOW);
    records.follow_nobody(&key, &subject.number, &others, begun)
}

#[test]
fn a_change_lets_go_of_every_name_and_scope() {
    let records = records();
    let (own, old) = (
        Sharing::Within("1.004222"),
        subject("999000001", "NGUYỄN THỊ MẪU", "1990-04-12"),
    );
    let corrected = subject("100190000001", "NGUYỄN THỊ MẬU", "1990-04-12");
    let begun = records.moment();
    for (subject, sharing) in [
        (known(), Sharing::Shared),
        (known(), own),
        (old.clone(), Sharing::Shared),
    ] {
        assert!(bring(&records, &subject, sharing, begun));
    }
    assert!(absent(&records, &corrected, begun));
    records.forget_person(&[pin("100190000001")]);
    assert!(!is_held(&records, &known(), Sharing::Shared));
    assert!(!is_held(&records, &known(), own));
    assert!(!is_held(&records, &old, Sharing::Shared));
    let key = records.key(&corrected, Sharing::Shared);
    assert_eq!(
        records.absent_since(&key, NOW),
        None,
        "a corrected name is asked for at once"
    );
}

#[test]
fn another_person_stays() {
    let records = records();
    assert!(bring(&records, &known(), Sharing::Shared, records.moment()));
    records.forget_person(&[pin("100190000002")]);
    assert!(is_held(&records, &known(), Sharing::Shared));
}

#[test]
fn a_look_up_that_a_change_overtook_leaves_nothing() {
    let records = records();
    let begun = records.moment();
    records.forget_person(&[pin("100190000002")]);
    assert!(
        bring(&records, &known(), Sharing::Shared, begun),
        "somebody else's change"
    );
    records.forget_person(&[pin("100190000001")]);
    assert!(!bring(&records, &known(), Sharing::Shared, begun));
    assert!(!is_held(&records, &known(), Sharing::Shared));
    assert!(!records.is_current(&record(), begun));
    assert!(!absent(&records, &known(), begun));
    assert!(
        bring(&records, &known(), Sharing::Shared, records.moment()),
        "asked after the change"
    );
}

#[test]
fn a_number_that_was_replaced_lets_go_of_its_successor_s_record() {
    let records = records();
    let mut replaced = record();
    replaced.cancelled_numbers = ["100190000009".parse().unwrap()].into();
    let (key, held) = (records.key(&known(), Sharing::Shared), held(replaced));
    records.keep(&key, &held);
    assert!(records.follow(&key, &held.record, records.moment()));
    records.forget_person(&[pin("100190000009")]);
    assert!(!is_held(&records, &known(), Sharing::Shared));
}

#[test]
fn who_is_held_under_an_old_number_alone_is_found_after_any_sweep() {
    let records = records();
    let old = subject("999000001", "NGUYỄN THỊ MẪU", "1990-04-12");
    assert!(bring(&records, &old, Sharing::Shared, records.moment()));
    for _ in 0..256 {
        records.trim();
    }
    assert!(is_held(&records, &old, Sharing::Shared));
    records.forget_person(&[pin("100190000001")]);
    assert!(!is_held(&records, &old, Sharing::Shared));
}

#[test]
fn nobody_found_by_an_old_number_ends_with_a_change_of_the_number_in_force() {
    let records = records();
    let old = subject("999000001", "NGUYỄN THỊ MẪU", "1990-04-12");
    assert!(bring(&records, &old, Sharing::Shared, records.moment()));
    // As a look-up does that finds nobody where somebody was held.
    let (key, others) = (
        records.key(&old, Sharing::Shared),
        records.other_numbers(&old.number),
    );
    records.forget(&key);
    records.keep_absent(&key, NOW);
    assert!(records.follow_nobody(&key, &old.number, &others, records.moment()));
    assert!(records.absent_since(&key, NOW).is_some());
    records.forget_person(&[pin("100190000001")]);
    assert_eq!(records.absent_since(&key, NOW), None);
}

#[test]
fn what_is_brought_after_everybody_was_let_go_of_is_followed() {
    let records = records();
    let (old, begun) = (
        subject("999000001", "NGUYỄN THỊ MẪU", "1990-04-12"),
        records.moment(),
    );
    assert!(bring(&records, &old, Sharing::Shared, begun));
    records.forget_everybody();
    assert!(!is_held(&records, &old, Sharing::Shared));
    assert!(!bring(&records, &old, Sharing::Shared, begun));
    assert!(bring(&records, &old, Sharing::Shared, records.moment()));
    records.forget_person(&[pin("100190000001")]);
    assert!(!is_held(&records, &old, Sharing::Shared));
}

#[test]
fn beyond_what_is_remembered_every_look_up_counts_as_overtaken() {
    let records = records();
    let begun = records.moment();
    for _ in 0..=REMEMBERED {
        records.forget_person(&[pin("100190000002")]);
    }
    assert!(!bring(&records, &known(), Sharing::Shared, begun));
}

#[test]
fn no_name_is_held_that_isn_t_followed() {
    let records = records();
    let begun = records.moment();
    let names: Vec<_> = (0..=MOST_NAMES)
        .map(|number| {
            subject(
                "100190000001",
                &format!("NGUYỄN THỊ {}", "A".repeat(number + 1)),
                "1990",
            )
        })
        .collect();
    for name in &names {
        assert!(absent(&records, name, begun));
    }
    let is_absent = |name: &Subject| {
        records
            .absent_since(&records.key(name, Sharing::Shared), NOW)
            .is_some()
    };
    assert!(!is_absent(&names[0]));
    assert!(names[1..].iter().all(is_absent));
}
