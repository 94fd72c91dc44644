//! Is the person who they say, and what is told of them?
//!
//! Ground truth comes from the mock registry's control port: sampled people out of a hundred million, and every persona
//! with the verdict that it is there for.

use serde_json::{Value, json};

use crate::clients::{Answer, context, fields_of, p01, question};
use crate::gateway::Gateway;

const OFFICER: &str = "001090000001";

/// A procedure that needs nearly every field; its records are never answered from the cache.
const WIDE: &str = "1.012564";

/// Every field of `WIDE`.
const WIDE_FIELDS: [&str; 21] = [
    "pin",
    "full_name",
    "date_of_birth",
    "sex",
    "ethnicity",
    "religion",
    "nationality",
    "marital_status",
    "head_of_household",
    "old_id_number",
    "place_of_birth_registration.province_code",
    "place_of_birth_registration.commune_code",
    "place_of_origin.province_code",
    "place_of_origin.commune_code",
    "permanent_residence.province_code",
    "permanent_residence.commune_code",
    "permanent_residence.detail",
    "current_residence.province_code",
    "current_residence.commune_code",
    "temporary_residence.province_code",
    "temporary_residence.commune_code",
];

fn wide(mut body: Value) -> Value {
    body["context"]["procedure"] = json!(WIDE);
    body
}

fn subject_of(person: &Value) -> Value {
    json!({
        "pin": person["pin"],
        "full_name": person["full_name"],
        "date_of_birth": person["date_of_birth"],
    })
}

/// Claims what is so of a person, as far as it is held.
fn true_claims(person: &Value) -> Value {
    let mut claims = json!({"sex": person["sex"], "ethnicity": person["ethnicity"]});
    if !person["marital_status"].is_null() {
        claims["marital_status"] = person["marital_status"].clone();
    }
    let home = &person["permanent_residence"];
    claims["permanent_residence"] = json!({"province_code": home["province_code"], "commune_code": home["commune_code"], "as_of": home["as_of"]});
    claims
}

#[actix_web::test]
async fn sampled_people_are_confirmed_with_their_true_data() {
    let gateway = Gateway::builder()
        .population(100_000_000)
        .limits(&[("officer_per_second", 10_000)])
        .start()
        .await;
    let officer = gateway.officer(OFFICER);
    let people = gateway.known("sample?count=200&seed=7").await;
    let people = people["people"].as_array().unwrap();
    assert_eq!(people.len(), 200);
    for person in people {
        let answer = officer
            .verify(&wide(question(&subject_of(person), &true_claims(person))))
            .await;
        answer.must_be(200, "confirmed");
        assert_eq!(answer.text("/identity/result"), "match");
        assert_eq!(answer.text("/status"), person["status"].as_str().unwrap());
        assert_eq!(answer.body["warnings"], json!([]), "{}", answer.body);
        for verdict in answer.body["claims"].as_object().unwrap().values() {
            assert_eq!(verdict["result"], "match", "{:#}", answer.body);
        }
    }
    assert_eq!(gateway.registry_calls().await, 200);
    gateway.finish().await;
}

#[actix_web::test]
async fn sampled_people_are_not_confirmed_with_another_s_data() {
    let gateway = Gateway::builder().population(100_000_000).start().await;
    let officer = gateway.officer(OFFICER);
    let people = gateway.known("sample?count=20&seed=8").await;
    let people = people["people"].as_array().unwrap();
    for (person, other) in people.iter().zip(people.iter().skip(1)) {
        let mut stranger = subject_of(person);
        stranger["full_name"] = other["full_name"].clone();
        if person["full_name"] != other["full_name"] {
            officer
                .verify(&question(&stranger, &json!({})))
                .await
                .must_be(200, "no_match");
        }
        let sex = if person["sex"] == "male" { "female" } else { "male" };
        let answer = officer
            .verify(&question(&subject_of(person), &json!({"sex": sex})))
            .await;
        answer.must_be(200, "differs");
        assert_eq!(answer.text("/claims/sex/result"), "mismatch");
    }
    gateway.finish().await;
}

#[actix_web::test]
async fn every_persona_gives_its_verdict() {
    let gateway = Gateway::start().await;
    let officer = gateway.officer(OFFICER);
    let personas = gateway.known("personas").await;
    let personas = personas["personas"].as_array().unwrap();
    assert_eq!(personas.len(), 25);
    for persona in personas {
        let mut body = persona["ask"].clone();
        body["context"] = context();
        let answer = officer.verify(&wide(body)).await;
        let told = (answer.status, answer.told());
        let expected = (200, persona["expected"].as_str().unwrap());
        assert_eq!(
            told, expected,
            "{} {}: {:#}",
            persona["id"], persona["for"], answer.body
        );
        let warnings = answer.body["warnings"].as_array().unwrap();
        match persona.get("expected_warning") {
            Some(warning) => assert!(warnings.contains(warning), "{}: {:#}", persona["id"], answer.body),
            None if answer.text("/status") == "under_review" => {}
            None => assert!(warnings.is_empty(), "{}: {:#}", persona["id"], answer.body),
        }
    }
    gateway.finish().await;
}

