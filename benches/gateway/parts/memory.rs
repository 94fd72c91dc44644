//! What does a person in the cache cost, in memory and in speed?
//!
//! One gateway, its store in memory-backed files: its memory when it has just started, then with 1 000, 100 000 and 1 000 000
//! people, each asked about through the API and fetched from the registry; after each filling, everybody there is asked
//! about again and again. Memory is what the process holds (RSS), so it counts what limits keep of each person too.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::{Bench, good, loaded};
use crate::gateway::{Gateway, Keeping};
use crate::load::{Pace, Requests, Span};
use crate::process::Server;
use crate::results::Rounds;
use crate::world::{CLIENT, PATH, ask, people};

/// How many are asked about before it is said how far the filling has come.
const PORTION: usize = 50_000;

/// How long a portion may take, however slow the machine.
const PATIENCE: Duration = Duration::from_secs(600);

/// Measures it.
pub fn measure(bench: &Bench<'_>) -> BTreeMap<String, f64> {
    let sizes = if bench.effort.quick {
        [1_000, 5_000, 20_000]
    } else {
        [1_000, 100_000, 1_000_000]
    };
    let world = bench.world;
    println!("memory: drawing {} people", sizes[2]);
    let everybody = people(sizes[2]);
    let token = world.issuer.token(CLIENT, 1, 0);
    let gateway = Gateway::start(world, Keeping::Memory, 1);
    let mut rounds = Rounds::default();
    let idle = gateway.server.resident();
    rounds.add("idle_mb", megabytes(idle));
    println!("  idle: {:.1} MB", megabytes(idle));
    let mut held = 0;
    for size in sizes {
        println!("  filling up to {size} people");
        fill(&gateway.server, gateway.api, &token, &everybody[held..size]);
        // What is let go of by the minute or the second is let go of.
        std::thread::sleep(Duration::from_secs(3));
        let resident = gateway.server.resident();
        let each = resident.saturating_sub(idle) as f64 / size as f64;
        println!(
            "  {size} people: {:.1} MB, {each:.0} bytes for each",
            megabytes(resident)
        );
        rounds.add(format!("at_{size}_mb"), megabytes(resident));
        rounds.add(format!("bytes_each_at_{size}"), each);
        held = size;
        let mut asked = everybody[..size].iter().cycle();
        let requests: Requests<'_> = Box::new(|into| {
            ask(into, PATH, &token, asked.next().unwrap());
            true
        });
        let stream = good(Pace::Closed, gateway.api, bench.effort.connections, requests);
        rounds.add_run(
            &format!("people_{size}"),
            &loaded(&gateway.server, stream, bench.effort.span()),
        );
    }
    gateway.server.stop();
    rounds.medians()
}

/// Asks about each once, and says after each portion how far it has come.
fn fill(server: &Server, api: SocketAddr, token: &str, people: &[String]) {
    let begun = Instant::now();
    for (number, portion) in people.chunks(PORTION).enumerate() {
        let mut asked = portion.iter();
        let requests: Requests<'_> = Box::new(|into| {
            let Some(person) = asked.next() else { return false };
            ask(into, PATH, token, person);
            true
        });
        let span = Span {
            warm_up: Duration::ZERO,
            lasting: PATIENCE,
        };
        let run = loaded(server, good(Pace::Closed, api, 64, requests), span);
        let answers = run.first().answers;
        let done = number * PORTION + answers;
        println!(
            "    {done} of {} after {} s, {:.1} MB",
            people.len(),
            begun.elapsed().as_secs(),
            megabytes(server.resident())
        );
        assert_eq!(
            answers,
            portion.len(),
            "not everybody of a portion was answered within {} s",
            PATIENCE.as_secs()
        );
    }
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
