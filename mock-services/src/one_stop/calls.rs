//! How does the one-stop reach issuer, gateway and portal?
//!
//! Signs the officer in for each call, as an officer's session would be, and speaks the gateway's contract, written here a
//! second time. Always true: one dossier has one idempotency key, so that asking again decides nothing twice; a confirmation's
//! page is fetched from the gateway itself, wherever its address points. Deliberately absent: what to make of an answer.
//! What can't be had is `Failed`, with the problem as the gateway told it.

use std::collections::BTreeSet;
use std::time::Duration;

use actix_web::web::Bytes;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Map, Value, json};

use super::dossier::Dossier;
use crate::gateway::GatewayAddress;
use crate::start::OauthClient;

/// Longer than a check may take at the gateway.
const PATIENCE: Duration = Duration::from_secs(15);

/// The ways out.
pub struct Calls {
    http: Client,
    gateway: GatewayAddress,
    issuer: String,
    portal: String,
    client: OauthClient,
}

/// Why the gateway gave no answer.
#[derive(Debug, Clone, Default)]
pub struct Failed {
    /// The problem document, or null where the gateway can't be reached.
    pub problem: Value,
    /// Whether asking again may help.
    pub may_help_later: bool,
}

impl Failed {
    fn unreachable() -> Self {
        Self {
            problem: Value::Null,
            may_help_later: true,
        }
    }
}

impl Calls {
    /// Prepares the ways out; nothing is called yet.
    pub fn new(
        http: Client,
        gateway: GatewayAddress,
        issuer: String,
        portal: String,
        client: OauthClient,
    ) -> Self {
        Self {
            http,
            gateway,
            issuer,
            portal,
            client,
        }
    }

    /// Returns the unit that the one-stop works for.
    pub fn unit(&self) -> &str {
        self.client.units.first().map_or("", String::as_str)
    }

    /// Has the gateway check a dossier.
    pub(super) async fn check(&self, dossier: &Dossier, received_at: &str) -> Result<Value, Failed> {
        let question = json!({
            "context": {
                "procedure": dossier.procedure,
                "dossier": dossier.code,
                "channel": dossier.channel.as_str(),
            },
            "received_at": received_at,
            "subjects": dossier.subjects,
        });
        let url = self.at_gateway("/v1/checks")?;
        let request = self
            .http
            .post(url)
            .header("Content-Type", "application/json")
            .header("Idempotency-Key", &dossier.code)
            .body(question.to_string());
        self.answered(dossier, request).await
    }

    /// Reads a check again.
    pub(super) async fn read_check(&self, dossier: &Dossier, id: &str) -> Result<Value, Failed> {
        let url = self.at_gateway(&format!("/v1/checks/{id}"))?;
        self.answered(dossier, self.http.get(url)).await
    }

    /// Fetches the page of a check's confirmation.
    pub(super) async fn confirmation_page(&self, dossier: &Dossier, check: &Value) -> Option<Bytes> {
        let told = check.pointer("/confirmation/document_url")?.as_str()?;
        let url = self.at_gateway(path(told)?).ok()?;
        let token = self.sign_in(dossier).await.ok()?;
        let answer = self.send(self.http.get(url).bearer_auth(token)).await.ok()?;
        let is_there = answer.status().is_success();
        answer.bytes().await.ok().filter(|_| is_there)
    }

    /// Counts the papers that the citizen didn't have to show: of each role, those that a fact found in the register replaces;
    /// where any one of several would have done, that is one paper.
    pub(super) async fn papers_spared(&self, dossier: &Dossier, check: &Value) -> u64 {
        let catalogue = self.catalogue(dossier).await;
        let facts = check.get("facts").and_then(Value::as_array).into_iter().flatten();
        let spared: BTreeSet<(String, String)> = facts
            .filter(|fact| text(fact, "result") == "match")
            .filter_map(|fact| {
                let replaced = catalogue.get(&(text(fact, "role"), text(fact, "fact")))?;
                Some((text(fact, "role"), replaced.clone()))
            })
            .collect();
        u64::try_from(spared.len()).unwrap_or(u64::MAX)
    }

    /// Tells the portal; says whether it heard.
    pub(super) async fn report(&self, report: &Value) -> bool {
        let request = self
            .http
            .post(format!("{}/dossiers", self.portal))
            .header("Content-Type", "application/json")
            .body(report.to_string());
        self.send(request)
            .await
            .is_ok_and(|answer| answer.status().is_success())
    }

    // What each fact of each role replaces; facts that replace nothing are left out.
    async fn catalogue(&self, dossier: &Dossier) -> std::collections::BTreeMap<(String, String), String> {
        let entry = match self.at_gateway(&format!("/v1/procedures/{}", dossier.procedure)) {
            Ok(url) => self
                .answered(dossier, self.http.get(url))
                .await
                .unwrap_or_default(),
            Err(_) => Value::Null,
        };
        let list = |value: &Value, name: &str| {
            value
                .get(name)
                .and_then(Value::as_array)
                .cloned()
                .unwrap_or_default()
        };
        list(&entry, "roles")
            .iter()
            .flat_map(|role| {
                list(role, "facts")
                    .into_iter()
                    .map(|fact| (text(role, "role"), fact))
            })
            .filter_map(|(role, fact)| {
                let replaces = list(&fact, "replaces");
                let written = Value::from(replaces.clone()).to_string();
                (!replaces.is_empty()).then(|| ((role, text(&fact, "fact")), written))
            })
            .collect()
    }

    async fn answered(&self, dossier: &Dossier, request: RequestBuilder) -> Result<Value, Failed> {
        let token = self.sign_in(dossier).await?;
        let answer = self.send(request.bearer_auth(token)).await?;
        let status = answer.status();
        let body = answer.bytes().await.map_err(|_| Failed::unreachable())?;
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        if status.is_success() {
            return Ok(body);
        }
        let may_help_later = body
            .get("retryable")
            .and_then(Value::as_bool)
            .unwrap_or(status.is_server_error());
        Err(Failed {
            problem: body,
            may_help_later,
        })
    }

    async fn sign_in(&self, dossier: &Dossier) -> Result<String, Failed> {
        let OauthClient {
            client_id,
            client_secret,
            ..
        } = &self.client;
        let (officer, unit) = (&dossier.officer, &dossier.unit);
        let basic = STANDARD.encode(format!("{client_id}:{client_secret}"));
        let request = self
            .http
            .post(format!("{}/token", self.issuer))
            .header("Authorization", format!("Basic {basic}"))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(format!(
                "grant_type=client_credentials&officer={officer}&unit={unit}"
            ));
        let answer = self.send(request).await?;
        let body = answer.bytes().await.map_err(|_| Failed::unreachable())?;
        let body: Map<String, Value> = serde_json::from_slice(&body).unwrap_or_default();
        let token = body.get("access_token").and_then(Value::as_str);
        token.map(str::to_owned).ok_or_else(|| Failed {
            problem: Value::Object(body.clone()),
            may_help_later: false,
        })
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, Failed> {
        request
            .timeout(PATIENCE)
            .send()
            .await
            .map_err(|_| Failed::unreachable())
    }

    fn at_gateway(&self, path: &str) -> Result<String, Failed> {
        let gateway = self.gateway.get().ok_or_else(Failed::unreachable)?;
        Ok(format!("{gateway}{path}"))
    }
}

fn text(value: &Value, name: &str) -> String {
    value
        .get(name)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

// The path of an address, whole or not: the gateway may be known by another name than it calls itself.
fn path(url: &str) -> Option<&str> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.find('/').and_then(|at| rest.get(at..))
}
