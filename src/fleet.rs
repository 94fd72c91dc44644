//! Which other gateways serve beside this one, and how is the Redis that they have in common reached?
//!
//! Beside the road. Makes the one connection that records, limits and the registry's budget send their commands over, and
//! says every second that this gateway is there. The gateway starts and serves without Redis; whoever asks here then hears
//! `Unreachable` and goes on alone, as its own module says. A server that doesn't answer holds nobody up twice: after the first
//! failure all are told at once that it is away, until the next sign of life (a second at the most) shows that it is back.
//! One Redis, not a cluster: the scripts name keys that they find out as they run. The URL holds a password and is never printed.

mod pulse;

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig, MultiplexedConnection};
use redis::io::tcp::TcpSettings;
use redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, IntoConnectionInfo as _, ProtocolVersion, RedisError,
    RedisResult, Script, TlsCertificates,
};
use secrecy::{ExposeSecret as _, SecretString};
use tracing::{info, warn};
use uuid::Uuid;

/// How often a gateway says that it is there.
const EVERY: Duration = Duration::from_secs(1);

/// How long it counts as there after it last said so.
const COUNTED_FOR: Duration = Duration::from_secs(5);

/// What was sent and isn't acknowledged after this time has the connection made anew, where no end of it was ever seen.
const LOST_AFTER: Duration = Duration::from_secs(10);

/// After so many beats in a row without any answer the connection is given up for a new one; connecting takes less.
const GIVEN_UP_AFTER: u32 = 4;

/// How much longer connecting may take than an answer; nobody waits for it longer than for an answer.
const TO_CONNECT: u32 = 4;

/// Says where the server is and how long it is waited for.
pub struct Config {
    client: Client,
    timeout: Duration,
}

/// Says that no connection can be made of the settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a URL of the form redis://… or, with authorities of one's own, rediss://…")]
pub struct Unusable;

/// Says that the server couldn't be asked, or not in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Redis is not reachable")]
pub struct Unreachable;

impl Config {
    /// Takes the URL, the only authorities trusted for `rediss://` (the system's where none are given), and how long an
    /// answer is waited for.
    ///
    /// # Errors
    /// `Unusable`, which quotes nothing of the URL.
    pub fn new(
        url: &SecretString,
        authorities_pem: Option<Vec<u8>>,
        timeout: Duration,
    ) -> Result<Self, Unusable> {
        let info = url.expose_secret().into_connection_info().map_err(|_| Unusable)?;
        if matches!(info.addr(), ConnectionAddr::TcpTls { insecure: true, .. }) {
            return Err(Unusable);
        }
        let spoken = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
        let sent = TcpSettings::default()
            .set_nodelay(true)
            .set_user_timeout(LOST_AFTER);
        let info = info.set_redis_settings(spoken).set_tcp_settings(sent);
        let client = match authorities_pem {
            Some(pem) => {
                let certificates = TlsCertificates {
                    client_tls: None,
                    root_cert: Some(pem),
                };
                Client::build_with_tls(info, certificates)
            }
            None => Client::open(info),
        };
        Ok(Self {
            client: client.map_err(|_| Unusable)?,
            timeout,
        })
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// Is the company of gateways that share a Redis.
pub struct Fleet {
    client: Client,
    settings: ConnectionManagerConfig,
    connection: Mutex<ConnectionManager>,
    /// The beats in a row that nothing was heard after.
    unheard: AtomicU32,
    timeout: Duration,
    /// The name of this gateway among them, new with each start.
    name: String,
    beat: Script,
    leave: Script,
    /// How many there are, this one included; none while the server is away.
    gateways: AtomicU64,
    /// Whether the server refused the last command, so that it is logged once and not for every call.
    is_refusing: AtomicBool,
}

impl Fleet {
    /// Joins the others, if the server answers; must run within a tokio runtime, on which the connection then lives.
    ///
    /// # Errors
    /// Settings that the client library refuses; never a server that is away.
    pub async fn join(config: Config) -> Result<Self, Unusable> {
        let Config { client, timeout } = config;
        let settings = ConnectionManagerConfig::new()
            .set_number_of_retries(1)
            .set_min_delay(Duration::from_millis(50))
            .set_max_delay(timeout)
            .set_connection_timeout(Some(timeout.saturating_mul(TO_CONNECT)))
            .set_response_timeout(Some(timeout))
            .set_pipeline_buffer_size(1024);
        let connection = client
            .get_connection_manager_lazy(settings.clone())
            .map_err(|_| Unusable)?;
        let fleet = Self {
            client,
            settings,
            connection: Mutex::new(connection),
            unheard: AtomicU32::new(0),
            timeout,
            name: Uuid::new_v4().simple().to_string(),
            beat: Script::new(pulse::BEAT),
            leave: Script::new(pulse::LEAVE),
            gateways: AtomicU64::new(0),
            is_refusing: AtomicBool::new(false),
        };
        fleet.feel_pulse().await;
        if !fleet.is_reachable() {
            warn!(
                upstream.name = "redis",
                "the server is away; going on without it until it is back"
            );
        }
        Ok(fleet)
    }

    /// Gives the connection that all commands go over, to be asked for anew with each: it makes itself anew after most
    /// failures, and is replaced after the others.
    ///
    /// Its answers are waited for no longer than configured, but a connection that is being made may take longer: [`Self::ask`]
    /// bounds that too.
    #[must_use]
    pub fn connection(&self) -> ConnectionManager {
        let connection = self.connection.lock();
        connection.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Makes a connection of one's own, for commands that wait on the server; `patience` bounds each answer.
    pub(crate) async fn own_connection(
        &self,
        patience: Duration,
    ) -> Result<MultiplexedConnection, Unreachable> {
        let settings = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.timeout.saturating_mul(TO_CONNECT)))
            .set_response_timeout(Some(patience));
        let connecting = self
            .client
            .get_multiplexed_async_connection_with_config(&settings);
        connecting.await.map_err(|_| Unreachable)
    }

    /// Gives how long an answer is waited for.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Counts the gateways, this one included; `None` while the server is away.
    #[must_use]
    pub fn gateways(&self) -> Option<u64> {
        match self.gateways.load(Ordering::Relaxed) {
            0 => None,
            gateways => Some(gateways),
        }
    }

    /// Tells whether the server answered the last time.
    #[must_use]
    pub fn is_reachable(&self) -> bool {
        self.gateways().is_some()
    }

    /// Sends a command and waits for its answer, within the configured time and not at all while the server is away.
    ///
    /// # Errors
    /// `Unreachable`, also for an answer that is an error or can't be read; only what speaks of a lost connection has
    /// the server count as away.
    pub async fn ask<T>(&self, command: impl Future<Output = RedisResult<T>>) -> Result<T, Unreachable> {
        if !self.is_reachable() {
            return Err(Unreachable);
        }
        match tokio::time::timeout(self.timeout, command).await {
            Ok(Ok(answer)) => {
                if self.is_refusing.load(Ordering::Relaxed) {
                    self.is_refusing.store(false, Ordering::Relaxed);
                }
                Ok(answer)
            }
            Ok(Err(error)) => {
                if is_away(&error) {
                    self.enter(0);
                } else if !self.is_refusing.swap(true, Ordering::Relaxed) {
                    // The kind alone: a server's own words could quote what it was sent.
                    warn!(upstream.name = "redis", failure = ?error.kind(), "the server refused a command");
                }
                Err(Unreachable)
            }
            Err(_) => {
                self.enter(0);
                Err(Unreachable)
            }
        }
    }

    /// Says every second that this gateway is there; never ends.
    pub async fn keep_joined(&self) {
        let mut beats = tokio::time::interval(EVERY);
        beats.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            beats.tick().await;
            self.feel_pulse().await;
        }
    }

