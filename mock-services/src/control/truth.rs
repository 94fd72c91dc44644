//! How does the control port show a person, and how does it read one's changes?
//!
//! Ground truth as JSON, in the words of the gateway's contract, so that a test can compare without translating.
//! Always true: what is shown is the register's present state.
//! Deliberately absent: writing to the register. A patch that can't be read is refused with the member's name.

use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::person::{Address, BirthDate, Household, MaritalStatus, Person, Sex, Status, TemporaryResidence};
use crate::register::{Correction, Patch};

/// Writes a person with the household.
pub fn person(person: &Person, household: Option<&Household>) -> Map<String, Value> {
    let mut shown = Map::new();
    let mut put = |name: &str, value: Value| {
        shown.insert(name.to_owned(), value);
    };
    put("pin", json!(person.pin));
    if !person.cancelled_pins.is_empty() {
        put("cancelled_pins", json!(person.cancelled_pins));
    }
    if let Some(old_number) = &person.old_id_number {
        put("old_id_number", json!(old_number));
    }
    put("full_name", json!(person.full_name));
    put("date_of_birth", json!(person.birth.text()));
    put("sex", json!(person.sex.word()));
    put("ethnicity", json!(person.ethnicity));
    put("religion", json!(person.religion));
    put("nationality", json!(person.nationality));
    put(
        "marital_status",
        json!(person.marital_status.map(MaritalStatus::word)),
    );
    put("status", json!(person.status.word()));
    put(
        "place_of_birth_registration",
        json!(person.birth_registration.as_ref().map(address)),
    );
    put("place_of_origin", json!(person.origin.as_ref().map(address)));
    put(
        "permanent_residence",
        json!(person.permanent_residence.as_ref().map(address)),
    );
    put(
        "current_residence",
        json!(person.current_residence.as_ref().map(address)),
    );
    if let Some(elsewhere) = &person.temporary_residence {
        put("temporary_residence", address(&elsewhere.address));
        put("temporary_residence_since", json!(elsewhere.since.to_string()));
    }
    put("household", json!(household.map(shown_household)));
    shown
}

fn shown_household(household: &Household) -> Value {
    let members: Vec<Value> = household
        .members
        .iter()
        .map(|member| {
            json!({
                "pin": member.pin,
                "full_name": member.full_name,
                "date_of_birth": member.birth.text(),
                "relationship": member.relation.word(),
                "residence_kind": member.kind.word(),
                "since": member.since.to_string(),
            })
        })
        .collect();
    json!({"id": household.id, "head": household.head().map(|head| &head.pin), "members": members})
}

fn address(address: &Address) -> Value {
    json!({
        "province_code": address.province,
        "commune_code": address.commune,
        "detail": address.detail,
        "as_of": address.as_of(),
    })
}

/// The body of `PATCH /_mock/persons/{pin}`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PatchBody {
    #[serde(rename = "move")]
    to: Option<AddressBody>,
    die: Option<DieBody>,
    correct: Option<Map<String, Value>>,
    replace_number: Option<bool>,
    #[serde(default)]
    silent: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AddressBody {
    province_code: String,
    commune_code: String,
    #[serde(default)]
    district_code: Option<String>,
    #[serde(default)]
    detail: String,
    #[serde(default)]
    as_of: Option<String>,
    #[serde(default)]
    since: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DieBody {
    on: String,
}

/// Why a patch can't be read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Unreadable {
    /// None or several of the four changes.
    #[error("exactly one of move, die, correct and replace_number is needed")]
    NotOne,
    /// A member has no such value.
    #[error("{0} has no such value")]
    Value(String),
    /// A member that can't be corrected.
    #[error("{0} cannot be corrected")]
    Member(String),
}

impl PatchBody {
    /// Reads the change, and whether it is silent.
    pub fn read(self) -> Result<(Patch, bool), Unreadable> {
        let silent = self.silent;
        let patch = match (self.to, self.die, self.correct, self.replace_number) {
            (Some(to), None, None, None) => Patch::Move(to.read()),
            (None, Some(die), None, None) => Patch::Die(day("die.on", &die.on)?),
            (None, None, Some(fields), None) => {
                Patch::Correct(fields.into_iter().map(correction).collect::<Result<_, _>>()?)
            }
            (None, None, None, Some(true)) => Patch::ReplaceNumber,
            _ => return Err(Unreadable::NotOne),
        };
        Ok((patch, silent))
    }
}

impl AddressBody {
    fn read(self) -> Address {
        // An address of before July 2025 is told by its district, or by a date before the reform.
        let is_old = self.as_of.is_some_and(|as_of| as_of.as_str() < "2025-07-01");
        let district = self.district_code.or_else(|| is_old.then(|| "000".to_owned()));
        Address {
            province: self.province_code,
            district,
            commune: self.commune_code,
            detail: self.detail,
        }
    }
}

fn correction((member, value): (String, Value)) -> Result<Correction, Unreadable> {
    let wrong = || Unreadable::Value(member.clone());
    let text = || value.as_str().map(str::to_owned).ok_or_else(wrong);
    let optional = || {
        if value.is_null() {
            Ok(None)
        } else {
            text().map(Some)
        }
    };
    let place = || serde_json::from_value::<AddressBody>(value.clone()).map_err(|_| wrong());
    Ok(match member.as_str() {
        "full_name" => Correction::FullName(text()?),
        "date_of_birth" => Correction::Birth(BirthDate::parse(&text()?).ok_or_else(wrong)?),
        "sex" => Correction::Sex(match text()?.as_str() {
            "male" => Sex::Male,
            "female" => Sex::Female,
            _ => return Err(wrong()),
        }),
        "ethnicity" => Correction::Ethnicity(text()?),
        "religion" => Correction::Religion(text()?),
        "nationality" => Correction::Nationality(optional()?),
        "marital_status" => Correction::MaritalStatus(match optional()?.as_deref() {
            None => None,
            Some("single") => Some(MaritalStatus::Single),
            Some("married") => Some(MaritalStatus::Married),
            Some("divorced_or_widowed") => Some(MaritalStatus::DivorcedOrWidowed),
            Some(_) => return Err(wrong()),
        }),
        "old_id_number" => Correction::OldIdNumber(optional()?),
        "status" => Correction::Status(Status::parse(&text()?).ok_or_else(wrong)?),
        "current_residence" => Correction::CurrentResidence(place()?.read()),
        "permanent_residence" => Correction::PermanentResidence(place()?.read()),
        "temporary_residence" if value.is_null() => Correction::TemporaryResidence(None),
        "temporary_residence" => {
            let body = place()?;
            let since = day(&member, body.since.as_deref().unwrap_or("2026-01-01"))?;
            Correction::TemporaryResidence(Some(TemporaryResidence {
                address: body.read(),
                since,
            }))
        }
        _ => return Err(Unreadable::Member(member)),
    })
}

fn day(member: &str, text: &str) -> Result<Date, Unreadable> {
    text.parse().map_err(|_| Unreadable::Value(member.to_owned()))
}
