//! How do batches lie in SQLite?
//!
//! Implements the port of `batches`. Whatever must be true together is one transaction on the writing connection: quota and
//! draft, result and counts. Rows are added and removed page by page, so that no audit row waits long for its turn. Reads go
//! to the readers.

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{Connection as _, Sqlite as Engine, SqliteConnection, Transaction};
use uuid::Uuid;

use super::{Sqlite, failure};
use crate::batches::store::{
    Claimed, Claiming, Draft, Entered, Finished, InVain, Kept, Lent, Open, Reserved, Spending, Standing,
    Store, Unavailable,
};
use crate::domain::client::ClientId;
use transactions::{Claimable, Lease, finish, leased, open, put_behind, reserve, standing};

mod transactions;

/// How many rows one removal takes, so that nobody waits long for the writing connection.
const REMOVED_AT_ONCE: u32 = 2_000;

/// How many batches one cleaning looks at.
const CLEANED_AT_ONCE: u32 = 16;

fn failed(error: sqlx::Error) -> Unavailable {
    tracing::error!(failure = %failure(&error), "the store of batches fails");
    Unavailable
}

/// Is what one transaction does.
type Work<'c, T> = BoxFuture<'c, Result<T, sqlx::Error>>;

impl Sqlite {
    /// Does all of it or nothing.
    async fn together<T>(
        &self,
        work: impl for<'c> FnOnce(&'c mut SqliteConnection) -> Work<'c, T>,
    ) -> Result<T, Unavailable> {
        let mut turn = self.writer.turn().await.map_err(failed)?;
        let done = async {
            let mut transaction: Transaction<'_, Engine> = turn.begin_with("BEGIN IMMEDIATE").await?;
            let result = work(&mut transaction).await?;
            transaction.commit().await?;
            Ok(result)
        };
        let done = done.await;
        if done.is_err() {
            // As with the rows of the log: after a failed commit only a fresh connection can begin again.
            turn.close().await;
        }
        done.map_err(failed)
    }

    /// Removes a batch's rows page by page, all of them or those without a result.
    async fn remove_rows(&self, id: &str, which: &'static str) -> Result<u64, Unavailable> {
        let mut removed = 0_u64;
        loop {
            let page = sqlx::query(which)
                .bind(id)
                .bind(REMOVED_AT_ONCE)
                .execute(&mut *self.writer.turn().await.map_err(failed)?)
                .await
                .map_err(failed)?
                .rows_affected();
            removed = removed.saturating_add(page);
            if page < u64::from(REMOVED_AT_ONCE) {
                return Ok(removed);
            }
        }
    }
}

const ALL_ROWS: &str = "DELETE FROM batch_rows WHERE (batch, row) IN
    (SELECT batch, row FROM batch_rows WHERE batch = ? ORDER BY row LIMIT ?)";

const OPEN_ROWS: &str = "DELETE FROM batch_rows WHERE (batch, row) IN
    (SELECT batch, row FROM batch_rows WHERE batch = ? AND result IS NULL ORDER BY tried, row LIMIT ?)";

