//! May the officer ask for a paper, which, and by when?
//!
//! Builds on whole exchanges. So far: what follows from what was found, and the legal deadlines.

pub mod decision;
pub mod working_time;

use std::time::Duration;

use working_time::Calendar;

/// States what checks must know.
#[derive(Debug, Clone)]
pub struct Config {
    /// When offices are open.
    pub calendar: Calendar,
    /// How often the registry is tried again while checks wait for it.
    pub retry_every: Duration,
    /// How long a check's answer can be read again.
    pub kept_for: Duration,
}
