use super::*;
use crate::sealing::{Label, MasterSecret, Pseudonyms};

fn person(name: &str) -> Pseudonym {
    let secret = MasterSecret::new(&[7; 32]).unwrap();
    Pseudonyms::new(&secret, Label::Cache).unwrap().of(name)
}

fn place(life: &str, number: u64) -> Heard {
    Heard {
        life: life.to_owned(),
        number,
    }
}

fn change(life: &str, number: u64, by: &str) -> Change {
    Change {
        heard: place(life, number),
        by: by.to_owned(),
        people: vec![person("somebody")],
    }
}

#[test]
fn what_comes_next_is_heard_and_a_gap_is_everybody() {
    let changed = || Some(Word::Changed(vec![person("somebody")]));
    let table = [
        (place("", 0), change("a", 1, "other"), changed()),
        (place("a", 1), change("a", 2, "other"), changed()),
        (place("a", 1), change("a", 2, "own"), None),
        // Told by ourselves, and stepped over already.
        (place("a", 2), change("a", 2, "own"), None),
        (place("a", 1), change("a", 3, "other"), Some(Word::Missed)),
        // Who told doesn't matter where something before it is missing.
        (place("a", 1), change("a", 3, "own"), Some(Word::Missed)),
        (place("", 0), change("a", 2, "other"), Some(Word::Missed)),
        (place("a", 1), change("b", 2, "other"), Some(Word::Missed)),
        (place("a", 7), change("b", 2, "other"), Some(Word::Missed)),
    ];
    for (place, change, word) in table {
        let told = format!("{place:?} {change:?}");
        assert_eq!(step(&place, change, "own"), word, "{told}");
    }
}

#[test]
fn a_stream_that_lost_its_memory_does_not_go_on() {
    let table = [
        (place("", 0), place("", 0), true),
        (place("", 0), place("a", 3), true),
        (place("a", 3), place("a", 3), true),
        (place("a", 3), place("a", 9), true),
        (place("a", 3), place("", 0), false),
        (place("a", 3), place("a", 2), false),
        (place("a", 3), place("b", 3), false),
        (place("a", 3), place("b", 9), false),
    ];
    for (own, last, expected) in table {
        assert_eq!(goes_on(&own, &last), expected, "{own:?} {last:?}");
    }
}

#[test]
fn only_what_a_gateway_wrote_is_read() {
    let people = format!("{} {}", person("one"), person("other"));
    let members = |texts: [&str; 6]| texts.map(str::to_owned);
    let sound = members(["life", "a", "by", "b", "people", &people]);
    assert_eq!(
        Change::read("17-0", &sound),
        Some(Change {
            heard: place("a", 17),
            by: "b".to_owned(),
            people: vec![person("one"), person("other")],
        })
    );
    assert_eq!(Change::read("17", &sound), None);
    assert_eq!(Change::read("x-0", &sound), None);
    assert_eq!(Change::read("17-0", &sound[..4]), None);
    for foreign in [
        members(["live", "a", "by", "b", "people", &people]),
        members(["life", "a", "by", "b", "people", "100190000001"]),
    ] {
        assert_eq!(Change::read("17-0", &foreign), None);
    }
}
