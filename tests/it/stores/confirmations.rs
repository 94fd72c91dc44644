//! Is a confirmation kept with a place of its own in the status lists, and does it end for everybody?

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dancu::confirmations::store::{Entered, Filling, Place as Spot, Row, Standing};
use dancu::confirmations::{Id, Reason};
use dancu::sealing::{Label, MasterSecret, Pseudonym, Pseudonyms};
use futures_util::future::join;

use super::{Ground, Place, at};

pub async fn all(ground: &Ground) {
    what_was_entered_is_found_by_name_and_by_place(&ground.place()).await;
    a_place_is_given_once_and_the_lists_fill_up(&ground.place()).await;
    gateways_that_draw_the_same_place_do_not_share_it(&ground.place()).await;
    what_is_in_force_about_a_person_is_revoked_once(&ground.place()).await;
    who_lived_elsewhere_is_known_by_what_stands_beside(&ground.place()).await;
    what_has_ended_is_cleaned_away_with_its_people(&ground.place()).await;
}

fn id(number: u8) -> Id {
    let bytes = [number; 16];
    URL_SAFE_NO_PAD.encode(bytes).parse().unwrap()
}

fn person(name: &str) -> Pseudonym {
    let secret = MasterSecret::new(&[1; 32]).unwrap();
    Pseudonyms::new(&secret, Label::Confirmations).unwrap().of(name)
}

fn spot(list: u32, index: u32) -> Spot {
    Spot { list, index }
}

fn row(number: u8, place: Spot, expires: i64, subjects: &[&str]) -> Row {
    Row {
        id: id(number),
        client: "demo".parse().unwrap(),
        place,
        issued_at: at(0),
        expires_at: at(expires),
        subjects: subjects.iter().map(|name| person(name)).collect(),
        sealed: vec![number; 40],
    }
}

async fn what_was_entered_is_found_by_name_and_by_place(place: &Place<'_>) {
    let opened = place.open("gw1").await.unwrap();
    // The same person twice is one person.
    let entered = opened
        .confirmations
        .enter(row(1, spot(1, 7), 100, &["a", "b", "a"]));
    assert_eq!(entered.await, Ok(Entered::Kept));
    assert!(
        opened
            .confirmations
            .enter(row(1, spot(1, 8), 100, &[]))
            .await
            .is_err()
    );
    opened.close().await;
    drop(opened);
    let opened = place.open("gw1").await.unwrap();
    let store = &opened.confirmations;
    let held = store.find(id(1)).await.unwrap().unwrap();
    let in_force = Standing {
        expires_at: at(100),
        revoked_at: None,
    };
    assert_eq!((held.client.as_str(), held.standing), ("demo", in_force));
    assert_eq!(held.sealed, [1; 40]);
    assert!(store.find(id(2)).await.unwrap().is_none());
    assert_eq!(store.standing(spot(1, 7)).await, Ok(Some(in_force)));
    for nobody_s in [spot(1, 8), spot(2, 7)] {
        assert_eq!(store.standing(nobody_s).await, Ok(None));
    }
    opened.close().await;
}

async fn a_place_is_given_once_and_the_lists_fill_up(place: &Place<'_>) {
    let opened = place.open("gw1").await.unwrap();
    let store = &opened.confirmations;
    let filling = async |list, given| assert_eq!(store.filling().await, Ok(Filling { list, given }));
    filling(1, 0).await;
    assert_eq!(
        store.enter(row(1, spot(1, 7), 100, &["a"])).await,
        Ok(Entered::Kept)
    );
    assert_eq!(
        store.enter(row(2, spot(1, 7), 100, &["b"])).await,
        Ok(Entered::PlaceTaken)
    );
    assert!(
        store.find(id(2)).await.unwrap().is_none(),
        "nothing of it is kept"
    );
    assert_eq!(store.revoke(person("b"), Reason::Died, at(1)).await, Ok(0));
    filling(1, 1).await;
    // The largest place that can be written down.
    let last = spot(2, u32::MAX);
    assert_eq!(store.enter(row(2, last, 100, &["b"])).await, Ok(Entered::Kept));
    filling(2, 1).await;
    assert!(store.standing(last).await.unwrap().is_some());
}

