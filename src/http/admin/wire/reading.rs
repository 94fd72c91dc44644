//! What do operators send of clients and limits?
//!
//! Reads a registration or limits and names everything that is wrong at once. What has the wrong form is left empty, so
//! that everything else is judged all the same; the judgement itself is the register's.

use std::collections::{BTreeMap, BTreeSet};

use super::showing::of_allowance;
use super::{FAILED, LIMITS, PROCEDURE_LIMITS, REGISTRATION};
use crate::domain::context::Malformed;
use crate::domain::operator::Reason;
use crate::http::faults::{Faults, Kind, Pointer, list, members, parsed, required, text};
use crate::http::json::Json;
use crate::policy::clients::{Allowance, Contradiction, Narrowing};
use crate::register::{Failed, Limits, Objection, ProcedureLimits, Registration, Wrong};

/// Says what is wrong with a registration's content.
pub(in crate::http::admin) type Judge<'a> = &'a dyn Fn(&Registration) -> Result<(), Vec<Objection>>;

/// Reads a body that may only hold a reason.
pub(in crate::http::admin) fn reason_alone(body: &Json<'_>, faults: &mut Faults) -> Option<Option<Reason>> {
    let [sent] = members(body, &Pointer::Root, ["reason"], faults)?;
    Some(reason(sent, faults))
}

pub(super) fn reason(sent: Option<&Json<'_>>, faults: &mut Faults) -> Option<Reason> {
    let wrong = |malformed| match malformed {
        Malformed::Length | Malformed::Charset => Kind::ReasonForm,
        Malformed::PersonalNumber => Kind::HoldsPersonalNumber,
    };
    parsed(sent?, &Pointer::Root.member("reason"), faults, wrong)
}

/// Reads a registration; `id` is the client that the address names.
pub(in crate::http::admin) fn registration(
    body: &Json<'_>,
    id: &str,
    judge: Judge<'_>,
    faults: &mut Faults,
) -> Option<(Registration, Option<Reason>)> {
    let root = Pointer::Root;
    let [
        sent_id,
        name,
        province_code,
        units,
        procedures,
        fields,
        scopes,
        thumbprints,
        accept_close_identity,
        status,
        valid_from,
        valid_until,
        sent_limits,
        sent_narrowings,
        sent_reason,
        // What is shown may be sent again: these two are ours to say.
        _in_file,
        _changes,
    ] = members(body, &root, REGISTRATION, faults)?;
    if let Some(sent) = sent_id
        && text(sent, &root.member("id"), faults).is_some_and(|sent| sent != id)
    {
        faults.add(&root.member("id"), Kind::IdConflict);
    }
    let mut one = |sent, name| word(sent, &root.member(name), faults);
    let (name, province_code) = (one(name, "name"), one(province_code, "province_code"));
    let status = one(status, "status");
    let (valid_from, valid_until) = (one(valid_from, "valid_from"), one(valid_until, "valid_until"));
    let mut all = |sent, name| words(required(sent, &root.member(name), faults), name, faults);
    let (units, procedures) = (all(units, "units"), all(procedures, "procedures"));
    let (fields, scopes) = (all(fields, "fields"), all(scopes, "scopes"));
    let thumbprints = thumbprints.map_or_else(
        || Some(Vec::new()),
        |sent| words(Some(sent), "thumbprints", faults),
    );
    let accept_close_identity = accept_close_identity.map_or(Some(false), |sent| {
        flag(sent, &root.member("accept_close_identity"), faults)
    });
    let at_limits = root.member("limits");
    let limits = required(sent_limits, &at_limits, faults).and_then(|json| {
        let (limits, [reason]) = limits(json, &at_limits, faults)?;
        if reason.is_some() {
            faults.add(&at_limits.member("reason"), Kind::UnknownMember);
        }
        Some(limits)
    });
    let procedure_limits = sent_narrowings.map_or_else(
        || Some(BTreeMap::new()),
        |json| procedure_limits(json, &root.member("procedure_limits"), faults),
    );
    let reason = reason(sent_reason, faults);
    // What has the wrong form is left empty for now, so that everything else is judged all the same.
    let whole = faults.is_empty();
    let registration = Registration {
        id: id.to_owned(),
        name: name.unwrap_or_default(),
        province_code: province_code.unwrap_or_default(),
        units: units.unwrap_or_default(),
        procedures: procedures.unwrap_or_default(),
        fields: fields.unwrap_or_default(),
        scopes: scopes.unwrap_or_default(),
        thumbprints: thumbprints.unwrap_or_default(),
        accept_close_identity: accept_close_identity.unwrap_or_default(),
        status: status.unwrap_or_default(),
        valid_from: valid_from.unwrap_or_default(),
        valid_until: valid_until.unwrap_or_default(),
        limits: limits.unwrap_or_else(|| of_allowance(&UNOBJECTIONABLE)),
        procedure_limits: procedure_limits.unwrap_or_default(),
    };
    let objections = judge(&registration).err().unwrap_or_default();
    let misread: Vec<String> = faults.iter().map(|fault| fault.pointer.clone()).collect();
    for objection in &objections {
        let member = root.member(objection.member);
        let at = match objection.item {
            Some(item) => member.item(item),
            None => member,
        };
        let place = member.to_string();
        if !misread.iter().any(|known| known.starts_with(&place)) {
            object(&at, objection.wrong, faults);
        }
    }
    (whole && faults.is_empty()).then_some((registration, reason))
}

