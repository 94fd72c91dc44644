//! What is said of settings that can't be used?

use secrecy::ExposeSecret;

use super::*;

/// Tells whether some mistake begins with this key and holds this text.
pub(super) fn says(mistakes: &[String], key: &str, what: &str) -> bool {
    let begins = |told: &String| told.starts_with(&format!("{key}: "));
    mistakes.iter().any(|told| begins(told) && told.contains(what))
}

#[test]
fn every_mistake_is_named_in_one_go() {
    let folder = Folder::new();
    folder.write("readable-by-all", &"0a".repeat(32));
    folder.write_private("short", "0a0a");
    folder.write_private("empty", "\n");
    folder.write(
        "clients.toml",
        r#"
        [[client]]
        id = "first"
        name = "A"
        province_code = "460"
        units = ["H57.12", "a unit"]
        procedures = ["1.001193", "9.999999"]
        fields = ["full_name", "shoe_size"]
        scopes = ["citizens.verify", "access-log.own"]
        thumbprints = ["short"]
        status = "retired"
        valid_from = "2027-01-01T00:00:00+07:00"
        valid_until = "2026-01-01T00:00:00+07:00"
        limits = { officer_per_second = 0, rate_per_second = 1, burst = 1, concurrency = 1, per_day = 1, per_month = 1 }

        [[client]]
        id = "second"
        sallary = 3

        [[client]]
        id = "second"
        name = "B"
        province_code = "46"
        units = ["H57.12"]
        procedures = ["1.001193"]
        fields = ["full_name"]
        scopes = ["citizens.verify"]
        status = "active"
        valid_from = "2026-01-01"
        valid_until = "2027-01-01T00:00:00+07:00"
        limits = { officer_per_second = 1, rate_per_second = 2, burst = 1, concurrency = 1, per_day = 1, per_month = "many" }
        "#,
    );
    fs::create_dir(folder.at("procedures")).unwrap();
    let procedure = |code: &str, rest: &str| {
        format!(
            "[[procedure]]\ncode = \"{code}\"\nname_vi = \"A\"\nsector = \"A\"\nlevel = \"commune\"\n\
             fields = [\"sex\"]\nshares_cache = true\n{rest}\n\
             [[procedure.role]]\nname = \"applicant\"\nrequired = true\nfacts = [{{ fact = \"identity\" }}]\n"
        )
    };
    let ground = "legal_ground = [{ article = \"Điều 1\", from = \"2026-01-01\" }]";
    let of_an_hour = format!("max_age = \"1h\"\n{ground}");
    folder.write("procedures/a.toml", &procedure("1.001193", &of_an_hour));
    let over_and_groundless = "max_age = \"an hour\"\nlegal_ground = []";
    let backwards = "max_age = \"1h\"\nlegal_ground = [{ article = \"A\", from = \"2026-01-01\", until = \"2025-01-01\" }]";
    let second_file = [
        procedure("1.001193", &of_an_hour),
        procedure("one", &of_an_hour),
        procedure("1.000001", over_and_groundless),
        procedure("1.000002", backwards),
        procedure("1.000003", ground),
    ];
    folder.write("procedures/b.toml", &second_file.concat());
    let mistakes = folder.mistakes(
        r#"
        procedures_dir = "procedures"
        client_file = "typo.toml"

        [api]
        listen = "localhost"
        public_url = "http://127.0.0.1:8080/gateway"
        workers = 1.5
        max_connections = 0
        header_timeout = "soon"
        body_timeout = "0s"

        [api.tls]
        certificate_file = "no-such-file"

        [regsitry]
        url = "http://127.0.0.1"

        [registry]
        url = "ftp://registry.example.vn"
        attempt_timeout = "9s"
        api_key_file = "empty"
        name_form = "shouted"
        ladder_queries = 99
        integration_code = 37
        answer_limit = "0MiB"

        [auth]
        issuer = ""
        jwks_url = "sso.example.vn/keys"
        algorithms = ["ES256", "HS256"]
        leeway = "2m"

        [records]
        lifetime = "1m"
        absent_lifetime = "1h"

        [limits]
        refused_per_second = 0

        [store]
        kind = "postgres"

        [audit]
        log = "a log"

        [keys]
        pseudonym_file = "readable-by-all"
        sealing_file = "short"
        signing_file = ""

        [telemetry]
        log = "dancu=loud"
        "#,
    );
    let at = |name: &str| folder.at(name).display().to_string();
    let (clients, [a, b]) = (
        at("clients.toml"),
        ["procedures/a.toml", "procedures/b.toml"].map(at),
    );
    let table = [
        ("client_file".to_owned(), "no such setting"),
        ("regsitry.url".to_owned(), "no such setting"),
        ("api.listen".to_owned(), "must be an address with a port"),
        ("api.public_url".to_owned(), "without a path"),
        ("api.workers".to_owned(), "must be a whole number from 0 to 512"),
        ("api.max_connections".to_owned(), "must be a whole number from 1"),
        (
            "api.header_timeout".to_owned(),
            "must be a duration above zero such as 2s",
        ),
        ("api.body_timeout".to_owned(), "above zero"),
        (
            "api.tls.certificate_file".to_owned(),
            "no-such-file: entity not found",
        ),
        ("registry.url".to_owned(), "must be a URL"),
        (
            "registry.attempt_timeout".to_owned(),
            "longer than registry.deadline",
        ),
        ("registry.api_key_file".to_owned(), "must hold a text"),
        (
            "registry.name_form".to_owned(),
            "must be as_given, upper, folded or folded_no_spaces",
        ),
        ("registry.ladder_queries".to_owned(), "from 1 to 20"),
        ("registry.integration_code".to_owned(), "must be text, in quotes"),
        ("registry.answer_limit".to_owned(), "must be a size"),
        ("auth.issuer".to_owned(), "is needed"),
        ("auth.jwks_url".to_owned(), "must be a URL"),
        ("auth.algorithms".to_owned(), "some of ES256, EdDSA, RS256, PS256"),
        ("auth.leeway".to_owned(), "of 60 s at the most"),
        (
            "records.absent_lifetime".to_owned(),
            "longer than records.lifetime",
        ),
        ("limits.refused_per_second".to_owned(), "from 1 to"),
        ("store.url_file".to_owned(), "is needed: a file of mode 0600"),
        ("audit.log".to_owned(), "must be a name"),
        ("keys.pseudonym_file".to_owned(), "chmod 600"),
        ("keys.sealing_file".to_owned(), "64 hexadecimal digits"),
        ("keys.signing_file".to_owned(), "is needed"),
        ("telemetry.log".to_owned(), "must be a level"),
        (
            format!("{clients}: client first: province_code"),
            "\"460\" must be two digits",
        ),
        (format!("{clients}: client first: units"), "\"a unit\""),
        (
            format!("{clients}: client first: procedures"),
            "9.999999 isn't in the catalogue",
        ),
        (format!("{clients}: client first: fields"), "\"shoe_size\""),
        (format!("{clients}: client first: scopes"), "\"access-log.own\""),
        (format!("{clients}: client first: thumbprints"), "SHA-256"),
        (
            format!("{clients}: client first: status"),
            "active, suspended or expired",
        ),
        (
            format!("{clients}: client first: valid_until"),
            "not after valid_from",
        ),
        (format!("{clients}: client first: limits"), "above zero"),
        (format!("{clients}: client second"), "sallary"),
        (format!("{clients}: client second"), "is registered twice"),
        (format!("{clients}: client second"), "limits.per_month"),
        (format!("{b}: procedure 1.001193"), "stands twice"),
        (format!("{b}: procedure one: code"), "1.001193"),
        (format!("{b}: procedure 1.000001: max_age"), "must be a duration"),
        (
            format!("{b}: procedure 1.000001: legal_ground"),
            "may look nobody up",
        ),
        (
            format!("{b}: procedure 1.000002: legal_ground.until"),
            "before legal_ground.from",
        ),
        (format!("{b}: procedure 1.000003"), "max_age"),
    ];
    for (key, what) in &table {
        assert!(
            says(&mistakes, key, what),
            "{key}: … {what} … isn't among\n{}",
            mistakes.join("\n")
        );
    }
    assert_eq!(
        mistakes.len(),
        table.len(),
        "and no others:\n{}",
        mistakes.join("\n")
    );
    assert!(
        !mistakes.iter().any(|told| told.contains(&a)),
        "what is in order isn't mentioned"
    );
}

