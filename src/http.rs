//! How does the world reach us?
//!
//! So far: how the listener speaks TLS.

use std::time::Duration;

pub mod tls;

/// States what the edge must know of its surroundings.
#[derive(Debug, Clone)]
pub struct Config {
    /// How callers reach us, without a slash at the end; stands in problem types and in the API's description.
    pub public_url: String,
    /// How long a client may take to send a request's body.
    pub body_timeout: Duration,
}
