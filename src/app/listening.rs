//! How do the two listeners serve what was joined, and how does one take the place of another?
//!
//! Sockets are bound before anything else is made, so that a taken port ends the start early; the API's workers share one
//! `Api`, since whatever is made in a worker is made as often as there are workers. Other settings of the door need
//! another server: its socket is bound while they are judged, so that a taken port is a mistake like others; where the
//! address stays, it is the same socket. It serves before the one of before begins to leave, which answers what it has,
//! each answer the last of its connection, and nobody is refused in between. `api.public_url` is that of the start:
//! confirmations name it.

mod serving;

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex as Lock, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use actix_web::rt::System;
use anyhow::Context as _;
use tokio::runtime::Handle;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{error, info};

use crate::auth::Operators;
use crate::clock::Clock;
use crate::config::{self, Mistake};
use crate::events::Events;
use crate::exchange::Exchange;
use crate::http;
use crate::http::admin::{Admin, Hosts};
use crate::http::tls::{Identity, Live};
use crate::operations::{Draining, Waiting};
use crate::register::Register;
use crate::telemetry::Metrics;
use serving::{Serving, Socket};

/// Where each of the two stands in the settings.
const API: &str = "api.listen";
const OPERATIONS: &str = "operations.listen";

/// Holds the two sockets before anything is served on them.
pub struct Bound {
    api: Arc<Socket>,
    operations: Arc<Socket>,
}

/// Tells where we listen.
#[derive(Debug, Clone, Copy)]
pub struct Addresses {
    pub api: SocketAddr,
    pub operations: SocketAddr,
}

impl Bound {
    pub fn new(api: SocketAddr, operations: SocketAddr) -> anyhow::Result<Self> {
        let bind = |at| {
            Socket::bind(at)
                .map(Arc::new)
                .with_context(|| format!("can't listen on {at}"))
        };
        Ok(Self {
            api: bind(api)?,
            operations: bind(operations)?,
        })
    }

    /// Puts the port that we got into the public URL where it says port 0, as the listener's own address does.
    pub fn named(&self, mut edge: http::Config) -> http::Config {
        if let Some(host) = edge.public_url.strip_suffix(":0") {
            edge.public_url = format!("{host}:{}", self.api.address.port());
        }
        edge
    }
}

/// Is what operators look at and act on.
#[derive(Clone)]
pub struct Beside {
    pub exchange: Arc<Exchange>,
    pub events: Arc<Events>,
    pub register: Arc<Register>,
    pub metrics: Metrics,
    pub draining: Draining,
    pub waiting: Waiting,
    pub operators: Arc<Operators>,
}

/// Names what the listeners are joined from.
pub struct Parts {
    pub edge: http::Parts,
    pub beside: Beside,
    pub shared: Handle,
    pub clock: Arc<dyn Clock>,
}

/// Is what a door of the API is made of.
type Door<'w> = (&'w config::Listener, &'w http::Config, Option<&'w Arc<Live>>);

impl Parts {
    async fn serve_api(
        &self,
        system: &System,
        socket: Arc<Socket>,
        (listener, edge, tls): Door<'_>,
    ) -> anyhow::Result<Serving> {
        let edge = http::Api::new(edge, self.edge.clone())?;
        let server = serving::api(&socket, listener, tls, edge.clone())?;
        let serving = Serving::start(system, socket, server).await?;
        let watching = self.shared.spawn(edge.clone().watch());
        Ok(serving.with_edge(edge, watching.abort_handle()))
    }

    async fn serve_operations(
        &self,
        system: &System,
        socket: Arc<Socket>,
        (side, public_url): (&config::Operations, &str),
    ) -> anyhow::Result<Serving> {
        let Beside {
            exchange,
            register,
            operators,
            ..
        } = self.beside.clone();
        let hosts = Hosts::new(socket.address, side.hosts.clone());
        let clock = Arc::clone(&self.clock);
        let admin = Admin::new(public_url, hosts, exchange, register, operators, clock)?;
        let server = serving::operations(&socket, &self.beside, admin)?;
        Ok(Serving::start(system, socket, server).await?)
    }
}

/// Is how the listeners are to be, as the settings have it.
pub struct Wanted {
    pub listener: config::Listener,
    pub edge: http::Config,
    pub operations: config::Operations,
}

