//! Which gateway does a test need, and what stands around it?
//!
//! `Gateway::builder()` starts the mock services and the same `App` as in production, in this process, on free ports and in
//! a folder of its own. Time is a `ManualClock` that the mock services share. A gateway must be ended by `finish`, which
//! has the canary search what came out of it; one that is only dropped fails the test.

mod folder;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use dancu::app::App;
use dancu::audit::{Period, Signer};
use dancu::cli::audit::{self, Verdict};
use dancu::clock::{Clock as _, ManualClock};
use dancu::config;
use dancu::confirmations::Confirmations;
use dancu::stores::Config as Store;
use jiff::Timestamp;
use mock_services::{OauthClient, Running, Settings};
use reqwest::Method;
use serde_json::Value;
use tokio::time::{interval, timeout};

use crate::canary::{Canary, Captured};
use crate::clients::{Role, SignedIn};
use crate::openapi::Contract;
use crate::operators::{self, Operator};
use crate::postgres_server::Server;
use folder::{Folder, random_hex};

/// The client that calls unless a test says otherwise.
pub const CLIENT: &str = "demo";

/// What the issuer lets every client ask for.
const SCOPES: [&str; 6] = [
    "citizens.verify",
    "citizens.lookup",
    "households.verify",
    "households.lookup",
    "checks",
    "batches",
];

const DEMO_CLIENTS: &str = include_str!("../../config/demo/clients.toml");
const PATIENCE: Duration = Duration::from_secs(30);

/// Says what the world looks like.
pub struct Builder {
    population: u64,
    seed: u64,
    settings: BTreeMap<String, String>,
    clients: Vec<(String, String)>,
    faults: Vec<Value>,
    registry_over_tls: bool,
    strangers: Vec<String>,
}

impl Builder {
    /// Has the mock registry hold so many people.
    pub fn population(mut self, people: u64) -> Self {
        self.population = people;
        self
    }

    /// Changes a setting, named as in `config/gateway.toml`: `limits.officers_kept`.
    pub fn setting(mut self, key: &str, value: &str) -> Self {
        let variable = format!("DANCU__{}", key.to_uppercase().replace('.', "__"));
        self.settings.insert(variable, value.to_owned());
        self
    }

    /// Registers a client whose entry is the demo's, with lines of it replaced: `("accept_close_identity", "true")`.
    ///
    /// A client of the name that stands already is replaced, so `client(CLIENT, …)` changes the usual one.
    pub fn client(mut self, id: &str, changes: &[(&str, &str)]) -> Self {
        let entry = changes
            .iter()
            .fold(DEMO_CLIENTS.to_owned(), |entry, (member, value)| {
                replaced(&entry, member, value)
            });
        let entry = replaced(&entry, "id", &format!("\"{id}\""));
        self.clients.retain(|(known, _)| known != id);
        self.clients.push((id.to_owned(), entry));
        self
    }

    /// Has the issuer know a client that the gateway doesn't.
    pub fn stranger(mut self, id: &str) -> Self {
        self.strangers.push(id.to_owned());
        self
    }

    /// Changes the limits of the usual client; those that aren't named stay the demo's, but for the budgets of wrong guesses,
    /// which only their own tests run into.
    pub fn limits(self, changes: &[(&str, u64)]) -> Self {
        let mut limits = BTreeMap::from([
            ("officer_per_second", 100),
            ("officers_per_subject", 20),
            ("failed.per_officer", 1_000_000),
            ("failed.per_person", 1_000_000),
            ("failed.per_client", 1_000_000),
            ("rate_per_second", 2_000),
            ("burst", 4_000),
            ("concurrency", 512),
            ("per_day", 1_000_000),
            ("per_month", 20_000_000),
        ]);
        for (name, value) in changes {
            assert!(limits.insert(name, *value).is_some(), "{name} is no limit");
        }
        let members: Vec<_> = limits
            .iter()
            .map(|(name, value)| format!("{name} = {value}"))
            .collect();
        self.client(CLIENT, &[("limits", &format!("{{ {} }}", members.join(", ")))])
    }

