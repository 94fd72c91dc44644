//! What did the caller send, as long as it isn't too much or too slow?
//!
//! Reads a body into memory within its two bounds, size and time. The size that the caller announces is believed only
//! where it is already too large.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::error::PayloadError;
use actix_web::http::header::CONTENT_LENGTH;
use actix_web::rt::time::timeout;
use actix_web::web::{Bytes, BytesMut, Payload};
use futures_util::StreamExt as _;

use super::connections::Progress;
use crate::domain::problem::Code;

/// The most bytes that the body of a question about one person may have.
pub(super) const MOST_BYTES: usize = 64 * 1024;

/// Reads the body.
pub(super) async fn read(request: &HttpRequest, payload: Payload, within: Duration) -> Result<Bytes, Code> {
    let announced = request
        .headers()
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| usize::try_from(length).map_or(true, |length| length > MOST_BYTES)) {
        return Err(Code::BodyTooLarge);
    }
    let mut collecting = pin!(collect(payload));
    if let Some(body) = in_the_next_round(collecting.as_mut(), request.conn_data()).await {
        return body;
    }
    timeout(within, collecting)
        .await
        .unwrap_or(Err(Code::RequestTimeout))
}

/// Waits for what is done as soon as the server has seen what came along with the head, which for most bodies is all:
/// they need no timer. Nothing for what takes longer.
///
/// It looks only when it is asked for the second time. The server asks twice in one go, so that nobody need be woken for
/// that; who isn't asked by then is woken by the connection.
async fn in_the_next_round<F: Future>(
    mut work: Pin<&mut F>,
    progress: Option<&Progress>,
) -> Option<F::Output> {
    let mut is_second = false;
    poll_fn(|context| {
        if is_second {
            if let Some(progress) = progress {
                progress.take_up();
            }
            return match work.as_mut().poll(context) {
                Poll::Ready(done) => Poll::Ready(Some(done)),
                Poll::Pending => Poll::Ready(None),
            };
        }
        is_second = true;
        match progress {
            Some(progress) => progress.put_by(context.waker()),
            None => context.waker().wake_by_ref(),
        }
        Poll::Pending
    })
    .await
}

async fn collect(mut payload: Payload) -> Result<Bytes, Code> {
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|failed| match failed {
            PayloadError::Overflow => Code::BodyTooLarge,
            _ => Code::MalformedRequest,
        })?;
        if body.len().saturating_add(chunk.len()) > MOST_BYTES {
            return Err(Code::BodyTooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

#[cfg(test)]
mod tests;
