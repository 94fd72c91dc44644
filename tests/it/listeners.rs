//! What do callers notice when the listeners or the way to the registry change under them?
//!
//! Another address, other figures of the door, a port that is taken: over whole calls, kept connections and the old port. A
//! registry that is elsewhere, and files of its own that can't be used. And what operators see of what waits for a start.

use std::net::TcpListener;

use reqwest::header::CONNECTION;
use serde_json::json;

use crate::clients::{p01, question};
use crate::gateway::Gateway;

const OFFICER: &str = "001090000001";

/// Puts the API somewhere else; all of the machine's addresses lead back to it.
fn elsewhere(text: &str) -> String {
    text.replacen("listen = \"127.0.0.1:0\"", "listen = \"127.0.0.2:0\"", 1)
}

/// Asks for a page and tells whether that was its connection's last answer.
async fn is_last_answer(gateway: &Gateway, api: &str) -> bool {
    let answer = gateway.http.get(format!("{api}/openapi.json")).send().await;
    let answer = answer.unwrap();
    assert_eq!(answer.status(), 200);
    let is_last = answer
        .headers()
        .get(CONNECTION)
        .is_some_and(|value| value == "close");
    answer.bytes().await.unwrap();
    is_last
}

#[actix_web::test]
async fn a_call_under_way_is_answered_by_the_old_address_which_then_closes() {
    let gateway = Gateway::start().await;
    let (officer, before) = (gateway.officer(OFFICER), gateway.api());
    let (asked, token) = (question(&p01(), &json!({})), officer.token().await.unwrap());
    gateway.canary.watch_question(&asked);
    gateway
        .fault(json!({"service": "registry", "kind": "delay", "delay_ms": 1_500, "count": 1}))
        .await;
    let slow = gateway.http.post(format!("{before}/v1/citizens/verify"));
    let slow = slow
        .bearer_auth(token)
        .header("Content-Type", "application/json")
        .body(asked.to_string());
    let slow = actix_web::rt::spawn(slow.send());
    gateway
        .wait_for("the registry to be asked", async || {
            gateway.registry_calls().await > 0
        })
        .await;
    gateway.edit("gateway.toml", elsewhere);
    gateway.reload().await;
    let now = gateway.api();
    assert!(now.starts_with("http://127.0.0.2:"), "{now}");
    assert!(!is_last_answer(&gateway, &now).await);
    let slow = slow.await.unwrap().unwrap();
    assert_eq!(slow.status(), 200);
    assert_eq!(slow.headers()[CONNECTION], "close");
    slow.bytes().await.unwrap();
    gateway
        .wait_for("the old port to close", async || {
            let again = gateway.http.get(format!("{before}/openapi.json")).send().await;
            again.is_err_and(|failed| failed.is_connect())
        })
        .await;
    officer.verify(&asked).await.must_be(200, "confirmed");
    gateway.finish().await;
}

#[actix_web::test]
async fn other_figures_count_at_the_same_address_and_kept_connections_end_with_their_next_answer() {
    let gateway = Gateway::start().await;
    let api = gateway.api();
    let figures = |leave_within: &str, workers: u8| {
        let (leave_within, workers) = (leave_within.to_owned(), workers.to_string());
        move |text: &str| {
            text.replace("workers = 2", &format!("workers = {workers}"))
                .replace(
                    "leave_within = \"0s\"",
                    &format!("leave_within = \"{leave_within}\""),
                )
        }
    };
    let shipped = std::fs::read_to_string(gateway.folder().join("gateway.toml")).unwrap();
    gateway.edit("gateway.toml", figures("60s", 1));
    gateway.reload().await;
    gateway
        .wait_for("a connection that is kept", async || {
            !is_last_answer(&gateway, &api).await
        })
        .await;
    gateway.edit("gateway.toml", |_| figures("0s", 3)(&shipped));
    gateway.reload().await;
    assert!(is_last_answer(&gateway, &api).await, "of the server of before");
    // Both have the same socket, so the one that leaves may still take a connection, and then says that it leaves.
    gateway
        .wait_for("an answer of the new one", async || {
            !is_last_answer(&gateway, &api).await
        })
        .await;
    assert_eq!(gateway.api(), api);
    // What still leaves, for a minute, doesn't hold up the end.
    gateway.finish().await;
}

