//! Have we answered this very call before?
//!
//! The exchange's side of `idempotency`: a call with a key begins here before the limits see it, its answer is given again
//! from here, and whoever is refused later gives the leave to run back. No store is waited for beyond its bound.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::row::Row;
use super::{Call, Cause, Exchange, Outcome, Refusal, Repeatable, WRITTEN_WITHIN};
use crate::auth::Scope;
use crate::clock::Deadline;
use crate::idempotency::{self, Begun, Running};
use crate::policy::Grant;

/// Tells how a call stands to its idempotency key.
pub(super) enum Begin {
    Unkeyed,
    Run(Running),
    Repeat(Bytes),
}

impl Exchange {
    pub(super) async fn begin(
        &self,
        call: &Call,
        grant: &Grant,
        route: Scope,
        repeatable: Option<&Repeatable>,
        within: Duration,
        deadline: Deadline,
    ) -> Result<Begin, Cause> {
        let Some(repeatable) = repeatable else {
            return Ok(Begin::Unkeyed);
        };
        let named = idempotency::Call {
            client: &grant.client().id,
            officer: grant.officer().map(|officer| self.pseudonyms.of_officer(officer)),
            route: route.as_str(),
            key: &repeatable.key,
            body: &repeatable.body,
        };
        let lapses_at = call
            .received_at
            .saturating_add(within)
            .unwrap_or(call.received_at);
        let beginning = self.idempotency.begin(named, call.received_at, lapses_at);
        // A store that hangs is one that fails; a leave to run that it gave all the same lapses by itself.
        let begun = deadline.bound(self.clock.as_ref(), beginning).await;
        match begun.unwrap_or(Err(idempotency::Unavailable))? {
            Begun::Run(running) => Ok(Begin::Run(running)),
            Begun::Replay(body) => Ok(Begin::Repeat(body.into())),
            Begun::Mismatch => Err(Cause::IdempotencyMismatch),
            Begun::Conflict => Err(Cause::IdempotencyConflict),
        }
    }

    pub(super) async fn repeat(
        &self,
        call: &Call,
        mut row: Row,
        grant: &Grant,
        body: Bytes,
    ) -> Result<Outcome, Refusal> {
        row.repeated();
        self.record(call, row).await?;
        let client = Arc::clone(grant.client());
        Ok(Outcome {
            transaction_id: call.transaction_id,
            body,
            told: None,
            client,
            nearest: None,
        })
    }

    pub(super) async fn abandon(&self, running: Option<Running>) {
        if let Some(running) = running {
            // A leave to run that can't be given back lapses by itself.
            let _ = tokio::time::timeout(WRITTEN_WITHIN, self.idempotency.abandon(running)).await;
        }
    }
}
