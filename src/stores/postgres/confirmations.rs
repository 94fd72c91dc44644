//! How do confirmations lie in PostgreSQL?
//!
//! Implements the port of `confirmations` for all gateways at once. A row, its subjects and the count of its status list are
//! one statement. That no place is given twice is the table's own rule, so two gateways that draw the same one can't both
//! have it.

use futures_util::future::BoxFuture;
use jiff::Timestamp;

use super::Postgres;
use crate::audit::Failure;
use crate::confirmations::store::{Entered, Filling, Held, Place, Row, Standing, Store};
use crate::confirmations::{Id, Reason, Unavailable};
use crate::sealing::Pseudonym;

/// How many rows one cleaning removes, so that it ends in time.
const REMOVED_AT_ONCE: i64 = 1_000;

fn failed(failure: Failure) -> Unavailable {
    tracing::error!(%failure, "the store of confirmations fails");
    Unavailable
}

fn time(microseconds: i64) -> Result<Timestamp, Unavailable> {
    Timestamp::from_microsecond(microseconds).map_err(|_| Unavailable)
}

fn number(kept: i64) -> Result<u32, Unavailable> {
    u32::try_from(kept).map_err(|_| Unavailable)
}

fn standing((expires, revoked): (i64, Option<i64>)) -> Result<Standing, Unavailable> {
    Ok(Standing {
        expires_at: time(expires)?,
        revoked_at: revoked.map(time).transpose()?,
    })
}

impl Store for Postgres {
    fn filling(&self) -> BoxFuture<'_, Result<Filling, Unavailable>> {
        Box::pin(async move {
            let question = sqlx::query_as("SELECT list, given FROM status_lists ORDER BY list DESC LIMIT 1");
            let newest: Option<(i64, i64)> = self.line().row(question).await.map_err(failed)?;
            let (list, given) = newest.ok_or(Unavailable)?;
            Ok(Filling {
                list: number(list)?,
                given: number(given)?,
            })
        })
    }

    fn enter(&self, row: Row) -> BoxFuture<'_, Result<Entered, Unavailable>> {
        Box::pin(async move {
            let subjects: Vec<String> = row.subjects.iter().map(Pseudonym::to_string).collect();
            let question = sqlx::query_as(
                "WITH entered AS (
                     INSERT INTO confirmations (id, client, list, place, issued, expires, content)
                     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (list, place) DO NOTHING
                     RETURNING id, list
                 ), about AS (
                     INSERT INTO confirmation_subjects (person, confirmation)
                     SELECT DISTINCT person, id FROM entered CROSS JOIN unnest($8::text[]) AS person
                 ), counted AS (
                     INSERT INTO status_lists AS filled (list, given) SELECT list, 1 FROM entered
                     ON CONFLICT (list) DO UPDATE SET given = filled.given + 1
                 )
                 SELECT count(*) FROM entered",
            )
            .bind(row.id.to_string())
            .bind(row.client.as_str())
            .bind(i64::from(row.place.list))
            .bind(i64::from(row.place.index))
            .bind(row.issued_at.as_microsecond())
            .bind(row.expires_at.as_microsecond())
            .bind(row.sealed.as_slice())
            .bind(subjects);
            let entered: Option<(i64,)> = self.line().row(question).await.map_err(failed)?;
            match entered {
                Some((1,)) => Ok(Entered::Kept),
                Some(_) => Ok(Entered::PlaceTaken),
                None => Err(Unavailable),
            }
        })
    }

    fn find(&self, id: Id) -> BoxFuture<'_, Result<Option<Held>, Unavailable>> {
        Box::pin(async move {
            let question =
                sqlx::query_as("SELECT client, expires, revoked, content FROM confirmations WHERE id = $1")
                    .bind(id.to_string());
            let found: Option<(String, i64, Option<i64>, Vec<u8>)> =
                self.line().row(question).await.map_err(failed)?;
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
            let question =
                sqlx::query_as("SELECT expires, revoked FROM confirmations WHERE list = $1 AND place = $2")
                    .bind(i64::from(place.list))
                    .bind(i64::from(place.index));
            let found = self.line().row(question).await.map_err(failed)?;
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
            let statement = sqlx::query(
                "UPDATE confirmations SET revoked = $1, reason = $2
                 WHERE revoked IS NULL AND expires > $1
                 AND id IN (SELECT confirmation FROM confirmation_subjects WHERE person = $3)",
            )
            .bind(now.as_microsecond())
            .bind(reason.as_str())
            .bind(person.to_string());
            self.line().execute(statement).await.map_err(failed)
        })
    }

    fn lived_elsewhere(
        &self,
        person: Pseudonym,
        living: Pseudonym,
        now: Timestamp,
    ) -> BoxFuture<'_, Result<bool, Unavailable>> {
        Box::pin(async move {
            let question = sqlx::query_as(
                "SELECT EXISTS (
                     SELECT 1 FROM confirmation_subjects AS own
                     JOIN confirmations ON id = own.confirmation
                     WHERE own.person = $1 AND revoked IS NULL AND expires > $2
                     AND NOT EXISTS (SELECT 1 FROM confirmation_subjects AS beside
                                     WHERE beside.person = $3 AND beside.confirmation = own.confirmation))",
            )
            .bind(person.to_string())
            .bind(now.as_microsecond())
            .bind(living.to_string());
            let found: Option<(bool,)> = self.line().row(question).await.map_err(failed)?;
            found.map(|(exists,)| exists).ok_or(Unavailable)
        })
    }

    fn revoked(&self, list: u32) -> BoxFuture<'_, Result<Vec<u32>, Unavailable>> {
        Box::pin(async move {
            let question =
                sqlx::query_as("SELECT place FROM confirmations WHERE list = $1 AND revoked IS NOT NULL")
                    .bind(i64::from(list));
            let places: Vec<(i64,)> = self.line().rows(question).await.map_err(failed)?;
            places.into_iter().map(|(place,)| number(place)).collect()
        })
    }

    fn clean(&self, before: Timestamp) -> BoxFuture<'_, Result<u64, Unavailable>> {
        Box::pin(async move {
            let statement = sqlx::query(
                "DELETE FROM confirmations WHERE id IN
                 (SELECT id FROM confirmations WHERE expires <= $1
                  ORDER BY expires LIMIT $2 FOR UPDATE SKIP LOCKED)",
            )
            .bind(before.as_microsecond())
            .bind(REMOVED_AT_ONCE);
            self.line().execute(statement).await.map_err(failed)
        })
    }
}
