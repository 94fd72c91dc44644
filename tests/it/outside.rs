//! Do readers that know nothing of us accept what we confirm, and refuse what was tampered with?
//!
//! PyPI `sd-jwt`, npm `@sd-jwt/sd-jwt-vc` with `jose`, poppler's `pdftotext`, and zbar. `tests/run.sh` makes them ready in
//! `target/outside`, at the versions of `tests/outside`; where they aren't ready the tests here say so and pass, except in CI.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dancu::clock::Clock as _;
use dancu::confirmations::Issued;
use serde_json::{Value, json};
use unicode_normalization::UnicodeNormalization as _;

use crate::confirmations::{established, gateway, issue, officer, revoke};
use crate::gateway::Gateway;

const SCRIPTS: [(&str, &str); 2] = [
    ("read.py", include_str!("../outside/read.py")),
    ("read.mjs", include_str!("../outside/read.mjs")),
];

fn prepared() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/outside")
}

#[expect(
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "said to whoever runs the tests; CI says so by a variable"
)]
fn are_ready() -> bool {
    let tools = ["pdftotext", "pdftoppm", "zbarimg", "node"];
    let has = |tool: &str| Command::new(tool).arg("--help").output().is_ok();
    let is_ready = prepared().join("ready").exists() && tools.iter().all(|tool| has(tool));
    if !is_ready {
        assert!(
            std::env::var("CI").is_err(),
            "tests/run.sh didn't make the outside readers ready"
        );
        eprintln!("the outside readers aren't ready: tests/run.sh makes them so");
    }
    is_ready
}

/// Runs a program with that input and gives its output.
fn run(program: &Path, arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let mut child = Command::new(program)
        .args(arguments)
        .current_dir(prepared())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{} {arguments:?}: {errors}",
        program.display()
    );
    output.stdout
}

