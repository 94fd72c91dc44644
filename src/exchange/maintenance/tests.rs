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
fn callers_come_back_after_its_end_never_before_and_not_all_at_once() {
    let retry_after = |until_second, chance: fn(Duration) -> Duration| {
        let announced = Announced::of(until(until_second), at(0), chance);
        announced.retry_after.as_secs()
    };
    for (left, latest) in [(1, 2), (50, 60), (90, 108), (14_400, 14_430)] {
        assert_eq!(
            retry_after(left, |_| Duration::ZERO),
            u64::try_from(left).unwrap()
        );
        assert_eq!(retry_after(left, |most| most), latest);
    }
    let open_ended = Announced::of(Arc::default(), at(0), |most| most);
    assert_eq!(open_ended.retry_after, COME_BACK);
}

#[test]
fn what_operators_say_is_told_apart_from_the_registry_s_own_word() {
    let announced = Announced::of(until(90), at(0), |_| Duration::ZERO);
    let ours = Cause::Maintenance(announced);
    assert_ne!(ours, crate::registry::Failure::Maintenance.into());
    assert!(ours.concerns_everybody() && ours.leaves_older_records());
}
