//! How is a check kept, so that it can be read again and finished without its caller?
//!
//! The port that `stores` implements, and what goes through it: the answer as it was written, and while the check waits for
//! the registry the request as it came, with the mandate under which it goes on. Both are sealed for their row; ids, clients
//! and times alone stand in clear. Gateways that share a store take a check in hand before they try it, so that they don't
//! do the same work; a hand that died lets go by itself. The request is gone from the store with the check's end, which happens once: whoever
//! finishes a check that is finished already is told so. On failure: `Unavailable`, and nothing is told.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::client::{ClientId, UnitCode};
use crate::domain::context::RequestId;
use crate::domain::pin::Pin;
use crate::exchange::Call;
use crate::policy::Mandate;
use crate::sealing::Sealer;

/// Says that checks can't be kept or read now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("checks can't be kept")]
pub struct Unavailable;

/// Is a new row.
#[derive(Debug, Clone)]
pub struct Row {
    /// The check's name.
    pub id: Uuid,
    /// Who may read it.
    pub client: ClientId,
    /// When it was entered.
    pub entered_at: Timestamp,
    /// The sealed answer so far.
    pub answer: Vec<u8>,
    /// What is kept while it waits.
    pub waits: Option<Waits>,
}

/// Is what is kept of a check while it waits.
#[derive(Debug, Clone)]
pub struct Waits {
    /// The sealed request.
    pub request: Vec<u8>,
    /// The time of its next try.
    pub retry_at: Timestamp,
    /// Its legal deadline.
    pub due: Timestamp,
}

/// Is a check that waits for the registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Its name.
    pub id: Uuid,
    /// The sealed request.
    pub request: Vec<u8>,
}

/// Keeps checks. Times are the caller's.
pub trait Store: Send + Sync + 'static {
    /// Enters a check.
    fn enter(&self, row: Row) -> BoxFuture<'_, Result<(), Unavailable>>;

    /// Gives the sealed answer of a client's check; nothing where there is none, or it is another's.
    fn find<'a>(
        &'a self,
        id: Uuid,
        client: &'a ClientId,
    ) -> BoxFuture<'a, Result<Option<Vec<u8>>, Unavailable>>;

    /// Lists up to `limit` checks that are to be tried by now, those first that haven't been for longest.
    fn waiting(&self, now: Timestamp, limit: u32) -> BoxFuture<'_, Result<Vec<Waiting>, Unavailable>>;

    /// Lists up to `limit` checks that wait past their legal deadline and are in nobody's hands.
    fn overdue(&self, now: Timestamp, limit: u32) -> BoxFuture<'_, Result<Vec<Waiting>, Unavailable>>;

    /// Takes a check that is to be tried by now in hand until a time; tells whether it could be had: of several that try,
    /// gateways too, one has it.
    fn take(&self, id: Uuid, now: Timestamp, until: Timestamp) -> BoxFuture<'_, Result<bool, Unavailable>>;

    /// Puts a check's next try off.
    fn put_off(&self, id: Uuid, until: Timestamp) -> BoxFuture<'_, Result<(), Unavailable>>;

    /// Ends a check that waits with its last answer; tells whether it was still waiting.
    fn finish(&self, id: Uuid, answer: Vec<u8>) -> BoxFuture<'_, Result<bool, Unavailable>>;

    /// Removes some of what was entered before a time and waits no longer, and counts it.
    fn clean(&self, before: Timestamp) -> BoxFuture<'_, Result<u64, Unavailable>>;
}

/// Is a request that waits, with all that is needed to go on.
#[derive(Clone)]
pub(super) struct Held {
    /// In whose name.
    pub mandate: Mandate,
    /// The call that asked; once opened again, at the time at which it goes on.
    pub call: Call,
    /// When the call came in first.
    pub received_at: Timestamp,
    /// The body, as it came.
    pub body: Vec<u8>,
}

/// Is how a request that waits is written down.
#[derive(Serialize, Deserialize)]
struct Written {
    client: String,
    officer: Option<String>,
    unit: String,
    transaction_id: String,
    request_id: String,
    traceparent: String,
    received_at: String,
    body: String,
}

/// Seals what is kept and opens it again.
pub(super) struct Drawer {
    pub store: Arc<dyn Store>,
    pub sealer: Sealer,
}

impl Drawer {
    /// Seals an answer for its check.
    pub fn seal_answer(&self, id: Uuid, answer: &[u8]) -> Result<Vec<u8>, Unavailable> {
        self.sealer
            .seal(answer, place("answer", id).as_bytes())
            .map_err(|_| Unavailable)
    }

    /// Opens a check's answer.
    pub fn open_answer(&self, id: Uuid, sealed: &[u8]) -> Result<Vec<u8>, Unavailable> {
        self.open("answer", id, sealed)
    }

    /// Seals a request that waits.
    pub fn seal_request(&self, id: Uuid, held: &Held) -> Result<Vec<u8>, Unavailable> {
        let Held {
            mandate,
            call,
            received_at,
            body,
        } = held;
        let written = Written {
            client: mandate.client.to_string(),
            officer: mandate
                .officer
                .as_ref()
                .map(|officer| officer.expose().to_owned()),
            unit: mandate.unit.to_string(),
            transaction_id: call.transaction_id.to_string(),
            request_id: call.request_id.as_str().to_owned(),
            traceparent: call.traceparent.clone(),
            received_at: received_at.to_string(),
            body: String::from_utf8(body.clone()).map_err(|_| Unavailable)?,
        };
        let text = serde_json::to_vec(&written).map_err(|_| Unavailable)?;
        self.sealer
            .seal(&text, place("request", id).as_bytes())
            .map_err(|_| Unavailable)
    }

    /// Opens a request that waits; `call` is the one that goes on with it now, under the first one's ids.
    pub fn open_request(&self, waiting: &Waiting, call: Call) -> Result<Held, Unavailable> {
        let text = self.open("request", waiting.id, &waiting.request)?;
        let written: Written = serde_json::from_slice(&text).map_err(|_| Unavailable)?;
        let officer: Option<Pin> = written
            .officer
            .map(|officer| officer.parse().map_err(|_| Unavailable))
            .transpose()?;
        let (client, unit): (Option<ClientId>, Option<UnitCode>) =
            (written.client.parse().ok(), written.unit.parse().ok());
        let request_id: Option<RequestId> = written.request_id.parse().ok();
        Ok(Held {
            mandate: Mandate {
                client: client.ok_or(Unavailable)?,
                officer,
                unit: unit.ok_or(Unavailable)?,
            },
            call: Call {
                transaction_id: Uuid::parse_str(&written.transaction_id).map_err(|_| Unavailable)?,
                request_id: request_id.ok_or(Unavailable)?,
                traceparent: written.traceparent,
                received_at: call.received_at,
                started: call.started,
            },
            received_at: written.received_at.parse().map_err(|_| Unavailable)?,
            body: written.body.into_bytes(),
        })
    }

    fn open(&self, what: &str, id: Uuid, sealed: &[u8]) -> Result<Vec<u8>, Unavailable> {
        self.sealer.open(sealed, place(what, id).as_bytes()).map_err(|_| {
            tracing::error!("a kept check does not open");
            Unavailable
        })
    }
}

/// Names a place, so that nothing sealed for one check opens as another's.
fn place(what: &str, id: Uuid) -> String {
    format!("check|{what}|{id}")
}
