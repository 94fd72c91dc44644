//! How do the two listeners serve what was joined?
//!
//! Sockets are bound before anything else is made, so that a taken port ends the start early; the API's workers share one
//! `Api`, since whatever is made in a worker is made as often as there are workers. Signals are the program's, not the server's.

use std::any::Any;
use std::net::{SocketAddr, TcpListener};
use std::num::NonZeroUsize;
use std::sync::Arc;

use actix_web::dev::{Extensions, Server, ServerHandle};
use actix_web::web::Data;
use actix_web::{HttpServer, rt};
use anyhow::Context as _;
use tokio::task::JoinHandle;

use crate::config;
use crate::events::Events;
use crate::exchange::Exchange;
use crate::http;
use crate::http::tls::Live;
use crate::operations::{self, Draining};
use crate::register::Register;
use crate::telemetry::Metrics;

/// Puts the port that we got into the public URL where it says port 0, as the listener's own address does.
pub fn named(mut edge: http::Config, got: SocketAddr) -> http::Config {
    if let Some(host) = edge.public_url.strip_suffix(":0") {
        edge.public_url = format!("{host}:{}", got.port());
    }
    edge
}

pub fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(address).with_context(|| format!("can't listen on {address}"))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

pub fn started(server: Server) -> (ServerHandle, JoinHandle<std::io::Result<()>>) {
    (server.handle(), rt::spawn(server))
}

/// Serves the API.
pub fn serve_api(
    socket: TcpListener,
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
            server.listen("api", socket, secured)?
        }
        None => server.listen("api", socket, move || api.plain(leaving.clone()))?,
    };
    Ok(server.run())
}

/// Is what operators look at and act on.
pub struct Beside {
    pub exchange: Arc<Exchange>,
    pub events: Arc<Events>,
    pub register: Arc<Register>,
    pub metrics: Metrics,
    pub draining: Draining,
    pub admin: http::admin::Admin,
}

/// Serves the operations listener.
pub fn serve_operations(socket: TcpListener, beside: Beside) -> anyhow::Result<Server> {
    let Beside {
        exchange,
        events,
        register,
        metrics,
        draining,
        admin,
    } = beside;
    let (exchange, events, register) = (Data::from(exchange), Data::from(events), Data::from(register));
    let app = move || {
        actix_web::App::new()
            .app_data(exchange.clone())
            .app_data(events.clone())
            .app_data(register.clone())
            .app_data(Data::new(metrics.clone()))
            .app_data(Data::new(draining.clone()))
            .configure(operations::configure)
            .configure(|routes| admin.configure(routes))
    };
    Ok(HttpServer::new(app)
        .workers(1)
        .shutdown_timeout(1)
        .disable_signals()
        .listen(socket)?
        .run())
}
