//! Whose tokens does everybody accept?
//!
//! An issuer of the benchmark's own: one ES256 key, as many tokens as are wanted without asking anybody, the key set on a
//! port for the gateway, and the public key for whoever is compared with it.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::json;

const KID: &str = "bench";

/// What stands before the point in the DER of a public key on P-256 (RFC 5480).
const SPKI: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// Signs tokens.
pub struct Issuer {
    address: SocketAddr,
    pair: EcdsaKeyPair,
    random: SystemRandom,
}

impl Issuer {
    /// Makes a key and answers for it until the program ends.
    pub fn start() -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let (x, y) = coordinates(pair.public_key().as_ref());
        let keys = json!({"keys": [{"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": KID, "x": x, "y": y}]});
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || answer(&listener, &keys.to_string()));
        Self {
            address,
            pair,
            random: SystemRandom::new(),
        }
    }

    /// Gives the `iss` of its tokens; the key set is at `/jwks.json` there.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Gives the public key as PEM.
    pub fn public_pem(&self) -> String {
        let der = STANDARD.encode([&SPKI, self.pair.public_key().as_ref()].concat());
        let lines: Vec<_> = der
            .as_bytes()
            .chunks(64)
            .map(|line| std::str::from_utf8(line).unwrap())
            .collect();
        format!(
            "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
            lines.join("\n")
        )
    }

    /// Signs a token for a client's officer that no other token equals.
    pub fn token(&self, client: &str, officer: u64, number: u64) -> String {
        let now = jiff::Timestamp::now().as_second();
        let claims = json!({
            "iss": self.url(),
            "aud": "dancu",
            // One whom the mock registry knows.
            "sub": format!("001090000{officer:03}"),
            "client_id": client,
            "unit": "H57.12",
            "scope": "citizens.verify",
            "jti": format!("{number:032x}"),
            "iat": now,
            "nbf": now,
            "exp": now + 7_200,
        });
        let header = json!({"alg": "ES256", "typ": "at+jwt", "kid": KID});
        let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
        let signed = format!("{header}.{claims}");
        let signature = self.pair.sign(&self.random, signed.as_bytes()).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// Signs so many different tokens of one officer.
    pub fn tokens(&self, client: &str, count: u64) -> Vec<String> {
        (1..=count).map(|number| self.token(client, 1, number)).collect()
    }
}

/// Gives the coordinates of an uncompressed point, as a JWK has them.
fn coordinates(point: &[u8]) -> (String, String) {
    (
        URL_SAFE_NO_PAD.encode(&point[1..33]),
        URL_SAFE_NO_PAD.encode(&point[33..65]),
    )
}

/// Gives the key set to whoever connects.
fn answer(listener: &TcpListener, keys: &str) {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/jwk-set+json\r\nConnection: close";
    let answer = format!("{head}\r\nContent-Length: {}\r\n\r\n{keys}", keys.len());
    for stream in listener.incoming() {
        let Ok(mut stream) = stream else { continue };
        let mut request = [0; 4_096];
        if stream.read(&mut request).is_ok_and(|read| read > 0) {
            let _ = stream.write_all(answer.as_bytes());
        }
    }
}
