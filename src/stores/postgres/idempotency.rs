//! How do runs and kept answers lie in PostgreSQL?
//!
//! Implements the port of `idempotency` for all gateways at once: one statement enters the run or gives the one that is in
//! force, and the row's lock puts those that come together in a line, so of two calls with one key one runs, whichever
//! gateways they came to. Now and then a call that begins removes rows that have expired, in a statement of its own: within
//! the deciding one, two of them could wait for each other.

use std::sync::atomic::Ordering;

use futures_util::future::BoxFuture;
use jiff::Timestamp;

use super::Postgres;
use crate::audit::Failure;
use crate::idempotency::{Found, Running, Store, Unavailable};
use crate::sealing::Pseudonym;

/// Every which call that begins cleans up.
const CLEANS_EVERY: u32 = 16;
/// How many expired rows one cleaning removes: more than come in between, so that they can't pile up.
const REMOVED_AT_ONCE: i64 = 512;

fn failed(failure: Failure) -> Unavailable {
    tracing::error!(%failure, "the store of idempotency keys fails");
    Unavailable
}

impl Store for Postgres {
    fn begin(
        &self,
        running: Running,
        body: Pseudonym,
        now: Timestamp,
        deadline: Timestamp,
    ) -> BoxFuture<'_, Result<Found, Unavailable>> {
        Box::pin(async move {
            if self
                .begun
                .fetch_add(1, Ordering::Relaxed)
                .is_multiple_of(CLEANS_EVERY)
            {
                self.remove_expired(now).await.map_err(failed)?;
            }
            // Always an update, so that the row is locked and what is returned is what was decided on.
            let question = sqlx::query_as(
                "INSERT INTO idempotency AS kept (scope, body, run, expires) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (scope) DO UPDATE SET
                     body = CASE WHEN kept.expires <= $5 THEN excluded.body ELSE kept.body END,
                     run = CASE WHEN kept.expires <= $5 THEN excluded.run ELSE kept.run END,
                     answer = CASE WHEN kept.expires <= $5 THEN NULL ELSE kept.answer END,
                     expires = CASE WHEN kept.expires <= $5 THEN excluded.expires ELSE kept.expires END
                 RETURNING run = $3, body, answer",
            )
            .bind(running.scope.to_string())
            .bind(body.to_string())
            .bind(running.run.as_bytes().as_slice())
            .bind(deadline.as_microsecond())
            .bind(now.as_microsecond());
            let decided: Option<(bool, String, Option<Vec<u8>>)> =
                self.line().row(question).await.map_err(failed)?;
            match decided {
                Some((true, ..)) => Ok(Found::Entered),
                Some((false, body, answer)) => Ok(Found::Other { body, answer }),
                None => Err(Unavailable),
            }
        })
    }

    fn complete(
        &self,
        running: Running,
        sealed: Vec<u8>,
        expires: Timestamp,
    ) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(async move {
            let statement =
                sqlx::query("UPDATE idempotency SET answer = $1, expires = $2 WHERE scope = $3 AND run = $4")
                    .bind(sealed)
                    .bind(expires.as_microsecond())
                    .bind(running.scope.to_string())
                    .bind(running.run.as_bytes().as_slice());
            self.line().execute(statement).await.map_err(failed)?;
            Ok(())
        })
    }

    fn abandon(&self, running: Running) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(async move {
            let statement =
                sqlx::query("DELETE FROM idempotency WHERE scope = $1 AND run = $2 AND answer IS NULL")
                    .bind(running.scope.to_string())
                    .bind(running.run.as_bytes().as_slice());
            self.line().execute(statement).await.map_err(failed)?;
            Ok(())
        })
    }
}

impl Postgres {
    async fn remove_expired(&self, now: Timestamp) -> Result<(), Failure> {
        // What another gateway is at is left to it; a row that is taken up again meanwhile isn't expired any more.
        let statement = sqlx::query(
            "DELETE FROM idempotency WHERE expires <= $1 AND scope IN
             (SELECT scope FROM idempotency WHERE expires <= $1 ORDER BY expires LIMIT $2 FOR UPDATE SKIP LOCKED)",
        )
        .bind(now.as_microsecond())
        .bind(REMOVED_AT_ONCE);
        self.line().execute(statement).await?;
        Ok(())
    }
}
