//! When does the register say yes, when no, and when nothing?

use jiff::civil::date;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::domain::household::HouseholdId;
use crate::domain::name::FullName;
use crate::policy::tests::sample;

fn territory() -> Territory {
    Territory::shipped().unwrap()
}

const HEAD: (&str, &str, &str) = ("100080000017", "TRẦN VĂN CHỦ", "1980-05-01");
const WIFE: (&str, &str, &str) = ("100184000018", "NGUYỄN THỊ THÀNH VIÊN", "1984-08-08");
const CHILD: (&str, &str, &str) = ("100216000016", "TRẦN MINH BÉ", "2016-06-01");
const LODGER: (&str, &str, &str) = ("100190000023", "LÊ THỊ TRỌ", "1990-03-03");
const STRANGER: (&str, &str, &str) = ("100160000019", "CAO THỊ ĐƠN", "1960-12-24");

type Person = (&'static str, &'static str, &'static str);

fn subject((pin, name, born): Person) -> Subject {
    sample::subject(pin, name, born)
}

fn home() -> Address {
    Address {
        code_set: CodeSet::Since2025,
        province: Some("25".parse().unwrap()),
        commune: Some("09106".parse().unwrap()),
        detail: None,
    }
}

fn old(province: &str, commune: &str) -> Address {
    Address {
        code_set: CodeSet::Before2025,
        province: Some(province.parse().unwrap()),
        commune: Some(commune.parse().unwrap()),
        detail: None,
    }
}

fn record((pin, name, born): Person) -> Record {
    Record {
        pin: pin.parse().unwrap(),
        cancelled_numbers: Box::default(),
        full_name: FullName::held(name).unwrap(),
        date_of_birth: born.parse().unwrap(),
        permanent_residence: Some(home()),
        current_residence: Some(home()),
        temporary_residence: None,
        temporary_since: None,
        ..sample::record()
    }
}

fn member((pin, name, born): Person, standing: Option<Standing>) -> Member {
    Member {
        pin: pin.parse().unwrap(),
        full_name: FullName::held(name).unwrap(),
        date_of_birth: born.parse().unwrap(),
        sex: None,
        standing,
        kind: Some(ResidenceKind::Permanent),
        since: Some(date(2018, 5, 2)),
    }
}

fn household() -> Household {
    Household {
        id: HouseholdId::held("HGP-17".to_owned()),
        head: Some(HEAD.0.parse().unwrap()),
        members: vec![
            member(HEAD, Some(Standing::Head)),
            member(WIFE, Some(Standing::ToHead(Relationship::Spouse))),
            member(CHILD, Some(Standing::ToHead(Relationship::Child))),
            member(LODGER, None),
        ],
        address: Some(home()),
        as_of: jiff::Timestamp::UNIX_EPOCH,
    }
}

fn judged(asked: &Predicate, of: Person) -> (&'static str, &'static str) {
    told(asked, &record(of), Some(&household()), Naming::Exact)
}

fn told(
    asked: &Predicate,
    record: &Record,
    household: Option<&Household>,
    naming: Naming,
) -> (&'static str, &'static str) {
    let verdict = predicate(asked, record, household, naming, &territory());
    (verdict.result.as_str(), verdict.reason.as_str())
}

fn is_to(person: Person, is: Relationship) -> Predicate {
    Predicate::Relationship {
        person: subject(person),
        is,
    }
}

#[test]
fn who_is_listed_belongs_to_the_household_and_nobody_else() {
    let with = |person| Predicate::SameHousehold(subject(person));
    assert_eq!(judged(&with(WIFE), CHILD), ("true", "held"));
    assert_eq!(judged(&with(LODGER), HEAD), ("true", "held"));
    assert_eq!(judged(&with(STRANGER), HEAD), ("false", "no_such_member"));
}

#[test]
fn which_part_of_a_name_is_wrong_is_not_told() {
    let wrong = [
        ("an unknown number", ("100190099999", WIFE.1, WIFE.2)),
        ("another name", (WIFE.0, "NGUYỄN THỊ KHÁC", WIFE.2)),
        ("another birth date", (WIFE.0, WIFE.1, "1984-08-09")),
        ("another member's number", (CHILD.0, WIFE.1, WIFE.2)),
        (
            "a name without its marks",
            (WIFE.0, "NGUYEN THI THANH VIEN", WIFE.2),
        ),
        ("the year alone", (WIFE.0, WIFE.1, "1984")),
    ];
    for (why, person) in wrong {
        let same = Predicate::SameHousehold(subject(person));
        assert_eq!(judged(&same, HEAD), ("false", "no_such_member"), "{why}");
        let spouse = is_to(person, Relationship::Spouse);
        assert_eq!(judged(&spouse, HEAD), ("not_held", "no_such_member"), "{why}");
        assert_eq!(judged(&spouse, LODGER), ("not_held", "no_such_member"), "{why}");
    }
    let same = Predicate::SameHousehold(subject(("999000001", WIFE.1, WIFE.2)));
    assert_eq!(judged(&same, HEAD), ("not_held", "named_by_old_number"));
}

#[test]
fn a_close_name_is_enough_only_where_the_licence_says_so() {
    let bare = Predicate::SameHousehold(subject((WIFE.0, "NGUYEN THI THANH VIEN", WIFE.2)));
    let naming = |naming| told(&bare, &record(HEAD), Some(&household()), naming);
    assert_eq!(naming(Naming::Exact), ("false", "no_such_member"));
    assert_eq!(naming(Naming::Close), ("true", "held"));
}

#[test]
fn the_head_is_the_head_by_whichever_number() {
    let asked = Predicate::HeadOfHousehold;
    assert_eq!(judged(&asked, HEAD), ("true", "held"));
    assert_eq!(judged(&asked, WIFE), ("false", "another_is_head"));
    let mut renumbered = record(WIFE);
    renumbered.cancelled_numbers = [HEAD.0.parse().unwrap()].into();
    let exact = Naming::Exact;
    assert_eq!(
        told(&asked, &renumbered, Some(&household()), exact),
        ("true", "held")
    );
    let headless = Household {
        head: None,
        ..household()
    };
    assert_eq!(
        told(&asked, &record(HEAD), Some(&headless), exact),
        ("not_held", "no_head")
    );
}

#[test]
fn a_relation_is_known_to_the_head_alone() {
    let table = [
        (
            "head, of the wife",
            HEAD,
            WIFE,
            Relationship::Spouse,
            ("true", "held"),
        ),
        (
            "wife, of the head",
            WIFE,
            HEAD,
            Relationship::Spouse,
            ("true", "held"),
        ),
        (
            "head, of the child",
            HEAD,
            CHILD,
            Relationship::Child,
            ("true", "held"),
        ),
        (
            "child, of the head",
            CHILD,
            HEAD,
            Relationship::Parent,
            ("true", "held"),
        ),
        (
            "the child isn't the head's parent",
            HEAD,
            CHILD,
            Relationship::Parent,
            ("false", "another_relationship"),
        ),
        (
            "nor the head the child's child",
            CHILD,
            HEAD,
            Relationship::Child,
            ("false", "another_relationship"),
        ),
        (
            "the mother of the head's child is nobody's mother here",
            CHILD,
            WIFE,
            Relationship::Parent,
            ("not_held", "relation_to_head_only"),
        ),
        (
            "the register names none",
            HEAD,
            LODGER,
            Relationship::Other,
            ("not_held", "relationship_not_held"),
        ),
        (
            "none the other way round either",
            LODGER,
            HEAD,
            Relationship::Other,
            ("not_held", "relationship_not_held"),
        ),
        (
            "who isn't there",
            HEAD,
            STRANGER,
            Relationship::Parent,
            ("not_held", "no_such_member"),
        ),
    ];
    for (why, of, person, is, expected) in table {
        assert_eq!(judged(&is_to(person, is), of), expected, "{why}");
    }
}

#[test]
fn members_are_counted() {
    let count = |at_least, at_most| judged(&Predicate::MemberCount { at_least, at_most }, HEAD);
    assert_eq!(count(Some(4), None), ("true", "held"));
    assert_eq!(count(None, Some(4)), ("true", "held"));
    assert_eq!(count(Some(2), Some(8)), ("true", "held"));
    assert_eq!(count(Some(5), None), ("false", "another_count"));
    assert_eq!(count(None, Some(3)), ("false", "another_count"));
}

fn resides(commune: &str, since: Option<Date>, kind: ResidenceKind) -> Predicate {
    Predicate::ResidesIn {
        commune: commune.parse().unwrap(),
        since,
        kind,
    }
}

#[test]
fn a_residence_is_judged_by_place_and_day() {
    let permanent = |commune, since| judged(&resides(commune, since, ResidenceKind::Permanent), HEAD);
    assert_eq!(permanent("09106", None), ("true", "held"));
    assert_eq!(permanent("08230", None), ("false", "another_commune"));
    assert_eq!(permanent("09106", Some(date(2026, 1, 1))), ("true", "held"));
    assert_eq!(permanent("09106", Some(date(2018, 5, 2))).0, "true");
    assert_eq!(
        permanent("09106", Some(date(2018, 5, 1))),
        ("false", "began_later")
    );
    assert_eq!(permanent("99999", None), ("not_held", "abolished_commune_code"));
    let kind = |kind, since| judged(&resides("09106", since, kind), HEAD);
    assert_eq!(kind(ResidenceKind::Current, None), ("true", "held"));
    let then = Some(date(2026, 1, 1));
    assert_eq!(kind(ResidenceKind::Current, then), ("not_held", "since_not_held"));
    assert_eq!(
        kind(ResidenceKind::Temporary, None),
        ("not_held", "no_such_residence")
    );
}

#[test]
fn a_temporary_residence_has_its_own_day() {
    let mut lodger = record(LODGER);
    lodger.temporary_residence = Some(home());
    lodger.temporary_since = Some(date(2026, 1, 15));
    let told = |lodger: &Record, since| {
        let asked = resides("09106", Some(since), ResidenceKind::Temporary);
        told(&asked, lodger, Some(&household()), Naming::Exact)
    };
    assert_eq!(told(&lodger, date(2026, 1, 15)), ("true", "held"));
    assert_eq!(told(&lodger, date(2026, 1, 14)), ("false", "began_later"));
    lodger.temporary_since = None;
    assert_eq!(told(&lodger, date(2026, 1, 15)), ("not_held", "since_not_held"));
}

#[test]
fn a_merger_of_communes_is_no_move() {
    let mut merged = household();
    merged.members[0].since = Some(REFORM);
    let since = |day| {
        let asked = resides("09106", Some(day), ResidenceKind::Permanent);
        told(&asked, &record(HEAD), Some(&merged), Naming::Exact)
    };
    assert_eq!(since(date(2024, 1, 1)), ("not_held", "reform_is_no_move"));
    assert_eq!(since(REFORM), ("true", "held"));
    merged.members[0].since = Some(date(2025, 7, 2));
    let asked = resides("09106", Some(date(2024, 1, 1)), ResidenceKind::Permanent);
    let moved = told(&asked, &record(HEAD), Some(&merged), Naming::Exact);
    assert_eq!(moved, ("false", "began_later"));
}

#[test]
fn codes_of_before_the_reform_are_carried_over_or_compared_by_province() {
    let told = |held: Address, commune, since| {
        let mut household = household();
        household.address = Some(held.clone());
        let record = Record {
            permanent_residence: Some(held),
            ..record(HEAD)
        };
        let asked = resides(commune, since, ResidenceKind::Permanent);
        told(&asked, &record, Some(&household), Naming::Exact)
    };
    let before = Some(date(2024, 1, 1));
    // 23284 was a ward of Kon Tum and is a commune of Quảng Ngãi.
    assert_eq!(
        told(old("62", "23284"), "23284", None),
        ("true", "old_territory_code")
    );
    assert_eq!(
        told(old("62", "23284"), "09106", None),
        ("false", "another_commune")
    );
    let today = Address {
        province: Some("51".parse().unwrap()),
        commune: Some("23284".parse().unwrap()),
        ..home()
    };
    assert_eq!(told(today.clone(), "23284", before), ("true", "read_as_of_today"));
    assert_eq!(told(today, "23284", None), ("true", "held"));
    // A commune that was dissolved: its province is all that still tells something.
    assert_eq!(
        told(old("62", "99999"), "23284", None),
        ("not_held", "old_territory_code")
    );
    assert_eq!(
        told(old("62", "99999"), "09106", None),
        ("false", "another_commune")
    );
    assert_eq!(
        told(home(), "99999", before),
        ("not_held", "abolished_commune_code")
    );
}

#[test]
fn the_person_s_own_record_says_where_and_the_household_since_when() {
    let mut elsewhere = record(HEAD);
    elsewhere.permanent_residence = Some(Address {
        province: Some("51".parse().unwrap()),
        commune: Some("23284".parse().unwrap()),
        ..home()
    });
    let told = |record: &Record, household: Option<&Household>, commune, since| {
        let asked = resides(commune, since, ResidenceKind::Permanent);
        told(&asked, record, household, Naming::Exact)
    };
    let then = Some(date(2026, 1, 1));
    let home = household();
    assert_eq!(told(&elsewhere, Some(&home), "23284", None).0, "true");
    assert_eq!(told(&elsewhere, Some(&home), "09106", None).0, "false");
    assert_eq!(
        told(&elsewhere, Some(&home), "23284", then),
        ("not_held", "since_not_held"),
        "the household's day is of another place"
    );
    assert_eq!(told(&record(HEAD), None, "09106", None), ("true", "held"));
    assert_eq!(
        told(&record(HEAD), None, "09106", then),
        ("not_held", "since_not_held")
    );
    elsewhere.permanent_residence = None;
    assert_eq!(told(&elsewhere, Some(&home), "09106", then), ("true", "held"));
}

fn any_predicate() -> impl Strategy<Value = Predicate> {
    let person = select(vec![HEAD, WIFE, CHILD, LODGER, STRANGER]);
    let commune = select(vec!["09106", "23284", "99999"]);
    let day = proptest::option::of((2010_i16..2027, 1_i8..13).prop_map(|(year, month)| date(year, month, 1)));
    prop_oneof![
        person
            .clone()
            .prop_map(|person| Predicate::SameHousehold(subject(person))),
        Just(Predicate::HeadOfHousehold),
        (person, select(Relationship::ALL.to_vec())).prop_map(|(person, is)| is_to(person, is)),
        (commune, day, select(ResidenceKind::ALL.to_vec()))
            .prop_map(|(commune, since, kind)| resides(commune, since, kind)),
        (proptest::option::of(0_u64..10), proptest::option::of(0_u64..10))
            .prop_map(|(at_least, at_most)| Predicate::MemberCount { at_least, at_most }),
    ]
}

proptest! {
    #[test]
    fn nothing_is_said_of_a_record_under_review(asked in any_predicate(), is_held in any::<bool>()) {
        let record = Record { status: Status::UnderReview, ..record(HEAD) };
        let household = household();
        let told = told(&asked, &record, is_held.then_some(&household), Naming::Exact);
        prop_assert_eq!(told, ("under_review", "under_review"));
    }

    #[test]
    fn without_a_household_only_the_residence_is_told(asked in any_predicate()) {
        let told = told(&asked, &record(HEAD), None, Naming::Exact);
        if !matches!(asked, Predicate::ResidesIn { .. }) {
            prop_assert_eq!(told, ("not_held", "no_household"));
        }
    }

    #[test]
    fn what_one_is_to_the_other_the_other_is_in_reverse(
        one in select(vec![HEAD, WIFE, CHILD, LODGER]),
        other in select(vec![HEAD, WIFE, CHILD, LODGER]),
        is in select(Relationship::ALL.to_vec()),
    ) {
        prop_assume!(one != other);
        prop_assert_eq!(judged(&is_to(other, is), one), judged(&is_to(one, is.reversed()), other));
        prop_assert_eq!(is.reversed().reversed(), is);
    }

    #[test]
    fn at_most_one_relationship_is_true(of in select(vec![HEAD, WIFE, CHILD]), person in select(vec![HEAD, WIFE, CHILD, STRANGER])) {
        let truths = Relationship::ALL
            .into_iter()
            .filter(|is| judged(&is_to(person, *is), of).0 == "true")
            .count();
        prop_assert!(truths <= 1);
    }

    #[test]
    fn who_lived_there_by_a_day_lived_there_on_any_later_one(year in 2010_i16..2026, later in 1_i16..10) {
        let on = |year| judged(&resides("09106", Some(date(year, 3, 1)), ResidenceKind::Permanent), HEAD).0;
        if on(year) == "true" {
            prop_assert_eq!(on(year + later), "true");
        }
    }
}
