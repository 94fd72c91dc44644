//! Which certificates do the mock services show and accept?
//!
//! A certificate authority made anew at each start, the services' own certificate, an expired one for the fault of
//! that name, and identities for clients.
//! Always true: a client certificate is asked for and never required; one that is shown must be ours.
//! Deliberately absent: files; what is made lives in memory and is handed out as PEM.

use std::fmt;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::crypto::aws_lc_rs;
use rustls::server::{ClientHello, NoServerSessionStorage, ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls::{RootCertStore, ServerConfig};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::delivery::thumbprint;
use crate::faults::{Faults, Service};

/// Why TLS can't be set up.
#[derive(Debug, thiserror::Error)]
pub enum TlsFailure {
    /// A certificate couldn't be made.
    #[error("a certificate could not be made")]
    Certificate(#[from] rcgen::Error),
    /// rustls refused what was made.
    #[error("the TLS settings were refused")]
    Settings(#[from] rustls::Error),
    /// The verifier of client certificates couldn't be built.
    #[error("the client verifier could not be built")]
    Verifier(#[from] rustls::server::VerifierBuilderError),
}

/// The authority that signs everything here.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
    der: CertificateDer<'static>,
}

/// A certificate with its key.
#[derive(Clone)]
pub struct Identity {
    certificate_pem: String,
    key_pem: String,
    certificate: CertificateDer<'static>,
    key: Vec<u8>,
}

impl Authority {
    /// Makes an authority.
    pub fn new() -> Result<Self, TlsFailure> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params
            .distinguished_name
            .push(DnType::CommonName, "mock services CA");
        let key = KeyPair::generate()?;
        let certificate = params.self_signed(&key)?;
        let (pem, der) = (certificate.pem(), certificate.der().clone());
        Ok(Self {
            issuer: Issuer::new(params, key),
            pem,
            der,
        })
    }

    /// Returns the authority's certificate.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// Signs a client's certificate.
    pub fn client(&self, name: &str) -> Result<Identity, TlsFailure> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.distinguished_name.push(DnType::CommonName, name);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.sign(params)
    }

    /// Builds the settings of a service's TLS listener.
    pub fn listener(&self, service: Service, faults: Arc<Faults>) -> Result<ServerConfig, TlsFailure> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let mut roots = RootCertStore::empty();
        roots.add(self.der.clone())?;
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
            .allow_unauthenticated()
            .build()?;
        let certificates = Certificates {
            valid: self.server(None)?.certified()?,
            expired: self.server(Some(2020))?.certified()?,
            service,
            faults,
        };
        let mut settings = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_client_cert_verifier(verifier)
            .with_cert_resolver(Arc::new(certificates));
        // A resumed session shows no certificate: a client that had one would never meet the expired one.
        settings.session_storage = Arc::new(NoServerSessionStorage {});
        settings.send_tls13_tickets = 0;
        Ok(settings)
    }

    fn server(&self, only_in: Option<i32>) -> Result<Identity, TlsFailure> {
        let mut params = CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned()])?;
        params
            .distinguished_name
            .push(DnType::CommonName, "mock services");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        if let Some(year) = only_in {
            params.not_before = date_time_ymd(year, 1, 1);
            params.not_after = date_time_ymd(year, 12, 31);
        }
        self.sign(params)
    }

    fn sign(&self, params: CertificateParams) -> Result<Identity, TlsFailure> {
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.issuer)?;
        Ok(Identity {
            certificate_pem: certificate.pem(),
            key_pem: key.serialize_pem(),
            certificate: certificate.der().clone(),
            key: key.serialize_der(),
        })
    }
}

impl Identity {
    /// Returns certificate and key, one PEM after the other.
    pub fn pem(&self) -> String {
        format!("{}{}", self.certificate_pem, self.key_pem)
    }

    /// Returns the certificate's RFC 8705 thumbprint.
    pub fn thumbprint(&self) -> String {
        thumbprint(&self.certificate)
    }

    fn certified(&self) -> Result<Arc<CertifiedKey>, TlsFailure> {
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.clone()));
        let provider = aws_lc_rs::default_provider();
        Ok(Arc::new(CertifiedKey::from_der(
            vec![self.certificate.clone()],
            key,
            &provider,
        )?))
    }
}

struct Certificates {
    valid: Arc<CertifiedKey>,
    expired: Arc<CertifiedKey>,
    service: Service,
    faults: Arc<Faults>,
}

impl fmt::Debug for Certificates {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Certificates")
            .field("service", &self.service)
            .finish_non_exhaustive()
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let expired = self.faults.strikes_handshake(self.service);
        Some(Arc::clone(if expired { &self.expired } else { &self.valid }))
    }
}
