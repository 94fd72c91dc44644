//! Every way of tampering that must be found, done to the closed store as someone with the file can.

use std::sync::Arc;

use tempfile::TempDir;

use super::*;
use crate::audit::tests::{alter, checked, config, entry, filled, log_name, signer, started};
use crate::audit::{Config, Entry, Forged, Log, Row, Signer, StartFailed};
use crate::clock::SystemClock;
use crate::stores::checkpoint_folder::CheckpointFolder;
use crate::stores::sqlite::Sqlite;

type Falsified = fn(&mut Receipt);

#[tokio::test]
async fn what_was_recorded_is_verified_with_its_receipts() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("store");
    let receipts = filled(&path, 5).await;
    for (receipt, index) in receipts.iter().zip(0..) {
        assert_eq!(receipt.index, index);
        assert_eq!(receipt.to_string().parse().as_ref(), Ok(receipt));
        let evidence = Evidence {
            receipt: Some(receipt.clone()),
            ..Evidence::default()
        };
        let report = checked(&path, evidence).await.unwrap();
        assert_eq!((report.rows, report.unsigned), (5, 0));
        assert!(report.checkpoints >= 1);
    }
}

#[tokio::test]
async fn a_receipt_of_another_row_or_log_or_of_none_is_found_out() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("store");
    let receipts = filled(&path, 3).await;
    let of = |change: Falsified| {
        let mut receipt = receipts[1].clone();
        change(&mut receipt);
        Evidence {
            receipt: Some(receipt),
            ..Evidence::default()
        }
    };
    let cases: [(Falsified, u64, Why); 4] = [
        (|receipt| receipt.leaf = [0; 32], 1, Why::Receipt),
        (|receipt| receipt.index = 2, 2, Why::Receipt),
        (|receipt| receipt.index = 3, 3, Why::ReceiptMissing),
        (|receipt| receipt.log = "gw2".parse().unwrap(), 1, Why::Receipt),
    ];
    for (change, index, why) in cases {
        assert_eq!(checked(&path, of(change)).await, Err(Fault::Bad { index, why }));
    }
}

#[tokio::test]
async fn every_kind_of_tampering_is_found_at_its_place() {
    let folder = TempDir::new().unwrap();
    let sound = folder.path().join("sound");
    filled(&sound, 6).await;
    let cases: [(&str, u64, Why); 13] = [
        (
            "UPDATE audit_rows SET body = replace(body, 'confirmed', 'no_match') WHERE \"index\" = 2",
            2,
            Why::Leaf,
        ),
        (
            "UPDATE audit_rows SET leaf = zeroblob(32) WHERE \"index\" = 3",
            3,
            Why::Leaf,
        ),
        (
            "UPDATE audit_rows SET time = time + 1 WHERE \"index\" = 4",
            4,
            Why::Columns,
        ),
        (
            "UPDATE audit_rows SET person = NULL WHERE \"index\" = 1",
            1,
            Why::Columns,
        ),
        ("DELETE FROM audit_rows WHERE \"index\" = 0", 0, Why::Missing),
        ("DELETE FROM audit_rows WHERE \"index\" = 2", 2, Why::Missing),
        ("DELETE FROM audit_rows WHERE \"index\" = 5", 5, Why::Truncated),
        ("DELETE FROM audit_rows", 0, Why::Truncated),
        (
            "UPDATE audit_rows SET \"index\" = 99 WHERE \"index\" = 1;
             UPDATE audit_rows SET \"index\" = 1 WHERE \"index\" = 2;
             UPDATE audit_rows SET \"index\" = 2 WHERE \"index\" = 99",
            1,
            Why::Leaf,
        ),
        (
            "UPDATE audit_checkpoints SET note = replace(note, 'gw1', 'gw2') WHERE size = 6",
            6,
            Why::Forged,
        ),
        (
            "UPDATE audit_checkpoints SET size = 5 WHERE size = 6",
            5,
            Why::Forged,
        ),
        (
            "UPDATE audit_checkpoints SET size = 7 WHERE size = 6",
            6,
            Why::Forged,
        ),
        ("DELETE FROM audit_checkpoints", 0, Why::Unsigned),
    ];
    for (statement, index, why) in cases {
        let altered = folder.path().join("altered");
        std::fs::copy(&sound, &altered).unwrap();
        alter(&altered, statement).await;
        let found = checked(&altered, Evidence::default()).await;
        assert_eq!(found, Err(Fault::Bad { index, why }), "{statement}");
    }
    assert_eq!(checked(&sound, Evidence::default()).await.unwrap().rows, 6);
}

