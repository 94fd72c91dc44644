//! How are the cache, the budget and the way to the registry joined?
//!
//! What `exchange` asks for records by. Here each is given what the others and the world beside them are to be told: metrics,
//! the gateways of a fleet, and the confirmations that end when somebody turns out to have moved.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tracing::error;

use crate::clock::Clock;
use crate::confirmations::Confirmations;
use crate::exchange::{FoundAt, Upstream, WRITTEN_WITHIN};
use crate::fleet::Fleet;
use crate::records::{self, Records, SecondLevel};
use crate::registry::budget::{self, Class};
use crate::registry::{self, Budget, Feed, Observed, Registry};
use crate::sealing::{Label, MasterSecret, Names, Pseudonyms, Sealer};
use crate::telemetry::Metrics;

/// Names what is joined.
pub struct Parts<'a> {
    pub registry: registry::Config,
    pub budget: budget::Config,
    pub records: records::Config,
    pub pseudonym: &'a MasterSecret,
    pub sealing: &'a MasterSecret,
    pub fleet: Option<&'a Arc<Fleet>>,
    pub confirmations: &'a Arc<Confirmations>,
    pub metrics: &'a Metrics,
    pub shared: &'a Handle,
    pub clock: &'a Arc<dyn Clock>,
}

/// Joins them, and gives the way to the registry's changes beside it.
pub fn join(parts: Parts<'_>) -> anyhow::Result<(Upstream, Feed)> {
    let records = cache(&parts)?;
    let Parts {
        registry,
        budget,
        fleet,
        confirmations,
        metrics,
        shared,
        clock,
        ..
    } = parts;
    let observer = {
        let metrics = metrics.clone();
        Arc::new(move |observed| match observed {
            Observed::Called(result, took) => metrics.upstream(result, took),
            Observed::Withheld(reason) => metrics.upstream_withheld(reason),
        })
    };
    let permits = {
        let metrics = metrics.clone();
        Arc::new(move |class: Class, result, waited| metrics.permit(class.as_str(), result, waited))
    };
    let together =
        fleet.map(|fleet| Arc::new(budget::InRedis::new(Arc::clone(fleet))) as Arc<dyn budget::Shared>);
    let registry = Registry::new(registry, Arc::clone(clock), shared.clone(), observer)?;
    let feed = registry.feed();
    let upstream = Upstream::new(
        records,
        registry,
        Budget::new(budget, together, Arc::clone(clock), shared, permits),
        shared.clone(),
        revoking(confirmations, WRITTEN_WITHIN),
        Arc::clone(clock),
    );
    Ok((upstream, feed))
}

fn cache(parts: &Parts<'_>) -> anyhow::Result<Records> {
    let shares = parts.records.second_level;
    let records = Records::new(
        parts.records,
        Names::new(parts.pseudonym, Label::Cache)?,
        Pseudonyms::new(parts.pseudonym, Label::Cache)?,
    );
    let Some(fleet) = parts.fleet.filter(|_| shares) else {
        return Ok(records);
    };
    let metrics = parts.metrics.clone();
    Ok(records.with_second_level(SecondLevel::new(
        Arc::clone(fleet),
        Sealer::new(parts.sealing, Label::Cache)?,
        Arc::new(move |result, took| metrics.second_level(result, took)),
        Arc::clone(parts.clock),
    )))
}

/// Ends what was confirmed of somebody who turns out to have moved, without the registry having told of it.
///
/// A store that hangs doesn't hold look-ups for longer than they may take; the next one tries again.
fn revoking(confirmations: &Arc<Confirmations>, within: Duration) -> FoundAt {
    let confirmations = Arc::clone(confirmations);
    Box::new(move |pin, residence| {
        let confirmations = Arc::clone(&confirmations);
        Box::pin(async move {
            let found = tokio::time::timeout(within, confirmations.found(&pin, residence)).await;
            if !matches!(found, Ok(Ok(_))) {
                error!("what was confirmed of somebody who has moved can't be revoked now");
            }
        })
    })
}
