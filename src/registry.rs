//! What does the population register hold about this person?
//!
//! The last gate before matching and the only way out to the registry. Takes a subject with the officer and the work in
//! whose name it is asked, sends the plain query and then the ladder's, and gives back a record, nobody, or a typed
//! failure, with a line for each call that went out. A call passes the operation's breaker, costs a permit, and needs room among
//! those under way (`climb`); all of a look-up's end by the deadline of who asked; one that has begun is finished even if nobody
//! waits for it any more. An outage is never "nobody": one
//! failed step fails the look-up, since the step that failed might have been the one that finds.
//! Knows no cache, no licence and no verdict.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use arc_swap::ArcSwap;
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use tokio::runtime::Handle;
use uuid::Uuid;

use crate::clock::{Clock, Deadline};
use crate::domain::client::UnitCode;
use crate::domain::context::ProcedureCode;
use crate::domain::household::Household;
use crate::domain::pin::Pin;
use crate::domain::record::Record;
use crate::domain::subject::Subject;
use crate::matching::NameForm;

pub mod breaker;
pub mod budget;
pub mod bulkhead;
mod choice;
mod client;
mod climb;
mod failure;
mod feed;
mod health;
mod ladder;
pub mod retries;
mod service;
mod watch;
mod window;
mod wire;

pub use budget::{Budget, Permit};
pub use client::Unusable;
pub(crate) use climb::by_chance;
pub use failure::{Failure, Outage, Rejection, Side};
pub use feed::{Feed, Page};
pub use health::{Health, Observed, Observer};
pub use ladder::Aliases;

use breaker::{Circuit, State};
use bulkhead::Bulkhead;
use client::Client;
use climb::Climb;
use ladder::Query;
use retries::Retries;
use service::Service;

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
    /// When an operation's breaker opens.
    pub breaker: breaker::Terms,
    /// How many calls may be under way.
    pub bulkhead: bulkhead::Terms,
    /// How much may be sent again.
    pub retries: retries::Terms,
    /// How old the last word of the registry may be before it is asked whether it is there.
    pub watched_every: Duration,
}

impl Config {
    /// Tells whether it leads to the same place, with the same credentials, over the same connections.
    fn leads_where(&self, other: &Self) -> bool {
        let wire = |config: &Self| {
            (
                [&config.url, &config.user, &config.x_road_client, &config.account].map(String::clone),
                [&config.secret, &config.api_key].map(|secret| secret.expose_secret().to_owned()),
                config.authorities_pem.clone(),
                config
                    .identity_pem
                    .as_ref()
                    .map(|pem| pem.expose_secret().to_vec()),
                [config.connect_timeout, config.idle_timeout],
                [config.most_bytes, config.idle_connections],
            )
        };
        wire(self) == wire(other)
    }
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
    pub record: T,
    /// The id (`MaYeuCau`) of the call that fetched it.
    pub registry_request: Uuid,
}

/// Tells of one call that went out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Which query of the ladder it was.
    pub form: &'static str,
    /// The call's id (`MaYeuCau`).
    pub registry_request: Uuid,
    /// What came of it.
    pub result: &'static str,
}

/// Asks the registry.
pub struct Registry {
    way: Arc<Way>,
    runtime: Handle,
}

/// Is the way to the registry that is in force; look-ups under way end on the one that they began on.
type Way = ArcSwap<Inner>;

/// Is another way to the registry, judged and not in force yet.
pub struct Next(Arc<Inner>);

struct Inner {
    client: Arc<Client>,
    people: Service<Record>,
    households: Service<Household>,
    clock: Arc<dyn Clock>,
    health: Arc<health::Monitor>,
    observer: Observer,
    bulkhead: Arc<Bulkhead>,
    retries: Arc<Mutex<Retries>>,
    name_form: NameForm,
    most_queries: NonZeroUsize,
    attempt_timeout: Duration,
    deadline: Duration,
    watched_every: Duration,
    config: Config,
}

