//! Does anybody who calls notice that everything is changed under them?
//!
//! 64 callers ask over TLS without a pause, on kept and on new connections, with tokens bound to certificates and free ones,
//! while certificate, clients' CA, signing seed, licences, catalogue, settings, listeners, the way to the registry and
//! the issuer's keys are changed, broken and mended, twice over. Every answer must be 200, none may be broken off, and what was signed on the way must verify.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use reqwest::{Certificate, Client, Identity};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::connection::{ask, get};
use crate::gateway::{Gateway, audit, rows};
use crate::personal::OFFICER;
use crate::program::PATIENCE;
use crate::surroundings::Surroundings;

const CALLERS: usize = 64;
const ROUNDS: u8 = 2;

/// How many answers must come between one change and the next.
const BETWEEN: usize = 2 * CALLERS;

/// Where the API listens by turns; all of the machine's addresses lead back to it.
const HOSTS: [&str; 2] = ["127.0.0.1", "127.0.0.2"];

struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn pem(&self) -> String {
        self.0.pem()
    }

    /// Gives a certificate for this machine, and its key.
    fn issue(&self) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(HOSTS.map(str::to_owned)).unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        (certificate.pem(), key.serialize_pem())
    }
}

/// Makes a client that trusts these authorities and shows that identity.
fn client(trusted: &[&Authority], identity: Option<&str>, is_keeping: bool) -> Client {
    let anchors = trusted
        .iter()
        .map(|authority| Certificate::from_der(authority.0.der()).unwrap());
    let builder = Client::builder()
        .no_proxy()
        .timeout(8 * PATIENCE)
        .tls_certs_only(anchors)
        .pool_max_idle_per_host(usize::from(is_keeping));
    let builder = match identity {
        Some(pem) => builder.identity(Identity::from_pem(pem.as_bytes()).unwrap()),
        None => builder,
    };
    builder.build().unwrap()
}

async fn verify(client: &Client, api: &str, caller: &Caller, question: &str) -> Result<u16, String> {
    let asked = client
        .post(format!("https://{api}/v1/citizens/verify"))
        .bearer_auth(&caller.token)
        .header("Cache-Control", caller.wants)
        .header("Content-Type", "application/json")
        .body(question.to_owned());
    let told = |error: reqwest::Error| format!("{error:?}");
    let answer = asked.send().await.map_err(told)?;
    let status = answer.status().as_u16();
    let body = answer.bytes().await.map_err(told)?;
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    match body["outcome"].as_str() {
        Some("confirmed") => Ok(status),
        _ => Err(format!("{status} {body}")),
    }
}

/// Is who asks, and how fresh the answer is to be.
struct Caller {
    token: String,
    wants: &'static str,
}

/// Is what the callers have seen so far.
#[derive(Default)]
struct Seen {
    answers: AtomicUsize,
    failures: Mutex<Vec<String>>,
    is_over: AtomicBool,
    /// Where the API is, as callers are told.
    api: Mutex<String>,
}

impl Seen {
    fn api(&self) -> String {
        self.api.lock().unwrap().clone()
    }

    /// Waits until every caller can have asked again, and fails if one was failed.
    fn go_on(&self) {
        let before = self.answers.load(Ordering::Relaxed);
        within("answers", || {
            let failure = self.failures.lock().unwrap().first().cloned();
            assert_eq!(failure, None);
            self.answers.load(Ordering::Relaxed) >= before + BETWEEN
        });
    }
}

