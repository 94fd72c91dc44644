use jiff::civil::date;

use super::*;
use crate::config::shipped_catalogue;
use crate::domain::record::Record;
use crate::policy::procedures::Procedure;
use crate::policy::tests::sample::{all_fields, caller, client, grant, known, record, subject};

fn procedure(code: &str) -> std::sync::Arc<Procedure> {
    let catalogue = shipped_catalogue().unwrap();
    catalogue.find(&code.parse().unwrap()).unwrap().clone()
}

fn filling(role: &str, claims: Vec<Claim>) -> Filling {
    Filling {
        role: role.parse().unwrap(),
        subject: known(),
        claims,
    }
}

/// Gives what a record says of each fact of a role.
fn found(
    code: &str,
    role: &str,
    claims: Vec<Claim>,
    record: Option<&Record>,
) -> Vec<(String, Verdict, &'static str)> {
    let (procedure, filling) = (procedure(code), filling(role, claims));
    let role = procedure.role(&filling.role).unwrap();
    let inquiry = Inquiry::new(role, &filling, std::slice::from_ref(&filling));
    let grant = grant(client(), &caller(), all_fields());
    let disclosure = grant.verdicts(inquiry.subject(), inquiry.claims(), record, date(2026, 11, 22));
    let answers = Answers {
        person: Some(&disclosure),
        household: None,
    };
    let findings = inquiry.findings(answers, false);
    findings
        .into_iter()
        .map(|finding| (finding.fact.to_string(), finding.verdict, finding.reason))
        .collect()
}

fn of(fact: &str, verdict: Verdict, reason: &'static str) -> (String, Verdict, &'static str) {
    (fact.to_owned(), verdict, reason)
}

#[test]
fn what_is_held_what_is_not_and_what_is_elsewhere() {
    let birth = "1.001193";
    assert_eq!(
        found(birth, "mother", Vec::new(), Some(&record())),
        [
            of("identity", Verdict::Match, "held"),
            of("permanent_residence", Verdict::Match, "held"),
            of("marriage", Verdict::Elsewhere, "civil_status"),
        ]
    );
    let nowhere = Record {
        permanent_residence: None,
        ..record()
    };
    assert_eq!(
        found(birth, "mother", Vec::new(), Some(&nowhere))[1],
        of("permanent_residence", Verdict::NotHeld, "not_held")
    );
    assert_eq!(
        found(birth, "mother", Vec::new(), None)[..2],
        [
            of("identity", Verdict::NoMatch, "no_match"),
            of("permanent_residence", Verdict::NoMatch, "no_match"),
        ]
    );
}

#[test]
fn the_living_are_expected_alive_and_the_dead_not_refused_while_the_register_does_not_know() {
    let of_status = |code, role, status| {
        let record = Record { status, ..record() };
        let (_, verdict, reason) = found(code, role, Vec::new(), Some(&record)).remove(0);
        (verdict, reason)
    };
    let (birth, death) = (("1.001193", "mother"), ("1.000656", "deceased"));
    let table = [
        (birth, Status::Active, (Verdict::Match, "held")),
        (birth, Status::Deceased, (Verdict::Mismatch, "deceased")),
        (birth, Status::Cancelled, (Verdict::Mismatch, "cancelled")),
        (birth, Status::Missing, (Verdict::Mismatch, "missing")),
        (birth, Status::UnderReview, (Verdict::UnderReview, "under_review")),
        (death, Status::Deceased, (Verdict::Match, "inactive")),
        (death, Status::Active, (Verdict::Match, "not_yet_inactive")),
        (death, Status::UnderReview, (Verdict::UnderReview, "under_review")),
    ];
    for ((code, role), status, expected) in table {
        assert_eq!(of_status(code, role, status), expected, "{role} {status:?}");
    }
}

#[test]
fn a_registry_that_cannot_be_asked_is_never_no_information() {
    let (procedure, filling) = (procedure("1.001193"), filling("mother", Vec::new()));
    let role = procedure.role(&filling.role).unwrap();
    let inquiry = Inquiry::new(role, &filling, std::slice::from_ref(&filling));
    let verdicts: Vec<_> = inquiry
        .findings(Answers::default(), true)
        .into_iter()
        .map(|finding| (finding.verdict, finding.reason))
        .collect();
    assert_eq!(
        verdicts,
        [
            (Verdict::Unavailable, "registry_unavailable"),
            (Verdict::Unavailable, "registry_unavailable"),
            (Verdict::Elsewhere, "civil_status"),
        ]
    );
}

#[test]
fn a_fact_between_two_falls_away_where_nobody_fills_the_other_role() {
    let procedure = procedure("1.010038");
    let applicant = filling("applicant", Vec::new());
    let mut head = filling("head", Vec::new());
    head.subject = subject("100180000002", "TRẦN VĂN CHỦ", "1980-05-01");
    let role = procedure.role(&applicant.role).unwrap();
    let facts = |all: &[Filling]| {
        let inquiry = Inquiry::new(role, &applicant, all);
        (
            inquiry.predicates().len(),
            inquiry.findings(Answers::default(), false).len(),
        )
    };
    let (alone, together) = (
        facts(std::slice::from_ref(&applicant)),
        facts(&[applicant.clone(), head]),
    );
    assert_eq!((alone.0, together.0), (0, 1));
    assert_eq!(alone.1 + 1, together.1);
}

#[test]
fn whoever_stands_as_the_head_is_said_to_be_the_head() {
    let procedure = procedure("2.000986");
    let head = filling("head", Vec::new());
    let inquiry = Inquiry::new(
        procedure.role(&head.role).unwrap(),
        &head,
        std::slice::from_ref(&head),
    );
    assert!(inquiry.claims().contains(&Claim::HeadOfHousehold(true)));
}
