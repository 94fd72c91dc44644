//! Who is registered now, what did operators change, and what do the files say?
//!
//! Joins the clients' file and the catalogue with the changes that operators made while the gateway runs (`overlay`), and
//! puts the outcome in force for the next call. The order of a change: it is kept as intended, it is recorded in the audit
//! log, and only then is it in force, here at once and on other gateways of the same store within a second. So a row that
//! says `suspended` is true even if the gateway dies right after it: what was intended is ended at the next start, under
//! the same transaction id. A change that can't be recorded isn't made. Files that are read again replace the base in one
//! step, once their row is written; what is wrong with them changes nothing. The notice that the registry may not be asked
//! is such a change too. Knows nothing of HTTP, of files or of SQL.

mod maintenance;
mod overlay;
mod registration;
mod store;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use jiff::Timestamp;
use tokio::runtime::Handle;
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::auth::{Operator, Operators};
use crate::clock::Clock;
use crate::domain::client::ClientId;
use crate::domain::context::ProcedureCode;
use crate::domain::maintenance::Notice;
use crate::domain::operator::OperatorName;
use crate::domain::problem::Code;
use crate::exchange::{Acting, Call, Cause, Exchange, Refusal};
use crate::policy::clients::{Client, Clients};
use crate::policy::procedures::Catalogue;
use overlay::Overlays;

pub use overlay::{Attribution, Change, Part, Unreadable, What};
pub use registration::{Failed, Licensable, Limits, Objection, ProcedureLimits, Registration, Wrong};
pub use store::{Numbered, Store, Unavailable};

/// How often other gateways' changes are looked for.
const FOLLOWED_EVERY: Duration = Duration::from_secs(1);

/// Is what the files say.
#[derive(Debug)]
pub struct Base {
    /// The register of clients.
    pub clients: Clients,
    /// The catalogue of procedures.
    pub catalogue: Arc<Catalogue>,
    /// The operators.
    pub operators: Vec<Operator>,
}

/// Is one client as it is in force, and how it came to be so.
#[derive(Debug, Clone)]
pub struct Registered {
    /// The client.
    pub client: Arc<Client>,
    /// Whether the file has it.
    pub is_in_file: bool,
    /// What operators set of it.
    pub set: Vec<(Part, Attribution)>,
}

/// Is the register as it is in force.
#[derive(Debug, Default)]
pub struct View {
    /// The clients.
    pub clients: BTreeMap<ClientId, Registered>,
    /// The clients of the file that an operator removed.
    pub removed: BTreeMap<ClientId, Attribution>,
    /// The notice that the registry may not be asked, and who put it up; its time may be over.
    pub maintenance: Option<(Arc<Notice>, Attribution)>,
    /// Since when the files count as they are.
    pub read_at: Timestamp,
}

impl View {
    /// Names the clients of whom the file isn't the last word.
    pub fn overlaid(&self) -> impl Iterator<Item = &ClientId> {
        let set = self.clients.iter().filter(|(_, entry)| !entry.set.is_empty());
        set.map(|(id, _)| id).chain(self.removed.keys())
    }
}

