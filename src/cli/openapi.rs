//! `dancu openapi`: the description of the API, on stdout.

use std::process::ExitCode;

use crate::http;

/// Prints the document.
pub fn run() -> anyhow::Result<ExitCode> {
    super::say(&serde_json::to_string_pretty(&http::openapi_document())?);
    Ok(ExitCode::SUCCESS)
}
