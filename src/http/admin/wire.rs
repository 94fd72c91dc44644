//! How are clients, limits and the registry written between operators and us?
//!
//! `reading` takes what operators send, with everything that is wrong, form and content together, each with its place;
//! `showing` writes what is in force, with who set what. The members stand here, for both and for the description. A
//! registration's members are those of the clients' file.

mod reading;
mod registry;
mod showing;

pub(super) use reading::{limits_with_reason, reason_alone, registration};
pub(super) use registry::{RegistryShown, maintenance};
pub(super) use showing::{LimitsShown, Listed, Shown};

/// The members of a client's registration, the reason for it, and what is shown beside and read past.
pub(super) const REGISTRATION: [&str; 17] = [
    "id",
    "name",
    "province_code",
    "units",
    "procedures",
    "fields",
    "scopes",
    "thumbprints",
    "accept_close_identity",
    "status",
    "valid_from",
    "valid_until",
    "limits",
    "procedure_limits",
    "reason",
    "in_file",
    "changes",
];

/// The members of what is set of the registry.
pub(super) const REGISTRY: [&str; 2] = ["maintenance", "reason"];

/// The members of a maintenance.
pub(super) const MAINTENANCE: [&str; 3] = ["on", "message", "until"];

/// The members of what callers are told of it.
pub(super) const MESSAGE: [&str; 2] = ["vi", "en"];

/// The members of limits, in the order of the file.
pub(super) const LIMITS: [&str; 12] = [
    "officer_per_second",
    "officer_burst",
    "officers_per_subject",
    "failed",
    "rate_per_second",
    "burst",
    "concurrency",
    "per_day",
    "per_month",
    "registry_weight",
    "batch_rows_per_day",
    "reason",
];

/// The members of a procedure's limits.
pub(super) const PROCEDURE_LIMITS: [&str; 4] = ["rate_per_second", "burst", "per_day", "per_month"];

/// The members of what may fail.
pub(super) const FAILED: [&str; 3] = ["per_officer", "per_person", "per_client"];
