//! Does a batch that can't be taken in leave nothing behind but the row of its refusal?

use serde_json::{Value, json};
use sqlx::ConnectOptions as _;
use sqlx::sqlite::SqliteConnectOptions;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{BATCHES, batch, hand_in, people, taken_on};
use crate::clients::{context, p01};
use crate::gateway::{CLIENT, Gateway};

/// Counts what is kept of batches.
pub async fn kept(gateway: &Gateway) -> i64 {
    let options = SqliteConnectOptions::new()
        .filename(gateway.database())
        .read_only(true);
    let mut store = options.connect().await.unwrap();
    sqlx::query_scalar("SELECT (SELECT count(*) FROM batches) + (SELECT count(*) FROM batch_rows)")
        .fetch_one(&mut store)
        .await
        .unwrap()
}

/// Writes the head of a batch whose body is sent by hand.
async fn head(gateway: &Gateway, length: &str) -> String {
    let token = gateway.client(CLIENT).token().await.unwrap();
    let host = gateway.api().trim_start_matches("http://").to_owned();
    format!(
        "POST {BATCHES} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/x-ndjson\r\n{length}\r\n\r\n"
    )
}

fn first() -> Value {
    json!({"context": context()})
}

fn row(number: u32) -> Value {
    json!({"row": number, "subject": p01()})
}

