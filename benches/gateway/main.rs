//! What does the gateway cost, beside what one would use instead?
//!
//! `cargo bench --bench gateway [-- PART…] [--quick] [--seconds N] [--rounds N] [--connections N]`: one core serves, another
//! loads; each part compares in turn and in one run (`parts`). Without parts, all of them; `report` writes tables and charts
//! into `docs` from what was measured last. Prints what it measures, keeps it in one file (`results`), and says of each aim
//! whether it is reached; asserts nothing but that answers are right and have their rows. See `docs/performance.md`.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    reason = "a measuring program: whatever is unexpected ends it with a message"
)]

mod acknowledging;
mod aims;
mod bare;
mod chart;
mod flushing;
mod gateway;
mod haproxy;
mod issuer;
mod kept_rows;
mod load;
mod parts;
mod process;
mod report;
mod results;
mod world;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use parts::{Bench, Effort};
use results::Results;
use world::World;

/// The gateway's own allocator, for the bare handler as well, so that it isn't what is compared.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const PARTS: [&str; 7] = [
    "hit",
    "haproxy",
    "unknown-token",
    "miss",
    "flood",
    "memory",
    "growth",
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [mode, file, ..] = arguments.as_slice() {
        match mode.as_str() {
            bare::SERVE => return bare::serve(Path::new(file)),
            acknowledging::SERVE => return acknowledging::serve(Path::new(file)),
            _ => {}
        }
    }
    let options = Options::of(&arguments);
    let mut results = Results::read();
    if !options.parts.is_empty() {
        measure(&options, &mut results);
    }
    print!("\n{}", aims::table(&results));
    println!("\nAll figures: {}", Results::path().display());
    if options.reports {
        report::write(&results);
    }
}

fn measure(options: &Options, results: &mut Results) {
    let begun = Instant::now();
    let world = World::start();
    let effort = options.effort;
    println!(
        "{} connections, {} s each, {} rounds; server on core 0, load and registry on core 1",
        effort.connections, effort.seconds, effort.rounds
    );
    let bench = Bench {
        world: &world,
        effort,
    };
    for part in &options.parts {
        let seconds = begun.elapsed().as_secs();
        println!("\n[{:2}:{:02}] {part}", seconds / 60, seconds % 60);
        let figures: Option<BTreeMap<String, f64>> = match *part {
            "hit" => Some(parts::hit::measure(&bench)),
            "haproxy" => parts::haproxy::measure(&bench),
            "unknown-token" => Some(parts::unknown_token::measure(&bench)),
            "miss" => Some(parts::miss::measure(&bench)),
            "flood" => Some(parts::flood::measure(&bench)),
            "memory" => Some(parts::memory::measure(&bench)),
            _ => Some(parts::growth::measure(&bench)),
        };
        if let Some(figures) = figures {
            results.keep(part, effort.quick, figures);
        }
    }
    world.stop();
    let seconds = begun.elapsed().as_secs();
    println!("\nmeasured in {}:{:02}", seconds / 60, seconds % 60);
}

struct Options {
    parts: Vec<&'static str>,
    reports: bool,
    effort: Effort,
}

impl Options {
    fn of(arguments: &[String]) -> Self {
        let has = |name: &str| arguments.iter().any(|argument| argument == name);
        let number = |name: &str, default: f64| {
            let place = arguments.iter().position(|argument| argument == name);
            place.map_or(default, |place| arguments[place + 1].parse().expect("a number"))
        };
        let quick = has("--quick");
        let (seconds, rounds) = if quick { (1.0, 1.0) } else { (2.5, 3.0) };
        let asked: Vec<_> = PARTS.into_iter().filter(|part| has(part)).collect();
        let reports = has("report");
        let parts = if asked.is_empty() && !reports {
            PARTS.to_vec()
        } else {
            asked
        };
        Self {
            parts,
            reports,
            effort: Effort {
                seconds: number("--seconds", seconds).clamp(0.2, 60.0),
                rounds: number("--rounds", rounds).clamp(1.0, 20.0) as usize,
                connections: number("--connections", 64.0).clamp(1.0, 1_000.0) as usize,
                quick,
            },
        }
    }
}
