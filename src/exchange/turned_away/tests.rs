use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

#[test]
fn beyond_the_rate_calls_are_counted_and_the_count_is_written_once() {
    let turned_away = TurnedAway::new(2);
    let own = ToWrite {
        own_row: true,
        summary_of: None,
    };
    let counted = ToWrite {
        own_row: false,
        summary_of: None,
    };
    assert_eq!(
        [0; 5].map(|_| turned_away.enter(at(100))),
        [own, own, counted, counted, counted]
    );
    assert_eq!(turned_away.flush(at(100)), None, "the second isn't over");
    assert_eq!(
        turned_away.enter(at(101)),
        ToWrite {
            own_row: true,
            summary_of: Some(3)
        }
    );
    assert_eq!(turned_away.flush(at(102)), None, "nothing was only counted");
}

#[test]
fn the_tick_writes_what_no_later_call_does() {
    let turned_away = TurnedAway::new(0);
    turned_away.enter(at(100));
    assert_eq!(turned_away.flush(at(101)), Some(1));
    assert_eq!(turned_away.flush(at(102)), None);
}
