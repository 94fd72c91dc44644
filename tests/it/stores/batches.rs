//! Is a batch worked on by one gateway at a time, each row of it done once, and its quota taken whole?

use dancu::batches::store::{
    Claiming, Draft, Entered, Finished, InVain, Kept, Lent, Reserved, Spending, Standing, Status, Store,
    Unavailable, Way,
};
use dancu::domain::client::ClientId;
use futures_util::future::{join, join_all};
use jiff::Timestamp;
use jiff::civil::{Date, date};
use uuid::Uuid;

use super::{Ground, Place, at};

pub async fn all(ground: &Ground) {
    a_draft_is_seen_by_nobody_and_leaves_nothing_when_it_is_discarded(&ground.place()).await;
    the_quota_of_a_day_is_taken_whole_or_not_at_all_and_by_client(&ground.place()).await;
    the_oldest_of_each_client_is_claimed_and_by_one_gateway_alone(&ground.place()).await;
    a_batch_stands_still_only_from_when_somebody_goes_on_with_it(&ground.place()).await;
    those_who_had_nothing_done_for_longest_come_first(&ground.place()).await;
    a_row_is_done_once_and_the_counts_are_exact(&ground.place()).await;
    a_cancelled_batch_keeps_what_is_done_and_nothing_else(&ground.place()).await;
    a_failed_batch_says_why(&ground.place()).await;
    what_is_over_goes_with_all_its_rows_and_a_lapsed_draft_with_its_quota(&ground.place()).await;
    a_row_number_that_comes_twice_spoils_its_whole_page(&ground.place()).await;
    gateways_that_reserve_at_once_do_not_overdraw_the_day(&ground.place()).await;
    gateways_that_claim_at_once_share_the_work(&ground.place()).await;
    what_two_gateways_finish_counts_once(&ground.place()).await;
    who_has_lost_a_batch_has_no_say_in_it(&ground.place()).await;
    what_waits_for_the_registry_is_gone_on_with_as_the_way_to_it_is(&ground.place()).await;
    rows_asked_about_in_vain_come_after_the_others(&ground.place()).await;
}

const DAY: Date = date(2026, 11, 22);

fn client(name: &str) -> ClientId {
    name.parse().unwrap()
}

async fn draft(store: &dyn Store, of: &str, entered: i64, rows: u32) -> Uuid {
    let id = Uuid::new_v4();
    let draft = Draft {
        id,
        client: client(of),
        request: b"request".to_vec(),
        entered_at: at(entered),
        lapses_at: at(entered + 60),
    };
    store.begin(draft).await.unwrap();
    let entered_rows = (1..=rows).map(|row| Entered {
        row,
        content: format!("row {row}").into_bytes(),
    });
    store
        .append(id, entered_rows.collect(), at(entered + 120))
        .await
        .unwrap();
    id
}

fn spending(rows: u64, most: u64) -> Spending {
    Spending { day: DAY, rows, most }
}

async fn queued(store: &dyn Store, of: &str, entered: i64, rows: u32) -> Uuid {
    let id = draft(store, of, entered, rows).await;
    let reserved = store.reserve(id, spending(u64::from(rows), 1_000)).await;
    assert_eq!(reserved, Ok(Reserved::Held));
    store.queue(id, at(entered)).await.unwrap();
    id
}

/// Is the way to a registry that was never missed.
const OPEN: Way = Way::Open {
    since: Timestamp::MIN,
};

fn claiming(owner: &str, now: i64, way: Way) -> Claiming<'_> {
    Claiming {
        owner,
        now: at(now),
        until: at(now + 60),
        most: 10,
        way,
    }
}

async fn claimed(store: &dyn Store, owner: &str, now: i64) -> Vec<Uuid> {
    let claimed = store.claim(claiming(owner, now, OPEN)).await.unwrap();
    claimed.into_iter().map(|batch| batch.id).collect()
}

fn lent(id: Uuid, owner: &str) -> Lent<'_> {
    Lent { id, owner }
}

fn done(row: u32, outcome: &'static str) -> Finished {
    Finished {
        row,
        result: format!("result {row}").into_bytes(),
        outcome,
    }
}

async fn standing_of(store: &dyn Store, id: Uuid, of: &str) -> Option<Standing> {
    store.find(id, &client(of)).await.unwrap()
}

