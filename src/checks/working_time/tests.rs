use jiff::civil::{date, time};
use proptest::prelude::*;

use super::*;

/// Gives the shipped office hours, with the days around Tết 2026 and the swapped days of National Day.
fn calendar() -> Calendar {
    let off = |days: &[(i16, i8, i8)]| days.iter().map(|(y, m, d)| date(*y, *m, *d)).collect();
    let year = Year {
        days_off: off(&[
            (2026, 1, 1),
            (2026, 1, 2),
            (2026, 2, 16),
            (2026, 2, 17),
            (2026, 2, 18),
            (2026, 2, 19),
            (2026, 2, 20),
            (2026, 8, 31),
            (2026, 9, 1),
            (2026, 9, 2),
        ]),
        days_worked: off(&[(2026, 1, 10), (2026, 8, 22)]),
        is_provisional: false,
    };
    Calendar::new(hours(), rest(), BTreeMap::from([(2026, year)])).unwrap()
}

fn hours() -> Vec<Opening> {
    vec![
        Opening {
            from: time(7, 30, 0, 0),
            to: time(11, 30, 0, 0),
        },
        Opening {
            from: time(13, 0, 0, 0),
            to: time(17, 0, 0, 0),
        },
    ]
}

fn rest() -> Vec<Weekday> {
    vec![Weekday::Saturday, Weekday::Sunday]
}

fn at(text: &str) -> Timestamp {
    format!("{text}:00+07:00").parse().unwrap()
}

#[track_caller]
fn must_end(channel: Channel, received: &str, ends: &str) {
    assert_eq!(calendar().deadline(channel, at(received)), at(ends), "{received}");
}

#[test]
fn eight_working_hours_run_from_the_minute_of_receipt() {
    let table = [
        // A Monday morning: the same day's close.
        ("2026-11-23T07:30", "2026-11-23T17:00"),
        // Before the office opens, and in the night before.
        ("2026-11-23T05:10", "2026-11-23T17:00"),
        ("2026-11-22T23:59", "2026-11-23T17:00"),
        ("2026-11-23T09:00", "2026-11-24T09:00"),
        // The lunch break doesn't count.
        ("2026-11-23T11:30", "2026-11-24T11:30"),
        ("2026-11-23T12:15", "2026-11-24T11:30"),
        ("2026-11-23T13:00", "2026-11-24T11:30"),
        ("2026-11-23T13:01", "2026-11-24T13:01"),
        // A minute before the close, at it, and after it.
        ("2026-11-23T16:59", "2026-11-24T16:59"),
        ("2026-11-23T17:00", "2026-11-24T17:00"),
        ("2026-11-23T17:01", "2026-11-24T17:00"),
        // Over a weekend.
        ("2026-11-27T16:00", "2026-11-30T16:00"),
        ("2026-11-28T10:00", "2026-11-30T17:00"),
        // Over Tết 2026: Friday 13 February, then Monday 23.
        ("2026-02-13T15:00", "2026-02-23T15:00"),
        ("2026-02-17T09:00", "2026-02-23T17:00"),
        // Friday before a Saturday that is worked in place of Monday, and Saturday itself.
        ("2026-08-21T16:00", "2026-08-22T16:00"),
        ("2026-08-22T08:00", "2026-08-24T08:00"),
        // The Monday that was swapped away, with National Day after it.
        ("2026-08-28T16:00", "2026-09-03T16:00"),
    ];
    for (received, ends) in table {
        must_end(Channel::Online, received, ends);
    }
}

#[test]
fn one_working_day_ends_with_the_next_working_day() {
    let table = [
        ("2026-11-23T08:00", "2026-11-24T17:00"),
        ("2026-11-23T16:59", "2026-11-24T17:00"),
        ("2026-11-23T17:01", "2026-11-24T17:00"),
        // Over a weekend, and received on it.
        ("2026-11-27T09:00", "2026-11-30T17:00"),
        ("2026-11-28T09:00", "2026-11-30T17:00"),
        // Over Tết, and received on it.
        ("2026-02-13T16:59", "2026-02-23T17:00"),
        ("2026-02-18T10:00", "2026-02-23T17:00"),
        // The swapped Saturday is a working day.
        ("2026-08-21T09:00", "2026-08-22T17:00"),
        ("2026-08-22T09:00", "2026-08-24T17:00"),
        ("2026-08-28T09:00", "2026-09-03T17:00"),
    ];
    for (received, ends) in table {
        for channel in [Channel::Counter, Channel::Assisted, Channel::Post] {
            must_end(channel, received, ends);
        }
    }
}

