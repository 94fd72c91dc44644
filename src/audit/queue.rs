//! How do rows wait for the writer without waking it one by one?
//!
//! Between the callers and the one task that writes. A caller puts its row in and goes on waiting; the writer is woken
//! for the first row when it is idle, and under load only when about half of all callers' rows wait, or after 2 ms: waking a
//! thread costs more than all else that a row does, and while one half is being written the other is worked on. How many
//! callers there are (`Pace`) is seen where the 2 ms go by, since everybody's row is in by then; under load that is let
//! happen once a second. Bounded: a full queue refuses. Rows leave in the order in which they came.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::log::Unavailable;
use super::writer::Pending;

/// How long rows wait for company at the most.
const GATHERED_WITHIN: Duration = Duration::from_millis(2);

/// From how many rows a batch on it is worth seeing how many callers there are.
const COMPANY: usize = 4;

/// Holds what the writer knows of how many call at once.
#[derive(Debug)]
pub(super) struct Pace {
    /// With how many rows a batch goes.
    wanted: usize,
    rows: usize,
    batches: usize,
    is_looking: bool,
}

impl Pace {
    /// Begins as if one called.
    pub fn new() -> Self {
        Self {
            wanted: 1,
            rows: 0,
            batches: 0,
            is_looking: false,
        }
    }

    /// Has the next batch wait for everybody, where there is company; call it once a second.
    pub fn look(&mut self) {
        self.is_looking = self.batches > 0 && self.rows / self.batches >= COMPANY;
        (self.rows, self.batches) = (0, 0);
    }

    fn wanted(&self) -> usize {
        if self.is_looking { usize::MAX } else { self.wanted }
    }

    fn everybody_is_in(&mut self, callers: usize) {
        self.is_looking = false;
        self.wanted = callers.div_ceil(2).max(1);
    }

    fn went(&mut self, rows: usize) {
        self.rows = self.rows.saturating_add(rows);
        self.batches = self.batches.saturating_add(1);
    }
}

struct State {
    rows: Vec<Pending>,
    /// With how many rows the writer wants to be woken.
    wanted: usize,
    is_closed: bool,
}

/// Holds the rows that wait.
pub(super) struct Queue {
    state: Mutex<State>,
    room: usize,
    woken: Notify,
}

impl Queue {
    /// Makes a queue with room for so many rows.
    pub fn new(room: usize) -> Self {
        let state = State {
            rows: Vec::new(),
            wanted: 1,
            is_closed: false,
        };
        Self {
            state: Mutex::new(state),
            room,
            woken: Notify::new(),
        }
    }

    /// Puts a row in.
    pub fn put(&self, row: Pending) -> Result<(), Unavailable> {
        let mut state = self.lock();
        if state.is_closed || state.rows.len() >= self.room {
            return Err(Unavailable);
        }
        state.rows.push(row);
        let is_enough = state.rows.len() == state.wanted;
        drop(state);
        if is_enough {
            self.woken.notify_one();
        }
        // On a saturated machine everybody waits for the writer: whoever hands it a row gives way to it.
        std::thread::yield_now();
        Ok(())
    }

    /// Takes no more rows; those that wait are still given out.
    pub fn close(&self) {
        self.lock().is_closed = true;
        self.woken.notify_one();
    }

    /// Counts the rows that wait.
    pub fn len(&self) -> usize {
        self.lock().rows.len()
    }

    /// Gives the next rows, `most` at the most; none once the queue is closed and empty.
    pub async fn batch(&self, pace: &mut Pace, most: usize) -> Vec<Pending> {
        if !self.wait_for(1).await {
            return Vec::new();
        }
        let wanted = pace.wanted().min(most);
        if self.len() < wanted {
            let company = tokio::time::timeout(GATHERED_WITHIN, self.wait_for(wanted)).await;
            if company.is_err() || pace.is_looking {
                pace.everybody_is_in(self.len());
            }
        }
        let mut state = self.lock();
        let count = state.rows.len().min(most);
        pace.went(count);
        state.rows.drain(..count).collect()
    }

    /// Waits until so many rows are there; tells whether there are any, which there needn't be once the queue is closed.
    async fn wait_for(&self, rows: usize) -> bool {
        loop {
            {
                let mut state = self.lock();
                if state.rows.len() >= rows || state.is_closed {
                    return !state.rows.is_empty();
                }
                state.wanted = rows;
            }
            self.woken.notified().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