impl Store for Sqlite {
    fn begin(&self, draft: Draft) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(async move {
            let entered = draft.entered_at.as_microsecond();
            sqlx::query(
                "INSERT INTO batches (id, client, status, entered, progressed, retry_at, leased_until, request)
                 VALUES (?, ?, 'receiving', ?, ?, ?, ?, ?)",
            )
            .bind(draft.id.to_string())
            .bind(draft.client.as_str())
            .bind(entered)
            .bind(entered)
            .bind(entered)
            .bind(draft.lapses_at.as_microsecond())
            .bind(draft.request)
            .execute(&mut *self.writer.turn().await.map_err(failed)?)
            .await
            .map_err(failed)?;
            Ok(())
        })
    }

    fn append(
        &self,
        id: Uuid,
        rows: Vec<Entered>,
        lapses_at: Timestamp,
    ) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(self.together(move |connection| {
            Box::pin(async move {
                let id = id.to_string();
                let count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
                let held = sqlx::query(
                    "UPDATE batches SET rows = rows + ?, leased_until = ? WHERE id = ? AND status = 'receiving'",
                )
                .bind(count)
                .bind(lapses_at.as_microsecond())
                .bind(&id)
                .execute(&mut *connection)
                .await?;
                if held.rows_affected() == 0 {
                    return Err(sqlx::Error::RowNotFound);
                }
                for Entered { row, content } in rows {
                    sqlx::query("INSERT INTO batch_rows (batch, row, content) VALUES (?, ?, ?)")
                        .bind(&id)
                        .bind(row)
                        .bind(content)
                        .execute(&mut *connection)
                        .await?;
                }
                Ok(())
            })
        }))
    }

    fn reserve(&self, id: Uuid, spending: Spending) -> BoxFuture<'_, Result<Reserved, Unavailable>> {
        Box::pin(self.together(move |connection| Box::pin(reserve(connection, id, spending))))
    }

    fn queue(&self, id: Uuid, now: Timestamp) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(async move {
            let queued = sqlx::query(
                "UPDATE batches SET status = 'queued', leased_until = 0, progressed = ?, retry_at = ?
                 WHERE id = ? AND status = 'receiving' AND day IS NOT NULL",
            )
            .bind(now.as_microsecond())
            .bind(now.as_microsecond())
            .bind(id.to_string())
            .execute(&mut *self.writer.turn().await.map_err(failed)?)
            .await
            .map_err(failed)?;
            if queued.rows_affected() == 1 {
                Ok(())
            } else {
                Err(Unavailable)
            }
        })
    }

    fn discard(&self, id: Uuid) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(async move {
            let id = id.to_string();
            self.give_back(&id).await?;
            self.remove(&id).await?;
            Ok(())
        })
    }

    fn find<'a>(
        &'a self,
        id: Uuid,
        client: &'a ClientId,
    ) -> BoxFuture<'a, Result<Option<Standing>, Unavailable>> {
        Box::pin(async move {
            let id = id.to_string();
            // One statement, so that the counts are those of the rows done.
            let found: Vec<SqliteRow> = sqlx::query(
                "SELECT status, reason, rows, done, ended, outcome, count FROM batches
                 LEFT JOIN batch_counts ON batch = id WHERE id = ? AND client = ?",
            )
            .bind(&id)
            .bind(client.as_str())
            .fetch_all(&self.reader.pool)
            .await
            .map_err(failed)?;
            standing(&found).map_err(failed)
        })
    }

    fn cancel<'a>(
        &'a self,
        id: Uuid,
        client: &'a ClientId,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<(), Unavailable>> {
        Box::pin(async move {
            let id = id.to_string();
            let cancelled = sqlx::query(
                "UPDATE batches SET status = 'cancelled', ended = ?, owner = NULL
                 WHERE id = ? AND client = ? AND status IN ('queued', 'running')",
            )
            .bind(now.as_microsecond())
            .bind(&id)
            .bind(client.as_str())
            .execute(&mut *self.writer.turn().await.map_err(failed)?)
            .await
            .map_err(failed)?;
            if cancelled.rows_affected() == 1 {
                self.remove_rows(&id, OPEN_ROWS).await?;
            }
            Ok(())
        })
    }

    fn claim<'a>(&'a self, claiming: Claiming<'a>) -> BoxFuture<'a, Result<Vec<Claimed>, Unavailable>> {
        Box::pin(async move {
            let [tried_by, missed_before, overdue] = claiming.of_waiting();
            let Claiming {
                owner,
                now,
                until,
                most,
                way: _,
            } = claiming;
            // This store has one gateway: nobody can claim between the look and the lease.
            let found: Vec<Claimable> = sqlx::query_as(
                "SELECT id, request, CASE status WHEN 'queued' THEN NULL ELSE progressed END, missed IS NOT NULL FROM (
                     SELECT id, request, status, progressed, missed, entered,
                         ROW_NUMBER() OVER (PARTITION BY client ORDER BY entered, id) AS place
                     FROM batches
                     WHERE status IN ('queued', 'running') AND (leased_until <= ? OR owner = ?)
                     AND CASE WHEN missed IS NULL THEN retry_at <= ?
                         ELSE retry_at <= ? OR missed < ? OR progressed <= ? END
                 ) WHERE place = 1 ORDER BY progressed, entered, id LIMIT ?",
            )
            .bind(now.as_microsecond())
            .bind(owner)
            .bind(now.as_microsecond())
            .bind(tried_by.as_microsecond())
            .bind(missed_before.as_microsecond())
            .bind(overdue.as_microsecond())
            .bind(most)
            .fetch_all(&self.reader.pool)
            .await
            .map_err(failed)?;
            if found.is_empty() {
                return Ok(Vec::new());
            }
            let lease = Lease {
                owner: owner.to_owned(),
                now: now.as_microsecond(),
                until: until.as_microsecond(),
            };
            self.together(move |connection| Box::pin(leased(connection, found, lease)))
                .await
        })
    }

    fn release<'a>(&'a self, owner: &'a str) -> BoxFuture<'a, Result<(), Unavailable>> {
        Box::pin(async move {
            sqlx::query(
                "UPDATE batches SET owner = NULL, leased_until = 0 WHERE owner = ? AND ended IS NULL",
            )
            .bind(owner)
            .execute(&mut *self.writer.turn().await.map_err(failed)?)
            .await
            .map_err(failed)?;
            Ok(())
        })
    }

    fn open_rows(&self, id: Uuid, most: u32) -> BoxFuture<'_, Result<Vec<Open>, Unavailable>> {
        Box::pin(async move {
            let found: Vec<(u32, Vec<u8>, Option<i64>)> = sqlx::query_as(
                "SELECT row, content, CASE WHEN unread THEN tried END FROM batch_rows WHERE batch = ? AND result IS NULL
                 ORDER BY tried, row LIMIT ?",
            )
            .bind(id.to_string())
            .bind(most)
            .fetch_all(&self.reader.pool)
            .await
            .map_err(failed)?;
            found
                .into_iter()
                .map(open)
                .collect::<Result<_, _>>()
                .map_err(failed)
        })
    }

    fn put_behind(&self, id: Uuid, rows: Vec<InVain>) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(self.together(move |connection| Box::pin(put_behind(connection, id.to_string(), rows))))
    }

    fn finish(
        &self,
        id: Uuid,
        rows: Vec<Finished>,
        now: Timestamp,
    ) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(self.together(move |connection| Box::pin(finish(connection, id.to_string(), rows, now))))
    }

    fn put_off<'a>(&'a self, lent: Lent<'a>, until: Timestamp) -> BoxFuture<'a, Result<(), Unavailable>> {
        Box::pin(async move {
            sqlx::query("UPDATE batches SET retry_at = ?, missed = NULL WHERE id = ? AND owner = ?")
                .bind(until.as_microsecond())
                .bind(lent.id.to_string())
                .bind(lent.owner)
                .execute(&mut *self.writer.turn().await.map_err(failed)?)
                .await
                .map_err(failed)?;
            Ok(())
        })
    }

    fn await_registry<'a>(
        &'a self,
        lent: Lent<'a>,
        missed: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'a, Result<(), Unavailable>> {
        Box::pin(async move {
            sqlx::query("UPDATE batches SET retry_at = ?, missed = ? WHERE id = ? AND owner = ?")
                .bind(until.as_microsecond())
                .bind(missed.as_microsecond())
                .bind(lent.id.to_string())
                .bind(lent.owner)
                .execute(&mut *self.writer.turn().await.map_err(failed)?)
                .await
                .map_err(failed)?;
            Ok(())
        })
    }

    fn fail<'a>(
        &'a self,
        lent: Lent<'a>,
        reason: &'a str,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<(), Unavailable>> {
        Box::pin(async move {
            let id = lent.id.to_string();
            let ended = sqlx::query(
                "UPDATE batches SET status = 'failed', reason = ?, ended = ?, owner = NULL
                 WHERE id = ? AND owner = ? AND status IN ('queued', 'running')",
            )
            .bind(reason)
            .bind(now.as_microsecond())
            .bind(&id)
            .bind(lent.owner)
            .execute(&mut *self.writer.turn().await.map_err(failed)?)
            .await
            .map_err(failed)?;
            if ended.rows_affected() == 1 {
                self.remove_rows(&id, OPEN_ROWS).await?;
            }
            Ok(())
        })
    }

    fn results(&self, id: Uuid, after: u32, most: u32) -> BoxFuture<'_, Result<Vec<Kept>, Unavailable>> {
        Box::pin(async move {
            let found: Vec<(u32, Vec<u8>)> = sqlx::query_as(
                "SELECT row, result FROM batch_rows WHERE batch = ? AND row > ? AND result IS NOT NULL
                 ORDER BY row LIMIT ?",
            )
            .bind(id.to_string())
            .bind(after)
            .bind(most)
            .fetch_all(&self.reader.pool)
            .await
            .map_err(failed)?;
            let kept = |(row, result)| Kept { row, result };
            Ok(found.into_iter().map(kept).collect())
        })
    }

    fn clean(&self, now: Timestamp, ended_before: Timestamp) -> BoxFuture<'_, Result<u64, Unavailable>> {
        Box::pin(async move {
            let lapsed: Vec<String> = sqlx::query_scalar(
                "SELECT id FROM batches WHERE status IN ('receiving', 'removing') AND leased_until <= ? LIMIT ?",
            )
            .bind(now.as_microsecond())
            .bind(CLEANED_AT_ONCE)
            .fetch_all(&self.reader.pool)
            .await
            .map_err(failed)?;
            let over: Vec<String> =
                sqlx::query_scalar("SELECT id FROM batches WHERE ended < ? ORDER BY ended LIMIT ?")
                    .bind(ended_before.as_microsecond())
                    .bind(CLEANED_AT_ONCE)
                    .fetch_all(&self.reader.pool)
                    .await
                    .map_err(failed)?;
            let mut removed = 0_u64;
            for id in &lapsed {
                self.give_back(id).await?;
                removed = removed.saturating_add(self.remove(id).await?);
            }
            for id in &over {
                self.hide(id).await?;
                removed = removed.saturating_add(self.remove(id).await?);
            }
            Ok(removed)
        })
    }
}

