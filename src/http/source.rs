//! From which address does a request come?
//!
//! The connection's other end; where that is a proxy that the configuration trusts, whom it says that it speaks for
//! (`Forwarded`, RFC 7239, or else `X-Forwarded-For`): the nearest address that isn't such a proxy itself. Anybody may send
//! these headers, so nobody else's are read. The address is counted by and goes nowhere: not into a log, not into a row.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use actix_web::HttpRequest;
use actix_web::http::header::{FORWARDED, HeaderMap, HeaderName, X_FORWARDED_FOR};
use ipnet::IpNet;

/// Says that a text is no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an address such as 10.0.0.7 or 10.0.0.0/24")]
pub struct NoAddress;

/// Is an address, or all of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network(IpNet);

impl FromStr for Network {
    type Err = NoAddress;

    fn from_str(text: &str) -> Result<Self, NoAddress> {
        let alone = || text.parse::<IpAddr>().ok().map(IpNet::from);
        let network = text.parse().ok().or_else(alone);
        network.map(Self).ok_or(NoAddress)
    }
}

/// Lists the proxies whose word is taken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trusted(Vec<Network>);

impl Trusted {
    /// Takes the word of these.
    #[must_use]
    pub fn new(networks: Vec<Network>) -> Self {
        Self(networks)
    }

    /// Tells whether it is one of them.
    #[must_use]
    pub fn holds(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.0.contains(&address))
    }

    /// Finds the address that a request comes from.
    pub(super) fn source(&self, request: &HttpRequest) -> Option<IpAddr> {
        let peer = request.peer_addr()?.ip();
        if self.0.is_empty() || !self.holds(peer) {
            return Some(peer);
        }
        Some(self.told(request.headers()).unwrap_or(peer))
    }

    /// Goes from the nearest hop outwards; what can't be read ends the way, and the last one that could be stands.
    fn told(&self, headers: &HeaderMap) -> Option<IpAddr> {
        let (name, read): (HeaderName, fn(&str) -> Option<IpAddr>) = if headers.contains_key(FORWARDED) {
            (FORWARDED, for_whom)
        } else {
            (X_FORWARDED_FOR, address)
        };
        let lines: Vec<_> = headers.get_all(name).collect();
        let hops = lines.iter().rev().flat_map(|line| {
            let line = line.to_str().unwrap_or_default();
            line.rsplit(',')
        });
        let mut nearest = None;
        for hop in hops {
            let Some(address) = read(hop.trim()) else { break };
            nearest = Some(address);
            if !self.holds(address) {
                break;
            }
        }
        nearest
    }
}

/// Reads the `for` of one hop (RFC 7239 §4).
fn for_whom(hop: &str) -> Option<IpAddr> {
    hop.split(';')
        .filter_map(|pair| pair.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("for"))
        .and_then(|(_, node)| address(node.trim().trim_matches('"')))
}

/// Reads an address, with a port or without, in brackets or not.
fn address(text: &str) -> Option<IpAddr> {
    let bare = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let with_port = || text.parse::<SocketAddr>().ok().map(|socket| socket.ip());
    text.parse().ok().or_else(bare).or_else(with_port)
}

#[cfg(test)]
mod tests;
