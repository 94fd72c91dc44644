//! How do operators' changes lie in SQLite?
//!
//! Implements the port of `register`: one table, each change a row that is only ever added, or let go of while it is
//! intended. A change gets its number in one statement on the one writing connection, so numbers grow as they can be seen.

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;
use uuid::Uuid;

use super::{Sqlite, failure};
use crate::register::{Change, Numbered, Store, Unavailable, What};

fn failed(error: sqlx::Error) -> Unavailable {
    tracing::error!(failure = %failure(&error), "the store of the register fails");
    Unavailable
}

fn unreadable() -> Unavailable {
    tracing::error!("the store of the register holds what this version can't read");
    Unavailable
}

/// Reads a change; a row that can't be read stops everything, since it could be a suspension.
fn change(row: &SqliteRow) -> Result<Change, Unavailable> {
    let text = |name: &str| row.try_get::<String, _>(name).map_err(failed);
    let optional = |name: &str| row.try_get::<Option<String>, _>(name).map_err(failed);
    let (what, content) = (text("what")?, optional("content")?);
    let reason = optional("reason")?.map(|reason| reason.parse()).transpose();
    let at: i64 = row.try_get("at").map_err(failed)?;
    let client = optional("client")?.map(|client| client.parse()).transpose();
    let change = Change {
        transaction_id: text("transaction_id")?.parse().map_err(|_| unreadable())?,
        client: client.map_err(|_| unreadable())?,
        what: What::read(&what, content.as_deref()).ok_or_else(unreadable)?,
        operator: text("operator")?.parse().map_err(|_| unreadable())?,
        reason: reason.map_err(|_| unreadable())?,
        at: Timestamp::from_microsecond(at).map_err(|_| unreadable())?,
    };
    Some(change).filter(Change::is_whole).ok_or_else(unreadable)
}

impl Store for Sqlite {
    fn intend<'a>(&'a self, gateway: &'a str, change: &'a Change) -> BoxFuture<'a, Result<(), Unavailable>> {
        Box::pin(async move {
            sqlx::query(
                "INSERT INTO register_changes (transaction_id, gateway, client, what, content, operator, reason, at)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            )
            .bind(change.transaction_id.to_string())
            .bind(gateway)
            .bind(change.client.as_ref().map(|client| client.as_str()))
            .bind(change.what.word())
            .bind(change.what.content())
            .bind(change.operator.as_str())
            .bind(change.reason.as_ref().map(|reason| reason.as_str()))
            .bind(change.at.as_microsecond())
            .execute(&mut *self.writer.turn().await.map_err(failed)?)
            .await
            .map_err(failed)?;
            Ok(())
        })
    }

    fn put_in_force(&self, transaction_id: Uuid) -> BoxFuture<'_, Result<(), Unavailable>> {
        let text = "UPDATE register_changes
                    SET number = (SELECT coalesce(max(number), 0) + 1 FROM register_changes)
                    WHERE transaction_id = ? AND number IS NULL";
        Box::pin(self.change(text, transaction_id))
    }

    fn give_up(&self, transaction_id: Uuid) -> BoxFuture<'_, Result<(), Unavailable>> {
        let text = "DELETE FROM register_changes WHERE transaction_id = ? AND number IS NULL";
        Box::pin(self.change(text, transaction_id))
    }

    fn intended<'a>(&'a self, gateway: &'a str) -> BoxFuture<'a, Result<Vec<Change>, Unavailable>> {
        Box::pin(async move {
            let rows = sqlx::query(
                "SELECT * FROM register_changes WHERE number IS NULL AND gateway = ? ORDER BY at, transaction_id",
            )
            .bind(gateway)
            .fetch_all(&self.reader.pool)
            .await
            .map_err(failed)?;
            rows.iter().map(change).collect()
        })
    }

    fn since(&self, number: u64) -> BoxFuture<'_, Result<Vec<Numbered>, Unavailable>> {
        Box::pin(async move {
            let number = i64::try_from(number).map_err(|_| Unavailable)?;
            let rows = sqlx::query("SELECT * FROM register_changes WHERE number > ? ORDER BY number")
                .bind(number)
                .fetch_all(&self.reader.pool)
                .await
                .map_err(failed)?;
            let numbered = |row: &SqliteRow| {
                let number: i64 = row.try_get("number").map_err(failed)?;
                Ok(Numbered {
                    number: u64::try_from(number).map_err(|_| unreadable())?,
                    change: change(row)?,
                })
            };
            rows.iter().map(numbered).collect()
        })
    }
}

impl Sqlite {
    async fn change(&self, text: &'static str, transaction_id: Uuid) -> Result<(), Unavailable> {
        sqlx::query(text)
            .bind(transaction_id.to_string())
            .execute(&mut *self.writer.turn().await.map_err(failed)?)
            .await
            .map_err(failed)?;
        Ok(())
    }
}
