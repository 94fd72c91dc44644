//! What may a caller know of its own registration?
//!
//! The calls that ask about nobody: the client's own licence, the fields that it may see for a procedure, and the catalogue
//! of procedures, which is the same for all. They pass authentication, policy and the client's rate like any other, and are
//! recorded like any other.

use std::sync::Arc;

use uuid::Uuid;

use super::row::Row;
use super::{Call, Exchange, Refusal};
use crate::audit::Operation;
use crate::auth::Caller;
use crate::domain::context::ProcedureCode;
use crate::domain::field::Fields;
use crate::limits::{Remaining, Standing};
use crate::policy::Denied;
use crate::policy::clients::Client;
use crate::policy::procedures::{Catalogue, Procedure};

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

/// Tells what a caller does with a batch of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handled {
    /// It looks how it stands.
    Shown,
    /// It reads the results.
    Fetched,
    /// It gives the batch up.
    Cancelled,
}

impl Handled {
    /// Gives the word that stands in the log.
    fn word(self) -> &'static str {
        match self {
            Self::Shown => "read",
            Self::Fetched => "results",
            Self::Cancelled => "cancelled",
        }
    }
}

impl Exchange {
    /// Shows the caller its own registration.
    ///
    /// # Errors
    /// The refusal, recorded as well.
    pub async fn client(&self, call: &Call, caller: &Caller) -> Result<Reading<()>, Refusal> {
        self.read(call, caller, |_| Ok(())).await
    }

    /// Shows the caller how a batch of its own stands, or what came of it, or that it is given up.
    ///
    /// # Errors
    /// The refusal, recorded as well.
    pub async fn batch(
        &self,
        call: &Call,
        caller: &Caller,
        batch: Uuid,
        handled: Handled,
    ) -> Result<Reading<()>, Refusal> {
        let mut row = self.row(call, caller, Operation::Read);
        row.about_batch(batch);
        self.read_into(row, handled.word(), (call, caller), |_| Ok(()))
            .await
    }

    /// Shows the caller where it stands against its limits, this call included.
    ///
    /// # Errors
    /// The refusal, recorded as well.
    pub async fn quota(&self, call: &Call, caller: &Caller) -> Result<Reading<Vec<Standing>>, Refusal> {
        let Reading {
            shown: (),
            client,
            nearest,
        } = self.read(call, caller, |_| Ok(())).await?;
        self.limits.hear_of(&client.id).await;
        Ok(Reading {
            shown: self.limits.standings(&client, caller.officer(), call.received_at),
            client,
            nearest,
        })
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

    /// Shows the caller one procedure of the catalogue, licensed or not.
    ///
    /// # Errors
    /// The refusal, recorded as well.
    pub async fn procedure(
        &self,
        call: &Call,
        caller: &Caller,
        code: &ProcedureCode,
    ) -> Result<Reading<Arc<Procedure>>, Refusal> {
        self.read(call, caller, |_| {
            let catalogue = self.policy.catalogue();
            catalogue.find(code).cloned().ok_or(Denied::ProcedureUnknown)
        })
        .await
    }

    /// Gives the catalogue of procedures, for who writes it out beforehand.
    #[must_use]
    pub fn catalogue(&self) -> Arc<Catalogue> {
        self.policy.catalogue()
    }

    async fn read<T>(
        &self,
        call: &Call,
        caller: &Caller,
        view: impl FnOnce(&Client) -> Result<T, Denied>,
    ) -> Result<Reading<T>, Refusal> {
        let row = self.row(call, caller, Operation::Read);
        self.read_into(row, "read", (call, caller), view).await
    }

    async fn read_into<T>(
        &self,
        mut row: Row,
        done: &'static str,
        (call, caller): (&Call, &Caller),
        view: impl FnOnce(&Client) -> Result<T, Denied>,
    ) -> Result<Reading<T>, Refusal> {
        let seen = self
            .policy
            .client(caller, call.received_at)
            .and_then(|client| Ok((view(&client)?, client)));
        let (shown, client) = match seen {
            Ok(seen) => seen,
            Err(denied) => return Err(self.refuse_unadmitted(call, row, caller, denied.into()).await),
        };
        let nearest = match self.limits.admit_reading(&client, call.received_at) {
            Ok(nearest) => nearest,
            Err(exceeded) => return Err(self.refuse(call, row, exceeded.into(), Some(&client), None).await),
        };
        row.done(done);
        self.record(call, row).await?;
        Ok(Reading {
            shown,
            client,
            nearest,
        })
    }
}
