//! How do rows wait for the writer without waking it one by one?
//!
//! Between the callers and the one task that writes. A caller puts its row in and goes on waiting; the writer is woken
//! for the first row when it is idle, and under load only when about as many rows wait as it wrote last time, or
//! when the first of them has waited 2 ms. Waking a thread costs more than all else that a row does. Bounded: a full queue
//! refuses. Rows leave in the order in which they came.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::log::Unavailable;
use super::writer::Pending;

/// How long rows wait for company at the most.
const GATHERED_WITHIN: Duration = Duration::from_millis(2);

/// From how many rows at once on it is worth waiting for as many again.
const COMPANY: usize = 4;

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

    /// Gives the next rows, `most` at the most, after a batch of `last`; none once the queue is closed and empty.
    pub async fn batch(&self, last: usize, most: usize) -> Vec<Pending> {
        if !self.wait_for(1).await {
            return Vec::new();
        }
        if last >= COMPANY {
            // Who comes too late goes with the next batch.
            let _ = tokio::time::timeout(GATHERED_WITHIN, self.wait_for(last.min(most))).await;
        }
        let mut state = self.lock();
        let count = state.rows.len().min(most);
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
