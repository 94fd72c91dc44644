//! Who may write a log of the database?
//!
//! The gateway whose session holds the log's advisory lock: the pen. Rows are written in that very session, so a gateway
//! that the server has given up can't write beside the one that has taken over: the lock and the transaction end together.
//! The server lets the lock go with the session, however its process died. A session that was lost is replaced when it is
//! needed, or by the heartbeat of a quiet gateway; until the lost one's transaction has ended the lock isn't had again, so
//! what is read with the pen in hand is no longer in doubt. On failure: the port's `Failure`, and the session is let go.

use std::time::Duration;

use sqlx::postgres::{PgArguments, PgConnectOptions, PgRow};
use sqlx::query::{Query, QueryAs};
use sqlx::{ConnectOptions as _, Connection as _, FromRow, PgConnection, Postgres};
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::{interval, timeout};

use super::{durable, failure};
use crate::audit::{Failure, LogName};

/// How often the lock is asked for while another session has it.
const ASKED_EVERY: Duration = Duration::from_millis(100);
/// How often it is asked for in all: a killed gateway's session is gone sooner.
const ASKED: u32 = 50;

/// Says why the pen can't be had.
#[derive(Debug)]
pub(super) enum NotHad {
    /// Another gateway has it.
    InUse,
    /// The database refuses.
    Refused(sqlx::Error),
    /// The database doesn't answer.
    Silent,
}

impl NotHad {
    fn failure(&self) -> Failure {
        match self {
            Self::InUse => {
                tracing::error!("another gateway has taken over the audit log");
                Failure::Unreachable
            }
            Self::Refused(error) => failure(error),
            Self::Silent => Failure::Unreachable,
        }
    }
}

/// Is the right to write one log.
pub(super) struct Pen {
    log: LogName,
    options: PgConnectOptions,
    within: Duration,
    hand: Mutex<Hand>,
}

/// Is what holds the pen.
#[derive(Default)]
struct Hand {
    session: Option<PgConnection>,
    is_put_down: bool,
}

impl Pen {
    /// Takes the pen up; waits a few seconds where the last gateway's session hasn't ended yet.
    pub async fn take_up(options: PgConnectOptions, within: Duration, log: LogName) -> Result<Self, NotHad> {
        let session = Some(seize(&options, within, &log).await?);
        let hand = Hand {
            session,
            is_put_down: false,
        };
        Ok(Self {
            log,
            options,
            within,
            hand: Mutex::new(hand),
        })
    }

    /// Gives the log's name.
    pub fn log(&self) -> &LogName {
        &self.log
    }

    /// Writes one statement, which is a transaction of its own.
    pub async fn write(&self, statement: Query<'_, Postgres, PgArguments>) -> Result<(), Failure> {
        let mut hand = self.hand.lock().await;
        let mut session = self.session(&mut hand).await?;
        let written = timeout(self.within, statement.execute(&mut session)).await;
        Self::kept(&mut hand, session, written).map(|_| ())
    }

    /// Reads a row, after whatever this gateway wrote has come to its end.
    pub async fn read<T>(&self, query: QueryAs<'_, Postgres, T, PgArguments>) -> Result<Option<T>, Failure>
    where
        T: Send + Unpin + for<'r> FromRow<'r, PgRow>,
    {
        let mut hand = self.hand.lock().await;
        let mut session = self.session(&mut hand).await?;
        let read = timeout(self.within, query.fetch_optional(&mut session)).await;
        Self::kept(&mut hand, session, read)
    }

    /// Finds out whether the session still lives, and replaces it where it doesn't; a pen that is in use needs no asking.
    pub async fn beat(&self) {
        let Ok(mut hand) = self.hand.try_lock() else {
            return;
        };
        // What fails here fails again when it matters, and is told then.
        let Ok(mut session) = self.session(&mut hand).await else {
            return;
        };
        let lives = timeout(self.within, session.ping()).await;
        let _ = Self::kept(&mut hand, session, lives);
    }

    /// Puts the pen down for good, so that the next gateway has it at once.
    pub async fn put_down(&self) {
        let mut hand = self.hand.lock().await;
        hand.is_put_down = true;
        if let Some(session) = hand.session.take() {
            // The server ends it in any case.
            let _ = timeout(self.within, session.close()).await;
        }
    }

    /// Takes the session out of the hand: a call that is broken off leaves none of unknown state behind.
    async fn session(&self, hand: &mut MutexGuard<'_, Hand>) -> Result<PgConnection, Failure> {
        if hand.is_put_down {
            return Err(Failure::Unreachable);
        }
        match hand.session.take() {
            Some(session) => Ok(session),
            None => seize(&self.options, self.within, &self.log)
                .await
                .map_err(|refused| refused.failure()),
        }
    }

    fn kept<T, E>(
        hand: &mut MutexGuard<'_, Hand>,
        session: PgConnection,
        answer: Result<sqlx::Result<T>, E>,
    ) -> Result<T, Failure> {
        match answer {
            Ok(Ok(value)) => {
                hand.session = Some(session);
                Ok(value)
            }
            Ok(Err(error)) => Err(failure(&error)),
            Err(_) => Err(Failure::Unreachable),
        }
    }
}

async fn seize(options: &PgConnectOptions, within: Duration, log: &LogName) -> Result<PgConnection, NotHad> {
    let silent = |_| NotHad::Silent;
    let mut session = timeout(within, settled(options)).await.map_err(silent)??;
    let mut asking = interval(ASKED_EVERY);
    for _ in 0..ASKED {
        asking.tick().await;
        let locked =
            sqlx::query_scalar("SELECT pg_try_advisory_lock(hashtextextended('dancu audit log ' || $1, 0))")
                .bind(log.as_str())
                .fetch_one(&mut session);
        if timeout(within, locked).await.map_err(silent)?? {
            return Ok(session);
        }
    }
    Err(NotHad::InUse)
}

impl From<sqlx::Error> for NotHad {
    fn from(error: sqlx::Error) -> Self {
        Self::Refused(error)
    }
}

async fn settled(options: &PgConnectOptions) -> sqlx::Result<PgConnection> {
    let mut session = options.connect().await?;
    durable(&mut session).await?;
    Ok(session)
}
