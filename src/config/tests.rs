//! Are good settings read as they were meant, and is every mistake named, all together, each by its key?

mod catalogue;
mod fleet;
mod mistakes;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use secrecy::ExposeSecret as _;
use tempfile::TempDir;

use super::*;
use crate::domain::field::Fields;

/// Gives the file of a store that is one.
fn file(store: &stores::Config) -> &Path {
    match store {
        stores::Config::Sqlite(path) => path,
        stores::Config::Postgres(database) => panic!("{database} is no file"),
    }
}

/// Holds a folder with everything that the gateway needs, to be changed by each test.
struct Folder(TempDir);

const ESSENTIALS: &str = r#"
clients_file = "clients.toml"

[auth]
issuer = "https://sso.example.vn"
jwks_url = "https://sso.example.vn/keys"

[registry]
url = "https://registry.example.vn/lookup"
user = "dancu"
secret_file = "secret"
api_key_file = "secret"
x_road_client = "VN/GOV/H57/dancu"

[keys]
pseudonym_file = "key"
sealing_file = "key"
signing_file = "key"
"#;

impl Folder {
    fn new() -> Self {
        let folder = Self(TempDir::new().unwrap());
        folder.write("clients.toml", include_str!("../../config/clients.toml"));
        folder.write("gateway.toml", ESSENTIALS);
        folder.write_private("key", &"0a".repeat(32));
        folder.write_private("secret", "not-a-secret\n");
        folder
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        fs::write(self.at(name), text).unwrap();
        self.at(name)
    }

    fn write_private(&self, name: &str, text: &str) {
        let file = self.write(name, text);
        fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap();
    }

    fn load(&self, variables: &[(&str, &str)]) -> Result<Config, Vec<String>> {
        self.load_over(&[], variables)
    }

    /// Loads the essentials, then the other files, then the variables.
    fn load_over(&self, files: &[PathBuf], variables: &[(&str, &str)]) -> Result<Config, Vec<String>> {
        let mut all = vec![self.at("gateway.toml")];
        all.extend_from_slice(files);
        let told = load(&all, &environment(variables));
        told.map_err(|mistakes| mistakes.0.iter().map(ToString::to_string).collect())
    }

    /// Loads the essentials with these settings over them.
    fn with(&self, settings: &str) -> Result<Config, Vec<String>> {
        let file = self.write("over.toml", settings);
        self.load_over(&[file], &[])
    }

    fn mistakes(&self, settings: &str) -> Vec<String> {
        self.with(settings).map(|_| ()).unwrap_err()
    }
}

fn environment(variables: &[(&str, &str)]) -> BTreeMap<String, String> {
    let owned = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    owned.collect()
}

#[test]
fn what_ships_is_in_order() {
    let config = Folder::new().load(&[]).unwrap();
    assert_eq!(config.clients.iter().count(), 5);
    assert_eq!(
        config.catalogue.iter().count(),
        shipped_catalogue().unwrap().iter().count()
    );
    assert!(config.catalogue.iter().count() >= 12);
    assert_eq!(config.listener.api, "127.0.0.1:8080".parse().unwrap());
    assert_eq!(config.registry.attempt_timeout, Duration::from_secs(2));
    assert_eq!(config.registry.deadline, Duration::from_secs(5));
    assert_eq!(config.registry.integration, "037");
    assert_eq!(config.registry.most_bytes, 1_048_576);
    assert_eq!(config.auth.algorithms.len(), 4);
    assert_eq!(config.keys.pseudonym.expose_secret(), [10; 32]);
    assert_eq!(
        config.registry.secret.expose_secret(),
        "not-a-secret",
        "without the newline"
    );
    assert!(config.listener.tls.is_none());
    assert!(config.audit.checkpoint_dir.is_none());
}

#[test]
fn every_example_of_a_licence_releases_something() {
    let config = Folder::new().load(&[]).unwrap();
    for client in config.clients.iter() {
        for code in &client.procedures {
            let needed = config.catalogue.find(code).unwrap().fields;
            assert_ne!(
                client.fields.intersection(needed),
                Fields::NONE,
                "{} for {code}",
                client.id
            );
        }
    }
}