/// Is what was judged and isn't in force yet, with the sockets of those listeners that change.
pub struct Next {
    wanted: Wanted,
    identity: Option<Identity>,
    api: Option<Arc<Socket>>,
    operations: Option<Arc<Socket>>,
}

struct InForce {
    wanted: Wanted,
    tls: Option<Arc<Live>>,
    api: Serving,
    operations: Serving,
}

/// Keeps the listeners.
pub struct Listening {
    parts: Parts,
    system: System,
    public_url: String,
    /// Nothing once the gateway stops.
    in_force: Mutex<Option<InForce>>,
    /// Every socket that is open, those of servers that leave among them.
    open: Lock<Vec<(&'static str, Weak<Socket>)>>,
    addresses: Lock<Addresses>,
    /// What leaves, and whether it should hurry.
    leaving: TaskTracker,
    stopping: CancellationToken,
}

impl Listening {
    /// Serves on both sockets. Must run within an actix system.
    pub async fn start(bound: Bound, mut wanted: Wanted, parts: Parts) -> anyhow::Result<Self> {
        let identity = wanted.listener.tls.take();
        let tls = identity.map(|identity| {
            if !identity.is_in_time(parts.clock.now()) {
                error!("the certificate of api.tls.certificate_file is out of its time");
            }
            Live::new(identity, Arc::clone(&parts.clock))
        });
        let system = System::current();
        let open = [(API, &bound.api), (OPERATIONS, &bound.operations)];
        let open = open.map(|(key, socket)| (key, Arc::downgrade(socket)));
        let addresses = Addresses {
            api: bound.api.address,
            operations: bound.operations.address,
        };
        let door = (&wanted.listener, &wanted.edge, tls.as_ref());
        let api = parts.serve_api(&system, bound.api, door).await?;
        let public_url = wanted.edge.public_url.clone();
        let side = (&wanted.operations, public_url.as_str());
        let operations = parts.serve_operations(&system, bound.operations, side).await?;
        let listening = Self {
            parts,
            system,
            public_url,
            in_force: Mutex::new(Some(InForce {
                wanted,
                tls,
                api,
                operations,
            })),
            open: Lock::new(open.to_vec()),
            addresses: Lock::new(addresses),
            leaving: TaskTracker::new(),
            stopping: CancellationToken::new(),
        };
        listening.tell();
        Ok(listening)
    }

    /// Tells where we listen now.
    pub fn addresses(&self) -> Addresses {
        *locked(&self.addresses)
    }

    fn tell(&self) {
        let Addresses { api, operations } = self.addresses();
        info!(api.address = %api, operations.address = %operations, "listening");
    }

    /// Gives how long calls may take to end at a stop.
    pub async fn shutdown_timeout(&self) -> Duration {
        let in_force = self.in_force.lock().await;
        let times = in_force.as_ref().map(|now| now.wanted.listener.shutdown_timeout);
        times.unwrap_or_default()
    }

    /// Judges how the listeners are to be from now on, and binds the sockets that this needs.
    pub async fn judge(&self, mut wanted: Wanted) -> Result<Next, Mistake> {
        wanted.edge.public_url.clone_from(&self.public_url);
        let identity = wanted.listener.tls.take();
        let in_force = self.in_force.lock().await;
        let (mut api, mut operations) = (None, None);
        if let Some(now) = in_force.as_ref() {
            self.judge_identity(now.tls.as_ref(), identity.as_ref())?;
            let is_same = now.wanted.listener == wanted.listener && now.wanted.edge == wanted.edge;
            if !is_same || now.tls.is_some() != identity.is_some() {
                api = Some(self.socket(API, wanted.listener.api)?);
            }
            if now.wanted.operations != wanted.operations {
                operations = Some(self.socket(OPERATIONS, wanted.operations.listen)?);
            }
        }
        Ok(Next {
            wanted,
            identity,
            api,
            operations,
        })
    }

    /// Refuses a new certificate with which no caller would talk to us.
    fn judge_identity(&self, now: Option<&Arc<Live>>, next: Option<&Identity>) -> Result<(), Mistake> {
        let is_new = |identity: &&Identity| now.is_none_or(|live| !live.has(identity));
        let is_over = |identity: &Identity| !identity.is_in_time(self.parts.clock.now());
        if next.filter(is_new).is_some_and(is_over) {
            return Err(Mistake {
                at: "api.tls.certificate_file".to_owned(),
                what: "the certificate is out of its time".to_owned(),
            });
        }
        Ok(())
    }

