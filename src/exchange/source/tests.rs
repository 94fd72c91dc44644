//! What may a caller know of when another client fetched the record?

use std::time::Duration;

use proptest::prelude::*;

use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

#[test]
fn age_and_time_are_told_to_the_hour_where_another_client_fetched_the_record() {
    let (own, others) = (true, false);
    let table = [
        ("one's own, just now", 0, own, 0),
        ("one's own", 41, own, 41),
        ("one's own, after an hour", 3_601, own, 3_601),
        ("another's, just now", 0, others, 3_600),
        ("another's, a second ago", 1, others, 3_600),
        ("another's, an hour ago", 3_600, others, 3_600),
        ("another's, more than an hour ago", 3_601, others, 7_200),
    ];
    for (why, seconds, own, expected) in table {
        assert_eq!(
            told_age(Duration::from_secs(seconds), at(0), own).0,
            expected,
            "{why}"
        );
    }
    let table = [
        ("one's own", 7_261, own, 7_261),
        ("another's", 7_261, others, 7_200),
        ("another's, on the hour", 7_200, others, 7_200),
        ("another's, before 1970", -1, others, -3_600),
    ];
    for (why, as_of, own, expected) in table {
        assert_eq!(told_age(Duration::ZERO, at(as_of), own).1, at(expected), "{why}");
    }
}

proptest! {
    #[test]
    fn what_is_told_is_never_younger_than_it_is(seconds in 0..u64::MAX, as_of in 0..4_000_000_000_i64) {
        let (age, time) = told_age(Duration::from_secs(seconds), at(as_of), false);
        prop_assert!(age >= seconds || age > u64::MAX - HOUR);
        prop_assert!(time <= at(as_of));
        prop_assert_eq!(time.as_second() % 3_600, 0);
    }
}
