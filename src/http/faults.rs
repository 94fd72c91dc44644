//! What is wrong with a body, all of it, told without repeating it?
//!
//! Collects the faults that the wire's reader finds, each with the place (a JSON Pointer, RFC 6901) and a code of the
//! contract. Always true: a fault holds no value of the body. A name that the caller made up could itself be a person's
//! number, so it stands in a pointer only if it is a plain short word; otherwise the pointer names the object around it.

use std::fmt;

use super::json::Json;

/// The most faults that are told; more would tell nothing more.
const MOST: usize = 100;

/// Is one kind of fault; each has a text of its own in the locales.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    Required,
    NumberRequired,
    UnknownMember,
    Duplicate,
    NotObject,
    NotList,
    NotText,
    NotFlag,
    PinLength,
    OldNumberLength,
    NotDigits,
    NameLength,
    NameCharset,
    NameLegacyEncoding,
    BirthDateForm,
    BirthDateTooEarly,
    DayForm,
    InTheFuture,
    SexWord,
    MaritalStatusWord,
    ChannelWord,
    TableCodeForm,
    CountryForm,
    ProvinceCodeForm,
    CommuneCodeForm,
    DetailLength,
    DetailCharset,
    CodeLength,
    CodeCharset,
    HoldsPersonalNumber,
    UnknownField,
    FieldCount,
    FieldTwice,
    NumberConflict,
    IdempotencyKeyForm,
    RoleForm,
    RoleUnknown,
    RoleTwice,
    RoleMissing,
    RolesConflict,
    ClaimNotNeeded,
    SubjectCount,
    MomentForm,
    NotNumber,
    PredicateCount,
    PredicateWord,
    RelationshipWord,
    ResidenceWord,
    SamePerson,
    BoundRequired,
    BoundRange,
    BoundsConflict,
    NotOfMembers,
    EventMember,
    NumberTooLarge,
    ClientCodeForm,
    ClientTitleLength,
    ProcedureNotLicensable,
    ScopeWord,
    ThumbprintForm,
    StatusWord,
    TermConflict,
    LimitsConflict,
    NumberNotWhole,
    LimitNought,
    BurstBelowRate,
    MonthBelowDay,
    BelowProcedure,
    IdConflict,
    ReasonForm,
    MessageLength,
    MessageCharset,
    EndRange,
    NothingAnnounced,
    NotJson,
    LineLength,
    RowNumber,
    RowTwice,
    RowCount,
    CsvHeader,
    ColumnCount,
}

impl Kind {
    /// Lists every kind in the order in which it is documented.
    pub const ALL: [Self; 81] = [
        Self::Required,
        Self::NumberRequired,
        Self::UnknownMember,
        Self::Duplicate,
        Self::NotObject,
        Self::NotList,
        Self::NotText,
        Self::NotFlag,
        Self::PinLength,
        Self::OldNumberLength,
        Self::NotDigits,
        Self::NameLength,
        Self::NameCharset,
        Self::NameLegacyEncoding,
        Self::BirthDateForm,
        Self::BirthDateTooEarly,
        Self::DayForm,
        Self::InTheFuture,
        Self::SexWord,
        Self::MaritalStatusWord,
        Self::ChannelWord,
        Self::TableCodeForm,
        Self::CountryForm,
        Self::ProvinceCodeForm,
        Self::CommuneCodeForm,
        Self::DetailLength,
        Self::DetailCharset,
        Self::CodeLength,
        Self::CodeCharset,
        Self::HoldsPersonalNumber,
        Self::UnknownField,
        Self::FieldCount,
        Self::FieldTwice,
        Self::NumberConflict,
        Self::IdempotencyKeyForm,
        Self::RoleForm,
        Self::RoleUnknown,
        Self::RoleTwice,
        Self::RoleMissing,
        Self::RolesConflict,
        Self::ClaimNotNeeded,
        Self::SubjectCount,
        Self::MomentForm,
        Self::NotNumber,
        Self::PredicateCount,
        Self::PredicateWord,
        Self::RelationshipWord,
        Self::ResidenceWord,
        Self::SamePerson,
        Self::BoundRequired,
        Self::BoundRange,
        Self::BoundsConflict,
        Self::NotOfMembers,
        Self::EventMember,
        Self::NumberTooLarge,
        Self::ClientCodeForm,
        Self::ClientTitleLength,
        Self::ProcedureNotLicensable,
        Self::ScopeWord,
        Self::ThumbprintForm,
        Self::StatusWord,
        Self::TermConflict,
        Self::LimitsConflict,
        Self::NumberNotWhole,
        Self::LimitNought,
        Self::BurstBelowRate,
        Self::MonthBelowDay,
        Self::BelowProcedure,
        Self::IdConflict,
        Self::ReasonForm,
        Self::MessageLength,
        Self::MessageCharset,
        Self::EndRange,
        Self::NothingAnnounced,
        Self::NotJson,
        Self::LineLength,
        Self::RowNumber,
        Self::RowTwice,
        Self::RowCount,
        Self::CsvHeader,
        Self::ColumnCount,
    ];

