//! How does an answer reach the wire, and how does a faulty one spoil on it?
//!
//! Every service hands its finished reply here together with the fault that strikes. Hanging, resetting, cutting
//! and dripping are done on the real socket, so that a client meets what it would meet in the field.
//! Always true: without a strike the reply goes out as it is, in one piece.
//! Deliberately absent: the choice of the fault, and faults in what the reply says (those are the registry's).
//! A reset needs the connection's own socket; [`Connection`] keeps a handle on it since the accept.

use std::any::Any;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::body::SizedStream;
use actix_web::dev::Extensions;
use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::rt::net::TcpStream;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::stream;
use socket2::SockRef;

use crate::faults::{Kind, Strike};

/// A reply before it goes out.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The content type.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
}

/// What is kept of a connection from its accept on.
#[derive(Debug)]
pub struct Connection {
    socket: Option<OwnedFd>,
    /// SHA-256 of the client's certificate, base64url, if it showed one.
    pub thumbprint: Option<String>,
}

/// Keeps a handle on each accepted connection; for the server's `on_connect`.
pub fn remember(stream: &dyn Any, extensions: &mut Extensions) {
    let connection = if let Some(tcp) = stream.downcast_ref::<TcpStream>() {
        Connection {
            socket: handle(tcp),
            thumbprint: None,
        }
    } else if let Some(tls) = stream.downcast_ref::<TlsStream<TcpStream>>() {
        let (tcp, session) = tls.get_ref();
        let thumbprint = session
            .peer_certificates()
            .and_then(|chain| chain.first())
            .map(|c| thumbprint(c));
        Connection {
            socket: handle(tcp),
            thumbprint,
        }
    } else {
        return;
    };
    extensions.insert(Arc::new(connection));
}

/// Returns the RFC 8705 thumbprint of a certificate.
pub fn thumbprint(certificate: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, certificate))
}

/// Returns the thumbprint of the certificate that the caller showed.
pub fn client_thumbprint(request: &HttpRequest) -> Option<String> {
    request.conn_data::<Arc<Connection>>()?.thumbprint.clone()
}

/// Sends a reply, spoilt as the strike demands.
pub async fn deliver(request: &HttpRequest, reply: Reply, strike: &Strike) -> HttpResponse {
    if !strike.delay.is_zero() {
        tokio::time::sleep(strike.delay).await;
    }
    let Some(fault) = &strike.fault else {
        return whole(reply);
    };
    match fault.kind {
        Kind::Hang => std::future::pending().await,
        Kind::Reset => cut(reply, request.conn_data::<Arc<Connection>>().cloned()),
        Kind::Truncate => cut(reply, None),
        Kind::SlowDrip => drip(reply, Duration::from_millis(fault.delay_ms.unwrap_or(100))),
        Kind::Status => {
            let status = fault.status.unwrap_or(503);
            whole(Reply { status, content_type: "text/plain; charset=utf-8", body: "unavailable\n".to_owned() })
        }
        Kind::Html200 => whole(Reply {
            status: 200,
            content_type: "text/html; charset=utf-8",
            body: "<!doctype html>\n<html lang=\"vi\"><title>Thông báo</title><h1>Hệ thống đang bảo trì</h1></html>\n"
                .to_owned(),
        }),
        Kind::Empty => whole(Reply { status: 200, body: String::new(), ..reply }),
        Kind::Bom => whole(Reply { body: format!("\u{feff}{}", reply.body), ..reply }),
        // These are in the reply already, or were done in the handshake.
        Kind::Delay
        | Kind::SoapFault
        | Kind::WrongNamespace
        | Kind::TwoRecords
        | Kind::SplitName
        | Kind::ExpiredCertificate => whole(reply),
    }
}

fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn whole(reply: Reply) -> HttpResponse {
    HttpResponse::build(status(reply.status))
        .insert_header((CONTENT_TYPE, reply.content_type))
        .body(reply.body)
}

fn cut(reply: Reply, reset: Option<Arc<Connection>>) -> HttpResponse {
    let whole = Bytes::from(reply.body);
    let promised = whole.len().max(2);
    let first_half = whole.slice(..whole.len() / 2);
    let pieces = stream::unfold(Some(first_half), move |state| {
        let reset = reset.clone();
        async move {
            if let Some(piece) = state {
                return Some((Ok(piece), None));
            }
            // The half must be on the wire before the end comes, or the client sees no answer at all.
            tokio::time::sleep(Duration::from_millis(30)).await;
            if let Some(socket) = reset.as_deref().and_then(|connection| connection.socket.as_ref()) {
                // Without lingering the kernel answers the close with RST instead of FIN.
                drop(SockRef::from(socket).set_linger(Some(Duration::ZERO)));
            }
            Some((Err(io::Error::from(io::ErrorKind::ConnectionAborted)), None))
        }
    });
    streamed(reply.status, reply.content_type, promised, pieces)
}

fn drip(reply: Reply, pause: Duration) -> HttpResponse {
    let whole = Bytes::from(reply.body);
    let length = whole.len();
    let pieces = stream::unfold(whole, move |mut left| async move {
        if left.is_empty() {
            return None;
        }
        tokio::time::sleep(pause).await;
        let next = left.split_to(1);
        Some((Ok(next), left))
    });
    streamed(reply.status, reply.content_type, length, pieces)
}

fn streamed(
    code: u16,
    content_type: &'static str,
    length: usize,
    pieces: impl stream::Stream<Item = Result<Bytes, io::Error>> + 'static,
) -> HttpResponse {
    let length = u64::try_from(length).unwrap_or(u64::MAX);
    HttpResponse::build(status(code))
        .insert_header((CONTENT_TYPE, content_type))
        .body(SizedStream::new(length, Box::pin(pieces)))
}

fn handle(stream: &TcpStream) -> Option<OwnedFd> {
    stream.as_fd().try_clone_to_owned().ok()
}
