//! Tokens as a gateway would check them.
//!
//! Signatures are verified by another path than they were made: from the published key set.

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{DecodingKey, Validation, decode, decode_header};
use mock_services::delivery::thumbprint;
use reqwest::{Certificate, Client, Identity};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::{Value, json};

use crate::world::{Answer, World};

const SCOPES: &str = "citizens.verify citizens.lookup households.verify households.lookup checks batches";

impl World {
    async fn token(&self, form: &str) -> Answer {
        let request = self
            .http
            .post(format!("{}/token", self.running.issuer_url()))
            .basic_auth("one-stop", Some("one-stop-secret"))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(form.to_owned());
        Answer::of(request.send().await.unwrap()).await
    }

    async fn keys(&self) -> JwkSet {
        let url = format!("{}/.well-known/jwks.json", self.running.issuer_url());
        serde_json::from_str(&self.http.get(url).send().await.unwrap().text().await.unwrap()).unwrap()
    }

    async fn claims(&self, answer: &Answer, audience: &str) -> Value {
        assert_eq!(answer.status, 200, "{}", answer.body);
        let token: Value = serde_json::from_str(&answer.body).unwrap();
        let token = token["access_token"].as_str().unwrap();
        let header = decode_header(token).unwrap();
        assert_eq!(header.typ.as_deref(), Some("at+jwt"));
        let keys = self.keys().await;
        let key = DecodingKey::from_jwk(keys.find(&header.kid.unwrap()).unwrap()).unwrap();
        let mut validation = Validation::new(header.alg);
        validation.set_audience(&[audience]);
        validation.set_issuer(&[self.running.issuer_url()]);
        decode::<Value>(token, &key, &validation).unwrap().claims
    }
}

#[actix_web::test]
async fn tokens_of_every_algorithm_verify() {
    let world = World::start().await;
    for algorithm in ["ES256", "EdDSA", "RS256", "PS256"] {
        let form = format!("grant_type=client_credentials&officer=001090000001&alg={algorithm}");
        let claims = world.claims(&world.token(&form).await, "dancu").await;
        assert_eq!(claims["sub"], "001090000001");
        assert_eq!(claims["client_id"], "one-stop");
        assert_eq!(claims["unit"], "H57.12");
        assert_eq!(claims["scope"], SCOPES);
        assert_eq!(
            claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(),
            600
        );
        assert!(claims["jti"].is_string() && claims["cnf"].is_null());
    }
    assert_eq!(world.keys().await.keys.len(), 4);
    world.running.stop().await;
}

#[actix_web::test]
async fn form_fields_shape_the_token() {
    let world = World::start().await;
    let form = "grant_type=client_credentials&unit=H57&scope=checks&lifetime=30&omit=jti,nbf";
    let claims = world.claims(&world.token(form).await, "dancu").await;
    assert_eq!(
        (&claims["sub"], &claims["unit"]),
        (&json!("one-stop"), &json!("H57"))
    );
    assert_eq!(claims["scope"], "checks");
    assert!(claims["jti"].is_null() && claims["nbf"].is_null());
    world.running.stop().await;
}

#[actix_web::test]
async fn refusals_are_those_of_rfc_6749() {
    let world = World::start().await;
    let refused = |answer: Answer| {
        let body: Value = serde_json::from_str(&answer.body).unwrap();
        (answer.status, body["error"].as_str().unwrap().to_owned())
    };
    let other = world.token("grant_type=password").await;
    assert_eq!(refused(other), (400, "unsupported_grant_type".to_owned()));
    let scope = world
        .token("grant_type=client_credentials&scope=access-log.own")
        .await;
    assert_eq!(refused(scope), (400, "invalid_scope".to_owned()));
    let nobody = world.token("grant_type=urn:dancu:citizen&pin=000000000000").await;
    assert_eq!(refused(nobody), (400, "invalid_grant".to_owned()));
    let url = format!("{}/token", world.running.issuer_url());
    let request = world.http.post(url).basic_auth("one-stop", Some("guess"));
    let form = request
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body("grant_type=client_credentials");
    assert_eq!(
        refused(Answer::of(form.send().await.unwrap()).await),
        (401, "invalid_client".to_owned())
    );
    world.running.stop().await;
}

#[actix_web::test]
async fn a_citizen_s_token_names_the_citizen_alone() {
    let world = World::start().await;
    let answer = world.token("grant_type=urn:dancu:citizen&pin=100190000001").await;
    let claims = world.claims(&answer, "dancu-citizen").await;
    assert_eq!(
        (&claims["sub"], &claims["scope"]),
        (&json!("100190000001"), &json!("access-log.own"))
    );
    assert!(claims["client_id"].is_null());
    world.running.stop().await;
}

#[actix_web::test]
async fn a_certificate_binds_the_token_and_can_stand_for_the_secret() {
    let world = World::start().await;
    let pem = world.running.oauth_client_identity_pem("one-stop").unwrap();
    let due = thumbprint(&CertificateDer::from_pem_slice(pem.as_bytes()).unwrap());
    let client = Client::builder()
        .no_proxy()
        .tls_certs_only([Certificate::from_pem(world.running.ca_pem().as_bytes()).unwrap()])
        .identity(Identity::from_pem(pem.as_bytes()).unwrap())
        .build()
        .unwrap();
    let request = client
        .post(format!("{}/token", world.running.issuer_tls_url()))
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body("grant_type=client_credentials&client_id=one-stop");
    let claims = world
        .claims(&Answer::of(request.send().await.unwrap()).await, "dancu")
        .await;
    assert_eq!(claims["cnf"]["x5t#S256"], json!(due));
    world.running.stop().await;
}

#[actix_web::test]
async fn rotation_keeps_one_generation_unless_told_otherwise() {
    let world = World::start().await;
    let rotate = async |body: &str| {
        let url = format!("{}/_mock/keys/rotate", world.running.control_url());
        assert_eq!(
            world
                .http
                .post(url)
                .body(body.to_owned())
                .send()
                .await
                .unwrap()
                .status()
                .as_u16(),
            200
        );
    };
    let first = world.keys().await.keys[0].common.key_id.clone().unwrap();
    rotate("").await;
    let after_one = world.keys().await;
    assert!(after_one.keys.len() == 2 && after_one.find(&first).is_some());
    rotate("").await;
    assert!(world.keys().await.find(&first).is_none());
    rotate("{\"drop_old\":true}").await;
    assert_eq!(world.keys().await.keys.len(), 1);
    world.running.stop().await;
}
