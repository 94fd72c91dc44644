use super::*;
use crate::registry::failure::{Outage, Rejection};

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn fail(monitor: &Monitor, failure: Failure) {
    monitor.enter(failure.word(), Some(failure), NOW);
}

#[test]
fn is_degraded_after_three_in_a_row_until_the_next_answer() {
    let monitor = Monitor::default();
    fail(&monitor, Failure::Timeout);
    fail(&monitor, Failure::Unavailable(Outage::Connect));
    assert!(!monitor.copy().is_degraded());
    fail(&monitor, Failure::Maintenance);
    assert!(monitor.copy().is_degraded());
    monitor.enter("empty", None, NOW);
    let health = monitor.copy();
    assert!(!health.is_degraded());
    assert_eq!((health.last_answer, health.last_failure), (Some(NOW), Some(NOW)));
    assert_eq!(health.results.get("timeout"), Some(&1));
}

#[test]
fn a_refusal_of_one_caller_is_an_answer() {
    let monitor = Monitor::default();
    for _ in 0..5 {
        fail(&monitor, Failure::Rejected(Rejection::Quota));
    }
    assert!(!monitor.copy().is_degraded());
    for _ in 0..3 {
        fail(&monitor, Failure::Rejected(Rejection::Credentials));
    }
    assert!(monitor.copy().is_degraded());
}

#[test]
fn counts_what_could_not_be_read() {
    let monitor = Monitor::default();
    monitor.enter_unread(&["DanToc", "QuocTich", "DanToc"]);
    assert_eq!(monitor.copy().unread.get("DanToc"), Some(&2));
}
