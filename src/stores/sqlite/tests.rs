use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

use tempfile::TempDir;

use super::*;
use crate::audit::{Archive as _, Batch, Config, Log, Row, Signer, StartFailed, Store as _};
use crate::clock::SystemClock;

fn signer(log: &str) -> Signer {
    Signer::from_seed(log.parse().unwrap(), &[7; 32]).unwrap()
}

#[tokio::test]
async fn the_file_is_private_and_durable() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("store");
    let store = Sqlite::open(&path).await.unwrap();
    store.claim(signer("gw1").log()).await.unwrap();
    for entry in fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{:?}", entry.file_name());
    }
    let pragma = async |name: &'static str| -> String {
        let value = sqlx::query_as::<_, (String,)>(name)
            .fetch_one(&mut *store.writer.turn().await.unwrap())
            .await;
        value.unwrap().0
    };
    assert_eq!(pragma("PRAGMA journal_mode").await, "wal");
    let synchronous: i64 = sqlx::query_scalar("PRAGMA synchronous")
        .fetch_one(&mut *store.writer.turn().await.unwrap())
        .await
        .unwrap();
    assert_eq!(synchronous, 2, "FULL");
}

#[tokio::test]
async fn a_second_gateway_is_kept_off_until_the_first_is_gone() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("store");
    let first = Sqlite::open(&path).await.unwrap();
    let second = Sqlite::open(&path).await.unwrap_err();
    assert!(matches!(second, OpenError::InUse { .. }), "{second}");
    assert!(second.to_string().ends_with("is in use by another gateway"));
    Reader::open(&path).await.unwrap();
    drop(first);
    Sqlite::open(&path).await.unwrap();
}

#[tokio::test]
async fn what_is_no_store_is_refused_with_its_reason() {
    let folder = TempDir::new().unwrap();
    let directory = Sqlite::open(folder.path()).await.unwrap_err();
    assert!(matches!(directory, OpenError::Io { .. }), "{directory}");
    let missing = Reader::open(&folder.path().join("missing")).await.unwrap_err();
    assert!(matches!(missing, OpenError::Io { .. }), "{missing}");
    let garbage = folder.path().join("garbage");
    fs::write(&garbage, [b'x'; 4_096]).unwrap();
    let garbage = Sqlite::open(&garbage).await.unwrap_err();
    let corrupt = matches!(
        garbage,
        OpenError::Engine {
            failure: Failure::Corrupt,
            ..
        }
    );
    assert!(corrupt, "{garbage}");
}

#[tokio::test]
async fn a_store_belongs_to_one_log_for_good() {
    let folder = TempDir::new().unwrap();
    let store = Sqlite::open(&folder.path().join("store")).await.unwrap();
    assert_eq!(store.held().await.unwrap().log, None);
    store.claim(signer("gw1").log()).await.unwrap();
    store.claim(signer("gw1").log()).await.unwrap();
    assert_eq!(store.claim(signer("gw2").log()).await, Err(Failure::OtherLog));
    let config = Config {
        queue: 1.try_into().unwrap(),
        kept_outside: None,
    };
    let refused = Log::start(Arc::new(store), signer("gw2"), config, Arc::new(SystemClock)).await;
    assert_eq!(refused.unwrap_err(), StartFailed::Store(Failure::OtherLog));
}

#[tokio::test]
async fn failures_of_the_engine_are_told_apart() {
    let folder = TempDir::new().unwrap();
    let store = Sqlite::open(&folder.path().join("store")).await.unwrap();
    let claim = async || store.claim(signer("gw1").log()).await;
    let set = async |pragma: &'static str| {
        sqlx::query(pragma)
            .execute(&mut *store.writer.turn().await.unwrap())
            .await
            .unwrap();
    };
    set("PRAGMA query_only = 1").await;
    assert_eq!(claim().await, Err(Failure::ReadOnly));
    set("PRAGMA query_only = 0").await;
    claim().await.unwrap();
    // The least count allowed is the present one: whatever needs a further page finds no room.
    set("PRAGMA max_page_count = 1").await;
    let large = "INSERT INTO idempotency (scope, body, run, expires) VALUES ('', '', zeroblob(1000000), 0)";
    let full = sqlx::query(large)
        .execute(&mut *store.writer.turn().await.unwrap())
        .await
        .unwrap_err();
    assert_eq!(failure(&full), Failure::Full);
}

