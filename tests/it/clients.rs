//! Who calls the gateway, and what is checked of every answer without a test asking for it?
//!
//! A `Role` signs in at the mock issuer when it first calls and keeps its token. Each answer is held to an allow-list of
//! headers, to the published document, and, if it refuses, to the shape of a problem; and everything sent and received is
//! told to the canary.

use std::collections::HashMap;
use std::sync::Mutex;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::gateway::Gateway;

/// Every header that an answer of the API may carry.
const ALLOWED_HEADERS: [&str; 22] = [
    "age",
    "allow",
    "cache-control",
    "cache-status",
    "connection",
    "content-disposition",
    "content-language",
    "content-length",
    "content-security-policy",
    "content-type",
    "date",
    "location",
    "ratelimit",
    "ratelimit-policy",
    "referrer-policy",
    "retry-after",
    "traceparent",
    "transfer-encoding",
    "vary",
    "www-authenticate",
    "x-content-type-options",
    "x-request-id",
];

/// Holds the tokens that were given, by what was asked for.
pub struct SignedIn {
    secret: String,
    tokens: Mutex<HashMap<String, String>>,
}

impl SignedIn {
    pub fn new(secret: String) -> Self {
        Self {
            secret,
            tokens: Mutex::default(),
        }
    }

    /// Gives the same people to another gateway.
    pub fn again(&self) -> Self {
        Self::new(self.secret.clone())
    }

    /// Has everybody sign in anew.
    pub fn forget(&self) {
        self.tokens.lock().unwrap().clear();
    }
}

/// Who calls.
#[derive(Clone)]
pub struct Role<'g> {
    gateway: &'g Gateway,
    credential: Credential,
    headers: Vec<(String, String)>,
}

#[derive(Clone)]
enum Credential {
    None,
    Token(String),
    SignIn {
        client: String,
        form: Vec<(String, String)>,
    },
}

impl<'g> Role<'g> {
    pub fn anonymous(gateway: &'g Gateway) -> Self {
        Self {
            gateway,
            credential: Credential::None,
            headers: Vec::new(),
        }
    }

    pub fn of_client(gateway: &'g Gateway, id: &str) -> Self {
        let credential = Credential::SignIn {
            client: id.to_owned(),
            form: Vec::new(),
        };
        Self {
            gateway,
            credential,
            headers: Vec::new(),
        }
    }

    /// Signs in as this officer.
    pub fn officer(self, number: &str) -> Self {
        self.gateway.canary.watch("officer", number);
        self.form("officer", number)
    }

    /// Signs in at this office.
    pub fn unit(self, unit: &str) -> Self {
        self.form("unit", unit)
    }

    /// Signs in for these scopes only.
    pub fn scope(self, scope: &str) -> Self {
        self.form("scope", scope)
    }

    /// Signs in with a field of the mock issuer's form: `lifetime`, `alg`, `typ`, `omit`, …
    pub fn form(mut self, field: &str, value: &str) -> Self {
        if let Credential::SignIn { form, .. } = &mut self.credential {
            form.push((field.to_owned(), value.to_owned()));
        }
        self
    }

    /// Comes with this token, whatever it is.
    pub fn with_token(mut self, token: &str) -> Self {
        self.credential = Credential::Token(token.to_owned());
        self
    }

    /// Sends this header with every call.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Gives the token that the role calls with; nothing for who has none.
    pub async fn token(&self) -> Option<String> {
        match &self.credential {
            Credential::None => None,
            Credential::Token(token) => Some(token.clone()),
            Credential::SignIn { client, form } => Some(self.signed_in(client, form).await),
        }
    }

    async fn signed_in(&self, client: &str, form: &[(String, String)]) -> String {
        let SignedIn { secret, tokens } = &self.gateway.signed_in;
        let fields = form
            .iter()
            .map(|(name, value)| format!("&{name}={}", value.replace(' ', "+")));
        let body = format!("grant_type=client_credentials{}", fields.collect::<String>());
        let name = format!("{client} {body}");
        let held = tokens.lock().unwrap().get(&name).cloned();
        if let Some(token) = held {
            return token;
        }
        let basic = STANDARD.encode(format!("{client}:{secret}"));
        let request = self
            .gateway
            .http
            .post(format!("{}/token", self.gateway.mocks().issuer_url()));
        let request = request
            .header("Authorization", format!("Basic {basic}"))
            .header("Content-Type", "application/x-www-form-urlencoded");
        let answer = request.body(body).send().await.unwrap().text().await.unwrap();
        let answer: Value = serde_json::from_str(&answer).unwrap();
        let token = answer["access_token"]
            .as_str()
            .unwrap_or_else(|| panic!("no token: {answer}"))
            .to_owned();
        tokens.lock().unwrap().insert(name, token.clone());
        token
    }

    /// Verifies a person.
    pub async fn verify(&self, body: &Value) -> Answer {
        self.post("/v1/citizens/verify", body).await
    }

    /// Looks a person up.
    pub async fn lookup(&self, body: &Value) -> Answer {
        self.post("/v1/citizens/lookup", body).await
    }

