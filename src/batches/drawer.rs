//! How is what a batch holds sealed, each part for its own place?
//!
//! What goes to the store and comes from it: who asked for which work, each row as it came, each result as it was written.
//! Each is sealed under the name of its batch, its row and what it is, so that no part opens as another's. Numbers of rows,
//! ids, clients, times and counts alone stand in clear. On failure: `Unavailable`, and nothing is told.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::store::{Store, Unavailable};
use crate::domain::client::UnitCode;
use crate::domain::context::{Channel, Context, RequestId};
use crate::domain::pin::Pin;
use crate::policy::Mandate;
use crate::sealing::Sealer;

/// Is all that is needed to go on with a batch.
pub(super) struct Held {
    /// In whose name.
    pub mandate: Mandate,
    /// For which work.
    pub context: Context,
    /// The caller's id of the call, or ours.
    pub request_id: RequestId,
    /// The trace that the call was part of.
    pub traceparent: String,
    /// When the call came in.
    pub received_at: Timestamp,
}

/// Is how that is written down.
#[derive(Serialize, Deserialize)]
struct Written {
    client: String,
    officer: Option<String>,
    unit: String,
    procedure: String,
    dossier: String,
    channel: String,
    request_id: String,
    traceparent: String,
    received_at: String,
}

/// Seals what is kept and opens it again.
pub(super) struct Drawer {
    pub store: Arc<dyn Store>,
    pub sealer: Sealer,
}

impl Drawer {
    /// Seals who asked for which work.
    pub fn seal_request(&self, id: Uuid, held: &Held) -> Result<Vec<u8>, Unavailable> {
        let Held {
            mandate,
            context,
            request_id,
            traceparent,
            received_at,
        } = held;
        let officer = mandate.officer.as_ref();
        let written = Written {
            client: mandate.client.to_string(),
            officer: officer.map(|officer| officer.expose().to_owned()),
            unit: mandate.unit.to_string(),
            procedure: context.procedure.to_string(),
            dossier: context.dossier.as_str().to_owned(),
            channel: word(context.channel).to_owned(),
            request_id: request_id.as_str().to_owned(),
            traceparent: traceparent.clone(),
            received_at: received_at.to_string(),
        };
        let text = serde_json::to_vec(&written).map_err(|_| Unavailable)?;
        self.seal(&text, &format!("batch|request|{id}"))
    }

    /// Opens who asked for which work.
    pub fn open_request(&self, id: Uuid, sealed: &[u8]) -> Result<Held, Unavailable> {
        let text = self.open(sealed, &format!("batch|request|{id}"))?;
        let written: Written = serde_json::from_slice(&text).map_err(|_| Unavailable)?;
        let officer: Option<Pin> = match written.officer {
            Some(officer) => Some(officer.parse().map_err(|_| Unavailable)?),
            None => None,
        };
        let unit: UnitCode = written.unit.parse().map_err(|_| Unavailable)?;
        Ok(Held {
            mandate: Mandate {
                client: written.client.parse().map_err(|_| Unavailable)?,
                officer,
                unit,
            },
            context: Context {
                procedure: written.procedure.parse().map_err(|_| Unavailable)?,
                dossier: written.dossier.parse().map_err(|_| Unavailable)?,
                channel: channel(&written.channel).ok_or(Unavailable)?,
            },
            request_id: written.request_id.parse().map_err(|_| Unavailable)?,
            traceparent: written.traceparent,
            received_at: written.received_at.parse().map_err(|_| Unavailable)?,
        })
    }

    /// Seals a row as it came.
    pub fn seal_row(&self, id: Uuid, row: u32, content: &[u8]) -> Result<Vec<u8>, Unavailable> {
        self.seal(content, &format!("batch|row|{id}|{row}"))
    }

    /// Opens a row.
    pub fn open_row(&self, id: Uuid, row: u32, sealed: &[u8]) -> Result<Vec<u8>, Unavailable> {
        self.open(sealed, &format!("batch|row|{id}|{row}"))
    }

    /// Seals a row's result.
    pub fn seal_result(&self, id: Uuid, row: u32, result: &[u8]) -> Result<Vec<u8>, Unavailable> {
        self.seal(result, &format!("batch|result|{id}|{row}"))
    }

    /// Opens a row's result.
    pub fn open_result(&self, id: Uuid, row: u32, sealed: &[u8]) -> Result<Vec<u8>, Unavailable> {
        self.open(sealed, &format!("batch|result|{id}|{row}"))
    }

    fn seal(&self, text: &[u8], place: &str) -> Result<Vec<u8>, Unavailable> {
        self.sealer.seal(text, place.as_bytes()).map_err(|_| Unavailable)
    }

    fn open(&self, sealed: &[u8], place: &str) -> Result<Vec<u8>, Unavailable> {
        self.sealer.open(sealed, place.as_bytes()).map_err(|_| {
            tracing::error!("a part of a kept batch does not open");
            Unavailable
        })
    }
}

const CHANNELS: [Channel; 4] = [
    Channel::Counter,
    Channel::Online,
    Channel::Assisted,
    Channel::Post,
];

fn word(channel: Channel) -> &'static str {
    match channel {
        Channel::Counter => "counter",
        Channel::Online => "online",
        Channel::Assisted => "assisted",
        Channel::Post => "post",
    }
}

fn channel(text: &str) -> Option<Channel> {
    CHANNELS.into_iter().find(|channel| word(*channel) == text)
}
