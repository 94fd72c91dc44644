//! Does the gateway keep its promises for as long as it is asked, whatever goes wrong meanwhile?
//!
//! Clients of every kind ask for a while: hits and misses, look-ups, households, checks, calls with a key, batches, bad input,
//! forged tokens; some hang up halfway and some never finish what they send. The registry's faults are put on and taken off by
//! chance, and the gateway is killed or told to stop, and started again. Chance is drawn from a seed that is printed. At the end
//! `ledger` holds what the clients saw against the log, and `vitals` says whether the last life of the gateway grew.
//! A few seconds among the other tests; `tests/soak.sh SECONDS` for longer.

mod callers;
mod ledger;
mod vitals;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use dancu::clock::{Clock as _, SystemClock};
use serde_json::{Value, json};

use self::callers::{Call, Callers, Chance, Fate, Kind, Place};
use self::ledger::judge;
use self::vitals::Vitals;
use crate::gateway::{Gateway, audit, rows};
use crate::program::PATIENCE;
use crate::surroundings::Surroundings;

const SECONDS: u64 = 8;
const THREADS: usize = 8;

/// How long the gateway lives until it is ended in one way or the other; its last life has the second half of the time.
const LIFE: u64 = 10;

/// The faults that are drawn from, beside none.
const FAULTS: [&str; 10] = [
    "delay",
    "hang",
    "reset",
    "truncate",
    "slow_drip",
    "status",
    "html_200",
    "soap_fault",
    "wrong_namespace",
    "empty",
];

#[test]
fn every_answer_has_its_row_and_every_row_its_answer() {
    let seconds = setting("DANCU_SOAK_SECONDS", SECONDS);
    let seed = setting("DANCU_SOAK_SEED", 1);
    println!("{seconds} s, seed {seed}");
    let around = Surroundings::new();
    let callers = Callers::new(&around, THREADS, seconds);
    let over = AtomicBool::new(false);
    let (calls, lives, faults, last) = thread::scope(|scope| {
        let asking: Vec<_> = (0..THREADS)
            .map(|number| {
                let (callers, over) = (&callers, &over);
                scope.spawn(move || callers.ask_until(number, Chance::new(seed, number), over))
            })
            .collect();
        let slow = scope.spawn(|| callers.dawdle_until(&over));
        let (stop, stopped) = channel();
        let around = &around;
        let faulting = scope.spawn(move || put_faults_on(around, Chance::new(seed, THREADS), &stopped));
        let (lives, last) = live(around, &callers.place, seconds, Chance::new(seed, THREADS + 1));
        over.store(true, Ordering::Relaxed);
        let _ = stop.send(());
        let faults = faulting.join().unwrap();
        let mut calls: Vec<Call> = asking
            .into_iter()
            .flat_map(|asked| asked.join().unwrap())
            .collect();
        calls.extend(slow.join().unwrap());
        (calls, lives, faults, last)
    });
    let (gateway, mut vitals) = last;
    callers.finish_batches(&gateway, &calls);
    vitals.rest(&gateway);
    gateway.stop().expect(0);
    let verified = audit(&around, "verify", &[]).expect(0);
    let rows = rows(&around, &[]);
    report(&calls, &rows, &lives, &faults, &vitals);
    let mut wrong = judge(&calls, &rows);
    if !verified.out.starts_with("sound: ") {
        wrong.push(verified.out);
    }
    wrong.extend(vitals.wrong());
    assert!(
        wrong.is_empty(),
        "seed {seed}: {} found, of them {:#?}",
        wrong.len(),
        &wrong[..wrong.len().min(20)]
    );
    a_lost_row_is_noticed(&calls, rows);
}

/// Shows that the verdict can be the other one: without one of its rows the same log doesn't pass.
fn a_lost_row_is_noticed(calls: &[Call], mut rows: Vec<Value>) {
    let answered = calls.iter().rev().find_map(|call| match &call.fate {
        Fate::Answered(200, body) if call.kind == Kind::Miss => body["transaction_id"].as_str(),
        _ => None,
    });
    let lost = answered.unwrap().to_owned();
    rows.retain(|row| row["transaction_id"] != lost.as_str());
    assert!(!judge(calls, &rows).is_empty(), "a lost row goes unnoticed");
}

#[expect(
    clippy::disallowed_methods,
    reason = "how long, said by whoever runs the test"
)]
fn setting(name: &str, otherwise: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(otherwise)
}

