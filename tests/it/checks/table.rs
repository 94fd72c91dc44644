//! Does the program decide what the law's own table says, for every procedure in every situation?
//!
//! Each procedure of `decisions.csv` is asked for with people of a sampled household, once with everything as it is held,
//! once for each fact with that one claimed otherwise, once for each with that one not held where the mock can lack it, and
//! once with the registry down.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};

use super::{CHECKS, OFFICER, filling, named, registry_down, work};
use crate::clients::{Answer, Role};
use crate::gateway::Gateway;

/// One row of the table.
struct Row {
    role: &'static str,
    fact: &'static str,
    is_ours: bool,
    contradicted: &'static str,
    any_one_of: Vec<&'static str>,
    legal_ground: &'static str,
    correction: &'static str,
}

/// Reads the table: each procedure with its rows.
fn table() -> BTreeMap<&'static str, Vec<Row>> {
    let mut procedures: BTreeMap<_, Vec<Row>> = BTreeMap::new();
    let lines = include_str!("decisions.csv").lines();
    for line in lines.filter(|line| !line.starts_with('#')).skip(1) {
        let [
            procedure,
            role,
            _,
            fact,
            source,
            _,
            contradicted,
            _,
            _,
            papers,
            legal_ground,
            correction,
            _,
        ] = line.split(';').collect::<Vec<_>>().try_into().unwrap();
        procedures.entry(procedure).or_default().push(Row {
            role,
            fact,
            is_ours: source == "population",
            contradicted,
            any_one_of: papers.split_whitespace().collect(),
            legal_ground,
            correction,
        });
    }
    procedures
}

/// A household with who heads it, and somebody of another one.
struct Cast {
    head: Value,
    others: Vec<Value>,
    stranger: Value,
}

impl Cast {
    async fn sampled(gateway: &Gateway) -> Self {
        let people = gateway.known("sample?count=300&seed=11").await["people"].take();
        let people = people.as_array().unwrap();
        let is_large = |person: &&Value| person["household"]["members"].as_array().unwrap().len() >= 4;
        let large = people.iter().find(is_large).unwrap();
        let head = large["household"]["head"].as_str().unwrap();
        let mut others = Vec::new();
        for member in large["household"]["members"].as_array().unwrap() {
            let pin = member["pin"].as_str().unwrap();
            if pin != head {
                others.push(gateway.known(&format!("persons/{pin}")).await);
            }
        }
        let is_other = |person: &&Value| {
            person["household"]["id"] != large["household"]["id"]
                && person["household"]["head"] != person["pin"]
                && person["status"] == "active"
        };
        let stranger = people.iter().find(is_other).unwrap().clone();
        let head = gateway.known(&format!("persons/{head}")).await;
        Self {
            head,
            others,
            stranger,
        }
    }

    /// Has everybody hold what some procedure needs and not everybody has.
    async fn complete(&self, gateway: &Gateway) {
        for (place, person) in [&self.head].into_iter().chain(&self.others).enumerate() {
            let held = json!({
                "old_id_number": format!("99900010{place}"),
                "temporary_residence": {"province_code": "01", "commune_code": "00004", "since": "2025-09-01"},
            });
            correct(gateway, person, held).await;
        }
    }

    /// Gives each role its person: the head where one is meant, the other members by and by.
    fn fill(&self, rows: &[Row]) -> Vec<(&'static str, Value)> {
        let mut roles: Vec<&'static str> = Vec::new();
        for row in rows {
            if !roles.contains(&row.role) {
                roles.push(row.role);
            }
        }
        let mut others = self.others.iter();
        let people = roles.into_iter().map(|role| {
            let person = if role == "head" {
                &self.head
            } else {
                others.next().unwrap()
            };
            (role, person.clone())
        });
        people.collect()
    }
}

async fn correct(gateway: &Gateway, person: &Value, corrections: Value) {
    let path = format!("persons/{}", person["pin"].as_str().unwrap());
    let body = json!({"correct": corrections, "silent": true});
    gateway.control(Method::PATCH, &path, body).await;
}

fn dossier(procedure: &str, people: &[(&str, Value)]) -> Value {
    let subjects: Vec<_> = people
        .iter()
        .map(|(role, person)| filling(role, &named(person)))
        .collect();
    json!({"context": work(procedure, "counter"), "subjects": subjects})
}

fn result_of<'a>(answer: &'a Answer, row: &Row) -> &'a str {
    let facts = answer.body["facts"].as_array().unwrap();
    let fact = facts
        .iter()
        .find(|fact| fact["role"] == row.role && fact["fact"] == row.fact);
    fact.unwrap_or_else(|| panic!("no {} of {}: {:#}", row.fact, row.role, answer.body))["result"]
        .as_str()
        .unwrap()
}

/// Demands that exactly this fact's papers are asked for, on the ground and with the correction of the table.
#[track_caller]
fn must_ask_for(answer: &Answer, row: &Row) {
    assert_eq!(
        answer.text("/decision"),
        "supplement_required",
        "{:#}",
        answer.body
    );
    let asked = answer.body["supplement"].as_array().unwrap();
    let entry = asked
        .iter()
        .find(|asked| asked["role"] == row.role && asked["fact"] == row.fact);
    let expected = json!({
        "role": row.role,
        "fact": row.fact,
        "any_one_of": row.any_one_of,
        "legal_ground": row.legal_ground,
        "correction_procedure": row.correction,
    });
    assert_eq!(entry, Some(&expected), "{:#}", answer.body);
}