async fn gateways_that_draw_the_same_place_do_not_share_it(place: &Place<'_>) {
    let gateways = place.gateways().await;
    let (one, two) = (
        &gateways[0].confirmations,
        &gateways.last().unwrap().confirmations,
    );
    for race in 0..50_u8 {
        let at_place = spot(1, u32::from(race));
        let (first, second) = join(
            one.enter(row(race * 2, at_place, 100, &["a"])),
            two.enter(row(race * 2 + 1, at_place, 100, &["b"])),
        )
        .await;
        let mut came = [first.unwrap(), second.unwrap()];
        came.sort_by_key(|entered| *entered == Entered::PlaceTaken);
        assert_eq!(came, [Entered::Kept, Entered::PlaceTaken], "place {race}");
    }
    assert_eq!(two.filling().await, Ok(Filling { list: 1, given: 50 }));
}

async fn what_is_in_force_about_a_person_is_revoked_once(place: &Place<'_>) {
    let gateways = place.gateways().await;
    let (one, two) = (
        &gateways[0].confirmations,
        &gateways.last().unwrap().confirmations,
    );
    for (number, expires, subjects) in [
        (1, 100, &["a", "b"][..]),
        (2, 100, &["a"]),
        (3, 100, &["c"]),
        (4, 10, &["a"]),
    ] {
        let entered = one.enter(row(number, spot(1, number.into()), expires, subjects));
        assert_eq!(entered.await, Ok(Entered::Kept));
    }
    assert_eq!(
        two.revoke(person("a"), Reason::Moved, at(10)).await,
        Ok(2),
        "one has expired"
    );
    assert_eq!(two.revoke(person("a"), Reason::Died, at(11)).await, Ok(0));
    assert_eq!(two.revoke(person("b"), Reason::Died, at(11)).await, Ok(0));
    let mut revoked = one.revoked(1).await.unwrap();
    revoked.sort_unstable();
    assert_eq!(revoked, [1, 2]);
    assert_eq!(one.revoked(2).await, Ok(vec![]));
    let standing = one.standing(spot(1, 1)).await.unwrap().unwrap();
    assert_eq!(standing.revoked_at, Some(at(10)), "the first time counts");
    assert_eq!(one.find(id(3)).await.unwrap().unwrap().standing.revoked_at, None);
}

async fn who_lived_elsewhere_is_known_by_what_stands_beside(place: &Place<'_>) {
    let opened = place.open("gw1").await.unwrap();
    let store = &opened.confirmations;
    let entered = store.enter(row(1, spot(1, 1), 100, &["a", "a in the town"]));
    assert_eq!(entered.await, Ok(Entered::Kept));
    let lived_elsewhere = async |who, living, second| {
        store
            .lived_elsewhere(person(who), person(living), at(second))
            .await
    };
    assert_eq!(lived_elsewhere("a", "a in the town", 1).await, Ok(false));
    assert_eq!(lived_elsewhere("a", "a in the village", 1).await, Ok(true));
    assert_eq!(
        lived_elsewhere("a", "a in the village", 100).await,
        Ok(false),
        "it has expired"
    );
    assert_eq!(
        lived_elsewhere("b", "b in the village", 1).await,
        Ok(false),
        "nothing is in force"
    );
}

async fn what_has_ended_is_cleaned_away_with_its_people(place: &Place<'_>) {
    let opened = place.open("gw1").await.unwrap();
    let store = &opened.confirmations;
    for (number, expires) in [(1, 10), (2, 20), (3, 30)] {
        let entered = store.enter(row(number, spot(1, number.into()), expires, &["a"]));
        assert_eq!(entered.await, Ok(Entered::Kept));
    }
    assert_eq!(store.clean(at(20)).await, Ok(2));
    assert_eq!(store.clean(at(20)).await, Ok(0));
    assert!(store.find(id(1)).await.unwrap().is_none() && store.find(id(3)).await.unwrap().is_some());
    assert_eq!(
        place.by_hand("SELECT count(*) FROM confirmation_subjects").await,
        Some(1)
    );
    assert_eq!(
        store.filling().await,
        Ok(Filling { list: 1, given: 3 }),
        "a place is never given again"
    );
}
