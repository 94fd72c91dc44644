//! What can operators ask, told to machines?
//!
//! The OpenAPI document of the operations listener's `/admin`, made from the table of its addresses; served without a token
//! at `/admin/openapi.json`. Schemas are written by hand beside the wire whose members they list.

use serde_json::{Map, Value, json};

use super::TABLE;
use super::wire::{FAILED, LIMITS, MAINTENANCE, MESSAGE, PROCEDURE_LIMITS, REGISTRATION, REGISTRY};
use crate::auth::Role;

/// Is what is said of one operation.
pub(super) struct Described {
    id: &'static str,
    summary: &'static str,
    role: Role,
    takes: Option<&'static str>,
    gives: Option<&'static str>,
}

fn described(
    id: &'static str,
    summary: &'static str,
    role: Role,
    takes: Option<&'static str>,
    gives: Option<&'static str>,
) -> Described {
    Described {
        id,
        summary,
        role,
        takes,
        gives,
    }
}

pub(super) fn list_clients() -> Described {
    described(
        "listClients",
        "Who is registered?",
        Role::Viewer,
        None,
        Some("Clients"),
    )
}

pub(super) fn show_client() -> Described {
    described(
        "showClient",
        "How is this client registered?",
        Role::Viewer,
        None,
        Some("Client"),
    )
}

pub(super) fn put_client() -> Described {
    let summary = "Registers the client, or puts this in the place of its whole registration, of suspension and limits too.";
    described(
        "putClient",
        summary,
        Role::Operator,
        Some("Registration"),
        Some("Client"),
    )
}

pub(super) fn remove_client() -> Described {
    let summary = "Has the client be none any more, also where the file has it; 204.";
    described("removeClient", summary, Role::Operator, Some("Reason"), None)
}

pub(super) fn suspend_client() -> Described {
    let summary = "Switches the client off, from its next call on.";
    described(
        "suspendClient",
        summary,
        Role::Operator,
        Some("Reason"),
        Some("Client"),
    )
}

pub(super) fn resume_client() -> Described {
    let summary = "Switches the client on; one that is expired stays so.";
    described(
        "resumeClient",
        summary,
        Role::Operator,
        Some("Reason"),
        Some("Client"),
    )
}

pub(super) fn revert_client() -> Described {
    let summary = "Takes back everything that operators set of the client: the file counts again; 204 where it has none.";
    described(
        "revertClient",
        summary,
        Role::Operator,
        Some("Reason"),
        Some("Client"),
    )
}

pub(super) fn list_limits() -> Described {
    described(
        "listLimits",
        "How much may each client ask, and how much has it asked?",
        Role::Viewer,
        None,
        Some("AllLimits"),
    )
}

pub(super) fn show_limits() -> Described {
    described(
        "showLimits",
        "How much may this client ask, and how much has it asked?",
        Role::Viewer,
        None,
        Some("LimitsInForce"),
    )
}

pub(super) fn put_limits() -> Described {
    let summary = "Sets the client's limits, from its next call on; what it has used stays used.";
    described(
        "putLimits",
        summary,
        Role::Operator,
        Some("Limits"),
        Some("LimitsInForce"),
    )
}

pub(super) fn show_registry() -> Described {
    described(
        "showRegistry",
        "May the registry be asked, and how does it answer?",
        Role::Viewer,
        None,
        Some("Registry"),
    )
}

pub(super) fn put_registry() -> Described {
    let summary = "Closes the way to the registry, with a message to callers, or opens it; what is held goes on answering.";
    described(
        "putRegistry",
        summary,
        Role::Operator,
        Some("RegistryChange"),
        Some("Registry"),
    )
}

/// Writes the document.
pub(super) fn document() -> Value {
    let mut paths = Map::new();
    for address in &TABLE {
        let mut item = Map::new();
        for taken in address.taken {
            let member = taken.method.as_str().to_ascii_lowercase();
            item.insert(member, operation(&(taken.described)(), address.path));
        }
        paths.insert(format!("/admin{}", address.path), Value::Object(item));
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "dancu, for operators",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Clients, limits and the way to the registry, changed while the gateway runs. What operators set stands over the clients' file, \
                part by part, until it is taken back. Every call has its row in the audit log before it is answered; a change \
                that can't be recorded isn't made.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "security": [{"operator": []}],
        "paths": paths,
        "components": {
            "schemas": schemas(),
            "securitySchemes": {"operator": {
                "type": "http",
                "scheme": "bearer",
                "description": "An operator's token, whose SHA-256 stands in the operators' file. Roles: viewer, operator, auditor.",
            }},
        },
    })
}

