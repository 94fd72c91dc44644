use std::collections::BTreeMap;

use jiff::civil::date;

use super::*;

fn reader(settings: &[(&str, &str)]) -> Reader {
    let environment: BTreeMap<String, String> = settings
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect();
    Reader::open(&[], &environment).unwrap()
}

/// Reads a calendar from a file and gives what is wrong with it.
fn mistakes(text: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("days.toml");
    std::fs::write(&path, text).unwrap();
    let mut reader = reader(&[("DANCU__CHECKS__WORKING_DAYS_FILE", path.to_str().unwrap())]);
    assert!(read(&mut reader).is_none());
    reader.finish().into_iter().map(|mistake| mistake.what).collect()
}

#[test]
fn the_shipped_calendar_is_in_order_and_knows_the_announced_days() {
    let mut reader = reader(&[]);
    let calendar = read(&mut reader).unwrap();
    assert!(reader.finish().is_empty());
    assert!((2025..=2027).all(|year| calendar.knows(year)));
    let provisional = [2025, 2026, 2027, 2028].map(|year| calendar.is_provisional(year));
    assert_eq!(provisional, [false, false, true, false]);
    let table = [
        (date(2025, 1, 24), true),
        (date(2025, 1, 27), false),
        (date(2025, 2, 3), true),
        (date(2025, 4, 26), true),
        (date(2025, 5, 2), false),
        (date(2026, 1, 2), false),
        (date(2026, 1, 10), true),
        (date(2026, 2, 16), false),
        (date(2026, 2, 23), true),
        (date(2026, 8, 22), true),
        (date(2026, 8, 31), false),
        (date(2026, 9, 3), true),
        (date(2026, 11, 22), false),
        (date(2027, 2, 8), false),
    ];
    for (day, is_worked) in table {
        assert_eq!(calendar.is_worked(day), is_worked, "{day}");
    }
}

#[test]
fn every_mistake_of_a_file_comes_with_the_others() {
    let found = mistakes(
        r#"
        office_hours = [{ from = "7.30", to = "11:30" }]
        weekly_rest = ["saturday", "sonntag"]
        [[year]]
        year = 2026
        days_off = [{ from = "2026-02-20", to = "2026-02-16", name = "Tết" }, { from = "soon", to = "2026-09-02", name = "Quốc khánh" }]
        days_worked = ["22/8/2026"]
        "#,
    );
    let expected = [
        "must be times such as 07:30",
        "must be days such as saturday",
        "days_off must end on or after its first day, and within a month",
        "days must be written like 2026-02-16",
        "days must be written like 2026-02-16",
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_calendar_that_contradicts_itself_is_refused() {
    let found = mistakes(
        r#"
        office_hours = [{ from = "07:30", to = "11:30" }]
        weekly_rest = ["saturday", "sunday"]
        [[year]]
        year = 2026
        days_off = [{ from = "2026-08-22", to = "2026-08-22", name = "?" }]
        days_worked = ["2026-08-22", "2026-08-24"]
        "#,
    );
    assert_eq!(
        found,
        [
            "2026-08-22 is both off and worked",
            "2026-08-24 would be worked anyway"
        ]
    );
}