#[test]
fn midnight_in_viet_nam_parts_the_days() {
    // 17:30 UTC on Sunday is half past midnight on Monday at the counter.
    let received: Timestamp = "2026-11-22T17:30:00Z".parse().unwrap();
    assert_eq!(
        calendar().deadline(Channel::Counter, received),
        at("2026-11-24T17:00")
    );
    assert_eq!(
        calendar().deadline(Channel::Online, received),
        at("2026-11-23T17:00")
    );
}

#[test]
fn a_year_that_is_not_listed_has_weekends_and_the_fixed_holidays() {
    let calendar = calendar();
    assert!(calendar.knows(2026) && !calendar.knows(2031));
    assert!(!calendar.is_worked(date(2031, 1, 1)) && !calendar.is_worked(date(2031, 9, 2)));
    assert!(!calendar.is_worked(date(2031, 1, 4)), "a Saturday");
    assert!(calendar.is_worked(date(2031, 1, 2)));
    assert_eq!(
        calendar.deadline(Channel::Online, at("2031-04-29T16:00")),
        at("2031-05-02T16:00")
    );
}

#[test]
fn what_contradicts_itself_is_named() {
    let of = |days_off: &[Date], days_worked: &[Date]| {
        let year = Year {
            days_off: days_off.iter().copied().collect(),
            days_worked: days_worked.iter().copied().collect(),
            is_provisional: false,
        };
        Calendar::new(hours(), rest(), BTreeMap::from([(2026, year)])).unwrap_err()
    };
    let (saturday, monday) = (date(2026, 8, 22), date(2026, 8, 31));
    assert_eq!(
        of(&[saturday], &[saturday]),
        [Contradiction::OffAndWorked(saturday)]
    );
    assert_eq!(of(&[], &[monday]), [Contradiction::WorkedAnyway(monday)]);
    let stray = date(2027, 1, 1);
    assert_eq!(of(&[stray], &[]), [Contradiction::OtherYear(stray)]);
    let long: Vec<_> = days_from(date(2026, 3, 2)).take(40).collect();
    assert_eq!(of(&long, &[]), [Contradiction::LongRest(date(2026, 3, 2))]);

    let no_day: Vec<_> = Weekday::Monday.cycle_forward().take(7).collect();
    let never = Calendar::new(hours(), no_day, BTreeMap::new()).unwrap_err();
    assert_eq!(never, [Contradiction::NoWorkingDay]);
    for hours in [Vec::new(), hours().into_iter().rev().collect()] {
        let mistaken = Calendar::new(hours, rest(), BTreeMap::new()).unwrap_err();
        assert_eq!(mistaken, [Contradiction::Hours]);
    }
}

/// Counts the office minutes between two moments, one by one.
fn office_minutes(calendar: &Calendar, from: Timestamp, to: Timestamp) -> i64 {
    let mut minutes = 0;
    let mut now = VIET_NAM.to_datetime(from);
    let end = VIET_NAM.to_datetime(to);
    while now < end {
        let is_open = calendar.is_worked(now.date())
            && calendar
                .hours
                .iter()
                .any(|open| open.from <= now.time() && now.time() < open.to);
        minutes += i64::from(is_open);
        now = now.saturating_add(SignedDuration::from_mins(1));
    }
    minutes
}

proptest! {
    #[test]
    fn exactly_eight_office_hours_lie_before_an_online_deadline(minute in 0_i64..525_600) {
        let calendar = calendar();
        let received = at("2026-01-01T00:00").saturating_add(SignedDuration::from_mins(minute)).unwrap();
        let deadline = calendar.deadline(Channel::Online, received);
        prop_assert_eq!(office_minutes(&calendar, received, deadline), 480);
    }

    #[test]
    fn a_later_receipt_never_has_an_earlier_deadline(one in 0_i64..525_600, other in 0_i64..525_600) {
        let calendar = calendar();
        let start = at("2026-01-01T00:00");
        let received = |minute| start.saturating_add(SignedDuration::from_mins(minute)).unwrap();
        let (early, late) = (received(one.min(other)), received(one.max(other)));
        for channel in [Channel::Online, Channel::Counter] {
            prop_assert!(calendar.deadline(channel, early) <= calendar.deadline(channel, late));
        }
    }
}
