//! How are the rows of a batch asked, and each of them once?
//!
//! A loop goes round: it claims the oldest batch of each client, takes some rows of each, and asks about them in turn, a few at
//! the same time, so that no client's batch waits for another's. Rights are looked at anew for every round. What is finished
//! is kept at once. Where the registry can't be asked the batch stands still (`waiting`): one of its rows goes ahead when the
//! registry may be there again, and the others follow; one that stands still for too long has failed. A row is asked under an id that follows from its batch and number alone, so that one
//! that was under way when the process died is asked again under the same id, and has one result all the same.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::Ordering;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use futures_util::future::BoxFuture;
use futures_util::stream::{self, StreamExt as _};
use jiff::Timestamp;
use tokio::time::{MissedTickBehavior, interval};
use uuid::Uuid;

use super::drawer::Held;
use super::store::{Claimed, Claiming, Finished, InVain, Lent, Open, Unavailable};
use super::waiting::{Awaited, Heard, Pause, Unread, chosen, is_unread, pause_for};
use super::{Asked, Batches};
use crate::auth::Scope;
use crate::domain::problem::Code;
use crate::exchange::{self, Call, Cause, Question, Reach, Refusal, Within, Work};
use crate::policy::Denied;
use crate::records::freshness::Wanted;

/// How often it is looked whether there is something to do.
const TICK: Duration = Duration::from_millis(200);

/// How often old batches are removed.
const CLEANED_EVERY: Duration = Duration::from_secs(60);

/// How long nobody else goes on with what is claimed.
const LEASE: Duration = Duration::from_secs(120);

/// How long a round begins with further rows; as much is left of the lease for those under way. One that takes longer may be
/// asked about twice, and has one result all the same.
const ROUND: Duration = Duration::from_secs(60);

/// How many clients' batches one round takes on.
const MOST_CLIENTS: u32 = 32;

/// How many rows one round asks about, all batches together.
const ROWS_A_ROUND: u32 = 128;

/// What a row that was refused counts as.
const REFUSED: &str = "refused";

/// Is a batch in a round.
struct Running {
    claimed: Claimed,
    held: Held,
    work: Work,
    /// How long it had had nothing done when the round began.
    stood: Duration,
    /// When no further row is begun with: the lease would not last for it.
    until: Timestamp,
    so_far: Mutex<SoFar>,
}

/// Is what the rows of this round have found out.
#[derive(Clone, Copy, Default)]
struct SoFar {
    /// Why and how long the batch must stand still, and when that was found.
    stands_still: Option<(Pause, Timestamp)>,
    /// Whether a row of it has its result.
    has_progressed: bool,
}

/// Is a row that was asked about, on its way to the store.
struct Done {
    batch: Uuid,
    came_to: CameTo,
}

/// Is what came of a row.
enum CameTo {
    Result(Finished),
    /// It was asked about in vain, and comes after the others.
    Nothing(InVain),
}

