//! Which settings has the way to the registry?
//!
//! The section `[registry]`: the wire and its credentials, deadlines, the budget, and what holds calls back before they are sent.
//! Every mistake is named by its key; what can't be together is said at the one that is to be changed.

use super::reader::Reader;
use super::{is_longer, secrets};
use crate::registry;
use crate::registry::{breaker as breakers, budget, bulkhead as bulkheads, retries as tries};

/// Reads how the registry's patience is spent.
pub(super) fn budget(reader: &mut Reader) -> Option<budget::Config> {
    let per_second = reader.positive("registry.calls_per_second");
    let at_once = reader.positive("registry.calls_at_once");
    let wait = reader.duration_or_none("registry.budget_wait");
    let batch_reserve = reader.number("registry.batch_reserve", 0..=100);
    let when_apart = reader.checked(
        "registry.budget_when_apart",
        "refuse or share",
        |text| match text {
            "refuse" => Some(budget::WhenApart::Refuse),
            "share" => Some(budget::WhenApart::Share),
            _ => None,
        },
    );
    Some(budget::Config {
        per_second: per_second?,
        at_once: at_once?,
        wait: wait?,
        batch_reserve: batch_reserve?,
        when_apart: when_apart?,
    })
}

/// Reads the way to the registry.
pub(super) fn read(reader: &mut Reader) -> Option<registry::Config> {
    let url = reader.url("registry.url").map(String::from);
    let user = reader.needed("registry.user");
    let secret = secrets::text(reader, "registry.secret_file");
    let api_key = secrets::text(reader, "registry.api_key_file");
    let x_road_client = reader.needed("registry.x_road_client");
    let account = reader.needed("registry.account");
    let integration = reader.needed("registry.integration_code");
    let household_integration = reader.needed("registry.household_code");
    let authorities_pem = reader.file("registry.ca_file");
    let identity_pem = reader.secret_file("registry.client_identity_file");
    let attempt_timeout = reader.duration("registry.attempt_timeout");
    let deadline = reader.duration("registry.deadline");
    let connect_timeout = reader.duration("registry.connect_timeout");
    let forms = "as_given, upper, folded or folded_no_spaces";
    let name_form = reader.checked("registry.name_form", forms, |text| text.parse().ok());
    let most_queries = reader.positive_size("registry.ladder_queries", 20);
    let most_bytes = reader.size("registry.answer_limit");
    let idle_connections = reader.number("registry.idle_connections", 0..=10_000);
    let idle_timeout = reader.duration("registry.idle_timeout");
    let (breaker, bulkhead, retries) = (breaker(reader), bulkhead(reader), retries(reader));
    let watched_every = reader.duration("registry.watched_every");
    if is_longer(attempt_timeout, deadline) {
        reader.mistake(
            "registry.attempt_timeout",
            "longer than registry.deadline, within which all attempts must end",
        );
    }
    Some(registry::Config {
        url: url?,
        attempt_timeout: attempt_timeout?,
        deadline: deadline?,
        connect_timeout: connect_timeout?,
        user: user?,
        secret: secret?,
        api_key: api_key?,
        x_road_client: x_road_client?,
        integration: integration?,
        household_integration: household_integration?,
        account: account?,
        name_form: name_form?,
        most_queries: most_queries?,
        authorities_pem: authorities_pem?,
        identity_pem: identity_pem?,
        most_bytes: most_bytes?,
        idle_connections: idle_connections?,
        idle_timeout: idle_timeout?,
        breaker: breaker?,
        bulkhead: bulkhead?,
        retries: retries?,
        watched_every: watched_every?,
    })
}

fn breaker(reader: &mut Reader) -> Option<breakers::Terms> {
    let window = reader.duration("registry.breaker_window");
    let least_calls = reader.number("registry.breaker_calls", 1..=1_000_000);
    let failed_percent = reader.number("registry.breaker_failed", 1..=100);
    let open_for = reader.duration("registry.breaker_open");
    let probes = reader.number("registry.breaker_probes", 1..=1_000);
    Some(breakers::Terms {
        window: window?,
        least_calls: least_calls?,
        failed_percent: failed_percent?,
        open_for: open_for?,
        probes: probes?,
    })
}

fn bulkhead(reader: &mut Reader) -> Option<bulkheads::Terms> {
    let least = reader.number("registry.in_flight_least", 1..=100_000);
    let most = reader.number("registry.in_flight_most", 1..=100_000);
    let waiting = reader.number("registry.in_flight_waiting", 0..=1_000_000);
    let wait = reader.duration_or_none("registry.in_flight_wait");
    if least
        .zip(most)
        .is_some_and(|(least, most): (u32, u32)| least > most)
    {
        reader.mistake("registry.in_flight_least", "more than registry.in_flight_most");
    }
    Some(bulkheads::Terms {
        least: least?,
        most: most?,
        waiting: waiting?,
        wait: wait?,
    })
}

fn retries(reader: &mut Reader) -> Option<tries::Terms> {
    let percent = reader.number("registry.retry_percent", 0..=100);
    let at_least = reader.number("registry.retries_at_least", 0..=1_000_000);
    Some(tries::Terms {
        percent: percent?,
        at_least: at_least?,
    })
}
