use super::*;
use crate::config::shipped_catalogue;

#[test]
fn every_role_and_fact_of_the_catalogue_has_a_name_in_both_languages() {
    let catalogue = shipped_catalogue().unwrap();
    for role in catalogue.iter().flat_map(|procedure| &procedure.roles) {
        assert!(of_role(&role.name).name.en.is_some(), "{}", role.name);
        for needed in &role.facts {
            assert!(of_fact(&needed.fact).name.en.is_some(), "{}", needed.fact);
        }
    }
}

#[test]
fn a_fact_between_two_names_the_other_role() {
    let named = of_fact(&"same_household_with_head".parse().unwrap());
    assert_eq!(named.word, "same_household_with_head");
    assert_eq!(named.name.vi, "Cùng hộ gia đình với chủ hộ");
    assert_eq!(
        named.name.en.as_deref(),
        Some("Same household as head of household")
    );
}