    /// Has a fault in place before the gateway starts.
    pub fn fault(mut self, fault: Value) -> Self {
        self.faults.push(fault);
        self
    }

    /// Keeps everything in that server's database `dancu`.
    pub fn on_postgres(self, server: &Server) -> Self {
        let url_file = server.url_file();
        self.setting("store.kind", "postgres")
            .setting("store.url_file", url_file.to_str().unwrap())
    }

    /// Has the gateway reach the registry over TLS, with a certificate of its own.
    pub fn registry_over_tls(mut self) -> Self {
        self.registry_over_tls = true;
        self
    }

    /// Starts everything and waits until the gateway says that it is ready.
    pub async fn start(self) -> Gateway {
        let gateway = self.start_unready().await;
        gateway.wait_until_ready().await;
        gateway
    }

    /// Starts everything and waits for nothing.
    pub async fn start_unready(self) -> Gateway {
        let logs = Captured::install();
        let clock = Arc::new(ManualClock::default());
        let secret = random_hex();
        let known = self.clients.iter().map(|(id, _)| id);
        let oauth_clients = known.chain(&self.strangers).map(|id| OauthClient {
            client_id: id.clone(),
            client_secret: secret.clone(),
            scopes: SCOPES.map(str::to_owned).to_vec(),
            units: vec!["H57.12".to_owned()],
        });
        let mocks = mock_services::start(Settings {
            population: self.population,
            seed: self.seed,
            clients: oauth_clients.collect(),
            clock: Arc::new(Shared(Arc::clone(&clock))),
            ..Settings::default()
        });
        let mocks = mocks.await.unwrap();
        let folder = Folder::write(&mocks, &self.clients, self.registry_over_tls);
        let canary = Canary::new(logs);
        for file in folder.secrets() {
            canary.watch("key or secret", fs::read_to_string(file).unwrap().trim());
        }
        canary.watch("client secret", &secret);
        let operators = operators::tokens();
        for token in operators.values() {
            canary.watch("operator's token", token);
        }
        fs::write(
            folder.0.path().join("operators.toml"),
            operators::file(&operators),
        )
        .unwrap();
        let http = reqwest::Client::builder()
            .tls_certs_only([])
            .no_proxy()
            .build()
            .unwrap();
        for fault in &self.faults {
            control(&http, &mocks, Method::PUT, "faults", fault).await;
        }
        let app = folder.start(&self.settings, &clock).await;
        Gateway {
            signed_in: SignedIn::new(secret),
            operators,
            http,
            contract: Contract::published(),
            settings: self.settings,
            app: Some(app),
            beside: None,
            mocks: Some(Arc::new(mocks)),
            clock,
            folder: Arc::new(folder),
            canary,
        }
    }
}

/// Keeps out of the way what would meet one fault after the other, or use up one that is set for a single call: the breaker, the
/// budget of retries, and the question whether the registry is there. Their own tests set them.
fn undisturbed() -> BTreeMap<String, String> {
    [
        ("DANCU__REGISTRY__BREAKER_CALLS", "1000000"),
        ("DANCU__REGISTRY__RETRIES_AT_LEAST", "1000000"),
        ("DANCU__REGISTRY__WATCHED_EVERY", "1h"),
    ]
    .map(|(variable, value)| (variable.to_owned(), value.to_owned()))
    .into()
}

/// Replaces a member of the demo's entry, one line or a list over several.
fn replaced(entry: &str, member: &str, value: &str) -> String {
    let begins = format!("\n{member} = ");
    let (before, rest) = entry
        .split_once(&begins)
        .unwrap_or_else(|| panic!("no member {member}"));
    let end = if rest.starts_with("[\n") { "\n]\n" } else { "\n" };
    let (_, after) = rest.split_once(end).unwrap();
    format!("{before}{begins}{value}\n{after}")
}

