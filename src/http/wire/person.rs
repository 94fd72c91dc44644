//! How is a person named in a body, and what is claimed of one?
//!
//! Reads `subject` and `claims` into the domain's types. Every part is looked at even where an earlier one is wrong, so
//! that the caller learns of all faults at once. Knows forms, never facts: whether a code names a place, or a number a
//! person, is found out later.

use jiff::civil::Date;

use crate::domain::address::{AddressClaim, AddressKind, CommuneCode, MalformedCode, ProvinceCode};
use crate::domain::birth_date::{self, BirthDate};
use crate::domain::claim::Claim;
use crate::domain::codes::{MaritalStatus, Sex, UnknownCode};
use crate::domain::name;
use crate::domain::pin::{self, IdNumber, OldIdNumber, Pin};
use crate::domain::subject::Subject;
use crate::http::faults::{Faults, Kind, Pointer, members, parsed, required, text};
use crate::http::json::Json;

/// The members of a subject.
pub(in crate::http) const SUBJECT: [&str; 4] = ["pin", "old_id_number", "full_name", "date_of_birth"];

/// The claims: the simple ones, then the addresses in the order of [`AddressKind::ALL`].
pub(in crate::http) const CLAIMS: [&str; 12] = [
    "sex",
    "ethnicity",
    "religion",
    "nationality",
    "marital_status",
    "head_of_household",
    "old_id_number",
    "place_of_birth_registration",
    "place_of_origin",
    "permanent_residence",
    "current_residence",
    "temporary_residence",
];

/// The members of an address.
pub(in crate::http) const ADDRESS: [&str; 4] = ["province_code", "commune_code", "detail", "as_of"];

/// The longest text of house, street and hamlet.
pub(in crate::http) const LONGEST_DETAIL: usize = 500;

/// Reads who is asked about.
pub(in crate::http) fn subject(
    json: &Json<'_>,
    at: &Pointer<'_>,
    today: Date,
    faults: &mut Faults,
) -> Option<Subject> {
    let [pin, old, full_name, born] = members(json, at, SUBJECT, faults)?;
    let number = number(pin, old, at, faults);
    let at_name = at.member("full_name");
    let full_name =
        required(full_name, &at_name, faults).and_then(|json| parsed(json, &at_name, faults, name_fault));
    let at_born = at.member("date_of_birth");
    let born = required(born, &at_born, faults).and_then(|json| birth_date(json, &at_born, today, faults));
    Some(Subject {
        number: number?,
        full_name: full_name?,
        date_of_birth: born?,
    })
}

fn number(
    pin: Option<&Json<'_>>,
    old: Option<&Json<'_>>,
    at: &Pointer<'_>,
    faults: &mut Faults,
) -> Option<IdNumber> {
    let read_pin = pin.and_then(|json| parsed::<Pin>(json, &at.member("pin"), faults, pin_fault));
    let read_old = old.and_then(|json| old_number(json, &at.member("old_id_number"), faults));
    match (pin, old) {
        (Some(_), Some(_)) => faults.add(at, Kind::NumberConflict),
        (None, None) => faults.add(at, Kind::NumberRequired),
        (Some(_), None) | (None, Some(_)) => {}
    }
    read_pin.map(IdNumber::Pin).or(read_old.map(IdNumber::Old))
}

fn old_number(json: &Json<'_>, at: &Pointer<'_>, faults: &mut Faults) -> Option<OldIdNumber> {
    parsed(json, at, faults, |malformed| match malformed {
        pin::Malformed::Length => Kind::OldNumberLength,
        pin::Malformed::Charset => Kind::NotDigits,
    })
}

fn pin_fault(malformed: pin::Malformed) -> Kind {
    match malformed {
        pin::Malformed::Length => Kind::PinLength,
        pin::Malformed::Charset => Kind::NotDigits,
    }
}

fn name_fault(malformed: name::Malformed) -> Kind {
    match malformed {
        name::Malformed::Length => Kind::NameLength,
        name::Malformed::Charset => Kind::NameCharset,
        name::Malformed::LegacyEncoding => Kind::NameLegacyEncoding,
    }
}

fn birth_date(json: &Json<'_>, at: &Pointer<'_>, today: Date, faults: &mut Faults) -> Option<BirthDate> {
    let date: BirthDate = parsed(json, at, faults, |malformed| match malformed {
        birth_date::Malformed::Format => Kind::BirthDateForm,
        birth_date::Malformed::Range => Kind::BirthDateTooEarly,
    })?;
    if date.is_after(today) {
        faults.add(at, Kind::InTheFuture);
        return None;
    }
    Some(date)
}

