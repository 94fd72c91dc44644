//! Are the officers who ask about one number counted as what they are?

use jiff::civil::date;

use super::*;
use crate::sealing::{Label, MasterSecret, Pseudonyms};

fn hash(officer: u64) -> Pseudonym {
    let secret = MasterSecret::new(&[7; 32]).unwrap();
    Pseudonyms::new(&secret, Label::Limits)
        .unwrap()
        .of(&officer.to_string())
}

fn today() -> Day {
    date(2026, 8, 22)
}

fn enter(officers: &mut Officers, officer: u64) -> Result<(), TooMany> {
    officers.enter(officer, today(), 2, None, |_| Some(hash(officer)))
}

#[test]
fn who_has_asked_may_ask_again_and_one_too_many_may_not_until_tomorrow() {
    let mut officers = Officers::default();
    for officer in [1, 2, 1, 2] {
        assert_eq!(enter(&mut officers, officer), Ok(()));
    }
    assert_eq!(enter(&mut officers, 3), Err(TooMany));
    let tomorrow = date(2026, 8, 23);
    assert_eq!(officers.enter(3, tomorrow, 2, None, |_| None), Ok(()));
    assert_eq!(
        officers.enter(4, today(), 2, None, |_| None),
        Ok(()),
        "the clock was set back"
    );
    assert_eq!(officers.enter(5, today(), 2, None, |_| None), Err(TooMany));
    assert_eq!(officers.day(), tomorrow);
}

#[test]
fn a_call_given_back_counts_for_nobody_but_leaves_those_that_went_on() {
    let mut officers = Officers::default();
    for officer in [1, 1, 2] {
        enter(&mut officers, officer).unwrap();
    }
    officers.leave(2, today());
    officers.leave(1, today());
    assert_eq!(enter(&mut officers, 3), Ok(()));
    assert_eq!(enter(&mut officers, 2), Err(TooMany), "the first still stands");
    officers.leave(1, date(2026, 8, 21));
    assert_eq!(enter(&mut officers, 2), Err(TooMany), "that was another day");
}

#[test]
fn officers_of_other_gateways_count_once() {
    let mut officers = Officers::default();
    enter(&mut officers, 1).unwrap();
    assert_eq!(officers.tell(), [1]);
    officers.hear(today(), vec![hash(2), hash(1)], hash);
    assert!(officers.tell().is_empty());
    assert_eq!(enter(&mut officers, 3), Err(TooMany));
    assert_eq!(
        enter(&mut officers, 2),
        Ok(()),
        "the same officer, now through this gateway"
    );
    assert!(officers.tell().is_empty(), "of whom the others know");
    officers.leave(1, today());
    assert_eq!(enter(&mut officers, 3), Err(TooMany), "what was told stays");
    officers.hear(date(2026, 8, 21), Vec::new(), hash);
    assert_eq!(enter(&mut officers, 3), Err(TooMany), "an answer about yesterday");
}

#[test]
fn gateways_that_cant_agree_divide_what_was_left() {
    let mut officers = Officers::default();
    let two = NonZeroU32::new(2);
    let mut enter = |officer| officers.enter(officer, today(), 5, two, |_| None);
    for officer in [1, 2, 3] {
        assert_eq!(enter(officer), Ok(()));
    }
    assert_eq!(enter(4), Err(TooMany), "half of five, rounded up");
}
