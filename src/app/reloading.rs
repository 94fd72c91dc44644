//! When are the settings and the files that they name read again?
//!
//! On SIGHUP, and when their files change: these are looked at every second, by length, time and place. To have changes told
//! by the system would be no sooner, and would have it tell of every write to a database in the same folder. Everything is
//! read and judged as at the start; one mistake anywhere changes nothing, is said in the log with its key, and shows in
//! readiness until a reading is in order. Limits' counts, caches, connections and calls under way go on. What needs a new start is named.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretSlice};
use tokio::sync::Mutex;
use tracing::{error, info, warn};

use super::listening::{Listening, Next, Wanted};
use super::{issuer_keys, log_signer};
use crate::audit::{self, Signer};
use crate::batches::Batches;
use crate::checks::Checks;
use crate::config::{self, Config, Marks, Mistake, Mistakes, Origin};
use crate::confirmations::{Confirmations, IssuerKeys};
use crate::domain::context::holds_personal_number;
use crate::events::Events;
use crate::exchange::Exchange;
use crate::operations::Waiting;
use crate::register::{Base, Register};
use crate::registry::{self, Unusable};
use crate::telemetry::{LogFilter, Metrics};

/// How often the files are looked at.
const LOOKED_AT_EVERY: Duration = Duration::from_secs(1);

/// How long they must have stayed the same since a change, for an editor makes several in a row.
const SETTLING: Duration = Duration::from_millis(200);

/// Says why a reading changed nothing.
#[derive(Debug, thiserror::Error)]
pub enum NotReloaded {
    /// What was read is wrong.
    #[error("the configuration is wrong")]
    Mistakes,
    /// It couldn't be recorded, so it isn't in force; it is tried again.
    #[error("the reading couldn't be recorded")]
    Unrecorded,
}

/// Names what [`Reloading`] reads again and puts in force where.
pub struct Parts {
    pub origin: Origin,
    pub listening: Arc<Listening>,
    pub exchange: Arc<Exchange>,
    pub checks: Arc<Checks>,
    pub batches: Arc<Batches>,
    pub events: Arc<Events>,
    pub register: Arc<Register>,
    pub log: audit::Log,
    pub confirmations: Arc<Confirmations>,
    /// The secrets that were read at the start.
    pub keys: config::Keys,
    pub waiting: Waiting,
    pub metrics: Metrics,
}

struct Read {
    origin: Origin,
    marks: Marks,
    signing: Vec<SecretSlice<u8>>,
}

/// Reads the files again.
pub struct Reloading {
    listening: Arc<Listening>,
    exchange: Arc<Exchange>,
    checks: Arc<Checks>,
    batches: Arc<Batches>,
    events: Arc<Events>,
    log_filter: OnceLock<LogFilter>,
    register: Arc<Register>,
    log: audit::Log,
    confirmations: Arc<Confirmations>,
    metrics: Metrics,
    started_with: Origin,
    /// What everything that is kept was written with.
    secrets: [SecretSlice<u8>; 2],
    waiting: Waiting,
    last: Mutex<Read>,
}

/// Holds new signing keys, made and not yet in force.
struct Keys {
    log: Signer,
    confirmations: IssuerKeys,
}

/// Holds what was made of a configuration that is to come in force.
struct Judged {
    keys: Option<Keys>,
    way: registry::Next,
    listeners: Next,
}

impl Reloading {
    /// Begins with what the start read.
    pub fn new(parts: Parts) -> Self {
        let config::Keys {
            pseudonym,
            sealing,
            signing,
        } = parts.keys;
        Self {
            listening: parts.listening,
            exchange: parts.exchange,
            checks: parts.checks,
            batches: parts.batches,
            events: parts.events,
            log_filter: OnceLock::new(),
            register: parts.register,
            log: parts.log,
            confirmations: parts.confirmations,
            metrics: parts.metrics,
            last: Mutex::new(Read {
                marks: parts.origin.marks_when_read().clone(),
                origin: parts.origin.clone(),
                signing,
            }),
            started_with: parts.origin,
            secrets: [pseudonym, sealing],
            waiting: parts.waiting,
        }
    }

    /// Has the log's filter changed too.
    pub fn adjust_log_with(&self, filter: LogFilter) {
        // There is one log; a second filter would be nobody's.
        let _ = self.log_filter.set(filter);
    }

    /// Reads everything again and puts it in force, or says why not.
    pub async fn reload(&self) -> Result<(), NotReloaded> {
        let mut last = self.last.lock().await;
        self.read(&mut last).await
    }

    async fn read(&self, last: &mut Read) -> Result<(), NotReloaded> {
        let (origin, marks) = (last.origin.clone(), last.origin.marks());
        let read = tokio::task::spawn_blocking(move || origin.load()).await;
        match read {
            Ok(Ok(config)) => self.put_in_force(last, config).await,
            Ok(Err(Mistakes(mistakes))) => {
                for mistake in mistakes {
                    tell(&mistake);
                }
                self.refuse(last, marks).await
            }
            Err(_) => {
                error!("the configuration can't be read");
                self.refuse(last, marks).await
            }
        }
    }

    async fn refuse(&self, last: &mut Read, marks: Marks) -> Result<(), NotReloaded> {
        self.metrics.reload("refused");
        self.register.refuse_reload().await;
        last.marks = marks;
        Err(NotReloaded::Mistakes)
    }

