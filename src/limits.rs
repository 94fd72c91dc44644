//! Has this caller asked too much?
//!
//! Third gate of the road: takes a `Grant`, gives an `Admission`. Limits are checked narrowest first (officer; officers of a
//! number; guesses; the procedure's rate, the client's; places; day; month), so a refused call spends nothing wider; when a
//! later gate refuses, `Admission::give_back` returns what the earlier ones took. What an answer tells of the identity gate
//! settles the guess; an admission that is dropped unsettled has guessed wrongly, and has spent: who hangs up doesn't ask
//! for free. Counting is in this process and waits for nothing; `agreement` tells other gateways of it meanwhile.
//! The day's and month's calls are read back at the start from the audit store. Knows nothing of HTTP.

mod admission;
pub mod agreement;
mod bucket;
mod calendar;
mod client;
mod guesses;
mod key;
mod limit;
pub mod link;
pub mod meeting;
mod pace;
mod people;
mod quota;
mod rate;
pub mod redis;
mod register;
pub mod shared;
pub mod standing;
mod subjects;
mod table;

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use jiff::Timestamp;
use tokio::sync::Notify;

use crate::clock::{Clock, Steady};
use crate::domain::client::ClientId;
use crate::domain::pin::IdNumber;
use crate::policy::Grant;
use crate::policy::clients::{Allowance, Client};
use crate::sealing::Pseudonyms;
pub use admission::{Admission, Gate, Settled};
use bucket::Bucket;
pub use calendar::{Day, day_of, until_end_of_day};
use client::{Calling, Taken, client_budget};
use key::{Key, of_number, of_officer};
pub use limit::{Exceeded, Limit, Remaining, Size};
use link::{Link, Rules, WhenApart};
use people::{Officer, Person, Watch, officer_budget, officer_rate, person_budget};
use register::{Account, Register};
use shared::Shared;
pub use standing::{Standing, Usage};
use subjects::TooMany;
use table::Table;

/// States what is the same for all clients.
#[derive(Debug, Clone, Copy)]
pub struct Config {
    /// Calls a second that a client may have refused before the limits.
    pub refused_per_second: u32,
    /// Officers who are kept in mind at once.
    pub officers_kept: usize,
    /// Numbers asked about that are kept in mind at once.
    pub persons_kept: usize,
    /// Failures of all clients about one number in an hour that are worth an alert.
    pub alert_at: u32,
    /// How often gateways tell each other what they spent.
    pub synchronized_every: Duration,
    /// What is done while they can't.
    pub when_apart: Rules,
}

/// Holds how much of a quota was spent before this process started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spent {
    /// Calls in the day.
    pub day: u64,
    /// Calls in the month.
    pub month: u64,
}

/// Is a moment on both clocks: steady nanoseconds since the limits were made, and the time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Never goes back.
    pub steady: u64,
    /// By which the calendar goes.
    pub of_day: Timestamp,
}

impl Moment {
    /// Gives the day in Viet Nam.
    pub fn today(self) -> Day {
        day_of(self.of_day)
    }
}

/// Is where several gateways meet, and by which names they know the counters.
pub struct Together {
    /// The meeting place.
    pub shared: Arc<dyn Shared>,
    /// What names are hashed with.
    pub pseudonyms: Pseudonyms,
}

struct Counting {
    config: ArcSwap<Config>,
    clock: Arc<dyn Clock>,
    start: Instant,
    register: Register,
    officers: Table<Officer>,
    persons: Table<Person>,
    watched: Table<Watch>,
    together: Option<Together>,
    gateways: AtomicU32,
    /// When the meeting place last answered; nought where it never has.
    heard_at: AtomicU64,
    /// Tells of each exchange that succeeded.
    heard: Notify,
    /// The refusals of clients that have an issuer's token and no registration, all together.
    unregistered: Bucket,
}

/// Holds the counters of every client, officer and person.
#[derive(Clone)]
pub struct Limits(Arc<Counting>);

