//! dancu: a data-integration gateway to Viet Nam's National Population Database.
//!
//! The biography of a request, in the order of the modules below.

pub mod clock;
pub mod domain;
pub mod matching;

pub mod auth;
pub mod registry;

pub mod audit;
pub mod idempotency;
pub mod sealing;
pub mod stores;

pub mod http;
pub mod cli;
