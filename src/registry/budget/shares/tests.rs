//! Does everybody get their part, nobody more than there is, and is nothing left lying?

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

const SECOND: u64 = 1_000_000;

fn client(number: usize) -> ClientId {
    format!("c{number:03}").parse().unwrap()
}

fn terms(per_second: u64, at_once: u64, weights: &[u64]) -> Terms {
    Terms {
        per_second,
        at_once,
        batch_reserve: 75,
        clients: u64::try_from(weights.len()).unwrap(),
        weights: weights.iter().sum(),
    }
}

fn wants(number: usize, weight: u64, interactive: u32, batch: u32) -> Wanted {
    Wanted {
        client: client(number),
        weight,
        interactive,
        batch,
    }
}

fn interactive(shares: &mut Shares, now: u64, terms: &Terms, want: Wanted) -> u32 {
    shares.ask(now, terms, &[want])[0].interactive
}

/// Lets these clients ask for as much as they can each millisecond; gives what each got.
fn flood(shares: &mut Shares, terms: &Terms, floods: &[(usize, u64)], from: u64, until: u64) -> Vec<u64> {
    let mut got = vec![0; floods.len()];
    for now in (from..until).step_by(1_000) {
        let wanted: Vec<_> = floods
            .iter()
            .map(|(number, weight)| wants(*number, *weight, 50, 0))
            .collect();
        for (got, given) in got.iter_mut().zip(shares.ask(now, terms, &wanted)) {
            *got += u64::from(given.interactive);
        }
    }
    got
}

#[test]
fn a_client_alone_in_the_register_has_the_whole() {
    for at_once in [1, 2, 3, 5, 200] {
        let terms = terms(1, at_once, &[7]);
        let mut shares = Shares::full(0, &terms);
        let given = interactive(&mut shares, 0, &terms, wants(0, 7, 1_000, 0));
        assert_eq!(u64::from(given), at_once);
    }
}

#[test]
fn says_when_the_next_call_of_one_s_own_is_there() {
    let terms = terms(100, 100, &[1, 3]);
    let mut shares = Shares::full(0, &terms);
    shares.ask(0, &terms, &[wants(0, 1, 1_000, 0), wants(1, 3, 1_000, 0)]);
    let given = shares.ask(0, &terms, &[wants(0, 1, 9, 0), wants(1, 3, 9, 0)]);
    // A quarter of a hundred a second, and three quarters.
    let own_in: Vec<_> = given.iter().map(|given| given.own_in.as_millis()).collect();
    assert!(own_in[0] <= 40 && own_in[1] <= 13, "{own_in:?}");
    let later = 40_000;
    let given = shares.ask(later, &terms, &[wants(0, 1, 9, 0), wants(1, 3, 9, 0)]);
    assert_eq!((given[0].interactive, given[1].interactive), (1, 3));
}

#[test]
fn a_client_alone_at_work_has_what_the_others_leave() {
    let terms = terms(200, 200, &[1; 20]);
    let mut shares = Shares::full(0, &terms);
    let got = flood(&mut shares, &terms, &[(3, 1)], 0, 10 * SECOND);
    // Ten seconds' worth, and what is there at first except the nineteen's parts, which stay kept.
    let at_first = 200 - 19 * 5;
    assert!(got[0].abs_diff(10 * 200 + at_first) <= 1, "{got:?}");
}

#[test]
fn an_owner_has_its_whole_part_back_at_its_next_call() {
    let weights = [1; 20];
    let terms = terms(200, 200, &weights);
    let mut shares = Shares::full(0, &terms);
    let others: Vec<_> = (1..20).map(|number| (number, 1)).collect();
    flood(&mut shares, &terms, &others, 0, 10 * SECOND);
    let given = interactive(&mut shares, 10 * SECOND, &terms, wants(0, 1, 9, 0));
    assert_eq!(
        given, 5,
        "one call, and a twentieth of the eighty that are left of what is kept"
    );
}

#[test]
fn weights_are_kept_when_everybody_wants_everything() {
    let weights = [1, 2, 5, 12];
    let whole = terms(1_000, 100, &weights);
    let floods: Vec<_> = weights.iter().copied().enumerate().collect();
    // With idle clients in the register there is also something to lend, and that goes by weight, too.
    let idle = [&weights[..], &[20]].concat();
    for terms in [whole, terms(1_000, 100, &idle)] {
        let mut shares = Shares::full(0, &terms);
        let got = flood(&mut shares, &terms, &floods, 0, 60 * SECOND);
        for (got, weight) in got.iter().zip(weights) {
            let due = 60_000 * weight / 20;
            assert!(got.abs_diff(due) * 50 <= due + 5_000, "{got} of {due}");
        }
    }
}

