//! Does whoever waits for a permit get one, in their turn or not at all?

use futures_util::future::join_all;
use futures_util::poll;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::*;
use crate::clock::ManualClock;

const PATIENCE: Duration = Duration::from_secs(20);

fn config(per_second: u32, at_once: u32, wait: Duration) -> Config {
    Config {
        per_second: NonZeroU32::new(per_second).unwrap(),
        at_once: NonZeroU32::new(at_once).unwrap(),
        wait,
        batch_reserve: 75,
        when_apart: WhenApart::Refuse,
    }
}

fn budget(config: Config, clock: &Arc<ManualClock>) -> Budget {
    made(config, None, clock)
}

fn made(config: Config, shared: Option<Arc<dyn Shared>>, clock: &Arc<ManualClock>) -> Budget {
    let clock = Arc::clone(clock) as Arc<dyn Clock>;
    Budget::new(config, shared, clock, &Handle::current(), Arc::new(|_, _, _| {}))
}

fn stopped() -> Arc<ManualClock> {
    Arc::new(ManualClock::stopped_at(jiff::Timestamp::UNIX_EPOCH))
}

fn asking(client: &str, class: Class) -> Asking {
    Asking {
        client: client.parse().unwrap(),
        weight: NonZeroU32::MIN,
        class,
    }
}

fn at_counter(client: &str) -> Asking {
    asking(client, Class::Interactive)
}

#[tokio::test]
async fn hands_out_the_burst_then_says_when_to_come_back() {
    let clock = stopped();
    let budget = budget(config(1, 3, Duration::ZERO), &clock);
    let asking = at_counter("a");
    for _ in 0..3 {
        assert!(budget.take(&asking, PATIENCE).await.is_ok());
    }
    let Err(Withheld::Exhausted { retry_after }) = budget.take(&asking, PATIENCE).await else {
        panic!("the fourth")
    };
    assert!(retry_after > Duration::ZERO && retry_after <= Duration::from_secs(1));
    clock.advance(retry_after);
    assert!(budget.take(&asking, PATIENCE).await.is_ok());
    assert!(budget.take(&asking, PATIENCE).await.is_err());
}

#[tokio::test]
async fn who_finds_nothing_waits_and_is_served_in_the_order_of_coming() {
    let clock = stopped();
    let budget = budget(config(1, 1, PATIENCE), &clock);
    let asking = at_counter("a");
    assert!(budget.take(&asking, PATIENCE).await.is_ok());
    let mut first = Box::pin(budget.take(&asking, PATIENCE));
    let mut second = Box::pin(budget.take(&asking, PATIENCE));
    assert!(poll!(&mut first).is_pending() && poll!(&mut second).is_pending());
    assert_eq!(budget.standing().waiting, 2);
    clock.advance(Duration::from_secs(1));
    assert!(first.await.is_ok());
    assert!(poll!(&mut second).is_pending());
    clock.advance(Duration::from_secs(1));
    assert!(second.await.is_ok());
    assert_eq!(budget.standing().waiting, 0);
}

#[tokio::test]
async fn who_goes_away_leaves_the_line_and_spends_nothing() {
    let clock = stopped();
    let budget = budget(config(1, 1, PATIENCE), &clock);
    let asking = at_counter("a");
    assert!(budget.take(&asking, PATIENCE).await.is_ok());
    let mut gone = Box::pin(budget.take(&asking, PATIENCE));
    assert!(poll!(&mut gone).is_pending());
    drop(gone);
    assert_eq!(budget.standing().waiting, 0);
    clock.advance(Duration::from_secs(1));
    assert!(budget.take(&asking, Duration::ZERO).await.is_ok());
}

#[tokio::test]
async fn a_crowd_that_the_budget_bears_is_served_whole() {
    let clock = Arc::new(ManualClock::default());
    let budget = budget(config(2_000, 10, PATIENCE), &clock);
    let crowd = (0..200).map(|number| {
        let budget = budget.clone();
        async move {
            budget
                .take(&at_counter(&format!("c{}", number % 7)), PATIENCE)
                .await
        }
    });
    assert!(join_all(crowd).await.iter().all(Result::is_ok));
}

#[tokio::test]
async fn a_client_that_floods_takes_nothing_from_another() {
    let clock = stopped();
    let budget = budget(config(10, 10, Duration::ZERO), &clock);
    budget.share_among(Among {
        clients: 2,
        weights: 2,
    });
    let (flooding, behaving) = (at_counter("a"), at_counter("b"));
    for _ in 0..50 {
        let mut flooded = 0;
        while budget.take(&flooding, PATIENCE).await.is_ok() {
            flooded += 1;
        }
        // All but what is kept for the other: half of the half, and its half call more.
        assert!(flooded <= 7);
        assert!(budget.take(&behaving, PATIENCE).await.is_ok());
        clock.advance(Duration::from_millis(200));
    }
}

