//! Which calls and answers does the document show?
//!
//! True ones: the person is the first of the mock services' invented people, and the tests read every example with the
//! same code that reads callers' bodies.

pub(in crate::http) mod households;

use std::time::Duration;

use serde_json::{Value, json};

use crate::auth::Scope;
use crate::domain::address::AddressKind;
use crate::domain::field::Field;
use crate::domain::problem::Code;
use crate::exchange::{Cause, Refusal};
use crate::http::faults::{Faults, Kind, Pointer};
use crate::http::problem::Problems;
use crate::http::texts::Language;
use crate::limits::{Exceeded, Limit, Size};
use crate::policy::Denied;
use crate::registry::{Failure, Rejection};

/// Lists what may stand in `fields`.
pub(in crate::http) fn field_paths() -> Vec<String> {
    let leaves = Field::all().map(|field| field.to_string());
    leaves
        .chain(AddressKind::ALL.into_iter().map(|kind| kind.as_str().to_owned()))
        .collect()
}

fn subject() -> Value {
    json!({"pin": "100190000001", "full_name": "Nguyễn Thị Mẫu", "date_of_birth": "1990-04-12"})
}

fn context() -> Value {
    json!({"procedure": "1.001193", "dossier": "000.00.12.H57-260822-0001", "channel": "counter"})
}

/// Shows a verification.
pub(in crate::http) fn verify_request() -> Value {
    json!({
        "subject": subject(),
        "claims": {"sex": "female", "permanent_residence": {"province_code": "25", "commune_code": "09106"}},
        "context": context(),
    })
}

/// Shows a look-up.
pub(in crate::http) fn lookup_request() -> Value {
    json!({
        "subject": subject(),
        "fields": ["full_name", "permanent_residence.commune_code"],
        "context": context(),
    })
}

const TRANSACTION: &str = "019ab5d2-7c40-7e53-a1f0-5f0d2c9b7e1a";
const RECEIPT: &str = "gateway-1.4711.s1s0E3H0Wq4lO0X1m1tq0c3hS9xq7c1b2cJ9m4c0a8E";

/// Shows a verification that is confirmed.
pub(in crate::http) fn confirmed() -> Value {
    let verdict = json!({"result": "match", "differences": []});
    json!({
        "transaction_id": TRANSACTION,
        "outcome": "confirmed",
        "identity": {"result": "match", "differences": ["case"]},
        "claims": {"sex": verdict, "permanent_residence": verdict},
        "status": "active",
        "warnings": [],
        "source": {"from": "registry", "as_of": "2026-11-22T08:00:00+07:00", "age": 0},
        "answered_at": "2026-11-22T08:00:01.042+07:00",
        "receipt": RECEIPT,
    })
}

/// Shows the one answer to who can't name the person; `facts` is the member that stays empty.
pub(in crate::http) fn no_match(facts: &str) -> Value {
    no_match_of(facts, &json!({}))
}

/// Shows the same where what stays empty is `nothing`.
pub(in crate::http) fn no_match_of(facts: &str, nothing: &Value) -> Value {
    json!({
        "transaction_id": TRANSACTION,
        "outcome": "no_match",
        "identity": {"result": "no_match", "differences": []},
        facts: nothing,
        "warnings": [],
        "source": {"from": "registry", "as_of": "2026-11-22T08:00:01.042+07:00", "age": 0},
        "answered_at": "2026-11-22T08:00:01.042+07:00",
        "receipt": RECEIPT,
    })
}

/// Shows a look-up.
pub(in crate::http) fn released() -> Value {
    let (as_of, from) = ("2026-11-22T08:00:00+07:00", "registry");
    json!({
        "transaction_id": TRANSACTION,
        "outcome": "confirmed",
        "identity": {"result": "match", "differences": ["case"]},
        "attributes": {
            "full_name": {"value": "NGUYỄN THỊ MẪU", "as_of": as_of, "source": from},
            "permanent_residence.commune_code": {
                "value": {"code": "09106", "label": "Xã Vĩnh Thành"}, "as_of": as_of, "source": from
            },
        },
        "status": "active",
        "warnings": [],
        "source": {"from": from, "as_of": as_of, "age": 0},
        "answered_at": "2026-11-22T08:00:01.042+07:00",
        "receipt": RECEIPT,
    })
}

/// Shows the fields of a procedure.
pub(in crate::http) fn fields() -> Value {
    json!({"fields": ["full_name", "date_of_birth", "permanent_residence.commune_code"]})
}

/// Shows a registration.
pub(in crate::http) fn registration() -> Value {
    json!({
        "client_id": "one-stop-25",
        "name": "Hệ thống một cửa tỉnh Phú Thọ",
        "status": "active",
        "province_code": "25",
        "units": ["H44.12"],
        "procedures": ["1.001193"],
        "fields": ["full_name", "date_of_birth", "permanent_residence.commune_code"],
        "scopes": ["citizens.verify", "citizens.lookup"],
        "accept_close_identity": false,
        "certificate_bound": true,
        "valid_from": "2026-01-01T00:00:00+07:00",
        "valid_until": "2027-01-01T00:00:00+07:00",
    })
}

