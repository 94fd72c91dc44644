//! What does a client hold in its hands when something was confirmed, and what can everybody else see of it?
//!
//! Confirmations are issued on the running gateway's own `Confirmations`, as a check does it, and read over HTTP.

use std::time::Duration;

use dancu::confirmations::{Bilingual, ConfirmedFact, FactResult, Issue, Issued, Named, Reason};
use dancu::domain::context::Channel;
use dancu::domain::pin::IdNumber;
use serde_json::{Value, json};

use crate::clients::{Answer, Role};
use crate::gateway::{CLIENT, Gateway};

pub const OFFICER: &str = "001090000001";
pub const FATHER: &str = "100190000001";
const DOSSIER: &str = "000.00.12.H57-260822-0001";
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Starts a gateway whose usual client may use checks.
pub async fn gateway() -> Gateway {
    let scopes = "[\"citizens.verify\", \"citizens.lookup\", \"checks\"]";
    Gateway::builder()
        .client(CLIENT, &[("scopes", scopes)])
        .client("neighbour", &[("scopes", scopes)])
        .start()
        .await
}

fn named(word: &str, vi: &str, en: &str) -> Named {
    Named {
        word: word.to_owned(),
        name: Bilingual {
            vi: vi.to_owned(),
            en: Some(en.to_owned()),
        },
    }
}

/// Says what a check has established about the father of a child.
pub fn established(gateway: &Gateway) -> Issue {
    let fact = |word, vi, en| ConfirmedFact {
        role: named("father", "Cha", "Father"),
        fact: named(word, vi, en),
        result: FactResult::Match,
        replaces: vec![named(
            "residence_confirmation",
            "Giấy xác nhận thông tin về cư trú",
            "Confirmation of residence (CT07)",
        )],
    };
    let confirmations = gateway.confirmations();
    Issue {
        client: CLIENT.parse().unwrap(),
        unit: "H57.12".parse().unwrap(),
        officer: confirmations.person(&IdNumber::Pin(OFFICER.parse().unwrap())),
        procedure: "1.001193".parse().unwrap(),
        procedure_name: Bilingual {
            vi: "Thủ tục đăng ký khai sinh".to_owned(),
            en: Some("Birth registration".to_owned()),
        },
        dossier: DOSSIER.parse().unwrap(),
        channel: Channel::Counter,
        transaction_id: uuid::Uuid::new_v4(),
        issued_at: dancu::clock::Clock::now(gateway.clock.as_ref()),
        valid_for: 30 * DAY,
        subjects: vec![confirmations.person(&IdNumber::Pin(FATHER.parse().unwrap()))],
        facts: vec![
            fact("permanent_residence", "Nơi thường trú", "Permanent residence"),
            fact("head_of_household", "Chủ hộ", "Head of household"),
            fact("identity", "Nhân thân", "Identity"),
        ],
        legal_ground: vec!["Nghị định 104/2022/NĐ-CP, Điều 14".to_owned()],
    }
}

pub async fn issue(gateway: &Gateway) -> Issued {
    gateway.canary.watch("subject", FATHER);
    gateway.canary.watch("officer", OFFICER);
    gateway.confirmations().issue(established(gateway)).await.unwrap()
}

pub async fn revoke(gateway: &Gateway) -> u64 {
    let confirmations = gateway.confirmations();
    let person = confirmations.person(&IdNumber::Pin(FATHER.parse().unwrap()));
    confirmations.revoke_of(person, Reason::Moved).await.unwrap()
}

/// Is the officer, signed in for checks.
pub fn officer(gateway: &Gateway) -> Role<'_> {
    gateway.officer(OFFICER).scope("checks")
}

async fn verify(gateway: &Gateway, credential: &str) -> Answer {
    let body = json!({"credential": credential, "dossier": DOSSIER});
    officer(gateway).post("/v1/confirmations/verify", &body).await
}