#[test]
fn one_mistake_brings_no_others_with_it() {
    let table = [
        ("registry.deadline = \"soon\"", "registry.deadline"),
        ("records.lifetime = \"soon\"", "records.lifetime"),
        ("registry = { }", "registry"),
        ("registry.url = { }", "registry.url"),
        ("registry.url = [\"https://registry.example.vn\"]", "registry.url"),
        (
            "registry.url = \"https://dancu:password@registry.example.vn\"",
            "registry.url",
        ),
        ("registry.user = true", "registry.user"),
        ("api.workers = true", "api.workers"),
        ("api.workers = \"yes\"", "api.workers"),
        ("api.workers = -1", "api.workers"),
        ("api.public_url = \"javascript:alert(1)\"", "api.public_url"),
        ("api.body_timeout = \"-5s\"", "api.body_timeout"),
        ("api.body_timeout = 5", "api.body_timeout"),
        ("records.lifetime = \"99999999h\"", "records.lifetime"),
        ("api.shutdown_timeout = \"4s\"", "api.shutdown_timeout"),
        ("registry.deadline = \"16s\"", "api.shutdown_timeout"),
        ("registry.breaker_failed = 101", "registry.breaker_failed"),
        ("registry.breaker_open = \"0s\"", "registry.breaker_open"),
        ("registry.in_flight_least = 1001", "registry.in_flight_least"),
        ("registry.retry_percent = 200", "registry.retry_percent"),
        ("auth.algorithms = []", "auth.algorithms"),
        ("auth.algorithms = [\"none\"]", "auth.algorithms"),
        ("API.workers = 1", "API.workers"),
        ("keys.signing_file = \"nowhere\"", "keys.signing_file"),
        ("clients_file = \"nowhere\"", "clients_file"),
        ("procedures_dir = \"nowhere\"", "procedures_dir"),
        ("procedures_dir = \".\"", "procedures_dir"),
    ];
    for (settings, key) in table {
        let folder = Folder::new();
        match folder.with(settings) {
            // A table without a key changes nothing.
            Ok(_) => assert_eq!(settings, "registry = { }"),
            Err(mistakes) if settings == "procedures_dir = \".\"" => {
                assert!(
                    mistakes.iter().all(|told| told.contains(".toml: ")),
                    "{mistakes:?}"
                );
            }
            Err(mistakes) => {
                assert_eq!(mistakes.len(), 1, "{settings}: {mistakes:?}");
                assert!(
                    mistakes[0].starts_with(&format!("{key}: ")),
                    "{settings}: {mistakes:?}"
                );
            }
        }
    }
}

