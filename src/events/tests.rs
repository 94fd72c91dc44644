//! Is a change read only from what the registry signed as one, and never half?

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::event::{Claims, Kind};
use super::signature::{Key, named_key, read_keys, verify};
use super::*;

fn pair() -> EcdsaKeyPair {
    EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap()
}

fn jwk(pair: &EcdsaKeyPair, kid: &str) -> Value {
    let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
    let [x, y] = [x, y].map(|part| URL_SAFE_NO_PAD.encode(part));
    json!({"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": kid, "x": x, "y": y})
}

fn keys(set: &[Value]) -> Vec<Key> {
    read_keys(json!({"keys": set}).to_string().as_bytes())
}

fn signed(pair: &EcdsaKeyPair, header: &Value, payload: &str) -> Vec<u8> {
    let [header, payload] = [header.to_string(), payload.to_owned()].map(|part| URL_SAFE_NO_PAD.encode(part));
    let input = format!("{header}.{payload}");
    let signature = pair.sign(&SystemRandom::new(), input.as_bytes()).unwrap();
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature)).into_bytes()
}

fn header() -> Value {
    json!({"typ": "registry-event+jwt", "alg": "ES256", "kid": "k1"})
}

fn with(mut value: Value, member: &str, to: Value) -> Value {
    value[member] = to;
    value
}

fn moved() -> Value {
    json!({"seq": 7, "type": "moved", "pin": "100190000001", "at": "2026-11-22T10:00:00+07:00"})
}

fn claims(value: &Value) -> Claims {
    value.as_object().unwrap().clone()
}

fn read(value: &Value) -> Result<Event, Vec<Unreadable>> {
    Event::read(Sequence(7), &claims(value))
}

#[test]
fn what_the_registry_signed_is_read() {
    let pair = pair();
    let [key] = &keys(&[jwk(&pair, "k1")])[..] else {
        panic!("one key")
    };
    for typ in [
        "registry-event+jwt",
        "application/registry-event+jwt",
        "Registry-Event+JWT",
    ] {
        let message = signed(&pair, &with(header(), "typ", json!(typ)), &moved().to_string());
        assert_eq!(named_key(&message), Ok("k1".to_owned()));
        assert_eq!(verify(&message, key), Ok(claims(&moved())));
    }
}

#[test]
fn a_header_that_is_no_event_s_is_refused_before_any_key_is_looked_for() {
    let pair = pair();
    let crooked = [
        ("typ", json!("at+jwt")),
        ("typ", json!("JWT")),
        ("typ", Value::Null),
        ("alg", json!("HS256")),
        ("alg", json!("EdDSA")),
        ("kid", Value::Null),
        ("crit", json!(["exp"])),
        ("b64", json!(false)),
        ("jku", json!("https://elsewhere.example/keys")),
        ("x5u", json!("https://elsewhere.example/certificate")),
        ("jwk", jwk(&pair, "k1")),
    ];
    for (member, value) in crooked {
        let message = signed(&pair, &with(header(), member, value), &moved().to_string());
        assert!(named_key(&message).is_err(), "{member}");
    }
    let none = signed(&pair, &with(header(), "alg", json!("none")), &moved().to_string());
    assert!(named_key(&none).is_err());
    for no_message in [&b""[..], b"a.b", b"...", b"{}", b"\xff\xfe", &[b'a'; 20_000]] {
        assert_eq!(named_key(no_message), Err(Rejected::Malformed));
    }
}

