//! Where is everything kept, and behind which port?
//!
//! Implements the ports that the log, idempotency, confirmations, checks, batches and events own, over SQLite (one gateway, one
//! file) or PostgreSQL (many gateways, one database); which of them, only this file and the settings know. The one home of
//! `sqlx`. Deliberately absent: what the rows mean. On failure each port says `Unavailable` or `Failure`, and never that
//! nothing is there; the reason stands in the log, by its code and never by a text that could quote what was stored.

pub mod checkpoint_folder;
pub mod postgres;
pub mod sqlite;

use std::path::PathBuf;
use std::sync::Arc;

use crate::audit::{Archive, Failure, LogName};
use crate::{audit, batches, checks, confirmations, events, idempotency};
use postgres::Postgres;
use sqlite::Sqlite;

/// States which store is used.
#[derive(Debug, Clone)]
pub enum Config {
    /// A file of this gateway alone.
    Sqlite(PathBuf),
    /// A database that gateways share.
    Postgres(Box<postgres::Config>),
}

/// Says why the store can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file.
    #[error(transparent)]
    Sqlite(#[from] sqlite::OpenError),
    /// The database.
    #[error(transparent)]
    Postgres(#[from] postgres::OpenError),
}

/// Is an open store, by its ports.
pub struct Opened {
    /// The audit log's rows and the sums of usage.
    pub audit: Arc<dyn audit::Store>,
    /// Repeated calls.
    pub idempotency: Arc<dyn idempotency::Store>,
    /// Confirmations and status lists.
    pub confirmations: Arc<dyn confirmations::store::Store>,
    /// Checks, those that wait and those that have ended.
    pub checks: Arc<dyn checks::kept::Store>,
    /// Batches, their rows and results.
    pub batches: Arc<dyn batches::store::Store>,
    /// The last change applied.
    pub events: Arc<dyn events::Store>,
    engine: Engine,
}

enum Engine {
    Sqlite(Arc<Sqlite>),
    Postgres(Arc<Postgres>),
}

impl Opened {
    /// Opens the store for the gateway that writes this log, and brings its tables up to date.
    ///
    /// # Errors
    /// When it can't be used, or another gateway writes to it what this one would.
    pub async fn open(config: Config, log: LogName) -> Result<Self, OpenError> {
        Ok(match config {
            Config::Sqlite(path) => {
                let store = Arc::new(Sqlite::open(&path).await?);
                Self::of(Arc::clone(&store), Engine::Sqlite(store))
            }
            Config::Postgres(config) => {
                let store = Arc::new(Postgres::open(&config, &log).await?);
                Self::of(Arc::clone(&store), Engine::Postgres(store))
            }
        })
    }

    fn of<S>(store: Arc<S>, engine: Engine) -> Self
    where
        S: audit::Store
            + idempotency::Store
            + confirmations::store::Store
            + checks::kept::Store
            + batches::store::Store
            + events::Store
            + 'static,
    {
        Self {
            audit: Arc::clone(&store) as Arc<dyn audit::Store>,
            idempotency: Arc::clone(&store) as Arc<dyn idempotency::Store>,
            confirmations: Arc::clone(&store) as Arc<dyn confirmations::store::Store>,
            checks: Arc::clone(&store) as Arc<dyn checks::kept::Store>,
            batches: Arc::clone(&store) as Arc<dyn batches::store::Store>,
            events: store,
            engine,
        }
    }

    /// Ends what is running and lets go of the store, so that the next process need not wait for it.
    pub async fn close(&self) {
        match &self.engine {
            Engine::Sqlite(store) => store.close().await,
            Engine::Postgres(store) => store.close().await,
        }
    }
}

/// Opens one log for reading only, also beside gateways that write.
///
/// # Errors
/// When the store isn't there or can't be read.
pub async fn archive(config: &Config, log: &LogName) -> Result<Box<dyn Archive>, OpenError> {
    Ok(match config {
        Config::Sqlite(path) => Box::new(sqlite::Reader::open(path).await?),
        Config::Postgres(config) => Box::new(postgres::Reader::open(config, log).await?),
    })
}

/// Lists the logs that the store holds: of a file the one that owns it, none before its first start.
///
/// # Errors
/// When the store isn't there or can't be read.
pub async fn logs(config: &Config) -> Result<Result<Vec<LogName>, Failure>, OpenError> {
    Ok(match config {
        Config::Sqlite(path) => {
            let held = sqlite::Reader::open(path).await?.held().await;
            held.map(|held| held.log.into_iter().collect())
        }
        Config::Postgres(config) => postgres::logs(config).await?,
    })
}
