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

#[tokio::test]
async fn alone_a_row_goes_at_once() {
    let queue = Queue::new(10);
    queue.put(row(1)).unwrap();
    assert_eq!(bodies(queue.batch(0, 256).await), ["1"]);
}

#[tokio::test]
async fn after_a_large_batch_rows_wait_for_as_many_again_but_not_for_ever() {
    let queue = Queue::new(100);
    for number in 0..3 {
        queue.put(row(number)).unwrap();
    }
    assert_eq!(queue.batch(64, 256).await.len(), 3);
    for number in 0..64 {
        queue.put(row(number)).unwrap();
    }
    assert_eq!(queue.batch(64, 256).await.len(), 64);
}

#[tokio::test]
async fn a_full_queue_refuses_and_an_order_is_kept() {
    let queue = Queue::new(3);
    for number in 0..3 {
        queue.put(row(number)).unwrap();
    }
    assert!(queue.put(row(3)).is_err());
    assert_eq!(bodies(queue.batch(0, 2).await), ["0", "1"]);
    queue.put(row(4)).unwrap();
    assert_eq!(bodies(queue.batch(2, 256).await), ["2", "4"]);
}

#[tokio::test]
async fn a_closed_queue_gives_out_what_waits_and_then_nothing() {
    let queue = Queue::new(3);
    queue.put(row(1)).unwrap();
    queue.close();
    assert!(queue.put(row(2)).is_err());
    assert_eq!(queue.batch(64, 256).await.len(), 1);
    assert!(queue.batch(1, 256).await.is_empty());
}

#[tokio::test]
async fn the_writer_is_woken_by_the_row_that_it_waits_for() {
    let queue = std::sync::Arc::new(Queue::new(100));
    let writer = tokio::spawn({
        let queue = std::sync::Arc::clone(&queue);
        async move { queue.batch(8, 256).await.len() }
    });
    for number in 0..8 {
        queue.put(row(number)).unwrap();
        tokio::task::yield_now().await;
    }
    assert!(writer.await.unwrap() > 0);
}
