//! Does the log say what the callers saw, both ways?
//!
//! Every answered call has a row under its request id that says the same; its receipt is that row's. Every row belongs to a call
//! that was made: an answered one, or one that was cut off or given up. Failed authentications beyond so many a second are counted
//! in one row, and are held against the log by their number. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::callers::{Call, Fate, Kind};

/// What is refused before a call has a row, or because there can be none.
const WITHOUT_A_ROW: [&str; 2] = ["overloaded", "audit_unavailable"];

/// The request id of what the soak itself asks beside the callers.
pub const OWN_CALL: &str = "soak-own";

/// Names everything in which log and callers disagree.
pub fn judge(calls: &[Call], rows: &[Value]) -> Vec<String> {
    let mut by_request: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for row in rows {
        by_request.entry(text(row, "request_id")).or_default().push(row);
    }
    let mut wrong: Vec<String> = Vec::new();
    for (place, row) in rows.iter().enumerate() {
        if row["index"] != place {
            wrong.push(format!("row {place} has the index {}", row["index"]));
        }
    }
    for call in calls.iter().filter(|call| call.kind != Kind::Forged) {
        let rows = by_request.get(call.request_id.as_str());
        wrong.extend(unrecorded(call, rows.map_or(&[], Vec::as_slice)));
    }
    wrong.extend(unexplained(calls, rows));
    wrong.extend(uncounted(calls, rows));
    wrong
}

/// Says what an answered call lacks in the log.
fn unrecorded(call: &Call, rows: &[&Value]) -> Option<String> {
    let Fate::Answered(status, body) = &call.fate else {
        return None;
    };
    let code = text(body, "code");
    if WITHOUT_A_ROW.contains(&code) {
        return None;
    }
    let Some(last) = rows.last() else {
        return Some(format!("{call:?}: no row"));
    };
    let is_repeated = rows.iter().any(|row| row["operation"] == "replay");
    let of_transaction = |row: &&&Value| row["transaction_id"] == body["transaction_id"];
    if *status >= 400 {
        let says_so = rows
            .iter()
            .any(|row| of_transaction(&row) && row["problem"] == code && row["outcome"] == "refused");
        return (!says_so).then(|| format!("{call:?}: {last}"));
    }
    let receipt = text(body, "receipt");
    if receipt.is_empty() || is_repeated {
        return None;
    }
    let is_recorded = rows.iter().filter(of_transaction).any(|row| {
        let its = format!("dancu.{}.{}", row["index"], text(row, "leaf"));
        its == receipt && row["outcome"] == body["outcome"]
    });
    (!is_recorded).then(|| format!("{call:?}: {last}"))
}

/// Names rows of no call. What goes on after its call has the call's transaction or, in a batch, its request id.
fn unexplained(calls: &[Call], rows: &[Value]) -> Vec<String> {
    let made: BTreeSet<&str> = calls.iter().map(|call| call.request_id.as_str()).collect();
    let is_of_a_call = |row: &&Value| made.contains(text(row, "request_id"));
    let transactions: BTreeSet<&str> = rows
        .iter()
        .filter(is_of_a_call)
        .map(|row| text(row, "transaction_id"))
        .collect();
    let answers = calls.iter().filter_map(|call| match &call.fate {
        Fate::Answered(_, body) => body["transaction_id"].as_str(),
        _ => None,
    });
    let answered: BTreeSet<&str> = answers.collect();
    let fates: BTreeMap<&str, &Fate> = calls
        .iter()
        .map(|call| (call.request_id.as_str(), &call.fate))
        .collect();
    let mut wrong = Vec::new();
    for row in rows {
        let (request, transaction) = (text(row, "request_id"), text(row, "transaction_id"));
        let operation = text(row, "operation");
        if matches!(operation, "authentication" | "batch_row" | "replay" | "read") || request == OWN_CALL {
            continue;
        }
        let was_told = answered.contains(transaction);
        let is_known = match fates.get(request) {
            Some(Fate::Answered(..)) => was_told,
            Some(Fate::Broken | Fate::GivenUp) => true,
            None => transactions.contains(transaction),
        };
        if !is_known {
            wrong.push(format!("a row of nobody's: {row}"));
        }
    }
    wrong
}

/// Compares the number of failed authentications. Those who were cut off may have their row or not, and a kill takes the count of
/// its last second along.
fn uncounted(calls: &[Call], rows: &[Value]) -> Option<String> {
    let forged = calls.iter().filter(|call| call.kind == Kind::Forged);
    let (told, cut): (Vec<_>, Vec<_>) = forged.partition(|call| matches!(call.fate, Fate::Answered(401, _)));
    let rows = rows.iter().filter(|row| row["operation"] == "authentication");
    let (own, summed): (Vec<_>, Vec<_>) = rows.partition(|row| row["count"].is_null());
    let counted = own.len() as u64 + summed.iter().filter_map(|row| row["count"].as_u64()).sum::<u64>();
    let most = u64::try_from(told.len() + cut.len()).unwrap();
    (counted > most || (told.len() >= 5 && own.is_empty()))
        .then(|| format!("{} forged tokens were refused, {counted} in the log", told.len()))
}

fn text<'v>(value: &'v Value, member: &str) -> &'v str {
    value[member].as_str().unwrap_or_default()
}
