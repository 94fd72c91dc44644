//! How does the world reach us?
//!
//! So far: how the listener speaks TLS.

pub mod tls;
