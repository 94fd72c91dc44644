//! Who is let in, who isn't, and what is written down about either?
//!
//! Every bad token gets its code, its challenge and one row of its own; every rule of the licence its code and row. Of none
//! of them does the registry hear.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dancu::clock::Clock as _;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::{Certificate, Identity, Method};
use serde_json::{Value, json};

use crate::clients::{Answer, Role, fields_of, p01, question};
use crate::gateway::{CLIENT, Gateway};

const OFFICER: &str = "001090000001";

fn asked() -> Value {
    question(&p01(), &json!({"sex": "female"}))
}

/// Demands that the call was refused with one row, and that the row says what the answer said.
async fn has_one_row(gateway: &Gateway, answer: &Answer, operation: &str) {
    let rows = gateway.rows_of(answer.text("/transaction_id")).await;
    assert_eq!(rows.len(), 1, "{:#}", answer.body);
    assert_eq!(rows[0]["operation"], operation);
    assert_eq!(rows[0]["outcome"], "refused");
    assert_eq!(rows[0]["problem"], answer.body["code"]);
    assert_eq!(rows[0]["request_id"], answer.header("x-request-id"));
    assert!(rows[0]["person"].is_null() && rows[0]["steps"] == json!([]));
}

fn encoded(part: &Value) -> String {
    URL_SAFE_NO_PAD.encode(part.to_string())
}

fn decoded(part: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// Tokens that look like a good one and aren't.
async fn forged(gateway: &Gateway, good: &str) -> Vec<(&'static str, String)> {
    let parts: Vec<_> = good.split('.').collect();
    let (header, claims) = (decoded(parts[0]), decoded(parts[1]));
    let with = |member: &str, value: Value| {
        let mut header = header.clone();
        header[member] = value;
        header
    };
    let keys = gateway
        .http
        .get(format!("{}/.well-known/jwks.json", gateway.mocks().issuer_url()));
    let keys: Value = serde_json::from_str(&keys.send().await.unwrap().text().await.unwrap()).unwrap();
    let public = keys["keys"]
        .as_array()
        .unwrap()
        .iter()
        .find(|key| key["kid"] == header["kid"])
        .unwrap();

    let shared_secret = |secret: &[u8]| {
        let mut header = Header::new(Algorithm::HS256);
        header.kid = public["kid"].as_str().map(str::to_owned);
        header.typ = Some("at+jwt".to_owned());
        jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(secret)).unwrap()
    };
    let own = rcgen::KeyPair::generate().unwrap();
    let own = EncodingKey::from_ec_pem(own.serialize_pem().as_bytes()).unwrap();
    let foreign = |kid: &str| {
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some(kid.to_owned());
        header.typ = Some("at+jwt".to_owned());
        jsonwebtoken::encode(&header, &claims, &own).unwrap()
    };
    let mut promoted = claims.clone();
    promoted["sub"] = json!("001090000002");
    let x = public["x"].as_str().unwrap();
    vec![
        ("no token at all", "garbage".to_owned()),
        ("three empty parts", "..".to_owned()),
        (
            "alg none",
            format!("{}.{}.", encoded(&with("alg", json!("none"))), parts[1]),
        ),
        (
            "alg none with the signature",
            format!(
                "{}.{}.{}",
                encoded(&with("alg", json!("none"))),
                parts[1],
                parts[2]
            ),
        ),
        (
            "HS256 with the public key as JWK",
            shared_secret(public.to_string().as_bytes()),
        ),
        (
            "HS256 with the public key's bytes",
            shared_secret(&URL_SAFE_NO_PAD.decode(x).unwrap()),
        ),
        (
            "a foreign key under a known name",
            foreign(public["kid"].as_str().unwrap()),
        ),
        ("a kid that is a path", foreign("../../../../etc/passwd")),
        ("a kid that is a query", foreign("' OR 1=1 --")),
        (
            "another kid",
            format!(
                "{}.{}.{}",
                encoded(&with("kid", json!("other"))),
                parts[1],
                parts[2]
            ),
        ),
        (
            "another officer",
            format!("{}.{}.{}", parts[0], encoded(&promoted), parts[2]),
        ),
        (
            "crit",
            format!(
                "{}.{}.{}",
                encoded(&with("crit", json!(["exp"]))),
                parts[1],
                parts[2]
            ),
        ),
    ]
}

