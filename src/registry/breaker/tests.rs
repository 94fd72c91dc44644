//! Does the breaker open for outages alone, let through what it should, and close when the registry is back?

use proptest::prelude::*;

use super::*;
use crate::clock::{Clock as _, SystemClock};

const TERMS: Terms = Terms {
    window: Duration::from_secs(10),
    least_calls: 20,
    failed_percent: 50,
    open_for: Duration::from_secs(4),
    probes: 3,
};

fn call(breaker: &mut Breaker, told: Told, now: Instant) -> Option<State> {
    let pass = breaker.admit(now).unwrap();
    breaker.settle(pass, told, now, Duration::ZERO)
}

fn opened(now: Instant) -> Breaker {
    let mut breaker = Breaker::new(TERMS);
    for _ in 0..19 {
        assert_eq!(call(&mut breaker, Told::Failed, now), None);
    }
    assert_eq!(call(&mut breaker, Told::Failed, now), Some(State::Open));
    breaker
}

#[test]
fn a_quiet_office_s_failures_never_open_it() {
    let (mut breaker, mut now) = (Breaker::new(TERMS), SystemClock.steady());
    for _ in 0..200 {
        call(&mut breaker, Told::Failed, now);
        now += Duration::from_millis(600);
    }
    assert_eq!(breaker.state(now), State::Closed);
}

#[test]
fn half_the_calls_failing_open_it_and_fewer_do_not() {
    let now = SystemClock.steady();
    for (failed, expected) in [(49, State::Closed), (50, State::Open)] {
        let mut breaker = Breaker::new(TERMS);
        (0..100 - failed).for_each(|_| assert_eq!(call(&mut breaker, Told::Answered, now), None));
        (0..failed).for_each(|_| {
            call(&mut breaker, Told::Failed, now);
        });
        assert_eq!(breaker.state(now), expected, "{failed} of a hundred");
    }
}

#[test]
fn what_says_nothing_opens_nothing() {
    let (mut breaker, now) = (Breaker::new(TERMS), SystemClock.steady());
    (0..1_000).for_each(|_| {
        call(&mut breaker, Told::Nothing, now);
    });
    assert_eq!(breaker.state(now), State::Closed);
}

#[test]
fn open_it_tells_when_to_come_back_and_then_probes() {
    let now = SystemClock.steady();
    let mut breaker = opened(now);
    let second = Duration::from_secs(1);
    assert_eq!(breaker.admit(now + second), Err(3 * second));
    let later = now + TERMS.open_for;
    assert_eq!(breaker.state(later), State::HalfOpen);
    let probes: Vec<_> = (0..3).map(|_| breaker.admit(later).unwrap()).collect();
    assert_eq!(breaker.admit(later), Err(PROBED_FOR), "three probes and no more");
    let mut settle = |probe: Pass, told| breaker.settle(probe, told, later, Duration::ZERO);
    assert_eq!(settle(probes[0], Told::Answered), None);
    assert_eq!(settle(probes[1], Told::Nothing), None);
    assert_eq!(settle(probes[2], Told::Answered), None);
    let again = breaker.admit(later).unwrap();
    assert!(
        breaker.admit(later).is_err(),
        "one place was given back, and no more"
    );
    assert_eq!(
        breaker.settle(again, Told::Answered, later, Duration::ZERO),
        Some(State::Closed)
    );
    assert_eq!(breaker.state(later), State::Closed);
}

#[test]
fn a_probe_that_fails_opens_it_again_for_its_own_time() {
    let now = SystemClock.steady();
    let mut breaker = opened(now);
    let later = now + TERMS.open_for;
    let (first, second) = (breaker.admit(later).unwrap(), breaker.admit(later).unwrap());
    let spread = Duration::from_millis(500);
    assert_eq!(
        breaker.settle(first, Told::Failed, later, spread),
        Some(State::Open)
    );
    // The other probe is of a state that is over.
    assert_eq!(breaker.settle(second, Told::Answered, later, spread), None);
    assert_eq!(breaker.admit(later), Err(TERMS.open_for + spread));
}

