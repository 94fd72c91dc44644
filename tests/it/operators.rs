//! Which operators does a gateway under test have, and how do they call it?
//!
//! One for each role, one with all, one whose time is over. Their answers are checked as those of the API are, and their
//! tokens are watched by the canary.

use std::collections::BTreeMap;

use aws_lc_rs::digest;
use reqwest::Method;
use serde_json::Value;

use crate::clients::Answer;
use crate::gateway::Gateway;

/// Each operator with the roles and the end of the token.
const OPERATORS: [(&str, &str, &str); 5] = [
    ("viewer", r#"["viewer"]"#, "2036-01-01T00:00:00+07:00"),
    ("operator", r#"["operator"]"#, "2036-01-01T00:00:00+07:00"),
    ("auditor", r#"["auditor"]"#, "2036-01-01T00:00:00+07:00"),
    (
        "all",
        r#"["viewer", "operator", "auditor"]"#,
        "2036-01-01T00:00:00+07:00",
    ),
    (
        "expired",
        r#"["viewer", "operator"]"#,
        "2026-01-01T00:00:00+07:00",
    ),
];

/// Draws a token for each operator.
pub fn tokens() -> BTreeMap<String, String> {
    let token = || {
        let mut bytes = [0; 32];
        aws_lc_rs::rand::fill(&mut bytes).unwrap();
        hex(&bytes)
    };
    OPERATORS
        .iter()
        .map(|(name, ..)| ((*name).to_owned(), token()))
        .collect()
}

/// Writes the operators' file.
pub fn file(tokens: &BTreeMap<String, String>) -> String {
    let entry = |(name, roles, expires): &(&str, &str, &str)| {
        let hash = hex(digest::digest(&digest::SHA256, tokens[*name].as_bytes()).as_ref());
        format!(
            "[[operator]]\nname = \"{name}\"\ntoken_sha256 = \"{hash}\"\nroles = {roles}\nexpires = \"{expires}\"\n"
        )
    };
    OPERATORS.iter().map(entry).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Is somebody at the operations listener.
pub struct Operator<'g> {
    gateway: &'g Gateway,
    authorization: Option<String>,
}

impl<'g> Operator<'g> {
    /// Comes with a token.
    pub fn with(gateway: &'g Gateway, token: &str) -> Self {
        Self::saying(gateway, Some(&format!("Bearer {token}")))
    }

    /// Comes with this `Authorization` header, or without any.
    pub fn saying(gateway: &'g Gateway, authorization: Option<&str>) -> Self {
        Self {
            gateway,
            authorization: authorization.map(str::to_owned),
        }
    }

    /// Gets what is there.
    pub async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, &Value::Null).await
    }

    /// Puts JSON there.
    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        self.call(Method::PUT, path, body).await
    }

    /// Posts JSON, or nothing where it is null.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.call(Method::POST, path, body).await
    }

    /// Deletes what is there.
    pub async fn delete(&self, path: &str, body: &Value) -> Answer {
        self.call(Method::DELETE, path, body).await
    }

    /// Gets what is there, naming another host.
    pub async fn get_as(&self, path: &str, host: &str) -> Answer {
        self.send(Method::GET, path, &Value::Null, Some(host)).await
    }

    /// Calls an address below `/admin/v1`.
    pub async fn call(&self, method: Method, path: &str, body: &Value) -> Answer {
        self.send(method, path, body, None).await
    }

    async fn send(&self, method: Method, path: &str, body: &Value, host: Option<&str>) -> Answer {
        let url = format!("{}/admin/v1{path}", self.gateway.operations());
        let mut request = self.gateway.http.request(method, url);
        if let Some(host) = host {
            request = request.header("Host", host);
        }
        if let Some(authorization) = &self.authorization {
            request = request.header("Authorization", authorization);
        }
        if !body.is_null() {
            request = request
                .header("Content-Type", "application/json")
                .body(body.to_string());
        }
        let answer = Answer::of(request.send().await.unwrap()).await;
        answer.check(&format!("/v1/admin{path}"));
        self.gateway.canary.heard_answer(&answer);
        answer
    }
}
