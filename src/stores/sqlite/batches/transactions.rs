//! What is done to a batch in one transaction, and what does a row of its table say?
//!
//! The steps of `batches` that must be true together or not at all, each over the connection of its transaction.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};
use uuid::Uuid;

use crate::batches::store::{Claimed, Finished, InVain, Open, Reserved, Spending, Standing, Status};

pub(super) async fn reserve(
    connection: &mut SqliteConnection,
    id: Uuid,
    spending: Spending,
) -> Result<Reserved, sqlx::Error> {
    let Spending { day, rows, most } = spending;
    let (id, day) = (id.to_string(), day.to_string());
    let (client, spent): (String, i64) = sqlx::query_as(
        "SELECT batches.client, coalesce(batch_usage.rows, 0) FROM batches
         LEFT JOIN batch_usage ON batch_usage.client = batches.client AND batch_usage.day = ?
         WHERE id = ? AND status = 'receiving' AND batches.day IS NULL",
    )
    .bind(&day)
    .bind(&id)
    .fetch_one(&mut *connection)
    .await?;
    let left = most.saturating_sub(u64::try_from(spent).unwrap_or_default());
    if rows > left {
        return Ok(Reserved::Short { left });
    }
    sqlx::query(
        "INSERT INTO batch_usage (client, day, rows) VALUES (?, ?, ?)
         ON CONFLICT (day, client) DO UPDATE SET rows = rows + excluded.rows",
    )
    .bind(&client)
    .bind(&day)
    .bind(i64::try_from(rows).unwrap_or(i64::MAX))
    .execute(&mut *connection)
    .await?;
    sqlx::query("UPDATE batches SET day = ? WHERE id = ?")
        .bind(&day)
        .bind(&id)
        .execute(connection)
        .await?;
    Ok(Reserved::Held)
}

/// Is a batch that may be claimed: its name, its request, and when a row of it was last done, once one was to be, and whether
/// it waits for the registry.
pub(super) type Claimable = (String, Vec<u8>, Option<i64>, bool);

/// Is for whom, since when and until when.
pub(super) struct Lease {
    pub owner: String,
    pub now: i64,
    pub until: i64,
}

pub(super) async fn leased(
    connection: &mut SqliteConnection,
    found: Vec<Claimable>,
    lease: Lease,
) -> Result<Vec<Claimed>, sqlx::Error> {
    let mut claimed = Vec::with_capacity(found.len());
    for (id, request, progressed, is_waiting) in found {
        // What waited for its client's earlier batches stands still only from now on.
        let progressed = progressed.unwrap_or(lease.now);
        let leased = sqlx::query(
            "UPDATE batches SET status = 'running', owner = ?, leased_until = ?, progressed = ?
             WHERE id = ? AND status IN ('queued', 'running')",
        )
        .bind(&lease.owner)
        .bind(lease.until)
        .bind(progressed)
        .bind(&id)
        .execute(&mut *connection)
        .await?;
        let id = Uuid::parse_str(&id).map_err(|error| sqlx::Error::Decode(error.into()))?;
        if leased.rows_affected() == 1 {
            claimed.push(Claimed {
                id,
                request,
                progressed_at: moment(progressed)?,
                is_waiting,
            });
        }
    }
    Ok(claimed)
}

pub(super) async fn finish(
    connection: &mut SqliteConnection,
    id: String,
    rows: Vec<Finished>,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let mut counts: BTreeMap<&'static str, i64> = BTreeMap::new();
    for Finished { row, result, outcome } in rows {
        let kept = sqlx::query(
            "UPDATE batch_rows SET content = NULL, result = ? WHERE batch = ? AND row = ? AND result IS NULL",
        )
        .bind(result)
        .bind(&id)
        .bind(row)
        .execute(&mut *connection)
        .await?;
        // A row that is done, or that was removed with its cancelled batch, isn't counted.
        if kept.rows_affected() == 1 {
            let count = counts.entry(outcome).or_default();
            *count = count.saturating_add(1);
        }
    }
    for (outcome, count) in &counts {
        sqlx::query(
            "INSERT INTO batch_counts (batch, outcome, count) VALUES (?, ?, ?)
             ON CONFLICT (batch, outcome) DO UPDATE SET count = count + excluded.count",
        )
        .bind(&id)
        .bind(*outcome)
        .bind(*count)
        .execute(&mut *connection)
        .await?;
    }
    let done: i64 = counts.values().sum();
    sqlx::query(
        "UPDATE batches SET done = done + ?, progressed = ?, retry_at = ?, missed = NULL WHERE id = ?",
    )
    .bind(done)
    .bind(now.as_microsecond())
    .bind(now.as_microsecond())
    .bind(&id)
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "UPDATE batches SET status = 'done', ended = ?, owner = NULL
         WHERE id = ? AND done = rows AND status IN ('queued', 'running')",
    )
    .bind(now.as_microsecond())
    .bind(&id)
    .execute(connection)
    .await?;
    Ok(())
}

/// Puts rows behind the others.
pub(super) async fn put_behind(
    connection: &mut SqliteConnection,
    id: String,
    rows: Vec<InVain>,
) -> Result<(), sqlx::Error> {
    for InVain { row, at, is_unread } in rows {
        sqlx::query(
            "UPDATE batch_rows SET tried = ?, unread = ? WHERE batch = ? AND row = ? AND result IS NULL",
        )
        .bind(at.as_microsecond())
        .bind(is_unread)
        .bind(&id)
        .bind(row)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// Reads a row that waits to be done.
pub(super) fn open((row, content, unread): (u32, Vec<u8>, Option<i64>)) -> Result<Open, sqlx::Error> {
    Ok(Open {
        row,
        content,
        unread_at: unread.map(moment).transpose()?,
    })
}

fn moment(microseconds: i64) -> Result<Timestamp, sqlx::Error> {
    Timestamp::from_microsecond(microseconds).map_err(|error| sqlx::Error::Decode(error.into()))
}

/// Puts a batch and its counts together; nothing for one that nobody may see.
pub(super) fn standing(found: &[SqliteRow]) -> Result<Option<Standing>, sqlx::Error> {
    let Some(first) = found.first() else {
        return Ok(None);
    };
    let Some(status) = Status::of_word(first.try_get("status")?) else {
        return Ok(None);
    };
    let count = |row: &SqliteRow, column: &str| -> Result<u64, sqlx::Error> {
        Ok(u64::try_from(row.try_get::<i64, _>(column)?).unwrap_or_default())
    };
    let mut counts = BTreeMap::new();
    for row in found {
        if let Some(outcome) = row.try_get::<Option<String>, _>("outcome")? {
            counts.insert(outcome, count(row, "count")?);
        }
    }
    let ended: Option<i64> = first.try_get("ended")?;
    Ok(Some(Standing {
        status,
        reason: first.try_get("reason")?,
        rows: count(first, "rows")?,
        done: count(first, "done")?,
        counts,
        ended_at: ended.map(moment).transpose()?,
    }))
}
