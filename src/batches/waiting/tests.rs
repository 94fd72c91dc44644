use super::*;
use crate::registry::Outage;

const HOUR: Duration = Duration::from_secs(3_600);

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

#[test]
fn what_concerns_the_row_alone_is_its_result_and_all_else_has_the_batch_wait() {
    let waits = |cause: Cause| pause_for(&cause).map(|pause| (pause.code, pause.awaits));
    let open = Failure::CircuitOpen {
        retry_after: Duration::from_secs(4),
    };
    let full = Failure::BulkheadFull {
        retry_after: Duration::from_secs(1),
    };
    let spent = Failure::BudgetExhausted {
        retry_after: Duration::from_secs(3),
    };
    for (failure, code, awaits) in [
        (
            Failure::Unavailable(Outage::Connect),
            Code::RegistryUnavailable,
            Awaited::Registry,
        ),
        (Failure::Timeout, Code::RegistryTimeout, Awaited::Registry),
        (open, Code::RegistryUnavailable, Awaited::Registry),
        (Failure::Maintenance, Code::Maintenance, Awaited::Registry),
        (
            Failure::Protocol("a page of HTML"),
            Code::RegistryProtocolError,
            Awaited::Registry,
        ),
        (full, Code::Overloaded, Awaited::Unheard),
        (Failure::BudgetApart, Code::Overloaded, Awaited::Unheard),
        (
            Failure::Rejected(Rejection::Quota),
            Code::RegistryRejected,
            Awaited::Unheard,
        ),
        (
            spent,
            Code::RegistryBudgetExhausted,
            Awaited::Time(Duration::from_secs(3)),
        ),
    ] {
        assert_eq!(waits(Cause::Registry(failure)), Some((code, awaits)), "{failure}");
    }
    for failure in [
        Failure::Rejected(Rejection::Licence),
        Failure::Rejected(Rejection::Officer),
    ] {
        assert_eq!(waits(Cause::Registry(failure)), None, "{failure}");
    }
    assert_eq!(waits(Cause::Edge(Code::InvalidRequest)), None);
    assert_eq!(
        waits(Cause::Audit(crate::audit::Unavailable)),
        Some((Code::AuditUnavailable, Awaited::Unheard))
    );
}

#[test]
fn the_longer_it_has_stood_the_longer_it_is_let_alone_and_a_time_that_was_told_is_kept() {
    let seconds = Duration::from_secs;
    for (awaits, stood, length) in [
        (Awaited::Registry, Duration::ZERO, seconds(1)),
        (Awaited::Registry, seconds(40), seconds(10)),
        (Awaited::Registry, HOUR, seconds(60)),
        (Awaited::Unheard, Duration::ZERO, seconds(1)),
        (Awaited::Unheard, HOUR, seconds(300)),
        (Awaited::Time(seconds(7)), HOUR, seconds(7)),
    ] {
        let code = Code::RegistryTimeout;
        assert_eq!(
            Pause { code, awaits }.length(stood),
            length,
            "{awaits:?} {stood:?}"
        );
    }
}

#[test]
fn who_waits_is_left_alone_while_the_registry_is_away_and_let_go_when_it_is_back() {
    let mut heard = Heard::default();
    let mut way = |reach, second| {
        heard.enter(reach, None, at(second));
        heard.way(at(second - 100))
    };
    let open = |since| Way::Open { since };
    // Nothing was ever against it: each goes by its own time.
    assert_eq!(way(Reach::There, 1), open(Timestamp::MIN));
    assert_eq!(way(Reach::Away, 200), Way::Closed { overdue: at(100) });
    assert_eq!(way(Reach::There, 211), open(at(211)));
    assert_eq!(way(Reach::There, 500), open(at(211)));
    assert_eq!(way(Reach::Away, 600), Way::Closed { overdue: at(500) });
    assert_eq!(way(Reach::There, 700), open(at(700)));
}

#[test]
fn look_ups_that_failed_are_waited_for_until_one_is_answered() {
    let mut heard = Heard::default();
    let mut since = |reach, answered: Option<i64>, second| {
        heard.enter(reach, answered.map(at), at(second));
        match heard.way(at(0)) {
            Way::Open { since } => Some(since),
            Way::Closed { .. } => None,
        }
    };
    let ever = Some(Timestamp::MIN);
    assert_eq!(since(Reach::There, Some(99), 99), ever);
    assert_eq!(since(Reach::Doubtful, Some(99), 100), ever);
    // It tells its keys, and that is all that is known.
    assert_eq!(since(Reach::There, Some(99), 101), ever);
    assert_eq!(since(Reach::Doubtful, Some(99), 102), ever);
    assert_eq!(since(Reach::There, Some(99), 103), ever);
    assert_eq!(since(Reach::There, Some(104), 105), Some(at(105)));
    assert_eq!(
        since(Reach::There, Some(110), 110),
        Some(at(105)),
        "they were let go once"
    );
    // The breaker let a few pass, and they were answered.
    assert_eq!(since(Reach::Away, Some(110), 120), None);
    assert_eq!(since(Reach::Doubtful, Some(110), 130), Some(at(105)));
    assert_eq!(since(Reach::There, Some(131), 132), Some(at(132)));
}

#[test]
fn an_answer_that_cannot_be_read_is_the_row_s_own_where_others_were_answered_between_its_tries() {
    let before = Some(at(100));
    for (before, answered_at, is_overdue, reach, judged) in [
        // For the first time: the others go on, unless they fare no better.
        (None, Some(at(150)), false, Reach::There, Unread::Waits),
        (None, Some(at(50)), false, Reach::Doubtful, Unread::StandsStill),
        (None, None, true, Reach::Away, Unread::StandsStill),
        // Nobody was answered since: it may be everybody's.
        (before, None, false, Reach::There, Unread::StandsStill),
        (before, Some(at(99)), false, Reach::There, Unread::StandsStill),
        (before, Some(at(101)), false, Reach::There, Unread::Refuses),
        (before, Some(at(101)), false, Reach::Doubtful, Unread::Refuses),
        // Tried for long enough.
        (before, None, true, Reach::There, Unread::Refuses),
    ] {
        assert_eq!(
            Unread::judge(before, answered_at, is_overdue, reach),
            judged,
            "{before:?} {answered_at:?} {is_overdue} {reach:?}"
        );
    }
}

#[test]
fn a_row_that_could_not_be_read_rests_and_one_goes_ahead_of_those_that_wait() {
    let open = |row: u32, unread: Option<i64>| Open {
        row,
        content: Vec::new(),
        unread_at: unread.map(at),
    };
    let numbers = |rows: &[Open], goes_ahead, is_overdue| {
        chosen(rows.to_vec(), goes_ahead, is_overdue, at(20))
            .map(|rows| rows.iter().map(|open| open.row).collect::<Vec<_>>())
    };
    let mixed = [open(3, None), open(1, Some(10)), open(2, Some(15))];
    assert_eq!(numbers(&mixed, false, false), Ok(vec![3, 1]));
    assert_eq!(numbers(&mixed, true, false), Ok(vec![3]));
    let resting = [open(1, Some(12)), open(2, Some(15))];
    for goes_ahead in [false, true] {
        let left = Duration::from_secs(2);
        assert_eq!(numbers(&resting, goes_ahead, false), Err(left));
    }
    assert_eq!(numbers(&[], false, false), Ok(Vec::new()));
    // The last try is everybody's who has been tried before; else one stands for all.
    assert_eq!(numbers(&resting, true, true), Ok(vec![1, 2]));
    assert_eq!(numbers(&mixed, true, true), Ok(vec![3]));
}
