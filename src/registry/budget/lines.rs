//! Who waits for a permit, and in which order of arrival?
//!
//! A line for each client that has somebody waiting, in two classes; between clients it is `shares` that decides. Whoever
//! goes away leaves the line at once. A line that has become empty is told of once more, so that nothing stays set aside
//! for those who left, and then forgotten: what is kept here is bounded by the calls under way.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use tokio::sync::oneshot;

use super::shares::{Given, Wanted};
use super::{Asking, Class, Permit, Withheld};
use crate::domain::client::ClientId;

/// Brings the permit, or word that there will be none.
pub(super) type Coming = oneshot::Receiver<Result<Permit, Withheld>>;

struct Waiter {
    number: u64,
    hand: oneshot::Sender<Result<Permit, Withheld>>,
}

#[derive(Default)]
struct Line {
    weight: u64,
    interactive: VecDeque<Waiter>,
    batch: VecDeque<Waiter>,
    own_in: Duration,
}

impl Line {
    fn of(&mut self, class: Class) -> &mut VecDeque<Waiter> {
        match class {
            Class::Interactive => &mut self.interactive,
            Class::Batch => &mut self.batch,
        }
    }

    fn is_empty(&self) -> bool {
        self.interactive.is_empty() && self.batch.is_empty()
    }
}

/// Holds the lines.
#[derive(Default)]
pub(super) struct Lines {
    lines: BTreeMap<ClientId, Line>,
    last_number: u64,
}

impl Lines {
    /// Joins the client's line at its end; gives the number by which to leave it.
    pub(super) fn join(&mut self, asking: &Asking) -> (u64, Coming) {
        let (hand, coming) = oneshot::channel();
        self.last_number += 1;
        let number = self.last_number;
        let line = self.lines.entry(asking.client.clone()).or_default();
        line.weight = u64::from(asking.weight.get());
        line.of(asking.class).push_back(Waiter { number, hand });
        (number, coming)
    }

    /// Leaves the line; gives when the client's own part has its next call, or nothing where the permit has come already.
    pub(super) fn leave(&mut self, asking: &Asking, number: u64) -> Option<Duration> {
        let line = self.lines.get_mut(&asking.client)?;
        let own_in = line.own_in;
        let waiting = line.of(asking.class);
        let place = waiting
            .binary_search_by_key(&number, |waiter| waiter.number)
            .ok()?;
        waiting.remove(place)?;
        Some(own_in)
    }

    /// Gives the number of who came last.
    pub(super) fn last(&self) -> u64 {
        self.last_number
    }

    /// Tells how many wait, line by line; those that have become empty are told of for the last time.
    pub(super) fn wanted(&mut self) -> Vec<Wanted> {
        let count = |waiting: &VecDeque<Waiter>| u32::try_from(waiting.len()).unwrap_or(u32::MAX);
        let wanted = self.lines.iter().map(|(client, line)| Wanted {
            client: client.clone(),
            weight: line.weight,
            interactive: count(&line.interactive),
            batch: count(&line.batch),
        });
        let wanted = wanted.collect();
        self.lines.retain(|_, line| !line.is_empty());
        wanted
    }

    /// Hands out what was given. A permit for somebody who left meanwhile is lost: spent, and not used.
    pub(super) fn hand_out(&mut self, wanted: &[Wanted], given: &[Given]) {
        for (want, given) in wanted.iter().zip(given) {
            let Some(line) = self.lines.get_mut(&want.client) else {
                continue;
            };
            line.own_in = given.own_in;
            for (class, calls) in [
                (Class::Interactive, given.interactive),
                (Class::Batch, given.batch),
            ] {
                for _ in 0..calls {
                    let Some(waiter) = line.of(class).pop_front() else {
                        break;
                    };
                    // Who went away without leaving the line no longer needs it.
                    let _ = waiter.hand.send(Ok(Permit(())));
                }
            }
        }
    }

    /// Sends everybody away.
    pub(super) fn withhold(&mut self, why: Withheld) {
        for (_, mut line) in std::mem::take(&mut self.lines) {
            for waiter in line.interactive.drain(..).chain(line.batch.drain(..)) {
                let _ = waiter.hand.send(Err(why));
            }
        }
    }

    /// Gives the soonest that a client for which somebody waits has a call of its own part; nothing where only batches wait.
    pub(super) fn soonest(&self) -> Option<Duration> {
        let waiting = self.lines.values().filter(|line| !line.interactive.is_empty());
        waiting.map(|line| line.own_in).min()
    }

    /// Tells whether anybody waits.
    pub(super) fn has_anybody(&self) -> bool {
        self.lines.values().any(|line| !line.is_empty())
    }

    /// Counts who waits, by class.
    pub(super) fn count(&self) -> (usize, usize) {
        self.lines.values().fold((0, 0), |(interactive, batch), line| {
            (interactive + line.interactive.len(), batch + line.batch.len())
        })
    }
}
