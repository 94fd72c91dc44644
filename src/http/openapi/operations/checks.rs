//! What do the operations of `/v1/checks` say of themselves?
//!
//! The two descriptions with their examples, as for every row of the route table.

use serde_json::{Value, json};

use super::{
    ABOUT_A_PERSON, ANYWHERE, WITH_TOKEN, body, caller_answer, common_parameters, person_parameters,
    responses,
};
use crate::domain::problem::Code;
use crate::http::problem::Problems;

/// Describes `POST /v1/checks`.
pub(in crate::http) fn check(problems: &Problems) -> Value {
    let mut described = responses(
        problems,
        caller_answer("CheckReply", &spared()),
        &[ANYWHERE, WITH_TOKEN, ABOUT_A_PERSON, &[Code::FieldNotPermitted]],
    );
    let mut waits = caller_answer("CheckReply", &pending());
    if let (Value::Object(all), Value::Object(waits)) = (&mut described, &mut waits) {
        waits.insert(
            "description".to_owned(),
            json!("The registry can't be asked: the check waits and ends by itself."),
        );
        all.insert("202".to_owned(), Value::Object(waits.clone()));
    }
    json!({
        "operationId": "checkDossier",
        "tags": ["checks"],
        "summary": "May a paper be asked for?",
        "description": "Scope `checks`. Looks up everybody whom the dossier names, in their roles, and decides whether a paper may \
            be asked for, which, on what ground and by when; where none may be, a confirmation for the dossier comes along.",
        "security": [{"bearer": []}, {"bearer": [], "certificate": []}],
        "parameters": person_parameters(),
        "requestBody": body("CheckRequest", request()),
        "responses": described,
    })
}

/// Describes `GET /v1/checks/{id}`.
pub(in crate::http) fn show(problems: &Problems) -> Value {
    let mut parameters = vec![json!({
        "name": "id", "in": "path", "required": true, "schema": {"type": "string", "format": "uuid"}, "example": ID,
    })];
    if let Value::Array(common) = common_parameters() {
        parameters.extend(common);
    }
    json!({
        "operationId": "showCheck",
        "tags": ["checks"],
        "summary": "What became of a check?",
        "description": "Scope `checks`. The answer as it was given, or, for one that waited, as it stands now. Only the client that asked.",
        "security": [{"bearer": []}, {"bearer": [], "certificate": []}],
        "parameters": parameters,
        "responses": responses(
            problems,
            caller_answer("CheckReply", &supplemented()),
            &[ANYWHERE, WITH_TOKEN, &[Code::ScopeMissing, Code::NotFound]],
        ),
    })
}

const ID: &str = "5f0d2c9b-7e1a-4e53-a1f0-019ab5d27c40";
const TRANSACTION: &str = "019ab5d2-7c40-7e53-a1f0-5f0d2c9b7e1a";

/// Shows a check of a birth registration.
pub(in crate::http) fn request() -> Value {
    json!({
        "context": {"procedure": "1.001193", "dossier": "000.00.12.H57-260822-0001", "channel": "counter"},
        "received_at": "2026-11-20T09:15:00+07:00",
        "subjects": [{
            "role": "mother",
            "subject": {"pin": "100190000001", "full_name": "Nguyễn Thị Mẫu", "date_of_birth": "1990-04-12"},
            "claims": {"permanent_residence": {"province_code": "25", "commune_code": "09106"}},
        }],
    })
}

fn fact(fact: &str, result: &str, reason: &str) -> Value {
    json!({"role": "mother", "fact": fact, "result": result, "reason": reason, "differences": []})
}

/// Shows a dossier of which no paper is asked.
pub(in crate::http) fn spared() -> Value {
    json!({
        "id": ID,
        "decision": "paper_not_required",
        "facts": [fact("identity", "match", "held"), fact("marriage", "elsewhere", "civil_status")],
        "supplement": [],
        "confirmation": {
            "id": "3q2-7wEjRWeJq83vASNFZw",
            "expires_at": "2026-12-22T08:00:01+07:00",
            "credential": "eyJ0eXAiOiJkYytzZC1qd3QifQ.e30.c2lnbmF0dXJl~",
            "document_url": "https://dancu.example.vn/v1/confirmations/3q2-7wEjRWeJq83vASNFZw/document",
            "public_url": "https://dancu.example.vn/c/3q2-7wEjRWeJq83vASNFZw",
        },
        "transaction_id": TRANSACTION,
        "answered_at": "2026-11-22T08:00:01.042+07:00",
    })
}

/// Shows a dossier that lacks a fact.
pub(in crate::http) fn supplemented() -> Value {
    json!({
        "id": ID,
        "decision": "supplement_required",
        "facts": [fact("identity", "match", "held"), fact("permanent_residence", "not_held", "not_held")],
        "supplement": [{
            "role": "mother",
            "fact": "permanent_residence",
            "any_one_of": ["identity_card", "residence_confirmation", "personal_information_notice"],
            "legal_ground": "Nghị định 104/2022/NĐ-CP, Điều 14 khoản 3",
            "correction_procedure": "1.010039",
        }],
        "deadline": "2026-11-23T17:00:00+07:00",
        "transaction_id": TRANSACTION,
        "answered_at": "2026-11-22T08:00:01.042+07:00",
    })
}

/// Shows a dossier that waits for the registry.
pub(in crate::http) fn pending() -> Value {
    json!({
        "id": ID,
        "decision": "pending",
        "facts": [fact("identity", "unavailable", "registry_unavailable")],
        "supplement": [],
        "deadline": "2026-11-23T17:00:00+07:00",
        "other_ways": ["vneid", "card_qr_or_chip"],
        "pending": {
            "receipt": "gateway-1.4711.s1s0E3H0Wq4lO0X1m1tq0c3hS9xq7c1b2cJ9m4c0a8E",
            "retry_at": "2026-11-22T08:00:06.042+07:00",
        },
        "transaction_id": TRANSACTION,
        "answered_at": "2026-11-22T08:00:01.042+07:00",
    })
}
