//! Which parts can be measured, and what have their rounds in common?
//!
//! Each part starts what it compares in turn and in one run, so that what the machine does meanwhile strikes them all.

pub mod flood;
pub mod growth;
pub mod haproxy;
pub mod hit;
pub mod memory;
pub mod miss;
pub mod unknown_token;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use crate::load::{self, Expected, Pace, Requests, Run, Span, Stream};
use crate::process::Server;
use crate::world::World;

/// Says how long to measure.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    pub seconds: f64,
    pub rounds: usize,
    pub connections: usize,
    /// A short run to see that all works.
    pub quick: bool,
}

impl Effort {
    /// Gives the span of one measurement.
    pub fn span(&self) -> Span {
        Span {
            warm_up: Duration::from_secs_f64(self.seconds.min(1.0)),
            lasting: Duration::from_secs_f64(self.seconds),
        }
    }
}

/// Is where good callers call from.
pub const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Gives callers of whom each must succeed.
pub fn good<'r>(pace: Pace, to: SocketAddr, connections: usize, requests: Requests<'r>) -> Stream<'r> {
    Stream {
        pace,
        to,
        from: HERE,
        connections,
        requests,
        expected: Expected::Success,
    }
}

/// Loads a server with one stream.
pub fn loaded(server: &Server, stream: Stream<'_>, span: Span) -> Run {
    load::run(vec![stream], span, &|| server.cpu())
}

/// Is what a part works with.
pub struct Bench<'w> {
    pub world: &'w World,
    pub effort: Effort,
}
