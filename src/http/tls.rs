//! How does the API's listener prove who we are, and learn which certificate a client holds?
//!
//! Stands before the road: takes PEM bytes that the configuration has read, gives rustls' settings and the hook that
//! puts the [`Thumbprint`] of the client's certificate beside its connection. A certificate is asked for and, when
//! shown, must descend from the configured CA; a client without one still gets in, since the token says who must be
//! bound. HTTP/1.1 only. Material that can't be used is told at the start, before a socket opens.

use std::any::Any;
use std::sync::Arc;

use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::dev::Extensions;
use actix_web::rt::net::TcpStream;
use rustls::crypto::aws_lc_rs;
use rustls::server::{VerifierBuilderError, WebPkiClientVerifier};
use rustls::{RootCertStore, ServerConfig};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use secrecy::{ExposeSecret as _, SecretSlice};

use crate::auth::Thumbprint;

/// Holds what the listener proves itself with, as PEM.
#[derive(Debug)]
pub struct Config {
    /// Our certificate, followed by those between it and the CA.
    pub certificate: Vec<u8>,
    /// The certificate's private key.
    pub key: SecretSlice<u8>,
    /// The CA certificates that clients' certificates descend from; where left out, none is asked for.
    pub client_ca: Option<Vec<u8>>,
}

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

/// Makes the settings of the listener.
///
/// # Errors
/// Fails on material with which no handshake could succeed.
pub fn server_config(config: &Config) -> Result<ServerConfig, Unusable> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let chain = certificates(&config.certificate).ok_or(Unusable::Certificate)?;
    let key = PrivateKeyDer::from_pem_slice(config.key.expose_secret()).map_err(|_| Unusable::Key)?;
    let verifier = match &config.client_ca {
        None => WebPkiClientVerifier::no_client_auth(),
        Some(pem) => {
            let roots = trust_anchors(pem).ok_or(Unusable::ClientCa)?;
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
                .allow_unauthenticated()
                .build()
                .map_err(Unusable::ClientVerifier)?
        }
    };
    let mut settings = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(Unusable::Pair)?
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain, key)
        .map_err(Unusable::Pair)?;
    settings.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(settings)
}

/// Puts the thumbprint of the client's certificate beside its connection; to be given to `HttpServer::on_connect`.
pub fn keep_thumbprint(connection: &dyn Any, extensions: &mut Extensions) {
    let certificate = connection
        .downcast_ref::<TlsStream<TcpStream>>()
        .and_then(|stream| stream.get_ref().1.peer_certificates())
        .and_then(<[_]>::first);
    if let Some(certificate) = certificate {
        extensions.insert(Thumbprint::of(certificate));
    }
}

fn certificates(pem: &[u8]) -> Option<Vec<CertificateDer<'static>>> {
    let chain: Vec<_> = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .ok()?;
    (!chain.is_empty()).then_some(chain)
}

fn trust_anchors(pem: &[u8]) -> Option<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(pem)? {
        roots.add(certificate).ok()?;
    }
    Some(roots)
}
