//! What does the gateway do with clients who are too slow, too many, or not who they say?
//!
//! Raw sockets against the running program, with short times set. Each test waits for what the client sees or the program
//! counts, never for time to pass.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use dancu::clock::{Clock as _, SystemClock};
use serde_json::Value;

use crate::connection::{self, Connection};
use crate::gateway::{Gateway, verify};
use crate::program::PATIENCE;
use crate::surroundings::{Surroundings, persona};

/// Sends bytes as they are and gives everything that comes until the connection closes.
fn raw(address: &str, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(bytes).unwrap();
    to_the_end(&mut stream)
}

fn to_the_end(stream: &mut TcpStream) -> String {
    let mut all = Vec::new();
    let mut piece = [0; 4_096];
    // A connection that is reset has ended as well.
    while let Ok(count @ 1..) = stream.read(&mut piece) {
        all.extend_from_slice(&piece[..count]);
    }
    String::from_utf8_lossy(&all).into_owned()
}

fn assert_problem(answer: &str, status: u16, code: &str) {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((answer, ""));
    assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
    assert!(
        head.contains("content-type: application/problem+json"),
        "{answer}"
    );
    assert!(
        head.contains("x-request-id: ") && head.contains("connection: close"),
        "{answer}"
    );
    let document: Value = serde_json::from_str(body).unwrap_or_else(|_| panic!("{answer}"));
    assert_eq!(document["code"], code, "{answer}");
    assert_eq!(document["status"], status, "{answer}");
}

fn counted(gateway: &Gateway, line: &str) {
    connection::until(&gateway.operations, "/metrics", |answer| {
        String::from_utf8_lossy(&answer.body).contains(line)
    });
}

#[test]
fn what_is_no_request_is_refused_with_a_problem() {
    let around = Surroundings::new();
    let gateway = Gateway::start(&around, &[]);
    let get = "GET / HTTP/1.1\r\nHost: x\r\n";
    let post = "POST /v1/citizens/verify HTTP/1.1\r\nHost: x\r\n";
    let malformed = [
        "nonsense\r\n\r\n".to_owned(),
        "GET / HTTP/1.1\r\n\r\n".to_owned(),
        format!("{post}Content-Length: 1\r\nContent-Length: 2\r\n\r\n"),
        format!("{post}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        format!("{post}Transfer-Encoding: gzip, chunked\r\n\r\n"),
        format!("{post}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"),
        format!("{post}Content-Length: +1\r\n\r\n"),
        format!("{get}Host: y\r\n\r\n"),
        format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "a".repeat(70_000)),
    ];
    for request in malformed {
        assert_problem(&raw(&gateway.api, request.as_bytes()), 400, "malformed_request");
    }
    let many: String = (0..120).map(|number| format!("a{number}: b\r\n")).collect();
    let close = "Connection: close\r\n";
    let too_large = [
        format!("{get}{many}\r\n"),
        format!("{get}{close}A: {}\r\n\r\n", "a".repeat(20_000)),
        format!("GET /{} HTTP/1.1\r\nHost: x\r\n{close}\r\n", "a".repeat(20_000)),
    ];
    for request in too_large {
        assert_problem(&raw(&gateway.api, request.as_bytes()), 431, "headers_too_large");
    }
    gateway.stop().expect(0);
}

