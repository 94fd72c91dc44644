//! How does a look-up go from one call to the next, and what must each of them pass?
//!
//! One look-up on its way up the ladder. Each call passes, in this order: the operation's breaker (is it worth asking at all?),
//! the budget (is it this client's turn?), the bulkhead (is there room?), and then the wire. Refused at one, it gives back what it
//! had before; only a permit is spent once given. A call that failed for a passing reason is sent again once in a look-up, after a
//! pause by chance, while time is left and the budget of retries allows. Nothing is sent twice at the same time to be quicker: the
//! registry charges by the call.

use std::sync::PoisonError;
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::breaker::{State, Told};
use super::budget::{Asking, Class, Permit, Withheld};
use super::bulkhead::{Full, Slot};
use super::client::Message;
use super::failure::Failure;
use super::health::{Entry, Observed};
use super::ladder::Query;
use super::retries::Retries;
use super::service::Service;
use super::{Answer, Asked, Budget, Found, Inner, Step};
use crate::clock::Deadline;

/// The shortest pause before a call is tried again; up to twice as long, by chance.
const PAUSE: Duration = Duration::from_millis(50);

/// Is one look-up on its way up the ladder.
pub(super) struct Climb<'a, T> {
    inner: &'a Inner,
    service: &'a Service<T>,
    asked: &'a Asked,
    budget: &'a Budget,
    deadline: Deadline,
    may_retry: bool,
    steps: Vec<Step>,
}

impl<'a, T> Climb<'a, T> {
    pub fn new(
        inner: &'a Inner,
        service: &'a Service<T>,
        asked: &'a Asked,
        budget: &'a Budget,
        deadline: Deadline,
    ) -> Self {
        Self {
            inner,
            service,
            asked,
            budget,
            deadline,
            may_retry: true,
            steps: Vec::new(),
        }
    }