    /// Posts JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.gateway.canary.watch_question(body);
        self.post_bytes(path, body.to_string().into_bytes()).await
    }

    /// Posts whatever it is as JSON.
    pub async fn post_bytes(&self, path: &str, body: Vec<u8>) -> Answer {
        let has_type = self
            .headers
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        self.call(Method::POST, path, |request| {
            let request = if has_type {
                request
            } else {
                request.header("Content-Type", "application/json")
            };
            request.body(body)
        })
        .await
    }

    /// Gets what is there.
    pub async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, |request| request).await
    }

    /// Calls, and checks of the answer what every answer must be.
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        complete: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> Answer {
        let url = format!("{}{path}", self.gateway.api());
        let mut request = self.gateway.http.request(method.clone(), url);
        if let Some(token) = self.token().await {
            // The signature alone: no part of the log may hold it, whatever the rest looks like.
            if let Some(signature) = token.rsplit('.').next() {
                self.gateway.canary.watch("token", signature);
            }
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let answer = Answer::of(complete(request).send().await.unwrap()).await;
        answer.check(path);
        self.gateway.contract.check(&method, path, &answer);
        self.gateway.canary.heard_answer(&answer);
        answer
    }
}

/// What came back.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
    /// The body as JSON; null where it isn't.
    pub body: Value,
}

impl Answer {
    pub async fn of(response: reqwest::Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.bytes().await.unwrap().to_vec();
        let body = serde_json::from_slice(&bytes).unwrap_or_default();
        Self {
            status,
            headers,
            bytes,
            body,
        }
    }

    /// Gives a header's text, empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Gives a text of the body.
    pub fn text(&self, pointer: &str) -> &str {
        self.body
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// Tells the outcome of an answer, or the code of a problem.
    pub fn told(&self) -> &str {
        if self.status == 200 {
            self.text("/outcome")
        } else {
            self.text("/code")
        }
    }

    /// Demands this status and outcome or code.
    #[track_caller]
    pub fn must_be(&self, status: u16, told: &str) {
        assert_eq!((self.status, self.told()), (status, told), "{:#}", self.body);
    }

    /// Names the headers, in order, without those that HTTP itself adds.
    pub fn header_names(&self) -> Vec<String> {
        let mut names: Vec<_> = self.headers.keys().map(|name| name.as_str().to_owned()).collect();
        names.sort();
        names
    }

    #[track_caller]
    pub fn check(&self, path: &str) {
        for name in self.headers.keys() {
            assert!(
                ALLOWED_HEADERS.contains(&name.as_str()),
                "{path} answers with the header {name}"
            );
        }
        let id = self.header("x-request-id");
        assert!(
            (1..=64).contains(&id.len()),
            "{path} answers without a request id"
        );
        assert_eq!(self.header("x-content-type-options"), "nosniff");
        // What everybody may fetch and keep for a while.
        let is_for_all = path.starts_with("/v1/status-lists/") && self.status == 200;
        if path.starts_with("/v1/") && !is_for_all {
            assert_eq!(self.header("cache-control"), "no-store", "{path} {}", self.status);
        }
        if self.status >= 400 {
            self.check_problem(path);
        } else if path.starts_with("/v1/citizens/") || path.starts_with("/v1/households/") {
            assert_eq!(self.header("content-type"), "application/json");
            assert!(!self.text("/transaction_id").is_empty() && !self.text("/receipt").is_empty());
        }
    }

    #[track_caller]
    fn check_problem(&self, path: &str) {
        let problem = &self.body;
        assert_eq!(
            self.header("content-type"),
            "application/problem+json",
            "{path} {}",
            self.status
        );
        for member in ["type", "title", "detail", "code", "advice", "transaction_id"] {
            assert!(
                !self.text(&format!("/{member}")).is_empty(),
                "no {member}: {problem:#}"
            );
        }
        assert_eq!(problem["status"], json!(self.status), "{problem:#}");
        assert!(problem["retryable"].is_boolean(), "{problem:#}");
        assert!(
            ["caller", "gateway", "registry"].contains(&self.text("/source")),
            "{problem:#}"
        );
        assert!(
            self.text("/type")
                .ends_with(&format!("/problems/{}", self.text("/code"))),
            "{problem:#}"
        );
        assert_eq!(
            problem.get("errors").is_some(),
            problem["code"] == "invalid_request",
            "{problem:#}"
        );
        for error in problem["errors"].as_array().into_iter().flatten() {
            assert!(
                ["pointer", "code", "detail"]
                    .iter()
                    .all(|member| error[*member].is_string()),
                "{error}"
            );
        }
        assert_eq!(
            problem.get("violated-policies").is_some(),
            self.status == 429,
            "{problem:#}"
        );
        assert_eq!(
            self.headers.contains_key("retry-after"),
            [429, 503].contains(&self.status),
            "{problem:#}"
        );
        if self.status == 401 {
            assert!(
                self.header("www-authenticate").starts_with("Bearer realm="),
                "{problem:#}"
            );
        }
        assert!(["vi", "en"].contains(&self.header("content-language")));
    }
}

/// Asks about a person for the usual work.
pub fn question(subject: &Value, claims: &Value) -> Value {
    json!({"subject": subject, "claims": claims, "context": context()})
}

/// Asks for fields of a person for the usual work.
pub fn fields_of(subject: &Value, fields: &[&str]) -> Value {
    json!({"subject": subject, "fields": fields, "context": context()})
}

/// The usual work: the registration of a birth.
pub fn context() -> Value {
    json!({"procedure": "1.001193", "dossier": "000.00.12.H57-260822-0001", "channel": "counter"})
}

/// The first persona.
pub fn p01() -> Value {
    json!({"pin": "100190000001", "full_name": "Nguyễn Thị Mẫu", "date_of_birth": "1990-04-12"})
}
