//! Is each limit held, and does a refused call cost nothing?

mod many;
mod model;
mod persons;

use super::*;
use crate::clock::ManualClock;
use crate::policy::clients::{Guesses, Narrowing, Rate};
use crate::policy::tests::sample::{LICENSED, OFFICER, all_fields, caller, client, grant, known, officer};

const NOW: &str = "2026-08-22T23:59:50+07:00";
const SECOND: Duration = Duration::from_secs(1);
const PLENTY: Allowance = Allowance {
    officer_per_second: 1_000,
    officer_burst: 1_000,
    officers_per_subject: 1_000,
    guesses: Guesses {
        per_officer: 1_000,
        per_person: 1_000,
        per_client: 1_000,
    },
    rate_per_second: 1_000,
    burst: 1_000,
    concurrency: 1_000,
    per_day: 1_000,
    per_month: 1_000,
    registry_weight: 1,
    batch_rows_per_day: 1_000,
};

const CONFIG: Config = Config {
    refused_per_second: 3,
    officers_kept: 10_000,
    persons_kept: 10_000,
    alert_at: 5,
    synchronized_every: Duration::from_millis(25),
    when_apart: Rules {
        guesses: WhenApart::Refuse,
        rates: WhenApart::Share,
        quotas: WhenApart::Share,
    },
};

/// Holds the limits of one client, two of its officers, and the time.
struct Stage {
    limits: Limits,
    clock: Arc<ManualClock>,
    first: Grant,
    second: Grant,
}

impl Stage {
    fn with(allowance: Allowance) -> Self {
        Self::begun(allowance, Spent::default())
    }

    fn begun(allowance: Allowance, spent: Spent) -> Self {
        Self::of(
            Client {
                allowance,
                ..client()
            },
            spent,
        )
    }

    fn of(client: Client, spent: Spent) -> Self {
        let clock = Arc::new(ManualClock::stopped_at(NOW.parse().unwrap()));
        let spent = BTreeMap::from([(client.id.clone(), spent)]);
        let registered = Arc::new(client.clone());
        let shared: Arc<dyn Clock> = clock.clone();
        Self {
            limits: Limits::new(CONFIG, [&registered], spent, None, &shared),
            clock,
            first: grant(client.clone(), &caller(), all_fields()),
            second: grant(client, &officer("100185000901"), all_fields()),
        }
    }

    fn admit(&self) -> Result<Admission, Exceeded> {
        self.limits.admit(&self.first, &known().number, self.clock.now())
    }

    fn colleague(&self) -> Result<Admission, Exceeded> {
        self.limits.admit(&self.second, &known().number, self.clock.now())
    }
}

/// Admits a call and has it end as most do.
fn answered(admitted: Result<Admission, Exceeded>) {
    let _ = admitted.unwrap().settle(Gate::Passed);
}

fn refused(admitted: Result<Admission, Exceeded>) -> (Limit, Duration) {
    let exceeded = admitted.map(|_| ()).unwrap_err();
    (exceeded.limit, exceeded.retry_after)
}

#[test]
fn each_limit_refuses_the_call_after_its_last() {
    let ten_seconds = Duration::from_secs(10);
    let rest_of_august = Duration::from_secs(9 * 86_400 + 10);
    let tenth = Duration::from_millis(100);
    let table = [
        (
            "an officer's rate",
            Allowance {
                officer_per_second: 10,
                officer_burst: 10,
                ..PLENTY
            },
            10,
            Limit::Officer,
            tenth,
        ),
        (
            "a burst",
            Allowance {
                burst: 12,
                rate_per_second: 10,
                ..PLENTY
            },
            12,
            Limit::Burst,
            tenth,
        ),
        (
            "the day",
            Allowance { per_day: 3, ..PLENTY },
            3,
            Limit::Day,
            ten_seconds,
        ),
        (
            "the month",
            Allowance {
                per_month: 3,
                ..PLENTY
            },
            3,
            Limit::Month,
            rest_of_august,
        ),
    ];
    for (why, allowance, admitted, limit, retry_after) in table {
        let stage = Stage::with(allowance);
        for _ in 0..admitted {
            assert!(stage.admit().is_ok(), "{why}");
        }
        assert_eq!(refused(stage.admit()), (limit, retry_after), "{why}");
        stage.clock.advance(retry_after);
        assert!(stage.admit().is_ok(), "{why}: after waiting as told");
    }
}