    pub async fn run(mut self, queries: &[Query]) -> Found<T> {
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

    /// Sends a query, and once in a look-up sends it again where that may help, time is left, and retries are.
    async fn ask(&mut self, query: &Query) -> Result<Option<Answer<T>>, Failure> {
        self.retries(|retries, now| retries.sent(now));
        let first = self.call(query).await;
        let Err(failure) = first else { return first };
        let pause = PAUSE.saturating_add(by_chance(PAUSE));
        if !failure.is_retryable() || !self.may_retry || self.time_left() <= pause {
            return first;
        }
        if !self.retries(|retries, now| retries.spend(now)) {
            (self.inner.observer)(Observed::Withheld("retry_budget"));
            return first;
        }
        self.may_retry = false;
        tokio::time::sleep(pause).await;
        match self.call(query).await {
            // Nothing was sent: what is known is still the first failure.
            Err(
                Failure::BudgetExhausted { .. }
                | Failure::BudgetApart
                | Failure::CircuitOpen { .. }
                | Failure::BulkheadFull { .. },
            ) => first,
            second => second,
        }
    }

    async fn call(&mut self, query: &Query) -> Result<Option<Answer<T>>, Failure> {
        if self.time_left().is_zero() {
            return Err(Failure::Timeout);
        }
        let (inner, service) = (self.inner, self.service);
        let passage = service.circuit.admit(self.now()).map_err(|retry_after| {
            (inner.observer)(Observed::Withheld("circuit_open"));
            Failure::CircuitOpen { retry_after }
        })?;
        let permit = self.permit().await?;
        let slot = self.slot().await?;
        let limit = self.time_left().min(inner.attempt_timeout);
        let registry_request = Uuid::new_v4();
        let begun = self.now();
        let outcome = self.send(permit, registry_request, query, limit).await;
        let now = self.now();
        let took = now.saturating_duration_since(begun);
        let told = told(outcome.as_ref().err(), limit, inner.attempt_timeout);
        match (told, &outcome) {
            (Told::Answered, _) => slot.settle(begun, Some(took), now),
            (Told::Failed, Err(Failure::Timeout)) => slot.settle(begun, None, now),
            // What broke off quickly says nothing of how much is borne.
            (Told::Failed | Told::Nothing, _) => drop(slot),
        }
        let spread = by_chance(service.circuit.spread());
        if let Some(state) = passage.settle(told, now, spread) {
            tell(service.operation, state);
        }
        let result = match &outcome {
            Ok(Some(_)) => "record",
            Ok(None) => "empty",
            Err(failure) => failure.word(),
        };
        let failure = outcome.as_ref().err().copied();
        self.enter(Entry {
            result,
            failure,
            took,
        });
        self.steps.push(Step {
            form: query.form,
            registry_request,
            result,
        });
        Ok(outcome?.map(|record| Answer {
            record,
            registry_request,
        }))
    }

    fn enter(&self, entry: Entry) {
        (self.inner.observer)(Observed::Called(entry.result, entry.took));
        self.inner
            .health
            .enter(&entry, self.inner.clock.now(), self.now());
    }

    /// Takes a permit.
    async fn permit(&mut self) -> Result<Permit, Failure> {
        let (budget, share) = (self.budget, &self.asked.share);
        let within = self.patience(share);
        let begun = self.now();
        let taken = budget.take(share, within).await;
        self.waited_since(begun);
        taken.map_err(|withheld| match withheld {
            Withheld::Exhausted { retry_after } => Failure::BudgetExhausted { retry_after },
            Withheld::Apart(_) => Failure::BudgetApart,
        })
    }

    /// Takes room for one call.
    async fn slot(&mut self) -> Result<Slot, Failure> {
        let within = self.patience(&self.asked.share);
        let begun = self.now();
        let entered = self.inner.bulkhead.enter(self.asked.share.class, within).await;
        self.waited_since(begun);
        entered.map_err(|Full { retry_after }| {
            (self.inner.observer)(Observed::Withheld("bulkhead_full"));
            Failure::BulkheadFull { retry_after }
        })
    }

    /// Tells how long the call may wait before it is sent.
    fn patience(&self, share: &Asking) -> Duration {
        match share.class {
            Class::Interactive => self.time_left(),
            Class::Batch => self.inner.deadline,
        }
    }

    /// What a batch waits doesn't count against its deadline: nobody waits for its answer.
    fn waited_since(&mut self, begun: Instant) {
        if self.asked.share.class == Class::Batch {
            let waited = self.now().saturating_duration_since(begun);
            self.deadline = self.deadline.later(waited);
        }
    }

    async fn send(
        &self,
        permit: Permit,
        request: Uuid,
        query: &Query,
        limit: Duration,
    ) -> Result<Option<T>, Failure> {
        let message = Message {
            request: &request.simple().to_string(),
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

    fn retries<R>(&self, act: impl FnOnce(&mut Retries, Instant) -> R) -> R {
        let now = self.now();
        let mut retries = self.inner.retries.lock().unwrap_or_else(PoisonError::into_inner);
        act(&mut retries, now)
    }

    fn now(&self) -> Instant {
        self.inner.clock.steady()
    }

    fn time_left(&self) -> Duration {
        self.deadline.left(self.inner.clock.as_ref())
    }
}

/// Tells what a call says of the registry's health: an outage alone speaks against it, and one that had less than half of an
/// attempt's time to come says nothing.
fn told(failure: Option<&Failure>, had: Duration, attempt: Duration) -> Told {
    match failure {
        Some(Failure::Timeout) if had < attempt / 2 => Told::Nothing,
        Some(Failure::Timeout | Failure::Unavailable(_)) => Told::Failed,
        Some(
            Failure::Maintenance
            | Failure::Rejected(_)
            | Failure::Protocol(_)
            | Failure::BudgetExhausted { .. }
            | Failure::BudgetApart
            | Failure::CircuitOpen { .. }
            | Failure::BulkheadFull { .. },
        )
        | None => Told::Answered,
    }
}

fn tell(operation: &'static str, state: State) {
    match state {
        State::Open => {
            tracing::warn!(
                upstream.name = "registry",
                registry.operation = operation,
                "it fails and is left alone for a while"
            );
        }
        State::Closed | State::HalfOpen => {
            tracing::info!(
                upstream.name = "registry",
                registry.operation = operation,
                "it answers again"
            );
        }
    }
}

/// Gives a duration below `most`, so that those who failed together don't come back together.
pub(crate) fn by_chance(most: Duration) -> Duration {
    let chance = Uuid::new_v4().as_u128() % most.as_micros().max(1);
    Duration::from_micros(u64::try_from(chance).unwrap_or_default())
}
