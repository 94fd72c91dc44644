//! Tokens that must not pass, shown to the gate as a whole.

use serde_json::json;

use super::issuer::{assemble, hs256};
use super::*;

#[tokio::test]
async fn nothing_to_judge() {
    let stage = Stage::of(&[&SigningKey::ec("k1")]).await;
    let none: [Option<&[u8]>; 6] = [
        None,
        Some(b""),
        Some(b"Bearer"),
        Some(b"Bearer   "),
        Some(b"Basic dXNlcjpwYXNz"),
        Some(b"Bearer\xc3\xa9\xff"),
    ];
    for header in none {
        let refused = stage.gate.authenticate(header, None, None).await.unwrap_err();
        assert_eq!(refused, Unauthenticated::Missing);
    }
    assert_eq!(stage.issuer.asked(), 0);
}

#[tokio::test]
async fn no_token_at_all() {
    let key = SigningKey::ec("k1");
    let stage = Stage::of(&[&key]).await;
    let good = key.token(&stage.claims());
    let long = "a".repeat(9_000);
    let mut parts = good.split('.');
    let (header, payload) = (parts.next().unwrap(), parts.next().unwrap());
    let texts = [
        "garbage".to_owned(),
        "...".to_owned(),
        "..".to_owned(),
        "a.b.c".to_owned(),
        format!("{good}."),
        format!("{good}.x"),
        format!("{header}.{payload}"),
        format!("{header}.{payload}."),
        format!(" {good} {good}"),
        good.chars().take(good.len() - 4).collect(),
        key.token(&with(stage.claims(), "padding", long)),
        "\u{fffd}\u{0}".to_owned(),
    ];
    for text in texts {
        assert_eq!(
            stage.show(&text).await.unwrap_err(),
            Unauthenticated::Invalid,
            "{text}"
        );
    }
    stage.show(&good).await.unwrap();
    let lower_case = format!("bearer {good}");
    stage
        .gate
        .authenticate(Some(lower_case.as_bytes()), None, None)
        .await
        .unwrap();
}

#[tokio::test]
async fn forged() {
    let (ec, rsa) = (SigningKey::ec("ec"), SigningKey::rsa("rsa"));
    let stage = Stage::of(&[&ec, &rsa]).await;
    let claims = stage.claims();
    let mut tokens = vec![];
    for key in [&ec, &rsa] {
        for algorithm in ["none", "None", "nOnE"] {
            let unsigned = with(key.header(), "alg", algorithm);
            tokens.push(assemble(&unsigned, &claims, |_| Vec::new()));
            tokens.push(key.token_with(&unsigned, &claims));
        }
        // What a verifier could take for a shared secret: each public form of the key.
        let hmac = with(key.header(), "alg", "HS256");
        let modulus_or_x = key.jwk()["n"]
            .as_str()
            .or(key.jwk()["x"].as_str())
            .map(str::to_owned);
        let secrets = [
            key.pem(),
            key.pem().trim().to_owned(),
            key.jwk().to_string(),
            modulus_or_x.unwrap(),
        ];
        for secret in secrets {
            tokens.push(assemble(&hmac, &claims, |message| {
                hs256(secret.as_bytes(), message)
            }));
        }
    }
    // A stranger's key under a known name, and a key that the token brings along.
    let stranger = SigningKey::ec("ec");
    tokens.push(stranger.token(&claims));
    tokens.push(stranger.token_with(&with(stranger.header(), "jwk", stranger.jwk()), &claims));
    // The algorithm of one key, the name of another.
    tokens.push(ec.token_with(&with(ec.header(), "kid", "rsa"), &claims));
    tokens.push(rsa.token_with(&with(rsa.header(), "kid", "ec"), &claims));
    tokens.push(rsa.token_with(&with(rsa.header(), "alg", "ES256"), &claims));
    tokens.push(rsa.token_with(&with(rsa.header(), "alg", "RS512"), &claims));
    // A signature for another payload.
    let promoted = with(claims.clone(), "client_id", "someone-else");
    let good = ec.token(&claims);
    let signature = good.rsplit('.').next().unwrap().to_owned();
    let body = assemble(&ec.header(), &promoted, |_| Vec::new());
    tokens.push(format!("{body}{signature}"));
    for token in tokens {
        let refused = stage.show(&token).await.unwrap_err();
        assert_eq!(refused, Unauthenticated::Invalid, "{token}");
    }
    assert_eq!(stage.issuer.asked(), 1);
    stage.show(&good).await.unwrap();
}

#[tokio::test]
async fn a_kid_is_nothing_but_a_name() {
    let key = SigningKey::ec("k1");
    let stage = Stage::of(&[&key]).await;
    let elsewhere = KeyServer::publishing(&[&key]).await;
    let claims = stage.claims();
    stage.gate.refresh_keys().await.unwrap();
    let kids = [
        "../../etc/passwd",
        "/dev/null",
        &elsewhere.url,
        "k1' OR '1'='1",
        "K1",
        "",
        &"k".repeat(3_000),
    ];
    for kid in kids {
        let token = key.token_with(&with(key.header(), "kid", kid), &claims);
        assert_eq!(stage.show(&token).await.unwrap_err(), Unauthenticated::Invalid);
    }
    for header in [
        without(key.header(), "kid"),
        with(key.header(), "kid", json!(["k1"])),
        with(key.header(), "jku", elsewhere.url.as_str()),
        with(key.header(), "x5u", elsewhere.url.as_str()),
    ] {
        let refused = stage.show(&key.token_with(&header, &claims)).await.unwrap_err();
        assert_eq!(refused, Unauthenticated::Invalid);
    }
    assert_eq!((stage.issuer.asked(), elsewhere.asked()), (2, 0));
}

#[tokio::test]
async fn a_shared_secret_in_the_published_set() {
    let key = SigningKey::ec("k1");
    let secret = json!({"kty": "oct", "kid": "shared", "alg": "HS256", "k": "c2VjcmV0"});
    let stage = Stage::with_issuer(KeyServer::start(Answer::Keys(vec![secret, key.jwk()])).await);
    let header = json!({"typ": "at+jwt", "alg": "HS256", "kid": "shared"});
    let token = assemble(&header, &stage.claims(), |message| hs256(b"secret", message));
    assert_eq!(stage.show(&token).await.unwrap_err(), Unauthenticated::Invalid);
    stage.show(&key.token(&stage.claims())).await.unwrap();
}

#[tokio::test]
async fn another_algorithm_than_the_key_is_published_for() {
    let key = SigningKey::rsa("k1");
    let published = with(key.jwk(), "alg", "PS256");
    let stage = Stage::with_issuer(KeyServer::start(Answer::Keys(vec![published])).await);
    let pkcs1 = key.token(&stage.claims());
    assert_eq!(stage.show(&pkcs1).await.unwrap_err(), Unauthenticated::Invalid);
    let pss = key.token_with(&with(key.header(), "alg", "PS256"), &stage.claims());
    stage.show(&pss).await.unwrap();
}

#[test]
fn refusals_tell_nothing_of_the_token() {
    let all = [
        Unauthenticated::Missing,
        Unauthenticated::Invalid,
        Unauthenticated::Expired,
        Unauthenticated::NotBound,
        Unauthenticated::KeysUnavailable {
            retry_after: Duration::from_secs(77),
        },
    ];
    for refusal in all {
        assert!(!refusal.to_string().contains(char::is_numeric));
    }
}