#[test]
fn a_signature_of_anybody_else_s_or_of_something_else_is_refused() {
    let (pair, other) = (pair(), pair());
    let [key] = &keys(&[jwk(&pair, "k1")])[..] else {
        panic!("one key")
    };
    let genuine = String::from_utf8(signed(&pair, &header(), &moved().to_string())).unwrap();
    let forged = signed(&other, &header(), &moved().to_string());
    assert_eq!(verify(&forged, key), Err(Rejected::NotSigned));
    let parts: Vec<_> = genuine.split('.').collect();
    let died = URL_SAFE_NO_PAD.encode(with(moved(), "type", json!("died")).to_string());
    for crooked in [
        format!("{}.{died}.{}", parts[0], parts[2]),
        format!("{}.{}.", parts[0], parts[1]),
        format!("{}.{}.{}", parts[0], parts[1], URL_SAFE_NO_PAD.encode([0; 64])),
    ] {
        assert_eq!(verify(crooked.as_bytes(), key), Err(Rejected::NotSigned));
    }
    for payload in ["[]", "\"moved\"", "", "{"] {
        assert_eq!(
            verify(&signed(&pair, &header(), payload), key),
            Err(Rejected::NotSigned)
        );
    }
}

#[test]
fn only_keys_for_such_signatures_are_taken() {
    let pair = pair();
    let good = jwk(&pair, "k1");
    let unfit = [
        with(good.clone(), "d", json!("secret")),
        with(good.clone(), "use", json!("enc")),
        with(good.clone(), "alg", json!("ES384")),
        with(good.clone(), "crv", json!("P-384")),
        with(good.clone(), "x", json!("AAAA")),
        with(good.clone(), "kid", Value::Null),
        json!({"kty": "oct", "kid": "k1", "k": "c2VjcmV0"}),
        json!("k1"),
    ];
    for key in unfit {
        assert!(keys(&[key]).is_empty());
    }
    assert_eq!(keys(&[json!({}), good]).len(), 1);
    assert!(read_keys(b"not json").is_empty());
}

#[test]
fn each_type_of_change_is_read() {
    for (word, kind) in [
        ("moved", Kind::Moved),
        ("died", Kind::Died),
        ("corrected", Kind::Corrected),
    ] {
        let event = read(&with(moved(), "type", json!(word))).unwrap();
        assert_eq!(
            (event.kind, event.kind.as_str(), event.new_pin),
            (kind, word, None)
        );
    }
    let replaced = with(
        with(moved(), "type", json!("replaced")),
        "new_pin",
        json!("100190000002"),
    );
    let event = read(&replaced).unwrap();
    assert_eq!(event.new_pin, Some("100190000002".parse().unwrap()));
    let grown = with(moved(), "cause", json!("a member of next year's"));
    assert!(read(&grown).is_ok());
}

#[test]
fn everything_that_is_wrong_is_told() {
    let told = |value: Value| read(&value).unwrap_err();
    assert_eq!(told(with(moved(), "type", json!("married"))), [Unreadable::Type]);
    assert_eq!(told(with(moved(), "type", json!(1))), [Unreadable::Type]);
    assert_eq!(
        told(with(moved(), "pin", json!("10019000000"))),
        [Unreadable::Pin]
    );
    assert_eq!(told(with(moved(), "new_pin", json!("x"))), [Unreadable::NewPin]);
    assert_eq!(
        told(with(moved(), "type", json!("replaced"))),
        [Unreadable::NewPin]
    );
    assert_eq!(told(with(moved(), "at", json!("yesterday"))), [Unreadable::At]);
    assert_eq!(
        told(json!({"seq": 7})),
        [Unreadable::Type, Unreadable::Pin, Unreadable::At]
    );
}

#[test]
fn an_unknown_type_stands_for_a_change_where_others_wait_behind_it() {
    let unknown = claims(&with(moved(), "type", json!("married")));
    let event = Event::read_leniently(Sequence(7), &unknown).unwrap();
    assert_eq!(event.kind.as_str(), "changed");
}

#[test]
fn a_number_in_the_order_is_a_whole_one_from_one() {
    let of = |seq: Value| Sequence::of(&claims(&with(moved(), "seq", seq)));
    assert_eq!(of(json!(1)), Some(Sequence(1)));
    for unusable in [
        json!(0),
        json!(-1),
        json!(1.5),
        json!("1"),
        Value::Null,
        json!(u64::MAX),
    ] {
        assert_eq!(of(unusable), None);
    }
}
