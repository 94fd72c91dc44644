//! What is around a gateway that a test starts: mock services, a folder, and a configuration that joins them?
//!
//! The mock services run in this process and outlive every gateway of the test, so that killing one kills nothing else.
//! The folder holds what an operator would have made by hand; it goes when the test ends.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::thread::{self, JoinHandle};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mock_services::{Credentials, OauthClient, Settings};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::oneshot;

use crate::connection::{ask, get};
use crate::personal::OFFICER;
use crate::postgres_server::Server;

const SECRET: &str = "a secret of the tests";

/// What the issuer lets the client ask for.
const SCOPES: [&str; 6] = [
    "citizens.verify",
    "citizens.lookup",
    "households.verify",
    "households.lookup",
    "checks",
    "batches",
];

/// Is everything around a gateway.
pub struct Surroundings {
    folder: TempDir,
    mocks: Mocks,
}

struct Mocks {
    issuer: String,
    registry: String,
    control: String,
    /// The issuer's TLS listener, the authority of it and of the client's certificate, and that certificate with its key.
    over_tls: [String; 3],
    /// The registry's TLS listener, and the gateway's certificate with its key.
    registry_over_tls: [String; 2],
    credentials: Credentials,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Mocks {
    fn start() -> Self {
        let (tell, started) = channel();
        let (stop, stopped) = oneshot::channel();
        let client = OauthClient {
            client_id: "demo".to_owned(),
            client_secret: SECRET.to_owned(),
            scopes: SCOPES.map(str::to_owned).to_vec(),
            units: vec!["H57.12".to_owned()],
        };
        let settings = Settings {
            clients: vec![client],
            ..Settings::default()
        };
        let thread = thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let running = mock_services::start(settings).await.unwrap();
                let addresses = [
                    running.issuer_url(),
                    running.registry_url(),
                    running.control_url(),
                ];
                let over_tls = [
                    running.issuer_tls_url().to_owned(),
                    running.ca_pem().to_owned(),
                    running.oauth_client_identity_pem("demo").unwrap(),
                ];
                let credentials = running.registry_credentials();
                let registry = [
                    running.registry_tls_url().to_owned(),
                    running.client_identity_pem(),
                ];
                tell.send((addresses.map(str::to_owned), over_tls, registry, credentials))
                    .unwrap();
                // An end without a word is an end too.
                let _ = stopped.await;
                running.stop().await;
            });
        });
        let ([issuer, registry, control], over_tls, registry_over_tls, credentials) = started.recv().unwrap();
        Self {
            issuer,
            registry,
            control,
            over_tls,
            registry_over_tls,
            credentials,
            stop: Some(stop),
            thread: Some(thread),
        }
    }
}

impl Drop for Mocks {
    fn drop(&mut self) {
        if let (Some(stop), Some(thread)) = (self.stop.take(), self.thread.take()) {
            let _ = stop.send(());
            let _ = thread.join();
        }
    }
}

impl Surroundings {
    /// Starts mock services and writes a configuration.
    pub fn new() -> Self {
        let made = Self {
            folder: tempfile::tempdir().unwrap(),
            mocks: Mocks::start(),
        };
        let keys = [("pseudonym", "11"), ("sealing", "22"), ("signing", "33")];
        for (name, byte) in keys {
            made.write_private(name, &byte.repeat(32));
        }
        made.write_private("registry-secret", &made.mocks.credentials.secret);
        made.write_private("registry-api-key", &made.mocks.credentials.api_key);
        fs::create_dir(made.path().join("data")).unwrap();
        made.client_limits("officer_per_second = 1000000, rate_per_second = 1000000, burst = 1000000, concurrency = 10000, per_day = 100000000, per_month = 1000000000");
        fs::write(made.configuration(), made.settings()).unwrap();
        made
    }

    /// Gives the folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Gives the configuration file.
    pub fn configuration(&self) -> PathBuf {
        self.path().join("gateway.toml")
    }

