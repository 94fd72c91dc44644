//! Does a row hold what was known by then, and nobody's number?

use super::*;
use crate::clock::ManualClock;
use crate::exchange::{Asked, Within};
use crate::policy::tests::sample::{LICENSED, OFFICER, UNIT, caller, context, fields, known};
use crate::records::freshness::Wanted;
use crate::sealing::{Label, MasterSecret};

fn pseudonyms() -> Pseudonyms {
    Pseudonyms::new(&MasterSecret::new(&[7; 32]).unwrap(), Label::Audit).unwrap()
}

fn call() -> Call {
    Call::begin(
        None,
        None,
        &ManualClock::stopped_at("2026-08-22T10:00:00+07:00".parse().unwrap()),
    )
}

fn question() -> Question {
    Question {
        subject: known(),
        asked: Asked::Lookup(fields(&["sex"])),
        within: Within::Call,
        context: context(LICENSED),
        wanted: Wanted::default(),
        repeatable: None,
    }
}

#[test]
fn a_row_begins_as_a_refusal_that_cost_nothing() {
    let call = call();
    let entry = Row::new(&call, Operation::Authentication).ending(3, &pseudonyms());
    assert_eq!(
        (entry.outcome, entry.problem, entry.spent),
        ("refused", None, false)
    );
    assert_eq!(
        (entry.transaction_id, entry.time),
        (call.transaction_id, call.received_at)
    );
    assert_eq!(entry.duration_ms, 3);
    assert!(entry.client.is_none() && entry.officer.is_none() && entry.subject.is_none());
}

#[test]
fn each_stage_adds_what_it_knows_and_numbers_only_as_keyed_hashes() {
    let pseudonyms = pseudonyms();
    let mut row = Row::new(&call(), Operation::Lookup);
    row.caller(&caller(), &pseudonyms);
    let question = question();
    row.question(&question);
    let pin = "100190000001".parse().unwrap();
    row.person(pin, pseudonyms.of_number(&IdNumber::Pin(pin)));
    row.source(From::Cache, Some("r-1".to_owned()));
    row.outcome(Outcome::Confirmed);
    row.spent();
    let entry = row.ending(0, &pseudonyms);
    assert_eq!(entry.unit.as_ref().map(|unit| unit.as_str()), Some(UNIT));
    assert_eq!(entry.procedure.as_ref().map(|code| code.as_str()), Some(LICENSED));
    assert_eq!(entry.fields, fields(&["sex"]));
    assert_eq!(
        (entry.outcome, entry.source, entry.spent),
        ("confirmed", Some("cache"), true)
    );
    assert_eq!(entry.subject, entry.person, "asked by the number in force");
    assert!(entry.officer.is_some() && entry.officer != entry.subject);
    let text = format!("{entry:?}");
    for personal in [OFFICER, "100190000001", "NGUYỄN"] {
        assert!(!text.contains(personal), "{personal}");
    }
}

#[test]
fn a_refusal_after_an_outcome_takes_it_back() {
    let mut row = Row::new(&call(), Operation::Verify);
    row.outcome(Outcome::Confirmed);
    row.refused(Code::RegistryTimeout);
    let entry = row.ending(0, &pseudonyms());
    assert_eq!(
        (entry.outcome, entry.problem),
        ("refused", Some("registry_timeout"))
    );
}

#[test]
fn a_repeated_answer_is_a_row_of_its_own_kind() {
    let mut row = Row::new(&call(), Operation::Verify);
    row.repeated();
    let entry = row.ending(0, &pseudonyms());
    assert_eq!(
        (entry.operation, entry.outcome, entry.spent),
        (Operation::Replay, "replayed", false)
    );
}
