//! Where does the household behind an answer come from?
//!
//! The second record of a question about a household. The person's own comes first and bears the identity gate, the status
//! and the number in force: who can't name the person causes no further call. Then the household is asked for in the
//! registry's own words, so that finding none means that there is none. Held, shared, budgeted and bounded like the person's
//! record, within one deadline for both; an outage of either is an outage of the answer, unless older records will do.

use std::sync::Arc;

use super::fetch::{Found, Landing, land, sharing};
use super::share::{leads, share};
use super::source::{CacheUse, From, Source, Wants, source_fetched, source_of};
use super::{Admitted, Cause, Upstream};
use crate::clock::Late;
use crate::domain::household::Household;
use crate::domain::pin::IdNumber;
use crate::domain::record::Record;
use crate::domain::subject::Subject;
use crate::records::{Held, Home, Joined, Key, Lead};
use crate::registry::{self, Aliases, Failure};

impl Found {
    /// Gives the household, where there is one.
    pub fn household(&self) -> Option<&Household> {
        self.home.as_ref().and_then(|home| home.record.as_ref())
    }

    /// Gives the registry's request behind the answer: the household's, where there is one.
    pub fn registry_request(&self) -> Option<String> {
        let of_home = self.home.as_ref().map(|home| home.registry_request);
        let request = of_home.or_else(|| self.held.as_ref().map(|held| held.registry_request));
        request.map(|request| request.simple().to_string())
    }

    fn with_home(self, home: Home, source: Source) -> Self {
        Self {
            held: self.held,
            home: Some(home),
            source: both(self.source, source),
        }
    }
}

/// Tells where two records together come from: as old as the older, and from the cache only where both are.
fn both(person: Source, home: Source) -> Source {
    let older = if home.age > person.age { home } else { person };
    let is_stale = [person, home]
        .iter()
        .any(|source| source.from == From::StaleCache);
    let cache = match (person.cache, home.cache) {
        (stale @ CacheUse::Stale(_), _) | (_, stale @ CacheUse::Stale(_)) => stale,
        (CacheUse::Hit(one), CacheUse::Hit(other)) => {
            CacheUse::Hit(one.zip(other).map(|(one, other)| one.min(other)))
        }
        (asked, CacheUse::Hit(_)) => asked,
        (_, asked) => asked,
    };
    Source {
        from: if is_stale { From::StaleCache } else { older.from },
        as_of: person.as_of.min(home.as_of),
        age: older.age,
        cache,
    }
}

impl Upstream {
    /// Adds the held household where the question needs it; nothing where it isn't held.
    pub(super) fn with_held_home(&self, admitted: &Admitted, found: Found) -> Option<Found> {
        let Some(person) = person_at_home(admitted, &found) else {
            return Some(found);
        };
        let key = self.key_of_home(admitted, &person.record);
        let (home, source) = self.held_home(&key, admitted, Wants::Fresh)?;
        Some(found.with_home(home, source))
    }

    /// Finds the person, then the household, asking the registry for what isn't held.
    pub(super) async fn fetch_with_home(&self, admitted: &mut Admitted) -> Result<Found, Cause> {
        let found = match self.cached(&self.key(admitted), admitted, Wants::Fresh) {
            Some(found) => found,
            None => self.fetch_person(admitted).await?,
        };
        let Some(person) = person_at_home(admitted, &found) else {
            return Ok(found);
        };
        let key = self.key_of_home(admitted, &person.record);
        if let Some((home, source)) = self.held_home(&key, admitted, Wants::Fresh) {
            return Ok(found.with_home(home, source));
        }
        let (home, source) = match self.ask_home(&key, admitted, &person.record).await {
            Err(cause) if cause.leaves_older_records() => {
                self.held_home(&key, admitted, Wants::Stale).ok_or(cause)?
            }
            answered => answered?,
        };
        Ok(found.with_home(home, source))
    }

    /// Adds the household that this or another gateway holds, where the question needs it.
    pub(super) async fn with_recalled_home(&self, admitted: &Admitted, found: Found) -> Option<Found> {
        let Some(person) = person_at_home(admitted, &found) else {
            return Some(found);
        };
        let key = self.key_of_home(admitted, &person.record);
        let (home, source) = match self.held_home(&key, admitted, Wants::Fresh) {
            Some(held) => held,
            None => self.recalled_home(&key, admitted, &person.record).await?,
        };
        Some(found.with_home(home, source))
    }

    /// Brings the household from the second level, where it is there and may answer this call.
    async fn recalled_home(&self, key: &Key, admitted: &Admitted, record: &Record) -> Option<(Home, Source)> {
        if !self.may_recall(admitted) {
            return None;
        }
        let recalling = self.records.recall_home(key, &record.pin, self.clock.now());
        // Where the time is over, what follows finds out.
        let _ = admitted.deadline.bound(self.clock.as_ref(), recalling).await;
        self.held_home(key, admitted, Wants::Fresh)
    }

    fn key_of_home(&self, admitted: &Admitted, record: &Record) -> Key {
        self.records.key_of_home(&record.pin, sharing(admitted))
    }

