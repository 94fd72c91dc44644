//! What is asked, for which work?
//!
//! Reads the bodies of the calls about one person. Gives a whole question or nothing; what was wrong stands in the
//! faults, all of it. Claims may be left out: then only the identity is verified. The bare name of an address in `fields`
//! stands for its three parts.

use jiff::civil::Date;

use super::person::{claims, subject, word};
use crate::domain::address::AddressKind;
use crate::domain::context::{Channel, Context, Malformed};
use crate::domain::field::{AddressPart, Field, Fields};
use crate::domain::subject::Subject;
use crate::exchange::Asked;
use crate::http::faults::{Faults, Kind, Pointer, list, members, parsed, required, text};
use crate::http::json::Json;

/// The members of a body of `POST /v1/citizens/verify`.
pub(in crate::http) const VERIFY: [&str; 3] = ["subject", "claims", "context"];

/// The members of a body of `POST /v1/citizens/lookup`.
pub(in crate::http) const LOOKUP: [&str; 3] = ["subject", "fields", "context"];

/// The members of a context.
pub(in crate::http) const CONTEXT: [&str; 3] = ["procedure", "dossier", "channel"];

/// The most fields that can be asked for: all of them.
pub(in crate::http) const MOST_FIELDS: usize = 25;

/// Holds what a body asks.
#[derive(Debug)]
pub(in crate::http) struct Asking {
    pub subject: Subject,
    pub asked: Asked,
    pub context: Context,
}

/// Reads the body of one kind of call.
pub(in crate::http) type Read = fn(&Json<'_>, Date, &mut Faults) -> Option<Asking>;

/// Reads a body of `POST /v1/citizens/verify`.
pub(in crate::http) fn verify(body: &Json<'_>, today: Date, faults: &mut Faults) -> Option<Asking> {
    let root = Pointer::Root;
    let [sent_subject, sent_claims, sent_context] = members(body, &root, VERIFY, faults)?;
    let at_subject = root.member("subject");
    let who = required(sent_subject, &at_subject, faults)
        .and_then(|json| subject(json, &at_subject, today, faults));
    let claimed = sent_claims.map(|json| claims(json, &root.member("claims"), today, faults));
    let context = context(sent_context, &root.member("context"), faults);
    Some(Asking {
        subject: who?,
        asked: Asked::Verify(claimed.unwrap_or_default()),
        context: context?,
    })
}

/// Reads a body of `POST /v1/citizens/lookup`.
pub(in crate::http) fn lookup(body: &Json<'_>, today: Date, faults: &mut Faults) -> Option<Asking> {
    let root = Pointer::Root;
    let [sent_subject, sent_fields, sent_context] = members(body, &root, LOOKUP, faults)?;
    let at_subject = root.member("subject");
    let who = required(sent_subject, &at_subject, faults)
        .and_then(|json| subject(json, &at_subject, today, faults));
    let at_fields = root.member("fields");
    let fields = required(sent_fields, &at_fields, faults).and_then(|json| fields(json, &at_fields, faults));
    let context = context(sent_context, &root.member("context"), faults);
    Some(Asking {
        subject: who?,
        asked: Asked::Lookup(fields?),
        context: context?,
    })
}

/// Reads a list of field paths.
pub(in crate::http) fn fields(json: &Json<'_>, at: &Pointer<'_>, faults: &mut Faults) -> Option<Fields> {
    let items = list(json, at, faults)?;
    if items.is_empty() || items.len() > MOST_FIELDS {
        faults.add(at, Kind::FieldCount);
        return None;
    }
    let mut asked = Vec::with_capacity(MOST_FIELDS);
    for (index, item) in items.iter().enumerate() {
        let at_item = at.item(index);
        let Some(path) = text(item, &at_item, faults) else {
            continue;
        };
        let named = fields_of(path);
        if named.is_empty() {
            faults.add(&at_item, Kind::UnknownField);
        } else if named.iter().any(|field| asked.contains(field)) {
            faults.add(&at_item, Kind::FieldTwice);
        }
        asked.extend(named);
    }
    Some(asked.into_iter().collect())
}

/// Gives the field that a path names, the three of a bare address, or none.
pub(in crate::http) fn fields_of(path: &str) -> Vec<Field> {
    if let Ok(field) = path.parse() {
        return vec![field];
    }
    let kind = AddressKind::ALL.into_iter().find(|kind| kind.as_str() == path);
    let parts = [AddressPart::Province, AddressPart::Commune, AddressPart::Detail];
    kind.into_iter()
        .flat_map(|kind| parts.map(|part| Field::Address(kind, part)))
        .collect()
}

const CHANNELS: [(&str, Channel); 4] = [
    ("counter", Channel::Counter),
    ("online", Channel::Online),
    ("assisted", Channel::Assisted),
    ("post", Channel::Post),
];

/// Reads for which work somebody is asked about.
pub(in crate::http) fn context(
    sent: Option<&Json<'_>>,
    at: &Pointer<'_>,
    faults: &mut Faults,
) -> Option<Context> {
    let [procedure, dossier, channel] = members(required(sent, at, faults)?, at, CONTEXT, faults)?;
    let at_procedure = at.member("procedure");
    let procedure = required(procedure, &at_procedure, faults)
        .and_then(|json| parsed(json, &at_procedure, faults, code_fault));
    let at_dossier = at.member("dossier");
    let dossier =
        required(dossier, &at_dossier, faults).and_then(|json| parsed(json, &at_dossier, faults, code_fault));
    let at_channel = at.member("channel");
    let channel = required(channel, &at_channel, faults)
        .and_then(|json| word(json, &at_channel, faults, &CHANNELS, Kind::ChannelWord));
    Some(Context {
        procedure: procedure?,
        dossier: dossier?,
        channel: channel?,
    })
}

/// Tells what is wrong with a code that stands in logs.
pub(in crate::http) fn code_fault(malformed: Malformed) -> Kind {
    match malformed {
        Malformed::Length => Kind::CodeLength,
        Malformed::Charset => Kind::CodeCharset,
        Malformed::PersonalNumber => Kind::HoldsPersonalNumber,
    }
}

#[cfg(test)]
mod tests;