impl Limits {
    /// Makes the counters; `spent` tells what each client had used when the process started.
    #[must_use]
    pub fn new<'c>(
        config: Config,
        clients: impl IntoIterator<Item = &'c Arc<Client>>,
        spent: BTreeMap<ClientId, Spent>,
        together: Option<Together>,
        clock: &Arc<dyn Clock>,
    ) -> Self {
        let steady = Steady::new(Arc::clone(clock));
        let now = Moment {
            steady: 0,
            of_day: clock.now(),
        };
        let register = Register::new(config.refused_per_second, spent, steady.clone(), now);
        for client in clients {
            register.account(client, now);
        }
        Self(Arc::new(Counting {
            config: ArcSwap::from_pointee(config),
            start: clock.steady(),
            clock: Arc::clone(clock),
            register,
            officers: Table::new(config.officers_kept),
            persons: Table::new(config.persons_kept),
            watched: Table::new(config.persons_kept),
            together,
            gateways: AtomicU32::new(1),
            heard_at: AtomicU64::new(0),
            heard: Notify::new(),
            unregistered: Bucket::new(config.refused_per_second, config.refused_per_second, &steady),
        }))
    }

    /// Goes by other settings from now on; the room for officers, persons and refusals stays what it was.
    pub fn adjust(&self, config: Config) {
        self.0.config.store(Arc::new(config));
    }

    /// Admits a call about a number, or says which limit is used up.
    ///
    /// # Errors
    /// `Exceeded`: nothing was spent then.
    pub fn admit(&self, grant: &Grant, number: &IdNumber, now: Timestamp) -> Result<Admission, Exceeded> {
        let counting = &self.0;
        let now = counting.at(now);
        let link = counting.link(now.steady);
        counting.refuse_if_apart(link, Bearing::All)?;
        let client = grant.client();
        let account = counting.register.account(client, now);
        let calling = Calling {
            allowance: &client.allowance,
            procedure: client.procedure_limits.get_key_value(&grant.procedure().code),
            link,
            now,
        };
        // Policy lets nobody in without an officer but batches, and their rows don't come this way.
        let officer = grant.officer().ok_or_else(Exceeded::uncounted)?;
        let officer = Key {
            client: account.number,
            number: of_officer(officer),
        };
        let person = Key {
            client: account.number,
            number: of_number(number),
        };
        let (left_of_officer, guess) = counting.enter_officer(officer, &calling)?;
        let entered = counting.enter_person(&account, person, officer, guess, &calling);
        let day = entered.inspect_err(|_| counting.leave_officer(officer, guess.is_ok(), &calling))?;
        let (taken, nearest) = counting
            .enter_client(&account, left_of_officer, &calling)
            .inspect_err(|_| {
                counting.leave_officer(officer, true, &calling);
                counting.leave_person(person, officer.number, day);
            })?;
        Ok(Admission {
            counting: Arc::clone(counting),
            allowance: client.allowance,
            account,
            person,
            call: Some(admission::Call {
                officer,
                asked_on: day,
                taken,
                nearest,
            }),
            is_settled: false,
        })
    }

    /// Admits a row of a batch: it was paid for with its batch, from a quota of its own, and spends nothing of the calls'.
    ///
    /// Wrong rows are wrong guesses all the same, about a person and of the client; but batches use only half of what the client
    /// has, so that a bad one waits before it could lock the client's counters out.
    ///
    /// # Errors
    /// `Exceeded`: about this person alone where it is `Limit::Person`, otherwise whatever row comes next must wait as well.
    pub fn admit_batch_row(
        &self,
        grant: &Grant,
        number: &IdNumber,
        now: Timestamp,
    ) -> Result<Admission, Exceeded> {
        let counting = &self.0;
        let now = counting.at(now);
        let link = counting.link(now.steady);
        counting.refuse_if_apart(link, Bearing::All)?;
        let client = grant.client();
        let account = counting.register.account(client, now);
        let key = Key {
            client: account.number,
            number: of_number(number),
        };
        let of_person = link.guesses(person_budget(&client.allowance));
        let (opened, is_news) = counting.persons.with(key, now, |person| {
            let opened = person.guesses.open(of_person, now.steady);
            (opened, counting.is_news(&mut person.is_touched))
        })?;
        if is_news {
            counting.persons.touch(key);
        }
        opened.map_err(|wait| Exceeded::untold(Limit::Person, wait))?;
        let of_client = link.guesses(client_budget(&client.allowance));
        let opened = account.lock().guesses.open_of_half(of_client, now.steady);
        opened.map_err(|wait| {
            counting.persons.with_known(key, |person| person.guesses.close());
            Exceeded::untold(Limit::Guesses, wait)
        })?;
        Ok(Admission {
            counting: Arc::clone(counting),
            allowance: client.allowance,
            account,
            person: key,
            call: None,
            is_settled: false,
        })
    }

    /// Admits a client that reads about itself: only its burst and rate count.
    ///
    /// # Errors
    /// `Exceeded` where they are used up.
    pub fn admit_reading(&self, client: &Client, now: Timestamp) -> Result<Remaining, Exceeded> {
        let now = self.0.at(now);
        let link = self.0.link(now.steady);
        self.0.refuse_if_apart(link, Bearing::Rates)?;
        let account = self.0.register.account(client, now);
        let mut counters = account.lock();
        let taken = counters.take_reading(&client.allowance, link, now);
        self.0.touch_client(&account, &mut counters.is_touched);
        taken
    }

    /// Counts a call that was refused before the limits; clients that have never been admitted share one count.
    ///
    /// # Errors
    /// `Exceeded` where the client has too many of them.
    pub fn count_refusal(&self, client: &ClientId) -> Result<(), Exceeded> {
        match self.0.register.find(client) {
            Some(account) => account.refused.take(),
            None => self.0.unregistered.take(),
        }
    }

    /// Forgets what nobody needs any more; run it every second or so.
    pub fn trim(&self) {
        let now = self.0.at(self.0.clock.now());
        self.0.officers.trim(now);
        self.0.persons.trim(now);
        self.0.watched.trim(now);
    }

    /// Tells whether other gateways can't be agreed with.
    #[must_use]
    pub fn is_apart(&self) -> bool {
        self.0.link(self.0.steady()).is_apart
    }
}

