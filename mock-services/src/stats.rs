//! How often was each service asked for what?
//!
//! Counters by service and operation since the start or the last reset; tests read them to see how many calls
//! really went out.
//! Always true: every call that reached a service is counted once under its operation; a refused one of the
//! registry also under `refused` (alone, if the caller wasn't let in). Deliberately absent: anything about people.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value};

use crate::faults::Service;

/// The counters.
#[derive(Debug, Default)]
pub struct Stats {
    counts: Mutex<BTreeMap<(Service, &'static str), u64>>,
}

const ALWAYS_SHOWN: [(Service, &str, &[&str]); 3] = [
    (
        Service::Registry,
        "registry",
        &["037", "003", "045", "result", "changes", "jwks", "refused"],
    ),
    (
        Service::Issuer,
        "issuer",
        &["token", "jwks", "configuration", "refused"],
    ),
    (Service::Portal, "portal", &["received"]),
];

impl Stats {
    /// Counts one call.
    pub fn count(&self, service: Service, operation: &'static str) {
        let mut counts = self.lock();
        let count = counts.entry((service, operation)).or_default();
        *count = count.saturating_add(1);
    }

    /// Sets all counters to zero.
    pub fn reset(&self) {
        self.lock().clear();
    }

    /// Writes the counters, unused ones as zero.
    pub fn json(&self) -> Map<String, Value> {
        let counts = self.lock();
        ALWAYS_SHOWN
            .iter()
            .map(|(service, name, operations)| {
                let of_service: Map<String, Value> = operations
                    .iter()
                    .map(|operation| {
                        let count = counts.get(&(*service, *operation)).copied().unwrap_or(0);
                        ((*operation).to_owned(), Value::from(count))
                    })
                    .collect();
                ((*name).to_owned(), Value::Object(of_service))
            })
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<(Service, &'static str), u64>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
