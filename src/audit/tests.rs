//! The log over the real store in a temporary folder: what is promised of writing, and what the other tests start from.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use jiff::civil::Date;
use tempfile::TempDir;
use uuid::Uuid;

use super::*;
use crate::clock::SystemClock;
use crate::domain::field::{Field, Fields};
use crate::sealing::{Label, MasterSecret, Pseudonyms};
use crate::stores::sqlite::{Reader, Sqlite};

pub(super) fn log_name() -> LogName {
    "gw1.test".parse().unwrap()
}

pub(super) fn signer() -> Signer {
    Signer::from_seed(log_name(), &[7; 32]).unwrap()
}

pub(super) fn config() -> Config {
    Config {
        queue: NonZeroUsize::new(4_096).unwrap(),
        kept_outside: None,
    }
}

fn time() -> Timestamp {
    "2026-08-22T03:04:05.000006Z".parse().unwrap()
}

pub(super) fn entry() -> Entry {
    let secret = MasterSecret::new(&[1; 32]).unwrap();
    let pseudonyms = Pseudonyms::new(&secret, Label::Audit).unwrap();
    Entry {
        time: time(),
        transaction_id: Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0001),
        request_id: "r-1".parse().unwrap(),
        client: Some("one-stop".parse().unwrap()),
        officer: Some(pseudonyms.of("officer")),
        unit: Some("H57.12".parse().unwrap()),
        procedure: Some("1.001193".parse().unwrap()),
        dossier: Some("000.00.12.H57-260822-0001".parse().unwrap()),
        operation: Operation::Verify,
        subject: Some(pseudonyms.of("subject")),
        person: Some(pseudonyms.of("person")),
        fields: [Field::Sex, Field::FullName].into_iter().collect(),
        outcome: "confirmed",
        problem: None,
        source: Some("registry"),
        registry_request: Some("req-1".into()),
        steps: vec![Step {
            form: "as_given",
            registry_request: "req-1".into(),
            result: "found",
        }],
        duration_ms: 12,
        count: None,
        batch: None,
        act: None,
        spent: true,
    }
}

pub(super) async fn started(path: &Path) -> (Arc<Sqlite>, Log) {
    let store = Arc::new(Sqlite::open(path).await.unwrap());
    let log = Log::start(store.clone(), signer(), config(), Arc::new(SystemClock))
        .await
        .unwrap();
    (store, log)
}

#[tokio::test]
async fn a_row_has_the_contracts_members_in_the_contracts_order() {
    let folder = TempDir::new().unwrap();
    let (store, log) = started(&folder.path().join("store")).await;
    let receipt = log.record(entry()).await.unwrap();
    let summary = Entry {
        client: None,
        fields: Fields::NONE,
        steps: vec![],
        count: Some(17),
        ..entry()
    };
    log.record(summary).await.unwrap();
    let mut out = Vec::new();
    assert_eq!(
        export(store.as_ref(), Period::default(), &mut out).await.unwrap(),
        2
    );
    let text = String::from_utf8(out).unwrap();
    let first = text.lines().next().unwrap();
    let people = ["officer", "subject", "person"].map(|text| {
        let secret = MasterSecret::new(&[1; 32]).unwrap();
        Pseudonyms::new(&secret, Label::Audit).unwrap().of(text)
    });
    let [officer, subject, person] = people;
    let text_of_receipt = receipt.to_string();
    let leaf = text_of_receipt.strip_prefix("gw1.test.0.").unwrap();
    let expected = format!(
        r#"{{"time":"2026-08-22T10:04:05.000006+07:00","transaction_id":"01920000-0000-7000-8000-000000000001","request_id":"r-1","client":"one-stop","officer":"{officer}","unit":"H57.12","procedure":"1.001193","dossier":"000.00.12.H57-260822-0001","operation":"verify","subject":"{subject}","person":"{person}","fields":["full_name","sex"],"outcome":"confirmed","problem":null,"source":"registry","registry_request":"req-1","steps":[{{"form":"as_given","registry_request":"req-1","result":"found"}}],"duration_ms":12,"index":0,"leaf":"{leaf}"}}"#
    );
    assert_eq!(first, expected);
    let second = text.lines().nth(1).unwrap();
    assert!(second.contains(r#""client":null"#), "{second}");
    assert!(
        second.contains(r#""duration_ms":12,"count":17,"index":1,"#),
        "{second}"
    );
    log.stop().await;
}

/// Records the rows, stops, and closes the store, as a gateway that went its way.
pub(super) async fn filled(path: &Path, rows: usize) -> Vec<Receipt> {
    let (store, log) = started(path).await;
    let mut receipts = Vec::new();
    for _ in 0..rows {
        receipts.push(log.record(entry()).await.unwrap());
    }
    log.stop().await;
    store.close().await;
    receipts
}

pub(super) async fn checked(path: &Path, evidence: Evidence) -> Result<Report, Fault> {
    let reader = Reader::open(path).await.unwrap();
    verify(&reader, signer().verifier(), evidence).await
}

/// Alters the closed store as someone with the file and any SQLite tool can.
pub(super) async fn alter(path: &Path, statement: &'static str) {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
    let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
    sqlx::raw_sql(statement).execute(&pool).await.unwrap();
    pool.close().await;
}

#[tokio::test]
async fn the_log_goes_on_after_a_restart_and_after_being_cut_off() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("store");
    filled(&path, 3).await;
    let (store, log) = started(&path).await;
    for index in 3..8 {
        assert_eq!(log.record(entry()).await.unwrap().index, index);
    }
    // No stop: the rows lie in the write-ahead log, the newest of them under no checkpoint, as after `kill -9`.
    let cut_off = folder.path().join("cut_off");
    std::fs::copy(&path, &cut_off).unwrap();
    std::fs::copy(folder.path().join("store-wal"), folder.path().join("cut_off-wal")).unwrap();
    drop((store, log));
    let (_store, log) = started(&cut_off).await;
    assert_eq!(log.record(entry()).await.unwrap().index, 8);
    log.stop().await;
    let report = checked(&cut_off, Evidence::default()).await.unwrap();
    assert_eq!((report.rows, report.unsigned), (9, 0));
}

/// The real store, watched, and able to lose the answer to a commit that happened.
struct Watched {
    store: Sqlite,
    commits: AtomicUsize,
    answer_lost: AtomicBool,
}

impl Archive for Watched {
    fn held(&self) -> BoxFuture<'_, Result<Held, Failure>> {
        self.store.held()
    }

    fn rows(&self, from: u64, times: Range<i64>, limit: u32) -> BoxFuture<'_, Result<Vec<Kept>, Failure>> {
        self.store.rows(from, times, limit)
    }

    fn checkpoints(&self, size: u64, limit: u32) -> BoxFuture<'_, Result<Vec<(u64, String)>, Failure>> {
        self.store.checkpoints(size, limit)
    }

    fn usage(&self, whose: Whose, first: Date, last: Date) -> BoxFuture<'_, Result<Vec<Usage>, Failure>> {
        self.store.usage(whose, first, last)
    }
}

