//! How fast are requests answered over kept connections?
//!
//! A closed loop: each connection sends the same request as soon as it has read the answer. One thread, no parser but for the
//! status line and the length of the body, so that the load takes as little of its core as it can.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::process::Server;

/// States how hard and how long to load.
pub struct Load {
    pub connections: usize,
    pub warm_up: Duration,
    pub lasting: Duration,
}

/// Holds what was measured.
pub struct Measured {
    pub per_second: f64,
    pub p50: Duration,
    pub p99: Duration,
    pub cpu_micros: f64,
    pub answers: usize,
}

impl Load {
    /// Loads the server with one request again and again.
    pub fn run(&self, server: &Server, address: SocketAddr, request: &[u8]) -> Measured {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            // Never asleep, so that the server's core doesn't pay for waking this one with every answer.
            let awake = tokio::spawn(async {
                loop {
                    tokio::task::yield_now().await;
                }
            });
            let request: Arc<[u8]> = request.into();
            let begin = Instant::now();
            let (from, until) = (begin + self.warm_up, begin + self.warm_up + self.lasting);
            let connections: Vec<_> = (0..self.connections)
                .map(|_| tokio::spawn(connection(address, Arc::clone(&request), from, until)))
                .collect();
            tokio::time::sleep_until(from.into()).await;
            let cpu_before = server.cpu();
            tokio::time::sleep_until(until.into()).await;
            let cpu = server.cpu() - cpu_before;
            let mut latencies = Vec::new();
            let mut answers = 0;
            for connection in connections {
                let (counted, all) = connection.await.unwrap();
                latencies.extend(counted);
                answers += all;
            }
            awake.abort();
            latencies.sort_unstable();
            let at = |share: f64| latencies[((latencies.len() - 1) as f64 * share) as usize];
            Measured {
                per_second: latencies.len() as f64 / self.lasting.as_secs_f64(),
                p50: at(0.5),
                p99: at(0.99),
                cpu_micros: cpu.as_secs_f64() * 1e6 / latencies.len() as f64,
                answers,
            }
        })
    }
}

async fn connection(
    address: SocketAddr,
    request: Arc<[u8]>,
    from: Instant,
    until: Instant,
) -> (Vec<Duration>, usize) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let mut buffer = vec![0; 16 * 1024];
    let (mut latencies, mut all) = (Vec::new(), 0);
    loop {
        let sent = Instant::now();
        if sent >= until {
            return (latencies, all);
        }
        stream.write_all(&request).await.unwrap();
        let mut read = 0;
        loop {
            read += stream.read(&mut buffer[read..]).await.unwrap();
            if is_whole(&buffer[..read]) {
                break;
            }
        }
        all += 1;
        if sent >= from {
            latencies.push(sent.elapsed());
        }
    }
}

/// Tells whether head and body are there; ends the run on anything but 200.
fn is_whole(answer: &[u8]) -> bool {
    let Some(head_length) = answer.windows(4).position(|window| window == b"\r\n\r\n") else {
        return false;
    };
    let head = std::str::from_utf8(&answer[..head_length]).unwrap();
    assert!(
        head.starts_with("HTTP/1.1 200"),
        "{head}\n{}",
        String::from_utf8_lossy(&answer[head_length..])
    );
    let length = head.lines().find_map(|line| {
        line.to_ascii_lowercase()
            .strip_prefix("content-length: ")?
            .parse::<usize>()
            .ok()
    });
    answer.len() == head_length + 4 + length.unwrap()
}
