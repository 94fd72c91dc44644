//! Every kind of fault, met on the wire by a client that sees the bytes.
//!
//! A fault that only looked like one in the service's own code would prove nothing about the gateway.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use reqwest::{Certificate, Client, Identity};
use serde_json::json;

use crate::world::{Question, World};

impl World {
    async fn set(&self, kind: &str, more: serde_json::Value) {
        let mut fault = json!({"service": "registry", "kind": kind});
        fault
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let set = self.put("/_mock/faults", json!({"faults": [fault]})).await;
        assert_eq!(set.status, 200, "{}", set.body);
    }

    // Sends one lookup over a bare socket and reads until the end, whatever kind of end that is.
    async fn raw(&self, patience: Duration) -> (Vec<u8>, Option<ErrorKind>) {
        let address = self
            .running
            .registry_url()
            .strip_prefix("http://")
            .unwrap()
            .to_owned();
        let body = Question::p01().envelope();
        let headers: String = self
            .headers("/dancu", 0)
            .iter()
            .map(|(name, value)| format!("{name}: {value}\r\n"))
            .collect();
        let request = format!(
            "POST /dancu HTTP/1.1\r\nHost: {address}\r\n{headers}Connection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        tokio::task::spawn_blocking(move || {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.set_read_timeout(Some(patience)).unwrap();
            stream.write_all(request.as_bytes()).unwrap();
            let mut met = Vec::new();
            let end = stream.read_to_end(&mut met).err().map(|error| error.kind());
            (met, end)
        })
        .await
        .unwrap()
    }
}

fn body_of(answer: &[u8]) -> &[u8] {
    let start = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    answer.split_at(start + 4).1
}

const PATIENCE: Duration = Duration::from_secs(5);

#[actix_web::test]
async fn without_a_fault_the_answer_is_whole() {
    let world = World::start().await;
    let (answer, end) = world.raw(PATIENCE).await;
    assert_eq!(end, None);
    assert!(body_of(&answer).ends_with(b"</soapenv:Envelope>"));
    world.running.stop().await;
}

#[actix_web::test]
async fn a_reset_is_a_reset() {
    let world = World::start().await;
    world.set("reset", json!({})).await;
    let (answer, end) = world.raw(PATIENCE).await;
    assert_eq!(end, Some(ErrorKind::ConnectionReset));
    assert!(answer.starts_with(b"HTTP/1.1 200"));
    world.running.stop().await;
}

#[actix_web::test]
async fn a_truncated_answer_ends_in_the_middle() {
    let world = World::start().await;
    world.set("truncate", json!({})).await;
    let (answer, end) = world.raw(PATIENCE).await;
    assert_eq!(end, None);
    let promised = String::from_utf8_lossy(&answer)
        .lines()
        .find_map(|line| {
            line.strip_prefix("content-length: ")
                .map(|length| length.parse::<usize>().unwrap())
        })
        .unwrap();
    assert_eq!(body_of(&answer).len(), promised / 2);
    world.running.stop().await;
}

#[actix_web::test]
async fn a_hang_never_answers() {
    let world = World::start().await;
    world.set("hang", json!({"count": 1})).await;
    let (answer, end) = world.raw(Duration::from_millis(300)).await;
    assert!(answer.is_empty());
    assert!(matches!(end, Some(ErrorKind::WouldBlock | ErrorKind::TimedOut)));
    assert_eq!(world.ask(&Question::p01()).await.status, 200);
    world.running.stop().await;
}

#[actix_web::test]
async fn a_slow_drip_comes_byte_by_byte_and_whole() {
    let world = World::start().await;
    world.set("slow_drip", json!({"delay_ms": 60_000})).await;
    let (cut_short, end) = world.raw(Duration::from_millis(300)).await;
    assert!(body_of(&cut_short).is_empty() && end.is_some());
    world.set("slow_drip", json!({"delay_ms": 1})).await;
    let (answer, end) = world.raw(PATIENCE).await;
    assert_eq!(end, None);
    assert!(body_of(&answer).ends_with(b"</soapenv:Envelope>"));
    world.running.stop().await;
}

