//! The gate as a whole, against an issuer on a real socket.

pub(in crate::auth) mod issuer;

mod flooding;
mod keys_over_time;
mod refused;
mod remembering;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use tokio::runtime::Handle;

use super::*;
use crate::clock::ManualClock;
use issuer::{AUDIENCE, Answer, ISSUER, KeyServer, OFFICER, SigningKey, claims, with, without};

/// A gate, its issuer and its clock.
struct Stage {
    issuer: KeyServer,
    clock: Arc<ManualClock>,
    gate: Arc<Authenticator>,
}

impl Stage {
    async fn of(keys: &[&SigningKey]) -> Self {
        Self::with_issuer(KeyServer::publishing(keys).await)
    }

    fn with_issuer(issuer: KeyServer) -> Self {
        let config = Config::new(ISSUER, AUDIENCE, issuer.url.parse().unwrap());
        Self::with_config(issuer, config)
    }

    fn with_config(issuer: KeyServer, config: Config) -> Self {
        let clock = Arc::new(ManualClock::default());
        let gate = Authenticator::new(config, Handle::current(), Arc::clone(&clock) as Arc<dyn Clock>);
        let gate = Arc::new(gate.unwrap());
        Self { issuer, clock, gate }
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn claims(&self) -> Value {
        claims(self.now())
    }

    async fn show(&self, token: &str) -> Result<Caller, Unauthenticated> {
        self.show_with(token, None).await
    }

    async fn show_with(
        &self,
        token: &str,
        certificate: Option<&Thumbprint>,
    ) -> Result<Caller, Unauthenticated> {
        let header = format!("Bearer {token}");
        self.gate
            .authenticate(Some(header.as_bytes()), certificate, None)
            .await
    }

    async fn show_from(&self, address: &str, token: &str) -> Result<Caller, Unauthenticated> {
        let header = format!("Bearer {token}");
        let source = Some(address.parse().unwrap());
        self.gate
            .authenticate(Some(header.as_bytes()), None, source)
            .await
    }
}

#[tokio::test]
async fn tells_who_calls() {
    let key = SigningKey::ec("k1");
    let stage = Stage::of(&[&key]).await;
    let claims = stage.claims();
    let caller = stage.show(&key.token(&claims)).await.unwrap();
    assert_eq!(caller.client_id().as_str(), "one-stop");
    assert_eq!(caller.officer(), Some(&OFFICER.parse().unwrap()));
    assert_eq!(caller.unit().unwrap().as_str(), "H57.12");
    assert_eq!(caller.expires_at().as_second(), claims["exp"].as_i64().unwrap());
    assert!(caller.holds(Scope::CitizensVerify) && caller.holds(Scope::Checks));
    assert!(!caller.holds(Scope::CitizensLookup) && !caller.is_bound());
    assert!(!format!("{caller:?}").contains(OFFICER));
}

#[tokio::test]
async fn lets_every_algorithm_in() {
    let keys = [SigningKey::ec("ec"), SigningKey::ed("ed"), SigningKey::rsa("rsa")];
    let stage = Stage::of(&[&keys[0], &keys[1], &keys[2]]).await;
    for key in &keys {
        stage.show(&key.token(&stage.claims())).await.unwrap();
    }
    let pss = with(keys[2].header(), "alg", "PS256");
    stage
        .show(&keys[2].token_with(&pss, &stage.claims()))
        .await
        .unwrap();
    assert_eq!(stage.issuer.asked(), 1);
}

#[tokio::test]
async fn lets_a_system_call_for_itself() {
    let key = SigningKey::ec("k1");
    let stage = Stage::of(&[&key]).await;
    let claims = without(with(stage.claims(), "sub", "one-stop"), "unit");
    let caller = stage.show(&key.token(&claims)).await.unwrap();
    assert_eq!((caller.officer(), caller.unit()), (None, None));
}

#[tokio::test]
async fn holds_a_bound_token_to_its_certificate_on_every_call() {
    let key = SigningKey::ec("k1");
    let stage = Stage::of(&[&key]).await;
    let (own, other) = (Thumbprint::of(b"own"), Thumbprint::of(b"other"));
    let cnf = serde_json::json!({"x5t#S256": own.to_string()});
    let token = key.token(&with(stage.claims(), "cnf", cnf));
    for _ in 0..2 {
        assert_eq!(stage.show(&token).await.unwrap_err(), Unauthenticated::NotBound);
        let refused = stage.show_with(&token, Some(&other)).await.unwrap_err();
        assert_eq!(refused, Unauthenticated::NotBound);
        let caller = stage.show_with(&token, Some(&own)).await.unwrap();
        assert!(caller.is_bound() && caller.certificate() == Some(&own));
    }
    let unbound = key.token(&stage.claims());
    assert!(!stage.show_with(&unbound, Some(&own)).await.unwrap().is_bound());
}

#[tokio::test]
async fn another_leeway_counts_at_once_and_whose_tokens_are_let_in_stays() {
    let key = SigningKey::ec("k1");
    let stage = Stage::of(&[&key]).await;
    let expired = with(stage.claims(), "exp", stage.clock.now().as_second() - 20);
    let (first, second) = (expired.clone(), with(expired, "jti", "another"));
    stage.show(&key.token(&first)).await.unwrap();
    let config = Config {
        leeway: Duration::from_secs(10),
        ..Config::new(
            "https://another.example.test",
            "another",
            stage.issuer.url.parse().unwrap(),
        )
    };
    stage.gate.adjust(config.clone()).unwrap();
    let refused = stage.show(&key.token(&second)).await.unwrap_err();
    assert_eq!(refused, Unauthenticated::Expired);
    stage.show(&key.token(&stage.claims())).await.unwrap();
    assert_eq!(stage.issuer.asked(), 1, "the keys stay");
    let bad = Config {
        jwks_ca: Some(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_vec()),
        leeway: Duration::from_secs(60),
        ..config
    };
    assert!(!bad.is_usable());
    assert!(stage.gate.adjust(bad).is_err());
    let refused = stage.show(&key.token(&second)).await.unwrap_err();
    assert_eq!(refused, Unauthenticated::Expired, "nothing has changed");
}

#[test]
fn must_be_able_to_let_somebody_in() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let build =
        |config| Authenticator::new(config, runtime.handle().clone(), Arc::new(ManualClock::default()));
    let config = Config::new(
        ISSUER,
        AUDIENCE,
        "https://issuer.example.test/jwks".parse().unwrap(),
    );
    let no_algorithm = Config {
        algorithms: Vec::new(),
        ..config.clone()
    };
    assert!(matches!(build(no_algorithm), Err(Misconfigured::NoAlgorithm)));
    let no_certificate = Config {
        jwks_ca: Some(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_vec()),
        ..config
    };
    assert!(matches!(
        build(no_certificate),
        Err(Misconfigured::TrustAnchors(_))
    ));
}