/// Lets the mock services live in the gateway's time.
struct Shared(Arc<ManualClock>);

impl mock_services::clock::Clock for Shared {
    fn now(&self) -> Timestamp {
        self.0.now()
    }
}

/// A running gateway and everything around it.
pub struct Gateway {
    pub http: reqwest::Client,
    pub canary: Canary,
    pub contract: Contract,
    pub clock: Arc<ManualClock>,
    pub signed_in: SignedIn,
    operators: BTreeMap<String, String>,
    settings: BTreeMap<String, String>,
    folder: Arc<Folder>,
    mocks: Option<Arc<Running>>,
    app: Option<App>,
    /// Another gateway of the same mock services and secrets.
    beside: Option<(Arc<Folder>, App)>,
}

impl Gateway {
    /// Begins to say what the world looks like: a thousand people, and the demo's client with its limits.
    pub fn builder() -> Builder {
        let builder = Builder {
            population: 1_000,
            seed: 1,
            settings: undisturbed(),
            clients: Vec::new(),
            faults: Vec::new(),
            registry_over_tls: false,
            strangers: Vec::new(),
        };
        builder.limits(&[])
    }

    /// Starts the usual one.
    pub async fn start() -> Self {
        Self::builder().start().await
    }

    fn app(&self) -> &App {
        self.app.as_ref().unwrap()
    }

    /// Gives the mock services.
    pub fn mocks(&self) -> &Running {
        self.mocks.as_deref().unwrap()
    }

    /// Gives the gateway's confirmations, to issue and revoke some as a check does.
    pub fn confirmations(&self) -> &Confirmations {
        self.app().confirmations()
    }

    /// Gives the API's address.
    pub fn api(&self) -> String {
        format!("http://{}", self.app().api())
    }

    /// Gives the address of the operations listener.
    pub fn operations(&self) -> String {
        format!("http://{}", self.app().operations())
    }

    /// Gives the folder of store, keys and configuration.
    pub fn folder(&self) -> &Path {
        self.folder.0.path()
    }

