//! What did the registry say, read as a record of our own types?
//!
//! Takes the bytes of one answer and gives the people in it, a refusal, or says that it can't be read. Names are looked
//! up by namespace, whatever the prefix. A document type is refused, and size, elements, attributes and namespaces are
//! bounded before anything is built, so that no answer costs more than its share. An empty element means "not held"; a
//! code of no list is left out and counted by its element's name, its value never kept. Nobody found is an empty list,
//! never a failure, and a failure is never an empty list.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use roxmltree::{Document, Node, ParsingOptions};

use crate::domain::household::Household;
use crate::domain::record::Record;

use super::{CITIZENS, SOAP};
use crate::registry::failure::{Failure, Outage, Rejection};

mod citizen;
mod household;

/// A record takes some 300 nodes; nobody is answered with more than a few.
const MOST_NODES: u32 = 20_000;
/// Reading attributes and namespaces takes time that grows faster than their count.
const MOST_ATTRIBUTES: usize = 4_096;
const MOST_NAMESPACES: usize = 256;

/// Holds what one answer told of.
#[derive(Debug)]
pub(in crate::registry) struct Told<T> {
    /// Everybody, or every household, that the registry named.
    pub records: Vec<T>,
    /// The elements whose content could not be read, once for each time.
    pub unread: Vec<&'static str>,
}

/// Holds the people of one answer.
pub(in crate::registry) type People = Told<Record>;

/// Is the message of one service: a collection of items, perhaps with their count.
struct Message<T> {
    collection: &'static str,
    item: &'static str,
    count: &'static str,
    read: fn(Node<'_, '_>, Timestamp, &mut Vec<&'static str>) -> Result<T, Failure>,
}

/// Reads the answer to a look-up; `received` stands in where the registry states no time of its data.
pub(in crate::registry) fn read(body: &[u8], received: Timestamp) -> Result<People, Failure> {
    let message = Message {
        collection: "CongdanCollection",
        item: "CongDan",
        count: "SoCongDan",
        read: citizen::read,
    };
    message.read(body, received)
}

/// Reads the answer to the question for a household.
pub(in crate::registry) fn read_household(
    body: &[u8],
    received: Timestamp,
) -> Result<Told<Household>, Failure> {
    let message = Message {
        collection: "HoGiaDinhCollection",
        item: "HoGiaDinh",
        count: "SoHoGiaDinh",
        read: household::read,
    };
    message.read(body, received)
}

impl<T> Message<T> {
    fn read(&self, body: &[u8], received: Timestamp) -> Result<Told<T>, Failure> {
        let text = text_of(body)?;
        let document = parse(text)?;
        let content = content(&document)?;
        if content.has_tag_name((SOAP, "Fault")) {
            return Err(fault(content));
        }
        if content.tag_name().name() != self.collection {
            return Err(Failure::Protocol("another message than the one asked for"));
        }
        if content.tag_name().namespace() != Some(CITIZENS) {
            return Err(Failure::Protocol("wrong namespace"));
        }
        self.items(content, received)
    }

    fn items(&self, collection: Node<'_, '_>, received: Timestamp) -> Result<Told<T>, Failure> {
        let (mut records, mut unread) = (Vec::new(), Vec::new());
        let as_of = as_of(collection, received, &mut unread);
        let mut named = 0_u32;
        for child in collection.children().filter(Node::is_element) {
            // Anything else here would make a person who is held look like nobody.
            if !child.has_tag_name((CITIZENS, self.item)) {
                return Err(Failure::Protocol("collection of something else"));
            }
            named = named.saturating_add(1);
            if !is_blank(child) {
                records.push((self.read)(child, as_of, &mut unread)?);
            }
        }
        let stated = collection.attribute(self.count).map(str::trim);
        if named == 0 && stated.is_some_and(|count| count.parse() != Ok(named)) {
            return Err(Failure::Protocol("fewer people than stated"));
        }
        Ok(Told { records, unread })
    }
}

/// Reads the fault out of an answer with an error status, if there is one.
pub(in crate::registry) fn read_fault(body: &[u8]) -> Option<Failure> {
    let text = text_of(body).ok()?;
    let document = parse(text).ok()?;
    let content = content(&document).ok()?;
    content.has_tag_name((SOAP, "Fault")).then(|| fault(content))
}

fn text_of(body: &[u8]) -> Result<&str, Failure> {
    let text = std::str::from_utf8(body).map_err(|_| Failure::Protocol("not UTF-8"))?;
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text).trim();
    if text.is_empty() {
        return Err(Failure::Protocol("empty body"));
    }
    Ok(text)
}

