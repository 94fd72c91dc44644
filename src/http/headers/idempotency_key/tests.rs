use actix_web::http::header::{HeaderName, HeaderValue};

use super::*;

fn read(lines: &[&str]) -> Result<Option<Key>, MalformedKey> {
    let mut headers = HeaderMap::new();
    for line in lines {
        headers.append(
            HeaderName::from_static(IDEMPOTENCY_KEY),
            HeaderValue::from_str(line).unwrap(),
        );
    }
    idempotency_key(&headers)
}

#[test]
fn quoted_or_not_is_the_same_key() {
    assert_eq!(read(&[]), Ok(None));
    let bare = read(&["8e03978e-40d5"]);
    assert!(bare.as_ref().is_ok_and(Option::is_some));
    assert_eq!(read(&["\"8e03978e-40d5\""]), bare);
}

#[test]
fn what_is_no_key_is_refused() {
    for line in ["", "\"\"", "a b", "ké", &"k".repeat(65)] {
        assert_eq!(read(&[line]), Err(MalformedKey), "{line}");
    }
    assert_eq!(read(&["a", "a"]), Err(MalformedKey));
}