/// Changes a dossier so that this one fact is claimed otherwise than it is held.
fn contradict(body: &mut Value, row: &Row, cast: &Cast) {
    let elsewhere = json!({"province_code": "92", "as_of": "2025-07-01"});
    let subjects = body["subjects"].as_array_mut().unwrap();
    let entry = subjects
        .iter_mut()
        .find(|entry| entry["role"] == row.role)
        .unwrap();
    match row.fact {
        "identity" => entry["subject"]["full_name"] = json!("Hoàng Văn Nhầm"),
        "permanent_residence" | "current_residence" | "temporary_residence" => {
            entry["claims"] = json!({row.fact: elsewhere});
        }
        "old_id_number" => entry["claims"] = json!({"old_id_number": "999999999"}),
        "head_of_household" => {
            let heads = entry["subject"]["pin"] == cast.head["pin"];
            entry["claims"] = json!({"head_of_household": !heads});
        }
        fact if fact.starts_with("same_household_with_") => entry["subject"] = named(&cast.stranger),
        fact => panic!("nobody knows how to contradict {fact}"),
    }
}

/// Gives what the register must be told so that it holds nothing of this one fact; nothing where the mock can't lack it.
fn lacking(fact: &str) -> Option<Value> {
    match fact {
        "old_id_number" | "temporary_residence" => Some(json!({fact: null})),
        "permanent_residence" | "current_residence" => {
            Some(json!({fact: {"province_code": "01", "commune_code": ""}}))
        }
        _ => None,
    }
}

async fn asked(officer: &Role<'_>, body: &Value) -> Answer {
    let answer = officer
        .clone()
        .header("Cache-Control", "no-cache")
        .post(CHECKS, body)
        .await;
    assert!([200, 202].contains(&answer.status), "{body:#} {:#}", answer.body);
    answer
}

#[actix_web::test]
async fn every_row_of_the_table_is_what_the_program_says() {
    // So many calls of one officer that the usual limits would be in the way.
    let gateway = Gateway::builder()
        .population(100_000)
        .limits(&[
            ("officer_per_second", 100_000),
            ("rate_per_second", 100_000),
            ("burst", 100_000),
        ])
        .start()
        .await;
    let cast = Cast::sampled(&gateway).await;
    cast.complete(&gateway).await;
    let officer = gateway.officer(OFFICER);
    let table = table();
    assert!(table.len() >= 40, "{} procedures", table.len());
    let mut situations = 0;
    for (procedure, rows) in &table {
        let people = cast.fill(rows);
        let body = dossier(procedure, &people);
        let satisfied = asked(&officer, &body).await;
        assert_eq!(
            satisfied.text("/decision"),
            "paper_not_required",
            "{procedure} {:#}",
            satisfied.body
        );
        for row in rows {
            let expected = if row.is_ours { "match" } else { "elsewhere" };
            assert_eq!(
                result_of(&satisfied, row),
                expected,
                "{procedure} {} {}",
                row.role,
                row.fact
            );
        }
        for row in rows.iter().filter(|row| row.is_ours && row.contradicted != "-") {
            let mut body = body.clone();
            contradict(&mut body, row, &cast);
            let answer = asked(&officer, &body).await;
            assert_eq!(
                result_of(&answer, row),
                row.contradicted,
                "{procedure} {:#}",
                answer.body
            );
            must_ask_for(&answer, row);
            situations += 1;
        }
        situations += incomplete(&gateway, &officer, (procedure, rows), &people).await;
    }
    registry_down(&gateway).await;
    for (procedure, rows) in &table {
        let answer = asked(&officer, &dossier(procedure, &cast.fill(rows))).await;
        assert_eq!(
            (answer.status, answer.text("/decision")),
            (202, "pending"),
            "{procedure}"
        );
        for row in rows {
            let expected = if row.is_ours { "unavailable" } else { "elsewhere" };
            assert_eq!(
                result_of(&answer, row),
                expected,
                "{procedure} {} {}",
                row.role,
                row.fact
            );
        }
    }
    assert!(situations > 150, "{situations}");
    gateway.finish().await;
}

/// Asks once for each fact that the mock can lack, and counts them.
async fn incomplete(
    gateway: &Gateway,
    officer: &Role<'_>,
    (procedure, rows): (&str, &[Row]),
    people: &[(&'static str, Value)],
) -> usize {
    let mut situations = 0;
    for row in rows.iter().filter(|row| row.is_ours) {
        let Some(nothing) = lacking(row.fact) else {
            continue;
        };
        let (_, person) = people.iter().find(|(role, _)| *role == row.role).unwrap();
        correct(gateway, person, nothing).await;
        let answer = asked(officer, &dossier(procedure, people)).await;
        assert_eq!(
            result_of(&answer, row),
            "not_held",
            "{procedure} {:#}",
            answer.body
        );
        must_ask_for(&answer, row);
        let mut held = person[row.fact].clone();
        if held.is_null() {
            held = match row.fact {
                "old_id_number" => json!("999000199"),
                _ => json!({"province_code": "01", "commune_code": "00004", "since": "2025-09-01"}),
            };
        }
        correct(gateway, person, json!({row.fact: held})).await;
        situations += 1;
    }
    situations
}
