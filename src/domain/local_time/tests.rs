use proptest::prelude::*;

use super::*;

fn microseconds(time: Timestamp) -> String {
    let mut text = String::new();
    push_microseconds(&mut text, time);
    text
}

proptest! {
    #[test]
    fn is_written_as_the_library_would(nanosecond in any::<i64>(), far in -300_000_000_000..253_000_000_000_i64) {
        for time in [Timestamp::from_nanosecond(nanosecond.into()).unwrap(), Timestamp::from_second(far).unwrap()] {
            let printer = DateTimePrinter::new().precision(Some(6));
            prop_assert_eq!(microseconds(time), printer.timestamp_with_offset_to_string(&time, VIET_NAM));
        }
        let positive = Timestamp::from_nanosecond(nanosecond.saturating_abs().into()).unwrap();
        let thousandths = Timestamp::from_millisecond(positive.as_millisecond()).unwrap();
        prop_assert_eq!(
            written(positive),
            DateTimePrinter::new().timestamp_with_offset_to_string(&thousandths, VIET_NAM)
        );
    }
}

#[test]
fn the_day_begins_at_seventeen_hours_utc() {
    let time = |text: &str| text.parse::<Timestamp>().unwrap();
    assert_eq!(day(time("2026-11-22T16:59:59Z")).to_string(), "2026-11-22");
    assert_eq!(day(time("2026-11-22T17:00:00Z")).to_string(), "2026-11-23");
    for (given, text) in [
        ("2026-11-22T17:30:00.123456Z", "2026-11-23T00:30:00.123+07:00"),
        ("2026-11-22T17:30:00.120Z", "2026-11-23T00:30:00.12+07:00"),
        ("2026-11-22T17:30:00.100Z", "2026-11-23T00:30:00.1+07:00"),
        ("2026-11-22T17:30:00Z", "2026-11-23T00:30:00+07:00"),
    ] {
        assert_eq!(written(time(given)), text);
    }
}
