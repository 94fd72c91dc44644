//! Who may name whom, and where does each foreign crate live?
//!
//! The architecture as tables. Imports point toward the caller's side of the road and down to `domain`; nothing below the
//! edges has heard of HTTP, of files or of the environment. To allow something new, change a table in the commit that
//! needs it, and let the reviewer see it. What isn't listed is forbidden, a new module too.

/// The layers, bottom up: a module and the paths of ours that it may name. A path allows all below it.
pub const LAYERS: &[(&str, &[&str])] = &[
    // 0: pure. What is so, whoever asks; `clock` is the only one to ask the time.
    ("domain", &[]),
    ("clock", &[]),
    ("matching", &["domain"]),
    // 1: the gates, in the order of the road. A gate may name what an earlier one proves, and nothing else of it.
    ("auth", &["clock", "domain", "sealing::Pseudonym"]),
    (
        "policy",
        &[
            "auth::Caller",
            "auth::Scope",
            "auth::Scopes",
            "auth::Thumbprint",
            "domain",
            "matching",
        ],
    ),
    (
        "limits",
        &[
            "policy::Grant",
            "policy::clients",
            "clock",
            "domain",
            "fleet",
            "sealing",
        ],
    ),
    ("registry", &["clock", "domain", "fleet", "matching"]),
    // 1: beside the road. They know no gate.
    ("sealing", &["domain"]),
    ("records", &["clock", "domain", "fleet", "matching", "sealing"]),
    ("audit", &["clock", "domain", "sealing"]),
    ("idempotency", &["domain", "sealing"]),
    ("telemetry", &["domain"]),
    ("fleet", &[]),
    // 2: the pipeline, which alone knows the order of the gates.
    (
        "exchange",
        &[
            "audit",
            "auth",
            "clock",
            "domain",
            "fleet",
            "idempotency",
            "limits",
            "matching",
            "policy",
            "records",
            "registry",
            "sealing",
            "telemetry",
        ],
    ),
    // 3: what builds on whole exchanges, and knows nothing of HTTP.
    ("confirmations", &["clock", "domain", "sealing"]),
    (
        "checks",
        &[
            "audit",
            "auth::Caller",
            "auth::Scope",
            "clock",
            "confirmations",
            "domain",
            "exchange",
            "limits::Remaining",
            "matching",
            "policy",
            "records::freshness",
            "registry::Side",
            "sealing",
        ],
    ),
    (
        "batches",
        &[
            "audit",
            "auth::Caller",
            "auth::Scope",
            "clock",
            "domain",
            "exchange",
            "limits::Limit",
            "limits::Remaining",
            "limits::day_of",
            "limits::until_end_of_day",
            "policy",
            "records::freshness",
            "registry::Failure",
            "registry::Rejection",
            "sealing",
        ],
    ),
    (
        "events",
        &[
            "clock",
            "confirmations",
            "domain",
            "exchange",
            "registry::Failure",
            "registry::Feed",
        ],
    ),
    (
        "register",
        &[
            "auth::Operator",
            "auth::Operators",
            "clock",
            "domain",
            "exchange",
            "policy::clients",
            "policy::procedures",
        ],
    ),
    // 4: the edges. They ask the exchange; of the gates they know what a caller is told.
    (
        "http",
        &[
            "batches",
            "checks",
            "exchange",
            "events",
            "auth",
            "clock",
            "domain",
            "confirmations",
            "audit::Operation",
            "idempotency::Key",
            "idempotency::MalformedKey",
            "limits::Exceeded",
            "limits::Limit",
            "limits::Remaining",
            "limits::Size",
            "limits::Standing",
            "limits::Usage",
            "limits::policies",
            "matching::ClaimVerdict",
            "matching::Differences",
            "matching::Identity",
            "policy::Denied",
            "policy::Disclosure",
            "policy::clients",
            "policy::disclosure",
            "policy::procedures",
            "records::freshness",
            "register",
            "registry::Failure",
            "registry::Rejection",
        ],
    ),
    (
        "operations",
        &["exchange", "events", "auth::KeysState", "register", "telemetry"],
    ),
    // 5: what keeps things on disk, behind the ports of those who need it.
    (
        "stores",
        &[
            "audit",
            "batches",
            "checks",
            "confirmations",
            "domain",
            "events",
            "idempotency",
            "register",
            "sealing",
        ],
    ),
    // 6: the settings. Each module owns its own type; they are only joined here.
    (
        "config",
        &[
            "auth",
            "audit::LogName",
            "batches",
            "checks",
            "domain",
            "events",
            "fleet",
            "http",
            "limits",
            "policy::clients",
            "policy::procedures",
            "records",
            "register",
            "registry",
            "stores",
            "telemetry::subscriber",
        ],
    ),
    // 7: the composition root: whatever is made and joined.
    (
        "app",
        &[
            "audit",
            "auth",
            "batches",
            "checks",
            "clock",
            "config",
            "confirmations",
            "domain",
            "events",
            "exchange",
            "fleet",
            "http",
            "idempotency",
            "limits",
            "operations",
            "policy",
            "records",
            "register",
            "registry",
            "sealing",
            "stores",
            "telemetry",
        ],
    ),
    // 8: the command line. `dancu audit` reads a store without a gateway, `dancu openapi` asks the edge for its document.
    (
        "cli",
        &[
            "app",
            "audit",
            "auth",
            "clock::SystemClock",
            "config",
            "domain",
            "http",
            "stores",
            "telemetry",
        ],
    ),
];

