//! With which credentials does a request come?
//!
//! Takes the `Authorization` header and the certificate that the connection showed to the first gate. Nothing is judged
//! here; more than one `Authorization` line is handed on as a token that can't be valid.

use actix_web::HttpRequest;
use actix_web::http::header::AUTHORIZATION;

use super::tls::Peer;
use crate::auth::Caller;
use crate::exchange::{Call, Exchange, Refusal};

/// Finds out who calls.
pub(super) async fn authenticate(
    exchange: &Exchange,
    call: &Call,
    request: &HttpRequest,
) -> Result<Caller, Refusal> {
    let certificate = request.conn_data::<Peer>().and_then(Peer::thumbprint);
    exchange
        .authenticate(call, authorization(request), certificate.as_ref())
        .await
}

/// Gives what stands in the `Authorization` header.
pub(super) fn authorization(request: &HttpRequest) -> Option<&[u8]> {
    let mut lines = request
        .headers()
        .get_all(AUTHORIZATION)
        .map(|line| line.as_bytes());
    match (lines.next(), lines.next()) {
        (Some(_), Some(_)) => Some(b"Bearer "),
        (line, _) => line,
    }
}
