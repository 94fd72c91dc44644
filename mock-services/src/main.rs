//! The mock services from the command line.
//!
//! Reads the options, starts everything, says where it answers, and stays until it is told to stop.
//! The one-stop's client comes from a file `{"client_id","client_secret","units"?}`, so that no secret stands on a command line.
//! Exit statuses: 0 stopped as told, 1 couldn't start, 2 wrong usage.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use mock_services::{OauthClient, Running, Settings, start};
use serde::Deserialize;
use serde_json::json;

/// Stand-ins for the population database, the single sign-on, a one-stop and the service portal, with a control port.
#[derive(Parser)]
#[command(version)]
struct Options {
    /// First of seven ports in a row (registry, issuer, portal, control, registry and issuer with TLS, one-stop); 0
    /// takes free ones
    #[arg(long, default_value_t = 8180)]
    port: u16,
    /// Print one JSON object with all addresses as the first line
    #[arg(long)]
    json: bool,
    /// How many people there are, up to 200 million
    #[arg(long, default_value_t = 1000)]
    population: u64,
    /// What decides who they are
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// A gateway's address: the one-stop has it check, and change events are pushed to its /events/registry
    #[arg(long, value_name = "URL")]
    gateway: Option<String>,
    /// Where change events are pushed to, if not to a gateway's usual place
    #[arg(long, value_name = "URL")]
    events: Option<String>,
    /// The client that the one-stop is at the issuer and the gateway: a JSON file with client_id and client_secret
    #[arg(long, value_name = "FILE")]
    one_stop_client: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OneStopClient {
    client_id: String,
    client_secret: String,
    units: Option<Vec<String>>,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error.to_string()),
    };
    runtime.block_on(serve(options))
}

async fn serve(options: Options) -> ExitCode {
    let mut settings = Settings {
        port: Some(options.port),
        population: options.population,
        seed: options.seed,
        gateway: options.gateway,
        events: options.events,
        ..Settings::default()
    };
    if let Some(file) = options.one_stop_client {
        match one_stop_client(&file, &settings) {
            Ok(client) => {
                settings.one_stop = Some(client.client_id.clone());
                settings
                    .clients
                    .retain(|known| known.client_id != client.client_id);
                settings.clients.push(client);
            }
            Err(reason) => return fail(&format!("{}: {reason}", file.display())),
        }
    }
    let client = settings.clients.first().cloned();
    let running = match start(settings).await {
        Ok(running) => running,
        Err(error) => return fail(&error.to_string()),
    };
    let ca_file = std::env::temp_dir().join(format!("mock-services-ca-{}.pem", std::process::id()));
    if let Err(error) = std::fs::write(&ca_file, running.ca_pem()) {
        return fail(&error.to_string());
    }
    let told = if options.json {
        json_line(&running, &ca_file)
    } else {
        page(&running, &ca_file, client)
    };
    let mut out = std::io::stdout();
    // Nobody reading isn't a reason to stop.
    drop(out.write_all(told.as_bytes()).and_then(|()| out.flush()));
    wait_for_stop().await;
    running.stop().await;
    drop(std::fs::remove_file(&ca_file));
    ExitCode::SUCCESS
}

// What the file leaves out is as for the usual client.
fn one_stop_client(file: &Path, settings: &Settings) -> Result<OauthClient, String> {
    let text = std::fs::read(file).map_err(|error| error.to_string())?;
    let read: OneStopClient = serde_json::from_slice(&text).map_err(|error| error.to_string())?;
    let usual = settings.clients.first().cloned().unwrap_or_default();
    Ok(OauthClient {
        client_id: read.client_id,
        client_secret: read.client_secret,
        units: read.units.unwrap_or(usual.units),
        scopes: usual.scopes,
    })
}

fn json_line(running: &Running, ca_file: &Path) -> String {
    let line = json!({
        "registry": running.registry_url(),
        "issuer": running.issuer_url(),
        "portal": running.portal_url(),
        "one_stop": running.one_stop_url(),
        "control": running.control_url(),
        "ca_file": ca_file,
        "pid": std::process::id(),
    });
    format!("{line}\n")
}

fn page(running: &Running, ca_file: &Path, client: Option<OauthClient>) -> String {
    let registry = running.registry_credentials();
    let control = running.control_url();
    let token = client.map_or_else(String::new, |client| {
        format!(
            "  curl -u {}:{} -d grant_type=client_credentials -d officer=001090000001 {}/token\n",
            client.client_id,
            client.client_secret,
            running.issuer_url()
        )
    });
    format!(
        "registry   {}/dancu   (TLS: {})\n           user {}, secret {}, ApiKey {}, X-Road-Client {}\n\
         issuer     {}   (TLS: {})\nportal     {}\none-stop   {}\ncontrol    {control}\nCA         {}\n\nTry:\n{token}  \
         curl {control}/_mock/personas\n  curl '{control}/_mock/sample?count=2'\n",
        running.registry_url(),
        running.registry_tls_url(),
        registry.user,
        registry.secret,
        registry.api_key,
        registry.x_road_client,
        running.issuer_url(),
        running.issuer_tls_url(),
        running.portal_url(),
        running.one_stop_url(),
        ca_file.display(),
    )
}

async fn wait_for_stop() {
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminate => {}
    }
}

fn fail(reason: &str) -> ExitCode {
    drop(writeln!(std::io::stderr(), "mock-services: {reason}"));
    ExitCode::from(1)
}
