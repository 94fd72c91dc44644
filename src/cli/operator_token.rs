//! `dancu operator-token`: a new token for an operator, and what stands in the operators' file about it.
//!
//! The token is random and shown once, on stderr; the entry, which holds only its hash, goes to stdout, to be appended to
//! the file. Nothing is kept.

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use clap::Args;

use crate::auth::{Role, TokenDigest};
use crate::domain::operator::OperatorName;

/// For whom the token is.
#[derive(Args)]
pub struct Options {
    /// The name that will stand in the audit log
    #[arg(long)]
    name: String,
    /// What the operator may do: viewer, operator, auditor; may be repeated
    #[arg(long = "role", required = true)]
    roles: Vec<String>,
    /// Until when, as an RFC 3339 time
    #[arg(long)]
    expires: jiff::Timestamp,
}

/// Makes the token.
pub fn run(options: &Options) -> anyhow::Result<ExitCode> {
    if options.name.parse::<OperatorName>().is_err() {
        bail!("--name: letters, digits, dots, dashes and underscores, without a run of 9 or 12 digits");
    }
    let roles: Vec<Role> = options
        .roles
        .iter()
        .map(|role| role.parse())
        .collect::<Result<_, _>>()
        .context("--role is viewer, operator or auditor")?;
    let mut bytes = [0; 32];
    SystemRandom::new()
        .fill(&mut bytes)
        .context("the system's random numbers")?;
    let token: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    writeln!(std::io::stderr(), "The token, shown this once: {token}")?;
    super::say(entry(&options.name, &token, &roles, &options.expires.to_string()).trim_end());
    Ok(ExitCode::SUCCESS)
}

/// Writes the entry of the operators' file.
pub fn entry(name: &str, token: &str, roles: &[Role], expires: &str) -> String {
    let roles: Vec<String> = roles
        .iter()
        .map(|role| format!("\"{}\"", role.as_str()))
        .collect();
    format!(
        "[[operator]]\nname = \"{name}\"\ntoken_sha256 = \"{}\"\nroles = [{}]\nexpires = \"{expires}\"\n",
        TokenDigest::of(token.as_bytes()),
        roles.join(", "),
    )
}