    async fn put_in_force(&self, last: &mut Read, config: Config) -> Result<(), NotReloaded> {
        let waiting = self.waiting_for_a_start(&config);
        let wanted = Wanted {
            listener: config.listener,
            edge: config.http,
            operations: config.operations,
        };
        let judged = self.judge(last, &config.keys.signing, config.registry, wanted);
        let Judged { keys, way, listeners } = match judged.await {
            Ok(judged) => judged,
            Err(mistake) => {
                tell(&mistake);
                return self.refuse(last, config.origin.marks_when_read().clone()).await;
            }
        };
        let base = Base {
            clients: config.clients,
            catalogue: Arc::new(config.catalogue),
            operators: config.operators,
        };
        if self.register.reload(base).await.is_err() {
            self.metrics.reload("unrecorded");
            error!("a new configuration couldn't be recorded and isn't in force yet");
            return Err(NotReloaded::Unrecorded);
        }
        // It could be used when it was judged.
        if self.exchange.adjust(config.limits, config.auth).is_err() {
            error!("auth.ca_file can't be used; the authorities of before count");
        }
        self.checks.adjust(config.checks);
        self.batches.adjust(config.batches);
        self.events.adjust(config.events);
        if let Some(filter) = self.log_filter.get() {
            // It was read once already, as one of the settings.
            let _ = filter.adjust(&config.log);
        }
        self.exchange.upstream().put_in_force(way, config.budget);
        self.listening.put_in_force(listeners).await;
        if let Some(keys) = keys {
            self.log.sign_with(keys.log);
            self.confirmations.sign_with(keys.confirmations);
            last.signing = config.keys.signing;
            info!("other signing keys count");
        }
        for setting in &waiting {
            warn!(setting, "a changed setting counts from the next start on");
        }
        self.waiting.are(waiting);
        self.metrics.reload("reloaded");
        info!("settings and files were read again");
        last.marks = config.origin.marks_when_read().clone();
        last.origin = config.origin;
        Ok(())
    }

    /// Names the settings that have changed, or whose files have, and that only a new start puts in force.
    fn waiting_for_a_start(&self, config: &Config) -> Vec<String> {
        let mut waiting = self.started_with.waiting_for_a_start(&config.origin);
        let now = [
            ("keys.pseudonym_file", &config.keys.pseudonym),
            ("keys.sealing_file", &config.keys.sealing),
        ];
        for ((key, now), before) in now.into_iter().zip(&self.secrets) {
            let is_other = now.expose_secret() != before.expose_secret();
            if is_other && !waiting.iter().any(|named| named == key) {
                waiting.push(key.to_owned());
            }
        }
        waiting
    }

    /// Makes everything that can fail to be made, before anything is in force.
    async fn judge(
        &self,
        last: &Read,
        signing: &[SecretSlice<u8>],
        way: registry::Config,
        wanted: Wanted,
    ) -> Result<Judged, Mistake> {
        Ok(Judged {
            keys: self.new_keys(last, signing)?,
            way: self.exchange.upstream().judge(way).map_err(|unusable| {
                let at = match unusable {
                    Unusable::Url => "registry.url",
                    Unusable::Header(_) => "registry",
                    Unusable::Authorities => "registry.ca_file",
                    Unusable::Identity | Unusable::Tls(_) => "registry.client_identity_file",
                };
                mistake(at, &unusable.to_string())
            })?,
            listeners: self.listening.judge(wanted).await?,
        })
    }

    /// Makes the signing keys where they have changed.
    fn new_keys(&self, last: &Read, now: &[SecretSlice<u8>]) -> Result<Option<Keys>, Mistake> {
        let at = "keys.signing_file";
        let before: Vec<_> = last.signing.iter().map(ExposeSecret::expose_secret).collect();
        let seeds: Vec<_> = now.iter().map(ExposeSecret::expose_secret).collect();
        if before == seeds {
            return Ok(None);
        }
        // What it signed couldn't be verified any more, nor the log be taken up again.
        if before.first().is_some_and(|signing| !seeds.contains(signing)) {
            let what = "the key that signs now is missing; add the new one above it and keep it";
            return Err(mistake(at, what));
        }
        let rejected = || mistake(at, "no key can be made of it");
        Ok(Some(Keys {
            log: log_signer(self.log.name(), now).map_err(|_| rejected())?,
            confirmations: issuer_keys(now).map_err(|_| rejected())?,
        }))
    }

    /// Reads the files again whenever they change; never ends.
    pub async fn follow(&self) {
        loop {
            tokio::time::sleep(LOOKED_AT_EVERY).await;
            let mut last = self.last.lock().await;
            let marks = last.origin.marks();
            if marks == last.marks {
                continue;
            }
            tokio::time::sleep(SETTLING).await;
            if last.origin.marks() == marks {
                // What came of it is logged, recorded and shown.
                let _ = self.read(&mut last).await;
            }
        }
    }
}

fn mistake(at: &str, what: &str) -> Mistake {
    Mistake {
        at: at.to_owned(),
        what: what.to_owned(),
    }
}

fn tell(mistake: &Mistake) {
    let what = mistake.to_string();
    // Whatever somebody put there by mistake: no log line holds a person's number.
    let what = if holds_personal_number(&what) {
        "see dancu check-config"
    } else {
        &what
    };
    error!(mistake = what, "the configuration is wrong and isn't in force");
}
