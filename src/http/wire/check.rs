//! How is a check written down?
//!
//! Reads the body of `POST /v1/checks` and writes what the caller is told, the first time and when a check that waited has
//! ended. What stands in the wrong role is found against the catalogue, and named here by its place in the body.

pub(in crate::http) mod schemas;

use std::fmt::Display;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use serde::{Serialize, Serializer};

use super::moment::Moment;
use super::person::{claims, subject};
use super::request::context;
use crate::checks::decision::{Finding, Supplement};
use crate::checks::filling::{Filling, Misfit, Misplaced};
use crate::checks::{Answer, Pending, Request};
use crate::confirmations::Issued;
use crate::domain::role::{MalformedRole, RoleName};
use crate::http::faults::{Faults, Kind, Pointer, list, members, parsed, required};
use crate::http::json::Json;

/// The members of a body of `POST /v1/checks`.
pub(in crate::http) const CHECK: [&str; 3] = ["context", "received_at", "subjects"];

/// The members of one person's entry.
pub(in crate::http) const FILLING: [&str; 3] = ["role", "subject", "claims"];

/// The most people that a dossier can name.
pub(in crate::http) const MOST_SUBJECTS: usize = 16;

/// How far the caller's clock may be ahead of ours.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_secs(60);

/// Reads a body of `POST /v1/checks`.
pub(in crate::http) fn request(body: &Json<'_>, now: Timestamp, faults: &mut Faults) -> Option<Request> {
    let root = Pointer::Root;
    let [sent_context, sent_received, sent_subjects] = members(body, &root, CHECK, faults)?;
    let context = context(sent_context, &root.member("context"), faults);
    let received_at = match sent_received {
        None => Some(None),
        Some(json) => received(json, &root.member("received_at"), now, faults).map(Some),
    };
    let at = root.member("subjects");
    let fillings = required(sent_subjects, &at, faults).and_then(|json| fillings(json, &at, now, faults));
    Some(Request {
        context: context?,
        received_at: received_at?,
        fillings: fillings?,
    })
}

/// Reads a body that was read before.
pub(in crate::http) fn read_again(body: &[u8], now: Timestamp) -> Option<Request> {
    let json = Json::read(body).ok()?;
    let mut faults = Faults::default();
    request(&json, now, &mut faults).filter(|_| faults.is_empty())
}

fn received(json: &Json<'_>, at: &Pointer<'_>, now: Timestamp, faults: &mut Faults) -> Option<Timestamp> {
    let moment: Timestamp = parsed(json, at, faults, |_: jiff::Error| Kind::MomentForm)?;
    if moment.duration_since(now) > CLOCKS_DIFFER {
        faults.add(at, Kind::InTheFuture);
        return None;
    }
    Some(moment.min(now))
}

fn fillings(json: &Json<'_>, at: &Pointer<'_>, now: Timestamp, faults: &mut Faults) -> Option<Vec<Filling>> {
    let items = list(json, at, faults)?;
    if items.is_empty() || items.len() > MOST_SUBJECTS {
        faults.add(at, Kind::SubjectCount);
        return None;
    }
    let read: Vec<_> = items
        .iter()
        .enumerate()
        .map(|(index, item)| filling(item, &at.item(index), now, faults))
        .collect();
    read.into_iter().collect()
}

fn filling(json: &Json<'_>, at: &Pointer<'_>, now: Timestamp, faults: &mut Faults) -> Option<Filling> {
    let today = Moment(now).day();
    let [sent_role, sent_subject, sent_claims] = members(json, at, FILLING, faults)?;
    let at_role = at.member("role");
    let role: Option<RoleName> = required(sent_role, &at_role, faults)
        .and_then(|json| parsed(json, &at_role, faults, |_: MalformedRole| Kind::RoleForm));
    let at_subject = at.member("subject");
    let who = required(sent_subject, &at_subject, faults)
        .and_then(|json| subject(json, &at_subject, today, faults));
    let claimed = sent_claims.map(|json| claims(json, &at.member("claims"), today, faults));
    Some(Filling {
        role: role?,
        subject: who?,
        claims: claimed.unwrap_or_default(),
    })
}

