use super::*;

const LONGEST: Duration = Duration::from_secs(1);
const RANKS: [Rank; 4] = [Rank::Page, Rank::Batch, Rank::Call, Rank::Event];

#[test]
fn an_address_has_its_rank() {
    let table = [
        ("/v1/citizens/verify", Rank::Call),
        ("/v1/checks", Rank::Call),
        ("/v1/batches", Rank::Batch),
        ("/v1/batches/x/results", Rank::Batch),
        ("/events/registry", Rank::Event),
        ("/admin/v1/clients", Rank::Event),
        ("/problems/overloaded", Rank::Page),
        ("/docs/", Rank::Page),
        ("/openapi.json", Rank::Page),
        ("/c/abc", Rank::Page),
        ("/v1", Rank::Page),
    ];
    for (path, rank) in table {
        assert_eq!(Rank::of(path), rank, "{path}");
    }
}

#[test]
fn what_matters_least_goes_first_where_places_run_out() {
    let shedding = Shedding::new(16, LONGEST);
    let fill = |rank| {
        let mut places = Vec::new();
        while let Some(place) = shedding.admit(rank) {
            places.push(place);
        }
        places
    };
    for (rank, most) in RANKS.into_iter().zip([8, 12, 16, 17]) {
        let places = fill(rank);
        assert_eq!(places.len(), most, "{rank:?}");
        drop(places);
        assert_eq!(shedding.under_way.load(Ordering::Relaxed), 0);
    }
    let _calls = fill(Rank::Call);
    assert!(shedding.admit(Rank::Page).is_none() && shedding.admit(Rank::Batch).is_none());
    assert!(shedding.admit(Rank::Event).is_some());
}

#[test]
fn the_share_grows_with_the_wait() {
    let table = [
        (0, 0),
        (1_000, 0),
        (1_001, 1),
        (1_500, 512),
        (2_000, 1_008),
        (60_000, 1_008),
    ];
    for (wait, share) in table {
        assert_eq!(
            refused_share(Duration::from_millis(wait), LONGEST),
            share,
            "{wait} ms"
        );
    }
}

fn refused_of_1024(wait: Duration, rank: Rank) -> usize {
    let shedding = Shedding::new(10_000, LONGEST);
    shedding.set_wait(wait);
    (0..1_024).filter(|_| shedding.admit(rank).is_none()).count()
}

#[test]
fn of_many_the_share_is_refused_and_the_rest_comes_in() {
    for wait in [Duration::ZERO, LONGEST] {
        for rank in RANKS {
            assert_eq!(refused_of_1024(wait, rank), 0, "{rank:?}");
        }
    }
    let half_as_long_again = RANKS.map(|rank| refused_of_1024(LONGEST * 3 / 2, rank));
    let expected = [1_008, 1_008, 512, 0];
    for (refused, expected) in half_as_long_again.into_iter().zip(expected) {
        assert!(refused.abs_diff(expected) <= 2, "{half_as_long_again:?}");
    }
    let hanging = RANKS.map(|rank| refused_of_1024(LONGEST * 100, rank));
    for (refused, expected) in hanging.into_iter().zip([1_008, 1_008, 1_008, 0]) {
        assert!(refused.abs_diff(expected) <= 2, "{hanging:?}");
    }
}

#[test]
fn the_wait_follows_the_log_both_ways() {
    let look = Duration::from_millis(20);
    let mut watch = Watch::default();
    let seen = |wait: Option<u64>, rows_wait| Seen {
        wait: wait.map(Duration::from_millis),
        rows_wait,
    };
    assert_eq!(watch.look(seen(Some(3), true), look).as_millis(), 3);
    // The log stands still.
    let waits: Vec<_> = (0..100)
        .map(|_| watch.look(seen(None, true), look).as_millis())
        .collect();
    assert_eq!((waits[0], waits[99]), (23, 2_003));
    // A row that has waited all the time gets through, then one that hasn't.
    assert_eq!(watch.look(seen(Some(2_010), true), look).as_millis(), 2_010);
    assert_eq!(watch.look(seen(Some(4), false), look).as_millis(), 4);
    // Nobody asks: nobody waits.
    watch.look(seen(Some(1_900), false), look);
    assert_eq!(watch.look(seen(None, false), look), Duration::ZERO);
}
