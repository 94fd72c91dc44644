//! Patches keep people, households and numbers in agreement.
//!
//! And every persona is there, with a question that its own record answers.

use jiff::Timestamp;
use jiff::civil::date;

use super::{Correction, Patch, Refused, Register};
use crate::person::{Address, Person, Relation, Status};
use crate::population::Population;
use crate::registry::folding::fold;

fn register() -> Register {
    Register::new(Population::new(1, 1000), 1, None)
}

fn elsewhere() -> Address {
    Address {
        province: "79".to_owned(),
        district: None,
        commune: "26740".to_owned(),
        detail: String::new(),
    }
}

fn patch(register: &Register, pin: &str, patch: Patch) -> Person {
    register.patch(pin, patch, false, Timestamp::UNIX_EPOCH).unwrap()
}

#[test]
fn every_persona_is_there_and_asks_for_its_own_record() {
    let register = register();
    let ids: Vec<&str> = register.personas().iter().map(|persona| persona.id).collect();
    assert_eq!(
        ids,
        (1..=25).map(|number| format!("P{number:02}")).collect::<Vec<_>>()
    );
    for persona in register.personas() {
        let person = register.by_pin(persona.pin).unwrap();
        let subject = &persona.ask["subject"];
        let found = match subject["pin"].as_str() {
            Some(pin) => register.found(pin).unwrap(),
            None => register
                .found_by_old_number(subject["old_id_number"].as_str().unwrap())
                .unwrap(),
        };
        assert_eq!(found.person.pin, person.pin, "{}", persona.id);
        assert_eq!(
            subject["date_of_birth"].as_str().unwrap(),
            person.birth.text(),
            "{}",
            persona.id
        );
        let same = fold(subject["full_name"].as_str().unwrap()) == fold(&person.full_name);
        // Only Lí for Lý is a name that the registry itself doesn't take.
        assert_eq!(same, persona.id != "P04", "{}", persona.id);
        let household = register.household(&person.household).unwrap();
        assert!(
            household.members.iter().any(|member| member.pin == person.pin),
            "{}",
            persona.id
        );
        assert_eq!(persona.pin.starts_with("101"), persona.id == "P10");
    }
}

#[test]
fn a_head_takes_the_household_along() {
    let register = register();
    patch(&register, "100080000017", Patch::Move(elsewhere()));
    let wife = register.by_pin("100184000018").unwrap();
    assert_eq!(wife.permanent_residence, Some(elsewhere()));
    assert_eq!(register.household(&wife.household).unwrap().address, elsewhere());
}

#[test]
fn a_member_who_moves_founds_a_household() {
    let register = register();
    let wife = patch(&register, "100184000018", Patch::Move(elsewhere()));
    let own = register.household(&wife.household).unwrap();
    assert_eq!(own.head().unwrap().pin, "100184000018");
    let old = register
        .household(&register.by_pin("100080000017").unwrap().household)
        .unwrap();
    assert_eq!(old.members.len(), 2);
}

#[test]
fn the_spouse_of_a_late_head_becomes_the_head() {
    let register = register();
    let late = patch(&register, "100080000017", Patch::Die(date(2026, 1, 1)));
    assert_eq!(late.status, Status::Deceased);
    let household = register.household(&late.household).unwrap();
    assert_eq!(household.head().unwrap().pin, "100184000018");
    assert_eq!(household.members[1].relation, Relation::Child);
}

#[test]
fn a_replaced_number_leads_to_the_new_one() {
    let register = register();
    let somebody = register.sample(1, 0..1).remove(0);
    let once = patch(&register, &somebody.pin, Patch::ReplaceNumber);
    let twice = patch(&register, &once.pin, Patch::ReplaceNumber);
    assert_eq!(register.by_pin(&somebody.pin), Some(twice.clone()));
    assert_eq!(twice.cancelled_pins, [somebody.pin.clone(), once.pin]);
    assert_eq!(twice.pin.get(..6), somebody.pin.get(..6));
    let household = register.household(&twice.household).unwrap();
    assert!(household.members.iter().any(|member| member.pin == twice.pin));
    let changes = register.changes_after(0, 10);
    assert_eq!(
        changes.iter().map(|change| change.seq).collect::<Vec<_>>(),
        [1, 2]
    );
    assert_eq!(changes[1].new_pin, Some(twice.pin));
}

#[test]
fn a_silent_correction_changes_without_an_event() {
    let register = register();
    let name = Correction::FullName("Nguyễn Thị Mẫu Mới".to_owned());
    let old_number = Correction::OldIdNumber(Some("999000099".to_owned()));
    let corrections = Patch::Correct(vec![name, old_number]);
    register
        .patch("100190000001", corrections, true, Timestamp::UNIX_EPOCH)
        .unwrap();
    let found = register.found_by_old_number("999000099").unwrap();
    assert_eq!(found.person.full_name, "NGUYỄN THỊ MẪU MỚI");
    assert!(register.found_by_old_number("999000001").is_none());
    assert!(register.changes_after(0, 10).is_empty());
    let nobody = register.patch("000000000000", Patch::ReplaceNumber, true, Timestamp::UNIX_EPOCH);
    assert_eq!(nobody.err(), Some(Refused::Nobody));
}
