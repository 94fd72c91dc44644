//! Does the readiness of a quiet program follow the fact within seconds, both ways?
//!
//! Nobody calls here: what goes away and comes back is seen by itself.

use std::process::Command;
use std::time::{Duration, Instant};

use dancu::clock::{Clock as _, SystemClock};

use crate::connection;
use crate::gateway::Gateway;
use crate::program::without_proxies;
use crate::surroundings::Surroundings;

/// Within how long readiness follows, on a machine that has nothing else to do.
const PROMISED: Duration = Duration::from_secs(5);

/// What a busy one may take on top.
const SLACK: Duration = Duration::from_secs(4);

fn follows(gateway: &Gateway, what: &str, status: u16, word: &str) {
    let begun: Instant = SystemClock.steady();
    connection::until(&gateway.operations, "/readyz", |answer| {
        answer.status == status && answer.json().to_string().contains(word)
    });
    let took = SystemClock.steady().saturating_duration_since(begun);
    println!("{what}: seen after {took:?}");
    assert!(took < PROMISED + SLACK, "{what}: {took:?}");
}

#[test]
fn a_registry_that_goes_away_and_comes_back_is_seen_without_a_call() {
    let around = Surroundings::new();
    let gateway = Gateway::start(&around, &[]);
    for kind in ["reset", "hang"] {
        around.fault_of("jwks", kind, 60_000);
        follows(&gateway, kind, 200, "\"degraded\":[\"registry\"]");
        around.fault_of("jwks", "delay", 0);
        follows(&gateway, "and it comes back", 200, "\"status\":\"ready\"");
    }
    gateway.stop().expect(0);
}

#[test]
fn a_disk_that_fills_up_and_empties_is_seen_without_a_call() {
    let around = Surroundings::new();
    // With the signal ignored, a write beyond the limit fails as on a full disk.
    let mut command = Command::new("sh");
    command.args([
        "-c",
        "trap '' XFSZ; exec \"$0\" serve --config \"$1\"",
        env!("CARGO_BIN_EXE_dancu"),
    ]);
    without_proxies(command.arg(around.configuration()));
    let gateway = Gateway::listening(&mut command);
    gateway.wait_until_ready();
    let room = |bytes: &str| {
        let limit = format!("--fsize={bytes}:");
        let pid = gateway.program.pid().to_string();
        let set = Command::new("prlimit").args(["--pid", &pid, &limit]).status();
        set.is_ok_and(|set| set.success())
    };
    if !room("1024") {
        println!("left out: there is no prlimit");
        return;
    }
    follows(&gateway, "a full disk", 503, "audit_store");
    assert!(room("unlimited"));
    follows(&gateway, "and it has room again", 200, "\"status\":\"ready\"");
    gateway.stop().expect(0);
}
