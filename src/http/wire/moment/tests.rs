use super::*;

#[test]
fn is_written_in_the_time_of_viet_nam() {
    let moment = Moment("2026-11-22T17:30:00.123456Z".parse().unwrap());
    assert_eq!(moment.to_string(), "2026-11-23T00:30:00.123+07:00");
    assert_eq!(moment.day().to_string(), "2026-11-23");
    assert_eq!(
        Moment("2026-11-22T00:00:00Z".parse().unwrap()).to_string(),
        "2026-11-22T07:00:00+07:00"
    );
}
