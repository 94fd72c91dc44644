//! What exactly does a client see of an answer, to the last byte?
//!
//! A small HTTP/1.1 client over one kept connection that tells three things apart which a comfortable one mixes up: a whole
//! answer, a connection closed before any byte of one, and an answer cut off in the middle.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, ErrorKind, Read as _, Write as _};
use std::net::TcpStream;

use serde_json::Value;

use crate::program::PATIENCE;

/// Is a kept connection.
pub struct Connection {
    stream: BufReader<TcpStream>,
}

/// Is a whole answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

/// Says how an exchange ended without a whole answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Broken {
    /// Nothing came; the connection is closed.
    Closed,
    /// A part came; then the connection closed or stood still.
    Cut(String),
}

impl Answer {
    /// Gives the body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// Tells whether another request may follow on the same connection.
    pub fn leaves_open(&self) -> bool {
        let closes = |value: &String| value.eq_ignore_ascii_case("close");
        !self.headers.get("connection").is_some_and(closes)
    }
}

/// Asks once, on a connection of its own.
pub fn ask(method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> Result<Answer, Broken> {
    let rest = url.strip_prefix("http://").unwrap_or(url);
    let (address, path) = rest.split_once('/').unwrap_or((rest, ""));
    Connection::open(address)?.ask(method, &format!("/{path}"), headers, body)
}

/// Reads a page.
pub fn get(url: &str) -> Answer {
    ask("GET", url, &[], "").unwrap_or_else(|broken| panic!("{url}: {broken:?}"))
}

impl Connection {
    /// Connects.
    pub fn open(address: &str) -> Result<Self, Broken> {
        let stream = TcpStream::connect(address).map_err(|_| Broken::Closed)?;
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Ok(Self {
            stream: BufReader::new(stream),
        })
    }

    /// Sends a request and reads its answer.
    pub fn ask(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Answer, Broken> {
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n",
            body.len()
        );
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str("\r\n");
        request.push_str(body);
        self.stream
            .get_mut()
            .write_all(request.as_bytes())
            .map_err(|_| Broken::Closed)?;
        self.answer()
    }

    fn answer(&mut self) -> Result<Answer, Broken> {
        match self.stream.fill_buf() {
            Ok([]) => return Err(Broken::Closed),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::ConnectionReset => return Err(Broken::Closed),
            Err(error) => return Err(Broken::Cut(format!("no answer: {error}"))),
        }
        let status = self.line()?;
        let status = status
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok())
            .ok_or_else(|| Broken::Cut(status.clone()))?;
        let mut headers = BTreeMap::new();
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(':') else {
                break;
            };
            headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
        let body = match headers.get("content-length") {
            Some(length) => self.exactly(length.parse().unwrap())?,
            None if headers.contains_key("transfer-encoding") => self.chunks()?,
            None => Vec::new(),
        };
        Ok(Answer {
            status,
            headers,
            body,
        })
    }

    fn line(&mut self) -> Result<String, Broken> {
        let mut line = Vec::new();
        self.stream.read_until(b'\n', &mut line).map_err(cut)?;
        let line = String::from_utf8(line).map_err(|_| Broken::Cut("no text".to_owned()))?;
        match line.strip_suffix("\r\n") {
            Some(whole) => Ok(whole.to_owned()),
            None => Err(Broken::Cut(line)),
        }
    }

    fn exactly(&mut self, length: usize) -> Result<Vec<u8>, Broken> {
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).map_err(cut)?;
        Ok(body)
    }

    fn chunks(&mut self) -> Result<Vec<u8>, Broken> {
        let mut body = Vec::new();
        loop {
            let length = self.line()?;
            let length = usize::from_str_radix(&length, 16).map_err(|_| Broken::Cut(length))?;
            body.extend(self.exactly(length)?);
            self.line()?;
            if length == 0 {
                return Ok(body);
            }
        }
    }
}

fn cut(error: std::io::Error) -> Broken {
    Broken::Cut(error.to_string())
}

/// Asks a path again and again, on whatever connection is open, until the answer is the wanted one.
pub fn until(address: &str, path: &str, is_wanted: impl Fn(&Answer) -> bool) -> Answer {
    let clock = dancu::clock::SystemClock;
    let start = dancu::clock::Clock::steady(&clock);
    let mut kept: Option<Connection> = None;
    loop {
        let waited = dancu::clock::Clock::steady(&clock).duration_since(start);
        assert!(waited < PATIENCE, "{path} has not become what was waited for");
        let Some(connection) = kept.as_mut() else {
            kept = Connection::open(address).ok();
            continue;
        };
        match connection.ask("GET", path, &[], "") {
            Ok(answer) if is_wanted(&answer) => return answer,
            Ok(answer) if answer.leaves_open() => {}
            _ => kept = None,
        }
    }
}