/// What the answer of a look-up shows for a path.
fn shown<'a>(answer: &'a Answer, path: &str) -> &'a Value {
    let attribute = &answer.body["attributes"][path];
    assert!(attribute.is_object(), "no {path}: {:#}", answer.body);
    let value = &attribute["value"];
    if value.is_object() { &value["code"] } else { value }
}

/// What the registry holds under a path.
fn held(person: &Value, path: &str) -> Value {
    let pointer = format!("/{}", path.replace('.', "/"));
    match path {
        "head_of_household" => json!(person["household"]["head"] == person["pin"]),
        _ => person
            .pointer(&pointer)
            .filter(|held| **held != json!(""))
            .cloned()
            .unwrap_or_default(),
    }
}

#[actix_web::test]
async fn a_look_up_shows_what_the_register_holds() {
    let gateway = Gateway::builder().population(100_000_000).start().await;
    let officer = gateway.officer(OFFICER);
    let people = gateway.known("sample?count=30&seed=9").await;
    let personas = gateway.known("personas").await;
    // A cancelled number, a record under review, and one whose name the question writes otherwise stand apart.
    let apart = ["P07", "P24", "P25"];
    let personas = personas["personas"].as_array().unwrap().iter();
    let personas = personas.filter(|persona| !apart.contains(&persona["id"].as_str().unwrap()));
    for person in people["people"].as_array().unwrap().iter().chain(personas) {
        let answer = officer
            .lookup(&wide(fields_of(&subject_of(person), &WIDE_FIELDS)))
            .await;
        assert_eq!(answer.status, 200, "{:#}", answer.body);
        assert_eq!(answer.text("/identity/result"), "match", "{:#}", answer.body);
        let attributes = answer.body["attributes"].as_object().unwrap();
        assert_eq!(attributes.len(), WIDE_FIELDS.len());
        let mut all_held = true;
        for path in WIDE_FIELDS {
            let held = held(person, path);
            assert_eq!(*shown(&answer, path), held, "{path} of {}", person["id"]);
            all_held &= !held.is_null();
        }
        let expected = match (person["status"].as_str().unwrap(), all_held) {
            ("deceased", _) => "inactive",
            (_, true) => "confirmed",
            (_, false) => "incomplete",
        };
        assert_eq!(answer.told(), expected, "{:#}", answer.body);
    }
    gateway.finish().await;
}

#[actix_web::test]
async fn a_record_under_review_shows_nothing() {
    let gateway = Gateway::start().await;
    let p24 = json!({"pin": "100072000024", "full_name": "Tô Văn Khóa", "date_of_birth": "1972-07-07"});
    let answer = gateway
        .officer(OFFICER)
        .lookup(&fields_of(&p24, &["sex", "permanent_residence.commune_code"]))
        .await;
    answer.must_be(200, "incomplete");
    assert_eq!(answer.text("/status"), "under_review");
    assert!(shown(&answer, "sex").is_null() && shown(&answer, "permanent_residence.commune_code").is_null());
    gateway.finish().await;
}

#[actix_web::test]
async fn a_replaced_number_leads_to_the_successor_and_shows_it_only_if_licensed() {
    let gateway = Gateway::start().await;
    let p07 = json!({"pin": "100080000007", "full_name": "Vũ Văn Thay", "date_of_birth": "1980-08-17"});
    let answer = gateway
        .officer(OFFICER)
        .lookup(&fields_of(&p07, &["pin", "sex"]))
        .await;
    answer.must_be(200, "confirmed");
    assert_eq!(answer.body["warnings"], json!(["number_replaced"]));
    assert_eq!(*shown(&answer, "pin"), json!("100080000107"));
    let unlicensed = gateway.officer(OFFICER).lookup(&fields_of(&p07, &["sex"])).await;
    unlicensed.must_be(200, "confirmed");
    assert!(!String::from_utf8_lossy(&unlicensed.bytes).contains("100080000107"));
    gateway.finish().await;
}

#[actix_web::test]
async fn a_close_identity_releases_nothing_unless_the_licence_says_so() {
    let trusting = [("accept_close_identity", "true")];
    let gateway = Gateway::builder().client("trusting", &trusting).start().await;
    let typed = json!({"pin": "100190000001", "full_name": "Nguyen Thi Mau", "date_of_birth": "1990-04-12"});
    let body = fields_of(&typed, &["sex"]);
    let answer = gateway.officer(OFFICER).lookup(&body).await;
    answer.must_be(200, "differs");
    assert_eq!(answer.body["attributes"], json!({}));
    assert_eq!(answer.body["warnings"], json!(["not_permitted"]));
    let answer = gateway.client("trusting").officer(OFFICER).lookup(&body).await;
    answer.must_be(200, "differs");
    assert_eq!(*shown(&answer, "sex"), json!("female"));
    gateway.finish().await;
}