fn within(what: &str, is_so: impl Fn() -> bool) {
    let clock = dancu::clock::SystemClock;
    let start = dancu::clock::Clock::steady(&clock);
    while !is_so() {
        let waited = dancu::clock::Clock::steady(&clock).duration_since(start);
        assert!(waited < 8 * PATIENCE, "waited in vain for {what}");
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

/// Is the gateway that is changed, with what it is changed by.
struct Scene<'s> {
    around: &'s Surroundings,
    gateway: Gateway,
    runtime: tokio::runtime::Runtime,
    seen: Arc<Seen>,
}

impl Scene<'_> {
    /// Puts a new file in the place of the old one, as volumes and careful people do.
    fn put(&self, name: &str, text: &str) {
        let (new, at) = (self.around.path().join("new"), self.around.path().join(name));
        fs::write(&new, text).unwrap();
        fs::set_permissions(&new, fs::Permissions::from_mode(0o600)).unwrap();
        fs::rename(new, at).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.around.path().join(name)).unwrap()
    }

    /// Waits until readiness says this of the files.
    fn until_ready(&self, is_ready: bool) {
        let (named, at) = (
            json!(["configuration"]),
            format!("{}/readyz", self.gateway.operations),
        );
        within("readiness", || {
            let answer = get(&at);
            assert_eq!(answer.status, 200);
            (answer.json()["degraded"] != named) == is_ready
        });
    }

    fn readings(&self) -> u64 {
        let text = get(&format!("{}/metrics", self.gateway.operations)).body;
        let text = String::from_utf8(text).unwrap();
        let line = "dancu_configuration_reloads_total{result=\"reloaded\"} ";
        let count = text.lines().find_map(|found| found.strip_prefix(line));
        count.map_or(0, |count| count.parse().unwrap())
    }

    /// Makes a change that is to count, with a reading of its own.
    fn change(&self, files: &[(&str, &str)]) {
        let before = self.readings();
        for (name, text) in files {
            self.put(name, text);
        }
        self.gateway.program.signal("HUP");
        within("the reading", || self.readings() > before);
        self.until_ready(true);
        self.seen.go_on();
    }

    /// Breaks a file and leaves the mending to the watch over the files.
    fn break_and_mend(&self, name: &str, broken: &str) {
        let good = self.read(name);
        self.put(name, broken);
        self.until_ready(false);
        self.seen.go_on();
        self.put(name, &good);
        self.until_ready(true);
        self.seen.go_on();
    }

    fn asks(&self, client: &Client, caller: &Caller, question: &str) -> Result<u16, String> {
        self.runtime
            .block_on(verify(client, &self.seen.api(), caller, question))
    }

    /// Gives the names of the keys that confirmations are signed with.
    fn kids(&self, client: &Client) -> Vec<String> {
        let url = format!("https://{}/.well-known/jwks.json", self.seen.api());
        let set = self
            .runtime
            .block_on(async { client.get(url).send().await.unwrap().bytes().await })
            .unwrap();
        let set: Value = serde_json::from_slice(&set).unwrap();
        let keys = set["keys"].as_array().unwrap().iter();
        keys.map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
    }
}

/// Asks without a pause until it is over.
async fn keep_asking(client: Client, caller: Caller, questions: Arc<Vec<String>>, seen: Arc<Seen>) {
    for question in questions.iter().cycle() {
        if seen.is_over.load(Ordering::Relaxed) {
            return;
        }
        match verify(&client, &seen.api(), &caller, question).await {
            Ok(200) => {
                seen.answers.fetch_add(1, Ordering::Relaxed);
            }
            Ok(status) => seen.failures.lock().unwrap().push(status.to_string()),
            Err(failure) => seen.failures.lock().unwrap().push(failure),
        }
    }
}

#[test]
fn everything_is_changed_under_load_and_no_call_fails() {
    let around = Surroundings::new();
    // A burst that lasts for minutes, since a machine that stands still for a second is not what is tested here.
    around.client_limits("officer_per_second = 10000, rate_per_second = 10000, burst = 1000000, concurrency = 10000, per_day = 100000000, per_month = 1000000000");
    let (first, second, others) = (Authority::new(), Authority::new(), Authority::new());
    let authorities = [&first, &second];
    let (certificate, key) = first.issue();
    let path = |name: &str| around.path().join(name).display().to_string();
    let (bound_to, roster) = (around.identity(), around.authorities());
    let files = [
        path("certificate"),
        path("private"),
        path("roster"),
        path("catalogue"),
    ];
    fs::create_dir(&files[3]).unwrap();
    let mut scene = {
        for (file, text) in files.iter().zip([&certificate, &key, &roster]) {
            fs::write(file, text).unwrap();
        }
        fs::set_permissions(&files[1], fs::Permissions::from_mode(0o600)).unwrap();
        catalogue_into(&files[3], "Birth registration");
        let gateway = Gateway::start(
            &around,
            &[
                ("DANCU__API__TLS__CERTIFICATE_FILE", &files[0]),
                ("DANCU__API__TLS__KEY_FILE", &files[1]),
                ("DANCU__API__TLS__CLIENT_CA_FILE", &files[2]),
                ("DANCU__PROCEDURES_DIR", &files[3]),
                ("DANCU__AUTH__UNKNOWN_KID_PAUSE", "1ms"),
                // A busy machine is not what is tested here.
                ("DANCU__API__HEADER_TIMEOUT", "60s"),
                ("DANCU__API__LEAVE_WITHIN", "5s"),
                ("DANCU__API__SHUTDOWN_TIMEOUT", "60s"),
                ("DANCU__REGISTRY__ATTEMPT_TIMEOUT", "60s"),
                ("DANCU__REGISTRY__DEADLINE", "60s"),
            ],
        );
        let seen = Seen {
            api: Mutex::new(gateway.api.clone()),
            ..Seen::default()
        };
        Scene {
            around: &around,
            gateway,
            runtime: tokio::runtime::Runtime::new().unwrap(),
            seen: Arc::new(seen),
        }
    };
    let questions = Arc::new(around.questions(16));
    let bound = scene.runtime.block_on(around.bound_token(OFFICER));
    let mut callers = JoinSet::new();
    for number in 0..CALLERS {
        let (token, identity) = match number % 4 {
            0 => (bound.clone(), Some(bound_to.as_str())),
            _ => (around.token(), None),
        };
        let client = client(&authorities, identity, number % 8 < 5);
        // Some have the registry asked each time.
        let wants = if number % 16 == 1 {
            "no-cache"
        } else {
            "max-age=86400"
        };
        let caller = Caller { token, wants };
        let (questions, seen) = (questions.clone(), scene.seen.clone());
        callers.spawn_on(
            keep_asking(client, caller, questions, seen),
            scene.runtime.handle(),
        );
    }
    scene.seen.go_on();
    let probe = client(&authorities, None, false);
    for round in 0..ROUNDS {
        certificates(&scene, [&second, &first][usize::from(round)], &authorities);
        clients_authorities(&scene, &roster, &others, &authorities);
        seeds(&scene, round, &probe);
        licences_and_catalogue(&scene, round);
        listeners(&mut scene, round);
        registry(&scene, &probe, &questions[0]);
    }
    issuer_keys(&scene, &probe, &questions[0]);
    scene.seen.is_over.store(true, Ordering::Relaxed);
    scene.runtime.block_on(callers.join_all());
    let answers = scene.seen.answers.load(Ordering::Relaxed);
    assert_eq!(*scene.seen.failures.lock().unwrap(), Vec::<String>::new());
    println!("{answers} answers while everything was changed, none failed");
    scene.gateway.stop().expect(0);
    let recorded = rows(&around, &[]);
    let confirmed = recorded.iter().filter(|row| row["outcome"] == "confirmed");
    assert!(confirmed.count() >= answers, "every answer has its row");
    let verified = audit(&around, "verify", &[]).expect(0).out;
    assert_eq!(
        verified.matches(" checkpoints, the last of ").count(),
        3,
        "{verified}"
    );
}

