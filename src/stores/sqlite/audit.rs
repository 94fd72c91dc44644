//! How do audit rows lie in SQLite?
//!
//! Implements the audit log's port. Appending blocks the thread that asks for it (`appending`). Reading trusts nothing: columns of an impossible form are reported as damage.

use std::ops::Range;

use super::{Reader, Sqlite, failure};
use crate::audit::{Archive, Batch, Failure, Frontier, Held, Kept, LogName, Store, Usage, Whose};
use futures_util::future::BoxFuture;
use jiff::civil::Date;

/// Is a row as the columns stand: index, time, person, leaf, body.
type Columns = (i64, i64, Option<String>, Vec<u8>, String);

fn signed(number: u64) -> Result<i64, Failure> {
    i64::try_from(number).map_err(|_| Failure::Full)
}

fn unsigned(number: i64) -> Result<u64, Failure> {
    u64::try_from(number).map_err(|_| Failure::Corrupt)
}

fn failed(error: sqlx::Error) -> Failure {
    failure(&error)
}

impl Archive for Reader {
    fn held(&self) -> BoxFuture<'_, Result<Held, Failure>> {
        Box::pin(async {
            let newest: Option<(i64, String)> =
                sqlx::query_as("SELECT size, note FROM audit_checkpoints ORDER BY size DESC LIMIT 1")
                    .fetch_optional(&self.pool)
                    .await
                    .map_err(failed)?;
            let log: Option<(String, i64, Vec<u8>)> =
                sqlx::query_as("SELECT log, size, frontier FROM audit_log")
                    .fetch_optional(&self.pool)
                    .await
                    .map_err(failed)?;
            let last: Option<i64> =
                sqlx::query_scalar(r#"SELECT "index" FROM audit_rows ORDER BY "index" DESC LIMIT 1"#)
                    .fetch_optional(&self.pool)
                    .await
                    .map_err(failed)?;
            let Some((log, size, edge)) = log else {
                return Ok(Held::default());
            };
            let frontier = Frontier::of_bytes(unsigned(size)?, &edge).ok_or(Failure::Corrupt)?;
            let newest = newest
                .map(|(size, note)| Ok::<_, Failure>((unsigned(size)?, note)))
                .transpose()?;
            Ok(Held {
                log: Some(log.parse().map_err(|_| Failure::Corrupt)?),
                rows: last.map_or(Ok(0), |last| unsigned(last).map(|last| last.saturating_add(1)))?,
                frontier,
                newest,
            })
        })
    }

    fn rows(&self, from: u64, times: Range<i64>, limit: u32) -> BoxFuture<'_, Result<Vec<Kept>, Failure>> {
        Box::pin(async move {
            let rows: Vec<Columns> = sqlx::query_as(
                r#"SELECT "index", time, person, leaf, body FROM audit_rows
                   WHERE "index" >= ? AND time >= ? AND time < ? ORDER BY "index" LIMIT ?"#,
            )
            .bind(signed(from)?)
            .bind(times.start)
            .bind(times.end)
            .bind(limit)
            .fetch_all(&self.pool)
            .await
            .map_err(failed)?;
            rows.into_iter()
                .map(|(index, time, person, leaf, body)| {
                    Ok(Kept {
                        index: unsigned(index)?,
                        time,
                        person,
                        leaf,
                        body,
                    })
                })
                .collect()
        })
    }

    fn checkpoints(&self, size: u64, limit: u32) -> BoxFuture<'_, Result<Vec<(u64, String)>, Failure>> {
        Box::pin(async move {
            let notes: Vec<(i64, String)> = sqlx::query_as(
                "SELECT size, note FROM audit_checkpoints WHERE size >= ? ORDER BY size LIMIT ?",
            )
            .bind(signed(size)?)
            .bind(limit)
            .fetch_all(&self.pool)
            .await
            .map_err(failed)?;
            notes
                .into_iter()
                .map(|(size, note)| Ok((unsigned(size)?, note)))
                .collect()
        })
    }

    fn usage(&self, whose: Whose, first: Date, last: Date) -> BoxFuture<'_, Result<Vec<Usage>, Failure>> {
        Box::pin(async move {
            let client = match &whose {
                Whose::Everyone => None,
                Whose::Client(client) => Some(client.as_str()),
            };
            let sums: Vec<(String, String, i64)> = sqlx::query_as(
                "SELECT client, day, calls FROM audit_usage
                 WHERE day BETWEEN ? AND ? AND client = coalesce(?, client) ORDER BY day, client",
            )
            .bind(first.to_string())
            .bind(last.to_string())
            .bind(client)
            .fetch_all(&self.pool)
            .await
            .map_err(failed)?;
            sums.into_iter()
                .map(|(client, day, calls)| {
                    Ok(Usage {
                        client: client.parse().map_err(|_| Failure::Corrupt)?,
                        day: day.parse().map_err(|_| Failure::Corrupt)?,
                        calls: unsigned(calls)?,
                    })
                })
                .collect()
        })
    }
}

impl Archive for Sqlite {
    fn held(&self) -> BoxFuture<'_, Result<Held, Failure>> {
        self.reader.held()
    }

    fn rows(&self, from: u64, times: Range<i64>, limit: u32) -> BoxFuture<'_, Result<Vec<Kept>, Failure>> {
        self.reader.rows(from, times, limit)
    }

    fn checkpoints(&self, size: u64, limit: u32) -> BoxFuture<'_, Result<Vec<(u64, String)>, Failure>> {
        self.reader.checkpoints(size, limit)
    }

    fn usage(&self, whose: Whose, first: Date, last: Date) -> BoxFuture<'_, Result<Vec<Usage>, Failure>> {
        self.reader.usage(whose, first, last)
    }
}

impl Store for Sqlite {
    fn claim<'a>(&'a self, log: &'a LogName) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move {
            sqlx::query("INSERT INTO audit_log (only, log, size, frontier) VALUES (1, ?, 0, x'') ON CONFLICT DO NOTHING")
                .bind(log.as_str())
                .execute(&mut *self.writer.turn().await.map_err(failed)?)
                .await
                .map_err(failed)?;
            let owner: String = sqlx::query_scalar("SELECT log FROM audit_log")
                .fetch_one(&mut *self.writer.turn().await.map_err(failed)?)
                .await
                .map_err(failed)?;
            if owner == log.as_str() {
                Ok(())
            } else {
                Err(Failure::OtherLog)
            }
        })
    }

    fn append(&self, batch: Batch) -> BoxFuture<'_, Result<(), Failure>> {
        Box::pin(async move {
            let turn = self.writer.permit().await.map_err(failed)?;
            let written = self.appending.append(&batch);
            drop(turn);
            written
        })
    }
}
