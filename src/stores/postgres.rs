//! How do many gateways keep their stores in one database?
//!
//! A pool for what they share, and for each log one session that alone may write it (`pen`). Every operation is one
//! statement, so a transaction of its own and one round trip; every wait is bounded, by the server where it can and here
//! where it can't, so a server that hangs is one that fails. Always true: a commit that returned is flushed
//! (`synchronous_commit`), on each session. Tables are brought up to date at the start, by one gateway at a time.
//! Deliberately absent: any notion of what the rows mean. Through a pooler that changes sessions between transactions
//! nothing here holds: the lock and the settings belong to a session.

mod audit;
mod batches;
mod checks;
mod confirmations;
mod events;
mod idempotency;
mod pen;
mod register;

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr as _;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use sqlx::migrate::{Migrate as _, MigrateError, Migration, MigrationType, Migrator};
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgArguments, PgConnectOptions, PgPoolOptions, PgRow, PgSslMode};
use sqlx::query::{Query, QueryAs};
use sqlx::{ConnectOptions as _, Connection as _, FromRow, PgConnection, PgPool, SqlSafeStr as _};
use tokio::time::{interval, timeout};

use crate::audit::{Failure, LogName};
use pen::{NotHad, Pen};

pub use audit::{Reader, logs};

/// A connection that lay idle for longer is asked whether it still lives before it is used.
const TRUSTED_FOR: Duration = Duration::from_secs(1);
/// How often a quiet gateway looks after the session that writes its log.
const BEAT: Duration = Duration::from_secs(1);
/// How long bringing the tables up to date may take, others' doing so included.
const MIGRATED_WITHIN: Duration = Duration::from_mins(10);

/// States how the database is reached.
#[derive(Clone)]
pub struct Config {
    options: PgConnectOptions,
    connections: NonZeroU32,
    within: Duration,
}

/// Says that a text is no address of a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no URL such as postgres://user:password@host/database?sslmode=verify-full")]
pub struct NotAnAddress;

impl Config {
    /// Reads the address; `within` bounds connecting, waiting for a connection, and each statement.
    ///
    /// # Errors
    /// When the text is no URL of a PostgreSQL database.
    pub fn new(url: &SecretString, connections: NonZeroU32, within: Duration) -> Result<Self, NotAnAddress> {
        let url = url.expose_secret();
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return Err(NotAnAddress);
        }
        let options = PgConnectOptions::from_str(url).map_err(|_| NotAnAddress)?;
        let options = match options.get_application_name() {
            Some(_) => options,
            None => options.application_name("dancu"),
        };
        let milliseconds = within.as_millis();
        Ok(Self {
            options: options.disable_statement_logging().options([
                ("statement_timeout", milliseconds.to_string()),
                ("idle_in_transaction_session_timeout", milliseconds.to_string()),
                // Every operation is one statement that is right at this level, whatever the database's own.
                ("default_transaction_isolation", "read committed".to_owned()),
                ("client_min_messages", "warning".to_owned()),
                // A gateway whose machine is gone says no goodbye: its session, and the log's lock, end after 11 seconds.
                ("tcp_keepalives_idle", "5".to_owned()),
                ("tcp_keepalives_interval", "2".to_owned()),
                ("tcp_keepalives_count", "3".to_owned()),
            ]),
            connections,
            within,
        })
    }

    /// Tells whether what goes to another machine may go there unencrypted.
    fn is_in_clear(&self) -> bool {
        let host = self.options.get_host();
        let is_near = self.options.get_socket().is_some()
            || host.starts_with('/')
            || matches!(host, "localhost" | "127.0.0.1" | "[::1]" | "::1");
        !is_near
            && matches!(
                self.options.get_ssl_mode(),
                PgSslMode::Disable | PgSslMode::Allow | PgSslMode::Prefer
            )
    }
}

impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (host, port) = (self.options.get_host(), self.options.get_port());
        match self.options.get_socket() {
            Some(socket) => write!(f, "{}", socket.display())?,
            None => write!(f, "{host}:{port}")?,
        }
        write!(f, "/{}", self.options.get_database().unwrap_or_default())
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The options print their password.
        write!(f, "Config({self})")
    }
}

/// Says why the database can't be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It refuses.
    #[error("PostgreSQL at {at} can't be used")]
    Refused {
        /// Which one.
        at: String,
        /// What it says; before anything is stored it has nothing personal to say.
        source: sqlx::Error,
    },
    /// It doesn't answer.
    #[error("PostgreSQL at {at} does not answer")]
    Silent {
        /// Which one.
        at: String,
    },
    /// Another gateway writes this log.
    #[error("the log {log} in PostgreSQL at {at} is in use by another gateway: each has its own `audit.log`")]
    InUse {
        /// Which one.
        at: String,
        /// The log.
        log: LogName,
    },
    /// The tables aren't this program's, or of a newer version of it.
    #[error("PostgreSQL at {at} holds no store that this version can use")]
    Schema {
        /// Which one.
        at: String,
        /// What the migration says.
        source: Box<MigrateError>,
    },
}

