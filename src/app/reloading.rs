//! When are the clients, the catalogue and the operators read again?
//!
//! On SIGHUP, and when their files change: the folders are watched, since editors and volumes put a new file in the place of
//! the old one, and looked at now and then all the same, in case watching fails or a change isn't told. Everything is read
//! and judged as at the start; one mistake anywhere changes nothing, is said in the log with its key, and shows in
//! readiness until a reading is in order. Limits' counts, caches and calls under way go on. What needs a new start is named.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::{Mutex, Notify};
use tracing::{error, info, warn};

use crate::config::{Config, Marks, Mistakes, Origin};
use crate::domain::context::holds_personal_number;
use crate::register::{Base, Register};
use crate::telemetry::Metrics;

/// How long files are left alone after a change, since an editor makes several in a row.
const SETTLING: Duration = Duration::from_millis(200);

/// How often the files are looked at where changes are told.
const LOOKED_AT_EVERY: Duration = Duration::from_secs(10);

/// How often where they aren't.
const LOOKED_AT_ALONE_EVERY: Duration = Duration::from_secs(2);

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
    told: Arc<Notify>,
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
            told: Arc::default(),
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
        let mut watched = BTreeSet::new();
        let mut watcher = None;
        loop {
            let folders = self.last.lock().await.origin.folders();
            if folders != watched {
                watcher = self.watch(&folders);
                watched = folders;
            }
            let pause = if watcher.is_some() {
                LOOKED_AT_EVERY
            } else {
                LOOKED_AT_ALONE_EVERY
            };
            // Either way the files are looked at; being told only makes it sooner.
            if tokio::time::timeout(pause, self.told.notified()).await.is_ok() {
                tokio::time::sleep(SETTLING).await;
            }
            let mut last = self.last.lock().await;
            if last.origin.marks() != last.marks {
                // What came of it is logged, recorded and shown.
                let _ = self.read(&mut last).await;
            }
        }
    }

    /// Has changes in these folders told; nothing where that can't be had.
    fn watch(&self, folders: &BTreeSet<PathBuf>) -> Option<RecommendedWatcher> {
        let told = Arc::clone(&self.told);
        let tell = move |event: notify::Result<notify::Event>| {
            // Reading is no change; everything else may be one, and so may whatever was lost.
            if !event.is_ok_and(|event| matches!(event.kind, EventKind::Access(_))) {
                told.notify_one();
            }
        };
        let watching = notify::recommended_watcher(tell).and_then(|mut watcher| {
            for folder in folders {
                watcher.watch(folder, RecursiveMode::NonRecursive)?;
            }
            Ok(watcher)
        });
        if watching.is_err() {
            warn!("changes of the files aren't told by this system; they are looked at every two seconds");
        }
        watching.ok()
    }
}
