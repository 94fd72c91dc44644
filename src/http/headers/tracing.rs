//! By which ids is a call followed through the systems?
//!
//! `X-Request-Id` is taken over if it is plain and can't be a person's number; `traceparent` (W3C Trace Context, level 1)
//! keeps its trace and gets a span of ours. What can't be taken over counts as not sent, and the call gets ids of our
//! own (`Call::begin`).

use actix_web::http::header::HeaderMap;
use uuid::Uuid;

use crate::domain::context::RequestId;

/// The header of the caller's id of the call.
pub(in crate::http) const X_REQUEST_ID: &str = "x-request-id";

/// The header of the W3C trace context.
pub(in crate::http) const TRACEPARENT: &str = "traceparent";

/// Gives the caller's id of the call, if it can be echoed.
pub(in crate::http) fn request_id(headers: &HeaderMap) -> Option<RequestId> {
    let mut sent = headers.get_all(X_REQUEST_ID);
    match (sent.next(), sent.next()) {
        (Some(id), None) => id.to_str().ok()?.parse().ok(),
        _ => None,
    }
}

/// Gives the caller's trace with a span of our own in it, if the caller has one.
pub(in crate::http) fn traceparent(headers: &HeaderMap) -> Option<String> {
    let mut sent = headers.get_all(TRACEPARENT);
    let (Some(line), None) = (sent.next(), sent.next()) else {
        return None;
    };
    let (id, flags) = trace(line.to_str().ok()?)?;
    // Never zero: the lower half of a UUID carries its variant.
    let (_, span) = Uuid::new_v4().as_u64_pair();
    Some(format!("00-{id}-{span:016x}-{flags}"))
}

/// Reads trace id and flags; later versions may have more after the flags (W3C Trace Context §4.2.2).
fn trace(line: &str) -> Option<(&str, &'static str)> {
    let mut parts = line.trim().splitn(5, '-');
    let (version, id, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let is_plain = hex(version, 2) && hex(id, 32) && hex(span, 16) && hex(flags, 2);
    let is_first = version == "00";
    let is_zero = |text: &str| text.bytes().all(|byte| byte == b'0');
    if !is_plain || version == "ff" || is_zero(id) || is_zero(span) || (is_first && parts.next().is_some()) {
        return None;
    }
    let sampled = u8::from_str_radix(flags, 16).is_ok_and(|bits| bits & 1 == 1);
    Some((id, if sampled { "01" } else { "00" }))
}

fn hex(text: &str, length: usize) -> bool {
    text.len() == length
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

#[cfg(test)]
mod tests;
