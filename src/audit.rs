//! Who asked about whom, when, for which work, and what came of it, so that nobody can change it unseen?
//!
//! Stands last on the request's road: takes an `Entry`, gives a `Receipt`, and no answer goes out before the row is durable.
//! Always true: rows are numbered without a gap; each row's leaf hash binds the log, the index and every byte of the body;
//! the leaves form an RFC 6962 Merkle tree whose root is signed at most once a second. People and officers stand in it as
//! keyed hashes, answers not at all. Deliberately absent: HTTP, SQL and files (`stores` implements the port).
//! On failure: closed. A store that can't take the row means `Unavailable`, and the caller gets no data. See ADR-0002.

mod checkpoint;
mod entry;
mod export;
mod log;
mod queue;
mod receipt;
mod row;
mod store;
mod tree;
mod verify;
mod writer;

pub use checkpoint::{Checkpoint, Forged, KeyRejected, Signer, Verifier, VerifierKey};
pub use entry::{Act, Entry, Operation, Step};
pub use export::{ExportFailed, Period, export};
pub use log::{Config, Log, StartFailed, Unavailable};
pub use receipt::{LogName, Malformed, Receipt};
pub use row::Row;
pub use store::{Archive, Batch, Failure, Held, Kept, Signed, Store, Usage, Whose};
pub use tree::{Frontier, Hash};
pub use verify::{Evidence, Fault, Report, Why, verify};

#[cfg(test)]
mod tests;
