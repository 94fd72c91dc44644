//! Where do the things that must outlive the process lie?
//!
//! The one home of SQL. Implements the ports that `audit`, `idempotency` and `confirmations` own; these know nothing of it. One embedded
//! SQLite file now, for one gateway; a checkpoint folder beside it, which is meant for another disk than the file's.
//! On failure: typed errors for who can act on them, and one log line with the engine's code and nothing personal.

pub mod checkpoint_folder;
pub mod sqlite;