    fn held_home(&self, key: &Key, admitted: &Admitted, wants: Wants) -> Option<(Home, Source)> {
        let home = self.records.find_home(key, admitted.call.received_at)?;
        let source = source_of(&home, as_of(&home), admitted, wants)?;
        Some((home, source))
    }

    /// Asks the other gateways and then the registry, together with all who ask the same at this moment.
    async fn ask_home(
        &self,
        key: &Key,
        admitted: &mut Admitted,
        record: &Record,
    ) -> Result<(Home, Source), Cause> {
        let (wanted, deadline) = (admitted.question.wanted, admitted.deadline);
        let lead = match self.flights_home.join(key) {
            Joined::Wait(flight) => match deadline.bound(self.clock.as_ref(), flight.landing()).await {
                Ok(Some(Landing::Held(home))) => {
                    match source_of(&home, as_of(&home), admitted, Wants::Fresh) {
                        Some(source) => return Ok((home, source)),
                        // Fresh enough for the one who led, and not for this call.
                        None => None,
                    }
                }
                Ok(Some(Landing::Found(home))) => {
                    let source = source_fetched(as_of(&home), wanted, true);
                    return Ok((home, source));
                }
                Ok(Some(Landing::Failed(cause))) => return Err(cause),
                // Never landed: each look-up brings a household or that there is none.
                Ok(Some(Landing::Absent) | None) => None,
                Err(Late) => return Err(Failure::Timeout.into()),
            },
            Joined::Lead(lead) => {
                // Another's look-up may have landed between our glance at the cache and taking the lead.
                if let Some((home, _)) = self.held_home(key, admitted, Wants::Fresh) {
                    lead.land(Landing::Found(Arc::clone(&home)));
                    let source = source_fetched(as_of(&home), wanted, true);
                    return Ok((home, source));
                }
                if let Some((home, source)) = self.recalled_home(key, admitted, record).await {
                    lead.land(Landing::Held(Arc::clone(&home)));
                    return Ok((home, source));
                }
                Some(lead).filter(|_| leads(admitted))
            }
        };
        let home = self.look_up_home(key, admitted, record, lead).await?;
        let source = source_fetched(as_of(&home), wanted, false);
        Ok((home, source))
    }

    async fn look_up_home(
        &self,
        key: &Key,
        admitted: &mut Admitted,
        record: &Record,
        lead: Option<Lead<Landing<Home>>>,
    ) -> Result<Home, Cause> {
        let grant = &admitted.grant;
        let asked = registry::Asked {
            subject: in_the_registry_s_words(record),
            aliases: Aliases::default(),
            procedure: admitted.question.context.procedure.clone(),
            unit: grant.unit().clone(),
            officer: grant.officer().copied(),
            share: share(grant.client(), admitted.question.within),
            traceparent: Some(admitted.call.traceparent.clone()),
        };
        let (begun, heard) = (self.records.moment(), self.records.heard());
        let asking = self
            .registry
            .find_household(asked, admitted.deadline, &self.budget);
        let (outcome, steps) = self.unless_closed(asking).await;
        let last = steps.last();
        let registry_request = last.map(|step| step.registry_request).unwrap_or_default();
        admitted.row.steps(steps);
        let household = outcome.map(|answer| answer.map(|answer| answer.record));
        let home = |household| -> Home {
            let fetched_by = grant.client().id.clone();
            Arc::new(Held::new(
                household,
                self.clock.now(),
                fetched_by,
                registry_request,
            ))
        };
        let brought = household.map(home);
        let is_current = match &brought {
            Ok(home) if grant.procedure().never_keeps() => {
                self.records
                    .is_current_home(&record.pin, home.record.as_ref(), begun)
            }
            Ok(home) => {
                self.records.keep_home(key, home);
                let household = home.record.as_ref();
                let is_current = self.records.follow_home(key, &record.pin, household, begun);
                let now = self.clock.now();
                if is_current
                    && let Some(sharing) = self.records.share_home(key, &record.pin, home, heard, now)
                {
                    self.detach_unawaited(sharing);
                }
                is_current
            }
            Err(_) => true,
        };
        if let Some(lead) = lead.filter(|_| is_current) {
            land(lead, &brought.clone().map(Some));
        }
        brought
    }
}

/// Gives the person whose household the question needs, if the caller may see anything of it.
fn person_at_home(admitted: &Admitted, found: &Found) -> Option<Arc<Held>> {
    let held = found.held.as_ref()?;
    let record = &held.record;
    let question = &admitted.question;
    let is_needed = question.asked.needs_household() && admitted.grant.shows(&question.subject, record);
    is_needed.then(|| Arc::clone(held))
}

fn in_the_registry_s_words(record: &Record) -> Subject {
    Subject {
        number: IdNumber::Pin(record.pin),
        full_name: record.full_name.clone(),
        date_of_birth: record.date_of_birth,
    }
}

/// The data's time; that there is no household is known since it was asked.
fn as_of(home: &Home) -> jiff::Timestamp {
    home.record
        .as_ref()
        .map_or(home.fetched_at, |household| household.as_of)
}

#[cfg(test)]
mod tests;