/// Says why the register can't be made.
#[derive(Debug, thiserror::Error)]
pub enum StartFailed {
    /// The store doesn't answer.
    #[error(transparent)]
    Store(#[from] Unavailable),
    /// It holds what this version can't read.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// What an earlier run intended can't be recorded.
    #[error("what an earlier run intended can't be recorded")]
    Unrecorded,
}

/// Names what a [`Register`] is joined from.
#[expect(missing_docs, reason = "each part is documented where it is made")]
pub struct Parts {
    pub base: Base,
    pub operators: Arc<Operators>,
    pub exchange: Arc<Exchange>,
    pub store: Arc<dyn Store>,
    /// What this gateway is called among those that share the store.
    pub gateway: String,
    pub runtime: Handle,
    pub clock: Arc<dyn Clock>,
}

#[derive(Debug)]
struct State {
    clients: Clients,
    catalogue: Arc<Catalogue>,
    read_at: Timestamp,
    overlays: Overlays,
    /// The number of the last change among `overlays`.
    number: u64,
    /// Recorded changes of ours that have no number yet; they count already.
    recorded: Vec<Change>,
    /// What was refused after it was kept as intended, and couldn't be let go of yet.
    given_up: Vec<Uuid>,
}

impl State {
    fn overlays(&self) -> Overlays {
        let mut overlays = self.overlays.clone();
        for change in &self.recorded {
            overlays.apply(change);
        }
        overlays
    }
}

/// Holds who is registered.
pub struct Register {
    operators: Arc<Operators>,
    exchange: Arc<Exchange>,
    store: Arc<dyn Store>,
    gateway: String,
    runtime: Handle,
    clock: Arc<dyn Clock>,
    /// Held while a change is made, so that they go one by one.
    state: Mutex<State>,
    view: ArcSwap<View>,
    are_files_refused: AtomicBool,
}

impl Register {
    /// Puts in force what the files say and what operators changed, in earlier runs too.
    ///
    /// # Errors
    /// A store that doesn't answer, or holds what this version can't read: better no gateway than one that has forgotten
    /// a suspension.
    pub async fn start(parts: Parts) -> Result<Self, StartFailed> {
        let Base {
            clients,
            catalogue,
            operators,
        } = parts.base;
        parts.operators.replace(operators);
        let register = Self {
            operators: parts.operators,
            exchange: parts.exchange,
            store: parts.store,
            gateway: parts.gateway,
            runtime: parts.runtime,
            state: Mutex::new(State {
                clients,
                catalogue,
                read_at: parts.clock.now(),
                overlays: Overlays::default(),
                number: 0,
                recorded: Vec::new(),
                given_up: Vec::new(),
            }),
            view: ArcSwap::default(),
            are_files_refused: AtomicBool::new(false),
            clock: parts.clock,
        };
        register.end_intended().await?;
        let mut state = register.state.lock().await;
        register.catch_up(&mut state).await?;
        register.publish(&state)?;
        drop(state);
        let view = register.view();
        let overlaid: Vec<&str> = view.overlaid().map(ClientId::as_str).collect();
        if !overlaid.is_empty() {
            tracing::warn!(
                client.ids = overlaid.join(" "),
                "operators' changes stand over the clients' file"
            );
        }
        Ok(register)
    }

    /// Gives the register as it is in force.
    #[must_use]
    pub fn view(&self) -> Arc<View> {
        self.view.load_full()
    }

    /// Tells whether the files, as they were last read, can't be used.
    #[must_use]
    pub fn are_files_refused(&self) -> bool {
        self.are_files_refused.load(Ordering::Relaxed)
    }

    /// Says everything that is wrong with a registration, against the catalogue in force.
    ///
    /// # Errors
    /// Every objection.
    pub fn judge(&self, registration: &Registration) -> Result<Client, Vec<Objection>> {
        let catalogue = self.exchange.catalogue();
        registration.judged(&|code: &ProcedureCode| {
            catalogue.find(code).is_none().then_some("isn't in the catalogue")
        })
    }

    /// Makes a change, recorded first; an operator who hangs up doesn't stop it half-way.
    ///
    /// # Errors
    /// `NotFound` where there is nothing to change, `AuditUnavailable` where it couldn't be kept or recorded: nothing has
    /// changed then.
    pub async fn change(self: &Arc<Self>, call: &Call, acting: Acting, what: What) -> Result<(), Refusal> {
        let (register, call) = (Arc::clone(self), call.clone());
        let transaction_id = call.transaction_id;
        let changing = async move { register.make(&call, acting, what).await };
        let made = self.runtime.spawn(changing).await;
        let broken_off = Refusal {
            transaction_id,
            cause: Cause::Edge(Code::InternalError),
            client: None,
            nearest: None,
        };
        made.unwrap_or(Err(broken_off))
    }

