use super::*;

#[test]
fn a_notice_holds_up_to_its_end_and_without_one_until_it_is_taken_down() {
    let at = |text: &str| -> Timestamp { text.parse().unwrap() };
    let now = at("2026-08-22T10:00:00+07:00");
    for (until, holds) in [
        (None, true),
        (Some("2026-08-22T10:00:01+07:00"), true),
        (Some("2026-08-22T10:00:00+07:00"), false),
        (Some("2026-08-22T09:59:59+07:00"), false),
    ] {
        let notice = Notice {
            message: None,
            until: until.map(at),
        };
        assert_eq!(notice.holds(now), holds, "{until:?}");
    }
}

#[test]
fn a_message_is_one_line_that_holds_no_personal_number() {
    let read = |text: &str| text.parse::<Words>().map(|words| words.as_str().to_owned());
    assert_eq!(read(" Bảo trì đến 6 giờ. "), Ok("Bảo trì đến 6 giờ.".to_owned()));
    assert_eq!(read(&"ố".repeat(300)).unwrap().chars().count(), 300);
    for (text, malformed) in [
        ("", Malformed::Length),
        ("  ", Malformed::Length),
        ("two\nlines", Malformed::Charset),
        ("about 100190000001", Malformed::PersonalNumber),
        ("about 999000001", Malformed::PersonalNumber),
    ] {
        assert_eq!(read(text), Err(malformed), "{text}");
    }
    assert_eq!(read(&"ố".repeat(301)), Err(Malformed::Length));
}
