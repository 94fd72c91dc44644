//! What tests can see and move, and who is told of it.
//!
//! Changes are followed to where they show: the record, the feed, the pushed event.

use std::collections::HashSet;

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use mock_services::{Settings, StartError, start};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::world::{Question, World};

impl World {
    async fn event(&self, event: &str) -> Value {
        let url = format!("{}/dancu/jwks.json", self.running.registry_url());
        let keys: JwkSet =
            serde_json::from_str(&self.http.get(url).send().await.unwrap().text().await.unwrap()).unwrap();
        let header = decode_header(event).unwrap();
        assert_eq!(header.typ.as_deref(), Some("registry-event+jwt"));
        let key = DecodingKey::from_jwk(keys.find(&header.kid.unwrap()).unwrap()).unwrap();
        let mut validation = Validation::new(Algorithm::ES256);
        validation.validate_exp = false;
        validation.required_spec_claims = HashSet::new();
        decode::<Value>(event, &key, &validation).unwrap().claims
    }

    async fn changes(&self, after: u64) -> Value {
        let url = format!("{}/dancu/changes?after={after}", self.running.registry_url());
        serde_json::from_str(&self.http.get(url).send().await.unwrap().text().await.unwrap()).unwrap()
    }
}

#[actix_web::test]
async fn personas_say_what_they_are_for() {
    let world = World::start().await;
    let personas = world.get("/_mock/personas").await;
    let personas = personas["personas"].as_array().unwrap();
    assert_eq!(personas.len(), 25);
    for persona in personas {
        for member in ["id", "for", "expected", "pin", "full_name", "date_of_birth"] {
            assert!(persona[member].is_string(), "{member}");
        }
        assert!(persona["ask"]["subject"].is_object() && persona["household"]["members"].is_array());
    }
    assert_eq!(personas[0]["pin"], "100190000001");
    assert_eq!(personas[6]["pin"], "100080000007");
    assert_eq!(personas[6]["new_pin"], "100080000107");
    world.running.stop().await;
}

#[actix_web::test]
async fn a_change_is_seen_at_once_and_told_in_order() {
    let world = World::start().await;
    let address = json!({"province_code": "79", "commune_code": "26740", "detail": "SỐ 1"});
    assert_eq!(
        world.patch("100190000001", json!({"move": address})).await.status,
        200
    );
    let silent = json!({"correct": {"marital_status": "single"}, "silent": true});
    assert_eq!(world.patch("100190000001", silent).await.status, 200);
    assert_eq!(
        world
            .patch("100190000001", json!({"replace_number": true}))
            .await
            .status,
        200
    );
    let shown = world.get("/_mock/persons/100190000001").await;
    assert_eq!(shown["permanent_residence"]["commune_code"], "26740");
    assert_eq!(shown["marital_status"], "single");
    let answer = world.ask(&Question::p01()).await;
    assert_eq!(answer.texts("SoDinhDanhDaHuy"), ["100190000001"]);

    let feed = world.changes(0).await;
    assert_eq!(
        (feed["next"].as_u64(), feed["events"].as_array().unwrap().len()),
        (Some(2), 2)
    );
    let replaced = world.event(feed["events"][1].as_str().unwrap()).await;
    assert_eq!(
        (&replaced["seq"], &replaced["type"]),
        (&json!(2), &json!("replaced"))
    );
    assert_eq!(
        (&replaced["pin"], &replaced["new_pin"]),
        (&json!("100190000001"), &shown["pin"])
    );
    assert!(replaced["at"].as_str().unwrap().ends_with("+07:00"));
    assert!(world.changes(2).await["events"].as_array().unwrap().is_empty());
    world.running.stop().await;
}

#[actix_web::test]
async fn a_head_who_moves_takes_the_household_along_and_each_is_told() {
    let world = World::start().await;
    let people = world.get("/_mock/sample?count=200&seed=1").await["people"].clone();
    let of_several = |person: &&Value| person["household"]["members"].as_array().unwrap().len() > 2;
    let household = people.as_array().unwrap().iter().find(of_several).unwrap()["household"].clone();
    let address = json!({"province_code": "79", "commune_code": "26740", "detail": "SỐ 1"});
    let head = household["head"].as_str().unwrap();
    assert_eq!(world.patch(head, json!({"move": address})).await.status, 200);
    let mut told = HashSet::new();
    for event in world.changes(0).await["events"].as_array().unwrap() {
        let event = world.event(event.as_str().unwrap()).await;
        assert_eq!(event["type"], "moved");
        told.insert(event["pin"].as_str().unwrap().to_owned());
    }
    let members = household["members"].as_array().unwrap().iter();
    assert_eq!(
        told,
        members
            .map(|member| member["pin"].as_str().unwrap().to_owned())
            .collect()
    );
    world.running.stop().await;
}

