//! Which calls aren't sent, and what does that cost?

use std::sync::Mutex;

use super::*;

fn with_terms(url: &str, change: impl FnOnce(&mut Config), seen: &Arc<Mutex<Vec<Observed>>>) -> Registry {
    let mut config = config(url);
    change(&mut config);
    let seen = Arc::clone(seen);
    let observer: Observer = Arc::new(move |observed| seen.lock().unwrap().push(observed));
    Registry::new(config, Arc::new(SystemClock), Handle::current(), observer).unwrap()
}

fn withheld(seen: &Mutex<Vec<Observed>>) -> Vec<&'static str> {
    let seen = seen.lock().unwrap();
    seen.iter()
        .filter_map(|observed| match observed {
            Observed::Withheld(reason) => Some(*reason),
            Observed::Called(..) => None,
        })
        .collect()
}

#[tokio::test]
async fn an_open_breaker_sends_nothing_and_spends_nothing_and_is_each_operation_s_own() {
    let server = Server::start([Act::Reset]).await;
    let seen = Arc::default();
    let registry = with_terms(&server.url, |config| config.breaker.least_calls = 4, &seen);
    let budget = budget(9);
    for _ in 0..2 {
        registry.find(mau(), within(DEADLINE), &budget).await;
    }
    let before = server.received().len();
    let found = registry.find(mau(), within(DEADLINE), &budget).await;
    let Err(Failure::CircuitOpen { retry_after }) = found.outcome else {
        panic!("{:?}", found.outcome)
    };
    assert!(retry_after > Duration::from_secs(3) && retry_after < Duration::from_secs(5));
    assert!(found.steps.is_empty() && server.received().len() == before);
    assert_eq!(left(&budget).await, 9 - before);
    assert_eq!(withheld(&seen), ["circuit_open"]);
    assert_eq!(
        registry.health().circuits,
        [("lookup", State::Open), ("household", State::Closed)]
    );
    assert!(registry.health().is_degraded());
    let household = registry
        .find_household(mau(), within(DEADLINE), &self::budget(9))
        .await;
    assert_eq!(
        household.outcome.unwrap_err(),
        Failure::Unavailable(Outage::Reset)
    );
}

#[tokio::test]
async fn refusals_and_empty_answers_never_open_the_breaker() {
    for body in [
        fault("QUOTA"),
        fault("MAINTENANCE"),
        empty(),
        "<html/>".to_owned(),
    ] {
        let server = Server::start([Act::Send(http(200, &body))]).await;
        let registry = with_terms(
            &server.url,
            |config| config.breaker.least_calls = 2,
            &Arc::default(),
        );
        for _ in 0..4 {
            registry.find(mau(), within(DEADLINE), &budget(9)).await;
        }
        assert_eq!(registry.health().circuits[0], ("lookup", State::Closed), "{body}");
    }
}

#[tokio::test]
async fn without_a_budget_of_retries_nothing_is_sent_again() {
    let server = Server::start([Act::Reset]).await;
    let seen = Arc::default();
    let registry = with_terms(&server.url, |config| config.retries.at_least = 1, &seen);
    let first = registry.find(mau(), within(DEADLINE), &budget(9)).await;
    let second = registry.find(mau(), within(DEADLINE), &budget(9)).await;
    assert_eq!((first.steps.len(), second.steps.len()), (2, 1));
    assert_eq!(withheld(&seen), ["retry_budget"]);
}

#[tokio::test]
async fn who_finds_no_room_is_refused_and_the_room_is_free_again_afterwards() {
    let told = Arc::new(Notify::new());
    let server = Server::start([Act::Wait(Arc::clone(&told), http(200, P01))]).await;
    let seen = Arc::default();
    let one = |config: &mut Config| {
        (config.bulkhead.least, config.bulkhead.most) = (1, 1);
        config.bulkhead.wait = Duration::from_millis(1);
    };
    let registry = with_terms(&server.url, one, &seen);
    let budget = budget(9);
    let mut first = Box::pin(registry.find(mau(), within(DEADLINE), &budget));
    assert!(futures_util::poll!(&mut first).is_pending());
    while registry.health().room.in_flight == 0 {
        tokio::task::yield_now().await;
    }
    let second = registry.find(mau(), within(DEADLINE), &budget).await;
    assert!(matches!(second.outcome, Err(Failure::BulkheadFull { .. })));
    assert_eq!(withheld(&seen), ["bulkhead_full"]);
    told.notify_one();
    assert!(first.await.outcome.is_ok());
    assert_eq!(registry.health().room.in_flight, 0);
}
