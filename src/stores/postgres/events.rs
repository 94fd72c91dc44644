//! How does the last change applied lie in PostgreSQL?
//!
//! Implements the port of `events`: one row for all gateways, which never goes back. Each gateway reads the feed for itself
//! and counts for itself while it runs, since each has a cache of its own to let go from; what else a change does is done
//! again without harm. The shared number tells a gateway that starts, with an empty cache, where to begin.

use futures_util::future::BoxFuture;

use super::Postgres;
use crate::audit::Failure;
use crate::events::{Store, Unavailable};

fn failed(failure: Failure) -> Unavailable {
    tracing::error!(%failure, "the store of the registry's events fails");
    Unavailable
}

impl Store for Postgres {
    fn last(&self) -> BoxFuture<'_, Result<u64, Unavailable>> {
        Box::pin(async move {
            let question = sqlx::query_as("SELECT sequence FROM registry_events");
            let kept: Option<(i64,)> = self.line().row(question).await.map_err(failed)?;
            let (sequence,) = kept.unwrap_or_default();
            u64::try_from(sequence).map_err(|_| Unavailable)
        })
    }

    fn keep(&self, sequence: u64) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(async move {
            let statement = sqlx::query(
                r#"INSERT INTO registry_events AS kept ("only", sequence) VALUES (1, $1)
                 ON CONFLICT ("only") DO UPDATE SET sequence = greatest(kept.sequence, excluded.sequence)"#,
            )
            .bind(i64::try_from(sequence).map_err(|_| Unavailable)?);
            self.line().execute(statement).await.map_err(failed)?;
            Ok(())
        })
    }
}