async fn a_draft_is_seen_by_nobody_and_leaves_nothing_when_it_is_discarded(place: &Place<'_>) {
    let opened = place.open("gw1").await.unwrap();
    let store = &*opened.batches;
    let id = draft(store, "a", 0, 3).await;
    assert_eq!(standing_of(store, id, "a").await, None);
    assert_eq!(claimed(store, "gw1", 10).await, Vec::<Uuid>::new());
    assert_eq!(
        store.queue(id, at(1)).await,
        Err(Unavailable),
        "without its quota"
    );
    assert_eq!(store.reserve(id, spending(3, 3)).await, Ok(Reserved::Held));
    store.discard(id).await.unwrap();
    for table in ["batches", "batch_rows", "batch_counts"] {
        assert_eq!(count(place, table).await, 0, "{table}");
    }
    // The quota that it held is there again.
    let next = draft(store, "a", 0, 3).await;
    assert_eq!(store.reserve(next, spending(3, 3)).await, Ok(Reserved::Held));
    store.discard(next).await.unwrap();
    store.discard(next).await.unwrap();
    let third = draft(store, "a", 0, 3).await;
    assert_eq!(
        store.reserve(third, spending(4, 3)).await,
        Ok(Reserved::Short { left: 3 })
    );
}

async fn count(place: &Place<'_>, table: &str) -> i64 {
    place
        .by_hand(&format!("SELECT count(*) FROM {table}"))
        .await
        .unwrap()
}

async fn the_quota_of_a_day_is_taken_whole_or_not_at_all_and_by_client(place: &Place<'_>) {
    let opened = place.open("gw1").await.unwrap();
    let store = &*opened.batches;
    let first = draft(store, "a", 0, 6).await;
    assert_eq!(store.reserve(first, spending(6, 10)).await, Ok(Reserved::Held));
    store.queue(first, at(0)).await.unwrap();
    let second = draft(store, "a", 1, 5).await;
    assert_eq!(
        store.reserve(second, spending(5, 10)).await,
        Ok(Reserved::Short { left: 4 })
    );
    let fits = draft(store, "a", 1, 4).await;
    assert_eq!(store.reserve(fits, spending(4, 10)).await, Ok(Reserved::Held));
    let of_another = draft(store, "b", 1, 10).await;
    assert_eq!(
        store.reserve(of_another, spending(10, 10)).await,
        Ok(Reserved::Held)
    );
    let tomorrow = Spending {
        day: DAY.tomorrow().unwrap(),
        rows: 5,
        most: 10,
    };
    assert_eq!(store.reserve(second, tomorrow).await, Ok(Reserved::Held));
}

async fn the_oldest_of_each_client_is_claimed_and_by_one_gateway_alone(place: &Place<'_>) {
    let opened = place.open("gw1").await.unwrap();
    let store = &*opened.batches;
    let older = queued(store, "a", 0, 1).await;
    let newer = queued(store, "a", 1, 1).await;
    let other = queued(store, "b", 2, 1).await;
    assert_eq!(claimed(store, "gw1", 10).await, [older, other]);
    // What another has leased isn't taken, but the client's next may be.
    assert_eq!(claimed(store, "gw2", 11).await, [newer]);
    assert_eq!(claimed(store, "gw1", 12).await, [older, other], "its own, anew");
    assert_eq!(
        claimed(store, "gw2", 73).await,
        [older, other],
        "the leases are over"
    );
    store.put_off(lent(older, "gw2"), at(200)).await.unwrap();
    store.release("gw2").await.unwrap();
    assert_eq!(claimed(store, "gw3", 74).await, [other, newer]);
    let running = standing_of(store, older, "a").await.unwrap();
    assert_eq!(running.status, Status::Running);
}

async fn a_batch_stands_still_only_from_when_somebody_goes_on_with_it(place: &Place<'_>) {
    let opened = place.open("gw1").await.unwrap();
    queued(&*opened.batches, "a", 0, 2).await;
    let claim = async |now: i64| {
        opened
            .batches
            .claim(claiming("gw1", now, OPEN))
            .await
            .unwrap()
            .remove(0)
            .progressed_at
    };
    assert_eq!(claim(5_000).await, at(5_000), "it waited for others until now");
    assert_eq!(claim(6_000).await, at(5_000));
}

async fn those_who_had_nothing_done_for_longest_come_first(place: &Place<'_>) {
    let opened = place.open("gw1").await.unwrap();
    let store = &*opened.batches;
    let first = queued(store, "a", 0, 2).await;
    let second = queued(store, "b", 1, 2).await;
    assert_eq!(claimed(store, "gw1", 10).await, [first, second]);
    store
        .finish(first, vec![done(1, "confirmed")], at(11))
        .await
        .unwrap();
    assert_eq!(claimed(store, "gw1", 12).await, [second, first]);
}

