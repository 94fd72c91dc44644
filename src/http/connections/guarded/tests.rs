use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};

use super::super::places::Places;
use super::*;

const NOTHING: Duration = Duration::ZERO;
const LONG: Duration = Duration::from_secs(600);

fn patient(head_within: Duration, write_within: Duration) -> Patient {
    Patient {
        keep_alive: LONG,
        head_within,
        handshake_within: LONG,
        write_within,
        handshakes_at_once: 1,
    }
}

/// Guards one end of a pipe of 64 bytes, and notes why it was cut.
fn guard(patient: Patient) -> (Guarded<DuplexStream>, DuplexStream, Arc<Mutex<Vec<&'static str>>>) {
    let (ours, theirs) = duplex(64);
    let cuts = Arc::new(Mutex::new(Vec::new()));
    let noting = Arc::clone(&cuts);
    let cut: Cut = Arc::new(move |what| noting.lock().unwrap().push(what));
    let reply: Reply = Arc::new(|code| format!("<{}>", code.as_str()).into());
    let places = Arc::new(Places::new(NonZeroUsize::MIN));
    let place = places.take("127.0.0.1".parse().unwrap());
    (Guarded::new(ours, place, patient, reply, cut), theirs, cuts)
}

#[tokio::test]
async fn a_head_that_stands_still_on_a_kept_connection_is_cut() {
    let (mut guarded, mut client, cuts) = guard(patient(NOTHING, LONG));
    let mut read = [0; 64];
    // The first head is the server's to wait for.
    client.write_all(b"GET").await.unwrap();
    assert_eq!(guarded.read(&mut read).await.unwrap(), 3);
    let mut waiting = poll_once(&mut guarded);
    assert!(waiting.is_pending());
    // A request under way may send its body as slowly as its handler allows.
    let under_way = guarded.progress().begin();
    client.write_all(b"body").await.unwrap();
    assert_eq!(guarded.read(&mut read).await.unwrap(), 4);
    waiting = poll_once(&mut guarded);
    assert!(waiting.is_pending());
    drop(under_way);
    // An idle connection is the server's to end.
    waiting = poll_once(&mut guarded);
    assert!(waiting.is_pending());
    client.write_all(b"GET").await.unwrap();
    assert_eq!(guarded.read(&mut read).await.unwrap(), 3);
    let cut = guarded.read(&mut read).await.unwrap_err();
    assert_eq!(cut.kind(), io::ErrorKind::TimedOut);
    assert_eq!(*cuts.lock().unwrap(), ["slow_head"]);
}

fn poll_once(guarded: &mut Guarded<DuplexStream>) -> Poll<io::Result<()>> {
    let mut space = [0; 64];
    let mut into = ReadBuf::new(&mut space);
    let mut context = Context::from_waker(Waker::noop());
    Pin::new(guarded).poll_read(&mut context, &mut into)
}

#[tokio::test]
async fn who_does_not_read_is_cut_and_who_does_is_not() {
    let (mut guarded, mut client, cuts) = guard(patient(LONG, NOTHING));
    let cut = guarded.write_all(&[b'x'; 1_000]).await.unwrap_err();
    assert_eq!(cut.kind(), io::ErrorKind::TimedOut);
    assert_eq!(*cuts.lock().unwrap(), ["slow_reader"]);
    let mut read = [0; 64];
    assert_eq!(client.read(&mut read).await.unwrap(), 64);

    let (mut guarded, mut client, cuts) = guard(patient(LONG, LONG));
    let reading = async {
        let mut all = Vec::new();
        client.read_to_end(&mut all).await.unwrap();
        all.len()
    };
    let writing = async {
        guarded.write_all(&[b'x'; 1_000]).await.unwrap();
        guarded.shutdown().await.unwrap();
    };
    let (read, ()) = tokio::join!(reading, writing);
    assert_eq!(read, 1_000);
    assert!(cuts.lock().unwrap().is_empty());
}

#[tokio::test]
async fn what_the_server_refuses_by_itself_leaves_as_a_problem() {
    for (beginning, code) in BARE {
        let (mut guarded, mut client, _) = guard(patient(LONG, LONG));
        let bare = [beginning, b"connection: close\r\n\r\n"].concat();
        guarded.write_all(&bare).await.unwrap();
        guarded.write_all(b"HTTP/1.1 200 OK\r\n").await.unwrap();
        drop(guarded);
        let mut sent = String::new();
        client.read_to_string(&mut sent).await.unwrap();
        assert_eq!(sent, format!("<{}>HTTP/1.1 200 OK\r\n", code.as_str()));
    }
}
