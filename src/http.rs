//! How does the world reach us?
//!
//! The API's edge. Takes HTTP requests, gives typed questions to `exchange` and writes back what it discloses or why it
//! refuses. Bodies are read strictly and all their faults told at once; every text for people is bilingual; headers carry
//! nothing personal. Decides nothing about callers or persons: what can't be read is turned away through the exchange, so
//! that it is recorded too. Nothing else in the crate knows of HTTP. On failure a problem document, never a bare status.

pub mod admin;
mod arrival;
mod asking;
mod batches;
mod body;
mod caller;
mod checks;
mod citizens;
mod client;
mod confirmations;
mod connections;
mod docs;
mod events;
mod faults;
mod headers;
mod households;
mod json;
pub mod openapi;
mod pages;
mod problem;
mod procedures;
mod quota;
mod routes;
mod shedding;
mod source;
mod texts;
pub mod tls;
mod wire;

use std::any::Any;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use actix_server::GracefulShutdownSignal;
use actix_web::body::BoxBody;
use actix_web::dev::{Extensions, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{self, Data};
use actix_web::{App, Error};

use crate::batches::Batches;
use crate::checks::Checks;
use crate::clock::Clock;
use crate::confirmations::Confirmations;
use crate::events::Events;
use crate::exchange::Exchange;
use arrival::Door;
use asking::Desk;
use connections::{Gate, Places, ServerConfig};
use docs::Viewer;
use headers::limits::Policies;
use openapi::Document;
use pages::Pages;
use problem::Problems;
use procedures::Listing;
use shedding::{Seen, Shedding, Watch};

pub use batches::{Limits as BatchLimits, batch_form};
pub use checks::form;
pub use connections::{Patient, Serve};
pub use source::{Network, NoAddress, Trusted};
pub use texts::{Missing, wording};

/// How often it is looked at how long rows wait.
const LOOKED_AT_EVERY: Duration = Duration::from_millis(20);

/// States what the edge must know.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Where callers find this gateway, for the addresses of problem pages.
    pub public_url: String,
    /// How many requests may be under way at once in this process; beyond it they are shed.
    pub most_under_way: usize,
    /// How long a call may wait for its durable row before others are shed.
    pub longest_wait: Duration,
    /// How many connections one address may have.
    pub connections_per_address: NonZeroUsize,
    /// The proxies whose word is taken for whom they speak.
    pub trusted: Trusted,
    /// How long connections are waited for.
    pub patient: Patient,
    /// How long a body may take to arrive.
    pub body_within: Duration,
    /// What the bodies of batches may be.
    pub batches: BatchLimits,
}

/// Is the API's edge, made once and shared by all workers.
#[derive(Clone)]
pub struct Api {
    door: Arc<Door>,
    gate: Gate,
    desk: Data<Desk>,
    checks: Data<Checks>,
    batches: Data<Batches>,
    batch_limits: Data<BatchLimits>,
    pages: Data<Pages>,
    document: Data<Document>,
    viewer: Data<Viewer>,
    listing: Data<Listing>,
    confirmations: Data<Confirmations>,
    events: Data<Events>,
}

/// Names what an [`Api`] is joined from.
#[derive(Clone)]
#[expect(missing_docs, reason = "each part is documented where it is made")]
pub struct Parts {
    pub exchange: Arc<Exchange>,
    pub checks: Arc<Checks>,
    pub batches: Arc<Batches>,
    pub confirmations: Arc<Confirmations>,
    pub events: Arc<Events>,
    pub clock: Arc<dyn Clock>,
}

