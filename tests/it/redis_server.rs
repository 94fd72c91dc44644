//! A Redis of a test's own: started, stopped in its tracks, killed and started again.
//!
//! `redis-server` on a free port of this machine alone, in a temporary folder, without persistence, ended with the test by its
//! own id. `tests/run.sh` installs it; where it is missing the tests here say so and pass, except in CI.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use redis::{Commands as _, Connection};
use tempfile::TempDir;

const PROGRAM: &str = "redis-server";

/// A running server, or one that was killed.
pub struct RedisServer {
    child: Option<Child>,
    port: u16,
    folder: TempDir,
}

impl RedisServer {
    /// Starts one; nothing where the program is missing.
    #[expect(
        clippy::print_stderr,
        clippy::disallowed_methods,
        reason = "said to whoever runs the tests; CI says so by a variable"
    )]
    pub fn start() -> Option<Self> {
        if Command::new(PROGRAM).arg("--version").output().is_err() {
            assert!(
                std::env::var("CI").is_err(),
                "tests/run.sh didn't install {PROGRAM}"
            );
            eprintln!("{PROGRAM} is missing: tests/run.sh installs it");
            return None;
        }
        let folder = TempDir::with_prefix("dancu-redis-").unwrap();
        // Another program may take a free port before the server does; then it says so and ends.
        (0..5)
            .find_map(|_| {
                let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
                let child = started(free.port(), &folder)?;
                Some(child).map(|child| (child, free.port()))
            })
            .map(|(child, port)| Self {
                child: Some(child),
                port,
                folder,
            })
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Gives the file that a gateway reads the URL from.
    pub fn url_file(&self) -> PathBuf {
        let file = self.folder.path().join("url");
        std::fs::write(&file, self.url()).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        file
    }

    /// Ends it without a word, as a machine that loses power does; it forgets everything.
    pub fn kill(&mut self) {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Starts it again where it was.
    pub fn start_again(&mut self) {
        self.child = Some(started(self.port, &self.folder).unwrap());
    }

    /// Has it take connections and answer nobody.
    pub fn freeze(&self) {
        self.signal("-STOP");
    }

    /// Has it go on.
    pub fn thaw(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let id = self.child.as_ref().unwrap().id().to_string();
        assert!(
            Command::new("kill")
                .args([signal, &id])
                .status()
                .unwrap()
                .success()
        );
    }

    pub fn connection(&self) -> Connection {
        redis::Client::open(self.url()).unwrap().get_connection().unwrap()
    }

    /// Lists the keys of that form.
    pub fn keys(&self, pattern: &str) -> Vec<String> {
        self.connection().keys(pattern).unwrap()
    }

    /// Gives all keys and values, of whatever type, as they lie in the server.
    pub fn dump(&self) -> Vec<u8> {
        let mut connection = self.connection();
        let keys: Vec<Vec<u8>> = connection.keys("*").unwrap();
        let mut dump = Vec::new();
        for key in keys {
            dump.extend_from_slice(&key);
            let kind: String = redis::cmd("TYPE").arg(&key).query(&mut connection).unwrap();
            let (command, rest): (&str, &[&str]) = match kind.as_str() {
                "string" => ("GET", &[]),
                "hash" => ("HGETALL", &[]),
                "set" => ("SMEMBERS", &[]),
                "zset" => ("ZRANGE", &["0", "-1", "WITHSCORES"]),
                "list" => ("LRANGE", &["0", "-1"]),
                "stream" => ("XRANGE", &["-", "+"]),
                // It lapsed since it was listed.
                "none" => continue,
                other => panic!("a key of the type {other}"),
            };
            let value: redis::Value = redis::cmd(command)
                .arg(&key)
                .arg(rest)
                .query(&mut connection)
                .unwrap();
            spell(&value, &mut dump);
        }
        dump
    }
}

/// Writes every text in a reply out, one after the other.
fn spell(value: &redis::Value, into: &mut Vec<u8>) {
    match value {
        redis::Value::BulkString(bytes) => into.extend_from_slice(bytes),
        redis::Value::Array(values) => values.iter().for_each(|value| spell(value, into)),
        other => into.extend_from_slice(format!("{other:?}").as_bytes()),
    }
    into.push(b'\n');
}

/// Starts the program and waits until it says that it is ready; nothing if it ends instead.
fn started(port: u16, folder: &TempDir) -> Option<Child> {
    let mut child = Command::new(PROGRAM)
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
        .args(["--save", "", "--appendonly", "no", "--daemonize", "no"])
        .arg("--dir")
        .arg(folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
    let is_ready = said
        .by_ref()
        .map_while(Result::ok)
        .any(|line| line.contains("Ready to accept connections"));
    if is_ready {
        // Whatever it says from now on is read to nowhere, so that it is never stuck in saying it.
        std::thread::spawn(move || said.for_each(drop));
        return Some(child);
    }
    child.wait().unwrap();
    None
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // One that is gone already needs no ending.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