impl Store for Watched {
    fn claim<'a>(&'a self, log: &'a LogName) -> BoxFuture<'a, Result<(), Failure>> {
        self.store.claim(log)
    }

    fn append(&self, batch: Batch) -> BoxFuture<'_, Result<(), Failure>> {
        self.commits.fetch_add(1, Ordering::Relaxed);
        Box::pin(async {
            self.store.append(batch).await?;
            if self.answer_lost.swap(false, Ordering::Relaxed) {
                return Err(Failure::Unreachable);
            }
            Ok(())
        })
    }
}

async fn watched(path: &Path) -> (Arc<Watched>, Log) {
    let store = Arc::new(Watched {
        store: Sqlite::open(path).await.unwrap(),
        commits: AtomicUsize::new(0),
        answer_lost: AtomicBool::new(false),
    });
    let log = Log::start(store.clone(), signer(), config(), Arc::new(SystemClock))
        .await
        .unwrap();
    (store, log)
}

#[tokio::test]
async fn a_thousand_callers_share_few_commits_and_leave_no_gap() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("store");
    let (store, log) = watched(&path).await;
    let tasks: Vec<_> = (0..1_000).map(|_| tokio::spawn(log.record(entry()))).collect();
    let mut indexes = Vec::new();
    for task in tasks {
        indexes.push(task.await.unwrap().unwrap().index);
    }
    indexes.sort_unstable();
    assert!(indexes.into_iter().eq(0..1_000));
    assert_eq!(log.queued(), 0);
    log.stop().await;
    let commits = store.commits.load(Ordering::Relaxed);
    assert!(commits < 100, "{commits} commits");
    assert_eq!(checked(&path, Evidence::default()).await.unwrap().rows, 1_000);
}

#[tokio::test]
async fn a_commit_whose_answer_was_lost_leaves_neither_gap_nor_double() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("store");
    let (store, log) = watched(&path).await;
    log.record(entry()).await.unwrap();
    store.answer_lost.store(true, Ordering::Relaxed);
    assert_eq!(log.record(entry()).await, Err(Unavailable));
    // The row whose fate was unknown is there; the next one stands after it.
    assert_eq!(log.record(entry()).await.unwrap().index, 2);
    log.stop().await;
    let report = checked(&path, Evidence::default()).await.unwrap();
    assert_eq!((report.rows, report.unsigned), (3, 0));
}

#[tokio::test]
async fn a_caller_who_goes_away_is_recorded_all_the_same() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("store");
    let (_store, log) = started(&path).await;
    for _ in 0..50 {
        drop(log.record(entry()));
    }
    log.stop().await;
    assert_eq!(checked(&path, Evidence::default()).await.unwrap().rows, 50);
    assert_eq!(log.record(entry()).await, Err(Unavailable));
}