/// Reads limits, with a reason beside them.
///
/// They may not be below what the client has for single procedures.
pub(in crate::http::admin) fn limits_with_reason(
    body: &Json<'_>,
    narrowings: &[Narrowing],
    faults: &mut Faults,
) -> Option<(Limits, Option<Reason>)> {
    let root = Pointer::Root;
    let read = limits(body, &root, faults);
    let (limits, [sent_reason]) = read?;
    let reason = reason(sent_reason, faults);
    match limits.judged() {
        Ok(own) => {
            let too_low: BTreeSet<_> = narrowings
                .iter()
                .flat_map(|narrowing| narrowing.wider_than(&own))
                .collect();
            for member in too_low {
                faults.add(&root.member(member), Kind::BelowProcedure);
            }
        }
        Err(objections) => {
            for objection in objections {
                object(&root, objection.wrong, faults);
            }
        }
    }
    Some((limits, reason))
}

/// Reads limits, and gives the reason that stands among them unread.
fn limits<'j>(
    json: &'j Json<'j>,
    at: &Pointer<'_>,
    faults: &mut Faults,
) -> Option<(Limits, [Option<&'j Json<'j>>; 1])> {
    let [
        officer_per_second,
        officer_burst,
        officers_per_subject,
        failed,
        rate_per_second,
        burst,
        concurrency,
        per_day,
        per_month,
        registry_weight,
        batch_rows_per_day,
        reason,
    ] = members(json, at, LIMITS, faults)?;
    let usual = of_allowance(&UNOBJECTIONABLE);
    let at_failed = at.member("failed");
    let failed = failed.map_or_else(
        || Some(Failed::default()),
        |json| what_failed(json, &at_failed, faults),
    );
    let mut needed = |sent, name| {
        let at = at.member(name);
        required(sent, &at, faults).and_then(|sent| number(sent, &at, faults))
    };
    let officer_per_second = needed(officer_per_second, "officer_per_second");
    let rate_per_second = needed(rate_per_second, "rate_per_second");
    let (burst, concurrency) = (needed(burst, "burst"), needed(concurrency, "concurrency"));
    let mut count = |sent: Option<&Json<'_>>, name| {
        let at = at.member(name);
        required(sent, &at, faults).and_then(|sent| number(sent, &at, faults))
    };
    let (per_day, per_month) = (count(per_day, "per_day"), count(per_month, "per_month"));
    let mut optional = |sent: Option<&Json<'_>>, name, usual: u32| match sent {
        Some(sent) => number(sent, &at.member(name), faults),
        None => Some(usual),
    };
    let officers_per_subject = optional(
        officers_per_subject,
        "officers_per_subject",
        usual.officers_per_subject,
    );
    let registry_weight = optional(registry_weight, "registry_weight", usual.registry_weight);
    let officer_burst = match officer_burst {
        Some(sent) => number(sent, &at.member("officer_burst"), faults).map(Some),
        None => Some(None),
    };
    let batch_rows_per_day = match batch_rows_per_day {
        Some(sent) => number(sent, &at.member("batch_rows_per_day"), faults),
        None => Some(usual.batch_rows_per_day),
    };
    let limits = Limits {
        officer_per_second: officer_per_second?,
        officer_burst: officer_burst?,
        officers_per_subject: officers_per_subject?,
        failed: failed?,
        rate_per_second: rate_per_second?,
        burst: burst?,
        concurrency: concurrency?,
        per_day: per_day?,
        per_month: per_month?,
        registry_weight: registry_weight?,
        batch_rows_per_day: batch_rows_per_day?,
    };
    Some((limits, [reason]))
}

/// Reads the limits of single procedures, by the procedure's code.
fn procedure_limits(
    json: &Json<'_>,
    at: &Pointer<'_>,
    faults: &mut Faults,
) -> Option<BTreeMap<String, ProcedureLimits>> {
    let Json::Object(sent) = json else {
        faults.add(at, Kind::NotObject);
        return None;
    };
    let mut read = BTreeMap::new();
    for (code, limits) in sent {
        let limits = narrowing(limits, at, faults)?;
        if read.insert(code.clone().into_owned(), limits).is_some() {
            faults.add(at, Kind::Duplicate);
        }
    }
    Some(read)
}

