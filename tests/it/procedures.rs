//! What does a caller learn of the catalogue of procedures?

use std::collections::BTreeSet;
use std::time::Duration;

use dancu::clock::Clock as _;
use dancu::config::shipped_catalogue;
use dancu::domain::paper::Paper;
use dancu::policy::supplement::supplement;
use jiff::Timestamp;
use jiff::civil::date;
use serde_json::json;

use crate::clients::{p01, question};
use crate::gateway::{CLIENT, Gateway};

/// The table derived from the law, without its remarks and its line of names.
fn decisions() -> Vec<Vec<&'static str>> {
    let lines = include_str!("checks/decisions.csv").lines();
    let rows = lines.filter(|line| !line.starts_with('#')).skip(1);
    rows.map(|line| line.split(';').collect()).collect()
}

#[test]
fn catalogue_and_law_need_the_same_of_the_same_people() {
    let catalogue = shipped_catalogue().unwrap();
    let own = catalogue.iter().filter(|procedure| procedure.name_en.is_some());
    let needed = |required: bool| if required { "yes" } else { "no" };
    let told: BTreeSet<String> = own
        .flat_map(|procedure| procedure.roles.iter().map(move |role| (procedure, role)))
        .flat_map(|(procedure, role)| role.facts.iter().map(move |fact| (procedure, role, fact)))
        .map(|(procedure, role, fact)| {
            let (required, source) = (needed(role.required), fact.source.as_str());
            format!(
                "{};{};{required};{};{source}",
                procedure.code, role.name, fact.fact
            )
        })
        .collect();
    let law: BTreeSet<String> = decisions().iter().map(|row| row[..5].join(";")).collect();
    assert_eq!(
        law.difference(&told).collect::<Vec<_>>(),
        Vec::<&String>::new(),
        "the catalogue lacks it"
    );
    assert_eq!(
        told.difference(&law).collect::<Vec<_>>(),
        Vec::<&String>::new(),
        "no law asks for it"
    );
}

#[test]
fn what_may_be_asked_for_instead_is_what_the_law_allows() {
    let today = date(2026, 11, 22);
    for row in decisions() {
        let instead = supplement(&row[3].parse().unwrap(), today);
        let told = instead.map_or(String::new(), |instead| {
            let papers: Vec<_> = instead
                .any_one_of
                .iter()
                .map(|paper: &Paper| paper.as_str())
                .collect();
            format!(
                "{};{};{}",
                papers.join(" "),
                instead.legal_ground,
                instead.correction_procedure
            )
        });
        let law = row[9..12].join(";");
        assert_eq!(told, law.trim_matches(';'), "{row:?}");
        assert!(!row[12].is_empty(), "{row:?}: no article");
    }
}

#[test]
fn the_table_decides_every_situation_of_every_row() {
    for row in decisions() {
        assert_eq!(row.len(), 13, "{row:?}");
        let (results, is_ours) = (&row[5..9], row[4] == "population");
        let expected: [&[&str]; 4] = if is_ours {
            [
                &["match"],
                &["mismatch", "no_match", "-"],
                &["not_held", "-"],
                &["unavailable"],
            ]
        } else {
            [&["elsewhere"]; 4]
        };
        for (result, allowed) in results.iter().zip(expected) {
            assert!(allowed.contains(result), "{row:?}: {result}");
        }
    }
}

#[actix_web::test]
async fn the_catalogue_is_shown_to_every_client_whole() {
    let gateway = Gateway::builder()
        .client("narrow", &[("procedures", "[\"1.000894\"]")])
        .start()
        .await;
    let answer = gateway.client("narrow").get("/v1/procedures").await;
    assert_eq!(answer.status, 200, "{:#}", answer.body);
    let procedures = answer.body["procedures"].as_array().unwrap();
    assert_eq!(procedures.len(), shipped_catalogue().unwrap().iter().count());
    let codes: Vec<_> = procedures
        .iter()
        .map(|shown| shown["code"].as_str().unwrap())
        .collect();
    assert!(codes.is_sorted(), "in the order of the codes");
    assert!(!codes.contains(&"1.00252"), "a corrupt code isn't shown");
    gateway.finish().await;
}

