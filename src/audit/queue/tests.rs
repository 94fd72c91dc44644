use tokio::sync::oneshot;

use super::*;
use crate::audit::row::Row;

fn row(number: usize) -> Pending {
    let row = Row {
        body: number.to_string(),
        time: 0,
        person: None,
        spent: None,
    };
    Pending {
        row,
        answer: oneshot::channel().0,
    }
}

fn queue(room: usize) -> Arc<Queue> {
    Arc::new(Queue::new(room))
}

/// Puts rows in; nobody gathers for them.
fn put(queue: &Arc<Queue>, numbers: std::ops::Range<usize>) {
    for number in numbers {
        drop(queue.put(row(number)).unwrap());
    }
}

const SHORT: Duration = Duration::from_millis(1);
const LONG: Duration = Duration::from_secs(60);

fn next(queue: &Queue, most: usize, idle: Duration) -> Vec<String> {
    match queue.next(most, idle) {
        Next::Rows(rows) => rows.into_iter().map(|pending| pending.row.body).collect(),
        Next::Nothing | Next::End => Vec::new(),
    }
}

#[tokio::test]
async fn alone_a_row_goes_at_once() {
    let queue = queue(10);
    let gathering = queue.put(row(1)).unwrap().unwrap();
    gathering.gather().await;
    assert_eq!(next(&queue, 256, LONG), ["1"]);
}

#[tokio::test]
async fn rows_of_all_calls_that_are_ready_go_together() {
    let queue = queue(100);
    let first = queue.put(row(9)).unwrap().unwrap();
    let others: Vec<_> = (0..5)
        .map(|number| {
            let queue = Arc::clone(&queue);
            tokio::spawn(async move { assert!(queue.put(row(number)).unwrap().is_none()) })
        })
        .collect();
    first.gather().await;
    assert_eq!(next(&queue, 256, LONG), ["9", "0", "1", "2", "3", "4"]);
    for other in others {
        other.await.unwrap();
    }
}

#[test]
fn enough_rows_go_while_others_are_worked_on() {
    let queue = queue(100);
    let gathering = queue.put(row(0)).unwrap();
    put(&queue, 1..ENOUGH);
    assert_eq!(next(&queue, 256, LONG).len(), ENOUGH);
    // Who gathered for those has nothing to do with the next.
    let later = queue.put(row(ENOUGH)).unwrap();
    assert!(later.is_some());
    drop(gathering);
    assert!(!queue.lock().is_sent_for);
    drop(later);
    assert!(queue.lock().is_sent_for);
}

#[test]
fn half_of_those_who_came_are_waited_for_less_and_less_and_never_long() {
    let queue = queue(100);
    put(&queue, 0..60);
    assert_eq!(next(&queue, 256, LONG).len(), 60);
    put(&queue, 0..4);
    assert_eq!(queue.lock().company(), 26);
    assert_eq!(next(&queue, 256, LONG).len(), 4);
    assert_eq!(queue.lock().company(), 28);
    let mut company = 28;
    while company > 1 {
        put(&queue, 0..company);
        assert_eq!(next(&queue, 256, LONG).len(), company);
        put(&queue, 0..company);
        assert_eq!(next(&queue, 256, LONG).len(), company);
        assert!(queue.lock().company() < company);
        company = queue.lock().company();
    }
}

#[test]
fn a_caller_who_goes_away_leaves_no_row_behind() {
    let queue = queue(10);
    let gathering = queue.put(row(1)).unwrap();
    assert!(queue.put(row(2)).unwrap().is_none());
    drop(gathering);
    assert_eq!(next(&queue, 256, LONG), ["1", "2"]);
}

#[test]
fn nobody_is_waited_for_for_ever() {
    let queue = queue(10);
    let _stuck = queue.put(row(1)).unwrap();
    assert_eq!(next(&queue, 256, SHORT), ["1"]);
}

#[test]
fn a_full_queue_refuses_and_an_order_is_kept() {
    let queue = queue(3);
    put(&queue, 0..3);
    assert!(queue.put(row(3)).is_err());
    assert_eq!(next(&queue, 2, LONG), ["0", "1"]);
    put(&queue, 4..5);
    assert_eq!(next(&queue, 256, LONG), ["2", "4"]);
}

#[test]
fn nothing_comes_of_an_empty_queue_and_its_end_of_a_closed_one() {
    let queue = queue(3);
    assert!(matches!(queue.next(256, SHORT), Next::Nothing));
    let _gathering = queue.put(row(1)).unwrap();
    queue.close();
    assert!(queue.put(row(2)).is_err());
    assert_eq!(next(&queue, 256, LONG), ["1"]);
    assert!(matches!(queue.next(256, LONG), Next::End));
}

#[test]
fn the_writer_is_woken_by_enough_rows_by_a_call_and_by_the_end() {
    let queue = queue(100);
    let writer = std::thread::spawn({
        let queue = Arc::clone(&queue);
        move || {
            let first = next(&queue, 256, LONG).len();
            let second = next(&queue, 256, LONG).len();
            (first, second, matches!(queue.next(256, LONG), Next::End))
        }
    });
    let wait_until_empty = || {
        while queue.len() > 0 {
            std::thread::yield_now();
        }
    };
    let _gathering = queue.put(row(0)).unwrap();
    for number in 1..ENOUGH {
        assert!(queue.put(row(number)).unwrap().is_none());
    }
    wait_until_empty();
    drop(queue.put(row(1)).unwrap());
    wait_until_empty();
    queue.close();
    assert_eq!(writer.join().unwrap(), (ENOUGH, 1, true));
}
