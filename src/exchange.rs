//! What happens to a question, from the caller's token to the recorded answer?
//!
//! The pipeline: the only file that knows the order of the gates. authorize → idempotency → admit → cached or fetched →
//! match and release → record. Whatever happens, one audit entry is durable before the caller gets anything
//! back; if it can't be written, the answer is `AuditUnavailable` and no data leaves (ADR-0002). A caller that hangs up
//! doesn't stop what may have asked the registry. Knows nothing of HTTP, and no gate knows of it.

mod administration;
mod batch;
mod change;
mod counted;
mod fetch;
mod health;
mod home;
mod maintenance;
mod question;
mod reading;
mod recording;
mod refusal;
mod repeating;
mod row;
mod share;
mod source;
mod stages;
mod turned_away;
mod upkeep;
mod work;

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use jiff::Timestamp;
use tracing::warn;

use crate::audit::{self, Operation};
use crate::auth::{Authenticator, Caller, Scope, Thumbprint, Unauthenticated};
use crate::clock::{Clock, Deadline};
use crate::domain::pin::IdNumber;
use crate::domain::problem::Code;
use crate::fleet::Fleet;
use crate::idempotency::Idempotency;
use crate::limits::{Admission, Gate, Limits, day_of};
use crate::policy::clients::Standing;
use crate::policy::{Denied, Grant, Policy, disclosure};
pub use crate::records::Moment;
use crate::registry::budget::Among;
use crate::sealing::Pseudonyms;
use crate::telemetry::Metrics;
pub use administration::Acting;
use counted::{Counted, gate};
use fetch::Found;
pub use fetch::{FoundAt, Upstream};
pub use health::{Health, Reach};
pub use maintenance::Announced;
pub use question::{Answer, Asked, Call, Outcome, Person, Question, Repeatable, Within, Writer};
pub use reading::{Handled, Reading};
pub use refusal::{Cause, Refusal};
use repeating::Begin;
use row::Row;
pub use source::{CacheUse, From, Source};
use stages::{Admitted, Asking, Authorized, Disclosed, Exceeding, TurnedDown};
use turned_away::TurnedAway;
pub use work::{Opened, Repeated, Work};

/// How long what came of a call may take to be written down, beyond the time in which the registry is asked.
pub const WRITTEN_WITHIN: Duration = Duration::from_secs(2);

/// Is a token whose key the issuer couldn't be asked for in time.
const KEYS_LATE: Unauthenticated = Unauthenticated::KeysUnavailable {
    retry_after: Duration::from_secs(5),
};

/// Holds the gates in their order.
pub struct Exchange {
    authenticator: Authenticator,
    policy: Policy,
    idempotency: Idempotency,
    limits: Limits,
    upstream: Upstream,
    audit: audit::Log,
    pseudonyms: Pseudonyms,
    turned_away: TurnedAway,
    fleet: Option<Arc<Fleet>>,
    metrics: Metrics,
    clock: Arc<dyn Clock>,
    /// How long the last row took to become durable, in microseconds; 0 once it was asked for.
    last_wait: AtomicU64,
}

/// Names what an [`Exchange`] is joined from.
#[expect(missing_docs, reason = "each part is documented where it is made")]
pub struct Parts {
    pub authenticator: Authenticator,
    pub policy: Policy,
    pub idempotency: Idempotency,
    pub limits: Limits,
    pub upstream: Upstream,
    pub audit: audit::Log,
    pub pseudonyms: Pseudonyms,
    pub failed_authentications_per_second: u32,
    pub fleet: Option<Arc<Fleet>>,
    pub metrics: Metrics,
    pub clock: Arc<dyn Clock>,
}

