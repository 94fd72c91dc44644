//! Does the limit find what a registry bears, and keep from breaking it?
//!
//! The registry is simulated: so many calls are worked on at the same time, the others queue there, and a call that has
//! waited too long has timed out but is worked on all the same, as real ones do.

use std::collections::BTreeMap;

use super::*;
use crate::clock::{Clock as _, SystemClock};

const TERMS: Terms = Terms {
    least: 16,
    most: 1_000,
};
const TIMEOUT: Duration = Duration::from_secs(2);
const MILLISECOND: Duration = Duration::from_millis(1);

/// Is a registry with so many clerks, each of whom takes so long for a call.
struct Simulated {
    service: Duration,
    /// When each clerk is free again.
    clerks: Vec<Duration>,
}

impl Simulated {
    fn new(clerks: usize, service: Duration) -> Self {
        Self {
            service,
            clerks: vec![Duration::ZERO; clerks],
        }
    }

    /// Takes a call that comes now; tells when it is done.
    fn take(&mut self, now: Duration) -> Duration {
        let clerk = self.clerks.iter_mut().min().unwrap();
        *clerk = now.max(*clerk) + self.service;
        *clerk
    }
}

#[derive(Debug, Default)]
struct Seen {
    answered: u32,
    timed_out: u32,
    limits: Vec<u32>,
    longest: Duration,
}

/// Sends as many calls a second as wanted, through the limit, for so many seconds; what finds no place is refused.
fn run(
    aimd: &mut Aimd,
    origin: Instant,
    registry: &mut Simulated,
    from: u64,
    seconds: u64,
    per_second: u64,
) -> Seen {
    let mut under_way: BTreeMap<(Duration, u64), (Duration, bool, bool)> = BTreeMap::new();
    let mut seen = Seen::default();
    let (mut number, mut owed) = (0, 0);
    for millisecond in from * 1_000..(from + seconds) * 1_000 {
        let now = MILLISECOND * u32::try_from(millisecond).unwrap();
        while let Some(entry) = under_way.first_entry() {
            if entry.key().0 > now {
                break;
            }
            let at_once = u32::try_from(under_way.len()).unwrap();
            let ((ends, _), (begun, was_full, is_late)) = under_way.pop_first().unwrap();
            let took = (!is_late).then(|| ends - begun);
            let ended = Ended {
                begun: origin + begun,
                took,
                was_full,
            };
            aimd.enter(ended, at_once, origin + ends);
            seen.answered += u32::from(!is_late);
            seen.timed_out += u32::from(is_late);
            seen.longest = seen.longest.max(took.unwrap_or_default());
        }
        owed += per_second;
        while owed >= 1_000 {
            owed -= 1_000;
            let at_once = u32::try_from(under_way.len()).unwrap();
            if at_once < aimd.limit() {
                number += 1;
                let done = registry.take(now);
                let is_late = done - now > TIMEOUT;
                let was_full = at_once + 1 >= aimd.limit();
                under_way.insert((done.min(now + TIMEOUT), number), (now, was_full, is_late));
            }
        }
        if millisecond % 100 == 0 {
            seen.limits.push(aimd.limit());
        }
    }
    seen
}

#[test]
fn it_is_ample_where_the_registry_is() {
    let origin = SystemClock.steady();
    let mut aimd = Aimd::new(TERMS, origin);
    let mut registry = Simulated::new(1_000, Duration::from_millis(20));
    let seen = run(&mut aimd, origin, &mut registry, 0, 20, 2_000);
    assert_eq!((seen.timed_out, seen.limits.iter().min()), (0, Some(&FIRST)));
    assert!(seen.answered >= 39_900, "{}", seen.answered);
}

