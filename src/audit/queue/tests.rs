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

fn bodies(rows: Vec<Pending>) -> Vec<String> {
    rows.into_iter().map(|pending| pending.row.body).collect()
}

fn count(next: Next) -> usize {
    match next {
        Next::Rows(rows) => rows.len(),
        Next::Nothing | Next::End => 0,
    }
}

const IDLE: Duration = Duration::from_millis(1);

fn next(queue: &Queue, last: usize, most: usize) -> Vec<String> {
    match queue.next(last, most, IDLE) {
        Next::Rows(rows) => bodies(rows),
        Next::Nothing | Next::End => Vec::new(),
    }
}

#[test]
fn alone_a_row_goes_at_once() {
    let queue = Queue::new(10);
    queue.put(row(1)).unwrap();
    assert_eq!(next(&queue, 0, 256), ["1"]);
}

#[test]
fn after_a_large_batch_rows_wait_for_as_many_again_but_not_for_ever() {
    let queue = Queue::new(100);
    for number in 0..3 {
        queue.put(row(number)).unwrap();
    }
    assert_eq!(next(&queue, 64, 256).len(), 3);
    for number in 0..64 {
        queue.put(row(number)).unwrap();
    }
    assert_eq!(next(&queue, 64, 256).len(), 64);
}

#[test]
fn a_full_queue_refuses_and_an_order_is_kept() {
    let queue = Queue::new(3);
    for number in 0..3 {
        queue.put(row(number)).unwrap();
    }
    assert!(queue.put(row(3)).is_err());
    assert_eq!(next(&queue, 0, 2), ["0", "1"]);
    queue.put(row(4)).unwrap();
    assert_eq!(next(&queue, 2, 256), ["2", "4"]);
}

#[test]
fn nothing_comes_of_an_empty_queue_and_its_end_of_a_closed_one() {
    let queue = Queue::new(3);
    assert!(matches!(queue.next(0, 256, IDLE), Next::Nothing));
    queue.put(row(1)).unwrap();
    queue.close();
    assert!(queue.put(row(2)).is_err());
    assert_eq!(next(&queue, 64, 256), ["1"]);
    assert!(matches!(queue.next(64, 256, IDLE), Next::End));
}

#[test]
fn the_writer_is_woken_by_a_row_and_by_the_end() {
    let long = Duration::from_secs(60);
    let queue = std::sync::Arc::new(Queue::new(100));
    let writer = std::thread::spawn({
        let queue = std::sync::Arc::clone(&queue);
        move || {
            (
                count(queue.next(0, 256, long)),
                matches!(queue.next(0, 256, long), Next::End),
            )
        }
    });
    queue.put(row(1)).unwrap();
    while queue.len() > 0 {
        std::thread::yield_now();
    }
    queue.close();
    assert_eq!(writer.join().unwrap(), (1, true));
}
