use jiff::Timestamp;
use jiff::civil::date;

use super::*;
use crate::domain::codes::TableCode;

fn address(code_set: CodeSet, detail: Option<&str>) -> Address {
    Address {
        code_set,
        province: Some("25".parse().unwrap()),
        commune: detail.map(|_| "09106".parse().unwrap()),
        detail: detail.map(Box::from),
    }
}

/// Everything that can be held, and the least that can.
fn records() -> [Record; 2] {
    let as_of: Timestamp = "2026-08-22T03:04:05.123456789Z".parse().unwrap();
    let code = |text: &str| -> TableCode { text.parse().unwrap() };
    let full = Record {
        pin: "100190000001".parse().unwrap(),
        old_id_number: Some("012345678".parse().unwrap()),
        cancelled_numbers: ["100190000002".parse().unwrap(), "100190000003".parse().unwrap()].into(),
        full_name: FullName::held("Nguye\u{302}\u{303}n  THỊ \"Mẫu\"").unwrap(),
        date_of_birth: "1990-04".parse().unwrap(),
        sex: Some(Sex::Female),
        ethnicity: Some(code("1")),
        religion: Some(code("00")),
        nationality: Some("VN".parse().unwrap()),
        marital_status: Some(MaritalStatus::DivorcedOrWidowed),
        head_of_household: Some(false),
        place_of_birth_registration: Some(address(CodeSet::Before2025, Some("Tổ 3, \n\"ấp\" Đông"))),
        place_of_origin: Some(address(CodeSet::Since2025, None)),
        permanent_residence: Some(address(CodeSet::Since2025, Some(""))),
        current_residence: Some(address(CodeSet::Before2025, None)),
        temporary_residence: Some(address(CodeSet::Since2025, Some("SỐ 1"))),
        temporary_since: Some(date(2024, 2, 29)),
        status: Status::UnderReview,
        as_of,
    };
    let least = Record {
        old_id_number: None,
        cancelled_numbers: Box::default(),
        date_of_birth: "1931".parse().unwrap(),
        sex: None,
        ethnicity: None,
        religion: None,
        nationality: None,
        marital_status: None,
        head_of_household: None,
        place_of_birth_registration: None,
        place_of_origin: None,
        permanent_residence: None,
        current_residence: None,
        temporary_residence: None,
        temporary_since: None,
        status: Status::Active,
        ..full.clone()
    };
    [full, least]
}

fn held<T>(record: T) -> Held<T> {
    Held::new(
        record,
        "2026-11-22T10:00:00.000001Z".parse().unwrap(),
        "demo".parse().unwrap(),
        Uuid::from_u128(26_112_210_000_001),
    )
}

fn must_be_same<T: PartialEq>(one: &Held<T>, other: &Held<T>) {
    assert!(one.record == other.record);
    assert_eq!(
        (one.fetched_at, &one.fetched_by, &one.registry_request),
        (other.fetched_at, &other.fetched_by, &other.registry_request)
    );
}

#[test]
fn a_record_comes_back_as_it_was() {
    for record in records() {
        for status in [
            Status::Active,
            Status::Deceased,
            Status::Missing,
            Status::Cancelled,
            Status::UnderReview,
        ] {
            let held = held(Record {
                status,
                ..record.clone()
            });
            must_be_same(&read_record(&write_record(&held)).unwrap(), &held);
        }
    }
}

#[test]
fn a_household_comes_back_as_it_was() {
    let member = |standing, kind| Member {
        pin: "100190000001".parse().unwrap(),
        full_name: FullName::held("Nguyễn Thị Mẫu").unwrap(),
        date_of_birth: "1990-04-12".parse().unwrap(),
        sex: Some(Sex::Male),
        standing,
        kind,
        since: Some(date(2025, 7, 1)),
    };
    let to_head = Relationship::ALL.map(|relationship| Some(Standing::ToHead(relationship)));
    let kinds = ResidenceKind::ALL.map(Some);
    let standings = [None, Some(Standing::Head)].into_iter().chain(to_head);
    let mut members: Vec<_> = standings.map(|standing| member(standing, None)).collect();
    members.extend(kinds.map(|kind| member(None, kind)));
    let household = Household {
        id: HouseholdId::held("HK-1/2 \"a\"".to_owned()),
        head: Some("100190000001".parse().unwrap()),
        members,
        address: Some(address(CodeSet::Since2025, Some("SỐ 1"))),
        as_of: "2026-08-22T03:04:05Z".parse().unwrap(),
    };
    let empty = Household {
        head: None,
        members: Vec::new(),
        address: None,
        ..household.clone()
    };
    for home in [Some(household), Some(empty), None] {
        let held = held(home);
        must_be_same(&read_home(&write_home(&held)).unwrap(), &held);
    }
}

#[test]
fn what_is_not_whole_is_not_read() {
    let [record, _] = records();
    let text = write_record(&held(record));
    let written = std::str::from_utf8(&text).unwrap();
    assert!(read_record(text.as_ref()).is_some());
    for length in 0..text.len() {
        assert!(read_record(&text[..length]).is_none());
    }
    for (from, to) in [
        ("\"version\":1", "\"version\":2"),
        ("\"pin\":\"1", "\"pin\":\"x"),
        ("\"under_review\"", "\"gone\""),
        ("\"female\"", "\"f\""),
        ("\"2024-02-29\"", "\"2023-02-29\""),
        ("\"held\":{", "\"held\":{\"shoe_size\":1,"),
    ] {
        let changed = written.replacen(from, to, 1);
        assert_ne!(changed, written);
        assert!(read_record(changed.as_bytes()).is_none(), "{from}");
    }
    assert!(read_home(text.as_ref()).is_none(), "a record is no household");
}
