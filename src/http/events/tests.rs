//! Is a body taken only as what it says that it is, and is every fault told where it stands?

use super::*;
use actix_web::test::TestRequest;

#[test]
fn only_signed_messages_are_taken() {
    let takes = |sent: &str| {
        is_jwt(
            TestRequest::default()
                .insert_header((CONTENT_TYPE, sent))
                .to_http_request()
                .headers(),
        )
    };
    for sent in [
        "application/jwt",
        "Application/JWT; charset=utf-8",
        "application/jose",
        "application/registry-event+jwt",
    ] {
        assert!(takes(sent), "{sent}");
    }
    for sent in ["application/json", "text/plain", "jwt", "application/x-jwt", ""] {
        assert!(!takes(sent), "{sent}");
    }
    assert!(!is_jwt(TestRequest::default().to_http_request().headers()));
}

#[test]
fn each_member_is_told_by_its_name() {
    let members = [
        Unreadable::Sequence,
        Unreadable::Type,
        Unreadable::Pin,
        Unreadable::NewPin,
        Unreadable::At,
    ];
    let told = faults(&members);
    let told: Vec<_> = told
        .iter()
        .map(|fault| (fault.pointer.as_str(), fault.kind))
        .collect();
    let event = Kind::EventMember;
    let pin = Kind::PinLength;
    assert_eq!(
        told,
        [
            ("/seq", event),
            ("/type", event),
            ("/pin", pin),
            ("/new_pin", pin),
            ("/at", event)
        ]
    );
}
