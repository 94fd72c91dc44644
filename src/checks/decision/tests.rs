use jiff::civil::date;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;

fn today() -> Date {
    date(2026, 11, 23)
}

fn finding(role: &str, fact: &str, verdict: Verdict) -> Finding {
    Finding {
        role: role.parse().unwrap(),
        fact: fact.parse().unwrap(),
        verdict,
        reason: "held",
        differences: Vec::new(),
        replaces: vec![Paper::IdentityCard],
    }
}

#[test]
fn each_verdict_decides_as_the_law_says() {
    let table = [
        (
            Verdict::Match,
            Decision::PaperNotRequired,
            Decision::PaperNotRequired,
        ),
        (
            Verdict::Elsewhere,
            Decision::PaperNotRequired,
            Decision::PaperNotRequired,
        ),
        (
            Verdict::Close,
            Decision::SupplementRequired,
            Decision::SupplementRequired,
        ),
        (
            Verdict::Mismatch,
            Decision::SupplementRequired,
            Decision::SupplementRequired,
        ),
        (
            Verdict::NotHeld,
            Decision::SupplementRequired,
            Decision::SupplementRequired,
        ),
        (
            Verdict::NoMatch,
            Decision::SupplementRequired,
            Decision::SupplementRequired,
        ),
        (
            Verdict::UnderReview,
            Decision::SupplementRequired,
            Decision::SupplementRequired,
        ),
        (
            Verdict::NotPermitted,
            Decision::SupplementRequired,
            Decision::SupplementRequired,
        ),
        (
            Verdict::Unavailable,
            Decision::Pending,
            Decision::SupplementRequired,
        ),
    ];
    assert_eq!(table.len(), Verdict::ALL.len());
    for (verdict, running, over) in table {
        let findings = [
            finding("mother", "identity", Verdict::Match),
            finding("father", "permanent_residence", verdict),
        ];
        assert_eq!(decide(&findings, Term::Running), running, "{verdict:?}");
        assert_eq!(decide(&findings, Term::Over), over, "{verdict:?}");
    }
}

#[test]
fn nothing_found_decides_nothing_in_the_citizens_disfavour_or_favour_by_itself() {
    assert_eq!(decide(&[], Term::Running), Decision::SupplementRequired);
    assert!(supplements(&[], today()).is_empty());
}

#[test]
fn only_the_missing_facts_papers_are_asked_for_and_never_a_dead_one() {
    let findings = [
        finding("father", "identity", Verdict::Match),
        finding("father", "permanent_residence", Verdict::NotHeld),
        finding("father", "marriage", Verdict::Elsewhere),
        finding("child", "same_household_with_father", Verdict::Mismatch),
    ];
    let told: Vec<_> = supplements(&findings, today())
        .into_iter()
        .map(|asked| {
            (
                asked.role.to_string(),
                asked.fact.to_string(),
                asked.allowed.correction_procedure,
            )
        })
        .collect();
    let expected = [
        ("father", "permanent_residence"),
        ("child", "same_household_with_father"),
    ]
    .map(|(role, fact)| (role.to_owned(), fact.to_owned(), "1.010039"));
    assert_eq!(told, expected);
}

#[test]
fn the_article_that_allows_asking_is_the_one_in_force_on_the_day() {
    let findings = [finding("father", "identity", Verdict::NoMatch)];
    let ground = |day| {
        supplements(&findings, day)
            .into_iter()
            .map(|asked| asked.allowed.legal_ground)
            .collect::<Vec<_>>()
    };
    assert_ne!(ground(date(2027, 2, 28)), ground(date(2027, 3, 1)));
    assert_eq!(ground(date(2027, 3, 1)).len(), 1);
}

#[test]
fn a_close_name_asks_for_the_identity_paper_and_for_no_other() {
    let findings = [
        finding("father", "identity", Verdict::Close),
        finding("father", "permanent_residence", Verdict::NotPermitted),
    ];
    let asked = supplements(&findings, today());
    let facts: Vec<_> = asked.iter().map(|asked| &asked.fact).collect();
    assert_eq!(facts, [&Fact::Identity]);
}

fn findings() -> impl Strategy<Value = Vec<Finding>> {
    let facts = ["identity", "permanent_residence", "member_count", "marriage"];
    let one = (
        select(vec!["mother", "father", "declarant"]),
        select(facts.to_vec()),
        select(Verdict::ALL.to_vec()),
    );
    proptest::collection::vec(one, 0..8).prop_map(|picked| {
        picked
            .into_iter()
            .map(|(role, fact, verdict)| match fact {
                // Another database's fact is never asked for here, so nothing else can come of it.
                "marriage" => finding(role, fact, Verdict::Elsewhere),
                _ => finding(role, fact, verdict),
            })
            .collect()
    })
}

proptest! {
    #[test]
    fn no_paper_is_spared_but_for_facts_that_were_all_answered(findings in findings()) {
        for term in [Term::Running, Term::Over] {
            if decide(&findings, term) == Decision::PaperNotRequired {
                prop_assert!(findings
                    .iter()
                    .all(|finding| matches!(finding.verdict, Verdict::Match | Verdict::Elsewhere)));
                prop_assert!(supplements(&findings, today()).is_empty());
            }
        }
    }

    #[test]
    fn what_is_decided_against_the_citizen_names_the_paper(findings in findings()) {
        prop_assume!(!findings.is_empty());
        if decide(&findings, Term::Over) == Decision::SupplementRequired {
            let asked = supplements(&findings, today());
            prop_assert!(!asked.is_empty());
            prop_assert!(asked.iter().all(|asked| !asked.allowed.any_one_of.is_empty()));
            prop_assert!(asked.iter().flat_map(|asked| asked.allowed.any_one_of).all(|paper| !paper.is_dead()));
        }
    }

    #[test]
    fn a_deadline_that_is_over_leaves_nothing_pending(findings in findings()) {
        prop_assert_ne!(decide(&findings, Term::Over), Decision::Pending);
    }

    #[test]
    fn what_another_database_holds_never_decides(findings in findings()) {
        let mut more = findings.clone();
        more.push(finding("mother", "birth", Verdict::Elsewhere));
        if !findings.is_empty() {
            for term in [Term::Running, Term::Over] {
                prop_assert_eq!(decide(&findings, term), decide(&more, term));
            }
        }
    }
}
