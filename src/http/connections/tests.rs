use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Poll, Wake, Waker};

use actix_service::{always_ready, fn_factory};
use tokio::io::duplex;
use tokio::time::timeout;

use super::*;

fn guarded() -> Guarded<tokio::io::DuplexStream> {
    let patient = Patient {
        keep_alive: END_WITHIN,
        head_within: END_WITHIN,
        handshake_within: END_WITHIN,
        write_within: END_WITHIN,
        handshakes_at_once: 1,
    };
    let (reply, cut): (Reply, Cut) = (Arc::new(|_| Bytes::new()), Arc::new(|_| ()));
    Guarded::new(duplex(64).0, None, patient, reply, cut)
}

/// Serves a connection as a server would that asks about a request put by once more only when it is woken.
struct AsksWhenWoken;

impl<S: 'static> Service<(Guarded<S>, Option<SocketAddr>)> for AsksWhenWoken {
    type Response = ();
    type Error = DispatchError;
    type Future = Pin<Box<dyn Future<Output = Result<(), DispatchError>>>>;

    always_ready!();

    fn call(&self, (connection, _): (Guarded<S>, Option<SocketAddr>)) -> Self::Future {
        let progress = connection.progress();
        let mut times = 0;
        Box::pin(poll_fn(move |context| {
            times += 1;
            if times == 1 {
                progress.put_by(context.waker());
                return Poll::Pending;
            }
            Poll::Ready(Ok(()))
        }))
    }
}

#[actix_web::test]
async fn a_request_that_the_server_left_put_by_is_asked_again() {
    let factory = looked_after(fn_factory(|| async { Ok::<_, ()>(AsksWhenWoken) }));
    let server = factory.new_service(()).await.unwrap();
    let served = server.call((guarded(), None));
    timeout(END_WITHIN, served).await.unwrap().unwrap();
}

#[actix_web::test]
async fn who_is_asked_in_the_same_turn_is_not_woken_and_who_waits_elsewhere_is_at_once() {
    let (progress, woken) = (guarded().progress(), Arc::new(Woken::default()));
    let waker = Waker::from(Arc::clone(&woken));
    progress.turn(|| {
        progress.put_by(&waker);
        progress.take_up();
    });
    assert_eq!(woken.0.load(Ordering::Relaxed), 0);
    progress.turn(|| progress.put_by(&waker));
    assert_eq!(woken.0.load(Ordering::Relaxed), 1);
    progress.turn(|| ());
    assert_eq!(woken.0.load(Ordering::Relaxed), 1, "once");
    progress.put_by(&waker);
    assert_eq!(woken.0.load(Ordering::Relaxed), 2);
}

#[derive(Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}
