//! `dancu serve`: the gateway alone, until SIGTERM.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use crate::app::App;
use crate::clock::SystemClock;
use crate::config;
use crate::telemetry;

/// Runs the gateway; the configuration is whole before a socket opens.
pub fn run(files: &[PathBuf], environment: &BTreeMap<String, String>) -> anyhow::Result<ExitCode> {
    let config = config::load(files, environment)?;
    let (subscriber, filter) = telemetry::adjustable_subscriber(&config.log, std::io::stderr)?;
    tracing::subscriber::set_global_default(subscriber)?;
    super::in_system(async move {
        let (told_to_stop, told_to_reload) = (super::told_to_stop()?, super::told_to_reload()?);
        let app = App::start(config, Arc::new(SystemClock))
            .await?
            .with_log_filter(filter);
        super::reload_until(told_to_stop, told_to_reload, &[&app]).await;
        app.stop().await?;
        Ok(ExitCode::SUCCESS)
    })
}
