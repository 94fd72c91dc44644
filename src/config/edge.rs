//! What must the API's edge know?
//!
//! Reads how much may come in at once, from whom, and how long it is waited for. What it means is `http`'s.

use super::reader::Reader;
use crate::http;

/// Reads everything of `[api]` but the listener's own, and what batches may be.
pub fn read(reader: &mut Reader) -> Option<http::Config> {
    let public_url = reader.origin("api.public_url");
    let body_within = reader.duration("api.body_timeout");
    let most_under_way = reader.number("api.most_under_way", 1..=1_000_000);
    let longest_wait = reader.duration("api.longest_wait");
    let per_address = reader.positive_size("api.connections_per_address", 1_000_000);
    let addresses = "addresses such as 10.0.0.7 or 10.0.0.0/24";
    let trusted = reader.each_or_none("api.trusted_proxies", addresses, |text| text.parse().ok());
    let least = reader.size("api.least_per_second");
    let batch_body = reader.size("batches.body_limit");
    let patient = patient(reader);
    Some(http::Config {
        public_url: public_url?,
        most_under_way: most_under_way?,
        longest_wait: longest_wait?,
        connections_per_address: per_address?,
        trusted: http::Trusted::new(trusted?),
        patient: patient?,
        body_within: body_within?,
        batches: http::BatchLimits {
            body: u64::try_from(batch_body?).unwrap_or(u64::MAX),
            least_per_second: u64::try_from(least?).unwrap_or(u64::MAX),
        },
    })
}

fn patient(reader: &mut Reader) -> Option<http::Patient> {
    let keep_alive = reader.duration_or_none("api.keep_alive");
    let head_within = reader.duration("api.header_timeout");
    let handshake_within = reader.duration("api.handshake_timeout");
    let handshakes_at_once = reader.number("api.handshakes_at_once", 1..=100_000);
    let write_within = reader.duration("api.write_timeout");
    Some(http::Patient {
        keep_alive: keep_alive?,
        head_within: head_within?,
        handshake_within: handshake_within?,
        handshakes_at_once: handshakes_at_once?,
        write_within: write_within?,
    })
}
