//! How is a program run, watched and ended by a test?
//!
//! A program's lines arrive as it writes them; its end is waited for within a deadline. One that a test leaves running is
//! killed by its own id. Signals are sent by the system's `kill`.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Read};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use crate::personal;

/// How long anything may take that is not itself being measured.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Is a program that runs.
pub struct Program {
    pid: u32,
    ended: Receiver<ExitStatus>,
    out: Lines,
    err: Lines,
    is_over: bool,
}

/// Is a program's end with all that it wrote.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub signal: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Ended {
    /// Fails unless the program ended with this status.
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(
            self.code,
            Some(code),
            "stdout:\n{}\nstderr:\n{}",
            self.out,
            self.err
        );
        self
    }
}

/// Gives the program under test, without any setting of this process's environment.
pub fn dancu<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dancu"));
    command.args(arguments);
    without_proxies(&mut command);
    command
}

/// Takes away what would send calls to this machine elsewhere.
pub fn without_proxies(command: &mut Command) {
    for name in [
        "http_proxy",
        "https_proxy",
        "all_proxy",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
    ] {
        command.env_remove(name);
    }
}

/// Runs a command to its end.
pub fn run(mut command: Command) -> Ended {
    Program::start(&mut command).end(PATIENCE)
}

impl Program {
    /// Starts a command.
    pub fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let pid = child.id();
        let out = Lines::of(child.stdout.take().unwrap());
        let err = Lines::of(child.stderr.take().unwrap());
        let (tell, ended) = channel();
        thread::spawn(move || tell.send(child.wait().unwrap()));
        Self {
            pid,
            ended,
            out,
            err,
            is_over: false,
        }
    }

    /// Gives the process's id.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Waits for a line on stdout that the test looks for.
    pub fn line(&mut self, is_wanted: impl Fn(&str) -> bool) -> String {
        self.out
            .until(is_wanted)
            .unwrap_or_else(|| panic!("{}\n{}", self.out.seen(), self.err.so_far()))
    }

    /// Waits for a line on stderr that the test looks for.
    pub fn log(&mut self, is_wanted: impl Fn(&str) -> bool) -> String {
        self.err
            .until(is_wanted)
            .unwrap_or_else(|| panic!("{}", self.err.seen()))
    }

    /// Gives what stdout has shown.
    pub fn shown(&self) -> String {
        self.out.seen()
    }

    /// Sends a signal.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args(["-s", name, &self.pid.to_string()])
            .status()
            .unwrap();
        assert!(sent.success(), "SIG{name} could not be sent");
    }

    /// Waits for the program's end and searches what it logged for personal data.
    pub fn end(mut self, within: Duration) -> Ended {
        let status = self.ended.recv_timeout(within);
        self.is_over = status.is_ok();
        let Ok(status) = status else {
            panic!(
                "the program has not ended within {within:?}:\n{}",
                self.err.so_far()
            );
        };
        let ended = Ended {
            code: status.code(),
            signal: status.signal(),
            out: self.out.rest(),
            err: self.err.rest(),
        };
        personal::assert_none_in(&ended.err, "stderr");
        ended
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if thread::panicking() {
            println!("the program's log:\n{}", self.err.so_far());
        }
        if !self.is_over && self.ended.try_recv().is_err() {
            // A test that already fails has nobody to tell that the process was gone.
            let _ = Command::new("kill")
                .args(["-s", "KILL", &self.pid.to_string()])
                .status();
            let _ = self.ended.recv_timeout(PATIENCE);
        }
    }
}

/// Is what a program writes to one of its outputs.
struct Lines {
    arriving: Receiver<String>,
    seen: Vec<String>,
}

impl Lines {
    fn of(output: impl Read + Send + 'static) -> Self {
        let (tell, arriving) = channel();
        thread::spawn(move || {
            for line in BufReader::new(output).lines() {
                let Ok(line) = line else { break };
                if tell.send(line).is_err() {
                    break;
                }
            }
        });
        Self {
            arriving,
            seen: Vec::new(),
        }
    }

    fn until(&mut self, is_wanted: impl Fn(&str) -> bool) -> Option<String> {
        loop {
            let line = self.arriving.recv_timeout(PATIENCE).ok()?;
            self.seen.push(line.clone());
            if is_wanted(&line) {
                return Some(line);
            }
        }
    }

    fn seen(&self) -> String {
        self.seen.join("\n")
    }

    fn so_far(&mut self) -> String {
        self.seen.extend(self.arriving.try_iter());
        self.seen()
    }

    fn rest(&mut self) -> String {
        self.seen.extend(self.arriving.iter());
        self.seen()
    }
}
