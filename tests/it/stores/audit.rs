//! Is the log kept row by row as it was written, whole batches at a time, and is what was altered found?

use std::num::NonZeroUsize;
use std::sync::Arc;

use dancu::audit::{
    self, Batch, Config, Entry, Evidence, Failure, Fault, Frontier, Kept, Log, LogName, Operation, Period,
    Receipt, Row, Signed, Signer, Usage, Whose, Why,
};
use dancu::cli;
use dancu::clock::SystemClock;
use dancu::domain::field::Fields;
use dancu::stores::{Opened, archive};
use jiff::Timestamp;
use uuid::Uuid;

use super::{Ground, Place, at};

pub async fn all(ground: &Ground) {
    rows_come_back_in_order_byte_for_byte(&ground.place()).await;
    a_batch_is_kept_as_a_whole_or_not_at_all(&ground.place()).await;
    where_the_log_stands_outlives_the_process(&ground.place()).await;
    a_log_is_its_owner_s(&ground.place()).await;
    usage_is_added_up_by_client_and_day(&ground.place()).await;
    many_callers_rows_stand_without_a_gap_and_verify(&ground.place()).await;
    what_was_altered_is_reported(&ground.place()).await;
    damaged_columns_are_reported_and_not_read_past(&ground.place()).await;
}

pub fn signer(log: &str) -> Signer {
    Signer::from_seed(log.parse().unwrap(), &[7; 32]).unwrap()
}

pub fn entry(client: &str, time: Timestamp) -> Entry {
    Entry {
        time,
        transaction_id: Uuid::now_v7(),
        request_id: "r-1".parse().unwrap(),
        client: Some(client.parse().unwrap()),
        officer: None,
        unit: None,
        procedure: None,
        dossier: None,
        operation: Operation::Verify,
        subject: None,
        person: None,
        fields: Fields::NONE,
        outcome: "confirmed",
        problem: None,
        source: None,
        registry_request: None,
        steps: vec![],
        act: None,
        duration_ms: 1,
        count: None,
        batch: None,
        spent: true,
    }
}

pub async fn started(opened: &Opened, log: &str) -> Log {
    let config = Config {
        queue: NonZeroUsize::new(10_000).unwrap(),
        kept_outside: None,
    };
    Log::start(
        Arc::clone(&opened.audit),
        signer(log),
        config,
        Arc::new(SystemClock),
    )
    .await
    .unwrap()
}

/// Makes a batch as it lies before the store; the leaves needn't be right for a store.
fn batch(first: u64, seconds: &[i64]) -> Batch {
    let row = |(place, second): (usize, &i64)| {
        let mut row = Row::of(&entry("demo", at(*second))).unwrap();
        // What a text can hold and a careless store mangles.
        row.body = format!("{{\"n\":{place},\"t\":\"Nguyễn 𠮷 ' \\\\ \\u0000 $1 ?\"}}");
        row.person = place.is_multiple_of(2).then(|| format!("k1:{second}"));
        (row, [u8::try_from(place).unwrap(); 32])
    };
    Batch {
        first,
        rows: seconds.iter().enumerate().map(row).collect(),
        ..Batch::default()
    }
}

fn spent(client: &str, day: &str, calls: u64) -> Usage {
    Usage {
        client: client.parse().unwrap(),
        day: day.parse().unwrap(),
        calls,
    }
}

fn checkpointed(mut batch: Batch, log: &str) -> Batch {
    let mut frontier = Frontier::default();
    for _ in 0..batch.first + u64::try_from(batch.rows.len()).unwrap() {
        frontier.push([9; 32]);
    }
    batch.signed = Some(Signed {
        checkpoint: signer(log).sign(frontier.size(), frontier.root()),
        frontier,
    });
    batch
}

async fn claimed(place: &Place<'_>, log: &str) -> Opened {
    let opened = place.open(log).await.unwrap();
    opened.audit.claim(&log.parse().unwrap()).await.unwrap();
    opened
}

async fn rows_come_back_in_order_byte_for_byte(place: &Place<'_>) {
    let opened = claimed(place, "gw1").await;
    let store = &opened.audit;
    for written in [batch(0, &[50, 10, 30]), batch(3, &[20, 40])] {
        store.append(written).await.unwrap();
    }
    let micros = |second| at(second).as_microsecond();
    let all = store.rows(0, i64::MIN..i64::MAX, 10).await.unwrap();
    let whole: Vec<Kept> = [(0, 50), (1, 10), (2, 30), (0, 20), (1, 40)]
        .into_iter()
        .enumerate()
        .map(|(index, (place, second))| {
            let (row, leaf) = batch(0, &[0, 0, 0]).rows.swap_remove(place);
            Kept {
                index: u64::try_from(index).unwrap(),
                time: micros(second),
                person: place.is_multiple_of(2).then(|| format!("k1:{second}")),
                leaf: leaf.to_vec(),
                body: row.body,
            }
        })
        .collect();
    assert_eq!(all, whole);
    let indexes = async |from, times, limit| -> Vec<u64> {
        let rows = store.rows(from, times, limit).await.unwrap();
        rows.iter().map(|row| row.index).collect()
    };
    assert_eq!(indexes(1, i64::MIN..i64::MAX, 2).await, [1, 2]);
    assert_eq!(indexes(0, micros(20)..micros(50), 10).await, [2, 3, 4]);
    assert_eq!(indexes(5, i64::MIN..i64::MAX, 10).await, [0_u64; 0]);
}