fn operation(described: &Described, path: &str) -> Value {
    let role = described.role.as_str();
    let answer = |schema: &str| {
        let schema = json!({"$ref": format!("#/components/schemas/{schema}")});
        json!({"application/json": {"schema": schema}})
    };
    let problem = |what: &str| {
        let schema = json!({"$ref": "#/components/schemas/Problem"});
        json!({"description": what, "content": {"application/problem+json": {"schema": schema}}})
    };
    let mut responses = json!({
        "401": problem("No operator's token, or one whose time is over."),
        "403": problem("The role is missing: `scope_missing`, with the role in `scope`."),
        "406": problem("Only JSON can be had."),
        "503": problem("The audit log can't be written: nothing was done, or look whether it was."),
    });
    if let Value::Object(responses) = &mut responses {
        match described.gives {
            Some(schema) => {
                let found = json!({"description": "As it is now.", "content": answer(schema)});
                if described.id == "putClient" {
                    responses.insert("201".to_owned(), found.clone());
                }
                responses.insert("200".to_owned(), found);
            }
            None => {
                responses.insert("204".to_owned(), json!({"description": "Done."}));
            }
        }
        if described.id == "revertClient" {
            responses.insert(
                "204".to_owned(),
                json!({"description": "Done; the file has no such client."}),
            );
        }
        if path.contains("{id}") {
            responses.insert(
                "404".to_owned(),
                problem("There is no such client, or nothing to take back."),
            );
        }
        if described.takes.is_some() {
            responses.insert("400".to_owned(), problem("The body is no JSON text."));
            responses.insert("413".to_owned(), problem("The body is too large."));
            responses.insert("415".to_owned(), problem("The body isn't called JSON."));
            responses.insert(
                "422".to_owned(),
                problem("Everything that is wrong with the body, in `errors`."),
            );
        }
    }
    let mut operation = json!({
        "operationId": described.id,
        "summary": described.summary,
        "description": format!("Role `{role}`{}.", if role == "viewer" { " or `operator`" } else { "" }),
        "responses": responses,
    });
    if let Value::Object(operation) = &mut operation {
        if path.contains("{id}") {
            let id = json!({"name": "id", "in": "path", "required": true, "schema": {"type": "string"}});
            operation.insert("parameters".to_owned(), json!([id]));
        }
        if let Some(schema) = described.takes {
            let is_needed = schema != "Reason";
            operation.insert(
                "requestBody".to_owned(),
                json!({"required": is_needed, "content": answer(schema)}),
            );
        }
    }
    operation
}

