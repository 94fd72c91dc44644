//! What do operators see of the gateway at work?
//!
//! Metrics in Prometheus' format and logs in JSON. Labels are closed sets (operations, outcomes, codes, limits) and the
//! ids of registered clients; nothing about a person is ever a label or a field. The subscriber is built over any writer,
//! so that tests can search everything that comes out.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use tracing::Subscriber;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::domain::client::ClientId;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallLabels {
    operation: &'static str,
    result: &'static str,
    client: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OperationLabel {
    operation: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ResultLabel {
    result: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CauseLabel {
    cause: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LimitLabels {
    limit: &'static str,
    client: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PermitLabels {
    class: &'static str,
    result: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ClassLabel {
    class: &'static str,
}

/// Seconds; from a cache hit's fraction of a millisecond to the registry's whole deadline.
const BUCKETS: [f64; 14] = [
    0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0,
];

fn histogram() -> Histogram {
    Histogram::new(BUCKETS)
}

/// Holds every metric.
#[derive(Debug, Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    calls: Family<CallLabels, Counter>,
    latency: Family<OperationLabel, Histogram, fn() -> Histogram>,
    cache: Family<ResultLabel, Counter>,
    second_level: Family<ResultLabel, Counter>,
    second_level_latency: Histogram,
    upstream_calls: Family<ResultLabel, Counter>,
    upstream_latency: Histogram,
    permits: Family<PermitLabels, Counter>,
    permit_waits: Family<ClassLabel, Histogram, fn() -> Histogram>,
    limits_refused: Family<LimitLabels, Counter>,
    guess_alerts: Counter,
    limit_exchanges: Family<ResultLabel, Counter>,
    reloads: Family<ResultLabel, Counter>,
    cut: Family<CauseLabel, Counter>,
    audit_queue: Gauge<u64, AtomicU64>,
    records_held: Gauge<u64, AtomicU64>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("dancu");
        let calls = Family::default();
        registry.register(
            "requests",
            "Calls by operation, outcome or problem code, and client",
            calls.clone(),
        );
        let latency = Family::new_with_constructor(histogram as fn() -> Histogram);
        registry.register(
            "request_duration_seconds",
            "Time from arrival to the durable audit row",
            latency.clone(),
        );
        let cache = Family::default();
        registry.register(
            "cache_lookups",
            "Look-ups in the record cache by result",
            cache.clone(),
        );
        let second_level = Family::default();
        registry.register(
            "second_level_lookups",
            "Look-ups in the records that gateways share, by result",
            second_level.clone(),
        );
        let second_level_latency = histogram();
        registry.register(
            "second_level_lookup_duration_seconds",
            "Time of a look-up in the records that gateways share",
            second_level_latency.clone(),
        );
        let upstream_calls = Family::default();
        registry.register(
            "registry_calls",
            "Calls to the registry by result",
            upstream_calls.clone(),
        );
        let upstream_latency = histogram();
        registry.register(
            "registry_call_duration_seconds",
            "Time of a call to the registry",
            upstream_latency.clone(),
        );
        let permits = Family::default();
        registry.register(
            "registry_permits",
            "Permits for calls to the registry that were asked for, by class and result",
            permits.clone(),
        );
        let permit_waits = Family::new_with_constructor(histogram as fn() -> Histogram);
        registry.register(
            "registry_permit_wait_seconds",
            "Time that a permit was waited for",
            permit_waits.clone(),
        );
        let limits_refused = Family::default();
        registry.register(
            "limit_refusals",
            "Calls refused by a limit",
            limits_refused.clone(),
        );
        let guess_alerts = Counter::default();
        registry.register(
            "guess_alerts",
            "Times that one number was named wrongly unusually often, by whomever",
            guess_alerts.clone(),
        );
        let limit_exchanges = Family::default();
        registry.register(
            "limit_exchanges",
            "Exchanges with other gateways about limits, by result",
            limit_exchanges.clone(),
        );
        let reloads = Family::default();
        registry.register(
            "configuration_reloads",
            "Times that the configuration was read again, by result",
            reloads.clone(),
        );
        let cut = Family::default();
        registry.register(
            "connections_cut",
            "Connections that were cut or not taken, by cause",
            cut.clone(),
        );
        let audit_queue = Gauge::default();
        registry.register(
            "audit_queue_rows",
            "Audit rows that wait to be written",
            audit_queue.clone(),
        );
        let records_held = Gauge::default();
        registry.register(
            "cached_people",
            "People in the record cache",
            records_held.clone(),
        );
        Self {
            registry: Arc::new(registry),
            calls,
            latency,
            cache,
            second_level,
            second_level_latency,
            upstream_calls,
            upstream_latency,
            permits,
            permit_waits,
            limits_refused,
            guess_alerts,
            limit_exchanges,
            reloads,
            cut,
            audit_queue,
            records_held,
        }
    }
}

impl Metrics {
    /// Counts a call; `result` is its outcome or its problem's code.
    pub fn call(
        &self,
        operation: &'static str,
        result: &'static str,
        client: Option<&ClientId>,
        took: Duration,
    ) {
        let client = client.map_or_else(String::new, |client| client.as_str().to_owned());
        self.calls
            .get_or_create(&CallLabels {
                operation,
                result,
                client,
            })
            .inc();
        self.latency
            .get_or_create(&OperationLabel { operation })
            .observe(took.as_secs_f64());
    }

    /// Counts a look-up in the record cache.
    pub fn cache(&self, result: &'static str) {
        self.cache.get_or_create(&ResultLabel { result }).inc();
    }

    /// Counts a look-up in the second level of the record cache.
    pub fn second_level(&self, result: &'static str, took: Duration) {
        self.second_level.get_or_create(&ResultLabel { result }).inc();
        self.second_level_latency.observe(took.as_secs_f64());
    }

    /// Counts a call to the registry.
    pub fn upstream(&self, result: &'static str, took: Duration) {
        self.upstream_calls.get_or_create(&ResultLabel { result }).inc();
        self.upstream_latency.observe(took.as_secs_f64());
    }

    /// Counts a permit for a call to the registry that was asked for, whatever came of it.
    pub fn permit(&self, class: &'static str, result: &'static str, waited: Duration) {
        self.permits.get_or_create(&PermitLabels { class, result }).inc();
        self.permit_waits
            .get_or_create(&ClassLabel { class })
            .observe(waited.as_secs_f64());
    }

    /// Counts a call that a limit refused.
    pub fn limit_refused(&self, limit: &'static str, client: &ClientId) {
        self.limits_refused
            .get_or_create(&LimitLabels {
                limit,
                client: client.as_str().to_owned(),
            })
            .inc();
    }

    /// Counts an alert that one number is named wrongly unusually often.
    pub fn guesses_alerted(&self) {
        self.guess_alerts.inc();
    }

    /// Counts an exchange with other gateways about limits.
    pub fn limits_exchanged(&self, result: &'static str) {
        self.limit_exchanges.get_or_create(&ResultLabel { result }).inc();
    }

    /// Counts that the configuration was read again.
    pub fn reload(&self, result: &'static str) {
        self.reloads.get_or_create(&ResultLabel { result }).inc();
    }

    /// Counts a connection that was cut, or not taken.
    pub fn cut(&self, cause: &'static str) {
        self.cut.get_or_create(&CauseLabel { cause }).inc();
    }

    /// Writes everything in the text format, with the gauges as they are now.
    #[must_use]
    pub fn text(&self, audit_queued: u64, records_held: u64) -> String {
        self.audit_queue.set(audit_queued);
        self.records_held.set(records_held);
        let mut text = String::new();
        // Writing into a String can't fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

/// Makes the log's subscriber over a writer; `filter` is of the form `info` or `dancu=debug,warn`.
///
/// # Errors
/// The filter can't be read.
pub fn subscriber<W>(filter: &str, writer: W) -> Result<impl Subscriber + Send + Sync, InvalidFilter>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let filter = EnvFilter::try_new(filter).map_err(|_| InvalidFilter)?;
    Ok(tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        // It would complain on stderr, by a macro that panics where stderr itself is what can't be written to.
        .log_internal_errors(false)
        .with_env_filter(filter)
        .with_writer(writer)
        .finish())
}

/// Says that a log filter can't be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a log filter such as info or dancu=debug,warn")]
pub struct InvalidFilter;
