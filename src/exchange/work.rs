//! How does one call ask several questions, and how does it go on after its caller has gone?
//!
//! A check asks about several people under one call: it is authorized and, by its key, recognised as a whole; each question
//! then takes the road of any other, with a row of its own under the same transaction. What is made of the answers has one
//! more row, whose receipt is the proof for the dossier. Work that waits for the registry is opened again without a token, by
//! the mandate that its first grant left. Nothing here decides, and no question is asked around a gate.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::repeating::Begin;
use super::row::Row;
use super::{Call, Cause, Exchange, Outcome, Question, Refusal, Repeatable, WRITTEN_WITHIN};
use crate::audit::{Operation, Receipt};
use crate::auth::{Caller, Scope};
use crate::domain::context::{Context, ProcedureCode};
use crate::domain::field::Fields;
use crate::idempotency::Running;
use crate::policy::clients::Client;
use crate::policy::procedures::Procedure;
use crate::policy::{Denied, Grant, Mandate};
use crate::sealing::Pseudonym;

/// Proves that a call with several questions was authorized.
pub struct Work {
    pub(super) grant: Grant,
    running: Option<Running>,
    operation: Operation,
}

/// Is the answer that a repeated call was given the first time.
#[derive(Debug)]
pub struct Repeated {
    /// What was kept.
    pub body: Bytes,
    /// The client.
    pub client: Arc<Client>,
}

/// Tells how a call with several questions begins.
pub enum Opened {
    /// Its questions may be asked.
    Begun(Work),
    /// It was answered before; nothing is asked.
    Repeated(Repeated),
}

impl Work {
    /// Gives the procedure.
    #[must_use]
    pub fn procedure(&self) -> &Arc<Procedure> {
        self.grant.procedure()
    }

    /// Gives the calling system.
    #[must_use]
    pub fn client(&self) -> &Arc<Client> {
        self.grant.client()
    }

    /// Gives what is needed to go on without the caller.
    #[must_use]
    pub fn mandate(&self) -> Mandate {
        Mandate::of(&self.grant)
    }

    /// Tells whether every field may be asked about.
    ///
    /// # Errors
    /// Names those that may not.
    pub fn covers(&self, fields: Fields) -> Result<(), Denied> {
        self.grant.covers(fields)
    }
}

impl Exchange {
    /// Opens a call that asks several questions; a refusal is recorded.
    ///
    /// # Errors
    /// The rule that refuses, or what its key says.
    pub async fn open(
        &self,
        call: &Call,
        caller: &Caller,
        scope: Scope,
        context: &Context,
        repeatable: Option<&Repeatable>,
    ) -> Result<Opened, Refusal> {
        let operation = operation_of(scope);
        let mut row = self.row(call, caller, operation);
        row.context(context);
        let authorized = self.policy.authorize(caller, scope, context, call.received_at);
        let grant = match authorized {
            Ok(grant) => grant,
            Err(denied) => return Err(self.refuse_unadmitted(call, row, caller, denied.into()).await),
        };
        let work = Work {
            grant,
            running: None,
            operation,
        };
        self.recognise(call, caller, scope, context, work, repeatable)
            .await
    }

    /// Finds out whether a call that was opened was made before, where its key or body is known only later.
    ///
    /// # Errors
    /// What its key says.
    pub async fn recognise(
        &self,
        call: &Call,
        caller: &Caller,
        scope: Scope,
        context: &Context,
        mut work: Work,
        repeatable: Option<&Repeatable>,
    ) -> Result<Opened, Refusal> {
        // The look-ups take their time together; what is made of them takes some more.
        let within = self.deadline().saturating_mul(2);
        let deadline = self.upstream.deadline_from_now();
        let begun = self
            .begin(call, &work.grant, scope, repeatable, within, deadline)
            .await;
        work.running = match begun {
            Ok(Begin::Unkeyed) => None,
            Ok(Begin::Run(running)) => Some(running),
            Ok(Begin::Repeat(body)) => {
                let row = self.row_of(call, work.operation, &work.mandate(), context);
                let outcome = self.repeat(call, row, &work.grant, body).await?;
                return Ok(Opened::Repeated(Repeated {
                    body: outcome.body,
                    client: outcome.client,
                }));
            }
            Err(cause) => {
                let row = self.row_of(call, work.operation, &work.mandate(), context);
                return Err(self.refuse_unadmitted(call, row, caller, cause).await);
            }
        };
        Ok(Opened::Begun(work))
    }

