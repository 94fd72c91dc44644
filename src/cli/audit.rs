//! `dancu audit export` and `dancu audit verify`: how the log is read and checked from outside the gateway.
//!
//! Both open the store for reading only and can run while gateways write to it. Rows go to stdout, one JSON object a
//! line; a log that isn't what was written gives exit status 1 and its first bad place. A store that gateways share holds a
//! log of each: all of them are meant unless one is named, one after the other, each in its own order.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretSlice};

use crate::audit::{self, Evidence, Fault, LogName, Period, Receipt, Report, Signer, Verifier, VerifierKey};
use crate::config;
use crate::stores;
use crate::stores::checkpoint_folder::CheckpointFolder;

/// What can be done with the log.
#[derive(Subcommand)]
pub enum Command {
    /// Write the rows as lines of JSON
    Export {
        /// Which gateway's log
        #[command(flatten)]
        of: Of,
        /// Only this log of the store
        #[arg(long, value_name = "NAME")]
        log: Option<LogName>,
        /// Only rows from this time on (RFC 3339)
        #[arg(long, value_name = "TIME")]
        since: Option<Timestamp>,
        /// Only rows before this time (RFC 3339)
        #[arg(long, value_name = "TIME")]
        until: Option<Timestamp>,
    },
    /// Check that the log is what was written, or that it holds the row of a receipt
    Verify {
        /// Which gateway's log
        #[command(flatten)]
        of: Of,
        /// Only this log of the store
        #[arg(long, value_name = "NAME")]
        log: Option<LogName>,
        /// A receipt as answers carry it
        #[arg(long)]
        receipt: Option<String>,
        /// The log's public key, NAME+ID+KEY, instead of those of the signing file; each that it has had
        #[arg(long = "key", value_name = "VKEY")]
        keys: Vec<VerifierKey>,
    },
}

/// Names the gateway whose log is meant.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub struct Of {
    /// The data folder of `dancu demo`
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The gateway's configuration files
    #[arg(long = "config", value_name = "FILE", num_args = 1..)]
    files: Vec<PathBuf>,
}

impl Of {
    /// Gives the configuration files; a demo keeps its own in its folder.
    fn files(&self) -> Vec<PathBuf> {
        match &self.data {
            Some(folder) => vec![folder.join("gateway.toml")],
            None => self.files.clone(),
        }
    }
}

/// Exports or verifies.
///
/// # Errors
/// When configuration or store can't be read.
pub fn run(command: Command, environment: &BTreeMap<String, String>) -> anyhow::Result<ExitCode> {
    match command {
        Command::Export {
            of,
            log,
            since,
            until,
        } => {
            let (store, _) = config::load_audit(&of.files(), environment)?;
            let period = Period { since, until };
            super::in_runtime(async move {
                let mut out = std::io::BufWriter::new(std::io::stdout().lock());
                export(&store, log, period, &mut out).await?;
                out.flush()?;
                Ok(ExitCode::SUCCESS)
            })
        }
        Command::Verify {
            of,
            log,
            receipt,
            keys,
        } => {
            let (store, settings) = config::load_audit(&of.files(), environment)?;
            let keys = if keys.is_empty() {
                Keys::OfSeeds(config::load_signing(&of.files(), environment)?)
            } else {
                Keys::Given(keys)
            };
            let receipt = receipt.as_deref().map(str::parse::<Receipt>).transpose();
            let receipt = receipt.context("the receipt can't be read")?;
            super::in_runtime(async move {
                let held = stores::logs(&store).await??;
                // A receipt of a log that isn't there is shown to all, and is none of theirs.
                let of_receipt = receipt.as_ref().map(|receipt| receipt.log.clone());
                let logs = match log.or(of_receipt.filter(|log| held.contains(log))) {
                    Some(log) => vec![log],
                    None => keys.logs().unwrap_or_else(|| with_own(settings.log, held)),
                };
                let folder = settings.checkpoint_dir.as_deref();
                verify_each(&store, logs, receipt, folder, &keys).await
            })
        }
    }
}

/// Puts the gateway's own log first: it must be there, whatever others there are.
fn with_own(own: LogName, mut held: Vec<LogName>) -> Vec<LogName> {
    held.retain(|log| *log != own);
    held.insert(0, own);
    held
}

