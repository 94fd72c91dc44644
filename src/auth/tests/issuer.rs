//! An issuer for tests: keys of every kind, tokens as crooked as asked for, and a small HTTP server for the keys.
//!
//! Tokens are put together by hand, since a library would refuse to make the bad ones.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{self, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RsaKeyPair};
use aws_lc_rs::{hmac, rsa};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::Jwk;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

pub(in crate::auth) const ISSUER: &str = "https://issuer.example.test";
pub(in crate::auth) const AUDIENCE: &str = "dancu";
pub(in crate::auth) const OFFICER: &str = "001090000001";

/// Signs tokens.
pub(in crate::auth) struct SigningKey {
    kid: String,
    pair: Pair,
}

enum Pair {
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
    Rsa(RsaKeyPair),
}

impl SigningKey {
    pub(in crate::auth) fn ec(kid: &str) -> Self {
        let algorithm = &signature::ECDSA_P256_SHA256_FIXED_SIGNING;
        Self {
            kid: kid.to_owned(),
            pair: Pair::Ec(EcdsaKeyPair::generate(algorithm).unwrap()),
        }
    }

    pub(in crate::auth) fn ed(kid: &str) -> Self {
        Self {
            kid: kid.to_owned(),
            pair: Pair::Ed(Ed25519KeyPair::generate().unwrap()),
        }
    }

    pub(in crate::auth) fn rsa(kid: &str) -> Self {
        Self {
            kid: kid.to_owned(),
            pair: Pair::Rsa(RsaKeyPair::generate(rsa::KeySize::Rsa2048).unwrap()),
        }
    }

    /// Gives the public key as the issuer publishes it.
    pub(in crate::auth) fn jwk(&self) -> Value {
        let jwk = match &self.pair {
            Pair::Ec(pair) => {
                let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
                json!({"kty": "EC", "crv": "P-256", "x": base64url(x), "y": base64url(y)})
            }
            Pair::Ed(pair) => {
                json!({"kty": "OKP", "crv": "Ed25519", "x": base64url(pair.public_key().as_ref())})
            }
            Pair::Rsa(pair) => {
                let public = DecodingKey::from_rsa_der(pair.public_key().as_ref());
                serde_json::to_value(Jwk::from_decoding_key(&public, None).unwrap()).unwrap()
            }
        };
        with(with(jwk, "kid", self.kid.as_str()), "use", "sig")
    }

    /// Gives the public key as an administrator keeps it.
    pub(in crate::auth) fn pem(&self) -> String {
        let der = match &self.pair {
            Pair::Ec(pair) => AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key()).unwrap(),
            Pair::Ed(pair) => AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key()).unwrap(),
            Pair::Rsa(pair) => AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key()).unwrap(),
        };
        let text = STANDARD.encode(der.as_ref());
        format!("-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n")
    }

    /// Gives the header of a good token.
    pub(in crate::auth) fn header(&self) -> Value {
        let algorithm = match &self.pair {
            Pair::Ec(_) => "ES256",
            Pair::Ed(_) => "EdDSA",
            Pair::Rsa(_) => "RS256",
        };
        json!({"typ": "at+jwt", "alg": algorithm, "kid": self.kid})
    }

    /// Makes a good token.
    pub(in crate::auth) fn token(&self, claims: &Value) -> String {
        self.token_with(&self.header(), claims)
    }

    /// Makes a token with any header, signed truly by this key.
    pub(in crate::auth) fn token_with(&self, header: &Value, claims: &Value) -> String {
        assemble(header, claims, |message| self.sign(header, message))
    }

    fn sign(&self, header: &Value, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Ec(pair) => pair.sign(&random, message).unwrap().as_ref().to_vec(),
            Pair::Ed(pair) => pair.sign(message).as_ref().to_vec(),
            Pair::Rsa(pair) => {
                let padding: &'static dyn signature::RsaEncoding = if header["alg"] == "PS256" {
                    &signature::RSA_PSS_SHA256
                } else {
                    &signature::RSA_PKCS1_SHA256
                };
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(padding, &random, message, &mut signature).unwrap();
                signature
            }
        }
    }
}

/// Gives the claims of a good token of an officer.
pub(in crate::auth) fn claims(now: Timestamp) -> Value {
    let now = now.as_second();
    json!({
        "iss": ISSUER, "aud": AUDIENCE, "iat": now, "nbf": now, "exp": now + 600, "jti": "t-1",
        "sub": OFFICER, "client_id": "one-stop", "unit": "H57.12",
        "scope": "openid citizens.verify checks",
    })
}

