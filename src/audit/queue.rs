//! How do rows wait for the writer without waking it one by one?
//!
//! Between the callers and the one thread that writes. A caller puts its row in and goes on waiting. The writer is woken for
//! the first row when it is idle, and under load only when as many rows wait as it wrote last time, or when the first of
//! them has waited 2 ms. Waking a thread costs more than all else that a row does, and calls that are worked on together
//! cost less than calls in turns. Bounded: a full queue refuses. Rows leave in the order in which they came.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::log::Unavailable;
use super::writer::Pending;

/// How long rows wait for company at the most.
const GATHERED_WITHIN: Duration = Duration::from_millis(2);

/// From how many rows at once on it is worth waiting for as many again.
const COMPANY: usize = 4;

struct State {
    rows: Vec<Pending>,
    /// With how many rows the writer wants to be woken; none while it doesn't wait.
    wanted: Option<usize>,
    is_closed: bool,
}

/// Holds the rows that wait.
pub(super) struct Queue {
    state: Mutex<State>,
    room: usize,
    woken: Condvar,
}

/// Is what the writer is given to do.
pub(super) enum Next {
    /// Rows, at least one.
    Rows(Vec<Pending>),
    /// Nothing came for a while.
    Nothing,
    /// The queue is closed and empty.
    End,
}

impl Queue {
    /// Makes a queue with room for so many rows.
    pub fn new(room: usize) -> Self {
        let state = State {
            rows: Vec::new(),
            wanted: None,
            is_closed: false,
        };
        Self {
            state: Mutex::new(state),
            room,
            woken: Condvar::new(),
        }
    }

    /// Puts a row in.
    pub fn put(&self, row: Pending) -> Result<(), Unavailable> {
        let mut state = self.lock();
        if state.is_closed || state.rows.len() >= self.room {
            return Err(Unavailable);
        }
        state.rows.push(row);
        let is_enough = state.wanted == Some(state.rows.len());
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

    /// Gives the next rows, `most` at the most, after a batch of `last`; blocks the thread until there are any, or for `idle`.
    pub fn next(&self, last: usize, most: usize, idle: Duration) -> Next {
        let mut state = self.wait_for(1, idle, self.lock());
        if last >= COMPANY && !state.rows.is_empty() {
            state = self.wait_for(last.min(most), GATHERED_WITHIN, state);
        }
        if state.rows.is_empty() {
            return if state.is_closed { Next::End } else { Next::Nothing };
        }
        let count = state.rows.len().min(most);
        Next::Rows(state.rows.drain(..count).collect())
    }

    /// Waits until so many rows are there, or the queue is closed, or the time is over.
    fn wait_for<'q>(
        &'q self,
        rows: usize,
        within: Duration,
        mut state: MutexGuard<'q, State>,
    ) -> MutexGuard<'q, State> {
        state.wanted = Some(rows);
        let (mut state, _) = self
            .woken
            .wait_timeout_while(state, within, |state| state.rows.len() < rows && !state.is_closed)
            .unwrap_or_else(PoisonError::into_inner);
        state.wanted = None;
        state
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