    /// Opens work again that was begun by a call, in the same name and without its token; nothing is recorded yet.
    ///
    /// # Errors
    /// The rule that refuses now.
    pub fn reopen(
        &self,
        call: &Call,
        mandate: &Mandate,
        scope: Scope,
        context: &Context,
    ) -> Result<Work, Denied> {
        let grant = self.policy.resume(mandate, scope, context, call.received_at)?;
        Ok(Work {
            grant,
            running: None,
            operation: operation_of(scope),
        })
    }

    /// Asks one of the call's questions; it is recorded like any other.
    ///
    /// # Errors
    /// The refusal, recorded as well.
    pub async fn ask(
        self: &Arc<Self>,
        call: Call,
        work: &Work,
        question: Question,
    ) -> Result<Outcome, Refusal> {
        // What the caller is told is written from all answers together.
        self.ask_row(call, work, question, |_| Bytes::new()).await
    }

    /// Records what was made of the answers.
    ///
    /// # Errors
    /// `AuditUnavailable` where it couldn't be recorded; then nothing may be told.
    pub async fn decide(
        &self,
        call: &Call,
        mandate: &Mandate,
        context: &Context,
        decision: &'static str,
    ) -> Result<Receipt, Refusal> {
        let mut row = self.row_of(call, Operation::Check, mandate, context);
        row.decided(decision);
        self.record(call, row).await
    }

    /// Keeps what the call was answered, for when it is repeated.
    pub async fn close(&self, work: Work, body: &[u8]) {
        if let Some(running) = work.running {
            // As with any answer: that it can't be repeated word for word is no reason to withhold it.
            let completing = self.idempotency.complete(running, body, self.clock.now());
            let _ = tokio::time::timeout(WRITTEN_WITHIN, completing).await;
        }
    }

    /// Gives the call up for a refusal that one of its questions was given, and that is recorded.
    pub async fn give_up(&self, work: Work) {
        self.abandon(work.running).await;
    }

    /// Refuses the whole call and records that.
    pub async fn refuse_work(&self, call: &Call, work: Work, context: &Context, cause: Cause) -> Refusal {
        let (row, client) = (
            self.row_of(call, work.operation, &work.mandate(), context),
            Arc::clone(work.client()),
        );
        let cause = self.counted_refusal(&client.id, cause);
        self.abandon(work.running).await;
        self.refuse(call, row, cause, Some(&client), None).await
    }

    /// Gives an officer as the audit log has them; nobody where a system asked for itself.
    #[must_use]
    pub fn officer_of(&self, mandate: &Mandate) -> Option<Pseudonym> {
        let officer = mandate.officer.as_ref()?;
        Some(self.pseudonyms.of_officer(officer))
    }

    /// Finds a procedure, whoever may ask for it.
    #[must_use]
    pub fn catalogued(&self, code: &ProcedureCode) -> Option<Arc<Procedure>> {
        self.policy.catalogue().find(code).cloned()
    }

    /// Gives the longest that a question takes.
    #[must_use]
    pub fn deadline(&self) -> Duration {
        self.upstream.deadline()
    }

    pub(super) fn row_of(
        &self,
        call: &Call,
        operation: Operation,
        mandate: &Mandate,
        context: &Context,
    ) -> Row {
        let mut row = Row::new(call, operation);
        row.mandate(mandate, &self.pseudonyms);
        row.context(context);
        row
    }
}

/// Gives the word for the calls of a scope that ask several questions: handing in a batch asks about nobody yet.
fn operation_of(scope: Scope) -> Operation {
    if scope == Scope::Batches {
        Operation::Read
    } else {
        Operation::Check
    }
}
