use super::*;

fn operator(name: &str, token: &str, roles: &[Role]) -> Operator {
    Operator {
        name: name.parse().unwrap(),
        token: TokenDigest::of(token.as_bytes()),
        roles: roles.to_vec(),
        expires: "2027-01-01T00:00:00+07:00".parse().unwrap(),
    }
}

fn before() -> Timestamp {
    "2026-12-31T23:59:59+07:00".parse().unwrap()
}

#[test]
fn a_token_is_its_operators_until_it_expires() {
    let operators = Operators::new(vec![
        operator("an", "first-token", &[Role::Viewer]),
        operator("binh", "second-token", &[Role::Operator, Role::Auditor]),
    ]);
    let named = |header: &str, now| {
        let found = operators.recognize(Some(header.as_bytes()), now);
        found.map(|operator| operator.name.as_str().to_owned())
    };
    assert_eq!(named("Bearer first-token", before()), Ok("an".to_owned()));
    assert_eq!(named("bearer second-token", before()), Ok("binh".to_owned()));
    let at_the_end = "2027-01-01T00:00:00+07:00".parse().unwrap();
    assert_eq!(
        named("Bearer first-token", at_the_end),
        Err(Unauthenticated::Expired)
    );
    for wrong in ["Bearer first-token2", "Bearer FIRST-TOKEN", "Bearer first"] {
        assert_eq!(named(wrong, before()), Err(Unauthenticated::Invalid), "{wrong}");
    }
    for none in ["", "Bearer ", "Basic first-token"] {
        assert_eq!(named(none, before()), Err(Unauthenticated::Missing), "{none}");
    }
    assert_eq!(operators.recognize(None, before()), Err(Unauthenticated::Missing));
    // The hash itself is no token: who reads the file gets in nowhere.
    let hash = format!("Bearer {}", TokenDigest::of(b"first-token"));
    assert_eq!(named(&hash, before()), Err(Unauthenticated::Invalid));
}

#[test]
fn another_list_counts_from_the_next_call_on() {
    let operators = Operators::new(vec![operator("an", "first-token", &[Role::Viewer])]);
    operators.replace(vec![operator("binh", "second-token", &[Role::Viewer])]);
    let recognized = |token: &str| operators.recognize(Some(token.as_bytes()), before());
    assert_eq!(recognized("Bearer first-token"), Err(Unauthenticated::Invalid));
    assert_eq!(recognized("Bearer second-token").unwrap().name.as_str(), "binh");
}

#[test]
fn nobody_gets_in_where_nobody_is_named() {
    let operators = Operators::default();
    let recognized = operators.recognize(Some(b"Bearer anything"), before());
    assert_eq!(recognized, Err(Unauthenticated::Invalid));
}

#[test]
fn a_digest_is_written_and_read_alike_and_never_printed() {
    let digest = TokenDigest::of(b"abc");
    let written = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(digest.to_string(), written);
    assert_eq!(written.parse::<TokenDigest>().unwrap(), digest);
    assert_eq!(written.to_uppercase().parse::<TokenDigest>().unwrap(), digest);
    for bad in [
        "",
        "ba78",
        &written.replacen("ba", "b", 1),
        &format!("{written}0"),
        &written.replace('a', "g"),
    ] {
        assert_eq!(bad.parse::<TokenDigest>(), Err(MalformedHash), "{bad}");
    }
    assert_eq!(format!("{digest:?}"), "TokenDigest(***)");
}

#[test]
fn roles_are_read_by_their_words() {
    for role in Role::ALL {
        assert_eq!(role.as_str().parse::<Role>(), Ok(role));
    }
    assert_eq!("admin".parse::<Role>(), Err(UnknownRole));
    let auditor = operator("an", "token", &[Role::Auditor]);
    assert!(auditor.has_one_of(&[Role::Viewer, Role::Auditor]));
    assert!(!auditor.has_one_of(&[Role::Viewer, Role::Operator]));
}