impl Exchange {
    /// Joins the gates.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self {
            authenticator: parts.authenticator,
            policy: parts.policy,
            idempotency: parts.idempotency,
            limits: parts.limits,
            upstream: parts.upstream,
            audit: parts.audit,
            pseudonyms: parts.pseudonyms,
            turned_away: TurnedAway::new(parts.failed_authentications_per_second),
            fleet: parts.fleet,
            metrics: parts.metrics,
            clock: parts.clock,
            last_wait: AtomicU64::new(0),
        }
    }

    /// Finds out who calls; a failure is recorded, at a bounded rate.
    ///
    /// # Errors
    /// The refusal of a call without a valid token.
    pub async fn authenticate(
        &self,
        call: &Call,
        authorization: Option<&[u8]>,
        certificate: Option<&Thumbprint>,
        source: Option<IpAddr>,
    ) -> Result<Caller, Refusal> {
        let deadline = Deadline::after(call.started, self.upstream.deadline());
        let authenticating = self
            .authenticator
            .authenticate(authorization, certificate, source);
        let found = deadline.bound(self.clock.as_ref(), authenticating).await;
        match found.unwrap_or(Err(KEYS_LATE)) {
            Ok(caller) => Ok(caller),
            Err(failed) => Err(self.turn_away_unknown(call, None, failed.into()).await),
        }
    }

    /// Checks the scope before the body is looked at; a refusal is recorded.
    ///
    /// # Errors
    /// The rule that refuses.
    pub async fn check_scope(
        &self,
        call: &Call,
        caller: &Caller,
        operation: Operation,
        scope: Scope,
    ) -> Result<(), Refusal> {
        match self.policy.check_scope(caller, scope, call.received_at) {
            Ok(()) => Ok(()),
            Err(denied) => Err(self
                .refuse_unadmitted(call, self.row(call, caller, operation), caller, denied.into())
                .await),
        }
    }

    /// Records a call that the edge itself refuses, such as one whose body can't be read.
    ///
    /// Gives the refusal to answer with, which is another than `code` where the client has had too many calls refused, or
    /// where nothing could be recorded.
    pub async fn turn_away(&self, call: &Call, caller: &Caller, operation: Operation, code: Code) -> Refusal {
        let cause = self.counted_refusal(caller.client_id(), Cause::Edge(code));
        let client = self.policy.client(caller, call.received_at).ok();
        self.refuse(
            call,
            self.row(call, caller, operation),
            cause,
            client.as_ref(),
            None,
        )
        .await
    }

    /// Records a call whose caller went away while sending its body.
    pub fn left(self: &Arc<Self>, call: Call, caller: Caller, operation: Operation) {
        let exchange = Arc::clone(self);
        self.upstream.detach_unawaited(async move {
            let refusal = exchange.turn_away(&call, &caller, operation, Code::MalformedRequest);
            // Nobody is there to be refused.
            let _ = refusal.await;
        });
    }

    /// Answers a question about a person, once its entry is durable.
    ///
    /// A caller that hangs up loses nothing: a call that waits for anything but its receipt (for the store of repeated
    /// calls, for the registry) runs on a task of its own, and the entry of any other is with the log before it first waits.
    ///
    /// # Errors
    /// The refusal, recorded as well; `AuditUnavailable` where nothing could be recorded.
    pub fn answer(
        self: &Arc<Self>,
        call: Call,
        caller: Caller,
        question: Question,
        write: Writer,
    ) -> impl Future<Output = Result<Outcome, Refusal>> + Send {
        // Boxed from here on: it goes through all that follows, and every future on the way would have room for it.
        let asking = Box::new(Asking {
            call,
            caller,
            question,
            write,
        });
        async move {
            if asking.question.repeatable.is_none() {
                return self.lead(asking).await;
            }
            let (exchange, id) = (Arc::clone(self), asking.call.transaction_id);
            let deciding = async move { exchange.lead(asking).await };
            Box::pin(self.upstream.detach(id, deciding)).await
        }
    }

    /// Leads a call through the gates. What only decides doesn't wait, and the futures of what seldom happens are boxed, so that
    /// those of every call stay small: each waits for its row in memory that no processor cache holds.
    async fn lead(self: &Arc<Self>, asking: Box<Asking>) -> Result<Outcome, Refusal> {
        match self.authorize(*asking) {
            Ok(authorized) if authorized.question.repeatable.is_none() => self.proceed(authorized).await,
            Ok(authorized) => Box::pin(self.proceed_once(authorized)).await,
            Err(turned_down) => Err(Box::pin(self.turn_down(turned_down)).await),
        }
    }

    fn authorize(&self, asking: Asking) -> Result<Box<Authorized>, Box<TurnedDown>> {
        let Asking {
            call,
            caller,
            question,
            write,
        } = asking;
        let mut row = self.row(&call, &caller, question.operation());
        row.question(&question);
        match self.grant(&caller, &question, call.received_at) {
            Ok(grant) => Ok(Box::new(Authorized {
                call,
                deadline: self.upstream.deadline_from_now(),
                grant,
                question,
                row,
                running: None,
                write,
            })),
            Err(denied) => Err(Box::new(TurnedDown {
                call,
                caller,
                row,
                denied,
            })),
        }
    }

    async fn turn_down(&self, turned_down: Box<TurnedDown>) -> Refusal {
        let TurnedDown {
            call,
            caller,
            row,
            denied,
        } = *turned_down;
        self.refuse_unadmitted(&call, row, &caller, denied.into()).await
    }

    /// Leads an authorized question with a key on where it is the first of that key, and gives the first's answer otherwise.
    async fn proceed_once(self: &Arc<Self>, mut authorized: Box<Authorized>) -> Result<Outcome, Refusal> {
        let Authorized {
            call,
            deadline,
            grant,
            question,
            ..
        } = &*authorized;
        let (route, repeatable) = (question.scope(), question.repeatable.as_ref());
        let within = self.upstream.deadline();
        let begun = self
            .begin(call, grant, route, repeatable, within, *deadline)
            .await;
        match begun {
            Ok(Begin::Unkeyed) => self.proceed(authorized).await,
            Ok(Begin::Run(running)) => {
                authorized.running = Some(running);
                self.proceed(authorized).await
            }
            Ok(Begin::Repeat(body)) => {
                let Authorized { call, grant, row, .. } = *authorized;
                self.repeat(&call, row, &grant, body).await
            }
            Err(cause) => {
                let Authorized { call, grant, row, .. } = *authorized;
                let client = grant.client();
                let cause = self.counted_refusal(&client.id, cause);
                Err(self.refuse(&call, row, cause, Some(client), None).await)
            }
        }
    }

    /// Leads an authorized question through limits, records and registry to its recorded answer.
    async fn proceed(self: &Arc<Self>, authorized: Box<Authorized>) -> Result<Outcome, Refusal> {
        let admitted = match self.admit(*authorized) {
            Ok(admitted) => admitted,
            Err(unadmitted) => return Err(Box::pin(self.refuse_exceeding(unadmitted)).await),
        };
        match self.upstream.held(&admitted) {
            Some(found) => self.conclude(admitted, found).await,
            None if admitted.question.wanted.only_if_cached && !self.upstream.has_second_level() => {
                Err(Box::pin(self.refuse_admitted(admitted, Cause::NotCached)).await)
            }
            None => {
                let exchange = Arc::clone(self);
                let id = admitted.call.transaction_id;
                let fetching = async move { exchange.fetch_and_conclude(admitted).await };
                Box::pin(self.upstream.detach(id, fetching)).await
            }
        }
    }

    fn admit(&self, authorized: Authorized) -> Result<Box<Admitted>, Box<Exceeding>> {
        let Authorized {
            ref call,
            ref grant,
            ref question,
            ..
        } = authorized;
        let (number, now) = (&question.subject.number, call.received_at);
        let admission = match question.within {
            Within::Call | Within::Check => self.limits.admit(grant, number, now),
            Within::Batch => self.limits.admit_batch_row(grant, number, now),
        };
        match admission {
            Ok(admission) => {
                let Authorized {
                    call,
                    deadline,
                    grant,
                    question,
                    row,
                    running,
                    write,
                } = authorized;
                Ok(Box::new(Admitted {
                    call,
                    deadline,
                    grant,
                    question,
                    admission,
                    row,
                    running,
                    write,
                }))
            }
            Err(exceeded) => Err(Box::new(Exceeding { authorized, exceeded })),
        }
    }

    async fn refuse_exceeding(&self, unadmitted: Box<Exceeding>) -> Refusal {
        let Exceeding { authorized, exceeded } = *unadmitted;
        let Authorized {
            call,
            grant,
            row,
            running,
            ..
        } = authorized;
        self.abandon(running).await;
        self.refuse(&call, row, exceeded.into(), Some(grant.client()), None)
            .await
    }

    fn grant(&self, caller: &Caller, question: &Question, now: Timestamp) -> Result<Grant, Denied> {
        let grant = self
            .policy
            .authorize(caller, question.scope(), &question.context, now)?;
        match &question.asked {
            Asked::Lookup(fields) => grant.covers(*fields)?,
            Asked::HouseholdLookup(fields) => grant.covers_members(*fields)?,
            Asked::Verify(_) | Asked::Household(_) => {}
        }
        Ok(grant)
    }

    async fn fetch_and_conclude(&self, mut admitted: Box<Admitted>) -> Result<Outcome, Refusal> {
        if admitted.question.wanted.only_if_cached {
            return match self.upstream.recall(&admitted).await {
                Some(found) => self.conclude(admitted, found).await,
                None => Err(self.refuse_admitted(admitted, Cause::NotCached).await),
            };
        }
        // Asked anew each time: clients and their weights change while the gateway runs.
        self.upstream.share_among(self.sharers(admitted.call.received_at));
        match self.upstream.fetch(&mut admitted).await {
            Ok(found) => self.conclude(admitted, found).await,
            Err(cause) => Err(self.refuse_admitted(admitted, cause).await),
        }
    }

    /// Counts the clients in force, among which the budget of registry calls is shared.
    fn sharers(&self, now: Timestamp) -> Among {
        let clients = self.policy.clients();
        let in_force = clients
            .iter()
            .filter(|client| client.standing(now) == Standing::InForce);
        in_force.fold(Among::default(), |among, client| Among {
            clients: among.clients + 1,
            weights: among.weights + u64::from(client.allowance.registry_weight),
        })
    }

    async fn conclude(&self, mut admitted: Box<Admitted>, found: Found) -> Result<Outcome, Refusal> {
        match self.disclose(&mut admitted, found) {
            Ok(disclosed) => self.record_and_write(admitted, disclosed).await,
            Err(denied) => Err(Box::pin(self.refuse_admitted(admitted, denied.into())).await),
        }
    }

    /// Matches and releases, and settles what the question spent.
    fn disclose(&self, admitted: &mut Admitted, found: Found) -> Result<Box<Disclosed>, Denied> {
        let Admitted {
            call,
            grant,
            question,
            admission,
            row,
            ..
        } = admitted;
        let registry_request = found.registry_request();
        row.source(found.source.from, registry_request);
        self.metrics.cache(found.source.cache.as_str());
        let record = found.held.as_deref().map(|held| &held.record);
        let disclosure = match &question.asked {
            Asked::Verify(claims) => {
                let today = day_of(call.received_at);
                match question.within {
                    Within::Call | Within::Batch => grant.verdicts(&question.subject, claims, record, today),
                    Within::Check => grant.checked(&question.subject, claims, record, today),
                }
            }
            Asked::Lookup(fields) => grant.release(&question.subject, *fields, record)?,
            Asked::Household(predicates) => {
                grant.predicates(&question.subject, predicates, record, found.household())
            }
            Asked::HouseholdLookup(fields) => {
                grant.members(&question.subject, *fields, record, found.household())?
            }
        };
        self.settle(admission, gate(&disclosure), row);
        row.outcome(disclosure.outcome());
        let person = record
            .filter(|_| disclosure.outcome() != disclosure::Outcome::NoMatch)
            .map(|record| Person {
                pin: record.pin,
                // Only a check's confirmation rests on it.
                residence: (question.within == Within::Check).then(|| self.upstream.residence(record)),
            });
        if let (Some(person), Some(held)) = (&person, &found.held) {
            let hashed = || self.pseudonyms.of_number(&IdNumber::Pin(person.pin));
            row.person(person.pin, *held.logged_as.get_or_init(hashed));
        }
        Ok(Box::new(Disclosed {
            disclosure,
            person,
            source: found.source,
        }))
    }

    async fn record_and_write(
        &self,
        admitted: Box<Admitted>,
        disclosed: Box<Disclosed>,
    ) -> Result<Outcome, Refusal> {
        let row = admitted.row;
        let receipt = match self.record(&admitted.call, row).await {
            Ok(receipt) => receipt,
            Err(unrecorded) => {
                // What no row counts isn't to be counted here either.
                admitted.admission.give_back();
                Box::pin(self.abandon(admitted.running)).await;
                return Err(unrecorded);
            }
        };
        let Disclosed {
            disclosure,
            person,
            source,
        } = *disclosed;
        let transaction_id = admitted.call.transaction_id;
        let answer = Box::new(Answer {
            transaction_id,
            disclosure,
            person,
            source,
            answered_at: self.clock.now(),
            receipt,
        });
        let body = (admitted.write)(&answer);
        if let Some(running) = admitted.running {
            // The answer stands recorded; that it can't be repeated word for word is no reason to withhold it.
            let completing = self.idempotency.complete(running, &body, answer.answered_at);
            let _ = Box::pin(tokio::time::timeout(WRITTEN_WITHIN, completing)).await;
        }
        Ok(Outcome {
            transaction_id,
            body,
            told: Some(answer),
            client: Arc::clone(admitted.grant.client()),
            nearest: admitted.admission.nearest(),
        })
    }

    async fn refuse_admitted(&self, admitted: Box<Admitted>, cause: Cause) -> Refusal {
        // While the registry can't be asked, what is held tells a right name from a wrong one: that isn't to be tried freely.
        let is_guess = cause.is_of_the_registry() && self.upstream.is_named_wrongly(&admitted);
        let Admitted {
            call,
            grant,
            mut admission,
            mut row,
            running,
            ..
        } = *admitted;
        let nearest = admission.nearest();
        if is_guess {
            self.settle_guess(&mut admission, Gate::Failed);
        }
        if cause.is_of_the_registry() {
            self.metrics.cache(CacheUse::Miss.as_str());
        }
        match cause.counted() {
            Counted::Authentications | Counted::Refusals | Counted::Nowhere => admission.give_back(),
            Counted::Calls => self.settle(&mut admission, Gate::Unasked, &mut row),
            Counted::CallsAndGuesses => self.settle(&mut admission, Gate::Failed, &mut row),
        }
        self.abandon(running).await;
        self.refuse(&call, row, cause, Some(grant.client()), nearest)
            .await
    }

    /// Enters that the call is spent, and whether it guessed wrongly.
    fn settle(&self, admission: &mut Admission, gate: Gate, row: &mut Row) {
        if admission.spends() {
            row.spent();
        }
        self.settle_guess(admission, gate);
    }

    fn settle_guess(&self, admission: &mut Admission, gate: Gate) {
        if admission.settle(gate).is_alarming {
            self.metrics.guesses_alerted();
            warn!("one number fails to be named unusually often");
        }
    }
}
