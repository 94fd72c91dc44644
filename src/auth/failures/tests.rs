use super::*;
use crate::clock::{Clock as _, ManualClock};

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn table() -> (Failures, ManualClock) {
    let clock = ManualClock::stopped_at("2026-08-01T08:00:00Z".parse().unwrap());
    (Failures::new(NonZeroU32::new(10).unwrap()), clock)
}

#[test]
fn an_address_may_fail_so_often_and_no_oftener() {
    let (failures, clock) = table();
    let (forger, other) = (address("192.0.2.1"), address("192.0.2.2"));
    for _ in 0..10 {
        assert_eq!(failures.must_wait(forger, clock.steady()), None);
        failures.count(forger, clock.steady());
    }
    let wait = failures.must_wait(forger, clock.steady());
    assert_eq!(wait, Some(Duration::from_millis(100)));
    assert_eq!(failures.must_wait(other, clock.steady()), None);
    clock.advance(Duration::from_millis(100));
    assert_eq!(failures.must_wait(forger, clock.steady()), None);
    failures.count(forger, clock.steady());
    assert!(failures.must_wait(forger, clock.steady()).is_some());
    // A second later everything is made good, and no more than that.
    clock.advance(Duration::from_secs(3_600));
    for _ in 0..10 {
        assert_eq!(failures.must_wait(forger, clock.steady()), None);
        failures.count(forger, clock.steady());
    }
    assert!(failures.must_wait(forger, clock.steady()).is_some());
}

#[test]
fn one_machine_has_one_allowance() {
    let (failures, clock) = table();
    for host in 0..10 {
        failures.count(address(&format!("2001:db8::{host}")), clock.steady());
    }
    assert!(
        failures
            .must_wait(address("2001:db8::ffff"), clock.steady())
            .is_some()
    );
    assert_eq!(
        failures.must_wait(address("2001:db8:0:1::1"), clock.steady()),
        None
    );
    for _ in 0..10 {
        failures.count(address("::ffff:192.0.2.7"), clock.steady());
    }
    assert!(failures.must_wait(address("192.0.2.7"), clock.steady()).is_some());
}

#[test]
fn the_table_has_a_bound_and_lets_go() {
    let (failures, clock) = table();
    let many = || (0..u32::try_from(MOST).unwrap()).map(|bits| IpAddr::V4(bits.into()));
    many().for_each(|address| failures.count(address, clock.steady()));
    let newcomer = address("203.0.113.1");
    (0..20).for_each(|_| failures.count(newcomer, clock.steady()));
    assert_eq!(failures.must_wait(newcomer, clock.steady()), None);
    assert_eq!(failures.table().len(), MOST);
    clock.advance(Duration::from_secs(1));
    (0..20).for_each(|_| failures.count(newcomer, clock.steady()));
    assert!(failures.must_wait(newcomer, clock.steady()).is_some());
    assert_eq!(failures.table().len(), 1);
}
