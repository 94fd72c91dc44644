//! With which settings does the gateway run, and what is wrong with those that were given?
//!
//! Joins the compiled-in defaults, files and variables into one typed `Config`, each module's own settings type beside the
//! other. Every mistake is found in one go and named by its key; with a single one there is no `Config`. The environment is
//! handed in as a map, so that nothing here depends on the process; files are read here and nowhere else, so the modules
//! get certificates and secrets as bytes.

mod catalogue;
mod clients;
mod edge;
mod operators;
mod origin;
mod reader;
mod secrets;
mod upstream;
mod working_days;

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::SecretSlice;

use crate::http::tls::Unusable;
use crate::limits::link::{Rules, WhenApart};
use crate::policy::clients::Clients;
use crate::policy::procedures::Catalogue;
use crate::registry::budget;
use crate::{auth, batches, checks, events, fleet, http, limits, records, registry, stores};
use reader::Reader;

pub use catalogue::shipped as shipped_catalogue;
pub use origin::{Marks, Origin};

/// The longest that a statement of the store may be given.
const LONGEST_STATEMENT: Duration = Duration::from_mins(1);

/// What a listener's address looks like.
const ADDRESS: &str = "an address with a port, such as 127.0.0.1:8080";

/// The lowest layer: every key, with its default.
pub const DEFAULTS: &str = include_str!("../config/gateway.toml");

/// Is one mistake in what was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The key's path, or the file, that it concerns.
    pub at: String,
    /// What is wrong, and what would be right.
    pub what: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.at, self.what)
    }
}

/// Says everything that is wrong with the settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Mistakes(pub Vec<Mistake>);

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for mistake in &self.0 {
            writeln!(f, "{mistake}")?;
        }
        Ok(())
    }
}

/// Tells where and how connections of callers are taken.
#[derive(Debug, PartialEq)]
pub struct Listener {
    /// Where the API listens.
    pub api: SocketAddr,
    /// Threads that serve connections.
    pub workers: usize,
    /// Connections at once, for each thread.
    pub max_connections: usize,
    /// How long answers close their connections before the listener does.
    pub leave_within: Duration,
    /// How long running calls may take after SIGTERM.
    pub shutdown_timeout: Duration,
    /// Certificate, key and authorities, where the API speaks TLS.
    pub tls: Option<http::tls::Identity>,
}

/// Tells where operators reach us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operations {
    /// Where they are listened for.
    pub listen: SocketAddr,
    /// Under which other names they reach it.
    pub hosts: Vec<http::admin::HostName>,
}

/// Tells how the audit log is kept.
#[derive(Debug)]
pub struct Audit {
    /// The log's name.
    pub log: crate::audit::LogName,
    /// Where checkpoints are kept outside the store.
    pub checkpoint_dir: Option<PathBuf>,
    /// Rows that may wait.
    pub queue: usize,
}

/// Holds the gateway's own secrets.
#[derive(Debug)]
pub struct Keys {
    /// The master secret of all keyed hashes.
    pub pseudonym: SecretSlice<u8>,
    /// The secret that seals what is kept of answers.
    pub sealing: SecretSlice<u8>,
    /// The seeds of the log's and the confirmations' keys: the first signs, the others did before, or will. At least one.
    pub signing: Vec<SecretSlice<u8>>,
}

/// Holds every setting.
pub struct Config {
    /// Connections.
    pub listener: Listener,
    /// Operators' connections.
    pub operations: Operations,
    /// What the HTTP edge must know.
    pub http: http::Config,
    /// Authentication.
    pub auth: auth::Config,
    /// Failed authentications with an audit row of their own, a second.
    pub failed_authentications_per_second: u32,
    /// The way to the registry.
    pub registry: registry::Config,
    /// How the registry's changes are followed.
    pub events: events::Config,
    /// How the registry's patience is spent.
    pub budget: budget::Config,
    /// The record cache.
    pub records: records::Config,
    /// The Redis that gateways share, where there is one.
    pub fleet: Option<fleet::Config>,
    /// Limits that are the same for all clients.
    pub limits: limits::Config,
    /// Where everything is kept.
    pub store: stores::Config,
    /// The audit log.
    pub audit: Audit,
    /// The gateway's own secrets.
    pub keys: Keys,
    /// The log's filter.
    pub log: String,
    /// The register of clients.
    pub clients: Clients,
    /// The catalogue of procedures.
    pub catalogue: Catalogue,
    /// Who may use the operations listener.
    pub operators: Vec<auth::Operator>,
    /// Where all this was read, to read it again.
    pub origin: Origin,
    /// Checks.
    pub checks: checks::Config,
    /// Batches.
    pub batches: batches::Config,
}

