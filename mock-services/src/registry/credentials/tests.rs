//! The window, the proof and the names.
//!
//! One proof is a constant computed elsewhere, so that the formula can't drift unseen.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Credentials, Presented, Stranger};

fn credentials() -> Credentials {
    Credentials {
        user: "tinh".to_owned(),
        secret: "bi-mat".to_owned(),
        api_key: "khoa".to_owned(),
        x_road_client: "VN/GOV/H57/TINH".to_owned(),
    }
}

fn check(timestamp: &str, path: &str, api_key: &str, now: i64) -> Result<(), Stranger> {
    let known = credentials();
    let authorization = format!(
        "Basic {}",
        STANDARD.encode(format!("tinh:{}", known.proof(path, timestamp)))
    );
    let presented = Presented {
        authorization: &authorization,
        timestamp,
        api_key,
        x_road_client: &known.x_road_client,
    };
    known.check("/dancu", presented, now)
}

#[test]
fn the_proof_is_the_sha256_of_path_user_timestamp_and_secret() {
    // `printf '/dancutinh1800000000bi-mat' | sha256sum`
    assert_eq!(
        credentials().proof("/dancu", "1800000000"),
        "34bd0877d5226967c259d263744dfbb85f20c1a87284a8518d094309c6df1622"
    );
}

#[test]
fn seconds_and_milliseconds_are_taken_within_the_window() {
    assert_eq!(check("1800000000", "/dancu", "khoa", 1_800_000_300), Ok(()));
    assert_eq!(check("1800000000000", "/dancu", "khoa", 1_799_999_700), Ok(()));
    assert_eq!(
        check("1800000000", "/dancu", "khoa", 1_800_000_301),
        Err(Stranger::Timestamp)
    );
    assert_eq!(
        check("", "/dancu", "khoa", 1_800_000_000),
        Err(Stranger::Timestamp)
    );
}

#[test]
fn another_path_or_key_is_refused() {
    assert_eq!(
        check("1800000000", "/other", "khoa", 1_800_000_000),
        Err(Stranger::Signature)
    );
    assert_eq!(
        check("1800000000", "/dancu", "else", 1_800_000_000),
        Err(Stranger::Client)
    );
}
