//! Does the one-stop get by without paper, from the dossier's arrival to the report, and does a move undo what it filed?
//!
//! The mock one-stop calls the gateway as a province's system would: sign-in, check, confirmation, portal.

use reqwest::Method;
use serde_json::{Value, json};

use crate::clients::{p01, question};
use crate::gateway::{CLIENT, Gateway};

const OFFICER: &str = "001090000001";
const P01: &str = "100190000001";

/// Has the one-stop take a birth registration with this mother.
async fn taken(gateway: &Gateway, channel: &str, claims: &Value) -> Value {
    let subject = json!({"role": "mother", "subject": p01(), "claims": claims});
    let dossier = json!({"procedure": "1.001193", "channel": channel, "subjects": [subject]});
    gateway.control(Method::POST, "one-stop/dossiers", dossier).await
}

/// Starts a gateway to which the one-stop has been pointed.
async fn gateway() -> Gateway {
    let gateway = Gateway::start().await;
    gateway.mocks().point_to_gateway(&gateway.api());
    gateway
}

/// Pushes every change that the registry's feed has.
async fn follow_changes(gateway: &Gateway) {
    let url = format!("{}/dancu/changes", gateway.mocks().registry_url());
    let page = gateway.http.get(url).send().await.unwrap().text().await.unwrap();
    let page: Value = serde_json::from_str(&page).unwrap();
    for event in page["events"].as_array().unwrap() {
        let registry = gateway.anonymous().header("Content-Type", "application/jwt");
        let event = event.as_str().unwrap().as_bytes().to_vec();
        assert_eq!(registry.post_bytes("/events/registry", event).await.status, 204);
    }
}

async fn public_page(gateway: &Gateway, dossier: &Value) -> String {
    let url = dossier["confirmation"]["public_url"].as_str().unwrap();
    let path = url.split_once("/c/").unwrap().1;
    let url = format!("{}/c/{path}", gateway.api());
    gateway.http.get(url).send().await.unwrap().text().await.unwrap()
}

#[actix_web::test]
async fn a_birth_is_registered_without_a_paper_and_a_move_revokes_what_was_filed() {
    let gateway = gateway().await;
    let dossier = taken(&gateway, "counter", &json!({})).await;
    assert_eq!(dossier["decision"], "paper_not_required", "{dossier:#}");
    assert_eq!(dossier["papers_asked"], 0);
    assert!(dossier["papers_spared"].as_u64().unwrap() > 0);
    assert!(
        dossier["confirmation_page_bytes"].as_u64().unwrap() > 1_000,
        "the page is filed"
    );

    let received = gateway.known("portal/received").await;
    let states = received["received"].as_array().unwrap();
    assert!(
        states
            .iter()
            .any(|state| state["body"]["dossier"] == dossier["dossier"])
    );
    assert!(
        !received.to_string().contains(P01),
        "the portal is told nothing personal"
    );

    let credential = &dossier["check"]["confirmation"]["credential"];
    let verified = async || {
        let asked = json!({"credential": credential, "dossier": dossier["dossier"]});
        let officer = gateway.client(CLIENT).officer(OFFICER);
        let answer = officer.post("/v1/confirmations/verify", &asked).await;
        (
            answer.text("/result").to_owned(),
            public_page(&gateway, &dossier).await,
        )
    };
    let (result, page) = verified().await;
    assert_eq!(result, "valid");
    assert!(page.contains("The confirmation is valid."));
    let away = json!({"move": {"province_code": "79", "commune_code": "26740", "detail": "SỐ 1"}});
    gateway
        .control(Method::PATCH, &format!("persons/{P01}"), away)
        .await;
    follow_changes(&gateway).await;
    let (result, page) = verified().await;
    assert_eq!(result, "revoked");
    assert!(!page.contains("The confirmation is valid."));
    gateway.finish().await;
}

#[actix_web::test]
async fn a_move_that_the_registry_tells_nobody_of_is_found_by_the_next_look_up() {
    let mut gateway = gateway().await;
    let dossier = taken(&gateway, "counter", &json!({})).await;
    assert!(
        public_page(&gateway, &dossier)
            .await
            .contains("The confirmation is valid.")
    );
    let silent = json!({
        "move": {"province_code": "79", "commune_code": "26740", "detail": "SỐ 1"},
        "silent": true,
    });
    gateway
        .control(Method::PATCH, &format!("persons/{P01}"), silent)
        .await;
    assert!(
        public_page(&gateway, &dossier)
            .await
            .contains("The confirmation is valid.")
    );
    // What was held of her is gone with the process; what was confirmed isn't.
    gateway.restart().await;
    gateway.mocks().point_to_gateway(&gateway.api());
    let officer = gateway.client(CLIENT).officer(OFFICER);
    officer
        .verify(&question(&p01(), &json!({})))
        .await
        .must_be(200, "confirmed");
    assert!(
        !public_page(&gateway, &dossier)
            .await
            .contains("The confirmation is valid.")
    );
    let again = taken(&gateway, "counter", &json!({})).await;
    assert!(
        public_page(&gateway, &again)
            .await
            .contains("The confirmation is valid."),
        "what is confirmed of the new residence stands"
    );
    gateway.finish().await;
}

#[actix_web::test]
async fn a_paper_is_asked_for_only_where_a_finished_check_says_so() {
    let gateway = gateway().await;
    let elsewhere = json!({"permanent_residence": {"province_code": "79", "commune_code": "26740"}});
    let contradicted = taken(&gateway, "counter", &elsewhere).await;
    assert_eq!(contradicted["decision"], "supplement_required");
    assert!(contradicted["papers_asked"].as_u64().unwrap() > 0);
    assert!(contradicted["confirmation"].is_null());

    // Beyond what the procedure lets an older record answer for.
    gateway.advance(std::time::Duration::from_hours(30));
    gateway
        .fault(json!({"service": "registry", "kind": "reset"}))
        .await;
    let waiting = taken(&gateway, "online", &json!({})).await;
    assert_eq!(waiting["decision"], "pending", "{waiting:#}");
    assert_eq!(
        waiting["papers_asked"], 0,
        "an outage is no reason to ask for a paper"
    );
    let counters = gateway.known("one-stop/dossiers").await["counters"].clone();
    let counter = |channel: &str| {
        let counters = counters.as_array().unwrap().iter();
        counters
            .filter(|counter| counter["channel"] == channel)
            .cloned()
            .collect::<Vec<_>>()
    };
    assert_eq!(
        counter("counter")[0]["papers_asked"],
        contradicted["papers_asked"]
    );
    assert_eq!(counter("online")[0]["waiting"], 1);
    gateway.finish().await;
}