    async fn make(&self, call: &Call, acting: Acting, what: What) -> Result<(), Refusal> {
        let mut state = self.state.lock().await;
        if !self.is_there(&state, acting.client.as_ref(), &what) {
            let cause = Cause::Edge(Code::NotFound);
            return Err(self.exchange.refuse_act(call, &acting, cause).await);
        }
        let change = Change {
            transaction_id: call.transaction_id,
            client: acting.client.clone(),
            what,
            operator: acting.operator.clone(),
            reason: acting.reason.clone(),
            at: call.received_at,
        };
        if self.store.intend(&self.gateway, &change).await.is_err() {
            // It may have been kept all the same, its answer lost.
            state.given_up.push(change.transaction_id);
            let cause = Cause::Edge(Code::AuditUnavailable);
            return Err(self.exchange.refuse_act(call, &acting, cause).await);
        }
        if let Err(unrecorded) = self.exchange.record_act(call, &acting, change.what.word()).await {
            state.given_up.push(change.transaction_id);
            self.let_go(&mut state).await;
            self.correct(call, acting);
            return Err(unrecorded);
        }
        tracing::info!(
            client.id = change.client.as_ref().map(ClientId::as_str),
            action = acting.action,
            what = change.what.word(),
            "an operator changed something"
        );
        state.recorded.push(change);
        self.number_recorded(&state).await;
        if self.publish(&state).is_err() {
            tracing::error!("a change that was judged can't be applied");
        }
        Ok(())
    }

    /// Has a row written behind the one that nobody could wait for, in case that comes to be written after all.
    fn correct(&self, call: &Call, acting: Acting) {
        let (exchange, call) = (Arc::clone(&self.exchange), call.clone());
        self.runtime.spawn(async move {
            let cause = Cause::Edge(Code::AuditUnavailable);
            exchange.refuse_act(&call, &acting, cause).await
        });
    }

    /// Tells whether there is anything that such a change could be made to.
    fn is_there(&self, state: &State, client: Option<&ClientId>, what: &What) -> bool {
        let Some(client) = client else {
            return what.is_of_the_registry();
        };
        match what {
            What::Registered(_) => true,
            What::Reverted => state.overlays().find(client).is_some(),
            What::Removed | What::Limited(_) | What::Suspended | What::Resumed => {
                self.view.load().clients.contains_key(client)
            }
            What::MaintenanceOn(_) | What::MaintenanceOff => false,
        }
    }

    /// Puts what the files say now in the place of what they said, once that is recorded.
    ///
    /// # Errors
    /// `AuditUnavailable` where it couldn't be recorded; everything stays as it was.
    pub async fn reload(&self, base: Base) -> Result<(), Refusal> {
        let call = Call::begin(None, None, self.clock.as_ref());
        let mut state = self.state.lock().await;
        self.exchange.record_act(&call, &reloading(), "reloaded").await?;
        let Base {
            clients,
            catalogue,
            operators,
        } = base;
        state.clients = clients;
        state.catalogue = catalogue;
        state.read_at = call.received_at;
        self.operators.replace(operators);
        self.are_files_refused.store(false, Ordering::Relaxed);
        if self.publish(&state).is_err() {
            tracing::error!("what operators changed can't be applied");
        }
        Ok(())
    }

    /// Records that what the files say now can't be used; everything stays as it was.
    pub async fn refuse_reload(&self) {
        let call = Call::begin(None, None, self.clock.as_ref());
        self.are_files_refused.store(true, Ordering::Relaxed);
        let cause = Cause::Edge(Code::InvalidRequest);
        // Nobody waits for an answer; where it can't be recorded, readiness says so.
        let _ = self.exchange.refuse_act(&call, &reloading(), cause).await;
    }

