use super::*;

fn key(byte: u8) -> IssuerKeys {
    IssuerKeys::from_seeds([[byte; 32].as_slice()]).unwrap()
}

fn signed_by(key: &IssuerKeys, header: &Value, payload: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let text = format!("{}.{}", part(header), part(payload));
    let signature = key
        .signing
        .pair
        .sign(&SystemRandom::new(), text.as_bytes())
        .unwrap();
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
}

#[test]
fn one_seed_gives_one_key_and_another_seed_another() {
    // Frozen: another name for the same seed would make every credential in every dossier a stranger's.
    assert_eq!(key(1).signing.kid, FROZEN);
    assert_eq!(key(1).published(), key(1).published());
    assert_ne!(key(1).signing.kid, key(2).signing.kid);
    assert_eq!(
        format!("{:?}", key(1)),
        format!("IssuerKeys {{ signing: IssuerKey({FROZEN}, ***), others: [] }}")
    );
}

const FROZEN: &str = "D2zexpEssf16IgFaj7ME0Q8JsfUxPeYK_WEm5Vf39_g";

#[test]
fn what_was_signed_opens_for_what_it_was_signed_for() {
    let text = key(1).sign("a+jwt", &json!({"n": 1})).unwrap();
    assert_eq!(key(1).open("a+jwt", &text), Ok(json!({"n": 1})));
    assert_eq!(key(1).open("b+jwt", &text), Err(Unopened::Type));
    assert_eq!(key(2).open("a+jwt", &text), Err(Unopened::Key));
}

#[test]
fn no_other_header_opens() {
    let key = key(1);
    let kid = &key.signing.kid;
    let cases = [
        (json!({"alg": "ES256", "typ": "a", "kid": kid}), Ok(json!({}))),
        (
            json!({"alg": "none", "typ": "a", "kid": kid}),
            Err(Unopened::Algorithm),
        ),
        (
            json!({"alg": "HS256", "typ": "a", "kid": kid}),
            Err(Unopened::Algorithm),
        ),
        (
            json!({"alg": "ES256", "typ": "a", "kid": kid, "crit": ["b64"]}),
            Err(Unopened::Algorithm),
        ),
        (json!({"alg": "ES256", "kid": kid}), Err(Unopened::Type)),
        (json!({"alg": "ES256", "typ": "a"}), Err(Unopened::Key)),
        (
            json!({"alg": "ES256", "typ": "a", "kid": "other"}),
            Err(Unopened::Key),
        ),
        (json!({"typ": "a", "kid": kid}), Err(Unopened::Malformed)),
    ];
    for (header, opened) in cases {
        assert_eq!(
            key.open("a", &signed_by(&key, &header, &json!({}))),
            opened,
            "{header}"
        );
    }
    for text in ["", ".", "..", "a.b.c", "a.b", "e30.e30.", "é.é.é"] {
        assert_eq!(key.open("a", text), Err(Unopened::Malformed), "{text}");
    }
}

#[test]
fn no_letter_of_it_can_be_changed() {
    let key = key(1);
    let text = key.sign("a", &json!({"n": 1})).unwrap();
    for at in 0..text.len() {
        let mut changed = text.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        assert!(changed == text || key.open("a", &changed).is_err(), "{at}");
    }
}