#[tokio::test]
async fn rows_rewritten_with_fitting_hashes_are_found_by_the_signed_root() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("store");
    filled(&path, 4).await;
    // What a forger without the key can do: a false body with its right leaf, and a checkpoint signed with another key.
    let row = Row::of(&Entry {
        outcome: "no_match",
        ..entry()
    })
    .unwrap();
    let leaf = tree::leaf(&log_name(), 2, &row.body);
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path);
    let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
    sqlx::query("UPDATE audit_rows SET body = ?, leaf = ? WHERE \"index\" = 2")
        .bind(&row.body)
        .bind(leaf.as_slice())
        .execute(&pool)
        .await
        .unwrap();
    let bad = |why| Err(Fault::Bad { index: 4, why });
    assert_eq!(checked(&path, Evidence::default()).await, bad(Why::Root));
    let forger = Signer::from_seed(log_name(), &[8; 32]).unwrap();
    sqlx::query("UPDATE audit_checkpoints SET note = ? WHERE size = 4")
        .bind(forger.sign(4, [0; 32]).note())
        .execute(&pool)
        .await
        .unwrap();
    pool.close().await;
    assert_eq!(checked(&path, Evidence::default()).await, bad(Why::Forged));
    // The gateway doesn't go on from such a store either.
    let store = Arc::new(Sqlite::open(&path).await.unwrap());
    let refused = Log::start(store, signer(), config(), Arc::new(SystemClock))
        .await
        .unwrap_err();
    assert_eq!(refused, StartFailed::Key(Forged));
}

#[tokio::test]
async fn a_store_set_back_is_found_by_the_checkpoint_kept_outside() {
    let folder = TempDir::new().unwrap();
    let (path, older) = (folder.path().join("store"), folder.path().join("older"));
    filled(&path, 2).await;
    std::fs::copy(&path, &older).unwrap();
    let (store, log) = started(&path).await;
    let outside = CheckpointFolder::new(folder.path(), log.name());
    let follower = tokio::spawn(outside.clone().follow(log.checkpoints()));
    log.record(entry()).await.unwrap();
    log.stop().await;
    follower.await.unwrap();
    store.close().await;

    let evidence = || Evidence {
        kept_outside: outside.newest().unwrap(),
        receipt: None,
    };
    assert_eq!(checked(&path, evidence()).await.unwrap().kept_outside, Some(3));
    assert_eq!(checked(&older, Evidence::default()).await.unwrap().rows, 2);
    let set_back = Err(Fault::Bad {
        index: 2,
        why: Why::Truncated,
    });
    assert_eq!(checked(&older, evidence()).await, set_back);
    // Going on from the older copy would make two rows of one number: it is refused.
    let store = Arc::new(Sqlite::open(&older).await.unwrap());
    let config = Config {
        kept_outside: outside.newest().unwrap(),
        ..config()
    };
    let refused = Log::start(store, signer(), config, Arc::new(SystemClock))
        .await
        .unwrap_err();
    assert_eq!(refused, StartFailed::Altered { size: 3 });
}

#[tokio::test]
async fn the_log_can_be_verified_while_it_is_written() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("store");
    let (_store, log) = started(&path).await;
    log.record(entry()).await.unwrap();
    let writing = {
        let log = log.clone();
        tokio::spawn(async move {
            for _ in 0..200 {
                log.record(entry()).await.unwrap();
            }
        })
    };
    for _ in 0..20 {
        checked(&path, Evidence::default()).await.unwrap();
    }
    writing.await.unwrap();
    log.stop().await;
    assert_eq!(checked(&path, Evidence::default()).await.unwrap().rows, 201);
}