    /// Gives the contract's code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Required | Self::NumberRequired | Self::RoleMissing | Self::BoundRequired => "required",
            Self::UnknownMember | Self::ClaimNotNeeded => "unknown_member",
            Self::Duplicate | Self::FieldTwice | Self::RoleTwice | Self::RowTwice => "duplicate",
            Self::NotObject | Self::NotList | Self::NotText | Self::NotFlag | Self::NotNumber => "wrong_type",
            Self::ClientTitleLength
            | Self::PinLength
            | Self::OldNumberLength
            | Self::NameLength
            | Self::DetailLength
            | Self::CodeLength
            | Self::FieldCount
            | Self::SubjectCount
            | Self::PredicateCount
            | Self::LineLength
            | Self::RowCount
            | Self::MessageLength
            | Self::ColumnCount => "length",
            Self::NotDigits
            | Self::NameCharset
            | Self::DetailCharset
            | Self::CodeCharset
            | Self::MessageCharset => "charset",
            Self::NameLegacyEncoding => "legacy_encoding",
            Self::NumberTooLarge
            | Self::BirthDateTooEarly
            | Self::InTheFuture
            | Self::BoundRange
            | Self::EndRange
            | Self::NumberNotWhole
            | Self::LimitNought
            | Self::RowNumber => "range",
            Self::ClientCodeForm
            | Self::ScopeWord
            | Self::ThumbprintForm
            | Self::StatusWord
            | Self::ReasonForm
            | Self::BirthDateForm
            | Self::DayForm
            | Self::SexWord
            | Self::MaritalStatusWord
            | Self::ChannelWord
            | Self::TableCodeForm
            | Self::CountryForm
            | Self::ProvinceCodeForm
            | Self::CommuneCodeForm
            | Self::HoldsPersonalNumber
            | Self::UnknownField
            | Self::IdempotencyKeyForm
            | Self::RoleForm
            | Self::RoleUnknown
            | Self::MomentForm
            | Self::PredicateWord
            | Self::RelationshipWord
            | Self::ResidenceWord
            | Self::NotOfMembers
            | Self::EventMember
            | Self::NotJson
            | Self::CsvHeader => "format",
            Self::ProcedureNotLicensable
            | Self::TermConflict
            | Self::LimitsConflict
            | Self::BurstBelowRate
            | Self::MonthBelowDay
            | Self::BelowProcedure
            | Self::IdConflict
            | Self::NumberConflict
            | Self::RolesConflict
            | Self::SamePerson
            | Self::NothingAnnounced
            | Self::BoundsConflict => "conflict",
        }
    }

    /// Finds the kind of a key.
    pub(super) fn of_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.key() == key)
    }

    /// Gives the key of its text in the locales.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Required => "fault-required",
            Self::NumberRequired => "fault-number-required",
            Self::UnknownMember => "fault-unknown-member",
            Self::Duplicate => "fault-duplicate",
            Self::NotObject => "fault-not-object",
            Self::NotList => "fault-not-list",
            Self::NotText => "fault-not-text",
            Self::NotFlag => "fault-not-flag",
            Self::PinLength => "fault-pin-length",
            Self::OldNumberLength => "fault-old-number-length",
            Self::NotDigits => "fault-not-digits",
            Self::NameLength => "fault-name-length",
            Self::NameCharset => "fault-name-charset",
            Self::NameLegacyEncoding => "fault-name-legacy-encoding",
            Self::BirthDateForm => "fault-birth-date-form",
            Self::BirthDateTooEarly => "fault-birth-date-too-early",
            Self::DayForm => "fault-day-form",
            Self::InTheFuture => "fault-in-the-future",
            Self::SexWord => "fault-sex-word",
            Self::MaritalStatusWord => "fault-marital-status-word",
            Self::ChannelWord => "fault-channel-word",
            Self::TableCodeForm => "fault-table-code-form",
            Self::CountryForm => "fault-country-form",
            Self::ProvinceCodeForm => "fault-province-code-form",
            Self::CommuneCodeForm => "fault-commune-code-form",
            Self::DetailLength => "fault-detail-length",
            Self::DetailCharset => "fault-detail-charset",
            Self::CodeLength => "fault-code-length",
            Self::CodeCharset => "fault-code-charset",
            Self::HoldsPersonalNumber => "fault-holds-personal-number",
            Self::UnknownField => "fault-unknown-field",
            Self::FieldCount => "fault-field-count",
            Self::FieldTwice => "fault-field-twice",
            Self::NumberConflict => "fault-number-conflict",
            Self::IdempotencyKeyForm => "fault-idempotency-key-form",
            Self::RoleForm => "fault-role-form",
            Self::RoleUnknown => "fault-role-unknown",
            Self::RoleTwice => "fault-role-twice",
            Self::RoleMissing => "fault-role-missing",
            Self::RolesConflict => "fault-roles-conflict",
            Self::ClaimNotNeeded => "fault-claim-not-needed",
            Self::SubjectCount => "fault-subject-count",
            Self::MomentForm => "fault-moment-form",
            Self::NotNumber => "fault-not-number",
            Self::PredicateCount => "fault-predicate-count",
            Self::PredicateWord => "fault-predicate-word",
            Self::RelationshipWord => "fault-relationship-word",
            Self::ResidenceWord => "fault-residence-word",
            Self::SamePerson => "fault-same-person",
            Self::BoundRequired => "fault-bound-required",
            Self::BoundRange => "fault-bound-range",
            Self::BoundsConflict => "fault-bounds-conflict",
            Self::NotOfMembers => "fault-not-of-members",
            Self::EventMember => "fault-event-member",
            Self::NumberTooLarge => "fault-number-too-large",
            Self::ClientCodeForm => "fault-client-code-form",
            Self::ClientTitleLength => "fault-client-title-length",
            Self::ProcedureNotLicensable => "fault-procedure-not-licensable",
            Self::ScopeWord => "fault-scope-word",
            Self::ThumbprintForm => "fault-thumbprint-form",
            Self::StatusWord => "fault-status-word",
            Self::TermConflict => "fault-term-conflict",
            Self::LimitsConflict => "fault-limits-conflict",
            Self::NumberNotWhole => "fault-number-not-whole",
            Self::LimitNought => "fault-limit-nought",
            Self::BurstBelowRate => "fault-burst-below-rate",
            Self::MonthBelowDay => "fault-month-below-day",
            Self::BelowProcedure => "fault-below-procedure",
            Self::IdConflict => "fault-id-conflict",
            Self::ReasonForm => "fault-reason-form",
            Self::MessageLength => "fault-message-length",
            Self::MessageCharset => "fault-message-charset",
            Self::EndRange => "fault-end-range",
            Self::NothingAnnounced => "fault-nothing-announced",
            Self::NotJson => "fault-not-json",
            Self::LineLength => "fault-line-length",
            Self::RowNumber => "fault-row-number",
            Self::RowTwice => "fault-row-twice",
            Self::RowCount => "fault-row-count",
            Self::CsvHeader => "fault-csv-header",
            Self::ColumnCount => "fault-column-count",
        }
    }
}

