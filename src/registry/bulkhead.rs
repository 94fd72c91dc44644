//! Is there room for one more call on its way to the registry?
//!
//! Keeps calls that are under way to as many as the registry bears (`aimd`), so that one that has become slow doesn't gather all
//! of the gateway's calls. Who finds no room waits in a short line: who has somebody waiting at a counter before any batch,
//! and batches have half of the room at the most. A full line, or a wait that is over, is a refusal. A `Slot` is the room of one
//! call; it is free again when it is dropped, however its call ended, and goes to who waits next. No lock is held while waiting.

mod aimd;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::budget::Class;
use aimd::{Aimd, Ended};

/// When who finds no room is told to come back.
const COME_BACK_IN: Duration = Duration::from_secs(1);

/// States how much room there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// The fewest calls under way that are always allowed.
    pub least: u32,
    /// The most that are ever allowed.
    pub most: u32,
    /// How many may wait for room.
    pub waiting: usize,
    /// How long somebody at a counter waits for it.
    pub wait: Duration,
}

/// Says that there is no room, and when to come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Full {
    pub retry_after: Duration,
}

/// Tells how the room is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Room {
    /// How many calls may be under way.
    pub limit: u32,
    /// How many are.
    pub in_flight: u32,
    /// Calls that wait for room and have somebody waiting for them.
    pub waiting: usize,
    /// Calls of batches that wait for room.
    pub batches_waiting: usize,
    /// What the quickest call of the last minute took, once there was one.
    pub quickest: Option<Duration>,
}

/// Keeps the room.
#[derive(Debug)]
pub(super) struct Bulkhead {
    terms: Terms,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    aimd: Aimd,
    in_flight: u32,
    of_batches: u32,
    next: u64,
    interactive: VecDeque<Waiter>,
    batches: VecDeque<Waiter>,
}

#[derive(Debug)]
struct Waiter {
    number: u64,
    coming: oneshot::Sender<Slot>,
}

/// Is the room of one call.
#[derive(Debug)]
pub(super) struct Slot {
    bulkhead: Option<Arc<Bulkhead>>,
    class: Class,
    was_full: bool,
}

impl Bulkhead {
    pub fn new(terms: Terms, now: Instant) -> Arc<Self> {
        let within = aimd::Terms {
            least: terms.least,
            most: terms.most,
        };
        Arc::new(Self {
            terms,
            state: Mutex::new(State {
                aimd: Aimd::new(within, now),
                in_flight: 0,
                of_batches: 0,
                next: 0,
                interactive: VecDeque::new(),
                batches: VecDeque::new(),
            }),
        })
    }

    /// Waits for room, `within` so long, and who has somebody waiting no longer than configured.
    pub async fn enter(self: &Arc<Self>, class: Class, within: Duration) -> Result<Slot, Full> {
        let (number, mut coming) = match self.join(class) {
            Joined::Slot(slot) => return Ok(slot),
            Joined::Full => return Err(FULL),
            Joined::Waits(number, coming) => (number, coming),
        };
        let within = match class {
            Class::Interactive => within.min(self.terms.wait),
            Class::Batch => within,
        };
        match tokio::time::timeout(within, &mut coming).await {
            Ok(slot) => slot.map_err(|_| FULL),
            Err(_) => {
                self.held().line(class).retain(|waiter| waiter.number != number);
                // It may have come at the last moment.
                coming.try_recv().map_err(|_| FULL)
            }
        }
    }

    /// Tells how the room is used.
    pub fn room(&self) -> Room {
        let state = self.held();
        Room {
            limit: state.aimd.limit(),
            in_flight: state.in_flight,
            waiting: state.interactive.len(),
            batches_waiting: state.batches.len(),
            quickest: state.aimd.quickest(),
        }
    }

    fn join(self: &Arc<Self>, class: Class) -> Joined {
        let mut state = self.held();
        let is_first = match class {
            Class::Interactive => state.interactive.is_empty(),
            Class::Batch => state.interactive.is_empty() && state.batches.is_empty(),
        };
        if is_first && state.has_room(class) {
            return Joined::Slot(self.slot(&mut state, class));
        }
        if state.interactive.len().saturating_add(state.batches.len()) >= self.terms.waiting {
            // Who has gone away meanwhile holds no place.
            state.interactive.retain(|waiter| !waiter.coming.is_closed());
            state.batches.retain(|waiter| !waiter.coming.is_closed());
        }
        if state.interactive.len().saturating_add(state.batches.len()) >= self.terms.waiting {
            return Joined::Full;
        }
        let (sender, coming) = oneshot::channel();
        let number = state.next;
        state.next = state.next.wrapping_add(1);
        let waiter = Waiter {
            number,
            coming: sender,
        };
        state.line(class).push_back(waiter);
        Joined::Waits(number, coming)
    }

    fn slot(self: &Arc<Self>, state: &mut State, class: Class) -> Slot {
        state.in_flight = state.in_flight.saturating_add(1);
        if class == Class::Batch {
            state.of_batches = state.of_batches.saturating_add(1);
        }
        Slot {
            bulkhead: Some(Arc::clone(self)),
            class,
            was_full: state.in_flight >= state.aimd.limit(),
        }
    }

    /// Gives the room that there is to those who wait.
    fn hand_out(self: &Arc<Self>, state: &mut State) {
        while let Some((class, waiter)) = state.next_in_line() {
            let slot = self.slot(state, class);
            if let Err(mut unwanted) = waiter.coming.send(slot) {
                // Dropping it would ask for the lock that is held here.
                unwanted.bulkhead = None;
                state.leave(class);
            }
        }
    }

    fn held(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const FULL: Full = Full {
    retry_after: COME_BACK_IN,
};

enum Joined {
    Slot(Slot),
    Waits(u64, oneshot::Receiver<Slot>),
    Full,
}

impl State {
    fn line(&mut self, class: Class) -> &mut VecDeque<Waiter> {
        match class {
            Class::Interactive => &mut self.interactive,
            Class::Batch => &mut self.batches,
        }
    }

    fn has_room(&self, class: Class) -> bool {
        let limit = self.aimd.limit();
        let of_batches = match class {
            Class::Interactive => 0,
            Class::Batch => self.of_batches,
        };
        self.in_flight < limit && of_batches < (limit / 2).max(1)
    }

    fn next_in_line(&mut self) -> Option<(Class, Waiter)> {
        [Class::Interactive, Class::Batch].into_iter().find_map(|class| {
            if !self.has_room(class) {
                return None;
            }
            self.line(class).pop_front().map(|waiter| (class, waiter))
        })
    }

    fn leave(&mut self, class: Class) {
        self.in_flight = self.in_flight.saturating_sub(1);
        if class == Class::Batch {
            self.of_batches = self.of_batches.saturating_sub(1);
        }
    }
}

impl Slot {
    /// Frees the room of a call that was sent at `begun`, and took so long, or timed out.
    pub fn settle(self, begun: Instant, took: Option<Duration>, now: Instant) {
        let ended = Ended {
            begun,
            took,
            was_full: self.was_full,
        };
        if let Some(bulkhead) = &self.bulkhead {
            let mut state = bulkhead.held();
            let at_once = state.in_flight;
            state.aimd.enter(ended, at_once, now);
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some(bulkhead) = self.bulkhead.take() {
            let mut state = bulkhead.held();
            state.leave(self.class);
            bulkhead.hand_out(&mut state);
        }
    }
}

#[cfg(test)]
mod tests;
