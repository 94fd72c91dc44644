//! What does a body get that can't be read?
//!
//! Each bad body has its status, and each thing wrong with it a pointer and a code; what was sent is never sent back. Each
//! has one row. The registry hears of none.

mod headers;

use reqwest::Method;
use serde_json::{Value, json};

use crate::clients::{Answer, Role, context, fields_of, p01, question};
use crate::gateway::Gateway;

const OFFICER: &str = "001090000001";

async fn start() -> Gateway {
    // More is refused here in a second than a client may have refused.
    Gateway::builder()
        .setting("limits.refused_per_second", "100000")
        .start()
        .await
}

async fn has_one_row(gateway: &Gateway, answer: &Answer) {
    let rows = gateway.rows_of(answer.text("/transaction_id")).await;
    assert_eq!(rows.len(), 1, "{:#}", answer.body);
    assert_eq!(rows[0]["outcome"], "refused");
    assert_eq!(rows[0]["problem"], answer.body["code"]);
    assert_eq!(rows[0]["client"], "demo");
    assert!(rows[0]["officer"].is_string() && rows[0]["subject"].is_null());
}

/// A question with something put in place of one of its parts.
fn but(pointer: &str, value: Value) -> Value {
    let mut body = question(
        &p01(),
        &json!({"permanent_residence": {"province_code": "25", "commune_code": "09106"}}),
    );
    let (parent, member) = pointer.rsplit_once('/').unwrap();
    body.pointer_mut(parent).unwrap()[member] = value;
    body
}

fn without(pointer: &str) -> Value {
    let mut body = question(&p01(), &json!({}));
    let (parent, member) = pointer.rsplit_once('/').unwrap();
    body.pointer_mut(parent)
        .unwrap()
        .as_object_mut()
        .unwrap()
        .remove(member)
        .unwrap();
    body
}

#[actix_web::test]
async fn what_is_no_json_is_malformed() {
    let gateway = start().await;
    let officer = gateway.officer(OFFICER);
    let whole = question(&p01(), &json!({})).to_string();
    let nested = |depth: usize| format!("{{\"subject\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    let texts: [(&str, Vec<u8>); 13] = [
        ("nothing", Vec::new()),
        ("a brace", b"{".to_vec()),
        ("half a body", whole.as_bytes()[..whole.len() / 2].to_vec()),
        ("something after it", format!("{whole}x").into_bytes()),
        ("two of them", format!("{whole}{whole}").into_bytes()),
        ("a comma too many", whole.replacen('{', "{,", 1).into_bytes()),
        ("NaN", b"{\"subject\":NaN}".to_vec()),
        ("a lone surrogate", whole.replace("Mẫu", "M\\ud83d").into_bytes()),
        (
            "a lone low surrogate",
            whole.replace("Mẫu", "M\\udc00").into_bytes(),
        ),
        (
            "bytes that are no UTF-8",
            whole
                .replace("Mẫu", "M")
                .into_bytes()
                .into_iter()
                .chain([0xff])
                .collect(),
        ),
        (
            "a control character as it is",
            whole.replace("Mẫu", "M\u{1}u").into_bytes(),
        ),
        ("a thousand lists", nested(1_000).into_bytes()),
        ("thirty thousand lists", nested(30_000).into_bytes()),
    ];
    for (what, text) in texts {
        let answer = officer.post_bytes("/v1/citizens/verify", text).await;
        assert_eq!(
            (answer.status, answer.told()),
            (400, "malformed_request"),
            "{what}"
        );
        has_one_row(&gateway, &answer).await;
    }
    assert_eq!(gateway.registry_calls().await, 0);
    gateway.finish().await;
}

#[actix_web::test]
async fn what_is_too_large_is_refused_however_it_comes() {
    let gateway = start().await;
    let officer = gateway.officer(OFFICER);
    let padded = |length: usize| {
        let body = question(&p01(), &json!({})).to_string();
        format!("{body}{}", " ".repeat(length - body.len())).into_bytes()
    };
    let answer = officer.post_bytes("/v1/citizens/verify", padded(64 * 1024)).await;
    answer.must_be(200, "confirmed");
    for length in [64 * 1024 + 1, 1024 * 1024] {
        let answer = officer.post_bytes("/v1/citizens/verify", padded(length)).await;
        answer.must_be(413, "body_too_large");
        has_one_row(&gateway, &answer).await;
    }
    gateway.finish().await;
}

