//! What is the caller told about a person?
//!
//! Writes an answer's body from what a grant disclosed, and from nothing else. Whoever can't name the person gets one and
//! the same body whatever the cause: its source is the registry at the moment of the answer, its facts are empty, there is
//! no status. Members stand in the contract's order.

use bytes::Bytes;
use uuid::Uuid;

use crate::domain::field::Field;
use crate::domain::household::Standing;
use crate::domain::predicate::PredicateVerdict;
use crate::domain::record::Status;
use crate::exchange::{Answer, From, Source};
use crate::http::json::writing::Writing;
use crate::matching::{ClaimVerdict, Differences, Identity};
use crate::policy::Disclosure;
use crate::policy::disclosure::{Facts, Listed, Outcome, Value, Warning};
use jiff::Timestamp;

/// Writes an answer.
pub(in crate::http) fn write(answer: &Answer) -> Bytes {
    let told = Told::of(&answer.disclosure);
    let receipt = answer.receipt.written();
    let written = body(
        answer.transaction_id,
        &told,
        &answer.source,
        answer.answered_at,
        &receipt,
    );
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

fn body(
    transaction_id: Uuid,
    told: &Told<'_>,
    source: &Source,
    answered_at: Timestamp,
    receipt: &str,
) -> String {
    let mut body = Writing::begin();
    let origin = origin(told.outcome, source, answered_at);
    let id = &mut Uuid::encode_buffer();
    body.word(
        "{\"transaction_id\":",
        transaction_id.hyphenated().encode_lower(id),
    );
    body.word(",\"outcome\":", told.outcome.as_str());
    let Identity { result, differences } = told.identity;
    verdict(&mut body, ",\"identity\":", result.as_str(), differences);
    match told.facts {
        Facts::Verdicts(verdicts) => claims(&mut body, verdicts),
        Facts::Attributes(values) => attributes(&mut body, ",\"attributes\":", values, &origin),
        Facts::Predicates(verdicts) => predicates(&mut body, verdicts),
        Facts::Members(listed) => members(&mut body, listed, &origin),
    }
    if let Some(status) = told.status {
        body.word(",\"status\":", status.as_str());
    }
    body.list(",\"warnings\":", told.warnings, |body, warning| {
        body.word("", warning.as_str());
    });
    body.word(",\"source\":{\"from\":", origin.from);
    body.time(",\"as_of\":", origin.as_of);
    body.number(",\"age\":", origin.age);
    body.time("},\"answered_at\":", answered_at);
    body.word(",\"receipt\":", receipt);
    body.end("}")
}

/// Tells where an answer comes from.
struct Origin {
    from: &'static str,
    as_of: Timestamp,
    age: u64,
}

fn origin(outcome: Outcome, source: &Source, answered_at: Timestamp) -> Origin {
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
        as_of: source.as_of,
        age: source.age,
    }
}

fn verdict(body: &mut Writing, name: &str, result: &str, differences: Differences) {
    body.raw(name);
    body.word("{\"result\":", result);
    body.list(",\"differences\":", differences.iter(), |body, difference| {
        body.word("", difference.as_str());
    });
    body.raw("}");
}

fn claims(body: &mut Writing, verdicts: &[(&str, ClaimVerdict)]) {
    body.raw(",\"claims\":");
    body.object(verdicts, |body, (name, of_claim)| {
        body.word("", name);
        verdict(body, ":", of_claim.result.as_str(), of_claim.differences);
    });
}

fn predicates(body: &mut Writing, verdicts: &[(&str, PredicateVerdict)]) {
    body.list(",\"predicates\":", verdicts, |body, (name, verdict)| {
        body.word("{\"type\":", name);
        body.word(",\"result\":", verdict.result.as_str());
        body.word(",\"reason\":", verdict.reason.as_str());
        body.raw("}");
    });
}

fn members(body: &mut Writing, listed: &[Listed], origin: &Origin) {
    body.list(",\"members\":", listed, |body, member| {
        match member.standing.map(Standing::as_str) {
            Some(relationship) => body.word("{\"relationship\":", relationship),
            None => body.raw("{\"relationship\":null"),
        }
        attributes(body, ",\"attributes\":", &member.attributes, origin);
        body.raw("}");
    });
}

fn attributes(body: &mut Writing, name: &str, values: &[(Field, Option<Value>)], origin: &Origin) {
    body.raw(name);
    body.object(values, |body, (field, value)| {
        body.word("", field.as_str());
        body.raw(":{\"value\":");
        released(body, value.as_ref());
        body.time(",\"as_of\":", origin.as_of);
        body.word(",\"source\":", origin.from);
        body.raw("}");
    });
}

fn released(body: &mut Writing, value: Option<&Value>) {
    match value {
        None => body.raw("null"),
        Some(Value::Text(text)) => body.text("", text),
        Some(Value::Flag(flag)) => body.raw(if *flag { "true" } else { "false" }),
        Some(Value::Coded { code, label }) => {
            body.text("{\"code\":", code);
            match label {
                Some(label) => body.text(",\"label\":", label),
                None => body.raw(",\"label\":null"),
            }
            body.raw("}");
        }
    }
}

#[cfg(test)]
mod tests;
