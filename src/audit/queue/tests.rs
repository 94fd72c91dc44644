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
    assert_eq!(bodies(queue.batch(&mut Pace::new(), 256).await), ["1"]);
}

/// Sees that 64 rows come together, as the writer does once a second.
async fn paced_by_64(queue: &Queue) -> Pace {
    let mut pace = Pace::new();
    fill(queue, 64);
    assert_eq!(queue.batch(&mut pace, 256).await.len(), 64);
    pace.look();
    fill(queue, 64);
    assert_eq!(queue.batch(&mut pace, 256).await.len(), 64);
    pace
}

fn fill(queue: &Queue, rows: usize) {
    for number in 0..rows {
        queue.put(row(number)).unwrap();
    }
}

#[tokio::test]
async fn under_load_half_of_the_callers_rows_go_together() {
    let queue = Queue::new(100);
    let mut pace = paced_by_64(&queue).await;
    assert_eq!(pace.wanted(), 32);
    fill(&queue, 40);
    assert_eq!(queue.batch(&mut pace, 256).await.len(), 40);
    assert_eq!(pace.wanted(), 32, "more at once is nothing new");
}

#[tokio::test]
async fn rows_wait_for_company_but_not_for_ever_and_the_pace_slows_down() {
    let queue = Queue::new(100);
    let mut pace = paced_by_64(&queue).await;
    fill(&queue, 3);
    assert_eq!(queue.batch(&mut pace, 256).await.len(), 3);
    assert_eq!(pace.wanted(), 2);
}

#[tokio::test]
async fn who_calls_alone_never_waits_for_company() {
    let queue = Queue::new(100);
    let mut pace = Pace::new();
    for _ in 0..3 {
        pace.look();
        fill(&queue, 1);
        assert_eq!(queue.batch(&mut pace, 256).await.len(), 1);
        assert_eq!((pace.wanted(), pace.is_looking), (1, false));
    }
}

#[tokio::test]
async fn a_full_queue_refuses_and_an_order_is_kept() {
    let queue = Queue::new(3);
    for number in 0..3 {
        queue.put(row(number)).unwrap();
    }
    assert!(queue.put(row(3)).is_err());
    assert_eq!(bodies(queue.batch(&mut Pace::new(), 2).await), ["0", "1"]);
    queue.put(row(4)).unwrap();
    assert_eq!(bodies(queue.batch(&mut Pace::new(), 256).await), ["2", "4"]);
}

#[tokio::test]
async fn a_closed_queue_gives_out_what_waits_and_then_nothing() {
    let queue = Queue::new(3);
    queue.put(row(1)).unwrap();
    queue.close();
    assert!(queue.put(row(2)).is_err());
    assert_eq!(queue.batch(&mut Pace::new(), 256).await.len(), 1);
    assert!(queue.batch(&mut Pace::new(), 256).await.is_empty());
}

#[tokio::test]
async fn the_writer_is_woken_by_the_row_that_it_waits_for() {
    let queue = std::sync::Arc::new(Queue::new(100));
    let writer = tokio::spawn({
        let queue = std::sync::Arc::clone(&queue);
        async move { queue.batch(&mut Pace::new(), 256).await.len() }
    });
    for number in 0..8 {
        queue.put(row(number)).unwrap();
        tokio::task::yield_now().await;
    }
    assert!(writer.await.unwrap() > 0);
}