/// Names what doesn't fit the procedure by its place in the body.
pub(in crate::http) fn faults(misplaced: &[Misplaced]) -> Faults {
    let mut faults = Faults::default();
    let root = Pointer::Root;
    let list = root.member("subjects");
    for Misplaced { subject, misfit } in misplaced {
        let Some(index) = subject else {
            faults.add(&list, Kind::RoleMissing);
            continue;
        };
        let item = list.item(*index);
        match misfit {
            Misfit::UnknownRole => faults.add(&item.member("role"), Kind::RoleUnknown),
            Misfit::RoleTwice => faults.add(&item.member("role"), Kind::RoleTwice),
            Misfit::RoleMissing => faults.add(&list, Kind::RoleMissing),
            Misfit::SamePerson => faults.add(&item.member("subject"), Kind::RolesConflict),
            Misfit::ClaimNotNeeded(name) => {
                faults.add(&item.member("claims").member(name), Kind::ClaimNotNeeded);
            }
        }
    }
    faults
}

/// Writes an answer.
pub(in crate::http) fn write(answer: &Answer) -> Bytes {
    let body = Body {
        id: Shown(&answer.id),
        decision: answer.decision.as_str(),
        facts: answer.facts.iter().map(Fact::of).collect(),
        supplement: answer.supplement.iter().map(Paper::of).collect(),
        deadline: answer.deadline.map(Moment),
        other_ways: Some(answer.other_ways).filter(|ways| !ways.is_empty()),
        confirmation: answer.confirmation.as_ref().map(Confirmed::of),
        pending: answer.pending.as_ref().map(Waits::of),
        transaction_id: Shown(&answer.transaction_id),
        answered_at: Moment(answer.answered_at),
    };
    // Text keys and no fallible parts: writing into memory can't fail.
    serde_json::to_vec(&body).map(Bytes::from).unwrap_or_default()
}

#[derive(Serialize)]
struct Body<'a> {
    id: Shown<'a>,
    decision: &'static str,
    facts: Vec<Fact<'a>>,
    supplement: Vec<Paper<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deadline: Option<Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    other_ways: Option<&'a [&'a str]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    confirmation: Option<Confirmed<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pending: Option<Waits<'a>>,
    transaction_id: Shown<'a>,
    answered_at: Moment,
}

#[derive(Serialize)]
struct Fact<'a> {
    role: &'a str,
    fact: Shown<'a>,
    result: &'static str,
    reason: &'a str,
    differences: &'a [&'static str],
}

impl<'a> Fact<'a> {
    fn of(finding: &'a Finding) -> Self {
        Self {
            role: finding.role.as_str(),
            fact: Shown(&finding.fact),
            result: finding.verdict.as_str(),
            reason: finding.reason,
            differences: &finding.differences,
        }
    }
}

#[derive(Serialize)]
struct Paper<'a> {
    role: &'a str,
    fact: Shown<'a>,
    any_one_of: Vec<&'static str>,
    legal_ground: &'a str,
    correction_procedure: &'a str,
}

impl<'a> Paper<'a> {
    fn of(asked: &'a Supplement) -> Self {
        Self {
            role: asked.role.as_str(),
            fact: Shown(&asked.fact),
            any_one_of: asked
                .allowed
                .any_one_of
                .iter()
                .map(|paper| paper.as_str())
                .collect(),
            legal_ground: asked.allowed.legal_ground,
            correction_procedure: asked.allowed.correction_procedure,
        }
    }
}

#[derive(Serialize)]
struct Confirmed<'a> {
    id: Shown<'a>,
    expires_at: Moment,
    credential: &'a str,
    document_url: &'a str,
    public_url: &'a str,
}

impl<'a> Confirmed<'a> {
    fn of(issued: &'a Issued) -> Self {
        Self {
            id: Shown(&issued.id),
            expires_at: Moment(issued.expires_at),
            credential: &issued.credential,
            document_url: &issued.document_url,
            public_url: &issued.public_url,
        }
    }
}

#[derive(Serialize)]
struct Waits<'a> {
    receipt: &'a str,
    retry_at: Moment,
}

impl<'a> Waits<'a> {
    fn of(pending: &'a Pending) -> Self {
        Self {
            receipt: &pending.receipt,
            retry_at: Moment(pending.retry_at),
        }
    }
}

struct Shown<'a>(&'a dyn Display);

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self.0)
    }
}

#[cfg(test)]
mod tests;
