//! What is known of a request before anybody has looked at what it wants?
//!
//! The door of the API: every request passes it first and last. It begins the call (ids, trace, time, source) and turns
//! away at once what is too much: more than can be carried now (`shedding`), or a head beyond its bound; neither has an
//! audit row, since nobody was asked anything, nor a line in the log, of which there could be thousands a second. On the way
//! out it puts the call's ids and the headers that every answer carries on whatever was answered. Looks at no token and
//! at no body.

use std::future::{Ready, ready};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::body::{BoxBody, MessageBody as _};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::ConnectionType;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use actix_web::{Error, FromRequest, HttpMessage as _, HttpRequest, error};

use super::connections::Progress;
use super::headers::media::language;
use super::headers::tracing::{TRACEPARENT, X_REQUEST_ID, request_id, traceparent};
use super::problem::Problems;
use super::shedding::{Rank, Shedding};
use super::source::Trusted;
use super::texts::Language;
use crate::clock::Clock;
use crate::domain::problem::Code;
use crate::exchange::Call;

/// The most bytes that a request's target and the names and values of its headers may have together.
const MOST_HEADER_BYTES: usize = 16 * 1024;

/// Is what is known of every request.
#[derive(Debug, Clone)]
pub(super) struct Arrival {
    /// The call that begins with the request.
    pub call: Call,
    /// The language that people read.
    pub language: Language,
    /// The address that it came from.
    pub source: Option<IpAddr>,
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
    shedding: Shedding,
    trusted: Arc<Trusted>,
    is_leaving: AtomicBool,
}

impl Door {
    /// Makes the door of all workers together.
    pub fn new(
        problems: Arc<Problems>,
        shed: Shed,
        clock: Arc<dyn Clock>,
        shedding: Shedding,
        trusted: Arc<Trusted>,
    ) -> Self {
        Self {
            problems,
            shed,
            clock,
            shedding,
            trusted,
            is_leaving: AtomicBool::new(false),
        }
    }

    /// Gives what decides who comes in.
    pub fn shedding(&self) -> &Shedding {
        &self.shedding
    }

    /// Has every answer be the last one of its connection from now on.
    pub fn leave(&self) {
        self.is_leaving.store(true, Ordering::Relaxed);
    }

    /// Passes a request on and its answer out.
    pub async fn pass(
        &self,
        request: ServiceRequest,
        next: Next<BoxBody>,
    ) -> Result<ServiceResponse<BoxBody>, Error> {
        let _under_way = request.conn_data::<Progress>().map(Progress::begin);
        let headers = request.headers();
        let call = Call::begin(request_id(headers), traceparent(headers), self.clock.as_ref());
        let arrival = Arrival {
            language: language(headers),
            source: self.trusted.source(request.request()),
            call,
        };
        let place = self.shedding.admit(Rank::of(request.path()));
        let too_much = if place.is_none() {
            Some(Code::Overloaded)
        } else if size(&request) > MOST_HEADER_BYTES {
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
                let response = next.call(request).await?;
                self.log(&call, &response);
                response
            }
        };
        if self.is_leaving.load(Ordering::Relaxed) {
            response
                .response_mut()
                .head_mut()
                .set_connection_type(ConnectionType::Close);
        }
        sign(response.headers_mut(), &call);
        Ok(response)
    }

    /// Writes the whole reply to what the server couldn't make a request of, after which the connection ends.
    pub fn reply(&self, code: Code) -> Bytes {
        (self.shed)(code);
        let arrival = Arrival {
            language: Language::Vi,
            source: None,
            call: Call::begin(None, None, self.clock.as_ref()),
        };
        let mut response = self.problems.refuse(&arrival, code);
        sign(response.headers_mut(), &arrival.call);
        let status = response.status();
        let mut head = format!(
            "HTTP/1.1 {} {}\r\n",
            status.as_u16(),
            status.canonical_reason().unwrap_or_default()
        );
        for (name, value) in response.headers() {
            // Ours are plain ASCII.
            let value = value.to_str().unwrap_or_default();
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let body = response.into_body().try_into_bytes().unwrap_or_default();
        head.push_str(&format!(
            "connection: close\r\ncontent-length: {}\r\n\r\n",
            body.len()
        ));
        [head.as_bytes(), &body].concat().into()
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

/// Puts the call's ids on its answer, and what every answer carries.
fn sign(headers: &mut HeaderMap, call: &Call) {
    insert(headers, X_REQUEST_ID, call.request_id.as_str());
    insert(headers, TRACEPARENT, &call.traceparent);
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}

/// Counts the bytes of a head: its target and its headers.
fn size(request: &ServiceRequest) -> usize {
    let target = request
        .uri()
        .path_and_query()
        .map_or(0, |target| target.as_str().len());
    let headers = request.headers().iter();
    headers
        .map(|(name, value)| name.as_str().len().saturating_add(value.len()))
        .fold(target, usize::saturating_add)
}

fn insert(headers: &mut HeaderMap, name: &'static str, value: &str) {
    // What is put here was checked or made by us, and is plain ASCII.
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
}

#[cfg(test)]
mod tests;
