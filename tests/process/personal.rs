//! Has anything personal, or any secret, come out where it must not?
//!
//! Looks for the numbers, names and tokens that the tests use, and for anything in the form of a personal number.

use std::fmt::Write as _;

/// The officer who asks in most tests.
pub const OFFICER: &str = "001090000001";

/// Gives the number that one of many officers has.
pub fn officer(number: usize) -> String {
    format!("001090{:06}", number + 1)
}

/// Names everything in the text that must not be in it.
pub fn found_in(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    let mut found: Vec<String> = [
        "nguyenthimau",
        "nguyen thi mau",
        "nguyễn thị mẫu",
        "nguyễn%20",
        "bearer ",
    ]
    .into_iter()
    .filter(|word| lower.contains(word))
    .map(str::to_owned)
    .collect();
    // A token's parts are long and begin as JSON does in base64; a hash is shorter.
    found.extend(
        text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-' && letter != '_')
            .filter(|word| word.starts_with("eyJ") && word.len() > 60)
            .map(|word| format!("a token of {} letters", word.len())),
    );
    // Ids and fractions are told apart by what they are joined to: a group of a UUID may be twelve digits too.
    let words =
        text.split(|letter: char| !letter.is_ascii_alphanumeric() && !matches!(letter, '-' | '_' | '.'));
    found.extend(
        words
            .map(|word| word.trim_matches('.'))
            .filter(|word| matches!(word.len(), 9 | 12) && word.bytes().all(|byte| byte.is_ascii_digit()))
            .map(str::to_owned),
    );
    found
}

/// Fails when there is anything personal in the text.
pub fn assert_none_in(text: &str, whose: &str) {
    let found = found_in(text);
    let mut shown = String::new();
    for line in text.lines().filter(|line| !found_in(line).is_empty()).take(5) {
        writeln!(shown, "  {line}").unwrap();
    }
    assert!(found.is_empty(), "{whose} shows {found:?}:\n{shown}");
}

#[test]
fn a_planted_leak_is_found() {
    for leak in [
        "pin=100190000001 asked",
        r#"{"officer":"001090000001"}"#,
        "name Nguyễn Thị Mẫu",
        "<HoVaTen>NGUYENTHIMAU</HoVaTen>",
        "authorization: Bearer abc",
        "the old number is 123456789.",
    ] {
        assert!(!found_in(leak).is_empty(), "{leak}");
    }
    let harmless =
        "01a20388-b014-79f4-9849-359712345678 took 20 ms at 2026-11-22T13:55:50.330068Z port 38511";
    assert_eq!(found_in(harmless), Vec::<String>::new());
}
