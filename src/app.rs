//! How are the parts made, joined, and taken down?
//!
//! The composition root: the only place that makes collaborators. Production and tests build the same `App`; tests give
//! another clock, other files, port 0. Order: store, audit log, gates, exchange, listeners. Everything that may wait for
//! the outside (registry, issuer, audit writer) runs on one shared runtime, since actix's workers are single-threaded
//! runtimes of their own and a pooled connection lives where it was opened. Taken down in the other order: no new work,
//! running calls to their end within a deadline, their rows written, then the store is closed.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use actix_web::web::Data;
use actix_web::{HttpServer, rt};
use anyhow::Context as _;
use jiff::Timestamp;
use secrecy::ExposeSecret as _;
use tokio::runtime::{Handle, Runtime};
use tokio::task::JoinHandle;
use tracing::{error, info};

use crate::audit::{self, Archive as _, Signer, Whose};
use crate::auth::Authenticator;
use crate::checks::{self, Checks};
use crate::clock::Clock;
use crate::config::{self, Config};
use crate::confirmations::{self, Confirmations, IssuerKey};
use crate::domain::client::ClientId;
use crate::domain::labels::CodeTables;
use crate::domain::territory::Territory;
use crate::events::{self, Events};
use crate::exchange::{Exchange, FoundAt, Parts, Upstream};
use crate::fleet::{self, Fleet};
use crate::http;
use crate::idempotency::{self, Idempotency};
use crate::limits::{Limits, Spent, day_of};
use crate::operations::{self, Draining};
use crate::policy::{Policy, Tables};
use crate::records::{Records, SecondLevel};
use crate::registry::budget::{self, Class, InRedis};
use crate::registry::{Budget, Feed, Registry};
use crate::sealing::{Label, MasterSecret, Pseudonyms, Sealer};
use crate::stores::checkpoint_folder::CheckpointFolder;
use crate::stores::sqlite::Sqlite;
use crate::telemetry::Metrics;

/// Is a running gateway.
pub struct App {
    api: SocketAddr,
    operations: SocketAddr,
    exchange: Arc<Exchange>,
    confirmations: Arc<Confirmations>,
    checks: Arc<Checks>,
    waiting: JoinHandle<()>,
    audit: audit::Log,
    store: Arc<Sqlite>,
    fleet: Option<Arc<Fleet>>,
    draining: Draining,
    shutdown_timeout: Duration,
    servers: Vec<(ServerHandle, JoinHandle<std::io::Result<()>>)>,
    runtime: Shared,
}

/// Holds the runtime on which everything that waits for the outside runs; lets go of it without blocking.
struct Shared(Option<Runtime>);

