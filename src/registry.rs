//! What does the population register hold about this person?
//!
//! The last gate before matching and the only way out to the registry. Takes a subject with the officer and the work in
//! whose name it is asked, sends the plain query and then the ladder's, and gives back a record, nobody, or a typed
//! failure, with a line for each call that went out. Each call costs a permit; all of them together end before the
//! deadline; a look-up that has begun is finished even if nobody waits for it any more. An outage is never "nobody": one
//! failed step fails the look-up, since the step that failed might have been the one that finds.
//! Knows no cache, no licence and no verdict.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

use secrecy::{SecretSlice, SecretString};
use tokio::runtime::Handle;
use uuid::Uuid;

use crate::clock::Clock;
use crate::domain::client::UnitCode;
use crate::domain::context::ProcedureCode;
use crate::domain::household::Household;
use crate::domain::pin::Pin;
use crate::domain::record::Record;
use crate::domain::subject::Subject;
use crate::matching::NameForm;

pub mod budget;
mod choice;
mod client;
mod failure;
mod feed;
mod health;
mod ladder;
mod service;
mod wire;

pub use budget::{Budget, Permit};
pub use client::Unusable;
pub use failure::{Failure, Outage, Rejection, Side};
pub use feed::{Feed, Page};
pub use health::{Health, Observer};
pub use ladder::Aliases;

use budget::{Class, Withheld};
use client::{Client, Message};
use ladder::Query;
use service::Service;

/// The shortest pause before a call is tried again; up to twice as long, by chance.
const PAUSE: Duration = Duration::from_millis(50);

/// Holds what the way to the registry needs.
pub struct Config {
    /// Where the look-ups are posted; its path is part of what is signed.
    pub url: String,
    /// How long one call may take, from connecting to the last byte.
    pub attempt_timeout: Duration,
    /// How long a look-up may take, ladder and retry included.
    pub deadline: Duration,
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// The gateway's account at the exchange platform.
    pub user: String,
    /// The secret of that account.
    pub secret: SecretString,
    /// The key for the exchange platform's `ApiKey` header.
    pub api_key: SecretString,
    /// The `X-Road-Client` header.
    pub x_road_client: String,
    /// `MaTichHop`, the registry's code for the look-up service.
    pub integration: String,
    /// `MaTichHop`, the registry's code for the household service.
    pub household_integration: String,
    /// `TaiKhoan`, the account of this system at the registry.
    pub account: String,
    /// In which form the registry wants names.
    pub name_form: NameForm,
    /// How many queries a look-up may send, the plain one included; a retry comes on top.
    pub most_queries: NonZeroUsize,
    /// The only authorities trusted for the registry's certificate; the system's where left out.
    pub authorities_pem: Option<Vec<u8>>,
    /// The gateway's own certificate and key.
    pub identity_pem: Option<SecretSlice<u8>>,
    /// How many bytes of an answer are read.
    pub most_bytes: usize,
    /// How many idle connections are kept.
    pub idle_connections: usize,
    /// How long an idle connection is kept.
    pub idle_timeout: Duration,
}

/// Holds one question to the registry: about whom, in whose name, for what.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The person.
    pub subject: Subject,
    /// The person's other numbers, as far as known.
    pub aliases: Aliases,
    /// The administrative procedure.
    pub procedure: ProcedureCode,
    /// The officer's agency.
    pub unit: UnitCode,
    /// The officer's own number; nobody's where a system asks for itself.
    pub officer: Option<Pin>,
    /// Out of whose part of the budget.
    pub share: budget::Asking,
    /// The trace context to pass on.
    pub traceparent: Option<String>,
}

/// Holds what came of a look-up.
#[derive(Debug, Clone)]
pub struct Found<T = Record> {
    /// The record, nobody, or why there is no answer.
    pub outcome: Result<Option<Answer<T>>, Failure>,
    /// Each call that went out, in order.
    pub steps: Vec<Step>,
}