/// Shows where a caller stands.
pub(in crate::http) fn quota() -> Value {
    json!({"policies": [
        {"name": "burst", "limit": 4000, "window_seconds": 2, "used": 1, "remaining": 3999,
         "resets_at": "2026-08-22T10:00:00.001+07:00", "exhausted_at_forecast": null},
        {"name": "concurrency", "limit": 512, "used": 3, "remaining": 509,
         "resets_at": "2026-08-22T10:00:01+07:00", "exhausted_at_forecast": null},
        {"name": "day", "limit": 1_000_000, "used": 640_000, "remaining": 360_000,
         "resets_at": "2026-08-23T00:00:00+07:00", "exhausted_at_forecast": "2026-08-22T15:37:30+07:00"},
        {"name": "month", "limit": 20_000_000, "used": 9_100_000, "remaining": 10_900_000,
         "resets_at": "2026-09-01T00:00:00+07:00", "exhausted_at_forecast": null},
        {"name": "day", "procedure": "1.001193", "limit": 50_000, "used": 12, "remaining": 49_988,
         "resets_at": "2026-08-23T00:00:00+07:00", "exhausted_at_forecast": null},
    ]})
}

/// Shows the problem of a code, in English, as the writer of problems writes it.
pub(in crate::http) fn problem(problems: &Problems, code: Code) -> Value {
    let mut faults = Faults::default();
    faults.add(&Pointer::Root.member("subject").member("pin"), Kind::PinLength);
    let refusal = Refusal {
        transaction_id: TRANSACTION.parse().unwrap_or_default(),
        cause: cause(code),
        client: None,
        nearest: None,
    };
    problems.document(Language::En, &refusal, Some(&faults))
}

/// Gives a failure of the code, in all its detail where its document has more members than others.
fn cause(code: Code) -> Cause {
    let exceeded = |limit| {
        Cause::Exceeded(Exceeded {
            of: Size {
                calls: 100,
                seconds: None,
            },
            limit,
            retry_after: Duration::from_secs(1),
        })
    };
    if code == Code::RateLimited {
        exceeded(Limit::Burst)
    } else if code == Code::QuotaExhausted {
        exceeded(Limit::Day)
    } else if code == Code::RegistryRejected {
        Cause::Registry(Failure::Rejected(Rejection::Licence))
    } else if code == Code::ScopeMissing {
        Cause::Denied(Denied::ScopeMissing(Scope::CitizensLookup))
    } else if code == Code::FieldNotPermitted {
        Cause::Denied(Denied::FieldNotPermitted([Field::Religion].into_iter().collect()))
    } else {
        Cause::Edge(code)
    }
}

/// Names a confirmation to show.
pub(in crate::http) const CONFIRMATION: &str = "q83vEjRWeJCrze8SNFZ4kA";

fn confirmed_facts() -> Value {
    json!([{
        "role": "father",
        "fact": "permanent_residence",
        "result": "match",
        "replaces": ["residence_confirmation_ct07", "identity_card"],
    }])
}

/// Shows a confirmation.
pub(in crate::http) fn confirmation() -> Value {
    json!({
        "id": CONFIRMATION,
        "status": "valid",
        "issued_at": "2026-08-22T09:30:00+07:00",
        "expires_at": "2026-09-21T09:30:00+07:00",
        "procedure": "1.001193",
        "dossier": "000.00.12.H57-260822-0001",
        "unit": "H57.12",
        "officer": "k1:7684-fc07-05f0",
        "channel": "counter",
        "transaction_id": TRANSACTION,
        "facts": confirmed_facts(),
        "legal_ground": ["Nghị định 104/2022/NĐ-CP, Điều 14"],
        "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "document_url": format!("https://dancu.example.vn/v1/confirmations/{CONFIRMATION}/document"),
        "public_url": format!("https://dancu.example.vn/c/{CONFIRMATION}"),
    })
}

/// Shows a credential that is shown for a dossier, cut short.
pub(in crate::http) fn shown_credential() -> Value {
    json!({
        "credential": "eyJhbGciOiJFUzI1NiIsInR5cCI6ImRjK3NkLWp3dCJ9.eyJpc3MiOiJodHRwczovL2RhbmN1In0.c2lnbmF0dXJl~",
        "dossier": "000.00.12.H57-260822-0001",
    })
}

/// Shows a credential's worth.
pub(in crate::http) fn credential_verdict() -> Value {
    json!({
        "result": "valid",
        "facts": confirmed_facts(),
        "procedure": "1.001193",
        "dossier": "000.00.12.H57-260822-0001",
        "unit": "H57.12",
        "issued_at": "2026-08-22T09:30:00+07:00",
        "expires_at": "2026-09-21T09:30:00+07:00",
    })
}
