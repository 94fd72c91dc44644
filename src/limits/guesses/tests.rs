//! Are guesses hopeless, and those who don't guess left alone?

use super::*;

const BUDGET: Budget = Budget {
    window: Duration::from_secs(600),
    limit: 3,
};
const MINUTE: u64 = 60_000_000_000;

/// Guesses wrongly; tells how long to wait where that isn't allowed.
fn fail(guesses: &mut Guesses, now: u64) -> Result<(), u64> {
    guesses
        .open(BUDGET, now)
        .map_err(|wait| u64::try_from(wait.as_nanos()).unwrap())?;
    guesses.fail(BUDGET, now);
    Ok(())
}

#[test]
fn lock_outs_begin_with_the_window_double_and_end_at_a_day() {
    let mut guesses = Guesses::default();
    let mut now = 0;
    for minutes in [10, 20, 40, 80, 160, 320, 640, 1280, 1440, 1440] {
        for _ in 0..BUDGET.limit {
            assert_eq!(fail(&mut guesses, now), Ok(()));
        }
        assert_eq!(fail(&mut guesses, now), Err(minutes * MINUTE));
        now += minutes * MINUTE - 1;
        assert_eq!(fail(&mut guesses, now), Err(1));
        now += 1;
    }
    // A day after the last one has ended it begins anew.
    now += 1440 * MINUTE;
    for _ in 0..BUDGET.limit {
        assert_eq!(fail(&mut guesses, now), Ok(()));
    }
    assert_eq!(fail(&mut guesses, now), Err(10 * MINUTE));
}

#[test]
fn who_may_use_half_waits_until_the_oldest_failure_is_over() {
    let budget = Budget { limit: 4, ..BUDGET };
    let mut guesses = Guesses::default();
    for minute in [0, 3] {
        assert_eq!(guesses.open_of_half(budget, minute * MINUTE), Ok(()));
        guesses.fail(budget, minute * MINUTE);
    }
    let wait = guesses.open_of_half(budget, 4 * MINUTE).unwrap_err();
    assert_eq!(wait, Duration::from_secs(360));
    assert_eq!(guesses.open(budget, 4 * MINUTE), Ok(()), "the rest is for others");
    guesses.close();
    assert_eq!(guesses.open_of_half(budget, 10 * MINUTE), Ok(()));
}

#[test]
fn a_lock_out_less_than_a_day_ago_is_remembered() {
    let mut guesses = Guesses::default();
    for _ in 0..BUDGET.limit {
        fail(&mut guesses, 0).unwrap();
    }
    let now = (10 + 1440) * MINUTE - 1;
    for _ in 0..BUDGET.limit {
        fail(&mut guesses, now).unwrap();
    }
    assert_eq!(fail(&mut guesses, now), Err(20 * MINUTE));
}

#[test]
fn failures_that_are_older_than_the_window_dont_count() {
    let mut guesses = Guesses::default();
    for now in [0, 6, 10, 16, 20, 26] {
        assert_eq!(fail(&mut guesses, now * MINUTE), Ok(()), "two in any ten minutes");
    }
    fail(&mut guesses, 27 * MINUTE).unwrap();
    assert!(fail(&mut guesses, 28 * MINUTE).is_err());
}

#[test]
fn guesses_side_by_side_dont_slip_through_and_those_that_pass_are_given_back() {
    let mut guesses = Guesses::default();
    for _ in 0..BUDGET.limit {
        guesses.open(BUDGET, 0).unwrap();
    }
    assert_eq!(guesses.open(BUDGET, 0), Err(SECOND), "three are open");
    guesses.close();
    guesses.open(BUDGET, 0).unwrap();
    guesses.fail(BUDGET, 0);
    assert_eq!(guesses.open(BUDGET, 0), Err(SECOND), "one failed, two are open");
    guesses.close();
    guesses.close();
    for _ in 0..1_000 {
        guesses.open(BUDGET, 0).unwrap();
        guesses.close();
    }
}

#[test]
fn only_what_would_be_missed_is_kept() {
    let mut guesses = Guesses::default();
    assert!(!guesses.have_weight(0));
    guesses.open(BUDGET, 0).unwrap();
    assert!(guesses.have_weight(0), "open");
    guesses.fail(BUDGET, 0);
    guesses.tell();
    guesses.hear(
        Standing {
            failures: 1,
            ..Standing::default()
        },
        BUDGET,
        0,
    );
    assert!(guesses.have_weight(10 * MINUTE - 1));
    assert!(!guesses.have_weight(10 * MINUTE), "the failure has lapsed");
    for _ in 0..BUDGET.limit {
        fail(&mut guesses, 20 * MINUTE).unwrap();
    }
    guesses.tell();
    guesses.hear(Standing::default(), BUDGET, 20 * MINUTE);
    assert!(
        guesses.have_weight((30 + 1440) * MINUTE - 1),
        "the lock-out is remembered"
    );
    assert!(!guesses.have_weight((30 + 1440) * MINUTE));
}

#[test]
fn failures_elsewhere_count_here() {
    let mut guesses = Guesses::default();
    fail(&mut guesses, 0).unwrap();
    assert_eq!(guesses.tell(), 1);
    guesses.hear(
        Standing {
            failures: 2,
            ..Standing::default()
        },
        BUDGET,
        0,
    );
    guesses.open(BUDGET, 0).unwrap();
    assert!(guesses.open(BUDGET, 0).is_err(), "two failed, one is open");
    guesses.close();
    // The third failed elsewhere, which locked everybody.
    let locked = Standing {
        failures: 0,
        locked_for: BUDGET.window,
        strikes: 1,
    };
    guesses.hear(locked, BUDGET, MINUTE);
    assert_eq!(guesses.open(BUDGET, MINUTE), Err(BUDGET.window));
    let after = 11 * MINUTE;
    for _ in 0..BUDGET.limit {
        fail(&mut guesses, after).unwrap();
    }
    assert_eq!(fail(&mut guesses, after), Err(20 * MINUTE), "that was the second");
}

#[test]
fn what_couldnt_be_told_is_told_again() {
    let mut guesses = Guesses::default();
    fail(&mut guesses, 0).unwrap();
    assert_eq!(guesses.tell(), 1);
    fail(&mut guesses, 0).unwrap();
    assert_eq!(guesses.tell(), 2, "the first was never heard of");
    guesses.hear(
        Standing {
            failures: 2,
            ..Standing::default()
        },
        BUDGET,
        0,
    );
    assert_eq!(guesses.tell(), 0);
}
