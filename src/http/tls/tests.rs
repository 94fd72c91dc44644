//! Handshakes with and without a certificate, against a real listener.

use actix_web::{App, HttpRequest, HttpServer, web};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use reqwest::{Certificate, Identity};

use super::*;

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
    let builder = reqwest::Client::builder().no_proxy().tls_certs_only([anchor]);
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

#[actix_web::test]
async fn a_certificate_is_asked_for_and_not_required() {
    let (own, clients, strangers) = (Authority::new(), Authority::new(), Authority::new());
    let settings = server_config(&material(&own.issue("localhost"), Some(&clients))).unwrap();
    assert_eq!(settings.alpn_protocols, [b"http/1.1"]);
    let server = HttpServer::new(|| App::new().route("/", web::get().to(thumbprint)))
        .on_connect(keep_thumbprint)
        .workers(1)
        .disable_signals()
        .bind_rustls_0_23(("127.0.0.1", 0), settings)
        .unwrap();
    let url = format!("https://localhost:{}/", server.addrs()[0].port());
    let running = server.run();
    let handle = running.handle();
    actix_web::rt::spawn(running);

    let known = clients.issue("one-stop");
    for _ in 0..2 {
        let answer = client(&own, Some(&known)).get(&url).send().await.unwrap();
        let shown = answer.text().await.unwrap();
        assert_eq!(shown, Thumbprint::of(known.certificate.der()).to_string());
    }
    let answer = client(&own, None).get(&url).send().await.unwrap();
    assert_eq!(answer.version(), reqwest::Version::HTTP_11);
    assert_eq!(answer.text().await.unwrap(), "none");

    let stranger = strangers.issue("one-stop");
    client(&own, Some(&stranger)).get(&url).send().await.unwrap_err();
    handle.stop(true).await;
}

#[test]
fn without_a_ca_no_certificate_is_asked_for() {
    let held = Authority::new().issue("localhost");
    server_config(&material(&held, None)).unwrap();
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
