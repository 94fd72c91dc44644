//! When are the clients, the catalogue and the operators read again?
//!
//! On SIGHUP, and when their files change: these are looked at every second, by length, time and place. To have changes told
//! by the system would be no sooner, and would have it tell of every write to a database in the same folder. Everything is
//! read and judged as at the start; one mistake anywhere changes nothing, is said in the log with its key, and shows in
//! readiness until a reading is in order. Limits' counts, caches and calls under way go on. What needs a new start is named.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tracing::{error, info, warn};

use crate::config::{Config, Marks, Mistakes, Origin};
use crate::domain::context::holds_personal_number;
use crate::register::{Base, Register};
use crate::telemetry::Metrics;

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

struct Read {
    origin: Origin,
    marks: Marks,
}

/// Reads the files again.
pub struct Reloading {
    register: Arc<Register>,
    metrics: Metrics,
    started_with: Origin,
    last: Mutex<Read>,
}

impl Reloading {
    /// Begins with what the start read.
    pub fn new(origin: Origin, register: Arc<Register>, metrics: Metrics) -> Self {
        Self {
            register,
            metrics,
            last: Mutex::new(Read {
                marks: origin.marks_when_read().clone(),
                origin: origin.clone(),
            }),
            started_with: origin,
        }
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
                    let what = mistake.to_string();
                    // Whatever somebody put there by mistake: no log line holds a person's number.
                    let what = if holds_personal_number(&what) {
                        "see dancu check-config"
                    } else {
                        &what
                    };
                    error!(mistake = what, "the configuration is wrong and isn't in force");
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
        let waiting = self.started_with.waiting_for_a_start(&config.origin);
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
        for setting in waiting {
            warn!(setting, "a changed setting counts from the next start on");
        }
        self.metrics.reload("reloaded");
        info!("clients, catalogue and operators were read again");
        last.marks = config.origin.marks_when_read().clone();
        last.origin = config.origin;
        Ok(())
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
