//! What becomes of a call that was admitted?
//!
//! The proof that the limits let a call pass. It holds the call's place among those under way, and its guess until somebody
//! says what the identity gate made of it. A later gate that refuses gives everything back; whoever drops it unsettled has
//! guessed wrongly, so that hanging up is no way to guess for free.

use std::sync::Arc;

use super::client::{Taken, client_budget};
use super::key::Key;
use super::people::{officer_budget, officer_rate, person_budget};
use super::register::Account;
use super::{Counting, Day, Remaining};
use crate::policy::clients::Allowance;

/// Is what the identity gate made of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// The caller could name the person, if perhaps not quite as they are written.
    Passed,
    /// The caller couldn't, whatever the reason.
    Failed,
    /// Nobody was asked, or nobody could answer: nothing was learnt.
    Unasked,
}

/// Tells what a settled guess means for others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct Settled {
    /// Whether guesses from everywhere are aimed at this person; it is said once an hour.
    pub is_alarming: bool,
}

/// Is what a call takes beside its guess; a row of a batch takes nothing.
pub(super) struct Call {
    pub officer: Key,
    pub asked_on: Day,
    pub taken: Taken,
    pub nearest: Remaining,
}

/// Proves that a call was admitted; holds its place among those under way.
pub struct Admission {
    pub(super) counting: Arc<Counting>,
    pub(super) allowance: Allowance,
    pub(super) account: Arc<Account>,
    pub(super) person: Key,
    pub(super) call: Option<Call>,
    pub(super) is_settled: bool,
}

impl Admission {
    /// Tells where the caller stands against the limit that it is nearest to; nothing for a row of a batch.
    #[must_use]
    pub fn nearest(&self) -> Option<Remaining> {
        self.call.as_ref().map(|call| call.nearest)
    }

    /// Tells whether the call counts in the quotas; a row of a batch was paid for with its batch.
    #[must_use]
    pub fn spends(&self) -> bool {
        self.call.is_some()
    }

    /// Settles the guess that the call was; the second time nothing happens.
    pub fn settle(&mut self, gate: Gate) -> Settled {
        let calm = Settled { is_alarming: false };
        if std::mem::replace(&mut self.is_settled, true) {
            return calm;
        }
        let counting = &self.counting;
        if gate != Gate::Failed {
            if let Some(call) = &self.call {
                counting
                    .officers
                    .with_known(call.officer, |officer| officer.guesses.close());
            }
            counting
                .persons
                .with_known(self.person, |person| person.guesses.close());
            self.account.lock().guesses.close();
            return calm;
        }
        let now = counting.at(counting.clock.now());
        let link = counting.link(now.steady);
        let [officers, persons] = [officer_budget(&self.allowance), person_budget(&self.allowance)]
            .map(|budget| link.failed_guesses(budget));
        // Of one who mistypes, all colleagues would be locked out.
        let clients = link.guesses(client_budget(&self.allowance));
        if let Some(Call { officer: key, .. }) = self.call {
            let news = counting.officers.with_known(key, |officer| {
                officer.guesses.fail(officers, now.steady);
                counting.is_news(&mut officer.is_touched)
            });
            if news == Some(true) {
                counting.officers.touch(key);
            }
        }
        let news = counting.persons.with_known(self.person, |person| {
            person.guesses.fail(persons, now.steady);
            counting.is_news(&mut person.is_touched)
        });
        if news == Some(true) {
            counting.persons.touch(self.person);
        }
        {
            let mut counters = self.account.lock();
            counters.guesses.fail(clients, now.steady);
            counting.touch_client(&self.account, &mut counters.is_touched);
        }
        let everywhere = Key {
            client: 0,
            number: self.person.number,
        };
        let alert_at = counting.config.load().alert_at;
        let watched = counting
            .watched
            .with(everywhere, now, |watch| watch.fail(alert_at, now.steady));
        Settled {
            is_alarming: watched == Ok(true),
        }
    }

    /// Returns what the call took, because a later gate refused it.
    pub fn give_back(mut self) {
        let _ = self.settle(Gate::Unasked);
        let counting = &self.counting;
        let Some(Call {
            officer: key,
            asked_on,
            taken,
            ..
        }) = &self.call
        else {
            return;
        };
        let now = counting.at(self.counting.clock.now());
        let link = counting.link(now.steady);
        let rate = link.rate(officer_rate(&self.allowance));
        let news = counting.officers.with_known(*key, |officer| {
            officer.rate.give_back(rate, now.steady);
            counting.is_news(&mut officer.is_touched)
        });
        if news == Some(true) {
            counting.officers.touch(*key);
        }
        counting.persons.with_known(self.person, |person| {
            person.officers.leave(key.number, *asked_on);
        });
        let mut counters = self.account.lock();
        counters.give_back(taken, link, now);
        counting.touch_client(&self.account, &mut counters.is_touched);
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        // Nobody is there to hear of an alert; the next failure tells it no more, and that is what the metric is for.
        let _ = self.settle(Gate::Failed);
        if self.call.is_some() {
            self.account.lock().leave();
        }
    }
}