fn schemas() -> Value {
    let text = json!({"type": "string"});
    let texts = json!({"type": "array", "items": {"type": "string"}});
    let count = json!({"type": "integer", "minimum": 0});
    let reason = json!({"type": "string", "maxLength": 300, "description": "Stands in the audit log. Nothing personal."});
    let of = |names: &[&str], special: &[(&str, &Value)], usual: &Value| -> Value {
        let member = |name: &&str| {
            let found = special.iter().find(|(known, _)| known == name);
            (
                (*name).to_owned(),
                found.map_or(usual, |(_, schema)| schema).clone(),
            )
        };
        Value::Object(names.iter().map(member).collect())
    };
    let failed =
        json!({"type": "object", "properties": of(&FAILED, &[], &count), "additionalProperties": false});
    let limits = of(&LIMITS, &[("failed", &failed), ("reason", &reason)], &count);
    let needed_limits = [
        "officer_per_second",
        "rate_per_second",
        "burst",
        "concurrency",
        "per_day",
        "per_month",
    ];
    let set = json!({"type": "object", "required": ["part", "operator", "at"], "properties": {
        "part": {"enum": ["registration", "limits", "suspension"]}, "operator": text, "at": text, "reason": reason,
    }});
    let special = [
        ("units", &texts),
        ("procedures", &texts),
        ("fields", &texts),
        ("scopes", &texts),
        ("thumbprints", &texts),
        ("accept_close_identity", &json!({"type": "boolean"})),
        ("status", &json!({"enum": ["active", "suspended", "expired"]})),
        ("limits", &json!({"$ref": "#/components/schemas/Limits"})),
        (
            "procedure_limits",
            &json!({"type": "object", "additionalProperties": {"$ref": "#/components/schemas/ProcedureLimits"}}),
        ),
        ("reason", &reason),
        ("in_file", &json!({"type": "boolean", "readOnly": true})),
        (
            "changes",
            &json!({"type": "array", "items": set, "readOnly": true}),
        ),
    ];
    let registration = of(&REGISTRATION, &special, &text);
    let needed = [
        "name",
        "province_code",
        "units",
        "procedures",
        "fields",
        "scopes",
        "status",
        "valid_from",
        "valid_until",
        "limits",
    ];
    let mut client = registration.clone();
    if let Value::Object(client) = &mut client {
        client.remove("reason");
    }
    let line = json!({"type": "string", "minLength": 1, "maxLength": 300, "description": "One line. Nothing personal: callers read it."});
    let message = json!({"type": "object", "additionalProperties": false, "required": ["vi"], "properties": of(&MESSAGE, &[], &line)});
    let until = json!({"type": "string", "format": "date-time", "description": "Ahead, at most 31 days; then it is over by itself."});
    let special = [
        ("on", &json!({"type": "boolean"})),
        ("message", &message),
        ("until", &until),
    ];
    let maintenance = of(&MAINTENANCE, &special, &text);
    let mut maintenance_now = maintenance.clone();
    if let Value::Object(members) = &mut maintenance_now {
        members.insert("set_by".to_owned(), text.clone());
        members.insert("since".to_owned(), text.clone());
        members.insert("reason".to_owned(), reason.clone());
        members.insert(
            "said_by_registry".to_owned(),
            json!({"type": "boolean", "description": "To its last call."}),
        );
    }
    let maintenance = json!({"type": "object", "additionalProperties": false, "required": ["on"], "properties": maintenance});
    let registry_change = of(&REGISTRY, &[("maintenance", &maintenance)], &reason);
    let moment = json!({"type": ["string", "null"]});
    let counted = json!({"type": "object", "properties": {"day": count, "month": count, "under_way": count}});
    json!({
        "Registration": {"type": "object", "additionalProperties": false, "required": needed, "properties": registration},
        "Limits": {"type": "object", "additionalProperties": false, "required": needed_limits, "properties": limits},
        "ProcedureLimits": {"type": "object", "additionalProperties": false, "properties": of(&PROCEDURE_LIMITS, &[], &count)},
        "Reason": {"type": "object", "additionalProperties": false, "properties": {"reason": reason}},
        "Client": {"type": "object", "required": ["id", "in_file", "changes"], "properties": client},
        "Clients": {"type": "object", "required": ["clients", "removed"], "properties": {
            "clients": {"type": "array", "items": {"$ref": "#/components/schemas/Client"}},
            "removed": {"type": "array", "items": {"type": "object", "properties": {
                "id": text, "operator": text, "at": text, "reason": reason,
            }}},
        }},
        "LimitsInForce": {"type": "object", "required": ["client_id", "limits", "used", "remaining", "in_force_since", "set_by"],
            "properties": {
                "client_id": text,
                "limits": {"$ref": "#/components/schemas/Limits"},
                "used": counted,
                "remaining": counted,
                "in_force_since": text,
                "set_by": {"type": "string", "description": "An operator's name, or `file`."},
                "reason": reason,
            }},
        "AllLimits": {"type": "object", "required": ["limits"], "properties": {
            "limits": {"type": "array", "items": {"$ref": "#/components/schemas/LimitsInForce"}},
        }},
        "RegistryChange": {"type": "object", "additionalProperties": false, "required": ["maintenance"], "properties": registry_change},
        "Registry": {"type": "object", "required": ["maintenance", "answering", "breakers", "room", "budget"], "properties": {
            "maintenance": {"type": "object", "required": ["on", "said_by_registry"], "properties": maintenance_now},
            "answering": {"type": "object", "properties": {
                "degraded": {"type": "boolean"}, "failures_in_a_row": count, "last_answer": moment, "last_failure": moment,
                "latency_ms": {"type": ["integer", "null"], "description": "What the last calls took on average."},
                "results": {"type": "object", "additionalProperties": count},
            }},
            "breakers": {"type": "object", "additionalProperties": {"enum": ["closed", "open", "half_open"]}},
            "room": {"type": "object", "properties": {
                "limit": count, "in_flight": count, "waiting": count, "batches_waiting": count,
            }},
            "budget": {"type": "object", "properties": {
                "apart": {"type": "boolean"}, "gateways": count, "waiting": count, "batches_waiting": count,
            }},
        }},
        "Problem": {"type": "object", "required": ["type", "title", "status", "code", "transaction_id"], "properties": {
            "type": text, "title": text, "status": {"type": "integer"}, "detail": text, "code": text, "source": text,
            "advice": text, "retryable": {"type": "boolean"}, "transaction_id": text, "scope": text,
            "errors": {"type": "array", "items": {"type": "object", "properties": {
                "pointer": text, "code": text, "detail": text,
            }}},
        }},
    })
}