impl Drop for Shared {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl App {
    /// Builds and starts the gateway; returns when both listeners take connections. Must run within an actix system.
    ///
    /// # Errors
    /// What couldn't be made: a store in use, a port taken, key material that can't be used.
    pub async fn start(config: Config, clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .thread_name("dancu-shared")
            .enable_all()
            .build()?;
        let shared = runtime.handle().clone();
        let runtime = Shared(Some(runtime));
        let Config {
            listener,
            http: edge,
            auth,
            registry,
            keys,
            audit,
            ..
        } = config;
        let metrics = Metrics::default();
        let fleet = join_fleet(&shared, config.fleet).await?;

        let store = Arc::new(in_shared(&shared, async move { Sqlite::open(&config.store).await }).await??);
        let log = start_log(&shared, &store, &keys, &audit).await?;
        let spent = spent(&shared, &store, clock.now()).await?;

        let pseudonym = MasterSecret::new(keys.pseudonym.expose_secret())?;
        let sealing = MasterSecret::new(keys.sealing.expose_secret())?;
        let tables = Tables {
            territory: Arc::new(Territory::shipped()?),
            codes: Arc::new(CodeTables::shipped()?),
        };
        let policy = Policy::new(config.clients, config.catalogue, tables);
        let limits = Limits::new(config.limits, policy.clients(), &spent, &clock);
        let deadline = registry.deadline;
        let observer = {
            let metrics = metrics.clone();
            Arc::new(move |result, took| metrics.upstream(result, took))
        };
        let (api, operations) = (bind(listener.api)?, bind(listener.operations)?);
        let (api_address, operations_address) = (api.local_addr()?, operations.local_addr()?);
        let edge = named(edge, api_address);
        let confirmations = Arc::new(Confirmations::new(confirmations::Parts {
            store: Arc::clone(&store) as Arc<dyn confirmations::store::Store>,
            key: IssuerKey::from_seed(keys.signing.expose_secret())?,
            public_url: edge.public_url.clone(),
            wording: http::wording()?,
            pseudonyms: Pseudonyms::new(&pseudonym, Label::Confirmations)?,
            sealer: Sealer::new(&sealing, Label::Confirmations)?,
            clock: Arc::clone(&clock),
        })?);
        let permits = {
            let metrics = metrics.clone();
            Arc::new(move |class: Class, result, waited| metrics.permit(class.as_str(), result, waited))
        };
        let together = fleet.as_ref().map(|fleet| {
            Arc::new(InRedis::new(fleet.connection(), fleet.timeout())) as Arc<dyn budget::Shared>
        });
        let feed = Feed::new(&registry, Arc::clone(&clock), shared.clone())?;
        let records = Records::new(config.records, Pseudonyms::new(&pseudonym, Label::Cache)?);
        let records = match fleet.as_ref().filter(|_| config.records.second_level) {
            Some(fleet) => {
                let metrics = metrics.clone();
                records.with_second_level(SecondLevel::new(
                    Arc::clone(fleet),
                    Sealer::new(&sealing, Label::Cache)?,
                    Arc::new(move |result, took| metrics.second_level(result, took)),
                    Arc::clone(&clock),
                ))
            }
            None => records,
        };
        let upstream = Upstream::new(
            records,
            Registry::new(registry, Arc::clone(&clock), shared.clone(), observer)?,
            Budget::new(config.budget, together, Arc::clone(&clock), &shared, permits),
            deadline,
            shared.clone(),
            revoking(&confirmations),
            Arc::clone(&clock),
        );
        let exchange = Arc::new(Exchange::new(Parts {
            authenticator: Authenticator::new(auth, shared.clone(), Arc::clone(&clock))?,
            policy,
            idempotency: Idempotency::new(
                Arc::clone(&store) as Arc<dyn idempotency::Store>,
                &pseudonym,
                &sealing,
            )?,
            limits,
            upstream,
            audit: log.clone(),
            pseudonyms: Pseudonyms::new(&pseudonym, Label::Audit)?,
            failed_authentications_per_second: config.failed_authentications_per_second,
            fleet: fleet.clone(),
            metrics: metrics.clone(),
            clock: Arc::clone(&clock),
        }));

        let draining = Draining::default();
        let checks = Arc::new(Checks::new(checks::Parts {
            config: config.checks,
            exchange: Arc::clone(&exchange),
            confirmations: Arc::clone(&confirmations),
            store: Arc::clone(&store) as Arc<dyn checks::kept::Store>,
            sealer: Sealer::new(&sealing, Label::Checks)?,
            form: http::form(),
            clock: Arc::clone(&clock),
        }));
        let waiting = {
            let checks = Arc::clone(&checks);
            shared.spawn(async move { checks.keep_going().await })
        };
        let events = Events::new(
            config.events,
            feed,
            Arc::clone(&store) as Arc<dyn events::Store>,
            events::Effects {
                exchange: Arc::clone(&exchange),
                confirmations: Arc::clone(&confirmations),
            },
            shared.clone(),
            Arc::clone(&clock),
        );
        let events = Arc::new(in_shared(&shared, events).await??);
        keep_house(&exchange, &confirmations, &events, &shared);
        let servers = vec![
            started(serve_api(
                api,
                &listener,
                &edge,
                (&exchange, &confirmations, &checks, &events),
                &clock,
            )?),
            started(serve_operations(
                operations,
                (&exchange, &events),
                &metrics,
                &draining,
            )?),
        ];
        info!(api.address = %api_address, operations.address = %operations_address, "listening");
        Ok(Self {
            api: api_address,
            operations: operations_address,
            exchange,
            confirmations,
            checks,
            waiting,
            audit: log,
            store,
            fleet,
            draining,
            shutdown_timeout: listener.shutdown_timeout,
            servers,
            runtime,
        })
    }

    /// Gives the address of the API.
    #[must_use]
    pub fn api(&self) -> SocketAddr {
        self.api
    }

    /// Gives the address of the operations listener.
    #[must_use]
    pub fn operations(&self) -> SocketAddr {
        self.operations
    }

