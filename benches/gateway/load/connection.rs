//! How is one request sent and its answer known to be whole?
//!
//! A kept connection that never blocks, with one request under way at the most. Of an answer only the status line and the
//! length of the body are read, so that the load takes as little of its core as it can.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use mio::net::TcpStream;
use mio::{Interest, Poll, Token};
use socket2::{Domain, Socket, Type};

/// Is one kept connection.
pub struct Connection {
    /// Whose stream's it is.
    pub flow: usize,
    socket: TcpStream,
    sent: Vec<u8>,
    written: usize,
    due: Option<Instant>,
    buffer: Vec<u8>,
    filled: usize,
}

/// Says what came of looking at a connection.
pub enum Heard {
    /// Nothing yet.
    Nothing,
    /// An answer, of the request that was due then.
    Answer { status: u16, due: Instant },
    /// The other side closed it, with a request under way or not.
    End { was_asked: bool },
}

impl Connection {
    /// Opens a connection from one address to another.
    pub fn open(poll: &Poll, at: usize, flow: usize, from: IpAddr, to: SocketAddr) -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::new(from, 0).into()).unwrap();
        socket.connect(&to.into()).expect("the server takes connections");
        socket.set_tcp_nodelay(true).unwrap();
        socket.set_nonblocking(true).unwrap();
        let mut socket = TcpStream::from_std(socket.into());
        poll.registry()
            .register(&mut socket, Token(at), Interest::READABLE | Interest::WRITABLE)
            .unwrap();
        Self {
            flow,
            socket,
            sent: Vec::new(),
            written: 0,
            due: None,
            buffer: vec![0; 16 * 1024],
            filled: 0,
        }
    }

    /// Sends a request that was due then.
    pub fn send(&mut self, request: &[u8], due: Instant) {
        self.sent.clear();
        self.sent.extend_from_slice(request);
        (self.written, self.filled, self.due) = (0, 0, Some(due));
        self.write();
    }

    /// Goes on with what the system says can be gone on with.
    pub fn attend(&mut self) -> Heard {
        self.write();
        let read = match self.socket.read(&mut self.buffer[self.filled..]) {
            Ok(0) => return self.ended(),
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Heard::Nothing,
            Err(_) => return self.ended(),
        };
        self.filled += read;
        let Some(due) = self.due else {
            return Heard::Nothing;
        };
        match whole(&self.buffer[..self.filled]) {
            Some(status) => {
                self.due = None;
                Heard::Answer { status, due }
            }
            None => Heard::Nothing,
        }
    }

    /// Tells when the request under way was due, if one is.
    pub fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Gives what was read last.
    pub fn answer(&self) -> &[u8] {
        &self.buffer[..self.filled]
    }

    fn ended(&mut self) -> Heard {
        Heard::End {
            was_asked: self.due.take().is_some(),
        }
    }

    /// Writes what can be written; a connection that can't be written to says so when it is read.
    fn write(&mut self) {
        if self.written < self.sent.len()
            && let Ok(written) = self.socket.write(&self.sent[self.written..])
        {
            self.written += written;
        }
    }
}

/// Gives the status of an answer of which head and body are there.
fn whole(answer: &[u8]) -> Option<u16> {
    const LENGTH: &[u8] = b"content-length:";
    let (mut at, mut length) = (0, 0);
    loop {
        let end = at + answer[at..].iter().position(|byte| *byte == b'\n')?;
        let line = answer[at..end].trim_ascii();
        at = end + 1;
        if line.is_empty() {
            break;
        }
        if line
            .get(..LENGTH.len())
            .is_some_and(|name| name.eq_ignore_ascii_case(LENGTH))
        {
            let text = std::str::from_utf8(&line[LENGTH.len()..]).ok()?;
            length = text.trim().parse().ok()?;
        }
    }
    let status = std::str::from_utf8(answer.get(9..12)?).ok()?.parse().ok()?;
    (answer.len() >= at + length).then_some(status)
}
