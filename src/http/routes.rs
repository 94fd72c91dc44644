//! Which addresses does the API have?
//!
//! The whole table, on one screen. Registration, the OpenAPI document and the tests that hold the two together all read
//! it, so an address that isn't in it exists nowhere. A method that a row doesn't name is answered 405 with `Allow`;
//! `HEAD` goes wherever `GET` does. Whether a row needs a token is stated for the document; the handlers see to it.

use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{Resource, Route, guard};
use serde_json::Value;

use super::arrival::Arrival;
use super::asking::Desk;
use super::openapi::operations;
use super::problem::Problems;
use super::{
    checks, citizens, client, confirmations, docs, events, households, openapi, pages, procedures, quota,
};

/// Is a method that a row takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    Post,
}

impl Method {
    /// Gives what stands in `Allow`.
    pub fn allowed(self) -> &'static str {
        match self {
            Self::Get => "GET, HEAD",
            Self::Post => "POST",
        }
    }

    /// Gives the member of a path item in the OpenAPI document.
    pub fn member(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Post => "post",
        }
    }

    fn route(self) -> Route {
        match self {
            Self::Get => web::route().guard(guard::Any(guard::Get()).or(guard::Head())),
            Self::Post => web::post(),
        }
    }
}

/// Is one address with its method.
pub(super) struct Row {
    pub method: Method,
    pub path: &'static str,
    pub handler: fn(Route) -> Route,
    /// What the OpenAPI document says of it; nothing for what only pages need.
    pub described: Option<fn(&Problems) -> Value>,
}

/// Lists every address; a literal path stands before the pattern that would swallow it.
pub(super) const TABLE: [Row; 26] = [
    Row {
        method: Method::Post,
        path: "/v1/citizens/verify",
        handler: |route| route.to(citizens::verify),
        described: Some(operations::verify),
    },
    Row {
        method: Method::Post,
        path: "/v1/citizens/lookup",
        handler: |route| route.to(citizens::lookup),
        described: Some(operations::lookup),
    },
    Row {
        method: Method::Post,
        path: "/v1/households/verify",
        handler: |route| route.to(households::verify),
        described: Some(operations::households::verify),
    },
    Row {
        method: Method::Post,
        path: "/v1/households/lookup",
        handler: |route| route.to(households::lookup),
        described: Some(operations::households::lookup),
    },
    Row {
        method: Method::Post,
        path: "/v1/checks",
        handler: |route| route.to(checks::check),
        described: Some(operations::checks::check),
    },
    Row {
        method: Method::Get,
        path: "/v1/checks/{id}",
        handler: |route| route.to(checks::show),
        described: Some(operations::checks::show),
    },
    Row {
        method: Method::Get,
        path: "/v1/fields",
        handler: |route| route.to(client::fields),
        described: Some(operations::fields),
    },
    Row {
        method: Method::Get,
        path: "/v1/client",
        handler: |route| route.to(client::client),
        described: Some(operations::client),
    },
    Row {
        method: Method::Get,
        path: "/v1/quota",
        handler: |route| route.to(quota::quota),
        described: Some(operations::quota),
    },
    Row {
        method: Method::Post,
        path: "/v1/confirmations/verify",
        handler: |route| route.to(confirmations::verify),
        described: Some(operations::confirmations::verify),
    },
    Row {
        method: Method::Get,
        path: "/v1/confirmations/{id}",
        handler: |route| route.to(confirmations::show),
        described: Some(operations::confirmations::show),
    },
    Row {
        method: Method::Get,
        path: "/v1/confirmations/{id}/document",
        handler: |route| route.to(confirmations::document),
        described: Some(operations::confirmations::document),
    },
    Row {
        method: Method::Get,
        path: "/v1/status-lists/{list}",
        handler: |route| route.to(confirmations::public::status_list),
        described: Some(operations::confirmations::status_list),
    },
    Row {
        method: Method::Get,
        path: "/c/{id}",
        handler: |route| route.to(confirmations::public::page),
        described: Some(operations::confirmations::page),
    },
    Row {
        method: Method::Get,
        path: "/.well-known/jwks.json",
        handler: |route| route.to(confirmations::public::keys),
        described: Some(operations::confirmations::keys),
    },
    Row {
        method: Method::Get,
        path: "/.well-known/jwt-vc-issuer",
        handler: |route| route.to(confirmations::public::issuer),
        described: Some(operations::confirmations::issuer),
    },
    Row {
        method: Method::Get,
        path: "/vct/residence-check",
        handler: |route| route.to(confirmations::public::credential_type),
        described: Some(operations::confirmations::credential_type),
    },
    Row {
        method: Method::Get,
        path: "/v1/procedures",
        handler: |route| route.to(procedures::list),
        described: Some(operations::catalogue::procedures),
    },
    Row {
        method: Method::Get,
        path: "/v1/procedures/{code}",
        handler: |route| route.to(procedures::one),
        described: Some(operations::catalogue::procedure),
    },
    Row {
        method: Method::Post,
        path: "/events/registry",
        handler: |route| route.to(events::receive),
        described: Some(operations::events::receive),
    },
    Row {
        method: Method::Get,
        path: "/problems",
        handler: |route| route.to(pages::problems),
        described: Some(operations::problems),
    },
    Row {
        method: Method::Get,
        path: "/problems/page.css",
        handler: |route| route.to(pages::stylesheet),
        described: None,
    },
    Row {
        method: Method::Get,
        path: "/problems/{code}",
        handler: |route| route.to(pages::problem),
        described: Some(operations::problem),
    },
    Row {
        method: Method::Get,
        path: "/openapi.json",
        handler: |route| route.to(openapi::serve),
        described: Some(operations::itself),
    },
    Row {
        method: Method::Get,
        path: "/docs",
        handler: |route| route.to(docs::entrance),
        described: None,
    },
    Row {
        method: Method::Get,
        path: "/docs/{file:.*}",
        handler: |route| route.to(docs::file),
        described: None,
    },
];

/// Registers every row.
pub(super) fn register(routes: &mut ServiceConfig) {
    for row in &TABLE {
        routes.service(resource(row));
    }
}

fn resource(row: &'static Row) -> Resource {
    let allowed = row.method.allowed();
    let refuse = move |desk: Data<Desk>, arrival: Arrival| async move {
        pages::method_not_allowed(&desk.problems, &arrival, allowed)
    };
    web::resource(row.path)
        .route((row.handler)(row.method.route()))
        .default_service(web::to(refuse))
}
