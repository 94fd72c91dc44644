//! How do rows become durable many at a time without anyone waiting for company?
//!
//! The one thread that writes: it takes whatever has queued up, at most 256 rows, makes it durable in one transaction, and
//! while that runs the next rows queue. Alone a row goes at once; on a busy thread the queue lets rows gather. Once a second at
//! most, and at the end, the batch carries a signed checkpoint.
//! On failure: the batch's callers are told, and before anything else is written the store is asked where it stands,
//! since a commit that failed may still have happened. While the store fails it is tried again every second. In a quiet time an
//! empty batch shows whether it would.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::runtime::Handle;
use tokio::sync::{oneshot, watch};

use super::checkpoint::{Checkpoint, Signer, Verifier};
use super::log::{StartFailed, Unavailable};
use super::queue::{Next, Queue};
use super::receipt::Receipt;
use super::row::Row;
use super::store::{Archive, Batch, Failure, Signed, Store, Usage};
use super::tree::{self, Frontier};
use crate::clock::Clock;

const LARGEST_BATCH: usize = 256;
const CHECKPOINT_EVERY: Duration = Duration::from_secs(1);

/// How often it is seen in a quiet time whether rows could be written.
const LOOKED_EVERY: Duration = Duration::from_secs(2);

/// How long a store that doesn't answer is waited for then.
const LOOKED_WITHIN: Duration = Duration::from_secs(2);

const REPLAYED_AT_ONCE: u32 = 1_024;

/// Is a row on its way, with the caller who waits for it.
pub(super) struct Pending {
    pub row: Row,
    pub answer: oneshot::Sender<Result<Receipt, Unavailable>>,
}

/// Tells where a stored log is gone on with.
pub(super) struct Resumed {
    pub frontier: Frontier,
    pub checkpoint: Option<Checkpoint>,
}

/// Rebuilds the tree's edge from the newest checkpoint and the rows after it, and checks it against every commitment known.
pub(super) async fn resume<A: Archive + ?Sized>(
    archive: &A,
    verifier: &Verifier,
    kept_outside: Option<&str>,
) -> Result<Resumed, StartFailed> {
    let held = archive.held().await?;
    let mut frontier = held.frontier;
    let checkpoint = held.newest.map(|(_, note)| verifier.open(&note)).transpose()?;
    let outside = kept_outside.map(|note| verifier.open(note)).transpose()?;
    let altered = |size| StartFailed::Altered { size };
    let agrees = |frontier: &Frontier, checkpoint: &Checkpoint| {
        frontier.size() != checkpoint.size() || frontier.root() == *checkpoint.root()
    };
    let signed = checkpoint.as_ref().map_or(0, Checkpoint::size);
    if frontier.size() != signed
        || checkpoint
            .as_ref()
            .is_some_and(|newest| !agrees(&frontier, newest))
    {
        return Err(altered(signed));
    }
    while frontier.size() < held.rows {
        let rows = archive
            .rows(frontier.size(), i64::MIN..i64::MAX, REPLAYED_AT_ONCE)
            .await?;
        if rows.is_empty() {
            return Err(altered(held.rows));
        }
        for row in rows {
            let leaf = tree::leaf(verifier.log(), frontier.size(), &row.body);
            if row.index != frontier.size() || row.leaf != leaf {
                return Err(Failure::Corrupt.into());
            }
            frontier.push(leaf);
            if outside.as_ref().is_some_and(|kept| !agrees(&frontier, kept)) {
                return Err(altered(frontier.size()));
            }
        }
    }
    match outside {
        // A checkpoint outside is written after its rows are durable, so rows that it covers can only have been taken away.
        Some(kept) if kept.size() > frontier.size() || !agrees(&frontier, &kept) => Err(altered(kept.size())),
        _ => Ok(Resumed { frontier, checkpoint }),
    }
}

/// Writes the log.
pub(super) struct Writer {
    store: Arc<dyn Store>,
    signer: Arc<ArcSwap<Signer>>,
    frontier: Frontier,
    healthy: Arc<AtomicBool>,
    publish: watch::Sender<Option<Arc<Checkpoint>>>,
    clock: Arc<dyn Clock>,
    checkpoint_due: bool,
    unsigned: bool,
}

impl Writer {
    pub(super) fn new(
        store: Arc<dyn Store>,
        signer: Arc<ArcSwap<Signer>>,
        frontier: Frontier,
        healthy: Arc<AtomicBool>,
        publish: watch::Sender<Option<Arc<Checkpoint>>>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let signed = publish.borrow().as_ref().map_or(0, |newest| newest.size());
        Self {
            store,
            signer,
            unsigned: frontier.size() > signed,
            frontier,
            healthy,
            publish,
            clock,
            checkpoint_due: true,
        }
    }