async fn a_row_is_done_once_and_the_counts_are_exact(place: &Place<'_>) {
    let opened = place.open("gw1").await.unwrap();
    let store = &*opened.batches;
    let id = queued(store, "a", 0, 3).await;
    claimed(store, "gw1", 1).await;
    let both = vec![done(1, "confirmed"), done(3, "no_match")];
    store.finish(id, both.clone(), at(2)).await.unwrap();
    store.finish(id, both, at(3)).await.unwrap();
    let standing = standing_of(store, id, "a").await.unwrap();
    assert_eq!(
        (standing.rows, standing.done, standing.status),
        (3, 2, Status::Running)
    );
    let open_rows = store.open_rows(id, 10).await.unwrap();
    assert_eq!(open_rows.iter().map(|open| open.row).collect::<Vec<_>>(), [2]);

    store.finish(id, vec![done(2, "confirmed")], at(4)).await.unwrap();
    let standing = standing_of(store, id, "a").await.unwrap();
    let counts = [("confirmed".to_owned(), 2), ("no_match".to_owned(), 1)];
    assert_eq!(standing.counts, counts.into());
    assert_eq!((standing.status, standing.ended_at), (Status::Done, Some(at(4))));
    assert_eq!(claimed(store, "gw1", 100).await, Vec::<Uuid>::new());

    let first_page = store.results(id, 0, 2).await.unwrap();
    assert_eq!(first_page.iter().map(|kept| kept.row).collect::<Vec<_>>(), [1, 2]);
    let rest = store.results(id, 2, 2).await.unwrap();
    assert_eq!(
        rest,
        [Kept {
            row: 3,
            result: b"result 3".to_vec()
        }]
    );
}

async fn a_cancelled_batch_keeps_what_is_done_and_nothing_else(place: &Place<'_>) {
    let opened = place.open("gw1").await.unwrap();
    let store = &*opened.batches;
    let id = queued(store, "a", 0, 5).await;
    claimed(store, "gw1", 1).await;
    store.finish(id, vec![done(1, "confirmed")], at(2)).await.unwrap();
    store.cancel(id, &client("b"), at(3)).await.unwrap();
    assert_eq!(standing_of(store, id, "a").await.unwrap().status, Status::Running);
    assert_eq!(standing_of(store, id, "b").await, None);
    store.cancel(id, &client("a"), at(3)).await.unwrap();
    // The row that was under way meanwhile comes too late.
    store.finish(id, vec![done(2, "confirmed")], at(4)).await.unwrap();
    let standing = standing_of(store, id, "a").await.unwrap();
    assert_eq!(
        (standing.status, standing.rows, standing.done),
        (Status::Cancelled, 5, 1)
    );
    assert_eq!(standing.ended_at, Some(at(3)));
    assert_eq!(count(place, "batch_rows").await, 1);
    assert_eq!(claimed(store, "gw1", 100).await, Vec::<Uuid>::new());
}

async fn a_failed_batch_says_why(place: &Place<'_>) {
    let opened = place.open("gw1").await.unwrap();
    let store = &*opened.batches;
    let id = queued(store, "a", 0, 2).await;
    claimed(store, "gw1", 1).await;
    for (owner, reason, second) in [
        ("gw2", "client_suspended", 2),
        ("gw1", "client_expired", 3),
        ("gw1", "client_unknown", 4),
    ] {
        store.fail(lent(id, owner), reason, at(second)).await.unwrap();
    }
    let standing = standing_of(store, id, "a").await.unwrap();
    assert_eq!(
        (standing.status, standing.reason.as_deref(), standing.ended_at),
        (Status::Failed, Some("client_expired"), Some(at(3)))
    );
    assert_eq!(count(place, "batch_rows").await, 0);
}

async fn what_is_over_goes_with_all_its_rows_and_a_lapsed_draft_with_its_quota(place: &Place<'_>) {
    let opened = place.open("gw1").await.unwrap();
    let store = &*opened.batches;
    let over = queued(store, "a", 0, 2).await;
    claimed(store, "gw1", 1).await;
    let both = vec![done(1, "confirmed"), done(2, "confirmed")];
    store.finish(over, both, at(2)).await.unwrap();
    let running = queued(store, "a", 3, 1).await;
    let lapsed = draft(store, "a", 3, 4).await;
    assert_eq!(store.reserve(lapsed, spending(4, 7)).await, Ok(Reserved::Held));

    assert_eq!(store.clean(at(100), at(2)).await, Ok(0), "neither is over yet");
    store.clean(at(200), at(3)).await.unwrap();
    assert_eq!(standing_of(store, over, "a").await, None);
    assert_eq!(store.results(over, 0, 10).await, Ok(Vec::new()));
    assert!(standing_of(store, running, "a").await.is_some());
    assert_eq!(
        (count(place, "batches").await, count(place, "batch_rows").await),
        (1, 1)
    );
    let next = draft(store, "a", 5, 4).await;
    assert_eq!(store.reserve(next, spending(4, 7)).await, Ok(Reserved::Held));
}

