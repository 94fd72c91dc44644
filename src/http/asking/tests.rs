use super::*;

#[actix_web::test]
async fn work_goes_on_when_nobody_waits_for_it() {
    let (done, finished) = tokio::sync::oneshot::channel();
    let (go_on, gone) = tokio::sync::oneshot::channel::<()>();
    let work = async move {
        gone.await.unwrap();
        done.send("finished").unwrap();
    };
    let mut handler = Box::pin(detached(work));
    let polled = std::future::poll_fn(|context| std::task::Poll::Ready(handler.as_mut().poll(context))).await;
    assert!(polled.is_pending());
    drop(handler);
    go_on.send(()).unwrap();
    assert_eq!(finished.await, Ok("finished"));
}

#[actix_web::test]
async fn a_panic_stays_within_its_call() {
    let panicked = detached(async { assert!(std::hint::black_box(false), "nobody hears this") }).await;
    assert!(panicked.is_err_and(|error| error.is_panic()));
}
