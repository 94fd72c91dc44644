//! What passes through a connection, and does it move?
//!
//! Wraps the stream that the server reads and writes. Reading: bytes that come while no request is under way begin a head,
//! and the head must get through the door in its time. Writing: what is to be sent must move in its time, be it the
//! client's reading or the handshake of TLS that holds it up. The replies without a body that the server makes when it
//! can't make a request of what it read are exchanged for problems on their way out. Where all is well this costs a few
//! comparisons for each request, and a timer now and then.

use std::cell::{Cell, RefCell};
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use bytes::{Buf as _, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::patience::Patience;
use super::places::Place;
use super::{Cut, Patient, Reply};
use crate::domain::problem::Code;

/// How the server's own refusals begin: a status and no body, as no answer of ours has.
const BARE: [(&[u8], Code); 3] = [
    (
        b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n",
        Code::MalformedRequest,
    ),
    (
        b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n",
        Code::RequestTimeout,
    ),
    (
        b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\n",
        Code::HeadersTooLarge,
    ),
];

/// Is how far the requests of a connection have come; the door keeps it, the connection reads it.
#[derive(Debug, Clone, Default)]
pub struct Progress(Rc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    arrived: Cell<u64>,
    answered: Cell<u64>,
    /// Whether the server is at it.
    is_turn: Cell<bool>,
    /// Who is to be asked again.
    put_by: RefCell<Option<Waker>>,
}

impl Progress {
    /// Notes that a request's head has come; the request is under way until what it gives is dropped.
    #[must_use]
    pub fn begin(&self) -> UnderWay {
        self.0.arrived.set(self.0.arrived.get().wrapping_add(1));
        UnderWay(self.clone())
    }

    /// Has whoever waits for what came along with a head asked again when the server has had its turn, unless the server asks by
    /// itself in that turn; at once where it isn't in its turn.
    pub fn put_by(&self, waiting: &Waker) {
        if self.0.is_turn.get() {
            self.0.put_by.replace(Some(waiting.clone()));
        } else {
            waiting.wake_by_ref();
        }
    }

    /// Notes that it was asked.
    pub fn take_up(&self) {
        self.0.put_by.take();
    }

    /// Gives the server its turn with the connection.
    pub(super) fn turn<T>(&self, work: impl FnOnce() -> T) -> T {
        self.0.is_turn.set(true);
        let done = work();
        self.0.is_turn.set(false);
        if let Some(waiting) = self.0.put_by.take() {
            waiting.wake();
        }
        done
    }

    fn arrived(&self) -> u64 {
        self.0.arrived.get()
    }

    fn is_under_way(&self) -> bool {
        self.0.arrived.get() != self.0.answered.get()
    }
}

/// Stands for a request that is answered as soon as this goes.
#[derive(Debug)]
pub struct UnderWay(Progress);

impl Drop for UnderWay {
    fn drop(&mut self) {
        let counts = &self.0.0;
        counts.answered.set(counts.arrived.get());
    }
}

/// Is a connection under guard.
pub struct Guarded<S> {
    stream: S,
    progress: Progress,
    /// How many requests had come when the head began that isn't one yet.
    head_after: Option<u64>,
    reading: Patience,
    written: u64,
    writing: Patience,
    /// What is sent in place of so many bytes of the server's.
    exchanged: Option<(Bytes, usize)>,
    reply: Reply,
    cut: Cut,
    _place: Option<Place>,
}

impl<S> Guarded<S> {
    pub(super) fn new(stream: S, place: Option<Place>, patient: Patient, reply: Reply, cut: Cut) -> Self {
        Self {
            stream,
            progress: Progress::default(),
            head_after: None,
            reading: Patience::new(patient.head_within),
            written: 0,
            writing: Patience::new(patient.write_within),
            exchanged: None,
            reply,
            cut,
            _place: place,
        }
    }

    /// Gives the connection itself.
    pub fn stream(&self) -> &S {
        &self.stream
    }

    /// Gives what the door keeps.
    pub fn progress(&self) -> Progress {
        self.progress.clone()
    }

    /// Tells whether a head has begun and hasn't come in its time.
    fn is_head_overdue(&mut self, cx: &mut Context<'_>) -> bool {
        let arrived = self.progress.arrived();
        // For the first head the server has a time of its own, and an answer.
        if self.head_after != Some(arrived) || arrived == 0 {
            return false;
        }
        // While an answer is being sent, a head that has come behind it waits for us, not we for it.
        self.reading.is_over(arrived.wrapping_add(self.written), cx)
    }

    /// Waits on for the client to read, or cuts it off.
    fn held_up<T>(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        if self.writing.is_over(self.written, cx) {
            (self.cut)("slow_reader");
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        Poll::Pending
    }

    fn note_written(&mut self, bytes: usize) {
        self.written = self
            .written
            .wrapping_add(u64::try_from(bytes).unwrap_or(u64::MAX));
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Guarded<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = into.filled().len();
        let read = Pin::new(&mut this.stream).poll_read(cx, into);
        match &read {
            Poll::Ready(Ok(())) if into.filled().len() > before => {
                if !this.progress.is_under_way() {
                    this.head_after = Some(this.progress.arrived());
                }
            }
            Poll::Ready(_) => {}
            Poll::Pending => {
                if this.is_head_overdue(cx) {
                    (this.cut)("slow_head");
                    return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
                }
            }
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Guarded<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.exchanged.is_none()
            && let Some(code) = refusal(bytes)
        {
            this.exchanged = Some(((this.reply)(code), bytes.len()));
        }
        let Some((reply, instead_of)) = &mut this.exchanged else {
            return match Pin::new(&mut this.stream).poll_write(cx, bytes) {
                Poll::Ready(Ok(count)) => {
                    this.note_written(count);
                    Poll::Ready(Ok(count))
                }
                Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
                Poll::Pending => this.held_up(cx),
            };
        };
        while reply.has_remaining() {
            match Pin::new(&mut this.stream).poll_write(cx, reply) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(count)) => reply.advance(count),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => return this.held_up(cx),
            }
        }
        let instead_of = *instead_of;
        this.exchanged = None;
        Poll::Ready(Ok(instead_of))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        match Pin::new(&mut this.stream).poll_flush(cx) {
            Poll::Ready(flushed) => {
                this.writing.end();
                Poll::Ready(flushed)
            }
            Poll::Pending => this.held_up(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        match Pin::new(&mut this.stream).poll_shutdown(cx) {
            Poll::Pending => this.held_up(cx),
            ended => ended,
        }
    }
}

/// Tells which refusal of the server's own this is, if it is one.
fn refusal(bytes: &[u8]) -> Option<Code> {
    if !bytes.starts_with(b"HTTP/1.1 4") {
        return None;
    }
    BARE.iter()
        .find(|(beginning, _)| bytes.starts_with(beginning))
        .map(|(_, code)| *code)
}

#[cfg(test)]
mod tests;
