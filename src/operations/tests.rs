use jiff::Timestamp;

use super::*;
use crate::registry;

fn health() -> Health {
    Health {
        keys: KeysState::Fresh,
        registry: registry::Health::default(),
        is_closed: false,
        redis: None,
        audit: true,
        audit_queued: 0,
        records_held: 0,
        limits_apart: false,
        budget: registry::budget::Standing::default(),
    }
}

fn registry_down() -> registry::Health {
    registry::Health {
        failures_in_a_row: 3,
        ..registry::Health::default()
    }
}

#[test]
fn only_what_stops_every_answer_makes_it_unready() {
    let since = Timestamp::UNIX_EPOCH;
    let table = [
        (health(), false, "ready", vec![], vec![]),
        (health(), true, "unready", vec!["draining"], vec![]),
        (
            Health {
                audit: false,
                ..health()
            },
            false,
            "unready",
            vec!["audit_store"],
            vec![],
        ),
        (
            Health {
                keys: KeysState::NeverFetched,
                ..health()
            },
            false,
            "unready",
            vec!["issuer_keys"],
            vec![],
        ),
        (
            Health {
                keys: KeysState::Lapsed { since },
                ..health()
            },
            false,
            "unready",
            vec!["issuer_keys"],
            vec![],
        ),
        (
            Health {
                keys: KeysState::Stale { since },
                ..health()
            },
            false,
            "degraded",
            vec![],
            vec!["issuer_keys"],
        ),
        (
            Health {
                registry: registry_down(),
                ..health()
            },
            false,
            "degraded",
            vec![],
            vec!["registry"],
        ),
        (
            Health {
                redis: Some(true),
                ..health()
            },
            false,
            "ready",
            vec![],
            vec![],
        ),
        (
            Health {
                redis: Some(false),
                ..health()
            },
            false,
            "degraded",
            vec![],
            vec!["redis"],
        ),
        (
            Health {
                budget: registry::budget::Standing {
                    is_apart: true,
                    ..health().budget
                },
                ..health()
            },
            false,
            "degraded",
            vec![],
            vec!["registry_budget"],
        ),
    ];
    for (health, draining, status, unready, degraded) in table {
        assert_eq!(
            readiness(&health, Limping::default(), draining),
            Readiness {
                status,
                unready,
                degraded,
                changed_clients: vec![],
                waiting_for_a_start: vec![],
            },
            "{health:?}"
        );
    }
}

#[test]
fn what_limps_beside_the_exchange_is_named_and_stops_nobody() {
    let limping = Limping {
        is_behind: true,
        are_files_refused: true,
    };
    let readiness = readiness(&health(), limping, false);
    assert_eq!(readiness.status, "degraded");
    assert!(readiness.unready.is_empty());
    assert_eq!(readiness.degraded, ["registry_events", "configuration"]);
}
