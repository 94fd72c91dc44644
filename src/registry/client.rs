//! How does one call reach the registry and its answer come back?
//!
//! A pooled HTTPS client that trusts the configured authorities alone, follows no redirect and uses no proxy. Each call
//! spends a permit and is signed for its moment (`Authorization` over path, account and time). Exactly so many bytes of
//! an answer are read as are allowed, whatever its headers promise. The limit of time is the caller's, over headers and
//! body together. Every way in which a call can end is one `Failure`; what was said stays out of it and out of the log.

use std::fmt::Write as _;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Certificate, Identity, Response, StatusCode, Url, redirect};
use secrecy::{ExposeSecret, SecretString};

use super::budget::Permit;
use super::failure::{Failure, Outage, Rejection};
use super::ladder::Query;
use super::service::Service;
use super::wire::Heading;
use super::wire::answer::{self, Told};
use super::{Asked, Config};

const SOAP_ACTION: HeaderName = HeaderName::from_static("soapaction");
const TIMESTAMP: HeaderName = HeaderName::from_static("timestamp");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const X_ROAD_CLIENT: HeaderName = HeaderName::from_static("x-road-client");
const API_KEY: HeaderName = HeaderName::from_static("apikey");

/// Says which setting makes the way to the registry unusable.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// The address is no absolute URL.
    #[error("the registry's address is no absolute URL")]
    Url,
    /// A value can't stand in a header.
    #[error("`{0}` can't stand in a header")]
    Header(&'static str),
    /// The authorities can't be read.
    #[error("the registry's authorities are no PEM certificates")]
    Authorities,
    /// The gateway's own certificate or key can't be read.
    #[error("the certificate and key for the registry are no PEM of both")]
    Identity,
    /// The client can't be made of them.
    #[error("no client can be made of the registry's certificates")]
    Tls(#[source] reqwest::Error),
}

/// Holds one call.
pub(super) struct Message<'a> {
    /// `MaYeuCau`.
    pub request: &'a str,
    pub asked: &'a Asked,
    pub query: &'a Query,
    pub now: Timestamp,
}

/// Sends calls over pooled connections.
pub(super) struct Client {
    http: reqwest::Client,
    url: Url,
    user: String,
    secret: SecretString,
    account: String,
    most_bytes: usize,
}

impl Client {
    pub(super) fn new(config: &Config) -> Result<Self, Unusable> {
        let url = Url::parse(&config.url).map_err(|_| Unusable::Url)?;
        if !url.has_host() {
            return Err(Unusable::Url);
        }
        Ok(Self {
            http: http_client(config, &url)?,
            url,
            user: config.user.clone(),
            secret: config.secret.clone(),
            account: config.account.clone(),
            most_bytes: config.most_bytes,
        })
    }

    /// Sends one call and reads its answer; the permit is spent whatever comes of it.
    pub(super) async fn send<T>(
        &self,
        _permit: Permit,
        service: &Service<T>,
        message: &Message<'_>,
    ) -> Result<Told<T>, Failure> {
        let asked = message.asked;
        let heading = Heading {
            request: message.request,
            procedure: &asked.procedure,
            integration: &service.integration,
            unit: &asked.unit,
            officer: asked.officer.as_ref(),
            account: &self.account,
        };
        let request = self
            .http
            .post(self.url.clone())
            .headers(self.signature(self.url.path(), message.now)?)
            .headers(trace(asked.traceparent.as_deref()))
            .body((service.write)(&heading, message.query));
        let response = request.send().await.map_err(transport)?;
        let status = response.status();
        let body = whole(response, self.most_bytes).await?;
        if status.is_success() {
            (service.read)(&body, message.now)
        } else {
            Err(answer::read_fault(&body).unwrap_or_else(|| refused(status)))
        }
    }

    /// Reads what the registry shows beside its look-ups; `place` is below their path, and a name in the query has a number.
    pub(super) async fn read(
        &self,
        place: &str,
        query: Option<(&str, u64)>,
        most_bytes: usize,
        now: Timestamp,
    ) -> Result<Vec<u8>, Failure> {
        let mut url = self.url.clone();
        url.set_path(&format!("{}/{place}", self.url.path().trim_end_matches('/')));
        if let Some((name, number)) = query {
            url.query_pairs_mut().append_pair(name, &number.to_string());
        }
        let signature = self.signature(url.path(), now)?;
        let response = self.http.get(url).headers(signature).send().await;
        let response = response.map_err(transport)?;
        let status = response.status();
        let body = whole(response, most_bytes).await?;
        if status.is_success() {
            Ok(body)
        } else {
            Err(refused(status))
        }
    }

