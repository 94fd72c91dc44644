//! How does a batch of the log's rows become durable without a thread in between?
//!
//! The other statements of this store go through the driver, whose connections live on threads of their own and tell of each
//! statement by itself: for the log that was nineteen switches of threads a commit, which on a busy core cost more than the
//! rows. Here a connection of the log's own is used on the very thread that calls, which it blocks until the commit is
//! durable; the log's writer has a thread for that. One transaction a batch, `BEGIN IMMEDIATE`, with kept statements. What is
//! committed is merged into the file by another thread with a connection of its own, so that no commit waits for it.
//! On failure: nothing of the batch stands (or, where the commit itself failed, perhaps all), and the connection is opened anew.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, TransactionBehavior, params};

use super::{BUSY_TIMEOUT, LONGEST_LOG, failure_of_code};
use crate::audit::{Batch, Failure};

const ADD_ROW: &str =
    r#"INSERT INTO audit_rows ("index", time, person, leaf, body) VALUES (?1, ?2, ?3, ?4, ?5)"#;

const ADD_USAGE: &str = "INSERT INTO audit_usage (client, day, calls) VALUES (?1, ?2, ?3)
    ON CONFLICT (day, client) DO UPDATE SET calls = calls + excluded.calls";

const ADD_CHECKPOINT: &str = "INSERT INTO audit_checkpoints (size, note) VALUES (?1, ?2)
    ON CONFLICT (size) DO UPDATE SET note = excluded.note";

const MOVE_EDGE: &str = "UPDATE audit_log SET size = ?1, frontier = ?2";

/// How long after a commit the write-ahead log is merged into the file, together with what came meanwhile.
const MERGED_WITHIN: Duration = Duration::from_millis(50);

/// From how many pages on the write-ahead log is begun anew, instead of growing: 16 MiB, which then stay on the disk.
const LONG_LOG: u32 = 4_000;

/// How many pages may be left to merge for a commit to wait until they are: about a millisecond's work.
const FEW: u32 = 256;

/// Appends to the log in one file.
#[derive(Debug)]
pub struct Appending {
    path: PathBuf,
    file: Arc<File>,
    connection: Mutex<Option<Connection>>,
    merging: Mutex<Option<Merging>>,
    told: Arc<Told>,
}

/// Is what commits and the merging tell each other.
#[derive(Debug, Default)]
struct Told {
    state: Mutex<State>,
    changed: Condvar,
    /// Whether the log is long and nearly merged.
    may_begin_anew: AtomicBool,
}

#[derive(Debug, Default)]
struct State {
    /// Whether something was written since the last merge.
    is_written: bool,
    is_over: bool,
}

impl Told {
    /// Changes the state and wakes the merging, if that is waiting for it.
    fn tell(&self, change: fn(&mut State) -> &mut bool) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if !std::mem::replace(change(&mut state), true) {
            drop(state);
            self.changed.notify_one();
        }
    }

    /// Waits until there is something to merge, and has been for a while; tells whether there is, and not the end.
    fn wait_for_pages(&self) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let is_quiet = |state: &mut State| !state.is_written && !state.is_over;
        let state = self.changed.wait_while(state, is_quiet);
        let state = state.unwrap_or_else(PoisonError::into_inner);
        let waited = self
            .changed
            .wait_timeout_while(state, MERGED_WITHIN, |state| !state.is_over);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.is_written = false;
        !state.is_over
    }
}

/// Merges the write-ahead log into the file, on a thread of its own: that takes far longer than a commit, and no answer need
/// wait for it. The log begins anew only when nothing is left to merge, which never happens while commits go on: so the
/// next commit merges the rest itself when that is little. A log that is written over doesn't grow, which halves what a
/// commit's flush costs.
#[derive(Debug)]
struct Merging {
    thread: JoinHandle<()>,
}

impl Merging {
    /// Begins; without a thread or a connection the commits themselves merge when the log has become long.
    fn begin(path: &Path, file: Arc<File>, told: Arc<Told>) -> Option<Self> {
        let connection = connect(path).ok()?;
        let thread = std::thread::Builder::new().name("dancu-merge".to_owned());
        let thread = thread.spawn(move || merge(&connection, &file, &told)).ok()?;
        Some(Self { thread })
    }

    fn end(self, told: &Told) {
        told.tell(|state| &mut state.is_over);
        // It doesn't panic; if it had, nothing would be lost.
        let _ = self.thread.join();
    }
}

