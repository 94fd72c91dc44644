//! What does each gate hand to the next?
//!
//! The stages of a question on its way: what it is at each, with all that is known by then. Holding one proves that the gates before
//! it were passed: the gate before makes it, or, for a question of a call that was authorized as a whole, that call's `Work`.
//! What ends the way is one of the others, with what its row needs.

use super::row::Row;
use super::{Call, Person, Question, Source, Writer};
use crate::auth::Caller;
use crate::clock::Deadline;
use crate::idempotency::Running;
use crate::limits::{Admission, Exceeded};
use crate::policy::{Denied, Disclosure, Grant};

/// Is a question whose caller is known, on its way to policy.
pub(super) struct Asking {
    pub call: Call,
    pub caller: Caller,
    pub question: Question,
    pub write: Writer,
}

/// Is a question that policy refuses.
pub(super) struct TurnedDown {
    pub call: Call,
    pub caller: Caller,
    pub row: Row,
    pub denied: Denied,
}

/// Is a question that passed policy, on its way to the limits.
pub(super) struct Authorized {
    pub call: Call,
    pub deadline: Deadline,
    pub grant: Grant,
    pub question: Question,
    pub row: Row,
    /// The leave to run under an idempotency key, to be given back where nothing comes of it.
    pub running: Option<Running>,
    pub write: Writer,
}

/// Is a question for which a limit is used up.
pub(super) struct Exceeding {
    pub authorized: Authorized,
    pub exceeded: Exceeded,
}

/// Is a question that passed policy and limits, on its way to a record.
pub(super) struct Admitted {
    pub call: Call,
    pub deadline: Deadline,
    pub grant: Grant,
    pub question: Question,
    pub admission: Admission,
    pub row: Row,
    pub running: Option<Running>,
    pub write: Writer,
}

/// Is what a caller may see, on its way to the log.
pub(super) struct Disclosed {
    pub disclosure: Disclosure,
    pub person: Option<Person>,
    pub source: Source,
}
