//! Does a newcomer get what `dancu demo` promises, and does the same folder go on where it was left?

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use dancu::clock::{Clock as _, SystemClock};
use serde_json::Value;

use crate::connection::{Answer, Connection, ask, get};
use crate::gateway::verify;
use crate::personal::{self, OFFICER};
use crate::program::{Ended, PATIENCE, Program, dancu, run, without_proxies};
use crate::surroundings::{persona, token};

/// Is a demo that told its addresses as JSON.
struct Demo {
    program: Program,
    told: Value,
}

impl Demo {
    fn start(data: &Path) -> Self {
        Self::run(data, &mut dancu(["demo", "--json", "--port", "0", "--data"]))
    }

    /// Starts one that takes this for the time of day, and the machine's own seconds for seconds.
    fn start_at(data: &Path, time: &str, faketime: &Path) -> Self {
        let mut command = dancu(["demo", "--json", "--port", "0", "--data"]);
        command
            .env("LD_PRELOAD", faketime)
            .env("FAKETIME", format!("@{time}"))
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
            .env("TZ", "Asia/Ho_Chi_Minh");
        Self::run(data, &mut command)
    }

    fn run(data: &Path, command: &mut Command) -> Self {
        let mut program = Program::start(command.arg(data));
        let told = serde_json::from_str(&program.line(|_| true)).expect("the first line is JSON");
        Self { program, told }
    }

    fn text(&self, name: &str) -> &str {
        self.told[name]
            .as_str()
            .unwrap_or_else(|| panic!("{name} in {}", self.told))
    }

    fn address(&self, name: &str) -> &str {
        self.text(name).strip_prefix("http://").unwrap()
    }

    fn secret(&self) -> &str {
        self.told["client"]["client_secret"].as_str().unwrap()
    }

    fn verify(&self) -> Answer {
        let token = token(self.text("issuer"), self.secret(), OFFICER);
        let mut connection = Connection::open(self.address("api")).unwrap();
        verify(&mut connection, &token, &persona()).unwrap()
    }

    /// Gives what is used of the client's day and month, and when each begins anew.
    fn calendar(&self) -> [(u64, String); 2] {
        let bearer = format!("Bearer {}", token(self.text("issuer"), self.secret(), OFFICER));
        let asked = ask(
            "GET",
            &format!("{}/v1/quota", self.text("api")),
            &[("Authorization", bearer.as_str())],
            "",
        );
        let policies = asked.unwrap().json()["policies"].clone();
        ["day", "month"].map(|name| {
            let policies = policies.as_array().unwrap();
            let policy = policies.iter().find(|policy| policy["name"] == name).unwrap();
            let resets_at = policy["resets_at"].as_str().unwrap();
            (policy["used"].as_u64().unwrap(), resets_at.to_owned())
        })
    }

    fn stop(self) -> Ended {
        self.program.signal("TERM");
        self.program.end(PATIENCE).expect(0)
    }
}

#[test]
fn the_first_line_names_addresses_that_answer_and_sigterm_ends_them() {
    let folder = tempfile::tempdir().unwrap();
    let demo = Demo::start(folder.path());
    assert_eq!(demo.told["apis"], serde_json::json!([demo.told["api"]]));
    assert_eq!(demo.told["pid"], demo.program.pid());
    assert_eq!(demo.told["client"]["client_id"], "demo");
    let bearer = format!("Bearer {}", demo.text("admin_token"));
    let clients = ask(
        "GET",
        &format!("{}/admin/v1/clients", demo.text("operations")),
        &[("Authorization", bearer.as_str())],
        "",
    );
    assert_eq!(clients.unwrap().json()["clients"][0]["id"], "demo");
    assert_eq!(
        Path::new(demo.text("data_dir")),
        folder.path().canonicalize().unwrap()
    );
    for (name, path) in [
        ("api", "/openapi.json"),
        ("api", "/docs"),
        ("operations", "/livez"),
        ("operations", "/readyz"),
        ("operations", "/metrics"),
        ("issuer", "/.well-known/jwks.json"),
        ("mock_control", "/_mock/personas"),
    ] {
        let status = get(&format!("{}{path}", demo.text(name))).status;
        assert!(matches!(status, 200 | 301..=308), "{name}{path}: {status}");
    }
    let answer = demo.verify();
    assert_eq!(
        (answer.status, &answer.json()["outcome"]),
        (200, &Value::from("confirmed")),
        "{answer:?}"
    );
    personal::assert_none_in(&format!("{:?}", answer.headers), "the answer's head");
    let metrics = get(&format!("{}/metrics", demo.text("operations")));
    personal::assert_none_in(&String::from_utf8(metrics.body).unwrap(), "/metrics");

    let addresses = ["api", "operations", "issuer", "mock_control"].map(|name| demo.address(name).to_owned());
    let ended = demo.stop();
    assert_eq!(ended.out.lines().count(), 1, "{}", ended.out);
    for address in addresses {
        assert!(Connection::open(&address).is_err(), "{address} still answers");
    }
}

