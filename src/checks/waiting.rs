//! How does a check that waits for the registry come to its end by itself?
//!
//! A loop looks at the checks that wait, those first that haven't been tried for longest. One goes ahead; once the registry
//! answers it the others follow, so that an outage costs one look-up a round and not one for each. Work goes on in the name of
//! the officer who asked, as far as registration and licence still allow; where they don't, or nothing answers, a check
//! ends at its legal deadline with what the law says then. What waits is on disk, so a crash loses nothing, and ending is one
//! condition in the store, so nothing ends twice; where several gateways share it, each check is tried by one at a time.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::vec;

use futures_util::stream::{self, StreamExt as _};
use jiff::Timestamp;
use tokio::time::{MissedTickBehavior, interval};
use uuid::Uuid;

use super::decision::{Finding, Verdict};
use super::filling::fill;
use super::kept::{Held, Unavailable, Waiting};
use super::working_time::day_of;
use super::{Checks, Gathered, Matter, Request, inquiries};
use crate::auth::Scope;
use crate::exchange::{Call, Moment};
use crate::policy::procedures::Procedure;
use crate::records::freshness::Wanted;

/// How often it is looked whether it is time.
const TICK: Duration = Duration::from_millis(200);

/// How often old checks are removed.
const CLEANED_EVERY: Duration = Duration::from_hours(1);

/// How many checks one round takes on.
const MOST_AT_ONCE: u32 = 1_000;

/// How many are gone on with at the same time.
const ABREAST: usize = 8;

/// Tells whether the registry may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum May {
    Ask,
    NotAsk,
}

/// Tells what a try says about the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Went {
    /// It answers.
    Well,
    /// It can't be asked.
    Down,
    /// Nothing: it wasn't asked.
    Unasked,
}

/// Is why a check can't go on now.
struct Stuck;

impl Checks {
    /// Says so where this year's days off aren't known, or not for certain.
    pub(super) fn warn_of_calendar(&self) {
        let year = day_of(self.clock.now()).year();
        let config = self.config.load();
        if !config.calendar.knows(year) {
            tracing::warn!(
                year,
                "the calendar of working days doesn't list this year: deadlines come early rather than late"
            );
        } else if config.calendar.is_provisional(year) {
            tracing::warn!(
                year,
                "the calendar of working days has days of this year that weren't announced when it was written"
            );
        }
    }

    /// Goes on with what waits until it is told to stop.
    pub async fn keep_going(&self) {
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        self.warn_of_calendar();
        let (mut next, mut next_cleaning) = (Timestamp::MIN, Timestamp::MIN);
        while !self.is_stopping() {
            ticks.tick().await;
            let now = self.clock.now();
            if now >= next {
                // The store's own line says what failed; what waits is tried again.
                let _ = self.go_round().await;
                next = self.next_try(self.clock.now());
            }
            if now >= next_cleaning {
                let before = now
                    .saturating_sub(self.config.load().kept_for)
                    .unwrap_or(Timestamp::MIN);
                let _ = self.drawer.store.clean(before).await;
                next_cleaning = now.saturating_add(CLEANED_EVERY).unwrap_or(Timestamp::MAX);
            }
        }
    }

