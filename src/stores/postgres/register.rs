//! How do operators' changes lie in PostgreSQL?
//!
//! Implements the port of `register`: one table, each change a row that is only ever added, or let go of while it is
//! intended. The next number is one more than the highest that can be seen; a second gateway that takes the same waits for
//! the first's commit, is refused by the unique index and tries again a second later. So numbers grow as they can be seen.

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use uuid::Uuid;

use super::Postgres;
use crate::audit::Failure;
use crate::register::{Change, Numbered, Store, Unavailable, What};

/// Number, id, client, word, content, operator, reason, time.
type Row = (
    Option<i64>,
    String,
    Option<String>,
    String,
    Option<String>,
    String,
    Option<String>,
    i64,
);

fn failed(failure: Failure) -> Unavailable {
    tracing::error!(%failure, "the store of the register fails");
    Unavailable
}

/// Reads a change; a row that can't be read stops everything, since it could be a suspension.
fn change((_, id, client, what, content, operator, reason, at): Row) -> Result<Change, Unavailable> {
    let read = || {
        Some(Change {
            transaction_id: id.parse().ok()?,
            client: match client {
                Some(client) => Some(client.parse().ok()?),
                None => None,
            },
            what: What::read(&what, content.as_deref())?,
            operator: operator.parse().ok()?,
            reason: match reason {
                Some(reason) => Some(reason.parse().ok()?),
                None => None,
            },
            at: Timestamp::from_microsecond(at).ok()?,
        })
    };
    read().filter(Change::is_whole).ok_or_else(|| {
        tracing::error!("the store of the register holds what this version can't read");
        Unavailable
    })
}

impl Store for Postgres {
    fn intend<'a>(&'a self, gateway: &'a str, change: &'a Change) -> BoxFuture<'a, Result<(), Unavailable>> {
        Box::pin(async move {
            let statement = sqlx::query(
                "INSERT INTO register_changes (transaction_id, gateway, client, what, content, operator, reason, at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            )
            .bind(change.transaction_id.to_string())
            .bind(gateway)
            .bind(change.client.as_ref().map(|client| client.as_str()))
            .bind(change.what.word())
            .bind(change.what.content())
            .bind(change.operator.as_str())
            .bind(change.reason.as_ref().map(|reason| reason.as_str()))
            .bind(change.at.as_microsecond());
            self.line().execute(statement).await.map_err(failed)?;
            Ok(())
        })
    }

    fn put_in_force(&self, transaction_id: Uuid) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(async move {
            let statement = sqlx::query(
                "UPDATE register_changes SET number = (SELECT coalesce(max(number), 0) + 1 FROM register_changes)
                 WHERE transaction_id = $1 AND number IS NULL",
            )
            .bind(transaction_id.to_string());
            self.line().execute(statement).await.map_err(failed)?;
            Ok(())
        })
    }

    fn give_up(&self, transaction_id: Uuid) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(async move {
            let statement =
                sqlx::query("DELETE FROM register_changes WHERE transaction_id = $1 AND number IS NULL")
                    .bind(transaction_id.to_string());
            self.line().execute(statement).await.map_err(failed)?;
            Ok(())
        })
    }

    fn intended<'a>(&'a self, gateway: &'a str) -> BoxFuture<'a, Result<Vec<Change>, Unavailable>> {
        Box::pin(async move {
            let question = sqlx::query_as(
                "SELECT number, transaction_id, client, what, content, operator, reason, at FROM register_changes
                 WHERE number IS NULL AND gateway = $1 ORDER BY at, transaction_id",
            )
            .bind(gateway);
            let rows: Vec<Row> = self.line().rows(question).await.map_err(failed)?;
            rows.into_iter().map(change).collect()
        })
    }

    fn since(&self, number: u64) -> BoxFuture<'_, Result<Vec<Numbered>, Unavailable>> {
        Box::pin(async move {
            let question = sqlx::query_as(
                "SELECT number, transaction_id, client, what, content, operator, reason, at FROM register_changes
                 WHERE number > $1 ORDER BY number",
            )
            .bind(i64::try_from(number).map_err(|_| Unavailable)?);
            let rows: Vec<Row> = self.line().rows(question).await.map_err(failed)?;
            let numbered = |row: Row| {
                let number = row
                    .0
                    .and_then(|number| u64::try_from(number).ok())
                    .ok_or(Unavailable)?;
                Ok(Numbered {
                    number,
                    change: change(row)?,
                })
            };
            rows.into_iter().map(numbered).collect()
        })
    }
}
