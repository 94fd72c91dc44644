//! How does a batch come in, without ever standing in memory, and how is it all there or not at all?
//!
//! The caller is authorized by the batch's context before any row is looked at. Rows go to the store sealed, page by page,
//! as a draft that nobody sees. Only when the last has come is it asked whether the call was made before (its key goes with
//! a hash of the whole body), the rows are taken from the client's day, the acceptance is recorded, and the draft becomes a
//! batch. Whatever fails before that discards the draft; where even this fails, it lapses by itself and is removed.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;

use super::drawer::Held;
use super::store::{Draft, Entered, Reserved, Spending, Unavailable};
use super::{Batches, GREATEST_ROW, MOST_ROWS, Taken};
use crate::audit;
use crate::auth::{Caller, Scope};
use crate::domain::context::Context;
use crate::domain::problem::Code;
use crate::exchange::{Call, Cause, Opened, Refusal, Repeatable, Repeated, Work};
use crate::limits::{day_of, until_end_of_day};

/// How many rows are kept in one transaction.
const PAGE: usize = 500;

/// How long a draft waits for more of its body before it lapses.
const LAPSES_AFTER: Duration = Duration::from_secs(120);

/// Is a batch that comes in.
pub struct Reception {
    id: Uuid,
    work: Work,
    context: Context,
    page: Vec<Entered>,
    turned_at: Timestamp,
    rows: u32,
    seen: Seen,
}

/// Says why a row can't be taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Untaken {
    /// Its number was there before.
    Twice,
    /// There are too many rows.
    TooMany,
    /// The store fails.
    Unavailable,
}

impl From<Unavailable> for Untaken {
    fn from(_: Unavailable) -> Self {
        Self::Unavailable
    }
}

impl Reception {
    /// Counts the rows so far.
    #[must_use]
    pub fn rows(&self) -> u32 {
        self.rows
    }
}

impl Batches {
    /// Begins to take a batch in.
    ///
    /// # Errors
    /// The rule that refuses it, recorded as well.
    pub async fn open(&self, call: &Call, caller: &Caller, context: Context) -> Result<Reception, Refusal> {
        let opened = self.exchange.open(call, caller, Scope::Batches, &context, None);
        let work = match opened.await? {
            Opened::Begun(work) => work,
            // Nothing can be repeated without a key; the key comes with the whole body.
            Opened::Repeated(_) => return Err(self.unkept(call)),
        };
        let id = Uuid::new_v4();
        let held = Held {
            mandate: work.mandate(),
            context: context.clone(),
            request_id: call.request_id.clone(),
            traceparent: call.traceparent.clone(),
            received_at: call.received_at,
        };
        let begun = match self.drawer.seal_request(id, &held) {
            Ok(request) => {
                let draft = Draft {
                    id,
                    client: work.client().id.clone(),
                    request,
                    entered_at: call.received_at,
                    lapses_at: self.lapses_at(),
                };
                self.drawer.store.begin(draft).await
            }
            Err(unsealed) => Err(unsealed),
        };
        match begun {
            Ok(()) => Ok(Reception {
                id,
                work,
                context,
                page: Vec::new(),
                turned_at: self.clock.now(),
                rows: 0,
                seen: Seen::default(),
            }),
            Err(Unavailable) => {
                let cause = Cause::Audit(audit::Unavailable);
                Err(self.exchange.refuse_work(call, work, &context, cause).await)
            }
        }
    }

    /// Takes a row in.
    ///
    /// # Errors
    /// Why it can't be, which is the end of the whole batch.
    pub async fn take(&self, reception: &mut Reception, row: u32, content: &[u8]) -> Result<(), Untaken> {
        if !reception.seen.enter(row) {
            return Err(Untaken::Twice);
        }
        if reception.rows >= MOST_ROWS {
            return Err(Untaken::TooMany);
        }
        let content = self.drawer.seal_row(reception.id, row, content)?;
        reception.rows = reception.rows.saturating_add(1);
        reception.page.push(Entered { row, content });
        let waits =
            Duration::try_from(self.clock.now().duration_since(reception.turned_at)).unwrap_or_default();
        // Who sends slowly is still sending: the draft is put off with each page.
        if reception.page.len() >= PAGE || waits >= LAPSES_AFTER / 4 {
            self.turn_page(reception).await?;
        }
        Ok(())
    }

    async fn turn_page(&self, reception: &mut Reception) -> Result<(), Unavailable> {
        let page = std::mem::take(&mut reception.page);
        reception.turned_at = self.clock.now();
        self.drawer
            .store
            .append(reception.id, page, self.lapses_at())
            .await
    }

