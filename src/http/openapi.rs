//! What is the API, told to machines?
//!
//! Builds the OpenAPI 3.1 document: schemas from the descriptions in `wire::schemas`, operations from the rows of the
//! route table, so that neither can hold what the other lacks. The document is the same on every gateway; it is written
//! once at the start, served at `/openapi.json` and printed by `dancu openapi`.

pub(super) mod examples;
pub(super) mod operations;

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::{Bytes, Data};
use serde_json::{Map, Value, json};
use utoipa::OpenApi;

use super::problem::Problems;
use super::routes::TABLE;
use super::texts::Missing;
use super::wire::household::of_members;
use super::wire::request::fields_of;
use super::wire::{catalogue, check, confirmation, schemas};
use crate::auth::Scope;
use crate::domain::problem::Code;

#[derive(OpenApi)]
#[openapi(components(schemas(
    schemas::VerifyRequest,
    schemas::LookupRequest,
    schemas::VerifyReply,
    schemas::LookupReply,
    schemas::households::HouseholdVerifyRequest,
    schemas::households::HouseholdLookupRequest,
    schemas::households::HouseholdVerifyReply,
    schemas::households::HouseholdLookupReply,
    schemas::FieldList,
    schemas::Registration,
    schemas::Quota,
    catalogue::Listed,
    schemas::Problem,
    check::schemas::CheckRequest,
    check::schemas::CheckReply,
    confirmation::Confirmation,
    confirmation::VerifyConfirmation,
    confirmation::ConfirmationVerdict,
)))]
struct Described;

/// Holds the document as it is served.
#[derive(Debug)]
pub(super) struct Document(Bytes);

impl Document {
    /// Writes the document.
    pub fn new(problems: &Problems, public_url: &str) -> Self {
        Self(described(problems, public_url).to_string().into())
    }
}

/// Answers `GET /openapi.json`.
pub(super) async fn serve(document: Data<Document>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/json"))
        .insert_header((header::CACHE_CONTROL, "max-age=300"))
        .body(document.0.clone())
}

/// Stands for a gateway's address where none is known.
pub const EXAMPLE_URL: &str = "https://dancu.example.vn";

/// Writes the OpenAPI document of a gateway that callers reach at `public_url`.
///
/// # Errors
/// Fails where a text that people read is missing.
pub fn document(public_url: &str) -> Result<String, Missing> {
    Ok(format!(
        "{:#}",
        described(&Problems::new(public_url)?, public_url)
    ))
}