fn merge(connection: &Connection, file: &File, told: &Told) {
    while told.wait_for_pages() {
        // What fails now the next one will do.
        let Ok((pages, merged)) = merge_now(connection) else {
            continue;
        };
        // The engine flushes the file only when the whole log is merged, all at once and while a commit waits.
        let is_flushed = file.sync_data().is_ok();
        let may_begin_anew = pages >= LONG_LOG && pages.saturating_sub(merged) <= FEW;
        told.may_begin_anew
            .store(is_flushed && may_begin_anew, Ordering::Release);
    }
}

/// Merges what it can without waiting for anybody; gives the log's pages, and how many of them are merged.
fn merge_now(connection: &Connection) -> rusqlite::Result<(u32, u32)> {
    connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| {
        Ok((row.get(1)?, row.get(2)?))
    })
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    // The file and its form are made by the driver's connection, which is always there first.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.execute_batch(&format!(
        "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = {LONGEST_LOG};"
    ))?;
    Ok(connection)
}

impl Appending {
    /// Opens no connection yet: the first batch does. The file is the one at `path`, for flushing it.
    pub fn to(path: &Path, file: Arc<File>) -> Self {
        Self {
            path: path.to_owned(),
            file,
            connection: Mutex::new(None),
            merging: Mutex::new(None),
            told: Arc::default(),
        }
    }

    /// Makes a batch durable; blocks the thread until it is.
    pub fn append(&self, batch: &Batch) -> Result<(), Failure> {
        let mut held = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let mut connection = match held.take() {
            Some(connection) => connection,
            None => self.open().map_err(|error| failure(&error))?,
        };
        if self.told.may_begin_anew.swap(false, Ordering::Acquire) {
            // Where that fails, the log is a little longer.
            let _ = merge_now(&connection);
        }
        write(&mut connection, batch)?;
        self.told.tell(|state| &mut state.is_written);
        // One whose transaction failed isn't put back: only a fresh one is known to be able to begin again.
        *held = Some(connection);
        Ok(())
    }

    /// Lets go of the file.
    pub fn close(&self) {
        *self.connection.lock().unwrap_or_else(PoisonError::into_inner) = None;
        let merging = self.merging.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(merging) = merging {
            merging.end(&self.told);
        }
    }

    fn open(&self) -> rusqlite::Result<Connection> {
        let connection = connect(&self.path)?;
        let mut merging = self.merging.lock().unwrap_or_else(PoisonError::into_inner);
        if merging.is_none() {
            *merging = Merging::begin(&self.path, Arc::clone(&self.file), Arc::clone(&self.told));
        }
        Ok(connection)
    }
}

impl Drop for Appending {
    fn drop(&mut self) {
        self.close();
    }
}

fn write(connection: &mut Connection, batch: &Batch) -> Result<(), Failure> {
    let told = |error: rusqlite::Error| failure(&error);
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(told)?;
    {
        let mut add = transaction.prepare_cached(ADD_ROW).map_err(told)?;
        let mut index = signed(batch.first)?;
        for (row, leaf) in &batch.rows {
            add.execute(params![index, row.time, row.person, leaf.as_slice(), row.body])
                .map_err(told)?;
            index = index.saturating_add(1);
        }
    }
    for usage in &batch.usage {
        let (client, day) = (usage.client.as_str(), usage.day.to_string());
        let mut add = transaction.prepare_cached(ADD_USAGE).map_err(told)?;
        add.execute(params![client, day, signed(usage.calls)?])
            .map_err(told)?;
    }
    if let Some(newest) = &batch.signed {
        let size = signed(newest.checkpoint.size())?;
        transaction
            .prepare_cached(ADD_CHECKPOINT)
            .and_then(|mut add| add.execute(params![size, newest.checkpoint.note()]))
            .map_err(told)?;
        transaction
            .prepare_cached(MOVE_EDGE)
            .and_then(|mut edge| edge.execute(params![size, newest.frontier.to_bytes()]))
            .map_err(told)?;
    }
    if batch.rows.is_empty() {
        // Something must be written, or a full disk would take the commit; nobody reads this number.
        let turned: i32 = transaction
            .pragma_query_value(None, "user_version", |row| row.get(0))
            .map_err(told)?;
        transaction
            .pragma_update(None, "user_version", i32::from(turned == 0))
            .map_err(told)?;
    }
    transaction.commit().map_err(told)
}

fn signed(number: u64) -> Result<i64, Failure> {
    i64::try_from(number).map_err(|_| Failure::Full)
}

/// Tells the kind of an engine's error, as for the driver's connections.
fn failure(error: &rusqlite::Error) -> Failure {
    failure_of_code(
        error
            .sqlite_error()
            .map(|error| error.extended_code.unsigned_abs()),
    )
}