    /// Gives a batch up that can't be taken in, and refuses the call for that.
    pub async fn give_up(&self, call: &Call, reception: Reception, code: Code) -> Refusal {
        let Reception {
            id, work, context, ..
        } = reception;
        self.discard(id).await;
        let cause = Cause::Edge(code);
        self.exchange.refuse_work(call, work, &context, cause).await
    }

    /// Takes a batch on whose rows are all there.
    ///
    /// # Errors
    /// The refusal, recorded as well.
    pub async fn take_on(
        &self,
        call: &Call,
        caller: &Caller,
        mut reception: Reception,
        repeatable: Option<&Repeatable>,
    ) -> Result<Taken, Refusal> {
        if self.turn_page(&mut reception).await.is_err() {
            return Err(self.give_up(call, reception, Code::AuditUnavailable).await);
        }
        let Reception {
            id,
            work,
            context,
            rows,
            ..
        } = reception;
        let recognised = self
            .exchange
            .recognise(call, caller, Scope::Batches, &context, work, repeatable);
        let work = match recognised.await {
            Ok(Opened::Begun(work)) => work,
            Ok(Opened::Repeated(repeated)) => {
                self.discard(id).await;
                return self.taken_before(call, repeated);
            }
            Err(refusal) => {
                self.discard(id).await;
                return Err(refusal);
            }
        };
        let accepted = match self.reserve(call, id, &work, rows).await {
            Ok(()) => self.exchange.accept(call, &work, &context, (id, rows)).await,
            Err(cause) => {
                self.discard(id).await;
                return Err(self.exchange.refuse_work(call, work, &context, cause).await);
            }
        };
        let nearest = match accepted {
            Ok(nearest) => nearest,
            Err(refusal) => {
                self.discard(id).await;
                self.exchange.give_up(work).await;
                return Err(refusal);
            }
        };
        if self.drawer.store.queue(id, self.clock.now()).await.is_err() {
            self.discard(id).await;
            let cause = Cause::Audit(audit::Unavailable);
            return Err(self.exchange.refuse_work(call, work, &context, cause).await);
        }
        tracing::info!(batch.id = %id, rows, "a batch was taken on");
        let client = Arc::clone(work.client());
        self.exchange.close(work, id.to_string().as_bytes()).await;
        Ok(Taken {
            id,
            client,
            nearest: Some(nearest),
        })
    }

    /// Takes the rows from the client's day.
    async fn reserve(&self, call: &Call, id: Uuid, work: &Work, rows: u32) -> Result<(), Cause> {
        let day = day_of(call.received_at);
        let spending = Spending {
            day,
            rows: u64::from(rows),
            most: work.client().allowance.batch_rows_per_day,
        };
        match self.drawer.store.reserve(id, spending).await {
            Ok(Reserved::Held) => Ok(()),
            Ok(Reserved::Short { left }) => Err(Cause::BatchQuota {
                left,
                resets_in: until_end_of_day(day, call.received_at),
            }),
            Err(Unavailable) => Err(Cause::Audit(audit::Unavailable)),
        }
    }

    fn taken_before(&self, call: &Call, repeated: Repeated) -> Result<Taken, Refusal> {
        let named = std::str::from_utf8(&repeated.body).ok();
        let id = named.and_then(|id| Uuid::parse_str(id).ok());
        Ok(Taken {
            id: id.ok_or_else(|| self.unkept(call))?,
            client: repeated.client,
            nearest: None,
        })
    }

    fn unkept(&self, call: &Call) -> Refusal {
        Refusal {
            transaction_id: call.transaction_id,
            cause: Cause::Audit(audit::Unavailable),
            client: None,
            nearest: None,
        }
    }

    async fn discard(&self, id: Uuid) {
        if self.drawer.store.discard(id).await.is_err() {
            tracing::warn!(batch.id = %id, "a batch that was refused is removed only when it lapses");
        }
    }

    fn lapses_at(&self) -> Timestamp {
        let now = self.clock.now();
        now.saturating_add(LAPSES_AFTER).unwrap_or(now)
    }
}

/// Remembers which numbers came; a bit for each, in blocks that are made as they are needed.
#[derive(Default)]
struct Seen(std::collections::HashMap<u32, u64>);

impl Seen {
    /// Enters a number; tells whether it is new.
    fn enter(&mut self, row: u32) -> bool {
        debug_assert!(row <= GREATEST_ROW, "the edge has checked it");
        let block = self.0.entry(row / 64).or_default();
        let bit = 1_u64 << (row % 64);
        let is_new = *block & bit == 0;
        *block |= bit;
        is_new
    }
}