fn start(around: &Surroundings) -> Gateway {
    let variables = [
        ("DANCU__API__HEADER_TIMEOUT", "1s"),
        ("DANCU__API__BODY_TIMEOUT", "1s"),
        ("DANCU__REGISTRY__ATTEMPT_TIMEOUT", "500ms"),
        ("DANCU__REGISTRY__DEADLINE", "1300ms"),
        // What waits is tried again soon, and what is idle is let go of, so that the end needn't be waited for.
        ("DANCU__REGISTRY__IDLE_TIMEOUT", "1s"),
        ("DANCU__CHECKS__RETRY_EVERY", "1s"),
    ];
    Gateway::start(around, &variables)
}

/// Has the gateway live, end and live again; gives how each life ended, and the last one running.
fn live(
    around: &Surroundings,
    place: &Place,
    seconds: u64,
    mut chance: Chance,
) -> (BTreeMap<&'static str, usize>, (Gateway, Vitals)) {
    let mut ends = BTreeMap::new();
    let ending = (seconds / 2 / LIFE).max(2);
    for _ in 0..ending {
        let gateway = start(around);
        place.is(Some(&gateway.api));
        wait(Duration::from_millis(seconds * 500 / ending));
        let signal = if chance.below(2) == 0 { "KILL" } else { "TERM" };
        place.is(None);
        gateway.program.signal(signal);
        let ended = gateway.program.end(PATIENCE);
        match signal {
            "KILL" => assert_eq!(ended.signal, Some(9)),
            _ => assert_eq!(ended.code, Some(0), "{}", ended.err),
        }
        *ends.entry(signal).or_default() += 1;
    }
    let gateway = start(around);
    let mut vitals = Vitals::at_rest(around, &gateway);
    place.is(Some(&gateway.api));
    let beginning = SystemClock.steady();
    while SystemClock.steady().duration_since(beginning) < Duration::from_secs(seconds / 2) {
        wait(Duration::from_millis(250));
        vitals.take(&gateway);
    }
    (ends, (gateway, vitals))
}

/// Lets time pass.
fn wait(time: Duration) {
    let (_tell, told) = channel::<()>();
    let _ = told.recv_timeout(time);
}

/// Puts faults on and takes them off until told to stop; gives how often each was on.
fn put_faults_on(
    around: &Surroundings,
    mut chance: Chance,
    stopped: &Receiver<()>,
) -> BTreeMap<&'static str, usize> {
    let mut set = BTreeMap::new();
    loop {
        let kind = FAULTS[chance.below(FAULTS.len())];
        let is_quiet = chance.below(3) == 0;
        let rate = [0.05, 0.3, 1.0][chance.below(3)];
        let mut fault = json!({"service": "registry", "kind": kind, "rate": rate});
        if matches!(kind, "delay" | "slow_drip") {
            fault["delay_ms"] = json!(20 + chance.below(80));
        }
        let faults = if is_quiet { json!([]) } else { json!([fault]) };
        around.faults(&faults);
        *set.entry(if is_quiet { "none" } else { kind }).or_default() += 1;
        let time = Duration::from_millis(300 + u64::try_from(chance.below(1_500)).unwrap());
        if stopped.recv_timeout(time) != Err(RecvTimeoutError::Timeout) {
            around.faults(&json!([]));
            return set;
        }
    }
}

/// Prints what there was.
fn report(
    calls: &[Call],
    rows: &[Value],
    lives: &BTreeMap<&'static str, usize>,
    faults: &BTreeMap<&'static str, usize>,
    vitals: &Vitals,
) {
    let mut by_kind: BTreeMap<Kind, Vec<&Call>> = BTreeMap::new();
    for call in calls {
        by_kind.entry(call.kind).or_default().push(call);
    }
    println!(
        "{:<10} {:>7} {:>9} {:>9}  what became of them",
        "calls", "number", "p50 ms", "p99 ms"
    );
    for (kind, calls) in by_kind {
        let mut took: Vec<Duration> = calls.iter().map(|call| call.took).collect();
        took.sort_unstable();
        let at = |percent: usize| took[(took.len() - 1) * percent / 100].as_secs_f64() * 1_000.0;
        let mut fates: BTreeMap<String, usize> = BTreeMap::new();
        for call in &calls {
            *fates.entry(call.fate.word()).or_default() += 1;
        }
        let fates: Vec<_> = fates
            .iter()
            .map(|(word, count)| format!("{word} {count}"))
            .collect();
        let (kind, median, late) = (format!("{kind:?}"), at(50), at(99));
        println!(
            "{kind:<10} {:>7} {median:>9.1} {late:>9.1}  {}",
            calls.len(),
            fates.join(", ")
        );
    }
    println!("rows {}; ended {lives:?}; faults {faults:?}", rows.len());
    println!("{vitals}");
}