#[tokio::test]
async fn a_batch_waits_until_nobody_else_does() {
    let clock = stopped();
    let budget = budget(config(4, 4, PATIENCE), &clock);
    let (batch, asking) = (asking("a", Class::Batch), at_counter("a"));
    for _ in 0..4 {
        assert!(budget.take(&asking, PATIENCE).await.is_ok());
    }
    let mut later = Box::pin(budget.take(&batch, PATIENCE));
    let mut sooner = Box::pin(budget.take(&asking, PATIENCE));
    assert!(poll!(&mut later).is_pending() && poll!(&mut sooner).is_pending());
    assert_eq!(
        (budget.standing().waiting, budget.standing().batches_waiting),
        (1, 1)
    );
    clock.advance(Duration::from_millis(250));
    assert!(sooner.await.is_ok());
    assert!(poll!(&mut later).is_pending());
    // Three quarters of four must be there.
    clock.advance(Duration::from_millis(500));
    assert!(poll!(&mut later).is_pending());
    clock.advance(Duration::from_millis(250));
    assert!(later.await.is_ok());
}

#[tokio::test]
async fn is_one_budget_for_all_who_hold_it_and_tells_of_each_permit() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let observer = {
        let told = Arc::clone(&told);
        Arc::new(move |class: Class, word, _| told.lock().unwrap().push((class.as_str(), word)))
    };
    let config = config(1, 2, Duration::ZERO);
    let budget = Budget::new(config, None, stopped(), &Handle::current(), observer);
    let same = budget.clone();
    assert!(budget.take(&at_counter("a"), PATIENCE).await.is_ok());
    assert!(same.take(&at_counter("a"), PATIENCE).await.is_ok());
    assert!(budget.take(&at_counter("a"), PATIENCE).await.is_err());
    assert!(
        budget
            .take(&asking("a", Class::Batch), Duration::ZERO)
            .await
            .is_err()
    );
    assert_eq!(
        *told.lock().unwrap(),
        [
            ("interactive", "at_once"),
            ("interactive", "at_once"),
            ("interactive", "exhausted"),
            ("batch", "exhausted")
        ]
    );
}

/// Keeps the budget for gateways in one process, and can be taken away.
struct Elsewhere {
    shares: Mutex<Shares>,
    clock: Steady,
    is_down: AtomicBool,
    /// While it is held no answer comes.
    silence: tokio::sync::Mutex<()>,
    made_apart: AtomicU32,
}

impl Elsewhere {
    fn new(clock: &Arc<ManualClock>) -> Arc<Self> {
        let clock = Steady::new(Arc::clone(clock) as Arc<dyn Clock>);
        Arc::new(Self {
            shares: Mutex::new(Shares::full(
                0,
                &terms(&config(10, 10, PATIENCE), Among::default(), 1),
            )),
            clock,
            is_down: AtomicBool::new(false),
            silence: tokio::sync::Mutex::default(),
            made_apart: AtomicU32::new(0),
        })
    }
}

impl Shared for Elsewhere {
    fn ask<'a>(&'a self, told: &'a Told) -> BoxFuture<'a, Result<Heard, Apart>> {
        async move {
            drop(self.silence.lock().await);
            if self.is_down.load(Ordering::Relaxed) {
                return Err(Apart);
            }
            let made_apart = u32::try_from(told.made_apart).unwrap();
            self.made_apart.fetch_add(made_apart, Ordering::Relaxed);
            let mut shares = self.shares.lock().unwrap();
            Ok(Heard {
                given: shares.ask(micros(&self.clock), &told.terms, &told.wanted),
                gateways: 2,
            })
        }
        .boxed()
    }
}

async fn becomes(is_so: impl Fn() -> bool) {
    let asking = async {
        let mut pause = tokio::time::interval(Duration::from_millis(1));
        while !is_so() {
            pause.tick().await;
        }
    };
    tokio::time::timeout(PATIENCE, asking).await.unwrap();
}

#[tokio::test]
async fn gateways_that_share_spend_one_budget() {
    let clock = stopped();
    let shared = Elsewhere::new(&clock);
    let gateway = || {
        made(
            config(10, 10, Duration::from_millis(50)),
            Some(shared.clone()),
            &clock,
        )
    };
    let (one, other) = (gateway(), gateway());
    let asking = at_counter("a");
    let mut got = 0;
    for _ in 0..10 {
        got += u32::from(one.take(&asking, PATIENCE).await.is_ok());
        got += u32::from(other.take(&asking, PATIENCE).await.is_ok());
    }
    assert_eq!(got, 10);
    assert_eq!(other.standing().gateways, 2);
}

