//! How do gateways on many machines spend one budget through Redis?
//!
//! One key, one script (`redis/ask.lua`), one round trip for all that wait at a gateway. The script reckons what `shares`
//! reckons, by the server's clock. Clients stand there by their ids, gateways by a random name; nothing of a person does.
//! A server that doesn't answer in time, or with something else, means being apart; what was given in an answer that
//! never came is spent. Knows no queue and decides nothing that `shares` doesn't.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use redis::Script;
use uuid::Uuid;

use super::fleet::{Apart, Heard, Shared, Told};
use super::shares::{BELIEVED, Given};
use crate::fleet::Fleet;

const SCRIPT: &str = include_str!("redis/ask.lua");

/// The budget's key.
const KEY: &str = "dancu:registry-budget";

/// For how long a gateway that has asked counts as one of those that share the budget.
const COUNTED_FOR: Duration = Duration::from_secs(30);

/// Is the budget that is kept in Redis.
pub struct InRedis {
    fleet: Arc<Fleet>,
    script: Script,
    gateway: String,
}

impl InRedis {
    /// Joins the gateways of a fleet that share the budget.
    #[must_use]
    pub fn new(fleet: Arc<Fleet>) -> Self {
        Self::with_script(fleet, SCRIPT)
    }

    fn with_script(fleet: Arc<Fleet>, script: &str) -> Self {
        Self {
            fleet,
            script: Script::new(script),
            gateway: Uuid::new_v4().simple().to_string(),
        }
    }

    async fn answer(&self, told: &Told) -> Result<Heard, Apart> {
        let mut connection = self.fleet.connection();
        let mut asking = self.script.key(KEY);
        let terms = &told.terms;
        let micros = |duration: Duration| u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        asking
            .arg(terms.per_second)
            .arg(terms.at_once)
            .arg(terms.batch_reserve)
            .arg(terms.clients)
            .arg(terms.weights)
            .arg(micros(BELIEVED))
            .arg(told.made_apart)
            .arg(&self.gateway)
            .arg(micros(COUNTED_FOR));
        for want in &told.wanted {
            asking
                .arg(want.client.as_str())
                .arg(want.weight)
                .arg(want.interactive)
                .arg(want.batch);
        }
        let answering = asking.invoke_async::<Vec<u64>>(&mut connection);
        let answer = self.fleet.ask(answering).await.map_err(|_| Apart)?;
        read(&answer, told.wanted.len()).ok_or(Apart)
    }
}

impl Shared for InRedis {
    fn ask<'a>(&'a self, told: &'a Told) -> BoxFuture<'a, Result<Heard, Apart>> {
        self.answer(told).boxed()
    }
}

/// Reads the script's answer; nothing where it isn't one to so many questions.
fn read(answer: &[u64], asked: usize) -> Option<Heard> {
    let (gateways, given) = answer.split_first()?;
    let (given, rest) = given.as_chunks::<3>();
    if given.len() != asked || !rest.is_empty() {
        return None;
    }
    let given = given.iter().map(|[interactive, batch, own_in]| {
        Some(Given {
            interactive: u32::try_from(*interactive).ok()?,
            batch: u32::try_from(*batch).ok()?,
            own_in: Duration::from_micros(*own_in),
        })
    });
    Some(Heard {
        given: given.collect::<Option<_>>()?,
        gateways: u32::try_from(*gateways).ok()?,
    })
}

#[cfg(test)]
mod tests;
