//! Where does a test find a PostgreSQL of its own, to be killed and frozen at will?
//!
//! A server for each that is asked for, in a temporary folder, reached by a socket in that folder and so without a port.
//! It goes with the test, also when the test is killed. PostgreSQL refuses to be run by root; root runs it as `postgres`.
//! Where it isn't installed the tests that need it say so and pass, except in CI.

use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// Is a PostgreSQL server.
pub struct Server {
    programs: PathBuf,
    folder: TempDir,
    settings: Vec<String>,
    port: u16,
    running: Option<Child>,
}

impl Server {
    /// Starts a server with an empty database `dancu`, owned by the role `dancu`; nothing where none is installed.
    pub fn start() -> Option<Self> {
        Self::start_with(&[])
    }

    /// Starts a server with settings of its own beside ours.
    pub fn start_with(settings: &[&str]) -> Option<Self> {
        let programs = installed()?;
        let folder = TempDir::with_prefix("dancu-postgres-").unwrap();
        fs::set_permissions(folder.path(), Permissions::from_mode(0o700)).unwrap();
        if let Some((user, group)) = account() {
            chown(folder.path(), Some(user), Some(group)).unwrap();
        }
        let mut server = Self {
            programs,
            folder,
            settings: settings.iter().map(|&setting| setting.to_owned()).collect(),
            // Only the socket's name: without an address nothing listens at it.
            port: 5432,
            running: None,
        };
        let cluster = server.cluster();
        let mut made = server.program("initdb");
        made.args([
            "--username=dancu",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
        ]);
        made.args(["--no-sync", "--no-instructions", "-D"]).arg(cluster);
        run(made);
        server.go_on();
        server.sql("postgres", "CREATE DATABASE dancu");
        Some(server)
    }

