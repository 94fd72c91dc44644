//! How are many people asked about in one go, without anybody else waiting for it?
//!
//! Stands behind the exchange. A batch comes in row by row (`intake`) and is kept sealed (`drawer`, `store`); once it is whole,
//! its rows are taken from its client's day and it is answered. It is then worked on without its caller (`work`): clients take
//! turns, each row goes the road of any question, under the mandate that the caller left, and has its audit row. Always true:
//! a batch that isn't whole leaves nothing, a row has one result, and what a result says was recorded first. Knows nothing of
//! HTTP: rows are read and results written by the form that it is given. On failure: a refusal, recorded, and nothing is kept.

mod drawer;
mod intake;
pub mod store;
mod waiting;
mod work;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use arc_swap::ArcSwap;
use bytes::Bytes;
use jiff::Timestamp;
use uuid::Uuid;

use crate::auth::Caller;
use crate::clock::Clock;
use crate::domain::claim::Claim;
use crate::domain::subject::Subject;
use crate::exchange::{Exchange, Refusal, Writer};
use crate::limits::Remaining;
use crate::policy::clients::Client;
use crate::sealing::Sealer;
use drawer::Drawer;
pub use intake::{Reception, Untaken};
use store::{Standing, Store, Unavailable};

/// The most rows of one batch.
pub const MOST_ROWS: u32 = 100_000;

/// The greatest number that a row may have: with eight digits it can't be anybody's.
pub const GREATEST_ROW: u32 = 99_999_999;

/// States what batches must know.
#[derive(Debug, Clone)]
pub struct Config {
    /// How many rows are asked about at the same time.
    pub at_once: usize,
    /// How long a batch may stand still before it is given up.
    pub give_up_after: Duration,
    /// How long its results can be read after its end.
    pub kept_for: Duration,
}

/// Is what a row asks.
#[derive(Debug, Clone)]
pub struct Asked {
    /// About whom.
    pub subject: Subject,
    /// What is claimed.
    pub claims: Vec<Claim>,
}

/// Reads rows and writes results as the edge's protocol has them.
#[derive(Debug, Clone, Copy)]
pub struct Form {
    /// Reads a row as of the time at which it came, or writes down what is wrong with it.
    pub read: fn(&[u8], Timestamp) -> Result<Asked, Misread>,
    /// Writes an answer.
    pub write: Writer,
    /// Writes the result of an answered row.
    pub answered: fn(&[u8]) -> Vec<u8>,
    /// Writes the result of a row that was refused.
    pub refused: fn(&Refusal, Option<&Misread>) -> Vec<u8>,
}

/// Is what is wrong with a row, as the edge writes it down.
#[derive(Clone)]
pub struct Misread(pub Vec<u8>);

/// Is what the caller is told of a batch that was taken on.
#[derive(Debug)]
pub struct Taken {
    /// The batch's name.
    pub id: Uuid,
    /// The client, for the limits' headers.
    pub client: Arc<Client>,
    /// Where the client stands, unless nothing was spent.
    pub nearest: Option<Remaining>,
}

/// Is a result.
pub struct Told {
    /// The caller's number of the row.
    pub row: u32,
    /// The result, as the form wrote it.
    pub result: Bytes,
}

/// Names what [`Batches`] are made of.
#[expect(missing_docs, reason = "each part is documented where it is made")]
pub struct Parts {
    pub config: Config,
    pub exchange: Arc<Exchange>,
    pub store: Arc<dyn Store>,
    pub sealer: Sealer,
    pub form: Form,
    /// This gateway's name among those that share the store; it keeps it over restarts.
    pub owner: String,
    pub clock: Arc<dyn Clock>,
}

/// Takes batches on, works on them, and shows them.
pub struct Batches {
    config: ArcSwap<Config>,
    exchange: Arc<Exchange>,
    drawer: Drawer,
    form: Form,
    owner: String,
    clock: Arc<dyn Clock>,
    stopping: AtomicBool,
    /// Since when this gateway runs.
    begun: Timestamp,
}

impl Batches {
    /// Goes by other settings from the next turn on.
    pub fn adjust(&self, config: Config) {
        self.config.store(Arc::new(config));
    }

    /// Joins the parts.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self {
            config: ArcSwap::from_pointee(parts.config),
            exchange: parts.exchange,
            drawer: Drawer {
                store: parts.store,
                sealer: parts.sealer,
            },
            form: parts.form,
            owner: parts.owner,
            begun: parts.clock.now(),
            clock: parts.clock,
            stopping: AtomicBool::new(false),
        }
    }

    /// Tells how a client's batch stands; nothing where the client has none of that name.
    ///
    /// # Errors
    /// When the store can't say.
    pub async fn find(&self, id: Uuid, caller: &Caller) -> Result<Option<Standing>, Unavailable> {
        let found = self.drawer.store.find(id, caller.client_id()).await?;
        let is_over = |standing: &Standing| {
            standing
                .ended_at
                .is_some_and(|ended_at| ended_at < self.kept_since())
        };
        Ok(found.filter(|standing| !is_over(standing)))
    }

    /// Cancels a client's batch that hasn't ended; rows that aren't done are removed at once.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn cancel(&self, id: Uuid, caller: &Caller) -> Result<(), Unavailable> {
        self.drawer
            .store
            .cancel(id, caller.client_id(), self.clock.now())
            .await
    }

    /// Lists results of a batch that was found, in the order of its rows, those after a row.
    ///
    /// # Errors
    /// When the store fails, or a result doesn't open.
    pub async fn results(&self, id: Uuid, after: u32, most: u32) -> Result<Vec<Told>, Unavailable> {
        let kept = self.drawer.store.results(id, after, most).await?;
        kept.into_iter()
            .map(|kept| {
                let result = self.drawer.open_result(id, kept.row, &kept.result)?;
                Ok(Told {
                    row: kept.row,
                    result: result.into(),
                })
            })
            .collect()
    }

    /// Gives the time before which a batch must have ended to be over.
    fn kept_since(&self) -> Timestamp {
        self.clock
            .now()
            .saturating_sub(self.config.load().kept_for)
            .unwrap_or(Timestamp::MIN)
    }
}
