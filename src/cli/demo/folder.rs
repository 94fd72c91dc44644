//! Where does a demo keep what must outlive it?
//!
//! Store, checkpoints, keys and the configuration that joins them with this run's mock services. Secrets are made once, at
//! random, and found again when the folder is given again. Without a folder, one is made and removed at the end.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use mock_services::Running;
use uuid::Uuid;

use crate::auth::Role;
use crate::cli::operator_token;

/// What `dancu demo` registers.
const CLIENTS: [&str; 2] = [
    include_str!("../../../config/demo/clients.toml"),
    include_str!("../../../config/demo/one-stop.toml"),
];

/// Holds the demo's folder.
pub struct DataFolder {
    path: PathBuf,
    is_temporary: bool,
    // Held as long as the demo runs: a second one must not write its settings over the first one's.
    _lock: File,
}

const POSTGRES: &str = "postgres-url";
const REDIS: &str = "redis-url";

/// Is one gateway's place among those of this run.
pub struct Place {
    number: u16,
    port: u16,
    public_port: u16,
}

impl Place {
    /// Is that of the first, which the public knows.
    pub fn first(port: u16) -> Self {
        Self {
            number: 1,
            port,
            public_port: port,
        }
    }

    /// Is that of another, at the port so many after the first one's unless that takes a free one.
    pub fn other(number: u16, first_port: u16, public_port: u16) -> Self {
        let port = match first_port {
            0 => 0,
            first => first.saturating_add(number).saturating_sub(1),
        };
        Self {
            number,
            port,
            public_port,
        }
    }
}

/// Names what is around the gateway in this run.
pub struct Surroundings {
    issuer: String,
    registry: String,
    user: String,
    secret: String,
    api_key: String,
    x_road_client: String,
}

impl Surroundings {
    /// Asks the mock services.
    pub fn of(mocks: &Running) -> Self {
        let credentials = mocks.registry_credentials();
        Self {
            issuer: mocks.issuer_url().to_owned(),
            registry: format!("{}/dancu", mocks.registry_url()),
            user: credentials.user.clone(),
            secret: credentials.secret.clone(),
            api_key: credentials.api_key.clone(),
            x_road_client: credentials.x_road_client.clone(),
        }
    }
}

impl DataFolder {
    /// Opens the folder, or makes a temporary one.
    pub fn open(given: Option<PathBuf>) -> anyhow::Result<Self> {
        let is_temporary = given.is_none();
        let path =
            given.unwrap_or_else(|| std::env::temp_dir().join(format!("dancu-demo-{}", Uuid::new_v4())));
        DirBuilder::new().recursive(true).mode(0o700).create(&path)?;
        let path = path.canonicalize().with_context(|| path.display().to_string())?;
        let mut private = OpenOptions::new();
        private.write(true).create(true).truncate(false).mode(0o600);
        let lock = private
            .open(path.join("lock"))
            .with_context(|| path.display().to_string())?;
        lock.try_lock()
            .with_context(|| format!("{} is in use by another demo", path.display()))?;
        fs::create_dir_all(path.join("checkpoints"))?;
        Ok(Self {
            path,
            is_temporary,
            _lock: lock,
        })
    }

    /// Gives the folder's path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Gives the secret of that name, made now if there is none.
    pub fn secret(&self, name: &str) -> anyhow::Result<String> {
        let file = self.path.join(name);
        if let Ok(held) = fs::read_to_string(&file) {
            return Ok(held.trim_end().to_owned());
        }
        let mut bytes = [0; 32];
        SystemRandom::new()
            .fill(&mut bytes)
            .context("the system's random numbers")?;
        let secret: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        self.write_private(name, &secret)?;
        Ok(secret)
    }

    /// Gives the token of the demo's one operator, who may do everything; its file is made now if there is none.
    pub fn operator(&self) -> anyhow::Result<String> {
        let token = self.secret("admin-token")?;
        let roles = [Role::Viewer, Role::Operator, Role::Auditor];
        let entry = operator_token::entry("demo", &token, &roles, "2036-01-01T00:00:00+07:00");
        fs::write(self.path.join("operators.toml"), entry)?;
        Ok(token)
    }