#[test]
fn the_same_folder_again_goes_on_where_it_was_left() {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("a folder of one's own");
    let first = Demo::start(&data);
    let secret = first.secret().to_owned();
    let receipt = first.verify().json()["receipt"].as_str().unwrap().to_owned();
    assert!(receipt.starts_with("dancu.0."), "{receipt}");
    assert_private(&data);
    let keys = ["pseudonym", "sealing", "signing", "client-secret", "admin-token"];
    let read = |name: &str| fs::read_to_string(data.join(name)).unwrap();
    let made = keys.map(read);

    let configuration = read("gateway.toml");
    let second = run(demo_on(&data)).expect(1);
    assert!(second.err.contains("is in use by another demo"), "{}", second.err);
    assert_eq!(second.out, "");
    assert_eq!(
        read("gateway.toml"),
        configuration,
        "the second one meddled with the first one's settings"
    );
    assert_eq!(first.verify().status, 200);
    first.stop();

    let again = Demo::start(&data);
    assert_eq!(again.secret(), secret);
    assert_eq!(keys.map(read), made);
    let receipt_after = again.verify().json()["receipt"].as_str().unwrap().to_owned();
    assert!(receipt_after.starts_with("dancu.2."), "{receipt_after}");
    again.stop();
    for receipt in [receipt, receipt_after] {
        let mut check = dancu(["audit", "verify", "--receipt", &receipt, "--data"]);
        check.arg(&data);
        assert!(run(check).expect(0).out.starts_with("sound: "));
    }
}

fn demo_on(data: &Path) -> Command {
    let mut command = dancu(["demo", "--json", "--port", "0", "--data"]);
    command.arg(data);
    command
}

fn assert_private(data: &Path) {
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(data), 0o700);
    let open: Vec<PathBuf> = fs::read_dir(data)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file() && path.extension().is_none_or(|kind| kind != "toml"))
        .filter(|path| mode(path) != 0o600)
        .collect();
    assert_eq!(open, Vec::<PathBuf>::new(), "others may read these");
}

#[test]
fn the_line_to_try_works_as_it_is_printed() {
    if !has_curl() {
        println!("left out: there is no curl");
        return;
    }
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("it's a $folder");
    for given in [None, Some(&data)] {
        let mut command = dancu(["demo", "--port", "0"]);
        if let Some(data) = given {
            command.arg("--data").arg(data);
        }
        let mut program = Program::start(&mut command);
        program.line(|line| line.starts_with("Try it"));
        let before = program.shown().len();
        program.line(|line| line.ends_with("}}'"));
        let shown = program.shown();
        assert!(shown.contains("The answer: CONFIRMED"), "{shown}");
        assert!(
            shown.contains("PAPER_NOT_REQUIRED") && shown.contains("0 asked for"),
            "{shown}"
        );
        let mut shell = Command::new("sh");
        without_proxies(shell.arg("-c").arg(&shown[before..]));
        let tried = run(shell).expect(0);
        let answer: Value = serde_json::from_str(&tried.out).unwrap_or_else(|_| panic!("{tried:?}"));
        assert_eq!(answer["outcome"], "confirmed", "{answer}");
        assert_eq!(
            answer["identity"]["differences"],
            serde_json::json!(["case"]),
            "{answer}"
        );

        let folder = shown
            .lines()
            .find_map(|line| line.strip_prefix("  data "))
            .unwrap()
            .trim();
        assert!(Path::new(folder).is_dir());
        program.signal("INT");
        program.end(PATIENCE).expect(0);
        assert_eq!(Path::new(folder).exists(), given.is_some(), "{folder}");
    }
}

