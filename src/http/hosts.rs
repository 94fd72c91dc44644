//! Is it us that the request means?
//!
//! A page of somebody else's can have a browser inside the network ask us under a name of its own that it has pointed here
//! (DNS rebinding). So operators' addresses answer only under names that are ours: those configured, this machine's own,
//! and bare addresses, which nobody can point anywhere.

use std::net::{IpAddr, SocketAddr};

use actix_web::http::header::{HOST, HeaderMap};

/// Lists the names under which we answer.
#[derive(Debug, Clone)]
pub(super) enum Hosts {
    /// Any will do: whoever calls brings a token that no browser holds.
    Any,
    /// These, `localhost`, and any bare address.
    Named(Vec<String>),
}

impl Hosts {
    /// Tells whether a request with these headers is meant for us.
    pub fn allow(&self, headers: &HeaderMap) -> bool {
        let Self::Named(names) = self else { return true };
        // HTTP/1.0 has none, and is no browser's.
        let Some(host) = headers.get(HOST) else {
            return true;
        };
        let host = host.to_str().unwrap_or_default();
        if host.parse::<SocketAddr>().is_ok() || is_address(host) {
            return true;
        }
        let name = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => host,
        };
        let ours = names.iter().map(String::as_str).chain(["localhost"]);
        ours.into_iter().any(|ours| name.eq_ignore_ascii_case(ours))
    }
}

fn is_address(host: &str) -> bool {
    let bare = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(host);
    bare.parse::<IpAddr>().is_ok()
}

#[cfg(test)]
mod tests;
