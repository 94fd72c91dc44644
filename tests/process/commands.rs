//! Do the commands that end by themselves say what is so, on the right output and with the right status?

use std::fs;
use std::net::TcpListener;

use serde_json::Value;

use crate::connection::ask;
use crate::gateway::{Gateway, audit, rows, serve};
use crate::program::{dancu, run};
use crate::surroundings::{Surroundings, persona};

/// Holds one mistake of each kind; the keys stand in `MISTAKEN`.
const BAD: &str = r#"
clients_file = "none.toml"
[api]
shutdown_timeout = "soon"
bogus = 1
tls = { certificate_file = "", key_file = "pseudonym" }
[auth]
issuer = ""
algorithms = ["HS256"]
[registry]
url = "not a url"
attempt_timeout = "9s"
[limits]
refused_per_second = -3
[store]
kind = "abacus"
[keys]
pseudonym_file = "missing"
sealing_file = "open"
signing_file = "short"
[telemetry]
log = "=!"
"#;

const MISTAKEN: [&str; 14] = [
    "clients_file",
    "api.shutdown_timeout",
    "api.bogus",
    "api.tls",
    "auth.issuer",
    "auth.algorithms",
    "registry.url",
    "registry.attempt_timeout",
    "limits.refused_per_second",
    "store.kind",
    "keys.pseudonym_file",
    "keys.sealing_file",
    "keys.signing_file",
    "telemetry.log",
];

#[test]
fn a_good_configuration_is_in_order() {
    let around = Surroundings::new();
    let mut check = dancu(["check-config"]);
    check.arg(around.configuration());
    let checked = run(check).expect(0);
    assert!(
        checked.out.starts_with("in order: 1 clients, "),
        "{}",
        checked.out
    );
    assert_eq!(checked.err, "");
}

#[test]
fn every_mistake_is_named_at_once_and_nothing_is_opened() {
    let around = Surroundings::new();
    // A gateway that opened its sockets before its settings are whole would trip over this one first.
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = taken.local_addr().unwrap().to_string();
    fs::write(around.path().join("open"), "22".repeat(32)).unwrap();
    fs::write(around.path().join("short"), "33").unwrap();
    let bad = around.path().join("bad.toml");
    fs::write(&bad, BAD).unwrap();

    let mut check = dancu(["check-config"]);
    check.arg(around.configuration()).arg(&bad);
    let mut served = serve(&around);
    served.arg(&bad);
    for mut command in [check, served] {
        command.env("DANCU__API__LISTEN", &listen);
        let ended = run(command).expect(78);
        assert_eq!(ended.out, "");
        let named: Vec<&str> = ended
            .err
            .lines()
            .filter_map(|line| line.split_once(": "))
            .map(|(at, _)| at)
            .collect();
        for key in MISTAKEN {
            assert!(named.contains(&key), "{key} is missing in\n{}", ended.err);
        }
        assert_eq!(named.len(), MISTAKEN.len(), "{}", ended.err);
    }
    assert!(!around.store().exists());
}

#[test]
fn a_file_that_is_not_there_or_not_toml_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (missing, broken) = (
        folder.path().join("missing.toml"),
        folder.path().join("broken.toml"),
    );
    fs::write(&broken, "api = [").unwrap();
    for (file, name) in [(&missing, "missing.toml"), (&broken, "broken.toml")] {
        let mut check = dancu(["check-config"]);
        check.arg(file);
        let ended = run(check).expect(78);
        assert!(ended.err.contains(name), "{}", ended.err);
    }
}

#[test]
fn wrong_arguments_are_a_matter_of_usage() {
    for arguments in [
        &[][..],
        &["fly"],
        &["serve"],
        &["demo", "--port", "66000"],
        &["check-config"],
        &["audit", "export"],
        &["audit", "export", "--data", "x", "--config", "y"],
        &["audit", "export", "--data", "x", "--since", "yesterday"],
        &["openapi", "--pretty"],
    ] {
        let ended = run(dancu(arguments)).expect(2);
        assert!(
            ended.out.is_empty() && ended.err.contains("--help"),
            "{arguments:?}: {ended:?}"
        );
    }
    assert!(run(dancu(["--help"])).expect(0).out.contains("check-config"));
    assert!(run(dancu(["--version"])).expect(0).out.starts_with("dancu "));
}

