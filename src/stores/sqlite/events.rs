//! How does the last change applied lie in SQLite?
//!
//! Implements the port of `events`: one row, on the writing connection, whose commit survives a loss of power.

use futures_util::future::BoxFuture;

use super::{Sqlite, failure};
use crate::events::{Store, Unavailable};

fn failed(error: sqlx::Error) -> Unavailable {
    tracing::error!(failure = %failure(&error), "the store of the registry's events fails");
    Unavailable
}

impl Store for Sqlite {
    fn last(&self) -> BoxFuture<'_, Result<u64, Unavailable>> {
        Box::pin(async move {
            let kept: Option<i64> = sqlx::query_scalar("SELECT sequence FROM registry_events")
                .fetch_optional(&mut *self.writer.turn().await.map_err(failed)?)
                .await
                .map_err(failed)?;
            u64::try_from(kept.unwrap_or_default()).map_err(|_| Unavailable)
        })
    }

    fn keep(&self, sequence: u64) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(async move {
            let sequence = i64::try_from(sequence).map_err(|_| Unavailable)?;
            sqlx::query(
                "INSERT INTO registry_events (only, sequence) VALUES (1, ?)
                 ON CONFLICT (only) DO UPDATE SET sequence = max(sequence, excluded.sequence)",
            )
            .bind(sequence)
            .execute(&mut *self.writer.turn().await.map_err(failed)?)
            .await
            .map_err(failed)?;
            Ok(())
        })
    }
}
