//! What is the caller told about a person?
//!
//! Writes an answer's body from what a grant disclosed, and from nothing else. Whoever can't name the person gets one and
//! the same body whatever the cause: its source is the registry at the moment of the answer, its facts are empty, there is
//! no status. Members stand in the contract's order.

use bytes::Bytes;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use uuid::Uuid;

use super::moment::Moment;
use crate::domain::field::Field;
use crate::domain::household::Standing;
use crate::domain::predicate::PredicateVerdict;
use crate::domain::record::Status;
use crate::exchange::{Answer, From, Source};
use crate::matching::{ClaimVerdict, Differences, Identity};
use crate::policy::Disclosure;
use crate::policy::disclosure::{Facts, Listed, Outcome, Value, Warning};

/// Room for nearly every answer of a verification, so that writing one needs no second allocation.
const USUAL_LENGTH: usize = 1_024;

/// Writes an answer.
pub(in crate::http) fn write(answer: &Answer) -> Bytes {
    let body = Body::new(answer, &Told::of(&answer.disclosure));
    let mut written = Vec::with_capacity(USUAL_LENGTH);
    // Text keys and no fallible parts: writing into memory can't fail.
    let _ = serde_json::to_writer(&mut written, &body);
    written.into()
}

/// Is what a disclosure says, part by part.
struct Told<'d> {
    outcome: Outcome,
    identity: Identity,
    facts: &'d Facts,
    status: Option<Status>,
    warnings: &'d [Warning],
}

impl<'d> Told<'d> {
    fn of(disclosure: &'d Disclosure) -> Self {
        Self {
            outcome: disclosure.outcome(),
            identity: disclosure.identity(),
            facts: disclosure.facts(),
            status: disclosure.status(),
            warnings: disclosure.warnings(),
        }
    }
}

#[derive(Serialize)]
struct Body<'a> {
    transaction_id: Id,
    outcome: &'static str,
    identity: Verdict,
    #[serde(skip_serializing_if = "Option::is_none")]
    claims: Option<Verdicts<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attributes: Option<Attributes<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    predicates: Option<Predicates<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    members: Option<Members<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
    warnings: Words<'a>,
    source: Origin,
    answered_at: Moment,
    receipt: String,
}

impl<'a> Body<'a> {
    fn new(answer: &'a Answer, told: &Told<'a>) -> Self {
        let Answer {
            transaction_id,
            source,
            answered_at,
            receipt,
            ..
        } = answer;
        Self::told(
            *transaction_id,
            told,
            source,
            Moment(*answered_at),
            receipt.written(),
        )
    }

    fn told(
        transaction_id: Uuid,
        told: &Told<'a>,
        source: &Source,
        answered_at: Moment,
        receipt: String,
    ) -> Self {
        let source = origin(told.outcome, source, answered_at);
        let (mut claims, mut attributes, mut predicates, mut members) = (None, None, None, None);
        match told.facts {
            Facts::Verdicts(verdicts) => claims = Some(Verdicts(verdicts)),
            Facts::Attributes(values) => attributes = Some(Attributes { values, source }),
            Facts::Predicates(verdicts) => predicates = Some(Predicates(verdicts)),
            Facts::Members(listed) => members = Some(Members { listed, source }),
        }
        Self {
            transaction_id: Id(transaction_id),
            outcome: told.outcome.as_str(),
            identity: Verdict {
                result: told.identity.result.as_str(),
                differences: Differing(told.identity.differences),
            },
            claims,
            attributes,
            predicates,
            members,
            status: told.status.map(Status::as_str),
            warnings: Words(told.warnings),
            source,
            answered_at,
            receipt,
        }
    }
}

fn origin(outcome: Outcome, source: &Source, answered_at: Moment) -> Origin {
    if outcome == Outcome::NoMatch {
        // Where the nothing came from would tell who is in the cache.
        return Origin {
            from: From::Registry.as_str(),
            as_of: answered_at,
            age: 0,
        };
    }
    Origin {
        from: source.from.as_str(),
        as_of: Moment(source.as_of),
        age: source.age,
    }
}

#[derive(Serialize, Clone, Copy)]
struct Origin {
    from: &'static str,
    as_of: Moment,
    age: u64,
}

#[derive(Serialize)]
struct Verdict {
    result: &'static str,
    differences: Differing,
}

struct Differing(Differences);

impl Serialize for Differing {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|difference| difference.as_str()))
    }
}

struct Verdicts<'a>(&'a [(&'static str, ClaimVerdict)]);

impl Serialize for Verdicts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, verdict)| {
            (
                name,
                Verdict {
                    result: verdict.result.as_str(),
                    differences: Differing(verdict.differences),
                },
            )
        }))
    }
}

struct Predicates<'a>(&'a [(&'static str, PredicateVerdict)]);

impl Serialize for Predicates<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|(name, verdict)| Predicate {
            r#type: name,
            result: verdict.result.as_str(),
            reason: verdict.reason.as_str(),
        }))
    }
}

#[derive(Serialize)]
struct Predicate {
    r#type: &'static str,
    result: &'static str,
    reason: &'static str,
}

struct Members<'a> {
    listed: &'a [Listed],
    source: Origin,
}

impl Serialize for Members<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.listed.iter().map(|listed| Member {
            relationship: listed.standing.map(Standing::as_str),
            attributes: Attributes {
                values: &listed.attributes,
                source: self.source,
            },
        }))
    }
}

#[derive(Serialize)]
struct Member<'a> {
    relationship: Option<&'static str>,
    attributes: Attributes<'a>,
}

struct Attributes<'a> {
    values: &'a [(Field, Option<Value>)],
    source: Origin,
}

impl Serialize for Attributes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.values.len()))?;
        for (field, value) in self.values {
            let value = value.as_ref().map(Released);
            map.serialize_entry(
                field.as_str(),
                &Attribute {
                    value,
                    as_of: self.source.as_of,
                    source: self.source.from,
                },
            )?;
        }
        map.end()
    }
}

#[derive(Serialize)]
struct Attribute<'a> {
    value: Option<Released<'a>>,
    as_of: Moment,
    source: &'static str,
}

struct Released<'a>(&'a Value);

impl Serialize for Released<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Text(text) => serializer.serialize_str(text),
            Value::Flag(flag) => serializer.serialize_bool(*flag),
            Value::Coded { code, label } => Coded {
                code,
                label: label.as_deref(),
            }
            .serialize(serializer),
        }
    }
}

#[derive(Serialize)]
struct Coded<'a> {
    code: &'a str,
    label: Option<&'a str>,
}

struct Words<'a>(&'a [Warning]);

impl Serialize for Words<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|warning| warning.as_str()))
    }
}

struct Id(Uuid);

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.hyphenated().encode_lower(&mut Uuid::encode_buffer()))
    }
}

#[cfg(test)]
mod tests;