#[test]
fn the_demos_client_and_the_catalogues_files_are_in_order() {
    let folder = Folder::new();
    folder.write("clients.toml", include_str!("../../config/demo/clients.toml"));
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/procedures");
    let settings = format!("procedures_dir = {:?}", shipped.display().to_string());
    let config = folder.with(&settings).unwrap();
    let listed = |catalogue: &Catalogue| -> Vec<_> { catalogue.iter().cloned().collect() };
    assert_eq!(
        listed(&config.catalogue),
        listed(&shipped_catalogue().unwrap()),
        "no file was forgotten"
    );
    let demo = config.clients.find(&"demo".parse().unwrap()).unwrap();
    let own: Vec<_> = config
        .catalogue
        .iter()
        .filter(|procedure| procedure.name_en.is_some())
        .map(|procedure| &procedure.code)
        .collect();
    assert_eq!(
        demo.procedures.iter().collect::<Vec<_>>(),
        own,
        "it is licensed for whatever has an entry of its own"
    );
}

#[test]
fn later_files_and_then_variables_override_single_keys() {
    let folder = Folder::new();
    let first = folder.write(
        "first.toml",
        "[registry]\nattempt_timeout = \"1s\"\ndeadline = \"4s\"\n",
    );
    let second = folder.write("second.toml", "[registry]\ndeadline = \"6s\"\n");
    let variables = [
        ("DANCU__REGISTRY__DEADLINE", "3s"),
        ("DANCU__API__WORKERS", "4"),
        ("DANCU__API__LISTEN", "[::1]:8443"),
        ("DANCU__AUTH__ALGORITHMS", "ES256, PS256"),
        ("DANCU__AUTH__AUDIENCE", "true"),
        ("DANCU__REGISTRY__INTEGRATION_CODE", "003"),
        ("DANCU__REGISTRY__ANSWER_LIMIT", "64KiB"),
        ("DANCU__API__TLS__CERTIFICATE_FILE", ""),
        ("HOME", "/root"),
        ("DANCUISH__API__WORKERS", "9"),
    ];
    let config = folder.load_over(&[first.clone(), second.clone()], &[]).unwrap();
    assert_eq!(
        config.registry.attempt_timeout,
        Duration::from_secs(1),
        "of the first file"
    );
    assert_eq!(config.registry.deadline, Duration::from_secs(6), "of the second");
    let config = folder.load_over(&[first, second], &variables).unwrap();
    assert_eq!(config.registry.deadline, Duration::from_secs(3));
    assert_eq!(config.listener.workers, 4);
    assert_eq!(config.listener.api, "[::1]:8443".parse().unwrap());
    assert_eq!(config.auth.algorithms.len(), 2);
    assert_eq!(config.auth.audience, "true", "a text stays a text");
    assert_eq!(config.registry.integration, "003", "zeros and all");
    assert_eq!(config.registry.most_bytes, 65_536);
}

#[test]
fn values_keep_their_case() {
    let config = Folder::new()
        .load(&[("DANCU__REGISTRY__USER", "DanCu-Huế")])
        .unwrap();
    assert_eq!(config.registry.user, "DanCu-Huế");
    assert_eq!(config.registry.x_road_client, "VN/GOV/H57/dancu");
}

#[test]
fn a_relative_path_is_relative_to_the_file_that_it_stands_in() {
    let folder = Folder::new();
    fs::create_dir(folder.at("below")).unwrap();
    let below = folder.write(
        "below/over.toml",
        "[store]\npath = \"rows.db\"\n[audit]\ncheckpoint_dir = \"/var/lib/dancu\"\n",
    );
    let config = folder.load_over(std::slice::from_ref(&below), &[]).unwrap();
    assert_eq!(file(&config.store), folder.at("below/rows.db"));
    assert_eq!(config.audit.checkpoint_dir.unwrap(), Path::new("/var/lib/dancu"));
    let config = folder
        .load_over(&[below], &[("DANCU__STORE__PATH", "here.db")])
        .unwrap();
    assert_eq!(
        file(&config.store),
        Path::new("here.db"),
        "a variable's is relative to where the program runs"
    );
}