/// What is ours to allow by a path, and still may not be named there.
pub const ABSENCES: &[(&str, &[&str], &str)] = &[
    (
        "src/domain",
        &["async", "await", "tokio", "serde", "tracing"],
        "the domain is pure: no I/O, no async, no wire form",
    ),
    (
        "src/matching",
        &["async", "await", "tokio", "serde", "tracing"],
        "matching is pure: no I/O, no async, no wire form",
    ),
    (
        "src/policy",
        &["async", "await", "tokio", "serde"],
        "policy decides, and waits for nothing",
    ),
    ("src/http", &["Record"], "a record leaves only as a disclosure"),
];

/// Each foreign crate has one home.
pub const HOMES: &[(&str, &[&str])] = &[
    // The command line starts the actix system; nothing else of it.
    ("actix_web", &["src/http", "src/operations", "src/app", "src/cli"]),
    // The server's own parts, for what `actix_web` leaves no way to: what a connection passes through.
    ("actix_http", &["src/http/connections"]),
    ("actix_server", &["src/http"]),
    ("actix_service", &["src/http/connections"]),
    ("actix_tls", &["src/http/connections", "src/http/tls"]),
    ("anyhow", &["src/app", "src/cli"]),
    ("clap", &["src/cli"]),
    ("csv_core", &["src/http/batches/table"]),
    // `config` the crate; our own module of that name is `crate::config`.
    ("use config", &["src/config/reader"]),
    ("fast_qr", &["src/confirmations/document"]),
    ("flate2", &["src/confirmations/status_list"]),
    ("fluent_bundle", &["src/http/texts"]),
    (
        "foldhash",
        &["src/limits/table", "src/records", "src/auth/remembered"],
    ),
    ("governor", &["src/limits", "src/registry/budget", "src/clock"]),
    ("ipnet", &["src/http/source"]),
    ("jsonwebtoken", &["src/auth", "src/events"]),
    ("krilla", &["src/confirmations/document"]),
    ("mimalloc", &["src/main"]),
    ("mock_services", &["src/cli/demo"]),
    (
        "moka",
        &[
            "src/records",
            "src/limits",
            "src/auth/refused",
            "src/auth/remembered",
        ],
    ),
    ("prometheus_client", &["src/telemetry"]),
    // `config` takes only the URL type, so that a bad one is found before a socket opens.
    (
        "reqwest",
        &["src/registry", "src/auth", "src/config", "src/cli/demo"],
    ),
    // `fleet` makes the one connection; the others have their own commands.
    (
        "redis",
        &[
            "src/fleet",
            "src/limits/redis",
            "src/records/second_level",
            "src/registry/budget/redis",
        ],
    ),
    ("roxmltree", &["src/registry/wire"]),
    ("rusqlite", &["src/stores/sqlite/appending"]),
    ("rustls", &["src/http/connections", "src/http/tls"]),
    ("rustls_pki_types", &["src/http/tls"]),
    ("siphasher", &["src/sealing/names"]),
    ("skrifa", &["src/confirmations/document"]),
    ("sqlx", &["src/stores"]),
    ("std::env", &["src/cli"]),
    ("std::fs", &["src/config", "src/stores", "src/cli"]),
    ("toml", &["src/config"]),
    ("tracing_subscriber", &["src/telemetry"]),
    ("unic_langid", &["src/http/texts"]),
    (
        "unicode_normalization",
        &["src/confirmations/document", "src/domain/name", "src/matching"],
    ),
    ("utoipa", &["src/http"]),
    ("utoipa_swagger_ui", &["src/http/docs"]),
];

/// Who may take a person's number, name or date of birth out of its type, and why.
pub const MAY_EXPOSE: &[(&str, &str)] = &[
    (
        "src/domain",
        "the types themselves, which compare and join their own parts",
    ),
    (
        "src/batches/drawer",
        "seals in whose name a batch goes on without its caller",
    ),
    (
        "src/checks/kept",
        "seals in whose name a check goes on that waits for the registry",
    ),
    (
        "src/limits/key",
        "makes the numbers that key the counters in memory, and feeds the keyed hashes that are told to other gateways",
    ),
    ("src/matching", "compares what is claimed with what is held"),
    ("src/policy/grant", "releases what the licence names"),
    (
        "src/records",
        "feeds the keyed hash that names a record in the cache, and seals what other gateways share",
    ),
    ("src/registry/wire", "writes the query to the registry"),
    (
        "src/sealing",
        "feeds the keyed hashes that stand in audit and limits",
    ),
];
