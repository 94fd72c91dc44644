//! In which form is the body, and in which forms and which language may the answer be?
//!
//! `Content-Type` and `Content-Encoding` of a request (JSON in UTF-8, not packed), `Accept` (RFC 9110 §12.5.1: the most
//! specific range decides) and `Accept-Language`. Codes never change with the language; texts for people do. Headers that
//! can't be read count as not sent.

use actix_web::http::header::{ACCEPT, ACCEPT_LANGUAGE, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};

use super::combined;
use crate::http::texts::Language;

/// Is the form of a batch's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::http) enum BatchBody {
    /// A line of JSON for each row.
    Lines,
    /// A table.
    Table,
}

/// Tells the form of a batch's body, if it is one that we read.
pub(in crate::http) fn batch_body(headers: &HeaderMap) -> Option<BatchBody> {
    match essence(headers)?.as_str() {
        "application/x-ndjson" | "application/jsonl" => Some(BatchBody::Lines),
        "text/csv" => Some(BatchBody::Table),
        _ => None,
    }
}

/// Tells whether the body is JSON that we read.
pub(in crate::http) fn is_json(headers: &HeaderMap) -> bool {
    essence(headers).is_some_and(|essence| {
        essence == "application/json"
            || essence
                .strip_prefix("application/")
                .is_some_and(|kind| kind.len() > 5 && kind.ends_with("+json"))
    })
}

/// Gives the media type without its parameters, if the body is UTF-8 and not packed.
fn essence(headers: &HeaderMap) -> Option<String> {
    let mut types = headers
        .get_all(CONTENT_TYPE)
        .map(|line| line.to_str().unwrap_or_default());
    let (Some(sent), None) = (types.next(), types.next()) else {
        return None;
    };
    let mut parts = sent.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default().to_ascii_lowercase();
    let is_utf8 = |parameter: &str| match parameter.split_once('=') {
        Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
            value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        Some(_) | None => true,
    };
    (parts.all(is_utf8) && !is_packed(headers)).then_some(essence)
}

fn is_packed(headers: &HeaderMap) -> bool {
    combined(headers, CONTENT_ENCODING)
        .split(',')
        .any(|coding| !matches!(coding.trim().to_ascii_lowercase().as_str(), "" | "identity"))
}

/// Tells whether the caller takes an answer in JSON.
pub(in crate::http) fn accepts_json(headers: &HeaderMap) -> bool {
    accepts(headers, "application", "json")
}

/// Tells whether the caller takes an answer of a line of JSON for each row.
pub(in crate::http) fn accepts_lines(headers: &HeaderMap) -> bool {
    accepts(headers, "application", "x-ndjson")
}

/// Tells whether the caller takes an answer in PDF.
pub(in crate::http) fn accepts_pdf(headers: &HeaderMap) -> bool {
    accepts(headers, "application", "pdf")
}

/// Tells whether a person looks at the answer: HTML is named and wanted at least as much as JSON.
pub(in crate::http) fn prefers_html(headers: &HeaderMap) -> bool {
    let html = quality(headers, "text", "html");
    html.specificity > 1 && html.weight > 0 && html.weight >= quality(headers, "application", "json").weight
}

fn accepts(headers: &HeaderMap, kind: &str, subtype: &str) -> bool {
    !headers.contains_key(ACCEPT) || quality(headers, kind, subtype).weight > 0
}

/// Is how much a form is wanted, in thousandths, by a range of a given specificity (0: none named it).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Quality {
    specificity: u8,
    weight: u16,
}

fn quality(headers: &HeaderMap, kind: &str, subtype: &str) -> Quality {
    let mut best = Quality::default();
    for range in combined(headers, ACCEPT).split(',') {
        let (named, weight) = weighted(range);
        let specificity = match named.split_once('/') {
            Some(("*", "*")) => 1,
            Some((named_kind, "*")) if named_kind == kind => 2,
            Some((named_kind, named_subtype)) if named_kind == kind && named_subtype == subtype => 3,
            Some(_) | None => continue,
        };
        if specificity > best.specificity || (specificity == best.specificity && weight > best.weight) {
            best = Quality { specificity, weight };
        }
    }
    best
}

/// Takes an entry apart into its lower-case name and its weight in thousandths.
fn weighted(entry: &str) -> (String, u16) {
    let mut parts = entry.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default().to_ascii_lowercase();
    let weight = parts.find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.trim()
            .eq_ignore_ascii_case("q")
            .then(|| thousandths(value.trim()))
    });
    (name, weight.unwrap_or(1000))
}

fn thousandths(value: &str) -> u16 {
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    let digits = fraction.bytes().chain(std::iter::repeat(b'0')).take(3);
    let fraction = digits.fold(0_u16, |sum, digit| {
        sum.saturating_mul(10)
            .saturating_add(u16::from(digit.saturating_sub(b'0').min(9)))
    });
    if whole == "0" { fraction } else { 1000 }
}

/// Chooses the language for people: Vietnamese unless English is wanted more.
pub(in crate::http) fn language(headers: &HeaderMap) -> Language {
    let (mut chosen, mut most) = (Language::Vi, 0);
    for entry in combined(headers, ACCEPT_LANGUAGE).split(',') {
        let (tag, weight) = weighted(entry);
        let language = match tag.split('-').next() {
            Some("vi" | "*") => Language::Vi,
            Some("en") => Language::En,
            Some(_) | None => continue,
        };
        if weight > most {
            (chosen, most) = (language, weight);
        }
    }
    chosen
}

#[cfg(test)]
mod tests;
