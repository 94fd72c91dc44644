//! What has the National Public Service Portal been told?
//!
//! Takes whatever is posted to it and keeps it, so that a test can read what the one-stop reported.
//! Always true: what was taken is listed in its order, up to ten thousand pieces.
//! Deliberately absent: any meaning; a body that isn't JSON is kept as text.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::web::{Bytes, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, post};
use serde_json::{Value, json};

use crate::clock::{ServiceClock, vietnamese};
use crate::delivery::{Reply, deliver};
use crate::faults::{Faults, Service};
use crate::stats::Stats;

const MOST_KEPT: usize = 10_000;

/// What the portal has received.
#[derive(Debug, Default)]
pub struct Portal {
    received: Mutex<VecDeque<Value>>,
}

impl Portal {
    /// Lists what was received, oldest first.
    pub fn received(&self) -> Vec<Value> {
        self.received
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .cloned()
            .collect()
    }

    fn keep(&self, piece: Value) {
        let mut received = self.received.lock().unwrap_or_else(PoisonError::into_inner);
        if received.len() >= MOST_KEPT {
            received.pop_front();
        }
        received.push_back(piece);
    }
}

/// Adds the routes.
pub fn routes(config: &mut ServiceConfig) {
    config.service(receive);
}

#[post("/{path:.*}")]
async fn receive(
    request: HttpRequest,
    body: Bytes,
    portal: Data<Arc<Portal>>,
    clock: Data<ServiceClock>,
    faults: Data<Arc<Faults>>,
    stats: Data<Arc<Stats>>,
) -> HttpResponse {
    stats.count(Service::Portal, "received");
    let strike = faults.strike(Service::Portal, "received", None);
    let content = serde_json::from_slice(&body)
        .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&body).into_owned()));
    portal.keep(json!({"at": vietnamese(clock.now()), "path": request.path(), "body": content}));
    let body = json!({"received": true}).to_string();
    deliver(
        &request,
        Reply {
            status: 202,
            content_type: "application/json",
            body,
        },
        &strike,
    )
    .await
}
