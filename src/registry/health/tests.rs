use super::*;
use crate::clock::{Clock as _, SystemClock};
use crate::registry::failure::{Outage, Rejection};

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn enter(monitor: &Monitor, result: &'static str, failure: Option<Failure>) {
    let entry = Entry {
        result,
        failure,
        took: Duration::from_millis(80),
    };
    monitor.enter(&entry, NOW, SystemClock.steady());
}

fn fail(monitor: &Monitor, failure: Failure) {
    enter(monitor, failure.word(), Some(failure));
}

#[test]
fn is_degraded_after_three_in_a_row_until_the_next_answer() {
    let monitor = Monitor::default();
    fail(&monitor, Failure::Timeout);
    fail(&monitor, Failure::Unavailable(Outage::Connect));
    assert!(!monitor.copy().is_degraded());
    fail(&monitor, Failure::Maintenance);
    assert!(monitor.copy().is_degraded());
    enter(&monitor, "empty", None);
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

#[test]
fn what_is_found_when_nobody_calls_counts_until_the_next_word() {
    let monitor = Monitor::default();
    let (now, while_) = (SystemClock.steady(), Duration::from_secs(2));
    assert!(monitor.is_silent(while_, now), "nothing was ever heard");
    (0..3).for_each(|_| fail(&monitor, Failure::Timeout));
    assert!(!monitor.is_silent(while_, now));
    let later = now + while_ * 2;
    assert!(monitor.is_silent(while_, later));
    assert!(!monitor.watched(true, later), "that it is there is nothing new");
    assert!(!monitor.copy().is_degraded() && !monitor.is_silent(while_, later));
    assert!(monitor.watched(false, later) && !monitor.watched(false, later));
    assert!(monitor.copy().is_degraded());
    assert!(monitor.watched(true, later));
    assert!(!monitor.copy().is_degraded());
    monitor.watched(false, later);
    enter(&monitor, "record", None);
    assert!(!monitor.copy().is_degraded(), "an answer is the newest word");
}

#[test]
fn the_average_follows_the_last_calls() {
    let monitor = Monitor::default();
    enter(&monitor, "record", None);
    assert_eq!(monitor.copy().latency, Some(Duration::from_millis(80)));
    let slow = Entry {
        result: "record",
        failure: None,
        took: Duration::from_millis(880),
    };
    monitor.enter(&slow, NOW, SystemClock.steady());
    assert_eq!(monitor.copy().latency, Some(Duration::from_millis(180)));
}