    /// Finds out whether anybody answers there, by what it shows beside its look-ups; any answer will do but a server's error,
    /// or that our credentials aren't good. Says nothing in the log: it is asked again and again.
    pub(super) async fn is_there(&self, now: Timestamp) -> Result<(), Failure> {
        let mut url = self.url.clone();
        url.set_path(&format!("{}/jwks.json", self.url.path().trim_end_matches('/')));
        let signature = self.signature(url.path(), now)?;
        let gone = |_| Failure::Unavailable(Outage::Connect);
        let mut response = self.http.get(url).headers(signature).send().await.map_err(gone)?;
        // An answer that breaks off is none.
        let mut left = self.most_bytes;
        while let Some(chunk) = response.chunk().await.map_err(gone)? {
            left = left.saturating_sub(chunk.len());
            if left == 0 {
                break;
            }
        }
        match refused(response.status()) {
            failure @ (Failure::Unavailable(_) | Failure::Rejected(Rejection::Credentials)) => Err(failure),
            _ => Ok(()),
        }
    }

    /// Signs the moment: `base64(user ":" sha256hex(path + user + timestamp + secret))`.
    fn signature(&self, path: &str, now: Timestamp) -> Result<HeaderMap, Failure> {
        let timestamp = now.as_millisecond().to_string();
        let mut signed = digest::Context::new(&digest::SHA256);
        for part in [path, &self.user, &timestamp, self.secret.expose_secret()] {
            signed.update(part.as_bytes());
        }
        let mut pair = format!("{}:", self.user);
        for byte in signed.finish().as_ref() {
            // Writing to a String can't fail.
            let _ = write!(pair, "{byte:02x}");
        }
        let unsendable = |_| Failure::Rejected(Rejection::Credentials);
        let value = format!("Basic {}", STANDARD.encode(pair));
        let mut authorization = HeaderValue::from_str(&value).map_err(unsendable)?;
        authorization.set_sensitive(true);
        let timestamp = HeaderValue::from_str(&timestamp).map_err(unsendable)?;
        Ok(HeaderMap::from_iter([
            (AUTHORIZATION, authorization),
            (TIMESTAMP, timestamp),
        ]))
    }
}

/// Reads an answer's body, if it is no longer than allowed.
async fn whole(mut response: Response, most_bytes: usize) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(transport)? {
        if chunk.len() > most_bytes.saturating_sub(body.len()) {
            return Err(Failure::Protocol("answer too large"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn http_client(config: &Config, url: &Url) -> Result<reqwest::Client, Unusable> {
    let mut builder = reqwest::Client::builder()
        .default_headers(fixed_headers(config)?)
        .connect_timeout(config.connect_timeout)
        .pool_max_idle_per_host(config.idle_connections)
        .pool_idle_timeout(config.idle_timeout)
        .redirect(redirect::Policy::none())
        .referer(false)
        .no_proxy()
        .tcp_nodelay(true);
    if let Some(pem) = &config.authorities_pem {
        let authorities = Certificate::from_pem_bundle(pem).map_err(|_| Unusable::Authorities)?;
        if authorities.is_empty() {
            return Err(Unusable::Authorities);
        }
        builder = builder.tls_certs_only(authorities);
    } else if url.scheme() == "http" {
        // Spares a machine without a store of authorities the need for one.
        builder = builder.tls_certs_only([]);
    }
    if let Some(pem) = &config.identity_pem {
        let identity = Identity::from_pem(pem.expose_secret()).map_err(|_| Unusable::Identity)?;
        builder = builder.identity(identity);
    }
    builder.build().map_err(Unusable::Tls)
}

fn fixed_headers(config: &Config) -> Result<HeaderMap, Unusable> {
    let value = |text: &str, setting| HeaderValue::from_str(text).map_err(|_| Unusable::Header(setting));
    let mut api_key = value(config.api_key.expose_secret(), "api_key")?;
    api_key.set_sensitive(true);
    Ok(HeaderMap::from_iter([
        (CONTENT_TYPE, HeaderValue::from_static("text/xml; charset=utf-8")),
        (SOAP_ACTION, HeaderValue::from_static("\"\"")),
        (X_ROAD_CLIENT, value(&config.x_road_client, "x_road_client")?),
        (API_KEY, api_key),
    ]))
}

fn trace(traceparent: Option<&str>) -> HeaderMap {
    traceparent
        .and_then(|text| HeaderValue::from_str(text).ok())
        .map(|value| (TRACEPARENT, value))
        .into_iter()
        .collect()
}

/// What a status without a readable fault means.
fn refused(status: StatusCode) -> Failure {
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Failure::Rejected(Rejection::Credentials),
        StatusCode::TOO_MANY_REQUESTS => Failure::Rejected(Rejection::Quota),
        _ if status.is_server_error() => Failure::Unavailable(Outage::Status),
        _ => Failure::Protocol("unexpected status"),
    }
}

/// Only here the cause is known, and it speaks of sockets and certificates alone.
fn transport(error: reqwest::Error) -> Failure {
    let failure = if error.is_connect() {
        Failure::Unavailable(Outage::Connect)
    } else {
        Failure::Unavailable(Outage::Reset)
    };
    let error = error.without_url();
    tracing::warn!(upstream.name = "registry", cause = %causes(&error), "{failure}");
    failure
}

fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let _ = write!(text, ": {cause}");
        next = cause.source();
    }
    text
}
