//! How are the rows of a batch asked, and each of them once?
//!
//! A loop goes round: it claims the oldest batch of each client, takes some rows of each, and asks about them in turn, a few at
//! the same time, so that no client's batch waits for another's. Rights are looked at anew for every round. What is finished
//! is kept at once. Where the registry can't be asked the batch stands still, longer each time, and goes on by itself; one that
//! stands still for too long has failed. A row is asked under an id that follows from its batch and number alone, so that one
//! that was under way when the process died is asked again under the same id, and has one result all the same.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use futures_util::future::BoxFuture;
use futures_util::stream::{self, StreamExt as _};
use jiff::Timestamp;
use tokio::time::{MissedTickBehavior, interval};
use uuid::Uuid;

use super::drawer::Held;
use super::store::{Claimed, Claiming, Entered, Finished, Unavailable};
use super::{Asked, Batches};
use crate::auth::Scope;
use crate::domain::problem::Code;
use crate::exchange::{self, Call, Cause, Question, Refusal, Within, Work};
use crate::limits::Limit;
use crate::policy::Denied;
use crate::records::freshness::Wanted;
use crate::registry::{Failure, Rejection};

/// How often it is looked whether there is something to do.
const TICK: Duration = Duration::from_millis(200);

/// How often old batches are removed.
const CLEANED_EVERY: Duration = Duration::from_secs(60);

/// How long nobody else goes on with what is claimed; a round takes far less.
const LEASE: Duration = Duration::from_secs(120);

/// How many clients' batches one round takes on.
const MOST_CLIENTS: u32 = 32;

/// How many rows one round asks about, all batches together.
const ROWS_A_ROUND: u32 = 128;

/// The longest that a batch stands still before the registry is tried again.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);

/// What a row that was refused counts as.
const REFUSED: &str = "refused";

/// Is a batch in a round.
struct Running {
    claimed: Claimed,
    held: Held,
    work: Work,
    /// Why and how long it must stand still, once a row of this round has found that out.
    stands_still: Mutex<Option<Pause>>,
}

/// Is why a batch stands still, and for how long.
#[derive(Clone, Copy)]
struct Pause {
    code: Code,
    /// How long; left out, the longer the longer it has stood still.
    time: Option<Duration>,
}

/// Is a result on its way to the store.
struct Done {
    batch: Uuid,
    finished: Finished,
}

impl Batches {
    /// Works on what there is until it is told to stop; what it has claimed is then free for others.
    pub async fn keep_going(&self) {
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut next_cleaning = Timestamp::MIN;
        while !self.is_stopping() {
            ticks.tick().await;
            // The store's own line says what failed; what waits is tried again.
            while !self.is_stopping() && self.go_round().await == Ok(true) {}
            let now = self.clock.now();
            if now >= next_cleaning {
                self.clean(now).await;
                next_cleaning = now.saturating_add(CLEANED_EVERY).unwrap_or(Timestamp::MAX);
            }
        }
        // A lease that can't be given back ends by itself.
        let _ = self.drawer.store.release(&self.owner).await;
    }

    async fn clean(&self, now: Timestamp) {
        while !self.is_stopping() {
            let cleaned = self.drawer.store.clean(now, self.kept_since()).await;
            if !matches!(cleaned, Ok(1..)) {
                return;
            }
        }
    }

    /// Has `keep_going` end after the rows that it is at.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// Goes on with some rows of each client's batch; tells whether there was anything to do.
    async fn go_round(&self) -> Result<bool, Unavailable> {
        let now = self.clock.now();
        let claiming = Claiming {
            owner: &self.owner,
            now,
            until: now.saturating_add(LEASE).unwrap_or(now),
            most: MOST_CLIENTS,
        };
        let claimed = self.drawer.store.claim(claiming).await?;
        if claimed.is_empty() {
            return Ok(false);
        }
        let count = u32::try_from(claimed.len()).unwrap_or(u32::MAX);
        let share = (ROWS_A_ROUND / count.max(1)).max(1);
        let (mut batches, mut rows) = (Vec::new(), Vec::new());
        for claimed in claimed {
            if let Some(running) = self.reopen(claimed).await? {
                rows.push(VecDeque::from(
                    self.drawer.store.open_rows(running.claimed.id, share).await?,
                ));
                batches.push(running);
            }
        }
        self.ask_in_turn(&batches, rows).await?;
        for running in &batches {
            self.let_stand(running).await?;
        }
        Ok(true)
    }

