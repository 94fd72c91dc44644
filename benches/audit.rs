//! How many rows a second does the audit log make durable, and what CPU time does one cost?
//!
//! Runs a bounded count of records from many concurrent callers against a SQLite store in a temporary folder, then
//! exports and verifies it, and prints each figure. `cargo bench --bench audit [-- ROWS CALLERS]`.

use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use dancu::audit::{Config, Entry, Evidence, Log, Operation, Period, Signer, Step, export, verify};
use dancu::clock::{Clock as _, SystemClock};
use dancu::domain::field::Field;
use dancu::domain::pin::IdNumber;
use dancu::sealing::{Label, MasterSecret, Pseudonyms};
use dancu::stores::sqlite::Sqlite;

/// The gateway's own allocator, so that the figures are the gateway's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
fn print(what: &str, rows: u64, took: Duration, cpu: Duration) {
    let rows_a_second = rows as f64 / took.as_secs_f64();
    let cpu_a_row = cpu.as_secs_f64() * 1e6 / rows as f64;
    println!("{what}: {rows} rows in {took:.2?}, {rows_a_second:.0} rows/s, {cpu_a_row:.2} µs of CPU a row");
}

/// The process's CPU time so far, in hundredths of a second as Linux counts it.
fn cpu() -> anyhow::Result<Duration> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let ticks = stat.split(' ').skip(13).take(2).map(str::parse::<u64>);
    let ticks: u64 = ticks.sum::<Result<u64, _>>()?;
    Ok(Duration::from_millis(ticks * 10))
}

fn entry(pseudonyms: &Pseudonyms, number: u64) -> anyhow::Result<Entry> {
    let pin = format!("1001900{:05}", number % 100_000).parse()?;
    let subject = pseudonyms.of_number(&IdNumber::Pin(pin));
    Ok(Entry {
        time: SystemClock.now(),
        transaction_id: uuid::Uuid::now_v7(),
        request_id: format!("r-{number}").parse()?,
        client: Some("one-stop".parse()?),
        officer: Some(pseudonyms.of_officer(&pin)),
        unit: Some("H57.12".parse()?),
        procedure: Some("1.001193".parse()?),
        dossier: Some("000.00.12.H57-260822-0001".parse()?),
        operation: Operation::Verify,
        subject: Some(subject),
        person: Some(subject),
        fields: [Field::FullName, Field::DateOfBirth, Field::Sex]
            .into_iter()
            .collect(),
        outcome: "confirmed",
        problem: None,
        source: Some("cache"),
        registry_request: Some(format!("0192f0c1-0000-7000-8000-{number:012}")),
        steps: vec![Step {
            form: "as_given",
            registry_request: format!("0192f0c1-0000-7000-8000-{number:012}"),
            result: "found",
        }],
        duration_ms: 1,
        count: None,
        batch: None,
        act: None,
        spent: true,
    })
}

async fn record(log: Log, pseudonyms: Pseudonyms, first: u64, count: u64) -> anyhow::Result<()> {
    for number in first..first + count {
        log.record(entry(&pseudonyms, number)?).await?;
    }
    Ok(())
}

async fn run(folder: &Path, rows: u64, callers: u64) -> anyhow::Result<()> {
    let path = folder.join("store");
    let store = Arc::new(Sqlite::open(&path).await?);
    let signer = Signer::from_seed("bench".parse()?, &[7; 32])?;
    let verifier = signer.verifier().clone();
    let config = Config {
        queue: NonZeroUsize::new(8_192).context("not zero")?,
        kept_outside: None,
    };
    let log = Log::start(store.clone(), signer, config, Arc::new(SystemClock)).await?;
    let secret = MasterSecret::new(&[1; 32])?;
    let pseudonyms = Pseudonyms::new(&secret, Label::Audit)?;

    let (began, spent) = (SystemClock.steady(), cpu()?);
    for number in 0..rows {
        std::hint::black_box(entry(&pseudonyms, number)?);
    }
    print(
        "making the entries alone",
        rows,
        began.elapsed(),
        cpu()?.saturating_sub(spent),
    );

    let (began, spent) = (SystemClock.steady(), cpu()?);
    let each = rows / callers;
    let tasks: Vec<_> = (0..callers)
        .map(|caller| tokio::spawn(record(log.clone(), pseudonyms.clone(), caller * each, each)))
        .collect();
    for task in tasks {
        task.await??;
    }
    print(
        "recording",
        each * callers,
        began.elapsed(),
        cpu()?.saturating_sub(spent),
    );
    log.stop().await;

    let (began, spent) = (SystemClock.steady(), cpu()?);
    let exported = export(store.as_ref(), Period::default(), &mut std::io::sink()).await?;
    print(
        "exporting",
        exported,
        began.elapsed(),
        cpu()?.saturating_sub(spent),
    );

    let (began, spent) = (SystemClock.steady(), cpu()?);
    let report = verify(store.as_ref(), &verifier, Evidence::default()).await?;
    print(
        "verifying",
        report.rows,
        began.elapsed(),
        cpu()?.saturating_sub(spent),
    );
    store.close().await;
    Ok(())
}

fn main() -> anyhow::Result<()> {
    // Cargo adds `--bench` of its own.
    let mut numbers = std::env::args().filter_map(|argument| argument.parse().ok());
    let rows = numbers.next().unwrap_or(200_000).min(5_000_000);
    let callers = numbers.next().unwrap_or(1_024).clamp(1, 4_096);
    let folder = tempfile::tempdir()?;
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(run(folder.path(), rows, callers))
}
