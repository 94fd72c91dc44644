//! Is every answer one that the published document describes?
//!
//! `Contract` finds the operation and status of an answer in the document and holds body and headers to it. It knows as
//! much of JSON Schema as our document uses, and panics over a keyword that it doesn't know: nothing goes unchecked in
//! silence. An object's members must all be described.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Map, Value};

use crate::clients::Answer;

/// Keywords that describe without demanding anything that we check.
const REMARKS: [&str; 6] = [
    "description",
    "example",
    "examples",
    "format",
    "title",
    "propertyNames",
];

/// Headers that HTTP itself adds and no API describes.
const OF_HTTP: [&str; 5] = [
    "content-type",
    "content-length",
    "date",
    "connection",
    "transfer-encoding",
];

/// The published document.
pub struct Contract(Value);

impl Contract {
    pub fn published() -> Self {
        let document = dancu::http::openapi::document(dancu::http::openapi::EXAMPLE_URL).unwrap();
        Self(serde_json::from_str(&document).unwrap())
    }

    /// Demands that the document describes this answer.
    #[track_caller]
    pub fn check(&self, method: &Method, path: &str, answer: &Answer) {
        let path = path.split('?').next().unwrap_or_default();
        let Some(operation) = self.operation(method, path) else {
            return;
        };
        let Some(response) = operation["responses"].get(answer.status.to_string()) else {
            panic!(
                "{method} {path} answers {} and the document doesn't say so",
                answer.status
            );
        };
        self.check_headers(&response["headers"], answer);
        let kind = answer
            .header("content-type")
            .split(';')
            .next()
            .unwrap_or_default();
        let media = response["content"]
            .get(kind)
            .unwrap_or_else(|| panic!("{method} {path}: {kind} isn't described"));
        if kind.ends_with("json") {
            if let Err(wrong) = self.valid(&media["schema"], &answer.body, "") {
                panic!("{method} {path} {}: {wrong}: {:#}", answer.status, answer.body);
            }
        }
        if answer.status >= 400 {
            let code = answer.text("/code");
            assert!(
                media["examples"].get(code).is_some(),
                "{method} {path}: {code} isn't listed"
            );
        }
    }

    fn operation(&self, method: &Method, path: &str) -> Option<&Value> {
        let paths = self.0["paths"].as_object().unwrap();
        let described = paths.iter().find(|(template, _)| fits(template, path))?;
        described.1.get(method.as_str().to_lowercase())
    }

    /// Lists status and code of every refusal that the document has an operation give.
    pub fn refusals(&self, method: &Method, path: &str) -> BTreeSet<(u16, String)> {
        let operation = self.operation(method, path).unwrap();
        let mut refusals = BTreeSet::new();
        for (status, response) in operation["responses"].as_object().unwrap() {
            let examples = response.pointer("/content/application~1problem+json/examples");
            for code in examples
                .and_then(Value::as_object)
                .map(Map::keys)
                .into_iter()
                .flatten()
            {
                refusals.insert((status.parse().unwrap(), code.clone()));
            }
        }
        refusals
    }

    #[track_caller]
    fn check_headers(&self, described: &Value, answer: &Answer) {
        let described: BTreeSet<_> = described
            .as_object()
            .into_iter()
            .flat_map(Map::keys)
            .map(|name| name.to_lowercase())
            .collect();
        for name in answer.headers.keys().map(|name| name.as_str()) {
            let is_known = described.contains(name) || OF_HTTP.contains(&name);
            assert!(
                is_known,
                "{} {}: the header {name} isn't described",
                answer.status,
                answer.told()
            );
        }
    }

    fn valid(&self, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
        let Some(schema) = schema.as_object() else {
            return Err(format!("{at}: no schema"));
        };
        for (keyword, demand) in schema {
            self.demand(keyword, demand, schema, value).map_err(|wrong| {
                if wrong.starts_with('/') {
                    format!("{at}{wrong}")
                } else {
                    format!("{at}: {wrong}")
                }
            })?;
        }
        Ok(())
    }

    fn demand(
        &self,
        keyword: &str,
        demand: &Value,
        schema: &Map<String, Value>,
        value: &Value,
    ) -> Result<(), String> {
        let is_so = match keyword {
            "$ref" => {
                let pointer = demand.as_str().unwrap_or_default().trim_start_matches('#');
                let referred = self
                    .0
                    .pointer(pointer)
                    .ok_or_else(|| format!("{pointer} leads nowhere"))?;
                return self.valid(referred, value, "");
            }
            "type" => match demand {
                Value::Array(kinds) => kinds.iter().any(|kind| is_of(kind, value)),
                kind => is_of(kind, value),
            },
            "enum" => demand.as_array().is_some_and(|words| words.contains(value)),
            "oneOf" => {
                let choices = demand.as_array().into_iter().flatten();
                choices
                    .filter(|choice| self.valid(choice, value, "").is_ok())
                    .count()
                    == 1
            }
            "required" => {
                let names = demand.as_array().into_iter().flatten().filter_map(Value::as_str);
                let missing: Vec<_> = names.filter(|name| value.get(name).is_none()).collect();
                return if missing.is_empty() {
                    Ok(())
                } else {
                    Err(format!("{missing:?} missing"))
                };
            }
            "properties" => return self.members(demand, schema, value),
            "additionalProperties" => {
                let Value::Object(members) = value else {
                    return Ok(());
                };
                let described = schema.get("properties");
                for (name, member) in members {
                    if described.and_then(|described| described.get(name)).is_none() && demand.is_object() {
                        self.valid(demand, member, &format!("/{name}"))?;
                    }
                }
                true
            }
            "items" => {
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    self.valid(demand, item, &format!("/{index}"))?;
                }
                true
            }
            "minimum" => value.as_f64() >= demand.as_f64(),
            "uniqueItems" | "minItems" | "maxItems" | "minLength" | "maxLength" | "pattern" => true,
            keyword if REMARKS.contains(&keyword) => true,
            keyword => panic!("teach the checker {keyword}"),
        };
        if is_so {
            Ok(())
        } else {
            Err(format!("{value} isn't {keyword} {demand}"))
        }
    }

    fn members(&self, described: &Value, schema: &Map<String, Value>, value: &Value) -> Result<(), String> {
        for (name, member) in value.as_object().into_iter().flatten() {
            match described.get(name) {
                Some(schema) => self.valid(schema, member, &format!("/{name}"))?,
                None if schema.contains_key("additionalProperties") => {}
                None => return Err(format!("{name} isn't described")),
            }
        }
        Ok(())
    }
}

fn fits(template: &str, path: &str) -> bool {
    let (wanted, given): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
    wanted.len() == given.len()
        && wanted
            .iter()
            .zip(given)
            .all(|(wanted, given)| wanted.starts_with('{') || *wanted == given)
}

fn is_of(kind: &Value, value: &Value) -> bool {
    match kind.as_str().unwrap_or_default() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("no type {other}"),
    }
}
