//! How does an identity change under connections that are open?
//!
//! [`Live`] is what rustls asks in each handshake: which certificate, whom to believe, which sessions may be resumed. It
//! answers from the identity in force at that moment; sessions are dropped with the identity that they were made under. A
//! connection's [`Peer`] remembers under which one its client's certificate was judged last, and has it judged again once
//! that has changed, so that no open connection outlives the clients' CA that vouched for it.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::dev::Extensions;
use actix_web::rt::net::TcpStream;
use arc_swap::ArcSwap;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{ClientHello, ResolvesServerCert, ServerSessionMemoryCache, StoresServerSessions};
use rustls::sign::CertifiedKey;
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, ServerConfig, SignatureScheme,
};
use rustls_pki_types::{CertificateDer, UnixTime};

use super::{Identity, Unusable, provider};
use crate::auth::Thumbprint;
use crate::clock::Clock;

/// How many sessions may be resumed, as rustls has it for its own servers.
const SESSIONS: usize = 256;

/// Holds the identity in force and the sessions made under it.
struct InForce {
    identity: Identity,
    sessions: Arc<ServerSessionMemoryCache>,
}

impl InForce {
    fn new(identity: Identity) -> Arc<Self> {
        let sessions = ServerSessionMemoryCache::new(SESSIONS);
        Arc::new(Self { identity, sessions })
    }
}

/// Gives each handshake the identity that is in force then.
pub struct Live {
    in_force: ArcSwap<InForce>,
    provider: CryptoProvider,
    clock: Arc<dyn Clock>,
}

impl Live {
    /// Begins with an identity.
    #[must_use]
    pub fn new(identity: Identity, clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self {
            in_force: ArcSwap::new(InForce::new(identity)),
            provider: provider(),
            clock,
        })
    }

    /// Puts another identity in force; the same one again changes nothing. Tells whether anything changed.
    pub fn put_in_force(&self, identity: Identity) -> bool {
        let changes = !self.has(&identity);
        if changes {
            self.in_force.store(InForce::new(identity));
        }
        changes
    }

    /// Tells whether this is the identity in force.
    #[must_use]
    pub fn has(&self, identity: &Identity) -> bool {
        self.in_force.load().identity == *identity
    }

    /// Makes the settings of a listener.
    ///
    /// # Errors
    /// When the cryptographic library lacks what TLS needs.
    pub fn server_config(self: &Arc<Self>) -> Result<ServerConfig, Unusable> {
        let mut settings = ServerConfig::builder_with_provider(Arc::new(provider()))
            .with_safe_default_protocol_versions()
            .map_err(Unusable::Pair)?
            .with_client_cert_verifier(Arc::clone(self) as Arc<dyn ClientCertVerifier>)
            .with_cert_resolver(Arc::clone(self) as Arc<dyn ResolvesServerCert>);
        settings.session_storage = Arc::clone(self) as Arc<dyn StoresServerSessions>;
        settings.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(settings)
    }

    /// Puts what the client showed beside its connection; to be called by `HttpServer::on_connect`.
    pub fn keep_peer(self: &Arc<Self>, connection: &dyn Any, extensions: &mut Extensions) {
        let Some(stream) = connection.downcast_ref::<TlsStream<TcpStream>>() else {
            return;
        };
        let shown = stream.get_ref().1.peer_certificates().unwrap_or_default();
        extensions.insert(Peer::of(self, shown));
    }
}

impl ResolvesServerCert for Live {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.in_force.load().identity.own))
    }
}

impl ClientCertVerifier for Live {
    fn offer_client_auth(&self) -> bool {
        self.in_force.load().identity.clients.is_some()
    }

    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        // No hints: they would have to outlive the identity that they belong to, and a client has one certificate for us.
        &[]
    }

    fn verify_client_cert(
        &self,
        certificate: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        match &self.in_force.load().identity.clients {
            Some(clients) => clients.verify_client_cert(certificate, between, now),
            None => Err(CertificateError::UnknownIssuer.into()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

impl StoresServerSessions for Live {
    fn put(&self, key: Vec<u8>, value: Vec<u8>) -> bool {
        self.in_force.load().sessions.put(key, value)
    }

    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.in_force.load().sessions.get(key)
    }

    fn take(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.in_force.load().sessions.take(key)
    }

    fn can_cache(&self) -> bool {
        true
    }
}

impl fmt::Debug for Live {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Live(***)")
    }
}

/// Is whom a connection was made with.
pub struct Peer {
    live: Arc<Live>,
    /// The identity that was in force when the connection came to be.
    since: Arc<InForce>,
    shown: Vec<CertificateDer<'static>>,
    judged: ArcSwap<Judged>,
}

/// Is what the shown certificate is worth under an identity.
struct Judged {
    under: Arc<InForce>,
    thumbprint: Option<Thumbprint>,
}

impl Peer {
    /// Judges what was shown under the identity in force now: the handshake, or the session that it resumed, may be older.
    fn of(live: &Arc<Live>, shown: &[CertificateDer<'_>]) -> Self {
        let since = live.in_force.load_full();
        let shown: Vec<_> = shown
            .iter()
            .map(|certificate| certificate.clone().into_owned())
            .collect();
        let judged = ArcSwap::from_pointee(judge(live, &since, &shown));
        Self {
            live: Arc::clone(live),
            since,
            shown,
            judged,
        }
    }

    /// Gives the name of the client's certificate, if it showed one that is believed now.
    #[must_use]
    pub fn thumbprint(&self) -> Option<Thumbprint> {
        let now = self.live.in_force.load();
        let judged = self.judged.load();
        if Arc::ptr_eq(&judged.under, &now) {
            return judged.thumbprint;
        }
        let again = judge(&self.live, &now, &self.shown);
        let thumbprint = again.thumbprint;
        self.judged.store(Arc::new(again));
        thumbprint
    }

    /// Tells whether another identity has come in force since the connection was made, so that it should end.
    #[must_use]
    pub fn is_outdated(&self) -> bool {
        !Arc::ptr_eq(&self.since, &self.live.in_force.load())
    }
}

fn judge(live: &Live, under: &Arc<InForce>, shown: &[CertificateDer<'static>]) -> Judged {
    let is_trusted = under.identity.is_trusted(shown, live.clock.now());
    let thumbprint = shown
        .first()
        .filter(|_| is_trusted)
        .map(|certificate| Thumbprint::of(certificate));
    Judged {
        under: Arc::clone(under),
        thumbprint,
    }
}