#[actix_web::test]
async fn every_bad_token_gets_its_code_its_challenge_and_one_row() {
    let gateway = Gateway::builder()
        .setting("auth.failed_per_second", "1000")
        .start()
        .await;
    let officer = gateway.officer(OFFICER);
    let mut bad: Vec<(&str, Role<'_>, &str)> = vec![
        ("none", gateway.anonymous(), "token_missing"),
        (
            "another scheme",
            gateway.anonymous().header("Authorization", "Basic dXNlcjpwYXNz"),
            "token_missing",
        ),
        (
            "expired",
            officer.clone().form("lifetime", "-3600"),
            "token_expired",
        ),
        (
            "another audience",
            officer.clone().form("aud", "other"),
            "token_invalid",
        ),
        ("no typ", officer.clone().form("typ", ""), "token_invalid"),
        (
            "typ of an ID token",
            officer.clone().form("typ", "JWT"),
            "token_invalid",
        ),
        (
            "crit, well signed",
            officer.clone().form("crit", "exp"),
            "token_invalid",
        ),
        ("no jti", officer.clone().form("omit", "jti"), "token_invalid"),
        ("no exp", officer.clone().form("omit", "exp"), "token_invalid"),
        ("no iat", officer.clone().form("omit", "iat"), "token_invalid"),
        ("no sub", officer.clone().form("omit", "sub"), "token_invalid"),
        (
            "no client_id",
            officer.clone().form("omit", "client_id"),
            "token_invalid",
        ),
        ("no iss", officer.clone().form("omit", "iss"), "token_invalid"),
        ("no aud", officer.clone().form("omit", "aud"), "token_invalid"),
        (
            "an officer who is no number",
            gateway.client(CLIENT).form("officer", "root"),
            "token_invalid",
        ),
        (
            "a citizen's",
            gateway.client(CLIENT).form("aud", "dancu-citizen"),
            "token_invalid",
        ),
    ];
    let good = officer.token().await.unwrap();
    let forged = forged(&gateway, &good).await;
    bad.extend(
        forged
            .iter()
            .map(|(what, token)| (*what, gateway.anonymous().with_token(token), "token_invalid")),
    );
    for (what, role, code) in bad {
        let answer = role.verify(&asked()).await;
        assert_eq!((answer.status, answer.told()), (401, code), "{what}");
        let challenge = answer.header("www-authenticate");
        match code {
            "token_missing" => assert_eq!(challenge, "Bearer realm=\"dancu\"", "{what}"),
            _ => assert!(
                challenge.contains("error=\"invalid_token\""),
                "{what}: {challenge}"
            ),
        }
        assert!(!answer.headers.contains_key("ratelimit"), "{what}");
        has_one_row(&gateway, &answer, "authentication").await;
    }
    assert_eq!(gateway.registry_calls().await, 0);
    officer.verify(&asked()).await.must_be(200, "confirmed");
    gateway.finish().await;
}

#[actix_web::test]
async fn every_good_algorithm_is_let_in() {
    let gateway = Gateway::start().await;
    for algorithm in ["ES256", "EdDSA", "RS256", "PS256"] {
        // A key that the issuer makes now is unknown, and an unknown one has the keys fetched but once in a while.
        gateway.advance(Duration::from_secs(31));
        let officer = gateway.officer(OFFICER).form("alg", algorithm);
        officer.verify(&asked()).await.must_be(200, "confirmed");
    }
    gateway.finish().await;
}

#[actix_web::test]
async fn a_token_ends_with_its_time_though_it_is_remembered() {
    let gateway = Gateway::start().await;
    let token = gateway.officer(OFFICER).token().await.unwrap();
    let officer = gateway.anonymous().with_token(&token);
    officer.verify(&asked()).await.must_be(200, "confirmed");
    officer.verify(&asked()).await.must_be(200, "confirmed");
    gateway.advance(Duration::from_secs(660));
    officer.verify(&asked()).await.must_be(401, "token_expired");
    gateway
        .officer(OFFICER)
        .verify(&asked())
        .await
        .must_be(200, "confirmed");
    gateway.finish().await;
}

