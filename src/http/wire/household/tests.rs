use serde_json::json;

use super::*;
use crate::http::openapi::examples::households::{lookup_request, verify_request};
use crate::http::wire::request::Read;

fn read(reader: Read, body: &serde_json::Value) -> (Option<Asking>, Vec<(String, &'static str)>) {
    let mut faults = Faults::default();
    let body = body.to_string();
    let today = "2026-11-22".parse().unwrap();
    let asking = reader(&Json::read(body.as_bytes()).unwrap(), today, &mut faults);
    let told = faults
        .iter()
        .map(|fault| (fault.pointer.clone(), fault.kind.code()));
    (asking, told.collect())
}

/// Reads the example with another list of predicates.
fn asking(predicates: serde_json::Value) -> (Option<Asking>, Vec<(String, &'static str)>) {
    let mut body = verify_request();
    body["predicates"] = predicates;
    read(verify, &body)
}

#[test]
fn the_contracts_example_is_a_question() {
    let (asking, faults) = read(verify, &verify_request());
    assert_eq!(faults, []);
    let Asked::Household(predicates) = asking.unwrap().asked else {
        panic!("no household's question")
    };
    let names: Vec<_> = predicates.iter().map(Predicate::name).collect();
    assert_eq!(names, TYPES.map(|(name, _)| name));
    let Some(Predicate::ResidesIn { since, kind, .. }) = predicates.get(3) else {
        panic!("no residence")
    };
    assert_eq!((since.is_some(), *kind), (true, ResidenceKind::Permanent));
    assert!(
        matches!(
            predicates.get(4),
            Some(Predicate::MemberCount {
                at_least: Some(2),
                at_most: Some(8)
            })
        ),
        "{predicates:?}"
    );
}

#[test]
fn residence_is_permanent_where_nothing_else_is_said() {
    let (asking, faults) = asking(json!([{"type": "resides_in", "commune_code": "09106"}]));
    assert_eq!(faults, []);
    let Asked::Household(predicates) = asking.unwrap().asked else {
        panic!("no household's question")
    };
    assert!(matches!(
        predicates.as_slice(),
        [Predicate::ResidesIn {
            since: None,
            kind: ResidenceKind::Permanent,
            ..
        }]
    ));
}

#[test]
fn everything_wrong_is_told_in_its_place() {
    let person = json!({"pin": "100080000017", "full_name": "Trần Văn Chủ", "date_of_birth": "1980-05-01"});
    let subject = verify_request()["subject"].clone();
    let table = [
        (json!([]), vec![("/predicates", "length")]),
        (json!({}), vec![("/predicates", "wrong_type")]),
        (json!([1]), vec![("/predicates/0", "wrong_type")]),
        (json!([{}]), vec![("/predicates/0/type", "required")]),
        (
            json!([{"type": "shares_a_dog"}]),
            vec![("/predicates/0/type", "format")],
        ),
        (json!([{"type": 1}]), vec![("/predicates/0/type", "wrong_type")]),
        (
            json!([{"type": "head_of_household", "person": person}]),
            vec![("/predicates/0/person", "unknown_member")],
        ),
        (
            json!([{"type": "same_household"}]),
            vec![("/predicates/0/person", "required")],
        ),
        (
            json!([{"type": "same_household", "person": {"pin": "1"}}]),
            vec![
                ("/predicates/0/person/pin", "length"),
                ("/predicates/0/person/full_name", "required"),
                ("/predicates/0/person/date_of_birth", "required"),
            ],
        ),
        (
            json!([{"type": "same_household", "person": subject}]),
            vec![("/predicates/0/person", "conflict")],
        ),
        (
            json!([{"type": "relationship", "person": person, "relationship": "cousin"}]),
            vec![("/predicates/0/relationship", "format")],
        ),
        (
            json!([{"type": "relationship", "person": person}]),
            vec![("/predicates/0/relationship", "required")],
        ),
        (
            json!([{"type": "resides_in", "commune_code": "9106", "since": "2030-01-01", "kind": "for_now"}]),
            vec![
                ("/predicates/0/commune_code", "format"),
                ("/predicates/0/since", "range"),
                ("/predicates/0/kind", "format"),
            ],
        ),
        (
            json!([{"type": "resides_in"}]),
            vec![("/predicates/0/commune_code", "required")],
        ),
        (
            json!([{"type": "member_count"}]),
            vec![("/predicates/0", "required")],
        ),
        (
            json!([{"type": "member_count", "at_least": "2", "at_most": 0}]),
            vec![
                ("/predicates/0/at_least", "wrong_type"),
                ("/predicates/0/at_most", "range"),
            ],
        ),
        (
            json!([{"type": "member_count", "at_least": 1.5, "at_most": -1}]),
            vec![
                ("/predicates/0/at_least", "range"),
                ("/predicates/0/at_most", "range"),
            ],
        ),
        (
            json!([{"type": "head_of_household"}, {"type": "member_count", "at_least": 3, "at_most": 2}]),
            vec![("/predicates/1", "conflict")],
        ),
    ];
    for (predicates, expected) in table {
        let (_, faults) = asking(predicates.clone());
        let expected: Vec<_> = expected
            .into_iter()
            .map(|(at, code)| (at.to_owned(), code))
            .collect();
        assert_eq!(faults, expected, "{predicates}");
    }
    let many = vec![json!({"type": "head_of_household"}); MOST_PREDICATES + 1];
    assert_eq!(asking(json!(many)).1, [("/predicates".to_owned(), "length")]);
}

#[test]
fn members_have_the_fields_of_the_register_s_list_alone() {
    assert_eq!(read(lookup, &lookup_request()).1, []);
    let mut body = lookup_request();
    for (field, is_of_members) in [
        ("permanent_residence", true),
        ("sex", true),
        ("religion", false),
        ("place_of_origin", false),
        ("current_residence.commune_code", false),
    ] {
        body["fields"] = json!(["full_name", field]);
        let expected: &[_] = if is_of_members {
            &[]
        } else {
            &[("/fields".to_owned(), "format")]
        };
        assert_eq!(read(lookup, &body).1, expected, "{field}");
    }
}
