//! When is a claimed code so, not so, or not to be told?

use super::*;
use crate::domain::codes::{MaritalStatus, Sex};
use crate::matching::tests::record;
use jiff::civil::date;

fn judged(asked: &Claim, record: &Record) -> ClaimResult {
    let verdict = claim(asked, record, &Territory::shipped().unwrap(), date(2026, 11, 22));
    assert!(verdict.differences.is_empty());
    verdict.result
}

fn claims() -> [(Claim, Claim); 7] {
    [
        (Claim::Sex(Some(Sex::Female)), Claim::Sex(Some(Sex::Male))),
        (
            Claim::Ethnicity("1".parse().unwrap()),
            Claim::Ethnicity("12".parse().unwrap()),
        ),
        (
            Claim::Religion("00".parse().unwrap()),
            Claim::Religion("01".parse().unwrap()),
        ),
        (
            Claim::Nationality("vn".parse().unwrap()),
            Claim::Nationality("LA".parse().unwrap()),
        ),
        (
            Claim::MaritalStatus(MaritalStatus::Married),
            Claim::MaritalStatus(MaritalStatus::Single),
        ),
        (Claim::HeadOfHousehold(true), Claim::HeadOfHousehold(false)),
        (
            Claim::OldIdNumber("999000001".parse().unwrap()),
            Claim::OldIdNumber("999000002".parse().unwrap()),
        ),
    ]
}

#[test]
fn codes_compare_as_values() {
    let mut held = record();
    held.sex = Some(Sex::Female);
    held.ethnicity = Some("01".parse().unwrap());
    held.religion = Some("0".parse().unwrap());
    held.nationality = Some("VN".parse().unwrap());
    held.marital_status = Some(MaritalStatus::Married);
    held.head_of_household = Some(true);
    for (true_claim, false_claim) in claims() {
        assert_eq!(judged(&true_claim, &held), ClaimResult::Match, "{true_claim:?}");
        assert_eq!(
            judged(&false_claim, &held),
            ClaimResult::Mismatch,
            "{false_claim:?}"
        );
    }
    assert_eq!(judged(&Claim::Sex(None), &held), ClaimResult::Mismatch);
}

#[test]
fn what_is_not_held_is_neither_true_nor_false() {
    let mut held = record();
    held.old_id_number = None;
    for (one, other) in claims() {
        assert_eq!(judged(&one, &held), ClaimResult::NotHeld, "{one:?}");
        assert_eq!(judged(&other, &held), ClaimResult::NotHeld, "{other:?}");
    }
    assert_eq!(judged(&Claim::Sex(None), &held), ClaimResult::NotHeld);
}

#[test]
fn a_record_under_review_vouches_for_nothing() {
    let mut held = record();
    held.status = Status::UnderReview;
    held.head_of_household = Some(true);
    for (one, other) in claims() {
        assert_eq!(judged(&one, &held), ClaimResult::UnderReview);
        assert_eq!(judged(&other, &held), ClaimResult::UnderReview);
    }
}

#[test]
fn a_fact_is_held_whatever_it_is() {
    let mut held = crate::policy::tests::sample::record();
    for field in Field::all() {
        assert_eq!(judged(&Claim::Held(field), &held), ClaimResult::Match, "{field}");
    }
    held.sex = None;
    held.marital_status = None;
    held.permanent_residence.as_mut().unwrap().detail = None;
    held.temporary_residence = None;
    let missing = [
        "sex",
        "marital_status",
        "permanent_residence.detail",
        "temporary_residence.commune_code",
    ];
    for field in missing.map(|path| path.parse().unwrap()) {
        assert_eq!(
            judged(&Claim::Held(field), &held),
            ClaimResult::NotHeld,
            "{field}"
        );
    }
    held.status = Status::UnderReview;
    assert_eq!(judged(&Claim::Held(Field::Pin), &held), ClaimResult::UnderReview);
}
