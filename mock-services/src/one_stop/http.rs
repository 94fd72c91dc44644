//! How do officers and tests reach the one-stop?
//!
//! The pages on the one-stop's own listener, and the resources of the control port. Always true: a form that was taken
//! leads to its dossier's page, so that reloading takes nothing twice; no page can be framed or run a script.
//! Deliberately absent: decisions, and any credential. Bad input is said on the page, or a 422 on the control port.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName};
use actix_web::web::{Bytes, Data, Form, Json, Path, ServiceConfig, to};
use actix_web::{HttpResponse, get, post};
use serde::Deserialize as _;
use serde::de::IntoDeserializer as _;
use serde::de::value::{Error, StrDeserializer};
use serde_json::{Map, Value, json};

use super::dossier::{Channel, Request};
use super::{OneStop, counters, page};

const POLICY: &str =
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Adds the pages of the one-stop's own listener.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(counter)
        .service(take_form)
        .service(confirmation_page)
        .service(show)
        .service(stylesheet)
        .default_service(to(nothing));
}

/// Adds the resources of the control port.
pub fn control_routes(config: &mut ServiceConfig) {
    config.service(list).service(take);
}

#[get("/_mock/one-stop/dossiers")]
async fn list(one_stop: Data<Arc<OneStop>>) -> HttpResponse {
    let (dossiers, now) = (one_stop.dossiers(), one_stop.now());
    let counts = counters::count(&dossiers, now);
    let shown: Vec<_> = dossiers.iter().map(|dossier| dossier.json(now)).collect();
    HttpResponse::Ok().json(json!({"dossiers": shown, "counters": counters::json(&counts)}))
}

#[post("/_mock/one-stop/dossiers")]
async fn take(request: Json<Request>, one_stop: Data<Arc<OneStop>>) -> HttpResponse {
    let request = request.into_inner();
    if let Err(wrong) = fits(&request) {
        return HttpResponse::UnprocessableEntity().json(json!({"error": wrong}));
    }
    let dossier = one_stop.take(request).await;
    HttpResponse::Created().json(dossier.json(one_stop.now()))
}

#[get("/")]
async fn counter(one_stop: Data<Arc<OneStop>>) -> HttpResponse {
    html(
        StatusCode::OK,
        page::counter(&one_stop.dossiers(), one_stop.now(), None),
    )
}

#[post("/dossiers")]
async fn take_form(form: Form<Vec<(String, String)>>, one_stop: Data<Arc<OneStop>>) -> HttpResponse {
    let request = read(&form);
    if let Err(wrong) = fits(&request) {
        let page = page::counter(&one_stop.dossiers(), one_stop.now(), Some(wrong));
        return html(StatusCode::UNPROCESSABLE_ENTITY, page);
    }
    let dossier = one_stop.take(request).await;
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, format!("/dossiers/{}", dossier.code)))
        .finish()
}

#[get("/dossiers/{code}")]
async fn show(code: Path<String>, one_stop: Data<Arc<OneStop>>) -> HttpResponse {
    match one_stop.find(&code) {
        Some(dossier) => html(StatusCode::OK, page::dossier(&dossier, one_stop.now())),
        None => nothing().await,
    }
}

#[get("/dossiers/{code}/confirmation.pdf")]
async fn confirmation_page(code: Path<String>, one_stop: Data<Arc<OneStop>>) -> HttpResponse {
    match one_stop.find(&code).and_then(|dossier| dossier.page) {
        Some(pdf) => shown(StatusCode::OK, "application/pdf", pdf),
        None => nothing().await,
    }
}

#[get("/page.css")]
async fn stylesheet() -> HttpResponse {
    shown(
        StatusCode::OK,
        "text/css; charset=utf-8",
        Bytes::from_static(page::STYLESHEET.as_bytes()),
    )
}

async fn nothing() -> HttpResponse {
    html(StatusCode::NOT_FOUND, page::nothing())
}

fn html(status: StatusCode, page: String) -> HttpResponse {
    shown(status, "text/html; charset=utf-8", page.into())
}

fn shown(status: StatusCode, kind: &str, body: Bytes) -> HttpResponse {
    HttpResponse::build(status)
        .insert_header((header::CONTENT_TYPE, kind))
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((HeaderName::from_static("referrer-policy"), "no-referrer"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(body)
}

// Whatever else is wrong is the gateway's to say.
fn fits(request: &Request) -> Result<(), &'static str> {
    if request.procedure.is_empty() {
        return Err("procedure is needed");
    }
    if request.subjects.is_empty() {
        return Err("at least one person is needed");
    }
    let is_person = |person: &Map<String, Value>| {
        person.get("role").is_some_and(Value::is_string)
            && person.get("subject").is_some_and(Value::is_object)
    };
    if !request.subjects.iter().all(is_person) {
        return Err("each person needs a role and a subject");
    }
    Ok(())
}

// Rows that are left empty are nobody.
fn read(form: &[(String, String)]) -> Request {
    let field = |name: &str| {
        form.iter()
            .find(|(known, _)| known == name)
            .map_or("", |(_, value)| value.trim())
    };
    let people = (1..=page::ROWS).filter_map(|row| {
        let [role, pin, name, born] =
            ["role", "pin", "name", "born"].map(|of| field(&format!("{of}{row}")).to_owned());
        if pin.is_empty() && name.is_empty() && born.is_empty() {
            return None;
        }
        let number = if pin.len() == 9 { "old_id_number" } else { "pin" };
        let subject = json!({number: pin, "full_name": name, "date_of_birth": born});
        Some(Map::from_iter([
            ("role".to_owned(), Value::from(role)),
            ("subject".to_owned(), subject),
        ]))
    });
    let channel: StrDeserializer<'_, Error> = field("channel").into_deserializer();
    Request {
        procedure: field("procedure").to_owned(),
        channel: Channel::deserialize(channel).unwrap_or_default(),
        subjects: people.collect(),
        ..Request::default()
    }
}
