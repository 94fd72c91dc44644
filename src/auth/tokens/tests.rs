//! Each rule for header and claims, at a fixed time.

use serde_json::{Value, json};

use super::*;
use crate::auth::keys::KeySet;
use crate::auth::scopes::Scope;
use crate::auth::tests::issuer::{AUDIENCE, ISSUER, SigningKey, claims, with, without};

/// One key, one time, and the rules of a gate with 30 s of leeway.
struct Bench {
    key: SigningKey,
    rules: TokenRules,
    now: Timestamp,
}

impl Bench {
    fn new() -> Self {
        let url = "http://issuer.example.test/".parse().unwrap();
        Self {
            key: SigningKey::ed("k1"),
            rules: TokenRules::new(&Config::new(ISSUER, AUDIENCE, url)),
            now: "2026-03-02T08:00:00Z".parse().unwrap(),
        }
    }

    fn claims(&self) -> Value {
        claims(self.now)
    }

    fn judge(&self, claims: &Value) -> Result<Caller, Unauthenticated> {
        let json = json!({"keys": [self.key.jwk()]}).to_string();
        let keys = KeySet::from_json(json.as_bytes(), &Algorithm::ALL).unwrap();
        let token = self.key.token(claims);
        let header = read_header(token.as_bytes())?;
        let key = keys.named(&header.kid).unwrap();
        self.rules
            .verify(token.as_bytes(), header.algorithm, key, self.now)
            .map_err(|rejected| rejected.told)
    }

    fn judge_times(&self, exp: i64, nbf: i64, iat: i64) -> Option<Unauthenticated> {
        let now = self.now.as_second();
        let claims = with(with(self.claims(), "exp", now + exp), "nbf", now + nbf);
        self.judge(&with(claims, "iat", now + iat)).err()
    }
}

#[test]
fn the_time_of_a_token_is_its_own_and_the_leeway() {
    let bench = Bench::new();
    assert_eq!(bench.judge_times(1, 0, 0), None);
    assert_eq!(bench.judge_times(0, 0, 0), None);
    assert_eq!(bench.judge_times(-29, -100, -100), None);
    assert_eq!(bench.judge_times(-30, -100, -100), Some(Unauthenticated::Expired));
    assert_eq!(
        bench.judge_times(-86_400, -100_000, -100_000),
        Some(Unauthenticated::Expired)
    );
    assert_eq!(bench.judge_times(600, 30, 0), None);
    assert_eq!(bench.judge_times(600, 31, 0), Some(Unauthenticated::Invalid));
    assert_eq!(bench.judge_times(600, 0, 30), None);
    assert_eq!(bench.judge_times(600, 0, 31), Some(Unauthenticated::Invalid));
}

#[test]
fn odd_times_are_no_times() {
    let bench = Bench::new();
    let now = bench.now.as_second();
    for name in ["exp", "nbf", "iat"] {
        for odd in [
            json!("soon"),
            json!(1e300),
            json!(-1e300),
            json!([now]),
            json!(true),
        ] {
            let refused = bench.judge(&with(bench.claims(), name, odd)).unwrap_err();
            assert_eq!(refused, Unauthenticated::Invalid);
        }
    }
    bench
        .judge(&with(bench.claims(), "exp", json!(now as f64 + 600.5)))
        .unwrap();
    bench.judge(&without(bench.claims(), "nbf")).unwrap();
}

#[test]
fn every_claim_counts() {
    let bench = Bench::new();
    for name in ["iss", "aud", "exp", "iat", "jti", "sub", "client_id"] {
        let refused = bench.judge(&without(bench.claims(), name)).unwrap_err();
        assert_eq!(refused, Unauthenticated::Invalid, "without {name}");
    }
    let wrong = [
        ("iss", json!("https://issuer.example.test/")),
        ("iss", json!(7)),
        ("aud", json!("dancu-citizen")),
        ("aud", json!(["a", "b"])),
        ("aud", json!([])),
        ("aud", json!({"dancu": true})),
        ("jti", json!("")),
        ("jti", json!(1)),
        ("sub", json!("00109000001")),
        ("sub", json!("0010900000011")),
        ("sub", json!("officer")),
        ("sub", json!("")),
        ("client_id", json!("")),
        ("client_id", json!("one stop")),
        ("client_id", json!("001090000002")),
        ("unit", json!("")),
        ("unit", json!("H57/12")),
        ("unit", json!(5)),
        ("scope", json!(["citizens.verify"])),
        ("cnf", json!("x")),
        ("cnf", json!({"x5t#S256": "short"})),
    ];
    for (name, value) in wrong {
        let refused = bench
            .judge(&with(bench.claims(), name, value.clone()))
            .unwrap_err();
        assert_eq!(refused, Unauthenticated::Invalid, "{name} {value}");
    }
    let many = with(bench.claims(), "aud", json!(["other", "dancu"]));
    bench.judge(&many).unwrap();
}

#[test]
fn what_cannot_be_proven_here_is_not_bound() {
    let bench = Bench::new();
    let proof_of_key = with(bench.claims(), "cnf", json!({"jkt": "abc"}));
    assert_eq!(bench.judge(&proof_of_key).unwrap_err(), Unauthenticated::NotBound);
}

#[test]
fn unknown_scopes_are_passed_over() {
    let bench = Bench::new();
    let caller = bench.judge(&with(
        bench.claims(),
        "scope",
        "email batches citizens.verify.all",
    ));
    let scopes: Vec<_> = caller.unwrap().scopes().iter().collect();
    assert_eq!(scopes, [Scope::Batches]);
    let caller = bench.judge(&without(bench.claims(), "scope")).unwrap();
    assert_eq!(caller.scopes(), Scopes::NONE);
}

#[test]
fn the_header_must_say_what_it_is() {
    let bench = Bench::new();
    let read = |header: &Value| {
        let token = bench.key.token_with(header, &bench.claims());
        read_header(token.as_bytes()).map(|read| read.kid)
    };
    let good = bench.key.header();
    for typ in ["at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt"] {
        assert_eq!(read(&with(good.clone(), "typ", typ)), Ok("k1".to_owned()));
    }
    for typ in ["JWT", "at+jwt ", "application/jwt", "at-jwt", ""] {
        assert!(read(&with(good.clone(), "typ", typ)).is_err());
    }
    let stated = [
        without(good.clone(), "typ"),
        without(good.clone(), "kid"),
        without(good.clone(), "alg"),
        with(good.clone(), "alg", "ES384"),
        with(good.clone(), "alg", "HS256"),
        with(good.clone(), "crit", json!(["exp"])),
        with(good.clone(), "crit", json!([])),
        with(good.clone(), "b64", false),
        with(good.clone(), "jku", "https://evil.example.test/jwks"),
        with(good.clone(), "x5u", "https://evil.example.test/chain"),
        with(good.clone(), "x5c", json!(["AAAA"])),
        with(good, "jwk", bench.key.jwk()),
    ];
    for header in stated {
        assert_eq!(read(&header), Err(Unauthenticated::Invalid), "{header}");
    }
}

#[test]
fn a_claim_that_is_given_twice_is_refused() {
    let bench = Bench::new();
    let doubled = bench
        .claims()
        .to_string()
        .replacen('{', r#"{"client_id":"other","#, 1);
    assert!(serde_json::from_str::<Claims>(&doubled).is_err());
}