/// Changes the server's certificate, and shows it one that can't be.
fn certificates(scene: &Scene<'_>, next: &Authority, authorities: &[&Authority]) {
    let (certificate, key) = next.issue();
    scene.change(&[("certificate", &certificate), ("private", &key)]);
    let sees = |authority: &Authority| {
        let probe = client(&[authority], None, false);
        scene.kids_or_none(&probe).is_some()
    };
    for authority in authorities {
        assert_eq!(
            sees(authority),
            std::ptr::eq(*authority, next),
            "new handshakes see the new one"
        );
    }
    let (_, foreign) = next.issue();
    scene.break_and_mend("private", &foreign);
    scene.break_and_mend("certificate", "no certificate");
    assert!(sees(next));
}

/// Lets an authority in and out again: its client is believed meanwhile, and refused on its open connection afterwards.
fn clients_authorities(scene: &Scene<'_>, roster: &str, others: &Authority, authorities: &[&Authority]) {
    let (certificate, key) = others.issue();
    let identity = certificate + &key;
    let own = client(authorities, Some(&identity), true);
    assert!(scene.kids_or_none(&own).is_none(), "nobody vouches for it yet");
    scene.change(&[("roster", &format!("{roster}{}", others.pem()))]);
    assert!(scene.kids_or_none(&own).is_some());
    scene.break_and_mend("roster", "nobody");
    scene.change(&[("roster", roster)]);
    let again = client(authorities, Some(&identity), false);
    assert!(scene.kids_or_none(&again).is_none(), "nor any more");
}

/// Adds a signing seed above the others; one that is taken away is refused.
fn seeds(scene: &Scene<'_>, round: u8, probe: &Client) {
    let (before, seeds) = (scene.kids(probe), scene.read("signing"));
    let new = format!("{:02x}", 0x40 + round).repeat(32);
    scene.change(&[("signing", &format!("{new}\n{seeds}"))]);
    let now = scene.kids(probe);
    assert_eq!(now[1..], before, "the new one signs, the others stay known");
    scene.break_and_mend("signing", &"99".repeat(32));
    assert_eq!(scene.kids(probe), now);
}