    /// Takes this gateway's name out, so that the others needn't wait to see that it is gone.
    pub async fn leave(&self) {
        let mut connection = self.connection();
        let mut leaving = self.leave.key(pulse::GATEWAYS);
        let leaving = leaving.arg(&self.name).invoke_async::<()>(&mut connection);
        // If nobody hears of it, it lapses by itself.
        let _ = self.ask(leaving).await;
    }

    /// Says that this gateway is there, and looks who else is.
    pub(crate) async fn feel_pulse(&self) {
        let mut connection = self.connection();
        let mut beating = self.beat.key(pulse::GATEWAYS);
        let beating = beating
            .arg(&self.name)
            .arg(u64::try_from(COUNTED_FOR.as_millis()).unwrap_or(u64::MAX));
        let answer = tokio::time::timeout(self.timeout, beating.invoke_async::<u64>(&mut connection)).await;
        let unheard = match &answer {
            Ok(Ok(_)) => 0,
            // What failed at once fails for ever where connecting was cut off in the middle of an answer: the library keeps
            // every error but those of the socket. One that nobody answers may still be connecting.
            Ok(Err(_)) => GIVEN_UP_AFTER,
            Err(_) => self.unheard.load(Ordering::Relaxed).saturating_add(1),
        };
        self.unheard.store(unheard % GIVEN_UP_AFTER, Ordering::Relaxed);
        if unheard >= GIVEN_UP_AFTER {
            self.connect_anew();
        }
        self.enter(answer.ok().and_then(Result::ok).unwrap_or_default());
    }

    /// Replaces the connection; whoever still waits for the old one hears of its failure as before.
    fn connect_anew(&self) {
        // Settings that have made a connection before make another.
        if let Ok(anew) = self.client.get_connection_manager_lazy(self.settings.clone()) {
            *self.connection.lock().unwrap_or_else(PoisonError::into_inner) = anew;
        }
    }

    fn enter(&self, gateways: u64) {
        let before = self.gateways.swap(gateways, Ordering::Relaxed);
        match (before, gateways) {
            (0, 0) => {}
            (0, _) => info!(upstream.name = "redis", gateways, "the server answers"),
            (_, 0) => warn!(
                upstream.name = "redis",
                "the server is away; going on without it until it is back"
            ),
            _ => {}
        }
    }
}

/// Tells an error of the connection from one of the command.
fn is_away(error: &RedisError) -> bool {
    error.is_io_error() || error.is_timeout() || error.is_unrecoverable_error()
}

impl fmt::Debug for Fleet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fleet")
            .field("gateways", &self.gateways())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
