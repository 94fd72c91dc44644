use super::*;

#[test]
fn a_name_is_plain_and_never_that_of_the_files() {
    for good in ["an.nguyen", "op-1", "A_b"] {
        assert_eq!(good.parse::<OperatorName>().unwrap().as_str(), good);
    }
    for bad in ["", "file", "Ân", "a b", "a/b", "001090000001", "x-012345678"] {
        assert!(bad.parse::<OperatorName>().is_err(), "{bad}");
    }
}

#[test]
fn a_reason_is_one_short_line_without_anybodys_number() {
    let said: Reason = "  Hết hạn hợp đồng  ".parse().unwrap();
    assert_eq!(said.as_str(), "Hết hạn hợp đồng");
    let long = "ă".repeat(300);
    assert_eq!(long.parse::<Reason>().unwrap().as_str(), long);
    let table = [
        (" ".to_owned(), Malformed::Length),
        ("ă".repeat(301), Malformed::Length),
        ("one\ntwo".to_owned(), Malformed::Charset),
        ("asked by 001090000001".to_owned(), Malformed::PersonalNumber),
        ("card 012345678.".to_owned(), Malformed::PersonalNumber),
    ];
    for (text, wrong) in table {
        assert_eq!(text.parse::<Reason>(), Err(wrong), "{text}");
    }
}
