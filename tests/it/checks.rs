//! May a paper be asked for, and does every check come to its one end?
//!
//! Ground truth comes from the mock registry's control port. The table of decisions, written from the law, stands in
//! `checks/decisions.csv`; `checks/table.rs` runs the program against each of its rows.

mod table;

use std::collections::BTreeSet;
use std::time::Duration;

use dancu::clock::Clock as _;
use futures_util::future::join_all;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::clients::{Answer, Role, p01};
use crate::gateway::{CLIENT, Gateway};

const OFFICER: &str = "001090000001";
const BIRTH: &str = "1.001193";
const CHECKS: &str = "/v1/checks";

fn work(procedure: &str, channel: &str) -> Value {
    json!({"procedure": procedure, "dossier": "000.00.12.H57-260822-0001", "channel": channel})
}

fn filling(role: &str, subject: &Value) -> Value {
    json!({"role": role, "subject": subject})
}

/// Asks for a birth registration with this mother.
fn birth(mother: &Value) -> Value {
    json!({"context": work(BIRTH, "counter"), "subjects": [filling("mother", mother)]})
}

/// Names a person of the ground truth as a caller does.
fn named(person: &Value) -> Value {
    json!({
        "pin": person["pin"],
        "full_name": person["full_name"],
        "date_of_birth": person["date_of_birth"],
    })
}

/// Gives facts and results, in order.
fn results(answer: &Answer) -> Vec<(String, String, String)> {
    let facts = answer.body["facts"].as_array().unwrap();
    let word = |fact: &Value, member: &str| fact[member].as_str().unwrap().to_owned();
    facts
        .iter()
        .map(|fact| (word(fact, "role"), word(fact, "fact"), word(fact, "result")))
        .collect()
}

#[track_caller]
fn must_decide(answer: &Answer, status: u16, decision: &str) {
    assert_eq!(
        (answer.status, answer.text("/decision")),
        (status, decision),
        "{:#}",
        answer.body
    );
}

async fn registry_down(gateway: &Gateway) {
    let fault = json!({"service": "registry", "kind": "status", "status": 503, "rate": 1.0});
    gateway.fault(fault).await;
}

/// Reads a check again until it has ended.
async fn ended(gateway: &Gateway, officer: &Role<'_>, id: &str) -> Answer {
    let path = format!("{CHECKS}/{id}");
    gateway
        .wait_for("the check to end", async || {
            officer.get(&path).await.text("/decision") != "pending"
        })
        .await;
    officer.get(&path).await
}