impl Sqlite {
    /// Hides a draft and gives its quota back, once.
    async fn give_back(&self, id: &str) -> Result<(), Unavailable> {
        let id = id.to_owned();
        self.together(move |connection| {
            Box::pin(async move {
                sqlx::query(
                    "UPDATE batch_usage SET rows = max(0, batch_usage.rows - draft.rows)
                     FROM (SELECT client, day, rows FROM batches WHERE id = ? AND status = 'receiving') AS draft
                     WHERE batch_usage.client = draft.client AND batch_usage.day = draft.day",
                )
                .bind(&id)
                .execute(&mut *connection)
                .await?;
                sqlx::query(
                    "UPDATE batches SET status = 'removing', leased_until = 0 WHERE id = ? AND status = 'receiving'",
                )
                .bind(&id)
                .execute(connection)
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// Hides a batch that is over.
    async fn hide(&self, id: &str) -> Result<(), Unavailable> {
        sqlx::query(
            "UPDATE batches SET status = 'removing', ended = NULL, leased_until = 0 WHERE id = ? AND ended IS NOT NULL",
        )
        .bind(id)
        .execute(&mut *self.writer.turn().await.map_err(failed)?)
        .await
        .map_err(failed)?;
        Ok(())
    }

    /// Removes what nobody sees any more: the rows, and then the batch, so that nothing is left over on the way.
    async fn remove(&self, id: &str) -> Result<u64, Unavailable> {
        let rows = self.remove_rows(id, ALL_ROWS).await?;
        for part in [
            "DELETE FROM batch_counts WHERE batch = ?",
            "DELETE FROM batches WHERE id = ? AND status = 'removing'",
        ] {
            sqlx::query(part)
                .bind(id)
                .execute(&mut *self.writer.turn().await.map_err(failed)?)
                .await
                .map_err(failed)?;
        }
        Ok(rows.saturating_add(1))
    }
}
