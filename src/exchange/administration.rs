//! How does what operators do end up in the log, and what they decided on the road of calls?
//!
//! The exchange's side of `register` and of the operations listener: every act of an operator, a mere look included, is one
//! row, refused ones too, made durable before anybody is answered. Failed sign-ins of operators are bounded like those of
//! callers. What was decided is put in force here in one step, for the next call; calls under way keep their grant.

use std::sync::Arc;

use super::row::Row;
use super::{Call, Cause, Exchange, Refusal};
use crate::audit::{Act, Operation};
use crate::auth::Unauthenticated;
use crate::domain::client::ClientId;
use crate::domain::operator::{OperatorName, Reason};
use crate::limits::Usage;
use crate::policy::clients::Clients;
use crate::policy::procedures::Catalogue;

/// Is what an operator is about to do, as far as the log has it.
#[derive(Debug, Clone)]
pub struct Acting {
    /// Who.
    pub operator: OperatorName,
    /// What, such as `client.suspend`.
    pub action: &'static str,
    /// To which client, where it is one.
    pub client: Option<ClientId>,
    /// Why, as the operator says.
    pub reason: Option<Reason>,
}

impl Acting {
    fn row(&self, call: &Call) -> Row {
        let mut row = Row::new(call, Operation::Admin);
        let act = Act {
            operator: Some(self.operator.clone()),
            action: self.action,
            reason: self.reason.clone(),
        };
        row.act(act, self.client.clone());
        row
    }
}

impl Exchange {
    /// Turns away who isn't an operator; recorded at a bounded rate, with what was tried.
    pub async fn turn_away_operator(
        &self,
        call: &Call,
        action: &'static str,
        failed: Unauthenticated,
    ) -> Refusal {
        let act = Act {
            operator: None,
            action,
            reason: None,
        };
        self.turn_away_unknown(call, Some(act), failed.into()).await
    }

    /// Records what an operator does, with what comes of it.
    ///
    /// # Errors
    /// `AuditUnavailable` where it couldn't be recorded: then it must not be done.
    pub async fn record_act(
        &self,
        call: &Call,
        acting: &Acting,
        outcome: &'static str,
    ) -> Result<(), Refusal> {
        let mut row = acting.row(call);
        row.done(outcome);
        self.record(call, row).await.map(|_| ())
    }

    /// Records that an operator was refused, and gives the refusal.
    pub async fn refuse_act(&self, call: &Call, acting: &Acting, cause: Cause) -> Refusal {
        self.refuse(call, acting.row(call), cause, None, None).await
    }

    /// Puts another register of clients and another catalogue in force, from the next call on.
    pub fn put_in_force(&self, clients: Arc<Clients>, procedures: Arc<Catalogue>) {
        self.policy.replace(clients, procedures);
    }

    /// Tells what a client has used of its limits.
    #[must_use]
    pub fn usage(&self, client: &ClientId, call: &Call) -> Usage {
        self.limits.usage(client, call.received_at)
    }
}
