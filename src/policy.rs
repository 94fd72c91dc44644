//! May this caller ask this, for this work; and what of the answer may it see?
//!
//! Second gate of the road, after authentication: takes a `Caller`, gives a `Grant`. A grant is made here and nowhere
//! else, so what is admitted, fetched or released was authorized before. `Grant::verdicts` and `Grant::release` are
//! the only makers of a `Disclosure`, and only a disclosure becomes an answer: filtering can't be forgotten.
//! Decisions are pure functions of the register of clients, the catalogue of procedures and the time. Both can be replaced
//! while calls run: each decision takes one look at them, and a grant keeps what it was given for. Knows
//! nothing of HTTP, of limits or of the registry. A refusal says which rule, never whether the person exists.

pub mod clients;
pub mod disclosure;
mod grant;
mod mandate;
pub mod procedures;
pub mod supplement;

use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};
use jiff::Timestamp;

use crate::auth::{Caller, Scope};
use crate::domain::client::ClientId;
use crate::domain::context::{Context, ProcedureCode};
use crate::domain::field::Fields;
use crate::domain::local_time;
use crate::domain::pin::Pin;
use clients::{Client, Clients, Standing};
use procedures::{Catalogue, Procedure};

pub use disclosure::Disclosure;
pub use grant::{Grant, Tables, fields_of, fields_of_predicate};
pub use mandate::Mandate;

/// Says which rule refused the call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// No such client is registered.
    #[error("the client isn't registered")]
    ClientUnknown,
    /// The client is suspended.
    #[error("the client is suspended")]
    ClientSuspended,
    /// The client's registration has run out or hasn't begun.
    #[error("the client's registration isn't in force")]
    ClientExpired,
    /// The client is registered with certificates, and the token isn't bound to one of them.
    #[error("the client needs a certificate-bound token")]
    TokenNotBound,
    /// Token or registration lacks the scope.
    #[error("the scope is missing")]
    ScopeMissing(Scope),
    /// The token names no officer.
    #[error("the token names no officer")]
    OfficerRequired,
    /// The token's unit isn't one of the client's.
    #[error("the unit isn't one of the client's")]
    UnitNotPermitted,
    /// The catalogue has no such procedure.
    #[error("the procedure isn't in the catalogue")]
    ProcedureUnknown,
    /// The client has no licence for the procedure, or no law on which its look-ups rest is in force.
    #[error("there is no licence in force for the procedure")]
    ProcedureNotLicensed,
    /// Fields outside the licence or not needed by the procedure.
    #[error("fields aren't permitted")]
    FieldNotPermitted(Fields),
}

/// Is the register of clients and the catalogue, as they are in force together.
#[derive(Debug)]
struct Rules {
    clients: Arc<Clients>,
    procedures: Arc<Catalogue>,
}

/// Holds the rules in force.
#[derive(Debug)]
pub struct Policy {
    rules: ArcSwap<Rules>,
    tables: Tables,
}

impl Policy {
    /// Joins the register of clients with the catalogue of procedures.
    #[must_use]
    pub fn new(
        clients: impl Into<Arc<Clients>>,
        procedures: impl Into<Arc<Catalogue>>,
        tables: Tables,
    ) -> Self {
        let rules = Rules {
            clients: clients.into(),
            procedures: procedures.into(),
        };
        Self {
            rules: ArcSwap::from_pointee(rules),
            tables,
        }
    }

    /// Puts another register and catalogue in force, both at once; calls under way end under their grant.
    pub fn replace(&self, clients: Arc<Clients>, procedures: Arc<Catalogue>) {
        self.rules.store(Arc::new(Rules { clients, procedures }));
    }

    /// Gives the catalogue of procedures that is in force.
    #[must_use]
    pub fn catalogue(&self) -> Arc<Catalogue> {
        Arc::clone(&self.rules.load().procedures)
    }

    /// Gives the register of clients that is in force.
    #[must_use]
    pub fn clients(&self) -> Arc<Clients> {
        Arc::clone(&self.rules.load().clients)
    }

    fn rules(&self) -> Guard<Arc<Rules>> {
        self.rules.load()
    }

    /// Finds the caller's registration and checks that it is in force and has the caller's unit.
    ///
    /// # Errors
    /// The rule that the registration breaks.
    pub fn client(&self, caller: &Caller, now: Timestamp) -> Result<Arc<Client>, Denied> {
        self.rules().client(caller, now).cloned()
    }

    /// Checks that both the token and the registration carry the scope.
    ///
    /// # Errors
    /// `ScopeMissing`, or the rule that the registration breaks.
    pub fn check_scope(&self, caller: &Caller, scope: Scope, now: Timestamp) -> Result<(), Denied> {
        self.rules().check_scope(caller, scope, now)
    }