#[test]
fn a_shared_database_is_named_in_a_private_file() {
    let folder = Folder::new();
    let postgres = |more: &str| format!("[store]\nkind = \"postgres\"\nurl_file = \"url\"\n{more}");
    let only = |settings: &str| {
        let over = folder.write("over.toml", settings);
        folder.load_over(&[over], &[])
    };
    folder.write_private(
        "url",
        "postgres://dancu:a-password@db.example.vn/rows?sslmode=verify-full\n",
    );
    let store = only(&postgres("")).unwrap().store;
    assert_eq!(format!("{store:?}"), "Postgres(Config(db.example.vn:5432/rows))");
    for (settings, mistake) in [
        (
            postgres("timeout = \"2m\""),
            "store.timeout: longer than a minute",
        ),
        (
            postgres("timeout = \"0s\""),
            "store.timeout: must be a duration above zero",
        ),
        (
            postgres("connections = 0"),
            "store.connections: must be a whole number from 1",
        ),
        (
            "[store]\nkind = \"mysql\"".to_owned(),
            "store.kind: must be sqlite or postgres",
        ),
    ] {
        let mistakes = only(&settings).err().unwrap();
        assert!(
            matches!(&mistakes[..], [told] if told.starts_with(mistake)),
            "{mistakes:?}"
        );
    }
    folder.write_private("other", "mysql://dancu:a-password@db.example.vn/rows");
    let mistakes = only(&postgres("").replace("\"url\"", "\"other\"")).err().unwrap();
    let expected = "store.url_file: the file holds no URL such as postgres://user:password@host/database";
    assert!(
        matches!(&mistakes[..], [told] if told.starts_with(expected)),
        "{mistakes:?}"
    );
    fs::set_permissions(folder.at("url"), fs::Permissions::from_mode(0o640)).unwrap();
    let mistakes = only(&postgres("")).err().unwrap();
    assert!(
        mistakes.contains(&"store.url_file: others may read this file: chmod 600".to_owned()),
        "{mistakes:?}"
    );
}

#[test]
fn a_master_secret_may_name_its_version() {
    let folder = Folder::new();
    folder.write_private("key", &format!("k1:{}\n", "Ff".repeat(32)));
    assert_eq!(folder.load(&[]).unwrap().keys.sealing.expose_secret(), [255; 32]);
}

#[test]
fn the_audit_commands_need_only_store_and_log_and_the_signing_keys_where_none_is_shown() {
    let folder = Folder::new();
    let settings = "[store]\npath = \"rows.db\"\n[keys]\nsigning_file = \"key\"\n";
    let settings = folder.write("audit.toml", settings);
    let (store, audit) = load_audit(std::slice::from_ref(&settings), &environment(&[])).unwrap();
    let signing = load_signing(&[settings], &environment(&[])).unwrap();
    assert_eq!(file(&store).file_name().unwrap(), "rows.db");
    assert_eq!(audit.queue, 10_000);
    assert_eq!(signing.len(), 1);
    assert_eq!(signing[0].expose_secret(), [10; 32]);
    let mistakes = load_signing(&[], &environment(&[])).unwrap_err();
    assert_eq!(
        mistakes.to_string(),
        "keys.signing_file: is needed: a file of mode 0600\n"
    );
}

#[test]
fn durations_that_mean_not_at_all_may_be_zero() {
    let settings = r#"
        api = { keep_alive = "0s" }
        auth = { leeway = "0s", keys_kept_for = "0s" }
        records = { lifetime = "0s", absent_lifetime = "0s" }
    "#;
    assert!(Folder::new().with(settings).is_ok());
}

#[test]
fn operators_are_read_from_their_file_and_without_one_there_are_none() {
    let folder = Folder::new();
    assert!(folder.load(&[]).unwrap().operators.is_empty());
    folder.write("operators.toml", include_str!("../../config/operators.toml"));
    let operators = folder
        .with("operators_file = \"operators.toml\"")
        .unwrap()
        .operators;
    let names: Vec<&str> = operators.iter().map(|operator| operator.name.as_str()).collect();
    assert_eq!(names, ["an.nguyen", "thanh-tra"]);
    assert_eq!(operators[1].roles, [auth::Role::Viewer, auth::Role::Auditor]);
}

