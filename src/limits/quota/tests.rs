//! Do the quotas move with Viet Nam's calendar, whatever the clock does?

use super::*;

fn allowance(per_day: u64, per_month: u64) -> Allowance {
    Allowance {
        per_day,
        per_month,
        ..crate::policy::tests::sample::client().allowance
    }
}

fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

fn quota(now: &str) -> Quota {
    Quota::new(Spent::default(), at(now))
}

/// Takes a call and tells what is left of day and month, or which quota is used up.
fn take(quota: &Quota, allowance: &Allowance, now: &str) -> Result<(u64, u64), (Limit, u64)> {
    quota
        .take(allowance, at(now))
        .map(|left| (left.day.calls, left.month.calls))
        .map_err(|exceeded| (exceeded.limit, exceeded.retry_after.as_secs()))
}

#[test]
fn the_day_ends_at_midnight_in_viet_nam_and_the_month_with_its_last_day() {
    const DAY: u64 = 86_400;
    let table = [
        (
            "17:00 in Greenwich is midnight in Hà Nội",
            "2026-08-22T16:59:59Z",
            1,
            9 * DAY + 1,
        ),
        (
            "the second after it is a whole day off",
            "2026-08-22T17:00:00Z",
            DAY,
            9 * DAY,
        ),
        (
            "the last day of a month ends both",
            "2026-08-31T23:00:00+07:00",
            3_600,
            3_600,
        ),
        ("a February of 28 days", "2026-02-28T00:00:00+07:00", DAY, DAY),
        (
            "28 February of a leap year",
            "2028-02-28T00:00:00+07:00",
            DAY,
            2 * DAY,
        ),
        ("29 February", "2028-02-29T12:00:00+07:00", DAY / 2, DAY / 2),
        ("the year's last day", "2026-12-31T23:59:50+07:00", 10, 10),
    ];
    let plenty = allowance(10, 10);
    for (why, now, day, month) in table {
        let left = quota(now).take(&plenty, at(now)).unwrap();
        assert_eq!(left.day.resets_in, Duration::from_secs(day), "{why}");
        assert_eq!(left.month.resets_in, Duration::from_secs(month), "{why}");
    }
}

#[test]
fn a_used_up_day_opens_again_at_midnight_and_a_month_on_the_first() {
    let (quota, allowance) = (quota("2028-02-28T23:59:59+07:00"), allowance(2, 3));
    let take = |now| take(&quota, &allowance, now);
    assert_eq!(take("2028-02-28T23:59:59+07:00"), Ok((1, 2)));
    assert_eq!(take("2028-02-28T23:59:59+07:00"), Ok((0, 1)));
    assert_eq!(take("2028-02-28T23:59:59+07:00"), Err((Limit::Day, 1)));
    assert_eq!(
        take("2028-02-29T00:00:00+07:00"),
        Ok((1, 0)),
        "another day, the same month"
    );
    assert_eq!(take("2028-02-29T00:00:00+07:00"), Err((Limit::Month, 86_400)));
    assert_eq!(take("2028-03-01T00:00:00+07:00"), Ok((1, 2)));
}

#[test]
fn the_same_month_of_another_year_is_another_month() {
    let (quota, allowance) = (quota("2026-08-22T10:00:00+07:00"), allowance(1, 1));
    assert_eq!(take(&quota, &allowance, "2026-08-22T10:00:00+07:00"), Ok((0, 0)));
    assert_eq!(take(&quota, &allowance, "2027-08-22T10:00:00+07:00"), Ok((0, 0)));
}

#[test]
fn a_clock_set_back_gives_no_day_twice_and_says_how_long_it_will_be() {
    let (quota, allowance) = (quota("2026-09-01T08:00:00+07:00"), allowance(1, 5));
    assert_eq!(take(&quota, &allowance, "2026-09-01T08:00:00+07:00"), Ok((0, 4)));
    let day_and_a_half = 36 * 3_600;
    let told = take(&quota, &allowance, "2026-08-31T12:00:00+07:00");
    assert_eq!(
        told,
        Err((Limit::Day, day_and_a_half)),
        "until 1 September is over"
    );
    assert_eq!(
        take(&quota, &allowance, "2026-09-02T00:00:00+07:00"),
        Ok((0, 3)),
        "the month went on"
    );
}

#[test]
fn what_is_given_back_counts_for_the_day_and_month_that_it_was_spent_on() {
    let allowance = allowance(10, 100);
    let table = [
        ("the same day", "2026-08-22T12:00:00+07:00", (9, 99)),
        ("the next day", "2026-08-23T12:00:00+07:00", (9, 99)),
        ("the next month", "2026-09-01T12:00:00+07:00", (9, 99)),
        (
            "a day earlier, the clock was set back",
            "2026-08-21T12:00:00+07:00",
            (9, 99),
        ),
    ];
    for (why, later, expected) in table {
        let quota = quota("2026-08-22T08:00:00+07:00");
        let spent = quota.take(&allowance, at("2026-08-22T08:00:00+07:00")).unwrap();
        // A call that moves the calendar on, and is given back at once.
        let moved = quota.take(&allowance, at(later)).unwrap();
        quota.give_back(moved.spent_on);
        quota.give_back(spent.spent_on);
        assert_eq!(take(&quota, &allowance, later), Ok(expected), "{why}");
    }
}

#[test]
fn what_was_spent_before_the_start_counts() {
    let spent = Spent { day: 2, month: 7 };
    let quota = Quota::new(spent, at("2026-08-22T08:00:00+07:00"));
    let allowance = allowance(3, 10);
    assert_eq!(take(&quota, &allowance, "2026-08-22T08:00:00+07:00"), Ok((0, 2)));
    assert_eq!(
        take(&quota, &allowance, "2026-08-22T09:00:00+07:00"),
        Err((Limit::Day, 15 * 3_600))
    );
    assert_eq!(take(&quota, &allowance, "2026-08-23T09:00:00+07:00"), Ok((2, 1)));
}

#[test]
fn the_last_day_of_time_ends_too() {
    let now = Timestamp::MAX;
    assert!(
        Quota::new(Spent::default(), now)
            .take(&allowance(1, 1), now)
            .is_ok()
    );
}
