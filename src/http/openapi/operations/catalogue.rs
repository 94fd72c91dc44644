//! What can the catalogue of procedures be asked?
//!
//! The two addresses of `http::procedures`, described as their neighbours are.

use serde_json::{Value, json};

use super::{ANYWHERE, WITH_TOKEN, caller_answer, common_parameters, parameter, responses};
use crate::domain::problem::Code;
use crate::http::problem::Problems;

/// Describes `GET /v1/procedures`.
pub(in crate::http) fn procedures(problems: &Problems) -> Value {
    json!({
        "operationId": "listProcedures",
        "tags": ["procedures"],
        "summary": "Which procedures are there?",
        "description": "The whole catalogue, in the order of the codes, whatever the caller is licensed for; `/v1/client` lists the licences.",
        "security": [{"bearer": []}, {"bearer": [], "certificate": []}],
        "parameters": common_parameters(),
        "responses": responses(
            problems,
            caller_answer("ProcedureList", &json!({"procedures": [example()]})),
            &[ANYWHERE, WITH_TOKEN],
        ),
    })
}

/// Describes `GET /v1/procedures/{code}`.
pub(in crate::http) fn procedure(problems: &Problems) -> Value {
    json!({
        "operationId": "showProcedure",
        "tags": ["procedures"],
        "summary": "What does a procedure need to know of whom?",
        "description": "Roles with the facts that must be known of each, the papers that each fact replaces, and the rules of law with \
                        the days on which they begin and end. A fact whose `source` isn't `population` is another database's: a check \
                        answers `elsewhere` and never decides by it.",
        "security": [{"bearer": []}, {"bearer": [], "certificate": []}],
        "parameters": [
            {"name": "code", "in": "path", "required": true, "description": "Code of the administrative procedure.",
             "schema": {"type": "string", "pattern": "^[0-9.]{1,20}$"}, "example": "1.001193"},
            parameter("XRequestId"), parameter("Traceparent"), parameter("AcceptLanguage"),
        ],
        "responses": responses(
            problems,
            caller_answer("Procedure", &example()),
            &[ANYWHERE, WITH_TOKEN, &[Code::ProcedureUnknown, Code::InvalidRequest]],
        ),
    })
}

/// Shows the registration of a birth, with one of its roles.
pub(in crate::http) fn example() -> Value {
    json!({
        "code": "1.001193",
        "name": {"vi": "Thủ tục đăng ký khai sinh", "en": "Birth registration"},
        "sector": "Hộ tịch",
        "level": "commune",
        "legal_ground": [
            {"article": "Nghị định 104/2022/NĐ-CP, Điều 14", "from": "2023-01-01"},
            {"article": "Nghị quyết 66.7/2025/NQ-CP, Điều 4 khoản 1", "from": "2026-01-01", "until": "2027-02-28"},
        ],
        "roles": [{
            "role": "mother",
            "required": true,
            "facts": [
                {"fact": "identity", "replaces": ["identity_card"], "source": "population"},
                {"fact": "permanent_residence", "replaces": ["household_book", "residence_confirmation"], "source": "population"},
                {"fact": "marriage", "replaces": ["marriage_certificate"], "source": "civil_status"},
            ],
        }],
        "max_age": 3600,
        "stale_allowed": true,
        "shares_cache": true,
    })
}
