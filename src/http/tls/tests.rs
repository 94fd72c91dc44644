//! Handshakes with and without a certificate, against a real listener.

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpRequest, HttpServer, web};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use reqwest::{Certificate, Identity};

use super::*;
use crate::auth::{self, Authenticator, FetchFailed};
use crate::clock::ManualClock;

/// A CA that makes certificates.
struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate with its key.
struct Held {
    certificate: rcgen::Certificate,
    key: KeyPair,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn issue(&self, name: &str) -> Held {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new([name.to_owned()]).unwrap();
        Held {
            certificate: params.signed_by(&key, &self.0).unwrap(),
            key,
        }
    }
}

fn material(server: &Held, clients: Option<&Authority>) -> Config {
    Config {
        certificate: server.certificate.pem().into_bytes(),
        key: SecretSlice::from(server.key.serialize_pem().into_bytes()),
        client_ca: clients.map(|authority| authority.0.pem().into_bytes()),
    }
}

fn client(server_ca: &Authority, identity: Option<&Held>) -> reqwest::Client {
    let anchor = Certificate::from_der(server_ca.0.der()).unwrap();
    // No connection is kept, so that a second request comes on a resumed session.
    let builder = reqwest::Client::builder()
        .no_proxy()
        .pool_max_idle_per_host(0)
        .tls_certs_only([anchor]);
    let builder = match identity {
        None => builder,
        Some(held) => {
            let pem = held.certificate.pem() + &held.key.serialize_pem();
            builder.identity(Identity::from_pem(pem.as_bytes()).unwrap())
        }
    };
    builder.build().unwrap()
}

/// Answers with the thumbprint that the connection showed.
async fn thumbprint(request: HttpRequest) -> String {
    request
        .conn_data::<Thumbprint>()
        .map_or_else(|| "none".to_owned(), ToString::to_string)
}

/// A listener on a free port, stopped when it is dropped.
struct Listener {
    url: String,
    handle: ServerHandle,
}

impl Listener {
    fn start(config: &Config) -> Self {
        let routes = || {
            App::new()
                .route("/", web::get().to(thumbprint))
                .route("/jwks", web::get().to(async || ED25519_OF_RFC_8037))
        };
        let server = HttpServer::new(routes)
            .on_connect(keep_thumbprint)
            .workers(1)
            .disable_signals()
            .bind_rustls_0_23(("127.0.0.1", 0), server_config(config).unwrap())
            .unwrap();
        let url = format!("https://localhost:{}/", server.addrs()[0].port());
        let running = server.run();
        let handle = running.handle();
        actix_web::rt::spawn(running);
        Self { url, handle }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}

/// The public key of RFC 8037, appendix A.2.
const ED25519_OF_RFC_8037: &str = r#"{"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "a",
    "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

#[actix_web::test]
async fn a_certificate_is_asked_for_and_not_required() {
    let (own, clients, strangers) = (Authority::new(), Authority::new(), Authority::new());
    let listener = Listener::start(&material(&own.issue("localhost"), Some(&clients)));
    let url = listener.url.as_str();

    let known = clients.issue("one-stop");
    let with_certificate = client(&own, Some(&known));
    for _ in 0..2 {
        let answer = with_certificate.get(url).send().await.unwrap();
        let shown = answer.text().await.unwrap();
        assert_eq!(shown, Thumbprint::of(known.certificate.der()).to_string());
    }
    let answer = client(&own, None).get(url).send().await.unwrap();
    assert_eq!(answer.version(), reqwest::Version::HTTP_11);
    assert_eq!(answer.text().await.unwrap(), "none");

    let stranger = strangers.issue("one-stop");
    client(&own, Some(&stranger)).get(url).send().await.unwrap_err();
}

#[actix_web::test]
async fn without_a_ca_no_certificate_is_asked_for() {
    let own = Authority::new();
    let held = own.issue("localhost");
    let listener = Listener::start(&material(&held, None));
    let answer = client(&own, Some(&held)).get(&listener.url).send().await.unwrap();
    assert_eq!(answer.text().await.unwrap(), "none");
}

#[actix_web::test]
async fn the_issuers_keys_come_only_from_who_the_ca_vouches_for() {
    let (own, other) = (Authority::new(), Authority::new());
    let listener = Listener::start(&material(&own.issue("localhost"), None));
    let gate = |authority: &Authority| {
        let url = format!("{}jwks", listener.url).parse().unwrap();
        let config = auth::Config {
            jwks_ca: Some(authority.0.pem().into_bytes()),
            ..auth::Config::new("https://issuer.example.test", "dancu", url)
        };
        let clock = Arc::new(ManualClock::default());
        Authenticator::new(config, tokio::runtime::Handle::current(), clock).unwrap()
    };
    gate(&own).refresh_keys().await.unwrap();
    let failure = gate(&other).refresh_keys().await.unwrap_err();
    assert!(matches!(failure, FetchFailed::Unreachable(_)));
}

#[test]
fn unusable_material_is_named() {
    let authority = Authority::new();
    let (held, other) = (authority.issue("localhost"), authority.issue("localhost"));
    let good = || material(&held, Some(&authority));
    let refused = |config: Config| server_config(&config).unwrap_err();

    let mut config = good();
    config.certificate = b"no certificate".to_vec();
    assert!(matches!(refused(config), Unusable::Certificate));
    let mut config = good();
    config.key = SecretSlice::from(b"no key".to_vec());
    assert!(matches!(refused(config), Unusable::Key));
    let mut config = good();
    config.key = material(&other, None).key;
    assert!(matches!(refused(config), Unusable::Pair(_)));
    let mut config = good();
    config.client_ca = Some(Vec::new());
    assert!(matches!(refused(config), Unusable::ClientCa));
    assert!(format!("{:?}", good()).contains("REDACTED"));
}
