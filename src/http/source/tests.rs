use actix_web::test::TestRequest;

use super::*;

fn source(trusted: &[&str], peer: &str, headers: &[(&str, &str)]) -> String {
    let trusted = Trusted::new(trusted.iter().map(|text| text.parse().unwrap()).collect());
    let mut request = TestRequest::get().peer_addr(SocketAddr::new(peer.parse().unwrap(), 4711));
    for header in headers {
        request = request.append_header(*header);
    }
    trusted.source(&request.to_http_request()).unwrap().to_string()
}

#[test]
fn the_other_end_is_believed_and_nobody_elses_word() {
    let forged = [("x-forwarded-for", "192.0.2.1"), ("forwarded", "for=192.0.2.2")];
    assert_eq!(source(&[], "203.0.113.9", &forged), "203.0.113.9");
    assert_eq!(source(&["10.0.0.0/8"], "203.0.113.9", &forged), "203.0.113.9");
}

#[test]
fn a_trusted_proxy_says_for_whom_it_speaks() {
    let trusted = ["10.0.0.0/8", "2001:db8::1"];
    let cases: [(&[(&str, &str)], &str); 9] = [
        (&[("x-forwarded-for", "192.0.2.1")], "192.0.2.1"),
        // What the client itself had sent stands before what the proxy added.
        (
            &[("x-forwarded-for", "1.1.1.1, 192.0.2.1, 10.0.0.9")],
            "192.0.2.1",
        ),
        (
            &[("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "192.0.2.1")],
            "192.0.2.1",
        ),
        (&[("x-forwarded-for", "192.0.2.1:8080")], "192.0.2.1"),
        (&[("x-forwarded-for", "unknown, 10.0.0.9")], "10.0.0.9"),
        (&[("x-forwarded-for", "nonsense")], "10.0.0.1"),
        (&[], "10.0.0.1"),
        (
            &[("forwarded", "For=\"[2001:db8::7]:4711\";proto=https")],
            "2001:db8::7",
        ),
        (
            &[
                ("forwarded", "for=192.0.2.4, for=10.0.0.3;by=x"),
                ("x-forwarded-for", "1.1.1.1"),
            ],
            "192.0.2.4",
        ),
    ];
    for (headers, expected) in cases {
        assert_eq!(source(&trusted, "10.0.0.1", headers), expected, "{headers:?}");
    }
    assert_eq!(source(&trusted, "::ffff:10.0.0.1", cases[0].0), "192.0.2.1");
}

#[test]
fn networks_are_read() {
    for text in ["10.0.0.1", "10.0.0.0/8", "::1", "2001:db8::/32"] {
        assert!(text.parse::<Network>().is_ok(), "{text}");
    }
    for text in ["", "10.0.0.0/33", "proxy.example", "10.0.0.1:80"] {
        assert_eq!(text.parse::<Network>(), Err(NoAddress), "{text}");
    }
}