/// Reads the settings from files, later ones over earlier ones, and from variables over all.
///
/// # Errors
/// Every mistake there is.
pub fn load(files: &[PathBuf], environment: &BTreeMap<String, String>) -> Result<Config, Mistakes> {
    let mut reader = Reader::open(files, environment)?;
    let origin = Origin::of(files, environment, &mut reader);
    let parts = Parts::read(&mut reader, origin);
    let (mistakes, config) = (reader.finish(), parts);
    match config {
        Some(config) if mistakes.is_empty() => Ok(config),
        _ => Err(Mistakes(mistakes)),
    }
}

/// Reads what the audit commands need: store and checkpoints.
///
/// # Errors
/// Every mistake in those settings.
pub fn load_audit(
    files: &[PathBuf],
    environment: &BTreeMap<String, String>,
) -> Result<(stores::Config, Audit), Mistakes> {
    let mut reader = Reader::open(files, environment)?;
    let (store, audit) = (store(&mut reader), audit(&mut reader));
    let mistakes = reader.finish();
    match (store, audit) {
        (Some(store), Some(audit)) if mistakes.is_empty() => Ok((store, audit)),
        _ => Err(Mistakes(mistakes)),
    }
}

/// Reads the seeds of the signing keys alone.
///
/// # Errors
/// Every mistake in that setting.
pub fn load_signing(
    files: &[PathBuf],
    environment: &BTreeMap<String, String>,
) -> Result<Vec<SecretSlice<u8>>, Mistakes> {
    let mut reader = Reader::open(files, environment)?;
    let signing = secrets::keys(&mut reader, "keys.signing_file");
    let mistakes = reader.finish();
    signing.filter(|_| mistakes.is_empty()).ok_or(Mistakes(mistakes))
}

struct Parts;

impl Parts {
    /// Reads every section before giving up on any, so that all mistakes come together.
    fn read(reader: &mut Reader, origin: Origin) -> Option<Config> {
        let (catalogue, codes) = catalogue::read(reader);
        let clients = clients::read(reader, codes.as_ref());
        let operators = operators::read(reader);
        let listener = listener(reader);
        let operations = operations(reader);
        let http = edge::read(reader);
        let auth = authentication(reader);
        let failed = reader.number("auth.failed_per_second", 0..=1_000);
        let registry = upstream::read(reader);
        let changes_every = reader.duration("registry.changes_every");
        let deadline = registry.as_ref().map(|registry| registry.deadline);
        stops_in_time(reader, listener.as_ref(), deadline);
        let budget = upstream::budget(reader);
        let records = cache(reader);
        let fleet = company(reader, records.as_ref());
        let limits = common_limits(reader);
        let (store, audit) = (store(reader), audit(reader));
        let keys = own_keys(reader);
        let checks = household_checks(reader, deadline);
        let batches = whole_batches(reader);
        let log = reader.checked(
            "telemetry.log",
            "a level, or directives such as dancu=debug,warn",
            |text| {
                crate::telemetry::subscriber(text, std::io::sink)
                    .is_ok()
                    .then(|| text.to_owned())
            },
        );
        Some(Config {
            listener: listener?,
            operations: operations?,
            http: http?,
            auth: auth?,
            failed_authentications_per_second: failed?,
            registry: registry?,
            events: events::Config {
                every: changes_every?,
            },
            budget: budget?,
            records: records?,
            fleet: fleet?,
            limits: limits?,
            store: store?,
            audit: audit?,
            keys: keys?,
            log: log?,
            clients: clients?,
            catalogue: catalogue?,
            operators: operators?,
            origin,
            checks: checks?,
            batches: batches?,
        })
    }
}

fn listener(reader: &mut Reader) -> Option<Listener> {
    let api = reader.checked("api.listen", ADDRESS, |text| text.parse().ok());
    // The most that the server takes.
    let workers = reader.number("api.workers", 0..=512);
    let max_connections = reader.number("api.max_connections", 1..=1_000_000);
    let leave_within = reader.duration_within("api.leave_within", Duration::from_mins(1));
    let shutdown_timeout = reader.duration_or_none("api.shutdown_timeout");
    let tls = tls(reader);
    Some(Listener {
        api: api?,
        workers: workers?,
        max_connections: max_connections?,
        leave_within: leave_within?,
        shutdown_timeout: shutdown_timeout?,
        tls: tls?,
    })
}

fn operations(reader: &mut Reader) -> Option<Operations> {
    let listen = reader.checked("operations.listen", ADDRESS, |text| text.parse().ok());
    let names = "host names or addresses without a port, such as ops.example.vn";
    let hosts = reader.each_or_none("operations.hosts", names, |text| text.parse().ok());
    Some(Operations {
        listen: listen?,
        hosts: hosts?,
    })
}

