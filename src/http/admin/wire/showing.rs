//! What are operators shown of clients and limits?
//!
//! What is in force, as it could be sent again, and who set which part of it over the file, when and why.

use jiff::Timestamp;
use serde::Serialize;

use crate::http::wire::moment::Moment;
use crate::limits::Usage;
use crate::policy::clients::{Allowance, Client, Narrowing};
use crate::register::{Attribution, Failed, Limits, Part, ProcedureLimits, Registered, Registration, View};

/// Writes an allowance as limits.
pub(super) fn of_allowance(allowance: &Allowance) -> Limits {
    Limits {
        officer_per_second: allowance.officer_per_second,
        officer_burst: Some(allowance.officer_burst),
        officers_per_subject: allowance.officers_per_subject,
        failed: Failed {
            per_officer: allowance.guesses.per_officer,
            per_person: allowance.guesses.per_person,
            per_client: allowance.guesses.per_client,
        },
        rate_per_second: allowance.rate_per_second,
        burst: allowance.burst,
        concurrency: allowance.concurrency,
        per_day: allowance.per_day,
        per_month: allowance.per_month,
        registry_weight: allowance.registry_weight,
        batch_rows_per_day: allowance.batch_rows_per_day,
    }
}

fn of_narrowing(narrowing: &Narrowing) -> ProcedureLimits {
    ProcedureLimits {
        rate_per_second: narrowing.rate.map(|rate| rate.per_second),
        burst: narrowing.rate.map(|rate| rate.burst),
        per_day: narrowing.per_day,
        per_month: narrowing.per_month,
    }
}

fn of_client(client: &Client) -> Registration {
    Registration {
        id: client.id.as_str().to_owned(),
        name: client.name.clone(),
        province_code: client.province.as_str().to_owned(),
        units: client.units.iter().map(|unit| unit.as_str().to_owned()).collect(),
        procedures: client
            .procedures
            .iter()
            .map(|code| code.as_str().to_owned())
            .collect(),
        fields: client.fields.iter().map(|field| field.to_string()).collect(),
        scopes: client
            .scopes
            .iter()
            .map(|scope| scope.as_str().to_owned())
            .collect(),
        thumbprints: client.thumbprints.iter().map(ToString::to_string).collect(),
        accept_close_identity: client.accept_close_identity,
        status: client.status.as_str().to_owned(),
        valid_from: Moment(client.valid_from).to_string(),
        valid_until: Moment(client.valid_until).to_string(),
        limits: of_allowance(&client.allowance),
        procedure_limits: client
            .procedure_limits
            .iter()
            .map(|(code, narrowing)| (code.as_str().to_owned(), of_narrowing(narrowing)))
            .collect(),
    }
}

/// Shows who set a part of a client, over the file.
#[derive(Serialize)]
struct Set {
    part: &'static str,
    operator: String,
    at: Moment,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl Set {
    fn of((part, by): (Part, &Attribution)) -> Self {
        Self {
            part: part.as_str(),
            operator: by.operator.as_str().to_owned(),
            at: Moment(by.at),
            reason: by.reason.as_ref().map(|reason| reason.as_str().to_owned()),
        }
    }
}

/// Shows a client as it is in force.
#[derive(Serialize)]
pub(in crate::http::admin) struct Shown {
    #[serde(flatten)]
    registration: Registration,
    in_file: bool,
    changes: Vec<Set>,
}

impl Shown {
    /// Shows a client.
    pub fn of(entry: &Registered) -> Self {
        Self {
            registration: of_client(&entry.client),
            in_file: entry.is_in_file,
            changes: entry.set.iter().map(|(part, by)| Set::of((*part, by))).collect(),
        }
    }
}

#[derive(Serialize)]
struct Removed {
    id: String,
    operator: String,
    at: Moment,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// Shows every client, and those that operators removed.
#[derive(Serialize)]
pub(in crate::http::admin) struct Listed {
    clients: Vec<Shown>,
    removed: Vec<Removed>,
}

impl Listed {
    /// Shows the register.
    pub fn of(view: &View) -> Self {
        let removed = view.removed.iter().map(|(id, by)| Removed {
            id: id.as_str().to_owned(),
            operator: by.operator.as_str().to_owned(),
            at: Moment(by.at),
            reason: by.reason.as_ref().map(|reason| reason.as_str().to_owned()),
        });
        Self {
            clients: view.clients.values().map(Shown::of).collect(),
            removed: removed.collect(),
        }
    }
}

#[derive(Serialize)]
struct Counted {
    day: u64,
    month: u64,
    under_way: u64,
}

/// Shows a client's limits and what it has used of them.
#[derive(Serialize)]
pub(in crate::http::admin) struct LimitsShown {
    client_id: String,
    limits: Limits,
    used: Counted,
    remaining: Counted,
    in_force_since: Moment,
    set_by: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl LimitsShown {
    /// Shows a client's limits; those of the file count since it was read.
    pub fn of(entry: &Registered, usage: &Usage, read_at: Timestamp) -> Self {
        let set = |wanted| entry.set.iter().find(|(part, _)| *part == wanted);
        let by = set(Part::Limits)
            .or_else(|| set(Part::Registration))
            .map(|(_, by)| by);
        let allowance = &entry.client.allowance;
        let under_way = u64::from(usage.under_way);
        Self {
            client_id: entry.client.id.as_str().to_owned(),
            limits: of_allowance(allowance),
            used: Counted {
                day: usage.day,
                month: usage.month,
                under_way,
            },
            remaining: Counted {
                day: allowance.per_day.saturating_sub(usage.day),
                month: allowance.per_month.saturating_sub(usage.month),
                under_way: u64::from(allowance.concurrency).saturating_sub(under_way),
            },
            in_force_since: Moment(by.map_or(read_at, |by| by.at)),
            set_by: by.map_or_else(|| "file".to_owned(), |by| by.operator.as_str().to_owned()),
            reason: by.and_then(|by| Some(by.reason.as_ref()?.as_str().to_owned())),
        }
    }
}
