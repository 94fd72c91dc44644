//! How do batches lie in PostgreSQL?
//!
//! Implements the port of `batches` for all gateways at once. Whatever must be true together is one statement: quota and
//! draft, result and counts, the look for work and its lease. Rows are removed page by page, so that each statement ends in
//! time; what is being removed nobody sees any more, and a removal that broke off is gone on with by the next cleaning.

use std::collections::BTreeMap;

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use uuid::Uuid;

use super::Postgres;
use crate::audit::Failure;
use crate::batches::store::{
    Claimed, Claiming, Draft, Entered, Finished, InVain, Kept, Lent, Open, Reserved, Spending, Standing,
    Status, Store, Unavailable,
};
use crate::domain::client::ClientId;

/// How many rows one removal takes.
const REMOVED_AT_ONCE: i64 = 2_000;

/// How many batches one cleaning looks at.
const CLEANED_AT_ONCE: i64 = 16;

const ALL_ROWS: &str = r#"DELETE FROM batch_rows WHERE batch = $1 AND "row" IN
    (SELECT "row" FROM batch_rows WHERE batch = $1 ORDER BY "row" LIMIT $2)"#;

const OPEN_ROWS: &str = r#"DELETE FROM batch_rows WHERE batch = $1 AND result IS NULL AND "row" IN
    (SELECT "row" FROM batch_rows WHERE batch = $1 AND result IS NULL ORDER BY tried NULLS FIRST, "row" LIMIT $2)"#;

const APPEND: &str = r#"WITH draft AS (
        UPDATE batches SET rows = rows + $2, leased_until = $3 WHERE id = $1 AND status = 'receiving' RETURNING id
    ), added AS (
        INSERT INTO batch_rows (batch, "row", content)
        SELECT id, entered.number, entered.content
        FROM draft CROSS JOIN unnest($4::bigint[], $5::bytea[]) AS entered (number, content)
    )
    SELECT count(*) FROM draft"#;

const RESERVE: &str = "WITH draft AS (
        SELECT client FROM batches WHERE id = $1 AND status = 'receiving' AND day IS NULL FOR UPDATE
    ), held AS (
        INSERT INTO batch_usage AS spent (client, day, rows) SELECT client, $2, $3 FROM draft WHERE $3 <= $4
        ON CONFLICT (day, client) DO UPDATE SET rows = spent.rows + excluded.rows
        WHERE spent.rows + excluded.rows <= $4
        RETURNING client
    ), marked AS (
        UPDATE batches SET day = $2 FROM held WHERE id = $1
    )
    SELECT EXISTS (SELECT 1 FROM held),
        coalesce((SELECT rows FROM batch_usage WHERE day = $2 AND client = draft.client), 0)
    FROM draft";

/// What waited for its client's earlier batches stands still only from its first claim on.
/// The conditions stand once more where the rows are locked: another gateway may have leased them since they were looked for.
const CLAIM: &str = "WITH oldest AS (
        SELECT DISTINCT ON (client) id AS found FROM batches
        WHERE status IN ('queued', 'running') AND (leased_until <= $1 OR owner = $2)
        AND CASE WHEN missed IS NULL THEN retry_at <= $1 ELSE retry_at <= $5 OR missed < $6 OR progressed <= $7 END
        ORDER BY client, entered, id
    ), free AS (
        SELECT id AS found, progressed AS since, entered AS at FROM batches
        WHERE id IN (SELECT found FROM oldest)
        AND status IN ('queued', 'running') AND (leased_until <= $1 OR owner = $2)
        AND CASE WHEN missed IS NULL THEN retry_at <= $1 ELSE retry_at <= $5 OR missed < $6 OR progressed <= $7 END
        ORDER BY progressed, entered, id LIMIT $4 FOR UPDATE SKIP LOCKED
    )
    UPDATE batches SET status = 'running', owner = $2, leased_until = $3,
        progressed = CASE WHEN status = 'queued' THEN $1 ELSE progressed END
    FROM free WHERE id = free.found
    RETURNING id, request, progressed, missed IS NOT NULL, free.since, free.at";