async fn a_batch_is_kept_as_a_whole_or_not_at_all(place: &Place<'_>) {
    let opened = claimed(place, "gw1").await;
    let store = &opened.audit;
    store
        .append(checkpointed(batch(0, &[1, 2, 3]), "gw1"))
        .await
        .unwrap();
    let mut twice = checkpointed(batch(2, &[4, 5]), "gw1");
    twice.usage = vec![spent("demo", "2026-08-22", 2)];
    assert!(store.append(twice).await.is_err(), "two rows of one number");
    let held = store.held().await.unwrap();
    assert_eq!((held.rows, held.frontier.size()), (3, 3));
    assert_eq!(held.newest.unwrap().0, 3);
    let day = "2026-08-22".parse().unwrap();
    assert_eq!(store.usage(Whose::Everyone, day, day).await, Ok(vec![]));
    // And it can be gone on with at once.
    store.append(batch(3, &[6])).await.unwrap();
    assert_eq!(store.held().await.unwrap().rows, 4);
}

async fn where_the_log_stands_outlives_the_process(place: &Place<'_>) {
    let opened = place.open("gw1").await.unwrap();
    let fresh = opened.audit.held().await.unwrap();
    assert_eq!((fresh.log, fresh.rows, fresh.newest), (None, 0, None));
    opened.audit.claim(&"gw1".parse().unwrap()).await.unwrap();
    opened.audit.claim(&"gw1".parse().unwrap()).await.unwrap();
    for written in [
        checkpointed(batch(0, &[1]), "gw1"),
        checkpointed(batch(1, &[2, 3]), "gw1"),
        // A checkpoint over rows that have been written already, and once more over the same.
        batch(3, &[4]),
        checkpointed(batch(4, &[]), "gw1"),
        checkpointed(batch(4, &[]), "gw1"),
        batch(4, &[5]),
    ] {
        opened.audit.append(written).await.unwrap();
    }
    opened.close().await;
    drop(opened);
    let opened = place.open("gw1").await.unwrap();
    let held = opened.audit.held().await.unwrap();
    assert_eq!(held.log, Some("gw1".parse().unwrap()));
    assert_eq!((held.rows, held.frontier.size()), (5, 4));
    let (size, note) = held.newest.unwrap();
    assert_eq!(size, 4);
    assert_eq!(signer("gw1").verifier().open(&note).unwrap().size(), 4);
    let sizes = async |from, limit| -> Vec<u64> {
        let notes = opened.audit.checkpoints(from, limit).await.unwrap();
        notes.into_iter().map(|(size, _)| size).collect()
    };
    assert_eq!(sizes(0, 10).await, [1, 3, 4]);
    assert_eq!(sizes(2, 1).await, [3]);
    opened.close().await;
}

async fn a_log_is_its_owner_s(place: &Place<'_>) {
    let opened = claimed(place, "gw1").await;
    let other: LogName = "gw2".parse().unwrap();
    assert_eq!(opened.audit.claim(&other).await, Err(Failure::OtherLog));
    opened.audit.append(batch(0, &[1])).await.unwrap();
    let beside = archive(&place.config, &"gw1".parse().unwrap()).await.unwrap();
    assert_eq!(beside.held().await.unwrap().rows, 1);
}

async fn usage_is_added_up_by_client_and_day(place: &Place<'_>) {
    let gateways = place.gateways().await;
    for (gateway, log) in gateways.iter().zip(["gw1", "gw2"]) {
        gateway.audit.claim(&log.parse().unwrap()).await.unwrap();
        for (first, usage) in [
            (
                0,
                vec![
                    spent("a", "2026-08-31", 1),
                    spent("a", "2026-09-01", 2),
                    spent("b", "2026-09-01", 3),
                ],
            ),
            (1, vec![spent("a", "2026-09-01", 5)]),
        ] {
            let mut written = batch(first, &[1]);
            written.usage = usage;
            gateway.audit.append(written).await.unwrap();
        }
    }
    let of = u64::try_from(gateways.len()).unwrap();
    let store = &gateways.last().unwrap().audit;
    let usage = async |whose, first: &str, last: &str| {
        store
            .usage(whose, first.parse().unwrap(), last.parse().unwrap())
            .await
            .unwrap()
    };
    let all = usage(Whose::Everyone, "2026-08-01", "2026-09-30").await;
    let expected = [
        spent("a", "2026-08-31", of),
        spent("a", "2026-09-01", 7 * of),
        spent("b", "2026-09-01", 3 * of),
    ];
    assert_eq!(all, expected);
    let september = usage(Whose::Client("a".parse().unwrap()), "2026-09-01", "2026-09-30").await;
    assert_eq!(september, [spent("a", "2026-09-01", 7 * of)]);
    assert_eq!(usage(Whose::Everyone, "2026-10-01", "2026-10-31").await, []);
}

