use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn until(second: i64) -> Arc<Notice> {
    Arc::new(Notice {
        message: None,
        until: Some(at(second)),
    })
}

#[test]
fn a_notice_holds_until_its_end_or_until_it_is_taken_down() {
    let maintenance = Maintenance::default();
    assert_eq!(maintenance.at(at(0)), None);
    maintenance.put(Some(until(90)));
    assert_eq!(maintenance.at(at(89)), Some(until(90)));
    assert_eq!(maintenance.at(at(90)), None);
    maintenance.put(Some(Arc::default()));
    assert!(maintenance.at(at(1_000_000)).is_some(), "without an end");
    maintenance.put(None);
    assert_eq!(maintenance.at(at(0)), None);
}

#[test]
fn callers_come_back_at_its_end() {
    assert_eq!(Announced::of(until(90), at(0)).retry_after, Duration::from_secs(90));
    assert_eq!(Announced::of(Arc::default(), at(0)).retry_after, COME_BACK);
}

#[test]
fn what_operators_say_is_told_apart_from_the_registry_s_own_word() {
    let announced = Announced::of(until(90), at(0));
    let ours = Cause::Maintenance(announced);
    assert_ne!(ours, crate::registry::Failure::Maintenance.into());
    assert!(ours.concerns_everybody() && ours.leaves_older_records());
}
