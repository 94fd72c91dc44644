//! How does a call end up in the log, whatever became of it?
//!
//! Every road out of the exchange leads through `record`, the one place from which an entry goes to the audit log, and an
//! answer or a refusal is handed back only behind it. Refusals that no limit has seen draw on the client's bucket of
//! refusals; failed authentications, which have no client, are written one by one up to a rate and counted beyond it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::future::{BoxFuture, join};

use super::row::Row;
use super::{Call, Cause, Exchange, Refusal, WRITTEN_WITHIN};
use crate::audit::{self, Act, Operation, Receipt};
use crate::auth::Caller;
use crate::domain::client::ClientId;
use crate::domain::problem::Code;
use crate::limits::Remaining;
use crate::policy::clients::Client;

impl Exchange {
    /// Refuses a call that no limit has seen yet; it draws on the client's bucket of refusals, so that refusing is bounded too.
    pub(super) async fn refuse_unadmitted(
        &self,
        call: &Call,
        row: Row,
        caller: &Caller,
        refused: Cause,
    ) -> Refusal {
        let client = self.policy.client(caller, call.received_at).ok();
        let cause = self.counted_refusal(caller.client_id(), refused);
        self.refuse(call, row, cause, client.as_ref(), None).await
    }

    /// Gives the cause to refuse with: another one where the client has had too many calls refused.
    pub(super) fn counted_refusal(&self, client: &ClientId, refused: Cause) -> Cause {
        match self.limits.count_refusal(client) {
            Ok(()) => refused,
            Err(exceeded) => exceeded.into(),
        }
    }

    pub(super) fn refuse<'c>(
        &'c self,
        call: &'c Call,
        mut row: Row,
        cause: Cause,
        client: Option<&'c Arc<Client>>,
        nearest: Option<Remaining>,
    ) -> BoxFuture<'c, Refusal> {
        row.refused(cause.code());
        if let (Cause::Exceeded(exceeded), Some(client)) = (&cause, client) {
            self.metrics.limit_refused(exceeded.limit.as_str(), &client.id);
        }
        Box::pin(async move {
            match self.record(call, row).await {
                Ok(_) => Refusal {
                    transaction_id: call.transaction_id,
                    cause,
                    client: client.cloned(),
                    nearest,
                },
                Err(unrecorded) => unrecorded,
            }
        })
    }

    pub(super) async fn turn_away_unknown(&self, call: &Call, act: Option<Act>, cause: Cause) -> Refusal {
        let to_write = self.turned_away.enter(call.received_at);
        // Both rows are with the log before either is waited for: the caller may go away meanwhile.
        let summed_up = async {
            if let Some(calls) = to_write.summary_of {
                self.record_turned_away(calls).await;
            }
        };
        if to_write.own_row {
            let mut row = Row::new(call, Operation::Authentication);
            if let Some(act) = act {
                row.act(act, None);
            }
            return join(self.refuse(call, row, cause, None, None), summed_up).await.0;
        }
        summed_up.await;
        self.metrics.call(
            Operation::Authentication.as_str(),
            cause.code().as_str(),
            None,
            self.elapsed(call),
        );
        Refusal {
            transaction_id: call.transaction_id,
            cause,
            client: None,
            nearest: None,
        }
    }

    pub(super) async fn record_turned_away(&self, calls: u32) {
        let call = Call::begin(None, None, self.clock.as_ref());
        let mut row = Row::new(&call, Operation::Authentication);
        row.refused(Code::TokenInvalid);
        row.counting(calls);
        // Nobody waits for this row; where it can't be written, `health` says so.
        let _ = self.record(&call, row).await;
    }

    /// Counts a call that the edge turned away before anybody was asked anything; it has no row.
    pub fn count_shed(&self, code: Code) {
        self.metrics.call("shed", code.as_str(), None, Duration::ZERO);
    }

    /// Counts a connection that was cut, or not taken.
    pub fn count_cut(&self, what: &'static str) {
        self.metrics.cut(what);
    }

    /// Tells how long the last call waited for its durable row, where one has become so since this was last asked.
    #[must_use]
    pub fn last_wait(&self) -> Option<Duration> {
        let micros = self.last_wait.swap(0, Ordering::Relaxed);
        (micros > 0).then(|| Duration::from_micros(micros))
    }

    /// Tells whether rows wait to become durable.
    #[must_use]
    pub fn rows_wait(&self) -> bool {
        self.audit.queued() > 0
    }

    pub(super) fn row(&self, call: &Call, caller: &Caller, operation: Operation) -> Row {
        let mut row = Row::new(call, operation);
        row.caller(caller, &self.pseudonyms);
        row
    }

    /// Makes the row durable; the one place from which a call's entry goes to the log.
    pub(super) async fn record(&self, call: &Call, row: Row) -> Result<Receipt, Refusal> {
        let elapsed = self.elapsed(call);
        let duration_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        let entry = row.ending(duration_ms, &self.pseudonyms);
        let (operation, result, client) = (
            entry.operation.as_str(),
            entry.problem.unwrap_or(entry.outcome),
            // An operator may name a client that there isn't; labels are registered ones.
            entry.client.clone().filter(|_| entry.act.is_none()),
        );
        // A store that hangs is one that fails: the row may yet be written, the answer doesn't wait for it.
        let rest = self.upstream.deadline().saturating_sub(elapsed);
        let within = rest.saturating_add(WRITTEN_WITHIN);
        let recording = tokio::time::timeout(within, self.audit.record(entry));
        let recorded = recording.await.unwrap_or(Err(audit::Unavailable));
        let took = self.elapsed(call);
        let result = if recorded.is_ok() {
            let waited = took.saturating_sub(elapsed).as_micros();
            let waited = u64::try_from(waited).unwrap_or(u64::MAX).max(1);
            self.last_wait.store(waited, Ordering::Relaxed);
            result
        } else {
            Code::AuditUnavailable.as_str()
        };
        self.metrics.call(operation, result, client.as_ref(), took);
        recorded.map_err(|unavailable| Refusal {
            transaction_id: call.transaction_id,
            cause: unavailable.into(),
            client: None,
            nearest: None,
        })
    }

    fn elapsed(&self, call: &Call) -> Duration {
        self.clock.steady().saturating_duration_since(call.started)
    }
}