    /// Writes what all gateways of this run share: keys, clients, secrets.
    pub fn prepare(
        &self,
        around: &Surroundings,
        postgres: Option<&str>,
        redis: Option<&str>,
    ) -> anyhow::Result<()> {
        for name in ["pseudonym", "sealing", "signing"] {
            self.secret(name)?;
        }
        self.write_private("registry-secret", &around.secret)?;
        self.write_private("registry-api-key", &around.api_key)?;
        fs::write(self.path.join("clients.toml"), CLIENTS.join("\n"))?;
        // What isn't named this time must not be found again from the last.
        for (name, url) in [(POSTGRES, postgres), (REDIS, redis)] {
            match url {
                Some(url) => self.write_private(name, url)?,
                None => {
                    let _ = fs::remove_file(self.path.join(name));
                }
            }
        }
        Ok(())
    }

    /// Writes the configuration of one gateway and names its file.
    pub fn configure(&self, around: &Surroundings, place: &Place) -> anyhow::Result<PathBuf> {
        let name = match place.number {
            1 => "gateway.toml".to_owned(),
            number => format!("gateway-{number}.toml"),
        };
        let file = self.path.join(name);
        fs::write(&file, self.settings(around, place)?)?;
        Ok(file)
    }

    /// Gives the store's section and the log's name: a database may hold the logs of many demos, each signed by its own key.
    fn kept_in(&self, number: u16) -> anyhow::Result<(String, String)> {
        if !self.path.join(POSTGRES).exists() {
            return Ok(("path = \"dancu.db\"".to_owned(), "dancu".to_owned()));
        }
        let own = self.secret("log-name")?;
        let own: String = own.chars().take(8).collect();
        Ok((
            format!("kind = \"postgres\"\nurl_file = \"{POSTGRES}\""),
            format!("demo-{own}-{number}"),
        ))
    }

    fn settings(&self, around: &Surroundings, place: &Place) -> anyhow::Result<String> {
        let Place {
            number,
            port,
            public_port,
        } = *place;
        let operations = if port == 0 { 0 } else { port.saturating_add(1_010) };
        let (store, log) = self.kept_in(number)?;
        let redis = if self.path.join(REDIS).exists() {
            format!("[redis]\nurl_file = \"{REDIS}\"\n\n[records]\nsecond_level = true\n\n")
        } else {
            String::new()
        };
        let Surroundings {
            issuer,
            registry,
            user,
            x_road_client,
            ..
        } = around;
        Ok(format!(
            r#"# Written by `dancu demo` for one run; every key is explained in config/gateway.toml.
clients_file = "clients.toml"
operators_file = "operators.toml"

[api]
listen = "127.0.0.1:{port}"
public_url = "http://127.0.0.1:{public_port}"
leave_within = "0s"

[operations]
listen = "127.0.0.1:{operations}"

[auth]
issuer = "{issuer}"
jwks_url = "{issuer}/.well-known/jwks.json"

[registry]
url = "{registry}"
user = "{user}"
secret_file = "registry-secret"
api_key_file = "registry-api-key"
x_road_client = "{x_road_client}"

{redis}[store]
{store}

[audit]
log = "{log}"
checkpoint_dir = "checkpoints"

[keys]
pseudonym_file = "pseudonym"
sealing_file = "sealing"
signing_file = "signing"

[telemetry]
log = "warn,actix_http=off"
"#
        ))
    }

    fn write_private(&self, name: &str, text: &str) -> anyhow::Result<()> {
        let file = self.path.join(name);
        let mut private = OpenOptions::new();
        private.write(true).create(true).truncate(true).mode(0o600);
        writeln!(private.open(&file)?, "{text}").with_context(|| file.display().to_string())
    }
}

impl Drop for DataFolder {
    fn drop(&mut self) {
        if self.is_temporary {
            // What can't be removed is left to the system's own cleaning of temporary files.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}
