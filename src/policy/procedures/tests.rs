use jiff::civil::date;

use super::*;
use crate::policy::tests::sample;

fn ground(article: &str, from: Date, until: Option<Date>) -> LegalGround {
    LegalGround {
        article: article.to_owned(),
        from,
        until,
    }
}

#[test]
fn a_ground_counts_from_its_first_day_to_its_last() {
    let mut procedure = sample::procedure(sample::LICENSED, Fields::NONE);
    procedure.legal_ground = vec![
        ground("decree", date(2023, 1, 1), None),
        ground("resolution", date(2026, 1, 1), Some(date(2027, 2, 28))),
    ];
    let table: [(Date, &[&str]); 5] = [
        (date(2022, 12, 31), &[]),
        (date(2025, 12, 31), &["decree"]),
        (date(2026, 1, 1), &["decree", "resolution"]),
        (date(2027, 2, 28), &["decree", "resolution"]),
        (date(2027, 3, 1), &["decree"]),
    ];
    for (day, cited) in table {
        let articles: Vec<_> = procedure
            .grounds_on(day)
            .map(|ground| ground.article.as_str())
            .collect();
        assert_eq!(articles, cited, "{day}");
    }
}

#[test]
fn roles_and_facts_are_found() {
    let procedure = sample::procedure(sample::LICENSED, Fields::NONE);
    assert!(procedure.role(&"applicant".parse().unwrap()).is_some());
    assert!(procedure.role(&"father".parse().unwrap()).is_none());
    assert!(procedure.needs(&Fact::PermanentResidence));
    assert!(!procedure.needs(&Fact::HouseholdMembers));
}
