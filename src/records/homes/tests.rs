//! Is a household found again by its person alone, and gone with any of its members?

use uuid::Uuid;

use super::*;
use crate::domain::household::{HouseholdId, Member};
use crate::domain::pin::IdNumber;
use crate::policy::tests::sample::record;
use crate::records::Config;
use crate::sealing::{Label, MasterSecret, Names, Pseudonyms};

const HOUR: Duration = Duration::from_secs(3_600);

fn records() -> Records {
    let config = Config {
        capacity: 1_000,
        lifetime: 24 * HOUR,
        absent_lifetime: Duration::from_secs(30),
        second_level: false,
    };
    let secret = MasterSecret::new(&[7; 32]).unwrap();
    Records::new(
        config,
        Names::new(&secret, Label::Cache).unwrap(),
        Pseudonyms::new(&secret, Label::Cache).unwrap(),
    )
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_787_000_000 + second).unwrap()
}

fn pin(digits: &str) -> Pin {
    digits.parse().unwrap()
}

fn household(pins: &[&str]) -> Household {
    let member = |digits: &&str| Member {
        pin: pin(digits),
        full_name: record().full_name,
        date_of_birth: record().date_of_birth,
        sex: None,
        standing: None,
        kind: None,
        since: None,
    };
    Household {
        id: HouseholdId::held("HGP-1".to_owned()),
        head: None,
        members: pins.iter().map(member).collect(),
        address: None,
        as_of: at(0),
    }
}

fn home(household: Option<Household>) -> Home {
    Arc::new(Held::new(
        household,
        at(0),
        "one-stop".parse().unwrap(),
        Uuid::max(),
    ))
}

const ONE: &str = "100190000001";
const OTHER: &str = "100190000002";

#[test]
fn a_household_is_found_by_its_person_and_its_scope() {
    let records = records();
    let key = |digits, sharing| records.key_of_home(&pin(digits), sharing);
    let shared = key(ONE, Sharing::Shared);
    records.keep_home(&shared, &home(Some(household(&[ONE, OTHER]))));
    assert!(records.find_home(&shared, at(1)).is_some());
    assert!(records.find_home(&key(OTHER, Sharing::Shared), at(1)).is_none());
    let own = Sharing::Within("1.004222");
    assert!(records.find_home(&key(ONE, own), at(1)).is_none());
}

#[test]
fn that_there_is_none_is_held_briefly() {
    let records = records();
    let key = records.key_of_home(&pin(ONE), Sharing::Shared);
    records.keep_home(&key, &home(None));
    assert!(records.find_home(&key, at(29)).is_some());
    assert!(records.find_home(&key, at(30)).is_none());
}

#[test]
fn a_change_of_any_member_lets_go_of_the_household() {
    for changed in [ONE, OTHER] {
        let records = records();
        let key = records.key_of_home(&pin(ONE), Sharing::Shared);
        let begun = records.moment();
        let listed = household(&[ONE, OTHER]);
        records.keep_home(&key, &home(Some(listed.clone())));
        assert!(records.follow_home(&key, &pin(ONE), Some(&listed), begun));
        for _ in 0..256 {
            records.trim();
        }
        records.forget_person(&[IdNumber::Pin(pin(changed))]);
        assert!(records.find_home(&key, at(1)).is_none(), "{changed}");
        records.keep_home(&key, &home(Some(listed.clone())));
        assert!(
            !records.follow_home(&key, &pin(ONE), Some(&listed), begun),
            "what was asked before the change is of before it"
        );
        assert!(records.find_home(&key, at(1)).is_none());
    }
}
