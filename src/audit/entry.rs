//! What is written down about one call?
//!
//! What the contract's export shows and nothing else: who (system, officer, unit), for which work (procedure, dossier),
//! about whom (the number as given and the number found, both as keyed hashes), what was asked for and what came of it.
//! Never in it: a number, a name, a date, an address, an answer, a token. `spent` is for the quotas and isn't exported.

use jiff::Timestamp;
use uuid::Uuid;

use crate::domain::client::{ClientId, UnitCode};
use crate::domain::context::{Dossier, ProcedureCode, RequestId};
use crate::domain::field::Fields;
use crate::domain::operator::{OperatorName, Reason};
use crate::sealing::Pseudonym;

/// Tells one call's story for those who supervise.
#[derive(Debug, Clone)]
pub struct Entry {
    /// When the call came in.
    pub time: Timestamp,
    /// The gateway's own name for the call (UUID version 7).
    pub transaction_id: Uuid,
    /// The caller's name for the call, or the one made up for it.
    pub request_id: RequestId,
    /// The calling system, where it could be told.
    pub client: Option<ClientId>,
    /// The officer.
    pub officer: Option<Pseudonym>,
    /// The officer's agency.
    pub unit: Option<UnitCode>,
    /// The administrative procedure.
    pub procedure: Option<ProcedureCode>,
    /// The dossier.
    pub dossier: Option<Dossier>,
    /// What was asked to be done.
    pub operation: Operation,
    /// The number as given.
    pub subject: Option<Pseudonym>,
    /// The number found.
    pub person: Option<Pseudonym>,
    /// The fields asked about, or released.
    pub fields: Fields,
    /// What came of it; `refused` for every refusal.
    pub outcome: &'static str,
    /// The problem's code, for a refusal.
    pub problem: Option<&'static str>,
    /// Where the record came from.
    pub source: Option<&'static str>,
    /// The registry request that fetched the record.
    pub registry_request: Option<String>,
    /// The steps of the retry ladder.
    pub steps: Vec<Step>,
    /// How long the call took.
    pub duration_ms: u64,
    /// How many calls this row stands for, where it sums up failed authentications; how many rows an accepted batch has.
    pub count: Option<u32>,
    /// The batch that the call was about.
    pub batch: Option<Uuid>,
    /// What an operator did, or tried to do; nothing for every other call.
    pub act: Option<Act>,
    /// Whether the call counts in the client's day and month quotas; not exported.
    pub spent: bool,
}

/// Tells what an operator did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// Who; nothing where nobody could be recognized. What the gateway does because its files changed is done by `file`.
    pub operator: Option<OperatorName>,
    /// What, such as `client.suspend`.
    pub action: &'static str,
    /// Why, as the operator says.
    pub reason: Option<Reason>,
}

/// Tells one step of the retry ladder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The form of the question.
    pub form: &'static str,
    /// The registry request.
    pub registry_request: String,
    /// What came of it.
    pub result: &'static str,
}

/// Tells what a call was to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Comparing claims with the register.
    Verify,
    /// Reading fields.
    Lookup,
    /// Answering questions about a household.
    HouseholdVerify,
    /// Listing a household.
    HouseholdLookup,
    /// Deciding which papers a procedure still needs.
    Check,
    /// One row of a batch.
    BatchRow,
    /// Giving a kept answer again.
    Replay,
    /// Reading something of one's own that is about no person.
    Read,
    /// An operator's action.
    Admin,
    /// A failed authentication.
    Authentication,
}

impl Operation {
    /// Gives the word that stands in the log.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Lookup => "lookup",
            Self::HouseholdVerify => "household_verify",
            Self::HouseholdLookup => "household_lookup",
            Self::Check => "check",
            Self::BatchRow => "batch_row",
            Self::Replay => "replay",
            Self::Read => "read",
            Self::Admin => "admin",
            Self::Authentication => "authentication",
        }
    }
}
