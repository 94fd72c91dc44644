//! How is the way to the registry written between operators and us?
//!
//! Reads whether the registry may be asked and what callers are told meanwhile; shows that, how its last calls went and how
//! its budget is doing.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{Timestamp, ToSpan as _};
use serde::Serialize;

use super::reading::{flag, reason};
use super::{MAINTENANCE, MESSAGE, REGISTRY};
use crate::domain::context::Malformed;
use crate::domain::maintenance::{Message, Notice, Words};
use crate::domain::operator::Reason;
use crate::exchange::Health;
use crate::http::faults::{Faults, Kind, Pointer, members, parsed, required};
use crate::http::json::Json;
use crate::http::wire::moment::Moment;
use crate::register::{Attribution, What};

/// The longest that a notice may be meant to hold; what takes longer is put up without an end.
const LONGEST_DAYS: i64 = 31;

/// Reads what is to become of the way to the registry, and the reason.
pub(in crate::http::admin) fn maintenance(
    body: &Json<'_>,
    now: Timestamp,
    faults: &mut Faults,
) -> Option<(What, Option<Reason>)> {
    let root = Pointer::Root;
    let [sent, sent_reason] = members(body, &root, REGISTRY, faults)?;
    let reason = reason(sent_reason, faults);
    let at = root.member("maintenance");
    let sent = required(sent, &at, faults)?;
    let [sent_on, sent_message, sent_until] = members(sent, &at, MAINTENANCE, faults)?;
    let at_on = at.member("on");
    let on = required(sent_on, &at_on, faults).and_then(|sent| flag(sent, &at_on, faults));
    let message = sent_message.and_then(|sent| message(sent, &at.member("message"), faults));
    let until = sent_until.and_then(|sent| until(sent, &at.member("until"), now, faults));
    if on? {
        let notice = Notice { message, until };
        return Some((What::MaintenanceOn(Box::new(notice)), reason));
    }
    for (sent, name) in [(sent_message, "message"), (sent_until, "until")] {
        if sent.is_some() {
            faults.add(&at.member(name), Kind::NothingAnnounced);
        }
    }
    Some((What::MaintenanceOff, reason))
}

fn message(json: &Json<'_>, at: &Pointer<'_>, faults: &mut Faults) -> Option<Message> {
    let [sent_vi, sent_en] = members(json, at, MESSAGE, faults)?;
    let at_vi = at.member("vi");
    let vi = required(sent_vi, &at_vi, faults).and_then(|sent| words(sent, &at_vi, faults));
    let en = sent_en.map(|sent| words(sent, &at.member("en"), faults));
    Some(Message {
        vi: vi?,
        en: match en {
            Some(en) => Some(en?),
            None => None,
        },
    })
}

fn words(json: &Json<'_>, at: &Pointer<'_>, faults: &mut Faults) -> Option<Words> {
    let wrong = |malformed| match malformed {
        Malformed::Length => Kind::MessageLength,
        Malformed::Charset => Kind::MessageCharset,
        Malformed::PersonalNumber => Kind::HoldsPersonalNumber,
    };
    parsed(json, at, faults, wrong)
}

fn until(json: &Json<'_>, at: &Pointer<'_>, now: Timestamp, faults: &mut Faults) -> Option<Timestamp> {
    let until: Timestamp = parsed(json, at, faults, |_: jiff::Error| Kind::MomentForm)?;
    let latest = now.saturating_add((LONGEST_DAYS * 24).hours()).unwrap_or(now);
    if until <= now || until > latest {
        faults.add(at, Kind::EndRange);
        return None;
    }
    Some(until)
}

#[derive(Serialize)]
struct Told<'a> {
    vi: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    en: Option<&'a str>,
}

#[derive(Serialize)]
struct Closed<'a> {
    on: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Told<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    set_by: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    /// Whether the registry itself said so, to the last call.
    said_by_registry: bool,
}

impl<'a> Closed<'a> {
    fn of(held: Option<&'a (Arc<Notice>, Attribution)>, said_by_registry: bool) -> Self {
        let message = held.and_then(|(notice, _)| notice.message.as_ref());
        let by = held.map(|(_, by)| by);
        Self {
            on: held.is_some(),
            message: message.map(|message| Told {
                vi: message.vi.as_str(),
                en: message.en.as_ref().map(Words::as_str),
            }),
            until: held.and_then(|(notice, _)| notice.until).map(Moment),
            set_by: by.map(|by| by.operator.as_str()),
            since: by.map(|by| Moment(by.at)),
            reason: by.and_then(|by| Some(by.reason.as_ref()?.as_str())),
            said_by_registry,
        }
    }
}

#[derive(Serialize)]
struct Answering {
    degraded: bool,
    failures_in_a_row: u32,
    last_answer: Option<Moment>,
    last_failure: Option<Moment>,
    latency_ms: Option<u64>,
    results: BTreeMap<&'static str, u64>,
}

#[derive(Serialize)]
struct Budget {
    apart: bool,
    gateways: u32,
    waiting: usize,
    batches_waiting: usize,
}

/// Shows the way to the registry.
#[derive(Serialize)]
pub(in crate::http::admin) struct RegistryShown<'a> {
    maintenance: Closed<'a>,
    answering: Answering,
    /// How each operation's breaker stands.
    breakers: BTreeMap<&'static str, &'static str>,
    room: Space,
    budget: Budget,
}

/// Is the room for calls under way.
#[derive(Serialize)]
struct Space {
    limit: u32,
    in_flight: u32,
    waiting: usize,
    batches_waiting: usize,
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

impl<'a> RegistryShown<'a> {
    /// Shows it as it is; a notice whose time is over is none.
    pub fn of(notice: Option<&'a (Arc<Notice>, Attribution)>, health: Health, now: Timestamp) -> Self {
        let held = notice.filter(|(notice, _)| notice.holds(now));
        let (registry, budget) = (health.registry, health.budget);
        Self {
            maintenance: Closed::of(held, registry.is_in_maintenance),
            answering: Answering {
                degraded: registry.is_degraded(),
                failures_in_a_row: registry.failures_in_a_row,
                last_answer: registry.last_answer.map(Moment),
                last_failure: registry.last_failure.map(Moment),
                latency_ms: registry.latency.map(milliseconds),
                results: registry.results,
            },
            breakers: registry
                .circuits
                .into_iter()
                .map(|(operation, state)| (operation, state.as_str()))
                .collect(),
            room: Space {
                limit: registry.room.limit,
                in_flight: registry.room.in_flight,
                waiting: registry.room.waiting,
                batches_waiting: registry.room.batches_waiting,
            },
            budget: Budget {
                apart: budget.is_apart,
                gateways: budget.gateways,
                waiting: budget.waiting,
                batches_waiting: budget.batches_waiting,
            },
        }
    }
}
