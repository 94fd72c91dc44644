use super::*;
use crate::domain::claim::Claim;
use crate::domain::codes::Sex;

fn today() -> Date {
    "2026-11-22".parse().unwrap()
}

fn read(reader: Read, body: &str) -> (Option<Asking>, Vec<(String, &'static str)>) {
    let mut faults = Faults::default();
    let asking = reader(&Json::read(body.as_bytes()).unwrap(), today(), &mut faults);
    (
        asking,
        faults
            .iter()
            .map(|fault| (fault.pointer.clone(), fault.kind.code()))
            .collect(),
    )
}

const SUBJECT: &str =
    r#""subject":{"pin":"100190000001","full_name":"Nguyễn Thị Mẫu","date_of_birth":"1990-04-12"}"#;
const CONTEXT: &str =
    r#""context":{"procedure":"1.001193","dossier":"000.00.12.H57-260822-0001","channel":"counter"}"#;

fn lookup_of(fields: &str) -> (Option<Asking>, Vec<(String, &'static str)>) {
    read(lookup, &format!(r#"{{{SUBJECT},"fields":{fields},{CONTEXT}}}"#))
}

#[test]
fn the_contracts_example_is_a_question() {
    let body = format!(
        r#"{{{SUBJECT},"claims":{{"sex":"female","permanent_residence":{{"province_code":"25","commune_code":"09106"}}}},{CONTEXT}}}"#
    );
    let (asking, faults) = read(verify, &body);
    assert_eq!(faults, []);
    let asking = asking.unwrap();
    let Asked::Verify(claims) = &asking.asked else {
        panic!("not a verification")
    };
    assert_eq!(claims.first(), Some(&Claim::Sex(Some(Sex::Female))));
    assert_eq!(claims.last().map(Claim::name), Some("permanent_residence"));
    assert_eq!(asking.subject.number.expose(), "100190000001");
    assert_eq!(asking.context.procedure.as_str(), "1.001193");
    assert_eq!(asking.context.channel, Channel::Counter);
}

#[test]
fn claims_may_be_left_out() {
    let (asking, faults) = read(verify, &format!("{{{SUBJECT},{CONTEXT}}}"));
    assert_eq!(faults, []);
    assert!(matches!(asking.unwrap().asked, Asked::Verify(claims) if claims.is_empty()));
}

#[test]
fn everything_wrong_is_told_at_once() {
    let body = r#"{
        "subject":{"pin":"1","full_name":7,"date_of_birth":"2023-02-30"},
        "claims":{"sex":"f","permanent_residence":{"commune_code":"9106","as_of":"2030-01-01"},"shoe_size":1},
        "context":{"procedure":"x","dossier":"001190000001","channel":"fax"},
        "extra":null}"#;
    let (asking, faults) = read(verify, body);
    assert!(asking.is_none());
    let expected = [
        ("/extra", "unknown_member"),
        ("/subject/pin", "length"),
        ("/subject/full_name", "wrong_type"),
        ("/subject/date_of_birth", "format"),
        ("/claims/shoe_size", "unknown_member"),
        ("/claims/sex", "format"),
        ("/claims/permanent_residence/province_code", "required"),
        ("/claims/permanent_residence/commune_code", "format"),
        ("/claims/permanent_residence/as_of", "range"),
        ("/context/procedure", "charset"),
        ("/context/dossier", "format"),
        ("/context/channel", "format"),
    ];
    assert_eq!(faults, expected.map(|(pointer, code)| (pointer.to_owned(), code)));
}

#[test]
fn an_empty_object_lacks_every_part() {
    for (reader, missing) in [
        (verify as Read, vec!["/subject", "/context"]),
        (lookup, vec!["/subject", "/fields", "/context"]),
    ] {
        let (asking, faults) = read(reader, "{}");
        assert!(asking.is_none());
        assert_eq!(
            faults,
            missing
                .into_iter()
                .map(|at| (at.to_owned(), "required"))
                .collect::<Vec<_>>()
        );
    }
}

#[test]
fn a_bare_address_stands_for_its_parts() {
    let (asking, faults) = lookup_of(r#"["full_name","permanent_residence"]"#);
    assert_eq!(faults, []);
    let Asked::Lookup(fields) = asking.unwrap().asked else {
        panic!("not a look-up")
    };
    let paths: Vec<_> = fields.iter().map(|field| field.to_string()).collect();
    assert_eq!(
        paths,
        [
            "full_name",
            "permanent_residence.province_code",
            "permanent_residence.commune_code",
            "permanent_residence.detail"
        ]
    );
}

#[test]
fn fields_are_known_and_named_once() {
    let cases = [
        ("[]", ("/fields", "length")),
        ("\"sex\"", ("/fields", "wrong_type")),
        ("[\"sex\",1]", ("/fields/1", "wrong_type")),
        ("[\"sex\",\"blood_group\"]", ("/fields/1", "format")),
        ("[\"sex\",\"sex\"]", ("/fields/1", "duplicate")),
        (
            "[\"permanent_residence.detail\",\"permanent_residence\"]",
            ("/fields/1", "duplicate"),
        ),
    ];
    for (fields, (pointer, code)) in cases {
        assert_eq!(lookup_of(fields).1, [(pointer.to_owned(), code)], "{fields}");
    }
    let many = format!("[{}]", vec!["\"sex\""; 26].join(","));
    assert_eq!(lookup_of(&many).1, [("/fields".to_owned(), "length")]);
    let all: Vec<_> = Field::all().map(|field| format!("\"{field}\"")).collect();
    assert_eq!(all.len(), MOST_FIELDS);
    assert_eq!(lookup_of(&format!("[{}]", all.join(","))).1, []);
}