    /// Gives the confirmations, to whoever issues and revokes them beside the API.
    #[must_use]
    pub fn confirmations(&self) -> &Confirmations {
        &self.confirmations
    }

    /// Ends the gateway: no new connections, running calls to their end within the deadline, their rows written.
    ///
    /// # Errors
    /// A task of the gateway's that broke off.
    pub async fn stop(self) -> anyhow::Result<()> {
        info!("stopping");
        self.draining.begin();
        let (handles, tasks): (Vec<_>, Vec<_>) = self.servers.into_iter().unzip();
        for handle in handles {
            handle.stop(true).await;
        }
        let mut ended = Ok(());
        for task in tasks {
            ended = ended.and(
                task.await
                    .map_err(anyhow::Error::from)
                    .and_then(|served| Ok(served?)),
            );
        }
        // What waits goes on after the next start; the check that is being ended is ended first.
        self.checks.stop();
        let ended_waiting = tokio::time::timeout(self.shutdown_timeout, self.waiting).await;
        if ended_waiting.is_err() {
            error!("a check that waits outlasted the shutdown timeout; it goes on after the next start");
        }
        let drained = tokio::time::timeout(self.shutdown_timeout, self.exchange.drain()).await;
        if drained.is_err() {
            error!("calls to the registry outlasted the shutdown timeout; their rows may be missing");
        }
        let (exchange, audit, store, fleet) = (self.exchange, self.audit, self.store, self.fleet);
        let Some(runtime) = self.runtime.0.as_ref() else {
            return Ok(());
        };
        in_shared(runtime.handle(), async move {
            exchange.flush_turned_away().await;
            audit.stop().await;
            store.close().await;
            if let Some(fleet) = fleet {
                fleet.leave().await;
            }
        })
        .await?;
        info!("stopped");
        // Whatever became of the listeners, the rows are written first.
        ended
    }
}

/// Runs work on the shared runtime and waits for it.
async fn in_shared<F>(shared: &Handle, work: F) -> anyhow::Result<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    Ok(shared.spawn(work).await?)
}

/// Joins the gateways that share a Redis, where one is configured, whether it answers now or not.
async fn join_fleet(shared: &Handle, config: Option<fleet::Config>) -> anyhow::Result<Option<Arc<Fleet>>> {
    let Some(config) = config else {
        return Ok(None);
    };
    let fleet = Arc::new(in_shared(shared, Fleet::join(config)).await??);
    let joined = Arc::clone(&fleet);
    shared.spawn(async move { joined.keep_joined().await });
    Ok(Some(fleet))
}

async fn start_log(
    shared: &Handle,
    store: &Arc<Sqlite>,
    keys: &config::Keys,
    settings: &config::Audit,
) -> anyhow::Result<audit::Log> {
    let signer = Signer::from_seed(settings.log.clone(), keys.signing.expose_secret())?;
    let folder = settings
        .checkpoint_dir
        .as_ref()
        .map(|dir| CheckpointFolder::new(dir, &settings.log));
    let kept_outside = folder
        .as_ref()
        .map(CheckpointFolder::newest)
        .transpose()?
        .flatten();
    let queue = NonZeroUsize::new(settings.queue).unwrap_or(NonZeroUsize::MIN);
    let store = Arc::clone(store) as Arc<dyn audit::Store>;
    let log = in_shared(
        shared,
        audit::Log::start(store, signer, audit::Config { queue, kept_outside }),
    )
    .await??;
    if let Some(folder) = folder {
        shared.spawn(folder.follow(log.checkpoints()));
    }
    Ok(log)
}

/// Reads back what each client has spent of its calendar quotas.
async fn spent(
    shared: &Handle,
    store: &Arc<Sqlite>,
    now: Timestamp,
) -> anyhow::Result<BTreeMap<ClientId, Spent>> {
    let today = day_of(now);
    let reader = store.reader().clone();
    let usage = in_shared(shared, async move {
        reader.usage(Whose::Everyone, today.first_of_month(), today).await
    })
    .await??;
    let mut spent: BTreeMap<ClientId, Spent> = BTreeMap::new();
    for entry in usage {
        let client = spent.entry(entry.client).or_default();
        client.month = client.month.saturating_add(entry.calls);
        if entry.day == today {
            client.day = client.day.saturating_add(entry.calls);
        }
    }
    Ok(spent)
}

