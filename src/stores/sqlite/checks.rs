//! How do checks lie in SQLite?
//!
//! Implements the port of `checks`. That a check ends once is one statement's condition: the request goes with it, and what
//! has no request waits no longer. Reads go to the readers, which never wait for the writing connection.

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use uuid::Uuid;

use super::{Sqlite, failure};
use crate::checks::kept::{Row, Store, Unavailable, Waiting};
use crate::domain::client::ClientId;

/// How many rows one cleaning removes, so that nobody waits long for the writing connection.
const REMOVED_AT_ONCE: u32 = 1_000;

fn failed(error: sqlx::Error) -> Unavailable {
    tracing::error!(failure = %failure(&error), "the store of checks fails");
    Unavailable
}

impl Store for Sqlite {
    fn enter(&self, row: Row) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(async move {
            let waits = row.waits.as_ref();
            sqlx::query(
                "INSERT INTO checks (id, client, entered, retry_at, due, request, answer) VALUES (?, ?, ?, ?, ?, ?, ?)",
            )
            .bind(row.id.to_string())
            .bind(row.client.as_str())
            .bind(row.entered_at.as_microsecond())
            .bind(waits.map(|waits| waits.retry_at.as_microsecond()))
            .bind(waits.map(|waits| waits.due.as_microsecond()))
            .bind(waits.map(|waits| waits.request.as_slice()))
            .bind(row.answer)
            .execute(&mut *self.writer.turn().await.map_err(failed)?)
            .await
            .map_err(failed)?;
            Ok(())
        })
    }

    fn find<'a>(
        &'a self,
        id: Uuid,
        client: &'a ClientId,
    ) -> BoxFuture<'a, Result<Option<Vec<u8>>, Unavailable>> {
        Box::pin(async move {
            sqlx::query_scalar("SELECT answer FROM checks WHERE id = ? AND client = ?")
                .bind(id.to_string())
                .bind(client.as_str())
                .fetch_optional(&self.reader.pool)
                .await
                .map_err(failed)
        })
    }

    fn waiting(&self, now: Timestamp, limit: u32) -> BoxFuture<'_, Result<Vec<Waiting>, Unavailable>> {
        let tried = "SELECT id, request FROM checks WHERE retry_at <= ? ORDER BY retry_at, id LIMIT ?";
        Box::pin(self.listed(tried, now, limit))
    }

    fn overdue(&self, now: Timestamp, limit: u32) -> BoxFuture<'_, Result<Vec<Waiting>, Unavailable>> {
        let due =
            "SELECT id, request FROM checks WHERE due <= ?1 AND retry_at <= ?1 ORDER BY due, id LIMIT ?2";
        Box::pin(self.listed(due, now, limit))
    }

    fn take(&self, id: Uuid, now: Timestamp, until: Timestamp) -> BoxFuture<'_, Result<bool, Unavailable>> {
        Box::pin(async move {
            let taken = sqlx::query("UPDATE checks SET retry_at = ? WHERE id = ? AND retry_at <= ?")
                .bind(until.as_microsecond())
                .bind(id.to_string())
                .bind(now.as_microsecond())
                .execute(&mut *self.writer.turn().await.map_err(failed)?)
                .await
                .map_err(failed)?;
            Ok(taken.rows_affected() == 1)
        })
    }

    fn put_off(&self, id: Uuid, until: Timestamp) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(async move {
            sqlx::query("UPDATE checks SET retry_at = ? WHERE id = ? AND request IS NOT NULL")
                .bind(until.as_microsecond())
                .bind(id.to_string())
                .execute(&mut *self.writer.turn().await.map_err(failed)?)
                .await
                .map_err(failed)?;
            Ok(())
        })
    }

    fn finish(&self, id: Uuid, answer: Vec<u8>) -> BoxFuture<'_, Result<bool, Unavailable>> {
        Box::pin(async move {
            let ended = sqlx::query(
                "UPDATE checks SET answer = ?, request = NULL, retry_at = NULL, due = NULL
                 WHERE id = ? AND request IS NOT NULL",
            )
            .bind(answer)
            .bind(id.to_string())
            .execute(&mut *self.writer.turn().await.map_err(failed)?)
            .await
            .map_err(failed)?;
            Ok(ended.rows_affected() == 1)
        })
    }

    fn clean(&self, before: Timestamp) -> BoxFuture<'_, Result<u64, Unavailable>> {
        Box::pin(async move {
            let removed = sqlx::query(
                "DELETE FROM checks WHERE id IN
                 (SELECT id FROM checks WHERE entered < ? AND request IS NULL ORDER BY entered LIMIT ?)",
            )
            .bind(before.as_microsecond())
            .bind(REMOVED_AT_ONCE)
            .execute(&mut *self.writer.turn().await.map_err(failed)?)
            .await
            .map_err(failed)?;
            Ok(removed.rows_affected())
        })
    }
}

impl Sqlite {
    async fn listed(
        &self,
        query: &'static str,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<Waiting>, Unavailable> {
        let rows: Vec<(String, Vec<u8>)> = sqlx::query_as(query)
            .bind(now.as_microsecond())
            .bind(limit)
            .fetch_all(&self.reader.pool)
            .await
            .map_err(failed)?;
        rows.into_iter()
            .map(|(id, request)| {
                let id = Uuid::parse_str(&id).map_err(|_| Unavailable)?;
                Ok(Waiting { id, request })
            })
            .collect()
    }
}
