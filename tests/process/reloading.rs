//! Does the program itself read its files again when it is told to, and live on?

mod under_load;

use std::fs;

use crate::connection::{get, until};
use crate::gateway::Gateway;
use crate::surroundings::Surroundings;

#[test]
fn sighup_reads_the_files_again_and_a_bad_one_changes_nothing() {
    let around = Surroundings::new();
    let gateway = Gateway::start(&around, &[]);
    let file = around.path().join("clients.toml");
    let good = fs::read_to_string(&file).unwrap();
    fs::write(&file, "[[client]]\nid = \"001090000001\"\n").unwrap();
    gateway.program.signal("HUP");
    let degraded = until(&gateway.operations, "/readyz", |answer| {
        answer.json()["degraded"] == serde_json::json!(["configuration"])
    });
    assert_eq!(degraded.status, 200, "it goes on with what it has");
    fs::write(&file, good).unwrap();
    gateway.program.signal("HUP");
    until(&gateway.operations, "/readyz", |answer| {
        answer.json()["status"] == "ready"
    });
    assert_eq!(get(&format!("{}/livez", gateway.operations)).status, 200);
    let ended = gateway.stop().expect(0);
    assert!(
        !ended.err.contains("001090000001"),
        "no line holds a person's number:\n{}",
        ended.err
    );
    assert!(ended.err.contains("see dancu check-config"), "{}", ended.err);
}
