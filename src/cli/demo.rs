//! `dancu demo`: everything on one machine, in one process, for whoever wants to see it work.
//!
//! Starts the mock services and a gateway built like any other, from a configuration file that it writes into its data
//! folder; shows one verification from sign-in to receipt, and one birth registered at a mock one-stop without a paper; prints the addresses and a `curl` line; stays up. The same folder
//! again gives the same secrets, keys and quotas. Its secrets are random, in files of mode 0600.

mod folder;
mod story;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use mock_services::{OauthClient, Settings};
use serde_json::json;

use crate::app::App;
use crate::clock::SystemClock;
use crate::{config, telemetry};
use folder::{DataFolder, Place, Surroundings};
use story::Story;

/// How the demo is to run.
#[derive(Args)]
pub struct Options {
    /// Print one JSON object with all addresses as the first line, instead of the story
    #[arg(long)]
    json: bool,
    /// The API's port; 0 takes free ones
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Where store, keys and configuration are kept; left out: a folder that is removed at the end
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// How many people the mock registry holds
    #[arg(long, default_value_t = 1000)]
    population: u64,
    /// What decides who they are
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many gateways run side by side, at as many ports in a row; more than one need a store and counters that they share
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=16))]
    gateways: u16,
    /// The PostgreSQL database to keep everything in, such as postgres://user:password@host/database
    #[arg(long, value_name = "URL")]
    postgres: Option<String>,
    /// The Redis in which gateways keep limits and records together, such as redis://host:6379
    #[arg(long, value_name = "URL")]
    redis: Option<String>,
}

impl Options {
    /// Says what is missing for so many gateways.
    fn lacks(&self) -> Option<&'static str> {
        match (self.gateways, &self.postgres, &self.redis) {
            (1, ..) | (_, Some(_), Some(_)) => None,
            (_, None, _) => Some("--postgres URL"),
            (_, Some(_), None) => Some("--redis URL"),
        }
    }
}

/// The client that the demo hands out; what it may do stands in `config/demo/clients.toml`.
const CLIENT: &str = "demo";

/// The client that the mock one-stop is; what it may do stands in `config/demo/one-stop.toml`.
const ONE_STOP: &str = "one-stop";

/// Runs until Ctrl-C or SIGTERM.
pub fn run(options: Options, environment: &BTreeMap<String, String>) -> anyhow::Result<ExitCode> {
    if let Some(missing) = options.lacks() {
        return Ok(super::misused(&format!(
            "several gateways need what they share: {missing} is missing"
        )));
    }
    let folder = DataFolder::open(options.data.clone())?;
    super::in_system(async move {
        let (told_to_stop, told_to_reload) = (super::told_to_stop()?, super::told_to_reload()?);
        let secret = folder.secret("client-secret")?;
        let one_stop_secret = folder.secret("one-stop-secret")?;
        let admin_token = folder.operator()?;
        let mocks = mock_services::start(settings(&options, &secret, &one_stop_secret))
            .await
            .context("the mock services")?;
        let surroundings = Surroundings::of(&mocks);
        folder.prepare(
            &surroundings,
            options.postgres.as_deref(),
            options.redis.as_deref(),
        )?;
        let (first, others) = start(&options, &folder, &surroundings, environment).await?;
        mocks.point_to_gateway(&format!("http://{}", first.api()));
        let story = Story::new(&first, &others, &mocks, CLIENT, &secret)?;
        story.wait_until_ready().await?;
        if options.json {
            let secrets = (secret.as_str(), admin_token.as_str());
            super::say(&addresses(&first, &others, &mocks, &folder, secrets).to_string());
        } else {
            story.tell(&folder).await?;
        }
        let gateways: Vec<&App> = std::iter::once(&first).chain(&others).collect();
        super::reload_until(told_to_stop, told_to_reload, &gateways).await;
        for gateway in others {
            gateway.stop().await?;
        }
        first.stop().await?;
        mocks.stop().await;
        Ok(ExitCode::SUCCESS)
    })
}

/// Starts the gateways one after the other; all are reached by the public at the first one's address.
async fn start(
    options: &Options,
    folder: &DataFolder,
    surroundings: &Surroundings,
    environment: &BTreeMap<String, String>,
) -> anyhow::Result<(App, Vec<App>)> {
    let clock = || Arc::new(SystemClock);
    let file = folder.configure(surroundings, &Place::first(options.port))?;
    let config = config::load(&[file], environment)?;
    let (subscriber, filter) = telemetry::adjustable_subscriber(&config.log, std::io::stderr)?;
    tracing::subscriber::set_global_default(subscriber)?;
    let first = App::start(config, clock()).await?.with_log_filter(filter);
    let mut others = Vec::new();
    for number in 2..=options.gateways {
        let place = Place::other(number, options.port, first.api().port());
        let file = folder.configure(surroundings, &place)?;
        let config = config::load(&[file], environment)?;
        others.push(App::start(config, clock()).await?);
    }
    Ok((first, others))
}

/// What the demo's client may ask for.
const SCOPES: [&str; 6] = [
    "citizens.verify",
    "citizens.lookup",
    "households.verify",
    "households.lookup",
    "checks",
    "batches",
];

fn settings(options: &Options, secret: &str, one_stop_secret: &str) -> Settings {
    let client = |id: &str, secret: &str, scopes: &[&str]| OauthClient {
        client_id: id.to_owned(),
        client_secret: secret.to_owned(),
        scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
        units: ["H57.12", "H57.31"].map(str::to_owned).to_vec(),
    };
    let usual = Settings::default();
    // The register forgets with each run and the folder doesn't: it goes on counting beyond all earlier runs.
    let first_change = u64::try_from(usual.clock.now().as_millisecond()).unwrap_or(1);
    Settings {
        port: None,
        population: options.population,
        seed: options.seed,
        clients: vec![
            client(CLIENT, secret, &SCOPES),
            client(ONE_STOP, one_stop_secret, &["checks"]),
        ],
        one_stop: Some(ONE_STOP.to_owned()),
        first_change,
        ..usual
    }
}

fn addresses(
    first: &App,
    others: &[App],
    mocks: &mock_services::Running,
    folder: &DataFolder,
    (secret, admin_token): (&str, &str),
) -> serde_json::Value {
    let api = |gateway: &App| format!("http://{}", gateway.api());
    let apis: Vec<_> = std::iter::once(first).chain(others).map(api).collect();
    json!({
        "api": api(first),
        "apis": apis,
        "operations": format!("http://{}", first.operations()),
        "issuer": mocks.issuer_url(),
        "mock_control": mocks.control_url(),
        "data_dir": folder.path(),
        "client": { "client_id": CLIENT, "client_secret": secret },
        "admin_token": admin_token,
        "pid": std::process::id(),
    })
}
