//! What does a call cost that must ask the registry?
//!
//! The registry answers after 20 ms; 2 000 questions a second by a fixed schedule, each about somebody who was never asked
//! about. Then the same people again, at the same rate, from the cache. Beside it the registry alone, asked directly at the
//! same rate, since its own timers are part of what a caller sees.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use super::{Bench, good, loaded};
use crate::gateway::{Gateway, Keeping};
use crate::load::{Expected, Pace, Requests, same};
use crate::results::Rounds;
use crate::world::{CLIENT, PATH, ask, people};

const A_SECOND: f64 = 2_000.0;
const DELAY: Duration = Duration::from_millis(20);
const CONNECTIONS: usize = 256;

/// Measures it.
pub fn measure(bench: &Bench<'_>) -> BTreeMap<String, f64> {
    let world = bench.world;
    let span = bench.effort.span();
    let wanted = A_SECOND * (span.warm_up + span.lasting).as_secs_f64() + 1.0;
    println!("miss: 20 ms registry, 2 000 a second");
    let people = people(wanted as usize);
    let token = world.issuer.token(CLIENT, 1, 0);
    let mut rounds = Rounds::default();
    for _ in 0..bench.effort.rounds.min(2) {
        world.delay_registry(DELAY);
        let gateway = Gateway::start(world, Keeping::Disk, 1);
        let mut alone = good(Pace::Open(A_SECOND), registry(bench), CONNECTIONS, same(UNSIGNED));
        alone.expected = Expected::Anything;
        rounds.add_run("registry", &loaded(&gateway.server, alone, span));
        for name in ["miss", "hit"] {
            let mut asked = people.iter();
            let requests: Requests<'_> = Box::new(|into| {
                let Some(person) = asked.next() else { return false };
                ask(into, PATH, &token, person);
                true
            });
            let stream = good(Pace::Open(A_SECOND), gateway.api, CONNECTIONS, requests);
            rounds.add_run(name, &loaded(&gateway.server, stream, span));
        }
        gateway.server.stop();
        world.delay_registry(Duration::ZERO);
    }
    rounds.medians()
}

/// Is a call that the registry turns away as late as it answers others.
const UNSIGNED: &[u8] =
    b"POST /dancu HTTP/1.1\r\nHost: registry\r\nContent-Type: text/xml\r\nContent-Length: 4\r\n\r\n<a/>";

fn registry(bench: &Bench<'_>) -> SocketAddr {
    let url = bench.world.mocks.registry_url();
    url.trim_start_matches("http://").parse().unwrap()
}
