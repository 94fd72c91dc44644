use actix_web::http::header::HeaderValue;

use super::*;

#[test]
fn we_answer_to_our_own_names_and_to_addresses() {
    let hosts = Hosts::Named(vec!["dancu.example.vn".to_owned()]);
    let table = [
        ("dancu.example.vn", true),
        ("DANCU.example.vn:9090", true),
        ("localhost", true),
        ("localhost:9090", true),
        ("127.0.0.1:9090", true),
        ("127.0.0.1", true),
        ("[::1]", true),
        ("[::1]:9090", true),
        ("evil.example", false),
        ("evil.example:9090", false),
        ("localhost.evil.example", false),
        ("dancu.example.vn.evil.example", false),
        ("127.0.0.1.evil.example", false),
        ("", false),
    ];
    for (host, expected) in table {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_static(host));
        assert_eq!(hosts.allow(&headers), expected, "{host}");
        assert!(Hosts::Any.allow(&headers));
    }
    assert!(hosts.allow(&HeaderMap::new()));
}
