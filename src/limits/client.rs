//! What has this client spent?
//!
//! All counters of one client behind one lock, so that a call is checked against every one of them before it spends of any:
//! guesses, the procedure's rate, its own, places under way, then day and month, the procedure's before its own. The figures
//! come with each call, since a registration can change while the gateway runs. Nothing here waits.

use std::collections::BTreeMap;
use std::time::Duration;

use super::calendar::Day;
use super::guesses::{Budget, Guesses};
use super::link::Link;
use super::pace::Pace;
use super::quota::{Period, Quota};
use super::rate::{Bucket, Rate};
use super::{Exceeded, Limit, Moment, Remaining, Size, Spent};
use crate::domain::context::ProcedureCode;
use crate::policy::clients::{Allowance, Narrowing};

const SECOND: Duration = Duration::from_secs(1);

/// Counts a client's calls.
#[derive(Debug)]
pub struct Counters {
    /// The figures of the latest call.
    pub allowance: Allowance,
    /// Failed guesses of all its officers.
    pub guesses: Guesses,
    /// Calls in a short time.
    pub rate: Bucket,
    /// Calls in the calendar day.
    pub day: Quota,
    /// Calls in the calendar month.
    pub month: Quota,
    /// Calls of procedures that have limits of their own.
    pub procedures: BTreeMap<ProcedureCode, Narrowed>,
    /// How fast the quotas go.
    pub pace: Pace,
    /// Calls under way.
    pub under_way: u32,
    /// Whether it will be told to other gateways anyway.
    pub is_touched: bool,
}

/// Counts a client's calls for one procedure.
#[derive(Debug)]
pub struct Narrowed {
    /// The figures of the latest call.
    pub narrowing: Narrowing,
    /// Calls in a short time.
    pub rate: Bucket,
    /// Calls in the calendar day.
    pub day: Quota,
    /// Calls in the calendar month.
    pub month: Quota,
}

/// Is what a call takes of a client's counters.
#[derive(Debug, Clone)]
pub struct Taken {
    /// The day that it was spent on.
    pub day: Day,
    /// The first day of the month that it was spent on.
    pub month: Day,
    /// The procedure, where it has limits of its own.
    pub procedure: Option<(ProcedureCode, Narrowing)>,
}

/// Is a call as a client's counters see it.
#[derive(Debug, Clone, Copy)]
pub struct Calling<'c> {
    /// The client's figures.
    pub allowance: &'c Allowance,
    /// The procedure, where it has figures of its own.
    pub procedure: Option<(&'c ProcedureCode, &'c Narrowing)>,
    /// How the gateway stands to the others.
    pub link: Link,
    /// When.
    pub now: Moment,
}

impl Counters {
    /// Starts with what was spent before.
    pub fn new(allowance: Allowance, spent: Spent, now: Moment) -> Self {
        Self {
            allowance,
            guesses: Guesses::default(),
            rate: Bucket::default(),
            day: Quota::new(Period::Day, spent.day, now.of_day),
            month: Quota::new(Period::Month, spent.month, now.of_day),
            procedures: BTreeMap::new(),
            pace: Pace::starting(now.steady),
            under_way: 0,
            is_touched: false,
        }
    }

    /// Spends a call of everything, or of nothing.
    pub fn take(&mut self, calling: &Calling<'_>) -> Result<Taken, Exceeded> {
        let Calling {
            allowance, link, now, ..
        } = *calling;
        self.allowance = *allowance;
        self.move_on(calling);
        self.adapt(calling);
        self.guesses
            .open(link.guesses(client_budget(allowance)), now.steady)
            .map_err(|wait| Exceeded::new(Limit::Guesses, Size::UNTOLD, wait))?;
        if let Err(exceeded) = self.check(calling) {
            self.guesses.close();
            return Err(exceeded);
        }
        // Checked above, under the same lock.
        let _ = self.rate.take(link.rate(own_rate(allowance)), now.steady);
        self.under_way = self.under_way.saturating_add(1);
        self.day.spend();
        self.month.spend();
        self.pace.count(1, now.steady);
        let procedure = calling.procedure.map(|(code, narrowing)| {
            if let Some(narrowed) = self.procedures.get_mut(code) {
                narrowed.spend(link, now.steady);
            }
            (code.clone(), *narrowing)
        });
        Ok(Taken {
            day: self.day.begins(),
            month: self.month.begins(),
            procedure,
        })
    }

