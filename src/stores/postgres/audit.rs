//! How do the audit rows of many gateways lie in PostgreSQL?
//!
//! Implements the audit log's port. Each gateway writes a log of its own, by its own pen; a batch is one statement with
//! arrays, so durable as a whole and one round trip however many rows it has. Where a log stands is read with the pen in hand
//! and so behind whatever was being committed when a connection was lost. Usage is the sum over all logs: quotas are a
//! client's, not a gateway's. Reading trusts nothing: columns of an impossible form are reported as damage.

use std::ops::Range;

use futures_util::future::BoxFuture;
use jiff::civil::Date;

use super::{Config, Line, OpenError, Postgres};
use crate::audit::{Archive, Batch, Failure, Frontier, Held, Kept, LogName, Store, Usage, Whose};

/// Is a row as the columns stand: index, time, person, leaf, body.
type Columns = (i64, i64, Option<String>, Vec<u8>, String);

/// Is where a log stands: size and edge at its newest checkpoint, that checkpoint's size and note, the last row.
type Standing = (i64, Vec<u8>, Option<i64>, Option<String>, Option<i64>);

const STANDING: &str = r#"SELECT size, frontier, newest.at, newest.note,
        (SELECT max("index") FROM audit_rows WHERE audit_rows.log = audit_logs.log)
    FROM audit_logs LEFT JOIN LATERAL (
        SELECT size AS at, note FROM audit_checkpoints
        WHERE audit_checkpoints.log = audit_logs.log ORDER BY size DESC LIMIT 1) AS newest ON true
    WHERE log = $1"#;

const APPEND: &str = r#"WITH written AS (
        INSERT INTO audit_rows (log, "index", time, person, leaf, body)
        SELECT $1, $2 + place - 1, time, person, leaf, body
        FROM unnest($3::bigint[], $4::text[], $5::bytea[], $6::text[])
            WITH ORDINALITY AS entered (time, person, leaf, body, place)
    ), spent AS (
        INSERT INTO audit_usage AS sum (log, client, day, calls)
        SELECT $1, client, day, calls FROM unnest($7::text[], $8::text[], $9::bigint[]) AS added (client, day, calls)
        ON CONFLICT (day, client, log) DO UPDATE SET calls = sum.calls + excluded.calls
    ), signed AS (
        INSERT INTO audit_checkpoints AS newest (log, size, note)
        SELECT $1, $10::bigint, $11::text WHERE $10::bigint IS NOT NULL
        ON CONFLICT (log, size) DO UPDATE SET note = excluded.note
    )
    UPDATE audit_logs SET size = $10::bigint, frontier = $12::bytea WHERE log = $1 AND $10::bigint IS NOT NULL"#;

fn signed(number: u64) -> Result<i64, Failure> {
    i64::try_from(number).map_err(|_| Failure::Full)
}

fn unsigned(number: i64) -> Result<u64, Failure> {
    u64::try_from(number).map_err(|_| Failure::Corrupt)
}

/// Reads one log, also while its gateway writes it.
#[derive(Clone)]
pub struct Reader {
    line: Line,
    log: LogName,
}

impl Reader {
    pub(super) fn of(config: &Config, log: &LogName) -> Self {
        Self {
            line: Line::new(config),
            log: log.clone(),
        }
    }

    /// Reaches a log for reading only.
    ///
    /// # Errors
    /// When the database can't be used.
    pub async fn open(config: &Config, log: &LogName) -> Result<Self, OpenError> {
        let reader = Self::of(config, log);
        reader.line.reached(config).await?;
        Ok(reader)
    }

    pub(super) fn line(&self) -> &Line {
        &self.line
    }
}

/// Lists the logs in the database, by name.
///
/// # Errors
/// When the database can't be used.
pub async fn logs(config: &Config) -> Result<Result<Vec<LogName>, Failure>, OpenError> {
    let line = Line::new(config);
    line.reached(config).await?;
    let names: Result<Vec<(String,)>, Failure> = line
        .rows(sqlx::query_as("SELECT log FROM audit_logs ORDER BY log"))
        .await;
    Ok(names.and_then(|names| {
        let parsed = names
            .iter()
            .map(|(name,)| name.parse().map_err(|_| Failure::Corrupt));
        parsed.collect()
    }))
}