/// Is the store of a gateway that shares a database with others.
pub struct Postgres {
    reader: Reader,
    pen: Arc<Pen>,
    /// Counts the runs begun, some of which clean up.
    begun: AtomicU32,
}

impl Postgres {
    /// Connects, brings the tables up to date, and takes up the log's pen.
    ///
    /// # Errors
    /// When the database can't be used, or another gateway writes the log.
    pub async fn open(config: &Config, log: &LogName) -> Result<Self, OpenError> {
        if config.is_in_clear() {
            tracing::warn!(
                "the way to PostgreSQL may be unencrypted: set sslmode=verify-full in the URL of store.url_file"
            );
        }
        bring_up_to_date(config).await?;
        let pen = Pen::take_up(config.options.clone(), config.within, log.clone())
            .await
            .map_err(|not_had| refused(config, log, not_had))?;
        let pen = Arc::new(pen);
        let watched = Arc::downgrade(&pen);
        tokio::spawn(async move {
            let mut beats = interval(BEAT);
            loop {
                beats.tick().await;
                let Some(pen) = watched.upgrade() else { break };
                pen.beat().await;
            }
        });
        Ok(Self {
            reader: Reader::of(config, log),
            pen,
            begun: AtomicU32::new(0),
        })
    }

    /// Ends what is running and lets go of the log, so that the next process has it at once.
    pub async fn close(&self) {
        self.pen.put_down().await;
        // A server that hangs mustn't hold up the end of the process.
        let _ = timeout(self.line().within, self.line().pool.close()).await;
    }

    fn line(&self) -> &Line {
        self.reader.line()
    }
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Postgres({})", self.pen.log())
    }
}

fn refused(config: &Config, log: &LogName, not_had: NotHad) -> OpenError {
    let at = config.to_string();
    match not_had {
        NotHad::InUse => OpenError::InUse { at, log: log.clone() },
        NotHad::Refused(source) => OpenError::Refused { at, source },
        NotHad::Silent => OpenError::Silent { at },
    }
}

/// Is the way to what gateways share: one statement at a time on one of a few connections.
#[derive(Clone)]
struct Line {
    pool: PgPool,
    within: Duration,
}

type Statement<'q> = Query<'q, sqlx::Postgres, PgArguments>;
type Question<'q, T> = QueryAs<'q, sqlx::Postgres, T, PgArguments>;

impl Line {
    /// Connects when it is first used.
    fn new(config: &Config) -> Self {
        let pool = PgPoolOptions::new()
            .max_connections(config.connections.get())
            .acquire_timeout(config.within)
            .test_before_acquire(false)
            .before_acquire(|connection, seen| {
                Box::pin(async move { Ok(seen.idle_for < TRUSTED_FOR || connection.ping().await.is_ok()) })
            })
            .after_connect(|connection, _| Box::pin(durable(connection)))
            .connect_lazy_with(config.options.clone());
        Self {
            pool,
            within: config.within,
        }
    }

    /// Carries out a statement and counts the rows that it concerned.
    async fn execute(&self, statement: Statement<'_>) -> Result<u64, Failure> {
        let mut connection = self.connection().await?;
        let answer = timeout(self.within, statement.execute(&mut *connection)).await;
        Ok(answered(connection, answer)?.rows_affected())
    }

