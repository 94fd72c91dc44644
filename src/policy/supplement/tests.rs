use jiff::civil::date;

use super::*;

fn asked(fact: &str, day: Date) -> Option<Supplement> {
    supplement(&fact.parse().unwrap(), day)
}

#[test]
fn each_fact_has_its_papers_its_article_and_the_way_to_put_it_right() {
    let today = date(2026, 11, 22);
    let decree = "Nghị định 104/2022/NĐ-CP, Điều 14 khoản 3";
    let resolution = "Nghị quyết 66.7/2025/NQ-CP, Điều 2 khoản 2";
    let table = [
        ("permanent_residence", 3, decree, "1.010039"),
        ("current_residence", 3, decree, "1.010039"),
        ("head_of_household", 1, decree, "1.010039"),
        ("same_household_with_head", 1, decree, "1.010039"),
        ("child_of_head", 1, decree, "1.010039"),
        ("household_members", 1, decree, "1.010039"),
        ("identity", 2, resolution, "1.012564"),
        ("old_id_number", 1, resolution, "1.012564"),
        ("ethnicity", 2, resolution, "1.004859"),
    ];
    for (fact, papers, article, correction) in table {
        let supplement = asked(fact, today).unwrap();
        assert_eq!(supplement.any_one_of.len(), papers, "{fact}");
        assert_eq!(supplement.legal_ground, article, "{fact}");
        assert_eq!(supplement.correction_procedure, correction, "{fact}");
        assert!(
            supplement.any_one_of.iter().all(|paper| !paper.is_dead()),
            "{fact}: a dead paper"
        );
    }
}

#[test]
fn what_belongs_to_another_database_is_never_asked_for_here() {
    for fact in ["marriage", "birth", "residence_history", "land_use_right"] {
        assert_eq!(asked(fact, date(2026, 11, 22)), None, "{fact}");
    }
}

#[test]
fn the_day_decides_which_article_is_cited() {
    let (last, after) = (date(2027, 2, 28), date(2027, 3, 1));
    let cited = |fact, day| asked(fact, day).unwrap().legal_ground;
    assert!(cited("identity", last).starts_with("Nghị quyết 66.7/2025"));
    assert!(cited("identity", after).starts_with("Luật Căn cước"));
    for day in [last, after] {
        assert!(cited("permanent_residence", day).starts_with("Nghị định 104/2022"));
    }
    assert_eq!(
        asked("permanent_residence", date(2022, 12, 31)),
        None,
        "the book was still good"
    );
    assert_eq!(asked("identity", date(2024, 6, 30)), None);
}