#[tokio::test]
async fn a_gateway_that_is_apart_refuses_until_it_is_back() {
    let clock = Arc::new(ManualClock::default());
    let shared = Elsewhere::new(&clock);
    let budget = made(config(10, 10, PATIENCE), Some(shared.clone()), &clock);
    let asking = at_counter("a");
    assert!(budget.take(&asking, PATIENCE).await.is_ok());
    shared.is_down.store(true, Ordering::Relaxed);
    assert_eq!(
        budget.take(&asking, PATIENCE).await.unwrap_err(),
        Withheld::Apart(Apart)
    );
    assert!(budget.standing().is_apart);
    shared.is_down.store(false, Ordering::Relaxed);
    becomes(|| !budget.standing().is_apart).await;
    assert!(budget.take(&asking, PATIENCE).await.is_ok());
    assert_eq!(shared.made_apart.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_gateway_that_is_apart_spends_its_part_where_so_configured_and_tells_of_it() {
    let clock = stopped();
    let shared = Elsewhere::new(&clock);
    let config = Config {
        when_apart: WhenApart::Share,
        ..config(10, 10, Duration::from_millis(50))
    };
    let budget = made(config, Some(shared.clone()), &clock);
    let asking = at_counter("a");
    assert!(budget.take(&asking, PATIENCE).await.is_ok());
    shared.is_down.store(true, Ordering::Relaxed);
    // What may have been spent together isn't there again; then comes half of the rate.
    assert!(budget.take(&asking, PATIENCE).await.is_err());
    assert!(budget.standing().is_apart);
    clock.advance(Duration::from_millis(400));
    let mut got = 0;
    while budget.take(&asking, PATIENCE).await.is_ok() {
        got += 1;
    }
    assert_eq!(got, 2);
    shared.is_down.store(false, Ordering::Relaxed);
    clock.advance(TRIED_EVERY);
    becomes(|| !budget.standing().is_apart).await;
    becomes(|| shared.made_apart.load(Ordering::Relaxed) == 2).await;
}

#[tokio::test]
async fn a_budget_that_says_nothing_is_not_taken_for_one_that_is_spent() {
    for (when_apart, goes_on) in [(WhenApart::Refuse, false), (WhenApart::Share, true)] {
        let clock = stopped();
        let shared = Elsewhere::new(&clock);
        let patience = Duration::from_millis(50);
        let config = Config {
            when_apart,
            ..config(10, 10, patience)
        };
        let budget = made(config, Some(shared.clone()), &clock);
        becomes(|| budget.standing().gateways > 0).await;
        let silence = shared.silence.lock().await;
        let asking = at_counter("a");
        let mut taking = Box::pin(budget.take(&asking, PATIENCE));
        // It is silent for longer than who waits for a turn has patience.
        assert!(tokio::time::timeout(2 * patience, &mut taking).await.is_err());
        shared.is_down.store(true, Ordering::Relaxed);
        drop(silence);
        if goes_on {
            becomes(|| budget.standing().is_apart).await;
            clock.advance(Duration::from_millis(200));
        }
        match taking.await {
            Ok(_) => assert!(goes_on),
            Err(withheld) => assert_eq!((withheld, goes_on), (Withheld::Apart(Apart), false)),
        }
    }
}

#[tokio::test]
async fn who_has_no_time_left_before_the_budget_says_anything_is_not_told_that_it_is_spent() {
    let clock = stopped();
    let shared = Elsewhere::new(&clock);
    let budget = made(config(10, 10, PATIENCE), Some(shared.clone()), &clock);
    let _silence = shared.silence.lock().await;
    let asked = budget.take(&at_counter("a"), Duration::from_millis(20)).await;
    assert_eq!(asked.unwrap_err(), Withheld::Apart(Apart));
}

#[tokio::test]
async fn who_never_heard_of_the_others_spends_nothing() {
    let clock = stopped();
    let shared = Elsewhere::new(&clock);
    shared.is_down.store(true, Ordering::Relaxed);
    let config = Config {
        when_apart: WhenApart::Share,
        ..config(10, 10, PATIENCE)
    };
    let budget = made(config, Some(shared), &clock);
    clock.advance(Duration::from_secs(60));
    for _ in 0..3 {
        assert_eq!(
            budget.take(&at_counter("a"), PATIENCE).await.unwrap_err(),
            Withheld::Apart(Apart)
        );
    }
}
