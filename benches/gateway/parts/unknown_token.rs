//! What does the road cost with a token that was never seen?
//!
//! 100 000 tokens signed beforehand (ES256), each used once; everything else as for a hit, with a store that acknowledges at
//! once, so that the audit's own cost isn't counted twice. Beside it the bare handler that checks the same signatures with
//! the same library.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use super::{Bench, good, loaded};
use crate::bare;
use crate::gateway::{Gateway, Keeping};
use crate::load::{Pace, Requests, Run, Span};
use crate::process::Server;
use crate::results::Rounds;
use crate::world::{CLIENT, PATH, ask, someone};

const TOKENS: u64 = 100_000;

/// Measures it.
pub fn measure(bench: &Bench<'_>) -> BTreeMap<String, f64> {
    let world = bench.world;
    let count = if bench.effort.quick { TOKENS / 4 } else { TOKENS };
    println!("unknown token: signing {count} tokens");
    let tokens = world.issuer.tokens(CLIENT, count);
    let mut rounds = Rounds::default();
    for _ in 0..bench.effort.rounds.min(2) {
        let (server, address) = bare::start(&world.public_key());
        let reached = run(&server, address, "/signed", &tokens, Pace::Closed);
        rounds.add_run("bare_signed.saturation", &reached);
        let half = Pace::Open(reached.first().per_second / 2.0);
        rounds.add_run(
            "bare_signed.half",
            &run(&server, address, "/signed", &tokens, half),
        );
        server.stop();
        for (name, keeping) in [("off_road", Keeping::Nowhere), ("durable", Keeping::Disk)] {
            let gateway = Gateway::start(world, keeping, 1);
            let reached = run(&gateway.server, gateway.api, PATH, &tokens, Pace::Closed);
            gateway.server.stop();
            rounds.add_run(&format!("{name}.saturation"), &reached);
            // A fresh one, to which all tokens are unknown again.
            let half = Pace::Open(reached.first().per_second / 2.0);
            let gateway = Gateway::start(world, keeping, 1);
            rounds.add_run(
                &format!("{name}.half"),
                &run(&gateway.server, gateway.api, PATH, &tokens, half),
            );
            gateway.server.stop();
        }
    }
    rounds.medians()
}

/// Uses each token once; as long as they last, but for a part that is kept so that they don't run out before the end.
fn run(server: &Server, address: SocketAddr, path: &str, tokens: &[String], pace: Pace) -> Run {
    let person = someone();
    let mut unused = tokens.iter();
    let requests: Requests<'_> = Box::new(move |into| {
        let Some(token) = unused.next() else { return false };
        ask(into, path, token, &person);
        true
    });
    let expected_rate = match pace {
        Pace::Open(rate) => rate,
        // No core checks more signatures than that.
        Pace::Closed => 32_000.0,
    };
    let seconds = (0.95 * tokens.len() as f64 / expected_rate).min(4.0);
    let span = Span {
        warm_up: Duration::from_secs_f64(seconds * 0.2),
        lasting: Duration::from_secs_f64(seconds * 0.8),
    };
    let run = loaded(server, good(pace, address, 64, requests), span);
    assert!(!run.first().ran_out, "the tokens ran out before the end");
    run
}
