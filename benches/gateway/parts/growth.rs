//! Does the gateway get slower with what it has to know or to keep?
//!
//! Hits at saturation with the durable row: with 10 to 10 000 registered clients who call in turn, each with a token of its
//! own; and on a store that holds no, 1 million and 10 million audit rows already. Growth with people is measured with their
//! memory.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Bench, good, loaded};
use crate::gateway::{Gateway, Keeping, client};
use crate::kept_rows;
use crate::load::{Pace, Requests, same};
use crate::results::Rounds;
use crate::world::{CLIENT, PATH, asked, someone};

/// Measures it.
pub fn measure(bench: &Bench<'_>) -> BTreeMap<String, f64> {
    let mut rounds = Rounds::default();
    for _ in 0..bench.effort.rounds.min(2) {
        clients(bench, &mut rounds);
    }
    rows(bench, &mut rounds);
    rounds.medians()
}

fn clients(bench: &Bench<'_>, rounds: &mut Rounds) {
    let numbers: &[u64] = if bench.effort.quick {
        &[10, 1_000]
    } else {
        &[10, 100, 1_000, 10_000]
    };
    for number in numbers.iter().copied() {
        println!("growth: {number} clients");
        let gateway = Gateway::start(bench.world, Keeping::Disk, number);
        let requests: Vec<Vec<u8>> = (1..=number)
            .map(|number| asked(PATH, &bench.world.issuer.token(&client(number), 1, 0), &someone()))
            .collect();
        let mut next = requests.iter().cycle();
        let in_turn: Requests<'_> = Box::new(|into| {
            into.extend_from_slice(next.next().unwrap());
            true
        });
        let mut span = bench.effort.span();
        // Until each token is remembered.
        span.warm_up += Duration::from_micros(250 * number);
        let stream = good(Pace::Closed, gateway.api, bench.effort.connections, in_turn);
        rounds.add_run(
            &format!("clients_{number}"),
            &loaded(&gateway.server, stream, span),
        );
        gateway.server.stop();
    }
}

fn rows(bench: &Bench<'_>, rounds: &mut Rounds) {
    let numbers: &[u64] = if bench.effort.quick {
        &[0, 100_000]
    } else {
        &[0, 1_000_000, 10_000_000]
    };
    let request = asked(PATH, &bench.world.issuer.token(CLIENT, 1, 0), &someone());
    let stores: Vec<_> = numbers
        .iter()
        .filter_map(|number| Some((*number, kept_rows::prepared(*number)?)))
        .collect();
    for _ in 0..bench.effort.rounds.min(2) {
        for (number, store) in &stores {
            println!("growth: {number} audit rows");
            let gateway = Gateway::start(bench.world, Keeping::At(store), 1);
            let stream = good(
                Pace::Closed,
                gateway.api,
                bench.effort.connections,
                same(&request),
            );
            let run = loaded(&gateway.server, stream, bench.effort.span());
            rounds.add_run(&format!("rows_{number}"), &run);
            gateway.server.stop();
        }
    }
}