#[actix_web::test]
async fn one_procedure_says_what_it_needs_of_whom() {
    let gateway = Gateway::start().await;
    let client = gateway.client(CLIENT);
    let birth = client.get("/v1/procedures/1.001193").await;
    assert_eq!(birth.status, 200, "{:#}", birth.body);
    assert_eq!(
        birth.body["name"],
        json!({"vi": "Thủ tục đăng ký khai sinh", "en": "Birth registration"})
    );
    assert_eq!(birth.body["legal_ground"][1]["until"], "2027-02-28");
    let mother = &birth.body["roles"][0];
    assert_eq!(
        (&mother["role"], &mother["required"]),
        (&json!("mother"), &json!(true))
    );
    assert_eq!(
        mother["facts"][2],
        json!({"fact": "marriage", "replaces": ["marriage_certificate"], "source": "civil_status"})
    );
    let listed = client.get("/v1/procedures/1.000419").await;
    assert_eq!(
        listed.body["name"],
        json!({"vi": "Thủ tục đăng ký khai tử lưu động"}),
        "no name was invented"
    );
    assert_eq!(listed.body["stale_allowed"], false);
    gateway.finish().await;
}

#[actix_web::test]
async fn what_is_no_procedure_is_refused_and_recorded() {
    let gateway = Gateway::start().await;
    let client = gateway.client(CLIENT);
    for unknown in ["9.999999", "1.00252"] {
        client
            .get(&format!("/v1/procedures/{unknown}"))
            .await
            .must_be(403, "procedure_unknown");
    }
    for malformed in ["abc", "1.001193x", "100190000001"] {
        let answer = client.get(&format!("/v1/procedures/{malformed}")).await;
        answer.must_be(422, "invalid_request");
        assert_eq!(answer.body["errors"][0]["pointer"], "/code", "{:#}", answer.body);
    }
    gateway
        .anonymous()
        .get("/v1/procedures")
        .await
        .must_be(401, "token_missing");
    gateway
        .anonymous()
        .get("/v1/procedures/1.001193")
        .await
        .must_be(401, "token_missing");
    let refused = client
        .clone()
        .header("Accept", "text/html")
        .get("/v1/procedures")
        .await;
    refused.must_be(406, "not_acceptable");
    let posted = client.post("/v1/procedures", &json!({})).await;
    posted.must_be(405, "method_not_allowed");
    let rows = gateway.rows().await;
    let of_reading = rows.iter().filter(|row| row["operation"] == "read");
    assert_eq!(of_reading.count(), 6, "{rows:#?}");
    gateway.finish().await;
}

#[actix_web::test]
async fn when_the_resolution_has_ended_only_what_rests_on_other_law_goes_on() {
    let gateway = Gateway::start().await;
    let first_day_after: Timestamp = "2027-03-01T00:00:00+07:00".parse().unwrap();
    let left = first_day_after.duration_since(gateway.clock.now());
    gateway.advance(Duration::try_from(left).unwrap());
    let officer = gateway.officer("001090000001");
    let asked = |procedure: &str| {
        let mut question = question(&p01(), &json!({}));
        question["context"]["procedure"] = json!(procedure);
        question
    };
    officer.verify(&asked("1.001193")).await.must_be(200, "confirmed");
    let refused = officer.verify(&asked("2.001428")).await;
    refused.must_be(403, "procedure_not_licensed");
    let shown = officer.get("/v1/procedures/2.001428").await;
    assert_eq!(
        shown.body["legal_ground"][0]["until"], "2027-02-28",
        "it can still be read what has ended"
    );
    gateway.finish().await;
}
