//! How do others learn that a record has changed?
//!
//! Signs each change as a compact JWS, shows them in order as a feed and pushes them to one configured address.
//! Always true: `seq` grows by one; the same change has the same payload in feed and push.
//! Deliberately absent: delivery guarantees. A push that fails thrice is dropped, as the feed heals it.

use std::sync::Arc;
use std::time::Duration;

use jsonwebtoken::Header;
use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedReceiver;

use crate::clock::vietnamese;
use crate::gateway::GatewayAddress;
use crate::issuer::keys::{KeyFailure, SigningKey};
use crate::register::{Change, Register};

const PAGE: usize = 1_000;
const ATTEMPTS: u32 = 3;

/// The signed changes.
#[derive(Clone)]
pub struct Feed {
    register: Arc<Register>,
    key: Arc<SigningKey>,
}

impl Feed {
    /// Makes the signing key.
    pub fn new(register: Arc<Register>) -> Result<Self, KeyFailure> {
        Ok(Self {
            register,
            key: Arc::new(SigningKey::es256("registry-events-1")?),
        })
    }

    /// Writes up to a thousand changes after a sequence number.
    pub fn page(&self, after: u64) -> Value {
        let changes = self.register.changes_after(after, PAGE);
        let next = changes.last().map_or(after, |change| change.seq);
        let events: Vec<String> = changes.iter().filter_map(|change| self.sign(change)).collect();
        json!({"events": events, "next": next})
    }

    /// Writes the key set.
    pub fn keys(&self) -> Value {
        json!({"keys": [self.key.public()]})
    }

    /// Signs one change.
    pub fn sign(&self, change: &Change) -> Option<String> {
        let mut payload = json!({
            "seq": change.seq,
            "type": change.kind,
            "pin": change.pin,
            "at": vietnamese(change.at),
        });
        if let (Some(new_pin), Some(members)) = (&change.new_pin, payload.as_object_mut()) {
            members.insert("new_pin".to_owned(), json!(new_pin));
        }
        let mut header = Header::new(self.key.algorithm());
        header.typ = Some("registry-event+jwt".to_owned());
        self.key.sign(header, &payload).ok()
    }
}

/// Pushes changes to wherever the gateway is, one after the other, until the register is gone.
pub async fn push(
    feed: Feed,
    mut changes: UnboundedReceiver<Change>,
    gateway: GatewayAddress,
    client: reqwest::Client,
) {
    while let Some(change) = changes.recv().await {
        let (Some(event), Some(url)) = (feed.sign(&change), gateway.events()) else {
            continue;
        };
        for attempt in 0..ATTEMPTS {
            let sent = client
                .post(&url)
                .header("Content-Type", "application/jwt")
                .timeout(Duration::from_secs(5))
                .body(event.clone())
                .send()
                .await;
            if sent.is_ok_and(|answer| answer.status().is_success()) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(200 << attempt)).await;
        }
    }
}
