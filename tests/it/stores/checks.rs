//! Is a check kept, tried by one gateway at a time, and ended once?

use dancu::checks::kept::{Row, Store, Waiting, Waits};
use dancu::domain::client::ClientId;
use futures_util::future::{join, join_all};
use uuid::Uuid;

use super::{Ground, Place, at};

pub async fn all(ground: &Ground) {
    an_answer_is_its_client_s_alone_and_durable(&ground.place()).await;
    those_that_wait_are_listed_in_their_turn(&ground.place()).await;
    a_check_is_in_one_hand_until_that_lets_go(&ground.place()).await;
    of_gateways_that_try_the_same_checks_each_gets_its_own(&ground.place()).await;
    a_check_ends_once(&ground.place()).await;
    what_waits_is_not_cleaned_away(&ground.place()).await;
}

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn client(name: &str) -> ClientId {
    name.parse().unwrap()
}

fn ended(number: u128, entered: i64) -> Row {
    Row {
        id: id(number),
        client: client("demo"),
        entered_at: at(entered),
        answer: format!("answer {number}").into_bytes(),
        waits: None,
    }
}

fn waits(number: u128, retry: i64, due: i64) -> Row {
    Row {
        waits: Some(Waits {
            request: format!("request {number}").into_bytes(),
            retry_at: at(retry),
            due: at(due),
        }),
        ..ended(number, 0)
    }
}

fn numbers(waiting: Vec<Waiting>) -> Vec<u128> {
    let number = |one: Waiting| {
        assert_eq!(one.request, format!("request {}", one.id.as_u128()).into_bytes());
        one.id.as_u128()
    };
    waiting.into_iter().map(number).collect()
}

async fn waiting(store: &dyn Store, second: i64, limit: u32) -> Vec<u128> {
    numbers(store.waiting(at(second), limit).await.unwrap())
}

async fn an_answer_is_its_client_s_alone_and_durable(place: &Place<'_>) {
    let store = place.open("gw1").await.unwrap();
    store.checks.enter(ended(1, 0)).await.unwrap();
    assert!(
        store.checks.enter(ended(1, 0)).await.is_err(),
        "one name, two checks"
    );
    store.close().await;
    drop(store);
    let store = place.open("gw1").await.unwrap();
    let found = store.checks.find(id(1), &client("demo")).await.unwrap();
    assert_eq!(found.as_deref(), Some(&b"answer 1"[..]));
    assert_eq!(store.checks.find(id(1), &client("other")).await, Ok(None));
    assert_eq!(store.checks.find(id(2), &client("demo")).await, Ok(None));
    store.close().await;
}

async fn those_that_wait_are_listed_in_their_turn(place: &Place<'_>) {
    let store = place.open("gw1").await.unwrap().checks;
    for row in [
        ended(1, 0),
        waits(2, 30, 300),
        waits(3, 10, 200),
        waits(4, 20, 100),
    ] {
        store.enter(row).await.unwrap();
    }
    assert_eq!(waiting(&*store, 9, 10).await, []);
    assert_eq!(waiting(&*store, 10, 10).await, [3]);
    assert_eq!(waiting(&*store, 30, 10).await, [3, 4, 2]);
    assert_eq!(waiting(&*store, 30, 2).await, [3, 4]);
    store.put_off(id(3), at(40)).await.unwrap();
    store.put_off(id(1), at(40)).await.unwrap();
    assert_eq!(waiting(&*store, 40, 10).await, [4, 2, 3]);
    let overdue = async |second| numbers(store.overdue(at(second), 10).await.unwrap());
    assert_eq!(overdue(99).await, []);
    assert_eq!(overdue(200).await, [4, 3]);
    assert!(store.take(id(4), at(200), at(210)).await.unwrap());
    assert_eq!(overdue(209).await, [3], "in somebody's hands");
    assert_eq!(overdue(210).await, [4, 3]);
}

async fn a_check_is_in_one_hand_until_that_lets_go(place: &Place<'_>) {
    let gateways = place.gateways().await;
    let (one, two) = (&gateways[0].checks, &gateways.last().unwrap().checks);
    one.enter(waits(1, 10, 300)).await.unwrap();
    assert_eq!(one.take(id(1), at(9), at(29)).await, Ok(false), "before its time");
    assert_eq!(one.take(id(1), at(10), at(30)).await, Ok(true));
    assert_eq!(two.take(id(1), at(10), at(30)).await, Ok(false));
    assert_eq!(two.take(id(1), at(29), at(49)).await, Ok(false));
    assert_eq!(waiting(&**two, 29, 10).await, []);
    // The hand that had it died.
    assert_eq!(two.take(id(1), at(30), at(50)).await, Ok(true));
    two.put_off(id(1), at(35)).await.unwrap();
    assert_eq!(one.take(id(1), at(35), at(55)).await, Ok(true));
    assert_eq!(one.finish(id(1), b"end".to_vec()).await, Ok(true));
    assert_eq!(two.take(id(1), at(99), at(100)).await, Ok(false), "it has ended");
    assert_eq!(two.take(id(2), at(99), at(100)).await, Ok(false), "there is none");
}

async fn of_gateways_that_try_the_same_checks_each_gets_its_own(place: &Place<'_>) {
    let gateways = place.gateways().await;
    let (one, two) = (&gateways[0].checks, &gateways.last().unwrap().checks);
    for number in 0..100 {
        one.enter(waits(number, 0, 300)).await.unwrap();
    }
    let taken_by = async |store: &dyn Store| {
        let takes = (0..100).map(|number| store.take(id(number), at(0), at(20)));
        join_all(takes)
            .await
            .into_iter()
            .map(Result::unwrap)
            .collect::<Vec<_>>()
    };
    let (first, second) = join(taken_by(&**one), taken_by(&**two)).await;
    for (number, pair) in first.into_iter().zip(second).enumerate() {
        assert!(
            pair.0 != pair.1,
            "check {number} was taken by both or by none: {pair:?}"
        );
    }
}

async fn a_check_ends_once(place: &Place<'_>) {
    let gateways = place.gateways().await;
    let (one, two) = (&gateways[0].checks, &gateways.last().unwrap().checks);
    for number in 0..50 {
        one.enter(waits(number, 0, 300)).await.unwrap();
        let ends = join(
            one.finish(id(number), b"one".to_vec()),
            two.finish(id(number), b"two".to_vec()),
        );
        let (first, second) = ends.await;
        let (first, second) = (first.unwrap(), second.unwrap());
        assert!(first != second, "check {number} ended twice, or never");
        let end = one.find(id(number), &client("demo")).await.unwrap().unwrap();
        assert_eq!(end, if first { b"one" } else { b"two" });
    }
    assert_eq!(waiting(&**one, 999, 10).await, []);
    assert_eq!(one.finish(id(999), b"none".to_vec()).await, Ok(false));
}

async fn what_waits_is_not_cleaned_away(place: &Place<'_>) {
    let store = place.open("gw1").await.unwrap().checks;
    for row in [ended(1, 10), ended(2, 20), waits(3, 5, 300)] {
        store.enter(row).await.unwrap();
    }
    assert_eq!(store.clean(at(20)).await, Ok(1));
    assert_eq!(store.clean(at(20)).await, Ok(0));
    assert_eq!(store.find(id(1), &client("demo")).await, Ok(None));
    assert_eq!(waiting(&*store, 5, 10).await, [3]);
    store.finish(id(3), b"end".to_vec()).await.unwrap();
    assert_eq!(store.clean(at(21)).await, Ok(2));
}