#[actix_web::test]
async fn a_delay_comes_late_and_right() {
    let world = World::start().await;
    world
        .set("delay", json!({"delay_ms": 200, "jitter_ms": 10}))
        .await;
    let (early, end) = world.raw(Duration::from_millis(100)).await;
    assert!(early.is_empty() && end.is_some());
    let (answer, end) = world.raw(PATIENCE).await;
    assert!(end.is_none() && body_of(&answer).ends_with(b"</soapenv:Envelope>"));
    world.running.stop().await;
}

#[actix_web::test]
async fn spoilt_answers_are_spoilt_as_said() {
    let world = World::start().await;
    let question = Question::p01();
    world.set("status", json!({"status": 502})).await;
    assert_eq!(world.ask(&question).await.status, 502);
    world.set("html_200", json!({})).await;
    let page = world.ask(&question).await;
    assert!(page.status == 200 && page.body.starts_with("<!doctype html>"));
    world.set("empty", json!({})).await;
    let empty = world.ask(&question).await;
    assert!(empty.status == 200 && empty.body.is_empty());
    world.set("bom", json!({})).await;
    let (answer, _) = world.raw(PATIENCE).await;
    assert!(body_of(&answer).starts_with(b"\xef\xbb\xbf<soapenv:Envelope"));
    world.set("soap_fault", json!({"code": "QUOTA"})).await;
    let fault = world.ask(&question).await;
    assert_eq!((fault.status, fault.fault_code().as_str()), (500, "QUOTA"));
    world.set("wrong_namespace", json!({})).await;
    assert!(
        !world
            .ask(&question)
            .await
            .body
            .contains("http://www.mic.gov.vn/dancu/1.0")
    );
    world.set("two_records", json!({})).await;
    let two = world.ask(&question).await;
    assert_eq!(two.texts("CongDan").len(), 2);
    assert_ne!(two.texts("Ten")[0], "NGUYỄN THỊ MẪU");
    world.set("split_name", json!({})).await;
    let split = world.ask(&question).await;
    assert_eq!(
        (
            &split.texts("Ho")[0],
            &split.texts("ChuDem")[0],
            &split.texts("Ten")[0]
        ),
        (&"NGUYỄN".to_owned(), &"THỊ".to_owned(), &"MẪU".to_owned())
    );
    world.running.stop().await;
}

#[actix_web::test]
async fn faults_of_other_services_strike_there() {
    let world = World::start().await;
    let faults = json!([
        {"service": "issuer", "operation": "jwks", "kind": "status", "status": 500},
        {"service": "portal", "kind": "truncate"},
    ]);
    assert_eq!(world.put("/_mock/faults", faults).await.status, 200);
    let keys = format!("{}/.well-known/jwks.json", world.running.issuer_url());
    assert_eq!(world.http.get(keys).send().await.unwrap().status().as_u16(), 500);
    let portal = world
        .http
        .post(format!("{}/states", world.running.portal_url()))
        .body("{}")
        .send()
        .await
        .unwrap();
    assert!(portal.bytes().await.is_err());
    let struck: Vec<u64> = world.get("/_mock/stats").await["faults"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| fault["struck"].as_u64().unwrap())
        .collect();
    assert_eq!(struck, [1, 1]);
    let unfit = world
        .put(
            "/_mock/faults",
            json!({"service": "portal", "kind": "split_name"}),
        )
        .await;
    assert_eq!(unfit.status, 422);
    world.running.stop().await;
}

#[actix_web::test]
async fn tls_takes_our_client_certificate_and_can_expire() {
    let world = World::start().await;
    let ca = Certificate::from_pem(world.running.ca_pem().as_bytes()).unwrap();
    let own = Identity::from_pem(world.running.client_identity_pem().as_bytes()).unwrap();
    let keys = format!("{}/dancu/jwks.json", world.running.registry_tls_url());
    let client = || Client::builder().no_proxy().tls_certs_only([ca.clone()]);
    for client in [client().build().unwrap(), client().identity(own).build().unwrap()] {
        assert_eq!(client.get(&keys).send().await.unwrap().status().as_u16(), 200);
    }
    world.set("expired_certificate", json!({"count": 1})).await;
    assert!(client().build().unwrap().get(&keys).send().await.is_err());
    assert_eq!(
        client()
            .build()
            .unwrap()
            .get(&keys)
            .send()
            .await
            .unwrap()
            .status()
            .as_u16(),
        200
    );
    world.running.stop().await;
}
