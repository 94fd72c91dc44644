//! How are processes pinned, started, measured and stopped?
//!
//! The server of each round is a process of its own on core 0; this one, with the load and the mock services, keeps to
//! core 1. CPU time is what the scheduler counted for all threads of the server, in nanoseconds.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Pins this process with all its threads to a core; where that can't be done, says so once.
pub fn pin_this_to(core: usize) {
    let pinned = Command::new("taskset")
        .args(["-acp", &core.to_string(), &std::process::id().to_string()])
        .stdout(Stdio::null())
        .status();
    if !pinned.is_ok_and(|status| status.success()) {
        println!("taskset isn't there or may not pin: the figures are of processes that share cores");
    }
}

/// Gives the path of this program, which serves too when told so.
pub fn this_program() -> PathBuf {
    std::env::current_exe().unwrap()
}

/// Is a server in a process of its own.
pub struct Server(Child);

impl Server {
    /// Starts a program on core 0; it is told to stop when this one ends, however that ends.
    pub fn start(program: &Path, arguments: &[&str]) -> Self {
        let mut command = Command::new("taskset");
        command
            .args(["-c", "0", "setpriv", "--pdeathsig", "TERM"])
            .arg(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        Self(command.spawn().expect("the server starts"))
    }

    /// Reads the next line that it prints.
    pub fn line(&mut self) -> String {
        let mut line = String::new();
        BufReader::new(self.0.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        line.trim_end().to_owned()
    }

    /// Gives the CPU time that it has used so far.
    pub fn cpu(&self) -> Duration {
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.0.id())).unwrap();
        let spent = threads.filter_map(|thread| {
            // A thread may end while it is looked at.
            let text = std::fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
            text.split(' ').next()?.parse::<u64>().ok()
        });
        Duration::from_nanos(spent.sum())
    }

    /// Gives the memory that it holds, in bytes.
    pub fn resident(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap();
        let kilobytes = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = kilobytes.and_then(|text| text.trim().strip_suffix(" kB"));
        1_024 * kilobytes.and_then(|text| text.parse::<u64>().ok()).unwrap()
    }

    /// Asks it to stop and waits until it has.
    pub fn stop(mut self) {
        let told = Command::new("kill").arg(self.0.id().to_string()).status();
        assert!(told.unwrap().success());
        self.0.wait().unwrap();
    }
}

/// A run that breaks off leaves nothing behind.
impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
