//! dancu: a data-integration gateway to Viet Nam's National Population Database.
//!
//! The biography of a request is the order of the modules below. `http` takes the call and asks `auth` who calls; `exchange`
//! then leads the question down the row of gates: `policy` (may this caller ask this?), `idempotency` (have we answered it
//! already?), `limits` (has it asked too much?), `records` (do we hold it?), `registry` (what does the register say?),
//! `matching` (is it so?), and back through `policy`, which alone makes a disclosure, to `audit`, which writes it down before
//! a byte goes out. See `ARCHITECTURE.md`.

pub mod clock;
pub mod domain;
pub mod matching;

pub mod auth;
pub mod limits;
pub mod policy;
pub mod registry;

pub mod audit;
pub mod fleet;
pub mod idempotency;
pub mod records;
pub mod sealing;
pub mod telemetry;

pub mod exchange;

pub mod checks;
pub mod confirmations;
pub mod events;

pub mod http;
pub mod operations;

pub mod stores;

pub mod config;

pub mod app;

pub mod cli;