    /// Gives our socket at this place: one that is open already, or a new one.
    fn socket(&self, key: &'static str, at: SocketAddr) -> Result<Arc<Socket>, Mistake> {
        let mut open = locked(&self.open);
        open.retain(|(_, socket)| socket.strong_count() > 0);
        let ours = open.iter().filter(|(of, _)| *of == key);
        if let Some(socket) = ours
            .filter_map(|(_, socket)| socket.upgrade())
            .find(|socket| socket.at == at)
        {
            return Ok(socket);
        }
        let bound = Socket::bind(at).map_err(|failed| Mistake {
            at: key.to_owned(),
            what: format!("can't listen on {at}: {failed}"),
        })?;
        let socket = Arc::new(bound);
        open.push((key, Arc::downgrade(&socket)));
        Ok(socket)
    }

    /// Puts in force what was judged; what the servers of before have taken is answered by them.
    pub async fn put_in_force(&self, next: Next) {
        let mut in_force = self.in_force.lock().await;
        let Some(now) = in_force.as_mut() else { return };
        let tls = match (&now.tls, next.identity) {
            (Some(live), Some(identity)) => {
                if live.put_in_force(identity) {
                    info!(
                        "another certificate or clients' CA counts; connections of before end with their next answer"
                    );
                }
                Some(Arc::clone(live))
            }
            (None, Some(identity)) => Some(Live::new(identity, Arc::clone(&self.parts.clock))),
            (_, None) => None,
        };
        let Wanted {
            listener,
            edge,
            operations,
        } = next.wanted;
        if let Some(socket) = next.operations {
            let side = (&operations, self.public_url.as_str());
            match self.parts.serve_operations(&self.system, socket, side).await {
                Ok(serving) => {
                    now.wanted.operations = operations;
                    locked(&self.addresses).operations = serving.socket().address;
                    self.see_off(&mut now.operations, serving, Duration::ZERO);
                }
                Err(failed) => go_on(&failed),
            }
        }
        if let Some(socket) = next.api {
            let leave_within = now.wanted.listener.leave_within;
            let door = (&listener, &edge, tls.as_ref());
            match self.parts.serve_api(&self.system, socket, door).await {
                Ok(serving) => {
                    locked(&self.addresses).api = serving.socket().address;
                    (now.wanted.listener, now.wanted.edge, now.tls) = (listener, edge, tls);
                    self.see_off(&mut now.api, serving, leave_within);
                }
                Err(failed) => go_on(&failed),
            }
        }
    }

    /// Puts a server in the place of another one, which leaves.
    fn see_off(&self, place: &mut Serving, next: Serving, within: Duration) {
        self.tell();
        let old = std::mem::replace(place, next);
        old.send_on();
        let is_same_socket = Arc::ptr_eq(old.socket(), place.socket());
        let stopping = self.stopping.clone();
        let leaving = async move {
            let a_while = async move {
                // A stop of the gateway doesn't wait for it.
                let _ = tokio::time::timeout(within, stopping.cancelled()).await;
            };
            match old.make_way(a_while, is_same_socket).await {
                Ok(()) => info!("a listener of before has ended"),
                Err(failed) => error!(cause = %failed, "a listener of before broke off"),
            }
        };
        self.leaving.spawn_on(leaving, &self.parts.shared);
    }

    /// Ends every server: callers sent elsewhere, then no new connections, running calls to their end within the deadline.
    pub async fn stop(&self) -> io::Result<()> {
        let Some(now) = self.in_force.lock().await.take() else {
            return Ok(());
        };
        self.stopping.cancel();
        let a_while = tokio::time::sleep(now.wanted.listener.leave_within);
        let left = now.api.leave(a_while).await;
        // Operators see that it drains until the last answer is out.
        self.leaving.close();
        self.leaving.wait().await;
        left.and(now.operations.stop().await)
    }
}

fn go_on(failed: &anyhow::Error) {
    error!(cause = %failed, "no listener can be made of the new settings; that of before goes on");
}

fn locked<T>(held: &Lock<T>) -> MutexGuard<'_, T> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}
