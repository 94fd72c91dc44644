//! How is a connection taken, and when is it cut?
//!
//! Stands before the server, which reads and writes through [`Guarded`]. One address has so many connections at a time
//! (`places`); trusted proxies have as many as they like. Whoever sends a head piece by piece on a kept connection, or
//! doesn't read what was asked for, is cut within twice the time that they have: the server itself has a time only for the
//! first head, and none for writing. What the server refuses by itself, before any request is one, leaves as a
//! problem like all others. Bodies are the handlers' to wait for. Never looks into what is sent, but for that one reply.

mod guarded;
mod patience;
mod places;

use std::any::Any;
use std::convert::Infallible;
use std::fmt::Debug;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use actix_http::body::BoxBody;
use actix_http::error::DispatchError;
use actix_http::{HttpServiceBuilder, Request, Response};
use actix_server::GracefulShutdownSignal;
use actix_service::{
    Service, ServiceFactory, ServiceFactoryExt as _, apply_fn_factory, fn_service, map_config,
};
use actix_tls::accept::rustls_0_23::{Acceptor, AcceptorService, TlsStream};
use actix_tls::accept::{TlsError, max_concurrent_tls_connect};
use actix_web::dev::{AppConfig, Extensions};
use actix_web::rt::net::TcpStream;
use bytes::Bytes;

use super::Api;
use super::source::Trusted;
use crate::domain::problem::Code;

pub use guarded::{Guarded, Progress};
pub use places::{Place, Places};
pub use rustls::ServerConfig;

/// How long a client may take to take note that a connection ends.
const END_WITHIN: Duration = Duration::from_secs(1);

/// Is told why a connection was cut or not taken.
pub type Cut = Arc<dyn Fn(&'static str) + Send + Sync>;

/// Writes the whole reply with which a connection ends that the server refuses by itself.
pub type Reply = Arc<dyn Fn(Code) -> Bytes + Send + Sync>;

/// States how long connections are waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patient {
    /// How long an idle connection is kept.
    pub keep_alive: Duration,
    /// How long the head of a request may take.
    pub head_within: Duration,
    /// How long a TLS handshake may take.
    pub handshake_within: Duration,
    /// How long nothing of an answer may be read.
    pub write_within: Duration,
    /// How many TLS handshakes each worker does at once.
    pub handshakes_at_once: usize,
}

/// Takes connections; shared by all workers.
#[derive(Clone)]
pub struct Gate {
    patient: Patient,
    places: Arc<Places>,
    trusted: Arc<Trusted>,
    reply: Reply,
    cut: Cut,
}

impl Gate {
    /// Makes the gate.
    #[must_use]
    pub fn new(patient: Patient, places: Places, trusted: Arc<Trusted>, reply: Reply, cut: Cut) -> Self {
        Self {
            patient,
            places: Arc::new(places),
            trusted,
            reply,
            cut,
        }
    }

    /// Makes what serves one worker's plain connections.
    pub(super) fn plain(&self, api: &Api, leaving: GracefulShutdownSignal) -> impl Serve + use<> {
        let gate = self.clone();
        let taking = fn_service(move |stream: TcpStream| {
            let taken = gate.take(&stream).map_err(DispatchError::Io);
            let taken = taken.map(|(place, peer)| (gate.guarded(stream, place), Some(peer)));
            async move { taken }
        });
        let keep = |connection: &Guarded<TcpStream>, beside: &mut Extensions| {
            beside.insert(connection.progress());
        };
        let app = map_config(api.app(), |()| AppConfig::default());
        let app = app.map_err(|error: actix_web::Error| error.error_response());
        taking.and_then(looked_after(self.http(leaving).on_connect_ext(keep).h1(app)))
    }

