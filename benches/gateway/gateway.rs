//! How is a gateway started for a round?
//!
//! The program itself, with a configuration of its own that limits nothing, on a fresh store unless told otherwise; one
//! worker. `Keeping` says where its audit rows go.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::acknowledging;
use crate::process::{Server, this_program};
use crate::world::World;

/// Says where the audit rows go.
#[derive(Debug, Clone, Copy)]
pub enum Keeping<'p> {
    /// Into a store on the disk, as in production.
    Disk,
    /// Into a store in memory-backed files: everything but the disk.
    Memory,
    /// To a store that acknowledges at once and keeps nothing: hashed and receipted, never written.
    Nowhere,
    /// Into a store that is there already.
    At(&'p Path),
}

/// Is a running gateway.
pub struct Gateway {
    pub server: Server,
    pub api: SocketAddr,
    config: PathBuf,
    _folder: TempDir,
}

/// The seed that every key of the benchmark is made from, in hexadecimal digits.
pub const SEED: &str = "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a";

impl Gateway {
    /// Starts one for so many clients, and waits until it is ready.
    pub fn start(world: &World, keeping: Keeping<'_>, clients: u64) -> Self {
        let place = match keeping {
            Keeping::Memory => Path::new("/dev/shm"),
            _ => world.disk(),
        };
        let folder = tempfile::tempdir_in(place).unwrap();
        let [api, operations] = free_addresses();
        let store = match keeping {
            Keeping::At(store) => store.to_owned(),
            _ => folder.path().join("dancu.db"),
        };
        configure(world, folder.path(), &store, [api, operations], clients);
        let config = folder.path().join("gateway.toml");
        let file = config.to_str().unwrap();
        let server = match keeping {
            Keeping::Nowhere => Server::start(&this_program(), &[acknowledging::SERVE, file]),
            _ => Server::start(dancu(), &["serve", "--config", file]),
        };
        wait_until_ready(operations);
        Self {
            server,
            api,
            config,
            _folder: folder,
        }
    }

    /// Stops it and counts the rows of its log.
    pub fn stop_and_count_rows(self) -> usize {
        self.server.stop();
        let exported = Command::new(dancu())
            .args(["audit", "export", "--config", self.config.to_str().unwrap()])
            .output()
            .unwrap();
        exported.stdout.iter().filter(|byte| **byte == b'\n').count()
    }
}

fn dancu() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_dancu"))
}

/// Names the client of that number.
pub fn client(number: u64) -> String {
    format!("system-{number}")
}

fn registered(number: u64) -> String {
    let id = client(number);
    format!(
        r#"[[client]]
id = "{id}"
name = "{id}"
province_code = "46"
units = ["H57.12"]
procedures = ["1.001193"]
fields = ["pin", "full_name", "date_of_birth", "sex", "permanent_residence.province_code", "permanent_residence.commune_code"]
scopes = ["citizens.verify"]
accept_close_identity = false
status = "active"
valid_from = "2026-01-01T00:00:00+07:00"
valid_until = "2036-01-01T00:00:00+07:00"
limits = {{ officer_per_second = 1_000_000, rate_per_second = 1_000_000, burst = 2_000_000, concurrency = 10_000, per_day = 1_000_000_000, per_month = 10_000_000_000, failed = {{ per_officer = 1_000_000, per_person = 1_000_000, per_client = 1_000_000 }} }}

"#
    )
}

fn configure(world: &World, folder: &Path, store: &Path, [api, operations]: [SocketAddr; 2], clients: u64) {
    let credentials = world.mocks.registry_credentials();
    for key in ["pseudonym", "sealing", "signing"] {
        secret(folder, key, SEED);
    }
    secret(folder, "registry-secret", &credentials.secret);
    secret(folder, "registry-api-key", &credentials.api_key);
    let register: String = (1..=clients).map(registered).collect();
    std::fs::write(folder.join("clients.toml"), register).unwrap();
    let (issuer, registry) = (world.issuer.url(), world.mocks.registry_url());
    let (user, member) = (credentials.user, credentials.x_road_client);
    let store = store.display();
    let settings = format!(
        r#"clients_file = "clients.toml"
api = {{ listen = "{api}", public_url = "http://{api}", workers = 1 }}
operations = {{ listen = "{operations}" }}
auth = {{ issuer = "{issuer}", jwks_url = "{issuer}/jwks.json" }}
registry = {{ url = "{registry}/dancu", user = "{user}", secret_file = "registry-secret", api_key_file = "registry-api-key", x_road_client = "{member}", calls_per_second = 100_000, calls_at_once = 100_000 }}
records = {{ capacity = 1_200_000 }}
store = {{ path = "{store}" }}
keys = {{ pseudonym_file = "pseudonym", sealing_file = "sealing", signing_file = "signing" }}
telemetry = {{ log = "warn" }}
"#
    );
    std::fs::write(folder.join("gateway.toml"), settings).unwrap();
}

fn secret(folder: &Path, name: &str, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    let file = folder.join(name);
    std::fs::write(&file, text).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// Finds two ports that are free now.
fn free_addresses() -> [SocketAddr; 2] {
    let listeners = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap())
}

/// Finds a port that is free now.
pub fn free_address() -> SocketAddr {
    free_addresses()[0]
}

fn wait_until_ready(operations: SocketAddr) {
    use std::io::{Read as _, Write as _};
    for _ in 0..1_500 {
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
