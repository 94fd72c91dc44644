//! How do gateways that share a Redis keep one limit together?
//!
//! The port `Shared`, by one script: a round trip for everything that was touched since the last, several for more
//! than a few hundred counters at once. Time is the server's, which is the only clock that all gateways see. What lies
//! there are keyed hashes and figures. Away or slow is `Unavailable`, within the configured time, and then the caller goes on
//! alone; a server that has forgotten gets days and months back from the floors that it is told, while rates and lock-outs
//! begin anew. A key that holds something else is taken for one that isn't there.

mod script;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt as _};
use redis::{FromRedisValue as _, Script, Value};

use super::shared::{Heard, Reply, STRIKES_KEPT, Shared, Spending, Told, Unavailable};
use crate::fleet::Fleet;

/// How many counters go in one call of the script, which holds up everybody else at the server while it runs.
const AT_ONCE: usize = 500;

/// The largest whole number that is exact in Lua.
const LARGEST: u64 = (1 << 53) - 1;

/// How many officers of one counter are kept; far more than any limit, which would have refused them.
const MOST_MEMBERS: u32 = 10_000;

/// Meets the other gateways in Redis.
#[derive(Debug)]
pub struct InRedis {
    fleet: Arc<Fleet>,
    exchange: Script,
}

impl InRedis {
    /// Meets those of a fleet.
    #[must_use]
    pub fn new(fleet: Arc<Fleet>) -> Self {
        Self {
            fleet,
            exchange: Script::new(script::EXCHANGE),
        }
    }

    async fn exchange_some(&self, told: &[Told]) -> Result<Vec<Heard>, Unavailable> {
        let mut call = self.exchange.prepare_invoke();
        call.arg(micros(STRIKES_KEPT)).arg(MOST_MEMBERS);
        for Told { name, spending } in told {
            call.key(format!("{}{}:{name}", script::LIMIT, kind(spending)));
            match spending {
                Spending::Rate { period_ns, taken, .. } => {
                    call.arg("rate").arg(2).arg((*period_ns).min(LARGEST)).arg(*taken);
                }
                Spending::Count {
                    expires_in,
                    taken,
                    floor,
                } => {
                    let floor = (*floor).min(LARGEST);
                    call.arg("count")
                        .arg(3)
                        .arg(millis(*expires_in))
                        .arg(*taken)
                        .arg(floor);
                }
                Spending::Members { expires_in, members } => {
                    call.arg("members").arg(members.len().saturating_add(1));
                    call.arg(millis(*expires_in));
                    for member in members {
                        call.arg(member.to_string());
                    }
                }
                Spending::Strikes {
                    window,
                    limit,
                    longest,
                    failed,
                } => {
                    call.arg("strikes").arg(4).arg(micros(*window)).arg(*limit);
                    call.arg(micros(*longest)).arg(*failed);
                }
            }
        }
        let mut connection = self.fleet.connection();
        let asked = call.invoke_async::<Vec<Value>>(&mut connection);
        let replies = self.fleet.ask(asked).await.map_err(|_| Unavailable)?;
        if replies.len() != told.len() {
            return Err(Unavailable);
        }
        let heard = told.iter().zip(replies);
        heard
            .map(|(told, reply)| heard_of(&told.spending, reply).ok_or(Unavailable))
            .collect()
    }
}

impl Shared for InRedis {
    fn exchange<'a>(&'a self, told: &'a [Told]) -> BoxFuture<'a, Result<Reply, Unavailable>> {
        async move {
            let mut heard = Vec::with_capacity(told.len());
            for some in told.chunks(AT_ONCE) {
                heard.append(&mut self.exchange_some(some).await?);
            }
            let gateways = self.fleet.gateways().ok_or(Unavailable)?;
            Ok(Reply {
                heard,
                gateways: u32::try_from(gateways).unwrap_or(u32::MAX),
            })
        }
        .boxed()
    }
}

/// Keeps counters of different kinds apart, whatever their names are.
fn kind(spending: &Spending) -> &'static str {
    match spending {
        Spending::Rate { .. } => "rate",
        Spending::Count { .. } => "count",
        Spending::Members { .. } => "members",
        Spending::Strikes { .. } => "strikes",
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros())
        .unwrap_or(LARGEST)
        .min(LARGEST)
}

/// Gives whole milliseconds, one at the least: an expiry of nought would be an error.
fn millis(duration: Duration) -> u64 {
    let millis = u64::try_from(duration.as_millis()).unwrap_or(LARGEST);
    millis.clamp(1, LARGEST)
}

/// Reads where a counter stands; nothing of what the script never says.
fn heard_of(spending: &Spending, reply: Value) -> Option<Heard> {
    match spending {
        Spending::Rate { .. } => u64::from_redis_value(reply)
            .ok()
            .map(|ahead_ns| Heard::Rate { ahead_ns }),
        Spending::Count { .. } => u64::from_redis_value(reply)
            .ok()
            .map(|total| Heard::Count { total }),
        Spending::Members { .. } => {
            let members = Vec::<String>::from_redis_value(reply).ok()?;
            let members = members.iter().map(|member| member.parse().ok());
            Some(Heard::Members {
                members: members.collect::<Option<_>>()?,
            })
        }
        Spending::Strikes { .. } => {
            let (failures, locked_for, strikes): (u32, u64, u32) =
                redis::FromRedisValue::from_redis_value(reply).ok()?;
            Some(Heard::Strikes {
                failures,
                locked_for: Duration::from_micros(locked_for),
                strikes,
            })
        }
    }
}

#[cfg(test)]
mod tests;
