//! Which published keys are taken, and for what.

use serde_json::{Value, json};

use super::*;
use crate::auth::tests::issuer::{SigningKey, with, without};

fn read(keys: &[Value]) -> Result<KeySet, NoUsableKeys> {
    let json = json!({ "keys": keys }).to_string();
    KeySet::from_json(json.as_bytes(), &Algorithm::ALL)
}

fn algorithms(jwk: &Value) -> Vec<Algorithm> {
    read(std::slice::from_ref(jwk))
        .ok()
        .and_then(|set| set.named("k").map(|key| key.algorithms.clone()))
        .unwrap_or_default()
}

#[test]
fn a_key_serves_what_its_kind_can() {
    assert_eq!(algorithms(&SigningKey::ec("k").jwk()), [Algorithm::Es256]);
    assert_eq!(algorithms(&SigningKey::ed("k").jwk()), [Algorithm::EdDsa]);
    let rsa = SigningKey::rsa("k").jwk();
    assert_eq!(algorithms(&rsa), [Algorithm::Rs256, Algorithm::Ps256]);
    assert_eq!(algorithms(&with(rsa.clone(), "alg", "PS256")), [Algorithm::Ps256]);
    assert_eq!(algorithms(&with(rsa, "alg", "RS512")), []);
}

#[test]
fn a_key_for_another_purpose_is_passed_over() {
    let ec = SigningKey::ec("k").jwk();
    assert_eq!(algorithms(&without(ec.clone(), "use")).len(), 1);
    assert_eq!(
        algorithms(&with(ec.clone(), "key_ops", json!(["verify"]))).len(),
        1
    );
    let unfit = [
        with(ec.clone(), "use", "enc"),
        with(ec.clone(), "use", "other"),
        with(ec.clone(), "key_ops", json!(["encrypt"])),
        with(ec.clone(), "alg", "EdDSA"),
        with(ec.clone(), "alg", "HS256"),
        with(ec.clone(), "alg", "ECDH-ES"),
        with(ec.clone(), "crv", "P-384"),
        with(ec.clone(), "crv", "secp256k1"),
        with(ec.clone(), "x", "AAAA"),
        with(ec.clone(), "y", "not base64url"),
        with(ec.clone(), "d", "AAAA"),
        without(ec.clone(), "kid"),
        with(ec, "kty", "oct"),
        json!({"kty": "oct", "kid": "k", "k": "c2VjcmV0"}),
        json!({"kty": "AKP", "kid": "k", "alg": "ML-DSA-65", "pub": "AAAA"}),
        json!({"kid": "k"}),
        json!("k"),
    ];
    for jwk in unfit {
        assert_eq!(algorithms(&jwk), [], "{jwk}");
    }
}

#[test]
fn a_short_rsa_key_is_passed_over() {
    let modulus =
        |bytes: &[u8]| json!({"kty": "RSA", "kid": "k", "e": "AQAB", "n": URL_SAFE_NO_PAD.encode(bytes)});
    let rsa = |zeros: usize, first: u8, length: usize| {
        let mut bytes = vec![0; zeros];
        bytes.push(first);
        bytes.resize(zeros + length, 0xff);
        algorithms(&modulus(&bytes)).len()
    };
    assert_eq!(rsa(0, 0x80, 256), 2);
    assert_eq!(rsa(1, 0x80, 256), 2);
    assert_eq!(rsa(0, 0x7f, 256), 0);
    assert_eq!(rsa(0, 0x80, 128), 0);
    assert_eq!(rsa(128, 0x80, 128), 0);
    assert_eq!(algorithms(&modulus(&[0; 256])), []);
    assert_eq!(algorithms(&modulus(&[])), []);
}

#[test]
fn one_strange_key_spoils_nothing() {
    let good = SigningKey::ec("good").jwk();
    let set = read(&[json!(null), json!({"kty": 7}), good.clone(), with(good, "kid", 7)]).unwrap();
    assert_eq!(set.len(), 1);
}

#[test]
fn of_two_keys_of_one_name_the_first_counts() {
    let (first, second) = (SigningKey::ec("k"), SigningKey::ec("k"));
    let both = read(&[first.jwk(), second.jwk()]).unwrap();
    assert!(both.holds(read(&[first.jwk()]).unwrap().named("k").unwrap()));
    assert!(!both.holds(read(&[second.jwk()]).unwrap().named("k").unwrap()));
}

#[test]
fn only_allowed_algorithms_are_served() {
    let json = json!({"keys": [SigningKey::ec("k").jwk()]}).to_string();
    assert!(KeySet::from_json(json.as_bytes(), &[Algorithm::EdDsa]).is_err());
    assert!(KeySet::from_json(json.as_bytes(), &[Algorithm::Es256]).is_ok());
}

#[test]
fn algorithms_are_named_as_registered() {
    for algorithm in Algorithm::ALL {
        assert_eq!(algorithm.as_str().parse(), Ok(algorithm));
    }
    for other in ["HS256", "none", "es256", ""] {
        assert_eq!(other.parse::<Algorithm>(), Err(UnknownAlgorithm));
    }
}
