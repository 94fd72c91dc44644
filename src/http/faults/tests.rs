use std::collections::BTreeSet;

use super::*;

fn found(body: &str) -> Vec<(String, &'static str)> {
    let mut faults = Faults::default();
    let json = Json::read(body.as_bytes()).unwrap();
    members(
        &json,
        &Pointer::Root.member("subject"),
        ["pin", "full_name"],
        &mut faults,
    );
    faults
        .iter()
        .map(|fault| (fault.pointer.clone(), fault.kind.code()))
        .collect()
}

#[test]
fn names_what_is_unknown_repeated_or_no_object() {
    assert_eq!(found(r#"{"pin":1,"full_name":2}"#), []);
    assert_eq!(
        found(r#"{"pin":1,"name":2,"pin":3,"name":4}"#),
        [
            ("/subject/name".to_owned(), "unknown_member"),
            ("/subject/pin".to_owned(), "duplicate"),
            ("/subject/name".to_owned(), "unknown_member"),
        ]
    );
    assert_eq!(found("[]"), [("/subject".to_owned(), "wrong_type")]);
}

#[test]
fn never_repeats_a_name_that_could_be_personal() {
    let names = [
        "001190000001",
        "x001190000001",
        "0011900000015",
        "123456789",
        "Nguyễn",
        "a b",
        "a/b",
        "a~b",
        "1990-04-12",
        "",
        &"a".repeat(41),
    ];
    for name in names {
        assert_eq!(
            found(&format!(r#"{{"{name}":1}}"#)),
            [("/subject".to_owned(), "unknown_member")],
            "{name}"
        );
    }
}

#[test]
fn tells_no_more_than_a_hundred() {
    let many: Vec<_> = (0..1000).map(|number| format!(r#""x{number}":1"#)).collect();
    assert_eq!(found(&format!("{{{}}}", many.join(","))).len(), 100);
}

#[test]
fn every_kind_has_a_code_of_the_contract_and_a_key_of_its_own() {
    let codes: BTreeSet<_> = Kind::ALL.into_iter().map(Kind::code).collect();
    let contract = [
        "charset",
        "conflict",
        "duplicate",
        "format",
        "legacy_encoding",
        "length",
        "range",
        "required",
        "unknown_member",
        "wrong_type",
    ];
    assert!(codes.into_iter().eq(contract));
    let keys: BTreeSet<_> = Kind::ALL.into_iter().map(Kind::key).collect();
    assert_eq!(keys.len(), Kind::ALL.len());
}
