use super::*;

#[test]
fn three_precisions_are_read_and_written_alike() {
    for text in ["1990-04-12", "1990-04", "1990", "2024-02-29"] {
        assert_eq!(text.parse::<BirthDate>().unwrap().expose(), text);
    }
}

#[test]
fn what_is_no_date_is_refused() {
    for text in [
        "2023-02-30",
        "1990-13",
        "1990-00",
        "1990-4-1",
        "12/04/1990",
        "",
        "1990-04-12-01",
        "١٩٩٠",
        "+990",
        "1990-",
    ] {
        assert_eq!(text.parse::<BirthDate>(), Err(Malformed::Format), "{text}");
    }
    assert_eq!("1800".parse::<BirthDate>(), Err(Malformed::Range));
}

#[test]
fn a_date_in_the_future_is_seen_at_its_precision() {
    let today = Date::constant(2026, 11, 22);
    for (text, future) in [
        ("2026-11-22", false),
        ("2026-11-23", true),
        ("2026-11", false),
        ("2026-12", true),
        ("2026", false),
        ("2027", true),
    ] {
        assert_eq!(
            text.parse::<BirthDate>().unwrap().is_after(today),
            future,
            "{text}"
        );
    }
}
