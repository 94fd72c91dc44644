//! How do tests and developers see and move what the mock services do?
//!
//! `/_mock/**`: personas, ground truth, samples, patches, faults, statistics, registry rules, key rotation, the
//! clock and what the portal received.
//! Always true: what is changed here holds from the next call on.
//! Deliberately absent: any credential; this port exists only where mocks run.
//! Bad input is a 404 or 422 with `{"error": …}`, and changes nothing.

use std::convert::Infallible;
use std::iter::once;
use std::sync::Arc;

use actix_web::error::InternalError;
use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data, Json, JsonConfig, Path, Query, ServiceConfig};
use actix_web::{HttpResponse, delete, get, patch, post, put};
use futures_util::stream;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::clock::ServiceClock;
use crate::faults::{Fault, Faults};
use crate::issuer::keys::KeyRing;
use crate::portal::Portal;
use crate::register::{Refused, Register};
use crate::registry::Registry;
use crate::registry::rules::Rules;
use crate::stats::Stats;

pub mod truth;

const MOST_SAMPLED: u64 = 100_000;
const PIECE: usize = 64;

/// Adds the routes.
pub fn routes(config: &mut ServiceConfig) {
    let spoken = JsonConfig::default().error_handler(|error, _| {
        // What can't be read is told in the same form as every other refusal.
        let answer = refusal(StatusCode::UNPROCESSABLE_ENTITY, &error.to_string());
        InternalError::from_response(error, answer).into()
    });
    config
        .app_data(spoken)
        .service(personas)
        .service(show_person)
        .service(patch_person)
        .service(sample)
        .service(set_faults)
        .service(list_faults)
        .service(clear_faults)
        .service(show_stats)
        .service(reset_stats)
        .service(set_rules)
        .service(show_rules)
        .service(rotate)
        .service(set_clock)
        .service(received)
        .configure(crate::one_stop::http::control_routes);
}

#[get("/_mock/personas")]
async fn personas(register: Data<Arc<Register>>) -> HttpResponse {
    let personas: Vec<Value> = register
        .personas()
        .iter()
        .filter_map(|persona| {
            let person = register.by_pin(persona.pin)?;
            let mut shown = truth::person(&person, register.household(&person.household).as_ref());
            if person.pin != persona.pin {
                shown.insert("new_pin".to_owned(), json!(person.pin));
                shown.insert("pin".to_owned(), json!(persona.pin));
            }
            shown.insert("id".to_owned(), json!(persona.id));
            shown.insert("for".to_owned(), json!(persona.purpose));
            shown.insert("expected".to_owned(), json!(persona.expected));
            if let Some(warning) = persona.warning {
                shown.insert("expected_warning".to_owned(), json!(warning));
            }
            shown.insert("ask".to_owned(), persona.ask.clone());
            Some(Value::Object(shown))
        })
        .collect();
    HttpResponse::Ok().json(json!({"personas": personas}))
}

#[get("/_mock/persons/{pin}")]
async fn show_person(pin: Path<String>, register: Data<Arc<Register>>) -> HttpResponse {
    match register.by_pin(&pin) {
        Some(person) => {
            let household = register.household(&person.household);
            HttpResponse::Ok().json(truth::person(&person, household.as_ref()))
        }
        None => refusal(StatusCode::NOT_FOUND, "nobody carries this number"),
    }
}

#[patch("/_mock/persons/{pin}")]
async fn patch_person(
    pin: Path<String>,
    body: Json<truth::PatchBody>,
    register: Data<Arc<Register>>,
    clock: Data<ServiceClock>,
) -> HttpResponse {
    let (patch, silent) = match body.into_inner().read() {
        Ok(read) => read,
        Err(unreadable) => return refusal(StatusCode::UNPROCESSABLE_ENTITY, &unreadable.to_string()),
    };
    match register.patch(&pin, patch, silent, clock.now()) {
        Ok(person) => {
            let household = register.household(&person.household);
            HttpResponse::Ok().json(truth::person(&person, household.as_ref()))
        }
        Err(nobody @ Refused::Nobody) => refusal(StatusCode::NOT_FOUND, &nobody.to_string()),
        Err(refused @ (Refused::NoNumberLeft | Refused::NoHousehold)) => {
            refusal(StatusCode::UNPROCESSABLE_ENTITY, &refused.to_string())
        }
    }
}

#[derive(Deserialize)]
struct Draw {
    #[serde(default = "ten")]
    count: u64,
    #[serde(default)]
    seed: u64,
}

fn ten() -> u64 {
    10
}

