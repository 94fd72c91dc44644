//! Is there room for as many as are allowed, in the right order, and is none lost?

use futures_util::poll;

use super::*;
use crate::clock::{Clock as _, SystemClock};

fn bulkhead(room: u32, waiting: usize, wait: Duration) -> Arc<Bulkhead> {
    let terms = Terms {
        least: room,
        most: room,
        waiting,
        wait,
    };
    Bulkhead::new(terms, SystemClock.steady())
}

const LONG: Duration = Duration::from_secs(60);

#[tokio::test]
async fn there_is_room_for_so_many_and_who_waits_has_it_next() {
    let bulkhead = bulkhead(2, 10, LONG);
    let first = bulkhead.enter(Class::Interactive, LONG).await.unwrap();
    let _second = bulkhead.enter(Class::Interactive, LONG).await.unwrap();
    let mut third = Box::pin(bulkhead.enter(Class::Interactive, LONG));
    assert!(poll!(&mut third).is_pending());
    assert_eq!((bulkhead.room().in_flight, bulkhead.room().waiting), (2, 1));
    drop(first);
    let third = third.await.unwrap();
    assert_eq!((bulkhead.room().in_flight, bulkhead.room().waiting), (2, 0));
    drop(third);
    assert_eq!(bulkhead.room().in_flight, 1);
}

#[tokio::test]
async fn who_waits_too_long_or_finds_the_line_full_is_refused() {
    let bulkhead = bulkhead(1, 1, Duration::from_millis(1));
    let held = bulkhead.enter(Class::Interactive, LONG).await.unwrap();
    assert_eq!(bulkhead.enter(Class::Interactive, LONG).await.unwrap_err(), FULL);
    let mut waiting = Box::pin(bulkhead.enter(Class::Batch, LONG));
    assert!(poll!(&mut waiting).is_pending());
    let mut refused = Box::pin(bulkhead.enter(Class::Interactive, LONG));
    assert!(
        poll!(&mut refused).is_ready(),
        "nobody waits beyond the line's end"
    );
    drop(waiting);
    let mut waiting = Box::pin(bulkhead.enter(Class::Batch, LONG));
    assert!(poll!(&mut waiting).is_pending(), "who went away holds no place");
    drop(held);
    drop(waiting.await.unwrap());
    assert_eq!(
        (bulkhead.room().in_flight, bulkhead.room().batches_waiting),
        (0, 0)
    );
}

#[tokio::test]
async fn a_counter_goes_before_a_batch_that_has_waited_longer() {
    let bulkhead = bulkhead(1, 10, LONG);
    let held = bulkhead.enter(Class::Interactive, LONG).await.unwrap();
    let mut batch = Box::pin(bulkhead.enter(Class::Batch, LONG));
    assert!(poll!(&mut batch).is_pending());
    let mut counter = Box::pin(bulkhead.enter(Class::Interactive, LONG));
    assert!(poll!(&mut counter).is_pending());
    drop(held);
    assert!(poll!(&mut batch).is_pending());
    drop(counter.await.unwrap());
    assert!(
        batch.await.is_ok(),
        "and the batch has its turn when nobody else waits"
    );
}

#[tokio::test]
async fn batches_leave_half_of_the_room() {
    let bulkhead = bulkhead(4, 10, LONG);
    let _rows = [
        bulkhead.enter(Class::Batch, LONG).await.unwrap(),
        bulkhead.enter(Class::Batch, LONG).await.unwrap(),
    ];
    let mut third = Box::pin(bulkhead.enter(Class::Batch, LONG));
    assert!(poll!(&mut third).is_pending());
    let mut counter = Box::pin(bulkhead.enter(Class::Interactive, LONG));
    assert!(poll!(&mut counter).is_ready(), "though a batch waits");
}

#[tokio::test]
async fn room_that_comes_to_somebody_who_goes_away_is_not_lost() {
    let bulkhead = bulkhead(1, 10, LONG);
    for _ in 0..3 {
        let held = bulkhead.enter(Class::Interactive, LONG).await.unwrap();
        let mut gone = Box::pin(bulkhead.enter(Class::Interactive, LONG));
        let mut next = Box::pin(bulkhead.enter(Class::Interactive, LONG));
        assert!(poll!(&mut gone).is_pending() && poll!(&mut next).is_pending());
        // The slot is on its way to the first when that goes away.
        drop(held);
        drop(gone);
        drop(next.await.unwrap());
        assert_eq!(bulkhead.room().in_flight, 0);
    }
}
