use super::*;

fn registry(lookups: State) -> registry::Health {
    registry::Health {
        circuits: vec![("lookup", lookups), ("household", State::Closed)],
        ..registry::Health::default()
    }
}

#[test]
fn a_look_up_has_a_chance_unless_something_that_passes_by_itself_speaks_against_it() {
    assert_eq!(
        Reach::of(false, &registry::Health::default()),
        Reach::There,
        "nothing is known"
    );
    for (lookups, reach) in [
        (State::Closed, Reach::There),
        (State::HalfOpen, Reach::Doubtful),
        (State::Open, Reach::Away),
    ] {
        assert_eq!(Reach::of(false, &registry(lookups)), reach);
        assert_eq!(Reach::of(true, &registry(lookups)), Reach::Away, "it is closed");
        let gone = registry::Health {
            is_gone: true,
            ..registry(lookups)
        };
        assert_eq!(Reach::of(false, &gone), Reach::Away);
    }
    for (failures_in_a_row, reach) in [(2, Reach::There), (3, Reach::Doubtful)] {
        let failing = registry::Health {
            failures_in_a_row,
            // Forgotten only with the next call: if nobody made one for that, it would never be.
            is_in_maintenance: true,
            ..registry(State::Closed)
        };
        assert_eq!(Reach::of(false, &failing), reach);
    }
}

#[test]
fn that_households_are_not_answered_says_nothing_of_people() {
    let health = registry::Health {
        circuits: vec![("lookup", State::Closed), ("household", State::Open)],
        ..registry::Health::default()
    };
    assert!(health.is_degraded());
    assert_eq!(Reach::of(false, &health), Reach::There);
}
