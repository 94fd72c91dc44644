use super::*;

fn today() -> Date {
    "2026-11-22".parse().unwrap()
}

fn faults_of(subject_json: &str) -> Vec<(String, &'static str)> {
    let mut faults = Faults::default();
    let read = subject(
        &Json::read(subject_json.as_bytes()).unwrap(),
        &Pointer::Root,
        today(),
        &mut faults,
    );
    assert!(read.is_some() || !faults.is_empty());
    faults
        .iter()
        .map(|fault| (fault.pointer.clone(), fault.kind.code()))
        .collect()
}

fn with(member: &str, value: &str) -> String {
    let valid = [
        ("pin", "\"100190000001\""),
        ("full_name", "\"Nguyễn Thị Mẫu\""),
        ("date_of_birth", "\"1990-04-12\""),
    ];
    let members: Vec<_> = valid
        .into_iter()
        .map(|(name, usual)| format!("\"{name}\":{}", if name == member { value } else { usual }))
        .collect();
    format!("{{{}}}", members.join(","))
}

#[test]
fn a_person_has_exactly_one_number() {
    let rest = r#""full_name":"Nguyễn Thị Mẫu","date_of_birth":"1990""#;
    assert_eq!(faults_of(&format!(r#"{{"pin":"100190000001",{rest}}}"#)), []);
    assert_eq!(
        faults_of(&format!(r#"{{"old_id_number":"999000001",{rest}}}"#)),
        []
    );
    assert_eq!(faults_of(&format!("{{{rest}}}")), [(String::new(), "required")]);
    let both = format!(r#"{{"pin":"100190000001","old_id_number":"999000001",{rest}}}"#);
    assert_eq!(faults_of(&both), [(String::new(), "conflict")]);
}

#[test]
fn bad_parts_are_named_by_their_kind() {
    let cases = [
        ("pin", "\"10019000001\"", "length"),
        ("pin", "\"１００１９０００００１\"", "charset"),
        ("pin", "\"١٠٠١٩٠٠٠٠٠٠١\"", "charset"),
        ("pin", "100190000001", "wrong_type"),
        ("pin", "null", "wrong_type"),
        ("pin", "\"\"", "length"),
        ("full_name", "\"\"", "length"),
        ("full_name", "\"a\\u0000b\"", "charset"),
        ("date_of_birth", "\"1800\"", "range"),
        ("date_of_birth", "\"2026-11-23\"", "range"),
        ("date_of_birth", "\"2023-02-30\"", "format"),
        ("date_of_birth", "\"12/04/1990\"", "format"),
        ("date_of_birth", "[]", "wrong_type"),
    ];
    for (member, value, code) in cases {
        assert_eq!(
            faults_of(&with(member, value)),
            [(format!("/{member}"), code)],
            "{member}={value}"
        );
    }
    let long = format!("\"{}\"", "a".repeat(10_000));
    assert_eq!(
        faults_of(&with("full_name", &long)),
        [("/full_name".to_owned(), "length")]
    );
}

#[test]
fn the_names_of_addresses_are_the_domains() {
    let addresses = AddressKind::ALL.map(AddressKind::as_str);
    assert!(CLAIMS.ends_with(&addresses));
}

#[test]
fn every_claim_is_read() {
    let body = r#"{"sex":"unknown","ethnicity":"1","religion":"00","nationality":"vn","marital_status":"married",
        "head_of_household":false,"old_id_number":"999000001",
        "place_of_birth_registration":{"province_code":"25"},"place_of_origin":{"province_code":"25"},
        "permanent_residence":{"province_code":"25","commune_code":"09106","detail":"Số 1","as_of":"2025-07-01"},
        "current_residence":{"province_code":"25"},"temporary_residence":{"province_code":"25"}}"#;
    let mut faults = Faults::default();
    let read = claims(
        &Json::read(body.as_bytes()).unwrap(),
        &Pointer::Root,
        today(),
        &mut faults,
    );
    assert!(faults.is_empty(), "{faults:?}");
    assert!(read.iter().map(Claim::name).eq(CLAIMS));
}

#[test]
fn bad_claims_are_named_by_their_kind() {
    let cases = [
        (r#"{"sex":"FEMALE"}"#, "/sex", "format"),
        (r#"{"ethnicity":"001"}"#, "/ethnicity", "format"),
        (r#"{"nationality":"VNM"}"#, "/nationality", "format"),
        (r#"{"marital_status":"divorced"}"#, "/marital_status", "format"),
        (
            r#"{"head_of_household":"true"}"#,
            "/head_of_household",
            "wrong_type",
        ),
        (r#"{"old_id_number":"99900000"}"#, "/old_id_number", "length"),
        (
            r#"{"permanent_residence":"25"}"#,
            "/permanent_residence",
            "wrong_type",
        ),
        (
            r#"{"permanent_residence":{"province_code":"25","detail":" "}}"#,
            "/permanent_residence/detail",
            "length",
        ),
        (
            r#"{"permanent_residence":{"province_code":"25","detail":"a\nb"}}"#,
            "/permanent_residence/detail",
            "charset",
        ),
        (
            r#"{"permanent_residence":{"province_code":"25","as_of":"2025"}}"#,
            "/permanent_residence/as_of",
            "format",
        ),
    ];
    for (body, pointer, code) in cases {
        let mut faults = Faults::default();
        let read = claims(
            &Json::read(body.as_bytes()).unwrap(),
            &Pointer::Root,
            today(),
            &mut faults,
        );
        assert!(read.is_empty(), "{body}");
        let found: Vec<_> = faults
            .iter()
            .map(|fault| (fault.pointer.as_str(), fault.kind.code()))
            .collect();
        assert_eq!(found, [(pointer, code)], "{body}");
    }
}