/// Holds the record found.
#[derive(Debug, Clone)]
pub struct Answer<T = Record> {
    /// The record.
    pub record: Arc<T>,
    /// The id (`MaYeuCau`) of the call that fetched it.
    pub registry_request: String,
}

/// Tells of one call that went out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Which query of the ladder it was.
    pub form: &'static str,
    /// The call's id (`MaYeuCau`).
    pub registry_request: String,
    /// What came of it.
    pub result: &'static str,
}

/// Asks the registry.
pub struct Registry {
    inner: Arc<Inner>,
    runtime: Handle,
}

struct Inner {
    client: Client,
    people: Service<Record>,
    households: Service<Household>,
    clock: Arc<dyn Clock>,
    health: health::Monitor,
    observer: Observer,
    name_form: NameForm,
    most_queries: NonZeroUsize,
    attempt_timeout: Duration,
    deadline: Duration,
}

impl Registry {
    /// Makes the way to the registry; opens no connection. Calls run on `runtime`, whoever asks.
    pub fn new(
        config: Config,
        clock: Arc<dyn Clock>,
        runtime: Handle,
        observer: Observer,
    ) -> Result<Self, Unusable> {
        let inner = Inner {
            client: Client::new(&config)?,
            people: Service::of_people(config.integration),
            households: Service::of_households(config.household_integration),
            clock,
            health: health::Monitor::default(),
            observer,
            name_form: config.name_form,
            most_queries: config.most_queries,
            attempt_timeout: config.attempt_timeout,
            deadline: config.deadline,
        };
        Ok(Self {
            inner: Arc::new(inner),
            runtime,
        })
    }

    /// Looks a person up within `limit` and the configured deadline, whichever is shorter. Dropping the future doesn't
    /// stop the look-up.
    pub async fn find(&self, asked: Asked, limit: Duration, budget: &Budget) -> Found {
        let Inner {
            name_form,
            most_queries,
            ..
        } = *self.inner;
        let queries = ladder::queries(&asked.subject, &asked.aliases, name_form, most_queries);
        self.climb(asked, queries, |inner| &inner.people, limit, budget)
            .await
    }

    /// Looks up the household of a person whom the registry has named: one query, since it is in the registry's own words
    /// and there is nothing to climb for. That nothing is found means that no household is held.
    pub async fn find_household(&self, asked: Asked, limit: Duration, budget: &Budget) -> Found<Household> {
        let queries = vec![ladder::in_own_words(&asked.subject, self.inner.name_form)];
        self.climb(asked, queries, |inner| &inner.households, limit, budget)
            .await
    }

    async fn climb<T: Send + Sync + 'static>(
        &self,
        asked: Asked,
        queries: Vec<Query>,
        service: fn(&Inner) -> &Service<T>,
        limit: Duration,
        budget: &Budget,
    ) -> Found<T> {
        let inner = Arc::clone(&self.inner);
        let budget = budget.clone();
        let lookup = async move {
            let begun = inner.clock.steady();
            let until = begun.checked_add(limit.min(inner.deadline)).unwrap_or(begun);
            let climb = Climb {
                inner: &inner,
                service: service(&inner),
                asked: &asked,
                budget: &budget,
                until,
                may_retry: true,
                steps: Vec::new(),
            };
            climb.run(&queries).await
        };
        self.runtime.spawn(lookup).await.unwrap_or_else(|_| Found {
            outcome: Err(Failure::Unavailable(Outage::Abandoned)),
            steps: Vec::new(),
        })
    }

    /// Tells how the registry has been answering.
    #[must_use]
    pub fn health(&self) -> Health {
        self.inner.health.copy()
    }
}

/// Is one look-up on its way up the ladder.
struct Climb<'a, T> {
    inner: &'a Inner,
    service: &'a Service<T>,
    asked: &'a Asked,
    budget: &'a Budget,
    until: Instant,
    may_retry: bool,
    steps: Vec<Step>,
}