#[actix_web::test]
async fn a_taken_port_is_a_mistake_that_changes_nothing_of_anything() {
    let gateway = Gateway::start().await;
    let (officer, api) = (gateway.officer(OFFICER), gateway.api());
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = taken.local_addr().unwrap().to_string();
    let shipped = std::fs::read_to_string(gateway.folder().join("gateway.toml")).unwrap();
    gateway.edit("clients.toml", |text| text.replace("    \"1.001193\",\n", ""));
    for side in ["api = { listen = ", "operations = { listen = "] {
        let (ours, theirs) = (format!("{side}\"127.0.0.1:0\""), format!("{side}\"{at}\""));
        gateway.edit("gateway.toml", |_| shipped.replace(&ours, &theirs));
        gateway.reload().await;
        assert_eq!(gateway.readiness().await["degraded"], json!(["configuration"]));
    }
    assert_eq!(gateway.api(), api);
    let asked = question(&p01(), &json!({}));
    officer.verify(&asked).await.must_be(200, "confirmed");
    drop(taken);
    gateway.reload().await;
    assert_eq!(gateway.readiness().await["status"], "ready");
    assert_eq!(gateway.operations(), format!("http://{at}"));
    officer
        .verify(&asked)
        .await
        .must_be(403, "procedure_not_licensed");
    gateway.finish().await;
}

#[actix_web::test]
async fn what_waits_for_a_start_is_shown_until_it_is_as_it_was() {
    let gateway = Gateway::start().await;
    let shipped = std::fs::read_to_string(gateway.folder().join("gateway.toml")).unwrap();
    let other = shipped.replace("[registry]", "records = { capacity = 7 }\n[registry]");
    gateway.edit("gateway.toml", |_| {
        other.replace("checkpoint_dir", "queue = 9, checkpoint_dir")
    });
    let sealing = std::fs::read_to_string(gateway.folder().join("sealing")).unwrap();
    std::fs::write(gateway.folder().join("sealing"), "ab".repeat(32)).unwrap();
    gateway.reload().await;
    let ready = gateway.readiness().await;
    assert_eq!(ready["status"], "ready", "{ready}");
    let waiting = json!(["audit.queue", "records.capacity", "keys.sealing_file"]);
    assert_eq!(ready["waiting_for_a_start"], waiting);
    gateway.edit("gateway.toml", |_| shipped.clone());
    std::fs::write(gateway.folder().join("sealing"), sealing).unwrap();
    gateway.reload().await;
    assert!(gateway.readiness().await.get("waiting_for_a_start").is_none());
    gateway.finish().await;
}

#[actix_web::test]
async fn another_way_to_the_registry_counts_from_the_next_look_up_on() {
    let gateway = Gateway::start().await;
    let officer = gateway.officer(OFFICER);
    let asked = question(&p01(), &json!({}));
    let shipped = std::fs::read_to_string(gateway.folder().join("gateway.toml")).unwrap();
    let plain = gateway.mocks().registry_url();
    // Nobody listens on a port that was just given back.
    let nowhere = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    gateway.edit("gateway.toml", |text| {
        text.replace(plain, &format!("http://{nowhere}"))
    });
    gateway.reload().await;
    officer.verify(&asked).await.must_be(503, "registry_unavailable");
    let over_tls = shipped.replace(plain, gateway.mocks().registry_tls_url());
    let over_tls = over_tls + "ca_file = \"authority.pem\"\n";
    std::fs::write(gateway.folder().join("authority.pem"), "no authority").unwrap();
    gateway.edit("gateway.toml", |_| over_tls.clone());
    gateway.reload().await;
    // That the registry isn't there may have been noticed by now, too.
    let degraded = gateway.readiness().await["degraded"].clone();
    assert!(
        degraded.as_array().unwrap().contains(&json!("configuration")),
        "{degraded}"
    );
    officer.verify(&asked).await.must_be(503, "registry_unavailable");
    std::fs::write(gateway.folder().join("authority.pem"), gateway.mocks().ca_pem()).unwrap();
    gateway.edit("gateway.toml", |_| shipped.clone());
    gateway.reload().await;
    assert_eq!(gateway.readiness().await["status"], "ready");
    officer.verify(&asked).await.must_be(200, "confirmed");
    gateway.finish().await;
}
