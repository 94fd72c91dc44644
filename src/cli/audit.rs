//! `dancu audit export` and `dancu audit verify`: how the log is read and checked from outside the gateway.
//!
//! Both open the store for reading only and can run while the gateway writes to it. They print nothing themselves: the
//! rows go to the writer given, the verdict is returned, and what is printed and the exit status are the command's.

use std::io::Write;
use std::path::Path;

use anyhow::Context as _;

use crate::audit::{self, Evidence, Fault, Period, Report, Verifier};
use crate::stores::checkpoint_folder::CheckpointFolder;
use crate::stores::sqlite::Reader;

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
