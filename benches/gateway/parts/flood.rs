//! Do good callers notice a flood of forged tokens?
//!
//! Good callers ask 4 000 times a second from the cache, first alone, then while 5 000 requests a second come from one other
//! address, each with a well-formed token of the right issuer and key, no two alike, whose signature is noise. Whatever the
//! flood is answered is counted.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::{Bench, good};
use crate::gateway::{Gateway, Keeping};
use crate::load::{self, Expected, Pace, Requests, Stream, same};
use crate::results::Rounds;
use crate::world::{CLIENT, PATH, ask, asked, someone};

const GOOD: f64 = 4_000.0;
const FORGED: f64 = 5_000.0;
const ELSEWHERE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

/// Measures it.
pub fn measure(bench: &Bench<'_>) -> BTreeMap<String, f64> {
    let world = bench.world;
    let token = world.issuer.token(CLIENT, 1, 0);
    let request = asked(PATH, &token, &someone());
    let mut rounds = Rounds::default();
    for round in 1..=bench.effort.rounds {
        println!("flood, round {round} of {}", bench.effort.rounds);
        let gateway = Gateway::start(world, Keeping::Disk, 1);
        let server = &gateway.server;
        let callers = || {
            good(
                Pace::Open(GOOD),
                gateway.api,
                bench.effort.connections,
                same(&request),
            )
        };
        let quiet = load::run(vec![callers()], bench.effort.span(), &|| server.cpu());
        let streams = vec![callers(), flood(gateway.api, &token)];
        let flooded = load::run(streams, bench.effort.span(), &|| server.cpu());
        rounds.add_run("quiet", &quiet);
        rounds.add_run("flooded", &flooded);
        let forged = &flooded.streams[1];
        rounds.add("forged.per_second", forged.per_second);
        rounds.add("forged.closed", forged.closed as f64);
        for (status, count) in &forged.statuses {
            rounds.add(format!("forged.status_{status}"), *count as f64);
        }
        println!(
            "  the flood: {:.0}/s answered {:?}, {} connections closed, {} never sent",
            forged.per_second, forged.statuses, forged.closed, forged.unsent
        );
        gateway.server.stop();
    }
    rounds.medians()
}

fn flood<'r>(to: SocketAddr, token: &str) -> Stream<'r> {
    let (signed, _) = token.rsplit_once('.').unwrap();
    let (signed, person) = (signed.to_owned(), someone());
    let mut noise = Noise(0x9e37_79b9_7f4a_7c15);
    let requests: Requests<'r> = Box::new(move |into| {
        let forged = format!("{signed}.{}", noise.signature());
        ask(into, PATH, &forged, &person);
        true
    });
    Stream {
        pace: Pace::Open(FORGED),
        to,
        from: ELSEWHERE,
        connections: 64,
        requests,
        expected: Expected::Anything,
    }
}

/// Gives numbers without an order that anybody would see (xorshift).
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Gives 64 bytes as base64url, the last letter's spare bits zero.
    fn signature(&mut self) -> String {
        const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let letters = (0..85).map(|_| char::from(LETTERS[(self.next() >> 32) as usize % 64]));
        letters.chain(['A']).collect()
    }
}
