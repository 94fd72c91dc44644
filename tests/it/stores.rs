//! Does every store keep the word of its ports?
//!
//! One suite for each port, run over SQLite and over PostgreSQL, each promise on ground of its own. Where a promise is about
//! gateways that share a store, PostgreSQL is opened as two gateways do and SQLite by its one. `postgres` holds what only a
//! server can do to a store: be away, hang, be taken over.

mod audit;
mod batches;
mod checks;
mod confirmations;
mod events;
mod idempotency;
mod postgres;

use std::cell::Cell;
use std::num::NonZeroU32;
use std::time::Duration;

use dancu::stores::{self, Config, OpenError, Opened};
use jiff::Timestamp;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};
use tempfile::TempDir;

use crate::postgres_server::Server;

/// How long a store's answer is waited for.
const WITHIN: Duration = Duration::from_secs(5);

/// Is what stores are made on, one after the other.
pub struct Ground {
    kind: Kind,
    made: Cell<u32>,
}

enum Kind {
    Folder(TempDir),
    Server(Server),
}

impl Ground {
    fn sqlite() -> Self {
        Self {
            kind: Kind::Folder(TempDir::new().unwrap()),
            made: Cell::new(0),
        }
    }

    fn postgres() -> Option<Self> {
        Some(Self {
            kind: Kind::Server(Server::start()?),
            made: Cell::new(0),
        })
    }

    /// Makes a place where nothing is stored yet.
    pub fn place(&self) -> Place<'_> {
        let number = self.made.replace(self.made.get() + 1);
        let name = format!("store{number}");
        let config = match &self.kind {
            Kind::Folder(folder) => Config::Sqlite(folder.path().join(&name)),
            Kind::Server(server) => {
                server.sql("postgres", &format!("CREATE DATABASE {name}"));
                database(&server.url(&name), WITHIN)
            }
        };
        Place {
            ground: self,
            name,
            config,
        }
    }
}

/// Names a database as the settings do.
pub fn database(url: &str, within: Duration) -> Config {
    let connections = NonZeroU32::new(8).unwrap();
    Config::Postgres(Box::new(
        stores::postgres::Config::new(&url.into(), connections, within).unwrap(),
    ))
}

/// Is where one store lies.
pub struct Place<'g> {
    ground: &'g Ground,
    name: String,
    pub config: Config,
}

impl Place<'_> {
    /// Opens the store for the gateway that writes this log.
    pub async fn open(&self, log: &str) -> Result<Opened, OpenError> {
        Opened::open(self.config.clone(), log.parse().unwrap()).await
    }

    /// Opens the store as the gateways do that can share it.
    pub async fn gateways(&self) -> Vec<Opened> {
        let mut opened = vec![self.open("gw1").await.unwrap()];
        if matches!(self.ground.kind, Kind::Server(_)) {
            opened.push(self.open("gw2").await.unwrap());
        }
        opened
    }

    /// Does to the store what someone can who holds it, and gives the number that is answered, if one is.
    pub async fn by_hand(&self, statement: &str) -> Option<i64> {
        match &self.ground.kind {
            Kind::Folder(folder) => {
                let mut options = SqliteConnectOptions::new().filename(folder.path().join(&self.name));
                options = options.disable_statement_logging();
                let mut connection = options.connect().await.unwrap();
                let answer = sqlx::query_scalar(AssertSqlSafe(statement.to_owned()))
                    .fetch_optional(&mut connection)
                    .await;
                connection.close().await.unwrap();
                answer.unwrap()
            }
            Kind::Server(server) => server.sql(&self.name, statement).trim().parse().ok(),
        }
    }
}

/// Gives a moment, in seconds from that on which the tests begin.
pub fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_787_000_000 + second).unwrap()
}

#[tokio::test]
async fn sqlite_keeps_the_word_of_the_audit_log() {
    audit::all(&Ground::sqlite()).await;
}

#[tokio::test]
async fn postgres_keeps_the_word_of_the_audit_log() {
    if let Some(ground) = Ground::postgres() {
        audit::all(&ground).await;
    }
}

#[tokio::test]
async fn sqlite_keeps_the_word_of_idempotency() {
    idempotency::all(&Ground::sqlite()).await;
}

#[tokio::test]
async fn postgres_keeps_the_word_of_idempotency() {
    if let Some(ground) = Ground::postgres() {
        idempotency::all(&ground).await;
    }
}

#[tokio::test]
async fn sqlite_keeps_the_word_of_confirmations() {
    confirmations::all(&Ground::sqlite()).await;
}

#[tokio::test]
async fn postgres_keeps_the_word_of_confirmations() {
    if let Some(ground) = Ground::postgres() {
        confirmations::all(&ground).await;
    }
}

#[tokio::test]
async fn sqlite_keeps_the_word_of_checks() {
    checks::all(&Ground::sqlite()).await;
}

#[tokio::test]
async fn postgres_keeps_the_word_of_checks() {
    if let Some(ground) = Ground::postgres() {
        checks::all(&ground).await;
    }
}

#[tokio::test]
async fn sqlite_keeps_the_word_of_events() {
    events::all(&Ground::sqlite()).await;
}

#[tokio::test]
async fn postgres_keeps_the_word_of_events() {
    if let Some(ground) = Ground::postgres() {
        events::all(&ground).await;
    }
}

#[tokio::test]
async fn sqlite_keeps_the_word_of_batches() {
    batches::all(&Ground::sqlite()).await;
}

#[tokio::test]
async fn postgres_keeps_the_word_of_batches() {
    if let Some(ground) = Ground::postgres() {
        batches::all(&ground).await;
    }
}