fn parse(text: &str) -> Result<Document<'_>, Failure> {
    let attributes = text.bytes().filter(|byte| *byte == b'=').count();
    if attributes > MOST_ATTRIBUTES || text.matches("xmlns").count() > MOST_NAMESPACES {
        return Err(Failure::Protocol("too much markup"));
    }
    let options = ParsingOptions {
        allow_dtd: false,
        nodes_limit: MOST_NODES,
        ..ParsingOptions::default()
    };
    Document::parse_with_options(text, options).map_err(|error| {
        Failure::Protocol(match error {
            roxmltree::Error::DtdDetected => "document type declared",
            roxmltree::Error::NodesLimitReached => "too much markup",
            _ => "not well-formed XML",
        })
    })
}

fn content<'a, 'input>(document: &'a Document<'input>) -> Result<Node<'a, 'input>, Failure> {
    let root = document.root_element();
    if root.tag_name().name() != "Envelope" {
        return Err(Failure::Protocol("not a SOAP message"));
    }
    root.children()
        .find(|node| node.has_tag_name((SOAP, "Body")))
        .and_then(|body| body.first_element_child())
        .ok_or(Failure::Protocol("SOAP message without content"))
}

/// The codes are the mock's; a fault without a known one is told by SOAP's own `faultcode`.
fn fault(fault: Node<'_, '_>) -> Failure {
    let code = fault
        .descendants()
        .find(|node| node.is_element() && node.tag_name().name() == "MaLoi")
        .and_then(text);
    let rejection = match code.as_deref() {
        Some("MAINTENANCE") => return Failure::Maintenance,
        Some("AUTH_TIMESTAMP" | "AUTH_SIGNATURE" | "AUTH_CLIENT") => Rejection::Credentials,
        Some("LICENCE") => Rejection::Licence,
        Some("OFFICER") => Rejection::Officer,
        Some("QUOTA") => Rejection::Quota,
        Some("REQUEST") => Rejection::Request,
        Some(_) | None if is_clients(fault) => Rejection::Request,
        Some(_) | None => return Failure::Unavailable(Outage::Fault),
    };
    Failure::Rejected(rejection)
}

fn is_clients(fault: Node<'_, '_>) -> bool {
    fault
        .children()
        .find(|node| node.is_element() && node.tag_name().name() == "faultcode")
        .and_then(text)
        .is_some_and(|code| code.rsplit(':').next() == Some("Client"))
}

/// Some adapters answer "not found" with a person of whom every element is empty.
fn is_blank(item: Node<'_, '_>) -> bool {
    item.descendants()
        .filter(Node::is_text)
        .all(|node| node.text().unwrap_or_default().trim().is_empty())
}

/// A time without an offset is Viet Nam's.
fn as_of(collection: Node<'_, '_>, received: Timestamp, unread: &mut Vec<&'static str>) -> Timestamp {
    let Some(stated) = collection.attribute("ThoiDiemDuLieu").map(str::trim) else {
        return received;
    };
    let local = || {
        let civil: DateTime = stated.parse().ok()?;
        let zone = TimeZone::fixed(Offset::constant(7));
        zone.to_timestamp(civil).ok()
    };
    stated.parse().ok().or_else(local).unwrap_or_else(|| {
        unread.push("ThoiDiemDuLieu");
        received
    })
}

/// Gives the text of an element, comments left out, or nothing where it is empty.
fn text(node: Node<'_, '_>) -> Option<String> {
    let text: String = node
        .children()
        .filter(Node::is_text)
        .filter_map(|child| child.text())
        .collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn child<'a, 'input>(node: Node<'a, 'input>, name: &str) -> Option<Node<'a, 'input>> {
    node.children().find(|child| child.has_tag_name((CITIZENS, name)))
}

#[cfg(test)]
mod tests;
