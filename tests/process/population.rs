//! Is a registry of a hundred million people as quick to start, and as small, as one of a thousand?

use std::fs;
use std::time::Duration;

use dancu::clock::{Clock as _, SystemClock};
use serde_json::Value;

use crate::connection::get;
use crate::program::{PATIENCE, Program, dancu};

/// What the resident memory of an optimised program may be; the debug build's is only shown.
const MOST_KIB: u64 = 150 * 1024;

#[test]
fn a_hundred_million_people_cost_no_more_than_a_thousand() {
    for population in ["1000", "100000000"] {
        let start = SystemClock.steady();
        let mut program = Program::start(&mut dancu([
            "demo",
            "--json",
            "--port",
            "0",
            "--population",
            population,
        ]));
        let told: Value = serde_json::from_str(&program.line(|_| true)).unwrap();
        let took = SystemClock.steady().duration_since(start);
        let drawn = get(&format!(
            "{}/_mock/sample?count=100",
            told["mock_control"].as_str().unwrap()
        ))
        .json();
        assert_eq!(drawn["people"].as_array().unwrap().len(), 100);
        let resident = resident_kib(program.pid());
        println!(
            "{population} people: up in {took:?}, {} MiB resident",
            resident / 1024
        );
        assert!(took < Duration::from_secs(10), "{population}: {took:?}");
        assert!(
            cfg!(debug_assertions) || resident < MOST_KIB,
            "{population}: {resident} KiB"
        );
        program.signal("TERM");
        program.end(PATIENCE).expect(0);
    }
}

fn resident_kib(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
