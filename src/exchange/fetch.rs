//! Where does the record behind an answer come from: from the cache, from the registry, or from the cache because the
//! registry is down?
//!
//! The stage between limits and matching. A record that is fresh enough and whose person the caller can name answers at
//! once. Otherwise the registry is asked, one call for all who miss at the same time; a look-up that has begun is
//! finished and kept, whoever goes away. An identity that doesn't fit a held record is never answered from it, so a
//! corrected name is found and time tells nothing about who is held. An outage is answered from an older record only
//! where the procedure says that this will do.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::maintenance::Maintenance;
use super::share::{leads, share};
use super::source::{CacheUse, From, Source, Wants, age_at, ceiling, source_fetched, source_of};
use super::{Admitted, Cause, Outcome, Refusal};
use crate::clock::{Clock, Deadline, Late};
use crate::domain::pin::{IdNumber, Pin};
use crate::domain::problem::Code;
use crate::domain::record::Record;
use crate::domain::subject::Subject;
use crate::matching::{self, IdentityResult};
use crate::records::freshness::{Use, Wanted, judge};
use crate::records::{Flights, Held, Home, Joined, Key, Lead, Moment, Records, Sharing};
use crate::registry::budget::{Among, Standing};
use crate::registry::{self, Budget, Failure, Registry};
use crate::sealing::Pseudonym;

/// Is a record, or nobody, with its source.
#[derive(Debug)]
pub(super) struct Found {
    pub held: Option<Arc<Held>>,
    /// The person's household, where the question needs it.
    pub home: Option<Home>,
    pub source: Source,
}

impl Found {
    fn person(held: Option<Arc<Held>>, source: Source) -> Self {
        Self {
            held,
            home: None,
            source,
        }
    }
}

/// Is what a look-up brings to all who wait for it.
#[derive(Debug, Clone)]
pub(super) enum Landing<T = Arc<Held>> {
    Found(T),
    /// Another gateway held it; each who waits sees for itself whether it is fresh enough.
    Held(T),
    Absent,
    Failed(Cause),
}

/// Joins the cache with the way to the registry.
pub struct Upstream {
    pub(super) records: Records,
    flights: Arc<Flights<Landing>>,
    pub(super) flights_home: Arc<Flights<Landing<Home>>>,
    pub(super) registry: Registry,
    pub(super) budget: Budget,
    pub(super) maintenance: Maintenance,
    runtime: Handle,
    under_way: TaskTracker,
    found: FoundAt,
    pub(super) clock: Arc<dyn Clock>,
}

/// Is told of each person whom the registry found, with the keyed hash of where they live.
pub type FoundAt = Box<dyn Fn(Pin, Pseudonym) -> BoxFuture<'static, ()> + Send + Sync>;