    /// Reads one row, where there is one.
    async fn row<T>(&self, question: Question<'_, T>) -> Result<Option<T>, Failure>
    where
        T: Send + Unpin + for<'r> FromRow<'r, PgRow>,
    {
        let mut connection = self.connection().await?;
        let answer = timeout(self.within, question.fetch_optional(&mut *connection)).await;
        answered(connection, answer)
    }

    /// Reads all rows.
    async fn rows<T>(&self, question: Question<'_, T>) -> Result<Vec<T>, Failure>
    where
        T: Send + Unpin + for<'r> FromRow<'r, PgRow>,
    {
        let mut connection = self.connection().await?;
        let answer = timeout(self.within, question.fetch_all(&mut *connection)).await;
        answered(connection, answer)
    }

    /// Makes sure that the database can be reached; the pool itself would hide why not.
    async fn reached(&self, config: &Config) -> Result<(), OpenError> {
        let at = config.to_string();
        match timeout(self.within, config.options.connect()).await {
            Ok(Ok(session)) => {
                let _ = timeout(self.within, session.close()).await;
                Ok(())
            }
            Ok(Err(source)) => Err(OpenError::Refused { at, source }),
            Err(_) => Err(OpenError::Silent { at }),
        }
    }

    async fn connection(&self) -> Result<PoolConnection<sqlx::Postgres>, Failure> {
        self.pool.acquire().await.map_err(|error| failure(&error))
    }
}

fn answered<T, E>(
    connection: PoolConnection<sqlx::Postgres>,
    answer: Result<sqlx::Result<T>, E>,
) -> Result<T, Failure> {
    match answer {
        Ok(answer) => answer.map_err(|error| failure(&error)),
        Err(_) => {
            // Given back, it would be waited for; what it answers at last is nobody's any more.
            drop(connection.detach());
            tracing::debug!("the store does not answer in time");
            Err(Failure::Unreachable)
        }
    }
}

/// Has every commit of this session flushed before it returns, and makes sure of it.
async fn durable(session: &mut PgConnection) -> sqlx::Result<()> {
    // Stricter is fine: a standby may have to have applied it.
    let (commit, is_flushing): (String, String) = sqlx::query_as(
        "SELECT set_config('synchronous_commit',
                CASE current_setting('synchronous_commit') WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, false),
             current_setting('fsync')",
    )
    .fetch_one(session)
    .await?;
    if !matches!(commit.as_str(), "on" | "remote_apply") {
        return Err(sqlx::Error::Protocol(format!("synchronous_commit is {commit}")));
    }
    if is_flushing != "on" {
        tracing::warn!(
            "PostgreSQL runs with fsync off: what it says is kept may be lost with its machine's power"
        );
    }
    Ok(())
}

/// Lists the steps that bring a database up to date; a step's number and text never change once it has been released.
const STEPS: [(i64, &str, &str); 9] = [
    (
        1,
        "audit and idempotency",
        include_str!("../../migrations/postgres/0001_audit_and_idempotency.sql"),
    ),
    (
        2,
        "confirmations",
        include_str!("../../migrations/postgres/0002_confirmations.sql"),
    ),
    (
        3,
        "checks",
        include_str!("../../migrations/postgres/0003_checks.sql"),
    ),
    (
        4,
        "events",
        include_str!("../../migrations/postgres/0004_events.sql"),
    ),
    (
        5,
        "batches",
        include_str!("../../migrations/postgres/0005_batches.sql"),
    ),
    (
        6,
        "register changes",
        include_str!("../../migrations/postgres/0006_register_changes.sql"),
    ),
    (
        7,
        "registry maintenance",
        include_str!("../../migrations/postgres/0007_registry_maintenance.sql"),
    ),
    (
        8,
        "batches waiting",
        include_str!("../../migrations/postgres/0008_batches_waiting.sql"),
    ),
    (
        9,
        "batch rows unread",
        include_str!("../../migrations/postgres/0009_batch_rows_unread.sql"),
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

/// Applies the steps that are missing, under the database's migration lock; where none is, no right to make tables is needed.
async fn bring_up_to_date(config: &Config) -> Result<(), OpenError> {
    let at = || config.to_string();
    let refused = |source| OpenError::Refused { at: at(), source };
    let unhurried = config
        .options
        .clone()
        .options([("statement_timeout", MIGRATED_WITHIN.as_millis().to_string())]);
    let mut session = timeout(config.within, unhurried.connect())
        .await
        .map_err(|_| OpenError::Silent { at: at() })?
        .map_err(refused)?;
    let migrator = migrator();
    let migrated = async {
        if !is_up_to_date(&mut session, &migrator).await {
            // Not `run`, whose future isn't `Send` for every lifetime.
            migrator.run_direct(None, &mut session, false).await?;
        }
        Ok(())
    };
    let migrated = timeout(MIGRATED_WITHIN, migrated).await;
    migrated
        .map_err(|_| OpenError::Silent { at: at() })?
        .map_err(|source: MigrateError| OpenError::Schema {
            at: at(),
            source: Box::new(source),
        })?;
    let _ = timeout(config.within, session.close()).await;
    Ok(())
}

async fn is_up_to_date(session: &mut PgConnection, migrator: &Migrator) -> bool {
    // A database without the table has none of the steps.
    let applied = session.list_applied_migrations(&migrator.table_name).await;
    applied.is_ok_and(|applied| {
        applied
            .iter()
            .map(|step| (step.version, &step.checksum))
            .eq(migrator.iter().map(|step| (step.version, &step.checksum)))
    })
}

/// Tells the kind of an engine's error and logs its code, never its text, which could quote what was stored.
fn failure(error: &sqlx::Error) -> Failure {
    let code = error.as_database_error().and_then(|error| error.code());
    let failure = match code.as_deref() {
        // A standby, or a role that may not write.
        Some("25006" | "42501") => Failure::ReadOnly,
        Some("53100") => Failure::Full,
        Some("XX001" | "XX002") => Failure::Corrupt,
        _ => Failure::Unreachable,
    };
    tracing::debug!(code = code.as_deref(), %failure, "the store failed");
    failure
}

#[cfg(test)]
mod tests;
