use actix_web::http::header::{HeaderName, HeaderValue};

use super::*;

const THEIRS: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn with(name: &'static str, value: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.append(
        HeaderName::from_static(name),
        HeaderValue::from_str(value).unwrap(),
    );
    headers
}

#[test]
fn a_plain_id_is_taken_over_and_no_other() {
    let read = |id| request_id(&with(X_REQUEST_ID, id));
    assert_eq!(read("abc-1.2_3").unwrap().as_str(), "abc-1.2_3");
    for id in [
        "",
        "a b",
        "001190000001",
        "x-123456789",
        &"a".repeat(65),
        "a,b",
        "é",
    ] {
        assert_eq!(read(id), None, "{id}");
    }
    assert_eq!(request_id(&HeaderMap::new()), None);
    let mut twice = with(X_REQUEST_ID, "a");
    twice.append(
        HeaderName::from_static(X_REQUEST_ID),
        HeaderValue::from_static("b"),
    );
    assert_eq!(request_id(&twice), None);
}

#[test]
fn a_trace_is_kept_and_our_span_put_in() {
    let kept = traceparent(&with(TRACEPARENT, THEIRS)).unwrap();
    assert!(
        kept.starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-") && kept.ends_with("-01"),
        "{kept}"
    );
    assert_ne!(kept, THEIRS);
    assert!(trace(&kept).is_some());
    let later = with(
        TRACEPARENT,
        &THEIRS.replacen("00", "cc", 1).replace("b7-01", "b7-fe-more"),
    );
    let kept = traceparent(&later).unwrap();
    assert!(
        kept.starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-") && kept.ends_with("-00"),
        "{kept}"
    );
}

#[test]
fn a_bad_trace_counts_as_not_sent() {
    let zero_id = THEIRS.replace("4bf92f3577b34da6a3ce929d0e0e4736", &"0".repeat(32));
    let zero_span = THEIRS.replace("00f067aa0ba902b7", &"0".repeat(16));
    let (upper, longer) = (THEIRS.to_uppercase(), format!("{THEIRS}-00"));
    let bad_version = THEIRS.replacen("00", "ff", 1);
    for line in [
        "",
        "00",
        &zero_id,
        &zero_span,
        &upper,
        &longer,
        &bad_version,
        "00-4bf9-00f0-01",
    ] {
        assert_eq!(traceparent(&with(TRACEPARENT, line)), None, "{line}");
    }
}
