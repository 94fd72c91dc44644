//! What happens when clients, catalogue and operators change on disk while the gateway runs?
//!
//! By a change of a file, noticed without being told, and by being told. A bad file changes nothing, and shows until a good one heals it.

use serde_json::{Value, json};

use crate::clients::{p01, question};
use crate::gateway::Gateway;

const OFFICER: &str = "001090000001";

fn asked() -> Value {
    question(&p01(), &json!({}))
}

async fn is_degraded(gateway: &Gateway) -> bool {
    gateway.readiness().await["degraded"] == json!(["configuration"])
}

/// Gives the outcomes of the rows that the files left, with their problems.
async fn readings(gateway: &Gateway) -> Vec<(Value, Value)> {
    let mut rows = gateway.rows().await;
    rows.retain(|row| row["action"] == "configuration.reload");
    assert!(
        rows.iter()
            .all(|row| row["operator"] == "file" && row["operation"] == "admin")
    );
    rows.into_iter()
        .map(|row| (row["outcome"].clone(), row["problem"].clone()))
        .collect()
}

#[actix_web::test]
async fn a_changed_licence_counts_without_a_restart_and_without_being_told() {
    let gateway = Gateway::start().await;
    let officer = gateway.officer(OFFICER);
    officer.verify(&asked()).await.must_be(200, "confirmed");
    let calls = gateway.registry_calls().await;
    gateway.edit("clients.toml", |text| text.replace("    \"1.001193\",\n", ""));
    gateway
        .wait_for("the licence to end", async || {
            officer.verify(&asked()).await.status == 403
        })
        .await;
    officer
        .verify(&asked())
        .await
        .must_be(403, "procedure_not_licensed");
    gateway.edit("clients.toml", |text| {
        text.replace("procedures = [\n", "procedures = [\n    \"1.001193\",\n")
    });
    gateway
        .wait_for("the licence to come back", async || {
            officer.verify(&asked()).await.status == 200
        })
        .await;
    assert_eq!(
        gateway.registry_calls().await,
        calls,
        "what was cached stays cached"
    );
    assert_eq!(
        readings(&gateway).await,
        [(json!("reloaded"), Value::Null), (json!("reloaded"), Value::Null)]
    );
    gateway.finish().await;
}

#[actix_web::test]
async fn a_bad_file_changes_nothing_shows_and_is_healed_by_a_good_one() {
    let gateway = Gateway::builder().limits(&[("per_day", 3)]).start().await;
    let officer = gateway.officer(OFFICER);
    officer.verify(&asked()).await.must_be(200, "confirmed");
    gateway.edit("clients.toml", |text| {
        text.replace("per_day = 3,", "per_day = 0,")
            .replace("units = [", "units = [\"H57 001090000001\", ")
    });
    gateway.reload().await;
    assert!(is_degraded(&gateway).await);
    officer.verify(&asked()).await.must_be(200, "confirmed");
    assert_eq!(
        readings(&gateway).await,
        [(json!("refused"), json!("invalid_request"))]
    );
    gateway.edit("clients.toml", |text| {
        text.replace("per_day = 0,", "per_day = 4,")
            .replace("\"H57 001090000001\", ", "")
    });
    gateway.reload().await;
    assert_eq!(gateway.readiness().await["status"], "ready");
    officer.verify(&asked()).await.must_be(200, "confirmed");
    officer.verify(&asked()).await.must_be(200, "confirmed");
    officer.verify(&asked()).await.must_be(429, "quota_exhausted");
    let metrics = gateway.metrics().await;
    for line in [
        "dancu_configuration_reloads_total{result=\"refused\"} 1",
        "dancu_configuration_reloads_total{result=\"reloaded\"} 1",
    ] {
        assert!(metrics.contains(line), "{line}\n{metrics}");
    }
    gateway.finish().await;
}

#[actix_web::test]
async fn operators_come_and_go_with_their_file() {
    let gateway = Gateway::start().await;
    let viewer = gateway.operator("viewer");
    assert_eq!(viewer.get("/clients").await.status, 200);
    gateway.edit("operators.toml", |text| {
        text.replace("[\"viewer\"]", "[\"auditor\"]")
    });
    gateway.reload().await;
    viewer.get("/clients").await.must_be(403, "scope_missing");
    gateway.edit("operators.toml", |_| String::new());
    gateway.reload().await;
    viewer.get("/clients").await.must_be(401, "token_invalid");
    gateway.finish().await;
}

#[actix_web::test]
async fn what_an_operator_set_stands_over_a_file_that_is_read_again() {
    let gateway = Gateway::start().await;
    let (officer, operator) = (gateway.officer(OFFICER), gateway.operator("operator"));
    operator.post("/clients/demo/suspend", &Value::Null).await;
    gateway.edit("clients.toml", |text| {
        text.replace("Hệ thống một cửa dùng thử", "Một cửa")
    });
    gateway.reload().await;
    let shown = operator.get("/clients/demo").await;
    assert_eq!(
        (shown.text("/name"), shown.text("/status")),
        ("Một cửa", "suspended")
    );
    officer.verify(&asked()).await.must_be(403, "client_suspended");
    operator.delete("/clients/demo/changes", &Value::Null).await;
    officer.verify(&asked()).await.must_be(200, "confirmed");
    gateway.finish().await;
}

#[actix_web::test]
async fn another_catalogue_is_the_one_that_callers_see() {
    let gateway = Gateway::start().await;
    let officer = gateway.officer(OFFICER);
    let listed = async || {
        officer.get("/v1/procedures").await.body["procedures"]
            .as_array()
            .unwrap()
            .len()
    };
    let before = listed().await;
    let folder = gateway.folder().join("procedures");
    std::fs::create_dir(&folder).unwrap();
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("config/procedures");
    for name in [
        "civil-status",
        "identity",
        "national",
        "other",
        "residence",
        "social",
    ] {
        let (from, to) = (
            root.join(format!("{name}.toml")),
            folder.join(format!("{name}.toml")),
        );
        let text = std::fs::read_to_string(from).unwrap();
        std::fs::write(
            to,
            text.replace(
                "name_en = \"Birth registration\"",
                "name_en = \"Registering a birth\"",
            ),
        )
        .unwrap();
    }
    gateway.edit("gateway.toml", |text| {
        format!("procedures_dir = \"procedures\"\n{text}")
    });
    gateway.reload().await;
    assert_eq!(gateway.readiness().await["status"], "ready");
    assert_eq!(listed().await, before);
    std::fs::write(folder.join("national.toml"), "").unwrap();
    gateway
        .wait_for("the shorter catalogue", async || listed().await < before)
        .await;
    officer.verify(&asked()).await.must_be(200, "confirmed");
    gateway.finish().await;
}