    /// Makes what serves one worker's connections over TLS; `shown` keeps what a client showed in the handshake.
    pub(super) fn secured<K>(
        &self,
        api: &Api,
        leaving: GracefulShutdownSignal,
        config: ServerConfig,
        shown: K,
    ) -> impl Serve + use<K>
    where
        K: Fn(&dyn Any, &mut Extensions) + 'static,
    {
        max_concurrent_tls_connect(self.patient.handshakes_at_once);
        let mut acceptor = Acceptor::new(config);
        acceptor.set_handshake_timeout(self.patient.handshake_within);
        let gate = self.clone();
        let shaking = apply_fn_factory::<_, _, _, _, _, TcpStream, _, _>(
            acceptor,
            move |stream: TcpStream, acceptor: &AcceptorService| {
                let taken = gate.take(&stream);
                let secured = taken.map(|taken| (taken, acceptor.call(stream)));
                let gate = gate.clone();
                async move {
                    let ((place, peer), handshake) = secured.map_err(TlsError::<_, Infallible>::Tls)?;
                    let stream = handshake.await.inspect_err(|_| (gate.cut)("handshake"))?;
                    Ok((gate.guarded(stream, place), Some(peer)))
                }
            },
        );
        let shaking = shaking.map_err(|_| DispatchError::Io(io::ErrorKind::ConnectionAborted.into()));
        let keep = move |connection: &Guarded<TlsStream<TcpStream>>, beside: &mut Extensions| {
            beside.insert(connection.progress());
            shown(connection.stream(), beside);
        };
        let app = map_config(api.app(), |()| AppConfig::default());
        let app = app.map_err(|error: actix_web::Error| error.error_response());
        shaking.and_then(looked_after(self.http(leaving).on_connect_ext(keep).h1(app)))
    }

    fn http<T, A>(&self, leaving: GracefulShutdownSignal) -> HttpServiceBuilder<T, A>
    where
        A: ServiceFactory<Request, Config = ()>,
        A::Error: Into<Response<BoxBody>> + 'static,
        A::InitError: Debug,
        <A::Service as Service<Request>>::Future: 'static,
    {
        HttpServiceBuilder::default()
            .graceful_shutdown_signal(move || {
                let leaving = leaving.clone();
                async move { leaving.notified().await }
            })
            .keep_alive(self.patient.keep_alive)
            .client_request_timeout(self.patient.head_within)
            .client_disconnect_timeout(END_WITHIN)
    }

    /// Gives a connection its place, and tells whose it is.
    fn take(&self, stream: &TcpStream) -> io::Result<(Option<Place>, SocketAddr)> {
        let peer = stream.peer_addr()?;
        let address = peer.ip().to_canonical();
        if self.trusted.holds(address) {
            return Ok((None, peer));
        }
        let place = self.places.take(address).ok_or_else(|| {
            (self.cut)("address_full");
            io::Error::from(io::ErrorKind::ConnectionAborted)
        })?;
        Ok((Some(place), peer))
    }

    fn guarded<S>(&self, stream: S, place: Option<Place>) -> Guarded<S> {
        let (reply, cut) = (Arc::clone(&self.reply), Arc::clone(&self.cut));
        Guarded::new(stream, place, self.patient, reply, cut)
    }
}

/// Gives the server its turns with each connection.
fn looked_after<F, S>(
    server: F,
) -> impl ServiceFactory<
    (Guarded<S>, Option<SocketAddr>),
    Config = (),
    Response = (),
    Error = DispatchError,
    InitError = (),
>
where
    F: ServiceFactory<
            (Guarded<S>, Option<SocketAddr>),
            Config = (),
            Response = (),
            Error = DispatchError,
            InitError = (),
        >,
{
    apply_fn_factory(
        server,
        |taken: (Guarded<S>, Option<SocketAddr>), server: &F::Service| {
            let progress = taken.0.progress();
            let serving = server.call(taken);
            async move {
                let mut serving = pin!(serving);
                poll_fn(|context| progress.turn(|| serving.as_mut().poll(context))).await
            }
        },
    )
}

/// Serves the connections of one worker.
pub trait Serve:
    ServiceFactory<TcpStream, Config = (), Response = (), Error = DispatchError, InitError = ()> + 'static
{
}

impl<S> Serve for S where
    S: ServiceFactory<TcpStream, Config = (), Response = (), Error = DispatchError, InitError = ()> + 'static
{
}

#[cfg(test)]
mod tests;