fn has_curl() -> bool {
    Command::new("curl").arg("--version").output().is_ok()
}

#[test]
fn ended_before_it_is_up_it_leaves_no_folder_behind() {
    let temporary = tempfile::tempdir().unwrap();
    let mut command = dancu(["demo", "--json", "--port", "0"]);
    let mut program = Program::start(
        command
            .env("TMPDIR", temporary.path())
            .env("DANCU__TELEMETRY__LOG", "debug"),
    );
    // From here on the folder is there; the gateway isn't yet.
    program.log(|_| true);
    program.signal("TERM");
    program.end(PATIENCE);
    let left: Vec<_> = fs::read_dir(temporary.path()).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_port_that_is_taken_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let temporary = tempfile::tempdir().unwrap();
    let mut command = dancu(["demo", "--port", &address.port().to_string()]);
    command.env("TMPDIR", temporary.path());
    let ended = run(command).expect(1);
    assert!(
        ended.err.contains(&format!("can't listen on {address}")),
        "{}",
        ended.err
    );
    assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0);
}

#[test]
fn a_log_that_can_not_be_written_stops_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new("sh");
    command.args([
        "-c",
        "exec \"$0\" demo --json --port 0 --data \"$1\" 2>/dev/full",
        env!("CARGO_BIN_EXE_dancu"),
    ]);
    without_proxies(command.arg(folder.path()).env("DANCU__TELEMETRY__LOG", "trace"));
    let mut program = Program::start(&mut command);
    let told = serde_json::from_str(&program.line(|_| true)).expect("the first line is JSON");
    let demo = Demo { program, told };
    assert_eq!(demo.verify().status, 200);
    assert_eq!(demo.verify().status, 200);
    demo.stop();
}

/// Finds Debian's library that shows a program another time of day.
pub fn faketime() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib").unwrap().flatten();
    let library = folders
        .map(|folder| folder.path().join("faketime/libfaketimeMT.so.1"))
        .find(|library| library.exists());
    assert!(
        library.is_some() || std::env::var_os("CI").is_none(),
        "in CI faketime must be there"
    );
    library
}

#[test]
fn quotas_outlive_a_restart_before_midnight_and_begin_anew_at_the_end_of_a_leap_february() {
    let Some(faketime) = faketime() else {
        println!("left out: faketime isn't installed");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let demo = Demo::start_at(folder.path(), "2028-02-29 23:59:30", &faketime);
    for _ in 0..3 {
        assert_eq!(demo.verify().status, 200);
    }
    let march = "2028-03-01T00:00:00+07:00".to_owned();
    assert_eq!(demo.calendar(), [(3, march.clone()), (3, march.clone())]);
    demo.stop();

    let demo = Demo::start_at(folder.path(), "2028-02-29 23:59:50", &faketime);
    assert_eq!(
        demo.calendar(),
        [(3, march.clone()), (3, march.clone())],
        "after the restart"
    );
    let deadline = SystemClock.steady() + PATIENCE;
    while demo.calendar()[0].1 == march {
        assert!(SystemClock.steady() < deadline, "midnight never comes");
    }
    let tomorrow = "2028-03-02T00:00:00+07:00".to_owned();
    let april = "2028-04-01T00:00:00+07:00".to_owned();
    assert_eq!(demo.calendar(), [(0, tomorrow), (0, april)]);
    assert_eq!(demo.verify().status, 200);
    assert_eq!(demo.calendar().map(|(used, _)| used), [1, 1]);
    demo.stop();
}
