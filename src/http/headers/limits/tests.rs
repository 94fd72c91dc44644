use super::*;
use crate::limits::Limit;
use crate::policy::clients::Guesses;

const ALLOWANCE: Allowance = Allowance {
    officer_per_second: 100,
    officer_burst: 200,
    officers_per_subject: 20,
    guesses: Guesses {
        per_officer: 30,
        per_person: 10,
        per_client: 600,
    },
    rate_per_second: 2000,
    burst: 4000,
    concurrency: 512,
    per_day: 1_000_000,
    per_month: 20_000_000,
    registry_weight: 1,
    batch_rows_per_day: 100_000,
};

#[test]
fn policies_are_a_list_of_strings_with_quota_and_window() {
    let text = rate_limit_policy(&ALLOWANCE, None);
    let list = sfv::Parser::new(&text).parse::<sfv::List>().unwrap();
    let names: Vec<_> = list
        .iter()
        .map(|entry| {
            let sfv::ListEntry::Item(item) = entry else {
                panic!("a list within the list")
            };
            let quota = item.params.get("q").and_then(sfv::BareItem::as_integer).unwrap();
            let window = item.params.get("w").and_then(sfv::BareItem::as_integer);
            let name = item.bare_item.as_string().unwrap().as_str().to_owned();
            (name, i64::from(quota), window.map(i64::from))
        })
        .collect();
    let expected = [
        ("officer", 200, Some(2)),
        ("burst", 4000, Some(2)),
        ("concurrency", 512, None),
        ("day", 1_000_000, None),
        ("month", 20_000_000, None),
    ];
    for (name, quota, window) in expected {
        assert!(
            names.contains(&(name.to_owned(), quota, window)),
            "{name} in {text}"
        );
    }
}

#[test]
fn the_nearest_is_one_item() {
    let nearest = Remaining {
        limit: Limit::Day,
        of: Size {
            calls: 20_000,
            seconds: None,
        },
        calls: 19998,
        resets_in: Duration::from_millis(3_599_001),
    };
    let text = rate_limit(&nearest);
    assert_eq!(text, "\"day\";r=19998;t=3600");
    assert_eq!(sfv::Parser::new(&text).parse::<sfv::List>().unwrap().len(), 1);
}

#[test]
fn seconds_are_rounded_up() {
    assert_eq!(whole_seconds(Duration::ZERO), 0);
    assert_eq!(whole_seconds(Duration::from_nanos(1)), 1);
    assert_eq!(whole_seconds(Duration::from_secs(2)), 2);
    assert_eq!(whole_seconds(Duration::MAX), u64::MAX);
}

#[test]
fn a_procedure_s_own_size_is_told_where_it_is_the_nearest() {
    let nearest = Remaining {
        limit: Limit::Burst,
        of: Size {
            calls: 10,
            seconds: Some(5),
        },
        calls: 3,
        resets_in: Duration::from_secs(4),
    };
    let text = rate_limit_policy(&ALLOWANCE, Some(&nearest));
    assert!(text.contains("\"burst\";q=10;w=5, "), "{text}");
    assert!(text.contains("\"day\";q=1000000, "), "{text}");
}

#[test]
fn calls_at_once_are_said_to_be_that() {
    let text = rate_limit_policy(&ALLOWANCE, None);
    let list = sfv::Parser::new(&text).parse::<sfv::List>().unwrap();
    let units = list.iter().filter_map(|entry| {
        let sfv::ListEntry::Item(item) = entry else {
            panic!("a list within the list")
        };
        let unit = item.params.get("qu")?.as_string()?.as_str().to_owned();
        Some((item.bare_item.as_string()?.as_str().to_owned(), unit))
    });
    assert_eq!(
        units.collect::<Vec<_>>(),
        [("concurrency".to_owned(), "concurrent-requests".to_owned())]
    );
}