async fn verified(place: &Place<'_>, log: &str, receipt: Option<Receipt>) -> Result<audit::Report, Fault> {
    let signer = signer(log);
    let archive = archive(&place.config, signer.log()).await.unwrap();
    let evidence = Evidence {
        kept_outside: None,
        receipt,
    };
    audit::verify(archive.as_ref(), signer.verifier(), evidence).await
}

async fn many_callers_rows_stand_without_a_gap_and_verify(place: &Place<'_>) {
    let gateways = place.gateways().await;
    let logs: Vec<&str> = ["gw1", "gw2"].into_iter().take(gateways.len()).collect();
    for _restart in 0..2 {
        let mut writing = Vec::new();
        for (gateway, log) in gateways.iter().zip(&logs) {
            writing.push(started(gateway, log).await);
        }
        let records: Vec<_> = (0..300)
            .flat_map(|_| {
                writing
                    .iter()
                    .map(|log| tokio::spawn(log.record(entry("demo", at(0)))))
            })
            .collect();
        let mut receipts = Vec::new();
        for record in records {
            receipts.push(record.await.unwrap().unwrap());
        }
        for log in writing {
            log.stop().await;
        }
        for receipt in receipts.into_iter().step_by(100) {
            let log = receipt.log.to_string();
            verified(place, &log, Some(receipt)).await.unwrap();
        }
    }
    for log in &logs {
        let report = verified(place, log, None).await.unwrap();
        assert_eq!((report.rows, report.unsigned), (600, 0), "{log}");
    }
    let day = dancu::domain::local_time::day(at(0));
    let usage = gateways[0].audit.usage(Whose::Everyone, day, day).await.unwrap();
    assert_eq!(usage[0].calls, 600 * u64::try_from(logs.len()).unwrap());
    // The export goes through all logs, or the one that is asked for.
    let mut lines = Vec::new();
    let exported = cli::audit::export(&place.config, None, Period::default(), &mut lines);
    assert_eq!(exported.await.unwrap(), 600 * u64::try_from(logs.len()).unwrap());
    let last = Some(logs.last().unwrap().parse().unwrap());
    let exported = cli::audit::export(&place.config, last, Period::default(), &mut lines);
    assert_eq!(exported.await.unwrap(), 600);
}

async fn what_was_altered_is_reported(place: &Place<'_>) {
    let opened = place.open("gw1").await.unwrap();
    let log = started(&opened, "gw1").await;
    for _ in 0..5 {
        log.record(entry("demo", at(0))).await.unwrap();
    }
    log.stop().await;
    opened.close().await;
    drop(opened);
    verified(place, "gw1", None).await.unwrap();
    let bad = |index, why| Err(Fault::Bad { index, why });
    let by_hand = async |statement| {
        place.by_hand(statement).await;
        verified(place, "gw1", None).await
    };
    let confirm = "UPDATE audit_rows SET body = replace(body, 'no_match', 'confirmed') WHERE \"index\" = 3";
    let deny = "UPDATE audit_rows SET body = replace(body, 'confirmed', 'no_match') WHERE \"index\" = 3";
    assert_eq!(by_hand(deny).await, bad(3, Why::Leaf));
    by_hand(confirm).await.unwrap();
    let hide = "UPDATE audit_rows SET person = 'k1:00' WHERE \"index\" = 2";
    assert_eq!(by_hand(hide).await, bad(2, Why::Columns));
    by_hand("UPDATE audit_rows SET person = NULL").await.unwrap();
    let gap = "DELETE FROM audit_rows WHERE \"index\" = 1";
    assert_eq!(by_hand(gap).await, bad(1, Why::Missing));
    let cut = "DELETE FROM audit_rows WHERE \"index\" >= 1";
    let cut = by_hand(cut).await;
    assert!(
        matches!(
            cut,
            Err(Fault::Bad {
                why: Why::Truncated | Why::Forged,
                ..
            })
        ),
        "{cut:?}"
    );
}

async fn damaged_columns_are_reported_and_not_read_past(place: &Place<'_>) {
    let opened = claimed(place, "gw1").await;
    let mut written = batch(0, &[1]);
    written.usage = vec![spent("demo", "2026-08-22", 1)];
    opened.audit.append(written).await.unwrap();
    place.by_hand("UPDATE audit_usage SET calls = -1").await;
    let (first, last) = ("2026-01-01".parse().unwrap(), "2026-12-31".parse().unwrap());
    let usage = opened.audit.usage(Whose::Everyone, first, last).await;
    assert_eq!(usage, Err(Failure::Corrupt));
    place
        .by_hand("UPDATE audit_usage SET calls = 1, client = 'no client!'")
        .await;
    let usage = opened.audit.usage(Whose::Everyone, first, last).await;
    assert_eq!(usage, Err(Failure::Corrupt));
}
