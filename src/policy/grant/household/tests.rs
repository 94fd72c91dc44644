//! What comes out of a household for whom?

use jiff::civil::date;

use super::*;
use crate::auth::Scope;
use crate::domain::codes::Sex;
use crate::domain::household::{HouseholdId, Relationship, Standing};
use crate::domain::name::FullName;
use crate::policy::Policy;
use crate::policy::clients::{Client, Clients};
use crate::policy::disclosure::Outcome;
use crate::policy::procedures::{Catalogue, Procedure};
use crate::policy::tests::sample::{
    LICENSED, all_fields, caller, client, context, fields, grant, known, procedure, record, subject, tables,
};

fn full() -> Grant {
    grant(client(), &caller(), all_fields())
}

/// Grants for a procedure that needs the whole list.
fn listing(needed: Fields) -> Grant {
    let listing = Procedure {
        needs_household_list: true,
        ..procedure(LICENSED, needed)
    };
    let (client, now) = (client(), client().valid_from);
    let clients = Clients::new([client]).unwrap();
    Policy::new(clients, Catalogue::new([listing]).unwrap(), tables())
        .authorize(&caller(), Scope::CitizensVerify, &context(LICENSED), now)
        .unwrap()
}

fn trusting() -> Grant {
    let client = Client {
        accept_close_identity: true,
        ..client()
    };
    grant(client, &caller(), all_fields())
}

fn close() -> Subject {
    subject("100190000001", "NGUYEN THI MAU", "1990-04-12")
}

fn stranger() -> Subject {
    subject("100190000001", "NGUYỄN THỊ MẬN", "1990-04-12")
}

fn household() -> Household {
    let member = |pin: &str, name: &str, born: &str, standing| Member {
        pin: pin.parse().unwrap(),
        full_name: FullName::held(name).unwrap(),
        date_of_birth: born.parse().unwrap(),
        sex: Some(Sex::Female),
        standing: Some(standing),
        kind: Some(ResidenceKind::Permanent),
        since: Some(date(2018, 5, 2)),
    };
    let child = Standing::ToHead(Relationship::Child);
    Household {
        id: HouseholdId::held("HGP-1".to_owned()),
        head: Some(record().pin),
        members: vec![
            member("100190000001", "NGUYỄN THỊ MẪU", "1990-04-12", Standing::Head),
            member("100216000016", "TRẦN MINH BÉ", "2016-06-01", child),
        ],
        address: record().permanent_residence,
        as_of: record().as_of,
    }
}

fn resides() -> Predicate {
    Predicate::ResidesIn {
        commune: "09106".parse().unwrap(),
        since: None,
        kind: ResidenceKind::Permanent,
    }
}

fn told(
    grant: &Grant,
    subject: &Subject,
    asked: &[Predicate],
    record: &Record,
) -> (Outcome, Vec<&'static str>) {
    let disclosure = grant.predicates(subject, asked, Some(record), Some(&household()));
    let Facts::Predicates(verdicts) = disclosure.facts() else {
        panic!("predicates tell verdicts")
    };
    let results = verdicts.iter().map(|(_, verdict)| verdict.result.as_str());
    (disclosure.outcome(), results.collect())
}

fn count(at_least: u64) -> Predicate {
    Predicate::MemberCount {
        at_least: Some(at_least),
        at_most: None,
    }
}

#[test]
fn predicates_are_summed_up_like_claims() {
    let head = Predicate::HeadOfHousehold;
    let under_review = Record {
        status: Status::UnderReview,
        ..record()
    };
    let table = [
        (
            "all true",
            vec![head.clone(), resides()],
            record(),
            Outcome::Confirmed,
            vec!["true", "true"],
        ),
        (
            "one false",
            vec![head.clone(), count(3)],
            record(),
            Outcome::Differs,
            vec!["true", "false"],
        ),
        (
            "one not held",
            vec![
                head.clone(),
                Predicate::SameHousehold(subject("999000001", "TRẦN MINH BÉ", "2016-06-01")),
            ],
            record(),
            Outcome::Incomplete,
            vec!["true", "not_held"],
        ),
        (
            "under review",
            vec![head.clone()],
            under_review,
            Outcome::Incomplete,
            vec!["under_review"],
        ),
        (
            "dead",
            vec![head],
            Record {
                status: Status::Deceased,
                ..record()
            },
            Outcome::Inactive,
            vec!["true"],
        ),
    ];
    for (why, asked, record, outcome, results) in table {
        assert_eq!(
            told(&full(), &known(), &asked, &record),
            (outcome, results),
            "{why}"
        );
    }
}

