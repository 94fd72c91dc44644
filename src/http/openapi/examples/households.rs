//! Which questions about a household does the document show?
//!
//! The household of three among the mock services' invented people.

use serde_json::{Value, json};

use super::{RECEIPT, TRANSACTION};

fn wife() -> Value {
    json!({"pin": "100184000018", "full_name": "Nguyễn Thị Thành Viên", "date_of_birth": "1984-08-08"})
}

fn head() -> Value {
    json!({"pin": "100080000017", "full_name": "Trần Văn Chủ", "date_of_birth": "1980-05-01"})
}

fn context() -> Value {
    json!({"procedure": "1.011606", "dossier": "000.00.12.H57-260822-0002", "channel": "counter"})
}

/// Shows one question of each type.
pub(in crate::http) fn verify_request() -> Value {
    json!({
        "subject": wife(),
        "predicates": [
            {"type": "same_household", "person": head()},
            {"type": "head_of_household"},
            {"type": "relationship", "person": head(), "relationship": "spouse"},
            {"type": "resides_in", "commune_code": "09106", "since": "2024-01-01", "kind": "permanent"},
            {"type": "member_count", "at_least": 2, "at_most": 8},
        ],
        "context": context(),
    })
}

/// Shows its answer.
pub(in crate::http) fn judged() -> Value {
    let verdict =
        |name: &str, result: &str, reason: &str| json!({"type": name, "result": result, "reason": reason});
    json!({
        "transaction_id": TRANSACTION,
        "outcome": "differs",
        "identity": {"result": "match", "differences": ["case"]},
        "predicates": [
            verdict("same_household", "true", "held"),
            verdict("head_of_household", "false", "another_is_head"),
            verdict("relationship", "true", "held"),
            verdict("resides_in", "true", "read_as_of_today"),
            verdict("member_count", "true", "held"),
        ],
        "status": "active",
        "warnings": [],
        "source": {"from": "registry", "as_of": "2026-11-22T08:00:00+07:00", "age": 0},
        "answered_at": "2026-11-22T08:00:01.042+07:00",
        "receipt": RECEIPT,
    })
}

/// Shows a look-up.
pub(in crate::http) fn lookup_request() -> Value {
    json!({"subject": wife(), "fields": ["full_name", "date_of_birth"], "context": context()})
}

/// Shows its answer.
pub(in crate::http) fn listed() -> Value {
    let (as_of, from) = ("2026-11-22T08:00:00+07:00", "registry");
    let member = |relationship: &str, name: &str, born: &str| {
        json!({
            "relationship": relationship,
            "attributes": {
                "full_name": {"value": name, "as_of": as_of, "source": from},
                "date_of_birth": {"value": born, "as_of": as_of, "source": from},
            },
        })
    };
    json!({
        "transaction_id": TRANSACTION,
        "outcome": "confirmed",
        "identity": {"result": "match", "differences": ["case"]},
        "members": [
            member("head", "TRẦN VĂN CHỦ", "1980-05-01"),
            member("spouse", "NGUYỄN THỊ THÀNH VIÊN", "1984-08-08"),
            member("child", "TRẦN MINH BÉ", "2016-06-01"),
        ],
        "status": "active",
        "warnings": [],
        "source": {"from": from, "as_of": as_of, "age": 0},
        "answered_at": "2026-11-22T08:00:01.042+07:00",
        "receipt": RECEIPT,
    })
}
