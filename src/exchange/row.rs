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
use crate::sealing::{Pseudonym, Pseudonyms};

use super::{Call, From, Question};

/// Is an audit entry in the making.
pub(super) struct Row {
    /// Boxed, since a row is handed on from stage to stage.
    entry: Box<Entry>,
    /// The number as given, until it is hashed: of whoever is found, the log's name for them is known already.
    asked: Option<IdNumber>,
}

impl Row {
    pub fn new(call: &Call, operation: Operation) -> Self {
        Self {
            asked: None,
            entry: Box::new(Entry {
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
            }),
        }
    }

    pub fn caller(&mut self, caller: &Caller, pseudonyms: &Pseudonyms) {
        self.entry.client = Some(caller.client_id().clone());
        self.entry.officer = caller.officer_logged_as(|officer| pseudonyms.of_officer(officer));
        self.entry.unit = caller.unit().cloned();
    }

    /// Enters in whose name work goes on that was authorized before.
    pub fn mandate(&mut self, mandate: &Mandate, pseudonyms: &Pseudonyms) {
        self.entry.client = Some(mandate.client.clone());
        self.entry.officer = mandate
            .officer
            .as_ref()
            .map(|officer| pseudonyms.of_officer(officer));
        self.entry.unit = Some(mandate.unit.clone());
    }

    pub fn context(&mut self, context: &Context) {
        self.entry.procedure = Some(context.procedure.clone());
        self.entry.dossier = Some(context.dossier.clone());
    }

    pub fn question(&mut self, question: &Question) {
        self.context(&question.context);
        self.asked = Some(question.subject.number);
        self.entry.fields = question.asked.fields();
    }

    /// Enters who was found, and what the log calls them.
    pub fn person(&mut self, pin: Pin, logged_as: Pseudonym) {
        self.entry.person = Some(logged_as);
        if self.asked == Some(IdNumber::Pin(pin)) {
            (self.asked, self.entry.subject) = (None, Some(logged_as));
        }
    }

    pub fn steps(&mut self, steps: Vec<registry::Step>) {
        let step = |step: registry::Step| Step {
            form: step.form,
            registry_request: step.registry_request.simple().to_string(),
            result: step.result,
        };
        self.entry.steps.extend(steps.into_iter().map(step));
    }

    pub fn source(&mut self, from: From, registry_request: Option<String>) {
        self.entry.source = Some(from.as_str());
        self.entry.registry_request = registry_request;
    }

    pub fn outcome(&mut self, outcome: Outcome) {
        self.entry.outcome = outcome.as_str();
    }

    pub fn changed(&mut self, what: &'static str, number: Pin, person: Pin, pseudonyms: &Pseudonyms) {
        self.asked = Some(IdNumber::Pin(number));
        self.person(person, pseudonyms.of_number(&IdNumber::Pin(person)));
        self.entry.outcome = what;
    }

    /// Enters what was made of several answers.
    pub fn decided(&mut self, decision: &'static str) {
        self.entry.outcome = decision;
    }

    /// Enters what an operator does, to whom.
    pub fn act(&mut self, act: Act, client: Option<ClientId>) {
        self.entry.act = Some(act);
        self.entry.client = client;
    }

    /// Enters what came of it.
    pub fn done(&mut self, outcome: &'static str) {
        self.entry.outcome = outcome;
    }

    /// Enters that a batch of so many rows was taken on.
    pub fn accepted(&mut self, batch: Uuid, rows: u32) {
        self.entry.outcome = "accepted";
        self.entry.batch = Some(batch);
        self.entry.count = Some(rows);
    }

    pub fn about_batch(&mut self, batch: Uuid) {
        self.entry.batch = Some(batch);
    }

    pub fn repeated(&mut self) {
        self.entry.operation = Operation::Replay;
        self.entry.outcome = "replayed";
    }

    pub fn refused(&mut self, code: Code) {
        self.entry.outcome = "refused";
        self.entry.problem = Some(code.as_str());
    }

    pub fn spent(&mut self) {
        self.entry.spent = true;
    }

    pub fn counting(&mut self, calls: u32) {
        self.entry.count = Some(calls);
    }

    pub fn ending(mut self, duration_ms: u64, pseudonyms: &Pseudonyms) -> Entry {
        if let Some(number) = &self.asked {
            self.entry.subject = Some(pseudonyms.of_number(number));
        }
        self.entry.duration_ms = duration_ms;
        *self.entry
    }
}

#[cfg(test)]
mod tests;