#[test]
fn variables_with_unknown_names_are_mistakes_too() {
    let table = [
        ("DANCU__REGISTRY__DEADLIN", "3s", "registry.deadlin"),
        ("DANCU__REGSITRY__DEADLINE", "3s", "regsitry.deadline"),
        ("DANCU__NONSENSE", "1", "nonsense"),
        ("DANCU__API", "1", "api"),
        ("DANCU__API__LISTEN__PORT", "1", "api.listen.port"),
        ("DANCU__REGISTRY__DEADLINE", "3", "registry.deadline"),
        ("DANCU__API__WORKERS", "many", "api.workers"),
        ("DANCU__AUTH__ALGORITHMS", "", "auth.algorithms"),
        ("DANCU__STORE__PATH", "", "store.path"),
    ];
    for (name, value, key) in table {
        let mistakes = Folder::new().load(&[(name, value)]).map(|_| ()).unwrap_err();
        assert!(says(&mistakes, key, ""), "{name}={value}: {mistakes:?}");
    }
    for name in [
        "DANCU__",
        "DANCU____",
        "DANCU__API__",
        "DANCU__API____WORKERS",
        "DANCU__1__2",
    ] {
        assert!(Folder::new().load(&[(name, "1")]).is_err(), "{name}");
    }
}

