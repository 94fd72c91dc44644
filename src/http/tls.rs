//! How does the API's listener prove who we are, and learn which certificate a client holds?
//!
//! Stands before the road: judges PEM bytes that the configuration has read ([`Identity`]), gives rustls' settings, and
//! puts beside each connection what its client showed ([`Peer`]). A certificate is asked for and, when shown, must descend
//! from the configured CA; a client without one still gets in, since the token says who must be bound. HTTP/1.1 only.
//! Another identity can be put in force while the listener serves: new handshakes see it, no session of before it is
//! resumed, a certificate that it doesn't vouch for counts no more from the next request on, and every older connection
//! ends with its next answer. Material that can't be used never gets that far.

mod live;

use std::fmt;
use std::sync::Arc;

use actix_web::dev::ServiceResponse;
use actix_web::http::ConnectionType;
use jiff::Timestamp;
use rustls::RootCertStore;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{VerifierBuilderError, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use secrecy::{ExposeSecret as _, SecretSlice};

pub use live::{Live, Peer};

/// Says which part of the material can't be used.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// The certificate chain is no PEM, or holds no certificate.
    #[error("the certificate chain can't be read")]
    Certificate,
    /// The key is no PEM, or holds no private key.
    #[error("the private key can't be read")]
    Key,
    /// The key doesn't belong to the certificate, or is of a kind that TLS can't use.
    #[error("the private key doesn't fit the certificate")]
    Pair(#[source] rustls::Error),
    /// The CA certificates are no PEM, or none of them can be a trust anchor.
    #[error("the clients' CA certificates can't be read")]
    ClientCa,
    /// The CA certificates can't be used to verify clients.
    #[error("the clients' CA certificates can't be used")]
    ClientVerifier(#[source] VerifierBuilderError),
}

/// Is what the listener proves itself with and whom it believes, judged: a handshake can succeed with it.
pub struct Identity {
    own: Arc<CertifiedKey>,
    authorities: Vec<CertificateDer<'static>>,
    /// Verifies clients' certificates; where left out, none is asked for.
    clients: Option<Arc<dyn ClientCertVerifier>>,
}

impl Identity {
    /// Judges PEM: our certificate followed by those between it and the CA, its key, and the CA certificates that clients'
    /// certificates descend from.
    ///
    /// # Errors
    /// Fails on material with which no handshake could succeed.
    pub fn new(
        certificate: &[u8],
        key: &SecretSlice<u8>,
        client_ca: Option<&[u8]>,
    ) -> Result<Self, Unusable> {
        let chain = certificates(certificate).ok_or(Unusable::Certificate)?;
        let key = PrivateKeyDer::from_pem_slice(key.expose_secret()).map_err(|_| Unusable::Key)?;
        let own = CertifiedKey::from_der(chain, key, &provider()).map_err(Unusable::Pair)?;
        let authorities = match client_ca {
            Some(pem) => certificates(pem).ok_or(Unusable::ClientCa)?,
            None => Vec::new(),
        };
        Ok(Self {
            own: Arc::new(own),
            clients: verifier(&authorities)?,
            authorities,
        })
    }

    /// Tells whether the certificate is in its time.
    #[must_use]
    pub fn is_in_time(&self, now: Timestamp) -> bool {
        let Some(own) = self.own.cert.first() else {
            return false;
        };
        // Taken for its own authority, since its time is judged before anything else; nothing but that is of interest.
        let Ok(Some(alone)) = verifier(std::slice::from_ref(own)) else {
            return true;
        };
        let judged = alone.verify_client_cert(own, &[], unix(now));
        !matches!(judged, Err(rustls::Error::InvalidCertificate(flaw)) if is_of_time(&flaw))
    }

    fn is_trusted(&self, chain: &[CertificateDer<'_>], now: Timestamp) -> bool {
        let verified = match (&self.clients, chain.split_first()) {
            (Some(clients), Some((certificate, between))) => {
                clients.verify_client_cert(certificate, between, unix(now)).ok()
            }
            _ => None,
        };
        verified.is_some()
    }
}

impl PartialEq for Identity {
    fn eq(&self, other: &Self) -> bool {
        // A key that fits the same certificate is the same key.
        self.own.cert == other.own.cert && self.authorities == other.authorities
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(***)")
    }
}

/// Makes an answer the last one of its connection where another identity has come in force since that was made.
pub(super) fn last_where_outdated<B>(mut answer: ServiceResponse<B>) -> ServiceResponse<B> {
    if answer
        .request()
        .conn_data::<Peer>()
        .is_some_and(Peer::is_outdated)
    {
        answer
            .response_mut()
            .head_mut()
            .set_connection_type(ConnectionType::Close);
    }
    answer
}

fn provider() -> CryptoProvider {
    aws_lc_rs::default_provider()
}

fn verifier(
    authorities: &[CertificateDer<'static>],
) -> Result<Option<Arc<dyn ClientCertVerifier>>, Unusable> {
    if authorities.is_empty() {
        return Ok(None);
    }
    let mut roots = RootCertStore::empty();
    for authority in authorities {
        roots.add(authority.clone()).map_err(|_| Unusable::ClientCa)?;
    }
    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::new(provider()))
        .allow_unauthenticated()
        .build()
        .map(|verifier| Some(verifier as Arc<dyn ClientCertVerifier>))
        .map_err(Unusable::ClientVerifier)
}

fn is_of_time(flaw: &rustls::CertificateError) -> bool {
    use rustls::CertificateError::{Expired, ExpiredContext, NotValidYet, NotValidYetContext};
    matches!(
        flaw,
        Expired | ExpiredContext { .. } | NotValidYet | NotValidYetContext { .. }
    )
}

fn unix(time: Timestamp) -> UnixTime {
    let since = std::time::Duration::try_from(time.duration_since(Timestamp::UNIX_EPOCH));
    UnixTime::since_unix_epoch(since.unwrap_or_default())
}

fn certificates(pem: &[u8]) -> Option<Vec<CertificateDer<'static>>> {
    let chain: Vec<_> = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .ok()?;
    (!chain.is_empty()).then_some(chain)
}

#[cfg(test)]
mod tests;
