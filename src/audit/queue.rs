//! When do rows that wait go to the writer, and how many together?
//!
//! Between the callers and the one thread that writes. A commit costs more than all else that a row does, so rows go together,
//! but nobody waits for company while nothing else is to be done: whoever puts in the first row gives way to the calls that
//! are ready on its thread, again and again while these add rows, and then sends for the writer (`Gathering`). A row alone
//! goes at once. On a thread that is never done, enough rows go while the other calls are worked on. A thread may be
//! done because all its callers wait for the writer, or their answers are on the way to them: so when
//! the writer is sent for, it still waits a moment for half of those who were in its last two batches. Bounded: a full queue
//! refuses. Rows leave in the order in which they came.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::log::Unavailable;
use super::writer::Pending;

/// How many rows are enough for a commit: what it costs by itself is then little beside what their calls cost.
const ENOUGH: usize = 96;

/// How long the writer that was sent for waits for company at the most.
const GATHERED_WITHIN: Duration = Duration::from_millis(1);

struct State {
    rows: Vec<Pending>,
    /// How many rows were given out last, and before that.
    batches: [usize; 2],
    /// How often rows have been given out.
    given_out: u64,
    /// Whether nobody gathers any more.
    is_sent_for: bool,
    /// With how many rows the writer wants to be woken; none while it doesn't wait.
    wanted: Option<usize>,
    is_closed: bool,
}

impl State {
    /// Tells how many are half of those who come. Rather fewer, so that it becomes less and less when they do.
    fn company(&self) -> usize {
        let [last, before] = self.batches;
        ((last + before) * 7 / 16).clamp(1, ENOUGH)
    }
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

/// Is what remains to be done by whoever put in the first row: to send for the writer when no more rows come. Done at the
/// latest when this is dropped.
pub(super) struct Gathering {
    queue: Arc<Queue>,
    /// After how many times that rows were given out.
    after: u64,
}

impl Gathering {
    /// Gives way as long as that brings more rows.
    pub async fn gather(self) {
        let mut seen = 0;
        while let Some(rows) = self.rows().filter(|rows| *rows > seen) {
            seen = rows;
            tokio::task::yield_now().await;
        }
    }

    /// Counts the rows that have come together; none when they are with the writer.
    fn rows(&self) -> Option<usize> {
        let state = self.queue.lock();
        (state.given_out == self.after).then_some(state.rows.len())
    }
}

impl Drop for Gathering {
    fn drop(&mut self) {
        self.queue.send_for_the_writer(self.after);
    }
}

impl Queue {
    /// Makes a queue with room for so many rows.
    pub fn new(room: usize) -> Self {
        let state = State {
            rows: Vec::new(),
            batches: [0; 2],
            given_out: 0,
            is_sent_for: false,
            wanted: None,
            is_closed: false,
        };
        Self {
            state: Mutex::new(state),
            room,
            woken: Condvar::new(),
        }
    }

    /// Puts a row in; whoever brings the first one is to gather the others.
    pub fn put(self: &Arc<Self>, row: Pending) -> Result<Option<Gathering>, Unavailable> {
        let mut state = self.lock();
        if state.is_closed || state.rows.len() >= self.room {
            return Err(Unavailable);
        }
        state.rows.push(row);
        let (rows, after) = (state.rows.len(), state.given_out);
        let is_enough = state.wanted == Some(rows);
        drop(state);
        if is_enough {
            self.woken.notify_one();
        }
        Ok((rows == 1).then(|| Gathering {
            queue: Arc::clone(self),
            after,
        }))
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

    /// Gives the next rows, `most` at the most; blocks the thread until they are to go, or for `idle`.
    pub fn next(&self, most: usize, idle: Duration) -> Next {
        let mut state = self.wait_for(ENOUGH, idle, self.lock(), |state| state.is_sent_for);
        let company = state.company();
        if !state.rows.is_empty() {
            state = self.wait_for(company, GATHERED_WITHIN, state, |_| false);
        }
        if state.rows.is_empty() {
            state.is_sent_for = false;
            return if state.is_closed { Next::End } else { Next::Nothing };
        }
        let count = state.rows.len().min(most);
        let rows = state.rows.drain(..count).collect();
        let [last, _] = state.batches;
        state.batches = [count, last];
        state.given_out = state.given_out.wrapping_add(1);
        // What is left has waited for a whole batch, and nobody gathers for it.
        state.is_sent_for = !state.rows.is_empty();
        Next::Rows(rows)
    }

    /// Waits until so many rows are there, or the queue is closed, or something else is the case, or the time is over.
    fn wait_for<'q>(
        &'q self,
        rows: usize,
        within: Duration,
        mut state: MutexGuard<'q, State>,
        or: fn(&State) -> bool,
    ) -> MutexGuard<'q, State> {
        state.wanted = Some(rows);
        let is_waiting = |state: &mut State| state.rows.len() < rows && !state.is_closed && !or(state);
        let (mut state, _) = self
            .woken
            .wait_timeout_while(state, within, is_waiting)
            .unwrap_or_else(PoisonError::into_inner);
        state.wanted = None;
        state
    }

    fn send_for_the_writer(&self, after: u64) {
        let mut state = self.lock();
        if state.given_out != after || state.is_sent_for {
            return;
        }
        state.is_sent_for = true;
        let is_awaited = state.wanted.is_some();
        drop(state);
        if is_awaited {
            self.woken.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