/// Tells which rules bear on a call while gateways are apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bearing {
    All,
    Rates,
}

/// How many exchanges must fail to come about before gateways count as apart; and that is never under a second.
const EXCHANGES_MISSED: u32 = 20;

impl Counting {
    fn steady(&self) -> u64 {
        let since = self.clock.steady().saturating_duration_since(self.start);
        u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
    }

    fn at(&self, of_day: Timestamp) -> Moment {
        Moment {
            steady: self.steady(),
            of_day,
        }
    }

    fn link(&self, now: u64) -> Link {
        if self.together.is_none() {
            return Link::ALONE;
        }
        let heard_at = self.heard_at.load(Ordering::Relaxed);
        let patience = u64::try_from(self.patience().as_nanos()).unwrap_or(u64::MAX);
        Link {
            gateways: NonZeroU32::new(self.gateways.load(Ordering::Relaxed)).unwrap_or(NonZeroU32::MIN),
            is_apart: heard_at == 0 || now.saturating_sub(heard_at) > patience,
            is_strict: self.config.load().when_apart.guesses == WhenApart::Refuse,
        }
    }

    /// Gives how long the meeting place may be silent before gateways count as apart.
    fn patience(&self) -> Duration {
        let missed = self
            .config
            .load()
            .synchronized_every
            .saturating_mul(EXCHANGES_MISSED);
        missed.max(Duration::from_secs(1))
    }

    fn refuse_if_apart(&self, link: Link, bearing: Bearing) -> Result<(), Exceeded> {
        if !link.is_apart {
            return Ok(());
        }
        let Rules { rates, quotas, .. } = self.config.load().when_apart;
        let refuses = rates == WhenApart::Refuse || (bearing == Bearing::All && quotas == WhenApart::Refuse);
        if refuses {
            return Err(Exceeded::uncounted());
        }
        Ok(())
    }

    /// Takes a call of the officer's rate, and opens a guess; where that can't be opened is told apart, since it comes later.
    fn enter_officer(
        &self,
        key: Key,
        calling: &Calling<'_>,
    ) -> Result<(Remaining, Result<(), Duration>), Exceeded> {
        let rate = calling.link.rate(officer_rate(calling.allowance));
        let budget = calling.link.guesses(officer_budget(calling.allowance));
        let now = calling.now;
        let (entered, is_news) = self.officers.with(key, now, |officer| {
            let taken = officer.rate.take(rate, now.steady);
            let entered = taken.map(|()| {
                let left = Remaining {
                    limit: Limit::Officer,
                    of: Size::of_rate(rate),
                    calls: officer.rate.left(rate, now.steady),
                    resets_in: officer.rate.full_in(now.steady),
                };
                (left, officer.guesses.open(budget, now.steady))
            });
            (entered, self.is_news(&mut officer.is_touched))
        })?;
        if is_news {
            self.officers.touch(key);
        }
        entered.map_err(|wait| Exceeded::new(Limit::Officer, Size::of_rate(rate), wait))
    }