#[tokio::test]
async fn the_number_of_the_last_change_outlives_the_process_and_never_goes_back() {
    use crate::events::Store as _;
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("store");
    let store = Sqlite::open(&path).await.unwrap();
    assert_eq!(store.last().await, Ok(0));
    for sequence in [1, 7, 3] {
        store.keep(sequence).await.unwrap();
    }
    drop(store);
    let store = Sqlite::open(&path).await.unwrap();
    assert_eq!(store.last().await, Ok(7));
}

#[tokio::test]
async fn operators_changes_count_in_the_order_in_which_they_came_in_force() {
    use crate::register::{Change, Store as _, What};
    let folder = TempDir::new().unwrap();
    let store = Sqlite::open(&folder.path().join("store")).await.unwrap();
    let change = |what, second: i64| Change {
        transaction_id: uuid::Uuid::now_v7(),
        client: Some("demo".parse().unwrap()),
        what,
        operator: "an".parse().unwrap(),
        reason: Some("because".parse().unwrap()),
        at: jiff::Timestamp::from_second(second).unwrap(),
    };
    let [first, second, third] =
        [(What::Suspended, 1), (What::Resumed, 2), (What::Removed, 3)].map(|(what, at)| change(what, at));
    for change in [&first, &second, &third] {
        store.intend("gw1", change).await.unwrap();
    }
    assert!(
        store.intend("gw1", &first).await.is_err(),
        "one call makes one change"
    );
    assert_eq!(
        store.since(0).await.unwrap(),
        [],
        "what is intended isn't in force"
    );
    assert_eq!(store.intended("gw2").await.unwrap(), []);
    assert_eq!(store.intended("gw1").await.unwrap().len(), 3);

    store.put_in_force(second.transaction_id).await.unwrap();
    store.put_in_force(first.transaction_id).await.unwrap();
    store.put_in_force(second.transaction_id).await.unwrap();
    store.put_in_force(uuid::Uuid::now_v7()).await.unwrap();
    store.give_up(third.transaction_id).await.unwrap();
    store.give_up(first.transaction_id).await.unwrap();
    assert_eq!(store.intended("gw1").await.unwrap(), []);
    let kept: Vec<(u64, Change)> = store
        .since(0)
        .await
        .unwrap()
        .into_iter()
        .map(|numbered| (numbered.number, numbered.change))
        .collect();
    assert_eq!(kept, [(1, second), (2, first.clone())]);
    let later = store.since(1).await.unwrap();
    assert_eq!(later.len(), 1);
    assert_eq!((later[0].number, &later[0].change), (2, &first));
    assert_eq!(store.since(2).await.unwrap(), []);
}

#[tokio::test]
async fn a_change_that_this_version_cannot_read_stops_everything() {
    use crate::register::{Store as _, Unavailable};
    let folder = TempDir::new().unwrap();
    let store = Sqlite::open(&folder.path().join("store")).await.unwrap();
    sqlx::query("INSERT INTO register_changes VALUES (?, 1, 'gw1', 'demo', 'paused', NULL, 'an', NULL, 0)")
        .bind(uuid::Uuid::now_v7().to_string())
        .execute(&mut *store.writer.turn().await.unwrap())
        .await
        .unwrap();
    assert_eq!(store.since(0).await, Err(Unavailable));
}

