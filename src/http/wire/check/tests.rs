use serde_json::{Value, json};

use super::*;
use crate::http::openapi::operations::checks as examples;

fn now() -> Timestamp {
    "2026-11-22T08:00:00+07:00".parse().unwrap()
}

fn read(body: &Value) -> Result<Request, Vec<(String, &'static str)>> {
    let text = body.to_string();
    let json = Json::read(text.as_bytes()).unwrap();
    let mut faults = Faults::default();
    let read = request(&json, now(), &mut faults);
    let told: Vec<_> = faults
        .iter()
        .map(|fault| (fault.pointer.clone(), fault.kind.code()))
        .collect();
    read.filter(|_| told.is_empty()).ok_or(told)
}

#[test]
fn the_documents_example_is_read() {
    let request = read(&examples::request()).unwrap();
    assert_eq!(request.fillings.len(), 1);
    assert_eq!(
        request.received_at,
        Some("2026-11-20T09:15:00+07:00".parse().unwrap())
    );
    let text = examples::request().to_string();
    assert!(read_again(text.as_bytes(), now()).is_some());
    assert!(read_again(b"{}", now()).is_none());
}

#[test]
fn all_faults_are_told_at_once() {
    let body = json!({
        "context": {"procedure": "1.001193", "dossier": "D-1", "channel": "pigeon"},
        "received_at": "2026-11-22T09:00:00+07:00",
        "subjects": [{"role": "Mother", "subject": {"pin": "1"}}],
        "more": 1,
    });
    let told = read(&body).unwrap_err();
    let expected = [
        ("/more", "unknown_member"),
        ("/context/channel", "format"),
        ("/received_at", "range"),
        ("/subjects/0/role", "format"),
        ("/subjects/0/subject/pin", "length"),
        ("/subjects/0/subject/full_name", "required"),
        ("/subjects/0/subject/date_of_birth", "required"),
    ]
    .map(|(pointer, code)| (pointer.to_owned(), code));
    assert_eq!(told, expected);
}

#[test]
fn a_clock_a_little_ahead_is_taken_for_now() {
    let mut body = examples::request();
    body["received_at"] = json!("2026-11-22T08:00:30+07:00");
    assert_eq!(read(&body).unwrap().received_at, Some(now()));
}

#[test]
fn what_is_misplaced_is_named_by_its_place() {
    let misplaced = |subject, misfit| Misplaced { subject, misfit };
    let told = faults(&[
        misplaced(Some(1), Misfit::UnknownRole),
        misplaced(Some(0), Misfit::ClaimNotNeeded("religion")),
        misplaced(None, Misfit::RoleMissing),
    ]);
    let pointers: Vec<_> = told.iter().map(|fault| fault.pointer.as_str()).collect();
    assert_eq!(
        pointers,
        ["/subjects/1/role", "/subjects/0/claims/religion", "/subjects"]
    );
}
