//! What happens to a question, from the caller's token to the recorded answer?
//!
//! The pipeline: the only file that knows the order of the gates. authorize → idempotency → admit → cached or fetched →
//! match and release → record. Whatever happens, one audit entry is durable before the caller gets anything
//! back; if it can't be written, the answer is `AuditUnavailable` and no data leaves (ADR-0002). A caller that hangs up
//! doesn't stop what may have asked the registry. Knows nothing of HTTP, and no gate knows of it.

mod fetch;
mod refusal;
mod row;
mod turned_away;

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use jiff::Timestamp;
use uuid::Uuid;

use crate::audit::{self, Operation, Receipt};
use crate::auth::{Authenticator, Caller, KeysState, Scope, Thumbprint};
use crate::clock::Clock;
use crate::domain::claim::Claim;
use crate::domain::context::{Context, ProcedureCode, RequestId};
use crate::domain::field::Fields;
use crate::domain::problem::Code;
use crate::domain::subject::Subject;
use crate::idempotency::{self, Begun, Idempotency, Running};
use crate::limits::{Admission, Limits, Remaining, day_of};
use crate::policy::clients::Client;
use crate::policy::{Denied, Disclosure, Grant, Policy, disclosure, fields_of};
use crate::records::freshness::Wanted;
use crate::registry;
use crate::sealing::Pseudonyms;
use crate::telemetry::Metrics;
use fetch::Found;
pub use fetch::{CacheUse, From, Source, Upstream};
pub use refusal::{Cause, Refusal};
use row::Row;
use turned_away::TurnedAway;

/// Is one call, as far as every question has it.
#[derive(Debug, Clone)]
pub struct Call {
    /// Our id of the call and its answer.
    pub transaction_id: Uuid,
    /// The caller's id of the call, or ours.
    pub request_id: RequestId,
    /// The W3C trace context that goes on to the registry.
    pub traceparent: String,
    /// When the call came in.
    pub received_at: Timestamp,
    /// The same on the steady clock.
    pub started: Instant,
}

impl Call {
    /// Names a call that comes in now; what the caller didn't give is made here.
    #[must_use]
    pub fn begin(request_id: Option<RequestId>, traceparent: Option<String>, clock: &dyn Clock) -> Self {
        let received_at = clock.now();
        let since_epoch = received_at.as_duration();
        let seconds = u64::try_from(since_epoch.as_secs()).unwrap_or_default();
        let nanoseconds = u32::try_from(since_epoch.subsec_nanos()).unwrap_or_default();
        let transaction_id = Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, seconds, nanoseconds));
        let random = || Uuid::new_v4().as_u128();
        let trace = || {
            let (trace, span) = (random(), u64::try_from(random() >> 64).unwrap_or(1));
            format!("00-{trace:032x}-{span:016x}-01")
        };
        Self {
            transaction_id,
            request_id: request_id.unwrap_or_else(|| RequestId::of_random(random())),
            traceparent: traceparent.unwrap_or_else(trace),
            received_at,
            started: clock.steady(),
        }
    }
}

/// Is a question about one person, with the work that it is asked for.
#[derive(Debug, Clone)]
pub struct Question {
    /// Who is asked about.
    pub subject: Subject,
    /// What is asked.
    pub asked: Asked,
    /// For which work.
    pub context: Context,
    /// How old the record behind the answer may be.
    pub wanted: Wanted,
    /// The caller's key and the body that it goes with, where the call may be repeated safely.
    pub repeatable: Option<Repeatable>,
}

/// Is what is asked about a person.
#[derive(Debug, Clone)]
pub enum Asked {
    /// Whether these claims are so.
    Verify(Vec<Claim>),
    /// What the register holds.
    Lookup(Fields),
}

impl Asked {
    /// Gives the scope that the question needs.
    #[must_use]
    pub fn scope(&self) -> Scope {
        match self {
            Self::Verify(_) => Scope::CitizensVerify,
            Self::Lookup(_) => Scope::CitizensLookup,
        }
    }

    fn operation(&self) -> Operation {
        match self {
            Self::Verify(_) => Operation::Verify,
            Self::Lookup(_) => Operation::Lookup,
        }
    }