#[actix_web::test]
async fn a_citizen_s_token_opens_nothing_here() {
    let gateway = Gateway::start().await;
    let form = "grant_type=urn:dancu:citizen&pin=100190000001";
    let request = gateway
        .http
        .post(format!("{}/token", gateway.mocks().issuer_url()));
    let request = request
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(form);
    let answer: Value = serde_json::from_str(&request.send().await.unwrap().text().await.unwrap()).unwrap();
    let citizen = gateway
        .anonymous()
        .with_token(answer["access_token"].as_str().unwrap());
    citizen.verify(&asked()).await.must_be(401, "token_invalid");
    citizen.get("/v1/client").await.must_be(401, "token_invalid");
    gateway.finish().await;
}

#[actix_web::test]
async fn a_bound_token_is_nothing_without_its_certificate() {
    let bound = [(
        "status",
        "\"active\"\nthumbprints = [\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"]",
    )];
    let gateway = Gateway::builder().client("bound", &bound).start().await;
    let unbound = gateway.client("bound").officer(OFFICER).verify(&asked()).await;
    unbound.must_be(401, "token_not_bound");
    assert!(
        unbound
            .header("www-authenticate")
            .contains("error=\"invalid_token\"")
    );
    has_one_row(&gateway, &unbound, "verify").await;

    let mocks = gateway.mocks();
    let identity = Identity::from_pem(mocks.oauth_client_identity_pem(CLIENT).unwrap().as_bytes()).unwrap();
    let authority = Certificate::from_pem(mocks.ca_pem().as_bytes()).unwrap();
    let http = reqwest::Client::builder()
        .tls_certs_only([authority])
        .identity(identity)
        .no_proxy()
        .build()
        .unwrap();
    let form = format!("grant_type=client_credentials&client_id={CLIENT}&officer={OFFICER}");
    let request = http.post(format!("{}/token", mocks.issuer_tls_url()));
    let request = request
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(form);
    let answer: Value = serde_json::from_str(&request.send().await.unwrap().text().await.unwrap()).unwrap();
    let stolen = gateway
        .anonymous()
        .with_token(answer["access_token"].as_str().unwrap());
    let refused = stolen.verify(&asked()).await;
    refused.must_be(401, "token_not_bound");
    has_one_row(&gateway, &refused, "authentication").await;
    assert_eq!(gateway.registry_calls().await, 0);
    gateway.finish().await;
}