impl Batches {
    /// Works on what there is until it is told to stop; what it has claimed is then free for others.
    pub async fn keep_going(&self) {
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut heard, mut next_cleaning) = (Heard::default(), Timestamp::MIN);
        let mut has_more = false;
        while !self.is_stopping() {
            if !has_more {
                ticks.tick().await;
            }
            // The store's own line says what failed; what waits is tried again.
            has_more = self.go_round(&mut heard).await == Ok(true);
            let now = self.clock.now();
            if now >= next_cleaning {
                let cleaned = self.drawer.store.clean(now, self.kept_since()).await;
                match cleaned {
                    Ok(1..) => has_more = true,
                    _ => next_cleaning = now.saturating_add(CLEANED_EVERY).unwrap_or(Timestamp::MAX),
                }
            }
        }
        // A lease that can't be given back ends by itself.
        let _ = self.drawer.store.release(&self.owner).await;
    }

    /// Has `keep_going` end after the rows that it is at.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// Goes on with some rows of each client's batch; tells whether there was anything to do.
    async fn go_round(&self, heard: &mut Heard) -> Result<bool, Unavailable> {
        let (now, reach) = self.hear(heard);
        let give_up_after = self.config.load().give_up_after;
        let overdue = now.saturating_sub(give_up_after).unwrap_or(Timestamp::MIN);
        let claiming = Claiming {
            owner: &self.owner,
            now,
            until: now.saturating_add(LEASE).unwrap_or(now),
            // A registry of which it isn't known whether it is back is asked one thing at a time.
            most: if reach == Reach::Doubtful { 1 } else { MOST_CLIENTS },
            way: heard.way(overdue),
        };
        let claimed = self.drawer.store.claim(claiming).await?;
        if claimed.is_empty() {
            return Ok(false);
        }
        let count = u32::try_from(claimed.len()).unwrap_or(u32::MAX);
        let share = (ROWS_A_ROUND / count.max(1)).max(1);
        let (mut batches, mut rows) = (Vec::new(), Vec::new());
        for claimed in claimed {
            if let Some(running) = self.reopen(claimed, now).await? {
                let claimed = &running.claimed;
                let goes_ahead = claimed.is_waiting || reach != Reach::There;
                let open = self.drawer.store.open_rows(claimed.id, share).await?;
                match chosen(open, goes_ahead, self.is_overdue(running.stood), now) {
                    Ok(open) => {
                        rows.push(VecDeque::from(open));
                        batches.push(running);
                    }
                    Err(rest) if claimed.is_waiting => self.await_registry(claimed, now, rest).await?,
                    Err(rest) => self.put_off(claimed, rest).await?,
                }
            }
        }
        self.ask_in_turn(&batches, rows, heard).await?;
        for running in &batches {
            self.let_stand(running).await?;
        }
        Ok(true)
    }

    /// Looks how the registry is, and remembers it.
    fn hear(&self, heard: &mut Heard) -> (Timestamp, Reach) {
        let (now, reach) = (self.clock.now(), self.exchange.reach());
        heard.enter(reach, self.exchange.registry_answered_at(), now);
        (now, reach)
    }

    /// Asks policy whether a batch may be gone on with; one that may not is put off or ended.
    async fn reopen(&self, claimed: Claimed, begun: Timestamp) -> Result<Option<Running>, Unavailable> {
        let now = Call::begin(None, None, self.clock.as_ref());
        let stood = stood_still(&claimed, now.received_at);
        let Ok(held) = self.drawer.open_request(claimed.id, &claimed.request) else {
            // The key that it is sealed with may be missing by mistake: time to notice begins with the gateway.
            let pause = Pause::unheard(Code::InternalError);
            let runs = now.received_at.duration_since(self.begun);
            let stood = stood.min(Duration::try_from(runs).unwrap_or_default());
            self.stand_still(&claimed, (pause, now.received_at), stood)
                .await?;
            return Ok(None);
        };
        let reopened = self
            .exchange
            .reopen(&now, &held.mandate, Scope::Batches, &held.context);
        match reopened {
            Ok(work) => Ok(Some(Running {
                stood,
                until: begun.saturating_add(ROUND).unwrap_or(Timestamp::MAX),
                claimed,
                held,
                work,
                so_far: Mutex::default(),
            })),
            // A suspension may be lifted.
            Err(Denied::ClientSuspended) => {
                let pause = Pause::unheard(Code::ClientSuspended);
                self.stand_still(&claimed, (pause, now.received_at), stood)
                    .await?;
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
        rows: Vec<VecDeque<Open>>,
        heard: &mut Heard,
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
            // It may go and come back while a round lasts.
            self.hear(heard);
        }
        Ok(())
    }

    /// Keeps what came of rows, those of a batch together.
    async fn keep(&self, done: Vec<Option<Done>>) -> Result<(), Unavailable> {
        let mut by_batch: BTreeMap<Uuid, (Vec<Finished>, Vec<InVain>)> = BTreeMap::new();
        for Done { batch, came_to } in done.into_iter().flatten() {
            let (finished, in_vain) = by_batch.entry(batch).or_default();
            match came_to {
                CameTo::Result(result) => finished.push(result),
                CameTo::Nothing(asked) => in_vain.push(asked),
            }
        }
        let (store, now) = (&self.drawer.store, self.clock.now());
        for (id, (finished, in_vain)) in by_batch {
            if !in_vain.is_empty() {
                store.put_behind(id, in_vain).await?;
            }
            if !finished.is_empty() {
                store.finish(id, finished, now).await?;
            }
        }
        Ok(())
    }

    /// Asks about one row; nothing where it must be asked later.
    async fn ask(&self, running: &Running, open: Open) -> Option<Done> {
        let Running {
            claimed, held, work, ..
        } = running;
        if self.is_stopping() || running.so_far().stands_still.is_some() {
            return None;
        }
        let row = open.row;
        let now = Call::begin(None, None, self.clock.as_ref());
        if now.received_at >= running.until {
            return None;
        }
        let call = Call {
            transaction_id: transaction_of(claimed.id, row, held.received_at),
            request_id: held.request_id.clone(),
            traceparent: held.traceparent.clone(),
            ..now
        };
        let Ok(content) = self.drawer.open_row(claimed.id, row, &open.content) else {
            return self.unreadable(running, row, &call);
        };
        match (self.form.read)(&content, held.received_at) {
            Ok(asked) => {
                let question = question(asked, held);
                match self.exchange.ask_row(call, work, question, self.form.write).await {
                    Ok(outcome) => {
                        let (result, outcome) = answered(&outcome, self.form.answered)?;
                        self.sealed(running, row, &result, outcome)
                    }
                    Err(refusal) => self.refused(running, &open, &refusal, None),
                }
            }
            Err(misread) => {
                let refusal = self.exchange.refuse_row(&call, work, &held.context).await;
                self.refused(running, &open, &refusal, Some(&misread))
            }
        }
    }

    fn sealed(&self, running: &Running, row: u32, result: &[u8], outcome: &'static str) -> Option<Done> {
        let sealed = self.drawer.seal_result(running.claimed.id, row, result);
        let Ok(result) = sealed else {
            running.stand_still(Pause::unheard(Code::InternalError), self.clock.now());
            return None;
        };
        running.so_far().has_progressed = true;
        let came_to = CameTo::Result(Finished { row, result, outcome });
        let batch = running.claimed.id;
        Some(Done { batch, came_to })
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

    /// Gives a refused row its result, or has it asked about later, and mostly its batch stand still.
    fn refused(
        &self,
        running: &Running,
        open: &Open,
        refusal: &Refusal,
        misread: Option<&super::Misread>,
    ) -> Option<Done> {
        // Whoever is answered from now on is answered after it.
        let at = self.clock.now();
        let is_unread = is_unread(&refusal.cause);
        let unread = is_unread.then(|| self.judge(running, open));
        let pause = pause_for(&refusal.cause).filter(|_| unread != Some(Unread::Refuses));
        let Some(pause) = pause else {
            let result = (self.form.refused)(refusal, misread);
            return self.sealed(running, open.row, &result, REFUSED);
        };
        if unread != Some(Unread::Waits) {
            running.stand_still(pause, at);
        }
        let came_to = CameTo::Nothing(InVain {
            row: open.row,
            at,
            is_unread,
        });
        let batch = running.claimed.id;
        (pause.awaits == Awaited::Registry).then_some(Done { batch, came_to })
    }

    fn judge(&self, running: &Running, open: &Open) -> Unread {
        let answered_at = self.exchange.registry_answered_at();
        Unread::judge(
            open.unread_at,
            answered_at,
            self.is_overdue(running.stood),
            self.exchange.reach(),
        )
    }

    /// Puts a batch off of which a row has found out that it must stand still.
    async fn let_stand(&self, running: &Running) -> Result<(), Unavailable> {
        let SoFar {
            stands_still,
            has_progressed,
        } = *running.so_far();
        let Some(pause) = stands_still else {
            return Ok(());
        };
        let stood = match has_progressed {
            true => Duration::ZERO,
            false => running.stood,
        };
        self.stand_still(&running.claimed, pause, stood).await
    }

    /// Puts a batch off, since a time, that has had nothing done for so long, or ends it.
    async fn stand_still(
        &self,
        claimed: &Claimed,
        (pause, since): (Pause, Timestamp),
        stood: Duration,
    ) -> Result<(), Unavailable> {
        if self.is_overdue(stood) {
            return self.fail(claimed, pause.code).await;
        }
        let length = pause.length(stood);
        match pause.awaits {
            Awaited::Registry => self.await_registry(claimed, since, length).await,
            Awaited::Time(_) | Awaited::Unheard => self.put_off(claimed, length).await,
        }
    }

    fn is_overdue(&self, stood: Duration) -> bool {
        stood >= self.config.load().give_up_after
    }

    async fn await_registry(
        &self,
        claimed: &Claimed,
        missed: Timestamp,
        pause: Duration,
    ) -> Result<(), Unavailable> {
        let until = self.clock.now().saturating_add(pause).unwrap_or(Timestamp::MAX);
        self.drawer
            .store
            .await_registry(self.lent(claimed), missed, until)
            .await
    }

    async fn put_off(&self, claimed: &Claimed, pause: Duration) -> Result<(), Unavailable> {
        let until = self.clock.now().saturating_add(pause).unwrap_or(Timestamp::MAX);
        self.drawer.store.put_off(self.lent(claimed), until).await
    }

    async fn fail(&self, claimed: &Claimed, code: Code) -> Result<(), Unavailable> {
        tracing::warn!(batch.id = %claimed.id, problem.code = code.as_str(), "a batch has failed");
        self.drawer
            .store
            .fail(self.lent(claimed), code.as_str(), self.clock.now())
            .await
    }

    fn lent(&self, claimed: &Claimed) -> Lent<'_> {
        Lent {
            id: claimed.id,
            owner: &self.owner,
        }
    }
}

impl Running {
    fn so_far(&self) -> MutexGuard<'_, SoFar> {
        self.so_far.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stand_still(&self, pause: Pause, since: Timestamp) {
        self.so_far().stands_still = Some((pause, since));
    }
}

/// Puts the rows of all batches into one line, one of each in turn.
fn in_turn(batches: &[Running], mut rows: Vec<VecDeque<Open>>) -> Vec<(&Running, Open)> {
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