impl Api {
    /// Makes the edge.
    ///
    /// # Errors
    /// Fails where a text that people read is missing.
    pub fn new(config: &Config, parts: Parts) -> Result<Self, Missing> {
        let Parts {
            exchange,
            checks,
            batches,
            confirmations,
            events,
            clock,
        } = parts;
        let problems = Arc::new(Problems::new(&config.public_url)?);
        let body_within = config.body_within;
        let (shed, cut) = (Arc::clone(&exchange), Arc::clone(&exchange));
        let trusted = Arc::new(config.trusted.clone());
        let door = Arc::new(Door::new(
            Arc::clone(&problems),
            Box::new(move |code| shed.count_shed(code)),
            clock,
            Shedding::new(config.most_under_way, config.longest_wait),
            Arc::clone(&trusted),
        ));
        let replying = Arc::clone(&door);
        Ok(Self {
            gate: Gate::new(
                config.patient,
                Places::new(config.connections_per_address),
                trusted,
                Arc::new(move |code| replying.reply(code)),
                Arc::new(move |what| cut.count_cut(what)),
            ),
            door,
            pages: Data::new(Pages::new(Arc::clone(&problems))),
            document: Data::new(Document::new(&problems, &config.public_url)),
            listing: Data::new(Listing::new(&exchange.catalogue())),
            desk: Data::new(Desk {
                exchange,
                problems,
                body_within,
                policies: Policies::default(),
            }),
            checks: Data::from(checks),
            batches: Data::from(batches),
            batch_limits: Data::new(config.batches),
            viewer: Data::new(Viewer::new()),
            confirmations: Data::from(confirmations),
            events: Data::from(events),
        })
    }

    /// Serves one worker's plain connections.
    pub fn plain(&self, leaving: GracefulShutdownSignal) -> impl Serve + use<> {
        self.gate.plain(self, leaving)
    }

    /// Serves one worker's connections over TLS; `shown` keeps what a client showed in the handshake.
    pub fn secured<K>(
        &self,
        leaving: GracefulShutdownSignal,
        config: ServerConfig,
        shown: K,
    ) -> impl Serve + use<K>
    where
        K: Fn(&dyn Any, &mut Extensions) + 'static,
    {
        self.gate.secured(self, leaving, config, shown)
    }

    /// Has every answer be the last one of its connection, so that callers go elsewhere before the listener closes.
    pub fn leave(&self) {
        self.door.leave();
    }

    /// Follows how long calls wait for their rows, and sheds accordingly; never ends.
    pub async fn watch(self) {
        let exchange = &self.desk.exchange;
        let mut looks = tokio::time::interval(LOOKED_AT_EVERY);
        looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let (mut watch, mut was_shed) = (Watch::default(), false);
        loop {
            looks.tick().await;
            let seen = Seen {
                wait: exchange.last_wait(),
                rows_wait: exchange.rows_wait(),
            };
            let wait = watch.look(seen, LOOKED_AT_EVERY);
            let sheds = self.door.shedding().set_wait(wait);
            if sheds != was_shed {
                was_shed = sheds;
                if sheds {
                    tracing::warn!("rows wait too long for the audit log: calls are shed");
                } else {
                    tracing::info!("rows no longer wait too long: no calls are shed");
                }
            }
        }
    }

    /// Gives the application of one worker: every address of the API behind the door, and an answer for those that it
    /// doesn't have.
    pub fn app(
        &self,
    ) -> App<
        impl ServiceFactory<
            ServiceRequest,
            Config = (),
            Response = ServiceResponse,
            Error = Error,
            InitError = (),
        > + use<>,
    > {
        let door = Arc::clone(&self.door);
        let passed = move |request: ServiceRequest, next: Next<BoxBody>| {
            let door = Arc::clone(&door);
            async move {
                let answered = door.pass(request, next).await;
                answered.map(tls::last_where_outdated)
            }
        };
        App::new()
            .app_data(self.desk.clone())
            .app_data(self.checks.clone())
            .app_data(self.batches.clone())
            .app_data(self.batch_limits.clone())
            .app_data(self.pages.clone())
            .app_data(self.document.clone())
            .app_data(self.viewer.clone())
            .app_data(self.listing.clone())
            .app_data(self.confirmations.clone())
            .app_data(self.events.clone())
            .configure(routes::register)
            .default_service(web::to(pages::not_found))
            .wrap(from_fn(passed))
    }
}