#[test]
fn an_officer_at_the_limit_doesnt_stop_a_colleague() {
    let stage = Stage::with(Allowance {
        officer_per_second: 1,
        officer_burst: 1,
        ..PLENTY
    });
    assert!(stage.admit().is_ok());
    assert_eq!(refused(stage.admit()).0, Limit::Officer);
    assert!(stage.colleague().is_ok());
}

#[test]
fn a_place_is_free_again_when_its_call_ends_in_whichever_way() {
    let stage = Stage::with(Allowance {
        concurrency: 2,
        ..PLENTY
    });
    let (first, second) = (stage.admit().unwrap(), stage.admit().unwrap());
    assert_eq!(refused(stage.admit()), (Limit::Concurrency, SECOND));
    assert_eq!(
        refused(stage.colleague()).0,
        Limit::Concurrency,
        "it is the client's"
    );
    drop(first);
    let third = stage.admit().unwrap();
    assert_eq!(refused(stage.admit()).0, Limit::Concurrency);
    second.give_back();
    let fourth = stage.admit().unwrap();
    assert_eq!(
        refused(stage.admit()).0,
        Limit::Concurrency,
        "a place is given back once"
    );
    drop((third, fourth));
}

#[test]
fn an_admission_that_is_dropped_has_spent() {
    let stage = Stage::with(Allowance { per_day: 2, ..PLENTY });
    drop(stage.admit().unwrap());
    drop(stage.admit().unwrap());
    assert_eq!(refused(stage.admit()).0, Limit::Day);
}

#[test]
fn giving_back_returns_everything() {
    let once = Allowance {
        per_day: 1,
        per_month: 1,
        officer_per_second: 1,
        officer_burst: 1,
        rate_per_second: 1,
        burst: 1,
        concurrency: 1,
        ..PLENTY
    };
    let stage = Stage::with(once);
    for _ in 0..100 {
        stage.admit().unwrap().give_back();
    }
    let kept = stage.admit().unwrap();
    assert!(stage.admit().is_err());
    drop(kept);
    assert!(stage.admit().is_err(), "dropped is spent");
}

#[test]
fn a_refusal_by_a_later_limit_spends_nothing_of_the_earlier_ones() {
    let tight = Allowance {
        officer_per_second: 2,
        officer_burst: 2,
        rate_per_second: 2,
        burst: 2,
        ..PLENTY
    };
    let table = [
        (
            "concurrency",
            Allowance {
                concurrency: 1,
                ..tight
            },
            Limit::Concurrency,
        ),
        ("the day", Allowance { per_day: 1, ..tight }, Limit::Day),
        (
            "the month",
            Allowance {
                per_month: 1,
                ..tight
            },
            Limit::Month,
        ),
    ];
    for (why, allowance, limit) in table {
        let stage = Stage::with(allowance);
        let _held = stage.admit().unwrap();
        // Without the returns the second refusal would be the officer's, and the colleague's the burst's.
        for _ in 0..50 {
            assert_eq!(refused(stage.admit()).0, limit, "{why}");
            assert_eq!(refused(stage.colleague()).0, limit, "{why}");
        }
        let account = stage.limits.0.register.all().remove(0);
        assert_eq!(account.lock().under_way, 1, "{why}: no place is lost");
    }
    let stage = Stage::with(Allowance {
        officer_per_second: 2,
        officer_burst: 2,
        rate_per_second: 1,
        burst: 1,
        ..PLENTY
    });
    drop(stage.admit().unwrap());
    for _ in 0..50 {
        assert_eq!(
            refused(stage.admit()).0,
            Limit::Burst,
            "the officer has one call left each time"
        );
    }
}

#[test]
fn what_was_spent_before_the_start_counts() {
    let spent = Spent { day: 999, month: 999 };
    let stage = Stage::begun(PLENTY, spent);
    assert!(stage.admit().is_ok());
    assert_eq!(refused(stage.admit()).0, Limit::Day);
}

