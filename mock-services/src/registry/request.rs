//! What does this envelope ask for?
//!
//! Reads a SOAP 1.1 body into a [`Request`], as the registry's specification wants it: operation and fields in
//! their namespace (or none), fields in their order, each within its length.
//! Always true: a `Request` has exactly one number, a name and a birth date or year.
//! Deliberately absent: who may ask, and whether the triple matches.
//! Anything else is refused with the field's name, never with what stood in it.

use roxmltree::{Document, Node};

/// The registry's own namespace.
pub const DANCU: &str = "http://dancuquocgia.bca";
const SOAP: &str = "http://schemas.xmlsoap.org/soap/envelope/";

/// The operations that the registry offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// 037, the full record.
    Lookup,
    /// 003, yes or no.
    Verify,
    /// 045, the household (our invention).
    Household,
    /// The answer to an earlier question.
    Result,
}

impl Operation {
    /// Returns the name that faults, rules and statistics use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lookup => "037",
            Self::Verify => "003",
            Self::Household => "045",
            Self::Result => "result",
        }
    }

    fn of_element(name: &str) -> Option<Self> {
        match name {
            "TraCuuThongTinCongDan" => Some(Self::Lookup),
            "XacThucThongTinCongDan" => Some(Self::Verify),
            "CungCapThongTinHoGiaDinh" => Some(Self::Household),
            "GetRequestResult" => Some(Self::Result),
            _ => None,
        }
    }
}

/// What a caller asks, and in whose name.
#[derive(Clone)]
pub struct Request {
    /// The operation.
    pub operation: Operation,
    /// The caller's own id of the request.
    pub request_id: String,
    /// The administrative procedure; empty for [`Operation::Result`].
    pub procedure: String,
    /// The agency.
    pub unit: String,
    /// The officer's number, or the account of a system that asks for itself.
    pub officer: String,
    /// The asking system's account, empty where it isn't named.
    pub account: String,
    /// Who is looked for; `None` for [`Operation::Result`].
    pub subject: Option<Subject>,
}

/// The triple that must match.
#[derive(Clone)]
pub struct Subject {
    /// The number.
    pub number: Number,
    /// The name as typed.
    pub full_name: String,
    /// The birth date or year.
    pub birth: Birth,
}

/// A number of either kind.
#[derive(Clone)]
pub enum Number {
    /// Twelve digits.
    Pin(String),
    /// Nine digits.
    Old(String),
}

impl Number {
    /// Returns the digits.
    pub fn digits(&self) -> &str {
        match self {
            Self::Pin(digits) | Self::Old(digits) => digits,
        }
    }
}

/// A birth date as asked.
#[derive(Clone, PartialEq, Eq)]
pub enum Birth {
    /// `yyyyMMdd`.
    Day(String),
    /// `yyyy`.
    Year(String),
}