fn held(log: &LogName, standing: Option<Standing>) -> Result<Held, Failure> {
    let Some((size, edge, at, note, last)) = standing else {
        return Ok(Held::default());
    };
    let newest = at
        .zip(note)
        .map(|(at, note)| Ok::<_, Failure>((unsigned(at)?, note)));
    Ok(Held {
        log: Some(log.clone()),
        rows: last.map_or(Ok(0), |last| unsigned(last).map(|last| last.saturating_add(1)))?,
        frontier: Frontier::of_bytes(unsigned(size)?, &edge).ok_or(Failure::Corrupt)?,
        newest: newest.transpose()?,
    })
}

impl Archive for Reader {
    fn held(&self) -> BoxFuture<'_, Result<Held, Failure>> {
        Box::pin(async move {
            let standing = self.line.row(sqlx::query_as(STANDING).bind(self.log.as_str()));
            held(&self.log, standing.await?)
        })
    }

    fn rows(&self, from: u64, times: Range<i64>, limit: u32) -> BoxFuture<'_, Result<Vec<Kept>, Failure>> {
        Box::pin(async move {
            let question = sqlx::query_as(
                r#"SELECT "index", time, person, leaf, body FROM audit_rows
                   WHERE log = $1 AND "index" >= $2 AND time >= $3 AND time < $4 ORDER BY "index" LIMIT $5"#,
            )
            .bind(self.log.as_str())
            .bind(signed(from)?)
            .bind(times.start)
            .bind(times.end)
            .bind(i64::from(limit));
            let rows: Vec<Columns> = self.line.rows(question).await?;
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
            let question = sqlx::query_as(
                "SELECT size, note FROM audit_checkpoints WHERE log = $1 AND size >= $2 ORDER BY size LIMIT $3",
            )
            .bind(self.log.as_str())
            .bind(signed(size)?)
            .bind(i64::from(limit));
            let notes: Vec<(i64, String)> = self.line.rows(question).await?;
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
            let question = sqlx::query_as(
                "SELECT client, day, sum(calls)::bigint FROM audit_usage
                 WHERE day BETWEEN $1 AND $2 AND client = coalesce($3, client)
                 GROUP BY day, client ORDER BY day, client",
            )
            .bind(first.to_string())
            .bind(last.to_string())
            .bind(client);
            let sums: Vec<(String, String, i64)> = self.line.rows(question).await?;
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

impl Archive for Postgres {
    fn held(&self) -> BoxFuture<'_, Result<Held, Failure>> {
        Box::pin(async move {
            let log = self.pen.log();
            let standing = self.pen.read(sqlx::query_as(STANDING).bind(log.as_str()));
            held(log, standing.await?)
        })
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

impl Store for Postgres {
    fn claim<'a>(&'a self, log: &'a LogName) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move {
            if log != self.pen.log() {
                return Err(Failure::OtherLog);
            }
            let begin =
                "INSERT INTO audit_logs (log, size, frontier) VALUES ($1, 0, '') ON CONFLICT DO NOTHING";
            self.pen.write(sqlx::query(begin).bind(log.as_str())).await
        })
    }

    fn append(&self, batch: Batch) -> BoxFuture<'_, Result<(), Failure>> {
        Box::pin(async move {
            let (mut times, mut people) = (Vec::new(), Vec::new());
            let (mut leaves, mut bodies) = (Vec::new(), Vec::new());
            for (row, leaf) in batch.rows {
                times.push(row.time);
                people.push(row.person);
                leaves.push(leaf.to_vec());
                bodies.push(row.body);
            }
            let (mut clients, mut days, mut calls) = (Vec::new(), Vec::new(), Vec::new());
            for spent in batch.usage {
                clients.push(spent.client.to_string());
                days.push(spent.day.to_string());
                calls.push(signed(spent.calls)?);
            }
            let newest = batch.signed.as_ref();
            let size = newest.map(|newest| signed(newest.checkpoint.size()));
            let statement = sqlx::query(APPEND)
                .bind(self.pen.log().as_str())
                .bind(signed(batch.first)?)
                .bind(times)
                .bind(people)
                .bind(leaves)
                .bind(bodies)
                .bind(clients)
                .bind(days)
                .bind(calls)
                .bind(size.transpose()?)
                .bind(newest.map(|newest| newest.checkpoint.note()))
                .bind(newest.map(|newest| newest.frontier.to_bytes()));
            self.pen.write(statement).await
        })
    }
}
