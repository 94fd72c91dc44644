//! Does the program keep its promises as a process: started, stopped, killed, and short of room?
//!
//! Every test runs the built program, as an operator does, against mock services in this process; what the library does
//! within itself is tested elsewhere. Nothing waits for time to pass: a test waits for a line, an answer or an exit, each
//! within a deadline. Whatever a program wrote to stderr is searched for personal data when it ends.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    reason = "a test may panic, and says what it measured or left out"
)]

mod batches;
mod checks;
mod cluster;
mod commands;
mod connection;
mod crashes;
mod demo;
mod door;
mod gateway;
mod limits_of_the_machine;
mod load;
mod personal;
mod population;
#[expect(dead_code, reason = "what the other test binary does to a server")]
#[path = "../it/postgres_server.rs"]
mod postgres_server;
mod program;
mod readiness;
#[expect(dead_code, reason = "what the other test binary does to a server")]
#[path = "../it/redis_server.rs"]
mod redis_server;
mod reloading;
mod soak;
mod starved;
mod stopping;
mod surroundings;
