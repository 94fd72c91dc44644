//! How does a developer read the OpenAPI document in a browser?
//!
//! Serves Swagger UI from files that are compiled in, for networks without the internet: nothing is loaded from elsewhere,
//! the online validator is switched off, and the content policy forbids both. Tokens typed in are not kept.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::{Data, Path};
use utoipa_swagger_ui::Config;

use super::arrival::Arrival;
use super::asking::Desk;
use crate::domain::problem::Code;

/// Allows this host alone; the viewer needs inline styles and images of its own.
const CONTENT_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'";

/// Holds what the viewer is told.
pub(super) struct Viewer(Arc<Config<'static>>);

impl Viewer {
    /// Makes a viewer of our own document.
    pub fn new() -> Self {
        let config = Config::from("/openapi.json")
            .validator_url("none")
            .persist_authorization(false);
        Self(Arc::new(config))
    }
}

/// Answers `GET /docs`.
pub(super) async fn entrance() -> HttpResponse {
    HttpResponse::PermanentRedirect()
        .insert_header((header::LOCATION, "/docs/"))
        .finish()
}

/// Answers `GET /docs/…`.
pub(super) async fn file(
    viewer: Data<Viewer>,
    desk: Data<Desk>,
    arrival: Arrival,
    path: Path<String>,
) -> HttpResponse {
    let Ok(Some(file)) = utoipa_swagger_ui::serve(&path, Arc::clone(&viewer.0)) else {
        return desk.problems.refuse(&arrival, Code::NotFound);
    };
    let mut response = HttpResponse::Ok();
    response
        .insert_header((header::CONTENT_TYPE, file.content_type))
        .insert_header((header::CONTENT_SECURITY_POLICY, CONTENT_POLICY));
    if file.gzpipped {
        response.insert_header((header::CONTENT_ENCODING, "gzip"));
    }
    response.body(file.bytes.into_owned())
}

#[cfg(test)]
mod tests;