impl Upstream {
    /// Joins cache and registry; look-ups run on `runtime`.
    #[must_use]
    pub fn new(
        records: Records,
        registry: Registry,
        budget: Budget,
        runtime: Handle,
        found: FoundAt,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            records,
            flights: Arc::default(),
            flights_home: Arc::default(),
            registry,
            budget,
            maintenance: Maintenance::default(),
            runtime,
            under_way: TaskTracker::new(),
            found,
            clock,
        }
    }

    /// Judges another way to the registry.
    ///
    /// # Errors
    /// A setting of it that can't be used.
    pub fn judge(&self, way: registry::Config) -> Result<registry::Next, registry::Unusable> {
        self.registry.judge(way)
    }

    /// Puts another way to the registry in force, and other figures of the budget, from the next look-up on.
    pub fn put_in_force(&self, way: registry::Next, budget: registry::budget::Config) {
        self.registry.put_in_force(way);
        self.budget.adjust(budget);
    }

    /// Gives the longest that a look-up takes.
    #[must_use]
    pub fn deadline(&self) -> Duration {
        self.registry.deadline()
    }

    /// Gives the deadline of a call whose question is known now: by then everybody outside has been asked.
    pub(super) fn deadline_from_now(&self) -> Deadline {
        Deadline::after(self.clock.steady(), self.deadline())
    }

    /// Asks the registry whether it is there whenever nobody else has for a while; never ends.
    pub async fn keep_registry_watched(&self) {
        self.registry.keep_watched().await;
    }

    /// Tells how the registry has been answering.
    #[must_use]
    pub fn health(&self) -> registry::Health {
        self.registry.health()
    }

    /// Tells how the budget of registry calls is doing.
    #[must_use]
    pub fn budget(&self) -> Standing {
        self.budget.standing()
    }

    /// Says among whom the budget of registry calls is shared from now on.
    pub(super) fn share_among(&self, among: Among) {
        self.budget.share_among(among);
    }

    /// Counts the people in the cache.
    #[must_use]
    pub fn people_held(&self) -> u64 {
        self.records.people_held()
    }

    /// Lets go of records past their lifetime.
    pub fn trim(&self) {
        self.records.trim();
    }

    /// Gives the keyed hash of where somebody lives, as [`FoundAt`] is told it.
    pub(super) fn residence(&self, record: &Record) -> Pseudonym {
        self.records.residence(record)
    }

    /// Gives the moment with which changes told later can be seen.
    pub(super) fn moment(&self) -> Moment {
        self.records.moment()
    }

    /// Tells whether the registry has told of a change of anybody whom these numbers name.
    pub(super) fn have_changed(&self, numbers: &[IdNumber], since: Moment) -> bool {
        self.records.have_changed(numbers, since)
    }

    /// Lets go of everything that is held of a person.
    pub(super) fn forget_person(&self, numbers: &[IdNumber]) {
        self.records.forget_person(numbers);
    }

    /// Waits until other gateways know of every change up to now, or can't be told now.
    pub(super) async fn tell_others(&self) {
        self.records.tell_others().await;
    }

    /// Keeps the cache in step with those of other gateways; never ends, unless there are none.
    pub async fn keep_in_step(&self) {
        self.records.keep_in_step().await;
    }

    /// Runs a call that may ask the registry, to its end whoever goes away.
    ///
    /// # Errors
    /// The call's own refusal; an internal error where its task broke off.
    pub(super) async fn detach<F>(&self, transaction_id: Uuid, call: F) -> Result<Outcome, Refusal>
    where
        F: Future<Output = Result<Outcome, Refusal>> + Send + 'static,
    {
        self.under_way
            .spawn_on(call, &self.runtime)
            .await
            .unwrap_or_else(|_| {
                let cause = Cause::Edge(Code::InternalError);
                Err(Refusal {
                    transaction_id,
                    cause,
                    client: None,
                    nearest: None,
                })
            })
    }

    /// Runs to its end what nobody waits for.
    pub(super) fn detach_unawaited(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.under_way.spawn_on(work, &self.runtime);
    }

    /// Waits until every such call has ended.
    pub async fn drain(&self) {
        self.under_way.close();
        self.under_way.wait().await;
    }

    /// Finds a held record that is fresh enough for the question.
    pub(super) fn held(&self, admitted: &Admitted) -> Option<Found> {
        let found = self.cached(&self.key(admitted), admitted, Wants::Fresh)?;
        self.with_held_home(admitted, found)
    }

    /// Asks the registry, or falls back on an older record where it is down and this will do.
    pub(super) async fn fetch(&self, admitted: &mut Admitted) -> Result<Found, Cause> {
        if admitted.question.asked.needs_household() {
            Box::pin(self.fetch_with_home(admitted)).await
        } else {
            self.fetch_person(admitted).await
        }
    }

    pub(super) async fn fetch_person(&self, admitted: &mut Admitted) -> Result<Found, Cause> {
        let key = self.key(admitted);
        match self.ask(&key, admitted).await {
            Err(cause) if cause.leaves_older_records() => {
                self.cached(&key, admitted, Wants::Stale).ok_or(cause)
            }
            answered => answered,
        }
    }

    /// Finds a record without asking the registry: only another gateway may have it still.
    pub(super) async fn recall(&self, admitted: &Admitted) -> Option<Found> {
        let found = self.recalled(&self.key(admitted), admitted).await?;
        self.with_recalled_home(admitted, found).await
    }

    /// Tells whether another gateway may hold what this one doesn't.
    pub(super) fn has_second_level(&self) -> bool {
        self.records.has_second_level()
    }

    pub(super) fn key(&self, admitted: &Admitted) -> Key {
        self.records.key(&admitted.question.subject, sharing(admitted))
    }

    pub(super) fn cached(&self, key: &Key, admitted: &Admitted, wants: Wants) -> Option<Found> {
        let (question, now) = (&admitted.question, admitted.call.received_at);
        if let Some(held) = self.held_and_named(key, &question.subject) {
            let source = source_of(&held, held.record.as_of, admitted, wants)?;
            return Some(Found::person(Some(held), source));
        }
        let asked_at = self.records.absent_since(key, now)?;
        let age = age_at(now, asked_at);
        let is_fresh = matches!(judge(age, question.wanted, ceiling(admitted)), Use::Fresh(_));
        if wants == Wants::Stale || !is_fresh {
            return None;
        }
        let source = Source {
            from: From::Cache,
            as_of: asked_at,
            age: age.as_secs(),
            cache: CacheUse::Hit(None),
        };
        Some(Found::person(None, source))
    }

    /// Tells whether somebody of this number is held, and the subject doesn't name them.
    pub(super) fn is_named_wrongly(&self, admitted: &Admitted) -> bool {
        let subject = &admitted.question.subject;
        self.records
            .of_number(&self.key(admitted))
            .is_some_and(|held| matching::identity(subject, &held.record).result == IdentityResult::NoMatch)
    }

    /// Finds a held record whose person the subject names.
    fn held_and_named(&self, key: &Key, subject: &Subject) -> Option<Arc<Held>> {
        self.records
            .find(key)
            .filter(|held| matching::identity(subject, &held.record).result != IdentityResult::NoMatch)
    }

    fn fetched(&self, held: Option<Arc<Held>>, wanted: Wanted, collapsed: bool) -> Found {
        let as_of = held
            .as_ref()
            .map_or_else(|| self.clock.now(), |held| held.record.as_of);
        Found::person(held, source_fetched(as_of, wanted, collapsed))
    }

    /// Brings the record from the second level, where it is there and may answer this call.
    async fn recalled(&self, key: &Key, admitted: &Admitted) -> Option<Found> {
        if !self.may_recall(admitted) {
            return None;
        }
        let recalling = self.records.recall(key, self.clock.now());
        // Where the time is over, what follows finds out.
        let _ = admitted.deadline.bound(self.clock.as_ref(), recalling).await;
        self.cached(key, admitted, Wants::Fresh)
    }

    pub(super) fn may_recall(&self, admitted: &Admitted) -> bool {
        let is_kept = !admitted.grant.procedure().never_keeps();
        self.has_second_level() && is_kept && !admitted.question.wanted.no_cache
    }

    /// Asks the other gateways and then the registry, together with all who ask the same at this moment.
    async fn ask(&self, key: &Key, admitted: &mut Admitted) -> Result<Found, Cause> {
        let (wanted, deadline) = (admitted.question.wanted, admitted.deadline);
        let lead = match self.flights.join(key) {
            Joined::Wait(flight) => match deadline.bound(self.clock.as_ref(), flight.landing()).await {
                Ok(Some(Landing::Held(held))) => {
                    match source_of(&held, held.record.as_of, admitted, Wants::Fresh) {
                        Some(source) => return Ok(Found::person(Some(held), source)),
                        // Fresh enough for the one who led, and not for this call.
                        None => None,
                    }
                }
                Ok(Some(landing)) => return landing.brought().map(|held| self.fetched(held, wanted, true)),
                Ok(None) => None,
                Err(Late) => return Err(Failure::Timeout.into()),
            },
            Joined::Lead(lead) => {
                // Another's look-up may have landed between our glance at the cache and taking the lead.
                if let Some(found) = self.cached(key, admitted, Wants::Fresh) {
                    land(lead, &Ok(found.held.clone()));
                    return Ok(self.fetched(found.held, wanted, true));
                }
                if let Some(found) = self.recalled(key, admitted).await {
                    lead.land(found.held.clone().map_or(Landing::Absent, Landing::Held));
                    return Ok(found);
                }
                Some(lead).filter(|_| leads(admitted))
            }
        };
        // Who waited in vain for another's look-up has only the rest of the time for its own.
        let brought = self.look_up(key, admitted, lead).await;
        brought.map(|held| self.fetched(held, wanted, false))
    }

    async fn look_up(&self, key: &Key, admitted: &mut Admitted, lead: Option<Lead<Landing>>) -> Brought {
        let Admitted {
            call,
            deadline,
            grant,
            question,
            row,
            ..
        } = admitted;
        let numbers = self.records.other_numbers(&question.subject.number);
        let asked = registry::Asked {
            subject: question.subject.clone(),
            aliases: registry::Aliases {
                other_number: numbers.other,
                replacing: numbers.replacing,
            },
            procedure: question.context.procedure.clone(),
            unit: grant.unit().clone(),
            officer: grant.officer().copied(),
            share: share(grant.client(), question.within),
            traceparent: Some(call.traceparent.clone()),
        };
        let (begun, heard) = (self.records.moment(), self.records.heard());
        let asking = self.registry.find(asked, *deadline, &self.budget);
        let (outcome, steps) = self.unless_closed(asking).await;
        row.steps(steps);
        let now = self.clock.now();
        let fetched_by = grant.client().id.clone();
        let held = |registry::Answer {
                        record,
                        registry_request,
                    }: registry::Answer| {
            Arc::new(Held::new(record, now, fetched_by, registry_request))
        };
        let brought = outcome.map(|answer| answer.map(held));
        if let Ok(Some(held)) = &brought {
            self.records.forget_outdated(&held.record);
            // Before the answer: what it confirms anew isn't to be revoked with the rest.
            (self.found)(held.record.pin, self.residence(&held.record)).await;
        }
        let is_current = match &brought {
            // What may never answer a later call isn't kept: the least data for the shortest time.
            Ok(Some(held)) if grant.procedure().never_keeps() => self.records.is_current(&held.record, begun),
            Ok(Some(held)) => {
                self.records.keep(key, held);
                let is_current = self.records.follow(key, &held.record, begun);
                if is_current && let Some(sharing) = self.records.share(key, held, heard, now) {
                    self.detach_unawaited(sharing);
                }
                is_current
            }
            Ok(None) => {
                // What the register no longer says of this very person isn't to be said from the cache either.
                if self.held_and_named(key, &question.subject).is_some() {
                    self.records.forget(key);
                    if let Some(forgetting) = self.records.unshare(key) {
                        self.detach_unawaited(forgetting);
                    }
                }
                self.records.keep_absent(key, now);
                self.records
                    .follow_nobody(key, &question.subject.number, &numbers, begun)
            }
            Err(_) => true,
        };
        // Who joined since the registry told of a change asks anew: a lead that isn't landed is dropped.
        if let Some(lead) = lead.filter(|_| is_current) {
            land(lead, &brought);
        }
        brought
    }
}

