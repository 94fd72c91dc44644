//! What does a proxy do for the same price?
//!
//! HAProxy with one thread in front of the bare handler: it checks the ES256 signature, issuer, audience and expiry of the
//! token, counts the caller in a stick-table, and answers from its own cache. It can't cache what was posted, so it is asked
//! by GET with a request of the same length. It compares nobody with a register, holds nobody to a licence and writes no
//! audit row. `Tokens` says whether it checks each token or remembers those that it has seen, by their hash.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::gateway::free_address;
use crate::process::Server;
use crate::world::World;

/// Says what is done with the tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tokens {
    /// Each is checked each time.
    Checked,
    /// Those that were once found good are known by their hash.
    Remembered,
}

/// Tells the version that is installed, if one is.
pub fn version() -> Option<String> {
    let told = Command::new("haproxy")
        .arg("-v")
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8(told.stdout).ok()?;
    text.split(' ').nth(2).map(str::to_owned)
}

/// Starts it in front of a server, and waits until it takes connections.
pub fn start(world: &World, behind: SocketAddr, tokens: Tokens) -> (Server, SocketAddr) {
    let address = free_address();
    let file = world.disk().join("haproxy.cfg");
    std::fs::write(&file, configuration(world, address, behind, tokens)).unwrap();
    let server = Server::start(Path::new("haproxy"), &["-db", "-q", "-f", file.to_str().unwrap()]);
    for _ in 0..500 {
        if std::net::TcpStream::connect(address).is_ok() {
            return (server, address);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("HAProxy didn't come up");
}

fn configuration(world: &World, address: SocketAddr, behind: SocketAddr, tokens: Tokens) -> String {
    let key = world.public_key();
    let (key, issuer) = (key.display(), world.issuer.url());
    let remembering = match tokens {
        Tokens::Checked => "",
        Tokens::Remembered => {
            "
    http-request track-sc1 var(txn.token),sha2(256) table remembered
    acl is_remembered sc1_get_gpt0 eq 1"
        }
    };
    let (unless_remembered, remember) = match tokens {
        Tokens::Checked => ("", ""),
        Tokens::Remembered => (
            " !is_remembered",
            "
    http-request sc-set-gpt0(1) 1 if !is_remembered",
        ),
    };
    format!(
        "global
    nbthread 1
    maxconn 2000
defaults
    mode http
    timeout connect 5s
    timeout client 60s
    timeout server 60s
    option http-keep-alive
cache answers
    total-max-size 16
    max-age 3600
backend rates
    stick-table type ip size 100k expire 10m store http_req_rate(10s)
backend remembered
    stick-table type binary len 32 size 200k expire 10m store gpt0
frontend public
    bind {address}
    http-request track-sc0 src table rates
    http-request deny deny_status 429 if {{ sc0_http_req_rate gt 2000000000 }}
    http-request set-var(txn.token) http_auth_bearer{remembering}
    http-request set-var(txn.alg) var(txn.token),jwt_header_query('$.alg')
    http-request deny deny_status 401 if{unless_remembered} !{{ var(txn.alg) -m str ES256 }}
    http-request deny deny_status 401 if{unless_remembered} !{{ var(txn.token),jwt_payload_query('$.iss') -m str {issuer} }}
    http-request deny deny_status 401 if{unless_remembered} !{{ var(txn.token),jwt_payload_query('$.aud') -m str dancu }}
    http-request set-var(txn.exp) var(txn.token),jwt_payload_query('$.exp','int')
    http-request set-var(txn.now) date()
    http-request deny deny_status 401 if{unless_remembered} {{ var(txn.exp),sub(txn.now) -m int lt 0 }}
    http-request deny deny_status 401 if{unless_remembered} !{{ var(txn.token),jwt_verify(txn.alg,\"{key}\") 1 }}{remember}
    http-request del-header Authorization
    http-request cache-use answers
    http-response cache-store answers
    default_backend bare
backend bare
    server bare {behind}
"
    )
}
