//! How do this gateway's counters come to agree with those of the others?
//!
//! Every few milliseconds, whatever was touched is told to the meeting place and set to what is heard there, in one round
//! trip and beside the road: no call waits for it. What a gateway spends between two exchanges is what the others can't
//! know, and so is the most by which a limit can be overshot. An exchange that fails is told again together with the next;
//! when none has succeeded for a while the gateway is apart, and keeps to its part of the limits until one does.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::MissedTickBehavior;

use super::calendar::{Day, end_of_day};
use super::client::{Counters, Narrowed, client_budget, own_rate};
use super::guesses::{Budget, LONGEST};
use super::key::{Counted, Key, member, named};
use super::people::{officer_budget, officer_rate, person_budget};
use super::quota::{Period, Quota};
use super::rate::Rate;
use super::register::Account;
use super::shared::{Heard, Reply, Spending, Told, Unavailable};
use super::{Counting, Limits, Moment, Together};
use crate::domain::client::ClientId;
use crate::domain::context::ProcedureCode;
use crate::sealing::Pseudonym;

/// How much longer than its day or month a count is kept, for gateways whose clocks lag.
const SLACK: Duration = Duration::from_secs(3600);

/// How long nothing need be told before it is asked whether the meeting place is still there.
const IDLE: u64 = 500_000_000;

/// Tells what became of an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exchanged {
    /// So many counters were told, and heard of.
    Agreed(usize),
    /// There was nothing to tell.
    Idle,
}

/// Is where a standing goes that is heard.
#[derive(Debug)]
enum Origin {
    OfficerRate(Key, Rate),
    OfficerGuesses(Key, Budget),
    Officers(Key, Day),
    PersonGuesses(Key, Budget),
    Client(Arc<Account>, Part),
}

#[derive(Debug)]
enum Part {
    Rate(Rate),
    Guesses(Budget),
    Quota(Period, Day),
    ProcedureRate(ProcedureCode, Rate),
    ProcedureQuota(ProcedureCode, Period, Day),
}

impl Limits {
    /// Tells what was spent here and hears what was spent everywhere; one such call at a time.
    ///
    /// # Errors
    /// `Unavailable`: what was spent will be told the next time.
    pub async fn exchange(&self) -> Result<Exchanged, Unavailable> {
        let Some(together) = &self.0.together else {
            return Ok(Exchanged::Idle);
        };
        let (told, origins) = self.0.gather(together);
        let is_fresh = self
            .0
            .steady()
            .saturating_sub(self.0.heard_at.load(Ordering::Relaxed))
            < IDLE;
        if told.is_empty() && is_fresh && self.0.heard_at.load(Ordering::Relaxed) != 0 {
            return Ok(Exchanged::Idle);
        }
        // A meeting place that hangs is one that isn't there; what was told stands to be told again.
        let exchanging = tokio::time::timeout(self.0.patience(), together.shared.exchange(&told));
        match exchanging.await.unwrap_or(Err(Unavailable)) {
            Ok(Reply { heard, gateways }) if heard.len() == told.len() => {
                for (origin, heard) in origins.into_iter().zip(heard) {
                    self.0.hear(together, origin, heard);
                }
                let gateways = NonZeroU32::new(gateways).unwrap_or(NonZeroU32::MIN);
                self.0.gateways.store(gateways.get(), Ordering::Relaxed);
                self.0.heard_at.store(self.0.steady().max(1), Ordering::Relaxed);
                self.0.heard.notify_waiters();
                Ok(Exchanged::Agreed(told.len()))
            }
            Ok(_) | Err(Unavailable) => {
                self.0.tell_again(origins);
                Err(Unavailable)
            }
        }
    }

    /// Waits until what others spent of a client that was just touched is known here; not for long, and not if alone.
    pub async fn hear_of(&self, client: &ClientId) {
        let Some(account) = self
            .0
            .together
            .as_ref()
            .and_then(|_| self.0.register.find(client))
        else {
            return;
        };
        let hearing = async {
            loop {
                self.0.heard.notified().await;
                // One that was under way already hasn't told of it.
                if !account.lock().is_touched {
                    return;
                }
            }
        };
        let patience = self.0.config.load().synchronized_every.saturating_mul(8);
        // Then what is known must do; `is_apart` tells of it.
        let _ = tokio::time::timeout(patience, hearing).await;
    }

    /// Keeps the counters in agreement; never ends where there is somebody to agree with.
    pub async fn keep_together(&self, observe: impl Fn(Result<Exchanged, Unavailable>)) {
        if self.0.together.is_none() {
            return;
        }
        loop {
            let every = self.0.config.load().synchronized_every;
            let mut ticks = tokio::time::interval(every);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            while self.0.config.load().synchronized_every == every {
                ticks.tick().await;
                observe(self.exchange().await);
            }
        }
    }
}

impl Counting {
    /// Names an officer as other gateways would among those who asked about a number that day.
    pub(super) fn member(&self, account: &Account, person: Key, officer: u64, day: Day) -> Option<Pseudonym> {
        let together = self.together.as_ref()?;
        let counter = named(
            &together.pseudonyms,
            &account.id,
            Counted::Officers(person.number, day),
        );
        Some(member(&together.pseudonyms, &counter, officer))
    }

