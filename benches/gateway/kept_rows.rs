//! Where does a store come from that holds millions of audit rows?
//!
//! Written through the gateway's own store in large groups, each row with its leaf hash and the last with a signed
//! checkpoint, so that the gateway goes on with it as with its own and `dancu audit verify` finds nothing wrong. Kept beside
//! the build's other products, since ten million rows are 10 GB and take minutes; what a round adds stays in it.

use std::path::{Path, PathBuf};
use std::process::Command;

use aws_lc_rs::digest;
use dancu::audit::{Batch, Frontier, Hash, LogName, Row, Signed, Signer, Store as _};
use dancu::stores::sqlite::Sqlite;

const GROUP: u64 = 20_000;
const SPACE_A_ROW: u64 = 1_100;
const LOG: &str = "dancu";

/// Gives a store with so many rows, made if it isn't there; nothing where the disk has no room for it.
pub fn prepared(rows: u64) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("rows-{rows}"));
    let path = folder.join("dancu.db");
    let is_whole = folder.join("whole");
    if rows > 0 && is_whole.exists() {
        return Some(path);
    }
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    // Twice: before it lies in the store's file, it lies in the write-ahead log.
    if free(&folder).is_some_and(|free| free < rows * SPACE_A_ROW + 4_000_000_000) {
        println!("growth: no room for {rows} audit rows, skipped");
        return None;
    }
    if rows > 0 {
        println!("growth: writing {rows} audit rows, kept in {}", folder.display());
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap()
            .block_on(write(&path, rows));
        std::fs::write(is_whole, "").unwrap();
    }
    Some(path)
}

async fn write(path: &Path, rows: u64) {
    let log: LogName = LOG.parse().unwrap();
    // The seed that the benchmark's gateways sign with.
    let signer = Signer::from_seed(log.clone(), &[0x5a; 32]).unwrap();
    let store = Sqlite::open(path).await.unwrap();
    store.claim(&log).await.unwrap();
    let now = jiff::Timestamp::now().as_microsecond();
    let mut frontier = Frontier::default();
    while frontier.size() < rows {
        let mut batch = Batch {
            first: frontier.size(),
            ..Batch::default()
        };
        for index in frontier.size()..rows.min(frontier.size() + GROUP) {
            let row = row(index, now);
            let leaf = leaf(index, &row.body);
            frontier.push(leaf);
            batch.rows.push((row, leaf));
        }
        batch.signed = Some(Signed {
            checkpoint: signer.sign(frontier.size(), frontier.root()),
            frontier: frontier.clone(),
        });
        store.append(batch).await.unwrap();
        if frontier.size() % 1_000_000 == 0 {
            println!("  {} rows", frontier.size());
        }
    }
    store.close().await;
}

/// Gives a row as a cached verification leaves one.
fn row(index: u64, now: i64) -> Row {
    let time = jiff::Timestamp::from_microsecond(now).unwrap();
    let time = time.to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::Offset::constant(7)));
    let time = time.strftime("%Y-%m-%dT%H:%M:%S%.6f%:z");
    let person = format!("{:043}", index % 1_000_000);
    let body = format!(
        r#"{{"time":"{time}","transaction_id":"0192f0c1-0000-7000-8000-{index:012x}","request_id":"0192f0c1-0000-7000-8000-{index:012x}","client":"system-1","officer":"{:043}","unit":"H57.12","procedure":"1.001193","dossier":"000.00.12.H57-260822-0001","operation":"verify","subject":"{person}","person":"{person}","fields":["full_name","date_of_birth","sex","permanent_residence.province_code","permanent_residence.commune_code"],"outcome":"confirmed","problem":null,"source":"cache","registry_request":"0192f0c1-0000-7000-8000-000000000000","steps":[],"duration_ms":1}}"#,
        7
    );
    Row {
        body,
        time: now,
        person: Some(person),
        spent: None,
    }
}

/// Gives the leaf hash of a row (`docs/audit.md`).
fn leaf(index: u64, body: &str) -> Hash {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(&[0]);
    context.update(format!("{LOG}\n{index}\n").as_bytes());
    context.update(body.as_bytes());
    let mut hash = Hash::default();
    hash.copy_from_slice(context.finish().as_ref());
    hash
}

/// Gives the room on the folder's disk, in bytes, where `df` tells.
fn free(folder: &Path) -> Option<u64> {
    let told = Command::new("df")
        .args(["--output=avail", "-B1"])
        .arg(folder)
        .output()
        .ok()?;
    String::from_utf8(told.stdout)
        .ok()?
        .lines()
        .nth(1)?
        .trim()
        .parse()
        .ok()
}