#[test]
fn files_that_cant_be_read_are_all_named() {
    let folder = Folder::new();
    let broken = folder.write("broken.toml", "[api\n");
    let twice = folder.write("twice.toml", "[api]\nworkers = 1\nworkers = 2\n");
    let nowhere = folder.at("nowhere.toml");
    let mistakes = folder
        .load_over(&[broken.clone(), twice.clone(), nowhere.clone()], &[])
        .map(|_| ())
        .unwrap_err();
    assert_eq!(mistakes.len(), 3, "{mistakes:?}");
    for file in [broken, twice, nowhere] {
        assert!(
            says(&mistakes, &file.display().to_string(), ""),
            "{file:?}: {mistakes:?}"
        );
    }
}

#[test]
fn a_broken_register_is_named_by_its_line() {
    let folder = Folder::new();
    folder.write("clients.toml", "# one\n\n[[client]\n");
    let mistakes = folder.load(&[]).map(|_| ()).unwrap_err();
    assert!(mistakes[0].contains("clients.toml: line 3: "), "{mistakes:?}");
    folder.write("clients.toml", "[[clients]]\nid = \"a\"\n");
    let mistakes = folder.load(&[]).map(|_| ()).unwrap_err();
    assert!(mistakes[0].contains("unknown field `clients`"), "{mistakes:?}");
}

#[test]
fn no_secret_stands_in_a_mistake() {
    let folder = Folder::new();
    folder.write_private("key", "open-sesame");
    let mistakes = folder.load(&[]).map(|_| ()).unwrap_err();
    assert_eq!(mistakes.len(), 3);
    assert!(!mistakes.concat().contains("sesame"));
}

#[test]
fn a_certificate_goes_with_its_key() {
    let folder = Folder::new();
    let made = rcgen::generate_simple_self_signed(["dancu.example.test".to_owned()]).unwrap();
    let other = rcgen::KeyPair::generate().unwrap();
    folder.write("certificate", &made.cert.pem());
    folder.write("public", &made.cert.pem());
    folder.write_private("private", &made.signing_key.serialize_pem());
    folder.write_private("another", &other.serialize_pem());
    folder.write("nonsense", "PEM");
    let tls = |members: &str| folder.with(&format!("[api.tls]\n{members}"));
    let (certificate, authority) = (
        "certificate_file = \"certificate\"\n",
        "client_ca_file = \"public\"\n",
    );
    let key = "key_file = \"private\"\n";
    let whole = tls(&[certificate, key, authority].concat()).unwrap();
    let without_clients = tls(&[certificate, key].concat()).unwrap();
    assert!(without_clients.listener.tls.is_some());
    assert_ne!(whole.listener.tls, without_clients.listener.tls);
    for half in [certificate, key, authority] {
        let mistakes = tls(half).map(|_| ()).unwrap_err();
        assert!(says(&mistakes, "api.tls", "go together"), "{half}: {mistakes:?}");
    }
    let (open, unfit) = ("key_file = \"public\"\n", "key_file = \"another\"\n");
    let (chain, roster) = (
        "certificate_file = \"nonsense\"\n",
        "client_ca_file = \"nonsense\"\n",
    );
    for (members, at, what) in [
        ([certificate, open, ""], "api.tls.key_file", "chmod 600"),
        (
            [certificate, unfit, authority],
            "api.tls.key_file",
            "doesn't fit the certificate",
        ),
        (
            [chain, key, authority],
            "api.tls.certificate_file",
            "can't be read",
        ),
        (
            [certificate, key, roster],
            "api.tls.client_ca_file",
            "can't be read",
        ),
    ] {
        let mistakes = tls(&members.concat()).map(|_| ()).unwrap_err();
        assert_eq!(mistakes.len(), 1);
        assert!(says(&mistakes, at, what), "{mistakes:?}");
    }
}

