//! How do confirmations lie in SQLite?
//!
//! Implements the port of `confirmations`. A row, its subjects and the count of its status list are one transaction on the
//! writing connection; reads go to the readers, which never wait for it. That no place is given twice is the table's own
//! rule, so two gateways that draw the same one can't both have it.

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use sqlx::{Connection as _, SqliteConnection};

use super::{Sqlite, failure};
use crate::confirmations::store::{Entered, Filling, Held, Place, Row, Standing, Store};
use crate::confirmations::{Id, Reason, Unavailable};
use crate::sealing::Pseudonym;

/// How many rows one cleaning removes, so that nobody waits long for the writing connection.
const REMOVED_AT_ONCE: u32 = 1_000;

fn failed(error: sqlx::Error) -> Unavailable {
    tracing::error!(failure = %failure(&error), "the store of confirmations fails");
    Unavailable
}

fn time(microseconds: i64) -> Result<Timestamp, Unavailable> {
    Timestamp::from_microsecond(microseconds).map_err(|_| Unavailable)
}

fn standing((expires, revoked): (i64, Option<i64>)) -> Result<Standing, Unavailable> {
    Ok(Standing {
        expires_at: time(expires)?,
        revoked_at: revoked.map(time).transpose()?,
    })
}

impl Store for Sqlite {
    fn filling(&self) -> BoxFuture<'_, Result<Filling, Unavailable>> {
        Box::pin(async move {
            let (list, given) =
                sqlx::query_as("SELECT list, given FROM status_lists ORDER BY list DESC LIMIT 1")
                    .fetch_one(&self.reader.pool)
                    .await
                    .map_err(failed)?;
            Ok(Filling { list, given })
        })
    }

    fn enter(&self, row: Row) -> BoxFuture<'_, Result<Entered, Unavailable>> {
        Box::pin(async move {
            let mut connection = self.writer.turn().await.map_err(failed)?;
            let entered = enter(&mut connection, &row).await.map_err(failed);
            if entered.is_err() {
                // As with the audit rows: after a failed commit only a fresh connection can begin again.
                connection.close().await;
            }
            entered
        })
    }

    fn find(&self, id: Id) -> BoxFuture<'_, Result<Option<Held>, Unavailable>> {
        Box::pin(async move {
            let found: Option<(String, i64, Option<i64>, Vec<u8>)> =
                sqlx::query_as("SELECT client, expires, revoked, content FROM confirmations WHERE id = ?")
                    .bind(id.to_string())
                    .fetch_optional(&self.reader.pool)
                    .await
                    .map_err(failed)?;
            let held = |(client, expires, revoked, sealed)| {
                Ok(Held {
                    client,
                    standing: standing((expires, revoked))?,
                    sealed,
                })
            };
            found.map(held).transpose()
        })
    }

    fn standing(&self, place: Place) -> BoxFuture<'_, Result<Option<Standing>, Unavailable>> {
        Box::pin(async move {
            let found =
                sqlx::query_as("SELECT expires, revoked FROM confirmations WHERE list = ? AND place = ?")
                    .bind(place.list)
                    .bind(place.index)
                    .fetch_optional(&self.reader.pool)
                    .await
                    .map_err(failed)?;
            found.map(standing).transpose()
        })
    }

    fn revoke(
        &self,
        person: Pseudonym,
        reason: Reason,
        now: Timestamp,
    ) -> BoxFuture<'_, Result<u64, Unavailable>> {
        Box::pin(async move {
            let revoked = sqlx::query(
                "UPDATE confirmations SET revoked = ?, reason = ?
                 WHERE revoked IS NULL AND expires > ?
                 AND id IN (SELECT confirmation FROM confirmation_subjects WHERE person = ?)",
            )
            .bind(now.as_microsecond())
            .bind(reason.as_str())
            .bind(now.as_microsecond())
            .bind(person.to_string())
            .execute(&mut *self.writer.turn().await.map_err(failed)?)
            .await
            .map_err(failed)?;
            Ok(revoked.rows_affected())
        })
    }

    fn lived_elsewhere(
        &self,
        person: Pseudonym,
        living: Pseudonym,
        now: Timestamp,
    ) -> BoxFuture<'_, Result<bool, Unavailable>> {
        Box::pin(async move {
            sqlx::query_scalar(
                "SELECT EXISTS (
                     SELECT 1 FROM confirmation_subjects AS own
                     JOIN confirmations ON id = own.confirmation
                     WHERE own.person = ? AND revoked IS NULL AND expires > ?
                     AND NOT EXISTS (SELECT 1 FROM confirmation_subjects AS beside
                                     WHERE beside.person = ? AND beside.confirmation = own.confirmation))",
            )
            .bind(person.to_string())
            .bind(now.as_microsecond())
            .bind(living.to_string())
            .fetch_one(&self.reader.pool)
            .await
            .map_err(failed)
        })
    }

    fn revoked(&self, list: u32) -> BoxFuture<'_, Result<Vec<u32>, Unavailable>> {
        Box::pin(async move {
            sqlx::query_scalar("SELECT place FROM confirmations WHERE list = ? AND revoked IS NOT NULL")
                .bind(list)
                .fetch_all(&self.reader.pool)
                .await
                .map_err(failed)
        })
    }

    fn clean(&self, before: Timestamp) -> BoxFuture<'_, Result<u64, Unavailable>> {
        Box::pin(async move {
            let removed = sqlx::query(
                "DELETE FROM confirmations WHERE id IN
                 (SELECT id FROM confirmations WHERE expires <= ? ORDER BY expires LIMIT ?)",
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

async fn enter(connection: &mut SqliteConnection, row: &Row) -> sqlx::Result<Entered> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let entered = sqlx::query(
        "INSERT INTO confirmations (id, client, list, place, issued, expires, content)
         VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (list, place) DO NOTHING",
    )
    .bind(row.id.to_string())
    .bind(row.client.as_str())
    .bind(row.place.list)
    .bind(row.place.index)
    .bind(row.issued_at.as_microsecond())
    .bind(row.expires_at.as_microsecond())
    .bind(row.sealed.as_slice())
    .execute(&mut *transaction)
    .await?;
    if entered.rows_affected() == 0 {
        transaction.rollback().await?;
        return Ok(Entered::PlaceTaken);
    }
    for person in &row.subjects {
        sqlx::query("INSERT OR IGNORE INTO confirmation_subjects (person, confirmation) VALUES (?, ?)")
            .bind(person.to_string())
            .bind(row.id.to_string())
            .execute(&mut *transaction)
            .await?;
    }
    sqlx::query(
        "INSERT INTO status_lists (list, given) VALUES (?, 1)
         ON CONFLICT (list) DO UPDATE SET given = given + 1",
    )
    .bind(row.place.list)
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(Entered::Kept)
}