#[test]
fn a_head_that_does_not_come_is_not_waited_for() {
    let around = Surroundings::new();
    // Time enough for a machine that has much else to do to read what came at once.
    let gateway = Gateway::start(&around, &[("DANCU__API__HEADER_TIMEOUT", "2s")]);
    let first = raw(&gateway.api, b"GET / HTTP/1.1\r\nHost:");
    assert_problem(&first, 408, "request_timeout");
    // And no other head either, on a connection that has had its answer.
    let mut stream = TcpStream::connect(&gateway.api).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let request = b"HEAD /problems HTTP/1.1\r\nHost: x\r\n\r\n";
    stream.write_all(request).unwrap();
    let mut answer = [0; 4_096];
    let count = stream.read(&mut answer).unwrap();
    assert!(String::from_utf8_lossy(&answer[..count]).starts_with("HTTP/1.1 200"));
    stream.write_all(b"GET / HTTP/1.1\r\nHost:").unwrap();
    assert_eq!(to_the_end(&mut stream), "");
    counted(&gateway, r#"dancu_connections_cut_total{cause="slow_head"} 1"#);
    gateway.stop().expect(0);
}

#[test]
fn a_batch_that_trickles_in_is_refused() {
    let around = Surroundings::new();
    let token = around.token();
    let variables = [
        ("DANCU__API__BODY_TIMEOUT", "20ms"),
        ("DANCU__API__LEAST_PER_SECOND", "1024MiB"),
    ];
    let gateway = Gateway::start(&around, &variables);
    let mut stream = TcpStream::connect(&gateway.api).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let head = format!(
        "POST /v1/batches HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    // Each piece comes in its time; all of them together come too slowly.
    let mut reading = stream.try_clone().unwrap();
    let answer = thread::scope(|scope| {
        scope.spawn(move || while stream.write_all(b"1\r\n \r\n").is_ok() {});
        let mut answer = [0; 4_096];
        let count = reading.read(&mut answer).unwrap();
        reading.shutdown(std::net::Shutdown::Both).unwrap();
        String::from_utf8_lossy(&answer[..count]).into_owned()
    });
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    gateway.stop().expect(0);
}

#[test]
fn who_does_not_read_is_cut_off() {
    let around = Surroundings::new();
    let gateway = Gateway::start(&around, &[("DANCU__API__WRITE_TIMEOUT", "300ms")]);
    let mut stream = TcpStream::connect(&gateway.api).unwrap();
    // More than the system keeps for both sides of a connection.
    for _ in 0..60 {
        stream
            .write_all(b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n")
            .unwrap();
    }
    counted(&gateway, r#"dancu_connections_cut_total{cause="slow_reader"} 1"#);
    drop(stream);
    gateway.stop().expect(0);
}

#[test]
fn an_address_has_so_many_connections() {
    let around = Surroundings::new();
    let gateway = Gateway::start(&around, &[("DANCU__API__CONNECTIONS_PER_ADDRESS", "3")]);
    let mut held: Vec<_> = (0..3).map(|_| Connection::open(&gateway.api).unwrap()).collect();
    for connection in &mut held {
        assert_eq!(connection.ask("GET", "/problems", &[], "").unwrap().status, 200);
    }
    let fourth = raw(&gateway.api, b"GET /problems HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!(fourth, "");
    counted(&gateway, r#"dancu_connections_cut_total{cause="address_full"} 1"#);
    for connection in &mut held {
        assert_eq!(connection.ask("GET", "/problems", &[], "").unwrap().status, 200);
    }
    held.pop();
    // The place is given back when the gateway has seen the end.
    connection::until(&gateway.api, "/problems", |answer| answer.status == 200);
    gateway.stop().expect(0);
}

#[test]
fn who_leaves_sends_its_callers_elsewhere_first() {
    let around = Surroundings::new();
    let token = around.token();
    let mut gateway = Gateway::start(&around, &[("DANCU__API__LEAVE_WITHIN", "3s")]);
    let mut kept = Connection::open(&gateway.api).unwrap();
    let before = verify(&mut kept, &token, &persona()).unwrap();
    assert!(before.status == 200 && before.leaves_open());
    gateway.program.signal("TERM");
    gateway
        .program
        .log(|line| line.contains(r#""message":"stopping""#));
    let unready = connection::get(&format!("http://{}/readyz", gateway.operations));
    assert_eq!(unready.status, 503);
    let last = verify(&mut kept, &token, &persona()).unwrap();
    assert!(last.status == 200 && !last.leaves_open(), "{last:?}");
    let fresh = gateway.verify(&token, &persona()).unwrap();
    assert!(fresh.status == 200 && !fresh.leaves_open(), "{fresh:?}");
    gateway.program.end(PATIENCE).expect(0);
}

/// How many good calls are made in each half.
const CALLS: usize = 300;

#[test]
fn a_flood_of_forged_tokens_leaves_the_good_callers_alone() {
    let around = Surroundings::new();
    let token = around.token();
    let gateway = Gateway::start(&around, &[]);
    let mut good = Connection::open(&gateway.api).unwrap();
    assert_eq!(verify(&mut good, &token, &persona()).unwrap().status, 200);
    let quiet = percentile_of_calls(&mut good, &token);
    let (is_over, forged, unread) = (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0));
    let beside = thread::scope(|scope| {
        for forger in 0..2 {
            let (api, token) = (&gateway.api, &token);
            let (is_over, forged, unread) = (&is_over, &forged, &unread);
            scope.spawn(move || {
                let mut connection = Connection::open(api).unwrap();
                for number in 0.. {
                    if is_over.load(Ordering::Relaxed) {
                        return;
                    }
                    let answer = verify(&mut connection, &forge(token, forger, number), "").unwrap();
                    if !answer.leaves_open() {
                        connection = Connection::open(api).unwrap();
                    }
                    forged.fetch_add(1, Ordering::Relaxed);
                    match answer.status {
                        401 => {}
                        429 => {
                            assert_eq!(answer.json()["code"], "rate_limited");
                            unread.fetch_add(1, Ordering::Relaxed);
                        }
                        status => panic!("a forged token was answered {status}"),
                    }
                }
            });
        }
        let beside = percentile_of_calls(&mut good, &token);
        is_over.store(true, Ordering::Relaxed);
        beside
    });
    println!(
        "p99 of good calls: {quiet:?} quiet, {beside:?} beside {} forged tokens, of which {} were refused unread",
        forged.load(Ordering::Relaxed),
        unread.load(Ordering::Relaxed)
    );
    gateway.stop().expect(0);
}

/// Has another signature under the token; as many as there are numbers.
fn forge(token: &str, forger: usize, number: usize) -> String {
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let (_, rest) = signature.split_at(16);
    format!("{signed}.{forger:04}{number:012}{rest}")
}

fn percentile_of_calls(connection: &mut Connection, token: &str) -> Duration {
    let question = persona();
    let mut times: Vec<_> = (0..CALLS)
        .map(|_| {
            let start = SystemClock.steady();
            let answer = verify(connection, token, &question).unwrap();
            assert_eq!(answer.status, 200, "{}", answer.json());
            SystemClock.steady().duration_since(start)
        })
        .collect();
    times.sort();
    times[CALLS * 99 / 100]
}