fn described(problems: &Problems, public_url: &str) -> Value {
    json!({
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://spec.openapis.org/oas/3.1/dialect/base",
        "info": {
            "title": "dancu",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "Gateway to Viet Nam's National Population Database",
            "description": INTRODUCTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": public_url}],
        "tags": [
            {"name": "citizens", "description": "Questions about one person, for an administrative procedure."},
            {"name": "checks", "description": "What a dossier still needs, in place of papers."},
            {"name": "procedures", "description": "What each administrative procedure needs to know of whom, and on what ground."},
            {"name": "households", "description": "Questions about a person's household and residence."},
            {"name": "confirmations", "description": "What goes into a dossier in place of a paper, and whether it still holds."},
            {"name": "caller", "description": "The calling system's view of its own registration."},
            {"name": "registry", "description": "For the population register itself."},
            {"name": "documentation", "description": "Open to everybody, without a token."},
        ],
        "security": [{"bearer": []}],
        "paths": paths(problems),
        "components": {
            "schemas": component_schemas(),
            "headers": operations::component_headers(),
            "parameters": operations::component_parameters(),
            "securitySchemes": security_schemes(),
        },
    })
}

const INTRODUCTION: &str = "Everything about a person goes by `POST` body; nothing personal ever stands in an address or a \
header. Names that are close are never a match: spelling that means the same name is listed in `differences`. Who can't name \
the person by number, full name and birth date gets one uniform `no_match`. A refusal is a problem document (RFC 9457) with \
a stable `code`; texts for people come in Vietnamese or English by `Accept-Language`. Every answer was recorded before it \
was sent; its `receipt` proves it.";

fn paths(problems: &Problems) -> Value {
    let mut paths = Map::new();
    for row in &TABLE {
        let Some(describe) = row.described else { continue };
        let item = paths.entry(row.path).or_insert_with(|| json!({}));
        if let Value::Object(item) = item {
            item.insert(row.method.member().to_owned(), describe(problems));
        }
    }
    Value::Object(paths)
}

/// Gives the schemas, with what the derived ones can't say.
fn component_schemas() -> Value {
    let components = Described::openapi()
        .components
        .map(|components| components.schemas);
    let mut schemas = serde_json::to_value(components).unwrap_or_default();
    let closed = [
        "VerifyRequest",
        "LookupRequest",
        "CheckRequest",
        "CheckSubject",
        "HouseholdVerifyRequest",
        "HouseholdLookupRequest",
        "Predicate",
        "Subject",
        "Claims",
        "Address",
        "Context",
        "VerifyConfirmation",
    ];
    for name in closed {
        insert(
            &mut schemas,
            &format!("/{name}"),
            "additionalProperties",
            json!(false),
        );
    }
    let either = json!([{"required": ["pin"]}, {"required": ["old_id_number"]}]);
    insert(&mut schemas, "/Subject", "oneOf", either);
    let codes: Vec<_> = Code::ALL.into_iter().map(Code::as_str).collect();
    insert(&mut schemas, "/Problem/properties/code", "enum", json!(codes));
    let scopes: Vec<_> = Scope::ALL.into_iter().map(Scope::as_str).collect();
    insert(
        &mut schemas,
        "/Registration/properties/scopes/items",
        "enum",
        json!(scopes),
    );
    insert(
        &mut schemas,
        "/LookupRequest/properties/fields/items",
        "enum",
        json!(examples::field_paths()),
    );
    insert(
        &mut schemas,
        "/LookupRequest/properties/fields",
        "uniqueItems",
        json!(true),
    );
    let paths: Vec<_> = examples::field_paths()
        .into_iter()
        .filter(|path| !fields_of(path).iter().any(|field| !of_members().contains(*field)))
        .collect();
    let of_lookup = "/HouseholdLookupRequest/properties/fields";
    insert(&mut schemas, &format!("{of_lookup}/items"), "enum", json!(paths));
    insert(&mut schemas, of_lookup, "uniqueItems", json!(true));
    insert(&mut schemas, "/Predicate", "oneOf", predicate_types());
    // A member that is left out isn't null: null is refused.
    for name in [
        "VerifyRequest",
        "Subject",
        "Claims",
        "Address",
        "VerifyReply",
        "LookupReply",
        "CheckRequest",
        "CheckSubject",
        "CheckReply",
        "Names",
        "Ground",
        "Predicate",
        "HouseholdVerifyReply",
        "HouseholdLookupReply",
        "Confirmation",
        "VerifyConfirmation",
        "ConfirmationVerdict",
        "Problem",
    ] {
        forbid_null(&mut schemas, name);
    }
    schemas
}

/// Says of each type of predicate which members it must have.
fn predicate_types() -> Value {
    let of = |name: &str, required: &[&str]| json!({"properties": {"type": {"const": name}}, "required": required});
    json!([
        of("same_household", &["person"]),
        of("head_of_household", &[]),
        of("relationship", &["person", "relationship"]),
        of("resides_in", &["commune_code"]),
        of("member_count", &[]),
    ])
}

fn insert(schemas: &mut Value, pointer: &str, member: &str, value: Value) {
    if let Some(Value::Object(schema)) = schemas.pointer_mut(pointer) {
        schema.insert(member.to_owned(), value);
    }
}

/// Turns "of this type or null", which is what an optional member is derived as, into "of this type".
fn forbid_null(schemas: &mut Value, name: &str) {
    let Some(Value::Object(members)) = schemas.pointer_mut(&format!("/{name}/properties")) else {
        return;
    };
    for member in members.values_mut() {
        let Value::Object(schema) = member else { continue };
        if let Some(Value::Array(types)) = schema.get("type") {
            let kept = types
                .iter()
                .find(|kind| *kind != "null")
                .cloned()
                .unwrap_or_default();
            schema.insert("type".to_owned(), kept);
        }
        let alternatives = schema.get("oneOf").and_then(Value::as_array);
        let kept =
            alternatives.and_then(|kinds| kinds.iter().find(|kind| kind.get("$ref").is_some()).cloned());
        if let Some(Value::Object(kept)) = kept {
            *schema = kept;
        }
    }
}

fn security_schemes() -> Value {
    let scopes: Vec<_> = Scope::ALL.into_iter().map(Scope::as_str).collect();
    json!({
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": format!(
                "An access token (RFC 9068) of the configured issuer, naming the calling system in `client_id`, the officer \
                 in `sub` and the office in `unit`. Scopes: {}. A client that is registered with certificates needs tokens \
                 bound to one of them (RFC 8705).",
                scopes.join(", ")
            ),
        },
        "certificate": {
            "type": "mutualTLS",
            "description": "The client certificate that the token is bound to, where the client is registered with one.",
        },
    })
}

#[cfg(test)]
pub(super) mod tests;