/// Ends what was confirmed of somebody who turns out to have moved, without the registry having told of it.
fn revoking(confirmations: &Arc<Confirmations>) -> FoundAt {
    let confirmations = Arc::clone(confirmations);
    Box::new(move |pin, residence| {
        let confirmations = Arc::clone(&confirmations);
        Box::pin(async move {
            if confirmations.found(&pin, residence).await.is_err() {
                error!("what was confirmed of somebody who has moved can't be revoked now");
            }
        })
    })
}

/// Starts what goes on by itself: keys, the count of failed authentications, letting go of what nobody needs.
fn keep_house(
    exchange: &Arc<Exchange>,
    confirmations: &Arc<Confirmations>,
    events: &Arc<Events>,
    shared: &Handle,
) {
    let confirmations = Arc::clone(confirmations);
    shared.spawn(async move {
        let mut minutes = tokio::time::interval(Duration::from_secs(60));
        loop {
            minutes.tick().await;
            // What can't be cleaned now is cleaned the next time; the store has said why.
            let _ = confirmations.clean().await;
        }
    });
    let keys = Arc::clone(exchange);
    shared.spawn(async move { keys.keep_keys_fresh().await });
    let events = Arc::clone(events);
    shared.spawn(async move { events.follow().await });
    let records = Arc::clone(exchange);
    shared.spawn(async move { records.keep_in_step().await });
    let exchange = Arc::clone(exchange);
    shared.spawn(async move {
        let mut seconds = tokio::time::interval(Duration::from_secs(1));
        loop {
            seconds.tick().await;
            exchange.flush_turned_away().await;
            exchange.trim();
        }
    });
}

/// Puts the port that we got into the public URL where it says port 0, as the listener's own address does.
fn named(mut edge: http::Config, got: SocketAddr) -> http::Config {
    if let Some(host) = edge.public_url.strip_suffix(":0") {
        edge.public_url = format!("{host}:{}", got.port());
    }
    edge
}

fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(address).with_context(|| format!("can't listen on {address}"))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

fn started(server: Server) -> (ServerHandle, JoinHandle<std::io::Result<()>>) {
    (server.handle(), rt::spawn(server))
}

fn serve_api(
    socket: TcpListener,
    listener: &config::Listener,
    edge: &http::Config,
    (exchange, confirmations, checks, events): (
        &Arc<Exchange>,
        &Arc<Confirmations>,
        &Arc<Checks>,
        &Arc<Events>,
    ),
    clock: &Arc<dyn Clock>,
) -> anyhow::Result<Server> {
    let edge = http::Api::new(
        edge,
        Arc::clone(exchange),
        Arc::clone(checks),
        Arc::clone(confirmations),
        Arc::clone(events),
        Arc::clone(clock),
    )?;
    let app = move || edge.app();
    let workers = match listener.workers {
        0 => std::thread::available_parallelism().map_or(1, NonZeroUsize::get),
        workers => workers,
    };
    let server = HttpServer::new(app)
        .workers(workers)
        .max_connections(listener.max_connections)
        .keep_alive(listener.keep_alive)
        .client_request_timeout(listener.header_timeout)
        .shutdown_timeout(listener.shutdown_timeout.as_secs().max(1))
        .disable_signals();
    let server = match &listener.tls {
        Some(tls) => server
            .on_connect(http::tls::keep_thumbprint)
            .listen_rustls_0_23(socket, http::tls::server_config(tls)?)?,
        None => server.listen(socket)?,
    };
    Ok(server.run())
}

fn serve_operations(
    socket: TcpListener,
    (exchange, events): (&Arc<Exchange>, &Arc<Events>),
    metrics: &Metrics,
    draining: &Draining,
) -> anyhow::Result<Server> {
    let (exchange, events, metrics, draining) = (
        Data::from(Arc::clone(exchange)),
        Data::from(Arc::clone(events)),
        metrics.clone(),
        draining.clone(),
    );
    let app = move || {
        actix_web::App::new()
            .app_data(exchange.clone())
            .app_data(events.clone())
            .app_data(Data::new(metrics.clone()))
            .app_data(Data::new(draining.clone()))
            .configure(operations::configure)
    };
    Ok(HttpServer::new(app)
        .workers(1)
        .shutdown_timeout(1)
        .disable_signals()
        .listen(socket)?
        .run())
}
