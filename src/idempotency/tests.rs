//! Every branch, over the real store, with the time given by hand.

use tempfile::TempDir;

use super::*;
use crate::stores::sqlite::Sqlite;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_787_000_000 + second).unwrap()
}

fn secret(byte: u8) -> MasterSecret {
    MasterSecret::new(&[byte; 32]).unwrap()
}

async fn opened(folder: &TempDir) -> (Arc<Sqlite>, Idempotency) {
    let store = Arc::new(Sqlite::open(&folder.path().join("store")).await.unwrap());
    let idempotency = Idempotency::new(store.clone(), &secret(1), &secret(2)).unwrap();
    (store, idempotency)
}

async fn begin(idempotency: &Idempotency, body: &str, second: i64) -> Begun {
    let (client, key) = ("one-stop".parse().unwrap(), "key-1".parse().unwrap());
    let call = Call {
        client: &client,
        officer: None,
        route: "/v1/citizens/verify",
        key: &key,
        body: body.as_bytes(),
    };
    idempotency
        .begin(call, at(second), at(second + 10))
        .await
        .unwrap()
}

async fn run(idempotency: &Idempotency, body: &str, second: i64) -> Running {
    match begin(idempotency, body, second).await {
        Begun::Run(running) => running,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_same_call_is_answered_the_same_and_another_body_refused() {
    let folder = TempDir::new().unwrap();
    let (_store, idempotency) = opened(&folder).await;
    let running = run(&idempotency, "a", 0).await;
    assert!(matches!(begin(&idempotency, "a", 1).await, Begun::Conflict));
    assert!(matches!(begin(&idempotency, "b", 1).await, Begun::Mismatch));
    idempotency.complete(running, b"answer", at(2)).await.unwrap();
    for second in [3, 11, 86_401] {
        let Begun::Replay(answer) = begin(&idempotency, "a", second).await else {
            panic!("no replay at {second}");
        };
        assert_eq!(answer, b"answer");
        assert!(matches!(begin(&idempotency, "b", second).await, Begun::Mismatch));
    }
    assert!(matches!(begin(&idempotency, "b", 86_402).await, Begun::Run(_)));
}

#[tokio::test]
async fn a_run_lapses_with_its_deadline_and_then_keeps_nothing() {
    let folder = TempDir::new().unwrap();
    let (_store, idempotency) = opened(&folder).await;
    let first = run(&idempotency, "a", 0).await;
    assert!(matches!(begin(&idempotency, "a", 9).await, Begun::Conflict));
    let second = run(&idempotency, "a", 10).await;
    idempotency.complete(first, b"late", at(11)).await.unwrap();
    idempotency.abandon(first).await.unwrap();
    assert!(matches!(begin(&idempotency, "a", 12).await, Begun::Conflict));
    idempotency.complete(second, b"in time", at(12)).await.unwrap();
    let Begun::Replay(answer) = begin(&idempotency, "a", 13).await else {
        panic!("no replay");
    };
    assert_eq!(answer, b"in time");
}

#[tokio::test]
async fn an_abandoned_run_frees_the_key_and_a_kept_answer_is_not_abandoned() {
    let folder = TempDir::new().unwrap();
    let (_store, idempotency) = opened(&folder).await;
    let first = run(&idempotency, "a", 0).await;
    idempotency.abandon(first).await.unwrap();
    let second = run(&idempotency, "b", 1).await;
    idempotency.complete(second, b"answer", at(1)).await.unwrap();
    idempotency.abandon(second).await.unwrap();
    assert!(matches!(begin(&idempotency, "b", 2).await, Begun::Replay(_)));
}

#[tokio::test]
async fn of_many_equal_calls_at_once_one_runs() {
    let folder = TempDir::new().unwrap();
    let (_store, idempotency) = opened(&folder).await;
    let calls = (0..20).map(|_| begin(&idempotency, "a", 0));
    let begun = futures_util::future::join_all(calls).await;
    let runs = begun.iter().filter(|begun| matches!(begun, Begun::Run(_)));
    assert_eq!(runs.count(), 1);
}

#[tokio::test]
async fn a_key_belongs_to_client_officer_and_route() {
    let folder = TempDir::new().unwrap();
    let (_store, idempotency) = opened(&folder).await;
    let pseudonyms = Pseudonyms::new(&secret(1), Label::Audit).unwrap();
    let clients = ["a".parse().unwrap(), "b".parse().unwrap()];
    let officers = [None, Some(pseudonyms.of("x")), Some(pseudonyms.of("y"))];
    for client in &clients {
        for officer in officers {
            for route in ["/v1/citizens/verify", "/v1/citizens/lookup"] {
                for key in ["1", "2"] {
                    let call = Call {
                        client,
                        officer,
                        route,
                        key: &key.parse().unwrap(),
                        body: b"",
                    };
                    let begun = idempotency.begin(call, at(0), at(10)).await.unwrap();
                    assert!(matches!(begun, Begun::Run(_)));
                }
            }
        }
    }
}

#[tokio::test]
async fn nothing_lies_in_clear_and_a_moved_or_altered_answer_does_not_open() {
    let folder = TempDir::new().unwrap();
    let (store, idempotency) = opened(&folder).await;
    let running = run(&idempotency, "the personal body", 0).await;
    let answer = b"the personal answer";
    idempotency.complete(running, answer, at(0)).await.unwrap();
    store.close().await;
    let stored = std::fs::read(folder.path().join("store")).unwrap();
    for text in ["one-stop", "citizens", "key-1", "the personal"] {
        let found = stored.windows(text.len()).any(|window| window == text.as_bytes());
        assert!(!found, "{text}");
    }
    drop(store);
    // The same store under another sealing secret: the answer can't be opened, and the call isn't run again.
    let store = Arc::new(Sqlite::open(&folder.path().join("store")).await.unwrap());
    let other = Idempotency::new(store, &secret(1), &secret(3)).unwrap();
    let (client, key) = ("one-stop".parse().unwrap(), "key-1".parse().unwrap());
    let call = Call {
        client: &client,
        officer: None,
        route: "/v1/citizens/verify",
        key: &key,
        body: b"the personal body",
    };
    assert!(other.begin(call, at(1), at(11)).await.is_err());
}

#[test]
fn a_key_is_the_same_quoted_or_not_and_has_1_to_64_visible_characters() {
    assert_eq!("\"abc\"".parse::<Key>(), "abc".parse());
    assert_eq!(format!("{:?}", "abc".parse::<Key>()), "Ok(Key(***))");
    for bad in ["", "\"\"", "a b", "a\u{e9}", "a\n", &"a".repeat(65)] {
        assert!(bad.parse::<Key>().is_err(), "{bad:?}");
    }
    assert!("a".repeat(64).parse::<Key>().is_ok());
    assert!(format!("\"{}\"", "a".repeat(64)).parse::<Key>().is_ok());
}