#[test]
fn the_signing_file_may_hold_several_keys_and_none_twice() {
    let folder = Folder::new();
    let (one, other) = ("0a".repeat(32), "0b".repeat(32));
    let load = |text: &str| {
        folder.write_private("seeds", text);
        folder.with("[keys]\nsigning_file = \"seeds\"\n")
    };
    let seeds = load(&format!("{one}\n\nk1:{other}\n")).unwrap().keys.signing;
    let seeds: Vec<_> = seeds.iter().map(ExposeSecret::expose_secret).collect();
    assert_eq!(seeds, [[10; 32], [11; 32]]);
    let many: String = (0..17)
        .map(|byte| format!("{byte:02x}").repeat(32) + "\n")
        .collect();
    for (text, what) in [
        (format!("{one}\n{one}\n"), "stands twice"),
        (format!("{one}\nseed\n"), "64 hexadecimal digits"),
        ("\n".to_owned(), "64 hexadecimal digits"),
        (many, "16 at the most"),
    ] {
        let mistakes = load(&text).map(|_| ()).unwrap_err();
        assert_eq!(mistakes.len(), 1);
        assert!(says(&mistakes, "keys.signing_file", what), "{mistakes:?}");
    }
}

#[test]
fn every_mistake_among_the_operators_is_named_and_no_token_is_quoted() {
    let folder = Folder::new();
    let token = "7f".repeat(30);
    let hash = "0a".repeat(32);
    folder.write(
        "operators.toml",
        &format!(
            r#"
            [[operator]]
            name = "file"
            token_sha256 = "{token}"
            roles = ["viewer", "king"]
            expires = "soon"

            [[operator]]
            name = "an"
            token_sha256 = "{hash}"
            roles = []
            expires = "2027-01-01T00:00:00+07:00"

            [[operator]]
            name = "an"
            token_sha256 = "{hash}"
            roles = ["viewer"]
            expires = "2027-01-01T00:00:00+07:00"
            token = "{token}"
            "#
        ),
    );
    let mistakes = folder.mistakes("operators_file = \"operators.toml\"");
    let file = folder.at("operators.toml").display().to_string();
    let of = |name: &str, member: &str| format!("{file}: operator {name}{member}");
    let table = [
        (of("file", ": name"), "not \"file\""),
        (of("file", ": token_sha256"), "64 hexadecimal digits"),
        (
            of("file", ": roles"),
            "\"king\" must be viewer, operator or auditor",
        ),
        (of("file", ": expires"), "RFC 3339"),
        (of("an", ": roles"), "at least one"),
        (of("an", ""), "is named twice"),
        (of("an", ""), "unknown field `token`"),
    ];
    for (key, what) in &table {
        assert!(says(&mistakes, key, what), "{key}: {what}\n{mistakes:#?}");
    }
    assert_eq!(mistakes.len(), table.len(), "{mistakes:#?}");
    assert!(!mistakes.concat().contains(&token), "{mistakes:#?}");
    let gone = folder.mistakes("operators_file = \"nowhere.toml\"");
    assert!(says(&gone, "operators_file", "not found"), "{gone:#?}");
    let one = format!(
        "name = \"an\"\ntoken_sha256 = \"{hash}\"\nroles = [\"viewer\"]\nexpires = \"2027-01-01T00:00:00Z\"\n"
    );
    let other = one.replace("an", "binh");
    folder.write(
        "operators.toml",
        &format!("[[operator]]\n{one}[[operator]]\n{other}"),
    );
    let shared = folder.mistakes("operators_file = \"operators.toml\"");
    assert!(
        says(&shared, &file, "two operators have the same token"),
        "{shared:#?}"
    );
}