pub(in crate::auth) fn with(mut object: Value, name: &str, value: impl Into<Value>) -> Value {
    object[name] = value.into();
    object
}

pub(in crate::auth) fn without(mut object: Value, name: &str) -> Value {
    object.as_object_mut().unwrap().remove(name);
    object
}

pub(in crate::auth) fn assemble(
    header: &Value,
    claims: &Value,
    sign: impl FnOnce(&[u8]) -> Vec<u8>,
) -> String {
    let message = format!(
        "{}.{}",
        base64url(header.to_string().as_bytes()),
        base64url(claims.to_string().as_bytes())
    );
    let signature = sign(message.as_bytes());
    format!("{message}.{}", base64url(&signature))
}

pub(in crate::auth) fn hs256(secret: &[u8], message: &[u8]) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    hmac::sign(&key, message).as_ref().to_vec()
}

fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Tells what the server does with a request for the keys.
#[derive(Clone)]
pub(in crate::auth) enum Answer {
    /// Publishes the keys.
    Keys(Vec<Value>),
    /// Answers with a text.
    Text(String),
    /// Answers with an error.
    Status(u16),
    /// Sends the client elsewhere.
    Redirect(String),
    /// Says nothing until told to, then publishes the keys.
    KeysWhenTold(Vec<Value>),
    /// Says nothing.
    Silence,
    /// Hangs up.
    HangUp,
}

/// Serves the keys on a free port until it is dropped.
pub(in crate::auth) struct KeyServer {
    pub(in crate::auth) url: String,
    shared: Arc<Shared>,
    serving: tokio::task::JoinHandle<()>,
}

struct Shared {
    answer: Mutex<Answer>,
    asked: AtomicUsize,
    was_asked: Notify,
    told: Notify,
}

impl KeyServer {
    pub(in crate::auth) async fn start(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/jwks.json", listener.local_addr().unwrap());
        let shared = Arc::new(Shared {
            answer: Mutex::new(answer),
            asked: AtomicUsize::new(0),
            was_asked: Notify::new(),
            told: Notify::new(),
        });
        let serving = tokio::spawn({
            let shared = Arc::clone(&shared);
            async move {
                while let Ok((connection, _)) = listener.accept().await {
                    tokio::spawn(serve(connection, Arc::clone(&shared)));
                }
            }
        });
        Self { url, shared, serving }
    }

    pub(in crate::auth) async fn publishing(keys: &[&SigningKey]) -> Self {
        Self::start(Answer::Keys(keys.iter().map(|key| key.jwk()).collect())).await
    }

    pub(in crate::auth) fn publish(&self, keys: &[&SigningKey]) {
        self.answer(Answer::Keys(keys.iter().map(|key| key.jwk()).collect()));
    }

    pub(in crate::auth) fn answer(&self, answer: Answer) {
        *self.shared.answer.lock().unwrap() = answer;
    }

    /// Tells how often the keys were asked for.
    pub(in crate::auth) fn asked(&self) -> usize {
        self.shared.asked.load(Ordering::SeqCst)
    }

    /// Waits until the keys are asked for.
    pub(in crate::auth) async fn was_asked(&self) {
        self.shared.was_asked.notified().await;
    }

    /// Lets `KeysWhenTold` go on.
    pub(in crate::auth) fn tell(&self) {
        self.shared.told.notify_one();
    }
}

impl Drop for KeyServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(mut connection: TcpStream, shared: Arc<Shared>) {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        match connection.read_u8().await {
            Ok(byte) => request.push(byte),
            Err(_) => return,
        }
    }
    shared.asked.fetch_add(1, Ordering::SeqCst);
    shared.was_asked.notify_one();
    let answer = shared.answer.lock().unwrap().clone();
    let (status, location, body) = match answer {
        Answer::Keys(keys) => (200, String::new(), json!({ "keys": keys }).to_string()),
        Answer::KeysWhenTold(keys) => {
            shared.told.notified().await;
            (200, String::new(), json!({ "keys": keys }).to_string())
        }
        Answer::Text(text) => (200, String::new(), text),
        Answer::Status(status) => (status, String::new(), String::new()),
        Answer::Redirect(to) => (302, to, String::new()),
        Answer::Silence => return std::future::pending().await,
        Answer::HangUp => return,
    };
    let head = format!(
        "HTTP/1.1 {status} x\r\nlocation: {location}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    connection.write_all(head.as_bytes()).await.ok();
    connection.write_all(body.as_bytes()).await.ok();
}
