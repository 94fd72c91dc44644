//! Does the gateway bear it when descriptors run out, when the clock jumps, and when the issuer talks nonsense?
//!
//! Each on the running program: what callers see meanwhile, and that it is whole again by itself.

use std::fs;
use std::process::Command;
use std::time::Duration;

use dancu::clock::{Clock as _, SystemClock};
use serde_json::{Value, json};

use crate::connection::{Connection, until};
use crate::demo::faketime;
use crate::gateway::{Gateway, audit, rows, serve, verify};
use crate::personal::OFFICER;
use crate::surroundings::{Surroundings, persona};

/// Descriptors that the gateway may take beyond those that it has.
const ROOM: u64 = 12;
const CONNECTIONS: usize = 40;

#[test]
fn without_descriptors_who_is_connected_is_served_and_then_everybody_is() {
    let around = Surroundings::new();
    let token = around.token();
    let gateway = Gateway::start(&around, &[]);
    let mut kept = Connection::open(&gateway.api).unwrap();
    assert_eq!(verify(&mut kept, &token, &persona()).unwrap().status, 200);
    descriptors(&gateway, open_descriptors(&gateway) + ROOM);

    // The kernel takes them on; the gateway has no descriptor for most.
    let crowd: Vec<_> = (0..CONNECTIONS)
        .map(|_| Connection::open(&gateway.api).unwrap())
        .collect();
    let (busy, begun) = (processor_ticks(&gateway), SystemClock.steady());
    for _ in 0..20 {
        let answer = verify(&mut kept, &token, &persona()).unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
        wait(Duration::from_millis(50));
    }
    let busy = processor_ticks(&gateway) - busy;
    let took = SystemClock.steady().duration_since(begun);
    println!("{busy} ticks of a hundredth of a second in {took:?}");
    // A loop that accepts in vain without a pause takes all there is.
    assert!(
        f64::from(busy) / 100.0 < took.as_secs_f64() * 0.5,
        "{busy} ticks in {took:?}"
    );
    drop(crowd);
    until(&gateway.api, "/openapi.json", |answer| answer.status == 200);
    // Who isn't held is asked for over a connection that can be made again.
    let question = around.questions(1).remove(0);
    assert_eq!(gateway.verify(&token, &question).unwrap().status, 200);
    gateway.stop().expect(0);
    assert_eq!(rows(&around, &[]).len(), 22);
    audit(&around, "verify", &[]).expect(0);
}

fn descriptors(gateway: &Gateway, most: u64) {
    let set = Command::new("prlimit")
        .args(["--pid", &gateway.program.pid().to_string()])
        .arg(format!("--nofile={most}:"))
        .status();
    assert!(set.unwrap().success());
}

fn open_descriptors(gateway: &Gateway) -> u64 {
    fs::read_dir(format!("/proc/{}/fd", gateway.program.pid()))
        .unwrap()
        .count() as u64
}

/// Gives the processor time used so far, in hundredths of a second.
fn processor_ticks(gateway: &Gateway) -> u32 {
    let stat = fs::read_to_string(format!("/proc/{}/stat", gateway.program.pid())).unwrap();
    let (_, rest) = stat.rsplit_once(") ").unwrap();
    let fields: Vec<&str> = rest.split(' ').collect();
    fields[11].parse::<u32>().unwrap() + fields[12].parse::<u32>().unwrap()
}

fn wait(time: Duration) {
    let (_tell, told) = std::sync::mpsc::channel::<()>();
    let _ = told.recv_timeout(time);
}

#[test]
fn a_clock_that_jumps_spoils_no_row_and_is_right_again_when_it_is() {
    let Some(library) = faketime() else {
        return;
    };
    let around = Surroundings::new();
    let token = around.token_for(OFFICER, 40 * 86_400);
    let file = around.path().join("time");
    let set = |offset: &str| {
        let new = around.path().join("time~");
        fs::write(&new, format!("{offset}\n")).unwrap();
        fs::rename(new, &file).unwrap();
    };
    set("+0");
    let mut command = serve(&around);
    command
        .env("LD_PRELOAD", library)
        .env("FAKETIME_TIMESTAMP_FILE", &file)
        .env("FAKETIME_NO_CACHE", "1")
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    let gateway = Gateway::listening(&mut command);
    gateway.wait_until_ready();
    let asked = || gateway.verify(&token, &persona()).unwrap();
    assert_eq!(asked().status, 200);
    // Ahead the record is too old, and the registry refuses a call that is signed for another time, which isn't "nobody". Behind
    // the record is as fresh as can be, and the token, though of the future, was verified and isn't over. A month ahead the issuer's
    // keys are too old to be trusted.
    for (offset, expected) in [
        ("+1h", (502, "registry_rejected")),
        ("-1h", (200, "")),
        ("+1d", (502, "registry_rejected")),
        ("-1d", (200, "")),
        ("+30d", (503, "keys_unavailable")),
        ("-30d", (200, "")),
    ] {
        set(offset);
        let answer = asked();
        let code = answer.json()["code"].as_str().unwrap_or_default().to_owned();
        assert_eq!((answer.status, code.as_str()), expected, "{offset}: {answer:?}");
        set("+0");
        let answer = asked();
        assert_eq!(answer.status, 200, "after {offset}: {answer:?}");
    }
    gateway.stop().expect(0);
    let rows = rows(&around, &[]);
    let indices: Vec<_> = rows.iter().map(|row| row["index"].as_u64().unwrap()).collect();
    assert_eq!(indices, (0..13).collect::<Vec<_>>());
    audit(&around, "verify", &[]).expect(0);
}

#[test]
fn an_issuer_that_talks_nonsense_lets_nobody_in_and_shuts_nobody_out() {
    let around = Surroundings::new();
    let token = around.token();
    let nonsense = |kind: &str| {
        around.faults(&json!([{"service": "issuer", "operation": "jwks", "kind": kind, "delay_ms": 60_000}]));
    };
    for kind in ["html_200", "empty", "hang", "reset"] {
        nonsense(kind);
        let mut command = serve(&around);
        command
            .env("DANCU__AUTH__FETCH_TIMEOUT", "500ms")
            .env("DANCU__AUTH__KEYS_REFRESHED_EVERY", "1s")
            .env("DANCU__AUTH__UNKNOWN_KID_PAUSE", "1s");
        let gateway = Gateway::listening(&mut command);
        // At the start: nobody can be told from a stranger, and that is said.
        let answer = gateway.verify(&token, &persona()).unwrap();
        assert_eq!(
            (answer.status, &answer.json()["code"]),
            (503, &json!("keys_unavailable")),
            "{kind}"
        );
        until(&gateway.operations, "/readyz", |answer| {
            answer.status == 503 && names(&answer.json()["unready"], "issuer_keys")
        });
        around.faults(&json!([]));
        gateway.wait_until_ready();
        assert_eq!(gateway.verify(&token, &persona()).unwrap().status, 200, "{kind}");
        // While it serves: the keys that are known go on.
        nonsense(kind);
        until(&gateway.operations, "/readyz", |answer| {
            answer.status == 200 && names(&answer.json()["degraded"], "issuer_keys")
        });
        assert_eq!(gateway.verify(&token, &persona()).unwrap().status, 200, "{kind}");
        around.faults(&json!([]));
        until(&gateway.operations, "/readyz", |answer| {
            answer.json()["status"] == "ready"
        });
        gateway.stop().expect(0);
    }
    audit(&around, "verify", &[]).expect(0);
}

fn names(list: &Value, word: &str) -> bool {
    list.as_array()
        .is_some_and(|words| words.iter().any(|found| found == word))
}