    fn fields(&self) -> Fields {
        match self {
            Self::Verify(claims) => claims.iter().flat_map(|claim| fields_of(claim).iter()).collect(),
            Self::Lookup(fields) => *fields,
        }
    }
}

/// Is the caller's `Idempotency-Key` with the body that it stands for.
#[derive(Debug, Clone)]
pub struct Repeatable {
    /// The key, without quotes.
    pub key: idempotency::Key,
    /// The body, byte for byte.
    pub body: Bytes,
}

/// Is an answer with all that its caller is told around it.
#[derive(Debug)]
pub struct Answer {
    /// Our id of the call.
    pub transaction_id: Uuid,
    /// What the caller may see.
    pub disclosure: Disclosure,
    /// Where it came from.
    pub source: Source,
    /// When it was given.
    pub answered_at: Timestamp,
    /// The proof that it was recorded.
    pub receipt: Receipt,
}

/// Is what goes back to the caller.
#[derive(Debug)]
pub struct Outcome {
    /// Our id of the call.
    pub transaction_id: Uuid,
    /// The body, made from an answer by the edge's own writer, or kept from the first time.
    pub body: Bytes,
    /// The answer behind the body, for the headers; nothing for a repeated one, which asked nobody.
    pub told: Option<Answer>,
    /// The client, for the limits' headers.
    pub client: Arc<Client>,
    /// Where the client stands, unless nothing was spent.
    pub nearest: Option<Remaining>,
}