    /// Keeps everything in that server's database `dancu` from now on.
    pub fn on_postgres(&self, server: &Server) {
        let url_file = server.url_file();
        let store = format!("kind = \"postgres\"\nurl_file = \"{}\"", url_file.display());
        let settings = self.settings().replace("path = \"data/dancu.db\"", &store);
        fs::write(self.configuration(), settings).unwrap();
    }

    /// Gives the folder of store and checkpoints.
    pub fn data(&self) -> PathBuf {
        self.path().join("data")
    }

    /// Gives the store's file.
    pub fn store(&self) -> PathBuf {
        self.data().join("dancu.db")
    }

    /// Registers the client with these limits.
    pub fn client_limits(&self, limits: &str) {
        let shipped = include_str!("../../config/demo/clients.toml");
        let others: Vec<&str> = shipped
            .lines()
            .filter(|line| !line.starts_with("limits"))
            .collect();
        let text = format!("{}\nlimits = {{ {limits} }}\n", others.join("\n"));
        fs::write(self.path().join("clients.toml"), text).unwrap();
    }

    fn write_private(&self, name: &str, text: &str) {
        let mut private = OpenOptions::new();
        private.write(true).create_new(true).mode(0o600);
        private
            .open(self.path().join(name))
            .unwrap()
            .write_all(text.as_bytes())
            .unwrap();
    }

    fn settings(&self) -> String {
        let Mocks {
            issuer,
            registry,
            credentials,
            ..
        } = &self.mocks;
        let Credentials {
            user, x_road_client, ..
        } = credentials;
        format!(
            r#"clients_file = "clients.toml"
[api]
listen = "127.0.0.1:0"
public_url = "http://127.0.0.1:0"
longest_wait = "30s"
[operations]
listen = "127.0.0.1:0"
[auth]
issuer = "{issuer}"
jwks_url = "{issuer}/.well-known/jwks.json"
[registry]
url = "{registry}/dancu"
user = "{user}"
secret_file = "registry-secret"
api_key_file = "registry-api-key"
x_road_client = "{x_road_client}"
[store]
path = "data/dancu.db"
[audit]
checkpoint_dir = "data"
[keys]
pseudonym_file = "pseudonym"
sealing_file = "sealing"
signing_file = "signing"
"#
        )
    }

    /// Signs an officer in and gives the token.
    pub fn token_of(&self, officer: &str) -> String {
        token(&self.mocks.issuer, SECRET, officer)
    }

    /// Signs an officer in for so many seconds and gives the token.
    pub fn token_for(&self, officer: &str, seconds: u64) -> String {
        token(
            &self.mocks.issuer,
            SECRET,
            &format!("{officer}&lifetime={seconds}"),
        )
    }

    /// Signs the usual officer in and gives the token.
    pub fn token(&self) -> String {
        self.token_of(OFFICER)
    }

    /// Gives the authority that vouches for the client's certificate.
    pub fn authorities(&self) -> String {
        self.mocks.over_tls[1].clone()
    }

    /// Gives where the registry is and where it is over TLS, and the gateway's certificate with its key for that.
    pub fn ways_to_the_registry(&self) -> [&str; 3] {
        let [url, identity] = &self.mocks.registry_over_tls;
        [&self.mocks.registry, url, identity]
    }

    /// Gives the client's certificate with its key.
    pub fn identity(&self) -> String {
        self.mocks.over_tls[2].clone()
    }

