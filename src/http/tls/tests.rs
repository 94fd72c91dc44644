//! Handshakes with and without a certificate, against a real listener.

use actix_web::dev::{ServerHandle, Service as _};
use actix_web::{App, HttpRequest, HttpServer, web};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use reqwest::{Certificate, Identity as Shown};

use super::*;
use crate::auth::{self, Authenticator, FetchFailed, Thumbprint};
use crate::clock::{ManualClock, SystemClock};

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

/// Is material as PEM, as files would hold it.
struct Material {
    certificate: Vec<u8>,
    key: SecretSlice<u8>,
    client_ca: Option<Vec<u8>>,
}

impl Material {
    fn judged(&self) -> Result<Identity, Unusable> {
        Identity::new(&self.certificate, &self.key, self.client_ca.as_deref())
    }
}

fn material(server: &Held, clients: Option<&Authority>) -> Material {
    Material {
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
            builder.identity(Shown::from_pem(pem.as_bytes()).unwrap())
        }
    };
    builder.build().unwrap()
}

/// Gives a client that keeps its one connection.
fn keeping(server_ca: &Authority, held: &Held) -> reqwest::Client {
    let pem = held.certificate.pem() + &held.key.serialize_pem();
    reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([Certificate::from_der(server_ca.0.der()).unwrap()])
        .identity(Shown::from_pem(pem.as_bytes()).unwrap())
        .build()
        .unwrap()
}

/// Answers with the thumbprint that the connection showed.
async fn thumbprint(request: HttpRequest) -> String {
    request
        .conn_data::<Peer>()
        .and_then(Peer::thumbprint)
        .map_or_else(|| "none".to_owned(), |thumbprint| thumbprint.to_string())
}

/// A listener on a free port, stopped when it is dropped.
struct Listener {
    url: String,
    live: Arc<Live>,
    handle: ServerHandle,
}

impl Listener {
    fn start(material: &Material) -> Self {
        let live = Live::new(material.judged().unwrap(), Arc::new(SystemClock));
        let routes = || {
            App::new()
                .wrap_fn(|request, service| {
                    let answered = service.call(request);
                    async { answered.await.map(last_where_outdated) }
                })
                .route("/", web::get().to(thumbprint))
                .route("/jwks", web::get().to(async || ED25519_OF_RFC_8037))
        };
        let keeping = Arc::clone(&live);
        let server = HttpServer::new(routes)
            .on_connect(move |connection, extensions| keeping.keep_peer(connection, extensions))
            .workers(1)
            .disable_signals()
            .bind_rustls_0_23(("127.0.0.1", 0), live.server_config().unwrap())
            .unwrap();
        let url = format!("https://localhost:{}/", server.addrs()[0].port());
        let running = server.run();
        let handle = running.handle();
        actix_web::rt::spawn(running);
        Self { url, live, handle }
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
    let refused = |material: Material| material.judged().unwrap_err();

    let mut bad = good();
    bad.certificate = b"no certificate".to_vec();
    assert!(matches!(refused(bad), Unusable::Certificate));
    let mut bad = good();
    bad.key = SecretSlice::from(b"no key".to_vec());
    assert!(matches!(refused(bad), Unusable::Key));
    let mut bad = good();
    bad.key = material(&other, None).key;
    assert!(matches!(refused(bad), Unusable::Pair(_)));
    let mut bad = good();
    bad.client_ca = Some(Vec::new());
    assert!(matches!(refused(bad), Unusable::ClientCa));
    assert_eq!(format!("{:?}", good().judged().unwrap()), "Identity(***)");
}

#[test]
fn a_certificate_out_of_its_time_is_told_from_one_in_it() {
    let authority = Authority::new();
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    params.not_before = rcgen::date_time_ymd(2026, 3, 1);
    params.not_after = rcgen::date_time_ymd(2026, 6, 1);
    let certificate = params.signed_by(&key, &authority.0).unwrap();
    let identity = material(&Held { certificate, key }, None).judged().unwrap();
    for (day, is_in_time) in [("2026-02-28", false), ("2026-05-01", true), ("2026-06-02", false)] {
        let now = format!("{day}T12:00:00Z").parse().unwrap();
        assert_eq!(identity.is_in_time(now), is_in_time, "{day}");
    }
}

#[actix_web::test]
async fn another_identity_counts_for_new_handshakes_and_ends_what_is_older() {
    let (before, after) = (Authority::new(), Authority::new());
    let clients = Authority::new();
    let listener = Listener::start(&material(&before.issue("localhost"), Some(&clients)));
    let known = clients.issue("one-stop");
    let kept = keeping(&before, &known);
    let shown = async |client: &reqwest::Client| {
        let answer = client.get(&listener.url).send().await?;
        let is_last = answer.headers().contains_key("connection");
        Ok::<_, reqwest::Error>((answer.text().await?, is_last))
    };
    let thumbprint = Thumbprint::of(known.certificate.der()).to_string();
    assert_eq!(shown(&kept).await.unwrap(), (thumbprint.clone(), false));

    let new = material(&after.issue("localhost"), Some(&clients));
    assert!(listener.live.put_in_force(new.judged().unwrap()));
    assert_eq!(
        shown(&kept).await.unwrap(),
        (thumbprint.clone(), true),
        "answered as ever, for the last time on this connection"
    );
    shown(&kept).await.unwrap_err();
    assert_eq!(
        shown(&keeping(&after, &known)).await.unwrap(),
        (thumbprint, false)
    );
    assert!(
        !listener.live.put_in_force(new.judged().unwrap()),
        "the same again is no change"
    );
}

#[actix_web::test]
async fn a_certificate_of_a_ca_that_left_the_roster_counts_no_more() {
    let (own, staying, leaving) = (Authority::new(), Authority::new(), Authority::new());
    let held = own.issue("localhost");
    let mut both = material(&held, Some(&staying));
    let roster = both.client_ca.as_mut().unwrap();
    roster.extend_from_slice(leaving.0.pem().as_bytes());
    let listener = Listener::start(&both);
    let (stays, leaves) = (staying.issue("one"), leaving.issue("other"));
    let open = [keeping(&own, &stays), keeping(&own, &leaves)];
    let resuming = [client(&own, Some(&stays)), client(&own, Some(&leaves))];
    let shown = async |client: &reqwest::Client| client.get(&listener.url).send().await?.text().await;
    let thumbprint = Thumbprint::of(stays.certificate.der()).to_string();
    for client in open.iter().chain(&resuming) {
        assert_ne!(shown(client).await.unwrap(), "none");
    }
    let fewer = material(&held, Some(&staying)).judged().unwrap();
    assert!(listener.live.put_in_force(fewer));
    assert_eq!(shown(&open[0]).await.unwrap(), thumbprint);
    assert_eq!(
        shown(&open[1]).await.unwrap(),
        "none",
        "the open connection proves nothing now"
    );
    for _ in 0..2 {
        assert_eq!(shown(&resuming[0]).await.unwrap(), thumbprint);
        shown(&resuming[1]).await.unwrap_err();
        shown(&open[1]).await.unwrap_err();
    }
}
