//! How does one gateway keep its store in a single file?
//!
//! One writes at a time (WAL, `synchronous=FULL`: a commit that returned survives loss of power): the driver's one writing
//! connection, or the log's own (`appending`), whoever's turn it is (`writing`). A few connections read and never wait for it. A lock file keeps a second gateway off the same file, and is freed by the system when the
//! process dies however it dies. Others may read beside it (`Reader`), which is how the log is exported and verified.
//! The file is made with mode 0600. Deliberately absent: any notion of what the rows mean.

mod appending;
mod audit;
mod batches;
mod checks;
mod confirmations;
mod events;
mod idempotency;
mod register;
mod writing;

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, SqlSafeStr as _, SqlitePool};

use crate::audit::Failure;
use appending::Appending;
use writing::Writer;

const READERS: u32 = 4;
/// How long the write-ahead log may become, in pages of 4 KiB, before a commit itself merges it: 64 MiB.
const LONGEST_LOG: u32 = 16_000;
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Says why the store can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process writes to the file.
    #[error("{path} is in use by another gateway")]
    InUse {
        /// The store's file.
        path: PathBuf,
    },
    /// The file can't be made, locked or found.
    #[error("{path} can't be opened")]
    Io {
        /// The store's file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file isn't a store of this program, or of a newer version of it.
    #[error("{path} is no store that this version can use")]
    Schema {
        /// The store's file.
        path: PathBuf,
        /// What the migration says.
        source: Box<MigrateError>,
    },
    /// The engine refuses the file.
    #[error("{path} can't be opened: {failure}")]
    Engine {
        /// The store's file.
        path: PathBuf,
        /// The kind of failure.
        failure: Failure,
    },
}

/// Is the store of the one gateway that owns the file.
#[derive(Debug)]
pub struct Sqlite {
    writer: Writer,
    appending: Appending,
    reader: Reader,
    // The lock ends with the file handle, so also when the process is killed.
    lock: File,
    // Closed last: with any handle of a file a process lets go of all its locks on it, the engine's as well (fcntl(2)).
    _file: Arc<File>,
}

/// Reads the store, also while a gateway writes to it.
#[derive(Debug, Clone)]
pub struct Reader {
    pool: SqlitePool,
}

impl Sqlite {
    /// Opens the store, makes it if it isn't there, and brings its tables up to date.
    ///
    /// # Errors
    /// When another process has it, or it can't be used.
    pub async fn open(path: &Path) -> Result<Self, OpenError> {
        let in_place = |source| OpenError::Io {
            path: path.to_owned(),
            source,
        };
        let lock = lock(path)?;
        let mut private = OpenOptions::new();
        private.write(true).create(true).truncate(false).mode(0o600);
        let file = Arc::new(private.open(path).map_err(in_place)?);
        let options = options(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            // Each commit writes every page that it touches as a whole: larger ones would be fewer, but more to flush.
            .page_size(4_096)
            .pragma("wal_autocheckpoint", LONGEST_LOG.to_string())
            .foreign_keys(true);
        let writer = pool(1, options, path).await?;
        migrator()
            .run(&writer)
            .await
            .map_err(|source| OpenError::Schema {
                path: path.to_owned(),
                source: Box::new(source),
            })?;
        let reader = Reader::open(path).await?;
        Ok(Self {
            writer: Writer::of(writer),
            appending: Appending::to(path, Arc::clone(&file)),
            reader,
            lock,
            _file: file,
        })
    }

    /// Gives a reader of the same file.
    #[must_use]
    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    /// Closes the file after what is running, with the write-ahead log merged into it, and frees it for another process.
    pub async fn close(&self) {
        self.appending.close();
        self.reader.pool.close().await;
        self.writer.close().await;
        if self.lock.unlock().is_err() {
            tracing::warn!("the store's lock is freed only with the process");
        }
    }
}

impl Reader {
    /// Opens an existing store for reading only.
    ///
    /// # Errors
    /// When it isn't there or can't be read.
    pub async fn open(path: &Path) -> Result<Self, OpenError> {
        fs::metadata(path).map_err(|source| OpenError::Io {
            path: path.to_owned(),
            source,
        })?;
        let pool = pool(READERS, options(path).read_only(true), path).await?;
        Ok(Self { pool })
    }
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(BUSY_TIMEOUT)
        // A page of rows is fetched whole; the default of 50 would hand it over in many small portions.
        .row_buffer_size(1_024)
        .disable_statement_logging()
}

async fn pool(size: u32, options: SqliteConnectOptions, path: &Path) -> Result<SqlitePool, OpenError> {
    SqlitePoolOptions::new()
        .max_connections(size)
        .idle_timeout(None)
        .max_lifetime(None)
        // A file doesn't go away between two uses, and asking costs a hop to the connection's thread.
        .test_before_acquire(false)
        .connect_with(options)
        .await
        .map_err(|error| OpenError::Engine {
            path: path.to_owned(),
            failure: failure(&error),
        })
}

fn lock(path: &Path) -> Result<File, OpenError> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".lock");
    let in_place = |source| OpenError::Io {
        path: path.to_owned(),
        source,
    };
    let mut private = OpenOptions::new();
    private.write(true).create(true).truncate(false).mode(0o600);
    let file = private.open(beside).map_err(in_place)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse {
            path: path.to_owned(),
        }),
        Err(TryLockError::Error(source)) => Err(in_place(source)),
    }
}

/// Lists the steps that bring a file up to date; a step's number and text never change once it has been released.
const STEPS: [(i64, &str, &str); 9] = [
    (
        1,
        "audit and idempotency",
        include_str!("../../migrations/sqlite/0001_audit_and_idempotency.sql"),
    ),
    (
        2,
        "confirmations",
        include_str!("../../migrations/sqlite/0002_confirmations.sql"),
    ),
    (
        3,
        "checks",
        include_str!("../../migrations/sqlite/0003_checks.sql"),
    ),
    (
        4,
        "events",
        include_str!("../../migrations/sqlite/0004_events.sql"),
    ),
    (
        5,
        "batches",
        include_str!("../../migrations/sqlite/0005_batches.sql"),
    ),
    (
        6,
        "register changes",
        include_str!("../../migrations/sqlite/0006_register_changes.sql"),
    ),
    (
        7,
        "registry maintenance",
        include_str!("../../migrations/sqlite/0007_registry_maintenance.sql"),
    ),
    (
        8,
        "batches waiting",
        include_str!("../../migrations/sqlite/0008_batches_waiting.sql"),
    ),
    (
        9,
        "batch rows unread",
        include_str!("../../migrations/sqlite/0009_batch_rows_unread.sql"),
    ),
];

fn migrator() -> Migrator {
    let step = |(number, name, sql): (i64, &'static str, &'static str)| {
        Migration::new(
            number,
            name.into(),
            MigrationType::Simple,
            sql.into_sql_str(),
            false,
        )
    };
    Migrator::with_migrations(STEPS.into_iter().map(step).collect())
}

/// Tells the kind of an engine's error and logs its code, never its text, which could quote what was stored.
fn failure(error: &sqlx::Error) -> Failure {
    let code = error.as_database_error().and_then(|error| error.code());
    failure_of_code(code.as_deref().and_then(|code| code.parse().ok()))
}

fn failure_of_code(code: Option<u32>) -> Failure {
    let failure = match code.map(|code| code & 0xff) {
        Some(8) => Failure::ReadOnly,
        Some(13) => Failure::Full,
        Some(11 | 26) => Failure::Corrupt,
        _ => Failure::Unreachable,
    };
    tracing::debug!(code, %failure, "the store failed");
    failure
}

#[cfg(test)]
mod tests;
