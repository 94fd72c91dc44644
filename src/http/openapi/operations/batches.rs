//! What do the operations of `/v1/batches` say of themselves?
//!
//! Bodies and results are a line of JSON for each row, which a schema can't say of a whole: the schema is that of a line.

use serde_json::{Value, json};

use super::{
    ANYWHERE, WITH_TOKEN, answer_headers, caller_answer, common_parameters, parameter, reference, responses,
};
use crate::domain::problem::Code;
use crate::http::openapi::examples;
use crate::http::problem::Problems;

const ID: &str = "5f0d2c9b-7e1a-4e53-a1f0-019ab5d27c40";

/// Describes `POST /v1/batches`.
pub(in crate::http) fn hand_in(problems: &Problems) -> Value {
    let codes = [
        Code::MalformedRequest,
        Code::ScopeMissing,
        Code::ProcedureUnknown,
        Code::ProcedureNotLicensed,
        Code::RequestTimeout,
        Code::IdempotencyConflict,
        Code::BodyTooLarge,
        Code::UnsupportedMediaType,
        Code::InvalidRequest,
        Code::IdempotencyMismatch,
        Code::QuotaExhausted,
    ];
    let mut described = responses(problems, json!({}), &[ANYWHERE, WITH_TOKEN, &codes]);
    if let Value::Object(all) = &mut described {
        all.remove("200");
        all.insert("202".to_owned(), taken_on());
    }
    json!({
        "operationId": "handInBatch",
        "tags": ["batches"],
        "summary": "Are these people who they are said to be?",
        "description": "Scope `batches`. Up to 100 000 rows, each answered like a verification, behind everybody who waits at a \
            counter. An officer isn't needed. Taken on whole or not at all: a line without a readable row number, a number that \
            comes twice, a body that is cut off and a day without room for all rows end it, and nothing is kept. Any other \
            fault of a row becomes the problem in that row's result. Of a table the columns are `pin`, `old_id_number`, \
            `full_name`, `date_of_birth`, its rows are numbered from 1, and the work stands in the query.",
        "security": [{"bearer": []}, {"bearer": [], "certificate": []}],
        "parameters": [
            of_query("procedure", "Of a table: code of the administrative procedure.", "1.001193"),
            of_query("dossier", "Of a table: code of the dossier.", "000.00.12.H57-260822-0001"),
            parameter("XRequestId"),
            parameter("Traceparent"),
            parameter("AcceptLanguage"),
            parameter("IdempotencyKey"),
        ],
        "requestBody": {
            "required": true,
            "description": "UTF-8; a line has at most 64 KiB.",
            "content": {
                "application/x-ndjson": {"schema": lines(), "example": context_line()},
                "application/jsonl": {"schema": lines(), "example": row_line()},
                "text/csv": {"schema": {"type": "string"}, "example": table()},
            },
        },
        "responses": described,
    })
}

fn of_query(name: &str, description: &str, example: &str) -> Value {
    json!({
        "name": name, "in": "query", "required": false, "description": description,
        "schema": {"type": "string"}, "example": example,
    })
}

fn lines() -> Value {
    json!({
        "description": "The first line, then a line for each row.",
        "oneOf": [reference("BatchContext"), reference("BatchRow")],
    })
}

fn taken_on() -> Value {
    let mut answer = caller_answer("BatchTaken", &taken());
    if let Value::Object(answer) = &mut answer {
        let headers = [
            "Traceparent",
            "CacheControl",
            "RateLimitPolicy",
            "RateLimit",
            "Location",
        ];
        answer.insert("headers".to_owned(), answer_headers(&headers));
        answer.insert(
            "description".to_owned(),
            json!("Taken on: every row will have its result, over restarts too."),
        );
    }
    answer
}

/// Describes `GET /v1/batches/{id}`.
pub(in crate::http) fn show(problems: &Problems) -> Value {
    json!({
        "operationId": "showBatch",
        "tags": ["batches"],
        "summary": "How does a batch stand?",
        "description": "Scope `batches`. Only the client that handed it in.",
        "security": [{"bearer": []}, {"bearer": [], "certificate": []}],
        "parameters": named(),
        "responses": responses(problems, caller_answer("Batch", &running()), &[ANYWHERE, WITH_TOKEN, OF_ONE]),
    })
}

/// Describes `DELETE /v1/batches/{id}`.
pub(in crate::http) fn cancel(problems: &Problems) -> Value {
    json!({
        "operationId": "cancelBatch",
        "tags": ["batches"],
        "summary": "Give a batch up",
        "description": "Scope `batches`. Rows that aren't done are removed at once; results stay until their time is over. A batch \
            that has ended stays as it is.",
        "security": [{"bearer": []}, {"bearer": [], "certificate": []}],
        "parameters": named(),
        "responses": responses(problems, caller_answer("Batch", &cancelled()), &[ANYWHERE, WITH_TOKEN, OF_ONE]),
    })
}

/// Describes `GET /v1/batches/{id}/results`.
pub(in crate::http) fn results(problems: &Problems) -> Value {
    let answer = json!({
        "description": "A line for each row that is done by now, in the order of the rows' numbers.",
        "headers": answer_headers(&["Traceparent", "CacheControl", "RateLimitPolicy", "RateLimit"]),
        "content": {"application/x-ndjson": {"schema": reference("BatchResult"), "example": result()}},
    });
    json!({
        "operationId": "readBatchResults",
        "tags": ["batches"],
        "summary": "What came of the rows?",
        "description": "Scope `batches`. Streamed; while the batch runs, what is done so far.",
        "security": [{"bearer": []}, {"bearer": [], "certificate": []}],
        "parameters": named(),
        "responses": responses(problems, answer, &[ANYWHERE, WITH_TOKEN, OF_ONE]),
    })
}

const OF_ONE: &[Code] = &[Code::ScopeMissing, Code::NotFound];

fn named() -> Value {
    let mut parameters = vec![json!({
        "name": "id", "in": "path", "required": true, "schema": {"type": "string", "format": "uuid"}, "example": ID,
    })];
    if let Value::Array(common) = common_parameters() {
        parameters.extend(common);
    }
    Value::Array(parameters)
}

/// Shows a batch's first line.
pub(in crate::http) fn context_line() -> Value {
    json!({"context": {"procedure": "1.001193", "dossier": "000.00.12.H57-260822-0001", "channel": "online"}})
}

/// Shows a row.
pub(in crate::http) fn row_line() -> Value {
    let mut row = examples::verify_request();
    if let Value::Object(members) = &mut row {
        members.remove("context");
        members.insert("row".to_owned(), json!(1));
    }
    row
}

/// Shows a table.
pub(in crate::http) fn table() -> &'static str {
    "pin,old_id_number,full_name,date_of_birth\r\n100190000001,,Nguyễn Thị Mẫu,1990-04-12\r\n"
}

/// Shows a batch that was taken on.
pub(in crate::http) fn taken() -> Value {
    json!({"id": ID, "status": "queued"})
}

/// Shows a batch that is worked on.
pub(in crate::http) fn running() -> Value {
    json!({
        "id": ID, "status": "running", "rows": 2_000, "done": 1_204,
        "counts": {"confirmed": 1_180, "no_match": 21, "refused": 3},
    })
}

/// Shows a batch that was given up.
pub(in crate::http) fn cancelled() -> Value {
    json!({"id": ID, "status": "cancelled", "rows": 2_000, "done": 17, "counts": {"confirmed": 17}})
}

/// Shows a result.
pub(in crate::http) fn result() -> Value {
    json!({"row": 1, "answer": examples::confirmed()})
}
