//! Does one call serve all who wait, and nobody wait in vain?

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Barrier;

use super::*;
use crate::policy::tests::sample::subject;
use crate::records::{Config, Records, Sharing};
use crate::sealing::{Label, MasterSecret, Names, Pseudonyms};

type Numbers = Arc<Flights<u32>>;

fn key(name: &str) -> Key {
    let config = Config {
        capacity: 1,
        lifetime: std::time::Duration::from_secs(60),
        absent_lifetime: std::time::Duration::from_secs(1),
        second_level: false,
    };
    let secret = MasterSecret::new(&[7; 32]).unwrap();
    let records = Records::new(
        config,
        Names::new(&secret, Label::Cache).unwrap(),
        Pseudonyms::new(&secret, Label::Cache).unwrap(),
    );
    records.key(&subject("100190000001", name, "1990"), Sharing::Shared)
}

fn lead(flights: &Numbers, key: &Key) -> Lead<u32> {
    match flights.join(key) {
        Joined::Lead(lead) => lead,
        Joined::Wait(_) => panic!("nobody leads yet"),
    }
}

fn wait(flights: &Numbers, key: &Key) -> Flight<u32> {
    match flights.join(key) {
        Joined::Wait(flight) => flight,
        Joined::Lead(_) => panic!("somebody leads already"),
    }
}

#[tokio::test]
async fn all_who_wait_get_the_landing_early_or_late() {
    let (flights, key) = (Numbers::default(), key("A"));
    let lead = lead(&flights, &key);
    let (early, late) = (wait(&flights, &key), wait(&flights, &key));
    let early = tokio::spawn(early.landing());
    tokio::task::yield_now().await;
    lead.land(7);
    assert_eq!(early.await.unwrap(), Some(7));
    assert_eq!(late.landing().await, Some(7), "the leader is long gone");
}

#[tokio::test]
async fn a_lead_that_is_dropped_sends_each_on_its_own_way() {
    let (flights, key) = (Numbers::default(), key("A"));
    let leading = lead(&flights, &key);
    let (first, second) = (wait(&flights, &key), wait(&flights, &key));
    drop(leading);
    assert_eq!(first.landing().await, None);
    let next = lead(&flights, &key);
    assert_eq!(
        second.landing().await,
        None,
        "who waited for the old one doesn't wait for the new"
    );
    let third = wait(&flights, &key);
    next.land(8);
    assert_eq!(third.landing().await, Some(8));
}

#[tokio::test]
async fn after_a_landing_the_next_leads_anew() {
    let (flights, key) = (Numbers::default(), key("A"));
    lead(&flights, &key).land(1);
    lead(&flights, &key).land(2);
    assert!(flights.lock().is_empty(), "nothing is left behind");
}

#[tokio::test]
async fn another_name_is_another_flight() {
    let flights = Numbers::default();
    let (first, second) = (lead(&flights, &key("A")), lead(&flights, &key("B")));
    let waiting = wait(&flights, &key("A"));
    second.land(2);
    first.land(1);
    assert_eq!(waiting.landing().await, Some(1));
}

#[tokio::test]
async fn who_stops_waiting_harms_nobody() {
    let (flights, key) = (Numbers::default(), key("A"));
    let lead = lead(&flights, &key);
    let (gone, stays) = (wait(&flights, &key), wait(&flights, &key));
    drop(gone);
    lead.land(1);
    assert_eq!(stays.landing().await, Some(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_tasks_one_leads_and_all_get_what_it_brings() {
    const TASKS: usize = 500;
    let (flights, leaders) = (Numbers::default(), Arc::new(AtomicUsize::new(0)));
    let all_joined = Arc::new(Barrier::new(TASKS));
    let key = key("A");
    let tasks: Vec<_> = (0..TASKS)
        .map(|_| {
            let (flights, leaders, all_joined) = (flights.clone(), leaders.clone(), all_joined.clone());
            tokio::spawn(async move {
                match flights.join(&key) {
                    Joined::Lead(lead) => {
                        leaders.fetch_add(1, Ordering::Relaxed);
                        all_joined.wait().await;
                        lead.land(42);
                        Some(42)
                    }
                    Joined::Wait(flight) => {
                        all_joined.wait().await;
                        flight.landing().await
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), Some(42));
    }
    assert_eq!(leaders.load(Ordering::Relaxed), 1);
    assert!(flights.lock().is_empty());
}
