//! What do operators see of the gateway at work?
//!
//! Metrics in Prometheus' format and logs in JSON. Labels are closed sets (operations, outcomes, codes, limits) and the
//! ids of registered clients; nothing about a person is ever a label or a field. The subscriber is built over any writer,
//! so that tests can search everything that comes out.

use std::fmt::{self, Write as _};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use tokio::runtime::Handle;
use tracing::Subscriber;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::domain::client::ClientId;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallLabels {
    operation: &'static str,
    result: &'static str,
    client: ClientLabel,
}

/// Is a registered client, or an empty text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct ClientLabel(Option<ClientId>);

impl EncodeLabelValue for ClientLabel {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        encoder.write_str(self.0.as_ref().map_or("", ClientId::as_str))
    }
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
struct ReasonLabel {
    reason: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CircuitLabels {
    operation: &'static str,
    state: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CauseLabel {
    cause: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LimitLabels {
    limit: &'static str,
    client: ClientLabel,
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
    withheld: Family<ReasonLabel, Counter>,
    circuits: Family<CircuitLabels, Gauge<u64, AtomicU64>>,
    in_flight: Gauge<u64, AtomicU64>,
    in_flight_limit: Gauge<u64, AtomicU64>,
    waiting_for_room: Family<ClassLabel, Gauge<u64, AtomicU64>>,
    permits: Family<PermitLabels, Counter>,
    permit_waits: Family<ClassLabel, Histogram, fn() -> Histogram>,
    limits_refused: Family<LimitLabels, Counter>,
    guess_alerts: Counter,
    limit_exchanges: Family<ResultLabel, Counter>,
    reloads: Family<ResultLabel, Counter>,
    cut: Family<CauseLabel, Counter>,
    audit_queue: Gauge<u64, AtomicU64>,
    records_held: Gauge<u64, AtomicU64>,
    tasks: Gauge<u64, AtomicU64>,
    runtime: Option<Handle>,
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
        let withheld = Family::default();
        registry.register(
            "registry_calls_withheld",
            "Calls to the registry that weren't sent, by what held them back",
            withheld.clone(),
        );
        let circuits = Family::default();
        registry.register(
            "registry_circuit",
            "1 for the state in which an operation's breaker is",
            circuits.clone(),
        );
        let in_flight = Gauge::default();
        registry.register(
            "registry_in_flight",
            "Calls to the registry under way",
            in_flight.clone(),
        );
        let in_flight_limit = Gauge::default();
        registry.register(
            "registry_in_flight_limit",
            "Calls to the registry that may be under way",
            in_flight_limit.clone(),
        );
        let waiting_for_room = Family::default();
        registry.register(
            "registry_waiting_for_room",
            "Calls to the registry that wait for others to end, by class",
            waiting_for_room.clone(),
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
        let tasks = Gauge::default();
        registry.register(
            "tasks",
            "Tasks alive on the runtime that waits for the outside",
            tasks.clone(),
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
            withheld,
            circuits,
            in_flight,
            in_flight_limit,
            waiting_for_room,
            permits,
            permit_waits,
            limits_refused,
            guess_alerts,
            limit_exchanges,
            reloads,
            cut,
            audit_queue,
            records_held,
            tasks,
            runtime: None,
        }
    }
}

impl Metrics {
    /// Counts the tasks of this runtime from now on.
    #[must_use]
    pub fn of_runtime(self, runtime: Handle) -> Self {
        Self {
            runtime: Some(runtime),
            ..self
        }
    }

    /// Counts a call; `result` is its outcome or its problem's code.
    pub fn call(
        &self,
        operation: &'static str,
        result: &'static str,
        client: Option<&ClientId>,
        took: Duration,
    ) {
        let client = ClientLabel(client.cloned());
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

    /// Counts a call to the registry that wasn't sent.
    pub fn upstream_withheld(&self, reason: &'static str) {
        self.withheld.get_or_create(&ReasonLabel { reason }).inc();
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
                client: ClientLabel(Some(client.clone())),
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
    pub fn text(&self, now: &Gauges) -> String {
        self.audit_queue.set(now.audit_queued);
        self.records_held.set(now.records_held);
        self.in_flight.set(now.in_flight);
        self.in_flight_limit.set(now.in_flight_limit);
        for (class, waiting) in now.waiting_for_room {
            self.waiting_for_room
                .get_or_create(&ClassLabel { class })
                .set(waiting);
        }
        for (operation, state, is_in) in &now.circuits {
            let (operation, state) = (*operation, *state);
            self.circuits
                .get_or_create(&CircuitLabels { operation, state })
                .set(u64::from(*is_in));
        }
        if let Some(runtime) = &self.runtime {
            let alive = runtime.metrics().num_alive_tasks();
            self.tasks.set(u64::try_from(alive).unwrap_or(u64::MAX));
        }
        let mut text = String::new();
        // Writing into a String can't fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

/// Holds what is read at the moment of asking.
#[derive(Debug, Clone, Default)]
pub struct Gauges {
    /// Audit rows that wait to be written.
    pub audit_queued: u64,
    /// People in the record cache.
    pub records_held: u64,
    /// Calls to the registry under way.
    pub in_flight: u64,
    /// Calls to the registry that may be.
    pub in_flight_limit: u64,
    /// Calls that wait for others to end, by class.
    pub waiting_for_room: [(&'static str, u64); 2],
    /// Each operation with each state of its breaker, and whether it is in that one.
    pub circuits: Vec<(&'static str, &'static str, bool)>,
}

/// Makes the log's subscriber over a writer; `filter` is of the form `info` or `dancu=debug,warn`.
///
/// # Errors
/// The filter can't be read.
pub fn subscriber<W>(filter: &str, writer: W) -> Result<impl Subscriber + Send + Sync, InvalidFilter>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    adjustable_subscriber(filter, writer).map(|(subscriber, _)| subscriber)
}

/// Makes the log's subscriber, and what changes its filter later.
///
/// # Errors
/// The filter can't be read.
pub fn adjustable_subscriber<W>(
    filter: &str,
    writer: W,
) -> Result<(impl Subscriber + Send + Sync, LogFilter), InvalidFilter>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let filter = EnvFilter::try_new(filter).map_err(|_| InvalidFilter)?;
    let builder = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        // It would complain on stderr, by a macro that panics where stderr itself is what can't be written to.
        .log_internal_errors(false)
        .with_env_filter(filter)
        .with_writer(writer)
        .with_filter_reloading();
    let handle = builder.reload_handle();
    let adjust = Box::new(move |filter| handle.reload(filter).is_ok());
    Ok((builder.finish(), LogFilter(adjust)))
}

/// Changes which lines the log has while it is written.
pub struct LogFilter(Box<dyn Fn(EnvFilter) -> bool + Send + Sync>);

impl LogFilter {
    /// Puts another filter in force.
    ///
    /// # Errors
    /// The filter can't be read; the old one stays.
    pub fn adjust(&self, filter: &str) -> Result<(), InvalidFilter> {
        let filter = EnvFilter::try_new(filter).map_err(|_| InvalidFilter)?;
        (self.0)(filter).then_some(()).ok_or(InvalidFilter)
    }
}

/// Says that a log filter can't be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a log filter such as info or dancu=debug,warn")]
pub struct InvalidFilter;

#[cfg(test)]
mod tests;