#[get("/_mock/sample")]
async fn sample(draw: Query<Draw>, register: Data<Arc<Register>>) -> HttpResponse {
    if draw.count > MOST_SAMPLED {
        return refusal(StatusCode::UNPROCESSABLE_ENTITY, "count must be at most 100000");
    }
    // In pieces, so that a large sample neither fills the memory nor keeps the port from other calls.
    let (seed, count) = (draw.seed, draw.count);
    let people = (0..count).step_by(PIECE).map(move |start| {
        let end = start.saturating_add(u64::try_from(PIECE).unwrap_or(1)).min(count);
        let shown: Vec<String> = register
            .sample(seed, start..end)
            .iter()
            .map(|person| {
                let household = register.household(&person.household);
                Value::Object(truth::person(person, household.as_ref())).to_string()
            })
            .collect();
        let comma = if start > 0 && !shown.is_empty() { "," } else { "" };
        format!("{comma}{}", shown.join(","))
    });
    let whole = once("{\"people\":[".to_owned())
        .chain(people)
        .chain(once("]}".to_owned()));
    let body = stream::iter(whole.map(|piece| Ok::<_, Infallible>(Bytes::from(piece))));
    HttpResponse::Ok()
        .content_type("application/json")
        .streaming(body)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FaultList {
    faults: Vec<Fault>,
}

#[put("/_mock/faults")]
async fn set_faults(body: Bytes, faults: Data<Arc<Faults>>) -> HttpResponse {
    match set(&body, &faults) {
        Ok(()) => HttpResponse::Ok().json(json!({"faults": faults.list()})),
        Err(reason) => refusal(StatusCode::UNPROCESSABLE_ENTITY, &reason),
    }
}

// A list replaces what is set; a single fault joins it.
fn set(body: &[u8], faults: &Faults) -> Result<(), String> {
    let unreadable = |error: serde_json::Error| error.to_string();
    let body: Value = serde_json::from_slice(body).map_err(unreadable)?;
    let result = if body.is_array() {
        faults.replace(serde_json::from_value(body).map_err(unreadable)?)
    } else if body.get("faults").is_some() {
        faults.replace(
            serde_json::from_value::<FaultList>(body)
                .map_err(unreadable)?
                .faults,
        )
    } else {
        faults.add(serde_json::from_value(body).map_err(unreadable)?)
    };
    result.map_err(|unfit| unfit.to_string())
}

#[get("/_mock/faults")]
async fn list_faults(faults: Data<Arc<Faults>>) -> HttpResponse {
    HttpResponse::Ok().json(json!({"faults": faults.list()}))
}

#[delete("/_mock/faults")]
async fn clear_faults(faults: Data<Arc<Faults>>) -> HttpResponse {
    faults.clear();
    HttpResponse::NoContent().finish()
}

#[get("/_mock/stats")]
async fn show_stats(stats: Data<Arc<Stats>>, faults: Data<Arc<Faults>>) -> HttpResponse {
    let mut shown = stats.json();
    shown.insert("faults".to_owned(), json!(faults.list()));
    HttpResponse::Ok().json(shown)
}

#[delete("/_mock/stats")]
async fn reset_stats(stats: Data<Arc<Stats>>) -> HttpResponse {
    stats.reset();
    HttpResponse::NoContent().finish()
}

#[put("/_mock/registry/rules")]
async fn set_rules(rules: Json<Rules>, registry: Data<Registry>) -> HttpResponse {
    registry.set_rules(rules.into_inner());
    HttpResponse::Ok().json(registry.rules())
}

#[get("/_mock/registry/rules")]
async fn show_rules(registry: Data<Registry>) -> HttpResponse {
    HttpResponse::Ok().json(registry.rules())
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Rotation {
    drop_old: bool,
}

#[post("/_mock/keys/rotate")]
async fn rotate(body: Bytes, keys: Data<Arc<KeyRing>>) -> HttpResponse {
    let rotation = if body.is_empty() {
        Ok(Rotation::default())
    } else {
        serde_json::from_slice(&body)
    };
    let Ok(rotation) = rotation else {
        return refusal(StatusCode::UNPROCESSABLE_ENTITY, "only drop_old may be given");
    };
    match keys.rotate(rotation.drop_old) {
        Ok(kid) => HttpResponse::Ok().json(json!({"kid": kid})),
        Err(failure) => refusal(StatusCode::INTERNAL_SERVER_ERROR, &failure.to_string()),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shift {
    offset_seconds: i64,
}

#[put("/_mock/clock")]
async fn set_clock(shift: Json<Shift>, clock: Data<ServiceClock>) -> HttpResponse {
    clock.shift(shift.offset_seconds);
    HttpResponse::Ok().json(json!({"offset_seconds": shift.offset_seconds, "now": clock.now().to_string()}))
}

#[get("/_mock/portal/received")]
async fn received(portal: Data<Arc<Portal>>) -> HttpResponse {
    HttpResponse::Ok().json(json!({"received": portal.received()}))
}

fn refusal(status: StatusCode, error: &str) -> HttpResponse {
    HttpResponse::build(status).json(json!({"error": error}))
}