impl<T> Climb<'_, T> {
    async fn run(mut self, queries: &[Query]) -> Found<T> {
        let outcome = self.first_found(queries).await;
        Found {
            outcome,
            steps: self.steps,
        }
    }

    async fn first_found(&mut self, queries: &[Query]) -> Result<Option<Answer<T>>, Failure> {
        for query in queries {
            if let Some(answer) = self.ask(query).await? {
                return Ok(Some(answer));
            }
        }
        Ok(None)
    }

    /// Sends a query, and once in a look-up sends it again where that may help and time is left.
    async fn ask(&mut self, query: &Query) -> Result<Option<Answer<T>>, Failure> {
        let first = self.call(query).await;
        let Err(failure) = first else { return first };
        let pause = PAUSE.saturating_add(by_chance(PAUSE));
        if !failure.is_retryable() || !self.may_retry || self.time_left() <= pause {
            return first;
        }
        self.may_retry = false;
        tokio::time::sleep(pause).await;
        match self.call(query).await {
            // Nothing was sent: what is known is still the first failure.
            Err(Failure::BudgetExhausted { .. } | Failure::BudgetApart) => first,
            second => second,
        }
    }

    async fn call(&mut self, query: &Query) -> Result<Option<Answer<T>>, Failure> {
        if self.time_left().is_zero() {
            return Err(Failure::Timeout);
        }
        let permit = self.permit().await?;
        let limit = self.time_left().min(self.inner.attempt_timeout);
        let registry_request = Uuid::new_v4().simple().to_string();
        let begun = self.inner.clock.steady();
        let outcome = self.send(permit, &registry_request, query, limit).await;
        let took = self.inner.clock.steady().saturating_duration_since(begun);
        let result = match &outcome {
            Ok(Some(_)) => "record",
            Ok(None) => "empty",
            Err(failure) => failure.word(),
        };
        (self.inner.observer)(result, took);
        self.inner
            .health
            .enter(result, outcome.as_ref().err().copied(), self.inner.clock.now());
        self.steps.push(Step {
            form: query.form,
            registry_request: registry_request.clone(),
            result,
        });
        Ok(outcome?.map(|record| Answer {
            record: Arc::new(record),
            registry_request,
        }))
    }

    /// Takes a permit. What a batch waits for one doesn't count against its deadline: nobody waits for its answer.
    async fn permit(&mut self) -> Result<Permit, Failure> {
        let share = &self.asked.share;
        let begun = self.inner.clock.steady();
        let taken = match share.class {
            Class::Interactive => self.budget.take(share, self.time_left()).await,
            Class::Batch => {
                let taken = self.budget.take(share, self.inner.deadline).await;
                let waited = self.inner.clock.steady().saturating_duration_since(begun);
                self.until = self.until.checked_add(waited).unwrap_or(self.until);
                taken
            }
        };
        taken.map_err(|withheld| match withheld {
            Withheld::Exhausted { retry_after } => Failure::BudgetExhausted { retry_after },
            Withheld::Apart(_) => Failure::BudgetApart,
        })
    }

    async fn send(
        &self,
        permit: Permit,
        request: &str,
        query: &Query,
        limit: Duration,
    ) -> Result<Option<T>, Failure> {
        let message = Message {
            request,
            asked: self.asked,
            query,
            now: self.inner.clock.now(),
        };
        let sending = self.inner.client.send(permit, self.service, &message);
        let told = tokio::time::timeout(limit, sending)
            .await
            .map_err(|_| Failure::Timeout)??;
        self.inner.health.enter_unread(&told.unread);
        (self.service.choose)(told.records, query)
    }

    fn time_left(&self) -> Duration {
        self.until.saturating_duration_since(self.inner.clock.steady())
    }
}

/// Gives a duration below `most`, so that those who failed together don't come back together.
fn by_chance(most: Duration) -> Duration {
    let chance = Uuid::new_v4().as_u128() % most.as_micros().max(1);
    Duration::from_micros(u64::try_from(chance).unwrap_or_default())
}

#[cfg(test)]
mod tests;