/// Hands on to all who wait what may be shared.
pub(super) fn land<T: Clone>(lead: Lead<Landing<T>>, brought: &Brought<T>) {
    if let Some(landing) = Landing::of(brought) {
        lead.land(landing);
    }
}

/// Is what a look-up brings to the one who asked: a record, nobody, or why neither.
pub(super) type Brought<T = Arc<Held>> = Result<Option<T>, Cause>;

impl<T: Clone> Landing<T> {
    /// Gives what may be shared; what concerns the asker alone may not.
    fn of(brought: &Brought<T>) -> Option<Self> {
        match brought {
            Ok(Some(held)) => Some(Self::Found(held.clone())),
            Ok(None) => Some(Self::Absent),
            Err(cause) => cause.concerns_everybody().then(|| Self::Failed(cause.clone())),
        }
    }

    pub(super) fn brought(self) -> Brought<T> {
        match self {
            Self::Found(held) | Self::Held(held) => Ok(Some(held)),
            Self::Absent => Ok(None),
            Self::Failed(cause) => Err(cause),
        }
    }
}

/// Tells between whom the records of a call's procedure are shared.
pub(super) fn sharing(admitted: &Admitted) -> Sharing<'_> {
    let procedure = admitted.grant.procedure();
    if procedure.shares_cache {
        Sharing::Shared
    } else {
        Sharing::Within(procedure.code.as_str())
    }
}

#[cfg(test)]
mod tests;