    /// Asks policy whether a batch may be gone on with; one that may not is put off or ended.
    async fn reopen(&self, claimed: Claimed) -> Result<Option<Running>, Unavailable> {
        let now = Call::begin(None, None, self.clock.as_ref());
        let Ok(held) = self.drawer.open_request(claimed.id, &claimed.request) else {
            self.put_off(&claimed, LONGEST_PAUSE).await?;
            return Ok(None);
        };
        let reopened = self
            .exchange
            .reopen(&now, &held.mandate, Scope::Batches, &held.context);
        match reopened {
            Ok(work) => Ok(Some(Running {
                claimed,
                held,
                work,
                stands_still: Mutex::new(None),
            })),
            // A suspension may be lifted.
            Err(Denied::ClientSuspended) => {
                let code = Code::ClientSuspended;
                self.stand_still(&claimed, Pause { code, time: None }).await?;
                Ok(None)
            }
            Err(denied) => {
                self.fail(&claimed, Cause::Denied(denied).code()).await?;
                Ok(None)
            }
        }
    }

    /// Asks about the rows, one of each batch in turn, and keeps what is finished as it comes.
    async fn ask_in_turn(
        &self,
        batches: &[Running],
        rows: Vec<VecDeque<Entered>>,
    ) -> Result<(), Unavailable> {
        let turns = in_turn(batches, rows);
        let asking: Vec<BoxFuture<'_, Option<Done>>> = turns
            .into_iter()
            .map(|(running, row)| Box::pin(self.ask(running, row)) as BoxFuture<'_, _>)
            .collect();
        let at_once = self.config.load().at_once;
        let mut finished = stream::iter(asking)
            .buffer_unordered(at_once)
            .ready_chunks(at_once);
        while let Some(chunk) = finished.next().await {
            self.keep(chunk).await?;
        }
        Ok(())
    }

    /// Keeps results, those of a batch together.
    async fn keep(&self, done: Vec<Option<Done>>) -> Result<(), Unavailable> {
        let mut by_batch: Vec<(Uuid, Vec<Finished>)> = Vec::new();
        for Done { batch, finished } in done.into_iter().flatten() {
            match by_batch.iter_mut().find(|(known, _)| *known == batch) {
                Some((_, rows)) => rows.push(finished),
                None => by_batch.push((batch, vec![finished])),
            }
        }
        for (id, rows) in by_batch {
            self.drawer.store.finish(id, rows, self.clock.now()).await?;
        }
        Ok(())
    }

    /// Asks about one row; nothing where it must be asked later.
    async fn ask(&self, running: &Running, entered: Entered) -> Option<Done> {
        let Running {
            claimed, held, work, ..
        } = running;
        if self.is_stopping() || running.stands_still().is_some() {
            return None;
        }
        let Entered { row, content } = entered;
        let now = Call::begin(None, None, self.clock.as_ref());
        let call = Call {
            transaction_id: transaction_of(claimed.id, row, held.received_at),
            request_id: held.request_id.clone(),
            traceparent: held.traceparent.clone(),
            ..now
        };
        let Ok(content) = self.drawer.open_row(claimed.id, row, &content) else {
            return self.unreadable(running, row, &call);
        };
        let (result, outcome) = match (self.form.read)(&content, held.received_at) {
            Ok(asked) => {
                let question = question(asked, held);
                match self.exchange.ask_row(call, work, question, self.form.write).await {
                    Ok(outcome) => answered(&outcome, self.form.answered)?,
                    Err(refusal) => self.refused(running, &refusal, None)?,
                }
            }
            Err(misread) => {
                let refusal = self.exchange.refuse_row(&call, work, &held.context).await;
                self.refused(running, &refusal, Some(&misread))?
            }
        };
        self.sealed(running, row, &result, outcome)
    }

    fn sealed(&self, running: &Running, row: u32, result: &[u8], outcome: &'static str) -> Option<Done> {
        let sealed = self.drawer.seal_result(running.claimed.id, row, result);
        let Ok(result) = sealed else {
            let code = Code::InternalError;
            running.stand_still(Pause { code, time: None });
            return None;
        };
        let finished = Finished { row, result, outcome };
        let batch = running.claimed.id;
        Some(Done { batch, finished })
    }

    /// Ends a row that the store gave back otherwise than it was put there: it must not hold up all others for ever.
    fn unreadable(&self, running: &Running, row: u32, call: &Call) -> Option<Done> {
        let refusal = Refusal {
            transaction_id: call.transaction_id,
            cause: Cause::Edge(Code::InternalError),
            client: None,
            nearest: None,
        };
        self.sealed(running, row, &(self.form.refused)(&refusal, None), REFUSED)
    }

    /// Gives a refused row its result, or has its batch stand still where the row is to be asked again.
    fn refused(
        &self,
        running: &Running,
        refusal: &Refusal,
        misread: Option<&super::Misread>,
    ) -> Option<(Vec<u8>, &'static str)> {
        if let Some(pause) = pause_for(&refusal.cause) {
            running.stand_still(pause);
            return None;
        }
        Some(((self.form.refused)(refusal, misread), REFUSED))
    }

    /// Puts a batch off of which a row has found out that it must stand still.
    async fn let_stand(&self, running: &Running) -> Result<(), Unavailable> {
        match running.stands_still() {
            Some(pause) => self.stand_still(&running.claimed, pause).await,
            None => Ok(()),
        }
    }

    async fn stand_still(&self, claimed: &Claimed, pause: Pause) -> Result<(), Unavailable> {
        let stood = stood_still(claimed, self.clock.now());
        if stood >= self.config.load().give_up_after {
            return self.fail(claimed, pause.code).await;
        }
        let growing = (stood / 4).clamp(SHORTEST_PAUSE, LONGEST_PAUSE);
        self.put_off(claimed, pause.time.unwrap_or(growing)).await
    }

    async fn put_off(&self, claimed: &Claimed, pause: Duration) -> Result<(), Unavailable> {
        let until = self.clock.now().saturating_add(pause).unwrap_or(Timestamp::MAX);
        self.drawer.store.put_off(claimed.id, until).await
    }

    async fn fail(&self, claimed: &Claimed, code: Code) -> Result<(), Unavailable> {
        tracing::warn!(batch.id = %claimed.id, problem.code = code.as_str(), "a batch has failed");
        self.drawer
            .store
            .fail(claimed.id, code.as_str(), self.clock.now())
            .await
    }
}

impl Running {
    fn stands_still(&self) -> Option<Pause> {
        *self.stands_still.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stand_still(&self, pause: Pause) {
        *self.stands_still.lock().unwrap_or_else(PoisonError::into_inner) = Some(pause);
    }
}

/// Puts the rows of all batches into one line, one of each in turn.
fn in_turn(batches: &[Running], mut rows: Vec<VecDeque<Entered>>) -> Vec<(&Running, Entered)> {
    let mut line = Vec::new();
    loop {
        let before = line.len();
        for (running, rows) in batches.iter().zip(&mut rows) {
            line.extend(rows.pop_front().map(|row| (running, row)));
        }
        if line.len() == before {
            return line;
        }
    }
}

fn question(asked: Asked, held: &Held) -> Question {
    Question {
        subject: asked.subject,
        asked: exchange::Asked::Verify(asked.claims),
        within: Within::Batch,
        context: held.context.clone(),
        wanted: Wanted::default(),
        repeatable: None,
    }
}

fn answered(outcome: &exchange::Outcome, write: fn(&[u8]) -> Vec<u8>) -> Option<(Vec<u8>, &'static str)> {
    // Only a repeated call tells nothing, and a row has no key.
    let told = outcome.told.as_ref()?;
    Some((write(&outcome.body), told.disclosure.outcome().as_str()))
}

/// Tells whether a refusal is none of the row's own, so that the row is to be asked again and all others wait with it.
fn pause_for(cause: &Cause) -> Option<Pause> {
    let waits = match cause {
        Cause::Registry(failure) => match failure {
            Failure::Unavailable(_)
            | Failure::Timeout
            | Failure::Maintenance
            | Failure::BudgetApart
            | Failure::CircuitOpen { .. }
            | Failure::BulkheadFull { .. } => Some(None),
            Failure::BudgetExhausted { retry_after } => Some(Some(*retry_after)),
            // Neither ours nor the row's: the unit's own allotment at the registry, our credentials, a page in an answer's place.
            Failure::Rejected(Rejection::Quota | Rejection::Credentials) | Failure::Protocol(_) => Some(None),
            Failure::Rejected(Rejection::Licence | Rejection::Officer | Rejection::Request) => None,
        },
        // Who is named wrongly again and again is this row's own trouble; all other limits are everybody's.
        Cause::Exceeded(exceeded) if exceeded.limit == Limit::Person && !exceeded.is_of_open_guesses() => {
            None
        }
        Cause::Exceeded(exceeded) => Some(Some(exceeded.retry_after)),
        // Operators may open the way again before the time that they said.
        Cause::Maintenance(_) | Cause::Audit(_) | Cause::Idempotency(_) => Some(None),
        Cause::Unauthenticated(_)
        | Cause::Denied(_)
        | Cause::IdempotencyMismatch
        | Cause::IdempotencyConflict
        | Cause::BatchQuota { .. }
        | Cause::RoleMissing(_)
        | Cause::NotCached
        | Cause::Edge(_) => None,
    };
    let code = cause.code();
    waits.map(|time| Pause { code, time })
}

fn stood_still(claimed: &Claimed, now: Timestamp) -> Duration {
    Duration::try_from(now.duration_since(claimed.progressed_at)).unwrap_or_default()
}

/// Names the question about a row: the same one however often it must be asked.
fn transaction_of(batch: Uuid, row: u32, received_at: Timestamp) -> Uuid {
    let mut named = b"batch row".to_vec();
    named.extend_from_slice(batch.as_bytes());
    named.extend_from_slice(&row.to_be_bytes());
    let hash = digest(&SHA256, &named);
    let by_chance = hash.as_ref().first_chunk::<10>().copied().unwrap_or_default();
    let milliseconds = u64::try_from(received_at.as_millisecond()).unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(milliseconds, &by_chance).into_uuid()
}

#[cfg(test)]
mod tests;