/// A row that is done, or that was removed with its cancelled batch, isn't counted.
const FINISH: &str = r#"WITH kept AS (
        UPDATE batch_rows SET content = NULL, result = finished.result
        FROM unnest($2::bigint[], $3::bytea[], $4::text[]) AS finished (number, result, outcome)
        WHERE batch = $1 AND "row" = finished.number AND batch_rows.result IS NULL
        RETURNING finished.outcome
    ), counted AS (
        INSERT INTO batch_counts AS sum (batch, outcome, count)
        SELECT $1, outcome, count(*) FROM kept GROUP BY outcome
        ON CONFLICT (batch, outcome) DO UPDATE SET count = sum.count + excluded.count
    ), total AS (
        SELECT count(*) AS kept FROM kept
    )
    UPDATE batches SET done = done + total.kept, progressed = $5, retry_at = $5, missed = NULL,
        status = CASE WHEN status IN ('queued', 'running') AND done + total.kept = rows THEN 'done' ELSE status END,
        ended = CASE WHEN status IN ('queued', 'running') AND done + total.kept = rows THEN $5 ELSE ended END,
        owner = CASE WHEN status IN ('queued', 'running') AND done + total.kept = rows THEN NULL ELSE owner END
    FROM total WHERE id = $1"#;

const PUT_BEHIND: &str = r#"UPDATE batch_rows SET tried = asked.at, unread = asked.unread
    FROM unnest($2::bigint[], $3::bigint[], $4::boolean[]) AS asked (number, at, unread)
    WHERE batch = $1 AND "row" = asked.number AND result IS NULL"#;

/// Hides a draft and gives its quota back, once.
const GIVE_BACK: &str = "WITH draft AS (
        UPDATE batches SET status = 'removing', leased_until = 0 WHERE id = $1 AND status = 'receiving'
        RETURNING client, day, rows
    )
    UPDATE batch_usage SET rows = greatest(0, batch_usage.rows - draft.rows)
    FROM draft WHERE batch_usage.client = draft.client AND batch_usage.day = draft.day";

/// Is how a batch stands, with one of its counts.
type Columns = (
    String,
    Option<String>,
    i64,
    i64,
    Option<i64>,
    Option<String>,
    Option<i64>,
);

fn failed(failure: Failure) -> Unavailable {
    tracing::error!(%failure, "the store of batches fails");
    Unavailable
}

fn time(microseconds: i64) -> Result<Timestamp, Unavailable> {
    Timestamp::from_microsecond(microseconds).map_err(|_| Unavailable)
}

