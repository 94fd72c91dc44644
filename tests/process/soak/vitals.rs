//! Does a gateway that serves grow, and does it let go of what it took?
//!
//! Memory, descriptors and tasks of one life of the gateway: at rest after a first call, while it is busy, and at rest again.

use std::fmt;
use std::fs;

use dancu::clock::{Clock as _, SystemClock};

use super::ledger::OWN_CALL;
use crate::connection::{ask, get};
use crate::gateway::Gateway;
use crate::program::PATIENCE;
use crate::surroundings::{Surroundings, persona};

/// By how much memory may grow from the second quarter of a life to its last: what an allocator keeps back goes up and down.
const MOST_GROWTH: f64 = 1.15;

/// What may stay of descriptors and tasks: pools that are filled when they are first needed.
const MOST_LEFT: u64 = 6;

/// What was measured.
#[derive(Debug, Default)]
pub struct Vitals {
    before: Sample,
    busy: Vec<Sample>,
    after: Sample,
}

#[derive(Debug, Default, Clone, Copy)]
struct Sample {
    resident_kib: u64,
    descriptors: u64,
    tasks: u64,
}

impl Sample {
    fn of(gateway: &Gateway) -> Self {
        let pid = gateway.program.pid();
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
        let metrics = get(&format!("{}/metrics", gateway.operations));
        let metrics = String::from_utf8(metrics.body).unwrap();
        let tasks = metrics.lines().find_map(|line| line.strip_prefix("dancu_tasks "));
        Self {
            resident_kib: line.split_whitespace().nth(1).unwrap().parse().unwrap(),
            descriptors: fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count() as u64,
            tasks: tasks.unwrap().parse().unwrap(),
        }
    }
}

impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mib = self.resident_kib / 1024;
        write!(
            f,
            "{mib} MiB, {} descriptors, {} tasks",
            self.descriptors, self.tasks
        )
    }
}

impl Vitals {
    /// Measures a gateway that has answered one call.
    pub fn at_rest(around: &Surroundings, gateway: &Gateway) -> Self {
        around.faults(&serde_json::json!([]));
        let token = around.token();
        let bearer = format!("Bearer {token}");
        let headers = [
            ("Authorization", bearer.as_str()),
            ("Content-Type", "application/json"),
            ("X-Request-Id", OWN_CALL),
        ];
        let url = format!("{}/v1/citizens/verify", gateway.api);
        // Whatever comes of it: a fault may be on again by now.
        let _ = ask("POST", &url, &headers, &persona());
        Self {
            before: Sample::of(gateway),
            ..Self::default()
        }
    }

    /// Measures a busy gateway.
    pub fn take(&mut self, gateway: &Gateway) {
        self.busy.push(Sample::of(gateway));
    }

    /// Measures it again once it has let go of what it took, or isn't going to.
    pub fn rest(&mut self, gateway: &Gateway) {
        let begun = SystemClock.steady();
        loop {
            self.after = Sample::of(gateway);
            let is_long = SystemClock.steady().duration_since(begun) > PATIENCE;
            if self.left().is_none() || is_long {
                return;
            }
            super::wait(std::time::Duration::from_millis(100));
        }
    }

    fn left(&self) -> Option<String> {
        let is_left = |before: u64, after: u64| after > before + MOST_LEFT;
        let Self { before, after, .. } = self;
        let is_so = is_left(before.descriptors, after.descriptors) || is_left(before.tasks, after.tasks);
        is_so.then(|| format!("not let go of: before {before}; after {after}"))
    }

    /// Gives the mean memory of a quarter of the busy time.
    fn memory(&self, quarter: usize) -> Option<f64> {
        let quarters = self.busy.len() / 4;
        let of_quarter = self.busy.get(quarter * quarters..(quarter + 1) * quarters)?;
        let sum: u64 = of_quarter.iter().map(|sample| sample.resident_kib).sum();
        (!of_quarter.is_empty()).then(|| sum as f64 / of_quarter.len() as f64 / 1024.0)
    }

    /// Names what grew.
    pub fn wrong(&self) -> Vec<String> {
        let mut wrong: Vec<String> = self.left().into_iter().collect();
        // A life of a few seconds is all warming up.
        if let (Some(early), Some(late)) = (self.memory(1), self.memory(3))
            && self.busy.len() >= 80
            && late > early * MOST_GROWTH
        {
            wrong.push(format!("memory grew from {early:.1} to {late:.1} MiB"));
        }
        wrong
    }
}

impl fmt::Display for Vitals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let most = |of: fn(&Sample) -> u64| self.busy.iter().map(of).max().unwrap_or_default();
        let most = Sample {
            resident_kib: most(|sample| sample.resident_kib),
            descriptors: most(|sample| sample.descriptors),
            tasks: most(|sample| sample.tasks),
        };
        writeln!(
            f,
            "last life: before {}; at the most {most}; after {}",
            self.before, self.after
        )?;
        let quarters: Vec<_> = (0..4)
            .map(|quarter| format!("{:.1}", self.memory(quarter).unwrap_or_default()))
            .collect();
        write!(f, "memory by quarters of it: {} MiB", quarters.join(", "))
    }
}

#[test]
fn what_grows_is_noticed() {
    let sample = |resident_kib, descriptors, tasks| Sample {
        resident_kib,
        descriptors,
        tasks,
    };
    let of = |late_kib, after| {
        let busy = |kib| vec![sample(kib, 60, 30); 40];
        Vitals {
            before: sample(80_000, 50, 16),
            busy: [busy(90_000), busy(late_kib)].concat(),
            after,
        }
    };
    let rested = sample(80_000, 52, 16);
    assert!(of(92_000, rested).wrong().is_empty());
    for grown in [
        of(110_000, rested),
        of(92_000, sample(80_000, 90, 16)),
        of(92_000, sample(80_000, 52, 60)),
    ] {
        assert_eq!(grown.wrong().len(), 1, "{grown}");
    }
}