/// Holds what logs are checked against: the gateways' own seeds, or public keys, for whoever mayn't have those.
enum Keys {
    OfSeeds(Vec<SecretSlice<u8>>),
    Given(Vec<VerifierKey>),
}

impl Keys {
    /// Names the logs that the keys belong to, where they say so.
    fn logs(&self) -> Option<Vec<LogName>> {
        match self {
            Self::OfSeeds(_) => None,
            Self::Given(keys) => {
                let mut logs: Vec<LogName> = Vec::new();
                for key in keys {
                    if !logs.contains(key.log()) {
                        logs.push(key.log().clone());
                    }
                }
                Some(logs)
            }
        }
    }

    fn of(&self, log: &LogName) -> anyhow::Result<Verifier> {
        let verifier = match self {
            Self::OfSeeds(seeds) => {
                let seeds = seeds.iter().map(ExposeSecret::expose_secret);
                Signer::from_seeds(log.clone(), seeds)?.verifier().clone()
            }
            Self::Given(keys) => {
                let its_own = keys.iter().filter(|key| key.log() == log).cloned();
                Verifier::new(log.clone(), its_own.collect())
                    .with_context(|| format!("no --key is one of log {log}"))?
            }
        };
        Ok(verifier)
    }
}

/// Verifies logs, up to the first bad place.
async fn verify_each(
    store: &stores::Config,
    logs: Vec<LogName>,
    receipt: Option<Receipt>,
    folder: Option<&Path>,
    keys: &Keys,
) -> anyhow::Result<ExitCode> {
    let are_many = logs.len() > 1;
    for log in logs {
        let verdict = verify(store, receipt.clone(), folder, &keys.of(&log)?).await?;
        let told = tell(Some(&log).filter(|_| are_many), &verdict);
        if matches!(verdict, Verdict::Broken(_)) {
            return Ok(told);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn tell(log: Option<&LogName>, verdict: &Verdict) -> ExitCode {
    match verdict {
        Verdict::Sound(report) => {
            super::say(&format!("sound: {report}"));
            ExitCode::SUCCESS
        }
        Verdict::Broken(fault) => {
            let of = log.map_or_else(String::new, |log| format!("log {log}: "));
            super::say(&format!("broken: {of}{fault}"));
            ExitCode::FAILURE
        }
    }
}

/// Tells whether the log stood the check.
#[derive(Debug)]
pub enum Verdict {
    /// It is what was written.
    Sound(Report),
    /// It isn't, and this is the first bad place.
    Broken(Fault),
}

/// Writes the rows of a period as lines of JSON and counts them: those of one log, or of each that the store holds.
///
/// # Errors
/// When the store can't be read or holds no such log, or `out` can't be written to.
pub async fn export(
    store: &stores::Config,
    log: Option<LogName>,
    period: Period,
    out: &mut impl Write,
) -> anyhow::Result<u64> {
    let mut held = stores::logs(store).await??;
    if let Some(log) = log {
        held.retain(|held| *held == log);
        anyhow::ensure!(!held.is_empty(), "the store holds no log {log}");
    }
    let mut count = 0_u64;
    for log in held {
        let archive = stores::archive(store, &log).await?;
        count = count.saturating_add(audit::export(archive.as_ref(), period, out).await?);
    }
    Ok(count)
}

/// Checks the key's whole log against itself, its key, the checkpoint kept outside and a receipt, as far as these are given.
///
/// # Errors
/// When store or folder can't be read; a log that is bad is no error but a verdict.
pub async fn verify(
    store: &stores::Config,
    receipt: Option<Receipt>,
    checkpoint_folder: Option<&Path>,
    key: &Verifier,
) -> anyhow::Result<Verdict> {
    // Before the store is read: the checkpoint outside never runs ahead of the rows that it covers.
    let kept_outside = checkpoint_folder
        .map(|folder| CheckpointFolder::new(folder, key.log()).newest())
        .transpose()
        .context("the checkpoint folder can't be read")?
        .flatten();
    let archive = stores::archive(store, key.log()).await?;
    let evidence = Evidence {
        kept_outside,
        receipt,
    };
    match audit::verify(archive.as_ref(), key, evidence).await {
        Ok(report) => Ok(Verdict::Sound(report)),
        Err(Fault::Store(failure)) => Err(failure.into()),
        Err(fault) => Ok(Verdict::Broken(fault)),
    }
}

#[cfg(test)]
mod tests;
