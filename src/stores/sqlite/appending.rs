//! How does a batch of the log's rows become durable without a thread in between?
//!
//! The other statements of this store go through the driver, whose connections live on threads of their own and tell of each
//! statement by itself: for the log that was nineteen switches of threads a commit, which on a busy core cost more than the
//! rows. Here a connection of the log's own is used on the very thread that calls, which it blocks until the commit is
//! durable; the log's writer has a thread for that. One transaction a batch, `BEGIN IMMEDIATE`, with kept statements. What is
//! committed is merged into the file by another thread with a connection of its own, so that no commit waits for it.
//! On failure: nothing of the batch stands (or, where the commit itself failed, perhaps all), and the connection is opened anew.

use std::path::{Path, PathBuf};
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

/// How often the write-ahead log is merged into the file.
const MERGED_EVERY: Duration = Duration::from_millis(200);

/// Appends to the log in one file.
#[derive(Debug)]
pub struct Appending {
    path: PathBuf,
    connection: Mutex<Option<Connection>>,
    merging: Mutex<Option<Merging>>,
}

/// Merges the write-ahead log into the file, on a thread of its own: a merge flushes all that was written since the last
/// one, which takes a hundred times as long as a commit, and no answer need wait for it.
#[derive(Debug)]
struct Merging {
    is_over: Arc<(Mutex<bool>, Condvar)>,
    thread: JoinHandle<()>,
}

impl Merging {
    /// Begins; without a thread or a connection the commits themselves merge when the log has become long.
    fn begin(path: &Path) -> Option<Self> {
        let connection = connect(path).ok()?;
        let is_over = Arc::new((Mutex::new(false), Condvar::new()));
        let told = Arc::clone(&is_over);
        let thread = std::thread::Builder::new().name("dancu-merge".to_owned());
        let thread = thread.spawn(move || merge(&connection, &told)).ok()?;
        Some(Self { is_over, thread })
    }

    fn end(self) {
        let (is_over, told) = &*self.is_over;
        *is_over.lock().unwrap_or_else(PoisonError::into_inner) = true;
        told.notify_one();
        // It doesn't panic; if it had, nothing would be lost.
        let _ = self.thread.join();
    }
}

fn merge(connection: &Connection, (is_over, told): &(Mutex<bool>, Condvar)) {
    let mut held = is_over.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        let waited = told.wait_timeout_while(held, MERGED_EVERY, |is_over| !*is_over);
        let (is_over_now, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if *is_over_now {
            return;
        }
        drop(is_over_now);
        // Passive: it waits for nobody, and what it can't merge now the next one will.
        let _ = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
        held = is_over.lock().unwrap_or_else(PoisonError::into_inner);
    }
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
    /// Opens nothing yet: the first batch does.
    pub fn to(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            connection: Mutex::new(None),
            merging: Mutex::new(None),
        }
    }

    /// Makes a batch durable; blocks the thread until it is.
    pub fn append(&self, batch: &Batch) -> Result<(), Failure> {
        let mut held = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let mut connection = match held.take() {
            Some(connection) => connection,
            None => self.open().map_err(|error| failure(&error))?,
        };
        write(&mut connection, batch)?;
        // One whose transaction failed isn't put back: only a fresh one is known to be able to begin again.
        *held = Some(connection);
        Ok(())
    }

    /// Lets go of the file.
    pub fn close(&self) {
        *self.connection.lock().unwrap_or_else(PoisonError::into_inner) = None;
        let merging = self.merging.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(merging) = merging {
            merging.end();
        }
    }

    fn open(&self) -> rusqlite::Result<Connection> {
        let connection = connect(&self.path)?;
        let mut merging = self.merging.lock().unwrap_or_else(PoisonError::into_inner);
        if merging.is_none() {
            *merging = Merging::begin(&self.path);
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