fn narrowing(json: &Json<'_>, at: &Pointer<'_>, faults: &mut Faults) -> Option<ProcedureLimits> {
    let [rate_per_second, burst, per_day, per_month] = members(json, at, PROCEDURE_LIMITS, faults)?;
    Some(ProcedureLimits {
        rate_per_second: figure(rate_per_second, &at.member("rate_per_second"), faults)?,
        burst: figure(burst, &at.member("burst"), faults)?,
        per_day: figure(per_day, &at.member("per_day"), faults)?,
        per_month: figure(per_month, &at.member("per_month"), faults)?,
    })
}

/// Reads a figure that may be left out.
fn figure<N: TryFrom<u64>>(
    sent: Option<&Json<'_>>,
    at: &Pointer<'_>,
    faults: &mut Faults,
) -> Option<Option<N>> {
    match sent {
        Some(sent) => number(sent, at, faults).map(Some),
        None => Some(None),
    }
}

fn what_failed(json: &Json<'_>, at: &Pointer<'_>, faults: &mut Faults) -> Option<Failed> {
    let [per_officer, per_person, per_client] = members(json, at, FAILED, faults)?;
    let usual = Failed::default();
    let mut one = |sent: Option<&Json<'_>>, name, usual| match sent {
        Some(sent) => number(sent, &at.member(name), faults),
        None => Some(usual),
    };
    let per_officer = one(per_officer, "per_officer", usual.per_officer);
    let per_person = one(per_person, "per_person", usual.per_person);
    let per_client = one(per_client, "per_client", usual.per_client);
    Some(Failed {
        per_officer: per_officer?,
        per_person: per_person?,
        per_client: per_client?,
    })
}

/// What an optional figure is where it is left out: the same as in the file.
const UNOBJECTIONABLE: Allowance = Allowance {
    officer_per_second: 1,
    officer_burst: 1,
    officers_per_subject: 20,
    guesses: crate::policy::clients::Guesses {
        per_officer: 30,
        per_person: 10,
        per_client: 600,
    },
    rate_per_second: 1,
    burst: 1,
    concurrency: 1,
    per_day: 1,
    per_month: 1,
    registry_weight: 1,
    batch_rows_per_day: 100_000,
};

fn word(sent: Option<&Json<'_>>, at: &Pointer<'_>, faults: &mut Faults) -> Option<String> {
    let sent = required(sent, at, faults)?;
    text(sent, at, faults).map(str::to_owned)
}

fn words(sent: Option<&Json<'_>>, name: &str, faults: &mut Faults) -> Option<Vec<String>> {
    let root = Pointer::Root;
    let at = root.member(name);
    let items = list(sent?, &at, faults)?;
    let read = items
        .iter()
        .enumerate()
        .map(|(place, item)| text(item, &at.item(place), faults).map(str::to_owned));
    let read: Vec<Option<String>> = read.collect();
    read.into_iter().collect()
}

pub(super) fn flag(sent: &Json<'_>, at: &Pointer<'_>, faults: &mut Faults) -> Option<bool> {
    if let Json::Flag(flag) = sent {
        return Some(*flag);
    }
    faults.add(at, Kind::NotFlag);
    None
}

fn number<N: TryFrom<u64>>(sent: &Json<'_>, at: &Pointer<'_>, faults: &mut Faults) -> Option<N> {
    let number = match sent {
        Json::Number(Some(number)) => number,
        Json::Number(None) => {
            faults.add(at, Kind::NumberNotWhole);
            return None;
        }
        _ => {
            faults.add(at, Kind::NotNumber);
            return None;
        }
    };
    let number = N::try_from(*number).ok();
    if number.is_none() {
        faults.add(at, Kind::NumberTooLarge);
    }
    number
}

/// Enters an objection at its member; what is wrong with limits, at the figure.
fn object(at: &Pointer<'_>, wrong: Wrong, faults: &mut Faults) {
    match wrong {
        Wrong::Limits(figure, _) => faults.add(&at.member(figure), kind(wrong)),
        _ => faults.add(at, kind(wrong)),
    }
}

fn kind(wrong: Wrong) -> Kind {
    match wrong {
        Wrong::Name => Kind::ClientCodeForm,
        Wrong::Title => Kind::ClientTitleLength,
        Wrong::Province => Kind::ProvinceCodeForm,
        Wrong::ProcedureForm => Kind::CodeCharset,
        Wrong::Procedure(_) => Kind::ProcedureNotLicensable,
        Wrong::Field => Kind::UnknownField,
        Wrong::Scope => Kind::ScopeWord,
        Wrong::Thumbprint => Kind::ThumbprintForm,
        Wrong::Status => Kind::StatusWord,
        Wrong::Time => Kind::MomentForm,
        Wrong::Term => Kind::TermConflict,
        Wrong::Narrowing(_) => Kind::LimitsConflict,
        Wrong::Limits(_, Contradiction::Nought) => Kind::LimitNought,
        Wrong::Limits(_, Contradiction::BurstBelowRate) => Kind::BurstBelowRate,
        Wrong::Limits(_, Contradiction::MonthBelowDay) => Kind::MonthBelowDay,
    }
}