#[test]
fn what_is_set_aside_for_who_went_away_comes_back() {
    let terms = terms(100, 10, &[1, 1]);
    let mut shares = Shares::full(0, &terms);
    shares.ask(0, &terms, &[wants(0, 1, 100, 0), wants(1, 1, 100, 0)]);
    // Both wait; the first goes away without a word and is believed for a while, then no more.
    let believed = u64::try_from(BELIEVED.as_micros()).unwrap();
    let got = flood(&mut shares, &terms, &[(1, 1)], believed, believed + SECOND);
    assert!(got[0] >= 99, "{got:?}");
    assert!(shares.parts.len() <= 2);
}

#[test]
fn who_waits_elsewhere_finds_its_turn_kept() {
    let terms = terms(1_000, 1_000, &[1, 1, 8]);
    let mut shares = Shares::empty(0);
    let mut got = [0, 0];
    // Two gateways ask in turn, each for its own client, the one ten times as often as the other.
    for now in (0..10 * SECOND).step_by(1_000) {
        got[0] += interactive(&mut shares, now, &terms, wants(0, 1, 50, 0));
        if now % 10_000 == 0 {
            got[1] += interactive(&mut shares, now, &terms, wants(1, 1, 50, 0));
        }
    }
    assert!(got[0].abs_diff(got[1]) * 50 <= got[0], "{got:?}");
}

#[test]
fn batches_have_what_is_left_and_only_that() {
    let terms = terms(100, 100, &[1, 1]);
    let mut shares = Shares::full(0, &terms);
    let given = shares.ask(0, &terms, &[wants(0, 1, 0, 1_000)]);
    assert_eq!(given[0].batch, 26, "down to below three quarters");
    // Alone, batches have the whole rate.
    let mut batches = 0;
    for now in (0..10 * SECOND).step_by(10_000) {
        batches += shares.ask(now, &terms, &[wants(0, 1, 0, 1_000)])[0].batch;
    }
    assert!((990..=1_000).contains(&batches), "{batches}");
    // With somebody waiting elsewhere, none.
    let now = 10 * SECOND;
    flood(&mut shares, &terms, &[(1, 1)], now, now + SECOND);
    let given = shares.ask(now + SECOND, &terms, &[wants(0, 1, 0, 1_000)]);
    assert_eq!(given[0].batch, 0);
}

#[test]
fn what_begins_empty_fills_up_like_any_other() {
    let terms = terms(100, 100, &[1, 1]);
    let mut shares = Shares::empty(0);
    assert_eq!(interactive(&mut shares, 0, &terms, wants(0, 1, 9, 0)), 0);
    assert_eq!(interactive(&mut shares, 50_000, &terms, wants(0, 1, 9, 0)), 5);
    shares.ask(100 * SECOND, &terms, &[]);
    assert_eq!(
        interactive(&mut shares, 100 * SECOND, &terms, wants(0, 1, 900, 0)),
        75
    );
}

#[derive(Debug, Clone)]
struct Happening {
    after: u64,
    wanted: Vec<(usize, u32, u32)>,
}

fn happenings(clients: usize, most: usize) -> impl Strategy<Value = Vec<Happening>> {
    let wanted = vec((0..clients, 0..40_u32, 0..10_u32), 0..4);
    let after = prop_oneof![0..2_000_u64, 0..200_000_u64];
    let one = (after, wanted).prop_map(|(after, mut wanted)| {
        wanted.sort_unstable();
        wanted.dedup_by_key(|(number, ..)| *number);
        Happening { after, wanted }
    });
    vec(one, 1..most)
}

fn wanted_of(happening: &Happening, weights: &[u64]) -> Vec<Wanted> {
    let wanted = happening.wanted.iter();
    wanted
        .map(|(number, interactive, batch)| wants(*number, weights[*number], *interactive, *batch))
        .collect()
}

