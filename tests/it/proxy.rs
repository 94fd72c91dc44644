//! What does a gateway meet when the way to a server of its own is bad?
//!
//! A relay between the gateway and a real Redis or PostgreSQL that does to the bytes what a network does: slows them down,
//! resets, swallows, closes one way, or cuts an answer off in the middle; for connections that there are and for new ones.
//! Knows nothing of what it carries. A connection of which bytes were swallowed ends when the fault does.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Is where the server listens.
#[derive(Clone)]
pub enum Server {
    Tcp(SocketAddr),
    Socket(PathBuf),
}

/// Is what happens to connections.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fault {
    None,
    /// Every piece takes so long.
    Latency(Duration),
    /// Connections are reset.
    Reset,
    /// Nothing arrives, either way.
    BlackHole,
    /// The server's side is closed, and what is sent is still taken.
    HalfClosed,
    /// Half of a piece of the server's comes, and the connection ends.
    Cut,
}

/// Is a relay; it ends with the test.
pub struct Proxy {
    address: SocketAddr,
    fault: watch::Sender<Fault>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    /// Starts a relay to a server.
    pub async fn to(server: Server) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (fault, seen) = watch::channel(Fault::None);
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let relay = Relay {
                    gateway: stream,
                    fault: seen.clone(),
                };
                let server = server.clone();
                tokio::spawn(async move {
                    // An end is an end, whoever made it.
                    let _ = match server {
                        Server::Tcp(at) => match TcpStream::connect(at).await {
                            Ok(server) => relay.run(server).await,
                            Err(error) => Err(error),
                        },
                        Server::Socket(at) => match UnixStream::connect(at).await {
                            Ok(server) => relay.run(server).await,
                            Err(error) => Err(error),
                        },
                    };
                });
            }
        });
        Self {
            address,
            fault,
            accepting,
        }
    }

    /// Gives the port to connect to instead of the server's.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Has all connections suffer this from now on.
    pub fn suffer(&self, fault: Fault) {
        self.fault.send_replace(fault);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

struct Relay {
    gateway: TcpStream,
    fault: watch::Receiver<Fault>,
}

impl Relay {
    async fn run(mut self, mut server: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<()> {
        let (mut up, mut down) = ([0; 16_384], [0; 16_384]);
        let mut has_lost = false;
        loop {
            let fault = *self.fault.borrow_and_update();
            match fault {
                Fault::Reset => return self.gateway.set_zero_linger(),
                Fault::HalfClosed => return self.close_one_way().await,
                Fault::BlackHole => {}
                _ if has_lost => return Ok(()),
                _ => {}
            }
            tokio::select! {
                changed = self.fault.changed() => {
                    if changed.is_err() {
                        return Ok(());
                    }
                }
                sent = self.gateway.read(&mut up) => {
                    let sent = &up[..ended(sent)?];
                    if fault == Fault::BlackHole {
                        has_lost = true;
                        continue;
                    }
                    lag(fault).await;
                    server.write_all(sent).await?;
                }
                told = server.read(&mut down) => {
                    let told = &down[..ended(told)?];
                    match fault {
                        Fault::BlackHole => has_lost = true,
                        Fault::Cut => return self.gateway.write_all(&told[..told.len() / 2]).await,
                        _ => {
                            lag(fault).await;
                            self.gateway.write_all(told).await?;
                        }
                    }
                }
            }
        }
    }

    /// Says goodbye and goes on listening until the other side does as well.
    async fn close_one_way(mut self) -> io::Result<()> {
        self.gateway.shutdown().await?;
        let mut swallowed = [0; 1_024];
        loop {
            tokio::select! {
                changed = self.fault.changed() => if changed.is_err() || *self.fault.borrow() != Fault::HalfClosed {
                    return Ok(());
                },
                read = self.gateway.read(&mut swallowed) => {
                    ended(read)?;
                }
            }
        }
    }
}

/// Tells how much was read; nothing is the end.
fn ended(read: io::Result<usize>) -> io::Result<usize> {
    match read? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        length => Ok(length),
    }
}

async fn lag(fault: Fault) {
    if let Fault::Latency(time) = fault {
        let _ = timeout(time, std::future::pending::<()>()).await;
    }
}
