//! What is asked, and what is told?
//!
//! The values that cross the exchange's border: a call with its ids and times, a question about one person with the work
//! that it is asked for, and the answer with all that stands around it. They know no protocol; the edge reads the one into
//! the other.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use jiff::Timestamp;
use uuid::Uuid;

use super::Source;
use crate::audit::{Operation, Receipt};
use crate::auth::Scope;
use crate::clock::Clock;
use crate::domain::claim::Claim;
use crate::domain::context::{Context, RequestId};
use crate::domain::field::Fields;
use crate::domain::pin::Pin;
use crate::domain::predicate::Predicate;
use crate::domain::subject::Subject;
use crate::idempotency;
use crate::limits::Remaining;
use crate::policy::clients::Client;
use crate::policy::{Disclosure, fields_of, fields_of_predicate};
use crate::records::freshness::Wanted;
use crate::sealing::Pseudonym;

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
        let milliseconds = u64::try_from(received_at.as_millisecond()).unwrap_or_default();
        let [_, _, _, _, _, _, chance @ ..] = Uuid::new_v4().into_bytes();
        let transaction_id = uuid::Builder::from_unix_timestamp_millis(milliseconds, &chance).into_uuid();
        Self {
            transaction_id,
            request_id: request_id.unwrap_or_else(|| RequestId::of_random(Uuid::new_v4().as_u128())),
            traceparent: traceparent.unwrap_or_else(|| traceparent_of(Uuid::new_v4(), Uuid::new_v4())),
            received_at,
            started: clock.steady(),
        }
    }
}

/// Begins a trace of our own (W3C Trace Context, level 1); of the second number only the first half is taken.
fn traceparent_of(trace: Uuid, span: Uuid) -> String {
    let mut text = String::with_capacity("00-".len() + 32 + 1 + 16 + "-01".len());
    text.push_str("00-");
    text.push_str(trace.simple().encode_lower(&mut Uuid::encode_buffer()));
    text.push('-');
    let mut buffer = Uuid::encode_buffer();
    text.extend(span.simple().encode_lower(&mut buffer).get(..16));
    text.push_str("-01");
    text
}

/// Is a question about one person, with the work that it is asked for.
#[derive(Debug, Clone)]
pub struct Question {
    /// Who is asked about.
    pub subject: Subject,
    /// What is asked.
    pub asked: Asked,
    /// As part of what it is asked.
    pub within: Within,
    /// For which work.
    pub context: Context,
    /// How old the record behind the answer may be.
    pub wanted: Wanted,
    /// The caller's key and the body that it goes with, where the call may be repeated safely.
    pub repeatable: Option<Repeatable>,
}

impl Question {
    /// Gives the scope that the question needs.
    #[must_use]
    pub fn scope(&self) -> Scope {
        match self.within {
            Within::Call => self.asked.scope(),
            Within::Check => Scope::Checks,
            Within::Batch => Scope::Batches,
        }
    }

    pub(super) fn operation(&self) -> Operation {
        match self.within {
            Within::Call => self.asked.operation(),
            Within::Check => Operation::Check,
            Within::Batch => Operation::BatchRow,
        }
    }
}

/// Tells as part of what a question is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Within {
    /// It is the whole call.
    Call,
    /// It is one of those that a check of a procedure asks, each with a row of its own.
    Check,
    /// It is one row of a batch, which everybody else goes before.
    Batch,
}

/// Is what is asked about a person.
#[derive(Debug, Clone)]
pub enum Asked {
    /// Whether these claims are so.
    Verify(Vec<Claim>),
    /// What the register holds.
    Lookup(Fields),
    /// Whether this is so of the person's household and residence.
    Household(Vec<Predicate>),
    /// What the register holds of each member of the household.
    HouseholdLookup(Fields),
}

impl Asked {
    /// Gives the scope that such a call needs.
    #[must_use]
    pub fn scope(&self) -> Scope {
        match self {
            Self::Verify(_) => Scope::CitizensVerify,
            Self::Lookup(_) => Scope::CitizensLookup,
            Self::Household(_) => Scope::HouseholdsVerify,
            Self::HouseholdLookup(_) => Scope::HouseholdsLookup,
        }
    }

    fn operation(&self) -> Operation {
        match self {
            Self::Verify(_) => Operation::Verify,
            Self::Lookup(_) => Operation::Lookup,
            Self::Household(_) => Operation::HouseholdVerify,
            Self::HouseholdLookup(_) => Operation::HouseholdLookup,
        }
    }

    /// Tells whether the household's record is needed beside the person's.
    pub(super) fn needs_household(&self) -> bool {
        match self {
            Self::Verify(_) | Self::Lookup(_) => false,
            Self::Household(predicates) => predicates.iter().any(|asked| !asked.is_of_person_alone()),
            Self::HouseholdLookup(_) => true,
        }
    }

    pub(super) fn fields(&self) -> Fields {
        match self {
            Self::Verify(claims) => claims.iter().map(fields_of).fold(Fields::NONE, Fields::union),
            Self::Household(predicates) => predicates
                .iter()
                .map(fields_of_predicate)
                .fold(Fields::NONE, Fields::union),
            Self::Lookup(fields) | Self::HouseholdLookup(fields) => *fields,
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

/// Is who was found.
#[derive(Debug, Clone, Copy)]
pub struct Person {
    /// The number in force.
    pub pin: Pin,
    /// The keyed hash of where they live, where a check asked.
    pub residence: Option<Pseudonym>,
}

/// Is an answer with all that its caller is told around it.
#[derive(Debug)]
pub struct Answer {
    /// Our id of the call.
    pub transaction_id: Uuid,
    /// What the caller may see.
    pub disclosure: Disclosure,
    /// Who was found, for what hangs on the person; it isn't for the caller.
    pub person: Option<Person>,
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
    pub told: Option<Box<Answer>>,
    /// The client, for the limits' headers.
    pub client: Arc<Client>,
    /// Where the client stands, unless nothing was spent.
    pub nearest: Option<Remaining>,
}

/// Writes an answer as the edge's protocol has it.
pub type Writer = fn(&Answer) -> Bytes;