#[test]
fn it_finds_what_the_registry_bears_and_does_not_collapse() {
    // (clerks, milliseconds a call): what is borne is clerks / time a second.
    for (clerks, service) in [(20, 100), (50, 50), (200, 200), (10, 20), (100, 500)] {
        let origin = SystemClock.steady();
        let mut aimd = Aimd::new(TERMS, origin);
        let mut registry = Simulated::new(clerks, Duration::from_millis(service));
        let borne = u64::try_from(clerks).unwrap() * 1_000 / service;
        run(&mut aimd, origin, &mut registry, 0, 30, borne * 3);
        let settled = run(&mut aimd, origin, &mut registry, 30, 60, borne * 3);
        let share = f64::from(settled.answered) / (60.0 * borne as f64);
        assert!(
            share > 0.9,
            "{clerks}×{service} ms: {share} of what it bears, {:?}",
            settled.limits
        );
        let late = f64::from(settled.timed_out) / f64::from(settled.answered + settled.timed_out);
        assert!(late < 0.02, "{clerks}×{service} ms: {late} timed out");
        let most = *settled.limits.iter().max().unwrap();
        assert!(
            most <= u32::try_from(clerks).unwrap() * 8 + 40,
            "{clerks}×{service} ms: {most} at once"
        );
    }
}

#[test]
fn a_registry_that_bears_much_is_used_within_seconds() {
    let origin = SystemClock.steady();
    let mut aimd = Aimd::new(TERMS, origin);
    let mut registry = Simulated::new(1_000, Duration::from_millis(300));
    run(&mut aimd, origin, &mut registry, 0, 3, 2_000);
    let used = run(&mut aimd, origin, &mut registry, 3, 10, 2_000);
    assert!(used.answered >= 19_000, "{} and {:?}", used.answered, used.limits);
}

#[test]
fn it_gives_way_to_a_registry_that_slows_down_and_comes_back_with_it() {
    let origin = SystemClock.steady();
    let mut aimd = Aimd::new(TERMS, origin);
    let mut registry = Simulated::new(100, Duration::from_millis(20));
    run(&mut aimd, origin, &mut registry, 0, 10, 2_000);
    assert_eq!(aimd.limit(), FIRST);
    registry.service = Duration::from_secs(2);
    let slow = run(&mut aimd, origin, &mut registry, 10, 20, 2_000);
    assert!(aimd.limit() < 120, "{:?}", slow.limits);
    registry.service = Duration::from_millis(20);
    run(&mut aimd, origin, &mut registry, 30, 10, 2_000);
    let back = run(&mut aimd, origin, &mut registry, 40, 10, 2_000);
    assert!(back.answered >= 19_900, "{} and {:?}", back.answered, back.limits);
}

#[test]
fn a_few_slow_calls_among_many_change_nothing() {
    let origin = SystemClock.steady();
    let mut aimd = Aimd::new(TERMS, origin);
    for number in 0..10_000_u32 {
        let begun = origin + MILLISECOND * number;
        let took = Some(if number % 3 == 0 {
            MILLISECOND * 900
        } else {
            MILLISECOND * 10
        });
        aimd.enter(
            Ended {
                begun,
                took,
                was_full: false,
            },
            40,
            begun + MILLISECOND,
        );
    }
    assert_eq!(aimd.limit(), FIRST);
}

#[test]
fn what_nobody_needs_is_not_raised() {
    let origin = SystemClock.steady();
    let mut aimd = Aimd::new(TERMS, origin);
    let late = |number| Ended {
        begun: origin + MILLISECOND * number,
        took: None,
        was_full: true,
    };
    (0..2_000).for_each(|number| aimd.enter(late(number), 40, origin + MILLISECOND * number));
    assert_eq!(aimd.limit(), TERMS.least);
    for number in 2_000..12_000 {
        let begun = origin + MILLISECOND * number;
        aimd.enter(
            Ended {
                begun,
                took: Some(MILLISECOND),
                was_full: false,
            },
            2,
            begun,
        );
    }
    assert_eq!(aimd.limit(), TERMS.least);
}
