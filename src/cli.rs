//! What can be asked of the program on the command line?
//!
//! Arguments are parsed here, and the environment is read here and nowhere else; each command has a file of its own. What a
//! person or a script wanted goes to stdout, logs go to stderr. Exit statuses: 0 done, 1 the answer is no or it failed,
//! 2 usage, 78 configuration.

pub mod audit;
mod check_config;
#[cfg(feature = "demo")]
mod demo;
mod openapi;
mod operator_token;
mod serve;

use std::collections::BTreeMap;
use std::future::Future;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::app::App;
use crate::config::Mistakes;

/// What the shell is told when the arguments can't be used.
#[cfg(feature = "demo")]
const MISUSED: u8 = 2;

/// What the shell is told when the configuration can't be used (`EX_CONFIG` of sysexits.h).
const BAD_CONFIGURATION: u8 = 78;

/// A data-integration gateway to Viet Nam's National Population Database.
#[derive(Parser)]
#[command(version, propagate_version = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the gateway
    Serve {
        /// Configuration files; later ones override earlier ones
        #[arg(long = "config", value_name = "FILE", required = true, num_args = 1..)]
        files: Vec<PathBuf>,
    },
    /// Run the mock services and a gateway, show one verification, and stay up
    #[cfg(feature = "demo")]
    Demo(demo::Options),
    /// Check configuration, licences and catalogue, and name every mistake
    CheckConfig {
        /// Configuration files; later ones override earlier ones
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
    },
    /// Print the OpenAPI description of the API
    Openapi,
    /// Make an operator's token, shown once, and its entry for the operators' file
    OperatorToken(operator_token::Options),
    /// Export or verify the audit log
    #[command(subcommand)]
    Audit(audit::Command),
}

/// Runs the command that the arguments name.
#[must_use]
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let environment = environment();
    let outcome = match arguments.command {
        Command::Serve { files } => serve::run(&files, &environment),
        #[cfg(feature = "demo")]
        Command::Demo(options) => demo::run(options, &environment),
        Command::CheckConfig { files } => check_config::run(&files, &environment),
        Command::Openapi => openapi::run(),
        Command::OperatorToken(options) => operator_token::run(&options),
        Command::Audit(command) => audit::run(command, &environment),
    };
    outcome.unwrap_or_else(|failure| report(&failure))
}

/// Gives the variables that concern us; this is where the process environment is read.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place where the environment is read"
)]
fn environment() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(name, _)| name.starts_with("DANCU__"))
        .collect()
}

fn report(failure: &anyhow::Error) -> ExitCode {
    // Without anybody to read it, the exit status still tells.
    let _ = match failure.downcast_ref::<Mistakes>() {
        Some(mistakes) => write!(std::io::stderr(), "{mistakes}"),
        None => writeln!(std::io::stderr(), "dancu: {failure:#}"),
    };
    match failure.downcast_ref::<Mistakes>() {
        Some(_) => ExitCode::from(BAD_CONFIGURATION),
        None => ExitCode::FAILURE,
    }
}

/// Says that the arguments don't go together, as the parser would.
#[cfg(feature = "demo")]
fn misused(what: &str) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "error: {what}");
    ExitCode::from(MISUSED)
}

/// Writes a line to stdout; whoever closes the pipe has seen enough.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Runs a command that serves, on an actix system of its own.
fn in_system<F: Future<Output = anyhow::Result<ExitCode>>>(work: F) -> anyhow::Result<ExitCode> {
    actix_web::rt::System::new().block_on(work)
}

/// Runs a command that reads, on a small runtime of its own.
fn in_runtime<F: Future<Output = anyhow::Result<ExitCode>>>(work: F) -> anyhow::Result<ExitCode> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(work)
}

/// Listens for SIGTERM and Ctrl-C from now on, so that one which comes during the start is not lost; resolves at the first.
fn told_to_stop() -> anyhow::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Listens for SIGHUP from now on.
fn told_to_reload() -> anyhow::Result<Signal> {
    Ok(signal(SignalKind::hangup())?)
}

/// Has the gateways read their files again at each SIGHUP, until they are told to stop.
async fn reload_until(told_to_stop: impl Future<Output = ()>, mut told_to_reload: Signal, apps: &[&App]) {
    let mut told_to_stop = std::pin::pin!(told_to_stop);
    loop {
        tokio::select! {
            () = &mut told_to_stop => return,
            Some(()) = told_to_reload.recv() => {
                for app in apps {
                    app.reload().await;
                }
            }
        }
    }
}
