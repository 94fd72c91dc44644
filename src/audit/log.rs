//! How does a call get its row written, and know that it is?
//!
//! The handle that the road holds. `record` hands the entry over at once, before the returned future is first polled, and
//! the future resolves when the row is durable: a caller who goes away loses only the receipt, never the row.
//! The queue is bounded; when it is full, or the store fails, the answer is `Unavailable` and no data may go out.
//! `checkpoints` gives each new checkpoint to who publishes it or keeps it outside the store.

use std::future::Future;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arc_swap::ArcSwap;
use tokio::runtime::Handle;
use tokio::sync::{oneshot, watch};

use super::checkpoint::{Checkpoint, Forged, Signer};
use super::entry::Entry;
use super::queue::Queue;
use super::receipt::{LogName, Receipt};
use super::row::Row;
use super::store::{Failure, Store};
use super::writer::{Pending, Writer, resume};
use crate::clock::Clock;

/// Says that the row isn't known to be durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the audit log can't be written")]
pub struct Unavailable;

/// Says why the log can't be gone on with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StartFailed {
    /// The store fails.
    #[error(transparent)]
    Store(#[from] Failure),
    /// The newest checkpoint, in the store or kept outside, isn't signed by this log's key.
    #[error("a checkpoint is not signed with this log's key")]
    Key(#[from] Forged),
    /// The store's rows aren't those that the newest checkpoint commits to.
    #[error(
        "the stored rows do not agree with the checkpoint of {size} rows: check with `dancu audit verify`"
    )]
    Altered {
        /// The checkpoint's count of rows.
        size: u64,
    },
    /// The system gives the writer no thread.
    #[error("there is no thread for the log's writer")]
    NoThread,
}

/// Sets up the log.
#[derive(Debug, Clone)]
pub struct Config {
    /// How many rows may wait.
    pub queue: NonZeroUsize,
    /// The newest checkpoint kept outside the store, if one is there; a store that is behind it was set back.
    pub kept_outside: Option<String>,
}

/// Takes the entries of all calls; clones share one log.
#[derive(Clone)]
pub struct Log {
    shared: Arc<Shared>,
}

struct Shared {
    name: LogName,
    healthy: Arc<AtomicBool>,
    queue: Arc<Queue>,
    signer: Arc<ArcSwap<Signer>>,
    checkpoints: watch::Receiver<Option<Arc<Checkpoint>>>,
}

impl Log {
    /// Takes up the stored log where it ends and starts its one writer on a thread of its own; what the store
    /// waits for outside it waits for on the current runtime.
    ///
    /// # Errors
    /// When the store fails, belongs to another log, or isn't what its newest checkpoint says.
    pub async fn start(
        store: Arc<dyn Store>,
        signer: Signer,
        config: Config,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, StartFailed> {
        store.claim(signer.log()).await?;
        let resumed = resume(store.as_ref(), signer.verifier(), config.kept_outside.as_deref()).await?;
        let name = signer.log().clone();
        let healthy = Arc::new(AtomicBool::new(true));
        let queue = Arc::new(Queue::new(config.queue.get()));
        let (publish, checkpoints) = watch::channel(resumed.checkpoint.clone().map(Arc::new));
        let signer = Arc::new(ArcSwap::from_pointee(signer));
        let writer = Writer::new(
            store,
            Arc::clone(&signer),
            resumed.frontier,
            Arc::clone(&healthy),
            publish,
            clock,
        );
        on_its_own_thread(writer, Arc::clone(&queue))?;
        Ok(Self {
            shared: Arc::new(Shared {
                name,
                healthy,
                queue,
                signer,
                checkpoints,
            }),
        })
    }

    /// Hands an entry over at once; the future resolves when its row is durable.
    ///
    /// # Errors
    /// `Unavailable` when the queue is full, the log is stopped, or the store fails.
    #[must_use = "the row is written all the same, but only the future tells whether it is durable"]
    pub fn record(&self, entry: Entry) -> impl Future<Output = Result<Receipt, Unavailable>> + Send + use<> {
        let (answer, durable) = oneshot::channel();
        let queued = Row::of(&entry).ok_or(Unavailable);
        let queued = queued.and_then(|row| self.shared.queue.put(Pending { row, answer }));
        async move {
            if let Some(gathering) = queued? {
                gathering.gather().await;
            }
            durable.await.unwrap_or(Err(Unavailable))
        }
    }

    /// Signs from the next checkpoint on with another key. It must know the earlier ones, or the log can't be taken up again;
    /// a key of another log's changes nothing.
    pub fn sign_with(&self, signer: Signer) {
        if *signer.log() == self.shared.name {
            self.shared.signer.store(Arc::new(signer));
        }
    }

    /// Gives the name of the log.
    #[must_use]
    pub fn name(&self) -> &LogName {
        &self.shared.name
    }

    /// Counts the rows that wait for the writer.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.shared.queue.len()
    }

    /// Tells whether the last attempt to write succeeded.
    #[must_use]
    pub fn healthy(&self) -> bool {
        self.shared.healthy.load(Ordering::Relaxed)
    }

    /// Gives the newest checkpoint, and each one after it, until the writer ends.
    #[must_use]
    pub fn checkpoints(&self) -> watch::Receiver<Option<Arc<Checkpoint>>> {
        self.shared.checkpoints.clone()
    }

    /// Takes no more entries, writes what waits with a last checkpoint, and returns when the writer has ended.
    pub async fn stop(&self) {
        self.shared.queue.close();
        let mut checkpoints = self.checkpoints();
        while checkpoints.changed().await.is_ok() {}
    }
}

/// Gives the writer a thread: a store may block it for as long as a commit takes, and nobody else is kept waiting.
fn on_its_own_thread(writer: Writer, queue: Arc<Queue>) -> Result<(), StartFailed> {
    let outside = Handle::current();
    std::thread::Builder::new()
        .name("dancu-audit".to_owned())
        .spawn(move || writer.run(&queue, &outside))
        .map_err(|_| StartFailed::NoThread)?;
    Ok(())
}

impl std::fmt::Debug for Log {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Log({})", self.shared.name)
    }
}
