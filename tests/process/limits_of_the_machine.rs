//! What does the gateway say, and give away, when the machine refuses it something?

use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::Path;
use std::process::Command;

use crate::connection;
use crate::gateway::{Gateway, audit, rows, serve};
use crate::program::{run, without_proxies};
use crate::surroundings::{Surroundings, persona};

/// The user and group `nobody`, who owns nothing.
const NOBODY: u32 = 65_534;

#[test]
fn a_port_that_is_taken_is_named() {
    let around = Surroundings::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for setting in ["DANCU__API__LISTEN", "DANCU__OPERATIONS__LISTEN"] {
        let mut command = serve(&around);
        command.env(setting, &address);
        let ended = run(command).expect(1);
        assert!(
            ended.err.contains(&format!("can't listen on {address}")),
            "{}",
            ended.err
        );
    }
}

#[test]
fn without_room_there_is_no_answer_and_with_room_it_heals() {
    if !works("prlimit", &["--version"]) {
        println!("left out: there is no prlimit");
        return;
    }
    let around = Surroundings::new();
    let token = around.token();
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
    assert_eq!(gateway.verify(&token, &persona()).unwrap().status, 200);

    largest_file(&gateway, "1024");
    for _ in 0..3 {
        let refused = gateway.verify(&token, &persona()).unwrap();
        let problem = refused.json();
        assert_eq!(
            (refused.status, problem["code"].as_str()),
            (503, Some("audit_unavailable")),
            "{problem}"
        );
        assert!(refused.headers.contains_key("retry-after"), "{refused:?}");
        assert!(
            problem.get("outcome").is_none() && problem.get("claims").is_none(),
            "{problem}"
        );
    }
    let unready = connection::until(&gateway.operations, "/readyz", |answer| answer.status == 503);
    assert!(
        unready.json()["unready"].to_string().contains("audit_store"),
        "{unready:?}"
    );

    largest_file(&gateway, "unlimited");
    gateway.wait_until_ready();
    let answer = gateway.verify(&token, &persona()).unwrap();
    assert_eq!(answer.status, 200);
    let ended = gateway.stop().expect(0);
    assert!(
        ended
            .err
            .contains("the audit log can't be written: calls are refused"),
        "{}",
        ended.err
    );
    assert!(
        ended.err.contains("the audit log can be written again"),
        "{}",
        ended.err
    );
    let receipt = answer.json()["receipt"].as_str().unwrap().to_owned();
    audit(&around, "verify", &["--receipt", &receipt]).expect(0);
    assert_eq!(
        rows(&around, &[]).len(),
        2,
        "the refused calls have no row, since there was no room for one"
    );
}

fn largest_file(gateway: &Gateway, bytes: &str) {
    let limit = format!("--fsize={bytes}:");
    let set = Command::new("prlimit")
        .args(["--pid", &gateway.program.pid().to_string(), &limit])
        .status();
    assert!(set.unwrap().success());
}

#[test]
fn a_folder_that_may_only_be_read_is_named() {
    let around = Surroundings::new();
    let owner = fs::metadata(around.path()).unwrap().uid();
    let as_nobody = ["--reuid=65534", "--regid=65534", "--clear-groups"];
    if owner == 0 {
        let may_run = [&as_nobody[..], &[env!("CARGO_BIN_EXE_dancu"), "--version"]].concat();
        if !works("setpriv", &may_run) {
            println!("left out: root can't run the program as somebody else here");
            return;
        }
        for entry in fs::read_dir(around.path()).unwrap() {
            chown(entry.unwrap().path(), Some(NOBODY), Some(NOBODY)).unwrap();
        }
        chown(around.path(), Some(NOBODY), Some(NOBODY)).unwrap();
    }
    let command = || {
        let plain = serve(&around);
        if owner != 0 {
            return plain;
        }
        let mut command = Command::new("setpriv");
        command
            .args(as_nobody)
            .arg(plain.get_program())
            .args(plain.get_args());
        without_proxies(&mut command);
        command
    };
    let set_mode = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();

    set_mode(&around.data(), 0o555);
    assert_names_the_store(run(command()).expect(1).err.as_str(), "no store yet");

    set_mode(&around.data(), 0o755);
    let gateway = Gateway::listening(&mut command());
    gateway.wait_until_ready();
    let token = around.token();
    assert_eq!(gateway.verify(&token, &persona()).unwrap().status, 200);
    gateway.stop().expect(0);

    set_mode(&around.data(), 0o555);
    assert_names_the_store(
        run(command()).expect(1).err.as_str(),
        "a folder without room for its log",
    );
    set_mode(&around.data(), 0o755);
    set_mode(&around.store(), 0o444);
    assert_names_the_store(
        run(command()).expect(1).err.as_str(),
        "a file that may only be read",
    );
}

fn assert_names_the_store(error: &str, case: &str) {
    println!("{case}: {error}");
    let line = error.lines().last().unwrap_or_default();
    assert!(
        line.starts_with("dancu: ") && line.contains("dancu.db"),
        "{case}: {error}"
    );
    assert!(
        line.contains("denied") || line.contains("read-only"),
        "{case}: {error}"
    );
}

fn works(program: &str, arguments: &[&str]) -> bool {
    Command::new(program)
        .args(arguments)
        .output()
        .is_ok_and(|output| output.status.success())
}
