//! Whose turn is it to have a call of the registry's budget?
//!
//! The arithmetic behind every permit; pure, the time is an argument. One bucket bounds the whole, whoever asks. Half of what it holds is
//! kept for the clients in force, each a part by its weight; what a full part would overflow with is lent to who waits, in
//! the order of weights, and is never owed back: the owner's part was never touched. Batches get what is there while nobody
//! else waits and most of the bucket is full. Time, calls and parts are whole microseconds and millionths of calls, so
//! that the script for many gateways (`redis/ask.lua`) reckons the same; a change here is a change there.
//! What always holds, and is tested: in any time `t` no more calls than `per_second · t + at_once`.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::domain::client::ClientId;

/// A call, in the unit of all reckoning.
const CALL: u64 = 1_000_000;

/// How long it is believed that somebody waits who hasn't asked again; who waits asks far more often.
pub(super) const BELIEVED: Duration = Duration::from_millis(50);

/// So much of a pause is made up for at the most.
const PAUSE: u64 = 60 * 1_000_000;

/// States what is shared among how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// Calls a second, in the long run.
    pub per_second: u64,
    /// Calls at once after a pause; one for each client in force if there are more of them.
    pub at_once: u64,
    /// Of those at once, how many of a hundred must be there for a batch to have one.
    pub batch_reserve: u64,
    /// Clients in force.
    pub clients: u64,
    /// The sum of their weights.
    pub weights: u64,
}

impl Terms {
    /// Gives what the whole holds at the most.
    fn most(&self) -> u64 {
        self.at_once.max(self.clients).saturating_mul(CALL)
    }

    /// Gives what is kept for the clients in force, all parts together.
    fn kept(&self) -> u64 {
        let one_each = self.clients.saturating_mul(CALL);
        (self.most() / 2).max(one_each)
    }

    /// Gives a full part: one call, and of the rest by weight.
    fn full_part(&self, weight: u64) -> u64 {
        let one_each = self.clients.saturating_mul(CALL);
        CALL.saturating_add(by_weight(
            self.kept().saturating_sub(one_each),
            weight,
            self.weights,
        ))
    }

    fn reserve(&self) -> u64 {
        (self.most() / 100).saturating_mul(self.batch_reserve).max(CALL)
    }
}

fn by_weight(whole: u64, weight: u64, weights: u64) -> u64 {
    let part = u128::from(whole) * u128::from(weight) / u128::from(weights.max(1));
    u64::try_from(part).unwrap_or(u64::MAX)
}

/// Tells how many calls of a client wait for a permit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The client.
    pub client: ClientId,
    /// Its weight.
    pub weight: u64,
    /// Calls that somebody waits for; with none left it is to be told too, so that nothing is set aside for them.
    pub interactive: u32,
    /// Calls of batches.
    pub batch: u32,
}

/// Tells what a client was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Given {
    /// Calls that somebody waits for.
    pub interactive: u32,
    /// Calls of batches.
    pub batch: u32,
    /// When the client's own part has its next call, at the latest.
    pub own_in: Duration,
}

/// Is the part of a client that isn't full, or waits.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Part {
    weight: u64,
    /// What of it is there.
    held: u64,
    /// Up to here it is filled with what is lent: all that waits where it asks now, a full part where it waits elsewhere.
    goal: u64,
    /// How much was lent to it by weight; who was lent least is next.
    lent: u64,
    /// Calls that wait.
    waiting: u64,
    /// Until when that is believed.
    until: u64,
}

/// Holds the whole and the parts.
#[derive(Debug, Clone)]
pub struct Shares {
    at: u64,
    level: u64,
    /// Whoever isn't named has a full part.
    parts: BTreeMap<ClientId, Part>,
}

impl Shares {
    /// Makes a full budget.
    #[must_use]
    pub fn full(now: u64, terms: &Terms) -> Self {
        Self {
            at: now,
            level: terms.most(),
            parts: BTreeMap::new(),
        }
    }

    /// Makes a budget that has to fill up first, so that beginning anew gives nobody anything.
    #[must_use]
    pub fn empty(now: u64) -> Self {
        Self {
            at: now,
            level: 0,
            parts: BTreeMap::new(),
        }
    }

    /// Gives each what it may have at `now`, in microseconds; as many answers as were asked, in their order.
    pub fn ask(&mut self, now: u64, terms: &Terms, wanted: &[Wanted]) -> Vec<Given> {
        self.pass_time(now, terms);
        for want in wanted {
            self.enter(want, terms);
        }
        self.lend(terms);
        let mut given: Vec<_> = wanted.iter().map(|want| self.give(want)).collect();
        self.give_batches(terms, wanted, &mut given);
        for (want, given) in wanted.iter().zip(&mut given) {
            given.own_in = self.own_in(want, terms);
        }
        self.tidy(terms);
        given
    }

