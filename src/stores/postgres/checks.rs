//! How do checks lie in PostgreSQL?
//!
//! Implements the port of `checks` for all gateways at once. That a check is one gateway's to try, and that it ends once, are
//! conditions of one statement each: whoever comes second finds the row changed already.

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use uuid::Uuid;

use super::Postgres;
use crate::audit::Failure;
use crate::checks::kept::{Row, Store, Unavailable, Waiting};
use crate::domain::client::ClientId;

/// How many rows one cleaning removes, so that it ends in time.
const REMOVED_AT_ONCE: i64 = 1_000;

fn failed(failure: Failure) -> Unavailable {
    tracing::error!(%failure, "the store of checks fails");
    Unavailable
}

impl Store for Postgres {
    fn enter(&self, row: Row) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(async move {
            let waits = row.waits.as_ref();
            let statement = sqlx::query(
                "INSERT INTO checks (id, client, entered, retry_at, due, request, answer)
                 VALUES ($1, $2, $3, $4, $5, $6, $7)",
            )
            .bind(row.id.to_string())
            .bind(row.client.as_str())
            .bind(row.entered_at.as_microsecond())
            .bind(waits.map(|waits| waits.retry_at.as_microsecond()))
            .bind(waits.map(|waits| waits.due.as_microsecond()))
            .bind(waits.map(|waits| waits.request.as_slice()))
            .bind(row.answer.as_slice());
            self.line().execute(statement).await.map_err(failed)?;
            Ok(())
        })
    }

    fn find<'a>(
        &'a self,
        id: Uuid,
        client: &'a ClientId,
    ) -> BoxFuture<'a, Result<Option<Vec<u8>>, Unavailable>> {
        Box::pin(async move {
            let question = sqlx::query_as("SELECT answer FROM checks WHERE id = $1 AND client = $2")
                .bind(id.to_string())
                .bind(client.as_str());
            let found: Option<(Vec<u8>,)> = self.line().row(question).await.map_err(failed)?;
            Ok(found.map(|(answer,)| answer))
        })
    }

    fn waiting(&self, now: Timestamp, limit: u32) -> BoxFuture<'_, Result<Vec<Waiting>, Unavailable>> {
        let tried = "SELECT id, request FROM checks WHERE retry_at <= $1 ORDER BY retry_at, id LIMIT $2";
        Box::pin(self.listed(tried, now, limit))
    }

    fn overdue(&self, now: Timestamp, limit: u32) -> BoxFuture<'_, Result<Vec<Waiting>, Unavailable>> {
        let due =
            "SELECT id, request FROM checks WHERE due <= $1 AND retry_at <= $1 ORDER BY due, id LIMIT $2";
        Box::pin(self.listed(due, now, limit))
    }

    fn take(&self, id: Uuid, now: Timestamp, until: Timestamp) -> BoxFuture<'_, Result<bool, Unavailable>> {
        Box::pin(async move {
            let statement = sqlx::query("UPDATE checks SET retry_at = $1 WHERE id = $2 AND retry_at <= $3")
                .bind(until.as_microsecond())
                .bind(id.to_string())
                .bind(now.as_microsecond());
            Ok(self.line().execute(statement).await.map_err(failed)? == 1)
        })
    }

    fn put_off(&self, id: Uuid, until: Timestamp) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(async move {
            let statement =
                sqlx::query("UPDATE checks SET retry_at = $1 WHERE id = $2 AND request IS NOT NULL")
                    .bind(until.as_microsecond())
                    .bind(id.to_string());
            self.line().execute(statement).await.map_err(failed)?;
            Ok(())
        })
    }

    fn finish(&self, id: Uuid, answer: Vec<u8>) -> BoxFuture<'_, Result<bool, Unavailable>> {
        Box::pin(async move {
            let statement = sqlx::query(
                "UPDATE checks SET answer = $1, request = NULL, retry_at = NULL, due = NULL
                 WHERE id = $2 AND request IS NOT NULL",
            )
            .bind(answer)
            .bind(id.to_string());
            Ok(self.line().execute(statement).await.map_err(failed)? == 1)
        })
    }

    fn clean(&self, before: Timestamp) -> BoxFuture<'_, Result<u64, Unavailable>> {
        Box::pin(async move {
            let statement = sqlx::query(
                "DELETE FROM checks WHERE id IN
                 (SELECT id FROM checks WHERE entered < $1 AND request IS NULL
                  ORDER BY entered LIMIT $2 FOR UPDATE SKIP LOCKED)",
            )
            .bind(before.as_microsecond())
            .bind(REMOVED_AT_ONCE);
            self.line().execute(statement).await.map_err(failed)
        })
    }
}

impl Postgres {
    async fn listed(
        &self,
        query: &'static str,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<Waiting>, Unavailable> {
        let question = sqlx::query_as(query)
            .bind(now.as_microsecond())
            .bind(i64::from(limit));
        let rows: Vec<(String, Vec<u8>)> = self.line().rows(question).await.map_err(failed)?;
        rows.into_iter()
            .map(|(id, request)| {
                let id = Uuid::parse_str(&id).map_err(|_| Unavailable)?;
                Ok(Waiting { id, request })
            })
            .collect()
    }
}
