//! How is a batch kept while it comes in, is worked on, and is read?
//!
//! The port that `stores` implements. A batch begins as a draft that nobody sees; its rows follow page by page; with the quota
//! of its client's day held it is queued, or it is discarded and leaves nothing, the quota included. Gateways that share a
//! store claim batches by a lease, so that no two work on one. A row's result takes the place of its content in one
//! transaction with the counts: a row is done once, and the counts are exact. Contents are sealed before they come here.
//! On failure: `Unavailable`; nothing half done is ever seen.

use std::collections::BTreeMap;

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use crate::domain::client::ClientId;

/// Says that batches can't be kept or read now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("batches can't be kept")]
pub struct Unavailable;

/// Tells how far a batch is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Nobody has begun with it.
    Queued,
    /// Some of its rows may be done.
    Running,
    /// Every row has its result.
    Done,
    /// Its client gave it up; what was done stays.
    Cancelled,
    /// It can't be gone on with; what was done stays.
    Failed,
}

impl Status {
    const ALL: [Self; 5] = [
        Self::Queued,
        Self::Running,
        Self::Done,
        Self::Cancelled,
        Self::Failed,
    ];

    /// Gives the word that the API and the store use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        }
    }

    /// Finds the status of a word; nothing for a batch that nobody may see.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }
}

/// Is a batch that comes in.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The batch's name.
    pub id: Uuid,
    /// Whose it is.
    pub client: ClientId,
    /// Who asked for which work, sealed.
    pub request: Vec<u8>,
    /// When it was entered.
    pub entered_at: Timestamp,
    /// When it lapses unless more of it comes in.
    pub lapses_at: Timestamp,
}

/// Is a row as it comes in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entered {
    /// The caller's number of the row.
    pub row: u32,
    /// What is asked, sealed.
    pub content: Vec<u8>,
}

/// Is a row that waits to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// The row.
    pub row: u32,
    /// What is asked, sealed.
    pub content: Vec<u8>,
    /// When an answer about it last couldn't be read, if that was the last that came of it.
    pub unread_at: Option<Timestamp>,
}

/// Is a row that was asked about in vain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InVain {
    /// The row.
    pub row: u32,
    /// When that was known.
    pub at: Timestamp,
    /// Whether there was an answer that couldn't be read.
    pub is_unread: bool,
}

/// Takes the rows of a whole batch from its client's quota of a day.
#[derive(Debug, Clone, Copy)]
pub struct Spending {
    /// The calendar day in Viet Nam.
    pub day: Date,
    /// The batch's rows.
    pub rows: u64,
    /// The client's rows a day.
    pub most: u64,
}

/// Tells whether a batch fits into its client's day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reserved {
    /// It does, and is counted in it.
    Held,
    /// It doesn't: so many rows would.
    Short {
        /// The rows that are left of the day.
        left: u64,
    },
}

/// Tells how a batch stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// How far it is.
    pub status: Status,
    /// Why it failed: a problem's code.
    pub reason: Option<String>,
    /// Its rows.
    pub rows: u64,
    /// Those that have a result.
    pub done: u64,
    /// Those by their outcome.
    pub counts: BTreeMap<String, u64>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// Is a batch to work on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// The batch's name.
    pub id: Uuid,
    /// Who asked for which work, sealed.
    pub request: Vec<u8>,
    /// When a row of it was last done; at first, when it was first claimed.
    pub progressed_at: Timestamp,
    /// Whether it waits for the registry.
    pub is_waiting: bool,
}

/// Tells what is known of the way to the registry, by which batches that wait for it are claimed or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// The registry can't be asked: only those are gone on with that have had nothing done since a time.
    Closed {
        /// The time.
        overdue: Timestamp,
    },
    /// It may be asked: those that found it away before a time needn't wait any longer.
    Open {
        /// The time, since when it is known to be there.
        since: Timestamp,
    },
}

/// Takes batches for one gateway.
#[derive(Debug, Clone, Copy)]
pub struct Claiming<'a> {
    /// The gateway: a name of its own that it keeps over restarts, so that it goes on with its own at once.
    pub owner: &'a str,
    /// The time.
    pub now: Timestamp,
    /// Until when nobody else takes them.
    pub until: Timestamp,
    /// The most batches.
    pub most: u32,
    /// What is known of the registry.
    pub way: Way,
}

impl Claiming<'_> {
    /// Gives the times that decide on a batch that waits for the registry. It is gone on with where it was put off until the
    /// first, found the registry away before the second, or had nothing done since the third.
    #[must_use]
    pub fn of_waiting(&self) -> [Timestamp; 3] {
        match self.way {
            Way::Closed { overdue } => [Timestamp::MIN, Timestamp::MIN, overdue],
            Way::Open { since } => [self.now, since, Timestamp::MIN],
        }
    }
}