    /// Decides whether the caller may ask about a person for this work.
    ///
    /// # Errors
    /// The first rule that refuses, in the order of [`Denied`].
    pub fn authorize(
        &self,
        caller: &Caller,
        scope: Scope,
        context: &Context,
        now: Timestamp,
    ) -> Result<Grant, Denied> {
        let rules = self.rules();
        rules.check_scope(caller, scope, now)?;
        let officer = officer_for(scope, caller.officer().copied())?;
        let client = rules.client(caller, now)?;
        let unit = caller.unit().cloned().ok_or(Denied::UnitNotPermitted)?;
        let procedure = rules.in_force_for(client, context, now)?;
        let tables = self.tables.clone();
        Ok(Grant::new(Arc::clone(client), officer, unit, procedure, tables))
    }

    /// Decides whether work that was begun under a grant may go on in the same name.
    ///
    /// No token is at hand: what it proved was proved when the work began. All that can have changed since is asked again:
    /// the registration, its scopes and offices, the licence.
    ///
    /// # Errors
    /// The first rule that refuses now.
    pub fn resume(
        &self,
        mandate: &Mandate,
        scope: Scope,
        context: &Context,
        now: Timestamp,
    ) -> Result<Grant, Denied> {
        let rules = self.rules();
        let client = rules.in_force(&mandate.client, now)?;
        if !client.may_use(scope) {
            return Err(Denied::ScopeMissing(scope));
        }
        let officer = officer_for(scope, mandate.officer)?;
        if !client.has_unit(&mandate.unit) {
            return Err(Denied::UnitNotPermitted);
        }
        let procedure = rules.in_force_for(client, context, now)?;
        Ok(Grant::new(
            Arc::clone(client),
            officer,
            mandate.unit.clone(),
            procedure,
            self.tables.clone(),
        ))
    }

    /// Finds a procedure that the client is licensed for.
    ///
    /// # Errors
    /// `ProcedureUnknown` or `ProcedureNotLicensed`.
    pub fn licensed(&self, client: &Client, code: &ProcedureCode) -> Result<Arc<Procedure>, Denied> {
        self.rules().licensed(client, code)
    }
}

impl Rules {
    fn in_force(&self, id: &ClientId, now: Timestamp) -> Result<&Arc<Client>, Denied> {
        let client = self.clients.find(id).ok_or(Denied::ClientUnknown)?;
        match client.standing(now) {
            Standing::InForce => Ok(client),
            Standing::Suspended => Err(Denied::ClientSuspended),
            Standing::OutOfTerm => Err(Denied::ClientExpired),
        }
    }

    fn registered(&self, caller: &Caller, now: Timestamp) -> Result<&Arc<Client>, Denied> {
        let client = self.in_force(caller.client_id(), now)?;
        if client.needs_certificate()
            && !caller
                .certificate()
                .is_some_and(|presented| client.accepts(presented))
        {
            return Err(Denied::TokenNotBound);
        }
        Ok(client)
    }

    fn client(&self, caller: &Caller, now: Timestamp) -> Result<&Arc<Client>, Denied> {
        let client = self.registered(caller, now)?;
        if caller.unit().is_some_and(|unit| !client.has_unit(unit)) {
            return Err(Denied::UnitNotPermitted);
        }
        Ok(client)
    }

    fn check_scope(&self, caller: &Caller, scope: Scope, now: Timestamp) -> Result<(), Denied> {
        let client = self.registered(caller, now)?;
        if caller.holds(scope) && client.may_use(scope) {
            Ok(())
        } else {
            Err(Denied::ScopeMissing(scope))
        }
    }

    /// Finds the procedure of the work, if the client is licensed for it and a law of today carries its look-ups.
    fn in_force_for(
        &self,
        client: &Client,
        context: &Context,
        now: Timestamp,
    ) -> Result<Arc<Procedure>, Denied> {
        let procedure = self.licensed(client, &context.procedure)?;
        let today = local_time::day(now);
        if procedure.grounds_on(today).next().is_none() {
            return Err(Denied::ProcedureNotLicensed);
        }
        Ok(procedure)
    }

    fn licensed(&self, client: &Client, code: &ProcedureCode) -> Result<Arc<Procedure>, Denied> {
        let procedure = self.procedures.find(code).ok_or(Denied::ProcedureUnknown)?;
        if client.procedures.contains(code) {
            Ok(Arc::clone(procedure))
        } else {
            Err(Denied::ProcedureNotLicensed)
        }
    }
}

/// Demands that somebody answers for a call about one person; only a batch may be a system's own.
fn officer_for(scope: Scope, officer: Option<Pin>) -> Result<Option<Pin>, Denied> {
    if officer.is_none() && scope != Scope::Batches {
        return Err(Denied::OfficerRequired);
    }
    Ok(officer)
}

#[cfg(test)]
pub(crate) mod tests;
