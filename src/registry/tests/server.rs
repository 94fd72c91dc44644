//! A registry of one socket that does what each test tells it to, call after call.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// What the server does with one call.
#[derive(Clone)]
pub(super) enum Act {
    /// Sends these bytes and closes.
    Send(Vec<u8>),
    /// Cuts the connection without an answer.
    Reset,
    /// Sends these bytes and cuts the connection.
    SendAndReset(Vec<u8>),
    /// Sends a byte now and then, for ever.
    Drip(Vec<u8>),
    /// Keeps the connection and says nothing.
    Hang,
    /// Waits to be told, then sends.
    Wait(Arc<Notify>, Vec<u8>),
}

pub(super) struct Server {
    pub url: String,
    received: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Starts a server that goes through `acts`, the last one over and over.
    pub(super) async fn start(acts: impl IntoIterator<Item = Act>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/dancu", listener.local_addr().unwrap());
        let received = Arc::new(Mutex::new(Vec::new()));
        let mut acts: VecDeque<Act> = acts.into_iter().collect();
        let seen = Arc::clone(&received);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let act = if acts.len() > 1 {
                    acts.pop_front()
                } else {
                    acts.front().cloned()
                };
                tokio::spawn(serve(stream, act.unwrap(), Arc::clone(&seen)));
            }
        });
        Self { url, received }
    }

    /// Gives the requests so far, head and body.
    pub(super) fn received(&self) -> Vec<String> {
        self.received.lock().unwrap().clone()
    }
}

async fn serve(mut stream: TcpStream, act: Act, received: Arc<Mutex<Vec<String>>>) {
    let request = read_request(&mut stream).await;
    received.lock().unwrap().push(request);
    match act {
        Act::Send(bytes) => send(&mut stream, &bytes).await,
        Act::Reset => stream.set_zero_linger().unwrap(),
        Act::SendAndReset(bytes) => {
            send(&mut stream, &bytes).await;
            stream.set_zero_linger().unwrap();
        }
        Act::Drip(bytes) => {
            let mut pace = tokio::time::interval(Duration::from_millis(20));
            for byte in bytes.iter().cycle() {
                pace.tick().await;
                if stream.write_all(&[*byte]).await.is_err() {
                    return;
                }
            }
        }
        Act::Hang => std::future::pending().await,
        Act::Wait(told, bytes) => {
            told.notified().await;
            send(&mut stream, &bytes).await;
        }
    }
}

async fn send(stream: &mut TcpStream, bytes: &[u8]) {
    // The client may have had enough before the end.
    let _ = stream.write_all(bytes).await;
    let _ = stream.flush().await;
}

async fn read_request(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    loop {
        let mut chunk = [0; 4096];
        let count = stream.read(&mut chunk).await.unwrap_or(0);
        bytes.extend_from_slice(&chunk[..count]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if count == 0 || text.ends_with("</soapenv:Envelope>") {
            return text;
        }
    }
}

/// Writes a whole HTTP answer.
pub(super) fn http(status: u16, body: &str) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 {status} x\r\ncontent-type: text/xml\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body.as_bytes()].concat()
}
