//! How are the parts made, joined, and taken down?
//!
//! The composition root: the only place that makes collaborators. Production and tests build the same `App`; tests give
//! another clock, other files, port 0. Order: store, audit log, gates, exchange, listeners. Everything that may wait for
//! the outside (registry, issuer, audit writer) runs on one shared runtime, since actix's workers are single-threaded
//! runtimes of their own and a pooled connection lives where it was opened. Taken down in the other order: no new work,
//! running calls to their end within a deadline, their rows written, then the store is closed.

mod listening;
mod reloading;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretSlice};
use tokio::runtime::{Handle, Runtime};
use tokio::task::JoinHandle;
use tracing::{error, info};

use crate::audit::{self, LogName, Signer, Whose};
use crate::auth::{Authenticator, Operators};
use crate::batches::{self, Batches};
use crate::checks::{self, Checks};
use crate::clock::Clock;
use crate::config::{self, Config};
use crate::confirmations::{self, Confirmations, IssuerKeys};
use crate::domain::client::ClientId;
use crate::domain::labels::CodeTables;
use crate::domain::territory::Territory;
use crate::events::{self, Events};
use crate::exchange::{Exchange, FoundAt, Parts, Upstream, WRITTEN_WITHIN};
use crate::fleet::{self, Fleet};
use crate::http;
use crate::http::tls::{Identity, Live};
use crate::idempotency::Idempotency;
use crate::limits::redis::InRedis;
use crate::limits::{Limits, Spent, Together, day_of};
use crate::operations::Draining;
use crate::policy::{Policy, Tables};
use crate::records::{Records, SecondLevel};
use crate::register::{self, Register};
use crate::registry::budget::{self, Class};
use crate::registry::{Budget, Feed, Observed, Registry};
use crate::sealing::{Label, MasterSecret, Names, Pseudonyms, Sealer};
use crate::stores;
use crate::stores::checkpoint_folder::CheckpointFolder;
use crate::telemetry::{LogFilter, Metrics};
use listening::{Beside, bind, named, serve_api, serve_operations, started};
use reloading::Reloading;