/// Names a batch, and the gateway that says what is to become of it: it has no say any more where another has leased it since.
#[derive(Debug, Clone, Copy)]
pub struct Lent<'a> {
    /// The batch.
    pub id: Uuid,
    /// The gateway.
    pub owner: &'a str,
}

/// Is a row with its result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// The row.
    pub row: u32,
    /// The result, sealed.
    pub result: Vec<u8>,
    /// What it counts as.
    pub outcome: &'static str,
}

/// Is a row's result as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The row.
    pub row: u32,
    /// The result, sealed.
    pub result: Vec<u8>,
}

/// Keeps batches. Times are the caller's.
pub trait Store: Send + Sync + 'static {
    /// Enters a draft.
    fn begin(&self, draft: Draft) -> BoxFuture<'_, Result<(), Unavailable>>;

    /// Adds rows to a draft, and puts off when it lapses. No row number comes twice.
    fn append(
        &self,
        id: Uuid,
        rows: Vec<Entered>,
        lapses_at: Timestamp,
    ) -> BoxFuture<'_, Result<(), Unavailable>>;

    /// Takes a draft's rows from its client's day, all or none.
    fn reserve(&self, id: Uuid, spending: Spending) -> BoxFuture<'_, Result<Reserved, Unavailable>>;

    /// Makes a draft with its quota held a batch that waits; `Unavailable` where it has lapsed meanwhile.
    fn queue(&self, id: Uuid, now: Timestamp) -> BoxFuture<'_, Result<(), Unavailable>>;

    /// Removes a draft with its rows, and gives its quota back.
    fn discard(&self, id: Uuid) -> BoxFuture<'_, Result<(), Unavailable>>;

    /// Tells how a client's batch stands; nothing where there is none, or it is another's.
    fn find<'a>(
        &'a self,
        id: Uuid,
        client: &'a ClientId,
    ) -> BoxFuture<'a, Result<Option<Standing>, Unavailable>>;

    /// Cancels a client's batch that hasn't ended, and removes what isn't done of it.
    fn cancel<'a>(
        &'a self,
        id: Uuid,
        client: &'a ClientId,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<(), Unavailable>>;

    /// Leases of each client the oldest batch that may be gone on with, those first that had nothing done for longest; what
    /// the same gateway has leased is leased anew. What waits for the registry is gone on with as the way to it is.
    fn claim<'a>(&'a self, claiming: Claiming<'a>) -> BoxFuture<'a, Result<Vec<Claimed>, Unavailable>>;

    /// Gives back whatever a gateway has leased.
    fn release<'a>(&'a self, owner: &'a str) -> BoxFuture<'a, Result<(), Unavailable>>;

    /// Lists the first rows of a batch that have no result, in their order, those behind that were asked about in vain.
    fn open_rows(&self, id: Uuid, most: u32) -> BoxFuture<'_, Result<Vec<Open>, Unavailable>>;

    /// Has rows come after all others, since they were asked about in vain.
    fn put_behind(&self, id: Uuid, rows: Vec<InVain>) -> BoxFuture<'_, Result<(), Unavailable>>;

    /// Keeps results, those of rows that have none yet, and counts them; with the last one the batch is done. It waits
    /// for nothing any more.
    fn finish(&self, id: Uuid, rows: Vec<Finished>, now: Timestamp)
    -> BoxFuture<'_, Result<(), Unavailable>>;

    /// Has nobody go on with a batch before a time, whatever the registry does.
    fn put_off<'a>(&'a self, lent: Lent<'a>, until: Timestamp) -> BoxFuture<'a, Result<(), Unavailable>>;

    /// Has a batch wait for the registry, which it found away at a time; gone on with earlier than that where it is known to be
    /// back, and not while it is known to be away.
    fn await_registry<'a>(
        &'a self,
        lent: Lent<'a>,
        missed: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'a, Result<(), Unavailable>>;

    /// Ends a batch that can't be gone on with, for a reason, and removes what isn't done of it.
    fn fail<'a>(
        &'a self,
        lent: Lent<'a>,
        reason: &'a str,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<(), Unavailable>>;

    /// Lists results of a batch in the order of its rows, those after a row.
    fn results(&self, id: Uuid, after: u32, most: u32) -> BoxFuture<'_, Result<Vec<Kept>, Unavailable>>;

    /// Removes some of what ended before a time, and of drafts that have lapsed by now, and counts what it removed.
    fn clean(&self, now: Timestamp, ended_before: Timestamp) -> BoxFuture<'_, Result<u64, Unavailable>>;
}
