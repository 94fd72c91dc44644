//! Where is the gateway that these services talk to?
//!
//! The one address that may be known only after the start: a gateway needs the services' addresses to begin, and they need
//! its own to push events and to ask for checks. Always true: whoever asks gets the latest address, or none.
//! Deliberately absent: any call.

use std::sync::{Arc, PoisonError, RwLock};

/// The gateway's address, shared by all services of one start.
#[derive(Debug, Clone, Default)]
pub struct GatewayAddress(Arc<RwLock<Addresses>>);

#[derive(Debug, Default)]
struct Addresses {
    gateway: Option<String>,
    events: Option<String>,
}

impl GatewayAddress {
    /// Begins with what is known at the start; `events` goes before the gateway's usual place for them.
    pub fn new(gateway: Option<String>, events: Option<String>) -> Self {
        Self(Arc::new(RwLock::new(Addresses {
            gateway: gateway.map(without_slash),
            events,
        })))
    }

    /// Sets the gateway's address.
    pub fn set(&self, gateway: &str) {
        let mut addresses = self.0.write().unwrap_or_else(PoisonError::into_inner);
        addresses.gateway = Some(without_slash(gateway.to_owned()));
    }

    /// Returns the gateway's address, without a slash at its end.
    pub fn get(&self) -> Option<String> {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .gateway
            .clone()
    }

    /// Returns where events are pushed to.
    pub fn events(&self) -> Option<String> {
        let addresses = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let usual = || Some(format!("{}/events/registry", addresses.gateway.as_ref()?));
        addresses.events.clone().or_else(usual)
    }
}

fn without_slash(url: String) -> String {
    url.trim_end_matches('/').to_owned()
}
