//! How is a query said in the registry's language?
//!
//! SOAP 1.1 in the namespace `http://dancuquocgia.bca`, the elements in the one order that the registry takes. Every
//! text is escaped, so that no name can end an element. The way back is `answer`. Beside keyed hashes, this is the only
//! place where a number, a name or a birth date leaves its type; what is made here is sent and dropped, never logged.
//! See `docs/registry.md`.

pub(super) mod answer;

use std::fmt::Write as _;

use crate::domain::birth_date::BirthDate;
use crate::domain::client::UnitCode;
use crate::domain::context::ProcedureCode;
use crate::domain::pin::{IdNumber, Pin};
use crate::matching::written_for_registry;

use super::ladder::Query;

pub(super) const SOAP: &str = "http://schemas.xmlsoap.org/soap/envelope/";
const OPERATIONS: &str = "http://dancuquocgia.bca";
/// The namespace of what the registry answers (QCVN 109:2017/BTTTT).
pub(super) const CITIZENS: &str = "http://www.mic.gov.vn/dancu/1.0";

/// Holds what goes beside the query itself.
pub(super) struct Heading<'a> {
    /// `MaYeuCau`.
    pub request: &'a str,
    /// `MaDVC`.
    pub procedure: &'a ProcedureCode,
    /// `MaTichHop`.
    pub integration: &'a str,
    /// `MaDonVi`.
    pub unit: &'a UnitCode,
    /// `MaCanBo`; where a system asks for itself its account stands there too, and nobody's number.
    pub officer: Option<&'a Pin>,
    /// `TaiKhoan`.
    pub account: &'a str,
}

/// Writes the envelope of operation `TraCuuThongTinCongDan`, which answers with a person.
pub(super) fn lookup(heading: &Heading<'_>, query: &Query) -> String {
    question("TraCuuThongTinCongDan", heading, query)
}

/// Writes the envelope of operation `CungCapThongTinHoGiaDinh`, which answers with the person's household.
pub(super) fn household(heading: &Heading<'_>, query: &Query) -> String {
    question("CungCapThongTinHoGiaDinh", heading, query)
}

fn question(operation: &str, heading: &Heading<'_>, query: &Query) -> String {
    let number = match query.number {
        IdNumber::Pin(_) => "SoDinhDanh",
        IdNumber::Old(_) => "SoCMND",
    };
    let name = written_for_registry(&query.full_name, query.name_form);
    let mut fields = String::with_capacity(1024);
    for (element, text) in [
        ("MaYeuCau", heading.request),
        ("MaDVC", heading.procedure.as_str()),
        ("MaTichHop", heading.integration),
        ("MaDonVi", heading.unit.as_str()),
        ("MaCanBo", heading.officer.map_or(heading.account, Pin::expose)),
        ("TaiKhoan", heading.account),
        (number, query.number.expose()),
        ("HoVaTen", &name),
    ] {
        push(&mut fields, element, text);
    }
    fields.push_str("<dan:NgayThangNamSinh>");
    push_birth_date(&mut fields, &query.date_of_birth);
    fields.push_str("</dan:NgayThangNamSinh>");
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
         <soapenv:Envelope xmlns:soapenv=\"{SOAP}\" xmlns:dan=\"{OPERATIONS}\"><soapenv:Header/><soapenv:Body>\
         <dan:{operation}>{fields}</dan:{operation}></soapenv:Body></soapenv:Envelope>"
    )
}

fn push(xml: &mut String, element: &str, text: &str) {
    xml.push_str("<dan:");
    xml.push_str(element);
    xml.push('>');
    for letter in text.chars() {
        match letter {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '"' => xml.push_str("&quot;"),
            '\'' => xml.push_str("&apos;"),
            // XML can't carry these in any form.
            '\u{FFFE}' | '\u{FFFF}' => xml.push(char::REPLACEMENT_CHARACTER),
            _ => xml.push(letter),
        }
    }
    xml.push_str("</dan:");
    xml.push_str(element);
    xml.push('>');
}

/// The wire knows a day or a year: a month without a day goes out as its year.
fn push_birth_date(xml: &mut String, date: &BirthDate) {
    // Writing to a String can't fail.
    let _ = match date {
        BirthDate::Day(day) => write!(
            xml,
            "<dan:NgayThangNam>{:04}{:02}{:02}</dan:NgayThangNam>",
            day.year(),
            day.month(),
            day.day()
        ),
        BirthDate::Month { year, .. } | BirthDate::Year(year) => write!(xml, "<dan:Nam>{year:04}</dan:Nam>"),
    };
}

#[cfg(test)]
mod tests;
