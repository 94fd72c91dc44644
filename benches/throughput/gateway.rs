//! What does the gateway do? The program itself, with a configuration of its own and the mock services of this process.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mock_services::{Running, Settings};

use crate::load::{Load, Measured};
use crate::process::Server;

const CLIENTS: &str = include_str!("../../config/demo/clients.toml");

/// Holds what is around the gateway, and the request that it is loaded with.
pub struct Surroundings {
    mocks: Running,
    pub request: Vec<u8>,
}

impl Surroundings {
    /// Starts the mock services and signs an officer in.
    pub async fn start() -> Self {
        let mut settings = Settings::default();
        let client = settings.clients.first_mut().unwrap();
        client.client_id = "demo".to_owned();
        let basic = STANDARD.encode(format!("demo:{}", client.client_secret));
        let mocks = mock_services::start(settings).await.unwrap();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let token = http
            .post(format!("{}/token", mocks.issuer_url()))
            .header("Authorization", format!("Basic {basic}"))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body("grant_type=client_credentials&officer=001090000001&unit=H57.12&lifetime=3600&scope=citizens.verify")
            .send()
            .await
            .unwrap();
        let token: serde_json::Value = serde_json::from_slice(&token.bytes().await.unwrap()).unwrap();
        let token = token["access_token"].as_str().unwrap();
        let body = r#"{"subject":{"pin":"100190000001","full_name":"Nguyễn Thị Mẫu","date_of_birth":"1990-04-12"},"claims":{"sex":"female","permanent_residence":{"province_code":"25","commune_code":"09106"}},"context":{"procedure":"1.001193","dossier":"000.00.12.H57-260822-0001","channel":"counter"}}"#;
        let request = format!(
            "POST /v1/citizens/verify HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        Self {
            mocks,
            request: request.into_bytes(),
        }
    }

    /// Stops the mock services.
    pub async fn stop(self) {
        self.mocks.stop().await;
    }

    fn configure(&self, folder: &Path, api: SocketAddr, operations: SocketAddr) {
        use std::os::unix::fs::PermissionsExt as _;
        let secret = |name: &str, text: &str| {
            let file = folder.join(name);
            std::fs::write(&file, text).unwrap();
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        };
        for key in ["pseudonym", "sealing", "signing"] {
            secret(key, &"5a".repeat(32));
        }
        let credentials = self.mocks.registry_credentials();
        secret("registry-secret", &credentials.secret);
        secret("registry-api-key", &credentials.api_key);
        let limits = "limits = { officer_per_second = 1_000_000, rate_per_second = 1_000_000, burst = 2_000_000, concurrency = 10_000, per_day = 1_000_000_000, per_month = 10_000_000_000, failed = { per_officer = 1_000_000, per_person = 1_000_000, per_client = 1_000_000 } }";
        let clients: String = CLIENTS
            .lines()
            .map(|line| {
                if line.starts_with("limits = ") {
                    limits
                } else {
                    line
                }
            })
            .flat_map(|line| [line, "\n"])
            .collect();
        std::fs::write(folder.join("clients.toml"), clients).unwrap();
        let (issuer, registry) = (self.mocks.issuer_url(), self.mocks.registry_url());
        let settings = format!(
            r#"clients_file = "clients.toml"
api = {{ listen = "{api}", public_url = "http://{api}", workers = 1 }}
operations = {{ listen = "{operations}" }}
auth = {{ issuer = "{issuer}", jwks_url = "{issuer}/.well-known/jwks.json" }}
registry = {{ url = "{registry}/dancu", user = "{}", secret_file = "registry-secret", api_key_file = "registry-api-key", x_road_client = "{}" }}
store = {{ path = "dancu.db" }}
keys = {{ pseudonym_file = "pseudonym", sealing_file = "sealing", signing_file = "signing" }}
telemetry = {{ log = "warn" }}
"#,
            credentials.user, credentials.x_road_client
        );
        std::fs::write(folder.join("gateway.toml"), settings).unwrap();
    }
}

/// Measures the gateway with its store in the folder, and sees to it that each answer has its row.
pub fn measure(load: &Load, surroundings: &Surroundings, folder: &Path) -> Measured {
    let folder = tempfile::tempdir_in(folder).unwrap();
    let (api, operations) = (free_address(), free_address());
    surroundings.configure(folder.path(), api, operations);
    let program = Path::new(env!("CARGO_BIN_EXE_dancu"));
    let config = folder.path().join("gateway.toml");
    let server = Server::start(program, &["serve", "--config", config.to_str().unwrap()]);
    wait_until_ready(operations);
    let measured = load.run(&server, api, &surroundings.request);
    server.stop();
    let exported = std::process::Command::new(program)
        .args(["audit", "export", "--config", config.to_str().unwrap()])
        .output()
        .unwrap();
    let rows = exported.stdout.iter().filter(|byte| **byte == b'\n').count();
    assert_eq!(rows, measured.answers, "each answer has its row");
    measured
}

/// Finds a port that is free now.
fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn wait_until_ready(operations: SocketAddr) {
    use std::io::{Read as _, Write as _};
    for _ in 0..500 {
        if let Ok(mut stream) = std::net::TcpStream::connect(operations) {
            let mut answer = String::new();
            stream
                .write_all(b"GET /readyz HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\r\n")
                .unwrap();
            stream.read_to_string(&mut answer).unwrap();
            if answer.starts_with("HTTP/1.1 200") {
                return;
            }
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("the gateway didn't become ready");
}
