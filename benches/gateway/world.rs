//! What is around the gateway, and what is it asked?
//!
//! The mock registry with a population that takes no memory, the benchmark's own issuer, a folder on the disk that is
//! measured, and the requests: everybody's question differs in the person and the token alone.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mock_services::person::{BirthDate, Status};
use mock_services::population::Population;
use mock_services::{Running, Settings};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::issuer::Issuer;
use crate::process;

/// What is asked.
pub const PATH: &str = "/v1/citizens/verify";

/// The client whose tokens are used where there is one.
pub const CLIENT: &str = "system-1";

const POPULATION: u64 = 4_000_000;
const SEED: u64 = 1;

/// Holds what is around the gateway.
pub struct World {
    pub issuer: Issuer,
    pub mocks: Running,
    runtime: Runtime,
    folder: TempDir,
}

impl World {
    /// Starts everything on core 1.
    pub fn start() -> Self {
        process::pin_this_to(1);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let settings = Settings {
            population: POPULATION,
            seed: SEED,
            ..Settings::default()
        };
        let mocks = runtime.block_on(mock_services::start(settings)).unwrap();
        let issuer = Issuer::start();
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        std::fs::write(folder.path().join("public.pem"), issuer.public_pem()).unwrap();
        Self {
            issuer,
            mocks,
            runtime,
            folder,
        }
    }

    /// Gives a folder on the disk, gone at the end.
    pub fn disk(&self) -> &Path {
        self.folder.path()
    }

    /// Gives the file with the issuer's public key.
    pub fn public_key(&self) -> PathBuf {
        self.folder.path().join("public.pem")
    }

    /// Has the registry answer so much later from now on.
    pub fn delay_registry(&self, delay: Duration) {
        let faults = if delay.is_zero() {
            "[]".to_owned()
        } else {
            let milliseconds = delay.as_millis();
            format!(r#"[{{"service":"registry","kind":"delay","delay_ms":{milliseconds}}}]"#)
        };
        let url = format!("{}/_mock/faults", self.mocks.control_url());
        let told = self.runtime.block_on(async {
            let http = reqwest::Client::builder().no_proxy().build().unwrap();
            http.put(url).body(faults).send().await.unwrap().status()
        });
        assert!(told.is_success(), "the registry takes the delay");
    }

    /// Stops what was started.
    pub fn stop(self) {
        let Self { mocks, runtime, .. } = self;
        runtime.block_on(mocks.stop());
    }
}

/// Gives the subjects and claims of so many people, as they stand in the question.
pub fn people(count: usize) -> Vec<String> {
    let population = Population::new(SEED, POPULATION);
    let everyone = population.sample(SEED, 0..POPULATION).filter_map(|person| {
        let BirthDate::Day(_) = person.birth else { return None };
        let (pin, name, born, sex) = (&person.pin, &person.full_name, person.birth.text(), person.sex.word());
        let question = format!(
            r#""subject":{{"pin":"{pin}","full_name":"{name}","date_of_birth":"{born}"}},"claims":{{"sex":"{sex}"}}"#
        );
        (person.status == Status::Active).then_some(question)
    });
    everyone.take(count).collect()
}

/// Gives the one person of the rounds in which everybody asks the same.
pub fn someone() -> String {
    r#""subject":{"pin":"100190000001","full_name":"Nguyễn Thị Mẫu","date_of_birth":"1990-04-12"},"claims":{"sex":"female","permanent_residence":{"province_code":"25","commune_code":"09106"}}"#.to_owned()
}

const CONTEXT: &str =
    r#""context":{"procedure":"1.001193","dossier":"000.00.12.H57-260822-0001","channel":"counter"}"#;

/// Writes the request that asks about a person.
pub fn ask(into: &mut Vec<u8>, path: &str, token: &str, person: &str) {
    let length = person.len() + CONTEXT.len() + 3;
    write!(
        into,
        "POST {path} HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{{{person},{CONTEXT}}}"
    )
    .unwrap();
}

/// Gives one such request.
pub fn asked(path: &str, token: &str, person: &str) -> Vec<u8> {
    let mut request = Vec::new();
    ask(&mut request, path, token, person);
    request
}

/// Gives a request of the same length without a body, for who can't cache what was posted.
pub fn fetched(token: &str, person: &str) -> Vec<u8> {
    let whole = asked(PATH, token, person).len();
    let head = format!(
        "GET {PATH} HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer {token}\r\nAccept: application/json\r\nX-Question: "
    );
    let rest = "x".repeat(whole.saturating_sub(head.len() + 4));
    format!("{head}{rest}\r\n\r\n").into_bytes()
}