/// Is one fault in one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where, as a JSON Pointer.
    pub pointer: String,
    /// What.
    pub kind: Kind,
}

/// Collects what is wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// Enters a fault; those beyond the first hundred are passed over.
    pub(super) fn add(&mut self, at: &Pointer<'_>, kind: Kind) {
        if self.0.len() < MOST {
            self.0.push(Fault {
                pointer: at.to_string(),
                kind,
            });
        }
    }

    /// Takes up faults that were written down before.
    pub(super) fn of(faults: Vec<Fault>) -> Self {
        Self(faults)
    }

    /// Tells whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Lists the faults in the order in which they were found.
    pub fn iter(&self) -> impl Iterator<Item = &Fault> {
        self.0.iter()
    }
}

/// Names a place in a body; a chain on the stack, written out only when something is wrong there.
#[derive(Debug, Clone, Copy)]
pub(super) enum Pointer<'p> {
    Root,
    Member(&'p Pointer<'p>, &'p str),
    Item(&'p Pointer<'p>, usize),
}

impl<'p> Pointer<'p> {
    /// Names a member of the object here; `name` is one of ours, or harmless.
    pub fn member(&'p self, name: &'p str) -> Self {
        Self::Member(self, name)
    }

    /// Names an item of the list here.
    pub fn item(&'p self, index: usize) -> Self {
        Self::Item(self, index)
    }
}

