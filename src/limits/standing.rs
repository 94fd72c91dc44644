//! Where does a client stand against every limit that it is told of?
//!
//! What `GET /v1/quota` shows: the officer's rate where an officer asks, the client's burst, places, day and month, and beside
//! them those of each procedure that has limits of its own. For day and month there is a forecast of when they will
//! have run out at the pace of the last hour. Looking spends nothing by itself.

use jiff::Timestamp;

use super::client::Calling;
use super::key::{Key, of_officer};
use super::pace::exhausted_at;
use super::people::officer_rate;
use super::{Limit, Limits, Moment, Remaining, Size};
use crate::domain::context::ProcedureCode;
use crate::domain::pin::Pin;
use crate::policy::clients::Client;

/// Tells of one limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The limit.
    pub limit: Limit,
    /// The procedure that it is for, where it isn't for all of them.
    pub procedure: Option<ProcedureCode>,
    /// How large it is.
    pub of: Size,
    /// Calls spent of it.
    pub used: u64,
    /// Calls left.
    pub remaining: u64,
    /// When it will be whole again.
    pub resets_at: Timestamp,
    /// When it will have run out, if it goes on like this and that is before it is whole again.
    pub exhausted_at: Option<Timestamp>,
}

impl Limits {
    /// Tells where the client stands, and the officer who asks.
    #[must_use]
    pub fn standings(&self, client: &Client, officer: Option<&Pin>, now: Timestamp) -> Vec<Standing> {
        let now = self.0.at(now);
        let link = self.0.link(now.steady);
        let account = self.0.register.account(client, now);
        let own = Calling {
            allowance: &client.allowance,
            procedure: None,
            link,
            now,
        };
        let mut told = Vec::new();
        if let Some(officer) = officer {
            told.push((None, self.officer(account.number, officer, &own)));
        }
        let mut counters = account.lock();
        counters.move_on(&own);
        told.extend(counters.standings(&own, 0).map(|standing| (None, standing)));
        for limits in client.procedure_limits.iter() {
            let calling = Calling {
                procedure: Some(limits),
                ..own
            };
            counters.move_on(&calling);
            if let Some(narrowed) = counters.procedures.get(limits.0) {
                let standings = narrowed.standings(link, now).into_iter().flatten();
                told.extend(standings.map(|standing| (Some(limits.0.clone()), standing)));
            }
        }
        let pace = counters.pace.per_second(now.steady);
        drop(counters);
        told.into_iter()
            .map(|(procedure, standing)| shown(standing, procedure, pace, now))
            .collect()
    }

    fn officer(&self, client: u32, officer: &Pin, calling: &Calling<'_>) -> Remaining {
        let rate = calling.link.rate(officer_rate(calling.allowance));
        let key = Key {
            client,
            number: of_officer(officer),
        };
        let now = calling.now.steady;
        let seen = self.0.officers.with_known(key, |officer| {
            (officer.rate.left(rate, now), officer.rate.full_in(now))
        });
        let (calls, resets_in) = seen.unwrap_or((u64::from(rate.burst), std::time::Duration::ZERO));
        Remaining {
            limit: Limit::Officer,
            of: Size::of_rate(rate),
            calls,
            resets_in,
        }
    }
}

fn shown(standing: Remaining, procedure: Option<ProcedureCode>, pace: Option<f64>, now: Moment) -> Standing {
    let Remaining {
        limit,
        of,
        calls: remaining,
        resets_in,
    } = standing;
    let used = of.calls.saturating_sub(remaining);
    let resets_at = now.of_day.saturating_add(resets_in).unwrap_or(now.of_day);
    let is_calendar = matches!(limit, Limit::Day | Limit::Month);
    // The pace is the client's; what it is of one procedure isn't watched.
    let forecast = pace.filter(|_| is_calendar && procedure.is_none());
    let exhausted_at = match forecast {
        Some(per_second) => exhausted_at(remaining, per_second, now.of_day, resets_at),
        None => (is_calendar && remaining == 0).then_some(now.of_day),
    };
    Standing {
        limit,
        procedure,
        of,
        used,
        remaining,
        resets_at,
        exhausted_at,
    }
}
