//! Whose turn is it to write?
//!
//! One at a time writes, first come, first served: the engine itself would have the others try again and again, with the one
//! connection in their hands that all the others need. Nobody comes to that connection but here.

use std::ops::{Deref, DerefMut};

use sqlx::pool::PoolConnection;
use sqlx::{Sqlite as Engine, SqliteConnection, SqlitePool};
use tokio::sync::{Semaphore, SemaphorePermit};

/// Hands out the driver's one writing connection.
#[derive(Debug)]
pub(super) struct Writer {
    turns: Semaphore,
    pool: SqlitePool,
}

impl Writer {
    /// Takes over a pool of one connection.
    pub(super) fn of(pool: SqlitePool) -> Self {
        let turns = Semaphore::new(1);
        Self { turns, pool }
    }

    /// Waits for one's turn to write, with a connection of one's own.
    pub(super) async fn permit(&self) -> Result<SemaphorePermit<'_>, sqlx::Error> {
        self.turns.acquire().await.map_err(|_| sqlx::Error::PoolClosed)
    }

    /// Waits for one's turn to write.
    pub(super) async fn turn(&self) -> Result<Turn<'_>, sqlx::Error> {
        let permit = self.permit().await?;
        Ok(Turn {
            connection: self.pool.acquire().await?,
            _permit: permit,
        })
    }

    /// Closes the connection after what is running.
    pub(super) async fn close(&self) {
        self.pool.close().await;
    }
}

/// Is the driver's writing connection while it is one's turn.
pub(super) struct Turn<'w> {
    connection: PoolConnection<Engine>,
    _permit: SemaphorePermit<'w>,
}

impl Turn<'_> {
    /// Closes the connection: after a failed commit only a fresh one is known to be able to begin again.
    pub(super) async fn close(self) {
        let _ = self.connection.close().await;
    }
}

impl Deref for Turn<'_> {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.connection
    }
}

impl DerefMut for Turn<'_> {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.connection
    }
}