/// Has both readers judge the credentials, by their names.
async fn judged(gateway: &Gateway, cases: &BTreeMap<&str, String>) -> [(&'static str, Value); 2] {
    for (name, text) in SCRIPTS {
        // Of a name of its own: tests run side by side.
        std::fs::write(prepared().join(own(name)), text).unwrap();
    }
    let list = gateway.anonymous().get("/v1/status-lists/1").await;
    let given = json!({
        "issuer": gateway.api(),
        "now": gateway.clock.now().as_second(),
        "keys": gateway.anonymous().get("/.well-known/jwks.json").await.body,
        "lists": {format!("{}/v1/status-lists/1", gateway.api()): String::from_utf8(list.bytes).unwrap()},
        "cases": cases,
    });
    let input = given.to_string().into_bytes();
    let judged = actix_web::web::block(move || {
        let judge = |program: &Path, script: &str| -> Value {
            serde_json::from_slice(&run(program, &[&own(script)], &input)).unwrap()
        };
        let python = prepared().join("venv/bin/python");
        [
            ("sd-jwt of PyPI", judge(&python, "read.py")),
            ("@sd-jwt of npm", judge(Path::new("node"), "read.mjs")),
        ]
    });
    judged.await.unwrap()
}

fn own(script: &str) -> String {
    format!("{}-{script}", std::process::id())
}

fn forget_scripts() {
    for (name, _) in SCRIPTS {
        std::fs::remove_file(prepared().join(own(name))).unwrap();
    }
}

fn decoded(part: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

fn encoded(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// Changes a credential in every way that a forger would think of first.
fn tampered(issued: &Issued) -> BTreeMap<&'static str, String> {
    let (signed, disclosures) = issued.credential.split_once('~').unwrap();
    let [header, payload, signature] = signed.split('.').collect::<Vec<_>>().try_into().unwrap();
    let with_payload = |member: &str, value: Value| {
        let mut changed = decoded(payload);
        changed[member] = value;
        format!("{header}.{}.{signature}~{disclosures}", encoded(&changed))
    };
    let with_header = |member: &str, value: Value| {
        let mut changed = decoded(header);
        changed[member] = value;
        format!("{}.{payload}.{signature}~{disclosures}", encoded(&changed))
    };
    BTreeMap::from([
        (
            "another issuer",
            with_payload("iss", json!("https://elsewhere.vn")),
        ),
        ("another dossier", with_payload("dossier", json!("another"))),
        ("a longer life", with_payload("exp", json!(4_000_000_000_u64))),
        ("another status", with_payload("status", json!({}))),
        ("no facts hidden", with_payload("facts", json!([]))),
        ("another typ", with_header("typ", json!("vc+sd-jwt"))),
        ("no algorithm", with_header("alg", json!("none"))),
        ("a symmetric algorithm", with_header("alg", json!("HS256"))),
        ("another key", with_header("kid", json!("another"))),
        ("no signature", format!("{header}.{payload}.~{disclosures}")),
        (
            "another signature",
            format!("{header}.{payload}.{}~{disclosures}", "A".repeat(86)),
        ),
    ])
}

fn first_fact_changed(issued: &Issued) -> String {
    let mut parts: Vec<_> = issued.credential.split('~').map(str::to_owned).collect();
    let mut disclosure = decoded(&parts[1]);
    disclosure[1]["fact"] = json!("never_looked_up");
    parts[1] = encoded(&disclosure);
    parts.join("~")
}

#[actix_web::test]
async fn strangers_accept_a_credential_and_refuse_what_was_tampered_with() {
    if !are_ready() {
        return;
    }
    let gateway = gateway().await;
    let (issued, later) = (issue(&gateway).await, issue(&gateway).await);
    let mut cases = tampered(&issued);
    let mut parts: Vec<_> = issued.credential.split('~').collect();
    cases.insert("as issued", issued.credential.clone());
    parts.remove(2);
    cases.insert("two of three facts", parts.join("~"));
    cases.insert("a changed fact", first_fact_changed(&issued));
    for (reader, told) in judged(&gateway, &cases).await {
        let facts = |name: &str| {
            told[name]["payload"]["facts"]
                .as_array()
                .cloned()
                .unwrap_or_default()
        };
        let whole = &told["as issued"];
        assert_eq!(whole["accepted"], true, "{reader}: {whole:#}");
        assert_eq!(whole["payload"]["procedure"], "1.001193", "{reader}");
        let names: Vec<_> = facts("as issued")
            .iter()
            .map(|fact| fact["fact"].clone())
            .collect();
        assert_eq!(names.len(), 3, "{reader}: {whole:#}");
        assert_eq!(facts("two of three facts").len(), 2, "{reader}");
        // Some readers refuse a disclosure that nobody signed, others pass over it; none may believe it.
        assert!(
            !facts("a changed fact")
                .iter()
                .any(|fact| fact["fact"] == "never_looked_up"),
            "{reader}"
        );
        for name in tampered(&issued).keys() {
            assert_eq!(
                told[*name]["accepted"], false,
                "{reader}: {name}: {:#}",
                told[*name]
            );
        }
        if reader.contains("npm") {
            assert_eq!(whole["type"], "Residence check");
        }
    }
    assert_eq!(revoke(&gateway).await, 2);
    let after = issue(&gateway).await;
    let cases = [
        ("first", issued.credential),
        ("second", later.credential),
        ("after", after.credential),
    ];
    for (reader, told) in judged(&gateway, &cases.into()).await {
        for (name, accepted) in [("first", false), ("second", false), ("after", true)] {
            assert_eq!(
                told[name]["accepted"], accepted,
                "{reader}: {name}: {:#}",
                told[name]
            );
        }
    }
    forget_scripts();
    gateway.finish().await;
}

#[actix_web::test]
async fn strangers_read_the_page_letter_for_letter_and_follow_its_code() {
    if !are_ready() {
        return;
    }
    let gateway = gateway().await;
    let issued = issue(&gateway).await;
    let path = format!("/v1/confirmations/{}/document", issued.id);
    let document = officer(&gateway).get(&path).await.bytes;
    let folder = tempfile::tempdir().unwrap();
    let (pdf, png) = (folder.path().join("page.pdf"), folder.path().join("page"));
    std::fs::write(&pdf, &document).unwrap();
    let (pdf, png) = (pdf.to_str().unwrap(), png.to_str().unwrap());
    let text = String::from_utf8(run(Path::new("pdftotext"), &["-layout", pdf, "-"], b"")).unwrap();
    let (begin, pages) = (text.trim_end_matches('\u{c}'), text.matches('\u{c}').count());
    assert_eq!(pages, 1, "{text}");
    for line in include_str!("../../config/locales/vi.ftl").lines() {
        // What the page always says, each phrase as far as its line goes.
        let Some((key, phrase)) = line.split_once(" = ") else {
            continue;
        };
        let is_chosen = [
            "channel-",
            "result-else",
            "-more",
            "-title",
            "-no-longer-holds",
            "-lapsed",
        ]
        .iter()
        .any(|word| key.contains(word));
        if key.starts_with("document-") && !is_chosen {
            let first_words: Vec<_> = phrase.split(' ').take(4).collect();
            assert!(begin.contains(&first_words.join(" ")), "{key}: {phrase}\n{text}");
        }
    }
    assert!(
        text.contains("PHIẾU XÁC NHẬN KHAI THÁC THÔNG TIN DÂN CƯ"),
        "{text}"
    );
    assert!(text.contains("Giấy xác nhận thông tin về cư trú") && text.contains("Nghị định 104/2022/NĐ-CP"));
    run(
        Path::new("pdftoppm"),
        &["-r", "150", "-png", "-singlefile", pdf, png],
        b"",
    );
    let png = format!("{png}.png");
    let link = String::from_utf8(run(Path::new("zbarimg"), &["-q", "--raw", &png], b"")).unwrap();
    assert_eq!(link.trim(), issued.public_url);

    assert_eq!(revoke(&gateway).await, 1);
    let lapsed = officer(&gateway).get(&path).await.bytes;
    std::fs::write(pdf, &lapsed).unwrap();
    let text = String::from_utf8(run(Path::new("pdftotext"), &["-layout", pdf, "-"], b"")).unwrap();
    assert!(
        text.contains("KHÔNG CÒN GIÁ TRỊ") && !text.contains("Không phải nộp"),
        "{text}"
    );
    gateway.finish().await;
}

/// Every letter of Vietnamese with every tone, both cases, as words of a few letters.
fn every_letter() -> String {
    let vowels = "aăâeêioôơuưyAĂÂEÊIOÔƠUƯY";
    let tones = ["", "\u{300}", "\u{301}", "\u{303}", "\u{309}", "\u{323}"];
    let toned = vowels
        .chars()
        .flat_map(|vowel| tones.map(|tone| format!("{vowel}{tone}")));
    let letters: Vec<String> = toned.chain(["đ".to_owned(), "Đ".to_owned()]).collect();
    let words: Vec<String> = letters.chunks(8).map(<[String]>::concat).collect();
    words.join(" ").nfc().collect()
}

#[actix_web::test]
async fn every_letter_of_vietnamese_comes_back_from_the_page() {
    if !are_ready() {
        return;
    }
    let gateway = gateway().await;
    let mut issue = established(&gateway);
    issue.procedure_name.vi = every_letter();
    let issued = gateway.confirmations().issue(issue).await.unwrap();
    let path = format!("/v1/confirmations/{}/document", issued.id);
    let document = officer(&gateway).get(&path).await.bytes;
    let folder = tempfile::tempdir().unwrap();
    let pdf = folder.path().join("page.pdf");
    std::fs::write(&pdf, &document).unwrap();
    let text = run(Path::new("pdftotext"), &[pdf.to_str().unwrap(), "-"], b"");
    let text: String = String::from_utf8(text).unwrap().nfc().collect();
    let missing: String = every_letter()
        .chars()
        .filter(|letter| !text.contains(*letter))
        .collect();
    assert_eq!(missing, "", "{text}");
    gateway.finish().await;
}