#[test]
fn the_files_that_are_read_again_show_their_changes() {
    let folder = Folder::new();
    let origin = folder.load(&[]).unwrap().origin;
    for file in ["gateway.toml", "key"] {
        let before = origin.marks();
        let text = fs::read_to_string(folder.at(file)).unwrap();
        fs::rename(folder.write("new", &text), folder.at(file)).unwrap();
        assert_ne!(origin.marks(), before, "{file}");
    }
    folder.write_private("key", &"0a".repeat(32));
    folder.write("operators.toml", "");
    let origin = folder.with("operators_file = \"operators.toml\"").unwrap().origin;
    assert_eq!(origin.marks(), *origin.marks_when_read());
    folder.write("other.toml", "# a neighbour");
    assert_eq!(
        origin.marks(),
        *origin.marks_when_read(),
        "a neighbour doesn't count"
    );
    // As editors do: another file of the same length in the same place.
    fs::rename(folder.write("new", ""), folder.at("operators.toml")).unwrap();
    assert_ne!(origin.marks(), *origin.marks_when_read());
    fs::remove_file(folder.at("clients.toml")).unwrap();
    assert!(origin.load().is_err());
}

#[test]
fn a_folder_shows_files_that_come_and_go() {
    let folder = Folder::new();
    fs::create_dir(folder.at("procedures")).unwrap();
    folder.write("procedures/a.toml", "");
    folder.write("clients.toml", "");
    let origin = folder.with("procedures_dir = \"procedures\"").unwrap().origin;
    folder.write("procedures/.a.toml.swp", "an editor's own");
    assert_eq!(origin.marks(), *origin.marks_when_read());
    folder.write("procedures/b.toml", "");
    let more = origin.marks();
    assert_ne!(more, *origin.marks_when_read());
    fs::remove_file(folder.at("procedures/b.toml")).unwrap();
    assert_eq!(origin.marks(), *origin.marks_when_read());
}

#[test]
fn what_waits_for_a_start_is_named() {
    let folder = Folder::new();
    let before = folder.load(&[]).unwrap().origin;
    let over = "operators_file = \"operators.toml\"\n[limits]\nrefused_per_second = 7\nalert_at = 9\n[store]\npath = \"other.db\"\n\
         [checks]\nkept_for = \"1h\"\n[telemetry]\nlog = \"warn\"\n[auth]\nleeway = \"1s\"\naudience = \"other\"";
    folder.write("operators.toml", "");
    let after = folder.with(over).unwrap().origin;
    assert_eq!(before.waiting_for_a_start(&before), Vec::<String>::new());
    assert_eq!(
        before.waiting_for_a_start(&after),
        ["auth.audience", "limits.refused_per_second", "store.path"]
    );
}

#[test]
fn proxies_and_names_may_be_left_out_and_must_be_ones() {
    let folder = Folder::new();
    let proxy = "10.1.2.3".parse().unwrap();
    assert!(!folder.load(&[]).unwrap().http.trusted.holds(proxy));
    let settings = [("DANCU__API__TRUSTED_PROXIES", "192.0.2.1, 10.0.0.0/8")];
    let http = folder.load(&settings).unwrap().http;
    assert!(http.trusted.holds(proxy) && http.trusted.holds("192.0.2.1".parse().unwrap()));
    let mistakes = folder.mistakes(
        "[api]\ntrusted_proxies = [\"proxy.example\"]\n[operations]\nhosts = [\"dancu:9090\"]\n[auth]\nfailed_per_address = 0\n",
    );
    assert!(mistakes::says(
        &mistakes,
        "api.trusted_proxies",
        "addresses such as"
    ));
    assert!(mistakes::says(&mistakes, "operations.hosts", "without a port"));
    assert!(mistakes::says(
        &mistakes,
        "auth.failed_per_address",
        "whole number"
    ));
}
