//! How do runs and kept answers lie in SQLite?
//!
//! Implements the port of `idempotency` on the writing connection: whether a run is in force and entering the new one are
//! one statement, so two calls with one key can't both run. Each call that begins removes a few rows that have expired.

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use sqlx::{Connection as _, SqliteConnection};

use super::{Sqlite, failure};
use crate::idempotency::{Found, Running, Store, Unavailable};
use crate::sealing::Pseudonym;

/// How many expired rows one call removes: more than one, so that they can't pile up.
const REMOVED_AT_ONCE: u32 = 32;

fn failed(error: sqlx::Error) -> Unavailable {
    tracing::error!(failure = %failure(&error), "the store of idempotency keys fails");
    Unavailable
}

impl Store for Sqlite {
    fn begin(
        &self,
        running: Running,
        body: Pseudonym,
        now: Timestamp,
        deadline: Timestamp,
    ) -> BoxFuture<'_, Result<Found, Unavailable>> {
        Box::pin(async move {
            let mut connection = self.writer.turn().await.map_err(failed)?;
            let found = begin(&mut connection, &running, body, now, deadline).await;
            if found.is_err() {
                // As with the rows: after a failed commit only a fresh connection can begin again.
                connection.close().await;
            }
            found
        })
    }

    fn complete(
        &self,
        running: Running,
        sealed: Vec<u8>,
        expires: Timestamp,
    ) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(async move {
            sqlx::query("UPDATE idempotency SET answer = ?, expires = ? WHERE scope = ? AND run = ?")
                .bind(sealed)
                .bind(expires.as_microsecond())
                .bind(running.scope.to_string())
                .bind(running.run.as_bytes().as_slice())
                .execute(&mut *self.writer.turn().await.map_err(failed)?)
                .await
                .map_err(failed)?;
            Ok(())
        })
    }

    fn abandon(&self, running: Running) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(async move {
            sqlx::query("DELETE FROM idempotency WHERE scope = ? AND run = ? AND answer IS NULL")
                .bind(running.scope.to_string())
                .bind(running.run.as_bytes().as_slice())
                .execute(&mut *self.writer.turn().await.map_err(failed)?)
                .await
                .map_err(failed)?;
            Ok(())
        })
    }
}

async fn begin(
    connection: &mut SqliteConnection,
    running: &Running,
    body: Pseudonym,
    now: Timestamp,
    deadline: Timestamp,
) -> Result<Found, Unavailable> {
    let scope = running.scope.to_string();
    let now = now.as_microsecond();
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
    sqlx::query(
        "DELETE FROM idempotency WHERE scope IN
         (SELECT scope FROM idempotency WHERE expires <= ? ORDER BY expires LIMIT ?)",
    )
    .bind(now)
    .bind(REMOVED_AT_ONCE)
    .execute(&mut *transaction)
    .await
    .map_err(failed)?;
    let entered = sqlx::query(
        "INSERT INTO idempotency (scope, body, run, expires) VALUES (?, ?, ?, ?)
         ON CONFLICT (scope) DO UPDATE
         SET body = excluded.body, run = excluded.run, expires = excluded.expires, answer = NULL
         WHERE expires <= ?",
    )
    .bind(&scope)
    .bind(body.to_string())
    .bind(running.run.as_bytes().as_slice())
    .bind(deadline.as_microsecond())
    .bind(now)
    .execute(&mut *transaction)
    .await
    .map_err(failed)?;
    if entered.rows_affected() == 1 {
        transaction.commit().await.map_err(failed)?;
        return Ok(Found::Entered);
    }
    let (body, answer) = sqlx::query_as("SELECT body, answer FROM idempotency WHERE scope = ?")
        .bind(&scope)
        .fetch_one(&mut *transaction)
        .await
        .map_err(failed)?;
    transaction.commit().await.map_err(failed)?;
    Ok(Found::Other { body, answer })
}
