//! A register, a catalogue and a person to test the gates with.
//!
//! One client with licences for two procedures out of three, one officer, one invented person of whom everything is held.
//! Compiled into tests only; tests change what they are about and leave the rest.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::date;

use super::clients::{Allowance, Client, Clients, Guesses, Status};
use super::procedures::{Catalogue, LegalGround, Procedure};
use super::{Grant, Policy, Tables};
use crate::auth::{Caller, Scope, Scopes};
use crate::domain::address::{Address, CodeSet};
use crate::domain::codes::{MaritalStatus, Sex};
use crate::domain::context::{Channel, Context};
use crate::domain::fact::Fact;
use crate::domain::field::{Field, Fields};
use crate::domain::labels::CodeTables;
use crate::domain::name::FullName;
use crate::domain::paper::Paper;
use crate::domain::pin::IdNumber;
use crate::domain::record::{self, Record};
use crate::domain::role::{Expected, NeededFact, Role};
use crate::domain::subject::Subject;
use crate::domain::territory::Territory;

/// The procedure that the client is licensed for.
pub(crate) const LICENSED: &str = "1.001193";
/// One that stands in the catalogue only.
pub(crate) const UNLICENSED: &str = "1.000894";
/// One that stands in the client's licence only.
pub(crate) const UNLISTED: &str = "1.000656";
/// One of the client's agencies.
pub(crate) const UNIT: &str = "H57.12";
/// The officer at the counter.
pub(crate) const OFFICER: &str = "100185000900";

/// Gives a set of fields by their paths.
pub(crate) fn fields(paths: &[&str]) -> Fields {
    paths.iter().map(|path| path.parse::<Field>().unwrap()).collect()
}

/// Gives every field there is.
pub(crate) fn all_fields() -> Fields {
    Field::all().collect()
}

/// Gives a client in force that may see every field.
pub(crate) fn client() -> Client {
    Client {
        id: "one-stop".parse().unwrap(),
        name: "Một cửa".to_owned(),
        province: "46".parse().unwrap(),
        units: [UNIT, "H57.31"].map(|unit| unit.parse().unwrap()).into(),
        procedures: [LICENSED, UNLISTED].map(|code| code.parse().unwrap()).into(),
        fields: all_fields(),
        scopes: [Scope::CitizensVerify, Scope::CitizensLookup]
            .into_iter()
            .collect(),
        allowance: Allowance {
            officer_per_second: 100,
            officer_burst: 200,
            officers_per_subject: 20,
            guesses: Guesses {
                per_officer: 30,
                per_person: 10,
                per_client: 600,
            },
            rate_per_second: 2_000,
            burst: 4_000,
            concurrency: 512,
            per_day: 1_000_000,
            per_month: 20_000_000,
            registry_weight: 1,
            batch_rows_per_day: 100_000,
        },
        procedure_limits: BTreeMap::new(),
        thumbprints: Vec::new(),
        accept_close_identity: false,
        status: Status::Active,
        valid_from: "2026-01-01T00:00:00+07:00".parse().unwrap(),
        valid_until: "2028-01-01T00:00:00+07:00".parse().unwrap(),
    }
}

/// Gives a procedure that needs these fields.
pub(crate) fn procedure(code: &str, fields: Fields) -> Procedure {
    Procedure {
        code: code.parse().unwrap(),
        name_vi: "Thủ tục".to_owned(),
        name_en: None,
        sector: "Hộ tịch".to_owned(),
        level: "commune".to_owned(),
        legal_ground: vec![LegalGround {
            article: "Điều 1".to_owned(),
            from: date(2026, 1, 1),
            until: None,
        }],
        fields,
        max_age: Duration::from_mins(15),
        stale_for: None,
        shares_cache: true,
        roles: vec![applicant()],
        needs_household_list: false,
        confirmation_valid_for: Duration::from_hours(30 * 24),
    }
}

/// Gives the role of whoever comes to the counter, of whom the law wants identity and residence.
pub(crate) fn applicant() -> Role {
    let needed = |fact: Fact, replaces| NeededFact {
        source: fact.source(),
        fact,
        replaces: vec![replaces],
    };
    Role {
        name: "applicant".parse().unwrap(),
        required: true,
        expects: Expected::Living,
        facts: vec![
            needed(Fact::Identity, Paper::IdentityCard),
            needed(Fact::PermanentResidence, Paper::ResidenceConfirmation),
        ],
    }
}

