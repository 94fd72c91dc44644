use std::num::NonZeroUsize;
use std::sync::Arc;

use tempfile::TempDir;

use super::*;
use crate::audit::{Config, Entry, Log, Operation, Signer, Why};
use crate::clock::SystemClock;
use crate::domain::field::Fields;
use crate::stores::sqlite::Sqlite;

fn entry() -> Entry {
    Entry {
        time: "2026-08-22T03:04:05Z".parse().unwrap(),
        transaction_id: uuid::Uuid::now_v7(),
        request_id: "r-1".parse().unwrap(),
        client: None,
        officer: None,
        unit: None,
        procedure: None,
        dossier: None,
        operation: Operation::Authentication,
        subject: None,
        person: None,
        fields: Fields::NONE,
        outcome: "refused",
        problem: Some("token_missing"),
        source: None,
        registry_request: None,
        steps: vec![],
        duration_ms: 0,
        count: None,
        batch: None,
        act: None,
        spent: false,
    }
}

#[tokio::test]
async fn a_running_gateways_log_is_exported_and_verified_from_outside() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("store");
    let signer = Signer::from_seed("gw1".parse().unwrap(), &[7; 32]).unwrap();
    let key = signer.verifier().clone();
    let store = Arc::new(Sqlite::open(&path).await.unwrap());
    let config = Config {
        queue: NonZeroUsize::MIN,
        kept_outside: None,
    };
    let log = Log::start(store, signer, config, Arc::new(SystemClock))
        .await
        .unwrap();
    let receipt = log.record(entry()).await.unwrap().to_string();

    let at = stores::Config::Sqlite(path);
    let mut out = Vec::new();
    assert_eq!(export(&at, None, Period::default(), &mut out).await.unwrap(), 1);
    let named = |log: &str| Some(log.parse().unwrap());
    let period = Period::default();
    assert_eq!(
        export(&at, named("gw1"), period, &mut std::io::sink())
            .await
            .unwrap(),
        1
    );
    let other = export(&at, named("gw2"), period, &mut std::io::sink()).await;
    assert_eq!(other.unwrap_err().to_string(), "the store holds no log gw2");
    assert!(out.ends_with(b"\"}\n"));
    let verdict = |receipt: &str| verify(&at, Some(receipt.parse().unwrap()), Some(folder.path()), &key);
    assert!(matches!(verdict(&receipt).await.unwrap(), Verdict::Sound(_)));
    let missing = receipt.replacen(".0.", ".1.", 1);
    let Verdict::Broken(Fault::Bad { why, .. }) = verdict(&missing).await.unwrap() else {
        panic!("a receipt for no row was accepted");
    };
    assert_eq!(why, Why::ReceiptMissing);
    let nowhere = stores::Config::Sqlite(folder.path().join("none"));
    assert!(verify(&nowhere, None, None, &key).await.is_err());
    log.stop().await;
}