impl Inner {
    /// Makes a way; what has been learnt on the one before stays where it still holds.
    fn new(
        config: Config,
        before: Option<&Self>,
        clock: Arc<dyn Clock>,
        observer: Observer,
    ) -> Result<Self, Unusable> {
        // Another place, or other credentials: what was learnt says nothing of it.
        let before = before.filter(|before| before.config.leads_where(&config));
        let same =
            |is_same: fn(&Config, &Config) -> bool| before.filter(|before| is_same(&before.config, &config));
        let same_breaker = same(|one, other| one.breaker == other.breaker);
        let circuit = |of: fn(&Self) -> &Arc<Circuit>| match same_breaker {
            Some(before) => Arc::clone(of(before)),
            None => Arc::new(Circuit::new(config.breaker)),
        };
        let (people, households) = (
            circuit(|inner| &inner.people.circuit),
            circuit(|inner| &inner.households.circuit),
        );
        Ok(Self {
            client: match before {
                Some(before) => Arc::clone(&before.client),
                None => Arc::new(Client::new(&config)?),
            },
            people: Service::of_people(config.integration.clone(), people),
            households: Service::of_households(config.household_integration.clone(), households),
            bulkhead: match same(|one, other| one.bulkhead == other.bulkhead) {
                Some(before) => Arc::clone(&before.bulkhead),
                None => Bulkhead::new(config.bulkhead, clock.steady()),
            },
            retries: match same(|one, other| one.retries == other.retries) {
                Some(before) => Arc::clone(&before.retries),
                None => Arc::new(Mutex::new(Retries::new(config.retries))),
            },
            health: before.map_or_else(Arc::default, |before| Arc::clone(&before.health)),
            watched_every: config.watched_every,
            clock,
            observer,
            name_form: config.name_form,
            most_queries: config.most_queries,
            attempt_timeout: config.attempt_timeout,
            deadline: config.deadline,
            config,
        })
    }
}

impl Registry {
    /// Makes the way to the registry; opens no connection. Calls run on `runtime`, whoever asks.
    pub fn new(
        config: Config,
        clock: Arc<dyn Clock>,
        runtime: Handle,
        observer: Observer,
    ) -> Result<Self, Unusable> {
        let inner = Inner::new(config, None, clock, observer)?;
        Ok(Self {
            way: Arc::new(ArcSwap::from_pointee(inner)),
            runtime,
        })
    }

    /// Judges another way; opens no connection.
    ///
    /// # Errors
    /// A setting of it that can't be used.
    pub fn judge(&self, config: Config) -> Result<Next, Unusable> {
        let now = self.way.load();
        let (clock, observer) = (Arc::clone(&now.clock), Arc::clone(&now.observer));
        Inner::new(config, Some(&now), clock, observer).map(|inner| Next(Arc::new(inner)))
    }

    /// Puts another way in force, from the next look-up on.
    pub fn put_in_force(&self, next: Next) {
        self.way.store(next.0);
    }

    /// Gives the way to the registry's changes, which is always that of look-ups.
    #[must_use]
    pub fn feed(&self) -> Feed {
        Feed::new(Arc::clone(&self.way), self.runtime.clone())
    }

    /// Gives the longest that a look-up takes.
    #[must_use]
    pub fn deadline(&self) -> Duration {
        self.way.load().deadline
    }

    /// Looks a person up by the call's deadline. Dropping the future doesn't stop the look-up.
    pub async fn find(&self, asked: Asked, deadline: Deadline, budget: &Budget) -> Found {
        let Inner {
            name_form,
            most_queries,
            ..
        } = **self.way.load();
        let queries = ladder::queries(&asked.subject, &asked.aliases, name_form, most_queries);
        self.climb(asked, queries, |inner| &inner.people, deadline, budget)
            .await
    }

    /// Looks up the household of a person whom the registry has named: one query, since it is in the registry's own words
    /// and there is nothing to climb for. That nothing is found means that no household is held.
    pub async fn find_household(
        &self,
        asked: Asked,
        deadline: Deadline,
        budget: &Budget,
    ) -> Found<Household> {
        let queries = vec![ladder::in_own_words(&asked.subject, self.way.load().name_form)];
        self.climb(asked, queries, |inner| &inner.households, deadline, budget)
            .await
    }

    async fn climb<T: Send + Sync + 'static>(
        &self,
        asked: Asked,
        queries: Vec<Query>,
        service: fn(&Inner) -> &Service<T>,
        deadline: Deadline,
        budget: &Budget,
    ) -> Found<T> {
        let inner = self.way.load_full();
        let budget = budget.clone();
        let lookup = async move {
            let climb = Climb::new(&inner, service(&inner), &asked, &budget, deadline);
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
        let inner = self.way.load();
        let Inner {
            people, households, ..
        } = &**inner;
        let now = inner.clock.steady();
        let circuits: [(&'static str, State); 2] = [
            (people.operation, people.circuit.state(now)),
            (households.operation, households.circuit.state(now)),
        ];
        Health {
            circuits: circuits.to_vec(),
            room: inner.bulkhead.room(),
            ..inner.health.copy()
        }
    }
}

#[cfg(test)]
mod tests;
