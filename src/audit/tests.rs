//! The log over the real store in a temporary folder: what is promised, and every way of tampering that must be found.

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use tempfile::TempDir;
use uuid::Uuid;

use super::*;
use crate::domain::field::{Field, Fields};
use crate::sealing::{Label, MasterSecret, Pseudonyms};
use crate::stores::checkpoint_folder::CheckpointFolder;
use crate::stores::sqlite::{Reader, Sqlite};

fn log_name() -> LogName {
    "gw1.test".parse().unwrap()
}

fn signer() -> Signer {
    Signer::from_seed(log_name(), &[7; 32]).unwrap()
}

fn config() -> Config {
    Config {
        queue: NonZeroUsize::new(4_096).unwrap(),
        kept_outside: None,
    }
}

fn time() -> Timestamp {
    "2026-08-22T03:04:05.000006Z".parse().unwrap()
}

pub(crate) fn entry() -> Entry {
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
        spent: true,
    }
}

async fn started(path: &Path) -> (Arc<Sqlite>, Log) {
    let store = Arc::new(Sqlite::open(path).await.unwrap());
    let log = Log::start(store.clone(), signer(), config()).await.unwrap();
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
