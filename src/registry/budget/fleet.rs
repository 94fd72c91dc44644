//! How do many gateways spend one budget?
//!
//! The port behind which `redis` keeps what `shares` keeps in one process: the same reckoning, in one place for all. A
//! gateway asks for all that wait at it in one go, so that a round trip serves as many as have come since the last one,
//! and asks for nobody now and then, to be counted among the gateways. Who can't ask is apart: it
//! refuses, or spends its part of the budget by itself, as configured; it never spends the whole.

use futures_util::future::BoxFuture;

use super::shares::{Given, Terms, Wanted};

/// Keeps one budget for many gateways.
pub trait Shared: Send + Sync + 'static {
    /// Gives each what it may have now; as many answers as were asked, in their order. Ends within a second, come what may.
    fn ask<'a>(&'a self, told: &'a Told) -> BoxFuture<'a, Result<Heard, Apart>>;
}

/// Holds what a gateway tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// What is shared among how many.
    pub terms: Terms,
    /// Who waits at this gateway.
    pub wanted: Vec<Wanted>,
    /// Calls that this gateway made while it was apart.
    pub made_apart: u64,
}

/// Holds what a gateway hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// What each was given.
    pub given: Vec<Given>,
    /// The gateways that have asked lately, this one included.
    pub gateways: u32,
}

/// Says that the shared budget can't be asked now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the shared budget of registry calls can't be reached")]
pub struct Apart;
