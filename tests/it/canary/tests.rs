use serde_json::json;

use super::*;

/// Nobody else may use this person, as all tests share one log.
fn planted() -> Value {
    json!({"pin": "096199123457", "full_name": "Đỗ Thị Bị Lộ", "date_of_birth": "1999-12-31"})
}

#[test]
fn a_planted_leak_is_caught_wherever_it_stands() {
    let quiet = Canary::new(Captured::install());
    quiet.watch_question(&planted());
    quiet.heard("metrics", "dancu_requests_total{client=\"demo\"} 12");
    tracing::info!(client.id = "demo", "an answer");
    assert!(quiet.search().is_ok());

    let leaks = |place: &str, text: &str| {
        let canary = Canary::new(Captured::install());
        canary.watch_question(&planted());
        canary.heard(place, text);
        canary.search().unwrap_err()
    };
    let texts = [
        ("PIN", "…096199123457…"),
        ("name", "{\"name\":\"Đỗ Thị Bị Lộ\"}"),
        ("name", "<dan:HoVaTen>DOTHIBILO</dan:HoVaTen>"),
        ("birth date", "19991231"),
        ("birth date", "born 1999-12-31"),
    ];
    for (what, text) in texts {
        let found = leaks("problem", text);
        assert_eq!(
            (found[0].what, found[0].place.as_str()),
            (what, "problem"),
            "{text}"
        );
    }
}

#[test]
fn a_leak_into_the_log_is_caught() {
    let canary = Canary::new(Captured::install());
    canary.watch("PIN", "096199123458");
    tracing::debug!(pin = "096199123458", "a planted leak");
    let leaks = canary.search().unwrap_err();
    assert_eq!((leaks[0].what, leaks[0].place.as_str()), ("PIN", "log"));
}