#[tokio::test]
async fn a_full_queue_refuses_at_once_and_what_was_taken_is_written() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("store");
    let store = Arc::new(Sqlite::open(&path).await.unwrap());
    let config = Config {
        queue: NonZeroUsize::new(3).unwrap(),
        kept_outside: None,
    };
    let log = Log::start(store, signer(), config, Arc::new(SystemClock))
        .await
        .unwrap();
    // Somebody else writes to the file: the writer takes the first row and waits for its turn.
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path);
    let mut other = sqlx::ConnectOptions::connect(&options).await.unwrap();
    sqlx::raw_sql("BEGIN IMMEDIATE")
        .execute(&mut other)
        .await
        .unwrap();
    let taken = log.record(entry());
    while log.queued() > 0 {
        tokio::task::yield_now().await;
    }
    let waiting: Vec<_> = (0..5).map(|_| log.record(entry())).collect();
    assert_eq!(log.queued(), 3);
    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap();
    assert!(taken.await.is_ok());
    let mut written = 0;
    for record in waiting {
        written += usize::from(record.await.is_ok());
    }
    assert_eq!(written, 3);
    log.stop().await;
    assert_eq!(checked(&path, Evidence::default()).await.unwrap().rows, 4);
}

#[tokio::test]
async fn a_failing_store_means_no_answer_until_it_heals() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("store");
    let (_store, log) = started(&path).await;
    log.record(entry()).await.unwrap();
    assert!(log.healthy());
    alter(&path, "ALTER TABLE audit_rows RENAME TO hidden").await;
    assert_eq!(log.record(entry()).await, Err(Unavailable));
    assert_eq!(log.record(entry()).await, Err(Unavailable));
    assert!(!log.healthy());
    alter(&path, "ALTER TABLE hidden RENAME TO audit_rows").await;
    assert_eq!(log.record(entry()).await.unwrap().index, 1);
    assert!(log.healthy());
    log.stop().await;
    assert_eq!(checked(&path, Evidence::default()).await.unwrap().rows, 2);
}

#[tokio::test]
async fn what_was_spent_is_added_up_by_client_and_vietnamese_day() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("store");
    let (store, log) = started(&path).await;
    let at = |client: &str, time: &str, spent| Entry {
        client: Some(client.parse().unwrap()),
        time: time.parse().unwrap(),
        spent,
        ..entry()
    };
    // 17:00 UTC is midnight in Viet Nam.
    for entry in [
        at("a", "2026-08-22T16:59:59.999999Z", true),
        at("a", "2026-08-22T17:00:00Z", true),
        at("a", "2026-08-22T18:00:00Z", true),
        at("a", "2026-08-22T18:00:00Z", false),
        at("b", "2026-08-22T18:00:00Z", true),
    ] {
        log.record(entry).await.unwrap();
    }
    let (first, last) = ("2026-08-22".parse().unwrap(), "2026-08-23".parse().unwrap());
    let sums = |usage: Vec<Usage>| -> Vec<(String, String, u64)> {
        let sum = |sum: Usage| (sum.client.to_string(), sum.day.to_string(), sum.calls);
        usage.into_iter().map(sum).collect()
    };
    let of = |client: &str, day: &str, calls| (client.to_owned(), day.to_owned(), calls);
    let everyone = store.usage(Whose::Everyone, first, last).await.unwrap();
    let expected = [
        of("a", "2026-08-22", 1),
        of("a", "2026-08-23", 2),
        of("b", "2026-08-23", 1),
    ];
    assert_eq!(sums(everyone), expected);
    let b = store
        .usage(Whose::Client("b".parse().unwrap()), first, last)
        .await
        .unwrap();
    assert_eq!(sums(b), [of("b", "2026-08-23", 1)]);
    assert!(store.usage(Whose::Everyone, first, first).await.unwrap().len() == 1);
}

#[tokio::test]
async fn an_export_takes_the_rows_of_its_period_alone() {
    let folder = TempDir::new().unwrap();
    let (store, log) = started(&folder.path().join("store")).await;
    let at = |second: i64| {
        time()
            .checked_add(jiff::SignedDuration::from_secs(second))
            .unwrap()
    };
    for second in 0..5 {
        let entry = Entry {
            time: at(second),
            ..entry()
        };
        log.record(entry).await.unwrap();
    }
    let count = async |since: Option<i64>, until: Option<i64>| {
        let period = Period {
            since: since.map(at),
            until: until.map(at),
        };
        export(store.as_ref(), period, &mut std::io::sink())
            .await
            .unwrap()
    };
    assert_eq!(count(None, None).await, 5);
    assert_eq!(count(Some(1), None).await, 4);
    assert_eq!(count(Some(1), Some(3)).await, 2);
    assert_eq!(count(Some(9), None).await, 0);
}