    /// Is an officer of the usual client, signed in at the usual office.
    pub fn officer(&self, number: &str) -> Role<'_> {
        self.client(CLIENT).officer(number)
    }

    /// Is a calling system by itself, without an officer.
    pub fn client(&self, id: &str) -> Role<'_> {
        Role::of_client(self, id)
    }

    /// Is an operator, named by what the operator may do: `viewer`, `operator`, `auditor`, `all`, or `expired`.
    pub fn operator(&self, name: &str) -> Operator<'_> {
        Operator::with(self, &self.operators[name])
    }

    /// Changes a file of the gateway's folder, as an editor does: a new one in the place of the old.
    pub fn edit(&self, name: &str, edit: impl Fn(&str) -> String) {
        let (file, new) = (self.folder().join(name), self.folder().join("new~"));
        let text = fs::read_to_string(&file).unwrap();
        fs::write(&new, edit(&text)).unwrap();
        fs::rename(new, file).unwrap();
    }

    /// Reads the files again, as SIGHUP does.
    pub async fn reload(&self) {
        self.app().reload().await;
    }

    /// Is somebody without a token.
    pub fn anonymous(&self) -> Role<'_> {
        Role::anonymous(self)
    }

    /// Sets the clock of gateway and mock services ahead; who is signed in signs in anew when its token is over.
    pub fn advance(&self, by: Duration) {
        self.clock.advance(by);
        self.signed_in.forget();
    }

    /// Starts a second gateway that differs in its log alone: same settings, keys, clients, time, mock services, database.
    pub async fn beside(&self, log: &str) -> Self {
        let mut settings = self.settings.clone();
        settings.insert("DANCU__AUDIT__LOG".to_owned(), log.to_owned());
        let app = self.folder.start(&settings, &self.clock).await;
        let gateway = Self {
            http: self.http.clone(),
            canary: Canary::new(Captured::install()),
            contract: Contract::published(),
            clock: Arc::clone(&self.clock),
            signed_in: self.signed_in.again(),
            operators: self.operators.clone(),
            beside: None,
            settings,
            folder: Arc::clone(&self.folder),
            mocks: self.mocks.clone(),
            app: Some(app),
        };
        gateway.wait_until_ready().await;
        gateway
    }

    /// Stops the gateway and starts it again on the same folder, with the mock services as they are.
    pub async fn restart(&mut self) {
        self.restart_after(async || {}).await;
    }

    /// Does the same, with something done to the folder in between.
    pub async fn restart_after(&mut self, between: impl AsyncFnOnce()) {
        self.app.take().unwrap().stop().await.unwrap();
        between().await;
        self.app = Some(self.folder.start(&self.settings, &self.clock).await);
        self.wait_until_ready().await;
    }

    /// Starts another gateway beside this one, of the same settings, secrets and mock services, with a store of its own.
    pub async fn start_another(&mut self) {
        let folder = Arc::new(self.folder.copy());
        let app = folder.start(&self.settings, &self.clock).await;
        self.beside = Some((folder, app));
        self.turn();
        self.wait_until_ready().await;
        self.turn();
    }

    /// Turns to the other gateway: from now on it is the one that is called and looked at.
    pub fn turn(&mut self) {
        let (folder, app) = self.beside.take().unwrap();
        let folder = std::mem::replace(&mut self.folder, folder);
        let app = self.app.replace(app).unwrap();
        self.beside = Some((folder, app));
    }

    /// Gives what `/readyz` says.
    pub async fn readiness(&self) -> Value {
        let url = format!("{}/readyz", self.operations());
        let answer = self.http.get(url).send().await.unwrap();
        serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
    }

    /// Gives the SQLite file, to count what lies in it.
    pub fn database(&self) -> PathBuf {
        self.folder().join("dancu.db")
    }

    /// Takes every suspension back, from the next start on.
    pub fn reinstate_clients(&self) {
        let file = self.folder().join("clients.toml");
        let active = fs::read_to_string(&file)
            .unwrap()
            .replace("status = \"suspended\"", "status = \"active\"");
        fs::write(file, active).unwrap();
    }

    /// Suspends every client, from the next start on.
    pub fn suspend_clients(&self) {
        let file = self.folder().join("clients.toml");
        let suspended = fs::read_to_string(&file)
            .unwrap()
            .replace("status = \"active\"", "status = \"suspended\"");
        fs::write(file, suspended).unwrap();
    }

    async fn wait_until_ready(&self) {
        let url = format!("{}/readyz", self.operations());
        self.wait_for("the gateway to be ready", async || {
            self.http
                .get(&url)
                .send()
                .await
                .is_ok_and(|answer| answer.status() == 200)
        })
        .await;
    }

    /// Waits until something is so, asking again and again.
    pub async fn wait_for(&self, what: &str, is_so: impl AsyncFn() -> bool) {
        let asking = async {
            let mut pause = interval(Duration::from_millis(5));
            while !is_so().await {
                pause.tick().await;
            }
        };
        timeout(PATIENCE, asking)
            .await
            .unwrap_or_else(|_| panic!("waited in vain for {what}"));
    }

    /// Gives what `/metrics` says.
    pub async fn metrics(&self) -> String {
        let answer = self
            .http
            .get(format!("{}/metrics", self.operations()))
            .send()
            .await
            .unwrap();
        answer.text().await.unwrap()
    }

    /// Calls the mock services' control port; the body may be `Value::Null`.
    pub async fn control(&self, method: Method, path: &str, body: Value) -> Value {
        control(&self.http, self.mocks(), method, path, &body).await
    }

    /// Gives what the mock services know under that path of the control port.
    pub async fn known(&self, path: &str) -> Value {
        self.control(Method::GET, path, Value::Null).await
    }

    /// Counts the registry's look-ups since the start.
    pub async fn registry_calls(&self) -> u64 {
        self.known("stats").await["registry"]["037"]
            .as_u64()
            .unwrap_or_default()
    }

    /// Counts the registry's answers about households since the start.
    pub async fn household_calls(&self) -> u64 {
        self.known("stats").await["registry"]["045"]
            .as_u64()
            .unwrap_or_default()
    }

    /// Sets one fault.
    pub async fn fault(&self, fault: Value) {
        self.control(Method::PUT, "faults", fault).await;
    }

    /// Takes all faults away.
    pub async fn no_faults(&self) {
        self.control(Method::DELETE, "faults", Value::Null).await;
    }

    /// Exports the gateway's audit log as `dancu audit export` does.
    pub async fn rows(&self) -> Vec<Value> {
        let mut out = Vec::new();
        let (store, settings) = self.audit_settings();
        audit::export(&store, Some(settings.log), Period::default(), &mut out)
            .await
            .unwrap();
        let text = String::from_utf8(out).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// Gives the audit rows of one call.
    pub async fn rows_of(&self, transaction_id: &str) -> Vec<Value> {
        let mut rows = self.rows().await;
        rows.retain(|row| row["transaction_id"] == transaction_id);
        rows
    }

    /// Verifies the log, and a receipt, as `dancu audit verify` does.
    pub async fn verify_log(&self, receipt: Option<&str>) -> Verdict {
        let (store, settings) = self.audit_settings();
        let seeds = config::load_signing(&[self.folder.configuration()], &self.settings).unwrap();
        let seeds = seeds.iter().map(secrecy::ExposeSecret::expose_secret);
        let signer = Signer::from_seeds(settings.log, seeds).unwrap();
        let outside = settings.checkpoint_dir;
        let receipt = receipt.map(|receipt| receipt.parse().unwrap());
        audit::verify(&store, receipt, outside.as_deref(), signer.verifier())
            .await
            .unwrap()
    }

    fn audit_settings(&self) -> (Store, config::Audit) {
        config::load_audit(&[self.folder.configuration()], &self.settings).unwrap()
    }

    /// Stops the gateway as SIGTERM does; `finish` is still to come.
    pub async fn stop(&mut self) {
        let metrics = self.metrics().await;
        self.canary.heard("metrics", &metrics);
        self.app.take().unwrap().stop().await.unwrap();
    }

    /// Ends the gateway and has the canary search everything that came out of it.
    pub async fn finish(mut self) {
        if self.app.is_some() {
            self.stop().await;
        }
        if let Some((folder, app)) = self.beside.take() {
            self.search_store().await;
            (self.folder, self.app) = (folder, Some(app));
            self.stop().await;
        }
        // The last of several gateways ends what they share.
        if let Some(mocks) = self.mocks.take().and_then(Arc::into_inner) {
            mocks.stop().await;
        }
        self.search_store().await;
        if let Err(leaks) = self.canary.search() {
            panic!("personal data came out: {leaks:#?}");
        }
    }

    async fn search_store(&self) {
        for row in self.rows().await {
            self.canary.heard("audit export", &row.to_string());
        }
        for file in ["dancu.db", "dancu.db-wal"] {
            if let Ok(bytes) = fs::read(self.folder().join(file)) {
                self.canary.heard_bytes(file, &bytes);
            }
        }
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let is_left_running = self.app.is_some();
        if is_left_running && !std::thread::panicking() {
            panic!("end the gateway with finish(), so that the canary can search");
        }
    }
}

async fn control(http: &reqwest::Client, mocks: &Running, method: Method, path: &str, body: &Value) -> Value {
    let mut request = http.request(method, format!("{}/_mock/{path}", mocks.control_url()));
    if !body.is_null() {
        request = request
            .header("Content-Type", "application/json")
            .body(body.to_string());
    }
    let answer = request.send().await.unwrap();
    let (status, text) = (answer.status(), answer.text().await.unwrap());
    assert!(status.is_success(), "control port: {status} {text}");
    serde_json::from_str(&text).unwrap_or_default()
}
