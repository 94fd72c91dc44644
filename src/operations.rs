//! How is the gateway doing?
//!
//! The second listener, for operators and their machines, apart from the API: `/livez` (the process runs), `/readyz` (an
//! answer could be given: 503 only when none could; what merely limps is named in `degraded`) and `/metrics`. Knows
//! the exchange's health and nothing of people.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::http::header::ContentType;
use actix_web::web::{self, Data};
use actix_web::{HttpResponse, get};
use arc_swap::ArcSwap;
use serde::Serialize;

use crate::auth::KeysState;
use crate::events::Events;
use crate::exchange::{Exchange, Health};
use crate::register::Register;
use crate::telemetry::Metrics;

/// Tells whether the gateway is shutting down.
#[derive(Debug, Clone, Default)]
pub struct Draining(Arc<AtomicBool>);

impl Draining {
    /// Says that no new work is wanted.
    pub fn begin(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn is_on(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Holds the names of the settings that have changed and wait for the next start.
#[derive(Debug, Clone, Default)]
pub struct Waiting(Arc<ArcSwap<Vec<String>>>);

impl Waiting {
    /// Says which they are.
    pub fn are(&self, settings: Vec<String>) {
        self.0.store(Arc::new(settings));
    }
}

#[derive(Debug, Serialize, PartialEq, Eq)]
struct Readiness {
    status: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unready: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    degraded: Vec<&'static str>,
    /// The clients of whom operators changed what the file says.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    changed_clients: Vec<String>,
    /// The settings that have changed and count from the next start on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    waiting_for_a_start: Vec<String>,
}

/// Tells what limps beside the exchange.
#[derive(Debug, Clone, Copy, Default)]
struct Limping {
    is_behind: bool,
    are_files_refused: bool,
}

/// Decides what keeps every call from being answered, and what only limps.
fn readiness(health: &Health, limping: Limping, draining: bool) -> Readiness {
    let keys_gone = matches!(health.keys, KeysState::NeverFetched | KeysState::Lapsed { .. });
    let keys_stale = matches!(health.keys, KeysState::Stale { .. });
    let named = |found: &[(bool, &'static str)]| -> Vec<&'static str> {
        found
            .iter()
            .filter_map(|(is_so, name)| is_so.then_some(*name))
            .collect()
    };
    let unready = named(&[
        (!health.audit, "audit_store"),
        (keys_gone, "issuer_keys"),
        (draining, "draining"),
    ]);
    let degraded = named(&[
        (health.registry.is_degraded(), "registry"),
        (
            health.is_closed || health.registry.is_in_maintenance,
            "maintenance",
        ),
        (keys_stale, "issuer_keys"),
        (limping.is_behind, "registry_events"),
        (limping.are_files_refused, "configuration"),
        (health.limits_apart, "limits"),
        (health.redis == Some(false), "redis"),
        (health.budget.is_apart, "registry_budget"),
    ]);
    let status = match (unready.is_empty(), degraded.is_empty()) {
        (false, _) => "unready",
        (true, false) => "degraded",
        (true, true) => "ready",
    };
    Readiness {
        status,
        unready,
        degraded,
        changed_clients: Vec::new(),
        waiting_for_a_start: Vec::new(),
    }
}

#[get("/livez")]
async fn livez() -> HttpResponse {
    HttpResponse::Ok()
        .content_type(ContentType::plaintext())
        .body("ok\n")
}

#[get("/readyz")]
async fn readyz(
    exchange: Data<Exchange>,
    events: Data<Events>,
    register: Data<Register>,
    draining: Data<Draining>,
    waiting: Data<Waiting>,
) -> HttpResponse {
    let limping = Limping {
        is_behind: events.is_behind(),
        are_files_refused: register.are_files_refused(),
    };
    let mut readiness = readiness(&exchange.health(), limping, draining.is_on());
    let view = register.view();
    readiness.changed_clients = view.overlaid().map(|id| id.as_str().to_owned()).collect();
    readiness.waiting_for_a_start.clone_from(&waiting.0.load());
    let mut response = if readiness.unready.is_empty() {
        HttpResponse::Ok()
    } else {
        HttpResponse::ServiceUnavailable()
    };
    response.json(readiness)
}

#[get("/metrics")]
async fn metrics(exchange: Data<Exchange>, metrics: Data<Metrics>) -> HttpResponse {
    let health = exchange.health();
    let text = metrics.text(&health.gauges());
    HttpResponse::Ok()
        .content_type("application/openmetrics-text; version=1.0.0; charset=utf-8")
        .body(text)
}

/// Registers the routes; the values must be given to the application as data.
pub fn configure(routes: &mut web::ServiceConfig) {
    routes.service(livez).service(readyz).service(metrics);
}

#[cfg(test)]
mod tests;
