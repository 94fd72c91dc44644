//! What is written down about a call, and can it be proven?
//!
//! Rows as the contract names their members, exported as `dancu audit export` does and verified as `dancu audit verify`
//! does; numbers stand in them as keyed hashes only.

use dancu::cli::audit::Verdict;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::clients::{fields_of, p01, question};
use crate::gateway::Gateway;

const OFFICER: &str = "001090000001";

/// The members of a row, in the contract's order.
const MEMBERS: [&str; 20] = [
    "time",
    "transaction_id",
    "request_id",
    "client",
    "officer",
    "unit",
    "procedure",
    "dossier",
    "operation",
    "subject",
    "person",
    "fields",
    "outcome",
    "problem",
    "source",
    "registry_request",
    "steps",
    "duration_ms",
    "index",
    "leaf",
];

fn is_keyed_hash(value: &Value) -> bool {
    let hash = value.as_str().and_then(|text| text.split_once(':'));
    hash.is_some_and(|(version, hex)| {
        version.starts_with('k') && hex.len() >= 32 && hex.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

async fn the_row(gateway: &Gateway, transaction_id: &str) -> Value {
    let mut rows = gateway.rows_of(transaction_id).await;
    assert_eq!(rows.len(), 1);
    let row = rows.remove(0);
    let mut members: Vec<_> = row.as_object().unwrap().keys().map(String::as_str).collect();
    members.sort_unstable();
    let mut expected = MEMBERS;
    expected.sort_unstable();
    assert_eq!(members, expected);
    assert!(row["time"].as_str().unwrap().ends_with("+07:00"));
    row
}

#[actix_web::test]
async fn a_verification_is_written_down() {
    let gateway = Gateway::start().await;
    let claims =
        json!({"sex": "female", "permanent_residence": {"province_code": "25", "commune_code": "09106"}});
    let body = question(&p01(), &claims);
    let answer = gateway.officer(OFFICER).verify(&body).await;
    let row = the_row(&gateway, answer.text("/transaction_id")).await;
    let expected = json!({
        "client": "demo",
        "unit": "H57.12",
        "procedure": "1.001193",
        "dossier": "000.00.12.H57-260822-0001",
        "operation": "verify",
        "fields": ["sex", "permanent_residence.province_code", "permanent_residence.commune_code"],
        "outcome": "confirmed",
        "problem": null,
        "source": "registry",
        "index": 0,
    });
    for (member, value) in expected.as_object().unwrap() {
        assert_eq!(row[member], *value, "{member}");
    }
    assert!(
        is_keyed_hash(&row["officer"]) && is_keyed_hash(&row["subject"]) && is_keyed_hash(&row["person"])
    );
    assert_eq!(row["subject"], row["person"]);
    let steps = row["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 1, "{row:#}");
    assert_eq!(steps[0]["form"], "plain");
    assert_eq!(row["registry_request"], steps[0]["registry_request"]);
    let receipt = format!("dancu.0.{}", row["leaf"].as_str().unwrap());
    assert_eq!(answer.text("/receipt"), receipt);

    // The second answer comes from the cache and names the request that fetched the record.
    let again = gateway.officer(OFFICER).verify(&body).await;
    let cached = the_row(&gateway, again.text("/transaction_id")).await;
    assert_eq!(
        (&cached["source"], &cached["steps"]),
        (&json!("cache"), &json!([]))
    );
    assert_eq!(cached["registry_request"], row["registry_request"]);
    assert_eq!(
        (&cached["subject"], &cached["officer"]),
        (&row["subject"], &row["officer"])
    );
    gateway.finish().await;
}

#[actix_web::test]
async fn a_look_up_names_the_number_given_and_the_number_found() {
    let gateway = Gateway::start().await;
    let p07 = json!({"pin": "100080000007", "full_name": "Vũ Văn Thay", "date_of_birth": "1980-08-17"});
    let answer = gateway
        .officer(OFFICER)
        .lookup(&fields_of(&p07, &["sex", "ethnicity"]))
        .await;
    let row = the_row(&gateway, answer.text("/transaction_id")).await;
    assert_eq!(
        (&row["operation"], &row["fields"]),
        (&json!("lookup"), &json!(["sex", "ethnicity"]))
    );
    assert!(is_keyed_hash(&row["subject"]) && is_keyed_hash(&row["person"]));
    assert_ne!(row["subject"], row["person"]);
    let new = json!({"pin": "100080000107", "full_name": "Vũ Văn Thay", "date_of_birth": "1980-08-17"});
    let answer = gateway.officer(OFFICER).verify(&question(&new, &json!({}))).await;
    let by_new = the_row(&gateway, answer.text("/transaction_id")).await;
    assert_eq!(
        (&by_new["subject"], &by_new["person"]),
        (&row["person"], &row["person"])
    );
    gateway.finish().await;
}

#[actix_web::test]
async fn a_refused_call_leaves_what_was_known_of_it() {
    let gateway = Gateway::start().await;
    let answer = gateway
        .officer(OFFICER)
        .lookup(&fields_of(&p01(), &["sex", "marital_status"]))
        .await;
    answer.must_be(403, "field_not_permitted");
    let row = the_row(&gateway, answer.text("/transaction_id")).await;
    assert_eq!(
        (&row["outcome"], &row["problem"]),
        (&json!("refused"), &json!("field_not_permitted"))
    );
    assert_eq!(row["fields"], json!(["sex", "marital_status"]));
    assert!(is_keyed_hash(&row["officer"]) && is_keyed_hash(&row["subject"]));
    assert!(row["person"].is_null() && row["source"].is_null() && row["registry_request"].is_null());
    let anonymous = gateway.anonymous().verify(&question(&p01(), &json!({}))).await;
    let row = the_row(&gateway, anonymous.text("/transaction_id")).await;
    assert_eq!(
        (&row["operation"], &row["problem"]),
        (&json!("authentication"), &json!("token_missing"))
    );
    assert!(
        ["client", "officer", "unit", "procedure", "subject"]
            .iter()
            .all(|member| row[*member].is_null())
    );
    let read = gateway.client("demo").get("/v1/client").await;
    assert_eq!(read.status, 200);
    let last = gateway.rows().await.pop().unwrap();
    assert_eq!(
        (&last["operation"], &last["outcome"]),
        (&json!("read"), &json!("read"))
    );
    gateway.finish().await;
}

#[actix_web::test]
async fn each_step_of_the_ladder_is_written_down() {
    let gateway = Gateway::start().await;
    let typed = json!({"pin": "100078000004", "full_name": "Lí Văn Mẫu", "date_of_birth": "1978-11-05"});
    let answer = gateway
        .officer(OFFICER)
        .verify(&question(&typed, &json!({})))
        .await;
    answer.must_be(200, "differs");
    let row = the_row(&gateway, answer.text("/transaction_id")).await;
    let steps = row["steps"].as_array().unwrap();
    let forms: Vec<_> = steps.iter().map(|step| step["form"].as_str().unwrap()).collect();
    assert_eq!(forms, ["plain", "i_y"]);
    assert_eq!(row["registry_request"], steps[1]["registry_request"]);
    assert_eq!(gateway.registry_calls().await, 2);
    gateway.finish().await;
}

#[actix_web::test]
async fn a_receipt_proves_its_row_and_no_other() {
    let mut gateway = Gateway::start().await;
    let mut receipts = Vec::new();
    for _ in 0..3 {
        let answer = gateway
            .officer(OFFICER)
            .verify(&question(&p01(), &json!({})))
            .await;
        receipts.push(answer.text("/receipt").to_owned());
    }
    for receipt in &receipts {
        let verdict = gateway.verify_log(Some(receipt)).await;
        assert!(matches!(verdict, Verdict::Sound(_)), "{verdict:?}");
    }
    let (log_and_index, _) = receipts[0].rsplit_once('.').unwrap();
    let (_, other_leaf) = receipts[1].rsplit_once('.').unwrap();
    let verdict = gateway
        .verify_log(Some(&format!("{log_and_index}.{other_leaf}")))
        .await;
    assert!(matches!(verdict, Verdict::Broken(_)), "{verdict:?}");
    gateway.restart().await;
    let verdict = gateway.verify_log(Some(&receipts[2])).await;
    assert!(
        matches!(&verdict, Verdict::Sound(report) if report.rows == 3),
        "{verdict:?}"
    );
    gateway.finish().await;
}

#[actix_web::test]
async fn who_goes_away_while_sending_is_written_down() {
    let gateway = Gateway::start().await;
    let token = gateway.officer(OFFICER).token().await.unwrap();
    let host = gateway.api().trim_start_matches("http://").to_owned();
    let head = format!(
        "POST /v1/citizens/verify HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\
         X-Request-Id: gone-early\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{{\"sub"
    );
    let mut connection = TcpStream::connect(&host).await.unwrap();
    connection.write_all(head.as_bytes()).await.unwrap();
    drop(connection);
    let written = async || {
        let rows = gateway.rows().await;
        let mut of_it = rows.iter().filter(|row| row["request_id"] == "gone-early");
        of_it
            .next()
            .is_some_and(|row| row["problem"] == "malformed_request")
            && of_it.next().is_none()
    };
    gateway.wait_for("the row of who went away", written).await;
    gateway.finish().await;
}