fn body(lines: &[Value]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

#[actix_web::test]
async fn what_is_wrong_with_the_whole_refuses_the_whole() {
    let gateway = Gateway::start().await;
    let system = gateway.client(CLIENT);
    let mut unlicensed = first();
    unlicensed["context"]["procedure"] = json!("1.000419");
    let mut unknown = first();
    unknown["context"]["procedure"] = json!("9.999999");
    let mut with_more = first();
    with_more["priority"] = json!("high");
    let many: Vec<_> = std::iter::once(first()).chain((1..=1_200).map(row)).collect();
    let twice_late = [many.as_slice(), &[row(3)]].concat();
    for (text, status, code, pointer) in [
        (String::new(), 400, "malformed_request", ""),
        ("{".to_owned(), 400, "malformed_request", ""),
        (body(&[row(1)]), 422, "invalid_request", "/0/row"),
        (body(&[first()]), 422, "invalid_request", ""),
        (body(&[with_more, row(1)]), 422, "invalid_request", "/0/priority"),
        (body(&[first(), row(1), row(1)]), 422, "invalid_request", "/2/row"),
        (body(&twice_late), 422, "invalid_request", "/1201/row"),
        (
            body(&[first(), json!({"subject": p01()})]),
            422,
            "invalid_request",
            "/1/row",
        ),
        (
            format!("{}no JSON\n", body(&[first(), row(1)])),
            422,
            "invalid_request",
            "/2",
        ),
        (
            format!("{}{{\"row\":2,", body(&[first(), row(1)])),
            422,
            "invalid_request",
            "/2",
        ),
        (body(&[unknown, row(1)]), 403, "procedure_unknown", ""),
        (body(&[unlicensed, row(1)]), 403, "", ""),
    ] {
        let refused = hand_in(&system, &gateway, &text).await;
        assert_eq!(refused.status, status, "{:#}", refused.body);
        if !code.is_empty() {
            assert_eq!(refused.told(), code);
        }
        if status == 422 {
            assert_eq!(refused.text("/errors/0/pointer"), pointer, "{:#}", refused.body);
        }
        let rows = gateway.rows_of(refused.text("/transaction_id")).await;
        assert_eq!(rows.len(), 1);
        assert_eq!(
            (&rows[0]["operation"], &rows[0]["problem"]),
            (&json!("read"), &refused.body["code"])
        );
        assert_eq!(kept(&gateway).await, 0, "{text:.80}");
    }
    gateway.finish().await;
}

#[actix_web::test]
async fn only_the_two_forms_in_utf_8_are_read() {
    let gateway = Gateway::start().await;
    let text = body(&[first(), row(1)]);
    for kind in [
        "application/json",
        "text/plain",
        "text/csv; charset=windows-1258",
        "application/x-ndjson; charset=utf-16",
    ] {
        let role = gateway.client(CLIENT).header("Content-Type", kind);
        let refused = role.post_bytes(BATCHES, text.clone().into_bytes()).await;
        refused.must_be(415, "unsupported_media_type");
    }
    let packed = gateway
        .client(CLIENT)
        .header("Content-Type", "application/jsonl")
        .header("Content-Encoding", "gzip");
    packed
        .post_bytes(BATCHES, text.clone().into_bytes())
        .await
        .must_be(415, "unsupported_media_type");
    let jsonl = gateway.client(CLIENT).header("Content-Type", "application/jsonl");
    taken_on(&jsonl.post_bytes(BATCHES, text.into_bytes()).await);
    gateway.finish().await;
}

#[actix_web::test]
async fn a_body_beyond_its_bound_is_refused_however_it_comes() {
    let gateway = Gateway::builder()
        .setting("batches.body_limit", "20KiB")
        .start()
        .await;
    let many: Vec<_> = std::iter::once(first()).chain((1..=500).map(row)).collect();
    let text = body(&many);
    let announced = hand_in(&gateway.client(CLIENT), &gateway, &text).await;
    announced.must_be(413, "body_too_large");
    let head = head(&gateway, "Transfer-Encoding: chunked").await;
    let host = gateway.api().trim_start_matches("http://").to_owned();
    let mut connection = TcpStream::connect(&host).await.unwrap();
    let chunks = text.as_bytes().chunks(4_096);
    let chunked: Vec<_> = chunks
        .flat_map(|chunk| {
            [
                format!("{:x}\r\n", chunk.len()).into_bytes(),
                chunk.to_vec(),
                b"\r\n".to_vec(),
            ]
            .concat()
        })
        .collect();
    connection.write_all(head.as_bytes()).await.unwrap();
    connection.write_all(&chunked).await.unwrap();
    let mut answer = [0; 12];
    connection.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");
    assert_eq!(kept(&gateway).await, 0);
    gateway.finish().await;
}

#[actix_web::test]
async fn a_body_cut_off_at_any_byte_leaves_nothing() {
    let gateway = Gateway::start().await;
    let host = gateway.api().trim_start_matches("http://").to_owned();
    gateway.canary.watch_question(&row(1));
    let text = body(&[first(), row(1)]);
    let head = head(&gateway, &format!("Content-Length: {}", text.len())).await;
    let cuts: Vec<_> = (0..text.len()).collect();
    for cuts in cuts.chunks(16) {
        for &cut in cuts {
            let mut connection = TcpStream::connect(&host).await.unwrap();
            connection.write_all(head.as_bytes()).await.unwrap();
            connection.write_all(&text.as_bytes()[..cut]).await.unwrap();
            connection.shutdown().await.unwrap();
        }
    }
    let all = text.len();
    gateway
        .wait_for("every refusal to be recorded", async || {
            let rows = gateway.rows().await;
            rows.iter().filter(|row| row["outcome"] == "refused").count() == all
        })
        .await;
    let rows = gateway.rows().await;
    assert!(
        rows.iter().all(|row| row["outcome"] == "refused"),
        "one was taken on"
    );
    assert_eq!(kept(&gateway).await, 0);
    gateway.finish().await;
}

#[actix_web::test]
async fn a_call_that_is_repeated_by_its_key_makes_one_batch() {
    let gateway = Gateway::start().await;
    let people = people(&gateway, 3).await;
    let keyed = gateway.client(CLIENT).header("Idempotency-Key", "batch-1");
    let id = taken_on(&hand_in(&keyed, &gateway, &batch(&people)).await);
    let again = hand_in(&keyed, &gateway, &batch(&people)).await;
    assert_eq!(taken_on(&again), id);
    let other = hand_in(&keyed, &gateway, &batch(&people[..2])).await;
    other.must_be(422, "idempotency_mismatch");
    let outcomes: Vec<_> = gateway.rows().await;
    let of = |outcome: &str| outcomes.iter().filter(|row| row["outcome"] == outcome).count();
    assert_eq!((of("accepted"), of("replayed")), (1, 1));
    gateway.finish().await;
}