/// Gives the tables that ship with the program.
pub(crate) fn tables() -> Tables {
    Tables {
        territory: Arc::new(Territory::shipped().unwrap()),
        codes: Arc::new(CodeTables::shipped().unwrap()),
    }
}

/// Joins one client with a catalogue of its licensed procedure and a foreign one.
pub(crate) fn policy(client: Client, needed: Fields) -> Policy {
    policy_over(tables(), client, needed)
}

/// Does the same with tables that were read before, for tests of many cases.
pub(crate) fn policy_over(tables: Tables, client: Client, needed: Fields) -> Policy {
    let catalogue = [procedure(LICENSED, needed), procedure(UNLICENSED, needed)];
    Policy::new(
        Clients::new([client]).unwrap(),
        Catalogue::new(catalogue).unwrap(),
        tables,
    )
}

/// Gives the officer, signed in through the client with every scope.
pub(crate) fn caller() -> Caller {
    officer(OFFICER)
}

/// Gives another officer of the same agency.
pub(crate) fn officer(number: &str) -> Caller {
    let scopes: Scopes = Scope::ALL.into_iter().collect();
    Caller::for_tests("one-stop", Some(number), Some(UNIT), scopes)
}

/// Names the work.
pub(crate) fn context(procedure: &str) -> Context {
    Context {
        procedure: procedure.parse().unwrap(),
        dossier: "000.00.12.H57-260822-0001".parse().unwrap(),
        channel: Channel::Counter,
    }
}

/// Gives the grant that the officer has through this client, for a procedure that needs these fields.
pub(crate) fn grant(client: Client, caller: &Caller, needed: Fields) -> Grant {
    grant_over(tables(), client, caller, needed)
}

/// Does the same with tables that were read before, for tests of many cases.
pub(crate) fn grant_over(tables: Tables, client: Client, caller: &Caller, needed: Fields) -> Grant {
    let now = client.valid_from;
    policy_over(tables, client, needed)
        .authorize(caller, Scope::CitizensVerify, &context(LICENSED), now)
        .unwrap()
}

/// Gives an invented person of whom everything is held.
pub(crate) fn record() -> Record {
    let address = Address {
        code_set: CodeSet::Since2025,
        province: Some("25".parse().unwrap()),
        commune: Some("09106".parse().unwrap()),
        detail: Some("Khu 3".into()),
    };
    Record {
        pin: "100190000001".parse().unwrap(),
        old_id_number: Some("999000001".parse().unwrap()),
        cancelled_numbers: ["100190000101".parse().unwrap()].into(),
        full_name: FullName::held("NGUYỄN THỊ MẪU").unwrap(),
        date_of_birth: "1990-04-12".parse().unwrap(),
        sex: Some(Sex::Female),
        ethnicity: Some("1".parse().unwrap()),
        religion: Some("0".parse().unwrap()),
        nationality: Some("VN".parse().unwrap()),
        marital_status: Some(MaritalStatus::Married),
        head_of_household: Some(false),
        place_of_birth_registration: Some(address.clone()),
        place_of_origin: Some(address.clone()),
        permanent_residence: Some(address.clone()),
        current_residence: Some(address.clone()),
        temporary_residence: Some(address),
        temporary_since: Some(date(2026, 1, 15)),
        status: record::Status::Active,
        as_of: "2026-08-20T09:41:07+07:00".parse().unwrap(),
    }
}

/// Names a person as a caller does.
pub(crate) fn subject(number: &str, name: &str, born: &str) -> Subject {
    let number = number
        .parse()
        .map(IdNumber::Pin)
        .unwrap_or_else(|_| IdNumber::Old(number.parse().unwrap()));
    Subject {
        number,
        full_name: name.parse().unwrap(),
        date_of_birth: born.parse().unwrap(),
    }
}

/// Names the person of [`record`].
pub(crate) fn known() -> Subject {
    subject("100190000001", "NGUYỄN THỊ MẪU", "1990-04-12")
}
