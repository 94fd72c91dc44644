//! What is written down about a call, as it goes along the road?
//!
//! An audit entry in the making: each stage adds what it knows, so that a call that is refused halfway leaves exactly what
//! was known of it by then. Numbers go in as keyed hashes; answers don't go in at all.

use uuid::Uuid;

use crate::audit::{Act, Entry, Operation, Step};
use crate::auth::Caller;
use crate::domain::client::ClientId;
use crate::domain::context::Context;
use crate::domain::field::Fields;
use crate::domain::pin::{IdNumber, Pin};
use crate::domain::problem::Code;
use crate::policy::Mandate;
use crate::policy::disclosure::Outcome;
use crate::registry;
use crate::sealing::Pseudonyms;

use super::{Call, From, Question};

/// Is an audit entry in the making.
pub(super) struct Row(Entry);

impl Row {
    pub fn new(call: &Call, operation: Operation) -> Self {
        Self(Entry {
            time: call.received_at,
            transaction_id: call.transaction_id,
            request_id: call.request_id.clone(),
            client: None,
            officer: None,
            unit: None,
            procedure: None,
            dossier: None,
            operation,
            subject: None,
            person: None,
            fields: Fields::NONE,
            outcome: "refused",
            problem: None,
            source: None,
            registry_request: None,
            steps: Vec::new(),
            duration_ms: 0,
            count: None,
            batch: None,
            act: None,
            spent: false,
        })
    }

    pub fn caller(&mut self, caller: &Caller, pseudonyms: &Pseudonyms) {
        self.0.client = Some(caller.client_id().clone());
        self.0.officer = caller.officer().map(|officer| pseudonyms.of_officer(officer));
        self.0.unit = caller.unit().cloned();
    }

    /// Enters in whose name work goes on that was authorized before.
    pub fn mandate(&mut self, mandate: &Mandate, pseudonyms: &Pseudonyms) {
        self.0.client = Some(mandate.client.clone());
        self.0.officer = mandate
            .officer
            .as_ref()
            .map(|officer| pseudonyms.of_officer(officer));
        self.0.unit = Some(mandate.unit.clone());
    }

    pub fn context(&mut self, context: &Context) {
        self.0.procedure = Some(context.procedure.clone());
        self.0.dossier = Some(context.dossier.clone());
    }

    pub fn question(&mut self, question: &Question, pseudonyms: &Pseudonyms) {
        self.context(&question.context);
        self.0.subject = Some(pseudonyms.of_number(&question.subject.number));
        self.0.fields = question.asked.fields();
    }

    pub fn person(&mut self, pin: Pin, asked: &IdNumber, pseudonyms: &Pseudonyms) {
        let number = IdNumber::Pin(pin);
        let as_given = self.0.subject.filter(|_| *asked == number);
        self.0.person = Some(as_given.unwrap_or_else(|| pseudonyms.of_number(&number)));
    }

    pub fn steps(&mut self, steps: Vec<registry::Step>) {
        let step = |step: registry::Step| Step {
            form: step.form,
            registry_request: step.registry_request,
            result: step.result,
        };
        self.0.steps.extend(steps.into_iter().map(step));
    }

    pub fn source(&mut self, from: From, registry_request: Option<String>) {
        self.0.source = Some(from.as_str());
        self.0.registry_request = registry_request;
    }

    pub fn outcome(&mut self, outcome: Outcome) {
        self.0.outcome = outcome.as_str();
    }

    pub fn changed(&mut self, what: &'static str, number: Pin, person: Pin, pseudonyms: &Pseudonyms) {
        let number = IdNumber::Pin(number);
        self.0.subject = Some(pseudonyms.of_number(&number));
        self.person(person, &number, pseudonyms);
        self.0.outcome = what;
    }

    /// Enters what was made of several answers.
    pub fn decided(&mut self, decision: &'static str) {
        self.0.outcome = decision;
    }

    /// Enters what an operator does, to whom.
    pub fn act(&mut self, act: Act, client: Option<ClientId>) {
        self.0.act = Some(act);
        self.0.client = client;
    }

    /// Enters what came of it.
    pub fn done(&mut self, outcome: &'static str) {
        self.0.outcome = outcome;
    }

    /// Enters that a batch of so many rows was taken on.
    pub fn accepted(&mut self, batch: Uuid, rows: u32) {
        self.0.outcome = "accepted";
        self.0.batch = Some(batch);
        self.0.count = Some(rows);
    }

    pub fn about_batch(&mut self, batch: Uuid) {
        self.0.batch = Some(batch);
    }

    pub fn repeated(&mut self) {
        self.0.operation = Operation::Replay;
        self.0.outcome = "replayed";
    }

    pub fn refused(&mut self, code: Code) {
        self.0.outcome = "refused";
        self.0.problem = Some(code.as_str());
    }

    pub fn spent(&mut self) {
        self.0.spent = true;
    }

    pub fn counting(&mut self, calls: u32) {
        self.0.count = Some(calls);
    }

    pub fn ending(mut self, duration_ms: u64) -> Entry {
        self.0.duration_ms = duration_ms;
        self.0
    }
}

#[cfg(test)]
mod tests;
