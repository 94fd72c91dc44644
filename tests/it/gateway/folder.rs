//! What lies in the folder of one gateway?
//!
//! Configuration, clients, operators and keys, written once for the surroundings of a test, as an operator would; another
//! gateway of the same secrets gets a copy.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dancu::app::App;
use dancu::clock::ManualClock;
use dancu::config;
use mock_services::Running;
use tempfile::TempDir;

/// The folder of one gateway.
pub struct Folder(pub TempDir);

impl Folder {
    pub fn write(mocks: &Running, clients: &[(String, String)], registry_over_tls: bool) -> Self {
        let folder = Self(TempDir::with_prefix("dancu-it-").unwrap());
        let path = folder.0.path();
        let registry = mocks.registry_credentials();
        for name in ["pseudonym", "sealing", "signing"] {
            private(&path.join(name), &random_hex());
        }
        private(&path.join("registry-secret"), &registry.secret);
        private(&path.join("registry-api-key"), &registry.api_key);
        let entries: Vec<_> = clients.iter().map(|(_, entry)| entry.as_str()).collect();
        fs::write(path.join("clients.toml"), entries.join("\n")).unwrap();
        fs::create_dir(path.join("checkpoints")).unwrap();
        let issuer = mocks.issuer_url();
        let (url, tls) = if registry_over_tls {
            private(&path.join("authority.pem"), mocks.ca_pem());
            private(&path.join("identity.pem"), &mocks.client_identity_pem());
            let files = "ca_file = \"authority.pem\"\nclient_identity_file = \"identity.pem\"";
            (mocks.registry_tls_url(), files)
        } else {
            (mocks.registry_url(), "")
        };
        let (user, x_road_client) = (&registry.user, &registry.x_road_client);
        let settings = format!(
            r#"clients_file = "clients.toml"
operators_file = "operators.toml"
api = {{ listen = "127.0.0.1:0", public_url = "http://127.0.0.1:0", workers = 2, leave_within = "0s", longest_wait = "30s" }}
operations = {{ listen = "127.0.0.1:0" }}
auth = {{ issuer = "{issuer}", jwks_url = "{issuer}/.well-known/jwks.json" }}
store = {{ path = "dancu.db" }}
audit = {{ checkpoint_dir = "checkpoints" }}
keys = {{ pseudonym_file = "pseudonym", sealing_file = "sealing", signing_file = "signing" }}

[registry]
url = "{url}/dancu"
user = "{user}"
secret_file = "registry-secret"
api_key_file = "registry-api-key"
x_road_client = "{x_road_client}"
{tls}
"#
        );
        fs::write(folder.configuration(), settings).unwrap();
        folder
    }

    /// Makes a second folder of the same settings and secrets, without the store.
    pub fn copy(&self) -> Self {
        let copy = Self(TempDir::with_prefix("dancu-it-").unwrap());
        for entry in fs::read_dir(self.0.path()).unwrap() {
            let file = entry.unwrap().path();
            let name = file.file_name().unwrap();
            if file.is_file() && !name.to_string_lossy().starts_with("dancu.db") {
                // Permissions come with it.
                fs::copy(&file, copy.0.path().join(name)).unwrap();
            }
        }
        fs::create_dir(copy.0.path().join("checkpoints")).unwrap();
        copy
    }

    pub fn configuration(&self) -> PathBuf {
        self.0.path().join("gateway.toml")
    }

    pub fn secrets(&self) -> Vec<PathBuf> {
        let names = [
            "pseudonym",
            "sealing",
            "signing",
            "registry-secret",
            "registry-api-key",
        ];
        names.iter().map(|name| self.0.path().join(name)).collect()
    }

    pub async fn start(&self, settings: &BTreeMap<String, String>, clock: &Arc<ManualClock>) -> App {
        let config = config::load(&[self.configuration()], settings).unwrap();
        App::start(config, Arc::clone(clock) as Arc<dyn dancu::clock::Clock>)
            .await
            .unwrap()
    }
}

fn private(file: &Path, text: &str) {
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)
        .unwrap();
    writeln!(file, "{text}").unwrap();
}

pub fn random_hex() -> String {
    let mut bytes = [0; 32];
    aws_lc_rs::rand::fill(&mut bytes).unwrap();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
