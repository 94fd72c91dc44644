//! How is a gateway run alone, as `dancu serve`, and asked?

use std::process::Command;

use serde_json::Value;

use crate::connection::{self, Answer, Broken, Connection};
use crate::program::{Ended, PATIENCE, Program, dancu, run};
use crate::surroundings::Surroundings;

/// Is a gateway that runs as a process.
pub struct Gateway {
    pub program: Program,
    pub api: String,
    pub operations: String,
}

impl Gateway {
    /// Starts a gateway, with variables over its file, and waits until it is ready.
    pub fn start(around: &Surroundings, variables: &[(&str, &str)]) -> Self {
        let gateway = Self::listening(serve(around).envs(variables.iter().copied()));
        gateway.wait_until_ready();
        gateway
    }

    /// Starts a command that becomes a gateway and waits until it listens.
    pub fn listening(command: &mut Command) -> Self {
        let mut program = Program::start(command);
        let line = program.log(|line| line.contains(r#""message":"listening""#));
        let line: Value = serde_json::from_str(&line).unwrap();
        let address = |name: &str| line[name].as_str().unwrap().to_owned();
        Self {
            api: address("api.address"),
            operations: address("operations.address"),
            program,
        }
    }

    /// Waits until the gateway says that it could answer.
    pub fn wait_until_ready(&self) {
        connection::until(&self.operations, "/readyz", |answer| answer.status == 200);
    }

    /// Asks a question on a connection of its own.
    pub fn verify(&self, token: &str, question: &str) -> Result<Answer, Broken> {
        verify(&mut Connection::open(&self.api)?, token, question)
    }

    /// Tells the gateway to stop and waits for its end.
    pub fn stop(self) -> Ended {
        self.program.signal("TERM");
        self.program.end(PATIENCE)
    }
}

/// Gives the command that serves.
pub fn serve(around: &Surroundings) -> Command {
    let mut command = dancu(["serve", "--config"]);
    command.arg(around.configuration());
    command
}

/// Asks a question.
pub fn verify(connection: &mut Connection, token: &str, question: &str) -> Result<Answer, Broken> {
    let bearer = format!("Bearer {token}");
    let headers = [
        ("Authorization", bearer.as_str()),
        ("Content-Type", "application/json"),
    ];
    connection.ask("POST", "/v1/citizens/verify", &headers, question)
}

/// Runs an audit command on the store of these surroundings.
pub fn audit(around: &Surroundings, command: &str, more: &[&str]) -> Ended {
    let mut audit = dancu(["audit", command, "--config"]);
    audit.arg(around.configuration()).args(more);
    run(audit)
}

/// Exports the rows.
pub fn rows(around: &Surroundings, more: &[&str]) -> Vec<Value> {
    let exported = audit(around, "export", more).expect(0);
    crate::personal::assert_none_in(&exported.out, "the export");
    exported
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}