#[actix_web::test]
async fn each_fault_has_its_place_and_its_code() {
    let gateway = start().await;
    let officer = gateway.officer(OFFICER);
    let home = "/claims/permanent_residence";
    let full_width = "１００１９００００００１";
    let arabic = "١٠٠١٩٠٠٠٠٠٠١";
    let rows = [
        (json!([]), "", "wrong_type"),
        (json!("text"), "", "wrong_type"),
        (json!(null), "", "wrong_type"),
        (but("/extra", json!(1)), "/extra", "unknown_member"),
        (
            but("/subject/officer", json!("x")),
            "/subject/officer",
            "unknown_member",
        ),
        (
            but(&format!("{home}/street"), json!("x")),
            "/claims/permanent_residence/street",
            "unknown_member",
        ),
        // A name that could itself be somebody's number isn't repeated.
        (
            but("/subject/100190000001", json!("x")),
            "/subject",
            "unknown_member",
        ),
        (
            but("/claims/Nguyễn Thị Mẫu", json!("x")),
            "/claims",
            "unknown_member",
        ),
        (without("/subject"), "/subject", "required"),
        (without("/context"), "/context", "required"),
        (without("/subject/pin"), "/subject", "required"),
        (without("/subject/full_name"), "/subject/full_name", "required"),
        (
            without("/subject/date_of_birth"),
            "/subject/date_of_birth",
            "required",
        ),
        (without("/context/procedure"), "/context/procedure", "required"),
        (without("/context/dossier"), "/context/dossier", "required"),
        (without("/context/channel"), "/context/channel", "required"),
        (but("/subject", json!("100190000001")), "/subject", "wrong_type"),
        (
            but("/subject/pin", json!(100_190_000_001_u64)),
            "/subject/pin",
            "wrong_type",
        ),
        (but("/subject/pin", json!(null)), "/subject/pin", "wrong_type"),
        (
            but("/subject/full_name", json!(["x"])),
            "/subject/full_name",
            "wrong_type",
        ),
        (but("/claims", json!([])), "/claims", "wrong_type"),
        (
            but("/claims/head_of_household", json!("yes")),
            "/claims/head_of_household",
            "wrong_type",
        ),
        (but("/context", json!(true)), "/context", "wrong_type"),
        (
            but("/subject/pin", json!("10019000000")),
            "/subject/pin",
            "length",
        ),
        (
            but("/subject/pin", json!("1001900000011")),
            "/subject/pin",
            "length",
        ),
        (but("/subject/pin", json!("")), "/subject/pin", "length"),
        (but("/subject/pin", json!(full_width)), "/subject/pin", "charset"),
        (but("/subject/pin", json!(arabic)), "/subject/pin", "charset"),
        (
            but("/subject/pin", json!("10019000000l")),
            "/subject/pin",
            "charset",
        ),
        (
            but("/subject/pin", json!("100190 00001")),
            "/subject/pin",
            "charset",
        ),
        (
            but("/subject/pin", json!("10019000000\u{0}")),
            "/subject/pin",
            "charset",
        ),
        (
            but("/subject/old_id_number", json!("999000001")),
            "/subject",
            "conflict",
        ),
        (
            but("/subject/full_name", json!("")),
            "/subject/full_name",
            "length",
        ),
        (
            but("/subject/full_name", json!("   ")),
            "/subject/full_name",
            "length",
        ),
        (
            but("/subject/full_name", json!("Mẫu ".repeat(2_500))),
            "/subject/full_name",
            "length",
        ),
        (
            but("/subject/full_name", json!("a".repeat(101))),
            "/subject/full_name",
            "length",
        ),
        (
            but("/subject/full_name", json!("Nguyễn\u{0}Thị")),
            "/subject/full_name",
            "charset",
        ),
        (
            but("/subject/full_name", json!("Nguyễn\nThị")),
            "/subject/full_name",
            "charset",
        ),
        (
            but("/subject/full_name", json!("Nguyễn \u{202e}Thị")),
            "/subject/full_name",
            "charset",
        ),
        (
            but("/subject/full_name", json!("Nguyễn\u{200f} Thị")),
            "/subject/full_name",
            "charset",
        ),
        (
            but("/subject/full_name", json!("Nguyễn\u{200b} Thị")),
            "/subject/full_name",
            "charset",
        ),
        (
            but("/subject/full_name", json!("Nguyễn 3")),
            "/subject/full_name",
            "charset",
        ),
        (
            but("/subject/full_name", json!("<b>Mẫu</b>")),
            "/subject/full_name",
            "charset",
        ),
        (
            but("/subject/full_name", json!("NguyÔn ThÞ MÉu")),
            "/subject/full_name",
            "legacy_encoding",
        ),
        (
            but("/subject/date_of_birth", json!("2023-02-30")),
            "/subject/date_of_birth",
            "format",
        ),
        (
            but("/subject/date_of_birth", json!("1990-13")),
            "/subject/date_of_birth",
            "format",
        ),
        (
            but("/subject/date_of_birth", json!("12/04/1990")),
            "/subject/date_of_birth",
            "format",
        ),
        (
            but("/subject/date_of_birth", json!("19900412")),
            "/subject/date_of_birth",
            "format",
        ),
        (
            but("/subject/date_of_birth", json!("")),
            "/subject/date_of_birth",
            "format",
        ),
        (
            but("/subject/date_of_birth", json!("1800")),
            "/subject/date_of_birth",
            "range",
        ),
        (
            but("/subject/date_of_birth", json!("1800-01-01")),
            "/subject/date_of_birth",
            "range",
        ),
        (
            but("/subject/date_of_birth", json!("2999-01-01")),
            "/subject/date_of_birth",
            "range",
        ),
        (but("/claims/sex", json!("M")), "/claims/sex", "format"),
        (
            but("/claims/ethnicity", json!("Kinh")),
            "/claims/ethnicity",
            "format",
        ),
        (
            but("/claims/nationality", json!("VNM")),
            "/claims/nationality",
            "format",
        ),
        (
            but("/claims/marital_status", json!("divorced")),
            "/claims/marital_status",
            "format",
        ),
        (
            but("/claims/old_id_number", json!("12345678")),
            "/claims/old_id_number",
            "length",
        ),
        (
            but(home, json!({})),
            "/claims/permanent_residence/province_code",
            "required",
        ),
        (
            but(&format!("{home}/province_code"), json!("1")),
            "/claims/permanent_residence/province_code",
            "format",
        ),
        (
            but(&format!("{home}/commune_code"), json!("910")),
            "/claims/permanent_residence/commune_code",
            "format",
        ),
        (
            but(&format!("{home}/detail"), json!("x".repeat(501))),
            "/claims/permanent_residence/detail",
            "length",
        ),
        (
            but(&format!("{home}/detail"), json!("x\u{7}")),
            "/claims/permanent_residence/detail",
            "charset",
        ),
        (
            but(&format!("{home}/as_of"), json!("2025")),
            "/claims/permanent_residence/as_of",
            "format",
        ),
        (
            but(&format!("{home}/as_of"), json!("2999-01-01")),
            "/claims/permanent_residence/as_of",
            "range",
        ),
        (
            but("/context/procedure", json!("khai sinh")),
            "/context/procedure",
            "charset",
        ),
        (
            but("/context/procedure", json!("")),
            "/context/procedure",
            "length",
        ),
        (
            but("/context/dossier", json!("x".repeat(65))),
            "/context/dossier",
            "length",
        ),
        (
            but("/context/dossier", json!("hồ sơ")),
            "/context/dossier",
            "charset",
        ),
        (
            but("/context/dossier", json!("H57-100190000001")),
            "/context/dossier",
            "format",
        ),
        (
            but("/context/dossier", json!("H57-999000001-1")),
            "/context/dossier",
            "format",
        ),
        (
            but("/context/channel", json!("fax")),
            "/context/channel",
            "format",
        ),
    ];
    for (body, pointer, code) in rows {
        let answer = officer.verify(&body).await;
        answer.must_be(422, "invalid_request");
        let errors = answer.body["errors"].as_array().unwrap();
        let found = errors
            .iter()
            .any(|error| error["pointer"] == pointer && error["code"] == code);
        assert!(found && errors.len() == 1, "{pointer} {code}: {:#}", answer.body);
        has_one_row(&gateway, &answer).await;
    }
    assert_eq!(gateway.registry_calls().await, 0);
    gateway.finish().await;
}

