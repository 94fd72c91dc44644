//! Does a record answer the triples that the register has answered, for as long as that counts?

use super::*;
use crate::sealing::{Label, MasterSecret, Names};

const DAY: Duration = Duration::from_secs(86_400);

fn triple(text: &str) -> Pseudonym {
    let secret = MasterSecret::new(&[7; 32]).unwrap();
    Names::new(&secret, Label::Cache).unwrap().of(&[text])
}

fn at(hour: i64) -> Timestamp {
    Timestamp::from_second(1_787_000_000 + 3_600 * hour).unwrap()
}

#[test]
fn holds_what_was_added_until_it_is_removed() {
    let triples = Triples::default();
    let [one, two, three] = ["one", "two", "three"].map(triple);
    for added in [one, two, one] {
        triples.add(added, at(0));
    }
    assert!(triples.hold(&one) && triples.hold(&two) && !triples.hold(&three));
    triples.remove(&one);
    assert!(!triples.hold(&one) && triples.hold(&two));
    triples.remove(&two);
    assert!(!triples.hold(&two));
}

#[test]
fn takes_over_what_the_register_has_answered_in_this_lifetime() {
    let (first, second, third) = (Triples::default(), Triples::default(), Triples::default());
    let [one, two, three] = ["one", "two", "three"].map(triple);
    first.add(one, at(0));
    second.add_those_of(&first, at(0), at(23), DAY);
    second.add(two, at(23));
    assert!(second.hold(&one) && second.hold(&two));
    third.add_those_of(&second, at(23), at(24), DAY);
    third.add(three, at(24));
    assert!(!third.hold(&one), "a day ago, whatever was asked since");
    assert!(third.hold(&two) && third.hold(&three));
}

#[test]
fn of_too_many_the_oldest_is_forgotten() {
    let triples = Triples::default();
    let all: Vec<_> = (0..MOST_NAMES + 2).map(|at| triple(&at.to_string())).collect();
    for added in &all {
        triples.add(*added, at(0));
    }
    assert!(!triples.hold(&all[0]));
    assert!(all[1..].iter().all(|kept| triples.hold(kept)));
}
