//! What do the headers of a call say, and what do those of an answer?
//!
//! The edge's reading and writing of headers, each kind in its file; the contract's table is their specification. A
//! header that can't be read counts as not sent (RFC 9110 §5.5), except the `Idempotency-Key`, whose sender relies on it.
//! Nothing personal goes into a header: what is echoed has been checked, the rest is made of constant words and numbers.

pub(super) mod freshness;
pub(super) mod idempotency_key;
pub(super) mod limits;
pub(super) mod media;
pub(super) mod tracing;

use actix_web::http::header::{AsHeaderName, HeaderMap};

/// Gives a header's lines as text, as one list.
fn combined(headers: &HeaderMap, name: impl AsHeaderName) -> String {
    let lines: Vec<_> = headers
        .get_all(name)
        .filter_map(|line| line.to_str().ok())
        .collect();
    lines.join(",")
}
