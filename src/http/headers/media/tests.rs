use actix_web::http::header::{HeaderName, HeaderValue};

use super::*;

fn with(name: HeaderName, value: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.append(name, HeaderValue::from_str(value).unwrap());
    headers
}

#[test]
fn json_in_utf8_is_read() {
    for sent in [
        "application/json",
        "Application/JSON; charset=UTF-8",
        "application/json;charset=\"utf-8\"",
        "application/x+json",
    ] {
        assert!(is_json(&with(CONTENT_TYPE, sent)), "{sent}");
    }
    for sent in [
        "",
        "text/json",
        "application/jsonx",
        "application/+json",
        "application/json; charset=utf-16",
        "text/plain",
    ] {
        assert!(!is_json(&with(CONTENT_TYPE, sent)), "{sent}");
    }
    assert!(!is_json(&HeaderMap::new()));
    let mut packed = with(CONTENT_TYPE, "application/json");
    packed.append(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    assert!(!is_json(&packed));
}

#[test]
fn the_most_specific_range_decides() {
    assert!(accepts_json(&HeaderMap::new()));
    for sent in [
        "*/*",
        "application/*",
        "application/json",
        "text/html, */*;q=0.1",
        "application/json;q=0.001",
        "A/B, */*",
    ] {
        assert!(accepts_json(&with(ACCEPT, sent)), "{sent}");
    }
    for sent in [
        "text/html",
        "application/json;q=0, */*",
        "application/*;q=0.0, */*",
        "*/*;q=0",
        "application/xml",
    ] {
        assert!(!accepts_json(&with(ACCEPT, sent)), "{sent}");
    }
}

#[test]
fn a_browser_gets_html() {
    assert!(prefers_html(&with(
        ACCEPT,
        "text/html,application/xhtml+xml,*/*;q=0.8"
    )));
    assert!(!prefers_html(&with(ACCEPT, "*/*")));
    assert!(!prefers_html(&with(ACCEPT, "application/json, text/html;q=0.5")));
    assert!(!prefers_html(&HeaderMap::new()));
}

#[test]
fn vietnamese_unless_english_is_wanted_more() {
    assert_eq!(language(&HeaderMap::new()), Language::Vi);
    for sent in [
        "vi",
        "fr",
        "*",
        "",
        "vi-VN, en;q=0.9",
        "en;q=0.5, vi",
        "en;q=0",
        "xx-!!",
    ] {
        assert_eq!(language(&with(ACCEPT_LANGUAGE, sent)), Language::Vi, "{sent}");
    }
    for sent in [
        "en",
        "EN-us",
        "en, vi;q=0.9",
        "vi;q=0.2, en;q=0.25",
        "fr, en;q=0.1",
        "vi;q=0, en;q=0.1",
    ] {
        assert_eq!(language(&with(ACCEPT_LANGUAGE, sent)), Language::En, "{sent}");
    }
}
