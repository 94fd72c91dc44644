//! Under which names do operators reach us?
//!
//! A page of somebody else's can have its own name point to this machine (DNS rebinding), and the browser then takes ours for
//! its own. What such a request can't change is the `Host` that it names. So `/admin` is served to who names this machine
//! itself, the configured address, or a configured name, and to nobody else. Ports don't matter: nobody rebinds those.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use actix_web::dev::ServiceRequest;
use actix_web::http::Uri;
use actix_web::http::header;

/// The longest that a name can be.
const LONGEST: usize = 253;

/// Says that a text is no name of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no name of a host")]
pub struct Malformed;

/// Names a host: a name or an address, without a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostName {
    /// An address.
    Address(IpAddr),
    /// A name, in small letters.
    Name(Box<str>),
}

impl FromStr for HostName {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        if let Ok(address) = bare.unwrap_or(text).parse() {
            return Ok(Self::Address(address));
        }
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
        let text = text.strip_suffix('.').unwrap_or(text);
        if text.is_empty() || text.len() > LONGEST || !text.bytes().all(plain) {
            return Err(Malformed);
        }
        Ok(Self::Name(text.to_ascii_lowercase().into()))
    }
}

/// Knows the hosts under whose names operators may come.
#[derive(Debug, Clone)]
pub struct Hosts {
    listening: IpAddr,
    named: Vec<HostName>,
}

impl Hosts {
    /// Allows this machine's own names, the address of the listener, and `named`.
    #[must_use]
    pub fn new(listening: SocketAddr, named: Vec<HostName>) -> Self {
        Self {
            listening: listening.ip(),
            named,
        }
    }

    /// Tells whether a request names one of them, wherever it names a host.
    pub(super) fn allow(&self, request: &ServiceRequest) -> bool {
        let mut stated = request.headers().get_all(header::HOST);
        let (Some(host), None) = (stated.next(), stated.next()) else {
            return false;
        };
        let in_target = request.uri().authority().map(|authority| authority.as_str());
        host.to_str().is_ok_and(|host| self.has(host)) && in_target.is_none_or(|host| self.has(host))
    }

    fn has(&self, stated: &str) -> bool {
        // The library takes user names and bad ports apart as browsers do; who sends either isn't one of ours.
        let Ok(uri) = stated.parse::<Uri>() else {
            return false;
        };
        let host = uri.host().filter(|_| !stated.contains(['@', '/', '?', '#']));
        let Some(Ok(host)) = host.map(str::parse::<HostName>) else {
            return false;
        };
        match &host {
            HostName::Address(address) if address.is_loopback() || *address == self.listening => true,
            HostName::Name(name) if name.as_ref() == "localhost" => true,
            HostName::Address(_) | HostName::Name(_) => self.named.contains(&host),
        }
    }
}

#[cfg(test)]
mod tests;