fn count(kept: i64) -> Result<u64, Unavailable> {
    u64::try_from(kept).map_err(|_| Unavailable)
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

impl Store for Postgres {
    fn begin(&self, draft: Draft) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(async move {
            let statement = sqlx::query(
                "INSERT INTO batches (id, client, status, entered, progressed, retry_at, leased_until, request)
                 VALUES ($1, $2, 'receiving', $3, $3, $3, $4, $5)",
            )
            .bind(draft.id.to_string())
            .bind(draft.client.as_str())
            .bind(draft.entered_at.as_microsecond())
            .bind(draft.lapses_at.as_microsecond())
            .bind(draft.request);
            self.line().execute(statement).await.map_err(failed)?;
            Ok(())
        })
    }

    fn append(
        &self,
        id: Uuid,
        rows: Vec<Entered>,
        lapses_at: Timestamp,
    ) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(async move {
            let added = i64::try_from(rows.len()).map_err(|_| Unavailable)?;
            let (numbers, contents): (Vec<i64>, Vec<Vec<u8>>) = rows
                .into_iter()
                .map(|entered| (i64::from(entered.row), entered.content))
                .unzip();
            let question = sqlx::query_as(APPEND)
                .bind(id.to_string())
                .bind(added)
                .bind(lapses_at.as_microsecond())
                .bind(numbers)
                .bind(contents);
            match self.line().row(question).await.map_err(failed)? {
                Some((1_i64,)) => Ok(()),
                _ => Err(Unavailable),
            }
        })
    }

    fn reserve(&self, id: Uuid, spending: Spending) -> BoxFuture<'_, Result<Reserved, Unavailable>> {
        Box::pin(async move {
            let Spending { day, rows, most } = spending;
            let question = sqlx::query_as(RESERVE)
                .bind(id.to_string())
                .bind(day.to_string())
                .bind(signed(rows))
                .bind(signed(most));
            let decided: Option<(bool, i64)> = self.line().row(question).await.map_err(failed)?;
            match decided {
                Some((true, _)) => Ok(Reserved::Held),
                // What was spent is what the statement saw at first; another's spending since can only have left less.
                Some((false, spent)) => Ok(Reserved::Short {
                    left: most.saturating_sub(count(spent)?).min(rows.saturating_sub(1)),
                }),
                None => Err(Unavailable),
            }
        })
    }

    fn queue(&self, id: Uuid, now: Timestamp) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(async move {
            let statement = sqlx::query(
                "UPDATE batches SET status = 'queued', leased_until = 0, progressed = $1, retry_at = $1
                 WHERE id = $2 AND status = 'receiving' AND day IS NOT NULL",
            )
            .bind(now.as_microsecond())
            .bind(id.to_string());
            match self.line().execute(statement).await.map_err(failed)? {
                1 => Ok(()),
                _ => Err(Unavailable),
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
            let question = sqlx::query_as(
                "SELECT status, reason, rows, done, ended, outcome, count FROM batches
                 LEFT JOIN batch_counts ON batch = id WHERE id = $1 AND client = $2",
            )
            .bind(id.to_string())
            .bind(client.as_str());
            standing(self.line().rows(question).await.map_err(failed)?)
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
            let statement = sqlx::query(
                "UPDATE batches SET status = 'cancelled', ended = $1, owner = NULL
                 WHERE id = $2 AND client = $3 AND status IN ('queued', 'running')",
            )
            .bind(now.as_microsecond())
            .bind(&id)
            .bind(client.as_str());
            if self.line().execute(statement).await.map_err(failed)? == 1 {
                self.remove_rows(&id, OPEN_ROWS).await?;
            }
            Ok(())
        })
    }

    fn claim<'a>(&'a self, claiming: Claiming<'a>) -> BoxFuture<'a, Result<Vec<Claimed>, Unavailable>> {
        Box::pin(async move {
            let [tried_by, missed_before, overdue] = claiming.of_waiting();
            let question = sqlx::query_as(CLAIM)
                .bind(claiming.now.as_microsecond())
                .bind(claiming.owner)
                .bind(claiming.until.as_microsecond())
                .bind(i64::from(claiming.most))
                .bind(tried_by.as_microsecond())
                .bind(missed_before.as_microsecond())
                .bind(overdue.as_microsecond());
            let mut leased: Vec<(String, Vec<u8>, i64, bool, i64, i64)> =
                self.line().rows(question).await.map_err(failed)?;
            leased.sort_by(|one, other| (one.4, one.5, &one.0).cmp(&(other.4, other.5, &other.0)));
            leased
                .into_iter()
                .map(|(id, request, progressed, is_waiting, ..)| {
                    Ok(Claimed {
                        id: Uuid::parse_str(&id).map_err(|_| Unavailable)?,
                        request,
                        progressed_at: time(progressed)?,
                        is_waiting,
                    })
                })
                .collect()
        })
    }

    fn release<'a>(&'a self, owner: &'a str) -> BoxFuture<'a, Result<(), Unavailable>> {
        Box::pin(async move {
            let statement = sqlx::query(
                "UPDATE batches SET owner = NULL, leased_until = 0 WHERE owner = $1 AND ended IS NULL",
            )
            .bind(owner);
            self.line().execute(statement).await.map_err(failed)?;
            Ok(())
        })
    }

    fn open_rows(&self, id: Uuid, most: u32) -> BoxFuture<'_, Result<Vec<Open>, Unavailable>> {
        Box::pin(async move {
            let question = sqlx::query_as(
                r#"SELECT "row", content, CASE WHEN unread THEN tried END FROM batch_rows WHERE batch = $1 AND result IS NULL
                   ORDER BY tried NULLS FIRST, "row" LIMIT $2"#,
            )
            .bind(id.to_string())
            .bind(i64::from(most));
            let found: Vec<(i64, Vec<u8>, Option<i64>)> = self.line().rows(question).await.map_err(failed)?;
            let open = |(row, content, unread): (i64, Vec<u8>, Option<i64>)| {
                Ok(Open {
                    row: u32::try_from(row).map_err(|_| Unavailable)?,
                    content,
                    unread_at: unread.map(time).transpose()?,
                })
            };
            found.into_iter().map(open).collect()
        })
    }

    fn put_behind(&self, id: Uuid, rows: Vec<InVain>) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(async move {
            let (mut numbers, mut times, mut unread) = (Vec::new(), Vec::new(), Vec::new());
            for InVain { row, at, is_unread } in rows {
                numbers.push(i64::from(row));
                times.push(at.as_microsecond());
                unread.push(is_unread);
            }
            let statement = sqlx::query(PUT_BEHIND)
                .bind(id.to_string())
                .bind(numbers)
                .bind(times)
                .bind(unread);
            self.line().execute(statement).await.map_err(failed)?;
            Ok(())
        })
    }

    fn finish(
        &self,
        id: Uuid,
        rows: Vec<Finished>,
        now: Timestamp,
    ) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(async move {
            let (mut numbers, mut results, mut outcomes) = (Vec::new(), Vec::new(), Vec::new());
            for Finished { row, result, outcome } in rows {
                numbers.push(i64::from(row));
                results.push(result);
                outcomes.push(outcome.to_owned());
            }
            let statement = sqlx::query(FINISH)
                .bind(id.to_string())
                .bind(numbers)
                .bind(results)
                .bind(outcomes)
                .bind(now.as_microsecond());
            self.line().execute(statement).await.map_err(failed)?;
            Ok(())
        })
    }

    fn put_off<'a>(&'a self, lent: Lent<'a>, until: Timestamp) -> BoxFuture<'a, Result<(), Unavailable>> {
        Box::pin(async move {
            let statement =
                sqlx::query("UPDATE batches SET retry_at = $1, missed = NULL WHERE id = $2 AND owner = $3")
                    .bind(until.as_microsecond())
                    .bind(lent.id.to_string())
                    .bind(lent.owner);
            self.line().execute(statement).await.map_err(failed)?;
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
            let statement =
                sqlx::query("UPDATE batches SET retry_at = $1, missed = $2 WHERE id = $3 AND owner = $4")
                    .bind(until.as_microsecond())
                    .bind(missed.as_microsecond())
                    .bind(lent.id.to_string())
                    .bind(lent.owner);
            self.line().execute(statement).await.map_err(failed)?;
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
            let statement = sqlx::query(
                "UPDATE batches SET status = 'failed', reason = $1, ended = $2, owner = NULL
                 WHERE id = $3 AND owner = $4 AND status IN ('queued', 'running')",
            )
            .bind(reason)
            .bind(now.as_microsecond())
            .bind(&id)
            .bind(lent.owner);
            if self.line().execute(statement).await.map_err(failed)? == 1 {
                self.remove_rows(&id, OPEN_ROWS).await?;
            }
            Ok(())
        })
    }

    fn results(&self, id: Uuid, after: u32, most: u32) -> BoxFuture<'_, Result<Vec<Kept>, Unavailable>> {
        Box::pin(async move {
            let question = sqlx::query_as(
                r#"SELECT "row", result FROM batch_rows WHERE batch = $1 AND "row" > $2 AND result IS NOT NULL
                   ORDER BY "row" LIMIT $3"#,
            )
            .bind(id.to_string())
            .bind(i64::from(after))
            .bind(i64::from(most));
            let found: Vec<(i64, Vec<u8>)> = self.line().rows(question).await.map_err(failed)?;
            let kept = |(row, result)| {
                let row = u32::try_from(row).map_err(|_| Unavailable)?;
                Ok(Kept { row, result })
            };
            found.into_iter().map(kept).collect()
        })
    }

    fn clean(&self, now: Timestamp, ended_before: Timestamp) -> BoxFuture<'_, Result<u64, Unavailable>> {
        Box::pin(async move {
            let lapsed = sqlx::query_as(
                "SELECT id FROM batches WHERE status IN ('receiving', 'removing') AND leased_until <= $1 LIMIT $2",
            )
            .bind(now.as_microsecond())
            .bind(CLEANED_AT_ONCE);
            let over = sqlx::query_as("SELECT id FROM batches WHERE ended < $1 ORDER BY ended LIMIT $2")
                .bind(ended_before.as_microsecond())
                .bind(CLEANED_AT_ONCE);
            let lapsed: Vec<(String,)> = self.line().rows(lapsed).await.map_err(failed)?;
            let over: Vec<(String,)> = self.line().rows(over).await.map_err(failed)?;
            let mut removed = 0_u64;
            for (id,) in &lapsed {
                self.give_back(id).await?;
                removed = removed.saturating_add(self.remove(id).await?);
            }
            for (id,) in &over {
                self.hide(id).await?;
                removed = removed.saturating_add(self.remove(id).await?);
            }
            Ok(removed)
        })
    }
}

