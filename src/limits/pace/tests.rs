//! Is the pace that of the calls, and the forecast no prophecy?

use super::*;

const SECOND: u64 = 1_000_000_000;

fn paced(minutes: u64, per_minute: i64) -> (Pace, u64) {
    let start = 17 * SECOND;
    let mut pace = Pace::starting(start);
    let mut now = start;
    for _ in 0..minutes * 60 {
        pace.count(per_minute / 60, now);
        now += SECOND;
    }
    (pace, now)
}

#[test]
fn a_steady_pace_is_seen_as_it_is_after_a_minute_an_hour_and_a_day() {
    for minutes in [2, 60, 24 * 60] {
        let (pace, now) = paced(minutes, 120);
        let seen = pace.per_second(now).unwrap();
        assert!((1.9..=2.1).contains(&seen), "{seen} after {minutes} min");
    }
}

#[test]
fn nothing_is_known_in_the_first_minute() {
    let mut pace = Pace::starting(0);
    pace.count(1_000, SECOND);
    assert_eq!(pace.per_second(59 * SECOND), None);
    assert!(pace.per_second(60 * SECOND).is_some());
}

#[test]
fn what_was_long_ago_fades_and_what_is_given_back_never_was() {
    let (mut pace, now) = paced(60, 600);
    let (then, hour_later) = (pace.per_second(now).unwrap(), now + 3_600 * SECOND);
    let faded = pace.per_second(hour_later).unwrap();
    assert!(faded < 0.45 * then && faded > 0.15 * then, "{faded} of {then}");
    pace.count(50, hour_later);
    pace.count(-50, hour_later);
    assert_eq!(pace.per_second(hour_later), Some(faded));
}

#[test]
fn it_runs_out_when_what_is_left_has_gone_at_this_pace_and_not_after_the_reset() {
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let (noon, midnight) = (at("2026-08-22T12:00:00+07:00"), at("2026-08-23T00:00:00+07:00"));
    let table = [
        (
            "an hour at one a second",
            3_600,
            1.0,
            Some("2026-08-22T13:00:00+07:00"),
        ),
        ("half a second", 1, 2.0, Some("2026-08-22T12:00:00.5+07:00")),
        (
            "just before midnight",
            43_199,
            1.0,
            Some("2026-08-22T23:59:59+07:00"),
        ),
        ("midnight comes first", 43_200, 1.0, None),
        ("nobody asks", 10, 0.0, None),
        ("nothing is left", 0, 0.0, Some("2026-08-22T12:00:00+07:00")),
        ("beyond all time", u64::MAX, 1e-300, None),
    ];
    for (why, remaining, pace, expected) in table {
        assert_eq!(
            exhausted_at(remaining, pace, noon, midnight),
            expected.map(at),
            "{why}"
        );
    }
}