#[actix_web::test]
async fn what_is_held_and_fits_spares_the_paper() {
    let gateway = Gateway::start().await;
    let officer = gateway.officer(OFFICER);
    let answer = officer.post(CHECKS, &birth(&p01())).await;
    must_decide(&answer, 200, "paper_not_required");
    assert_eq!(
        results(&answer),
        [
            ("mother", "identity", "match"),
            ("mother", "permanent_residence", "match"),
            ("mother", "marriage", "elsewhere"),
        ]
        .map(|(role, fact, result)| (role.to_owned(), fact.to_owned(), result.to_owned()))
    );
    assert_eq!(answer.body["facts"][1]["reason"], "held");
    assert_eq!(answer.body["facts"][2]["reason"], "civil_status");
    assert_eq!(answer.body["supplement"], json!([]));
    for absent in ["deadline", "pending", "other_ways"] {
        assert!(answer.body.get(absent).is_none(), "{absent}: {:#}", answer.body);
    }
    let confirmation = &answer.body["confirmation"];
    assert!(
        confirmation["credential"].as_str().unwrap().contains('~'),
        "{confirmation}"
    );
    let document = format!("/v1/confirmations/{}", confirmation["id"].as_str().unwrap());
    let kept = officer.get(&document).await;
    assert_eq!(kept.status, 200, "{:#}", kept.body);

    // One row for the person, one for the decision, under the same transaction.
    let rows = gateway.rows_of(answer.text("/transaction_id")).await;
    let told: Vec<_> = rows
        .iter()
        .map(|row| {
            (
                row["operation"].as_str().unwrap(),
                row["outcome"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [("check", "confirmed"), ("check", "paper_not_required")],
        "{rows:#?}"
    );

    let again = officer.get(&format!("{CHECKS}/{}", answer.text("/id"))).await;
    assert_eq!((again.status, &again.body), (200, &answer.body));
    gateway.finish().await;
}

#[actix_web::test]
async fn what_is_contradicted_names_the_paper_the_article_and_the_correction() {
    let gateway = Gateway::start().await;
    let officer = gateway.officer(OFFICER);
    let mut body = birth(&p01());
    body["received_at"] = json!("2026-11-20T09:00:00+07:00");
    body["subjects"][0]["claims"] =
        json!({"permanent_residence": {"province_code": "01", "as_of": "2025-07-01"}});
    let answer = officer.post(CHECKS, &body).await;
    must_decide(&answer, 200, "supplement_required");
    assert_eq!(
        answer.body["supplement"],
        json!([{
            "role": "mother",
            "fact": "permanent_residence",
            "any_one_of": ["identity_card", "residence_confirmation", "personal_information_notice"],
            "legal_ground": "Nghị định 104/2022/NĐ-CP, Điều 14 khoản 3",
            "correction_procedure": "1.010039",
        }])
    );
    // Received on Friday at the counter: the end of Monday.
    assert_eq!(answer.text("/deadline"), "2026-11-23T17:00:00+07:00");
    assert!(answer.body.get("confirmation").is_none());

    body["context"]["channel"] = json!("online");
    let online = officer.post(CHECKS, &body).await;
    assert_eq!(online.text("/deadline"), "2026-11-23T09:00:00+07:00");
    gateway.finish().await;
}

#[actix_web::test]
async fn an_undated_commune_code_is_read_as_of_today_and_that_is_said() {
    let gateway = Gateway::start().await;
    let officer = gateway.officer(OFFICER);
    let mut body = birth(&p01());
    body["subjects"][0]["claims"] =
        json!({"permanent_residence": {"province_code": "25", "commune_code": "09106"}});
    let answer = officer.post(CHECKS, &body).await;
    must_decide(&answer, 200, "paper_not_required");
    assert_eq!(answer.body["facts"][1]["reason"], "read_as_of_today");
    gateway.finish().await;
}

#[actix_web::test]
async fn who_cannot_be_named_or_only_nearly_gets_nothing_told_of_the_rest() {
    let gateway = Gateway::start().await;
    let officer = gateway.officer(OFFICER);
    let mut stranger = p01();
    stranger["full_name"] = json!("Trần Văn Khác");
    let answer = officer.post(CHECKS, &birth(&stranger)).await;
    must_decide(&answer, 200, "supplement_required");
    let told: Vec<_> = results(&answer).into_iter().map(|(.., result)| result).collect();
    assert_eq!(told, ["no_match", "no_match", "elsewhere"]);

    let mut nearly = p01();
    nearly["full_name"] = json!("Nguyen Thi Mau");
    let answer = officer.post(CHECKS, &birth(&nearly)).await;
    must_decide(&answer, 200, "supplement_required");
    let told: Vec<_> = results(&answer).into_iter().map(|(.., result)| result).collect();
    assert_eq!(told, ["close", "not_permitted", "elsewhere"]);
    assert_eq!(
        answer.body["facts"][0]["differences"],
        json!(["case", "diacritics"])
    );
    let asked = answer.body["supplement"].as_array().unwrap();
    assert_eq!(asked.len(), 1, "{:#}", answer.body);
    assert_eq!(asked[0]["fact"], "identity");
    gateway.finish().await;
}

#[actix_web::test]
async fn what_does_not_fit_the_procedure_is_refused_with_its_place() {
    let gateway = Gateway::start().await;
    let officer = gateway.officer(OFFICER);
    let (one, other) = (
        p01(),
        json!({"pin": "100190000002", "full_name": "Đỗ Ai", "date_of_birth": "1990"}),
    );
    let table: [(&str, Value, &str, &str); 9] = [
        (
            "an unknown role",
            json!([filling("mother", &one), filling("uncle", &other)]),
            "/subjects/1/role",
            "format",
        ),
        (
            "a role missing",
            json!([filling("father", &one)]),
            "/subjects",
            "required",
        ),
        (
            "a role doubled",
            json!([filling("mother", &one), filling("mother", &other)]),
            "/subjects/1/role",
            "duplicate",
        ),
        (
            "one person as mother and father",
            json!([filling("mother", &one), filling("father", &one)]),
            "/subjects/1/subject",
            "conflict",
        ),
        ("nobody", json!([]), "/subjects", "length"),
        (
            "a malformed role",
            json!([filling("Mother", &one)]),
            "/subjects/0/role",
            "format",
        ),
        (
            "two people in one entry",
            json!([{"role": "mother", "subject": [one, other]}]),
            "/subjects/0/subject",
            "wrong_type",
        ),
        (
            "what isn't needed",
            json!([{"role": "mother", "subject": one, "claims": {"religion": "00"}}]),
            "/subjects/0/claims/religion",
            "unknown_member",
        ),
        (
            "an unknown member",
            json!([{"role": "mother", "subject": one, "name": "x"}]),
            "/subjects/0/name",
            "unknown_member",
        ),
    ];
    for (what, subjects, pointer, code) in table {
        let body = json!({"context": work(BIRTH, "counter"), "subjects": subjects});
        let answer = officer.post(CHECKS, &body).await;
        answer.must_be(422, "invalid_request");
        let first = &answer.body["errors"][0];
        assert_eq!(
            (first["pointer"].as_str(), first["code"].as_str()),
            (Some(pointer), Some(code)),
            "{what}"
        );
    }
    let now = gateway.clock.now();
    for (received, code) in [
        (
            now.checked_add(jiff::SignedDuration::from_hours(1))
                .unwrap()
                .to_string(),
            "range",
        ),
        ("yesterday".to_owned(), "format"),
    ] {
        let mut body = birth(&one);
        body["received_at"] = json!(received);
        let answer = officer.post(CHECKS, &body).await;
        answer.must_be(422, "invalid_request");
        assert_eq!(
            answer.body["errors"][0],
            json!({
                "pointer": "/received_at", "code": code, "detail": answer.body["errors"][0]["detail"],
            })
        );
    }
    let mut body = birth(&one);
    body["context"]["procedure"] = json!("9.999999");
    officer
        .post(CHECKS, &body)
        .await
        .must_be(403, "procedure_unknown");
    assert_eq!(gateway.registry_calls().await, 0, "nobody was looked up");
    gateway.finish().await;
}

#[actix_web::test]
async fn two_numbers_of_one_person_do_not_make_two_people() {
    let gateway = Gateway::start().await;
    let by_old_number = json!({
        "old_id_number": "999000001",
        "full_name": "Nguyễn Thị Mẫu",
        "date_of_birth": "1990-04-12",
    });
    let subjects = [filling("mother", &p01()), filling("father", &by_old_number)];
    let asked = json!({"context": work(BIRTH, "counter"), "subjects": subjects});
    let answer = gateway.officer(OFFICER).post(CHECKS, &asked).await;
    must_decide(&answer, 200, "supplement_required");
    let facts = answer.body["facts"].as_array().unwrap();
    let identities = facts.iter().filter(|fact| fact["fact"] == "identity");
    for identity in identities {
        assert_eq!(
            (&identity["result"], &identity["reason"]),
            (&json!("mismatch"), &json!("same_person"))
        );
    }
    gateway.finish().await;
}

#[actix_web::test]
async fn scope_and_licence_are_asked_for_like_anywhere() {
    let gateway = Gateway::builder()
        .client("narrow", &[("fields", "[\"full_name\"]")])
        .client("other", &[])
        .start()
        .await;
    let verifying = gateway.officer(OFFICER).scope("citizens.verify");
    verifying
        .post(CHECKS, &birth(&p01()))
        .await
        .must_be(403, "scope_missing");
    let narrow = gateway.client("narrow").officer(OFFICER);
    let answer = narrow.post(CHECKS, &birth(&p01())).await;
    answer.must_be(403, "field_not_permitted");
    assert_eq!(
        answer.body["fields"],
        json!([
            "permanent_residence.province_code",
            "permanent_residence.commune_code"
        ])
    );
    gateway
        .client(CLIENT)
        .post(CHECKS, &birth(&p01()))
        .await
        .must_be(403, "officer_required");
    gateway
        .anonymous()
        .post(CHECKS, &birth(&p01()))
        .await
        .must_be(401, "token_missing");

    let officer = gateway.officer(OFFICER);
    let id = officer.post(CHECKS, &birth(&p01())).await.text("/id").to_owned();
    let path = format!("{CHECKS}/{id}");
    gateway
        .client("other")
        .officer(OFFICER)
        .get(&path)
        .await
        .must_be(404, "not_found");
    for unknown in ["5f0d2c9b-7e1a-4e53-a1f0-019ab5d27c40", "x"] {
        officer
            .get(&format!("{CHECKS}/{unknown}"))
            .await
            .must_be(404, "not_found");
    }
    verifying.get(&path).await.must_be(403, "scope_missing");
    gateway.finish().await;
}

#[actix_web::test]
async fn the_same_key_gets_the_same_check() {
    let gateway = Gateway::start().await;
    let officer = gateway.officer(OFFICER).header("Idempotency-Key", "dossier-1");
    let first = officer.post(CHECKS, &birth(&p01())).await;
    must_decide(&first, 200, "paper_not_required");
    let asked = gateway.registry_calls().await;
    let again = officer.post(CHECKS, &birth(&p01())).await;
    assert_eq!((again.status, &again.body), (200, &first.body));
    assert_eq!(gateway.registry_calls().await, asked);
    let mut other = birth(&p01());
    other["context"]["channel"] = json!("online");
    officer
        .post(CHECKS, &other)
        .await
        .must_be(422, "idempotency_mismatch");

    registry_down(&gateway).await;
    let waiting = gateway.officer(OFFICER).header("Idempotency-Key", "dossier-2");
    let mut body =
        birth(&json!({"pin": "100161000002", "full_name": "Đỗ Thị Ai", "date_of_birth": "1961-02-03"}));
    body["context"]["dossier"] = json!("D-2");
    let first = waiting.post(CHECKS, &body).await;
    must_decide(&first, 202, "pending");
    let again = waiting.post(CHECKS, &body).await;
    assert_eq!((again.status, &again.body), (202, &first.body));
    gateway.finish().await;
}

#[actix_web::test]
async fn a_check_waits_for_the_registry_and_ends_by_itself() {
    let mut gateway = Gateway::start().await;
    registry_down(&gateway).await;
    let mut body = birth(&p01());
    body["received_at"] = json!("2026-11-20T09:00:00+07:00");
    gateway.clock.set("2026-11-20T10:00:00+07:00".parse().unwrap());
    gateway.signed_in.forget();
    let waiting = gateway.officer(OFFICER).post(CHECKS, &body).await;
    must_decide(&waiting, 202, "pending");
    assert_eq!(waiting.body["other_ways"], json!(["vneid", "card_qr_or_chip"]));
    assert_eq!(waiting.text("/deadline"), "2026-11-23T17:00:00+07:00");
    assert_eq!(waiting.body["facts"][0]["result"], "unavailable");
    assert_eq!(waiting.body["facts"][0]["reason"], "registry_unavailable");
    assert_eq!(waiting.body["supplement"], json!([]));
    let receipt = waiting.text("/pending/receipt").to_owned();
    assert!(!receipt.is_empty());
    let retry_at: Timestamp = waiting.text("/pending/retry_at").parse().unwrap();
    assert!(retry_at > gateway.clock.now());

    // Not while it is down, and over a restart.
    gateway.restart().await;
    gateway.no_faults().await;
    gateway.advance(Duration::from_secs(30));
    let id = waiting.text("/id").to_owned();
    let officer = gateway.officer(OFFICER);
    let last = ended(&gateway, &officer, &id).await;
    must_decide(&last, 200, "paper_not_required");
    assert_eq!(last.text("/id"), id);
    assert_eq!(last.text("/transaction_id"), waiting.text("/transaction_id"));
    assert!(last.body["confirmation"]["credential"].is_string());
    gateway.finish().await;
}

#[actix_web::test]
async fn at_the_deadline_the_supplement_is_asked_for_and_the_reason_told() {
    let gateway = Gateway::start().await;
    registry_down(&gateway).await;
    let waiting = gateway.officer(OFFICER).post(CHECKS, &birth(&p01())).await;
    must_decide(&waiting, 202, "pending");
    let deadline: Timestamp = waiting.text("/deadline").parse().unwrap();
    gateway.clock.set(deadline);
    gateway.signed_in.forget();
    let officer = gateway.officer(OFFICER);
    let last = ended(&gateway, &officer, waiting.text("/id")).await;
    must_decide(&last, 200, "supplement_required");
    let facts: Vec<_> = results(&last)
        .into_iter()
        .map(|(_, fact, result)| (fact, result))
        .collect();
    assert_eq!(
        facts,
        [
            ("identity", "unavailable"),
            ("permanent_residence", "unavailable"),
            ("marriage", "elsewhere")
        ]
        .map(|(fact, result)| (fact.to_owned(), result.to_owned()))
    );
    assert_eq!(last.body["facts"][0]["reason"], "registry_unavailable");
    assert_eq!(last.body["supplement"].as_array().unwrap().len(), 2);
    assert_eq!(last.body["other_ways"], json!(["vneid", "card_qr_or_chip"]));
    gateway.finish().await;
}

#[actix_web::test]
async fn fifty_households_over_an_outage_end_once_each_and_none_is_lost() {
    let mut gateway = Gateway::start().await;
    let sampled = gateway.known("sample?count=400&seed=7").await;
    let mothers: Vec<Value> = sampled["people"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|person| {
            person["status"] == "active" && person["permanent_residence"]["commune_code"].is_string()
        })
        .map(named)
        .take(50)
        .collect();
    assert_eq!(mothers.len(), 50);
    let officer = gateway.officer(OFFICER);
    let (before, during) = mothers.split_at(10);
    for mother in before {
        must_decide(
            &officer.post(CHECKS, &birth(mother)).await,
            200,
            "paper_not_required",
        );
    }
    registry_down(&gateway).await;
    let asked = join_all(
        during
            .iter()
            .map(async |mother| officer.post(CHECKS, &birth(mother)).await),
    )
    .await;
    let ids: BTreeSet<String> = asked
        .iter()
        .map(|answer| {
            must_decide(answer, 202, "pending");
            answer.text("/id").to_owned()
        })
        .collect();
    assert_eq!(ids.len(), 40);
    gateway.restart().await;
    gateway.advance(Duration::from_secs(15));
    gateway.advance(Duration::from_secs(15));
    gateway.no_faults().await;
    gateway.advance(Duration::from_secs(10));
    let officer = gateway.officer(OFFICER);
    for id in &ids {
        must_decide(&ended(&gateway, &officer, id).await, 200, "paper_not_required");
    }
    // Each has its one row of the end, beside that of the beginning.
    let rows = gateway.rows().await;
    let count = |outcome: &str| rows.iter().filter(|row| row["outcome"] == outcome).count();
    assert_eq!((count("pending"), count("paper_not_required")), (40, 50));
    gateway.finish().await;
}

#[actix_web::test]
async fn work_that_waits_goes_on_only_while_the_client_may() {
    let mut gateway = Gateway::start().await;
    registry_down(&gateway).await;
    let waiting = gateway.officer(OFFICER).post(CHECKS, &birth(&p01())).await;
    must_decide(&waiting, 202, "pending");
    gateway.suspend_clients();
    gateway.restart().await;
    gateway.no_faults().await;
    let asked = gateway.registry_calls().await;
    let deadline: Timestamp = waiting.text("/deadline").parse().unwrap();
    gateway.clock.set(deadline);
    gateway
        .wait_for("the check to end", async || {
            gateway
                .rows()
                .await
                .iter()
                .any(|row| row["outcome"] == "supplement_required")
        })
        .await;
    assert_eq!(gateway.registry_calls().await, asked, "nobody was looked up");
    gateway.finish().await;
}
