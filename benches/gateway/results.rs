//! What was measured, and when?
//!
//! Figures by part and name in one JSON file beside the build's other products. A part that is measured again takes the place
//! of what it said before; the others stay, so that a run can be made in pieces. Of several rounds the median counts.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::load::Run;

/// Holds the figures of one part.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Part {
    /// The day.
    pub measured_on: String,
    /// Whether it was a short run to see that all works, whose figures mean little.
    pub quick: bool,
    /// The figures by name.
    pub figures: BTreeMap<String, f64>,
}

/// Holds everything.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Results {
    /// On what it was measured.
    pub machine: String,
    /// The parts by name.
    pub parts: BTreeMap<String, Part>,
}

impl Results {
    /// Names the file.
    pub fn path() -> PathBuf {
        PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("results.json")
    }

    /// Reads what was measured before, if anything was.
    pub fn read() -> Self {
        let Ok(text) = std::fs::read_to_string(Self::path()) else {
            return Self::default();
        };
        serde_json::from_str(&text).expect("the file of figures can be read; else remove it")
    }

    /// Puts a part in and writes the file.
    pub fn keep(&mut self, part: &str, quick: bool, figures: BTreeMap<String, f64>) {
        self.machine = machine();
        let measured_on = jiff::Zoned::now().date().to_string();
        self.parts.insert(
            part.to_owned(),
            Part {
                measured_on,
                quick,
                figures,
            },
        );
        std::fs::write(Self::path(), serde_json::to_string_pretty(self).unwrap()).unwrap();
    }

    /// Gives a figure.
    pub fn get(&self, part: &str, name: &str) -> Option<f64> {
        self.parts.get(part)?.figures.get(name).copied()
    }

    /// Gives the part's figures of which the name is a number between these two texts, by that number.
    pub fn series(&self, part: &str, before: &str, after: &str) -> Vec<(f64, f64)> {
        let figures = self.parts.get(part).map(|part| part.figures.iter());
        let mut found: Vec<_> = figures
            .into_iter()
            .flatten()
            .filter_map(|(name, value)| {
                let number = name.strip_prefix(before)?.strip_suffix(after)?;
                Some((number.parse().ok()?, *value))
            })
            .collect();
        found.sort_by(|one: &(f64, f64), other| one.0.total_cmp(&other.0));
        found
    }
}

/// Gathers the figures of several rounds.
#[derive(Debug, Default)]
pub struct Rounds(BTreeMap<String, Vec<f64>>);

impl Rounds {
    /// Adds a figure of one round.
    pub fn add(&mut self, name: impl Into<String>, value: f64) {
        // What was divided by nothing is no figure, and JSON has no word for it.
        if value.is_finite() {
            self.0.entry(name.into()).or_default().push(value);
        }
    }

    /// Gives a figure of the last round.
    pub fn last(&self, name: &str) -> f64 {
        *self.0[name].last().unwrap()
    }

    /// Adds what a run says of its first stream and of the server, and prints it.
    pub fn add_run(&mut self, name: &str, run: &Run) {
        let measured = run.first();
        let figures = [
            ("per_second", measured.per_second),
            ("p50_ms", milliseconds(measured.within(0.5))),
            ("p99_ms", milliseconds(measured.within(0.99))),
            ("p999_ms", milliseconds(measured.within(0.999))),
            ("cpu_us", run.cpu_micros),
            ("load_share", run.load_share),
            ("unsent", measured.unsent as f64),
        ];
        for (figure, value) in figures {
            self.add(format!("{name}.{figure}"), value);
        }
        println!(
            "  {name:32} {:8.0}/s  p50 {:7.3} ms  p99 {:7.3} ms  p99.9 {:7.3} ms  CPU {:6.2} µs  load {:3.0} %{}",
            measured.per_second,
            milliseconds(measured.within(0.5)),
            milliseconds(measured.within(0.99)),
            milliseconds(measured.within(0.999)),
            run.cpu_micros,
            run.load_share * 100.0,
            if measured.unsent > 0 {
                format!("  {} NEVER SENT", measured.unsent)
            } else {
                String::new()
            }
        );
    }

    /// Gives the medians.
    pub fn medians(self) -> BTreeMap<String, f64> {
        let median = |mut values: Vec<f64>| {
            values.sort_by(f64::total_cmp);
            values[values.len() / 2]
        };
        self.0
            .into_iter()
            .map(|(name, values)| (name, median(values)))
            .collect()
    }
}

/// Gives a time in milliseconds.
pub fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split(": ").nth(1));
    let shared = if cpu.contains("hypervisor") {
        "virtual "
    } else {
        ""
    };
    let total = cpu
        .lines()
        .filter(|line| line.starts_with("processor"))
        .count()
        .max(cores);
    let kernel = Command::new("uname").arg("-r").output();
    let kernel = kernel.map(|told| String::from_utf8_lossy(&told.stdout).trim().to_owned());
    let kernel = kernel.unwrap_or_default();
    let kernel = kernel.split('-').next().unwrap_or_default();
    format!(
        "{total} {shared}cores ({}), Linux {kernel}",
        model.unwrap_or("of unknown make")
    )
}