async fn a_row_number_that_comes_twice_spoils_its_whole_page(place: &Place<'_>) {
    let opened = place.open("gw1").await.unwrap();
    let store = &*opened.batches;
    let id = draft(store, "a", 0, 2).await;
    let twice = [3, 2].map(|row| Entered {
        row,
        content: b"row".to_vec(),
    });
    assert_eq!(store.append(id, twice.into(), at(9)).await, Err(Unavailable));
    assert_eq!(count(place, "batch_rows").await, 2);
    store.queue(id, at(1)).await.unwrap_err();
    assert_eq!(
        store.append(Uuid::new_v4(), Vec::new(), at(9)).await,
        Err(Unavailable),
        "there is no such draft"
    );
}

async fn gateways_that_reserve_at_once_do_not_overdraw_the_day(place: &Place<'_>) {
    let gateways = place.gateways().await;
    let (one, two) = (&*gateways[0].batches, &*gateways.last().unwrap().batches);
    let mut held = 0;
    for _ in 0..20 {
        let (first, second) = (draft(one, "a", 0, 3).await, draft(two, "a", 0, 3).await);
        let both = join(
            one.reserve(first, spending(3, 50)),
            two.reserve(second, spending(3, 50)),
        );
        let (first, second) = both.await;
        held += [first, second]
            .iter()
            .filter(|reserved| **reserved == Ok(Reserved::Held))
            .count();
    }
    assert_eq!(held, 16, "48 rows of 50");
    let last = draft(one, "a", 0, 3).await;
    assert_eq!(
        one.reserve(last, spending(3, 50)).await,
        Ok(Reserved::Short { left: 2 })
    );
}

async fn gateways_that_claim_at_once_share_the_work(place: &Place<'_>) {
    let gateways = place.gateways().await;
    let one = &*gateways[0].batches;
    for number in 0..6 {
        queued(one, &format!("client-{number}"), number, 1).await;
    }
    let together = gateways.iter().zip(["gw1", "gw2"]);
    let claims = join_all(together.map(|(gateway, owner)| claimed(&*gateway.batches, owner, 10))).await;
    let mut all = claims.concat();
    // What one of them passed over because the other was just looking at it is had the next time.
    all.extend(claimed(one, "gw3", 11).await);
    let leased = all.len();
    all.sort_unstable();
    all.dedup();
    assert_eq!((leased, all.len()), (6, 6), "each was claimed once");
}

async fn what_two_gateways_finish_counts_once(place: &Place<'_>) {
    let gateways = place.gateways().await;
    let (one, two) = (&*gateways[0].batches, &*gateways.last().unwrap().batches);
    let id = queued(one, "a", 0, 20).await;
    for row in 1..=20 {
        let both = join(
            one.finish(id, vec![done(row, "confirmed")], at(1)),
            two.finish(id, vec![done(row, "confirmed")], at(1)),
        );
        let (first, second) = both.await;
        assert_eq!((first, second), (Ok(()), Ok(())));
    }
    let standing = standing_of(two, id, "a").await.unwrap();
    assert_eq!((standing.done, standing.status), (20, Status::Done));
    assert_eq!(standing.counts, [("confirmed".to_owned(), 20)].into());
}

async fn who_has_lost_a_batch_has_no_say_in_it(place: &Place<'_>) {
    let opened = place.open("gw1").await.unwrap();
    let store = &*opened.batches;
    let id = queued(store, "a", 0, 3).await;
    assert_eq!(claimed(store, "gw1", 10).await, [id]);
    assert_eq!(claimed(store, "gw2", 71).await, [id], "the lease is over");
    store.put_off(lent(id, "gw1"), at(900)).await.unwrap();
    store
        .await_registry(lent(id, "gw1"), at(71), at(900))
        .await
        .unwrap();
    store
        .fail(lent(id, "gw1"), "client_expired", at(72))
        .await
        .unwrap();
    assert_eq!(claimed(store, "gw2", 73).await, [id]);
    // What it had asked about already counts all the same.
    store
        .finish(id, vec![done(1, "confirmed")], at(74))
        .await
        .unwrap();
    let standing = standing_of(store, id, "a").await.unwrap();
    assert_eq!((standing.status, standing.done), (Status::Running, 1));
}