/// Is a running gateway.
pub struct App {
    api: SocketAddr,
    operations: SocketAddr,
    exchange: Arc<Exchange>,
    confirmations: Arc<Confirmations>,
    checks: Arc<Checks>,
    reloading: Arc<Reloading>,
    waiting: JoinHandle<()>,
    batches: Arc<Batches>,
    working: JoinHandle<()>,
    audit: audit::Log,
    store: stores::Opened,
    fleet: Option<Arc<Fleet>>,
    draining: Draining,
    edge: http::Api,
    leave_within: Duration,
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
        Self::start_over(config, clock, |store| store).await
    }

    /// As `start`, over the ports that `fitted` makes of the opened store's; for whoever measures what a port costs.
    ///
    /// # Errors
    /// As of `start`.
    pub async fn start_over(
        config: Config,
        clock: Arc<dyn Clock>,
        fitted: impl FnOnce(stores::Opened) -> stores::Opened,
    ) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .thread_name("dancu-shared")
            .enable_all()
            .build()?;
        let shared = runtime.handle().clone();
        let runtime = Shared(Some(runtime));
        let Config {
            mut listener,
            http: edge,
            auth,
            registry,
            keys,
            audit,
            ..
        } = config;
        let tls = listener.tls.take().map(|identity| live(identity, &clock));
        let metrics = Metrics::default().of_runtime(shared.clone());
        let fleet = join_fleet(&shared, config.fleet).await?;

        let opening = stores::Opened::open(config.store, audit.log.clone());
        let store = fitted(in_shared(&shared, opening).await??);
        let log = start_log(&shared, &store.audit, &keys, &audit, &clock).await?;
        let spent = spent(&shared, &store.audit, clock.now()).await?;

        let pseudonym = MasterSecret::new(keys.pseudonym.expose_secret())?;
        let sealing = MasterSecret::new(keys.sealing.expose_secret())?;
        let tables = Tables {
            territory: Arc::new(Territory::shipped()?),
            codes: Arc::new(CodeTables::shipped()?),
        };
        let catalogue = Arc::new(config.catalogue);
        let policy = Policy::new(config.clients.clone(), Arc::clone(&catalogue), tables);
        let together = together(fleet.as_ref(), &pseudonym)?;
        let limits = Limits::new(config.limits, policy.clients().iter(), spent, together, &clock);
        let deadline = registry.deadline;
        let observer = {
            let metrics = metrics.clone();
            Arc::new(move |observed| match observed {
                Observed::Called(result, took) => metrics.upstream(result, took),
                Observed::Withheld(reason) => metrics.upstream_withheld(reason),
            })
        };
        let (api, operations) = (bind(listener.api)?, bind(listener.operations)?);
        let (api_address, operations_address) = (api.local_addr()?, operations.local_addr()?);
        let edge = named(edge, api_address);
        let confirmations = Arc::new(Confirmations::new(confirmations::Parts {
            store: Arc::clone(&store.confirmations),
            keys: issuer_keys(&keys.signing)?,
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
        let together = fleet
            .as_ref()
            .map(|fleet| Arc::new(budget::InRedis::new(Arc::clone(fleet))) as Arc<dyn budget::Shared>);
        let feed = Feed::new(&registry, Arc::clone(&clock), shared.clone())?;
        let records = Records::new(
            config.records,
            Names::new(&pseudonym, Label::Cache)?,
            Pseudonyms::new(&pseudonym, Label::Cache)?,
        );
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
            revoking(&confirmations, WRITTEN_WITHIN),
            Arc::clone(&clock),
        );
        let exchange = Arc::new(Exchange::new(Parts {
            authenticator: Authenticator::new(auth, shared.clone(), Arc::clone(&clock))?,
            policy,
            idempotency: Idempotency::new(Arc::clone(&store.idempotency), &pseudonym, &sealing)?,
            limits,
            upstream,
            audit: log.clone(),
            pseudonyms: Pseudonyms::new(&pseudonym, Label::Audit)?,
            failed_authentications_per_second: config.failed_authentications_per_second,
            fleet: fleet.clone(),
            metrics: metrics.clone(),
            clock: Arc::clone(&clock),
        }));

        // Before anything that goes on by itself: what operators switched off stays so.
        let operators = Arc::new(Operators::default());
        let register = Register::start(register::Parts {
            base: register::Base {
                clients: config.clients,
                catalogue,
                operators: config.operators,
            },
            operators: Arc::clone(&operators),
            exchange: Arc::clone(&exchange),
            store: Arc::clone(&store.register),
            gateway: audit.log.as_str().to_owned(),
            runtime: shared.clone(),
            clock: Arc::clone(&clock),
        });
        let register = Arc::new(in_shared(&shared, register).await??);

        let draining = Draining::default();
        let checks = Arc::new(Checks::new(checks::Parts {
            config: config.checks,
            exchange: Arc::clone(&exchange),
            confirmations: Arc::clone(&confirmations),
            store: Arc::clone(&store.checks),
            sealer: Sealer::new(&sealing, Label::Checks)?,
            form: http::form(),
            clock: Arc::clone(&clock),
        }));
        let waiting = {
            let checks = Arc::clone(&checks);
            shared.spawn(async move { checks.keep_going().await })
        };
        let batches = Arc::new(Batches::new(batches::Parts {
            config: config.batches,
            exchange: Arc::clone(&exchange),
            store: Arc::clone(&store.batches),
            sealer: Sealer::new(&sealing, Label::Batches)?,
            form: http::batch_form(),
            owner: log.name().to_string(),
            clock: Arc::clone(&clock),
        }));
        let working = {
            let batches = Arc::clone(&batches);
            shared.spawn(async move { batches.keep_going().await })
        };
        let events = Events::new(
            config.events,
            feed,
            Arc::clone(&store.events),
            events::Effects {
                exchange: Arc::clone(&exchange),
                confirmations: Arc::clone(&confirmations),
            },
            shared.clone(),
            Arc::clone(&clock),
        );
        let events = Arc::new(in_shared(&shared, events).await??);
        keep_house(&exchange, &confirmations, &events, &shared);
        let reloading = Arc::new(Reloading::new(reloading::Parts {
            origin: config.origin,
            exchange: Arc::clone(&exchange),
            checks: Arc::clone(&checks),
            batches: Arc::clone(&batches),
            events: Arc::clone(&events),
            register: Arc::clone(&register),
            tls: tls.clone(),
            log: log.clone(),
            confirmations: Arc::clone(&confirmations),
            signing: keys.signing,
            metrics: metrics.clone(),
            clock: Arc::clone(&clock),
        }));
        follow_changes(&register, &reloading, &shared);
        let admin = http::admin::Admin::new(
            &edge.public_url,
            http::admin::Hosts::new(operations_address, listener.hosts.clone()),
            Arc::clone(&exchange),
            Arc::clone(&register),
            operators,
            Arc::clone(&clock),
        )?;
        let beside = Beside {
            exchange: Arc::clone(&exchange),
            events: Arc::clone(&events),
            register: Arc::clone(&register),
            metrics: metrics.clone(),
            draining: draining.clone(),
            admin,
        };
        let edge = http::Api::new(
            &edge,
            http::Parts {
                exchange: Arc::clone(&exchange),
                checks: Arc::clone(&checks),
                batches: Arc::clone(&batches),
                confirmations: Arc::clone(&confirmations),
                events,
                clock: Arc::clone(&clock),
            },
        )?;
        shared.spawn(edge.clone().watch());
        let servers = vec![
            started(serve_api(api, &listener, tls.as_ref(), edge.clone())?),
            started(serve_operations(operations, beside)?),
        ];
        info!(api.address = %api_address, operations.address = %operations_address, "listening");
        Ok(Self {
            api: api_address,
            operations: operations_address,
            exchange,
            confirmations,
            checks,
            reloading,
            waiting,
            batches,
            working,
            audit: log,
            store,
            fleet,
            draining,
            edge,
            leave_within: listener.leave_within,
            shutdown_timeout: listener.shutdown_timeout,
            servers,
            runtime,
        })
    }

    /// Lets the log's filter be changed with the other settings.
    #[must_use]
    pub fn with_log_filter(self, filter: LogFilter) -> Self {
        self.reloading.adjust_log_with(filter);
        self
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

    /// Reads every setting and file again; what comes of it is logged, recorded and shown by readiness.
    pub async fn reload(&self) {
        let reloading = Arc::clone(&self.reloading);
        if let Some(runtime) = self.runtime.0.as_ref() {
            let _ = in_shared(runtime.handle(), async move { reloading.reload().await }).await;
        }
    }

    /// Ends the gateway: callers sent elsewhere, then no new connections, running calls to their end within the deadline, their rows written.
    ///
    /// # Errors
    /// A task of the gateway's that broke off.
    pub async fn stop(self) -> anyhow::Result<()> {
        info!("stopping");
        self.draining.begin();
        self.edge.leave();
        tokio::time::sleep(self.leave_within).await;
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
        self.batches.stop();
        let ended_working = tokio::time::timeout(self.shutdown_timeout, self.working).await;
        if ended_working.is_err() {
            error!(
                "rows of batches outlasted the shutdown timeout; they are asked again after the next start"
            );
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
            exchange.tell_others().await;
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

/// Lets the listener's identity be changed while it serves.
fn live(identity: Identity, clock: &Arc<dyn Clock>) -> Arc<Live> {
    if !identity.is_in_time(clock.now()) {
        error!("the certificate of api.tls.certificate_file is out of its time");
    }
    Live::new(identity, Arc::clone(clock))
}

/// Makes the keys of the audit log, the one that signs first.
fn log_signer(log: &LogName, seeds: &[SecretSlice<u8>]) -> Result<Signer, audit::KeyRejected> {
    Signer::from_seeds(log.clone(), seeds.iter().map(ExposeSecret::expose_secret))
}

/// Makes the keys of confirmations, the one that signs first.
fn issuer_keys(seeds: &[SecretSlice<u8>]) -> Result<IssuerKeys, confirmations::KeyRejected> {
    IssuerKeys::from_seeds(seeds.iter().map(ExposeSecret::expose_secret))
}

/// Lets the gateways of a fleet keep their limits together.
fn together(fleet: Option<&Arc<Fleet>>, pseudonym: &MasterSecret) -> anyhow::Result<Option<Together>> {
    let Some(fleet) = fleet else { return Ok(None) };
    Ok(Some(Together {
        shared: Arc::new(InRedis::new(Arc::clone(fleet))),
        pseudonyms: Pseudonyms::new(pseudonym, Label::Limits)?,
    }))
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
    store: &Arc<dyn audit::Store>,
    keys: &config::Keys,
    settings: &config::Audit,
    clock: &Arc<dyn Clock>,
) -> anyhow::Result<audit::Log> {
    let signer = log_signer(&settings.log, &keys.signing)?;
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
    let store = Arc::clone(store);
    let log = in_shared(
        shared,
        audit::Log::start(
            store,
            signer,
            audit::Config { queue, kept_outside },
            Arc::clone(clock),
        ),
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
    store: &Arc<dyn audit::Store>,
    now: Timestamp,
) -> anyhow::Result<BTreeMap<ClientId, Spent>> {
    let today = day_of(now);
    let store = Arc::clone(store);
    let usage = in_shared(shared, async move {
        store.usage(Whose::Everyone, today.first_of_month(), today).await
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
///
/// A store that hangs doesn't hold look-ups for longer than they may take; the next one tries again.
fn revoking(confirmations: &Arc<Confirmations>, within: Duration) -> FoundAt {
    let confirmations = Arc::clone(confirmations);
    Box::new(move |pin, residence| {
        let confirmations = Arc::clone(&confirmations);
        Box::pin(async move {
            let found = tokio::time::timeout(within, confirmations.found(&pin, residence)).await;
            if !matches!(found, Ok(Ok(_))) {
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
    let watched = Arc::clone(exchange);
    shared.spawn(async move { watched.keep_registry_watched().await });
    let limits = Arc::clone(exchange);
    shared.spawn(async move { limits.keep_limits_together().await });
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

/// Follows what others change: another gateway's operators, and whoever edits the files.
fn follow_changes(register: &Arc<Register>, reloading: &Arc<Reloading>, shared: &Handle) {
    let register = Arc::clone(register);
    shared.spawn(async move { register.follow().await });
    let reloading = Arc::clone(reloading);
    shared.spawn(async move { reloading.follow().await });
}