    /// Lets the whole and each part grow, and forgets who was believed to wait for too long.
    fn pass_time(&mut self, now: u64, terms: &Terms) {
        let elapsed = now.saturating_sub(self.at).min(PAUSE);
        self.at = self.at.max(now);
        let grown = terms.per_second.saturating_mul(elapsed);
        self.level = self.level.saturating_add(grown).min(terms.most());
        for part in self.parts.values_mut() {
            if part.until <= self.at {
                part.waiting = 0;
            }
            let full = terms.full_part(part.weight);
            let gained = by_weight(grown, part.weight, terms.weights);
            part.held = part.held.saturating_add(gained).min(full);
            part.goal = part.waiting.saturating_mul(CALL).min(full);
        }
    }

    fn enter(&mut self, want: &Wanted, terms: &Terms) {
        let believed = u64::try_from(BELIEVED.as_micros()).unwrap_or(u64::MAX);
        let full = terms.full_part(want.weight);
        let part = self.parts.entry(want.client.clone()).or_insert(Part {
            weight: want.weight,
            held: full,
            goal: 0,
            lent: 0,
            waiting: 0,
            until: 0,
        });
        part.weight = want.weight;
        part.held = part.held.min(full);
        part.waiting = u64::from(want.interactive);
        part.goal = part.waiting.saturating_mul(CALL);
        part.until = self.at.saturating_add(believed);
    }

    /// Gives what nobody's part needs, nor is owed to; below zero only after the register has changed.
    fn to_spare(&self, terms: &Terms) -> i128 {
        let missing: i128 = self
            .parts
            .values()
            .map(|part| i128::from(terms.full_part(part.weight)) - i128::from(part.held))
            .sum();
        i128::from(self.level) - i128::from(terms.kept()) + missing
    }

    /// Lends what is to spare to who waits, a call at a time: to the one who by weight was lent least.
    fn lend(&mut self, terms: &Terms) {
        let mut spare = self.to_spare(terms);
        loop {
            let waits = self.parts.values_mut().filter(|part| part.held < part.goal);
            let Some(next) = waits.min_by_key(|part| part.lent) else {
                break;
            };
            let needs = (CALL - next.held % CALL).min(next.goal - next.held);
            if spare < i128::from(needs) {
                break;
            }
            spare -= i128::from(needs);
            next.held = next.held.saturating_add(needs);
            next.lent = next.lent.saturating_add((needs / next.weight.max(1)).max(1));
        }
    }

    fn give(&mut self, want: &Wanted) -> Given {
        let Some(part) = self.parts.get_mut(&want.client) else {
            return Given::default();
        };
        let calls = u64::from(want.interactive)
            .min(part.held / CALL)
            .min(self.level / CALL);
        part.held -= calls * CALL;
        part.waiting = part.waiting.saturating_sub(calls);
        self.level -= calls * CALL;
        Given {
            interactive: u32::try_from(calls).unwrap_or(want.interactive),
            ..Given::default()
        }
    }

    /// Gives batches in turn what is there while nobody waits: of what is to spare first, then of the client's own.
    fn give_batches(&mut self, terms: &Terms, wanted: &[Wanted], given: &mut [Given]) {
        let mut spare = self.to_spare(terms);
        loop {
            let before = self.level;
            for (want, given) in wanted.iter().zip(given.iter_mut()) {
                let is_kept_back =
                    self.level < terms.reserve() || self.parts.values().any(|part| part.waiting > 0);
                let Some(part) = self.parts.get_mut(&want.client) else {
                    continue;
                };
                let may_have = spare.max(0) + i128::from(part.held);
                if is_kept_back || given.batch >= want.batch || may_have < i128::from(CALL) {
                    continue;
                }
                let of_spare = u64::try_from(spare.max(0)).unwrap_or(CALL).min(CALL);
                spare -= i128::from(of_spare);
                part.held = part.held.saturating_sub(CALL - of_spare);
                self.level = self.level.saturating_sub(CALL);
                given.batch += 1;
            }
            if self.level == before {
                break;
            }
        }
    }

    fn own_in(&self, want: &Wanted, terms: &Terms) -> Duration {
        let held = self.parts.get(&want.client).map_or(CALL, |part| part.held);
        let missing = u128::from(CALL.saturating_sub(held)) * u128::from(terms.weights.max(1));
        let a_second = u128::from(terms.per_second) * u128::from(want.weight);
        let micros = missing.div_ceil(a_second.max(1));
        Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
    }

    /// Forgets full parts, and how much was lent once nobody waits any more.
    fn tidy(&mut self, terms: &Terms) {
        self.parts
            .retain(|_, part| part.waiting > 0 || part.held < terms.full_part(part.weight));
        let waiting = self.parts.values().filter(|part| part.waiting > 0);
        let least = waiting.map(|part| part.lent).min().unwrap_or(u64::MAX);
        for part in self.parts.values_mut() {
            part.lent = part.lent.saturating_sub(least);
        }
    }
}

#[cfg(test)]
mod tests;