fn licences_and_catalogue(scene: &Scene<'_>, round: u8) {
    let name = format!("name = \"Một cửa {round}\"");
    let licences = scene.read("clients.toml");
    let renamed = licences.lines().map(|line| match line {
        line if line.starts_with("name = ") => name.clone() + "\n",
        line => line.to_owned() + "\n",
    });
    scene.change(&[("clients.toml", &renamed.collect::<String>())]);
    scene.break_and_mend("clients.toml", "[[client]]\nid = \"demo\"\n");
    let file = "catalogue/civil-status.toml";
    let text = scene.read(file);
    scene.change(&[(file, &text.replace("Birth registration", "Registering a birth"))]);
    scene.break_and_mend(file, "[[procedure]]\n");
    scene.change(&[(file, &text)]);
    let settings = scene.read("gateway.toml");
    let more = "[telemetry]\nlog = \"warn\"\n[limits]\nalert_at = 40\n[checks]\nretry_every = \"1s\"\n";
    scene.change(&[("gateway.toml", &format!("{settings}\n{more}"))]);
    scene.break_and_mend("gateway.toml", &settings.replace("[store]", "[stroe]"));
    scene.change(&[("gateway.toml", &settings)]);
}

/// Goes to the registry another way and back, with an authority that is broken in between.
fn registry(scene: &Scene<'_>, probe: &Client, question: &str) {
    let settings = scene.read("gateway.toml");
    let [plain, over_tls, identity] = scene.around.ways_to_the_registry();
    scene.put("registry-identity", identity);
    scene.put("registry-ca", &scene.around.authorities());
    let way = format!(
        "url = \"{over_tls}/dancu\"\nca_file = \"registry-ca\"\nclient_identity_file = \"registry-identity\"\nbreaker_calls = 30"
    );
    let other = settings.replace(&format!("url = \"{plain}/dancu\""), &way);
    assert_ne!(other, settings);
    let caller = Caller {
        token: scene.around.token(),
        wants: "no-cache",
    };
    for settings in [&other, &settings] {
        scene.change(&[("gateway.toml", settings)]);
        assert_eq!(scene.asks(probe, &caller, question), Ok(200));
        if settings == &other {
            scene.break_and_mend("registry-ca", "no authority");
            scene.break_and_mend("registry-identity", "nobody");
        }
    }
}

/// Changes figures of the door at the same address, and then the address; the old port closes, and one that is taken is refused.
fn listeners(scene: &mut Scene<'_>, round: u8) {
    let settings = scene.read("gateway.toml");
    let figures = format!(
        "longest_wait = \"30s\"\nworkers = {}\nkeep_alive = \"9s\"",
        round + 3
    );
    let figures = settings.replace("longest_wait = \"30s\"", &figures);
    scene.change(&[("gateway.toml", &figures)]);
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = |at: &str| figures.replacen("listen = \"127.0.0.1:0\"", &format!("listen = \"{at}\""), 1);
    scene.break_and_mend("gateway.toml", &listen(&taken.local_addr().unwrap().to_string()));
    let before = scene.seen.api();
    let [here, elsewhere] = HOSTS;
    for host in [elsewhere, here] {
        scene.put("gateway.toml", &listen(&format!("{host}:0")));
        let line = scene.gateway.program.log(|line| {
            line.contains(r#""message":"listening""#)
                && line.contains(&format!("\"{host}:"))
                && !line.contains(&before)
        });
        let line: Value = serde_json::from_str(&line).unwrap();
        let now = line["api.address"].as_str().unwrap().to_owned();
        let old = std::mem::replace(&mut *scene.seen.api.lock().unwrap(), now);
        scene.seen.go_on();
        within("the old port to close", || TcpStream::connect(&old).is_err());
        scene.seen.go_on();
    }
    scene.change(&[("gateway.toml", &settings)]);
}

/// Has the issuer sign with another key, once: it goes on publishing the one before, and none before that.
fn issuer_keys(scene: &Scene<'_>, probe: &Client, question: &str) {
    let url = format!("http://{}/_mock/keys/rotate", scene.around.control());
    let rotated = ask("POST", &url, &[("Content-Type", "application/json")], "{}").unwrap();
    assert_eq!(rotated.status, 200);
    let caller = Caller {
        token: scene.around.token(),
        wants: "no-cache",
    };
    assert_eq!(scene.asks(probe, &caller, question), Ok(200));
    scene.seen.go_on();
}

impl Scene<'_> {
    fn kids_or_none(&self, client: &Client) -> Option<u16> {
        let url = format!("https://{}/.well-known/jwks.json", self.seen.api());
        let got = self.runtime.block_on(async { client.get(url).send().await });
        got.ok().map(|answer| answer.status().as_u16())
    }
}

fn catalogue_into(folder: &str, must_hold: &str) {
    let shipped = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("config/procedures");
    for entry in fs::read_dir(shipped).unwrap() {
        let entry = entry.unwrap();
        if entry.path().extension().is_some_and(|end| end == "toml") {
            fs::copy(entry.path(), std::path::Path::new(folder).join(entry.file_name())).unwrap();
        }
    }
    let text = fs::read_to_string(std::path::Path::new(folder).join("civil-status.toml")).unwrap();
    assert!(text.contains(must_hold));
}
