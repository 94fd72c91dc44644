//! Who may have which token?
//!
//! The province's single sign-on as far as a gateway meets it: a token endpoint, a key set, a discovery page. The
//! officer's own sign-in is stood in for by form fields, and so are the flaws that tests need (another audience,
//! a missing type, an odd algorithm).
//! Always true: a client gets no scope that it isn't registered for; a token got with a certificate is bound
//! to it. Deliberately absent: sessions, refresh tokens, introspection.
//! Refusals are RFC 6749 errors.

use std::sync::Arc;

use actix_web::web::{Data, Form, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, get, post};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::{Algorithm, Header};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::clock::ServiceClock;
use crate::delivery::{Reply, client_thumbprint, deliver};
use crate::faults::{Faults, Service};
use crate::register::Register;
use crate::start::OauthClient;
use crate::stats::Stats;

pub mod keys;

use keys::{ALGORITHMS, KeyRing};

const JSON: &str = "application/json";
const LIFETIME_SECONDS: i64 = 600;
const CITIZEN_GRANT: &str = "urn:dancu:citizen";

/// The single sign-on.
pub struct Issuer {
    /// Its own address, which is the `iss` of its tokens.
    pub url: String,
    /// Its keys.
    pub keys: Arc<KeyRing>,
    /// The registered clients with the thumbprints of their certificates.
    pub clients: Vec<(OauthClient, String)>,
    /// Who exists, for citizens' tokens.
    pub register: Arc<Register>,
    /// The time.
    pub clock: ServiceClock,
}

/// The form of `POST /token`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct TokenForm {
    grant_type: String,
    client_id: Option<String>,
    client_secret: Option<String>,
    scope: Option<String>,
    officer: Option<String>,
    unit: Option<String>,
    lifetime: Option<i64>,
    alg: Option<String>,
    aud: Option<String>,
    typ: Option<String>,
    crit: Option<String>,
    omit: Option<String>,
    pin: Option<String>,
}

/// Why no token was given: an error code of RFC 6749.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum NoToken {
    /// The client isn't known or its secret is wrong.
    #[error("invalid_client")]
    Client,
    /// The grant isn't offered.
    #[error("unsupported_grant_type")]
    GrantType,
    /// The citizen isn't known.
    #[error("invalid_grant")]
    Grant,
    /// The client isn't registered for a scope.
    #[error("invalid_scope")]
    Scope,
    /// A field has no such value.
    #[error("invalid_request")]
    Request,
    /// The key failed; a fault of the mock.
    #[error("server_error")]
    Server,
}

impl Issuer {
    fn token(
        &self,
        form: &TokenForm,
        basic: Option<&str>,
        thumbprint: Option<String>,
    ) -> Result<Value, NoToken> {
        match form.grant_type.as_str() {
            "client_credentials" => self.client_token(form, basic, thumbprint),
            CITIZEN_GRANT => self.citizen_token(form),
            _ => Err(NoToken::GrantType),
        }
    }

    fn client_token(
        &self,
        form: &TokenForm,
        basic: Option<&str>,
        thumbprint: Option<String>,
    ) -> Result<Value, NoToken> {
        let client = self.client(form, basic, thumbprint.as_deref())?;
        let scope = match &form.scope {
            None => client.scopes.join(" "),
            Some(wanted)
                if wanted
                    .split(' ')
                    .all(|scope| client.scopes.iter().any(|own| own == scope)) =>
            {
                wanted.clone()
            }
            Some(_) => return Err(NoToken::Scope),
        };
        let mut claims = self.claims(form, form.aud.as_deref().unwrap_or("dancu"), &scope);
        claims.insert("client_id".to_owned(), json!(client.client_id));
        claims.insert(
            "sub".to_owned(),
            json!(form.officer.as_ref().unwrap_or(&client.client_id)),
        );
        if let Some(unit) = form.unit.as_ref().or_else(|| client.units.first()) {
            claims.insert("unit".to_owned(), json!(unit));
        }
        if let Some(thumbprint) = thumbprint {
            claims.insert("cnf".to_owned(), json!({"x5t#S256": thumbprint}));
        }
        self.signed(form, claims, &scope)
    }

    fn citizen_token(&self, form: &TokenForm) -> Result<Value, NoToken> {
        let pin = form.pin.as_deref().ok_or(NoToken::Request)?;
        self.register.by_pin(pin).ok_or(NoToken::Grant)?;
        let scope = "access-log.own";
        let mut claims = self.claims(form, form.aud.as_deref().unwrap_or("dancu-citizen"), scope);
        claims.insert("sub".to_owned(), json!(pin));
        self.signed(form, claims, scope)
    }

    fn client(
        &self,
        form: &TokenForm,
        basic: Option<&str>,
        thumbprint: Option<&str>,
    ) -> Result<&OauthClient, NoToken> {
        let presented = basic.and_then(basic_credentials).or_else(|| {
            // RFC 6749 allows the secret in the form too.
            Some((form.client_id.clone()?, form.client_secret.clone()?))
        });
        let is_right = |(client, own): &&(OauthClient, String)| match &presented {
            Some((id, secret)) => client.client_id == *id && client.client_secret == *secret,
            None => {
                Some(client.client_id.as_str()) == form.client_id.as_deref()
                    && thumbprint == Some(own.as_str())
            }
        };
        self.clients
            .iter()
            .find(is_right)
            .map(|(client, _)| client)
            .ok_or(NoToken::Client)
    }

