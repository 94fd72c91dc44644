//! What does a proxy of the shelf reach beside the same bare handler?
//!
//! HAProxy that checks each token, and HAProxy that remembers them, at saturation and at half of that; the bare handler in
//! the same rounds, so that both can be set beside the gateway.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use super::{Bench, good, loaded};
use crate::bare;
use crate::haproxy::{self, Tokens};
use crate::load::{Pace, same};
use crate::process::Server;
use crate::results::Rounds;
use crate::world::{CLIENT, PATH, asked, fetched, someone};

/// Measures it; nothing where HAProxy isn't installed.
pub fn measure(bench: &Bench<'_>) -> Option<BTreeMap<String, f64>> {
    let Some(version) = haproxy::version() else {
        println!("haproxy: skipped, it isn't installed (apt-get install haproxy)");
        return None;
    };
    let world = bench.world;
    let token = world.issuer.token(CLIENT, 1, 0);
    let (posted, asked_with) = (asked(PATH, &token, &someone()), |token: &str| {
        fetched(token, &someone())
    });
    let fetched = asked_with(&token);
    let (signed, _) = token.rsplit_once('.').unwrap();
    let forged = asked_with(&format!("{signed}.{}A", "B".repeat(85)));
    let mut rounds = Rounds::default();
    for round in 1..=bench.effort.rounds {
        println!("HAProxy {version}, round {round} of {}", bench.effort.rounds);
        let (server, address) = bare::start(&world.public_key());
        let bare = one(bench, &mut rounds, "bare", &server, address, &posted);
        for (name, tokens) in [("checked", Tokens::Checked), ("remembered", Tokens::Remembered)] {
            let (proxy, at) = haproxy::start(world, address, tokens);
            let refused = status(at, &forged);
            assert_eq!(refused, "401", "HAProxy refuses a forged token");
            let reached = one(bench, &mut rounds, name, &proxy, at, &fetched);
            rounds.add(format!("{name}.ratio"), reached / bare);
            proxy.stop();
        }
        server.stop();
    }
    Some(rounds.medians())
}

fn one(
    bench: &Bench<'_>,
    rounds: &mut Rounds,
    name: &str,
    server: &Server,
    to: SocketAddr,
    request: &[u8],
) -> f64 {
    let measured = |pace| {
        let stream = good(pace, to, bench.effort.connections, same(request));
        loaded(server, stream, bench.effort.span())
    };
    let saturated = measured(Pace::Closed);
    rounds.add_run(&format!("{name}.saturation"), &saturated);
    let reached = saturated.first().per_second;
    rounds.add_run(&format!("{name}.half"), &measured(Pace::Open(reached / 2.0)));
    reached
}

/// Sends one request on a connection of its own and gives the status of the answer.
fn status(to: SocketAddr, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(to).unwrap();
    stream.write_all(request).unwrap();
    let mut head = [0; 12];
    stream.read_exact(&mut head).unwrap();
    String::from_utf8_lossy(&head[9..]).into_owned()
}