    fn gather(&self, together: &Together) -> (Vec<Told>, Vec<Origin>) {
        let now = self.at(self.clock.now());
        let mut gathered = Gathered {
            together,
            now,
            told: Vec::new(),
            origins: Vec::new(),
        };
        for account in self.register.touched() {
            gathered.client(&account);
        }
        for key in self.officers.touched() {
            let Some(account) = self.register.numbered(key.client) else {
                continue;
            };
            let allowance = account.lock().allowance;
            let told = self.officers.with_known(key, |officer| {
                officer.is_touched = false;
                (officer.rate.tell(), officer.guesses.tell())
            });
            let Some((taken, failed)) = told else { continue };
            let rate = officer_rate(&allowance);
            let name = gathered.name(&account, Counted::OfficerRate(key.number, rate.period));
            gathered.push(name, spent_of_rate(rate, taken), Origin::OfficerRate(key, rate));
            let budget = officer_budget(&allowance);
            let name = gathered.name(&account, Counted::OfficerGuesses(key.number));
            gathered.push(name, strikes(budget, failed), Origin::OfficerGuesses(key, budget));
        }
        for key in self.persons.touched() {
            let Some(account) = self.register.numbered(key.client) else {
                continue;
            };
            let budget = person_budget(&account.lock().allowance);
            let told = self.persons.with_known(key, |person| {
                person.is_touched = false;
                (
                    person.officers.tell(),
                    person.officers.day(),
                    person.guesses.tell(),
                )
            });
            let Some((officers, day, failed)) = told else {
                continue;
            };
            gathered.officers(&account, key, &officers, day);
            let name = gathered.name(&account, Counted::PersonGuesses(key.number));
            gathered.push(name, strikes(budget, failed), Origin::PersonGuesses(key, budget));
        }
        (gathered.told, gathered.origins)
    }

    fn hear(&self, together: &Together, origin: Origin, heard: Heard) {
        let now = self.steady();
        match (origin, heard) {
            (Origin::OfficerRate(key, rate), Heard::Rate { ahead_ns }) => {
                self.officers
                    .with_known(key, |officer| officer.rate.hear(rate, ahead_ns, now));
            }
            (Origin::OfficerGuesses(key, budget), Heard::Strikes(standing)) => {
                self.officers
                    .with_known(key, |officer| officer.guesses.hear(standing, budget, now));
            }
            (Origin::PersonGuesses(key, budget), Heard::Strikes(standing)) => {
                self.persons
                    .with_known(key, |person| person.guesses.hear(standing, budget, now));
            }
            (Origin::Officers(key, day), Heard::Members { members }) => {
                let Some(account) = self.register.numbered(key.client) else {
                    return;
                };
                let counter = named(
                    &together.pseudonyms,
                    &account.id,
                    Counted::Officers(key.number, day),
                );
                let hash = |officer| member(&together.pseudonyms, &counter, officer);
                self.persons
                    .with_known(key, |person| person.officers.hear(day, members, hash));
            }
            (Origin::Client(account, part), heard) => account.lock().hear(&part, heard, now),
            // A standing of another kind than was asked for says nothing of this counter.
            (_, _) => {}
        }
    }

    /// Has everything told once more that may not have been heard.
    fn tell_again(&self, origins: Vec<Origin>) {
        for origin in origins {
            match origin {
                Origin::OfficerRate(key, _) | Origin::OfficerGuesses(key, _) => {
                    let is_news = |officer: &mut super::Officer| self.is_news(&mut officer.is_touched);
                    if self.officers.with_known(key, is_news) == Some(true) {
                        self.officers.touch(key);
                    }
                }
                Origin::Officers(key, _) | Origin::PersonGuesses(key, _) => {
                    let is_news = |person: &mut super::Person| self.is_news(&mut person.is_touched);
                    if self.persons.with_known(key, is_news) == Some(true) {
                        self.persons.touch(key);
                    }
                }
                Origin::Client(account, _) => {
                    let mut counters = account.lock();
                    self.touch_client(&account, &mut counters.is_touched);
                }
            }
        }
        // The meeting place may come back with nothing in it.
        for account in self.register.all() {
            account.lock().make_up();
        }
    }
}

/// Is what will be told, with where each answer goes.
struct Gathered<'t> {
    together: &'t Together,
    now: Moment,
    told: Vec<Told>,
    origins: Vec<Origin>,
}