/// Why an envelope can't be read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Unreadable {
    /// Not XML, or with a document type.
    #[error("the body is not well-formed XML without a DTD")]
    Xml,
    /// Not a SOAP 1.1 envelope with one operation of ours.
    #[error("no known operation in a SOAP 1.1 body")]
    Operation,
    /// A field is missing, out of order or unknown.
    #[error("{0} is missing or out of order")]
    Order(&'static str),
    /// Something stands behind the last field.
    #[error("there is an element too many")]
    TooMany,
    /// A field's value is too long, empty or not of its kind.
    #[error("{0} has not the required form")]
    Form(&'static str),
}

/// Reads an envelope; with `strict` the order of the fields counts.
pub fn read(body: &str, strict: bool) -> Result<Request, Unreadable> {
    let document = Document::parse(body.trim_start_matches('\u{feff}')).map_err(|_| Unreadable::Xml)?;
    let envelope = document.root_element();
    if !envelope.has_tag_name((SOAP, "Envelope")) {
        return Err(Unreadable::Operation);
    }
    let body = envelope
        .children()
        .find(|node| node.has_tag_name((SOAP, "Body")))
        .and_then(|body| body.first_element_child())
        .ok_or(Unreadable::Operation)?;
    let name = body.tag_name();
    let operation = Operation::of_element(name.name())
        .filter(|_| name.namespace() == Some(DANCU))
        .ok_or(Unreadable::Operation)?;
    let mut fields = Fields {
        left: body.children().filter(Node::is_element).collect(),
        strict,
    };
    let request = if operation == Operation::Result {
        result_request(&mut fields)?
    } else {
        question(operation, &mut fields)?
    };
    if fields.left.is_empty() {
        Ok(request)
    } else {
        Err(Unreadable::TooMany)
    }
}

fn result_request(fields: &mut Fields<'_, '_>) -> Result<Request, Unreadable> {
    let request_id = fields.text("MaYeuCau", 40)?;
    let unit = fields.text("MaDonVi", 35)?;
    let officer = fields.text("MaCanBo", 20)?;
    let account = fields.optional("TaiKhoan", 100)?.unwrap_or_default();
    let operation = Operation::Result;
    Ok(Request {
        operation,
        request_id,
        procedure: String::new(),
        unit,
        officer,
        account,
        subject: None,
    })
}

fn question(operation: Operation, fields: &mut Fields<'_, '_>) -> Result<Request, Unreadable> {
    let request_id = fields.text("MaYeuCau", 40)?;
    let procedure = fields.text("MaDVC", 20)?;
    if fields.text("MaTichHop", 20)? != operation.name() {
        return Err(Unreadable::Form("MaTichHop"));
    }
    let unit = fields.text("MaDonVi", 35)?;
    let officer = fields.text("MaCanBo", 20)?;
    let account = fields.text("TaiKhoan", 100)?;
    fields.optional("SoDienThoai", 20)?;
    let number = match fields.optional("SoDinhDanh", 12)? {
        Some(pin) if is_digits(&pin, 12) => Number::Pin(pin),
        Some(_) => return Err(Unreadable::Form("SoDinhDanh")),
        None => {
            let old = fields.text("SoCMND", 9)?;
            if !is_digits(&old, 9) {
                return Err(Unreadable::Form("SoCMND"));
            }
            Number::Old(old)
        }
    };
    let full_name = fields.text("HoVaTen", 100)?;
    let birth = birth(
        fields
            .take("NgayThangNamSinh")
            .ok_or(Unreadable::Order("NgayThangNamSinh"))?,
    )?;
    let subject = Some(Subject {
        number,
        full_name,
        birth,
    });
    Ok(Request {
        operation,
        request_id,
        procedure,
        unit,
        officer,
        account,
        subject,
    })
}

fn birth(node: Node<'_, '_>) -> Result<Birth, Unreadable> {
    let wrong = Unreadable::Form("NgayThangNamSinh");
    let mut parts = node.children().filter(Node::is_element);
    let (Some(part), None) = (parts.next(), parts.next()) else {
        return Err(wrong);
    };
    let text = part.text().unwrap_or_default();
    match part.tag_name().name() {
        "NgayThangNam" if is_digits(text, 8) => Ok(Birth::Day(text.to_owned())),
        "Nam" if is_digits(text, 4) => Ok(Birth::Year(text.to_owned())),
        _ => Err(wrong),
    }
}

fn is_digits(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit())
}

struct Fields<'a, 'input> {
    left: std::collections::VecDeque<Node<'a, 'input>>,
    strict: bool,
}

impl<'a, 'input> Fields<'a, 'input> {
    fn take(&mut self, name: &'static str) -> Option<Node<'a, 'input>> {
        let is_it = |node: &Node<'_, '_>| {
            node.tag_name().name() == name && matches!(node.tag_name().namespace(), None | Some(DANCU))
        };
        let at = self
            .left
            .iter()
            .position(is_it)
            .filter(|at| !self.strict || *at == 0)?;
        self.left.remove(at)
    }

    fn optional(&mut self, name: &'static str, longest: usize) -> Result<Option<String>, Unreadable> {
        let Some(node) = self.take(name) else {
            return Ok(None);
        };
        let text = node.text().unwrap_or_default();
        if text.chars().count() > longest || node.children().any(|child| child.is_element()) {
            return Err(Unreadable::Form(name));
        }
        Ok(Some(text.to_owned()))
    }

    fn text(&mut self, name: &'static str, longest: usize) -> Result<String, Unreadable> {
        let text = self.optional(name, longest)?.ok_or(Unreadable::Order(name))?;
        if text.trim().is_empty() {
            Err(Unreadable::Form(name))
        } else {
            Ok(text)
        }
    }
}

#[cfg(test)]
mod tests;