    fn claims(&self, form: &TokenForm, audience: &str, scope: &str) -> Map<String, Value> {
        let now = self.clock.now().as_second();
        let lifetime = form.lifetime.unwrap_or(LIFETIME_SECONDS);
        let mut claims = Map::new();
        claims.insert("iss".to_owned(), json!(self.url));
        claims.insert("aud".to_owned(), json!(audience));
        claims.insert("scope".to_owned(), json!(scope));
        claims.insert("jti".to_owned(), json!(Uuid::new_v4().to_string()));
        claims.insert("iat".to_owned(), json!(now.saturating_add(lifetime.min(0))));
        claims.insert("nbf".to_owned(), json!(now.saturating_add(lifetime.min(0))));
        claims.insert("exp".to_owned(), json!(now.saturating_add(lifetime)));
        claims
    }

    fn signed(
        &self,
        form: &TokenForm,
        mut claims: Map<String, Value>,
        scope: &str,
    ) -> Result<Value, NoToken> {
        let algorithm = algorithm(form.alg.as_deref().unwrap_or("ES256")).ok_or(NoToken::Request)?;
        for claim in form.omit.as_deref().unwrap_or_default().split(',') {
            claims.remove(claim);
        }
        let mut header = Header::new(algorithm);
        header.typ = match form.typ.as_deref() {
            None => Some("at+jwt".to_owned()),
            Some("") => None,
            Some(other) => Some(other.to_owned()),
        };
        header.crit = form.crit.as_ref().map(|name| vec![name.clone()]);
        let token = self
            .keys
            .key(algorithm)
            .and_then(|key| key.sign(header, &Value::Object(claims)))
            .map_err(|_| NoToken::Server)?;
        let expires_in = form.lifetime.unwrap_or(LIFETIME_SECONDS).max(0);
        Ok(json!({"access_token": token, "token_type": "Bearer", "expires_in": expires_in, "scope": scope}))
    }
}

/// Adds the routes.
pub fn routes(config: &mut ServiceConfig) {
    config.service(give_token).service(key_set).service(discovery);
}

#[post("/token")]
async fn give_token(
    request: HttpRequest,
    form: Form<TokenForm>,
    issuer: Data<Issuer>,
    faults: Data<Arc<Faults>>,
    stats: Data<Arc<Stats>>,
) -> HttpResponse {
    stats.count(Service::Issuer, "token");
    let strike = faults.strike(Service::Issuer, "token", form.pin.as_deref());
    let basic = request
        .headers()
        .get("authorization")
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned);
    let thumbprint = client_thumbprint(&request);
    let form = form.into_inner();
    // An RSA key of 2 048 bits may have to be found first, and that takes longer than a worker may stand still.
    let answer =
        actix_web::rt::task::spawn_blocking(move || issuer.token(&form, basic.as_deref(), thumbprint));
    let reply = match answer.await.unwrap_or(Err(NoToken::Server)) {
        Ok(token) => Reply {
            status: 200,
            content_type: JSON,
            body: token.to_string(),
        },
        Err(refusal) => {
            stats.count(Service::Issuer, "refused");
            let status = match refusal {
                NoToken::Client => 401,
                NoToken::Server => 500,
                NoToken::GrantType | NoToken::Grant | NoToken::Scope | NoToken::Request => 400,
            };
            let body = json!({"error": refusal.to_string()}).to_string();
            Reply {
                status,
                content_type: JSON,
                body,
            }
        }
    };
    deliver(&request, reply, &strike).await
}

#[get("/.well-known/jwks.json")]
async fn key_set(
    request: HttpRequest,
    issuer: Data<Issuer>,
    faults: Data<Arc<Faults>>,
    stats: Data<Arc<Stats>>,
) -> HttpResponse {
    stats.count(Service::Issuer, "jwks");
    let strike = faults.strike(Service::Issuer, "jwks", None);
    let body = issuer.keys.key_set().to_string();
    deliver(
        &request,
        Reply {
            status: 200,
            content_type: "application/jwk-set+json",
            body,
        },
        &strike,
    )
    .await
}

#[get("/.well-known/openid-configuration")]
async fn discovery(
    request: HttpRequest,
    issuer: Data<Issuer>,
    faults: Data<Arc<Faults>>,
    stats: Data<Arc<Stats>>,
) -> HttpResponse {
    stats.count(Service::Issuer, "configuration");
    let strike = faults.strike(Service::Issuer, "configuration", None);
    let url = &issuer.url;
    let body = json!({
        "issuer": url,
        "token_endpoint": format!("{url}/token"),
        "jwks_uri": format!("{url}/.well-known/jwks.json"),
        "grant_types_supported": ["client_credentials", CITIZEN_GRANT],
        "response_types_supported": [],
        "subject_types_supported": ["public"],
        "token_endpoint_auth_methods_supported":
            ["client_secret_basic", "client_secret_post", "tls_client_auth"],
        "tls_client_certificate_bound_access_tokens": true,
        "id_token_signing_alg_values_supported":
            ALGORITHMS.iter().map(|algorithm| format!("{algorithm:?}")).collect::<Vec<_>>(),
    });
    deliver(
        &request,
        Reply {
            status: 200,
            content_type: JSON,
            body: body.to_string(),
        },
        &strike,
    )
    .await
}

fn algorithm(name: &str) -> Option<Algorithm> {
    ALGORITHMS
        .into_iter()
        .find(|algorithm| format!("{algorithm:?}") == name)
}

fn basic_credentials(header: &str) -> Option<(String, String)> {
    let decoded = STANDARD.decode(header.strip_prefix("Basic ")?).ok()?;
    let text = String::from_utf8(decoded).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((id.to_owned(), secret.to_owned()))
}