#[tokio::test]
async fn who_writes_waits_in_line_and_not_with_the_connection_in_hand() {
    use crate::batches::store::{Draft, Lent, Store as Batches};
    use crate::checks::kept::Store as Checks;
    use crate::register::Store as Register;
    use futures_util::future::BoxFuture;
    use futures_util::{FutureExt as _, poll};
    let folder = TempDir::new().unwrap();
    let store = Sqlite::open(&folder.path().join("store")).await.unwrap();
    let (batches, checks, register): (&dyn Batches, &dyn Checks, &dyn Register) = (&store, &store, &store);
    let (id, now) = (uuid::Uuid::now_v7(), jiff::Timestamp::UNIX_EPOCH);
    let draft = Draft {
        id,
        client: "demo".parse().unwrap(),
        request: Vec::new(),
        entered_at: now,
        lapses_at: now,
    };
    let lent = Lent { id, owner: "gw1" };
    let writes: [(&str, BoxFuture<'_, bool>); 5] = [
        ("a batch", batches.begin(draft).map(|done| done.is_ok()).boxed()),
        (
            "rows",
            batches
                .append(id, Vec::new(), now)
                .map(|done| done.is_ok())
                .boxed(),
        ),
        (
            "putting off",
            batches.put_off(lent, now).map(|done| done.is_ok()).boxed(),
        ),
        ("a change", register.give_up(id).map(|done| done.is_ok()).boxed()),
        (
            "a check",
            checks.take(id, now, now).map(|done| done.is_ok()).boxed(),
        ),
    ];
    for (name, mut write) in writes {
        let turn = store.writer.permit().await.unwrap();
        assert!(poll!(&mut write).is_pending());
        let mut next = Box::pin(store.writer.permit());
        assert!(poll!(&mut next).is_pending());
        drop(turn);
        tokio::select! {
            biased;
            _ = &mut next => panic!("{name}: it was not in the line"),
            is_done = &mut write => assert!(is_done, "{name}"),
        }
    }
}

#[tokio::test]
async fn what_is_committed_is_merged_into_the_file_beside_the_commits() {
    let folder = TempDir::new().unwrap();
    let (path, copy) = (folder.path().join("store"), folder.path().join("copy"));
    let store = Sqlite::open(&path).await.unwrap();
    let row = Row {
        body: "{}".to_owned(),
        time: 0,
        person: None,
        spent: None,
    };
    let batch = Batch {
        rows: vec![(row, [0; 32])],
        ..Batch::default()
    };
    store.append(batch).await.unwrap();
    // The file alone, without the log beside it; no commit follows that could merge.
    let mut looks = tokio::time::interval(Duration::from_millis(20));
    for _ in 0..500 {
        looks.tick().await;
        fs::copy(&path, &copy).unwrap();
        let options = options(&copy).journal_mode(SqliteJournalMode::Off);
        let mut alone = options.connect().await.unwrap();
        let rows = sqlx::query_scalar("SELECT count(*) FROM audit_rows")
            .fetch_one(&mut alone)
            .await;
        if rows.unwrap_or(0) == 1 {
            store.close().await;
            return;
        }
    }
    panic!("nothing was merged");
}

#[tokio::test]
async fn the_write_ahead_log_begins_anew_while_rows_go_on_coming() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("store");
    let store = Sqlite::open(&path).await.unwrap();
    store.claim(signer("gw1").log()).await.unwrap();
    let row = Row {
        body: "x".repeat(15_000),
        time: 0,
        person: None,
        spent: None,
    };
    let log = folder.path().join("store-wal");
    // How often it has begun anew, as the log's head says (the SQLite file format, section 4.1).
    let beginnings = || {
        let mut head = [0; 16];
        File::open(&log).unwrap().read_exact(&mut head).unwrap();
        u32::from_be_bytes(head[12..16].try_into().unwrap())
    };
    let mut first = 0;
    while first == 0 || beginnings() == 0 {
        let rows = vec![(row.clone(), [0; 32]); 64];
        store
            .append(Batch {
                first,
                rows,
                ..Batch::default()
            })
            .await
            .unwrap();
        first += 64;
        let pages = fs::metadata(&log).unwrap().len() / 4_096;
        assert!(
            pages < u64::from(LONGEST_LOG) * 3 / 4,
            "it only grows: {pages} pages"
        );
    }
    store.close().await;
    let reader = Reader::open(&path).await.unwrap();
    assert_eq!(reader.held().await.unwrap().rows, first);
}
