//! `dancu check-config`: is this configuration one that the gateway would start with?

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::config;

/// Names every mistake, or counts what was found in order.
pub fn run(files: &[PathBuf], environment: &BTreeMap<String, String>) -> anyhow::Result<ExitCode> {
    let config = config::load(files, environment)?;
    let (clients, procedures) = (config.clients.iter().count(), config.catalogue.iter().count());
    super::say(&format!("in order: {clients} clients, {procedures} procedures"));
    Ok(ExitCode::SUCCESS)
}