impl fmt::Display for Pointer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            // None of our names, and no harmless one, holds a character that RFC 6901 escapes.
            Self::Member(parent, name) => write!(f, "{parent}/{name}"),
            Self::Item(parent, index) => write!(f, "{parent}/{index}"),
        }
    }
}

/// Finds an object's members by their names; enters unknown and repeated ones, and whatever isn't an object.
pub(super) fn members<'j, const N: usize>(
    json: &'j Json<'j>,
    at: &Pointer<'_>,
    names: [&str; N],
    faults: &mut Faults,
) -> Option<[Option<&'j Json<'j>>; N]> {
    let Json::Object(sent) = json else {
        faults.add(at, Kind::NotObject);
        return None;
    };
    let mut found = [None; N];
    for (name, value) in sent {
        match found.iter_mut().zip(names).find(|(_, known)| known == name) {
            Some((place @ None, _)) => *place = Some(value),
            Some((Some(_), known)) => faults.add(&at.member(known), Kind::Duplicate),
            None if is_harmless(name) => faults.add(&at.member(name), Kind::UnknownMember),
            None => faults.add(at, Kind::UnknownMember),
        }
    }
    Some(found)
}

fn is_harmless(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let longest_run = name
        .split(|letter: char| !letter.is_ascii_digit())
        .map(str::len)
        .max();
    // Stricter than for ids of calls: nine digits in a row could be the number or the better part of it.
    (1..=40).contains(&name.len()) && name.bytes().all(plain) && longest_run < Some(9)
}

/// Gives what must be there.
pub(super) fn required<'j>(
    value: Option<&'j Json<'j>>,
    at: &Pointer<'_>,
    faults: &mut Faults,
) -> Option<&'j Json<'j>> {
    if value.is_none() {
        faults.add(at, Kind::Required);
    }
    value
}

/// Reads text.
pub(super) fn text<'j>(json: &'j Json<'j>, at: &Pointer<'_>, faults: &mut Faults) -> Option<&'j str> {
    if let Json::Text(text) = json {
        Some(text)
    } else {
        faults.add(at, Kind::NotText);
        None
    }
}

/// Reads a list.
pub(super) fn list<'j>(json: &'j Json<'j>, at: &Pointer<'_>, faults: &mut Faults) -> Option<&'j [Json<'j>]> {
    if let Json::List(items) = json {
        Some(items)
    } else {
        faults.add(at, Kind::NotList);
        None
    }
}

/// Reads text that is one of a type's forms.
pub(super) fn parsed<T: std::str::FromStr>(
    json: &Json<'_>,
    at: &Pointer<'_>,
    faults: &mut Faults,
    kind: fn(T::Err) -> Kind,
) -> Option<T> {
    let text = text(json, at, faults)?;
    text.parse()
        .map_err(|malformed| faults.add(at, kind(malformed)))
        .ok()
}

#[cfg(test)]
mod tests;
