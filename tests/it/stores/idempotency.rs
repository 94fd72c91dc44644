//! Does a key let one call run, whichever gateway it comes to?

use dancu::idempotency::{Found, Running, Store};
use dancu::sealing::{Label, MasterSecret, Pseudonym, Pseudonyms};
use futures_util::future::join;
use uuid::Uuid;

use super::{Ground, Place, at};

pub async fn all(ground: &Ground) {
    a_run_is_entered_once_and_its_answer_given_again(&ground.place()).await;
    a_run_that_lapsed_gives_way_and_keeps_nothing(&ground.place()).await;
    an_abandoned_run_frees_its_key(&ground.place()).await;
    of_two_that_race_one_runs(&ground.place()).await;
    of_many_for_a_key_that_has_lapsed_one_runs(&ground.place()).await;
    what_has_expired_does_not_pile_up(&ground.place()).await;
}

fn pseudonym(text: &str) -> Pseudonym {
    let secret = MasterSecret::new(&[1; 32]).unwrap();
    Pseudonyms::new(&secret, Label::Idempotency).unwrap().of(text)
}

fn running(key: &str) -> Running {
    Running {
        scope: pseudonym(key),
        run: Uuid::new_v4(),
    }
}

async fn begin(store: &dyn Store, running: Running, second: i64) -> Found {
    let begun = store.begin(running, pseudonym("body"), at(second), at(second + 10));
    begun.await.unwrap()
}

fn other(answer: Option<&[u8]>) -> Found {
    Found::Other {
        body: pseudonym("body").to_string(),
        answer: answer.map(<[u8]>::to_vec),
    }
}

async fn a_run_is_entered_once_and_its_answer_given_again(place: &Place<'_>) {
    let gateways = place.gateways().await;
    let (one, two) = (&gateways[0].idempotency, &gateways.last().unwrap().idempotency);
    let first = running("a");
    assert_eq!(begin(&**one, first, 0).await, Found::Entered);
    assert_eq!(begin(&**two, running("a"), 1).await, other(None));
    assert_eq!(begin(&**two, running("b"), 1).await, Found::Entered);
    one.complete(first, b"sealed".to_vec(), at(100)).await.unwrap();
    for second in [2, 50, 99] {
        assert_eq!(begin(&**two, running("a"), second).await, other(Some(b"sealed")));
    }
    for gateway in &gateways {
        gateway.close().await;
    }
    drop(gateways);
    let again = place.open("gw1").await.unwrap();
    let found = begin(&*again.idempotency, running("a"), 99).await;
    assert_eq!(found, other(Some(b"sealed")));
    assert_eq!(
        begin(&*again.idempotency, running("a"), 100).await,
        Found::Entered
    );
    assert_eq!(begin(&*again.idempotency, running("a"), 101).await, other(None));
    again.close().await;
}

async fn a_run_that_lapsed_gives_way_and_keeps_nothing(place: &Place<'_>) {
    let store = place.open("gw1").await.unwrap().idempotency;
    let (first, second) = (running("a"), running("a"));
    assert_eq!(begin(&*store, first, 0).await, Found::Entered);
    assert_eq!(begin(&*store, running("a"), 9).await, other(None));
    assert_eq!(begin(&*store, second, 10).await, Found::Entered);
    store.complete(first, b"late".to_vec(), at(99)).await.unwrap();
    store.abandon(first).await.unwrap();
    assert_eq!(begin(&*store, running("a"), 12).await, other(None));
    store.complete(second, b"in time".to_vec(), at(99)).await.unwrap();
    store.abandon(second).await.unwrap();
    assert_eq!(begin(&*store, running("a"), 13).await, other(Some(b"in time")));
}

async fn an_abandoned_run_frees_its_key(place: &Place<'_>) {
    let store = place.open("gw1").await.unwrap().idempotency;
    let first = running("a");
    assert_eq!(begin(&*store, first, 0).await, Found::Entered);
    store.abandon(first).await.unwrap();
    assert_eq!(begin(&*store, running("a"), 1).await, Found::Entered);
}

async fn of_two_that_race_one_runs(place: &Place<'_>) {
    let gateways = place.gateways().await;
    let (one, two) = (&gateways[0].idempotency, &gateways.last().unwrap().idempotency);
    for race in 0..200 {
        let key = format!("race {race}");
        let both = join(begin(&**one, running(&key), 0), begin(&**two, running(&key), 0));
        let (first, second) = both.await;
        let won = [&first, &second]
            .into_iter()
            .filter(|found| **found == Found::Entered);
        assert_eq!(won.count(), 1, "{key}: {first:?}, {second:?}");
        assert!([first, second].contains(&other(None)), "{key}");
    }
}

async fn of_many_for_a_key_that_has_lapsed_one_runs(place: &Place<'_>) {
    let gateways = place.gateways().await;
    assert_eq!(
        begin(&*gateways[0].idempotency, running("a"), 0).await,
        Found::Entered
    );
    let calls = (0..20).map(|call| begin(&*gateways[call % gateways.len()].idempotency, running("a"), 10));
    let begun = futures_util::future::join_all(calls).await;
    let won = begun.iter().filter(|found| **found == Found::Entered);
    assert_eq!(won.count(), 1, "{begun:?}");
}

async fn what_has_expired_does_not_pile_up(place: &Place<'_>) {
    let store = place.open("gw1").await.unwrap().idempotency;
    for call in 0..100 {
        begin(&*store, running(&format!("old {call}")), 0).await;
    }
    for call in 0..20 {
        begin(&*store, running(&format!("new {call}")), 10).await;
    }
    let left = place.by_hand("SELECT count(*) FROM idempotency").await;
    assert_eq!(left, Some(20));
}
