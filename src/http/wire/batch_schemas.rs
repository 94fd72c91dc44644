//! What shape do batches have, as the OpenAPI document tells it?
//!
//! Descriptions only, as in `schemas`: no value of these types is ever made.

#![expect(dead_code, reason = "only the schemas of these types are used")]

use std::collections::BTreeMap;

use utoipa::ToSchema;

use crate::http::wire::schemas::{Claims, Context, Problem, Subject, VerifyReply};

/// The first line of a batch.
#[derive(ToSchema)]
pub(in crate::http) struct BatchContext {
    context: Context,
}

/// Any other line of a batch: one person.
#[derive(ToSchema)]
pub(in crate::http) struct BatchRow {
    /// The caller's number of the row, which its result carries; each once.
    #[schema(minimum = 1, maximum = 99_999_999, example = 1)]
    row: u32,
    subject: Subject,
    /// What is claimed; left out, only the identity is verified.
    claims: Option<Claims>,
}

/// A batch that was taken on.
#[derive(ToSchema)]
pub(in crate::http) struct BatchTaken {
    /// The batch's name, for `GET /v1/batches/{id}`.
    id: String,
    status: BatchStatus,
}

/// How far a batch is.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(in crate::http) enum BatchStatus {
    Queued,
    Running,
    Done,
    Cancelled,
    Failed,
}

/// How a batch stands.
#[derive(ToSchema)]
pub(in crate::http) struct Batch {
    id: String,
    status: BatchStatus,
    /// All rows.
    rows: u64,
    /// Those that have a result.
    done: u64,
    /// Those by the outcome of their verification; `refused` for those that have a problem.
    counts: BTreeMap<String, u64>,
    /// On `failed`: the code of the problem that ended it.
    reason: Option<String>,
}

/// A line of the results: the row's number with either an answer or a problem.
#[derive(ToSchema)]
pub(in crate::http) struct BatchResult {
    row: u32,
    answer: Option<VerifyReply>,
    problem: Option<Problem>,
}