    /// Has the rates be those of this call, should they have been changed since the last.
    fn adapt(&mut self, calling: &Calling<'_>) {
        let Calling {
            allowance, link, now, ..
        } = *calling;
        self.rate.adapt(link.rate(own_rate(allowance)), now.steady);
        let narrowed = calling
            .procedure
            .and_then(|(code, _)| self.procedures.get_mut(code));
        if let Some(narrowed) = narrowed
            && let Some(rate) = narrowed.rate_figures(link)
        {
            narrowed.rate.adapt(rate, now.steady);
        }
    }

    /// Spends a call of the rate alone, for a client that reads about itself.
    pub fn take_reading(
        &mut self,
        allowance: &Allowance,
        link: Link,
        now: Moment,
    ) -> Result<Remaining, Exceeded> {
        self.allowance = *allowance;
        let rate = link.rate(own_rate(allowance));
        self.rate
            .take(rate, now.steady)
            .map_err(|wait| Exceeded::new(Limit::Burst, Size::of_rate(rate), wait))?;
        Ok(burst_left(&self.rate, rate, now))
    }

    /// Gives back what a call took, its place apart.
    pub fn give_back(&mut self, taken: &Taken, link: Link, now: Moment) {
        let rate = link.rate(own_rate(&self.allowance));
        self.rate.give_back(rate, now.steady);
        self.day.give_back(taken.day);
        self.month.give_back(taken.month);
        self.pace.count(-1, now.steady);
        let Some((code, _)) = &taken.procedure else {
            return;
        };
        if let Some(narrowed) = self.procedures.get_mut(code) {
            if let Some(rate) = narrowed.rate_figures(link) {
                narrowed.rate.give_back(rate, now.steady);
            }
            narrowed.day.give_back(taken.day);
            narrowed.month.give_back(taken.month);
        }
    }

    /// Frees the place of a call.
    pub fn leave(&mut self) {
        self.under_way = self.under_way.saturating_sub(1);
    }

    /// Tells where the client stands against each limit, the procedure's included.
    ///
    /// Of the calls under way, so many are those of whoever asks, and will have ended when it is read.
    pub fn standings(&self, calling: &Calling<'_>, own: u32) -> impl Iterator<Item = Remaining> {
        let Calling {
            allowance, link, now, ..
        } = *calling;
        let places = u64::from(link.places(allowance.concurrency));
        let places_taken = u64::from(self.under_way.saturating_sub(own));
        let told = [
            Some(burst_left(&self.rate, link.rate(own_rate(allowance)), now)),
            Some(Remaining {
                limit: Limit::Concurrency,
                // Of the whole, as if the other gateways stood as this one does.
                of: Size::of(u64::from(allowance.concurrency)),
                calls: places
                    .saturating_sub(places_taken)
                    .saturating_mul(u64::from(allowance.concurrency))
                    .checked_div(places)
                    .unwrap_or_default(),
                resets_in: SECOND,
            }),
            Some(left(Limit::Day, &self.day, allowance.per_day, now)),
            Some(left(Limit::Month, &self.month, allowance.per_month, now)),
        ];
        let narrowed = calling
            .procedure
            .and_then(|(code, _)| self.procedures.get(code))
            .map(|narrowed| narrowed.standings(link, now));
        told.into_iter().chain(narrowed.into_iter().flatten()).flatten()
    }

