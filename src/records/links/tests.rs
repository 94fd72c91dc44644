//! Does every row lead to what is held, in its order, and go when nothing is?

use super::*;
use crate::sealing::{Label, MasterSecret};

fn name(text: &str) -> Pseudonym {
    let secret = MasterSecret::new(&[7; 32]).unwrap();
    crate::sealing::Names::new(&secret, Label::Cache)
        .unwrap()
        .of(&[text])
}

#[test]
fn a_person_leads_to_each_name_once_and_the_latest_stands_last() {
    let links = Links::default();
    let (person, [one, two]) = (name("person"), [name("one"), name("two")]);
    for added in [one, two, two, one] {
        assert_eq!(links.add(person, added), None);
    }
    assert_eq!(links.of(&person), [two, one]);
    assert!(links.of(&one).is_empty());
    assert_eq!(links.remove(&person), [two, one]);
    assert!(links.of(&person).is_empty());
}

#[test]
fn who_is_held_under_too_many_names_loses_the_oldest() {
    let links = Links::default();
    let person = name("person");
    let names: Vec<_> = (0..=MOST_NAMES).map(|at| name(&at.to_string())).collect();
    let dropped: Vec<_> = names.iter().filter_map(|name| links.add(person, *name)).collect();
    assert_eq!(dropped, [names[0]]);
    assert_eq!(links.of(&person), names[1..]);
}

#[test]
fn a_row_goes_when_nothing_is_held_any_more_where_it_leads() {
    let links = Links::default();
    let [held, gone] = [name("held"), name("gone")];
    for (person, added) in [("both", held), ("both", gone), ("one", held), ("none", gone)] {
        assert_eq!(links.add(name(person), added), None);
    }
    for _ in 0..SHARDS / SWEPT {
        links.sweep(|name| *name == held);
    }
    assert_eq!(links.of(&name("both")), [held]);
    assert_eq!(links.of(&name("one")), [held]);
    assert!(links.of(&name("none")).is_empty());
    let rows: usize = links.shards.iter().map(|shard| lock(shard).len()).sum();
    assert_eq!(rows, 2, "no row is left empty");
}