    /// Has `keep_going` end after the check that it is at.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    async fn go_round(&self) -> Result<(), Unavailable> {
        let now = self.clock.now();
        loop {
            let page = self.drawer.store.waiting(now, MOST_AT_ONCE).await?;
            let is_last = page.len() < usize::try_from(MOST_AT_ONCE).unwrap_or(usize::MAX);
            let mut waiting = page.into_iter();
            if self.ask_ahead(&mut waiting).await == Went::Down {
                break;
            }
            self.go_on(waiting, May::Ask).await;
            if is_last || self.is_stopping() {
                return Ok(());
            }
        }
        // Those whose time is over end all the same.
        let overdue = self.drawer.store.overdue(now, MOST_AT_ONCE).await?;
        self.go_on(overdue.into_iter(), May::NotAsk).await;
        Ok(())
    }

    /// Goes on with one check after the other until one has found out how the registry is.
    async fn ask_ahead(&self, waiting: &mut vec::IntoIter<Waiting>) -> Went {
        for ahead in waiting {
            let went = self.try_again(&ahead, May::Ask).await;
            if went != Went::Unasked || self.is_stopping() {
                return went;
            }
        }
        Went::Unasked
    }

    async fn go_on(&self, waiting: vec::IntoIter<Waiting>, may: May) {
        stream::iter(waiting)
            .for_each_concurrent(ABREAST, |one| async move {
                if !self.is_stopping() {
                    self.try_again(&one, may).await;
                }
            })
            .await;
    }

    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// Goes on with one check unless another gateway does, and ends it or puts it off.
    async fn try_again(&self, waiting: &Waiting, may: May) -> Went {
        let now = self.clock.now();
        let until = now.saturating_add(self.config.load().taken_for).unwrap_or(now);
        // Another's now, or ended; what can't be had now is looked at again in the next round.
        if self.drawer.store.take(waiting.id, now, until).await != Ok(true) {
            return Went::Unasked;
        }
        let now = Call::begin(None, None, self.clock.as_ref());
        let opened = self.drawer.open_request(waiting, now).ok();
        let read = opened.and_then(|held| Some(((self.form.read)(&held.body, held.received_at)?, held)));
        let Some((request, held)) = read else {
            tracing::error!(check.id = %waiting.id, "a request that waits can't be read any more");
            self.put_off(waiting.id).await;
            return Went::Unasked;
        };
        let deadline = self.deadline(&request, held.received_at);
        let asked = match may {
            May::Ask => self.ask_again(&held, &request).await,
            May::NotAsk => Err(Stuck),
        };
        let went = match &asked {
            Ok(gathered) if gathered.findings.iter().any(is_unanswered) => Went::Down,
            Ok(_) => Went::Well,
            Err(Stuck) => Went::Unasked,
        };
        if went != Went::Well && self.clock.now() < deadline {
            self.put_off(waiting.id).await;
            return went;
        }
        let procedure = self.exchange.catalogued(&request.context.procedure);
        let gathered =
            asked.unwrap_or_else(|Stuck| unanswered(procedure.as_deref(), &request, self.exchange.moment()));
        let matter = Matter {
            id: waiting.id,
            call: &held.call,
            mandate: &held.mandate,
            context: &request.context,
            deadline,
            procedure: procedure.as_deref(),
        };
        if self.end(&matter, gathered).await.is_err() {
            tracing::error!(check.id = %waiting.id, "a check can't be ended now");
            self.put_off(waiting.id).await;
        }
        went
    }

    async fn put_off(&self, id: Uuid) {
        // What can't be put off is looked at again in the next round.
        let _ = self
            .drawer
            .store
            .put_off(id, self.next_try(self.clock.now()))
            .await;
    }

    /// Asks about everybody again, in the name of who asked first.
    async fn ask_again(&self, held: &Held, request: &Request) -> Result<Gathered, Stuck> {
        let Held { mandate, call, .. } = held;
        let work = self
            .exchange
            .reopen(call, mandate, Scope::Checks, &request.context)
            .map_err(|_| Stuck)?;
        let procedure = Arc::clone(work.procedure());
        let roles = fill(&procedure, &request.fillings).map_err(|_| Stuck)?;
        let inquiries = inquiries(&roles, &request.fillings);
        work.covers(super::fields_of(&inquiries)).map_err(|_| Stuck)?;
        self.gather(call, &work, &request.context, Wanted::default(), &inquiries)
            .await
            .map_err(|_| Stuck)
    }

    /// Ends a check for good.
    async fn end(&self, matter: &Matter<'_>, gathered: Gathered) -> Result<(), Unavailable> {
        let answer = self.conclude(matter, gathered).await.map_err(|_| Unavailable)?;
        let text = (self.form.write)(&answer);
        let sealed = self.drawer.seal_answer(matter.id, &text)?;
        if !self.drawer.store.finish(matter.id, sealed).await? {
            tracing::warn!(check.id = %matter.id, "a check that was taken in hand for too long has been ended by another");
            return Ok(());
        }
        tracing::info!(check.id = %matter.id, decision = answer.decision.as_str(), "a check that waited has ended");
        Ok(())
    }
}

fn is_unanswered(finding: &Finding) -> bool {
    finding.verdict == Verdict::Unavailable
}

/// Says of every fact that is needed that it couldn't be asked.
fn unanswered(procedure: Option<&Procedure>, request: &Request, begun: Moment) -> Gathered {
    let roles = procedure.and_then(|procedure| fill(procedure, &request.fillings).ok());
    let findings = roles
        .map(|roles| inquiries(&roles, &request.fillings))
        .unwrap_or_default()
        .iter()
        .flat_map(|inquiry| inquiry.findings(super::Answers::default(), false))
        .collect();
    Gathered {
        findings,
        people: Vec::new(),
        living: Vec::new(),
        begun,
        nearest: None,
    }
}
