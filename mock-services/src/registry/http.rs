//! How do calls reach the population database?
//!
//! Its four routes: `POST /dancu`, the change feed, the keys of its events, and nothing else.
//! Always true: each answer goes through `delivery`, so that every fault can strike it.
//! Deliberately absent: decisions. A body that isn't UTF-8 is read as if it were, and then refused.

use std::sync::Arc;

use actix_web::web::{Bytes, Data, Query, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, get, post};
use serde::Deserialize;
use serde_json::json;

use super::Registry;
use super::credentials::Presented;
use super::events::Feed;
use crate::delivery::{Reply, deliver};
use crate::faults::{Faults, Service};
use crate::stats::Stats;

const JSON: &str = "application/json";

/// Adds the routes.
pub fn routes(config: &mut ServiceConfig) {
    config.service(dancu).service(changes).service(keys);
}

#[derive(Deserialize)]
struct After {
    #[serde(default)]
    after: u64,
}

#[post("/dancu")]
async fn dancu(request: HttpRequest, body: Bytes, registry: Data<Registry>) -> HttpResponse {
    let body = String::from_utf8_lossy(&body);
    let (reply, strike) = registry.answer(presented(&request), &body);
    deliver(&request, reply, &strike).await
}

#[get("/dancu/changes")]
async fn changes(
    request: HttpRequest,
    after: Query<After>,
    registry: Data<Registry>,
    feed: Data<Feed>,
    faults: Data<Arc<Faults>>,
    stats: Data<Arc<Stats>>,
) -> HttpResponse {
    stats.count(Service::Registry, "changes");
    let strike = faults.strike(Service::Registry, "changes", None);
    // The events are signed, so that the feed asks for no credentials; wrong ones are refused all the same.
    let presented = presented(&request);
    if !presented.authorization.is_empty()
        && let Err(stranger) = registry.authenticate("/dancu/changes", presented)
    {
        stats.count(Service::Registry, "refused");
        let body = json!({"error": stranger.to_string()}).to_string();
        return deliver(
            &request,
            Reply {
                status: 401,
                content_type: JSON,
                body,
            },
            &strike,
        )
        .await;
    }
    let body = feed.page(after.after).to_string();
    deliver(
        &request,
        Reply {
            status: 200,
            content_type: JSON,
            body,
        },
        &strike,
    )
    .await
}

#[get("/dancu/jwks.json")]
async fn keys(
    request: HttpRequest,
    feed: Data<Feed>,
    faults: Data<Arc<Faults>>,
    stats: Data<Arc<Stats>>,
) -> HttpResponse {
    stats.count(Service::Registry, "jwks");
    let strike = faults.strike(Service::Registry, "jwks", None);
    let body = feed.keys().to_string();
    deliver(
        &request,
        Reply {
            status: 200,
            content_type: "application/jwk-set+json",
            body,
        },
        &strike,
    )
    .await
}

fn presented(request: &HttpRequest) -> Presented<'_> {
    let header = |name: &str| {
        request
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    };
    Presented {
        authorization: header("authorization"),
        timestamp: header("timestamp"),
        api_key: header("apikey"),
        x_road_client: header("x-road-client"),
    }
}