    /// Signs an officer in over TLS and gives the token, which is bound to the client's certificate.
    pub async fn bound_token(&self, officer: &str) -> String {
        let [url, authority, identity] = &self.mocks.over_tls;
        let client = reqwest::Client::builder()
            .no_proxy()
            .tls_certs_only([reqwest::Certificate::from_pem(authority.as_bytes()).unwrap()])
            .identity(reqwest::Identity::from_pem(identity.as_bytes()).unwrap())
            .build()
            .unwrap();
        let form = format!("grant_type=client_credentials&officer={officer}&unit=H57.12");
        let given = client
            .post(format!("{url}/token"))
            .basic_auth("demo", Some(SECRET))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(form);
        let given = given.send().await.unwrap().bytes().await.unwrap();
        let given: Value = serde_json::from_slice(&given).unwrap();
        given["access_token"].as_str().unwrap().to_owned()
    }

    /// Draws people, alive and with a place where they live, as a caller names them.
    pub fn people(&self, count: usize) -> Vec<Value> {
        let url = format!("{}/_mock/sample?count={}&seed=7", self.mocks.control, count * 3);
        let drawn = get(&url).json();
        let lives = |person: &&Value| {
            person["status"] == "active" && person["permanent_residence"]["commune_code"].is_string()
        };
        let named = |person: &Value| json!({"pin": person["pin"], "full_name": person["full_name"], "date_of_birth": person["date_of_birth"]});
        let people = drawn["people"].as_array().unwrap().iter().filter(lives);
        let people: Vec<Value> = people.take(count).map(named).collect();
        assert_eq!(people.len(), count);
        people
    }

    /// Draws people and gives a question about each, which is to be confirmed.
    pub fn questions(&self, count: usize) -> Vec<String> {
        let drawn = get(&format!(
            "{}/_mock/sample?count={count}&seed=7",
            self.mocks.control
        ))
        .json();
        let questions: Vec<String> = drawn["people"].as_array().unwrap().iter().map(question).collect();
        assert_eq!(questions.len(), count);
        questions
    }

    /// Sets a fault at the registry.
    pub fn fault(&self, kind: &str, delay_ms: u64) {
        self.fault_of("037", kind, delay_ms);
    }

    /// Sets a fault for one operation of the registry.
    pub fn fault_of(&self, operation: &str, kind: &str, delay_ms: u64) {
        self.faults(
            &json!([{"service": "registry", "operation": operation, "kind": kind, "delay_ms": delay_ms}]),
        );
    }

    /// Sets exactly these faults.
    pub fn faults(&self, faults: &Value) {
        let url = format!("{}/_mock/faults", self.mocks.control);
        let json = [("Content-Type", "application/json")];
        let set = ask("PUT", &url, &json, &faults.to_string()).unwrap();
        assert!((200..300).contains(&set.status), "{set:?}");
    }

    /// Gives the address of the control port.
    pub fn control(&self) -> &str {
        self.mocks.control.strip_prefix("http://").unwrap()
    }
}

/// Signs an officer in at an issuer and gives the token.
pub fn token(issuer: &str, secret: &str, officer: &str) -> String {
    let basic = format!("Basic {}", STANDARD.encode(format!("demo:{secret}")));
    let headers = [
        ("Authorization", basic.as_str()),
        ("Content-Type", "application/x-www-form-urlencoded"),
    ];
    let form = format!("grant_type=client_credentials&officer={officer}&unit=H57.12");
    let given = ask("POST", &format!("{issuer}/token"), &headers, &form).unwrap();
    given.json()["access_token"]
        .as_str()
        .unwrap_or_else(|| panic!("{given:?}"))
        .to_owned()
}

/// Gives the question whether a person is who the register says.
pub fn question(person: &Value) -> String {
    json!({
        "subject": {"pin": person["pin"], "full_name": person["full_name"], "date_of_birth": person["date_of_birth"]},
        "claims": {"sex": person["sex"]},
        "context": {"procedure": "1.001193", "dossier": "000.00.12.H57-260822-0001", "channel": "counter"},
    })
    .to_string()
}

/// Gives the question about the first persona.
pub fn persona() -> String {
    question(&json!({
        "pin": "100190000001", "full_name": "Nguyễn Thị Mẫu", "date_of_birth": "1990-04-12", "sex": "female",
    }))
}
