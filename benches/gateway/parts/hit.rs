//! What does the whole road cost, from the cache, beside a bare handler?
//!
//! Everybody asks about one person with one remembered token. The bare handler; the gateway with its audit row durable
//! before the answer; the same with the store in memory-backed files; the same with a store that acknowledges at once. Each
//! at saturation (closed), at half of that and at 4 000 a second (open). After the durable one the rows of the log are
//! counted beside the answers. Last a bare handler that computes for as long as a hit takes: what it needs for its answers at
//! 4 000 a second is what the time alone costs, whatever is done in it.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use super::{Bench, good, loaded};
use crate::bare;
use crate::flushing;
use crate::gateway::{Gateway, Keeping};
use crate::load::{Pace, same};
use crate::process::Server;
use crate::results::{Rounds, milliseconds};
use crate::world::{CLIENT, PATH, asked, someone};

/// The rate at which latencies are compared with the bare handler's.
const MODERATE: f64 = 4_000.0;

/// Measures it.
pub fn measure(bench: &Bench<'_>) -> BTreeMap<String, f64> {
    let world = bench.world;
    let token = world.issuer.token(CLIENT, 1, 0);
    let request = asked(PATH, &token, &someone());
    let mut rounds = Rounds::default();
    for round in 1..=bench.effort.rounds {
        println!("hit, round {round} of {}", bench.effort.rounds);
        let flushes = if bench.effort.quick { 200 } else { 2_000 };
        rounds.add("flush_ms", milliseconds(flushing::measure(world.disk(), flushes)));
        let (server, address) = bare::start(&world.public_key());
        let (bare, _) = one(bench, &mut rounds, "bare", &server, address, &request);
        server.stop();
        let alone = rounds.last("bare.at_4000.cpu_us");
        let mut took = alone;
        for (name, keeping) in [
            ("durable", Keeping::Disk),
            ("memory", Keeping::Memory),
            ("off_road", Keeping::Nowhere),
        ] {
            let gateway = Gateway::start(world, keeping, 1);
            let (reached, answers) = one(bench, &mut rounds, name, &gateway.server, gateway.api, &request);
            rounds.add(format!("{name}.ratio"), reached / bare);
            took = rounds.last(&format!("{name}.at_4000.cpu_us"));
            if matches!(keeping, Keeping::Disk) {
                assert_eq!(gateway.stop_and_count_rows(), answers, "each answer has its row");
            } else {
                gateway.server.stop();
            }
        }
        let (server, address) = bare::start(&world.public_key());
        let path = format!("{}/{}", bare::COMPUTING, (took - alone).max(0.0).round());
        let computing = asked(&path, &token, &someone());
        let stream = good(
            Pace::Open(MODERATE),
            address,
            bench.effort.connections,
            same(&computing),
        );
        let run = loaded(&server, stream, bench.effort.span());
        rounds.add_run("computing.at_4000", &run);
        server.stop();
    }
    rounds.medians()
}

/// Measures one server at its three loads; gives what it reached, and how many answers it gave in all.
fn one(
    bench: &Bench<'_>,
    rounds: &mut Rounds,
    name: &str,
    server: &Server,
    address: SocketAddr,
    request: &[u8],
) -> (f64, usize) {
    let connections = bench.effort.connections;
    let measured = |pace| {
        let stream = good(pace, address, connections, same(request));
        loaded(server, stream, bench.effort.span())
    };
    let saturated = measured(Pace::Closed);
    rounds.add_run(&format!("{name}.saturation"), &saturated);
    let reached = saturated.first().per_second;
    let half = measured(Pace::Open(reached / 2.0));
    rounds.add_run(&format!("{name}.half"), &half);
    let moderate = measured(Pace::Open(MODERATE));
    rounds.add_run(&format!("{name}.at_4000"), &moderate);
    let runs = [&saturated, &half, &moderate];
    (reached, runs.iter().map(|run| run.first().answers).sum())
}
