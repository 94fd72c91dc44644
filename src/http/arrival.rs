//! What is known of a request before anybody has looked at what it wants?
//!
//! The door of the API: every request passes it first and last. It begins the call (ids, trace, time) and turns away at
//! once what is too much: more requests under way than this process can carry, or headers beyond their bound; neither
//! has an audit row, since nobody was asked anything. On the way out it puts the call's ids and the headers that every
//! answer carries on whatever was answered. Looks at no token and at no body.

use std::future::{Ready, ready};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::body::BoxBody;
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use actix_web::middleware::Next;
use actix_web::{Error, FromRequest, HttpMessage as _, HttpRequest, error};

use super::headers::media::language;
use super::headers::tracing::{TRACEPARENT, X_REQUEST_ID, request_id, traceparent};
use super::problem::Problems;
use super::texts::Language;
use crate::clock::Clock;
use crate::domain::problem::Code;
use crate::exchange::Call;

/// The most bytes that the names and values of a request's headers may have together.
const MOST_HEADER_BYTES: usize = 16 * 1024;

/// Is what is known of every request.
#[derive(Debug, Clone)]
pub(super) struct Arrival {
    /// The call that begins with the request.
    pub call: Call,
    /// The language that people read.
    pub language: Language,
}

impl FromRequest for Arrival {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        // The door has put one into every request that comes this far.
        let arrival = request.extensions().get::<Self>().cloned();
        ready(arrival.ok_or_else(|| error::ErrorInternalServerError("")))
    }
}

/// Is told of each request that was turned away at the door.
pub(super) type Shed = Box<dyn Fn(Code) + Send + Sync>;

/// Lets requests in and answers out.
pub(super) struct Door {
    problems: Arc<Problems>,
    shed: Shed,
    clock: Arc<dyn Clock>,
    most_under_way: usize,
    under_way: AtomicUsize,
}

impl Door {
    /// Makes the door of all workers together.
    pub fn new(problems: Arc<Problems>, shed: Shed, clock: Arc<dyn Clock>, most_under_way: usize) -> Self {
        Self {
            problems,
            shed,
            clock,
            most_under_way,
            under_way: AtomicUsize::new(0),
        }
    }

    /// Passes a request on and its answer out.
    pub async fn pass(
        &self,
        request: ServiceRequest,
        next: Next<BoxBody>,
    ) -> Result<ServiceResponse<BoxBody>, Error> {
        let headers = request.headers();
        let call = Call::begin(request_id(headers), traceparent(headers), self.clock.as_ref());
        let arrival = Arrival {
            language: language(headers),
            call,
        };
        let place = Place::take(&self.under_way);
        let too_much = if place.number > self.most_under_way {
            Some(Code::Overloaded)
        } else if size(headers) > MOST_HEADER_BYTES {
            Some(Code::HeadersTooLarge)
        } else {
            None
        };
        let call = arrival.call.clone();
        let mut response = match too_much {
            Some(code) => {
                (self.shed)(code);
                let refused = self.problems.refuse(&arrival, code);
                request.into_response(refused)
            }
            None => {
                request.extensions_mut().insert(arrival);
                next.call(request).await?
            }
        };
        let headers = response.headers_mut();
        insert(headers, X_REQUEST_ID, call.request_id.as_str());
        insert(headers, TRACEPARENT, &call.traceparent);
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        self.log(&call, &response);
        Ok(response)
    }

    /// Leaves a line for those who look for a call: by its ids, and by the pattern of its address, never the address.
    fn log(&self, call: &Call, response: &ServiceResponse<BoxBody>) {
        let status = response.status();
        if !status.is_server_error() && !tracing::enabled!(tracing::Level::DEBUG) {
            return;
        }
        let route = response.request().match_pattern();
        let duration = self.clock.steady().saturating_duration_since(call.started);
        let trace = call.traceparent.split('-').nth(1);
        if status.is_server_error() {
            tracing::warn!(
                transaction.id = %call.transaction_id,
                request.id = call.request_id.as_str(),
                trace.id = trace,
                http.route = route,
                http.status = status.as_u16(),
                duration_ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX),
                "a call failed"
            );
        } else {
            tracing::debug!(
                transaction.id = %call.transaction_id,
                request.id = call.request_id.as_str(),
                trace.id = trace,
                http.route = route,
                http.status = status.as_u16(),
                duration_ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX),
                "answered"
            );
        }
    }
}

/// Is a request's place among those under way; given back when it is answered, or given up.
struct Place<'d> {
    number: usize,
    under_way: &'d AtomicUsize,
}

impl<'d> Place<'d> {
    fn take(under_way: &'d AtomicUsize) -> Self {
        Self {
            number: under_way.fetch_add(1, Ordering::Relaxed).saturating_add(1),
            under_way,
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

fn size(headers: &HeaderMap) -> usize {
    headers
        .iter()
        .map(|(name, value)| name.as_str().len().saturating_add(value.len()))
        .sum()
}

fn insert(headers: &mut HeaderMap, name: &'static str, value: &str) {
    // What is put here was checked or made by us, and is plain ASCII.
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
}

#[cfg(test)]
mod tests;