async fn what_waits_for_the_registry_is_gone_on_with_as_the_way_to_it_is(place: &Place<'_>) {
    let opened = place.open("gw1").await.unwrap();
    let store = &*opened.batches;
    let waits = queued(store, "a", 0, 3).await;
    let other = queued(store, "b", 1, 3).await;
    assert_eq!(claimed(store, "gw1", 10).await, [waits, other]);
    store
        .await_registry(lent(waits, "gw1"), at(10), at(100))
        .await
        .unwrap();
    let among = async |now, way| {
        let claimed = store.claim(claiming("gw1", now, way)).await.unwrap();
        let found = claimed.iter().find(|batch| batch.id == waits);
        assert!(claimed.iter().any(|batch| batch.id == other && !batch.is_waiting));
        found.map(|batch| (batch.is_waiting, batch.progressed_at))
    };
    let waiting = Some((true, at(10)));
    let closed = |overdue| Way::Closed { overdue: at(overdue) };
    let since = |since| Way::Open { since: at(since) };
    assert_eq!(among(11, OPEN).await, None, "it is to be tried later");
    assert_eq!(
        among(11, since(10)).await,
        None,
        "it found it away after it was back"
    );
    assert_eq!(among(12, since(11)).await, waiting, "it is back since");
    assert_eq!(among(100, OPEN).await, waiting, "its time has come");
    assert_eq!(
        among(5_000, closed(9)).await,
        None,
        "not while it is known to be away"
    );
    assert_eq!(among(5_000, closed(10)).await, waiting, "it is overdue");

    // What is put off for another reason, or has had a row done, waits for the registry no more.
    store.put_off(lent(waits, "gw1"), at(5_100)).await.unwrap();
    assert_eq!(among(5_099, since(5_099)).await, None);
    assert_eq!(among(5_100, closed(0)).await, Some((false, at(10))));
    store
        .await_registry(lent(waits, "gw1"), at(5_100), at(9_000))
        .await
        .unwrap();
    let first = vec![done(1, "confirmed")];
    store.finish(waits, first, at(5_101)).await.unwrap();
    assert_eq!(among(5_101, closed(0)).await, Some((false, at(5_101))));
}

async fn rows_asked_about_in_vain_come_after_the_others(place: &Place<'_>) {
    let opened = place.open("gw1").await.unwrap();
    let store = &*opened.batches;
    let id = queued(store, "a", 0, 5).await;
    let other = queued(store, "b", 1, 2).await;
    let order = async |id| {
        let rows = store.open_rows(id, 10).await.unwrap();
        rows.into_iter().map(|open| open.row).collect::<Vec<_>>()
    };
    let in_vain = async |rows: &[u32], second, is_unread| {
        let rows = rows.iter().map(|row| InVain {
            row: *row,
            at: at(second),
            is_unread,
        });
        store.put_behind(id, rows.collect()).await.unwrap();
    };
    in_vain(&[2, 1], 10, false).await;
    assert_eq!(order(id).await, [3, 4, 5, 1, 2]);
    in_vain(&[4], 11, true).await;
    in_vain(&[1], 12, true).await;
    assert_eq!(order(id).await, [3, 5, 2, 4, 1]);
    let open = store.open_rows(id, 5).await.unwrap();
    let unread: Vec<_> = open.iter().map(|open| open.unread_at).collect();
    assert_eq!(unread, [None, None, None, Some(at(11)), Some(at(12))]);
    assert_eq!(open[0].content, b"row 3");
    in_vain(&[4], 13, false).await;
    let open = store.open_rows(id, 5).await.unwrap();
    assert_eq!(
        (open[4].row, open[4].unread_at),
        (4, None),
        "nothing came this time"
    );
    assert_eq!(order(other).await, [1, 2]);
    // What is done isn't asked about any more, in vain or not.
    store
        .finish(id, vec![done(2, "confirmed")], at(13))
        .await
        .unwrap();
    in_vain(&[2], 14, true).await;
    assert_eq!(order(id).await, [3, 5, 1, 4]);
    store.cancel(id, &client("a"), at(15)).await.unwrap();
    assert_eq!(order(id).await, Vec::<u32>::new());
}