#[test]
fn who_is_not_named_learns_nothing() {
    let asked = [Predicate::HeadOfHousehold, resides()];
    assert_eq!(
        told(&full(), &stranger(), &asked, &record()),
        (Outcome::NoMatch, vec![])
    );
    let nobody = full().predicates(&known(), &asked, None, None);
    let wrong = full().predicates(&stranger(), &asked, Some(&record()), Some(&household()));
    assert_eq!(nobody, wrong);
    let listing = listing(all_fields());
    let nobody = listing.members(&known(), fields(&["sex"]), None, None);
    let wrong = listing.members(&stranger(), fields(&["sex"]), Some(&record()), Some(&household()));
    assert_eq!(nobody, wrong);
}

#[test]
fn a_close_identity_opens_nothing_unless_the_licence_says_so() {
    let asked = [Predicate::HeadOfHousehold];
    let closed = full().predicates(&close(), &asked, Some(&record()), Some(&household()));
    assert_eq!(closed.facts(), &Facts::Predicates(Vec::new()));
    assert_eq!(
        (closed.outcome(), closed.warnings()),
        (Outcome::Differs, &[Warning::NotPermitted][..])
    );
    assert!(!full().shows(&close(), &record()));
    assert_eq!(
        told(&trusting(), &close(), &asked, &record()),
        (Outcome::Differs, vec!["true"])
    );
    let members =
        listing(all_fields()).members(&close(), fields(&["sex"]), Some(&record()), Some(&household()));
    assert_eq!(members.unwrap().facts(), &Facts::Members(Vec::new()));
    let claims = [Claim::Sex(Some(Sex::Female))];
    let checked = |grant: &Grant, subject: &Subject| {
        let disclosure = grant.checked(subject, &claims, Some(&record()), date(2026, 8, 22));
        match disclosure.facts() {
            Facts::Verdicts(verdicts) => verdicts.first().map(|(_, verdict)| verdict.result),
            _ => panic!("a check tells verdicts"),
        }
    };
    assert_eq!(checked(&full(), &close()), Some(ClaimResult::NotPermitted));
    assert_eq!(checked(&full(), &known()), Some(ClaimResult::Match));
    assert_eq!(checked(&trusting(), &close()), Some(ClaimResult::Match));
    assert_eq!(checked(&full(), &stranger()), None);
}

#[test]
fn what_the_licence_does_not_cover_is_not_told() {
    let narrow = grant(client(), &caller(), fields(&["full_name"]));
    let asked = [resides(), Predicate::HeadOfHousehold, count(2)];
    assert_eq!(
        told(&narrow, &known(), &asked, &record()).1,
        ["not_permitted", "true", "true"],
        "the procedure needs no residence"
    );
    let client = Client {
        fields: fields(&["full_name"]),
        ..client()
    };
    let unlicensed = grant(client, &caller(), all_fields());
    assert_eq!(
        told(&unlicensed, &known(), &asked, &record()).1,
        ["not_permitted", "not_permitted", "true"]
    );
}

#[test]
fn members_are_listed_only_for_a_procedure_that_needs_the_list() {
    let asked = fields(&["full_name", "permanent_residence.commune_code"]);
    let household = household();
    let members = |grant: &Grant| grant.members(&known(), asked, Some(&record()), Some(&household));
    assert_eq!(members(&full()), Err(Denied::FieldNotPermitted(asked)));
    let narrow = listing(fields(&["full_name"]));
    let refused = fields(&["permanent_residence.commune_code"]);
    assert_eq!(members(&narrow), Err(Denied::FieldNotPermitted(refused)));
    let disclosure = members(&listing(all_fields())).unwrap();
    assert_eq!(disclosure.outcome(), Outcome::Confirmed);
    let Facts::Members(listed) = disclosure.facts() else {
        panic!("no members")
    };
    let standings: Vec<_> = listed.iter().filter_map(|member| member.standing).collect();
    assert_eq!(
        standings
            .iter()
            .map(|standing| standing.as_str())
            .collect::<Vec<_>>(),
        ["head", "child"]
    );
    for member in listed {
        assert_eq!(
            member
                .attributes
                .iter()
                .map(|(field, _)| *field)
                .collect::<Fields>(),
            asked
        );
        assert!(member.attributes.iter().all(|(_, value)| value.is_some()));
    }
}

#[test]
fn a_record_under_review_or_without_a_household_lists_nobody() {
    let asked = fields(&["full_name"]);
    let under_review = Record {
        status: Status::UnderReview,
        ..record()
    };
    for (record, household) in [(under_review, Some(household())), (record(), None)] {
        let disclosure = listing(all_fields()).members(&known(), asked, Some(&record), household.as_ref());
        let disclosure = disclosure.unwrap();
        assert_eq!(disclosure.facts(), &Facts::Members(Vec::new()));
        assert_eq!(disclosure.outcome(), Outcome::Incomplete);
    }
}