#[test]
fn calls_from_before_it_opened_count_for_nothing_afterwards() {
    let now = SystemClock.steady();
    let mut breaker = Breaker::new(TERMS);
    let early: Vec<_> = (0..40).map(|_| breaker.admit(now).unwrap()).collect();
    let (opening, late) = early.split_at(20);
    for pass in opening {
        breaker.settle(*pass, Told::Failed, now, Duration::ZERO);
    }
    let later = now + TERMS.open_for;
    let probe = breaker.admit(later).unwrap();
    for pass in late {
        assert_eq!(breaker.settle(*pass, Told::Failed, later, Duration::ZERO), None);
    }
    assert_eq!(breaker.state(later), State::HalfOpen);
    assert_eq!(breaker.settle(probe, Told::Answered, later, Duration::ZERO), None);
}

#[test]
fn a_passage_that_is_dropped_gives_its_place_back() {
    let circuit = Circuit::new(Terms {
        probes: 1,
        least_calls: 1,
        ..TERMS
    });
    let now = SystemClock.steady();
    let failed = circuit
        .admit(now)
        .unwrap()
        .settle(Told::Failed, now, Duration::ZERO);
    assert_eq!(failed, Some(State::Open));
    let later = now + TERMS.open_for;
    for _ in 0..5 {
        let probe = circuit.admit(later).unwrap();
        assert_eq!(circuit.admit(later).unwrap_err(), PROBED_FOR);
        drop(probe);
    }
    let probe = circuit.admit(later).unwrap();
    assert_eq!(
        probe.settle(Told::Answered, later, Duration::ZERO),
        Some(State::Closed)
    );
}

/// Is what somebody does to the breaker.
#[derive(Debug, Clone, Copy)]
enum Act {
    Pause(u64),
    Ask,
    /// Settles one of those under way.
    Settle(usize, Told),
}

fn act() -> impl Strategy<Value = Act> {
    let told = prop_oneof![1 => Just(Told::Answered), 3 => Just(Told::Failed), 1 => Just(Told::Nothing)];
    prop_oneof![
        1 => (1..2_000_u64).prop_map(Act::Pause),
        4 => Just(Act::Ask),
        4 => (any::<usize>(), told).prop_map(|(which, told)| Act::Settle(which, told)),
    ]
}

proptest! {
    #[test]
    fn whatever_happens_it_keeps_its_word(acts in proptest::collection::vec(act(), 0..600)) {
        let terms = Terms { least_calls: 5, ..TERMS };
        let (mut breaker, mut now) = (Breaker::new(terms), SystemClock.steady());
        let mut under_way: Vec<Pass> = Vec::new();
        let mut opened_at = None;
        for act in acts {
            match act {
                Act::Pause(milliseconds) => now += Duration::from_millis(milliseconds),
                Act::Ask => {
                    let before = breaker.state(now);
                    let admitted = breaker.admit(now);
                    match before {
                        State::Closed => prop_assert!(admitted.is_ok()),
                        State::Open => prop_assert!(admitted.is_err()),
                        State::HalfOpen => {}
                    }
                    if let Err(wait) = admitted {
                        prop_assert!(!wait.is_zero() && wait <= terms.open_for);
                    }
                    under_way.extend(admitted.ok());
                    let probing = under_way.iter().filter(|pass| pass.era == breaker.era).count();
                    if breaker.state(now) == State::HalfOpen {
                        prop_assert!(probing <= 3, "{probing} probes");
                    }
                }
                Act::Settle(which, told) if !under_way.is_empty() => {
                    let pass = under_way.swap_remove(which % under_way.len());
                    match breaker.settle(pass, told, now, Duration::ZERO) {
                        Some(State::Open) => {
                            prop_assert_eq!(told, Told::Failed);
                            opened_at = Some(now);
                        }
                        Some(State::Closed) => prop_assert_eq!(told, Told::Answered),
                        Some(State::HalfOpen) => prop_assert!(false, "only time makes it so"),
                        None => {}
                    }
                }
                Act::Settle(..) => {}
            }
            if breaker.state(now) == State::Open {
                prop_assert!(now - opened_at.unwrap() < terms.open_for);
            }
        }
        // Whatever was, a registry that answers has everybody pass again, once those under way have ended.
        for pass in under_way {
            breaker.settle(pass, Told::Nothing, now, Duration::ZERO);
        }
        now += terms.open_for;
        for _ in 0..3 {
            call(&mut breaker, Told::Answered, now);
        }
        prop_assert_eq!(breaker.state(now), State::Closed);
    }
}