    /// Gives the folder that the server may read and write.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn cluster(&self) -> PathBuf {
        self.folder().join("cluster")
    }

    /// Gives a program of PostgreSQL's, to be run as who may run it, and ended with this thread.
    fn program(&self, name: &str) -> Command {
        let mut command = Command::new("setpriv");
        command.arg("--pdeathsig=KILL");
        if let Some((user, group)) = account() {
            command
                .arg(format!("--reuid={user}"))
                .arg(format!("--regid={group}"));
            command.arg("--clear-groups");
        }
        command.arg(self.programs.join(name)).current_dir(self.folder());
        command.stdin(Stdio::null());
        command
    }

    /// Starts the server, also after it was killed, and waits until it takes connections.
    pub fn go_on(&mut self) {
        let log = fs::File::options()
            .create(true)
            .append(true)
            .open(self.folder().join("log"))
            .unwrap();
        let mut command = self.program("postgres");
        command.arg("-D").arg(self.cluster()).arg("-k").arg(self.folder());
        for setting in [
            "listen_addresses=",
            "shared_buffers=16MB",
            "max_connections=60",
            "fsync=off",
        ] {
            command.args(["-c", setting]);
        }
        for setting in &self.settings {
            command.args(["-c", setting]);
        }
        self.running = Some(
            command
                .stdout(log.try_clone().unwrap())
                .stderr(log)
                .spawn()
                .unwrap(),
        );
        loop {
            let mut asked = self.program("pg_isready");
            // A second within which it looks again and again itself.
            asked.arg(format!("--port={}", self.port)).args([
                "--quiet",
                "--timeout=1",
                "-U",
                "dancu",
                "-d",
                "postgres",
                "-h",
            ]);
            if asked.arg(self.folder()).status().unwrap().success() {
                return;
            }
            let ended = self.running.as_mut().unwrap().try_wait().unwrap();
            let log = || fs::read_to_string(self.folder.path().join("log"));
            assert!(ended.is_none(), "PostgreSQL doesn't start: {}", log().unwrap());
        }
    }

    /// Ends the server as a crash does: nothing is said goodbye to, nothing tidied up.
    pub fn crash(&mut self) {
        let mut running = self.running.take().unwrap();
        signal("QUIT", &[running.id()]);
        running.wait().unwrap();
    }

    /// Has the server do nothing at all, connections staying as they are.
    pub fn freeze(&self) {
        signal("STOP", &self.processes());
    }

    /// Has a frozen server go on.
    pub fn thaw(&self) {
        signal("CONT", &self.processes());
    }

    /// Gives the server's process and those that it has made, each in a session of its own.
    fn processes(&self) -> Vec<u32> {
        let first = self.running.as_ref().unwrap().id();
        let mut found = vec![first];
        for entry in fs::read_dir("/proc").unwrap().flatten() {
            let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
            // The name stands in brackets and may hold anything; state and parent follow it.
            let parent = stat
                .rsplit_once(") ")
                .and_then(|(_, rest)| rest.split(' ').nth(1));
            if parent == Some(first.to_string().as_str()) {
                found.extend(entry.file_name().to_str().and_then(|id| id.parse::<u32>().ok()));
            }
        }
        found
    }

    /// Gives a database's address.
    pub fn url(&self, database: &str) -> String {
        self.url_of("dancu", database)
    }

    /// Gives a database's address for that role.
    pub fn url_of(&self, role: &str, database: &str) -> String {
        format!(
            "postgres://{role}@localhost:{}/{database}?host={}",
            self.port,
            self.folder().display()
        )
    }

    /// Writes a file with the address of the database `dancu`, as the settings name it.
    pub fn url_file(&self) -> PathBuf {
        let file = self.folder().join("url");
        fs::write(&file, self.url("dancu")).unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
        file
    }

    /// Starts the server anew so that it is reached by TCP, too, and encrypted where that is wanted; gives that address of the
    /// database `dancu`.
    pub fn encrypted(&mut self, certificate_pem: &str, key_pem: &str) -> String {
        for (name, text) in [("certificate.pem", certificate_pem), ("key.pem", key_pem)] {
            let file = self.folder().join(name);
            fs::write(&file, text).unwrap();
            fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
            if let Some((user, group)) = account() {
                chown(&file, Some(user), Some(group)).unwrap();
            }
            let option = if name == "key.pem" {
                "ssl_key_file"
            } else {
                "ssl_cert_file"
            };
            self.settings.push(format!("{option}={}", file.display()));
        }
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        self.port = free.local_addr().unwrap().port();
        drop(free);
        self.settings.push(format!("port={}", self.port));
        self.settings
            .extend(["listen_addresses=127.0.0.1", "ssl=on"].map(str::to_owned));
        self.crash();
        self.go_on();
        format!("postgres://dancu@localhost:{}/dancu", self.port)
    }

    /// Carries out statements as the owner of everything and gives what they answer.
    pub fn sql(&self, database: &str, statements: &str) -> String {
        let mut psql = self.program("psql");
        psql.args([
            "-X",
            "-q",
            "-A",
            "-t",
            "-v",
            "ON_ERROR_STOP=1",
            "-U",
            "dancu",
            "-d",
            database,
        ]);
        psql.arg(format!("--port={}", self.port))
            .arg("-h")
            .arg(self.folder())
            .args(["-c", statements]);
        run(psql)
    }

    /// Gives everything that a database holds, as text.
    pub fn dump(&self, database: &str) -> String {
        let mut dump = self.program("pg_dump");
        dump.arg(format!("--port={}", self.port))
            .args(["-U", "dancu", "-d", database, "-h"])
            .arg(self.folder());
        run(dump)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut running) = self.running.take() {
            signal("CONT", &[running.id()]);
            signal("KILL", &[running.id()]);
            let _ = running.wait();
        }
    }
}

fn run(mut command: Command) -> String {
    let output = command.output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {told}");
    String::from_utf8(output.stdout).unwrap()
}

fn signal(name: &str, processes: &[u32]) {
    let ids = processes.iter().map(u32::to_string);
    // A process that has just ended has nothing to be told.
    let _ = Command::new("kill")
        .args(["-s", name])
        .args(ids)
        .stderr(Stdio::null())
        .status();
}

/// Gives whom root runs the server as: user and group.
fn account() -> Option<(u32, u32)> {
    let id = |option: &str, of: &str| -> Option<u32> {
        let output = Command::new("id").args([option, of]).output().ok()?;
        String::from_utf8(output.stdout).ok()?.trim().parse().ok()
    };
    let own = Command::new("id").arg("-u").output().unwrap();
    if own.stdout != b"0\n" {
        return None;
    }
    Some((id("-u", "postgres")?, id("-g", "postgres")?))
}

/// Finds the newest PostgreSQL that is installed.
#[expect(
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "said to whoever runs the tests; CI says so by a variable"
)]
fn installed() -> Option<PathBuf> {
    let mut versions: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .filter(|programs| programs.join("postgres").exists())
        .collect();
    versions.sort();
    let newest = versions.pop();
    if newest.is_none() {
        assert!(
            std::env::var("CI").is_err(),
            "tests/run.sh didn't install PostgreSQL"
        );
        eprintln!("PostgreSQL isn't installed, so nothing is tested on it: tests/run.sh installs it");
    }
    newest
}