#[test]
fn an_operators_token_is_shown_once_and_its_entry_opens_the_operations_listener() {
    let around = Surroundings::new();
    let made_until = |expires: &str| {
        run(dancu([
            "operator-token",
            "--name",
            "an.nguyen",
            "--role",
            "viewer",
            "--expires",
            expires,
        ]))
    };
    let made = made_until("2036-01-01T00:00:00+07:00").expect(0);
    let token = made.err.trim_end().rsplit(' ').next().unwrap().to_owned();
    assert_eq!(token.len(), 64, "{}", made.err);
    assert!(!made.out.contains(&token), "what is kept holds no token");
    fs::write(around.path().join("operators.toml"), &made.out).unwrap();
    let file = around.path().join("operators.toml").display().to_string();
    let gateway = Gateway::start(&around, &[("DANCU__OPERATORS_FILE", file.as_str())]);
    let bearer = format!("Bearer {token}");
    let address = format!("{}/admin/v1/limits/demo", gateway.operations);
    let limits = ask("GET", &address, &[("Authorization", bearer.as_str())], "").unwrap();
    assert_eq!(limits.json()["client_id"], "demo");
    let ended = gateway.stop().expect(0);
    assert!(!ended.err.contains(&token), "no line holds a token");
    made_until("soon").expect(2);
    let king = [
        "operator-token",
        "--name",
        "an",
        "--role",
        "king",
        "--expires",
        "2036-01-01T00:00:00Z",
    ];
    assert!(run(dancu(king)).expect(1).err.contains("--role"));
}

#[test]
fn the_description_is_openapi_3_1() {
    let printed = run(dancu(["openapi"])).expect(0);
    let document: Value = serde_json::from_str(&printed.out).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    assert!(document["paths"]["/v1/citizens/verify"]["post"].is_object());
}

#[test]
fn the_log_is_exported_by_time_and_a_tampered_copy_is_found_out() {
    let around = Surroundings::new();
    let token = around.token();
    let gateway = Gateway::start(&around, &[]);
    let receipts: Vec<String> = (0..4)
        .map(|_| {
            gateway.verify(&token, &persona()).unwrap().json()["receipt"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    gateway.stop().expect(0);

    let all = rows(&around, &[]);
    let time = |row: usize| all[row]["time"].as_str().unwrap();
    let indexes = |bounds: &[&str]| -> Vec<u64> {
        rows(&around, bounds)
            .iter()
            .map(|row| row["index"].as_u64().unwrap())
            .collect()
    };
    assert_eq!(indexes(&[]), [0, 1, 2, 3]);
    assert_eq!(indexes(&["--since", time(1)]), [1, 2, 3]);
    assert_eq!(indexes(&["--until", time(1)]), [0]);
    assert_eq!(indexes(&["--since", time(1), "--until", time(3)]), [1, 2]);
    assert_eq!(
        indexes(&["--since", "2100-01-01T00:00:00+07:00"]),
        Vec::<u64>::new()
    );

    receipts_are_told_from_forgeries(&around, &receipts);
    tampering_is_found(&around, &all, &receipts);
}

fn receipts_are_told_from_forgeries(around: &Surroundings, receipts: &[String]) {
    audit(around, "verify", &["--receipt", &receipts[2]]).expect(0);
    let leaf = |receipt: &str| receipt.rsplit_once('.').unwrap().1.to_owned();
    for (forged, said) in [
        (
            format!("dancu.1.{}", leaf(&receipts[2])),
            "broken: row 1: the receipt is not that of this row",
        ),
        (
            format!("dancu.4.{}", leaf(&receipts[2])),
            "broken: row 4: the receipt's row is not in the log",
        ),
        (
            format!("other.2.{}", leaf(&receipts[2])),
            "broken: row 2: the receipt is not that of this row",
        ),
    ] {
        let verified = audit(around, "verify", &["--receipt", &forged]).expect(1);
        assert_eq!(verified.out, said);
    }
    let unreadable = audit(around, "verify", &["--receipt", "no receipt"]).expect(1);
    assert!(
        unreadable.err.contains("the receipt can't be read"),
        "{}",
        unreadable.err
    );
}

fn tampering_is_found(around: &Surroundings, rows: &[Value], receipts: &[String]) {
    let sound = fs::read(around.store()).unwrap();
    let tampered = |changed: &[u8]| fs::write(around.store(), changed).unwrap();
    for index in [1, 3] {
        let id = rows[index]["transaction_id"].as_str().unwrap();
        let other = format!(
            "{}{}",
            &id[..id.len() - 1],
            if id.ends_with('0') { '1' } else { '0' }
        );
        let (changed, places) = replaced(&sound, id.as_bytes(), other.as_bytes());
        assert_eq!(places, 1, "the row stands once in the file");
        tampered(&changed);
        let verified = audit(around, "verify", &[]).expect(1);
        let said = format!("broken: row {index}: the row's hash does not fit its content and place");
        assert_eq!(verified.out, said);
        audit(around, "verify", &["--receipt", &receipts[index]]).expect(1);
    }
    tampered(&sound);
    audit(around, "verify", &[]).expect(0);
}

fn replaced(text: &[u8], old: &[u8], new: &[u8]) -> (Vec<u8>, usize) {
    let mut changed = text.to_vec();
    let places: Vec<usize> = text
        .windows(old.len())
        .enumerate()
        .filter(|(_, part)| *part == old)
        .map(|(at, _)| at)
        .collect();
    for &at in &places {
        changed[at..at + old.len()].copy_from_slice(new);
    }
    (changed, places.len())
}
