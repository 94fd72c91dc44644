//! How is a record written down to be sealed, and read again?
//!
//! JSON with a version, which is sealed at once and read by gateways of this program alone. Reading is as strict as the
//! parsing of what the registry says: what can't be read whole isn't read at all. The story of the fetching goes with it, so
//! that age, owner and request are the same wherever the record is held. The text is wiped when it is let go of.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::domain::address::{Address, CodeSet};
use crate::domain::codes::{MaritalStatus, Sex};
use crate::domain::household::{Household, HouseholdId, Member, Relationship, ResidenceKind, Standing};
use crate::domain::name::FullName;
use crate::domain::record::{Record, Status};
use crate::records::Held;

/// Changes whenever the form does; another version's text isn't read.
const VERSION: u8 = 1;

/// Is an opened text.
pub(super) type Text = Zeroizing<Vec<u8>>;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenHeld<T> {
    version: u8,
    fetched_at: String,
    fetched_by: String,
    registry_request: String,
    held: T,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRecord {
    pin: String,
    old_id_number: Option<String>,
    cancelled_numbers: Vec<String>,
    full_name: String,
    date_of_birth: String,
    sex: Option<String>,
    ethnicity: Option<String>,
    religion: Option<String>,
    nationality: Option<String>,
    marital_status: Option<String>,
    head_of_household: Option<bool>,
    place_of_birth_registration: Option<WrittenAddress>,
    place_of_origin: Option<WrittenAddress>,
    permanent_residence: Option<WrittenAddress>,
    current_residence: Option<WrittenAddress>,
    temporary_residence: Option<WrittenAddress>,
    temporary_since: Option<String>,
    status: String,
    as_of: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenAddress {
    since_2025: bool,
    province: Option<String>,
    commune: Option<String>,
    detail: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenHousehold {
    id: String,
    head: Option<String>,
    members: Vec<WrittenMember>,
    address: Option<WrittenAddress>,
    as_of: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenMember {
    pin: String,
    full_name: String,
    date_of_birth: String,
    sex: Option<String>,
    standing: Option<String>,
    kind: Option<String>,
    since: Option<String>,
}

pub(super) fn write_record(held: &Held<Record>) -> Text {
    write(held, written_record(&held.record))
}

pub(super) fn read_record(text: &[u8]) -> Option<Held<Record>> {
    read(text, record)
}

pub(super) fn write_home(home: &Held<Option<Household>>) -> Text {
    write(home, home.record.as_ref().map(written_household))
}

pub(super) fn read_home(text: &[u8]) -> Option<Held<Option<Household>>> {
    read(text, |written: Option<WrittenHousehold>| match written {
        Some(written) => household(&written).map(Some),
        None => Some(None),
    })
}

fn write<T, W: Serialize>(held: &Held<T>, written: W) -> Text {
    let written = WrittenHeld {
        version: VERSION,
        fetched_at: held.fetched_at.to_string(),
        fetched_by: held.fetched_by.as_str().to_owned(),
        registry_request: held.registry_request.simple().to_string(),
        held: written,
    };
    // Of structs of texts and numbers it always succeeds; an empty text would only be unreadable.
    Zeroizing::new(serde_json::to_vec(&written).unwrap_or_default())
}

fn read<T, W: DeserializeOwned>(text: &[u8], parse: impl FnOnce(W) -> Option<T>) -> Option<Held<T>> {
    let written: WrittenHeld<W> = serde_json::from_slice(text).ok()?;
    if written.version != VERSION {
        return None;
    }
    Some(Held::new(
        parse(written.held)?,
        written.fetched_at.parse().ok()?,
        written.fetched_by.parse().ok()?,
        Uuid::try_parse(&written.registry_request).ok()?,
    ))
}

fn written_record(record: &Record) -> WrittenRecord {
    let address = |address: &Option<Address>| address.as_ref().map(written_address);
    WrittenRecord {
        pin: record.pin.expose().to_owned(),
        old_id_number: record.old_id_number.map(|old| old.expose().to_owned()),
        cancelled_numbers: record
            .cancelled_numbers
            .iter()
            .map(|pin| pin.expose().to_owned())
            .collect(),
        full_name: record.full_name.expose().to_owned(),
        date_of_birth: record.date_of_birth.expose(),
        sex: record.sex.map(|sex| sex.as_str().to_owned()),
        ethnicity: record.ethnicity.map(|code| code.padded()),
        religion: record.religion.map(|code| code.padded()),
        nationality: record.nationality.map(|country| country.as_str().to_owned()),
        marital_status: record.marital_status.map(|status| status.as_str().to_owned()),
        head_of_household: record.head_of_household,
        place_of_birth_registration: address(&record.place_of_birth_registration),
        place_of_origin: address(&record.place_of_origin),
        permanent_residence: address(&record.permanent_residence),
        current_residence: address(&record.current_residence),
        temporary_residence: address(&record.temporary_residence),
        temporary_since: record.temporary_since.map(|date| date.to_string()),
        status: record.status.as_str().to_owned(),
        as_of: record.as_of.to_string(),
    }
}

fn record(written: WrittenRecord) -> Option<Record> {
    let address = |written: &Option<WrittenAddress>| optional(written.as_ref(), read_address);
    Some(Record {
        pin: written.pin.parse().ok()?,
        old_id_number: optional(written.old_id_number, |text| text.parse().ok())?,
        cancelled_numbers: written
            .cancelled_numbers
            .iter()
            .map(|text| text.parse().ok())
            .collect::<Option<_>>()?,
        full_name: FullName::held(&written.full_name).ok()?,
        date_of_birth: written.date_of_birth.parse().ok()?,
        sex: optional(written.sex, |text| sex(&text))?,
        ethnicity: optional(written.ethnicity, |text| text.parse().ok())?,
        religion: optional(written.religion, |text| text.parse().ok())?,
        nationality: optional(written.nationality, |text| text.parse().ok())?,
        marital_status: optional(written.marital_status, |text| {
            use MaritalStatus::{DivorcedOrWidowed, Married, Single};
            let all = [Single, Married, DivorcedOrWidowed];
            all.into_iter().find(|status| status.as_str() == text)
        })?,
        head_of_household: written.head_of_household,
        place_of_birth_registration: address(&written.place_of_birth_registration)?,
        place_of_origin: address(&written.place_of_origin)?,
        permanent_residence: address(&written.permanent_residence)?,
        current_residence: address(&written.current_residence)?,
        temporary_residence: address(&written.temporary_residence)?,
        temporary_since: optional(written.temporary_since, |text| text.parse().ok())?,
        status: {
            use Status::{Active, Cancelled, Deceased, Missing, UnderReview};
            let all = [Active, Deceased, Missing, Cancelled, UnderReview];
            all.into_iter().find(|status| status.as_str() == written.status)?
        },
        as_of: written.as_of.parse().ok()?,
    })
}

fn written_address(address: &Address) -> WrittenAddress {
    WrittenAddress {
        since_2025: address.code_set == CodeSet::Since2025,
        province: address.province.map(|code| code.as_str().to_owned()),
        commune: address.commune.map(|code| code.as_str().to_owned()),
        detail: address.detail.as_deref().map(str::to_owned),
    }
}

fn read_address(written: &WrittenAddress) -> Option<Address> {
    Some(Address {
        code_set: if written.since_2025 {
            CodeSet::Since2025
        } else {
            CodeSet::Before2025
        },
        province: optional(written.province.as_deref(), |text| text.parse().ok())?,
        commune: optional(written.commune.as_deref(), |text| text.parse().ok())?,
        detail: written.detail.as_deref().map(Box::from),
    })
}

fn written_household(household: &Household) -> WrittenHousehold {
    let member = |member: &Member| WrittenMember {
        pin: member.pin.expose().to_owned(),
        full_name: member.full_name.expose().to_owned(),
        date_of_birth: member.date_of_birth.expose(),
        sex: member.sex.map(|sex| sex.as_str().to_owned()),
        standing: member.standing.map(|standing| standing.as_str().to_owned()),
        kind: member.kind.map(|kind| kind.as_str().to_owned()),
        since: member.since.map(|date| date.to_string()),
    };
    WrittenHousehold {
        id: household.id.expose().to_owned(),
        head: household.head.map(|pin| pin.expose().to_owned()),
        members: household.members.iter().map(member).collect(),
        address: household.address.as_ref().map(written_address),
        as_of: household.as_of.to_string(),
    }
}

fn household(written: &WrittenHousehold) -> Option<Household> {
    Some(Household {
        id: HouseholdId::held(written.id.clone()),
        head: optional(written.head.as_deref(), |text| text.parse().ok())?,
        members: written.members.iter().map(member).collect::<Option<_>>()?,
        address: optional(written.address.as_ref(), read_address)?,
        as_of: written.as_of.parse().ok()?,
    })
}

fn member(written: &WrittenMember) -> Option<Member> {
    Some(Member {
        pin: written.pin.parse().ok()?,
        full_name: FullName::held(&written.full_name).ok()?,
        date_of_birth: written.date_of_birth.parse().ok()?,
        sex: optional(written.sex.as_deref(), sex)?,
        standing: optional(written.standing.as_deref(), |text| {
            let to_head = Relationship::ALL.map(Standing::ToHead);
            let mut all = [Standing::Head].into_iter().chain(to_head);
            all.find(|standing| standing.as_str() == text)
        })?,
        kind: optional(written.kind.as_deref(), |text| {
            ResidenceKind::ALL.into_iter().find(|kind| kind.as_str() == text)
        })?,
        since: optional(written.since.as_deref(), |text| text.parse().ok())?,
    })
}

fn sex(text: &str) -> Option<Sex> {
    [Sex::Male, Sex::Female]
        .into_iter()
        .find(|sex| sex.as_str() == text)
}

/// Reads what may be missing: nothing of nothing, but no record at all of what can't be read.
fn optional<T, W>(written: Option<W>, read: impl FnOnce(W) -> Option<T>) -> Option<Option<T>> {
    match written {
        Some(written) => read(written).map(Some),
        None => Some(None),
    }
}

#[cfg(test)]
mod tests;
