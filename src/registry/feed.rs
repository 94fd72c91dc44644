//! Which changes does the registry tell of, and with which keys does it sign them?
//!
//! Reads the registry's change feed and its key set over the same way, with the same credentials, as the look-ups; but
//! nobody waits for it, so it spends no permit and has no say in the registry's health. What is read is handed on as it
//! came: whether a signature holds and what an event means is for `events` to see.

use std::sync::Arc;

use serde::Deserialize;
use tokio::runtime::Handle;

use super::Way;
use super::failure::{Failure, Outage};

/// The most bytes of a page, or of a key set, that are read.
const LARGEST: usize = 4 * 1024 * 1024;

/// Reads the registry's change feed.
#[derive(Clone)]
pub struct Feed {
    way: Arc<Way>,
    runtime: Handle,
}

/// Holds a page of the feed.
#[derive(Debug, Deserialize)]
pub struct Page {
    /// The events in their order, each a compact JWS.
    pub events: Vec<String>,
}

impl Feed {
    /// Reads over that way. Calls run on `runtime`, whoever asks.
    pub(super) fn new(way: Arc<Way>, runtime: Handle) -> Self {
        Self { way, runtime }
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
        let inner = self.way.load_full();
        let reading = async move {
            let reading = inner.client.read(place, query, LARGEST, inner.clock.now());
            tokio::time::timeout(inner.deadline, reading)
                .await
                .unwrap_or(Err(Failure::Timeout))
        };
        self.runtime
            .spawn(reading)
            .await
            .unwrap_or(Err(Failure::Unavailable(Outage::Abandoned)))
    }
}
