//! How are the parts made, joined, and taken down?
//!
//! The composition root: the only place that makes collaborators. Production and tests build the same `App`; tests give
//! another clock, other files, port 0. Order: store, audit log, gates, exchange, listeners. Everything that may wait for
//! the outside (registry, issuer, audit writer) runs on one shared runtime, since actix's workers are single-threaded
//! runtimes of their own and a pooled connection lives where it was opened. Taken down in the other order: no new work,
//! running calls to their end within a deadline, their rows written, then the store is closed.

mod listening;
mod reloading;
mod upstream;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

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
use crate::exchange::{Exchange, Parts};
use crate::fleet::{self, Fleet};
use crate::http;
use crate::idempotency::Idempotency;
use crate::limits::redis::InRedis;
use crate::limits::{Limits, Spent, Together, day_of};
use crate::operations::{Draining, Waiting};
use crate::policy::{Policy, Tables};
use crate::register::{self, Register};
use crate::sealing::{Label, MasterSecret, Pseudonyms, Sealer};
use crate::stores;
use crate::stores::checkpoint_folder::CheckpointFolder;
use crate::telemetry::{LogFilter, Metrics};
use listening::{Beside, Bound, Listening, Wanted};
use reloading::Reloading;

/// Is a running gateway.
pub struct App {
    listening: Arc<Listening>,
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
            listener,
            http: edge,
            operations,
            auth,
            registry,
            keys,
            audit,
            ..
        } = config;
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
        let bound = Bound::new(listener.api, operations.listen)?;
        let edge = bound.named(edge);
        let confirmations = Arc::new(Confirmations::new(confirmations::Parts {
            store: Arc::clone(&store.confirmations),
            keys: issuer_keys(&keys.signing)?,
            public_url: edge.public_url.clone(),
            wording: http::wording()?,
            pseudonyms: Pseudonyms::new(&pseudonym, Label::Confirmations)?,
            sealer: Sealer::new(&sealing, Label::Confirmations)?,
            clock: Arc::clone(&clock),
        })?);
        let (upstream, feed) = upstream::join(upstream::Parts {
            registry,
            budget: config.budget,
            records: config.records,
            pseudonym: &pseudonym,
            sealing: &sealing,
            fleet: fleet.as_ref(),
            confirmations: &confirmations,
            metrics: &metrics,
            shared: &shared,
            clock: &clock,
        })?;
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

        let (draining, for_a_start) = (Draining::default(), Waiting::default());
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
        let listening = listening::Parts {
            edge: http::Parts {
                exchange: Arc::clone(&exchange),
                checks: Arc::clone(&checks),
                batches: Arc::clone(&batches),
                confirmations: Arc::clone(&confirmations),
                events: Arc::clone(&events),
                clock: Arc::clone(&clock),
            },
            beside: Beside {
                exchange: Arc::clone(&exchange),
                events: Arc::clone(&events),
                register: Arc::clone(&register),
                metrics: metrics.clone(),
                draining: draining.clone(),
                waiting: for_a_start.clone(),
                operators,
            },
            shared: shared.clone(),
            clock: Arc::clone(&clock),
        };
        let wanted = Wanted {
            listener,
            edge,
            operations,
        };
        let listening = Arc::new(Listening::start(bound, wanted, listening).await?);
        let reloading = Arc::new(Reloading::new(reloading::Parts {
            origin: config.origin,
            listening: Arc::clone(&listening),
            exchange: Arc::clone(&exchange),
            checks: Arc::clone(&checks),
            batches: Arc::clone(&batches),
            events,
            register: Arc::clone(&register),
            log: log.clone(),
            confirmations: Arc::clone(&confirmations),
            keys,
            waiting: for_a_start,
            metrics,
        }));
        follow_changes(&register, &reloading, &shared);
        Ok(Self {
            listening,
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
        self.listening.addresses().api
    }

    /// Gives the address of the operations listener.
    #[must_use]
    pub fn operations(&self) -> SocketAddr {
        self.listening.addresses().operations
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
        let shutdown_timeout = self.listening.shutdown_timeout().await;
        let ended = self.listening.stop().await;
        // What waits goes on after the next start; the check that is being ended is ended first.
        self.checks.stop();
        let ended_waiting = tokio::time::timeout(shutdown_timeout, self.waiting).await;
        if ended_waiting.is_err() {
            error!("a check that waits outlasted the shutdown timeout; it goes on after the next start");
        }
        self.batches.stop();
        let ended_working = tokio::time::timeout(shutdown_timeout, self.working).await;
        if ended_working.is_err() {
            error!(
                "rows of batches outlasted the shutdown timeout; they are asked again after the next start"
            );
        }
        let drained = tokio::time::timeout(shutdown_timeout, self.exchange.drain()).await;
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
        Ok(ended?)
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