#[actix_web::test]
async fn a_change_is_pushed_to_the_configured_address() {
    let receiver = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let events = Some(format!(
        "http://{}/events/registry",
        receiver.local_addr().unwrap()
    ));
    let world = World::with(Settings {
        events,
        ..Settings::default()
    })
    .await;
    world
        .patch("100190000001", json!({"die": {"on": "2026-11-01"}}))
        .await;
    let (mut stream, _) = receiver.accept().await.unwrap();
    let mut met = Vec::new();
    while !met.windows(4).any(|four| four == b"\r\n\r\n") || met.ends_with(b"\r\n\r\n") {
        let mut piece = [0; 4096];
        let length = stream.read(&mut piece).await.unwrap();
        met.extend(piece.into_iter().take(length));
    }
    stream
        .write_all(b"HTTP/1.1 204 No Content\r\n\r\n")
        .await
        .unwrap();
    let text = String::from_utf8(met).unwrap();
    assert!(text.starts_with("POST /events/registry HTTP/1.1\r\n"));
    let event = world.event(text.split("\r\n\r\n").nth(1).unwrap()).await;
    assert_eq!(
        (&event["seq"], &event["type"], &event["pin"]),
        (&json!(1), &json!("died"), &json!("100190000001"))
    );
    world.running.stop().await;
}

#[actix_web::test]
async fn bad_input_changes_nothing_and_says_why() {
    let world = World::start().await;
    for body in [
        json!({}),
        json!({"die": {"on": "2026-02-30"}}),
        json!({"correct": {"height": "180"}}),
        json!({"correct": {"sex": "x"}}),
        json!({"move": {"province_code": "79"}}),
        json!({"replace_number": true, "die": {"on": "2026-02-20"}}),
    ] {
        let answer = world.patch("100190000001", body).await;
        assert_eq!(answer.status, 422, "{}", answer.body);
        assert!(answer.body.starts_with("{\"error\":"));
    }
    assert_eq!(
        world
            .patch("000000000000", json!({"replace_number": true}))
            .await
            .status,
        404
    );
    assert_eq!(world.changes(0).await["next"], 0);
    assert_eq!(
        world
            .put("/_mock/faults", json!({"service": "moon", "kind": "hang"}))
            .await
            .status,
        422
    );
    assert_eq!(
        world
            .put("/_mock/registry/rules", json!({"denied": []}))
            .await
            .status,
        422
    );
    world.running.stop().await;
}

#[actix_web::test]
async fn statistics_count_and_are_reset() {
    let world = World::start().await;
    world.ask(&Question::p01()).await;
    world.changes(0).await;
    let portal = world
        .http
        .post(format!("{}/dossiers", world.running.portal_url()));
    portal.body("{\"state\":\"done\"}").send().await.unwrap();
    let stats = world.get("/_mock/stats").await;
    assert_eq!(
        (&stats["registry"]["037"], &stats["registry"]["changes"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(stats["portal"]["received"], 1);
    let received = world.get("/_mock/portal/received").await;
    assert_eq!(received["received"][0]["body"]["state"], "done");
    let url = format!("{}/_mock/stats", world.running.control_url());
    world.http.delete(url).send().await.unwrap();
    assert_eq!(world.get("/_mock/stats").await["registry"]["037"], 0);
    world.running.stop().await;
}

#[actix_web::test]
async fn the_same_seed_makes_the_same_people() {
    let (first, second) = (World::start().await, World::start().await);
    let path = "/_mock/sample?count=20&seed=4";
    assert_eq!(first.get(path).await, second.get(path).await);
    first.running.stop().await;
    second.running.stop().await;
}

#[actix_web::test]
async fn a_population_that_numbers_can_t_tell_apart_is_refused() {
    for population in [0, 300_000_000] {
        let refused = start(Settings {
            population,
            ..Settings::default()
        })
        .await;
        assert!(matches!(refused.err(), Some(StartError::Population)));
    }
}
