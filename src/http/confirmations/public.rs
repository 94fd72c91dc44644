//! What may everybody know of confirmations, without a token?
//!
//! The page behind the code on a document, which says whether it holds and nothing else; the status list; the issuer's keys
//! and metadata. Nothing here tells of a person, a dossier or a client, nor why a confirmation doesn't hold any more.

use std::fmt::Write as _;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::web::{Data, Path};
use serde_json::Value;

use crate::confirmations::{Confirmations, State, TTL};
use crate::domain::problem::Code;
use crate::http::arrival::Arrival;
use crate::http::asking::Desk;
use crate::http::pages::{escaped, frame, momentary};
use crate::http::texts::{Label, Language, Texts};

/// Answers `GET /c/{id}`.
pub(in crate::http) async fn page(
    desk: Data<Desk>,
    confirmations: Data<Confirmations>,
    arrival: Arrival,
    id: Path<String>,
) -> HttpResponse {
    let found = match id.parse() {
        Ok(id) => confirmations.public_state(id).await,
        Err(_) => Ok(None),
    };
    let (status, told) = match found {
        Ok(Some(State::Valid)) => (StatusCode::OK, Label::ConfirmationValid),
        Ok(Some(State::Expired | State::Revoked)) => (StatusCode::OK, Label::ConfirmationNotValid),
        Ok(None) => (StatusCode::NOT_FOUND, Label::ConfirmationUnknown),
        Err(_) => return desk.problems.refuse(&arrival, Code::AuditUnavailable),
    };
    momentary(status, written(desk.problems.texts(), told).into())
}

fn written(texts: &Texts, told: Label) -> String {
    let mut content = String::new();
    for language in Language::ALL {
        let label = |label| escaped(texts.label(language, label));
        // Writing to a string can't fail.
        let _ = writeln!(
            content,
            "<section lang=\"{}\">\n<h1>{}</h1>\n<p>{}</p>\n</section>",
            language.tag(),
            label(Label::ConfirmationTitle),
            label(told)
        );
    }
    frame(
        &escaped(texts.label(Language::Vi, Label::ConfirmationTitle)),
        &content,
    )
}

/// Answers `GET /v1/status-lists/{list}`.
pub(in crate::http) async fn status_list(
    desk: Data<Desk>,
    confirmations: Data<Confirmations>,
    arrival: Arrival,
    list: Path<String>,
) -> HttpResponse {
    // One list has one address: no plus sign, no zeros before it.
    let number = list
        .parse::<u32>()
        .ok()
        .filter(|number| number.to_string() == *list);
    let found = match number {
        Some(number) => confirmations.status_list(number).await,
        None => Ok(None),
    };
    match found {
        Ok(Some(signed)) => HttpResponse::Ok()
            .insert_header((header::CONTENT_TYPE, "application/statuslist+jwt"))
            .insert_header((header::CACHE_CONTROL, format!("max-age={}", TTL.as_secs())))
            .body(signed.as_bytes().to_vec()),
        Ok(None) => desk.problems.refuse(&arrival, Code::NotFound),
        Err(_) => desk.problems.refuse(&arrival, Code::AuditUnavailable),
    }
}

/// Answers `GET /.well-known/jwks.json`.
pub(in crate::http) async fn keys(confirmations: Data<Confirmations>) -> HttpResponse {
    published(&confirmations.published_keys())
}

/// Answers `GET /.well-known/jwt-vc-issuer`.
pub(in crate::http) async fn issuer(confirmations: Data<Confirmations>) -> HttpResponse {
    published(&confirmations.issuer_metadata())
}

/// Answers `GET /vct/residence-check`.
pub(in crate::http) async fn credential_type(confirmations: Data<Confirmations>) -> HttpResponse {
    published(&confirmations.type_metadata())
}

fn published(document: &Value) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "max-age=300"))
        .json(document)
}
