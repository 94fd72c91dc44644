//! `dancu audit export` and `dancu audit verify`: how the log is read and checked from outside the gateway.
//!
//! Both open the store for reading only and can run while the gateway writes to it. Rows go to stdout, one JSON object a
//! line; a log that isn't what was written gives exit status 1 and its first bad place.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use jiff::Timestamp;
use secrecy::ExposeSecret as _;

use crate::audit::{self, Evidence, Fault, Period, Report, Signer, Verifier};
use crate::config;
use crate::stores::checkpoint_folder::CheckpointFolder;
use crate::stores::sqlite::Reader;

/// What can be done with the log.
#[derive(Subcommand)]
pub enum Command {
    /// Write the rows as lines of JSON
    Export {
        /// Which gateway's log
        #[command(flatten)]
        of: Of,
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
        /// A receipt as answers carry it
        #[arg(long)]
        receipt: Option<String>,
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
        Command::Export { of, since, until } => {
            let (store, ..) = config::load_audit(&of.files(), environment)?;
            let period = Period { since, until };
            super::in_runtime(async move {
                let mut out = std::io::BufWriter::new(std::io::stdout().lock());
                export(&store, period, &mut out).await?;
                out.flush()?;
                Ok(ExitCode::SUCCESS)
            })
        }
        Command::Verify { of, receipt } => {
            let (store, settings, signing) = config::load_audit(&of.files(), environment)?;
            let signer = Signer::from_seed(settings.log, signing.expose_secret())?;
            super::in_runtime(async move {
                let folder = settings.checkpoint_dir.as_deref();
                let verdict = verify(&store, receipt.as_deref(), folder, signer.verifier()).await?;
                Ok(tell(&verdict))
            })
        }
    }
}

fn tell(verdict: &Verdict) -> ExitCode {
    match verdict {
        Verdict::Sound(report) => {
            super::say(&format!("sound: {report}"));
            ExitCode::SUCCESS
        }
        Verdict::Broken(fault) => {
            super::say(&format!("broken: {fault}"));
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

/// Writes the rows of a period as lines of JSON and counts them.
///
/// # Errors
/// When the store can't be read or `out` can't be written to.
pub async fn export(store: &Path, period: Period, out: &mut impl Write) -> anyhow::Result<u64> {
    let reader = Reader::open(store).await?;
    Ok(audit::export(&reader, period, out).await?)
}

/// Checks the whole log against itself, its key, the checkpoint kept outside and a receipt, as far as these are given.
///
/// # Errors
/// When the receipt isn't one, or store or folder can't be read; a log that is bad is no error but a verdict.
pub async fn verify(
    store: &Path,
    receipt: Option<&str>,
    checkpoint_folder: Option<&Path>,
    key: &Verifier,
) -> anyhow::Result<Verdict> {
    let receipt = receipt
        .map(str::parse)
        .transpose()
        .context("the receipt can't be read")?;
    // Before the store is read: the checkpoint outside never runs ahead of the rows that it covers.
    let kept_outside = checkpoint_folder
        .map(|folder| CheckpointFolder::new(folder, key.log()).newest())
        .transpose()
        .context("the checkpoint folder can't be read")?
        .flatten();
    let reader = Reader::open(store).await?;
    let evidence = Evidence {
        kept_outside,
        receipt,
    };
    match audit::verify(&reader, key, evidence).await {
        Ok(report) => Ok(Verdict::Sound(report)),
        Err(Fault::Store(failure)) => Err(failure.into()),
        Err(fault) => Ok(Verdict::Broken(fault)),
    }
}

#[cfg(test)]
mod tests;