#[actix_web::test]
async fn a_claim_outside_the_licence_gets_no_verdict() {
    let gateway = Gateway::start().await;
    let claims = json!({"sex": "female", "marital_status": "married"});
    let answer = gateway.officer(OFFICER).verify(&question(&p01(), &claims)).await;
    answer.must_be(200, "incomplete");
    assert_eq!(answer.text("/claims/sex/result"), "match");
    assert_eq!(answer.text("/claims/marital_status/result"), "not_permitted");
    gateway.finish().await;
}

/// Body and headers without what is each call's own.
fn without_own(answer: &Answer) -> (Value, Vec<(String, String)>) {
    let mut body = answer.body.clone();
    for member in ["transaction_id", "answered_at", "receipt"] {
        assert!(body[member].take().is_string());
    }
    // The data time of nothing is the moment of the answer.
    assert_eq!(body["source"]["as_of"].take(), answer.body["answered_at"]);
    let own = [
        "x-request-id",
        "traceparent",
        "date",
        "ratelimit",
        "content-length",
    ];
    let headers = answer.header_names().into_iter().map(|name| {
        let value = if own.contains(&name.as_str()) {
            String::new()
        } else {
            answer.header(&name).to_owned()
        };
        (name, value)
    });
    (body, headers.collect())
}

#[actix_web::test]
async fn who_can_t_name_the_person_gets_one_answer_whatever_the_cause() {
    let gateway = Gateway::start().await;
    let officer = gateway.officer(OFFICER);
    let unknown =
        json!({"pin": "100190099999", "full_name": "Nguyễn Thị Mẫu", "date_of_birth": "1990-04-12"});
    let wrong_name =
        json!({"pin": "100190000001", "full_name": "Nguyễn Thị Mận", "date_of_birth": "1990-04-12"});
    let wrong_day =
        json!({"pin": "100190000001", "full_name": "Nguyễn Thị Mẫu", "date_of_birth": "1990-04-13"});
    let strangers = [unknown, wrong_name, wrong_day];
    let bodies = |subject: &Value| {
        (
            question(subject, &json!({"sex": "female"})),
            fields_of(subject, &["sex"]),
        )
    };
    let mut verified = Vec::new();
    let mut looked_up = Vec::new();
    let mut ask_all = async || {
        for stranger in &strangers {
            let (to_verify, to_look_up) = bodies(stranger);
            for _ in ["cold or told by the register", "from the negative cache"] {
                let answer = officer.verify(&to_verify).await;
                answer.must_be(200, "no_match");
                verified.push(without_own(&answer));
                let answer = officer.lookup(&to_look_up).await;
                answer.must_be(200, "no_match");
                looked_up.push(without_own(&answer));
            }
        }
    };
    ask_all().await;
    let (real, _) = bodies(&p01());
    officer.verify(&real).await.must_be(200, "confirmed");
    // Now the person is in the cache.
    ask_all().await;
    assert!(
        verified.windows(2).all(|pair| pair[0] == pair[1]),
        "{verified:#?}"
    );
    assert!(
        looked_up.windows(2).all(|pair| pair[0] == pair[1]),
        "{looked_up:#?}"
    );
    let (body, headers) = &verified[0];
    assert_eq!(body["claims"], json!({}));
    assert_eq!(body["identity"], json!({"result": "no_match", "differences": []}));
    assert_eq!(
        body["source"],
        json!({"from": "registry", "as_of": null, "age": 0})
    );
    assert!(body.get("status").is_none());
    let header = |name: &str| {
        headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    };
    assert_eq!(header("cache-status"), Some("dancu; fwd=miss"));
    assert_eq!(header("age"), Some("0"));
    gateway.finish().await;
}

#[actix_web::test]
async fn a_failed_gate_writes_the_same_row_whatever_the_cause() {
    let gateway = Gateway::start().await;
    let officer = gateway.officer(OFFICER);
    let wrong_name =
        json!({"pin": "100190000001", "full_name": "Nguyễn Thị Mận", "date_of_birth": "1990-04-12"});
    officer
        .verify(&question(&p01(), &json!({})))
        .await
        .must_be(200, "confirmed");
    let answer = officer.verify(&question(&wrong_name, &json!({}))).await;
    answer.must_be(200, "no_match");
    let rows = gateway.rows_of(answer.text("/transaction_id")).await;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["outcome"], "no_match");
    assert!(rows[0]["person"].is_null(), "{:#}", rows[0]);
    gateway.finish().await;
}