#[actix_web::test]
async fn a_member_that_comes_twice_is_refused() {
    let gateway = start().await;
    let body = question(&p01(), &json!({})).to_string();
    let twice = body.replacen('{', "{\"context\":{},", 1);
    let answer = gateway
        .officer(OFFICER)
        .post_bytes("/v1/citizens/verify", twice.into_bytes())
        .await;
    answer.must_be(422, "invalid_request");
    let errors = answer.body["errors"].as_array().unwrap();
    let doubled = errors
        .iter()
        .any(|error| error["pointer"] == "/context" && error["code"] == "duplicate");
    assert!(doubled, "{:#}", answer.body);
    gateway.finish().await;
}

#[actix_web::test]
async fn everything_that_is_wrong_is_told_at_once_and_nothing_of_it_repeated() {
    let gateway = start().await;
    let body = json!({
        "subject": {"pin": "10019000000", "full_name": "Nguyễn\u{202e} Thị Mẫu", "date_of_birth": "2023-02-30"},
        "claims": {"sex": "nữ giới", "permanent_residence": {"province_code": "Hà Tĩnh", "commune_code": "09106"}},
        "context": {"procedure": "1.001193", "dossier": "000.00.12.H57-260822-0001", "channel": "counter"},
    });
    let answer = gateway
        .officer(OFFICER)
        .header("Accept-Language", "en")
        .verify(&body)
        .await;
    answer.must_be(422, "invalid_request");
    assert_eq!(
        answer.body["errors"].as_array().unwrap().len(),
        5,
        "{:#}",
        answer.body
    );
    let text = String::from_utf8(answer.bytes).unwrap();
    for sent in ["10019000000", "Nguyễn", "2023-02-30", "nữ giới", "Hà Tĩnh"] {
        assert!(!text.contains(sent), "{text}");
    }
    gateway.finish().await;
}