    /// Moves the calendars on, and makes the counters of a procedure that has figures of its own.
    pub fn move_on(&mut self, calling: &Calling<'_>) {
        let now = calling.now.of_day;
        self.day.move_on(now);
        self.month.move_on(now);
        let Some((code, narrowing)) = calling.procedure else {
            return;
        };
        if !self.procedures.contains_key(code) {
            let narrowed = Narrowed {
                narrowing: *narrowing,
                rate: Bucket::default(),
                day: self.day.beside(),
                month: self.month.beside(),
            };
            self.procedures.insert(code.clone(), narrowed);
        }
        if let Some(narrowed) = self.procedures.get_mut(code) {
            narrowed.narrowing = *narrowing;
            narrowed.day.move_on(now);
            narrowed.month.move_on(now);
        }
    }

    fn check(&self, calling: &Calling<'_>) -> Result<(), Exceeded> {
        let Calling {
            allowance, link, now, ..
        } = *calling;
        let narrowed = calling.procedure.and_then(|(code, _)| self.procedures.get(code));
        let own_rate = link.rate(own_rate(allowance));
        let rates = [
            narrowed.and_then(|narrowed| Some((&narrowed.rate, narrowed.rate_figures(link)?))),
            Some((&self.rate, own_rate)),
        ];
        for (bucket, rate) in rates.into_iter().flatten() {
            bucket
                .wait(rate, now.steady)
                .map_err(|wait| Exceeded::new(Limit::Burst, Size::of_rate(rate), wait))?;
        }
        let places = link.places(allowance.concurrency);
        if self.under_way >= places {
            return Err(Exceeded::new(
                Limit::Concurrency,
                Size::of(u64::from(allowance.concurrency)),
                SECOND,
            ));
        }
        let quotas = [
            narrowed.and_then(|of| Some((Limit::Day, &of.day, of.narrowing.per_day?))),
            Some((Limit::Day, &self.day, allowance.per_day)),
            narrowed.and_then(|of| Some((Limit::Month, &of.month, of.narrowing.per_month?))),
            Some((Limit::Month, &self.month, allowance.per_month)),
        ];
        for (limit, quota, most) in quotas.into_iter().flatten() {
            if !quota.has_left(most, link.quotas_parted_from()) {
                return Err(Exceeded::new(limit, Size::of(most), quota.ends_in(now.of_day)));
            }
        }
        Ok(())
    }
}

impl Narrowed {
    /// Gives the rate, where there is one.
    pub fn rate_figures(&self, link: Link) -> Option<Rate> {
        Some(link.rate(Rate::of(self.narrowing.rate?)))
    }

    fn spend(&mut self, link: Link, now: u64) {
        if let Some(rate) = self.rate_figures(link) {
            let _ = self.rate.take(rate, now);
        }
        self.day.spend();
        self.month.spend();
    }

    /// Tells where the client stands against the procedure's limits.
    pub fn standings(&self, link: Link, now: Moment) -> [Option<Remaining>; 3] {
        [
            self.rate_figures(link)
                .map(|rate| burst_left(&self.rate, rate, now)),
            self.narrowing
                .per_day
                .map(|most| left(Limit::Day, &self.day, most, now)),
            self.narrowing
                .per_month
                .map(|most| left(Limit::Month, &self.month, most, now)),
        ]
    }
}

/// Gives the rate of the client.
pub fn own_rate(allowance: &Allowance) -> Rate {
    Rate::of(crate::policy::clients::Rate {
        per_second: allowance.rate_per_second,
        burst: allowance.burst,
    })
}

/// Gives the budget of the client's failed guesses.
pub fn client_budget(allowance: &Allowance) -> Budget {
    Budget {
        window: Duration::from_secs(600),
        limit: allowance.guesses.per_client,
    }
}

fn burst_left(bucket: &Bucket, rate: Rate, now: Moment) -> Remaining {
    Remaining {
        limit: Limit::Burst,
        of: Size::of_rate(rate),
        calls: bucket.left(rate, now.steady),
        resets_in: bucket.full_in(now.steady),
    }
}

fn left(limit: Limit, quota: &Quota, most: u64, now: Moment) -> Remaining {
    Remaining {
        limit,
        of: Size::of(most),
        calls: most.saturating_sub(quota.used()),
        resets_in: quota.ends_in(now.of_day),
    }
}