fn tls(reader: &mut Reader) -> Option<Option<http::tls::Identity>> {
    let certificate = reader.file("api.tls.certificate_file");
    let key = reader.secret_file("api.tls.key_file");
    let client_ca = reader.file("api.tls.client_ca_file");
    match (certificate?, key?, client_ca?) {
        (Some(certificate), Some(key), client_ca) => {
            let judged = http::tls::Identity::new(&certificate, &key, client_ca.as_deref());
            let identity = judged.map_err(|unusable| {
                let at = match unusable {
                    Unusable::Certificate => "api.tls.certificate_file",
                    Unusable::Key | Unusable::Pair(_) => "api.tls.key_file",
                    Unusable::ClientCa | Unusable::ClientVerifier(_) => "api.tls.client_ca_file",
                };
                reader.mistake(at, unusable.to_string());
            });
            identity.ok().map(Some)
        }
        (None, None, None) => Some(None),
        _ => {
            reader.mistake(
                "api.tls",
                "certificate_file and key_file go together, client_ca_file with them",
            );
            None
        }
    }
}

fn authentication(reader: &mut Reader) -> Option<auth::Config> {
    let issuer = reader.needed("auth.issuer");
    let audience = reader.needed("auth.audience");
    let jwks_url = reader.url("auth.jwks_url");
    let jwks_ca = reader.file("auth.ca_file");
    let known = "some of ES256, EdDSA, RS256, PS256";
    let algorithms = reader.each("auth.algorithms", known, |text| text.parse().ok());
    let leeway = reader.duration_within("auth.leeway", Duration::from_secs(60));
    let fetch_timeout = reader.duration("auth.fetch_timeout");
    let keys_refreshed_every = reader.duration("auth.keys_refreshed_every");
    let unknown_kid_pause = reader.duration("auth.unknown_kid_pause");
    let keys_kept_for = reader.duration_or_none("auth.keys_kept_for");
    let remembered_tokens = reader.number("auth.remembered_tokens", 0..=100_000_000);
    let failed_per_address = reader.positive("auth.failed_per_address");
    let config = auth::Config {
        issuer: issuer?,
        audience: audience?,
        algorithms: algorithms?,
        leeway: leeway?,
        jwks_url: jwks_url?,
        jwks_ca: jwks_ca?,
        fetch_timeout: fetch_timeout?,
        keys_refreshed_every: keys_refreshed_every?,
        unknown_kid_pause: unknown_kid_pause?,
        keys_kept_for: keys_kept_for?,
        remembered_tokens: remembered_tokens?,
        failed_per_address: failed_per_address?,
    };
    if !config.is_usable() {
        reader.mistake(
            "auth.ca_file",
            "must hold CA certificates in PEM; empty: the system must have some",
        );
    }
    Some(config)
}

fn cache(reader: &mut Reader) -> Option<records::Config> {
    let capacity = reader.number("records.capacity", 1..=1_000_000_000);
    let lifetime = reader.duration_or_none("records.lifetime");
    let absent_lifetime = reader.duration_or_none("records.absent_lifetime");
    let second_level = reader.flag("records.second_level");
    if is_longer(absent_lifetime, lifetime) {
        reader.mistake("records.absent_lifetime", "longer than records.lifetime");
    }
    Some(records::Config {
        capacity: capacity?,
        lifetime: lifetime?,
        absent_lifetime: absent_lifetime?,
        second_level: second_level?,
    })
}

/// Reads where the Redis is; with no URL there is none, and nothing that needs one may be on.
fn company(reader: &mut Reader, records: Option<&records::Config>) -> Option<Option<fleet::Config>> {
    let url = secrets::optional_text(reader, "redis.url_file");
    let authorities = reader.file("redis.ca_file");
    let timeout = reader.duration("redis.timeout");
    let Some(url) = url? else {
        if records.is_some_and(|records| records.second_level) {
            reader.mistake("records.second_level", "needs redis.url_file");
        }
        return Some(None);
    };
    let config = fleet::Config::new(&url, authorities?, timeout?);
    if config.is_err() {
        reader.mistake(
            "redis.url_file",
            "must hold a URL such as redis://127.0.0.1:6379 or rediss://:password@redis.example.vn; \
             redis.ca_file goes with rediss alone",
        );
    }
    config.ok().map(Some)
}

