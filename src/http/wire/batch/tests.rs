use bytes::Bytes;
use serde_json::json;

use super::*;
use crate::domain::pin::IdNumber;
use crate::registry::Outage;

fn now() -> Timestamp {
    "2026-11-22T01:00:00Z".parse().unwrap()
}

fn row() -> Value {
    json!({"row": 3, "subject": {"pin": "100190000001", "full_name": "Nguyễn Thị Mẫu", "date_of_birth": "1990-04-12"}})
}

fn refusal(cause: Cause) -> Refusal {
    Refusal {
        transaction_id: Uuid::from_u128(7),
        cause,
        client: None,
        nearest: None,
    }
}

fn told(result: Vec<u8>, language: Language) -> Value {
    let told = Told {
        row: 3,
        result: Bytes::from(result),
    };
    let mut text = Vec::new();
    let problems = Problems::new("https://dancu.example.vn").unwrap();
    write_line(&mut text, &told, &problems, language);
    assert_eq!(text.iter().filter(|byte| **byte == b'\n').count(), 1);
    serde_json::from_slice(&text).unwrap()
}

#[test]
fn a_row_is_read_as_a_verification_is() {
    let mut claimed = row();
    claimed["claims"] = json!({"sex": "female"});
    let asked = read_row(claimed.to_string().as_bytes(), now()).ok().unwrap();
    assert!(matches!(asked.subject.number, IdNumber::Pin(_)));
    assert_eq!(asked.claims.len(), 1);
    let bare = read_row(row().to_string().as_bytes(), now()).ok().unwrap();
    assert!(bare.claims.is_empty());
}

#[test]
fn what_is_wrong_with_a_row_is_told_with_its_places_in_the_reader_s_language() {
    let mut wrong = row();
    wrong["subject"]["pin"] = json!("10019000000");
    wrong["subject"]["date_of_birth"] = json!("2026-11-23");
    wrong["fields"] = json!([]);
    let Err(misread) = read_row(wrong.to_string().as_bytes(), now()) else {
        panic!("it is read");
    };
    let kept = refused(&refusal(Cause::Edge(Code::InvalidRequest)), Some(&misread));
    assert!(!String::from_utf8_lossy(&kept).contains("10019000000"));
    let english = told(kept.clone(), Language::En);
    assert_eq!(
        (&english["row"], &english["problem"]["status"]),
        (&json!(3), &json!(422))
    );
    let errors: Vec<_> = english["problem"]["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| {
            (
                error["pointer"].as_str().unwrap(),
                error["code"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        errors,
        [
            ("/fields", "unknown_member"),
            ("/subject/pin", "length"),
            ("/subject/date_of_birth", "range"),
        ]
    );
    let vietnamese = told(kept, Language::Vi);
    assert_ne!(vietnamese["problem"]["title"], english["problem"]["title"]);
    assert_eq!(vietnamese["problem"]["code"], english["problem"]["code"]);
}

#[test]
fn a_refusal_is_told_as_it_was() {
    let protocol = told(
        refused(&refusal(Cause::Registry(Failure::Protocol("unreadable"))), None),
        Language::En,
    );
    assert_eq!(protocol["problem"]["code"], "registry_protocol_error");
    assert_eq!(
        protocol["problem"]["transaction_id"],
        "00000000-0000-0000-0000-000000000007"
    );
    let rejected = Failure::Rejected(Rejection::Officer);
    let rejected = told(refused(&refusal(Cause::Registry(rejected)), None), Language::En);
    assert_eq!(rejected["problem"]["reason"], "officer");
    let down = Failure::Unavailable(Outage::Connect);
    let down = told(refused(&refusal(Cause::Registry(down)), None), Language::En);
    assert_eq!(down["problem"]["code"], "registry_unavailable");
}

#[test]
fn an_answer_is_told_word_for_word() {
    let answer = br#"{"outcome":"confirmed","transaction_id":"7"}"#;
    let told = told(answered(answer), Language::Vi);
    assert_eq!(
        told,
        json!({"row": 3, "answer": {"outcome": "confirmed", "transaction_id": "7"}})
    );
}

#[test]
fn a_row_of_a_table_with_other_columns_says_so() {
    let Err(Misread(pairs)) = read_row(WRONG_COLUMNS, now()) else {
        panic!("it is read");
    };
    assert_eq!(pairs, br#"[["","fault-column-count"]]"#);
}