/// Reads what is claimed of the person, in the order of [`CLAIMS`].
pub(in crate::http) fn claims(
    json: &Json<'_>,
    at: &Pointer<'_>,
    today: Date,
    faults: &mut Faults,
) -> Vec<Claim> {
    let Some(
        [
            sex,
            ethnicity,
            religion,
            nationality,
            marital_status,
            head,
            old,
            addresses @ ..,
        ],
    ) = members(json, at, CLAIMS, faults)
    else {
        return Vec::new();
    };
    let code = |_: UnknownCode| Kind::TableCodeForm;
    let mut read = Reader { at, faults };
    let simple = [
        read.claim("sex", sex, |json, at, faults| {
            word(json, at, faults, &SEXES, Kind::SexWord).map(Claim::Sex)
        }),
        read.claim("ethnicity", ethnicity, |json, at, faults| {
            parsed(json, at, faults, code).map(Claim::Ethnicity)
        }),
        read.claim("religion", religion, |json, at, faults| {
            parsed(json, at, faults, code).map(Claim::Religion)
        }),
        read.claim("nationality", nationality, |json, at, faults| {
            parsed(json, at, faults, |_: UnknownCode| Kind::CountryForm).map(Claim::Nationality)
        }),
        read.claim("marital_status", marital_status, |json, at, faults| {
            word(json, at, faults, &MARITAL_STATUSES, Kind::MaritalStatusWord).map(Claim::MaritalStatus)
        }),
        read.claim("head_of_household", head, |json, at, faults| {
            flag(json, at, faults).map(Claim::HeadOfHousehold)
        }),
        read.claim("old_id_number", old, |json, at, faults| {
            old_number(json, at, faults).map(Claim::OldIdNumber)
        }),
    ];
    let mut claims: Vec<_> = simple.into_iter().flatten().collect();
    for (kind, sent) in AddressKind::ALL.into_iter().zip(addresses) {
        let claim = read.claim(kind.as_str(), sent, |json, at, faults| {
            address(json, at, today, faults).map(|claimed| Claim::Address(kind, claimed))
        });
        claims.extend(claim);
    }
    claims
}

struct Reader<'r> {
    at: &'r Pointer<'r>,
    faults: &'r mut Faults,
}

impl Reader<'_> {
    fn claim(
        &mut self,
        name: &str,
        sent: Option<&Json<'_>>,
        read: impl FnOnce(&Json<'_>, &Pointer<'_>, &mut Faults) -> Option<Claim>,
    ) -> Option<Claim> {
        read(sent?, &self.at.member(name), self.faults)
    }
}

const SEXES: [(&str, Option<Sex>); 3] = [
    ("male", Some(Sex::Male)),
    ("female", Some(Sex::Female)),
    ("unknown", None),
];

const MARITAL_STATUSES: [(&str, MaritalStatus); 3] = [
    ("single", MaritalStatus::Single),
    ("married", MaritalStatus::Married),
    ("divorced_or_widowed", MaritalStatus::DivorcedOrWidowed),
];

/// Reads one of a few words.
pub(in crate::http) fn word<T: Copy>(
    json: &Json<'_>,
    at: &Pointer<'_>,
    faults: &mut Faults,
    words: &[(&str, T)],
    kind: Kind,
) -> Option<T> {
    let sent = text(json, at, faults)?;
    let meant = words
        .iter()
        .find_map(|(word, meaning)| (*word == sent).then_some(*meaning));
    if meant.is_none() {
        faults.add(at, kind);
    }
    meant
}

fn flag(json: &Json<'_>, at: &Pointer<'_>, faults: &mut Faults) -> Option<bool> {
    if let Json::Flag(flag) = json {
        Some(*flag)
    } else {
        faults.add(at, Kind::NotFlag);
        None
    }
}

fn address(json: &Json<'_>, at: &Pointer<'_>, today: Date, faults: &mut Faults) -> Option<AddressClaim> {
    let [province, commune, sent_detail, as_of] = members(json, at, ADDRESS, faults)?;
    let at_province = at.member("province_code");
    let province: Option<ProvinceCode> = required(province, &at_province, faults).and_then(|json| {
        parsed(json, &at_province, faults, |_: MalformedCode| {
            Kind::ProvinceCodeForm
        })
    });
    let commune: Option<Option<CommuneCode>> = optional(commune, |json| {
        parsed(json, &at.member("commune_code"), faults, |_: MalformedCode| {
            Kind::CommuneCodeForm
        })
    });
    let detail = optional(sent_detail, |json| detail(json, &at.member("detail"), faults));
    let as_of = optional(as_of, |json| day(json, &at.member("as_of"), today, faults));
    Some(AddressClaim {
        province: province?,
        commune: commune?,
        detail: detail?,
        as_of: as_of?,
    })
}

/// Gives `Some(None)` for what was left out and `None` for what was wrong.
fn optional<'j, T>(
    sent: Option<&'j Json<'j>>,
    read: impl FnOnce(&'j Json<'j>) -> Option<T>,
) -> Option<Option<T>> {
    sent.map_or(Some(None), |json| read(json).map(Some))
}

fn detail(json: &Json<'_>, at: &Pointer<'_>, faults: &mut Faults) -> Option<String> {
    let sent = text(json, at, faults)?;
    if sent.trim().is_empty() || sent.chars().count() > LONGEST_DETAIL {
        faults.add(at, Kind::DetailLength);
        return None;
    }
    if sent.chars().any(char::is_control) {
        faults.add(at, Kind::DetailCharset);
        return None;
    }
    Some(sent.to_owned())
}

/// Reads a day that isn't in the future.
pub(in crate::http) fn day(
    json: &Json<'_>,
    at: &Pointer<'_>,
    today: Date,
    faults: &mut Faults,
) -> Option<Date> {
    // A day has the form and the bounds of a birth date that is known to the day.
    let BirthDate::Day(day) = parsed(json, at, faults, |_: birth_date::Malformed| Kind::DayForm)? else {
        faults.add(at, Kind::DayForm);
        return None;
    };
    if day > today {
        faults.add(at, Kind::InTheFuture);
        return None;
    }
    Some(day)
}

#[cfg(test)]
mod tests;