fn common_limits(reader: &mut Reader) -> Option<limits::Config> {
    let refused_per_second = reader.number("limits.refused_per_second", 1..=100_000);
    let officers_kept = reader.number("limits.officers_kept", 1..=100_000_000);
    let persons_kept = reader.number("limits.persons_kept", 1..=100_000_000);
    let alert_at = reader.number("limits.alert_at", 1..=1_000_000);
    let synchronized_every = reader.duration("limits.synchronized_every").filter(|every| {
        let is_short = *every <= Duration::from_secs(1);
        if !is_short {
            reader.mistake("limits.synchronized_every", "must be a second at the most");
        }
        is_short
    });
    let rule = |text: &str| match text {
        "refuse" => Some(WhenApart::Refuse),
        "share" => Some(WhenApart::Share),
        _ => None,
    };
    let mut rule_of = |key| reader.checked(key, "refuse or share", rule);
    let (guesses, rates, quotas) = (
        rule_of("limits.when_apart.guesses"),
        rule_of("limits.when_apart.rates"),
        rule_of("limits.when_apart.quotas"),
    );
    Some(limits::Config {
        refused_per_second: refused_per_second?,
        officers_kept: officers_kept?,
        persons_kept: persons_kept?,
        alert_at: alert_at?,
        synchronized_every: synchronized_every?,
        when_apart: Rules {
            guesses: guesses?,
            rates: rates?,
            quotas: quotas?,
        },
    })
}

fn household_checks(reader: &mut Reader, deadline: Option<Duration>) -> Option<checks::Config> {
    let calendar = working_days::read(reader);
    let retry_every = reader.duration("checks.retry_every");
    let kept_for = reader.duration("checks.kept_for");
    Some(checks::Config {
        calendar: calendar?,
        retry_every: retry_every?,
        // A try is two look-ups after each other at the most, and their rows.
        taken_for: deadline?.saturating_mul(3),
        kept_for: kept_for?,
    })
}

fn whole_batches(reader: &mut Reader) -> Option<batches::Config> {
    let at_once = reader.positive_size("batches.at_once", 1_024);
    let give_up_after = reader.duration("batches.give_up_after");
    let kept_for = reader.duration("batches.kept_for");
    Some(batches::Config {
        at_once: at_once?.get(),
        give_up_after: give_up_after?,
        kept_for: kept_for?,
    })
}

fn store(reader: &mut Reader) -> Option<stores::Config> {
    let is_shared = reader.checked("store.kind", "sqlite or postgres", |text| match text {
        "sqlite" => Some(false),
        "postgres" => Some(true),
        _ => None,
    });
    let connections = reader.number("store.connections", 1..=1_000);
    let timeout = reader.duration("store.timeout");
    if is_longer(timeout, Some(LONGEST_STATEMENT)) {
        reader.mistake("store.timeout", "longer than a minute, and calls wait for it");
    }
    if !is_shared? {
        return reader.path("store.path").map(stores::Config::Sqlite);
    }
    let url = secrets::text(reader, "store.url_file");
    let connections = connections.and_then(std::num::NonZeroU32::new);
    let read = stores::postgres::Config::new(&url?, connections?, timeout?);
    // The text holds a password, so what is wrong with it isn't quoted.
    read.map_err(|wrong| reader.mistake("store.url_file", format!("the file holds {wrong}")))
        .map(|database| stores::Config::Postgres(Box::new(database)))
        .ok()
}

fn audit(reader: &mut Reader) -> Option<Audit> {
    let log = reader.checked(
        "audit.log",
        "a name of letters, digits, dots, dashes and underscores",
        |text| text.parse().ok(),
    );
    let checkpoint_dir = reader.optional_path("audit.checkpoint_dir");
    let queue = reader.number("audit.queue", 1..=1_000_000);
    Some(Audit {
        log: log?,
        checkpoint_dir,
        queue: queue?,
    })
}

fn own_keys(reader: &mut Reader) -> Option<Keys> {
    let pseudonym = secrets::key(reader, "keys.pseudonym_file");
    let sealing = secrets::key(reader, "keys.sealing_file");
    let signing = secrets::keys(reader, "keys.signing_file");
    Some(Keys {
        pseudonym: pseudonym?,
        sealing: sealing?,
        signing: signing?,
    })
}

/// Sees to it that a stop cuts off no call that may still be answered.
fn stops_in_time(reader: &mut Reader, listener: Option<&Listener>, deadline: Option<Duration>) {
    if is_longer(deadline, listener.map(|listener| listener.shutdown_timeout)) {
        reader.mistake(
            "api.shutdown_timeout",
            "shorter than registry.deadline: calls under way would be cut off at a stop",
        );
    }
}

/// Tells whether one duration is longer than another; of one that can't be read that is already said.
fn is_longer(one: Option<Duration>, other: Option<Duration>) -> bool {
    one.zip(other).is_some_and(|(one, other)| one > other)
}

/// Tells whether only the owner may read the file.
fn is_private(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|meta| meta.permissions().mode() & 0o077 == 0)
}

#[cfg(test)]
mod tests;
