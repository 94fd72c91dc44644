//! Which changes does the registry tell of, and with which keys does it sign them?
//!
//! Reads the registry's change feed and its key set over the same way, with the same credentials, as the look-ups; but
//! nobody waits for it, so it spends no permit and has no say in the registry's health. What is read is handed on as it
//! came: whether a signature holds and what an event means is for `events` to see.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use tokio::runtime::Handle;

use super::Config;
use super::client::{Client, Unusable};
use super::failure::{Failure, Outage};
use crate::clock::Clock;

/// The most bytes of a page, or of a key set, that are read.
const LARGEST: usize = 4 * 1024 * 1024;

/// Reads the registry's change feed.
#[derive(Clone)]
pub struct Feed {
    inner: Arc<Inner>,
    runtime: Handle,
}

struct Inner {
    client: Client,
    clock: Arc<dyn Clock>,
    limit: Duration,
}

/// Holds a page of the feed.
#[derive(Debug, Deserialize)]
pub struct Page {
    /// The events in their order, each a compact JWS.
    pub events: Vec<String>,
}

impl Feed {
    /// Makes the way to the feed; opens no connection. Calls run on `runtime`, whoever asks.
    ///
    /// # Errors
    /// A setting of the way to the registry that can't be used.
    pub fn new(config: &Config, clock: Arc<dyn Clock>, runtime: Handle) -> Result<Self, Unusable> {
        let inner = Inner {
            client: Client::new(config)?,
            clock,
            limit: config.deadline,
        };
        Ok(Self {
            inner: Arc::new(inner),
            runtime,
        })
    }

    /// Reads the changes after a sequence number, as many as the registry gives at once.
    ///
    /// # Errors
    /// Why there is no page.
    pub async fn changes(&self, after: u64) -> Result<Page, Failure> {
        let body = self.read("changes", Some(("after", after))).await?;
        serde_json::from_slice(&body).map_err(|_| Failure::Protocol("no page of changes"))
    }

    /// Reads the key set, a JSON text.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn keys(&self) -> Result<Vec<u8>, Failure> {
        self.read("jwks.json", None).await
    }

    async fn read(
        &self,
        place: &'static str,
        query: Option<(&'static str, u64)>,
    ) -> Result<Vec<u8>, Failure> {
        let inner = Arc::clone(&self.inner);
        let reading = async move {
            let reading = inner.client.read(place, query, LARGEST, inner.clock.now());
            tokio::time::timeout(inner.limit, reading)
                .await
                .unwrap_or(Err(Failure::Timeout))
        };
        self.runtime
            .spawn(reading)
            .await
            .unwrap_or(Err(Failure::Unavailable(Outage::Abandoned)))
    }
}