impl Gathered<'_> {
    fn name(&self, account: &Account, counted: Counted<'_>) -> Pseudonym {
        named(&self.together.pseudonyms, &account.id, counted)
    }

    fn push(&mut self, name: Pseudonym, spending: Spending, origin: Origin) {
        self.told.push(Told { name, spending });
        self.origins.push(origin);
    }

    fn officers(&mut self, account: &Account, key: Key, officers: &[u64], day: Day) {
        let name = self.name(account, Counted::Officers(key.number, day));
        let hash = |officer: &u64| member(&self.together.pseudonyms, &name, *officer);
        let spending = Spending::Members {
            expires_in: until(end_of_day(day, self.now.of_day), self.now.of_day),
            members: officers.iter().map(hash).collect(),
        };
        self.push(name, spending, Origin::Officers(key, day));
    }

    fn client(&mut self, account: &Arc<Account>) {
        let mut counters = account.lock();
        counters.is_touched = false;
        let allowance = counters.allowance;
        let (rate, budget) = (own_rate(&allowance), client_budget(&allowance));
        let to = |part| Origin::Client(Arc::clone(account), part);
        let spending = spent_of_rate(rate, counters.rate.tell());
        self.push(
            self.name(account, Counted::Rate(rate.period)),
            spending,
            to(Part::Rate(rate)),
        );
        let spending = strikes(budget, counters.guesses.tell());
        self.push(
            self.name(account, Counted::Guesses),
            spending,
            to(Part::Guesses(budget)),
        );
        let (day, month) = (counters.day.begins(), counters.month.begins());
        let spending = self.spent_of_quota(&mut counters.day);
        self.push(
            self.name(account, Counted::Day(day)),
            spending,
            to(Part::Quota(Period::Day, day)),
        );
        let spending = self.spent_of_quota(&mut counters.month);
        self.push(
            self.name(account, Counted::Month(month)),
            spending,
            to(Part::Quota(Period::Month, month)),
        );
        for (code, narrowed) in &mut counters.procedures {
            self.procedure(account, code, narrowed);
        }
    }

    fn procedure(&mut self, account: &Arc<Account>, code: &ProcedureCode, narrowed: &mut Narrowed) {
        let to = |part| Origin::Client(Arc::clone(account), part);
        if let Some(rate) = narrowed.narrowing.rate.map(Rate::of) {
            let spending = spent_of_rate(rate, narrowed.rate.tell());
            let name = self.name(account, Counted::ProcedureRate(code, rate.period));
            self.push(name, spending, to(Part::ProcedureRate(code.clone(), rate)));
        }
        let (day, month) = (narrowed.day.begins(), narrowed.month.begins());
        let spending = self.spent_of_quota(&mut narrowed.day);
        let name = self.name(account, Counted::ProcedureDay(code, day));
        self.push(
            name,
            spending,
            to(Part::ProcedureQuota(code.clone(), Period::Day, day)),
        );
        let spending = self.spent_of_quota(&mut narrowed.month);
        let name = self.name(account, Counted::ProcedureMonth(code, month));
        self.push(
            name,
            spending,
            to(Part::ProcedureQuota(code.clone(), Period::Month, month)),
        );
    }

    fn spent_of_quota(&self, quota: &mut Quota) -> Spending {
        let (taken, floor) = quota.tell();
        Spending::Count {
            expires_in: until(quota.ends(), self.now.of_day),
            taken,
            floor,
        }
    }
}

impl Counters {
    fn hear(&mut self, part: &Part, heard: Heard, now: u64) {
        match (part, heard) {
            (Part::Rate(rate), Heard::Rate { ahead_ns }) => self.rate.hear(*rate, ahead_ns, now),
            (Part::Guesses(budget), Heard::Strikes(standing)) => self.guesses.hear(standing, *budget, now),
            (Part::Quota(Period::Day, begun), Heard::Count { total }) => {
                let news = self.day.hear(*begun, total);
                self.pace.count(i64::try_from(news).unwrap_or(i64::MAX), now);
            }
            (Part::Quota(Period::Month, begun), Heard::Count { total }) => {
                self.month.hear(*begun, total);
            }
            (Part::ProcedureRate(code, rate), Heard::Rate { ahead_ns }) => {
                if let Some(narrowed) = self.procedures.get_mut(code) {
                    narrowed.rate.hear(*rate, ahead_ns, now);
                }
            }
            (Part::ProcedureQuota(code, period, begun), Heard::Count { total }) => {
                if let Some(narrowed) = self.procedures.get_mut(code) {
                    let quota = match period {
                        Period::Day => &mut narrowed.day,
                        Period::Month => &mut narrowed.month,
                    };
                    quota.hear(*begun, total);
                }
            }
            // A standing of another kind than was asked for says nothing of this counter.
            (_, _) => {}
        }
    }

    fn make_up(&mut self) {
        self.day.make_up();
        self.month.make_up();
        for narrowed in self.procedures.values_mut() {
            narrowed.day.make_up();
            narrowed.month.make_up();
        }
    }
}

fn spent_of_rate(rate: Rate, taken: i64) -> Spending {
    Spending::Rate {
        period_ns: rate.period,
        burst: rate.burst,
        taken,
    }
}

fn strikes(budget: Budget, failed: u32) -> Spending {
    Spending::Strikes {
        window: budget.window,
        limit: budget.limit,
        longest: LONGEST,
        failed,
    }
}

fn until(end: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(end.duration_since(now))
        .unwrap_or_default()
        .saturating_add(SLACK)
}