/// Gets the page of a confirmation as a telephone does.
async fn page(gateway: &Gateway, path: &str) -> (u16, String) {
    let answer = gateway
        .http
        .get(format!("{}{path}", gateway.api()))
        .send()
        .await
        .unwrap();
    let header = |name: &str| answer.headers().get(name).unwrap().to_str().unwrap().to_owned();
    assert_eq!(header("cache-control"), "no-store");
    assert_eq!(header("referrer-policy"), "no-referrer");
    assert!(header("content-security-policy").starts_with("default-src 'none'; style-src 'self';"));
    assert_eq!(header("content-type"), "text/html; charset=utf-8");
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[actix_web::test]
async fn the_client_reads_its_confirmation_and_a_neighbour_finds_nothing() {
    let gateway = gateway().await;
    let issued = issue(&gateway).await;
    let path = format!("/v1/confirmations/{}", issued.id);
    let answer = officer(&gateway).get(&path).await;
    assert_eq!(answer.status, 200, "{:#}", answer.body);
    assert_eq!(answer.text("/status"), "valid");
    assert_eq!(answer.text("/public_url"), issued.public_url);
    assert_eq!(
        answer.text("/public_url"),
        format!("{}/c/{}", gateway.api(), issued.id)
    );
    assert_eq!(answer.body["facts"][1]["fact"], "head_of_household");
    for path in [path.clone(), format!("{path}/document")] {
        let neighbour = gateway.client("neighbour").officer(OFFICER).scope("checks");
        neighbour.get(&path).await.must_be(404, "not_found");
        gateway.anonymous().get(&path).await.must_be(401, "token_missing");
        let without_scope = gateway.officer(OFFICER).scope("citizens.verify");
        without_scope.get(&path).await.must_be(403, "scope_missing");
    }
    for id in ["AAAAAAAAAAAAAAAAAAAAAA", "x", "AAAAAAAAAAAAAAAAAAAAAB"] {
        let path = format!("/v1/confirmations/{id}");
        officer(&gateway).get(&path).await.must_be(404, "not_found");
    }
    let html = officer(&gateway).header("Accept", "text/html");
    html.get(&path).await.must_be(406, "not_acceptable");
    let rows = gateway.rows().await;
    let outcomes = rows
        .iter()
        .filter(|row| row["operation"] == "read")
        .map(|row| &row["outcome"]);
    assert_eq!(
        outcomes.filter(|outcome| *outcome == "read").count(),
        1,
        "{rows:#?}"
    );
    gateway.finish().await;
}

#[actix_web::test]
async fn a_credential_is_valid_then_revoked_or_expired() {
    let gateway = gateway().await;
    let issued = issue(&gateway).await;
    let valid = verify(&gateway, &issued.credential).await;
    assert_eq!(
        (valid.status, valid.text("/result")),
        (200, "valid"),
        "{:#}",
        valid.body
    );
    assert_eq!(valid.body["facts"].as_array().unwrap().len(), 3);
    assert_eq!(page(&gateway, &format!("/c/{}", issued.id)).await.0, 200);
    assert_eq!(revoke(&gateway).await, 1);
    let revoked = verify(&gateway, &issued.credential).await;
    assert_eq!(
        (revoked.text("/result"), revoked.text("/reason")),
        ("revoked", "data_changed")
    );
    assert_eq!(revoked.body.get("facts"), None);
    let second = issue(&gateway).await;
    gateway.advance(30 * DAY);
    assert_eq!(
        verify(&gateway, &second.credential).await.text("/result"),
        "expired"
    );
    let mut gateway = gateway;
    gateway.restart().await;
    let path = format!("/v1/confirmations/{}", issued.id);
    assert_eq!(officer(&gateway).get(&path).await.text("/status"), "revoked");
    gateway.finish().await;
}

#[actix_web::test]
async fn what_was_tampered_with_is_invalid_and_bad_bodies_are_told_whole() {
    let gateway = gateway().await;
    let issued = issue(&gateway).await;
    let (signed, disclosures) = issued.credential.split_once('~').unwrap();
    let (header, rest) = signed.split_once('.').unwrap();
    let cases = [
        ("garbage".to_owned(), "malformed"),
        (format!("{}~", signed.replace('.', "")), "malformed"),
        (format!("{header}A.{rest}~{disclosures}"), "malformed"),
        (format!("{signed}~WyJhIiwiYiJd~"), "disclosure"),
        (format!("{signed}~{disclosures}{signed}"), "key_binding"),
    ];
    for (credential, reason) in cases {
        let answer = verify(&gateway, &credential).await;
        assert_eq!(
            (answer.text("/result"), answer.text("/reason")),
            ("invalid", reason),
            "{credential}"
        );
    }
    let other = json!({"credential": issued.credential, "dossier": "another-dossier"});
    let other = officer(&gateway).post("/v1/confirmations/verify", &other).await;
    assert_eq!(
        (other.text("/result"), other.text("/reason")),
        ("invalid", "other_dossier")
    );
    let path = "/v1/confirmations/verify";
    let bad = json!({"dossier": "1".repeat(12), "extra": 1});
    let bad = officer(&gateway).post(path, &bad).await;
    bad.must_be(422, "invalid_request");
    let pointers: Vec<_> = bad.body["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| &error["pointer"])
        .collect();
    assert_eq!(pointers, ["/extra", "/credential", "/dossier"]);
    officer(&gateway)
        .post_bytes(path, b"{".to_vec())
        .await
        .must_be(400, "malformed_request");
    officer(&gateway)
        .post_bytes(path, vec![b' '; 70_000])
        .await
        .must_be(413, "body_too_large");
    let plain = officer(&gateway).header("Content-Type", "text/plain");
    plain
        .post_bytes(path, b"{}".to_vec())
        .await
        .must_be(415, "unsupported_media_type");
    gateway.finish().await;
}

#[actix_web::test]
async fn the_page_behind_the_code_says_valid_or_not_valid_and_nothing_else() {
    let gateway = gateway().await;
    let issued = issue(&gateway).await;
    let path = format!("/c/{}", issued.id);
    let (status, valid) = page(&gateway, &path).await;
    assert_eq!(status, 200);
    assert!(valid.contains("Phiếu xác nhận còn hiệu lực.") && valid.contains("The confirmation is valid."));
    for told in [
        DOSSIER,
        "1.001193",
        "H57",
        CLIENT,
        "revoked",
        "expired",
        issued.id.to_string().as_str(),
    ] {
        assert!(!valid.contains(told), "{told}: {valid}");
    }
    revoke(&gateway).await;
    let (status, revoked) = page(&gateway, &path).await;
    assert_eq!(status, 200);
    assert!(revoked.contains("Phiếu xác nhận không còn hiệu lực.") && revoked.contains("is not valid"));
    let second = issue(&gateway).await;
    gateway.advance(30 * DAY);
    let (_, expired) = page(&gateway, &format!("/c/{}", second.id)).await;
    assert_eq!(expired, revoked, "nobody is told why");
    for unknown in [
        "/c/AAAAAAAAAAAAAAAAAAAAAA",
        "/c/x",
        "/c/AAAAAAAAAAAAAAAAAAAAAAA%20",
    ] {
        let (status, unknown) = page(&gateway, unknown).await;
        assert_eq!(status, 404);
        assert!(unknown.contains("There is no confirmation at this address."));
    }
    gateway.finish().await;
}

#[actix_web::test]
async fn the_status_list_is_for_everybody_and_serves_for_its_time() {
    let gateway = gateway().await;
    let before = gateway.anonymous().get("/v1/status-lists/1").await;
    assert_eq!(before.status, 200);
    assert_eq!(before.header("content-type"), "application/statuslist+jwt");
    assert_eq!(before.header("cache-control"), "max-age=300");
    assert_eq!(before.bytes.iter().filter(|byte| **byte == b'.').count(), 2);
    for unknown in ["0", "2", "x", "-1", "+1", "01", "99999999999"] {
        let answer = gateway
            .anonymous()
            .get(&format!("/v1/status-lists/{unknown}"))
            .await;
        answer.must_be(404, "not_found");
    }
    gateway.finish().await;
}

#[actix_web::test]
async fn issuer_keys_and_type_are_found_where_the_credential_says() {
    let gateway = gateway().await;
    let anonymous = gateway.anonymous();
    let issuer = anonymous.get("/.well-known/jwt-vc-issuer").await;
    assert_eq!(issuer.text("/issuer"), gateway.api());
    assert_eq!(
        issuer.text("/jwks_uri"),
        format!("{}/.well-known/jwks.json", gateway.api())
    );
    let keys = anonymous.get("/.well-known/jwks.json").await;
    let key: &Value = &keys.body["keys"][0];
    assert_eq!(
        (&key["crv"], &key["alg"], key.get("d")),
        (&json!("P-256"), &json!("ES256"), None)
    );
    let kind = anonymous.get("/vct/residence-check").await;
    assert_eq!(
        kind.text("/vct"),
        format!("{}/vct/residence-check", gateway.api())
    );
    gateway.finish().await;
}

#[actix_web::test]
async fn the_document_is_one_file_for_its_client() {
    let gateway = gateway().await;
    let issued = issue(&gateway).await;
    let path = format!("/v1/confirmations/{}/document", issued.id);
    let document = officer(&gateway).get(&path).await;
    assert_eq!(document.status, 200);
    assert_eq!(document.header("content-type"), "application/pdf");
    let name = format!("inline; filename=\"confirmation-{}.pdf\"", issued.id);
    assert_eq!(document.header("content-disposition"), name);
    assert!(document.bytes.starts_with(b"%PDF-1.7"));
    let json_only = officer(&gateway).header("Accept", "application/json");
    json_only.get(&path).await.must_be(406, "not_acceptable");
    assert_eq!(revoke(&gateway).await, 1);
    let lapsed = officer(&gateway).get(&path).await;
    assert_eq!(lapsed.status, 200);
    assert_ne!(
        lapsed.bytes, document.bytes,
        "the page says that it no longer holds"
    );
    gateway.finish().await;
}
