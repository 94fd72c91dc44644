//! How does one listener serve, and how does it end?
//!
//! A socket, the server on it and what made its answers. A server takes no connection before its workers are there, and
//! ends gently: each answer is its connection's last, those that were accepted have theirs, and only then does it stop,
//! with a time for what is still under way. The socket is shared with whoever listens at the same place afterwards, so
//! that nobody is refused in between; it closes with the last of them. Signals are the program's, not the server's.

use std::any::Any;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::{Extensions, Server, ServerHandle};
use actix_web::web::Data;
use actix_web::{HttpServer, rt::System};
use tokio::sync::oneshot::{self, error::TryRecvError};
use tokio::task::AbortHandle;

use super::Beside;
use crate::config;
use crate::http;
use crate::http::tls::Live;
use crate::operations;

/// How long a connection that was just accepted may take to come to its worker.
const HANDED_ON_WITHIN: Duration = Duration::from_millis(100);

/// Says that a server has ended before it served.
#[derive(Debug, thiserror::Error)]
#[error("the listener's server didn't start")]
pub struct NotServing;

/// Is a place where connections are taken.
#[derive(Debug)]
pub struct Socket {
    /// As the settings have it, port 0 included.
    pub at: SocketAddr,
    /// As it came to be.
    pub address: SocketAddr,
    bound: TcpListener,
}

impl Socket {
    pub fn bind(at: SocketAddr) -> io::Result<Self> {
        let bound = TcpListener::bind(at)?;
        bound.set_nonblocking(true)?;
        let address = bound.local_addr()?;
        Ok(Self { at, address, bound })
    }
}

/// Is a server that serves.
pub struct Serving {
    socket: Arc<Socket>,
    server: ServerHandle,
    ended: oneshot::Receiver<io::Result<()>>,
    /// What callers are told to leave by, and what follows how the log keeps up.
    edge: Option<(http::Api, AbortHandle)>,
}

impl Serving {
    pub fn socket(&self) -> &Arc<Socket> {
        &self.socket
    }

    /// Starts a server; returns when it takes connections.
    pub async fn start(system: &System, socket: Arc<Socket>, server: Server) -> Result<Self, NotServing> {
        let handle = server.handle();
        let (tell, mut ended) = oneshot::channel();
        // Workers belong to the system, whoever starts them.
        system.arbiter().spawn(async move {
            // Nobody listens any more where the program ends first.
            let _ = tell.send(server.await);
        });
        // It listens to what it is told only once its workers are there.
        handle.resume().await;
        if !matches!(ended.try_recv(), Err(TryRecvError::Empty)) {
            return Err(NotServing);
        }
        Ok(Self {
            socket,
            server: handle,
            ended,
            edge: None,
        })
    }

    /// Keeps what answers here, with what keeps watch for it.
    pub fn with_edge(mut self, edge: http::Api, watching: AbortHandle) -> Self {
        self.edge = Some((edge, watching));
        self
    }

    /// Has every answer be the last of its connection from now on.
    pub fn send_on(&self) {
        if let Some((edge, _)) = &self.edge {
            edge.leave();
        }
    }

    /// Sends callers on, and after a while takes no more of them; calls under way are waited for.
    pub async fn leave(self, a_while: impl Future<Output = ()>) -> io::Result<()> {
        self.send_on();
        a_while.await;
        self.stop().await
    }

    /// As `leave`, in favour of another server: what was accepted is answered, down to the last connection.
    pub async fn make_way(self, a_while: impl Future<Output = ()>, is_same_socket: bool) -> io::Result<()> {
        let server = self.server.clone();
        if is_same_socket {
            server.pause().await;
        }
        self.leave(async move {
            a_while.await;
            server.pause().await;
            tokio::time::sleep(HANDED_ON_WITHIN).await;
        })
        .await
    }

    /// Ends the server, with a time for what is under way.
    pub async fn stop(self) -> io::Result<()> {
        let Self {
            socket,
            server,
            ended,
            edge,
        } = self;
        drop(socket);
        server.stop(true).await;
        if let Some((_, watching)) = edge {
            watching.abort();
        }
        // A server that is gone without a word has broken off.
        ended
            .await
            .unwrap_or_else(|_| Err(io::ErrorKind::BrokenPipe.into()))
    }
}

/// Makes the server of the API.
pub fn api(
    socket: &Socket,
    listener: &config::Listener,
    tls: Option<&Arc<Live>>,
    api: http::Api,
) -> anyhow::Result<Server> {
    let workers = match listener.workers {
        0 => std::thread::available_parallelism().map_or(1, NonZeroUsize::get),
        workers => workers,
    };
    let server = Server::build()
        .workers(workers)
        .max_concurrent_connections(listener.max_connections)
        .shutdown_timeout(listener.shutdown_timeout.as_secs().max(1))
        .disable_signals();
    let leaving = server.graceful_shutdown_signal();
    let bound = socket.bound.try_clone()?;
    let server = match tls {
        Some(tls) => {
            let (config, keeping) = (tls.server_config()?, Arc::clone(tls));
            let secured = move || {
                let keeping = Arc::clone(&keeping);
                let shown = move |connection: &dyn Any, extensions: &mut Extensions| {
                    keeping.keep_peer(connection, extensions);
                };
                api.secured(leaving.clone(), config.clone(), shown)
            };
            server.listen("api", bound, secured)?
        }
        None => server.listen("api", bound, move || api.plain(leaving.clone()))?,
    };
    Ok(server.run())
}

/// Makes the server of the operations listener.
pub fn operations(socket: &Socket, beside: &Beside, admin: http::admin::Admin) -> anyhow::Result<Server> {
    let Beside {
        exchange,
        events,
        register,
        metrics,
        draining,
        waiting,
        ..
    } = beside.clone();
    let (exchange, events, register) = (Data::from(exchange), Data::from(events), Data::from(register));
    let app = move || {
        actix_web::App::new()
            .app_data(exchange.clone())
            .app_data(events.clone())
            .app_data(register.clone())
            .app_data(Data::new(metrics.clone()))
            .app_data(Data::new(draining.clone()))
            .app_data(Data::new(waiting.clone()))
            .configure(operations::configure)
            .configure(|routes| admin.configure(routes))
    };
    Ok(HttpServer::new(app)
        .workers(1)
        .shutdown_timeout(1)
        .disable_signals()
        .listen(socket.bound.try_clone()?)?
        .run())
}