    /// Sees what other gateways of the same store changed, again and again; never ends.
    pub async fn follow(&self) {
        let mut pauses = tokio::time::interval(FOLLOWED_EVERY);
        loop {
            pauses.tick().await;
            let mut state = self.state.lock().await;
            self.number_recorded(&state).await;
            self.let_go(&mut state).await;
            let before = state.number;
            // A store that doesn't answer has said so in a line of its own; what is in force stays.
            if self.catch_up(&mut state).await.is_ok()
                && state.number != before
                && self.publish(&state).is_err()
            {
                tracing::error!("what another gateway changed can't be applied by this version");
            }
        }
    }

    /// Gives our recorded changes their numbers; where that fails it is tried again.
    async fn number_recorded(&self, state: &State) {
        for change in &state.recorded {
            if self.store.put_in_force(change.transaction_id).await.is_err() {
                tracing::error!(
                    client.id = change.client.as_ref().map(ClientId::as_str),
                    "a change counts here and can't be shown to other gateways yet"
                );
                return;
            }
        }
    }

    /// Lets go of what was refused; where that fails it is tried again, and what outlives this process is ended, with a row
    /// that says so, at the next start.
    async fn let_go(&self, state: &mut State) {
        while let Some(refused) = state.given_up.last() {
            if self.store.give_up(*refused).await.is_err() {
                return;
            }
            state.given_up.pop();
        }
    }

    async fn catch_up(&self, state: &mut State) -> Result<(), Unavailable> {
        for Numbered { number, change } in self.store.since(state.number).await? {
            state.overlays.apply(&change);
            state.number = number;
            state
                .recorded
                .retain(|ours| ours.transaction_id != change.transaction_id);
        }
        Ok(())
    }

    /// Ends what this gateway intended in an earlier run: it may have been recorded, so it is recorded now and counts.
    async fn end_intended(&self) -> Result<(), StartFailed> {
        for change in self.store.intended(&self.gateway).await? {
            let mut call = Call::begin(None, None, self.clock.as_ref());
            call.transaction_id = change.transaction_id;
            let acting = Acting {
                operator: change.operator,
                action: change.what.action(),
                client: change.client,
                reason: change.reason,
            };
            let recorded = self.exchange.record_act(&call, &acting, change.what.word()).await;
            recorded.map_err(|_| StartFailed::Unrecorded)?;
            self.store.put_in_force(change.transaction_id).await?;
        }
        Ok(())
    }

    fn publish(&self, state: &State) -> Result<(), Unreadable> {
        let overlays = state.overlays();
        let clients = overlays.over(&state.clients)?;
        let entry = |client: &Arc<Client>| Registered {
            client: Arc::clone(client),
            is_in_file: state.clients.find(&client.id).is_some(),
            set: overlays
                .find(&client.id)
                .into_iter()
                .flat_map(|overlay| overlay.parts())
                .map(|(part, by)| (part, by.clone()))
                .collect(),
        };
        let removed = overlays
            .iter()
            .filter(|(_, overlay)| overlay.has_removed())
            .filter_map(|(id, overlay)| Some((id.clone(), overlay.parts().next()?.1.clone())));
        let view = View {
            clients: clients
                .iter()
                .map(|client| (client.id.clone(), entry(client)))
                .collect(),
            removed: removed.collect(),
            maintenance: overlays.maintenance().cloned(),
            read_at: state.read_at,
        };
        self.exchange
            .put_in_force(Arc::new(clients), Arc::clone(&state.catalogue));
        let notice = view.maintenance.as_ref().map(|(notice, _)| Arc::clone(notice));
        self.exchange.announce_maintenance(notice);
        self.view.store(Arc::new(view));
        Ok(())
    }
}

fn reloading() -> Acting {
    Acting {
        operator: OperatorName::of_files(),
        action: "configuration.reload",
        client: None,
        reason: None,
    }
}