/// Writes an answer as the edge's protocol has it.
pub type Writer = fn(&Answer) -> Bytes;

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
    metrics: Metrics,
    clock: Arc<dyn Clock>,
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
            metrics: parts.metrics,
            clock: parts.clock,
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
    ) -> Result<Caller, Refusal> {
        match self.authenticator.authenticate(authorization, certificate).await {
            Ok(caller) => Ok(caller),
            Err(failed) => Err(self.turn_away_unknown(call, failed.into()).await),
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
                .refuse_unadmitted(call, self.row(call, caller, operation), caller, denied)
                .await),
        }
    }

    /// Records a call that the edge itself refuses, such as one whose body can't be read.
    ///
    /// Gives the refusal to answer with, which is another than `code` where the client has had too many calls refused, or
    /// where nothing could be recorded.
    pub async fn turn_away(&self, call: &Call, caller: &Caller, operation: Operation, code: Code) -> Refusal {
        let cause = match self.limits.count_refusal(caller.client_id()) {
            Ok(()) => Cause::Edge(code),
            Err(exceeded) => exceeded.into(),
        };
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

    /// Answers a question about a person, once its entry is durable.
    ///
    /// A caller that hangs up loses nothing: from the moment that the registry may be asked, the call runs on a task of its
    /// own; before that nothing has been read, and a held record's entry is with the log before anything is awaited.
    ///
    /// # Errors
    /// The refusal, recorded as well; `AuditUnavailable` where nothing could be recorded.
    pub async fn answer(
        self: &Arc<Self>,
        call: Call,
        caller: Caller,
        question: Question,
        write: Writer,
    ) -> Result<Outcome, Refusal> {
        let mut row = self.row(&call, &caller, question.asked.operation());
        row.question(&question, &self.pseudonyms);
        let grant = match self.authorize(&caller, &question, call.received_at) {
            Ok(grant) => grant,
            Err(denied) => return Err(self.refuse_unadmitted(&call, row, &caller, denied).await),
        };
        let running = match self.begin(&call, &grant, &question).await {
            Ok(Begin::Unkeyed) => None,
            Ok(Begin::Run(running)) => Some(running),
            Ok(Begin::Repeat(body)) => return self.repeat(&call, row, &grant, body).await,
            Err(cause) => return Err(self.refuse(&call, row, cause, Some(grant.client()), None).await),
        };
        let admission = match self.limits.admit(&grant, call.received_at) {
            Ok(admission) => admission,
            Err(exceeded) => {
                self.abandon(running).await;
                return Err(self
                    .refuse(&call, row, exceeded.into(), Some(grant.client()), None)
                    .await);
            }
        };
        let admitted = Admitted {
            call,
            grant,
            question,
            admission,
            row,
            running,
            write,
        };
        match self.upstream.held(&admitted) {
            Some(found) => self.conclude(admitted, found).await,
            None if admitted.question.wanted.only_if_cached => {
                Err(self.refuse_admitted(admitted, Cause::NotCached).await)
            }
            None => {
                let exchange = Arc::clone(self);
                let id = admitted.call.transaction_id;
                self.upstream
                    .detach(id, async move { exchange.fetch_and_conclude(admitted).await })
                    .await
            }
        }
    }

    fn authorize(&self, caller: &Caller, question: &Question, now: Timestamp) -> Result<Grant, Denied> {
        let grant = self
            .policy
            .authorize(caller, question.asked.scope(), &question.context, now)?;
        if let Asked::Lookup(fields) = &question.asked {
            grant.covers(*fields)?;
        }
        Ok(grant)
    }

    async fn begin(&self, call: &Call, grant: &Grant, question: &Question) -> Result<Begin, Cause> {
        let Some(repeatable) = &question.repeatable else {
            return Ok(Begin::Unkeyed);
        };
        let named = idempotency::Call {
            client: &grant.client().id,
            officer: Some(self.pseudonyms.of_officer(grant.officer())),
            route: question.asked.scope().as_str(),
            key: &repeatable.key,
            body: &repeatable.body,
        };
        let lapses_at = call
            .received_at
            .saturating_add(self.upstream.deadline())
            .unwrap_or(call.received_at);
        match self.idempotency.begin(named, call.received_at, lapses_at).await? {
            Begun::Run(running) => Ok(Begin::Run(running)),
            Begun::Replay(body) => Ok(Begin::Repeat(body.into())),
            Begun::Mismatch => Err(Cause::IdempotencyMismatch),
            Begun::Conflict => Err(Cause::IdempotencyConflict),
        }
    }

    async fn fetch_and_conclude(&self, mut admitted: Admitted) -> Result<Outcome, Refusal> {
        match self.upstream.fetch(&mut admitted).await {
            Ok(found) => self.conclude(admitted, found).await,
            Err(failure) => Err(self.refuse_admitted(admitted, failure.into()).await),
        }
    }

    async fn conclude(&self, mut admitted: Admitted, found: Found) -> Result<Outcome, Refusal> {
        let Admitted {
            call,
            grant,
            question,
            row,
            ..
        } = &mut admitted;
        let registry_request = found.held.as_ref().map(|held| held.registry_request.clone());
        row.source(found.source.from, registry_request);
        row.spent();
        self.metrics.cache(found.source.cache.as_str());
        let record = found.held.as_deref().map(|held| held.record.as_ref());
        let disclosed = match &question.asked {
            Asked::Verify(claims) => {
                Ok(grant.verdicts(&question.subject, claims, record, day_of(call.received_at)))
            }
            Asked::Lookup(fields) => grant.release(&question.subject, *fields, record),
        };
        let disclosure = match disclosed {
            Ok(disclosure) => disclosure,
            Err(denied) => return Err(self.refuse_admitted(admitted, denied.into()).await),
        };
        row.outcome(disclosure.outcome());
        if let Some(record) = record.filter(|_| disclosure.outcome() != disclosure::Outcome::NoMatch) {
            row.person(record.pin, &self.pseudonyms);
        }
        self.record_and_write(admitted, disclosure, found.source).await
    }

    async fn record_and_write(
        &self,
        admitted: Admitted,
        disclosure: Disclosure,
        source: Source,
    ) -> Result<Outcome, Refusal> {
        let Admitted {
            call,
            grant,
            admission,
            row,
            running,
            write,
            ..
        } = admitted;
        let receipt = match self.record(&call, row).await {
            Ok(receipt) => receipt,
            Err(unrecorded) => {
                self.abandon(running).await;
                return Err(unrecorded);
            }
        };
        let answered_at = self.clock.now();
        let answer = Answer {
            transaction_id: call.transaction_id,
            disclosure,
            source,
            answered_at,
            receipt,
        };
        let body = write(&answer);
        if let Some(running) = running {
            // The answer stands recorded; that it can't be repeated word for word is no reason to withhold it.
            let _ = self.idempotency.complete(running, &body, answered_at).await;
        }
        let (client, nearest) = (Arc::clone(grant.client()), Some(admission.nearest()));
        Ok(Outcome {
            transaction_id: call.transaction_id,
            body,
            told: Some(answer),
            client,
            nearest,
        })
    }

    async fn refuse_admitted(&self, admitted: Admitted, cause: Cause) -> Refusal {
        let Admitted {
            call,
            grant,
            admission,
            mut row,
            running,
            ..
        } = admitted;
        let nearest = Some(admission.nearest());
        if cause.is_of_a_gate() {
            admission.give_back();
        } else {
            row.spent();
        }
        self.abandon(running).await;
        self.refuse(&call, row, cause, Some(grant.client()), nearest)
            .await
    }

    async fn abandon(&self, running: Option<Running>) {
        if let Some(running) = running {
            // A leave to run that can't be given back lapses by itself.
            let _ = self.idempotency.abandon(running).await;
        }
    }

    /// Shows the caller its own registration.
    ///
    /// # Errors
    /// The refusal, recorded as well.
    pub async fn client(&self, call: &Call, caller: &Caller) -> Result<Reading<()>, Refusal> {
        self.read(call, caller, |_| Ok(())).await
    }

    /// Shows the caller which fields it may see for a procedure.
    ///
    /// # Errors
    /// The refusal, recorded as well.
    pub async fn fields(
        &self,
        call: &Call,
        caller: &Caller,
        procedure: &ProcedureCode,
    ) -> Result<Reading<Fields>, Refusal> {
        self.read(call, caller, |client| {
            let licensed = self.policy.licensed(client, procedure)?;
            Ok(client.fields.intersection(licensed.fields))
        })
        .await
    }

    async fn read<T>(
        &self,
        call: &Call,
        caller: &Caller,
        view: impl FnOnce(&Client) -> Result<T, Denied>,
    ) -> Result<Reading<T>, Refusal> {
        let mut row = self.row(call, caller, Operation::Read);
        let seen = self
            .policy
            .client(caller, call.received_at)
            .and_then(|client| Ok((view(&client)?, client)));
        let (shown, client) = match seen {
            Ok(seen) => seen,
            Err(denied) => return Err(self.refuse_unadmitted(call, row, caller, denied).await),
        };
        let nearest = match self.limits.admit_reading(&client) {
            Ok(nearest) => nearest,
            Err(exceeded) => return Err(self.refuse(call, row, exceeded.into(), Some(&client), None).await),
        };
        row.read();
        self.record(call, row).await?;
        Ok(Reading {
            shown,
            client,
            nearest,
        })
    }

    /// Writes the count of failed authentications that have no row of their own; run it every second, and at the end.
    pub async fn flush_turned_away(&self) {
        if let Some(calls) = self.turned_away.flush(self.clock.now()) {
            self.record_turned_away(calls).await;
        }
    }

    /// Tells whether the issuer's keys, the registry and the audit store are in order.
    #[must_use]
    pub fn health(&self) -> Health {
        Health {
            keys: self.authenticator.keys_state(),
            registry: self.upstream.health(),
            audit: self.audit.healthy(),
            audit_queued: self.audit.queued(),
            records_held: self.upstream.people_held(),
        }
    }

    /// Keeps the issuer's keys fresh; never ends.
    pub async fn keep_keys_fresh(&self) {
        self.authenticator.keep_keys_fresh().await;
    }

    /// Waits until every call that asked the registry has ended with its entry.
    pub async fn drain(&self) {
        self.upstream.drain().await;
    }

    /// Lets go of limits and records that nobody needs any more; run it now and then.
    pub fn trim(&self) {
        self.limits.trim();
        self.upstream.trim();
    }

    async fn repeat(
        &self,
        call: &Call,
        mut row: Row,
        grant: &Grant,
        body: Bytes,
    ) -> Result<Outcome, Refusal> {
        row.repeated();
        self.record(call, row).await?;
        let client = Arc::clone(grant.client());
        Ok(Outcome {
            transaction_id: call.transaction_id,
            body,
            told: None,
            client,
            nearest: None,
        })
    }

    /// Refuses a call that no limit has seen yet; it draws on the client's bucket of refusals, so that refusing is bounded too.
    async fn refuse_unadmitted(&self, call: &Call, row: Row, caller: &Caller, denied: Denied) -> Refusal {
        let client = self.policy.client(caller, call.received_at).ok();
        let cause = match self.limits.count_refusal(caller.client_id()) {
            Ok(()) => denied.into(),
            Err(exceeded) => exceeded.into(),
        };
        self.refuse(call, row, cause, client.as_ref(), None).await
    }

    async fn refuse(
        &self,
        call: &Call,
        mut row: Row,
        cause: Cause,
        client: Option<&Arc<Client>>,
        nearest: Option<Remaining>,
    ) -> Refusal {
        row.refused(cause.code());
        if let (Cause::Exceeded(exceeded), Some(client)) = (&cause, client) {
            self.metrics.limit_refused(exceeded.limit.as_str(), &client.id);
        }
        match self.record(call, row).await {
            Ok(_) => Refusal {
                transaction_id: call.transaction_id,
                cause,
                client: client.cloned(),
                nearest,
            },
            Err(unrecorded) => unrecorded,
        }
    }

    async fn turn_away_unknown(&self, call: &Call, cause: Cause) -> Refusal {
        let to_write = self.turned_away.enter(call.received_at);
        if let Some(calls) = to_write.summary_of {
            self.record_turned_away(calls).await;
        }
        if to_write.own_row {
            return self
                .refuse(call, Row::new(call, Operation::Authentication), cause, None, None)
                .await;
        }
        self.metrics.call(
            Operation::Authentication.as_str(),
            cause.code().as_str(),
            None,
            self.elapsed(call),
        );
        Refusal {
            transaction_id: call.transaction_id,
            cause,
            client: None,
            nearest: None,
        }
    }

    async fn record_turned_away(&self, calls: u32) {
        let call = Call::begin(None, None, self.clock.as_ref());
        let mut row = Row::new(&call, Operation::Authentication);
        row.refused(Code::TokenInvalid);
        row.counting(calls);
        // Nobody waits for this row; where it can't be written, `health` says so.
        let _ = self.record(&call, row).await;
    }

    fn row(&self, call: &Call, caller: &Caller, operation: Operation) -> Row {
        let mut row = Row::new(call, operation);
        row.caller(caller, &self.pseudonyms);
        row
    }

    /// Makes the row durable; the one place from which a call's entry goes to the log.
    async fn record(&self, call: &Call, row: Row) -> Result<Receipt, Refusal> {
        let elapsed = self.elapsed(call);
        let entry = row.ending(u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX));
        let (operation, result, client) = (
            entry.operation.as_str(),
            entry.problem.unwrap_or(entry.outcome),
            entry.client.clone(),
        );
        let recorded = self.audit.record(entry).await;
        let result = if recorded.is_ok() {
            result
        } else {
            Code::AuditUnavailable.as_str()
        };
        self.metrics
            .call(operation, result, client.as_ref(), self.elapsed(call));
        recorded.map_err(|unavailable| Refusal {
            transaction_id: call.transaction_id,
            cause: unavailable.into(),
            client: None,
            nearest: None,
        })
    }

    fn elapsed(&self, call: &Call) -> Duration {
        self.clock.steady().saturating_duration_since(call.started)
    }
}

/// Is a question that passed policy and limits, on its way to a record.
struct Admitted {
    call: Call,
    grant: Grant,
    question: Question,
    admission: Admission,
    row: Row,
    running: Option<Running>,
    write: Writer,
}

/// Tells how a call stands to its idempotency key.
enum Begin {
    Unkeyed,
    Run(Running),
    Repeat(Bytes),
}

/// Is a caller's view of its own registration.
#[derive(Debug)]
pub struct Reading<T> {
    /// What was asked for.
    pub shown: T,
    /// The registration.
    pub client: Arc<Client>,
    /// Where the client stands.
    pub nearest: Remaining,
}

/// Tells how the gateway's surroundings are.
#[derive(Debug)]
pub struct Health {
    /// The issuer's keys.
    pub keys: KeysState,
    /// The registry, as its answers were.
    pub registry: registry::Health,
    /// Whether the audit store takes rows.
    pub audit: bool,
    /// Rows that wait to be written.
    pub audit_queued: usize,
    /// People in the cache.
    pub records_held: u64,
}
