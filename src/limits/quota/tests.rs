//! Do the quotas move with Viet Nam's calendar, whatever the clock does?

use super::*;

fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

/// Holds the quotas of a day and a month, as a client has them.
struct Both {
    day: Quota,
    month: Quota,
    per_day: u64,
    per_month: u64,
}

/// Which quota is used up.
#[derive(Debug, PartialEq, Eq)]
enum Used {
    Day(u64),
    Month(u64),
}

fn both(now: &str, (per_day, per_month): (u64, u64)) -> Both {
    spent((0, 0), now, (per_day, per_month))
}

fn spent((day, month): (u64, u64), now: &str, (per_day, per_month): (u64, u64)) -> Both {
    Both {
        day: Quota::new(Period::Day, day, at(now)),
        month: Quota::new(Period::Month, month, at(now)),
        per_day,
        per_month,
    }
}

impl Both {
    /// Takes a call and tells what is left of day and month, or which is used up and for how many seconds.
    fn take(&mut self, now: &str) -> Result<(u64, u64), Used> {
        let now = at(now);
        self.day.move_on(now);
        self.month.move_on(now);
        if !self.day.has_left(self.per_day, None) {
            return Err(Used::Day(self.day.ends_in(now).as_secs()));
        }
        if !self.month.has_left(self.per_month, None) {
            return Err(Used::Month(self.month.ends_in(now).as_secs()));
        }
        self.day.spend();
        self.month.spend();
        Ok((self.per_day - self.day.used(), self.per_month - self.month.used()))
    }

    fn begun(&self) -> (Day, Day) {
        (self.day.begins(), self.month.begins())
    }

    fn give_back(&mut self, (day, month): (Day, Day)) {
        self.day.give_back(day);
        self.month.give_back(month);
    }
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
    for (why, now, day, month) in table {
        let mut quotas = both(now, (10, 10));
        quotas.take(now).unwrap();
        assert_eq!(quotas.day.ends_in(at(now)), Duration::from_secs(day), "{why}");
        assert_eq!(quotas.month.ends_in(at(now)), Duration::from_secs(month), "{why}");
    }
}

#[test]
fn a_used_up_day_opens_again_at_midnight_and_a_month_on_the_first() {
    let mut quotas = both("2028-02-28T23:59:59+07:00", (2, 3));
    let mut take = |now| quotas.take(now);
    assert_eq!(take("2028-02-28T23:59:59+07:00"), Ok((1, 2)));
    assert_eq!(take("2028-02-28T23:59:59+07:00"), Ok((0, 1)));
    assert_eq!(take("2028-02-28T23:59:59+07:00"), Err(Used::Day(1)));
    assert_eq!(
        take("2028-02-29T00:00:00+07:00"),
        Ok((1, 0)),
        "another day, the same month"
    );
    assert_eq!(take("2028-02-29T00:00:00+07:00"), Err(Used::Month(86_400)));
    assert_eq!(take("2028-03-01T00:00:00+07:00"), Ok((1, 2)));
}

#[test]
fn the_same_month_of_another_year_is_another_month() {
    let mut quotas = both("2026-08-22T10:00:00+07:00", (1, 1));
    assert_eq!(quotas.take("2026-08-22T10:00:00+07:00"), Ok((0, 0)));
    assert_eq!(quotas.take("2027-08-22T10:00:00+07:00"), Ok((0, 0)));
}

#[test]
fn a_clock_set_back_gives_no_day_twice_and_says_how_long_it_will_be() {
    let mut quotas = both("2026-09-01T08:00:00+07:00", (1, 5));
    assert_eq!(quotas.take("2026-09-01T08:00:00+07:00"), Ok((0, 4)));
    let day_and_a_half = 36 * 3_600;
    let told = quotas.take("2026-08-31T12:00:00+07:00");
    assert_eq!(told, Err(Used::Day(day_and_a_half)), "until 1 September is over");
    assert_eq!(
        quotas.take("2026-09-02T00:00:00+07:00"),
        Ok((0, 3)),
        "the month went on"
    );
}

#[test]
fn what_is_given_back_counts_for_the_day_and_month_that_it_was_spent_on() {
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
        let mut quotas = both("2026-08-22T08:00:00+07:00", (10, 100));
        quotas.take("2026-08-22T08:00:00+07:00").unwrap();
        let spent = quotas.begun();
        // A call that moves the calendar on, and is given back at once.
        quotas.take(later).unwrap();
        quotas.give_back(quotas.begun());
        quotas.give_back(spent);
        assert_eq!(quotas.take(later), Ok(expected), "{why}");
    }
}

#[test]
fn what_was_spent_before_the_start_counts() {
    let mut quotas = spent((2, 7), "2026-08-22T08:00:00+07:00", (3, 10));
    assert_eq!(quotas.take("2026-08-22T08:00:00+07:00"), Ok((0, 2)));
    assert_eq!(
        quotas.take("2026-08-22T09:00:00+07:00"),
        Err(Used::Day(15 * 3_600))
    );
    assert_eq!(quotas.take("2026-08-23T09:00:00+07:00"), Ok((2, 1)));
}

#[test]
fn the_last_day_of_time_ends_too() {
    let mut quota = Quota::new(Period::Month, 0, Timestamp::MAX);
    quota.move_on(Timestamp::MAX);
    assert!(quota.has_left(1, None));
}

#[test]
fn what_all_gateways_spent_is_counted_and_what_came_since_besides() {
    let now = at("2026-08-22T08:00:00+07:00");
    let mut quota = Quota::new(Period::Day, 5, now);
    quota.spend();
    quota.spend();
    assert_eq!(quota.tell(), (2, 5));
    quota.spend();
    assert_eq!(quota.hear(quota.begins(), 20), 13, "so many are news");
    assert_eq!(quota.used(), 21);
    assert_eq!(quota.tell(), (1, 0));
    quota.spend();
    assert_eq!(quota.tell(), (2, 0), "what wasn't heard of is told again");
    quota.make_up();
    assert_eq!(
        quota.tell(),
        (2, 20),
        "should it have been lost, twenty were known"
    );
    quota.move_on(at("2026-08-23T08:00:00+07:00"));
    assert_eq!(quota.hear(day_of(now), 30), 0, "of a day that is over");
    assert_eq!(quota.used(), 0);
}

#[test]
fn gateways_that_cant_agree_divide_what_is_left() {
    let mut quota = Quota::new(Period::Day, 90, at("2026-08-22T08:00:00+07:00"));
    let three = NonZeroU32::new(3);
    let mut admitted = 0;
    while quota.has_left(100, three) {
        quota.spend();
        admitted += 1;
    }
    assert_eq!(admitted, 4, "a third of ten, rounded up");
    assert!(quota.has_left(100, None));
}
