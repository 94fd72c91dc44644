//! In whose name does work go on after its call?
//!
//! A check that waits for the registry, and every batch, is finished by itself, without a token: the caller's went with the call. What is left
//! of it is a mandate: who asked, from which office, through which system. It is taken from a grant, kept, and worth no
//! more than what the register of clients and the catalogue still allow when it is used (`Policy::resume`).

use super::Grant;
use crate::domain::client::{ClientId, UnitCode};
use crate::domain::pin::Pin;

/// Names in whose name work goes on; not yet a leave to do it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mandate {
    /// The calling system.
    pub client: ClientId,
    /// The officer who asked first; nobody where a system asked for itself.
    pub officer: Option<Pin>,
    /// The officer's agency.
    pub unit: UnitCode,
}

impl Mandate {
    /// Takes what a grant was given to.
    #[must_use]
    pub fn of(grant: &Grant) -> Self {
        Self {
            client: grant.client().id.clone(),
            officer: grant.officer().copied(),
            unit: grant.unit().clone(),
        }
    }
}
