//! The mock services over real sockets: what a client in the field would meet.
//!
//! Each test starts its own services on free ports. The world's registry client is written here a second time, by
//! the book, so that a slip in the service's own reading shows.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests may panic")]

mod browser;
mod control;
mod faults;
mod issuer;
mod one_stop;
mod registry;
mod world;
