//! Faults strike whom they concern, as often as they say.
//!
//! Pure decisions; what a struck client meets on the wire is tried over real sockets in `tests/it`.

use std::time::Duration;

use super::{Fault, Faults, Kind, Service, Unfit};

fn fault(json: &str) -> Fault {
    serde_json::from_str(json).unwrap()
}

#[test]
fn a_count_is_used_up() {
    let faults = Faults::new(1);
    faults
        .add(fault(r#"{"service":"registry","kind":"empty","count":2}"#))
        .unwrap();
    let struck = (0..5)
        .filter(|_| faults.strike(Service::Registry, "037", None).is(Kind::Empty))
        .count();
    assert_eq!(struck, 2);
    assert_eq!(faults.list()[0].struck, 2);
}

#[test]
fn operation_pin_and_service_narrow_it() {
    let faults = Faults::new(1);
    faults
        .add(fault(
            r#"{"service":"registry","kind":"bom","operation":"037","pin":"100190000001"}"#,
        ))
        .unwrap();
    assert!(
        faults
            .strike(Service::Registry, "037", Some("100190000001"))
            .is(Kind::Bom)
    );
    assert!(
        !faults
            .strike(Service::Registry, "037", Some("100190000002"))
            .is_struck
    );
    assert!(
        !faults
            .strike(Service::Registry, "003", Some("100190000001"))
            .is_struck
    );
    assert!(
        !faults
            .strike(Service::Issuer, "037", Some("100190000001"))
            .is_struck
    );
}

#[test]
fn delays_add_to_the_fault_set_last() {
    let faults = Faults::new(1);
    faults
        .add(fault(r#"{"service":"portal","kind":"delay","delay_ms":30}"#))
        .unwrap();
    faults
        .add(fault(r#"{"service":"portal","kind":"empty"}"#))
        .unwrap();
    faults
        .add(fault(
            r#"{"service":"portal","kind":"status","status":502,"delay_ms":5}"#,
        ))
        .unwrap();
    let strike = faults.strike(Service::Portal, "received", None);
    assert_eq!(strike.delay, Duration::from_millis(35));
    assert!(strike.is(Kind::Status));
}

#[test]
fn a_rate_strikes_its_share() {
    let faults = Faults::new(1);
    faults
        .add(fault(r#"{"service":"registry","kind":"reset","rate":0.25}"#))
        .unwrap();
    let struck = (0..4000)
        .filter(|_| faults.strike(Service::Registry, "037", None).is_struck)
        .count();
    assert!((850..1150).contains(&struck), "{struck}");
}

#[test]
fn what_a_service_can_t_do_is_refused() {
    let faults = Faults::new(1);
    let refused = |json: &str| faults.add(fault(json)).unwrap_err();
    assert_eq!(
        refused(r#"{"service":"issuer","kind":"two_records"}"#),
        Unfit::Kind
    );
    assert_eq!(
        refused(r#"{"service":"issuer","kind":"hang","rate":1.5}"#),
        Unfit::Rate
    );
    assert_eq!(
        refused(r#"{"service":"issuer","kind":"status","status":99}"#),
        Unfit::Status
    );
    assert!(serde_json::from_str::<Fault>(r#"{"service":"issuer","kind":"hang","often":1}"#).is_err());
}
