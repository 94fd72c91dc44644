use super::*;
use crate::domain::problem::Code;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

#[test]
fn only_a_maintenance_tells_what_operators_say_and_only_while_it_holds() {
    let maintenance = Maintenance::default();
    assert_eq!(
        maintenance.cause(Failure::Maintenance, at(0)),
        Failure::Maintenance.into(),
        "the registry's own"
    );
    let notice = Arc::new(Notice {
        message: None,
        until: Some(at(90)),
    });
    maintenance.put(Some(Arc::clone(&notice)));
    assert_eq!(
        maintenance.cause(Failure::Timeout, at(0)),
        Failure::Timeout.into()
    );
    let told = maintenance.cause(Failure::Maintenance, at(0));
    assert_eq!(told.code(), Code::Maintenance);
    assert_eq!(told.retry_after(), Some(Duration::from_secs(90)));
    let announced = Announced {
        notice,
        retry_after: Duration::from_secs(1),
    };
    assert_eq!(
        maintenance.cause(Failure::Maintenance, at(89)),
        Cause::Maintenance(announced)
    );
    assert_eq!(maintenance.at(at(90)), None);
    maintenance.put(Some(Arc::default()));
    assert!(maintenance.at(at(1_000_000)).is_some(), "without an end");
    let told = maintenance.cause(Failure::Maintenance, at(1_000_000));
    assert_eq!(told.retry_after(), Some(COME_BACK));
    maintenance.put(None);
    assert_eq!(maintenance.at(at(0)), None);
}