proptest! {
    #[test]
    fn never_more_than_the_rate_and_the_burst_in_any_time(
        per_second in 1..2_000_u64,
        at_once in 1..300_u64,
        weights in vec(1..20_u64, 1..8),
        happenings in happenings(8, 120),
    ) {
        let mut all = weights.clone();
        all.resize(8, 3);
        let mut now = 0;
        let mut shares = Shares::full(now, &terms(per_second, at_once, &weights));
        let mut made: Vec<(u64, u64)> = Vec::new();
        for (index, happening) in happenings.iter().enumerate() {
            now += happening.after;
            // Clients come into the register and leave it.
            let registered = &all[..1 + (index / 7) % 8];
            let terms = terms(per_second, at_once, registered);
            let given = shares.ask(now, &terms, &wanted_of(happening, &all));
            made.push((now, given.iter().map(|given| u64::from(given.interactive + given.batch)).sum()));
        }
        let most = at_once.max(8);
        for (first, (begin, _)) in made.iter().enumerate() {
            let mut calls = 0;
            for (end, more) in &made[first..] {
                calls += more;
                prop_assert!(calls * SECOND <= per_second * (end - begin) + most * SECOND);
            }
        }
    }

    #[test]
    fn who_keeps_to_its_part_never_waits(
        per_second in 20..2_000_u64,
        at_once in 1..300_u64,
        weights in vec(1..20_u64, 2..8),
        happenings in happenings(8, 200),
    ) {
        let terms = terms(per_second, at_once, &weights);
        let mut shares = Shares::full(0, &terms);
        // A thousandth slower than its part, since each reckoning may drop a millionth of a call.
        let pause = (SECOND * terms.weights).div_ceil(per_second * weights[0]) * 1_001 / 1_000 + 1;
        let (mut now, mut next) = (0, 0);
        for happening in &happenings {
            let until = now + happening.after;
            while next <= until {
                let given = interactive(&mut shares, next, &terms, wants(0, weights[0], 1, 0));
                prop_assert_eq!(given, 1, "at {}", next);
                next += pause;
            }
            now = until;
            let others = happening.wanted.iter().filter(|(number, ..)| (1..weights.len()).contains(number));
            let others: Vec<_> = others
                .map(|(number, interactive, batch)| wants(*number, weights[*number], *interactive, *batch))
                .collect();
            shares.ask(now, &terms, &others);
        }
    }

    #[test]
    fn nobody_waits_while_there_is_a_call_to_spare(
        per_second in 1..2_000_u64,
        at_once in 1..300_u64,
        weights in vec(1..20_u64, 8),
        happenings in happenings(8, 120),
    ) {
        let terms = terms(per_second, at_once, &weights);
        let mut shares = Shares::full(0, &terms);
        let mut now = 0;
        for happening in &happenings {
            now += happening.after;
            let wanted = wanted_of(happening, &weights);
            let given = shares.ask(now, &terms, &wanted);
            for (want, given) in wanted.iter().zip(&given) {
                prop_assert!(given.interactive <= want.interactive && given.batch <= want.batch);
                if given.interactive < want.interactive {
                    prop_assert!(shares.to_spare(&terms) < i128::from(CALL));
                    prop_assert!(shares.parts[&want.client].held < CALL);
                }
            }
            let held: u64 = shares.parts.values().map(|part| part.held).sum();
            prop_assert!(held <= shares.level);
            prop_assert!(shares.to_spare(&terms) >= 0);
        }
        shares.ask(now + 3_600 * SECOND, &terms, &[]);
        shares.ask(now + 7_200 * SECOND, &terms, &[]);
        prop_assert!(shares.parts.values().all(|part| part.waiting == 0));
    }

    #[test]
    fn no_batch_delays_who_keeps_to_what_batches_leave(
        per_second in 10..2_000_u64,
        at_once in 8..300_u64,
        happenings in happenings(2, 200),
        bursts in vec(0..60_u64, 200),
    ) {
        let terms = terms(per_second, at_once, &[1, 1]);
        let mut shares = Shares::full(0, &terms);
        // What a batch leaves there, and of that what isn't the other client's own.
        let most = (terms.reserve() - CALL).saturating_sub(terms.full_part(1));
        let (mut now, mut may) = (0, most);
        for (happening, burst) in happenings.iter().zip(bursts) {
            now += happening.after;
            may = (may + per_second * happening.after).min(most);
            let calls = burst.min(may / CALL);
            may -= calls * CALL;
            let calls = u32::try_from(calls).unwrap();
            let batch = happening.wanted.iter().map(|(.., batch)| *batch * 10).sum();
            let given = shares.ask(now, &terms, &[wants(0, 1, calls, 0), wants(1, 1, 0, batch)]);
            prop_assert_eq!(given[0].interactive, calls);
        }
    }
}