#[test]
fn the_limit_told_is_the_one_with_the_smallest_part_left() {
    let table = [
        (
            "officer",
            Allowance {
                officer_per_second: 2,
                officer_burst: 2,
                ..PLENTY
            },
            Limit::Officer,
            1,
            SECOND / 2,
        ),
        (
            "burst",
            Allowance {
                burst: 20,
                rate_per_second: 5,
                ..PLENTY
            },
            Limit::Burst,
            19,
            SECOND / 5,
        ),
        (
            "day",
            Allowance {
                per_day: 20,
                ..PLENTY
            },
            Limit::Day,
            19,
            10 * SECOND,
        ),
        (
            "month",
            Allowance {
                per_month: 20,
                ..PLENTY
            },
            Limit::Month,
            19,
            (9 * 86_400 + 10) * SECOND,
        ),
        (
            "of equals the narrowest",
            PLENTY,
            Limit::Officer,
            999,
            Duration::from_millis(1),
        ),
    ];
    for (why, allowance, limit, calls, resets_in) in table {
        let told = Stage::with(allowance).admit().unwrap().nearest();
        assert_eq!(
            (told.limit, told.calls, told.resets_in),
            (limit, calls, resets_in),
            "{why}"
        );
    }
    let stage = Stage::with(Allowance {
        concurrency: 4,
        ..PLENTY
    });
    let others = [0; 2].map(|_| stage.admit().unwrap());
    let told = stage.admit().unwrap().nearest();
    assert_eq!(
        (told.limit, told.calls),
        (Limit::Concurrency, 2),
        "its own place is free when it is read"
    );
    drop(others);
}

#[test]
fn refusals_are_counted_by_client_and_strangers_together() {
    let stage = Stage::with(PLENTY);
    let count = |id: &str| stage.limits.count_refusal(&id.parse().unwrap());
    for _ in 0..3 {
        assert_eq!(count("one-stop"), Ok(()));
        assert_eq!(count("never-heard-of"), Ok(()));
    }
    for id in ["one-stop", "never-heard-of", "nor-of-this-one"] {
        assert_eq!(count(id).unwrap_err().limit, Limit::Refused, "{id}");
    }
    assert!(stage.admit().is_ok(), "refusals cost no calls");
    stage.clock.advance(SECOND);
    assert_eq!(count("one-stop"), Ok(()));
}

#[test]
fn reading_draws_on_the_burst_alone() {
    let stage = Stage::with(Allowance {
        rate_per_second: 1,
        burst: 2,
        per_day: 1,
        ..PLENTY
    });
    let client = stage.first.client();
    let now = stage.clock.now();
    let told = stage.limits.admit_reading(client, now).unwrap();
    let expected = Remaining {
        limit: Limit::Burst,
        of: Size {
            calls: 2,
            seconds: Some(2),
        },
        calls: 1,
        resets_in: SECOND,
    };
    assert_eq!(told, expected);
    stage.limits.admit_reading(client, now).unwrap();
    assert_eq!(
        stage.limits.admit_reading(client, now).unwrap_err().limit,
        Limit::Burst
    );
    stage.clock.advance(SECOND);
    assert!(stage.admit().is_ok(), "the day is untouched");
}

#[test]
fn the_policies_name_every_limit_of_the_contract() {
    let allowance = client().allowance;
    let named = policies(&allowance).map(|(limit, size)| (limit.as_str(), size.calls, size.seconds));
    let expected = [
        ("officer", 200, Some(2)),
        ("burst", 4_000, Some(2)),
        ("concurrency", 512, None),
        ("day", 1_000_000, None),
        ("month", 20_000_000, None),
    ];
    assert_eq!(named, expected);
}

#[test]
fn many_threads_never_get_more_than_there_is() {
    let stage = Stage::with(Allowance {
        per_day: 300,
        concurrency: 7,
        ..PLENTY
    });
    let end = |mut admission: Admission| admission.settle(Gate::Passed);
    let admitted = std::thread::scope(|scope| {
        let calls = || (0..200).filter(|_| stage.admit().map(end).is_ok()).count();
        let threads = [0; 4].map(|_| scope.spawn(calls));
        threads.map(|thread| thread.join().unwrap()).iter().sum::<usize>()
    });
    assert_eq!(
        admitted, 300,
        "each admission was dropped at once, so places never ran out"
    );
    assert_eq!(stage.first.officer().expose(), OFFICER);
}