impl Postgres {
    async fn give_back(&self, id: &str) -> Result<(), Unavailable> {
        let statement = sqlx::query(GIVE_BACK).bind(id);
        self.line().execute(statement).await.map_err(failed)?;
        Ok(())
    }

    /// Hides a batch that is over.
    async fn hide(&self, id: &str) -> Result<(), Unavailable> {
        let statement = sqlx::query(
            "UPDATE batches SET status = 'removing', ended = NULL, leased_until = 0 WHERE id = $1 AND ended IS NOT NULL",
        )
        .bind(id);
        self.line().execute(statement).await.map_err(failed)?;
        Ok(())
    }

    /// Removes what nobody sees any more: the rows, and then the batch, so that nothing is left over on the way.
    async fn remove(&self, id: &str) -> Result<u64, Unavailable> {
        let rows = self.remove_rows(id, ALL_ROWS).await?;
        for part in [
            "DELETE FROM batch_counts WHERE batch = $1",
            "DELETE FROM batches WHERE id = $1 AND status = 'removing'",
        ] {
            self.line()
                .execute(sqlx::query(part).bind(id))
                .await
                .map_err(failed)?;
        }
        Ok(rows.saturating_add(1))
    }

    /// Removes a batch's rows page by page, all of them or those without a result.
    async fn remove_rows(&self, id: &str, which: &'static str) -> Result<u64, Unavailable> {
        let mut removed = 0_u64;
        loop {
            let statement = sqlx::query(which).bind(id).bind(REMOVED_AT_ONCE);
            let page = self.line().execute(statement).await.map_err(failed)?;
            removed = removed.saturating_add(page);
            if page < REMOVED_AT_ONCE.unsigned_abs() {
                return Ok(removed);
            }
        }
    }
}

/// Puts a batch and its counts together; nothing for one that nobody may see.
fn standing(found: Vec<Columns>) -> Result<Option<Standing>, Unavailable> {
    let mut counts = BTreeMap::new();
    let mut stands = None;
    for (status, reason, rows, done, ended, outcome, counted) in found {
        if let Some((outcome, counted)) = outcome.zip(counted) {
            counts.insert(outcome, count(counted)?);
        }
        stands = Some((status, reason, rows, done, ended));
    }
    let Some((status, reason, rows, done, ended)) = stands else {
        return Ok(None);
    };
    let Some(status) = Status::of_word(&status) else {
        return Ok(None);
    };
    Ok(Some(Standing {
        status,
        reason,
        rows: count(rows)?,
        done: count(done)?,
        counts,
        ended_at: ended.map(time).transpose()?,
    }))
}