#[actix_web::test]
async fn a_look_up_names_its_fields_well() {
    let gateway = start().await;
    let officer = gateway.officer(OFFICER);
    let rows = [
        (
            json!({"subject": p01(), "context": context()}),
            "/fields",
            "required",
        ),
        (fields_of(&p01(), &[]), "/fields", "length"),
        (fields_of(&p01(), &["sex"; 26]), "/fields", "length"),
        (fields_of(&p01(), &["sex", "salary"]), "/fields/1", "format"),
        (
            fields_of(&p01(), &["permanent_residence.street"]),
            "/fields/0",
            "format",
        ),
        (fields_of(&p01(), &["sex", "sex"]), "/fields/1", "duplicate"),
        (
            fields_of(
                &p01(),
                &["permanent_residence", "permanent_residence.commune_code"],
            ),
            "/fields/1",
            "duplicate",
        ),
        (
            json!({"subject": p01(), "fields": "sex", "context": context()}),
            "/fields",
            "wrong_type",
        ),
        (
            json!({"subject": p01(), "fields": [1], "context": context()}),
            "/fields/0",
            "wrong_type",
        ),
    ];
    for (body, pointer, code) in rows {
        let answer = officer.lookup(&body).await;
        answer.must_be(422, "invalid_request");
        let error = &answer.body["errors"][0];
        assert_eq!(
            (error["pointer"].as_str(), error["code"].as_str()),
            (Some(pointer), Some(code))
        );
        has_one_row(&gateway, &answer).await;
    }
    for (query, pointer, code) in [
        ("", "/procedure", "required"),
        ("?procedure=x", "/procedure", "charset"),
        (
            "?procedure=1.001193&procedure=1.000894",
            "/procedure",
            "duplicate",
        ),
        ("?procedure=1.001193&pin=100190000001", "", "unknown_member"),
    ] {
        let answer = officer.get(&format!("/v1/fields{query}")).await;
        answer.must_be(422, "invalid_request");
        let error = &answer.body["errors"][0];
        assert_eq!(
            (error["pointer"].as_str(), error["code"].as_str()),
            (Some(pointer), Some(code)),
            "{query}"
        );
    }
    gateway.finish().await;
}
