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
        if response.get("content").is_none() {
            assert!(
                answer.bytes.is_empty(),
                "{method} {path} answers more than is described"
            );
            return;
        }
        let kind = answer
            .header("content-type")
            .split(';')
            .next()
            .unwrap_or_default();
        let media = response["content"]
            .get(kind)
            .unwrap_or_else(|| panic!("{method} {path}: {kind} isn't described"));
        if kind == "application/x-ndjson" {
            for line in answer.bytes.split(|byte| *byte == b'\n') {
                let line = if line.is_empty() {
                    continue;
                } else {
                    serde_json::from_slice(line).unwrap()
                };
                if let Err(wrong) = self.valid(&media["schema"], &line, "") {
                    panic!("{method} {path} {}: {wrong}: {line:#}", answer.status);
                }
            }
        } else if kind.ends_with("json")
            && let Err(wrong) = self.valid(&media["schema"], &answer.body, "")
        {
            panic!("{method} {path} {}: {wrong}: {:#}", answer.status, answer.body);
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

mod tests {
    use std::time::Duration;

    use futures_util::future::join_all;
    use serde_json::json;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;

    use super::*;
    use crate::clients::{Role, p01, question};
    use crate::gateway::{CLIENT, Gateway};

    const OFFICER: &str = "001090000001";

    /// What no caller can bring about, with why it is listed all the same.
    const NOT_FROM_OUTSIDE: [(u16, &str, &str); 2] = [
        (500, "internal_error", "a bug, and none is known"),
        (
            503,
            "audit_unavailable",
            "the audit store fails: see the tests that take the disk away",
        ),
    ];

    fn asked() -> Value {
        question(&p01(), &json!({"sex": "female"}))
    }

    fn somebody(number: usize) -> Value {
        let pin = format!("1001900{number:05}");
        question(
            &json!({"pin": pin, "full_name": "Nguyễn Thị Mẫu", "date_of_birth": "1990-04-12"}),
            &json!({}),
        )
    }

    #[derive(Default)]
    struct Seen(BTreeSet<(u16, String)>);

    impl Seen {
        fn note(&mut self, answer: &Answer) {
            if answer.status != 200 {
                self.0.insert((answer.status, answer.told().to_owned()));
            }
        }

        async fn verify(&mut self, role: &Role<'_>, body: &Value) {
            self.note(&role.verify(body).await);
        }
    }

    async fn from_callers(seen: &mut Seen) {
        let gateway = Gateway::builder()
            .stranger("stranger")
            .client("suspended", &[("status", "\"suspended\"")])
            .client("expired", &[("status", "\"expired\"")])
            .client("narrow", &[("procedures", "[\"1.000894\"]")])
            .client("bound", &[("status", "\"active\"\nthumbprints = [\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"]")])
            .client("spent", &[("limits", "{ officer_per_second = 1, rate_per_second = 1, burst = 1, concurrency = 1, per_day = 1, per_month = 1 }")])
            .setting("api.body_timeout", "50ms")
            .start()
            .await;
        let officer = gateway.officer(OFFICER);
        let of = |client: &str| gateway.client(client).officer(OFFICER);
        let roles = [
            gateway.anonymous(),
            gateway.anonymous().with_token("garbage"),
            officer.clone().form("lifetime", "-3600"),
            of("stranger"),
            of("suspended"),
            of("expired"),
            of("narrow"),
            of("bound"),
            officer.clone().scope("citizens.lookup"),
            gateway.client(CLIENT),
            officer.clone().unit("H99.1"),
            officer.clone().header("Accept", "text/html"),
            officer.clone().header("Content-Type", "text/plain"),
            officer.clone().header("Cache-Control", "only-if-cached"),
            officer.clone().header("X-Padding", &"p".repeat(20_000)),
        ];
        for role in &roles {
            seen.verify(role, &asked()).await;
        }
        let mut unknown = asked();
        unknown["context"]["procedure"] = json!("9.999999");
        seen.verify(&officer, &unknown).await;
        seen.verify(&officer, &json!({})).await;
        seen.note(&officer.post_bytes("/v1/citizens/verify", b"{".to_vec()).await);
        seen.note(
            &officer
                .post_bytes("/v1/citizens/verify", vec![b' '; 70_000])
                .await,
        );
        let keyed = officer.clone().header("Idempotency-Key", "k");
        keyed.verify(&asked()).await.must_be(200, "confirmed");
        seen.verify(&keyed, &somebody(1)).await;
        // The first takes the day's one call; the next comes at once, and one when a second has gone by.
        for _ in 0..3 {
            seen.verify(&of("spent"), &asked()).await;
        }
        gateway.advance(Duration::from_secs(5));
        seen.verify(&of("spent"), &asked()).await;
        seen.0
            .insert(never_finished(&gateway, &officer.token().await.unwrap()).await);
        gateway.finish().await;
    }

    /// Sends the head of a request and no body.
    async fn never_finished(gateway: &Gateway, token: &str) -> (u16, String) {
        let host = gateway.api().trim_start_matches("http://").to_owned();
        let mut connection = TcpStream::connect(&host).await.unwrap();
        let head = format!(
            "POST /v1/citizens/verify HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nContent-Length: 100\r\nConnection: close\r\n\r\n"
        );
        connection.write_all(head.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        connection.read_to_end(&mut answer).await.unwrap();
        let answer = String::from_utf8(answer).unwrap();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        let body: Value = serde_json::from_str(body).unwrap();
        (status, body["code"].as_str().unwrap().to_owned())
    }

    async fn from_the_surroundings(seen: &mut Seen) {
        let gateway = Gateway::builder()
            .setting("registry.attempt_timeout", "200ms")
            .setting("registry.deadline", "500ms")
            .setting("auth.keys_kept_for", "6m")
            .start()
            .await;
        let officer = gateway.officer(OFFICER);
        let kinds = [
            json!({"kind": "html_200"}),
            json!({"kind": "soap_fault", "code": "LICENCE"}),
            json!({"kind": "soap_fault", "code": "MAINTENANCE"}),
            json!({"kind": "status", "status": 503}),
            json!({"kind": "hang"}),
        ];
        for (number, mut kind) in kinds.into_iter().enumerate() {
            kind["service"] = json!("registry");
            gateway.no_faults().await;
            gateway.fault(kind).await;
            seen.verify(&officer, &somebody(number)).await;
        }
        let keyed = officer.clone().header("Idempotency-Key", "k");
        let body = somebody(10);
        let answers = join_all((0..3).map(|_| keyed.verify(&body))).await;
        answers.iter().for_each(|answer| seen.note(answer));
        gateway
            .fault(json!({"service": "issuer", "operation": "jwks", "kind": "status"}))
            .await;
        gateway.advance(Duration::from_secs(3600));
        seen.verify(&officer, &asked()).await;
        gateway.finish().await;
    }

    async fn from_too_much(seen: &mut Seen) {
        let gateway = Gateway::builder()
            .setting("api.most_under_way", "2")
            .setting("registry.calls_per_second", "1")
            .setting("registry.calls_at_once", "1")
            .start()
            .await;
        gateway
            .fault(json!({"service": "registry", "kind": "delay", "delay_ms": 300}))
            .await;
        let officer = gateway.officer(OFFICER);
        officer.token().await;
        let bodies: Vec<_> = (0..5).map(somebody).collect();
        for answer in join_all(bodies.iter().map(|body| officer.verify(body))).await {
            seen.note(&answer);
        }
        for number in 10..40 {
            seen.verify(&officer, &somebody(number)).await;
        }
        gateway.finish().await;
        let gateway = Gateway::builder()
            .limits(&[("officers_per_subject", 1), ("failed.per_officer", 1)])
            .start()
            .await;
        let (officer, colleague) = (gateway.officer(OFFICER), gateway.officer("001090000002"));
        seen.verify(&officer, &asked()).await;
        seen.verify(&colleague, &asked()).await;
        let mut wrong = p01();
        wrong["full_name"] = json!("Nguyễn Thị Mận");
        for _ in 0..2 {
            seen.verify(&officer, &question(&wrong, &json!({}))).await;
        }
        gateway.finish().await;
    }

    #[actix_web::test]
    async fn every_refusal_that_is_listed_for_a_verification_can_arise() {
        let mut seen = Seen::default();
        from_callers(&mut seen).await;
        from_the_surroundings(&mut seen).await;
        from_too_much(&mut seen).await;
        let mut listed = Contract::published().refusals(&Method::POST, "/v1/citizens/verify");
        for (status, code, why) in NOT_FROM_OUTSIDE {
            assert!(
                listed.remove(&(status, code.to_owned())),
                "{code} isn't listed any more: {why}"
            );
        }
        assert_eq!(
            listed.difference(&seen.0).collect::<Vec<_>>(),
            Vec::<&(u16, String)>::new()
        );
        assert_eq!(
            seen.0.difference(&listed).collect::<Vec<_>>(),
            Vec::<&(u16, String)>::new()
        );
    }

    #[actix_web::test]
    async fn the_served_document_is_the_printed_one() {
        let gateway = Gateway::start().await;
        let answer = gateway.anonymous().get("/openapi.json").await;
        let printed = dancu::http::openapi::document(&gateway.api()).unwrap();
        assert_eq!(answer.body, serde_json::from_str::<Value>(&printed).unwrap());
        let page = gateway.anonymous().get("/problems").await;
        assert_eq!(page.status, 200);
        gateway.finish().await;
    }

    #[test]
    fn an_answer_that_isn_t_described_is_caught() {
        let contract = Contract::published();
        let schema = json!({"$ref": "#/components/schemas/FieldList"});
        let whole = contract.valid(&schema, &json!({"fields": ["sex"]}), "");
        assert_eq!(whole, Ok(()));
        for wrong in [
            json!({}),
            json!({"fields": "sex"}),
            json!({"fields": [1]}),
            json!({"fields": [], "extra": 1}),
        ] {
            assert!(contract.valid(&schema, &wrong, "").is_err(), "{wrong}");
        }
    }
}
