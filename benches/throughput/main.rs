//! What does the whole road cost beside a bare actix handler?
//!
//! `cargo bench --bench throughput [-- --seconds N --connections N --rounds N]`: one core serves, another loads. In turn, in
//! one run: a bare actix handler; the gateway answering verifications from its cache with a remembered token and the
//! durable audit row; the same with its store in memory-backed files, so that no disk is waited for. Prints throughput,
//! latency, CPU time of the server for each request, and the ratios. Brings its own limits; asserts nothing but that each
//! answer is `confirmed` and has its row.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    reason = "a measuring program: whatever is unexpected ends it with a message"
)]

mod bare;
mod gateway;
mod load;
mod process;

use std::time::Duration;

use load::{Load, Measured};

fn main() {
    let options = Options::of_arguments();
    if options.serves_bare {
        return bare::serve();
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    process::pin_this_to(1);
    let surroundings = runtime.block_on(gateway::Surroundings::start());
    let disk = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let memory = tempfile::tempdir_in("/dev/shm").unwrap();
    println!(
        "{} connections, {} s each, {} rounds; server on core 0, load on core 1",
        options.connections, options.seconds, options.rounds
    );
    let load = Load {
        connections: options.connections,
        warm_up: Duration::from_secs(2),
        lasting: Duration::from_secs(options.seconds),
    };
    let mut rounds = Vec::new();
    for _ in 0..options.rounds {
        let bare = bare::measure(&load, &surroundings);
        let durable = gateway::measure(&load, &surroundings, disk.path());
        let memory = gateway::measure(&load, &surroundings, memory.path());
        show("bare actix", &bare, &bare);
        show("gateway, durable audit", &durable, &bare);
        show("gateway, store in memory", &memory, &bare);
        println!();
        rounds.push((
            durable.per_second / bare.per_second,
            memory.per_second / bare.per_second,
        ));
    }
    let median = |mut ratios: Vec<f64>| {
        ratios.sort_by(f64::total_cmp);
        ratios[ratios.len() / 2]
    };
    println!(
        "ratio to bare actix, median: durable audit {:.2}, store in memory {:.2}",
        median(rounds.iter().map(|round| round.0).collect()),
        median(rounds.iter().map(|round| round.1).collect())
    );
    runtime.block_on(surroundings.stop());
}

fn show(what: &str, measured: &Measured, bare: &Measured) {
    println!(
        "{what:26} {:8.0}/s  ratio {:.2}  p50 {:6.2} ms  p99 {:6.2} ms  CPU {:5.1} µs a request",
        measured.per_second,
        measured.per_second / bare.per_second,
        measured.p50.as_secs_f64() * 1e3,
        measured.p99.as_secs_f64() * 1e3,
        measured.cpu_micros,
    );
}

struct Options {
    serves_bare: bool,
    seconds: u64,
    connections: usize,
    rounds: usize,
}

impl Options {
    fn of_arguments() -> Self {
        let arguments: Vec<String> = std::env::args().collect();
        let number = |name: &str, default: usize| {
            let place = arguments.iter().position(|argument| argument == name);
            place.map_or(default, |place| arguments[place + 1].parse().expect("a number"))
        };
        Self {
            serves_bare: arguments.iter().any(|argument| argument == "--serve-bare"),
            seconds: u64::try_from(number("--seconds", 5)).unwrap().clamp(1, 60),
            connections: number("--connections", 64).clamp(1, 1_000),
            rounds: number("--rounds", 3).clamp(1, 20),
        }
    }
}