    /// Counts the officer among those who asked about the number, and opens a guess; gives the day on which that counts.
    fn enter_person(
        &self,
        account: &Account,
        key: Key,
        officer: Key,
        guess_of_officer: Result<(), Duration>,
        calling: &Calling<'_>,
    ) -> Result<Day, Exceeded> {
        let Calling {
            allowance, link, now, ..
        } = *calling;
        let budget = link.guesses(person_budget(allowance));
        let today = now.today();
        let (entered, is_news) = self.persons.with(key, now, |person| {
            let entered = person.officers.enter(
                officer.number,
                today,
                allowance.officers_per_subject,
                link.quotas_parted_from(),
                |day| self.member(account, key, officer.number, day),
            );
            let day = person.officers.day();
            let entered = entered
                .map_err(|TooMany| {
                    let midnight = calendar::end_of_day(day, now.of_day).duration_since(now.of_day);
                    Exceeded::untold(Limit::Subject, Duration::try_from(midnight).unwrap_or_default())
                })
                .and_then(|()| {
                    let opened = guess_of_officer.and_then(|()| person.guesses.open(budget, now.steady));
                    opened.map_err(|wait| {
                        person.officers.leave(officer.number, day);
                        Exceeded::untold(Limit::Guesses, wait)
                    })
                });
            (entered.map(|()| day), self.is_news(&mut person.is_touched))
        })?;
        if is_news {
            self.persons.touch(key);
        }
        entered
    }

    fn enter_client(
        &self,
        account: &Arc<Account>,
        officer: Remaining,
        calling: &Calling<'_>,
    ) -> Result<(Taken, Remaining), Exceeded> {
        let mut counters = account.lock();
        let taken = counters.take(calling)?;
        let nearest = counters.standings(calling, 1).fold(officer, nearer);
        self.touch_client(account, &mut counters.is_touched);
        Ok((taken, nearest))
    }

    fn leave_officer(&self, key: Key, has_guess: bool, calling: &Calling<'_>) {
        let rate = calling.link.rate(officer_rate(calling.allowance));
        self.officers.with_known(key, |officer| {
            officer.rate.give_back(rate, calling.now.steady);
            if has_guess {
                officer.guesses.close();
            }
        });
    }

    fn leave_person(&self, key: Key, officer: u64, day: Day) {
        self.persons.with_known(key, |person| {
            person.officers.leave(officer, day);
            person.guesses.close();
        });
    }

    /// Marks a counter as touched; tells whether it wasn't before, so that it is to be remembered.
    fn is_news(&self, is_touched: &mut bool) -> bool {
        self.together.is_some() && !std::mem::replace(is_touched, true)
    }

    fn touch_client(&self, account: &Arc<Account>, is_touched: &mut bool) {
        if self.is_news(is_touched) {
            self.register.touch(account);
        }
    }
}

/// Lists the limits of a client that callers are told of, with their sizes.
#[must_use]
pub fn policies(allowance: &Allowance) -> [(Limit, Size); 5] {
    [
        (Limit::Officer, Size::of_rate(officer_rate(allowance))),
        (Limit::Burst, Size::of_rate(client::own_rate(allowance))),
        (Limit::Concurrency, Size::of(u64::from(allowance.concurrency))),
        (Limit::Day, Size::of(allowance.per_day)),
        (Limit::Month, Size::of(allowance.per_month)),
    ]
}

fn nearer(best: Remaining, candidate: Remaining) -> Remaining {
    let part = |calls: u64, of: &Remaining| u128::from(calls) * u128::from(of.of.calls);
    if part(candidate.calls, &best) < part(best.calls, &candidate) {
        candidate
    } else {
        best
    }
}

#[cfg(test)]
mod tests;
