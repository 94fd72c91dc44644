//! Are officers and guesses counted by the person they are about, and single procedures for themselves?

use super::*;

#[test]
fn too_many_officers_about_one_number_are_refused_until_midnight() {
    let stage = Stage::with(Allowance {
        officers_per_subject: 1,
        ..PLENTY
    });
    answered(stage.admit());
    answered(stage.admit());
    assert_eq!(refused(stage.colleague()), (Limit::Subject, 10 * SECOND));
    let other = "100190000002".parse().map(IdNumber::Pin).unwrap();
    let elsewhere = stage.limits.admit(&stage.second, &other, stage.clock.now());
    answered(elsewhere);
    stage.clock.advance(10 * SECOND);
    answered(stage.colleague());
    assert_eq!(
        refused(stage.admit()).0,
        Limit::Subject,
        "now it is the other's day"
    );
}

/// Budgets of which one is tight: whose it is, the figures, and how long the first lock-out lasts.
fn tight() -> [(&'static str, Guesses, u64); 3] {
    let Guesses {
        per_officer,
        per_person,
        per_client,
    } = PLENTY.guesses;
    let of = |per_officer, per_person, per_client| Guesses {
        per_officer,
        per_person,
        per_client,
    };
    [
        ("the officer's", of(3, per_person, per_client), 600),
        ("the person's", of(per_officer, 3, per_client), 3_600),
        ("the client's", of(per_officer, per_person, 3), 600),
    ]
}

#[test]
fn wrong_guesses_lock_out_those_whose_budget_is_spent_and_nobody_else() {
    for (whose, guesses, seconds) in tight() {
        let stage = Stage::with(Allowance { guesses, ..PLENTY });
        for _ in 0..3 {
            let _ = stage.admit().unwrap().settle(Gate::Failed);
        }
        let lock = Duration::from_secs(seconds);
        assert_eq!(refused(stage.admit()), (Limit::Guesses, lock), "{whose}");
        assert_eq!(stage.colleague().is_ok(), whose == "the officer's", "{whose}");
        let other = "100190000002".parse().map(IdNumber::Pin).unwrap();
        let about_another = stage.limits.admit(&stage.first, &other, stage.clock.now());
        assert_eq!(about_another.is_ok(), whose == "the person's", "{whose}");
        stage.clock.advance(lock - Duration::from_nanos(1));
        assert_eq!(refused(stage.admit()), (Limit::Guesses, Duration::from_nanos(1)));
        stage.clock.advance(Duration::from_nanos(1));
        answered(stage.admit());
    }
}

#[test]
fn a_guess_counts_by_how_it_ends() {
    for (whose, guesses, _) in tight() {
        let stage = Stage::with(Allowance { guesses, ..PLENTY });
        for _ in 0..10 {
            answered(stage.admit());
            let _ = stage.admit().unwrap().settle(Gate::Unasked);
            stage.admit().unwrap().give_back();
        }
        let open = [0; 3].map(|_| stage.admit().unwrap());
        assert_eq!(
            refused(stage.admit()),
            (Limit::Guesses, SECOND),
            "{whose}: three are open"
        );
        for mut admission in open {
            let _ = admission.settle(Gate::Passed);
            let _ = admission.settle(Gate::Failed);
        }
        for _ in 0..3 {
            drop(stage.admit().unwrap());
        }
        assert_eq!(
            refused(stage.admit()).0,
            Limit::Guesses,
            "{whose}: whoever hangs up has guessed"
        );
    }
}

#[test]
fn a_call_refused_for_guesses_or_officers_has_spent_nothing() {
    for (whose, guesses, _) in tight() {
        let stage = Stage::with(Allowance {
            guesses,
            officer_burst: 1_000,
            officers_per_subject: 1,
            per_day: 4,
            ..PLENTY
        });
        for _ in 0..3 {
            let _ = stage.admit().unwrap().settle(Gate::Failed);
        }
        for _ in 0..2_000 {
            assert_eq!(refused(stage.admit()).0, Limit::Guesses, "{whose}");
            assert_eq!(refused(stage.colleague()).0, Limit::Subject, "{whose}");
        }
        stage.clock.advance(24 * 3_600 * SECOND);
        answered(stage.colleague());
        assert_eq!(
            refused(stage.admit()).0,
            Limit::Subject,
            "{whose}: the officer was let go of"
        );
    }
}

#[test]
fn a_number_that_everybody_fails_at_raises_one_alert_an_hour_and_locks_nobody() {
    let stage = Stage::with(PLENTY);
    let fail = || stage.admit().unwrap().settle(Gate::Failed).is_alarming;
    let alerts: Vec<_> = (0..20).map(|_| fail()).collect();
    assert_eq!(alerts.iter().position(|alert| *alert), Some(4));
    assert_eq!(alerts.iter().filter(|alert| **alert).count(), 1);
    answered(stage.admit());
    stage.clock.advance(3_600 * SECOND);
    let alerts = (0..20).filter(|_| fail()).count();
    assert_eq!(alerts, 1);
}

#[test]
fn a_procedure_has_limits_of_its_own_within_the_client_s() {
    let narrowed = |narrowing| {
        let code = LICENSED.parse().unwrap();
        let client = Client {
            allowance: PLENTY,
            procedure_limits: BTreeMap::from([(code, narrowing)]),
            ..client()
        };
        Stage::of(client, Spent::default())
    };
    let rate = Rate {
        per_second: 1,
        burst: 2,
    };
    let table = [
        (
            Narrowing {
                rate: Some(rate),
                ..Narrowing::default()
            },
            Limit::Burst,
            SECOND,
        ),
        (
            Narrowing {
                per_day: Some(2),
                ..Narrowing::default()
            },
            Limit::Day,
            10 * SECOND,
        ),
        (
            Narrowing {
                per_month: Some(2),
                ..Narrowing::default()
            },
            Limit::Month,
            (9 * 86_400 + 10) * SECOND,
        ),
    ];
    for (narrowing, limit, wait) in table {
        let stage = narrowed(narrowing);
        stage.admit().unwrap().give_back();
        answered(stage.admit());
        let mut second = stage.admit().unwrap();
        let _ = second.settle(Gate::Passed);
        assert_eq!((second.nearest().limit, second.nearest().calls), (limit, 0));
        assert_eq!(second.nearest().of.calls, 2);
        let told = stage.admit().map(|_| ()).unwrap_err();
        assert_eq!((told.limit, told.retry_after, told.of.calls), (limit, wait, 2));
        stage.clock.advance(wait);
        answered(stage.admit());
    }
}

#[test]
fn a_change_of_the_registration_holds_from_the_next_call_on() {
    let stage = Stage::with(PLENTY);
    answered(stage.admit());
    let changed = Client {
        allowance: Allowance { per_day: 1, ..PLENTY },
        ..client()
    };
    let changed = grant(changed, &caller(), all_fields());
    let told = stage.limits.admit(&changed, &known().number, stage.clock.now());
    assert_eq!(refused(told).0, Limit::Day);
    answered(stage.admit());
}

#[test]
fn the_standings_say_what_was_spent_and_when_it_will_be_gone() {
    let stage = Stage::with(Allowance {
        per_day: 100,
        per_month: 1_000,
        ..PLENTY
    });
    stage.clock.advance(10 * SECOND);
    for _ in 0..60 {
        answered(stage.admit());
        stage.clock.advance(SECOND);
    }
    let now = stage.clock.now();
    let client = stage.first.client();
    let told = stage.limits.standings(client, Some(stage.first.officer()), now);
    let of = |limit| told.iter().find(|standing| standing.limit == limit).unwrap();
    let all: Vec<_> = told.iter().map(|standing| standing.limit.as_str()).collect();
    assert_eq!(all, ["officer", "burst", "concurrency", "day", "month"]);
    assert_eq!((of(Limit::Day).used, of(Limit::Day).remaining), (60, 40));
    assert_eq!((of(Limit::Concurrency).used, of(Limit::Burst).used), (0, 0));
    let gone = of(Limit::Day).exhausted_at.unwrap().duration_since(now).as_secs();
    assert!((44..=49).contains(&gone), "40 calls at 60 in 70 s, {gone} s");
    assert!(of(Limit::Month).exhausted_at.is_some(), "940 s at that pace");
    assert_eq!(of(Limit::Officer).exhausted_at, None);
}
