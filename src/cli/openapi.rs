//! `dancu openapi`: the description of the API, on stdout.

use std::process::ExitCode;

use crate::http;

/// Prints the document.
pub fn run() -> anyhow::Result<ExitCode> {
    super::say(&http::openapi::document(http::openapi::EXAMPLE_URL)?);
    Ok(ExitCode::SUCCESS)
}
