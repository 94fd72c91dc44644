//! What does one verification look like, from the officer's sign-in to the recorded answer, and what one registration of a birth?
//!
//! Calls issuer and gateway over HTTP as a province's system would, and prints question and answer for a person to read;
//! has the mock one-stop take a dossier for a birth; and gives the addresses and a `curl` line to go on with. Everybody
//! asked about is invented.

use std::time::Duration;

use anyhow::{Context as _, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mock_services::Running;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap};
use serde_json::{Value, json};

use super::folder::DataFolder;
use crate::app::App;

const OFFICER: &str = "001090000001";
const UNIT: &str = "H57.12";

/// How long the gateway may take to become ready: it has to fetch the issuer's keys.
const PATIENCE: Duration = Duration::from_secs(20);

/// Holds what the story is told with.
pub struct Story {
    http: reqwest::Client,
    api: String,
    operations: String,
    others: Vec<String>,
    issuer: String,
    control: String,
    registry: String,
    one_stop: String,
    client: String,
    secret: String,
}

fn is_well(asked: reqwest::Result<reqwest::Response>) -> bool {
    asked.is_ok_and(|answer| answer.status().is_success())
}

impl Story {
    /// Prepares the story.
    pub fn new(
        app: &App,
        others: &[App],
        mocks: &Running,
        client: &str,
        secret: &str,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            http: reqwest::Client::builder()
                .no_proxy()
                .timeout(Duration::from_secs(10))
                .build()?,
            api: format!("http://{}", app.api()),
            operations: format!("http://{}", app.operations()),
            others: others
                .iter()
                .map(|other| format!("http://{}", other.operations()))
                .collect(),
            issuer: mocks.issuer_url().to_owned(),
            control: mocks.control_url().to_owned(),
            registry: mocks.registry_url().to_owned(),
            one_stop: mocks.one_stop_url().to_owned(),
            client: client.to_owned(),
            secret: secret.to_owned(),
        })
    }

    /// Waits until every gateway says that it could answer.
    pub async fn wait_until_ready(&self) -> anyhow::Result<()> {
        let asking = async {
            let mut pause = tokio::time::interval(Duration::from_millis(20));
            for operations in std::iter::once(&self.operations).chain(&self.others) {
                let url = format!("{operations}/readyz");
                while !is_well(self.http.get(&url).send().await) {
                    pause.tick().await;
                }
            }
        };
        tokio::time::timeout(PATIENCE, asking)
            .await
            .context("the gateway didn't become ready")
    }

    /// Verifies the first persona and prints everything.
    pub async fn tell(&self, folder: &DataFolder) -> anyhow::Result<()> {
        let persona = self.persona().await?;
        let token = self.sign_in().await?;
        let of = |place| persona.pointer(place);
        let question = json!({
            "subject": {
                "pin": of("/pin"),
                "full_name": "Nguyễn Thị Mẫu",
                "date_of_birth": of("/date_of_birth"),
            },
            "claims": {
                "sex": of("/sex"),
                "permanent_residence": {
                    "province_code": of("/permanent_residence/province_code"),
                    "commune_code": of("/permanent_residence/commune_code"),
                },
            },
            "context": { "procedure": "1.001193", "dossier": "000.00.12.H57-260822-0001", "channel": "counter" },
        });
        let (headers, answer) = self.ask(&token, &question).await?;
        self.show(&question, &headers, &answer)?;
        self.register_a_birth().await?;
        self.show_addresses(folder);
        Ok(())
    }

    async fn persona(&self) -> anyhow::Result<Value> {
        let body = self
            .http
            .get(format!("{}/_mock/personas", self.control))
            .send()
            .await?
            .bytes()
            .await?;
        let personas: Value = serde_json::from_slice(&body)?;
        personas
            .pointer("/personas/0")
            .cloned()
            .context("the mock registry has no personas")
    }

    /// Has the mock one-stop register a birth at a commune's counter and prints what became of it.
    async fn register_a_birth(&self) -> anyhow::Result<()> {
        let (father, mother) = self.parents().await?;
        let dossier = json!({
            "procedure": "1.001193",
            "channel": "counter",
            "subjects": [
                {"role": "father", "subject": father},
                {"role": "mother", "subject": mother},
            ],
        });
        let url = format!("{}/_mock/one-stop/dossiers", self.control);
        let request = self.http.post(url).header(CONTENT_TYPE, "application/json");
        let answer = request.body(dossier.to_string()).send().await?;
        let taken: Value = serde_json::from_slice(&answer.bytes().await?)?;
        super::super::say(&self.birth(&taken));
        Ok(())
    }

    fn birth(&self, taken: &Value) -> String {
        let text = |pointer: &str| taken.pointer(pointer).and_then(Value::as_str).unwrap_or("–");
        let number = |pointer: &str| taken.pointer(pointer).and_then(Value::as_u64).unwrap_or_default();
        format!(
            "\nA father and a mother come to a commune's counter to register a birth; the one-stop has their dossier checked:\n\
             \x20 dossier        {}\n\
             \x20 decision       {}\n\
             \x20 papers         {} asked for, {} spared\n\
             \x20 confirmation   {}\n\
             \x20 the dossier    {}/dossiers/{}",
            text("/dossier"),
            text("/decision").to_uppercase(),
            number("/papers_asked"),
            number("/papers_spared"),
            text("/confirmation/public_url"),
            self.one_stop,
            text("/dossier"),
        )
    }

    /// Finds a couple with a small child, and names them as they would name themselves.
    async fn parents(&self) -> anyhow::Result<(Value, Value)> {
        let url = format!("{}/_mock/sample?count=500", self.control);
        let body = self.http.get(url).send().await?.bytes().await?;
        let sample: Value = serde_json::from_slice(&body)?;
        let people = sample
            .get("people")
            .and_then(Value::as_array)
            .context("no sample")?;
        people
            .iter()
            .filter_map(couple)
            .max_by(|one, other| one.0.cmp(&other.0))
            .map(|(_, father, mother)| (father, mother))
            .context("the mock registry has no couple with a child")
    }

    async fn sign_in(&self) -> anyhow::Result<String> {
        let basic = STANDARD.encode(format!("{}:{}", self.client, self.secret));
        let answer = self
            .http
            .post(format!("{}/token", self.issuer))
            .header(AUTHORIZATION, format!("Basic {basic}"))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(format!(
                "grant_type=client_credentials&officer={OFFICER}&unit={UNIT}"
            ))
            .send()
            .await?;
        let body: Value = serde_json::from_slice(&answer.bytes().await?)?;
        Ok(body
            .get("access_token")
            .and_then(Value::as_str)
            .context("the issuer gave no token")?
            .to_owned())
    }

    async fn ask(&self, token: &str, question: &Value) -> anyhow::Result<(HeaderMap, Value)> {
        let answer = self
            .http
            .post(format!("{}/v1/citizens/verify", self.api))
            .header(AUTHORIZATION, format!("Bearer {token}"))
            .header(CONTENT_TYPE, "application/json")
            .body(question.to_string())
            .send()
            .await?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let body: Value = serde_json::from_slice(&answer.bytes().await?)?;
        if !status.is_success() {
            bail!("the verification was refused: {status} {body}");
        }
        Ok((headers, body))
    }

    fn show(&self, question: &Value, headers: &HeaderMap, answer: &Value) -> anyhow::Result<()> {
        let header = |name: &str| {
            headers
                .get(name)
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default()
        };
        let lines = [
            "dancu — xác thực công dân thay cho sổ hộ khẩu giấy".to_owned(),
            "        a verification instead of the paper household book".to_owned(),
            String::new(),
            "An officer of a commune asks, for a birth registration (1.001193):".to_owned(),
            indented(&serde_json::to_string_pretty(question)?),
            String::new(),
            format!(
                "The answer: {}",
                answer
                    .get("outcome")
                    .and_then(Value::as_str)
                    .unwrap_or_default()
                    .to_uppercase()
            ),
            indented(&serde_json::to_string_pretty(answer)?),
            String::new(),
            format!("  Cache-Status  {}", header("cache-status")),
            format!("  RateLimit     {}", header("ratelimit")),
            "  The receipt names the row of the audit log that was durable before this answer went out."
                .to_owned(),
        ];
        super::super::say(&lines.join("\n"));
        Ok(())
    }

    fn show_addresses(&self, folder: &DataFolder) {
        let Self {
            api,
            operations,
            issuer,
            control,
            registry,
            one_stop,
            client,
            ..
        } = self;
        let data = folder.path().display();
        let secret_file = quoted(&folder.path().join("client-secret").display().to_string());
        let admin_file = quoted(&folder.path().join("admin-token").display().to_string());
        let lines = format!(
            r#"
Up until Ctrl-C:
  API            {api}     (reference: {api}/docs)
  operations     {operations}/metrics
  issuer         {issuer}
  mock registry  {registry}
  mock one-stop  {one_stop}/
  mock control   {control}/_mock/personas
  data           {data}

Try it (the person is invented, so is the officer):

  TOKEN=$(curl -s -u "{client}:$(cat {secret_file})" {issuer}/token \
      -d grant_type=client_credentials -d officer={OFFICER} -d unit={UNIT} \
      | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
  curl -s {api}/v1/citizens/verify -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -d '{{
      "subject": {{"pin": "100190000001", "full_name": "Nguyễn Thị Mẫu", "date_of_birth": "1990-04-12"}},
      "claims": {{"permanent_residence": {{"province_code": "25", "commune_code": "09106"}}}},
      "context": {{"procedure": "1.001193", "dossier": "000.00.12.H57-260822-0001", "channel": "counter"}}}}'

As an operator, stop this client and let it go on:

  ADMIN=$(cat {admin_file})
  curl -s -X POST {operations}/admin/v1/clients/{client}/suspend -H "Authorization: Bearer $ADMIN"
  curl -s -X POST {operations}/admin/v1/clients/{client}/resume -H "Authorization: Bearer $ADMIN"
"#
        );
        super::super::say(&lines);
    }
}

/// Finds the wife of a household's head, if this is one, with the birth date of their youngest child.
fn couple(person: &Value) -> Option<(String, Value, Value)> {
    let household = person.get("household")?;
    let is_father = person.get("pin") == household.get("head") && person.get("sex")? == "male";
    let members = household.get("members").filter(|_| is_father)?.as_array()?;
    let of = |relation: &str| {
        let is_so = |member: &&Value| member.get("relationship").is_some_and(|told| told == relation);
        members.iter().filter(is_so).max_by_key(|member| born(member))
    };
    Some((born(of("child")?), subject(person)?, subject(of("spouse")?)?))
}

fn born(member: &Value) -> String {
    member
        .get("date_of_birth")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

fn subject(member: &Value) -> Option<Value> {
    let [pin, name, born] = ["pin", "full_name", "date_of_birth"].map(|name| member.get(name));
    Some(json!({"pin": pin?, "full_name": name?, "date_of_birth": born?}))
}

/// Writes a text so that a shell takes it as one word, whatever is in it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

fn indented(text: &str) -> String {
    text.lines()
        .map(|line| format!("  {line}"))
        .collect::<Vec<_>>()
        .join("\n")
}