    /// Writes until the queue is closed and empty; blocks the thread, and lets the store wait for the outside on `outside`.
    pub(super) fn run(mut self, queue: &Queue, outside: &Handle) {
        let mut signed_at = self.clock.steady();
        let mut looked_at = signed_at;
        loop {
            match queue.next(LARGEST_BATCH, CHECKPOINT_EVERY) {
                Next::Rows(batch) => {
                    let now = self.clock.steady();
                    if now.saturating_duration_since(signed_at) >= CHECKPOINT_EVERY {
                        (self.checkpoint_due, signed_at) = (true, now);
                    }
                    outside.block_on(self.write(batch));
                }
                Next::Nothing => {
                    self.checkpoint_due = true;
                    if self.unsigned || !self.healthy.load(Ordering::Relaxed) {
                        outside.block_on(self.write(Vec::new()));
                    } else if self.clock.steady().saturating_duration_since(looked_at) >= LOOKED_EVERY {
                        outside.block_on(self.look());
                        looked_at = self.clock.steady();
                    }
                }
                Next::End => break,
            }
        }
        if self.unsigned {
            self.checkpoint_due = true;
            outside.block_on(self.write(Vec::new()));
        }
    }

    async fn write(&mut self, batch: Vec<Pending>) {
        let (rows, answers): (Vec<_>, Vec<_>) = batch
            .into_iter()
            .map(|pending| (pending.row, pending.answer))
            .unzip();
        let written = self.append(rows).await;
        let was_healthy = self.healthy.swap(written.is_ok(), Ordering::Relaxed);
        match written {
            Ok(receipts) => {
                if !was_healthy {
                    tracing::info!("the audit log can be written again");
                }
                for (answer, receipt) in answers.into_iter().zip(receipts) {
                    // Who went away needs no receipt.
                    let _ = answer.send(Ok(receipt));
                }
            }
            Err(failure) => {
                if was_healthy {
                    tracing::error!(%failure, "the audit log can't be written: calls are refused");
                }
                for answer in answers {
                    let _ = answer.send(Err(Unavailable));
                }
            }
        }
    }

    /// Finds out in a quiet time whether rows could be written, so that readiness doesn't wait for a call that fails.
    async fn look(&self) {
        let nothing = Batch {
            first: self.frontier.size(),
            ..Batch::default()
        };
        let looking = tokio::time::timeout(LOOKED_WITHIN, self.store.append(nothing));
        if let Err(failure) = looking.await.unwrap_or(Err(Failure::Unreachable)) {
            self.healthy.store(false, Ordering::Relaxed);
            tracing::error!(%failure, "the audit log can't be written: calls would be refused");
        }
    }

    async fn append(&mut self, rows: Vec<Row>) -> Result<Vec<Receipt>, StartFailed> {
        let signer = self.signer.load_full();
        if !self.healthy.load(Ordering::Relaxed) {
            let resumed = resume(self.store.as_ref(), signer.verifier(), None).await?;
            if resumed.frontier.size() < self.frontier.size() {
                // Rows for which receipts were given are gone, as after a failover to a standby that lagged behind.
                return Err(StartFailed::Altered {
                    size: self.frontier.size(),
                });
            }
            self.unsigned |= resumed.frontier.size() != self.frontier.size();
            self.frontier = resumed.frontier;
        }
        let mut frontier = self.frontier.clone();
        let mut receipts = Vec::with_capacity(rows.len());
        let mut batch = Batch {
            first: frontier.size(),
            usage: usage_of(&rows),
            ..Batch::default()
        };
        for row in rows {
            let index = frontier.size();
            let leaf = tree::leaf(signer.log(), index, &row.body);
            frontier.push(leaf);
            receipts.push(Receipt {
                log: signer.log().clone(),
                index,
                leaf,
            });
            batch.rows.push((row, leaf));
        }
        batch.signed = self.checkpoint_due.then(|| Signed {
            checkpoint: signer.sign(frontier.size(), frontier.root()),
            frontier: frontier.clone(),
        });
        let signed = batch.signed.as_ref().map(|signed| signed.checkpoint.clone());
        self.store.append(batch).await?;
        self.frontier = frontier;
        self.unsigned = signed.is_none();
        if let Some(checkpoint) = signed {
            self.checkpoint_due = false;
            self.publish.send_replace(Some(Arc::new(checkpoint)));
        }
        Ok(receipts)
    }
}

fn usage_of(rows: &[Row]) -> Vec<Usage> {
    let mut calls = BTreeMap::<_, u64>::new();
    for spent in rows.iter().filter_map(|row| row.spent.as_ref()) {
        let sum = calls.entry(spent).or_default();
        *sum = sum.saturating_add(1);
    }
    calls
        .into_iter()
        .map(|((client, day), calls)| Usage {
            client: client.clone(),
            day: *day,
            calls,
        })
        .collect()
}