#[actix_web::test]
async fn every_rule_of_the_licence_has_its_code_and_its_row() {
    let gateway = Gateway::builder()
        .stranger("stranger")
        .client("suspended", &[("status", "\"suspended\"")])
        .client("expired", &[("status", "\"expired\"")])
        .client("over", &[("valid_until", "\"2026-01-02T00:00:00+07:00\"")])
        .client("early", &[("valid_from", "\"2035-12-31T00:00:00+07:00\"")])
        .client(
            "narrow",
            &[
                ("procedures", "[\"1.001193\"]"),
                ("scopes", "[\"citizens.verify\"]"),
                ("fields", "[\"sex\"]"),
            ],
        )
        .client("shy", &[("fields", "[\"sex\"]")])
        .start()
        .await;
    let of = |client: &str| gateway.client(client).officer(OFFICER);
    let for_procedure = |code: &str| {
        let mut body = asked();
        body["context"]["procedure"] = json!(code);
        body
    };
    let lookup = fields_of(&p01(), &["sex", "ethnicity", "marital_status"]);
    let demo = of(CLIENT);
    let cases = [
        (of("stranger").verify(&asked()).await, "client_unknown", "verify"),
        (
            of("suspended").verify(&asked()).await,
            "client_suspended",
            "verify",
        ),
        (of("expired").verify(&asked()).await, "client_expired", "verify"),
        (of("over").verify(&asked()).await, "client_expired", "verify"),
        (of("early").verify(&asked()).await, "client_expired", "verify"),
        (
            demo.clone().scope("citizens.lookup").verify(&asked()).await,
            "scope_missing",
            "verify",
        ),
        (
            demo.clone().scope("citizens.verify").lookup(&lookup).await,
            "scope_missing",
            "lookup",
        ),
        (of("narrow").lookup(&lookup).await, "scope_missing", "lookup"),
        (
            gateway.client(CLIENT).verify(&asked()).await,
            "officer_required",
            "verify",
        ),
        (
            demo.clone().unit("H99.1").verify(&asked()).await,
            "unit_not_permitted",
            "verify",
        ),
        (
            demo.clone().form("omit", "unit").verify(&asked()).await,
            "unit_not_permitted",
            "verify",
        ),
        (
            demo.verify(&for_procedure("9.999999")).await,
            "procedure_unknown",
            "verify",
        ),
        (
            of("narrow").verify(&for_procedure("1.000894")).await,
            "procedure_not_licensed",
            "verify",
        ),
        (of("shy").lookup(&lookup).await, "field_not_permitted", "lookup"),
        (
            of("suspended").get("/v1/client").await,
            "client_suspended",
            "read",
        ),
        (
            of("narrow").get("/v1/fields?procedure=1.000894").await,
            "procedure_not_licensed",
            "read",
        ),
        (
            demo.get("/v1/fields?procedure=9.999999").await,
            "procedure_unknown",
            "read",
        ),
    ];
    for (answer, code, operation) in cases {
        answer.must_be(403, code);
        has_one_row(&gateway, &answer, operation).await;
        let challenge = answer.header("www-authenticate");
        match code {
            "scope_missing" => {
                let scope = format!("citizens.{operation}");
                let expected =
                    format!("Bearer realm=\"dancu\", error=\"insufficient_scope\", scope=\"{scope}\"");
                assert_eq!(challenge, expected);
                assert_eq!(answer.text("/scope"), scope);
            }
            _ => assert_eq!(challenge, ""),
        }
        if code == "field_not_permitted" {
            assert_eq!(answer.body["fields"], json!(["ethnicity", "marital_status"]));
        }
    }
    assert_eq!(gateway.registry_calls().await, 0);
    gateway.finish().await;
}

#[actix_web::test]
async fn the_caller_sees_its_own_registration() {
    let gateway = Gateway::start().await;
    let client = gateway.client(CLIENT).get("/v1/client").await;
    assert_eq!(client.status, 200);
    assert_eq!(client.text("/client_id"), CLIENT);
    assert_eq!(client.text("/valid_until"), "2036-01-01T00:00:00+07:00");
    let fields = gateway.client(CLIENT).get("/v1/fields?procedure=1.010497").await;
    assert_eq!(fields.status, 200);
    assert!(
        fields.body["fields"]
            .as_array()
            .unwrap()
            .contains(&json!("ethnicity"))
    );
    assert!(
        !fields.body["fields"]
            .as_array()
            .unwrap()
            .contains(&json!("marital_status"))
    );
    gateway.finish().await;
}

#[actix_web::test]
async fn a_flood_of_strangers_is_counted_not_listed() {
    const CALLS: usize = 60;
    let gateway = Gateway::start().await;
    for _ in 0..CALLS {
        let answer = gateway
            .anonymous()
            .call(Method::POST, "/v1/citizens/verify", |request| request)
            .await;
        answer.must_be(401, "token_missing");
    }
    let last_second = gateway.clock.now().as_second();
    gateway.advance(Duration::from_secs(2));
    let counted = async || {
        let rows = gateway.rows().await;
        let standing_for = rows
            .iter()
            .map(|row| row["count"].as_u64().unwrap_or(1))
            .sum::<u64>();
        standing_for == CALLS as u64
    };
    gateway.wait_for("the last second's count", counted).await;
    let mut own_rows = std::collections::BTreeMap::new();
    for row in gateway.rows().await {
        assert_eq!(
            (row["operation"].as_str(), row["outcome"].as_str()),
            (Some("authentication"), Some("refused"))
        );
        if row["count"].is_null() {
            let second: jiff::Timestamp = row["time"].as_str().unwrap().parse().unwrap();
            assert!(second.as_second() <= last_second);
            *own_rows.entry(second.as_second()).or_insert(0) += 1;
        }
    }
    assert!(own_rows.values().all(|rows| *rows <= 10), "{own_rows:?}");
    gateway.finish().await;
}
