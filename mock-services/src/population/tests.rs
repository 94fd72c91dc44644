//! The numbering is one to one, and households agree with their members.
//!
//! Tried for any seed and size up to the largest; the shares of names, groups and ages are held within wide bounds.

use std::collections::{HashMap, HashSet};

use proptest::prelude::*;

use super::Population;
use super::numbering::{LARGEST_POPULATION, Numbering};
use crate::person::{MaritalStatus, Relation};

proptest! {
    #[test]
    fn a_number_leads_back_to_its_person(seed: u64, at in 0.0_f64..1.0, size in 1_u64..=LARGEST_POPULATION) {
        let numbering = Numbering::new(seed, size);
        let index = ((size as f64) * at) as u64 % size;
        let pin = numbering.pin(index).unwrap();
        prop_assert_eq!(pin.len(), 12);
        prop_assert_eq!(numbering.index_of(&pin), Some(index));
    }

    #[test]
    fn any_twelve_digits_name_nobody_or_their_own_person(seed: u64, pin in "0[0-9]{2}[0-3][0-9]{8}") {
        let numbering = Numbering::new(seed, 100_000_000);
        if let Some(index) = numbering.index_of(&pin) {
            prop_assert_eq!(numbering.pin(index), Some(pin));
        }
    }

    #[test]
    fn every_member_names_the_same_household(seed in 0_u64..50, index in 0_u64..100_000_000) {
        let population = Population::new(seed, 100_000_000);
        let person = population.person(index).unwrap();
        let household = population.household(Population::household_number(&person.household).unwrap()).unwrap();
        prop_assert!(household.members.iter().any(|member| member.pin == person.pin));
        prop_assert_eq!(household.head().unwrap().relation, Relation::Head);
        for member in &household.members {
            let met = population.by_pin(&member.pin).unwrap();
            prop_assert_eq!(&met.household, &household.id);
            prop_assert_eq!(&met.full_name, &member.full_name);
            prop_assert_eq!(met.birth, member.birth);
            prop_assert_eq!(met.permanent_residence.as_ref(), Some(&household.address));
            if let Some(old_number) = &met.old_id_number {
                prop_assert_eq!(&population.by_old_number(old_number).unwrap().pin, &member.pin);
            }
        }
    }
}

#[test]
fn a_thousand_people_carry_a_thousand_numbers() {
    let numbering = Numbering::new(1, 1000);
    let pins: HashSet<String> = (0..1000).filter_map(|index| numbering.pin(index)).collect();
    assert_eq!(pins.len(), 1000);
    assert_eq!(numbering.pin(1000), None);
}

#[test]
fn numbers_keep_the_real_structure() {
    let population = Population::new(1, 100_000_000);
    for person in population.sample(3, 0..2_000) {
        let year = person.birth.year();
        let digit: i16 = person.pin.get(3..4).unwrap().parse().unwrap();
        assert_eq!(
            1900 + 100 * (digit / 2) + person.pin.get(4..6).unwrap().parse::<i16>().unwrap(),
            year
        );
        assert_eq!(digit % 2 == 1, person.sex == crate::person::Sex::Female);
        assert!((1900..=2025).contains(&year));
    }
}

#[test]
fn the_population_looks_like_a_country() {
    let population = Population::new(1, 100_000_000);
    let people: Vec<_> = population.sample(1, 0..5_000).collect();
    let share = |count: usize| count * 100 / people.len();
    let nguyen = people
        .iter()
        .filter(|person| person.full_name.starts_with("NGUYỄN "))
        .count();
    assert!((22..40).contains(&share(nguyen)), "{}", share(nguyen));
    let kinh = people.iter().filter(|person| person.ethnicity == "01").count();
    assert!((78..95).contains(&share(kinh)), "{}", share(kinh));
    let married = people
        .iter()
        .filter(|p| p.marital_status == Some(MaritalStatus::Married))
        .count();
    assert!((40..65).contains(&share(married)), "{}", share(married));
    let minors = people.iter().filter(|person| person.birth.year() > 2008).count();
    assert!((8..35).contains(&share(minors)), "{}", share(minors));
    let mut provinces: HashMap<String, usize> = HashMap::new();
    for person in &people {
        *provinces
            .entry(person.permanent_residence.as_ref().unwrap().province.clone())
            .or_default() += 1;
    }
    assert_eq!(provinces.len(), 34);
    assert!(
        people
            .iter()
            .all(|person| person.full_name.to_uppercase() == person.full_name)
    );
}

#[test]
fn a_sample_has_no_one_twice() {
    let population = Population::new(1, 1000);
    let pins: HashSet<String> = population.sample(9, 0..2000).map(|person| person.pin).collect();
    assert_eq!(pins.len(), 1000);
}
