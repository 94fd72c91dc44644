//! The whole gateway over real sockets, with real mock services beside it, as a province's system meets it; and the tree itself.
//!
//! One test binary. `gateway` builds what a test needs, `clients` are those who call, `canary` searches everything that
//! comes out for what is personal, `openapi` holds every answer to the published document, `outside` has strangers read what
//! is confirmed, `stores` holds every store to its ports, `postgres_server` starts one for them, `tidy` holds the tree to its layers. Pure rules are tested beside their code, in `src/**/tests.rs`. No test
//! sleeps, none needs another, none knows a port beforehand.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests may panic"
)]

mod admin;
mod audit;
mod batches;
mod bodies;
mod canary;
mod checks;
mod citizens;
mod clients;
mod confirmations;
mod events;
mod fairness;
mod gateway;
mod guesses;
mod households;
mod idempotency;
mod limits;
mod listeners;
mod maintenance;
mod many_gateways;
mod one_stop;
mod openapi;
mod operators;
mod outside;
mod postgres;
mod postgres_server;
mod procedures;
mod proxy;
mod readiness;
mod records;
mod redis_server;
mod registry_faults;
mod reloading;
mod resilience;
mod store_faults;
mod stores;
mod tidy;
mod tokens;
mod variations;
