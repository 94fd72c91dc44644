use actix_web::test::TestRequest;

use super::*;

fn hosts() -> Hosts {
    let named = ["Ops.example.vn", "10.9.8.7"].map(|name| name.parse().unwrap());
    Hosts::new("192.0.2.1:9090".parse().unwrap(), named.into())
}

#[test]
fn only_this_machine_the_listeners_address_and_configured_names_are_ours() {
    let hosts = hosts();
    for ours in [
        "localhost",
        "LOCALHOST:9090",
        "127.0.0.1:1",
        "127.9.9.9",
        "[::1]:9090",
        "192.0.2.1",
        "ops.example.vn",
        "OPS.example.vn.:443",
        "10.9.8.7:80",
    ] {
        assert!(hosts.has(ours), "{ours}");
    }
    for other in [
        "",
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "ops.example.vn.evil.example",
        "192.0.2.2",
        "10.9.8.7.nip.io",
        "evil@localhost",
        "localhost/evil",
        "http://localhost",
        "0.0.0.0",
        "[::]",
        "local host",
    ] {
        assert!(!hosts.has(other), "{other}");
    }
}

#[test]
fn a_request_names_one_host_and_wherever_it_does() {
    let hosts = hosts();
    let allows = |request: TestRequest| hosts.allow(&request.to_srv_request());
    let host = |host: &'static str| TestRequest::default().append_header((header::HOST, host));
    assert!(allows(host("localhost")));
    assert!(!allows(TestRequest::default()), "none");
    assert!(
        !allows(host("localhost").append_header((header::HOST, "localhost"))),
        "two"
    );
    assert!(!allows(host("localhost").uri("http://evil.example/admin")));
    assert!(allows(host("localhost").uri("http://127.0.0.1/admin")));
}
